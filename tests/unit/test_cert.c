/* SPDX-License-Identifier: Apache-2.0 */
#include "pki/cert.h"

#include "tap.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#define NOW 1800000000 /* 2027-01-15 08:00:00 */

static EVP_PKEY *ca_key, *leaf_key;
static X509 *ca, *leaf;
static struct buf ca_pem, leaf_pem;

/* A certificate with these SANs (or none), signed by `by` in the name of `issuer` (NULL: itself).
 */
static X509 *make(const char *cn, EVP_PKEY *key, X509 *issuer, EVP_PKEY *by, const char *sans)
{
	X509 *x = X509_new();
	X509V3_CTX ctx;

	X509_set_version(x, X509_VERSION_3);
	ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), 0x0123456789abcdef);
	ASN1_TIME_set(X509_getm_notBefore(x), NOW);
	ASN1_TIME_set(X509_getm_notAfter(x), NOW + 1000000000LL); /* past 2050: GeneralizedTime */
	X509_NAME_add_entry_by_txt(
	    X509_get_subject_name(x), "CN", MBSTRING_UTF8, (const unsigned char *)cn, -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(issuer ? issuer : x));
	X509_set_pubkey(x, key);
	X509V3_set_ctx(&ctx, issuer ? issuer : x, x, NULL, NULL, 0);
	if (sans) {
		X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, &ctx, NID_subject_alt_name, sans);

		X509_add_ext(x, ext, -1);
		X509_EXTENSION_free(ext);
	}
	X509_sign(x, by, EVP_sha256());
	return x;
}

static void test_pem(void)
{
	struct buf out = buf_new(65536), small = buf_new(100), both = buf_new(65536);
	struct err e = { 0 };
	X509 *x;

	ok(cert_to_pem(leaf, &out, &e) == 0 && out.n == leaf_pem.n &&
		memcmp(out.p, leaf_pem.p, out.n) == 0,
	    "PEM out");
	x = cert_from_pem(out.p, out.n, &e);
	ok(x && X509_cmp(x, leaf) == 0, "and in again");
	X509_free(x);
	is_int(cert_to_pem(leaf, &small, &e), -1, "no room: %s", e.text);
	is_int(small.n, 0, "and nothing of it written");
	(void)buf_fmt(&both, "some words\n");
	(void)buf_add(&both, leaf_pem.p, leaf_pem.n);
	(void)buf_add(&both, ca_pem.p, ca_pem.n);
	x = cert_from_pem(both.p, both.n, &e);
	ok(x && X509_cmp(x, leaf) == 0, "the first of several, words before it passed over");
	X509_free(x);
	buf_free(&out);
	buf_free(&small);
	buf_free(&both);
}

static void not_pem(const void *p, size_t n, const char *says, const char *what)
{
	struct err e = { 0 };
	X509 *x = cert_from_pem(p, n, &e);

	ok(!x && strstr(e.text, says), "not a certificate: %s: %s", what, e.text);
	is_int(ERR_peek_error(), 0, "and no error is left for the next one to trip over");
	X509_free(x);
}

static void test_not_pem(void)
{
	struct buf cut = buf_new(65536);
	static const char encrypted[] = "-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\n"
					"DEK-Info: AES-128-CBC,0123456789ABCDEF0123456789ABCDEF\n\n"
					"AAAAAAAAAAAAAAAAAAAAAA==\n-----END CERTIFICATE-----\n";

	not_pem(NULL, 0, "BEGIN CERTIFICATE", "nothing");
	not_pem("hello\n", 6, "BEGIN CERTIFICATE", "words");
	(void)buf_add(&cut, leaf_pem.p, leaf_pem.n / 2);
	not_pem(cut.p, cut.n, "read a certificate", "half of one");
	buf_free(&cut);
	not_pem("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", 59,
	    "read a certificate", "PEM of something else");
	not_pem(encrypted, sizeof encrypted - 1, "read a certificate",
	    "encrypted, and nobody is asked");
}

static void test_facts(void)
{
	char fp[CERT_FINGERPRINT_TEXT];
	unsigned char md[32];
	unsigned n = 0;
	struct cert_facts f;
	struct err e = { 0 };
	time_t from = 0, to = 0;
	unsigned first = 0, last = 0;

	is_int(cert_fingerprint(leaf, fp), 0, "a fingerprint");
	X509_digest(leaf, EVP_sha256(), md, &n);
	is_int(strlen(fp), 95, "32 bytes as text");
	ok(sscanf(fp, "%2X:", &first) == 1 && sscanf(fp + 93, "%2X", &last) == 1 &&
		first == md[0] && last == md[31] && fp[2] == ':',
	    "of the DER form: %s", fp);
	ok(cert_times(leaf, &from, &to) == 0 && from == NOW && to == NOW + 1000000000LL,
	    "dates, before 2050 and after");
	is_int(cert_facts_pem(&f, leaf_pem.p, leaf_pem.n, &e), 0, "the facts");
	is_str(f.subject, "CN=db\\0A.example.org", "the subject, what is not a letter escaped");
	is_str(f.issuer, "CN=Test CA", "the issuer");
	is_str(f.serial, "0123456789ABCDEF", "the serial");
	is_str(f.fingerprint, fp, "the fingerprint");
	ok(f.not_before == from && f.not_after == to, "the dates");
	is_int(cert_facts_pem(&f, "x", 1, &e), -1, "none of what is no certificate: %s", e.text);
	ok(f.subject[0] == '\0' && f.not_after == 0, "and none are left over");
}

