/* SPDX-License-Identifier: Apache-2.0 */
/* A server's certificate chain as its operator has it in a file, held to what clients ask of it. */
#ifndef PKI_CHAIN_H
#define PKI_CHAIN_H

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "pki/cert.h"

#include <time.h>

struct chain {
	struct buf pem;   /* its certificates and nothing else of the file; the leaf first */
	struct buf names; /* the hosts and addresses of its subjectAltName, each ending in NUL */
	struct buf spki;  /* the leaf's public key, DER */
	struct cert_facts leaf;
	/* The CA that it ends in, if that is one that clients have been given; "": a public one. */
	char anchor[CERT_FINGERPRINT_TEXT];
	int bits; /* what the leaf's key is worth: 112 for RSA of 2048, 128 for P-256 */
};

/* What a chain is made of and held against. PEM each. */
struct chain_source {
	struct span pem;     /* leaf, intermediates; what is no certificate is passed over */
	struct span anchors; /* the CAs that clients trust */
	const char *file, *anchors_file; /* for the sentences */
	int public;                      /* the anchors are those that this system trusts */
	time_t now;
};

/*
 * Fills *c, which the caller frees with chain_free in any case. -1, with what to do: no certificate
 * or one that can't be read; out of order; a chain that ends in none of the anchors, because
 * intermediates are missing or the CA is another; expired, or not yet valid; not for servers; no
 * name; a signature or key weaker than 112 bits, which clients refuse.
 */
int chain_read(struct chain *c, const struct chain_source *s, struct err *e);
void chain_free(struct chain *c);

/* Whether a client that connects to name (a host's or an address) finds it in the leaf. */
int chain_names(const struct chain *c, const char *name);

/* As chain_names, of a leaf whose PEM is there already. */
int chain_names_pem(const void *pem, size_t n, const char *name);

/*
 * Whether next is worse than what is in force: it ends earlier, lacks a name, its key is weaker (of
 * less than 128 bits), or it ends in another CA than clients were given. -1, and the sentence says
 * which; 0: it is not.
 */
int chain_worse(const struct chain *next, const struct chain *now, struct err *e);

#endif
