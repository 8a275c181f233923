/* SPDX-License-Identifier: Apache-2.0 */
/* T3, T16: a private CA whose leaves every client takes, and that never loses itself. */
#include "ca/authority.h"

#include "base/file.h"
#include "pki/cert.h"
#include "proc/channel.h"

#include "tap.h"

#include <ftw.h>
#include <limits.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NOW 1800000000 /* 2027-01-15 */
#define DAY 86400

static char top[] = "/tmp/dbtls-ca.XXXXXX";

/* ---- folders and files ----------------------------------------------------------------------- */

static const char *in(const char *dir, const char *file)
{
	static char path[4][PATH_MAX];
	static int next;
	char *p = path[next++ % 4];

	(void)snprintf(p, PATH_MAX, "%s/%s", dir, file);
	return p;
}

static const char *folder(const char *name)
{
	static char dir[8][PATH_MAX];
	static int next;
	char *p = dir[next++ % 8];

	(void)snprintf(p, PATH_MAX, "%s/%s", top, name);
	(void)mkdir(p, 0700);
	return p;
}

static int forget(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int same_file(const char *a, const char *b)
{
	struct buf x = { 0 }, y = { 0 };
	struct err e;
	int same = file_read(a, 65536, &x, &e) == 0 && file_read(b, 65536, &y, &e) == 0 &&
		   x.n == y.n && memcmp(x.p, y.p, x.n) == 0;

	buf_free(&x);
	buf_free(&y);
	return same;
}

static void copy_file(const char *from, const char *to)
{
	struct buf x = { 0 };
	struct err e;

	if (file_read(from, 65536, &x, &e) < 0 || file_replace(to, 0600, x.p, x.n, &e) < 0)
		printf("# %s\n", e.text);
	buf_free(&x);
}

static int mode_of(const char *path)
{
	struct stat st = { 0 };

	return stat(path, &st) == 0 ? (int)(st.st_mode & 07777) : -1;
}

/* ---- keys and certificates ------------------------------------------------------------------- */

static struct span spki_of(EVP_PKEY *key)
{
	unsigned char *der = NULL;
	int n = i2d_PUBKEY(key, &der);

	return span_of(der, n > 0 ? (size_t)n : 0);
}

static EVP_PKEY *key_p256, *key_p384, *key_rsa;

static struct leaf_request request(EVP_PKEY *key, const char *names, size_t n)
{
	return (struct leaf_request) { spki_of(key), span_of(names, n), 30 * DAY, 0 };
}

/* Issues and reads back; NULL and the sentence in *e when refused. */
static X509 *issue_at(struct authority *a, const struct leaf_request *r, int64_t now, struct err *e)
{
	struct buf leaf = buf_new(100000), ca = buf_new(100000);
	X509 *x = NULL;

	if (authority_issue(a, r, now, &leaf, &ca, e) == 0)
		x = cert_from_pem(leaf.p, leaf.n, e);
	buf_free(&leaf);
	buf_free(&ca);
	return x;
}

#define ISSUE(a, key, names, e) issue_names(a, key, names, sizeof names, e)
static X509 *issue_names(
    struct authority *a, EVP_PKEY *key, const char *names, size_t n, struct err *e)
{
	struct leaf_request r = request(key, names, n);
	X509 *x = issue_at(a, &r, NOW, e);

	OPENSSL_free((void *)r.spki.p);
	return x;
}

static X509 *ca_cert(const char *dir)
{
	struct buf pem = { 0 };
	struct err e;
	X509 *x = NULL;

	if (file_read(in(dir, "ca.pem"), 65536, &pem, &e) == 0)
		x = cert_from_pem(pem.p, pem.n, &e);
	buf_free(&pem);
	return x;
}

static EVP_PKEY *ca_key(const char *dir)
{
	struct buf pem = { 0 };
	struct err e;
	EVP_PKEY *key = NULL;
	BIO *bio;

	if (file_read(in(dir, "ca.key"), 65536, &pem, &e) < 0)
		return NULL;
	bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	BIO_free(bio);
	buf_wipe(&pem);
	return key;
}

/* As a careful client does: X509_STRICT, purpose sslserver, the name. Returns OpenSSL's X509_V_*.
 */
static int verify(X509 *root, X509 *between, X509 *more, X509 *leaf, const char *name, int64_t now)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	STACK_OF(X509) *others = sk_X509_new_null();
	X509_VERIFY_PARAM *p;
	int rc = -1;

	X509_STORE_add_cert(store, root);
	if (between)
		sk_X509_push(others, between);
	if (more)
		sk_X509_push(others, more);
	X509_STORE_CTX_init(ctx, store, leaf, others);
	p = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_time(p, (time_t)now);
	X509_VERIFY_PARAM_set_flags(p, X509_V_FLAG_X509_STRICT | X509_V_FLAG_CHECK_SS_SIGNATURE);
	X509_VERIFY_PARAM_set_purpose(p, X509_PURPOSE_SSL_SERVER);
	X509_VERIFY_PARAM_set_hostflags(p, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
	if (X509_VERIFY_PARAM_set1_ip_asc(p, name) != 1)
		X509_VERIFY_PARAM_set1_host(p, name, 0);
	if (X509_verify_cert(ctx) == 1)
		rc = X509_V_OK;
	else
		rc = X509_STORE_CTX_get_error(ctx);
	sk_X509_free(others);
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	return rc;
}

/* ---- the CA itself --------------------------------------------------------------------------- */

static void test_root(void)
{
	const char *dir = folder("root");
	struct err e = { 0 };
	struct authority *a = authority_open(dir, NOW, &e);
	X509 *x = NULL;
	time_t from = 0, to = 0;
	char cn[128] = "";
	EVP_PKEY *key = NULL;

	ok(a, "T16: a CA is made in an empty folder: %s", e.text);
	is_int(mode_of(in(dir, "ca.key")), 0600, "T3: its key is its owner's alone");
	is_int(mode_of(in(dir, "ca.pem")), 0644, "its certificate is for everyone");
	ok(access(in(dir, "ca.key.new"), F_OK) < 0, "nothing else is left behind");
	x = ca_cert(dir);
	if (!a || !x)
		goto out;
	X509_NAME_get_text_by_NID(X509_get_subject_name(x), NID_commonName, cn, sizeof cn);
	ok(strncmp(cn, "dbtls CA ", 9) == 0 && strlen(cn) == 17 &&
		strspn(cn + 9, "0123456789ABCDEF") == 8,
	    "its name: %s", cn);
	is_int(X509_NAME_entry_count(X509_get_subject_name(x)), 1, "and nothing but that");
	key = X509_get0_pubkey(x);
	ok(EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_bits(key) == 256, "ECDSA P-256");
	is_int(X509_get_signature_nid(x), NID_ecdsa_with_SHA256, "signed with SHA-256");
	is_int(X509_check_ca(x), 1, "a CA by its basic constraints");
	is_int(X509_get_pathlen(x), 0, "path length 0");
	is_int(
	    X509_get_key_usage(x), KU_KEY_CERT_SIGN | KU_CRL_SIGN, "signs certificates and CRLs");
	ok(X509_EXTENSION_get_critical(
	       X509_get_ext(x, X509_get_ext_by_NID(x, NID_basic_constraints, -1))) &&
		X509_EXTENSION_get_critical(
		    X509_get_ext(x, X509_get_ext_by_NID(x, NID_key_usage, -1))),
	    "both critical");
	ok(X509_get0_subject_key_id(x), "it has a key identifier");
	ok(cert_times(x, &from, &to) == 0, "its dates");
	is_int(NOW - from, 3600, "from an hour back");
	is_int(to - NOW, 3650LL * DAY, "for ten years");
out:
	X509_free(x);
	authority_free(a);
}

static void test_reopen(void)
{
	const char *dir = folder("root"), *other = folder("other");
	struct err e = { 0 };
	struct authority *a, *b;
	X509 *x, *y;

	copy_file(in(dir, "ca.key"), in(top, "key.before"));
	copy_file(in(dir, "ca.pem"), in(top, "pem.before"));
	a = authority_open(dir, NOW + DAY, &e);
	ok(a, "T16: the CA is opened again: %s", e.text);
	ok(same_file(in(dir, "ca.key"), in(top, "key.before")) &&
		same_file(in(dir, "ca.pem"), in(top, "pem.before")),
	    "T16: and is the same");
	b = authority_open(other, NOW, &e);
	x = ca_cert(dir);
	y = ca_cert(other);
	ok(b && x && y && X509_NAME_cmp(X509_get_subject_name(x), X509_get_subject_name(y)) != 0,
	    "another folder's CA has another name");
	X509_free(x);
	X509_free(y);
	authority_free(a);
	authority_free(b);
	ok(!authority_open("/nonexistent/dbtls", NOW, &e), "no folder: %s", e.text);
}

static int opens(const char *dir, struct err *e)
{
	struct authority *a;

	*e = (struct err) { 0 };
	a = authority_open(dir, NOW, e);
	authority_free(a);
	return a != NULL;
}

/* Files that are missing or wrong: an error, and what is there stays as it is. */
static void test_damage(void)
{
	const char *good = folder("root"), *other = folder("other"), *d = folder("damage");
	struct err e;

	copy_file(in(good, "ca.key"), in(d, "ca.key"));
	ok(!opens(d, &e) && strstr(e.text, "without its certificate"), "a key alone: %s", e.text);
	ok(access(in(d, "ca.pem"), F_OK) < 0 && same_file(in(good, "ca.key"), in(d, "ca.key")),
	    "nothing was written");
	copy_file(in(other, "ca.pem"), in(d, "ca.pem"));
	ok(!opens(d, &e) && strstr(e.text, "belong together"), "another's certificate: %s", e.text);
	ok(same_file(in(other, "ca.pem"), in(d, "ca.pem")) &&
		same_file(in(good, "ca.key"), in(d, "ca.key")),
	    "nothing was overwritten");
	(void)unlink(in(d, "ca.key"));
	ok(!opens(d, &e) && strstr(e.text, "without its key"), "a certificate alone: %s", e.text);
	ok(access(in(d, "ca.key"), F_OK) < 0, "no key was made");
	copy_file(in(good, "ca.pem"), in(d, "ca.pem"));
	(void)file_replace(in(d, "ca.key"), 0600, "garbage\n", 8, &e);
	ok(!opens(d, &e) && strstr(e.text, "read the key"), "a key that is none: %s", e.text);
	(void)file_replace(in(d, "ca.key"), 0600, "", 0, &e);
	ok(!opens(d, &e), "an empty key: %s", e.text);
	copy_file(in(good, "ca.key"), in(d, "ca.key"));
	(void)file_replace(in(d, "ca.pem"), 0644, "", 0, &e);
	ok(!opens(d, &e) && strstr(e.text, "ca.pem"), "an empty certificate: %s", e.text);
	copy_file(in(good, "ca.pem"), in(d, "ca.pem"));
	ok(opens(d, &e), "put back, all is well: %s", e.text);
}

/* An encrypted key must end in a sentence, not in a question on the terminal. */
static void test_encrypted(void)
{
	const char *d = folder("encrypted");
	EVP_PKEY *key = ca_key(folder("root"));
	FILE *f = fopen(in(d, "ca.key"), "w");
	struct err e;

	ok(f && PEM_write_PKCS8PrivateKey(f, key, EVP_aes_128_cbc(), "secret", 6, NULL, NULL) == 1,
	    "an encrypted key");
	fclose(f);
	EVP_PKEY_free(key);
	copy_file(in(folder("root"), "ca.pem"), in(d, "ca.pem"));
	ok(!opens(d, &e), "is refused without a question: %s", e.text);
}

/* A first start that was cut short at each of its steps. */
static void test_half_made(void)
{
	const char *good = folder("root"), *other = folder("other"), *d = folder("half");
	struct err e;

	copy_file(in(good, "ca.key"), in(d, "ca.key.new"));
	ok(opens(d, &e), "cut short after the key: a CA is made: %s", e.text);
	ok(access(in(d, "ca.key.new"), F_OK) < 0 && access(in(d, "ca.key"), F_OK) == 0, "whole");
	d = folder("half2");
	copy_file(in(good, "ca.key"), in(d, "ca.key.new"));
	copy_file(in(good, "ca.pem"), in(d, "ca.pem"));
	ok(opens(d, &e), "cut short after the certificate: it is completed: %s", e.text);
	ok(same_file(in(good, "ca.key"), in(d, "ca.key")) &&
		same_file(in(good, "ca.pem"), in(d, "ca.pem")) &&
		access(in(d, "ca.key.new"), F_OK) < 0,
	    "with its own key");
	d = folder("half3");
	copy_file(in(other, "ca.key"), in(d, "ca.key.new"));
	copy_file(in(good, "ca.pem"), in(d, "ca.pem"));
	ok(!opens(d, &e) && strstr(e.text, "belong together"), "not with a stranger's: %s", e.text);
	ok(access(in(d, "ca.key"), F_OK) < 0, "which does not become its key");
}

/* ---- leaves ---------------------------------------------------------------------------------- */

static void test_leaf(struct authority *a, X509 *root)
{
	static const char names[] =
	    "db.example.org\0*.example.org\000192.0.2.7\0002001:db8::7\0localhost";
	struct err e = { 0 };
	X509 *x = ISSUE(a, key_p256, names, &e), *again = ISSUE(a, key_p256, names, &e);
	time_t from = 0, to = 0;
	const ASN1_OCTET_STRING *aki, *ski;
	BIGNUM *serial;

	ok(x && again, "T3: a leaf is issued: %s", e.text);
	if (!x || !again)
		return;
	is_int(verify(root, NULL, NULL, x, "db.example.org", NOW), X509_V_OK,
	    "T3: it verifies by name");
	is_int(verify(root, NULL, NULL, x, "a.example.org", NOW), X509_V_OK, "by pattern");
	is_int(verify(root, NULL, NULL, x, "localhost", NOW), X509_V_OK, "as localhost");
	is_int(verify(root, NULL, NULL, x, "192.0.2.7", NOW), X509_V_OK, "by IPv4 address");
	is_int(verify(root, NULL, NULL, x, "2001:db8::7", NOW), X509_V_OK, "by IPv6 address");
	is_int(verify(root, NULL, NULL, x, "evil.example.net", NOW), X509_V_ERR_HOSTNAME_MISMATCH,
	    "not by another name");
	is_int(verify(root, NULL, NULL, x, "192.0.2.8", NOW), X509_V_ERR_IP_ADDRESS_MISMATCH,
	    "not by another address");
	is_int(verify(root, NULL, NULL, x, "localhost", NOW - 3500), X509_V_OK, "an hour back");
	is_int(verify(root, NULL, NULL, x, "localhost", NOW - 3700), X509_V_ERR_CERT_NOT_YET_VALID,
	    "no further");
	is_int(verify(root, NULL, NULL, x, "localhost", NOW + 30 * DAY + 1),
	    X509_V_ERR_CERT_HAS_EXPIRED, "not after its time");
	ok(cert_times(x, &from, &to) == 0 && from == NOW - 3600 && to == NOW + 30 * DAY,
	    "its dates");
	is_int(X509_get_key_usage(x), KU_DIGITAL_SIGNATURE, "for digital signatures");
	is_int(X509_get_extended_key_usage(x), XKU_SSL_SERVER, "of a TLS server");
	is_int(X509_check_ca(x), 0, "no CA");
	is_int(X509_check_purpose(x, X509_PURPOSE_SSL_CLIENT, 0), 0, "no client");
	aki = X509_get0_authority_key_id(x);
	ski = X509_get0_subject_key_id(root);
	ok(aki && ski && ASN1_OCTET_STRING_cmp(aki, ski) == 0, "it names its CA's key");
	ok(X509_get0_subject_key_id(x), "and its own");
	is_int(X509_get_signature_nid(x), NID_ecdsa_with_SHA256, "signed with SHA-256");
	serial = ASN1_INTEGER_to_BN(X509_get0_serialNumber(x), NULL);
	ok(!BN_is_negative(serial) && BN_num_bits(serial) > 64 && BN_num_bits(serial) <= 128,
	    "a long positive serial: %d bits", BN_num_bits(serial));
	BN_free(serial);
	ok(ASN1_INTEGER_cmp(X509_get0_serialNumber(x), X509_get0_serialNumber(again)) != 0,
	    "which the next one does not have");
	X509_free(x);
	X509_free(again);
}

static void test_kinds(struct authority *a, X509 *root)
{
	struct err e = { 0 };
	X509 *p384 = ISSUE(a, key_p384, "localhost", &e), *rsa = ISSUE(a, key_rsa, "localhost", &e);

	ok(p384 && verify(root, NULL, NULL, p384, "localhost", NOW) == X509_V_OK, "P-384 verifies");
	ok(rsa && verify(root, NULL, NULL, rsa, "localhost", NOW) == X509_V_OK,
	    "RSA 2048 verifies");
	X509_free(p384);
	X509_free(rsa);
}

static void test_subject(struct authority *a, X509 *root)
{
	static const char longest[] =
	    "a123456789012345678901234567890123456789.b12345678901234567.example.org";
	char cn[128] = "";
	struct err e = { 0 };
	X509 *x =
	    ISSUE(a, key_p256, "db.example.org\0db.example.org\0::ffff:192.0.2.7\000192.0.2.7", &e);
	GENERAL_NAMES *sans = x ? X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL) : NULL;

	X509_NAME_get_text_by_NID(X509_get_subject_name(x), NID_commonName, cn, sizeof cn);
	is_str(cn, "db.example.org", "the subject is the first name");
	is_int(sk_GENERAL_NAME_num(sans), 2, "each name once, a mapped address as IPv4");
	GENERAL_NAMES_free(sans);
	X509_free(x);
	ok(strlen(longest) > 64, "a first name of %zu bytes", strlen(longest));
	x = ISSUE(a, key_p256, longest, &e);
	ok(x && X509_NAME_entry_count(X509_get_subject_name(x)) == 0, "leaves the subject empty");
	ok(x && X509_EXTENSION_get_critical(
		    X509_get_ext(x, X509_get_ext_by_NID(x, NID_subject_alt_name, -1))),
	    "and the SANs critical");
	is_int(verify(root, NULL, NULL, x, longest, NOW), X509_V_OK, "it verifies strictly so");
	X509_free(x);
}

