/* SPDX-License-Identifier: Apache-2.0 */
#include "pki/cert.h"

#include "base/i18n.h"
#include "base/span.h"
#include "pki/sslerr.h"

#include <arpa/inet.h>
#include <limits.h>
#include <netinet/in.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

/* Without this OpenSSL would ask on the terminal when the PEM says that it is encrypted. */
static int no_password(char *out, int size, int writing, void *arg)
{
	(void)out;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

X509 *cert_from_pem(const void *pem, size_t n, struct err *e)
{
	/* OpenSSL takes no NULL, which is what an empty buffer has. */
	BIO *bio = n <= INT_MAX ? BIO_new_mem_buf(n > 0 ? pem : "", (int)n) : NULL;
	X509 *cert = NULL;

	ERR_clear_error();
	if (bio)
		cert = PEM_read_bio_X509(bio, NULL, no_password, NULL);
	BIO_free(bio);
	if (cert)
		return cert;
	if (!sslerr_is_pem_end()) {
		(void)err_ssl(e, _("read a certificate"));
		return NULL;
	}
	(void)err_set(e, ERR_USER,
	    _("there is no certificate in it: PEM has a line -----BEGIN CERTIFICATE-----"));
	return NULL;
}

int cert_to_pem(X509 *cert, struct buf *out, struct err *e)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *p = NULL;
	long n = 0;
	int rc = -1;

	if (!bio || PEM_write_bio_X509(bio, cert) != 1) {
		err_ssl(e, _("write a certificate"));
		goto out;
	}
	n = BIO_get_mem_data(bio, &p);
	if (n <= 0 || buf_add(out, p, (size_t)n) < 0) {
		err_set(e, ERR_LOCAL, _("the certificate is larger than %zu bytes"), out->max);
		goto out;
	}
	rc = 0;
out:
	BIO_free(bio);
	return rc;
}

int cert_fingerprint(X509 *cert, char out[CERT_FINGERPRINT_TEXT])
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	out[0] = '\0';
	if (X509_digest(cert, EVP_sha256(), md, &n) != 1 || 3 * n > CERT_FINGERPRINT_TEXT) {
		ERR_clear_error();
		return -1;
	}
	for (unsigned i = 0; i < n; i++)
		(void)snprintf(out + 3 * i, 4, i + 1 < n ? "%02X:" : "%02X", md[i]);
	return 0;
}

static int seconds_of(const ASN1_TIME *when, time_t *out)
{
	struct tm tm = { 0 };

	if (ASN1_TIME_to_tm(when, &tm) != 1) {
		ERR_clear_error();
		return -1;
	}
	*out = timegm(&tm);
	return 0;
}

int cert_times(X509 *cert, time_t *not_before, time_t *not_after)
{
	if (seconds_of(X509_get0_notBefore(cert), not_before) < 0)
		return -1;
	return seconds_of(X509_get0_notAfter(cert), not_after);
}

/* A name as a certificate would hold it: the bytes of an address, or the letters of a DNS name. */
struct wanted {
	int type; /* GEN_IPADD or GEN_DNS */
	const void *p;
	size_t n;
	unsigned char ip[16];
};

static void want(struct wanted *w, const char *name)
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };

	*w = (struct wanted) { .type = GEN_IPADD, .p = w->ip };
	if (inet_pton(AF_INET, name, w->ip) == 1) {
		w->n = 4;
		return;
	}
	if (inet_pton(AF_INET6, name, w->ip) != 1) {
		*w = (struct wanted) { .type = GEN_DNS, .p = name, .n = strlen(name) };
		return;
	}
	w->n = 16;
	/* An IPv4-mapped address is the IPv4 host, and certificates name that. */
	if (memcmp(w->ip, mapped, sizeof mapped) != 0)
		return;
	w->p = w->ip + sizeof mapped;
	w->n = 4;
}

