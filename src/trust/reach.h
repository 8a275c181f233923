/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether who trusts the CAs of one store, and no others, takes the chain that a server shows (RFC
 * 5280 6, RFC 9525): as OpenSSL verifies it, and where others verify otherwise, so too. Pure.
 */
#ifndef TRUST_REACH_H
#define TRUST_REACH_H

#include "base/err.h"
#include "base/span.h"
#include "trust/store.h"

#define REACH_CERTS 16
#define REACH_TEXT  256

struct reach_chain {
	struct span der[REACH_CERTS]; /* as it was sent, the server's own certificate first */
	size_t n;
	const char *host; /* which the certificate is to name: a name, or an address as text */
};

enum reach_verdict {
	REACH_TRUSTED,
	REACH_SOME,       /* it ends in `of`, which is in the store and not self-signed: OpenSSL
			     takes no such anchor, Go and Java do */
	REACH_LACKS,      /* `of` is not in the store */
	REACH_ALONE,      /* nor is it here, where the server shows its own certificate alone */
	REACH_NAMESAKE,   /* `of` is not in it, but a CA of that name with another key */
	REACH_DISTRUSTED, /* `of` is in the way, and in the store as expressly not trusted */
	REACH_EXPIRED,    /* `of` is no longer valid */
	REACH_NOT_YET,    /* `of` is not valid yet */
	REACH_OTHER_HOST, /* the certificate does not name the host */
	REACH_REFUSED     /* something else is wrong with `of` */
};

struct reach {
	enum reach_verdict verdict;
	char of[REACH_TEXT]; /* a subject, as in struct anchor; or "" */
	const char *why;     /* REACH_REFUSED: OpenSSL's words, in English; else "" */
};

/* -1: the first certificate can't be read, or memory is out. */
int reach_try(
    const struct store *s, const struct reach_chain *c, time_t now, struct reach *r, struct err *e);

/* For people, untranslated; `of` and why belong behind it. */
const char *reach_words(enum reach_verdict v);

/* For programs: "lacks". */
const char *reach_name(enum reach_verdict v);

/* Whether somebody who has the store can't connect; with REACH_SOME that is so for OpenSSL. */
int reach_fails(enum reach_verdict v);

#endif
