/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of a path's judgement share. For this module alone.
 *
 *	path.c        the main road: which of the paths is the best, and how it is told
 *	anchors.c     the anchors of a store, found by their names
 *	trust.c       which of them matter to a chain
 *	build.c       all ways from the leaf up, the shortest first
 *	end.c         where a path ends: an anchor, or what is missing there
 *	names.c       the host's name
 *	within.c      name constraints
 *	rules.c       dates, purposes, lengths, strength
 *	openssl.c     what OpenSSL's verifier says of a path that is right by all of these
 *	profile.c     rules that few clients hold certificates to, one row each
 *	status.c      revocation
 */
#ifndef PATH_WALK_H
#define PATH_WALK_H

#include "path/path.h"

#include <openssl/x509.h>
#include <openssl/x509v3.h>

/* ---- the store ------------------------------------------------------------------------------- */

/* Certificates in the order of their subjects. */
struct path_certs {
	X509 **v;
	size_t n;
};

/* Read-only once it is made, for several threads. */
struct path_trust {
	struct path_certs anchors;
	struct path_certs kept; /* in the store, and no anchors */
};

/* The first with that subject, and how many there are. */
size_t path_named(const struct path_certs *c, const X509_NAME *subject, X509 ***first);

/* The roots that ship with dbtls, in the order of roots_amazon (trust/roots.h). */
const struct path_certs *path_shipped(void);

/* ---- the way --------------------------------------------------------------------------------- */

/* Where a certificate is from that the server did not send. */
enum {
	WALK_ANCHOR = -1,
	WALK_EXTRA = -2, /* path_input.extra */
	WALK_KEPT = -3   /* it lies in the store, as no anchor */
};

/* The path from the leaf up, and what it is made of. */
struct walk {
	const struct path_input *in;
	X509 *served[PATH_CERTS];
	size_t n;
	X509 *extra[PATH_EXTRA];
	size_t extras;
	STACK_OF(X509_CRL) * crls; /* path_input.crl; NULL: none */
	X509 *way[PATH_CERTS + 1]; /* borrowed */
	int from[PATH_CERTS + 1];  /* its index among the served, or WALK_… */
	size_t length;
	int budget; /* signatures that may still be looked at */
	struct path *out;
};

/* Notes a finding; the text is made fit for a terminal and cut. */
void path_find(struct walk *w, const char *id, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* RFC 2253, fit for a terminal; both return out. */
const char *path_name(const X509_NAME *name, char out[PATH_TEXT]);
const char *path_subject(X509 *x, char out[PATH_TEXT]);

/* An attribute of a name, such as its commonName; 0: it has none. */
int path_part(const X509_NAME *name, int nid, char out[128]);

int path_is_valid(const struct walk *w, X509 *x);
/*
 * Whether a signature by that key is looked at in about a millisecond: one of RSA may have an
 * exponent as long as itself, which nobody uses, and which takes a hundred times as long.
 */
int path_is_quick(const EVP_PKEY *key);
int path_has_signed(struct walk *w, X509 *issuer, X509 *cert);

/* ---- all ways -------------------------------------------------------------------------------- */

struct path_search;

/* NULL: memory is out. */
struct path_search *path_search_new(struct walk *w);
void path_search_free(struct path_search *s);

/*
 * Puts the next way that leads to an anchor into w, the shortest first; 0: there is none any more,
 * or the search has cost enough.
 */
int path_search_next(struct path_search *s, struct walk *w);

/* The longest way that led nowhere, for what can be said of it. */
void path_search_longest(const struct path_search *s, struct walk *w);

/* ---- revocation ------------------------------------------------------------------------------ */

/* Decoded once, since they may be long; those that are none are left out. */
STACK_OF(X509_CRL) * path_read_crls(const struct path_input *in);

/* ---- judges ---------------------------------------------------------------------------------- */

void path_judge_end(struct walk *w);      /* where it leads to */
void path_judge_missing(struct walk *w);  /* what it needs and was not sent */
void path_judge_root(struct walk *w);     /* an anchor without its root */
void path_judge_readable(struct walk *w); /* extensions */
void path_judge_dates(struct walk *w);
void path_judge_name(struct walk *w);    /* the host's, RFC 9525 */
void path_judge_issuers(struct walk *w); /* CAs, and how many of them */
void path_judge_purposes(struct walk *w);
void path_judge_constraints(struct walk *w); /* of names, RFC 5280 4.2.1.10 */
void path_judge_strength(struct walk *w);
void path_judge_status(struct walk *w);  /* whether a certificate of it was withdrawn */
void path_judge_rest(struct walk *w);    /* a second opinion */
void path_judge_profile(struct walk *w); /* what few clients ask for */
void path_judge_order(struct walk *w);   /* in which they were sent */

#endif
