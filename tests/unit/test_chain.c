/* SPDX-License-Identifier: Apache-2.0 */
#include "pki/chain.h"

#include "tap.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#define NOW 1800000000 /* 2027-01-15 08:00:00 */
#define DAY 86400

static EVP_PKEY *root_key, *between_key, *leaf_key;
static X509 *root, *between, *leaf;

struct wanted {
	const char *cn, *sans, *usage;
	time_t from, until;
	int is_ca;
};

static void add(X509 *x, int nid, const char *value)
{
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	X509_add_ext(x, ext, -1);
	X509_EXTENSION_free(ext);
}

static X509 *make(const struct wanted *w, EVP_PKEY *key, X509 *issuer, EVP_PKEY *by)
{
	static int serial = 1;
	X509 *x = X509_new();

	X509_set_version(x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x), serial++);
	ASN1_TIME_set(X509_getm_notBefore(x), w->from);
	ASN1_TIME_set(X509_getm_notAfter(x), w->until);
	X509_NAME_add_entry_by_txt(
	    X509_get_subject_name(x), "CN", MBSTRING_UTF8, (const unsigned char *)w->cn, -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(issuer ? issuer : x));
	X509_set_pubkey(x, key);
	add(x, NID_basic_constraints, w->is_ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
	if (w->sans)
		add(x, NID_subject_alt_name, w->sans);
	if (w->usage)
		add(x, NID_ext_key_usage, w->usage);
	X509_sign(x, by, EVP_sha256());
	return x;
}

static struct buf text_of(X509 *a, X509 *b, X509 *c)
{
	X509 *all[] = { a, b, c };
	struct buf out = buf_new(65536);
	struct err e;

	for (size_t i = 0; i < 3; i++)
		if (all[i])
			(void)cert_to_pem(all[i], &out, &e);
	return out;
}

/* What is said of these certificates, against the root; *c is the caller's to free. */
static int judge_at(struct chain *c, X509 *a, X509 *b, X509 *d, time_t now, struct err *e)
{
	struct buf pem = text_of(a, b, d), anchors = text_of(root, NULL, NULL);
	struct chain_source s = { .pem = span_of(pem.p, pem.n),
		.anchors = span_of(anchors.p, anchors.n),
		.file = "FILE",
		.anchors_file = "ROOTS",
		.now = now };
	int rc = chain_read(c, &s, e);

	buf_free(&pem);
	buf_free(&anchors);
	return rc;
}

static void says(X509 *a, X509 *b, X509 *c, time_t now, const char *wanted)
{
	struct chain chain;
	struct err e = { 0 };

	is_int(judge_at(&chain, a, b, c, now, &e), -1, "%s: refused", wanted);
	ok(strstr(e.text, wanted) != NULL && e.kind == ERR_USER, "… and said: %s", e.text);
	ok(ERR_peek_error() == 0, "… and nothing is left in OpenSSL's queue");
	chain_free(&chain);
}

static struct wanted a_leaf(void)
{
	return (struct wanted) { "leaf",
		"DNS:w.a.example,DNS:*.b.example,IP:192.0.2.1,IP:2001:db8::1", "serverAuth",
		NOW - DAY, NOW + 90 * DAY, 0 };
}

static void test_good(void)
{
	struct chain c;
	struct err e = { 0 };
	static const char names[] = "w.a.example\0*.b.example\0"
				    "192.0.2.1\0"
				    "2001:db8::1";

	is_int(judge_at(&c, leaf, between, NULL, NOW, &e), 0, "leaf and intermediate: %s", e.text);
	ok(c.names.n == sizeof names && memcmp(c.names.p, names, sizeof names) == 0, "its names");
	is_int(c.bits, 128, "what its key is worth");
	ok(c.leaf.not_after == NOW + 90 * DAY, "when it ends");
	ok(strlen(c.anchor) == 95, "and which CA it ends in");
	ok(chain_names(&c, "w.a.example") && chain_names(&c, "W.A.EXAMPLE") &&
		chain_names(&c, "x.b.example") && chain_names(&c, "192.0.2.1") &&
		chain_names(&c, "2001:db8:0::1"),
	    "names that it has");
	ok(!chain_names(&c, "leaf") && !chain_names(&c, "b.example") &&
		!chain_names(&c, "x.y.b.example") && !chain_names(&c, "192.0.2.2") &&
		!chain_names(&c, ""),
	    "names that it has not");
	ok(memmem(c.pem.p, c.pem.n, "PRIVATE", 7) == NULL, "certificates alone");
	chain_free(&c);
	is_int(judge_at(&c, leaf, between, root, NOW, &e), 0, "the root as well is no fault");
	chain_free(&c);
}

