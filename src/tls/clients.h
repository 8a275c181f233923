/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom an endpoint lets in by their certificate (T18).
 *
 * A client's certificate must end in one of the CAs, be valid now, be meant for clients
 * (extendedKeyUsage clientAuth, or none; RFC 5280 4.2.1.12), be on no CRL, and have one of the
 * names. Names are compared letter by letter, in this order: the SANs that are a dNSName, an
 * rfc822Name or a URI, as they stand in the certificate, then each CN of the subject, since many a
 * client's certificate has that alone. No wildcards: a name is one client.
 *
 * An endpoint that asks for certificates gives out no tickets and takes none: each connection
 * shows its certificate, and each is held against the CRL and the names of that moment.
 */
#ifndef TLS_CLIENTS_H
#define TLS_CLIENTS_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

#define TLS_CLIENTS_CA_MAX  65536
#define TLS_CLIENTS_CRL_MAX (16 * 1024 * 1024)
#define TLS_CLIENTS_WHO     128 /* a name in the log, quoted and cut */

struct ssl_st;
struct ssl_ctx_st;

/* How it is handed over: this, then the CAs as PEM, then the names, then the CRLs as PEM. */
struct tls_clients_head {
	uint32_t required;     /* 1: none is let in without; 0: who shows none is let in, too */
	uint32_t ca_length;    /* at least one certificate, each of a CA */
	uint32_t names_length; /* each ending in NUL; 0: all whom the CAs vouch for */
	uint32_t crl_length;   /* 0: nothing is revoked; else at least one list */
};

struct tls_clients;

/*
 * Takes it apart; keeps nothing of p. NULL: a sentence says which part is wrong: a certificate that
 * is no CA's, a CRL that none of the CAs has signed. A CRL that has expired is taken: with it no
 * certificate is right.
 */
struct tls_clients *tls_clients_read(const void *p, size_t n, struct err *e);
void tls_clients_free(struct tls_clients *c);

/* When the first of the CRLs expires, in seconds since 1970; 0: never. */
int64_t tls_clients_until(const struct tls_clients *c);

/* Has a server's context ask for certificates. c may be freed after that. */
int tls_clients_apply(const struct tls_clients *c, struct ssl_ctx_st *ctx, struct err *e);

/*
 * Whether whoever is at the other end of a finished handshake is let in: 1 or 0. c may be newer
 * than the handshake's context. ssl NULL: it speaks in the clear, and shows none.
 */
int tls_clients_allow(const struct tls_clients *c, const struct ssl_st *ssl);

/*
 * Who showed a certificate, right or wrong, for the log: of its names the first that c allows, else
 * its first; quoted (log_quote). out is "" and 0 returned when none was shown.
 */
int tls_clients_who(
    const struct tls_clients *c, const struct ssl_st *ssl, char out[TLS_CLIENTS_WHO]);

/* What was wrong with a certificate, so that the handshake failed. */
enum tls_clients_fault {
	TLS_CLIENTS_FINE,
	TLS_CLIENTS_MISSING, /* alert certificate_required; handshake_failure in TLS 1.2 */
	TLS_CLIENTS_UNKNOWN, /* unknown_ca */
	TLS_CLIENTS_EXPIRED, /* certificate_expired; also not valid yet */
	TLS_CLIENTS_REVOKED, /* certificate_revoked */
	TLS_CLIENTS_NO_CRL,  /* the CRL has expired, or there is none of this CA */
	TLS_CLIENTS_UNFIT    /* not for clients, too weak, broken */
};

/* code: OpenSSL's first error of the failed handshake. */
enum tls_clients_fault tls_clients_fault(const struct ssl_st *ssl, unsigned long code);

#endif
