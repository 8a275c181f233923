/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The places that a certificate names, where its issuer's certificate, a CRL or an OCSP responder
 * is to be had, and asking there. Who has made the certificate has chosen them, and that may be
 * anybody: it is plain HTTP alone, at port 80 or one above 1023, never at an address of the link
 * (where clouds keep secrets of a machine), and an answer that leads elsewhere is not followed.
 *
 * Source: RFC 5280 4.2.1.13, 4.2.2.1; RFC 6960 appendix A.1.
 */
#ifndef PROBE_PLACE_H
#define PROBE_PLACE_H

#include "base/buf.h"
#include "base/span.h"
#include "probe/facts.h"
#include "probe/names.h"
#include "net/addr.h"

#define PLACE_MAX 3 /* of one kind in one certificate; those behind them are passed over */

struct place {
	char url[FACTS_TEXT]; /* may go to a terminal; a long one is cut */
	char host[256]; /* a name, or an address without brackets; "": nobody is asked there */
	uint16_t port;
	char path[FACTS_TEXT]; /* with its query */
};

/* Reads a URL (RFC 3986), of which nothing is known. */
void place_read(struct place *p, struct span url);

struct x509_st;

/* The places of that kind. Returns how many. */
size_t place_find(struct x509_st *x, enum facts_fetched what, struct place out[PLACE_MAX]);

/* Whether somebody is asked at this address. */
int place_may(const struct addr *a);

struct place_ask {
	enum facts_fetched what;
	struct span request; /* of OCSP; empty: GET */
	size_t max;          /* bytes of an answer */
	int ms;              /* for all of it, its name's addresses included */
	int stop;            /* it ends when this can be read from; 0: there is none */
	struct names *names; /* who resolves; NULL: resolve.h does */
};

/*
 * Asks there, and says how that ended. FACTS_OK: the answer's body is in *body, which is empty
 * before and freed by the caller. FACTS_NOT_TRIED: nobody is asked there. FACTS_ERROR: HTTP's
 * status is in *code. FACTS_UNFIT: it is too long.
 */
enum facts_end place_get(
    const struct place *p, const struct place_ask *ask, struct buf *body, int *code);

#endif