/* Of a file with a key in it, the key is passed over. */
static void test_combined(void)
{
	BIO *bio = BIO_new(BIO_s_mem());
	struct buf anchors = text_of(root, NULL, NULL);
	struct chain_source s = { .anchors = span_of(anchors.p, anchors.n),
		.file = "FILE",
		.anchors_file = "ROOTS",
		.public = 1,
		.now = NOW };
	struct chain c;
	struct err e = { 0 };
	char *p;

	PEM_write_bio_PKCS8PrivateKey(bio, leaf_key, NULL, NULL, 0, NULL, NULL);
	PEM_write_bio_X509(bio, leaf);
	PEM_write_bio_X509(bio, between);
	s.pem.n = (size_t)BIO_get_mem_data(bio, &p);
	s.pem.p = (uint8_t *)p;
	is_int(chain_read(&c, &s, &e), 0, "key and chain in one file: %s", e.text);
	ok(memmem(c.pem.p, c.pem.n, "PRIVATE", 7) == NULL, "the key is not taken along");
	is_str(c.anchor, "", "a public CA is nobody's to give");
	chain_free(&c);
	s.pem = span_of(NULL, 0);
	is_int(chain_read(&c, &s, &e), -1, "an empty file: %s", e.text);
	chain_free(&c);
	BIO_free(bio);
	buf_free(&anchors);
}

static void test_refused(void)
{
	struct wanted w = a_leaf();
	X509 *x;

	says(leaf, NULL, NULL, NOW, "which is not in ROOTS");
	says(between, leaf, NULL, NOW, "is not certified by what stands behind");
	says(leaf, root, between, NOW, "is not certified by what stands behind");
	says(leaf, between, NULL, NOW + 91 * DAY, "has expired");
	says(leaf, between, NULL, NOW - 2 * DAY, "is valid only from");
	w.usage = "clientAuth";
	x = make(&w, leaf_key, root, root_key);
	says(x, NULL, NULL, NOW, "Server Authentication");
	X509_free(x);
	w = a_leaf();
	w.sans = NULL;
	x = make(&w, leaf_key, root, root_key);
	says(x, NULL, NULL, NOW, "names no host");
	X509_free(x);
	w.sans = "email:a@example.com";
	x = make(&w, leaf_key, root, root_key);
	says(x, NULL, NULL, NOW, "names no host");
	X509_free(x);
	/* Its signature is not the issuer's, although the names fit. */
	x = make(&(struct wanted) { "leaf", "DNS:a", NULL, NOW - DAY, NOW + DAY, 0 }, leaf_key,
	    between, leaf_key);
	says(x, between, NULL, NOW, "is not certified by what stands behind");
	X509_free(x);
}

/* The next certificate, as `change` makes it of the one in force. */
static void compare(const char *name, const struct wanted *w, EVP_PKEY *key, const char *wanted)
{
	X509 *x = make(w, key, between, between_key);
	struct chain now, next;
	struct err e = { 0 };

	(void)judge_at(&now, leaf, between, NULL, NOW, &e);
	is_int(judge_at(&next, x, between, NULL, NOW, &e), 0, "%s", name);
	e.text[0] = '\0';
	is_int(chain_worse(&next, &now, &e), wanted ? -1 : 0, "%s: %s", name, e.text);
	ok(!wanted || strstr(e.text, wanted), "%s: it says so", name);
	chain_free(&now);
	chain_free(&next);
	X509_free(x);
}

static void test_worse(void)
{
	EVP_PKEY *rsa = EVP_RSA_gen(2048), *strong = EVP_EC_gen("P-384");
	struct wanted w = a_leaf();
	struct chain now, next;
	struct err e;

	compare("the same", &w, leaf_key, NULL);
	compare("a stronger key", &w, strong, NULL);
	compare("a weaker key", &w, rsa, "key is weaker");
	w.until--;
	compare("one that ends a second earlier", &w, leaf_key, "ends before");
	w = a_leaf();
	w.sans = "DNS:w.a.example,IP:192.0.2.1,IP:2001:db8::1";
	compare("without one name", &w, leaf_key, "does not name *.b.example");
	w.sans = "DNS:*.a.example,DNS:*.b.example,IP:192.0.2.1,IP:2001:db8::1";
	compare("with a wildcard for it", &w, leaf_key, NULL);
	(void)judge_at(&now, leaf, between, NULL, NOW, &e);
	(void)judge_at(&next, leaf, between, NULL, NOW, &e);
	next.anchor[0] = '!';
	is_int(chain_worse(&next, &now, &e), -1, "of another CA: %s", e.text);
	next.anchor[0] = '\0';
	is_int(chain_worse(&next, &now, &e), 0, "of a public one");
	chain_free(&now);
	chain_free(&next);
	EVP_PKEY_free(rsa);
	EVP_PKEY_free(strong);
}

int main(void)
{
	struct wanted w = a_leaf();

	root_key = EVP_EC_gen("P-256");
	between_key = EVP_EC_gen("P-256");
	leaf_key = EVP_EC_gen("P-256");
	root = make(&(struct wanted) { "root", NULL, NULL, NOW - DAY, NOW + 900 * DAY, 1 },
	    root_key, NULL, root_key);
	between = make(&(struct wanted) { "between", NULL, NULL, NOW - DAY, NOW + 800 * DAY, 1 },
	    between_key, root, root_key);
	leaf = make(&w, leaf_key, between, between_key);
	test_good();
	test_combined();
	test_refused();
	test_worse();
	X509_free(root);
	X509_free(between);
	X509_free(leaf);
	EVP_PKEY_free(root_key);
	EVP_PKEY_free(between_key);
	EVP_PKEY_free(leaf_key);
	return tap_done();
}