static int is_wanted(const GENERAL_NAME *g, const struct wanted *w)
{
	int type = 0;
	const ASN1_STRING *s = GENERAL_NAME_get0_value(g, &type);

	if (type != w->type || (size_t)ASN1_STRING_length(s) != w->n)
		return 0;
	if (type == GEN_DNS)
		return strncasecmp((const char *)ASN1_STRING_get0_data(s), w->p, w->n) == 0;
	return memcmp(ASN1_STRING_get0_data(s), w->p, w->n) == 0;
}

static int holds(const GENERAL_NAMES *sans, const char *name)
{
	struct wanted w;

	want(&w, name);
	for (int i = 0; i < sk_GENERAL_NAME_num(sans); i++)
		if (is_wanted(sk_GENERAL_NAME_value(sans, i), &w))
			return 1;
	return 0;
}

int cert_covers(X509 *cert, const char *names, size_t total)
{
	GENERAL_NAMES *sans = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	struct span rest = span_of(names, total), name;
	int all = 1;

	ERR_clear_error();
	while (all && rest.n > 0)
		all = span_cstr(&rest, &name) == 0 && holds(sans, (const char *)name.p);
	GENERAL_NAMES_free(sans);
	return all;
}

int cert_covers_pem(const void *pem, size_t n, const char *names, size_t total)
{
	struct err e;
	X509 *cert = cert_from_pem(pem, n, &e);
	int all = cert && cert_covers(cert, names, total);

	X509_free(cert);
	return all;
}

/* RFC 2253 and only ASCII: what a stranger put into a name may go to a terminal. */
static int name_text(char *out, size_t size, const X509_NAME *name)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *p = NULL;
	long n;
	int rc = -1;

	if (!bio || X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) < 0)
		goto out;
	n = BIO_get_mem_data(bio, &p);
	(void)snprintf(out, size, "%.*s", (int)n, n > 0 ? p : "");
	rc = 0;
out:
	BIO_free(bio);
	return rc;
}

static int serial_text(char *out, size_t size, const ASN1_INTEGER *serial)
{
	BIGNUM *bn = ASN1_INTEGER_to_BN(serial, NULL);
	char *hex = bn ? BN_bn2hex(bn) : NULL;

	(void)snprintf(out, size, "%s", hex ? hex : "");
	BN_free(bn);
	OPENSSL_free(hex);
	return out[0] ? 0 : -1;
}

int cert_facts_pem(struct cert_facts *f, const void *pem, size_t n, struct err *e)
{
	X509 *cert = cert_from_pem(pem, n, e);
	int rc = -1;

	*f = (struct cert_facts) { 0 };
	if (!cert)
		return -1;
	if (name_text(f->subject, sizeof f->subject, X509_get_subject_name(cert)) < 0 ||
	    name_text(f->issuer, sizeof f->issuer, X509_get_issuer_name(cert)) < 0 ||
	    serial_text(f->serial, sizeof f->serial, X509_get0_serialNumber(cert)) < 0 ||
	    cert_fingerprint(cert, f->fingerprint) < 0) {
		err_ssl(e, _("read what the certificate says"));
		goto out;
	}
	if (cert_times(cert, &f->not_before, &f->not_after) < 0) {
		err_set(e, ERR_USER, _("the certificate's dates can't be read"));
		goto out;
	}
	rc = 0;
out:
	X509_free(cert);
	return rc;
}

static int has_key(X509 *cert, const void *spki, size_t n)
{
	unsigned char *der = NULL;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);
	int same = len > 0 && (size_t)len == n && memcmp(der, spki, n) == 0;

	OPENSSL_free(der);
	return same;
}

int cert_matches_pem(
    const void *pem, size_t n, const void *ca_pem, size_t ca_n, const void *spki, size_t spki_n)
{
	struct err e;
	X509 *cert = cert_from_pem(pem, n, &e);
	X509 *ca = cert ? cert_from_pem(ca_pem, ca_n, &e) : NULL;
	EVP_PKEY *ca_key = ca ? X509_get0_pubkey(ca) : NULL;
	int match = ca_key && has_key(cert, spki, spki_n) &&
		    X509_check_issued(ca, cert) == X509_V_OK && X509_verify(cert, ca_key) == 1;

	ERR_clear_error();
	X509_free(cert);
	X509_free(ca);
	return match;
}
