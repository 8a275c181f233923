/* SPDX-License-Identifier: Apache-2.0 */
#include "pki/truststore.h"

#include "pki/cert.h"
#include "selfsigned.h"
#include "tap.h"

#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#define PASSWORD "changeit"

static EVP_PKEY *key;
static X509 *one, *two;
static struct buf pem; /* words, a private key, and two certificates */

static void add_key(struct buf *out)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *p = NULL;
	long n;

	PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
	n = BIO_get_mem_data(bio, &p);
	(void)buf_add(out, p, (size_t)n);
	BIO_free(bio);
}

static void test_pem(void)
{
	struct buf out = buf_new(65536), want = buf_new(65536), small = buf_new(600);
	struct err e = { 0 };
	size_t certs = 0;

	is_int(truststore_pem(pem.p, pem.n, &out, &certs, &e), 0, "PEM: %s", e.text);
	is_int(certs, 2, "how many");
	(void)cert_to_pem(one, &want, &e);
	(void)cert_to_pem(two, &want, &e);
	ok(out.n == want.n && memcmp(out.p, want.p, out.n) == 0,
	    "the certificates alone: no private key is passed on");
	ok(truststore_pem(pem.p, pem.n, &small, &certs, &e) < 0 && small.n <= 600, "no room");
	buf_free(&out);
	buf_free(&want);
	buf_free(&small);
}

/* The bag's attribute of that dotted name: whether it is there once, with that object. */
static int has_usage(const PKCS12_SAFEBAG *bag)
{
	const STACK_OF(X509_ATTRIBUTE) *all = PKCS12_SAFEBAG_get0_attrs(bag);
	ASN1_OBJECT *name = OBJ_txt2obj("2.16.840.1.113894.746875.1.1", 1);
	int at = X509at_get_attr_by_OBJ(all, name, -1);
	X509_ATTRIBUTE *attribute = at >= 0 ? X509at_get_attr(all, at) : NULL;
	ASN1_TYPE *value = attribute ? X509_ATTRIBUTE_get0_type(attribute, 0) : NULL;
	int good = value && X509_ATTRIBUTE_count(attribute) == 1 &&
		   ASN1_TYPE_get(value) == V_ASN1_OBJECT &&
		   OBJ_obj2nid(value->value.object) == NID_anyExtendedKeyUsage;

	ASN1_OBJECT_free(name);
	return good;
}

static void look_at_bag(const PKCS12_SAFEBAG *bag, X509 *want, const char *name)
{
	char *friendly = PKCS12_get_friendlyname((PKCS12_SAFEBAG *)bag);
	X509 *cert = PKCS12_SAFEBAG_get1_cert(bag);

	is_int(PKCS12_SAFEBAG_get_nid(bag), NID_certBag, "%s: a certificate's bag", name);
	ok(cert && X509_cmp(cert, want) == 0, "%s: the certificate", name);
	is_str(friendly ? friendly : "", name, "%s: its name", name);
	ok(has_usage(bag), "%s: Java will trust it", name);
	X509_free(cert);
	OPENSSL_free(friendly);
}

static void look_at_safe(PKCS7 *safe)
{
	STACK_OF(PKCS12_SAFEBAG) *bags = NULL;
	const X509_ALGOR *algor;

	ok(PKCS7_type_is_encrypted(safe), "it is encrypted");
	algor = safe->d.encrypted->enc_data->algorithm;
	is_int(OBJ_obj2nid(algor->algorithm), NID_pbes2, "with PBES2");
	bags = PKCS12_unpack_p7encdata(safe, PASSWORD, (int)strlen(PASSWORD));
	is_int(sk_PKCS12_SAFEBAG_num(bags), 2, "two bags");
	if (sk_PKCS12_SAFEBAG_num(bags) == 2) {
		look_at_bag(sk_PKCS12_SAFEBAG_value(bags, 0), one, "ca");
		look_at_bag(sk_PKCS12_SAFEBAG_value(bags, 1), two, "ca-2");
	}
	sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
}

static void test_pkcs12(void)
{
	struct buf out = buf_new(65536), again = buf_new(65536), small = buf_new(100);
	struct err e = { 0 };
	const unsigned char *at;
	PKCS12 *p12;
	STACK_OF(PKCS7) * safes;

	is_int(truststore_pkcs12(pem.p, pem.n, PASSWORD, &out, &e), 0, "PKCS12: %s", e.text);
	at = out.p;
	p12 = d2i_PKCS12(NULL, &at, (long)out.n);
	ok(p12 && at == out.p + out.n, "it is one PKCS12 object and nothing else");
	ok(p12 && PKCS12_verify_mac(p12, PASSWORD, -1) == 1, "the MAC is right");
	ok(p12 && PKCS12_verify_mac(p12, "other", -1) != 1, "and can be wrong");
	safes = p12 ? PKCS12_unpack_authsafes(p12) : NULL;
	is_int(sk_PKCS7_num(safes), 1, "one safe");
	if (sk_PKCS7_num(safes) == 1)
		look_at_safe(sk_PKCS7_value(safes, 0));
	sk_PKCS7_pop_free(safes, PKCS7_free);
	PKCS12_free(p12);

	(void)truststore_pkcs12(pem.p, pem.n, PASSWORD, &again, &e);
	ok(out.n == again.n && memcmp(out.p, again.p, out.n) == 0, "the same bytes each time");
	ok(truststore_pkcs12(pem.p, pem.n, PASSWORD, &small, &e) < 0 && small.n == 0, "no room: %s",
	    e.text);
	buf_free(&out);
	buf_free(&again);
	buf_free(&small);
}

static void wrong(const void *p, size_t n, const char *says, const char *what)
{
	struct buf out = buf_new(65536);
	struct err e = { 0 }, f = { 0 };
	size_t certs;

	ok(truststore_pem(p, n, &out, &certs, &e) < 0 && strstr(e.text, says) && out.n == 0,
	    "%s: %s", what, e.text);
	ok(truststore_pkcs12(p, n, PASSWORD, &out, &f) < 0 && strcmp(e.text, f.text) == 0 &&
		out.n == 0,
	    "and the same of a trust store");
	buf_free(&out);
}

static void test_wrong(void)
{
	static const char encrypted[] = "-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\n"
					"DEK-Info: AES-128-CBC,0123456789ABCDEF0123456789ABCDEF\n\n"
					"AAAAAAAAAAAAAAAAAAAAAA==\n-----END CERTIFICATE-----\n";
	struct buf bare = buf_new(65536);

	add_key(&bare);
	wrong(bare.p, bare.n, "BEGIN CERTIFICATE", "a key alone");
	buf_free(&bare);
	wrong(NULL, 0, "BEGIN CERTIFICATE", "nothing");
	wrong(pem.p, pem.n - 100, "read certificate 2", "the second is cut off");
	wrong(encrypted, sizeof encrypted - 1, "read certificate 1", "encrypted: nobody is asked");
}

int main(void)
{
	struct err e = { 0 };

	key = EVP_EC_gen("P-256");
	one = selfsigned(key, "one CA");
	two = selfsigned(key, "another CA");
	pem = buf_new(65536);
	(void)buf_fmt(&pem, "some words\n");
	add_key(&pem);
	(void)cert_to_pem(one, &pem, &e);
	(void)cert_to_pem(two, &pem, &e);
	test_pem();
	test_pkcs12();
	test_wrong();
	buf_free(&pem);
	X509_free(one);
	X509_free(two);
	EVP_PKEY_free(key);
	return tap_done();
}
