/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The OpenSSL 3 provider: keys that have only a public part, and signatures that come from a
 * function handed in. remote.c is its one user.
 */
#ifndef KEYS_PROVIDER_H
#define KEYS_PROVIDER_H

#include "base/err.h"
#include "base/span.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

struct provider_ask {
	const uint8_t *key; /* 32 bytes: SHA-256 of the DER SubjectPublicKeyInfo */
	uint32_t algorithm; /* a TLS SignatureScheme */
	struct span text;
	uint8_t *signature; /* to be filled, size bytes at most */
	size_t size;
};

/* 0 and *n, the length of the signature; or -1. May park the OpenSSL job that it runs in. */
typedef int provider_sign(const struct provider_ask *ask, size_t *n);

/* Loads the default provider, then this one. */
int provider_open(provider_sign *sign, struct err *e);
void provider_close(void);

/* As remote_key. */
EVP_PKEY *provider_key(X509 *cert, struct err *e);

#endif
