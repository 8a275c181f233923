/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The TLS SignatureSchemes (RFC 8446 4.2.3) that dbtls signs with: one row each. SHA-1 and SHA-224
 * are left out on purpose.
 */
#ifndef KEYS_SCHEME_H
#define KEYS_SCHEME_H

#include <stddef.h>
#include <stdint.h>

enum scheme_key { SCHEME_RSA, SCHEME_EC };

struct scheme {
	uint32_t id; /* as on the wire, such as 0x0403 */
	enum scheme_key key;
	const char *digest; /* OpenSSL's name */
	int pss;            /* RSASSA-PSS; its salt is as long as the digest */
	int tls13;          /* may sign in TLS 1.3; all may in TLS 1.2 */
};

/* The row with that id, or NULL. */
const struct scheme *scheme_find(uint32_t id);

/* The i-th row, or NULL past the end. */
const struct scheme *scheme_at(size_t i);

/* The row for a key of that kind with that digest, by any of its names, or NULL. */
const struct scheme *scheme_for(enum scheme_key key, const char *digest, int pss);

/* Has an RSA key sign, or verify, as the rows with pss say. -1: OpenSSL refused. */
struct evp_pkey_ctx_st;
int scheme_pss(struct evp_pkey_ctx_st *ctx);

#endif
