/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates as files and as facts. */
#ifndef PKI_CERT_H
#define PKI_CERT_H

#include "base/buf.h"
#include "base/err.h"

#include <openssl/x509.h>
#include <stdint.h>
#include <time.h>

/* The first certificate in PEM text; the caller frees it with X509_free. */
X509 *cert_from_pem(const void *pem, size_t n, struct err *e);

/* Appends the certificate as PEM. */
int cert_to_pem(X509 *cert, struct buf *out, struct err *e);

/* "8E:CD:…": SHA-256 of the DER form. */
#define CERT_FINGERPRINT_TEXT 96
int cert_fingerprint(X509 *cert, char out[CERT_FINGERPRINT_TEXT]);

/* Seconds since 1970. */
int cert_times(X509 *cert, time_t *not_before, time_t *not_after);

/*
 * Whether the certificate's SANs hold every one of names (each a DNS name or the text of an
 * address, ending in NUL, total bytes), so that it need not be issued anew for them.
 */
int cert_covers(X509 *cert, const char *names, size_t total);

/*
 * What one needs to know of a certificate without OpenSSL at hand: for the parent and the CLI.
 */
struct cert_facts {
	char subject[256], issuer[256], serial[64];
	char fingerprint[CERT_FINGERPRINT_TEXT];
	time_t not_before, not_after;
};
int cert_facts_pem(struct cert_facts *f, const void *pem, size_t n, struct err *e);
int cert_covers_pem(const void *pem, size_t n, const char *names, size_t total);
/* 1 when the first certificate's public key is spki (DER) and it was signed by the CA in ca_pem. */
int cert_matches_pem(
    const void *pem, size_t n, const void *ca_pem, size_t ca_n, const void *spki, size_t spki_n);

#endif
