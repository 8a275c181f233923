/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates for tests. */
#ifndef TESTS_SELFSIGNED_H
#define TESTS_SELFSIGNED_H

#include "base/buf.h"

#include <openssl/x509.h>

/* One that its own key has signed, good for a day; the caller's to free. */
static inline X509 *selfsigned(EVP_PKEY *key, const char *cn)
{
	X509 *x = X509_new();

	X509_set_version(x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 7);
	X509_gmtime_adj(X509_getm_notBefore(x), 0);
	X509_gmtime_adj(X509_getm_notAfter(x), 86400);
	X509_NAME_add_entry_by_txt(
	    X509_get_subject_name(x), "CN", MBSTRING_UTF8, (const unsigned char *)cn, -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	X509_set_pubkey(x, key);
	X509_sign(x, key, EVP_sha256());
	return x;
}

/* Its DER form; the caller frees it. */
static inline struct buf x509_der(X509 *x)
{
	struct buf out = buf_new(65536);
	unsigned char *der = NULL;
	int n = i2d_X509(x, &der);

	(void)buf_add(&out, der, (size_t)n);
	OPENSSL_free(der);
	return out;
}

#endif