/* An intermediate CA, signed by `key` in the name of `issuer`. */
static X509 *intermediate(
    X509 *issuer, EVP_PKEY *key, EVP_PKEY *own, const char *name, const char *bc)
{
	X509 *x = X509_new();
	X509V3_CTX ctx;
	static const int nid[] = { NID_basic_constraints, NID_key_usage, NID_subject_key_identifier,
		NID_authority_key_identifier, NID_subject_alt_name };
	const char *value[] = { bc, "critical,keyCertSign,digitalSignature", "hash", "keyid:always",
		"DNS:localhost" };

	X509_set_version(x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 7);
	ASN1_TIME_set(X509_getm_notBefore(x), NOW - 60);
	ASN1_TIME_set(X509_getm_notAfter(x), NOW + DAY);
	X509_NAME_add_entry_by_txt(
	    X509_get_subject_name(x), "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(issuer));
	X509_set_pubkey(x, own);
	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	for (size_t i = 0; i < 5; i++) {
		X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, &ctx, nid[i], value[i]);

		if (strcmp(bc, "CA:FALSE") != 0 || nid[i] != NID_key_usage)
			X509_add_ext(x, ext, -1);
		X509_EXTENSION_free(ext);
	}
	X509_sign(x, key, EVP_sha256());
	return x;
}

