/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates to trust, as files that others read. */
#ifndef PKI_TRUSTSTORE_H
#define PKI_TRUSTSTORE_H

#include "base/buf.h"
#include "base/err.h"

struct PKCS12_SAFEBAG_st;
struct x509_st;

/*
 * Appends every certificate in PEM text as PEM, and nothing else of it: no key that lies in the
 * same file. *certs: how many. -1: there is none, one can't be read, or out is full.
 */
int truststore_pem(const void *pem, size_t n, struct buf *out, size_t *certs, struct err *e);

/*
 * The file of CAs that this system trusts: $SSL_CERT_FILE, else the first that is there of where
 * Debian, Fedora and Alpine have it, else Debian's.
 */
const char *truststore_system(void);

/*
 * Appends a PKCS12 file (RFC 7292) that holds every certificate in PEM text as one to trust, and no
 * private key. Each has a friendlyName ("ca", "ca-2", …) and the attribute without which Java takes
 * it for no trust anchor (Oracle's trustedKeyUsage, anyExtendedKeyUsage). As JDK 17's keytool makes
 * it: PBES2 with PBKDF2, HMAC-SHA256 and AES-256-CBC; the MAC is HMAC-SHA256. JDK 8u301 and later
 * read it. The same input makes the same bytes: salts and IV come from a digest of it, which is
 * enough because nothing here is secret.
 */
int truststore_pkcs12(
    const void *pem, size_t n, const char *password, struct buf *out, struct err *e);

/* Oracle's trustedKeyUsage, as an OBJECT IDENTIFIER. */
#define TRUSTSTORE_USAGE "2.16.840.1.113894.746875.1.1"

/* A PKCS12 bag of the certificate with that friendlyName and that attribute, or NULL. */
struct PKCS12_SAFEBAG_st *truststore_bag(struct x509_st *cert, const char *name);

#endif
