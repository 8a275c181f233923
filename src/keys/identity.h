/* SPDX-License-Identifier: Apache-2.0 */
/* Which key: how a relay names it to the key process, and what kind of signature it can make. */
#ifndef KEYS_IDENTITY_H
#define KEYS_IDENTITY_H

#include "base/err.h"
#include "keys/scheme.h"

#include <openssl/evp.h>
#include <stdint.h>

struct identity {
	uint8_t hash[32]; /* SHA-256 of the DER SubjectPublicKeyInfo */
	enum scheme_key kind;
};

/* Of a private key or of its public half. -1: a key of a kind that dbtls does not sign with. */
int identity_of(EVP_PKEY *key, struct identity *out, struct err *e);

#endif