/* T3: whoever gets the leaf's key, or one more certificate from the CA, gets no CA. */
/* A client's leaf: for clients alone, and its name may be an e-mail address. */
static void test_client(struct authority *a)
{
	static const struct {
		const char *name;
		int good;
	} rows[] = { { "app1", 1 }, { "ann@example.com", 1 }, { "a.b+c@x", 1 }, { "@x", 0 },
		{ "a@", 0 }, { "a@b@c", 0 }, { "a b", 0 }, { "a\"b@x", 0 }, { "", 0 } };
	struct leaf_request r = { .spki = spki_of(key_p256), .seconds = 30 * DAY, .client = 1 };
	struct err e = { 0 };

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		X509 *x;

		r.names = span_of(rows[i].name, strlen(rows[i].name) + 1);
		x = issue_at(a, &r, NOW, &e);
		is_int(x != NULL, rows[i].good, "T18: a client of the name \"%s\"", rows[i].name);
		if (x) {
			is_int(X509_get_extended_key_usage(x), XKU_SSL_CLIENT, "T18: of a client");
			is_int(X509_check_purpose(x, X509_PURPOSE_SSL_SERVER, 0), 0, "no server");
			is_int(X509_check_email(x, rows[i].name, 0, 0),
			    strchr(rows[i].name, '@') != NULL, "an e-mail address or none");
		}
		X509_free(x);
	}
	r.client = 0;
	r.names = span_of("ann@example.com", 16);
	ok(!issue_at(a, &r, NOW, &e), "T18: no server has an e-mail address");
	OPENSSL_free((void *)r.spki.p);
}

