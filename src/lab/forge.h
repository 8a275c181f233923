/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificates as one wishes them, wrong ones too (RFC 5280). Only for the lab: its keys are made
 * for one run, and nothing of them is kept.
 */
#ifndef LAB_FORGE_H
#define LAB_FORGE_H

#include "base/buf.h"
#include "base/err.h"

#include <stddef.h>
#include <time.h>

#define FORGE_CERTS 10 /* in one chain */
#define FORGE_NAMES 4
#define FORGE_SELF  ((size_t)-1)

enum forge_key { FORGE_EC256, FORGE_EC384, FORGE_RSA1024, FORGE_RSA2048, FORGE_RSA4096 };

/* Where a certificate says that one can ask whether it was revoked. */
enum { FORGE_CRL = 1, FORGE_OCSP = 2 };

/*
 * Strings live for ever. In all names of one certificate "@" stands for the endpoint's host name,
 * in those of its subject "*" for the condition's own.
 */
struct forged {
	const char *c, *st, *l, *o, *ou, *cn; /* the subject, in this order; NULL: left out */
	/*
	 * SANs. "@" as a whole becomes an IP SAN when the host is an address; all else stays what
	 * it is, an address too. "\\0" is a NUL.
	 */
	const char *dns[FORGE_NAMES];
	const char *ip[FORGE_NAMES];
	size_t issuer; /* index in the chain, or FORGE_SELF */
	enum forge_key key;
	/*
	 * Certificates of one pool name and one key type have one key, in all of the lab: a
	 * cross-sign and the root that it stands for. NULL: a key that is shared by nobody but the
	 * same index of other conditions.
	 */
	const char *pool;
	const char *digest;      /* NULL: SHA-256; "SHA1" */
	long from, to;           /* seconds from now, when it is made */
	int ca;                  /* basicConstraints CA */
	int pathlen;             /* -1: none */
	const char *usage, *eku; /* OpenSSL's names ("keyCertSign,cRLSign", "serverAuth"); NULL:
				    left out */
	const char
	    *constraints; /* nameConstraints, OpenSSL's form ("permitted;DNS:…"); NULL: none */
	int revocable;    /* FORGE_CRL, FORGE_OCSP or both: it names where they are */
	int revoked;      /* and they say that it is revoked */
	int must_staple;  /* it demands an OCSP response in the handshake (RFC 7633) */
};

/* What the chain of one condition is made into. Opaque; freed by forge_free. */
struct forge;

/* What "*" stood for; what certificate index was made from (NULL: there are no more). Borrowed. */
const char *forge_label(const struct forge *f);
const struct forged *forge_spec(const struct forge *f, size_t index);

/* As PEM, borrowed, ending in NUL. */
const char *forge_pem(const struct forge *f, size_t index);

struct evp_pkey_st;
struct x509_st;
struct x509_st *forge_cert(const struct forge *f, size_t index);    /* borrowed */
struct evp_pkey_st *forge_key(const struct forge *f, size_t index); /* borrowed */

/*
 * Makes all n of certs, n up to FORGE_CERTS. label: what "*" stands for; host: what "@" stands for;
 * revocation: revoke_url (lab/revoke.h), or NULL if none of them is revocable. Keys are made as
 * they are first needed, and kept until forge_forget. It may be called by several threads: they
 * wait for one another only where they need the same new key. NULL, with a sentence: OpenSSL
 * failed.
 */
struct forge *forge_make(const struct forged *certs, size_t n, const char *label, const char *host,
    const char *revocation, struct err *e);
void forge_free(struct forge *f);

/* Frees the pool of keys. Nothing made from it may be in use. */
void forge_forget(void);

/*
 * Appends, as DER: the CRL (RFC 5280 5) of the certificate's issuer; the OCSP response (RFC 6960)
 * to a request (its DER, or n 0: for a staple) about it. A request that is none is answered too,
 * with malformedRequest; one about certificates that are not of this issuer: they are unknown.
 */
int forge_crl(const struct forge *f, size_t index, struct buf *out, struct err *e);
int forge_ocsp(const struct forge *f, size_t index, const void *request, size_t n, struct buf *out,
    struct err *e);

#endif
