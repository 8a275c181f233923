/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What clients differ about: a closed list of traits that an endpoint has or has not. A trait is
 * finer than a cause: a key of 1024 bits and a Diffie-Hellman group of 1024 are both "weak-key",
 * and Go takes the one. One is a bit here and a row of habits_traits. For habits*.c and their test.
 */
#ifndef DOCTOR_HABITS_TRAIT_H
#define DOCTOR_HABITS_TRAIT_H

#include "doctor/habits.h"

enum {
	/* No right client connects. */
	CN_ONLY = 1 << 0,
	ADDRESS_IN_CN = 1 << 1,
	ADDRESS_AS_NAME = 1 << 2,
	RSA_1024 = 1 << 3,
	DH_1024 = 1 << 4,
	WITH_SHA1 = 1 << 5,
	STATIC_RSA = 1 << 6,
	NO_KEY_USAGE = 1 << 7,
	NO_SERVER_AUTH = 1 << 8,
	PARTIAL_CHAIN = 1 << 9,
	REVOKED = 1 << 10,
	REVOKED_STAPLED = 1 << 11,
	STAPLE_MISSING = 1 << 12,
	INJECTED = 1 << 13,
	CUT_ANSWER = 1 << 14,
	/* A right client connects. */
	CALLED_BY_ADDRESS = 1 << 15,
	NEEDS_SNI = 1 << 16,
	NEEDS_ALPN = 1 << 17,
	CHAIN_ORDER = 1 << 18,
	CROSSED_ROOT = 1 << 19,
	NO_SIGNATURE_USAGE = 1 << 20,
	NOT_STRICT = 1 << 21
};

#define HABITS_FAULTS (CALLED_BY_ADDRESS - 1) /* the first group */

struct habits_trait {
	unsigned bit;
	const char *id;
	const char *cause;  /* how check names it; a client that stumbles fails for it */
	const char *brief;  /* N_(): a few words for a line about many */
	const char *why;    /* N_(): what a client does that takes it, or stumbles over it */
	const char *unsure; /* N_(): what is said of a client whose version decides; NULL: none */
	int (*has)(const struct habits_input *in);
};

/* Ends with an id of NULL. */
extern const struct habits_trait habits_traits[];

/* The bits of all that it has. */
unsigned habits_traits_of(const struct habits_input *in);

#endif
