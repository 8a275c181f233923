/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the certificates of a chain say is to be had elsewhere (place.h): issuers that were not
 * served, CRLs, OCSP responses. It is fetched only where that was wished, since whoever is asked
 * learns who is being checked, and is noted in the facts; path.h judges it.
 */
#ifndef PROBE_FETCH_H
#define PROBE_FETCH_H

#include "base/span.h"
#include "probe/facts.h"
#include "probe/names.h"
#include "path/path.h"

#define FETCH_LEVELS 4              /* how far up issuers are fetched */
#define FETCH_CERTS  4              /* that one answer may bring */
#define FETCH_LISTS  (4096u * 1024) /* bytes of all CRLs of a target */

struct fetch_wish {
	int issuers; /* of the last certificate, and so on up, until the chain leads to an anchor */
	int revocation; /* of each certificate of a chain that leads to one: OCSP, and the CRL */
	int ms;         /* for all issuers, all of OCSP, all CRLs; one place has half of it */
	int stop;       /* all ends when this can be read from; 0: there is none */
	struct names *names; /* who resolves; NULL: resolve.h does */
};

/* Adds to f->fetch, and notes in f->revocation that it was wished. trust: of the store. */
void fetch_run(const struct fetch_wish *w, const struct path_trust *trust, struct facts *f);

/*
 * Reads an answer, of which nothing is known: a certificate in DER, PEM or a PKCS #7 collection; a
 * CRL in DER or PEM; an OCSP response. Each goes to out as DER, for the caller to free. Returns how
 * many there are, one but for certificates; 0: it is none of that kind. *code: the status of an
 * OCSP response that says nothing (RFC 6960 4.2.1), else 0. No I/O.
 */
size_t fetch_read(
    enum facts_fetched what, struct span body, struct buf out[FETCH_CERTS], int *code);

/*
 * Whether what was read of an answer is kept, for the certificate that named the place: who has
 * issued it; a CRL that its issuer has signed, if there is room; any OCSP response. No I/O.
 */
struct x509_st;
int fetch_fits(const struct facts *f, enum facts_fetched what, struct span der,
    struct x509_st *cert, struct x509_st *issuer);

#endif
