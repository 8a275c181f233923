/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates for tests of paths: right by all rules, but for what a plan has otherwise. */
#ifndef TESTS_CERTS_H
#define TESTS_CERTS_H

#include "base/span.h"

#include <openssl/x509.h>
#include <openssl/x509v3.h>

#define CERTS_DAY 86400

struct certs_plan {
	const char *cn, *issuer; /* issuer NULL: itself */
	EVP_PKEY *key, *by;      /* by NULL: its own */
	const char *bounds;      /* basicConstraints; NULL: a leaf */
	const char *san;         /* NULL: none */
	const char *within;      /* nameConstraints, as openssl.cnf has them; NULL: none */
	NAME_CONSTRAINTS *nc;    /* the same ready made; NULL: none */
	const char *eku;         /* NULL: serverAuth for a leaf, none for a CA */
	int serial;              /* 0: 7 */
	int from, until;         /* days from now; both 0: yesterday and tomorrow */
};

static inline void certs_extend(X509 *x, int nid, const char *value)
{
	X509_EXTENSION *ext = value ? X509V3_EXT_conf_nid(NULL, NULL, nid, value) : NULL;

	if (ext)
		X509_add_ext(x, ext, -1);
	X509_EXTENSION_free(ext);
}

static inline ASN1_OCTET_STRING *certs_id(EVP_PKEY *key)
{
	ASN1_OCTET_STRING *id = ASN1_OCTET_STRING_new();
	unsigned char *der = NULL, digest[EVP_MAX_MD_SIZE];
	int n = i2d_PUBKEY(key, &der);
	unsigned size = 0;

	EVP_Digest(der, (size_t)n, digest, &size, EVP_sha1(), NULL);
	ASN1_OCTET_STRING_set(id, digest, (int)size);
	OPENSSL_free(der);
	return id;
}

static inline void certs_identify(X509 *x, EVP_PKEY *key, EVP_PKEY *by)
{
	AUTHORITY_KEYID *aki = AUTHORITY_KEYID_new();
	ASN1_OCTET_STRING *ski = certs_id(key);

	aki->keyid = certs_id(by);
	X509_add1_ext_i2d(x, NID_subject_key_identifier, ski, 0, 0);
	X509_add1_ext_i2d(x, NID_authority_key_identifier, aki, 0, 0);
	ASN1_OCTET_STRING_free(ski);
	AUTHORITY_KEYID_free(aki);
}

static inline void certs_name(X509_NAME *name, const char *cn)
{
	X509_NAME_add_entry_by_txt(
	    name, "O", MBSTRING_UTF8, (const unsigned char *)"test", -1, -1, 0);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)cn, -1, -1, 0);
}

/* The caller's to free. */
static inline X509 *certs_make(const struct certs_plan *p)
{
	EVP_PKEY *by = p->by ? p->by : p->key;
	int dated = p->from || p->until;
	X509 *x = X509_new();

	X509_set_version(x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x), p->serial ? p->serial : 7);
	X509_gmtime_adj(X509_getm_notBefore(x), (dated ? p->from : -1) * CERTS_DAY);
	X509_gmtime_adj(X509_getm_notAfter(x), (dated ? p->until : 1) * CERTS_DAY);
	certs_name(X509_get_subject_name(x), p->cn);
	certs_name(X509_get_issuer_name(x), p->issuer ? p->issuer : p->cn);
	X509_set_pubkey(x, p->key);
	certs_extend(x, NID_basic_constraints, p->bounds);
	certs_extend(x, NID_key_usage,
	    p->bounds ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature");
	certs_extend(x, NID_ext_key_usage, p->bounds || p->eku ? p->eku : "serverAuth");
	certs_extend(x, NID_subject_alt_name, p->san);
	certs_extend(x, NID_name_constraints, p->within);
	if (p->nc)
		X509_add1_ext_i2d(x, NID_name_constraints, p->nc, 1, 0);
	certs_identify(x, p->key, by);
	X509_sign(x, by, EVP_sha256());
	return x;
}

/* Its DER form, which the caller frees with OPENSSL_free. */
static inline struct span certs_der(X509 *x)
{
	unsigned char *der = NULL;
	int n = i2d_X509(x, &der);

	X509_free(x);
	return span_of(der, (size_t)n);
}

static inline struct span certs_span(const struct certs_plan *p)
{
	return certs_der(certs_make(p));
}

#endif
