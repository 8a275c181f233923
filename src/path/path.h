/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The judgement of a chain as it was served, with the trust anchors of one store: RFC 5280 6 for
 * the path, RFC 9525 for the name. No I/O; the clock is handed in. Of all paths the best is told:
 * the one with the least that is wrong, and of equals the shortest. All that is wrong with it is
 * found, not only the first.
 */
#ifndef PATH_PATH_H
#define PATH_PATH_H

#include "base/err.h"
#include "base/span.h"
#include "pki/digest.h"
#include "trust/store.h"

#include <time.h>

#define PATH_CERTS    16
#define PATH_EXTRA    8 /* certificates, CRLs and OCSP responses that were had elsewhere, each */
#define PATH_FINDINGS 16
#define PATH_TEXT     256
#define PATH_SENTENCE 512

/* The anchors of a store, read once for many paths. */
struct path_trust;

/* Those that may vouch for servers. NULL: memory is out. */
struct path_trust *path_trust_new(const struct store *s, struct err *e);
void path_trust_free(struct path_trust *t);
/* The anchor at that index, borrowed; NULL: there are no more. */
struct x509_st *path_trust_at(const struct path_trust *t, size_t i);

struct path_input {
	const struct path_trust *trust;
	const struct span *served; /* DER, the leaf first; at most PATH_CERTS are looked at */
	size_t n;
	const char *name;   /* the host's, or an address, which the leaf is to name; NULL: any */
	struct span staple; /* the OCSP response that came with it; empty: none */
	/* DER, had elsewhere (fetch.h): issuers that were not served, and what tells of revocation.
	 * Nothing in them is believed that is not signed by who may. At most PATH_EXTRA of each. */
	const struct span *extra, *crl, *ocsp;
	size_t extras, crls, ocsps;
	int issuers;    /* those not served were to be fetched: that no place is named is said */
	int revocation; /* was to be asked about: that nothing can be said of it is a finding */
	/* Certificates that the client allows below the anchor, self-issued ones but for the leaf
	 * not counted; 0: any number. */
	size_t most;
	time_t now;
};

/* Something that is wrong. */
struct path_finding {
	const char *id;           /* of a cause (diagnose.h) */
	char text[PATH_SENTENCE]; /* the evidence, _(); may go to a terminal */
};

/* A certificate as it was served. */
struct path_cert {
	char subject[PATH_TEXT], issuer[PATH_TEXT], key[48], digest[32];
	time_t from, until;
	int used; /* it is part of the path */
};

struct path {
	struct path_cert cert[PATH_CERTS];
	size_t certs;
	int anchored;  /* it leads to an anchor of the store */
	int completed; /* it has issuers that the server does not send */
	/* Revocation was asked for, a certificate says where to ask, and nobody has answered. */
	int unanswered;
	char anchor[PATH_TEXT]; /* its subject */
	time_t anchor_until;
	uint8_t anchor_digest[SHA256_LENGTH];
	char top[PATH_TEXT]; /* not anchored: who has issued the path's last certificate */
	/* Not anchored, and a root that ships with dbtls would do: its name (trust/roots.h). */
	const char *shipped;
	char names[PATH_TEXT]; /* that the leaf has, as many as there is room for */
	/* What a client stumbles over first stands first. */
	struct path_finding found[PATH_FINDINGS];
	size_t finds;
};

/*
 * Those certificates of in->trust, in their order, that can matter to the judgement of the chain:
 * whose name is a subject's or an issuer's in it or above it, or who are of the same organisation
 * as an issuer. path_judge says the same with these alone. anchor 0: it lies there as none. -1:
 * memory is out, or each said so.
 */
typedef int path_trust_each(void *data, struct span der, int anchor);
int path_trust_each_relevant(const struct path_input *in, path_trust_each *each, void *data);

/* -1: the leaf can't be read as a certificate, and nothing else is known. */
int path_judge(const struct path_input *in, struct path *out, struct err *e);

#endif
