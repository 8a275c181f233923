/* SPDX-License-Identifier: Apache-2.0 */
/* The key process: holds the leaf's private key, answers relays that ask for its signature. */
#ifndef KEYS_SERVER_H
#define KEYS_SERVER_H

#include "base/err.h"

#include <openssl/evp.h>

/*
 * Loads the key from path (PEM, PKCS#8, 0600), or makes an EC P-256 key and writes it there when
 * there is none. The caller frees it.
 */
EVP_PKEY *key_load_or_make(const char *path, struct err *e);

/*
 * Sends the public half to the parent, enters the sandbox, then serves until the parent's channel
 * closes. fd: the channel to the parent. Returns 0 when the parent is gone, -1 on anything that
 * must not happen.
 */
int keys_serve(int fd, EVP_PKEY *key, struct err *e);

#endif
