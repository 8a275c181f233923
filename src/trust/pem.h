/* SPDX-License-Identifier: Apache-2.0 */
/* PEM text, block after block, as OpenSSL's own reader finds them; whatever stands between. */
#ifndef TRUST_PEM_H
#define TRUST_PEM_H

#include "trust/kind.h"

struct pem {
	BIO *bio;
	struct span file;
	size_t certs; /* how many there were so far */
};

struct pem_block {
	char *name, *header;
	unsigned char *p;
	long n;
	struct span text; /* in the file: its lines, from BEGIN to END */
};

int pem_open(struct pem *p, struct span file, struct err *e);
void pem_close(struct pem *p); /* takes what was never opened */

/* 1: *out is the next block, which pem_drop frees; 0: there is none; -1: the text is damaged. */
int pem_next(struct pem *p, struct pem_block *out, struct err *e);
void pem_drop(struct pem_block *b);

/* Whether it is a certificate (also OpenSSL's "TRUSTED" one), or a private key. */
int pem_is_cert(const struct pem_block *b);
int pem_is_key(const struct pem_block *b);

/* The certificate, which the caller frees, and whether it may vouch for servers; or NULL. */
X509 *pem_cert(
    const struct pem *p, const struct pem_block *b, enum anchor_servers *servers, struct err *e);

#endif
