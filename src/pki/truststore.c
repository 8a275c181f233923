/* SPDX-License-Identifier: Apache-2.0 */
#include "pki/truststore.h"

#include "base/i18n.h"
#include "pki/cert.h"
#include "pki/digest.h"
#include "pki/sslerr.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/pkcs7.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ITERATIONS  10000 /* keytool's */
#define SALT_LENGTH 20
#define IV_LENGTH   16

static void free_certs(STACK_OF(X509) * certs)
{
	sk_X509_pop_free(certs, X509_free);
}

/* Without this OpenSSL would ask on the terminal when the PEM says that it is encrypted. */
static int no_password(char *out, int size, int writing, void *arg)
{
	(void)out;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

/* Every certificate of the text, at least one; the caller frees them. */
static STACK_OF(X509) * certs_of(const void *pem, size_t n, struct err *e)
{
	BIO *bio = n <= INT_MAX ? BIO_new_mem_buf(n > 0 ? pem : "", (int)n) : NULL;
	STACK_OF(X509) *certs = sk_X509_new_null();
	X509 *cert = NULL;

	ERR_clear_error();
	while (bio && certs && (cert = PEM_read_bio_X509(bio, NULL, no_password, NULL))) {
		if (sk_X509_push(certs, cert) <= 0) {
			X509_free(cert);
			break;
		}
	}
	BIO_free(bio);
	if (cert || !sslerr_is_pem_end()) {
		(void)err_ssl(e, _("read certificate %d"), sk_X509_num(certs) + 1);
		goto fail;
	}
	if (sk_X509_num(certs) > 0)
		return certs;
	(void)err_set(e, ERR_USER,
	    _("there is no certificate in it: PEM has a line -----BEGIN CERTIFICATE-----"));
fail:
	free_certs(certs);
	return NULL;
}

int truststore_pem(const void *pem, size_t n, struct buf *out, size_t *certs, struct err *e)
{
	STACK_OF(X509) *all = certs_of(pem, n, e);
	int rc = all ? 0 : -1;

	*certs = all ? (size_t)sk_X509_num(all) : 0;
	for (int i = 0; rc == 0 && i < sk_X509_num(all); i++)
		rc = cert_to_pem(sk_X509_value(all, i), out, e);
	free_certs(all);
	return rc;
}

PKCS12_SAFEBAG *truststore_bag(X509 *cert, const char *name)
{
	PKCS12_SAFEBAG *bag = PKCS12_SAFEBAG_create_cert(cert);
	ASN1_OBJECT *any = OBJ_nid2obj(NID_anyExtendedKeyUsage);

	/* Length -1: the value is an object, not the bytes of a string. */
	if (bag && PKCS12_add_friendlyname_utf8(bag, name, -1) == 1 &&
	    PKCS12_add1_attr_by_txt(
		bag, TRUSTSTORE_USAGE, V_ASN1_OBJECT, (const unsigned char *)any, -1) == 1)
		return bag;
	PKCS12_SAFEBAG_free(bag);
	return NULL;
}

static PKCS12_SAFEBAG *bag_of(X509 *cert, int number)
{
	char name[16] = "ca";

	if (number > 0)
		(void)snprintf(name, sizeof name, "ca-%d", number + 1);
	return truststore_bag(cert, name);
}

static STACK_OF(PKCS12_SAFEBAG) * bags_of(STACK_OF(X509) * certs)
{
	STACK_OF(PKCS12_SAFEBAG) *bags = sk_PKCS12_SAFEBAG_new_null();

	for (int i = 0; bags && i < sk_X509_num(certs); i++) {
		PKCS12_SAFEBAG *bag = bag_of(sk_X509_value(certs, i), i);

		if (bag && sk_PKCS12_SAFEBAG_push(bags, bag) > 0)
			continue;
		PKCS12_SAFEBAG_free(bag);
		sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
		return NULL;
	}
	return bags;
}

/* What is random elsewhere. */
struct seeds {
	uint8_t salt[SHA256_LENGTH], iv[SHA256_LENGTH], mac[SHA256_LENGTH];
};

static int seeds_of(STACK_OF(PKCS12_SAFEBAG) * bags, struct seeds *s)
{
	unsigned char *der = NULL;
	int n = ASN1_item_i2d((ASN1_VALUE *)bags, &der, ASN1_ITEM_rptr(PKCS12_SAFEBAGS));
	int rc = -1;

	if (n > 0 && sha256(der, (size_t)n, s->salt) == 0 &&
	    sha256(s->salt, sizeof s->salt, s->iv) == 0 && sha256(s->iv, sizeof s->iv, s->mac) == 0)
		rc = 0;
	OPENSSL_free(der);
	return rc;
}

/*
 * The bags, encrypted: what PKCS12_pack_p7encdata does, which lets nobody choose the IV and so
 * makes other bytes each time.
 */
static PKCS7 *encrypted(STACK_OF(PKCS12_SAFEBAG) * bags, const char *password, struct seeds *s)
{
	PKCS7 *p7 = PKCS7_new();
	X509_ALGOR *algor = PKCS5_pbe2_set_iv(
	    EVP_aes_256_cbc(), ITERATIONS, s->salt, SALT_LENGTH, s->iv, NID_hmacWithSHA256);
	ASN1_OCTET_STRING *data = NULL;
	PKCS7_ENC_CONTENT *content;

	if (algor)
		data = PKCS12_item_i2d_encrypt(algor, ASN1_ITEM_rptr(PKCS12_SAFEBAGS), password,
		    (int)strlen(password), bags, 1);
	if (!p7 || !data || PKCS7_set_type(p7, NID_pkcs7_encrypted) != 1)
		goto fail;
	content = p7->d.encrypted->enc_data;
	content->content_type = OBJ_nid2obj(NID_pkcs7_data);
	X509_ALGOR_free(content->algorithm);
	content->algorithm = algor;
	ASN1_OCTET_STRING_free(content->enc_data);
	content->enc_data = data;
	return p7;
fail:
	PKCS7_free(p7);
	X509_ALGOR_free(algor);
	ASN1_OCTET_STRING_free(data);
	return NULL;
}

static PKCS12 *pack(STACK_OF(PKCS12_SAFEBAG) * bags, const char *password)
{
	struct seeds s;
	PKCS12 *p12 = PKCS12_init(NID_pkcs7_data);
	STACK_OF(PKCS7) *safes = sk_PKCS7_new_null();
	PKCS7 *p7 = bags && seeds_of(bags, &s) == 0 ? encrypted(bags, password, &s) : NULL;
	int good = 0;

	if (!p12 || !safes || !p7 || sk_PKCS7_push(safes, p7) <= 0)
		goto out;
	p7 = NULL; /* the stack's */
	good = PKCS12_pack_authsafes(p12, safes) == 1 &&
	       PKCS12_set_mac(p12, password, -1, s.mac, SALT_LENGTH, ITERATIONS, EVP_sha256()) == 1;
out:
	PKCS7_free(p7);
	sk_PKCS7_pop_free(safes, PKCS7_free);
	if (good)
		return p12;
	PKCS12_free(p12);
	return NULL;
}

int truststore_pkcs12(
    const void *pem, size_t n, const char *password, struct buf *out, struct err *e)
{
	STACK_OF(X509) *certs = certs_of(pem, n, e);
	STACK_OF(PKCS12_SAFEBAG) *bags = NULL;
	PKCS12 *p12 = NULL;
	unsigned char *der = NULL;
	int length = -1;
	int rc = 0;

	if (!certs)
		return -1;
	bags = bags_of(certs);
	p12 = pack(bags, password);
	if (p12)
		length = i2d_PKCS12(p12, &der);
	if (length <= 0)
		rc = err_ssl(e, _("make a PKCS12 trust store"));
	if (rc == 0 && buf_add(out, der, (size_t)length) < 0)
		rc = err_set(e, ERR_LOCAL, _("the trust store is larger than %zu bytes"), out->max);
	OPENSSL_free(der);
	PKCS12_free(p12);
	sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
	free_certs(certs);
	return rc;
}

const char *truststore_system(void)
{
	static const char *const files[] = { "/etc/ssl/certs/ca-certificates.crt",
		"/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem" };
	const char *told = getenv("SSL_CERT_FILE");

	if (told && *told)
		return told;
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		if (access(files[i], R_OK) == 0)
			return files[i];
	return files[0];
}
