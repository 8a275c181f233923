/* SPDX-License-Identifier: Apache-2.0 */
/* Private keys in files: PEM without a passphrase, of a kind that dbtls signs with. */
#ifndef KEYS_KEYFILE_H
#define KEYS_KEYFILE_H

#include "base/err.h"

#include <openssl/evp.h>

/*
 * Loads the key from path (0600), or makes an EC P-256 key and writes it there, as PKCS#8, when
 * there is none. The caller frees it with EVP_PKEY_free.
 */
EVP_PKEY *keyfile_load_or_make(const char *path, struct err *e);

/*
 * Reads the key from an open file, from its beginning; fd stays open. Opens nothing, so that it
 * works in the sandbox. The caller frees it with EVP_PKEY_free.
 */
EVP_PKEY *keyfile_take(int fd, struct err *e);

#endif