static void test_pathlen(struct authority *a, X509 *root, const char *dir)
{
	struct err e;
	EVP_PKEY *key = ca_key(dir);
	X509 *leaf = ISSUE(a, key_p256, "localhost", &e);
	X509 *evil = intermediate(leaf, key_p256, key_p384, "evil", "CA:FALSE");
	X509 *sub = intermediate(root, key, key_p384, "sub", "critical,CA:TRUE");
	X509 *under = intermediate(sub, key_p384, key_p256, "under", "CA:FALSE");
	X509 *subsub = intermediate(sub, key_p384, key_rsa, "subsub", "critical,CA:TRUE");
	X509 *deep = intermediate(subsub, key_rsa, key_p256, "deep", "CA:FALSE");

	is_int(verify(root, leaf, NULL, evil, "localhost", NOW), X509_V_ERR_INVALID_CA,
	    "T3: what the leaf's key signed is refused");
	is_int(verify(root, sub, NULL, under, "localhost", NOW), X509_V_ERR_PATH_LENGTH_EXCEEDED,
	    "T3: no CA below ours");
	ok(verify(root, sub, subsub, deep, "localhost", NOW) != X509_V_OK, "nor one below that");
	X509_free(leaf);
	X509_free(evil);
	X509_free(sub);
	X509_free(under);
	X509_free(subsub);
	X509_free(deep);
	EVP_PKEY_free(key);
}

