/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The roots that Amazon's endpoints end in, shipped with dbtls: their certificates, and what is
 * known of them in the programmes that browsers and systems take their roots from.
 */
#ifndef TRUST_ROOTS_H
#define TRUST_ROOTS_H

#include "pki/digest.h"

#include <stddef.h>
#include <stdint.h>

enum root_state {
	ROOT_IN,     /* it may vouch for servers */
	ROOT_LEAVES, /* it does, and will not from `date` on */
	ROOT_OUT     /* it does not */
};

/* Of one root in one programme. */
struct root_standing {
	const char *programme; /* "Mozilla"; NULL ends the list */
	enum root_state state;
	const char *date;   /* "2025-04-15", "2030-05": when it went or goes; or "" */
	const char *source; /* what says so; N_() */
};

struct root {
	const char *name;    /* "amazon-root-ca-1" */
	const char *subject; /* RFC 2253, as that of an anchor (store.h) */
	const char *pem;
	const char *sha256; /* of the certificate's DER form, 64 hex digits */
	const char *key;    /* "RSA 2048" */
	const struct root_standing *standings;
};

/* The six, in the order in which Amazon lists them; ends with { 0 }. */
extern const struct root roots_amazon[];

/* The root of that name, or NULL. */
const struct root *roots_named(const char *name);

/* Its fingerprint in bytes. */
void roots_digest(const struct root *r, uint8_t out[SHA256_LENGTH]);

#endif