/* Names past 255 bytes and serials past 63 digits are cut, not run over. */
static void test_long_facts(void)
{
	char cn[65];
	X509 *x;
	struct buf pem = buf_new(65536);
	struct cert_facts f;
	struct err e;

	memset(cn, 1, sizeof cn); /* each byte becomes "\01" */
	cn[64] = '\0';
	x = make(cn, leaf_key, NULL, leaf_key, NULL);
	for (int i = 0; i < 3; i++)
		X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "OU", MBSTRING_UTF8,
		    (const unsigned char *)cn, -1, -1, 0);
	X509_sign(x, leaf_key, EVP_sha256());
	ok(cert_to_pem(x, &pem, &e) == 0 && cert_facts_pem(&f, pem.p, pem.n, &e) == 0 &&
		strlen(f.subject) == sizeof f.subject - 1,
	    "a very long subject is cut");
	buf_free(&pem);
	X509_free(x);
}

#define COVERS(names) cert_covers(leaf, names, sizeof names)

static void test_covers(void)
{
	X509 *bare = make("localhost", leaf_key, NULL, leaf_key, NULL);

	ok(COVERS("localhost"), "one name");
	ok(COVERS("db.example.org\0localhost\000192.0.2.7\0002001:db8::7"), "all of them");
	ok(COVERS("LocalHost"), "whatever the case");
	ok(COVERS("2001:0DB8:0:0::7"), "an address however written");
	ok(COVERS("::ffff:192.0.2.7"), "a mapped address is its IPv4 host");
	ok(COVERS("*.example.net"), "a pattern that is there");
	ok(!COVERS("a.example.net"), "a pattern is not every name of it");
	ok(!COVERS("localhost\0other"), "not when one is missing");
	ok(!COVERS("192.0.2.8"), "not another address");
	ok(!COVERS("::192.0.2.7"), "nor one that ends alike");
	ok(!COVERS("local"), "not the start of a name");
	ok(!COVERS(""), "not an empty name");
	ok(!cert_covers(leaf, "localhost", 9), "not a name without its end");
	ok(cert_covers(leaf, NULL, 0), "no names are always there");
	ok(!cert_covers(bare, "localhost", 10), "the subject does not count");
	ok(cert_covers_pem(leaf_pem.p, leaf_pem.n, "localhost", 10), "from PEM");
	ok(!cert_covers_pem("x", 1, "localhost", 10), "not from what is none");
	ok(!cert_covers_pem("x", 1, NULL, 0), "not even no names");
	is_int(ERR_peek_error(), 0, "no error is left behind");
	X509_free(bare);
}

static int matches(const struct buf *pem, const struct buf *issuer, EVP_PKEY *key)
{
	unsigned char *der = NULL;
	int n = i2d_PUBKEY(key, &der);
	int match = cert_matches_pem(pem->p, pem->n, issuer->p, issuer->n, der, (size_t)n);

	OPENSSL_free(der);
	return match;
}

static void test_matches(void)
{
	X509 *twin = make("Test CA", leaf_key, NULL, leaf_key, NULL);
	X509 *renamed = make("Other CA", ca_key, NULL, ca_key, NULL);
	struct buf twin_pem = buf_new(65536), renamed_pem = buf_new(65536), none = buf_new(0);
	struct err e;

	(void)cert_to_pem(twin, &twin_pem, &e);
	(void)cert_to_pem(renamed, &renamed_pem, &e);
	is_int(matches(&leaf_pem, &ca_pem, leaf_key), 1, "key and CA are right");
	is_int(matches(&leaf_pem, &ca_pem, ca_key), 0, "not another key");
	is_int(matches(&leaf_pem, &twin_pem, leaf_key), 0, "not a CA of the same name");
	is_int(
	    matches(&leaf_pem, &renamed_pem, leaf_key), 0, "not the CA's key under another name");
	is_int(matches(&leaf_pem, &none, leaf_key), 0, "not without a CA");
	is_int(matches(&none, &ca_pem, leaf_key), 0, "not without a certificate");
	is_int(
	    cert_matches_pem(leaf_pem.p, leaf_pem.n, ca_pem.p, ca_pem.n, "x", 1), 0, "not garbage");
	is_int(ERR_peek_error(), 0, "no error is left behind");
	X509_free(twin);
	X509_free(renamed);
	buf_free(&twin_pem);
	buf_free(&renamed_pem);
}

int main(void)
{
	struct err e;

	ca_pem = leaf_pem = buf_new(65536);
	ca_key = EVP_EC_gen("P-256");
	leaf_key = EVP_EC_gen("P-256");
	ca = make("Test CA", ca_key, NULL, ca_key, NULL);
	leaf = make("db\n.example.org", leaf_key, ca, ca_key,
	    "DNS:db.example.org,DNS:localhost,DNS:*.example.net,IP:192.0.2.7,IP:2001:db8::7");
	if (cert_to_pem(ca, &ca_pem, &e) < 0 || cert_to_pem(leaf, &leaf_pem, &e) < 0)
		return 1;
	test_pem();
	test_not_pem();
	test_facts();
	test_long_facts();
	test_covers();
	test_matches();
	buf_free(&ca_pem);
	buf_free(&leaf_pem);
	X509_free(ca);
	X509_free(leaf);
	EVP_PKEY_free(ca_key);
	EVP_PKEY_free(leaf_key);
	return tap_done();
}