/* ---- what is refused ------------------------------------------------------------------------- */

static void refused(struct authority *a, const struct leaf_request *r, int64_t now,
    const char *says, const char *what)
{
	struct err e = { 0 };
	X509 *x = issue_at(a, r, now, &e);

	ok(!x && strstr(e.text, says), "refused: %s: %s", what, e.text);
	X509_free(x);
}

static void test_bad_names(struct authority *a)
{
	static const struct {
		const char *names;
		size_t n;
		const char *says;
	} rows[] = {
		{ "", 0, "1 to 256" },
		{ "", 1, "\"\" is neither" },
		{ "localhost", 9, "no end" },
		{ "a\0b c", 6, "\"b\\x20c\" is neither" },
		{ "a_b", 4, "a_b" },
		{ "*.org", 6, "*.org" },
		{ "a\0evil.example.org\nx", 21, "neither" },
		{ "192.0.2.999", 12, "192.0.2.999" },
		{ "fe80::1%lo", 11, "neither" },
		{ "http://a", 9, "neither" },
		{ "a.", 3, "neither" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct leaf_request r = request(key_p256, rows[i].names, rows[i].n);

		refused(a, &r, NOW, rows[i].says, "names");
		OPENSSL_free((void *)r.spki.p);
	}
}

static void test_many_names(struct authority *a)
{
	char names[257 * 6];
	struct err e = { 0 };
	X509 *x;

	for (int i = 0; i < 257; i++)
		(void)snprintf(names + (ptrdiff_t)i * 6, 6, "n%04d", i);
	x = issue_names(a, key_p256, names, 256 * 6, &e);
	ok(x && cert_covers(x, names, 256 * 6), "256 names: %s", e.text);
	X509_free(x);
	x = issue_names(a, key_p256, names, 257 * 6, &e);
	ok(!x && strstr(e.text, "1 to 256"), "refused: 257 names: %s", e.text);
	X509_free(x);
}

static void test_bad_times(struct authority *a)
{
	struct leaf_request r = request(key_p256, "localhost", 10);
	static const uint64_t seconds[] = { 0, 59, 398 * DAY + 1, UINT64_MAX, (uint64_t)1 << 63 };
	struct err e = { 0 };
	time_t from, to = 0;
	X509 *x;

	for (size_t i = 0; i < sizeof seconds / sizeof *seconds; i++) {
		r.seconds = seconds[i];
		refused(a, &r, NOW, "398 days", "seconds");
	}
	r.seconds = 398 * DAY;
	x = issue_at(a, &r, NOW, &e);
	ok(x, "398 days are issued: %s", e.text);
	X509_free(x);
	x = issue_at(a, &r, NOW + 3600LL * DAY, &e);
	ok(x && cert_times(x, &from, &to) == 0 && to == NOW + 3650LL * DAY,
	    "a leaf never outlives its CA");
	X509_free(x);
	refused(a, &r, NOW + 3650LL * DAY - 59, "expired", "less than a minute of the CA is left");
	refused(a, &r, NOW - 3601, "clock", "before the CA");
	OPENSSL_free((void *)r.spki.p);
}

static void bad_key(struct authority *a, EVP_PKEY *key, const char *what)
{
	struct leaf_request r = request(key, "localhost", 10);

	refused(a, &r, NOW, "kind", what);
	OPENSSL_free((void *)r.spki.p);
	EVP_PKEY_free(key);
}

static EVP_PKEY *explicit_p256(void)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *key = NULL;

	EVP_PKEY_keygen_init(ctx);
	EVP_PKEY_CTX_set_ec_paramgen_curve_nid(ctx, NID_X9_62_prime256v1);
	EVP_PKEY_CTX_set_ec_param_enc(ctx, 0);
	EVP_PKEY_generate(ctx, &key);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static void test_bad_keys(struct authority *a)
{
	struct leaf_request r = request(key_p256, "localhost", 10);
	unsigned char copy[256];
	size_t n = r.spki.n;

	bad_key(a, EVP_RSA_gen(1024), "RSA 1024");
	bad_key(a, EVP_RSA_gen(2047), "RSA 2047");
	bad_key(a, EVP_EC_gen("P-521"), "P-521");
	bad_key(a, EVP_EC_gen("secp256k1"), "secp256k1");
	bad_key(a, EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), "Ed25519");
	bad_key(a, EVP_PKEY_Q_keygen(NULL, NULL, "X25519"), "X25519");
	bad_key(a, explicit_p256(), "a curve spelled out");
	memcpy(copy, r.spki.p, n);
	OPENSSL_free((void *)r.spki.p);
	r.spki = span_of("garbage", 7);
	refused(a, &r, NOW, "SubjectPublicKeyInfo", "garbage");
	r.spki = span_of(copy, 0);
	refused(a, &r, NOW, "SubjectPublicKeyInfo", "no key");
	r.spki = span_of(copy, n - 1);
	refused(a, &r, NOW, "SubjectPublicKeyInfo", "a key cut short");
	copy[n] = 0;
	r.spki = span_of(copy, n + 1);
	refused(a, &r, NOW, "SubjectPublicKeyInfo", "a byte after the key");
	copy[n - 1] ^= 1;
	r.spki = span_of(copy, n);
	refused(a, &r, NOW, "public key", "a point off the curve");
}

/* ---- the ca process -------------------------------------------------------------------------- */

static pid_t serve(const char *dir, struct channel *parent, int close_first)
{
	int fd[2];
	struct err e = { 0 };
	pid_t pid;

	*parent = (struct channel) { -1, ROLE_PARENT, ROLE_CA };
	if (channel_pair(fd, &e) < 0 || (pid = fork()) < 0)
		return -1;
	if (pid == 0) {
		close(fd[0]);
		_exit(ca_serve(fd[1], dir, &e) == 0 ? 0 : 1);
	}
	close(fd[1]);
	parent->fd = fd[0];
	if (close_first)
		close(fd[0]);
	return pid;
}

static int ended(pid_t pid)
{
	int status = -1;

	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Asks a ca process; *extra is added to the length of the names that is told. */
static int ask(const char *dir, const char *names, size_t n, uint32_t extra, struct message *m)
{
	struct span spki = spki_of(key_p256);
	struct issue_request q = { 30 * DAY, (uint32_t)spki.n, (uint32_t)n + extra, 0 };
	struct buf rest = buf_new(CHANNEL_MAX);
	struct channel c;
	struct err e = { 0 };
	pid_t pid = serve(dir, &c, 0);
	int got = -1;

	(void)buf_add(&rest, spki.p, spki.n);
	(void)buf_add(&rest, names, n);
	if (channel_send2(&c, MSG_ISSUE, &q, sizeof q, rest.p, rest.n, -1, &e) == 0)
		got = channel_recv(&c, m, &e);
	close(c.fd);
	OPENSSL_free((void *)spki.p);
	buf_free(&rest);
	is_int(ended(pid), 0, "the ca process ends in order %s", e.text);
	return got == 1 ? (int)m->type : -1;
}

static void is_refused(
    const char *dir, const char *names, size_t n, uint32_t extra, const char *says)
{
	static struct message m;
	char text[1025] = "";

	is_int(ask(dir, names, n, extra, &m), MSG_REFUSED, "refused over the channel");
	memcpy(text, m.p, m.n < 1024 ? m.n : 1024);
	ok(strstr(text, says), "with the sentence: %s", text);
}

/* In a release build this runs in the sandbox. */
static void test_serve(void)
{
	const char *dir = folder("serve");
	static struct message m;
	static char long_names[256 * 240];
	struct span s, leaf = { 0 }, ca = { 0 }, head = { 0 }, spki = spki_of(key_p256);
	struct issued lengths = { 0 };
	struct channel c;
	pid_t pid;

	is_int(ask(dir, "db.example.org\000192.0.2.7", 25, 0, &m), MSG_ISSUED,
	    "T3: the ca process makes its CA and issues");
	s = span_of(m.p, m.n);
	ok(span_take(&s, sizeof lengths, &head) == 0, "lengths");
	if (head.n == sizeof lengths)
		memcpy(&lengths, head.p, sizeof lengths);
	ok(span_take(&s, lengths.leaf_length, &leaf) == 0 &&
		span_take(&s, lengths.ca_length, &ca) == 0 && s.n == 0,
	    "which add up");
	ok(cert_matches_pem(leaf.p, leaf.n, ca.p, ca.n, spki.p, spki.n), "T3: our key, our CA");
	ok(cert_covers_pem(leaf.p, leaf.n, "192.0.2.7\0db.example.org", 25), "and our names");
	OPENSSL_free((void *)spki.p);
	is_refused(dir, "a b", 4, 0, "neither");
	is_refused(dir, "a", 2, 1, "lengths");
	is_refused(dir, "a\0b", 4, (uint32_t)-2, "lengths");
	is_refused(dir, "a", 2, (uint32_t)-3, "lengths");
	for (int i = 0; i < 256; i++) {
		char *p = long_names + (ptrdiff_t)i * 240;

		for (int k = 0; k < 239; k++)
			p[k] = k % 60 == 59 ? '.' : (char)('a' + (i >> (k % 8) & 1));
		(void)snprintf(p, 9, "n%06d", i);
		p[7] = 'x';
		p[238] = 'z';
	}
	/* Fits the request, but would not fit the answer. */
	is_refused(dir, long_names, sizeof long_names, 0, "fewer names");
	is_refused(folder("damage2"), "a", 2, 1, "lengths");
	(void)unlink(in(folder("damage2"), "ca.pem"));
	is_refused(folder("damage2"), "a", 2, 0, "without its certificate");
	pid = serve(dir, &c, 1);
	is_int(ended(pid), 1, "a parent that goes away: exit 1");
}

int main(void)
{
	struct err e = { 0 };
	struct authority *a;
	const char *dir;
	X509 *root;

	if (!mkdtemp(top))
		return 1;
	key_p256 = EVP_EC_gen("P-256");
	key_p384 = EVP_EC_gen("P-384");
	key_rsa = EVP_RSA_gen(2048);
	test_root();
	test_reopen();
	test_damage();
	test_encrypted();
	test_half_made();
	dir = folder("leaves");
	a = authority_open(dir, NOW, &e);
	root = ca_cert(dir);
	if (a && root) {
		test_leaf(a, root);
		test_kinds(a, root);
		test_subject(a, root);
		test_client(a);
		test_pathlen(a, root, dir);
		test_bad_names(a);
		test_many_names(a);
		test_bad_times(a);
		test_bad_keys(a);
	}
	X509_free(root);
	authority_free(a);
	test_serve();
	EVP_PKEY_free(key_p256);
	EVP_PKEY_free(key_p384);
	EVP_PKEY_free(key_rsa);
	(void)nftw(top, forget, 16, FTW_DEPTH | FTW_PHYS);
	return tap_done();
}
