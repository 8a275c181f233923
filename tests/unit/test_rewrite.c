/* SPDX-License-Identifier: Apache-2.0 */
/* D11: certificates put into and taken out of PEM, JKS and PKCS12, and all else as it was. */
#include "selfsigned.h"
#include "tap.h"
#include "trust/format.h"
#include "trust/jks.h"
#include "trust/p12.h"
#include "trust/rewrite.h"
#include "trust/roots.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <stdlib.h>

#define CAS 4

static EVP_PKEY *key;
static X509 *cas[CAS];
static struct store_list known; /* the same as anchors */
static const struct anchor *ca; /* its first */

/* ---- what they share ------------------------------------------------------------------------- */

static struct store_list read_bytes(struct span file, const char *password, struct err *e)
{
	const struct store_secret secret = { .given = password };
	struct store_list list = { 0 };

	*e = (struct err) { 0 };
	if (store_name(&list, "bytes", e) == 0)
		list.v[0].readable = format_read(&list.v[0], file, &secret, e) == 0;
	return list;
}

static struct span all_of(const struct buf *b)
{
	return span_of(b->p, b->n);
}

/* What came of it; out is the caller's. */
struct done {
	int rc;
	struct buf out;
	struct err e;
};

static struct done rewrite(
    struct span file, const struct anchor *add, const struct anchor *remove, const char *password)
{
	const struct store_secret secret = { .given = password };
	struct done done = { .out = buf_new(1 << 20) };
	struct store_list list = read_bytes(file, password, &done.e);
	const struct rewrite r = {
		.add = &add,
		.adds = add != NULL,
		.remove = remove ? &remove->sha256 : NULL,
		.removes = remove != NULL,
		.secret = &secret,
	};

	done.rc = rewrite_store(&list.v[0], file, &r, &done.out, &done.e);
	store_free(&list);
	return done;
}

static int same(struct span a, struct span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static void refused(struct span file, const struct anchor *add, const struct anchor *remove,
    const char *password, const char *says)
{
	struct done done = rewrite(file, add, remove, password);

	ok(done.rc < 0 && strstr(done.e.text, says), "refused: %s", done.e.text);
	buf_free(&done.out);
}

/* What it may do there, or -1. */
static int held(const struct buf *file, const struct anchor *a, const char *password)
{
	struct err e;
	struct store_list list = read_bytes(all_of(file), password, &e);
	const struct anchor *found = store_holds(&list.v[0], a->sha256);
	int servers = found ? (int)found->servers : -1;

	store_free(&list);
	return servers;
}

/* Put in, put in again, taken out, taken out again. What is left then is the caller's. */
static struct buf in_and_out(struct span file, const char *password, const char *what)
{
	struct done in = rewrite(file, &ca[0], NULL, password);
	struct done again = rewrite(all_of(&in.out), &ca[0], NULL, password);
	struct done out = rewrite(all_of(&again.out), NULL, &ca[0], password);
	struct done none = rewrite(all_of(&out.out), NULL, &ca[0], password);

	is_int(in.rc, 1, "%s: put in: %s", what, in.e.text);
	is_int(held(&in.out, &ca[0], password), ANCHOR_MAY, "it is there");
	ok(again.rc == 0 && same(all_of(&in.out), all_of(&again.out)), "once: %s", again.e.text);
	is_int(out.rc, 1, "taken out: %s", out.e.text);
	is_int(held(&out.out, &ca[0], password), -1, "it is gone");
	ok(none.rc == 0 && same(all_of(&out.out), all_of(&none.out)), "once: %s", none.e.text);
	buf_free(&in.out);
	buf_free(&again.out);
	buf_free(&none.out);
	return out.out;
}

/* ---- PEM ------------------------------------------------------------------------------------- */

static void put_pem(struct buf *text, X509 *x, const char *name)
{
	BIO *bio = BIO_new(BIO_s_mem());
	unsigned char *der = NULL;
	char *p = NULL;
	int n = strstr(name, "TRUSTED") ? i2d_X509_AUX(x, &der) : i2d_X509(x, &der);
	long length;

	PEM_write_bio(bio, name, "", der, n);
	length = BIO_get_mem_data(bio, &p);
	(void)buf_add(text, p, (size_t)length);
	OPENSSL_free(der);
	BIO_free(bio);
}

static struct buf with_crlf(const struct buf *text)
{
	struct buf out = buf_new(1 << 20);

	for (size_t i = 0; i < text->n; i++) {
		if (text->p[i] == '\n')
			(void)buf_add(&out, "\r", 1);
		(void)buf_add(&out, &text->p[i], 1);
	}
	return out;
}

/* Text of three blocks; [from, to) is the second one. */
static struct buf three(size_t *from, size_t *to)
{
	struct buf text = buf_new(1 << 20);

	(void)buf_fmt(&text, "# first, -----BEGIN nothing\n");
	put_pem(&text, cas[1], PEM_STRING_X509);
	(void)buf_fmt(&text, "\n\tsecond\n");
	*from = text.n;
	put_pem(&text, cas[2], PEM_STRING_X509_TRUSTED);
	*to = text.n;
	(void)buf_fmt(&text, "third\n");
	put_pem(&text, cas[3], PEM_STRING_X509_OLD);
	(void)buf_fmt(&text, "# the end\n");
	return text;
}

static void test_pem(void)
{
	size_t from, to;
	struct buf text = three(&from, &to), crlf = with_crlf(&text), left, want = buf_new(1 << 20);
	struct done done;

	left = in_and_out(all_of(&text), NULL, "PEM");
	ok(same(all_of(&left), all_of(&text)), "as it was, byte for byte");
	buf_free(&left);
	left = in_and_out(all_of(&crlf), NULL, "PEM with CRLF");
	ok(same(all_of(&left), all_of(&crlf)), "as it was, byte for byte");
	buf_free(&left);
	done = rewrite(all_of(&text), NULL, &ca[2], NULL);
	(void)buf_add(&want, text.p, from);
	(void)buf_add(&want, text.p + to, text.n - to);
	ok(done.rc == 1 && same(all_of(&done.out), all_of(&want)),
	    "the second out: just its lines");
	buf_free(&done.out);
	done = rewrite(span_of(crlf.p, crlf.n - 2), &ca[0], NULL, NULL);
	ok(done.rc == 1 && memmem(done.out.p, done.out.n, "# the end\r\n-----BEGIN CERT", 26) &&
		!memmem(done.out.p, done.out.n, "=\n", 2),
	    "a last line that has no end gets one, and lines are as they are there");
	buf_free(&done.out);
	done = rewrite(span_of(NULL, 0), &ca[0], NULL, NULL);
	is_int(done.rc, 1, "into an empty file: %s", done.e.text);
	left = (struct buf) { .max = 1 << 20 };
	put_pem(&left, cas[0], PEM_STRING_X509);
	ok(same(all_of(&done.out), all_of(&left)), "that certificate and nothing else");
	buf_free(&done.out);
	buf_free(&left);
	left = (struct buf) { .max = 1 << 20 };
	(void)buf_fmt(&left, "# -----BEGIN a comment-----\n");
	put_pem(&left, cas[1], PEM_STRING_X509);
	left.p[left.n - 18] = 'V'; /* within END: what follows is passed over up to the next one */
	put_pem(&left, cas[2], PEM_STRING_X509);
	done = rewrite(all_of(&left), NULL, &ca[1], NULL);
	ok(done.rc == 1 && done.out.n == 28, "a block in whose lines another begins: %zu, %s",
	    done.out.n, done.e.text);
	buf_free(&done.out);
	buf_free(&left);
	refused(span_of(text.p, to - 8), &ca[0], NULL, NULL, "read certificate 2");
	buf_free(&text);
	buf_free(&crlf);
	buf_free(&want);
}

static void test_pem_refused(void)
{
	struct buf text = buf_new(1 << 20);
	BIO *bio = BIO_new(BIO_s_mem());
	X509 *x = selfsigned(key, "sorted out");
	struct store_cert cert = { .x = x };
	struct store_list list = { 0 };
	struct done done;
	char *p = NULL;
	struct err e;
	long n;

	PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
	n = BIO_get_mem_data(bio, &p);
	put_pem(&text, cas[1], PEM_STRING_X509);
	(void)buf_add(&text, p, (size_t)n);
	refused(all_of(&text), &ca[0], NULL, NULL, "private key");
	refused(all_of(&text), NULL, &ca[1], NULL, "private key");
	buf_free(&text);
	(void)store_name(&list, "x", &e);
	(void)store_add(&list.v[0], &cert, &e);
	X509_add1_trust_object(x, OBJ_nid2obj(NID_email_protect));
	put_pem(&text, x, PEM_STRING_X509_TRUSTED);
	refused(all_of(&text), &list.v[0].anchors[0], NULL, NULL, "not to vouch for servers");
	buf_free(&text);
	X509_add1_reject_object(x, OBJ_nid2obj(NID_server_auth));
	put_pem(&text, x, PEM_STRING_X509_TRUSTED);
	refused(all_of(&text), &list.v[0].anchors[0], NULL, NULL, "expressly distrusted");
	done = rewrite(all_of(&text), &ca[0], &list.v[0].anchors[0], NULL);
	is_int(done.rc, 1, "a distrust is nothing to take out: %s", done.e.text);
	is_int(held(&done.out, &list.v[0].anchors[0], NULL), ANCHOR_DISTRUSTED, "it stays");
	buf_free(&done.out);
	buf_free(&text);
	refused(ca[1].der, &ca[0], NULL, NULL, "DER");
	store_free(&list);
	X509_free(x);
	BIO_free(bio);
}

/* ---- JKS ------------------------------------------------------------------------------------- */

static void number(struct buf *out, uint64_t v, size_t bytes)
{
	for (size_t i = bytes; i-- > 0;)
		(void)buf_add(out, &(uint8_t) { (uint8_t)(v >> 8 * i) }, 1);
}

/* A private key whose chain has a certificate that another entry trusts; the key is none. */
static void put_key(struct buf *out, unsigned version)
{
	number(out, 1, 4);
	number(out, 3, 2);
	(void)buf_add(out, "own", 3);
	number(out, 0, 8);
	number(out, 6, 4);
	(void)buf_add(out, "secret", 6);
	number(out, 1, 4);
	if (version == 2) {
		number(out, 5, 2);
		(void)buf_add(out, "X.509", 5);
	}
	number(out, (uint32_t)ca[1].der.n, 4);
	(void)buf_add(out, ca[1].der.p, ca[1].der.n);
}

static struct buf jks(uint32_t magic, unsigned version, const char *password)
{
	const struct jks like = { .magic = magic, .version = version };
	struct jks_entry entry = { .alias = span_of("CA-0", 4), .der = ca[1].der, .made = 5 };
	struct buf out = buf_new(1 << 20);

	(void)jks_begin(&out, &like, 3);
	(void)jks_add(&out, &like, &entry);
	put_key(&out, version);
	entry = (struct jks_entry) { .alias = span_of("two", 3), .der = ca[2].der, .made = 7 };
	(void)jks_add(&out, &like, &entry);
	(void)jks_seal(&out, password);
	return out;
}

static void test_jks(void)
{
	static const struct {
		uint32_t magic;
		unsigned version;
		const char *password, *given, *name;
	} rows[] = {
		{ 0xfeedfeed, 2, "changeit", NULL, "JKS" },
		{ 0xfeedfeed, 1, "", NULL, "JKS of version 1" },
		{ 0xcececece, 2, "p\xc3\xa4ss", "p\xc3\xa4ss", "JCEKS" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct buf file = jks(rows[i].magic, rows[i].version, rows[i].password), left;
		struct done done;

		left = in_and_out(all_of(&file), rows[i].given, rows[i].name);
		ok(same(all_of(&left), all_of(&file)), "as it was, byte for byte");
		done = rewrite(all_of(&file), &ca[0], NULL, rows[i].given);
		ok(jks_sealed(all_of(&done.out), rows[i].password), "with the password it had");
		ok(memcmp(done.out.p + 12, file.p + 12, file.n - 32) == 0, "entries as they were");
		ok(memmem(done.out.p, done.out.n, "\0\6ca-0.4", 8), "a name that was free");
		buf_free(&done.out);
		done = rewrite(all_of(&file), NULL, &ca[1], rows[i].given);
		ok(done.rc == 1 && memmem(done.out.p, done.out.n, ca[1].der.p, ca[1].der.n),
		    "a key's chain is left");
		buf_free(&done.out);
		buf_free(&left);
		buf_free(&file);
	}
}

static void test_jks_refused(void)
{
	struct buf file = jks(0xfeedfeed, 2, "other");
	size_t caught = 0;

	refused(all_of(&file), &ca[0], NULL, NULL, "--password-file");
	refused(all_of(&file), &ca[0], NULL, "wrong", "the password is wrong");
	for (size_t i = 0; i < file.n; i++) {
		struct done done;

		file.p[i] ^= 1;
		done = rewrite(all_of(&file), &ca[0], NULL, "other");
		caught += done.rc < 0 && *done.e.text;
		file.p[i] ^= 1;
		buf_free(&done.out);
		done = rewrite(span_of(file.p, i), &ca[0], NULL, "other");
		caught += done.rc < 0 && *done.e.text;
		buf_free(&done.out);
	}
	/* The first 4 bytes say what it is: what begins otherwise, or is shorter, is taken for PEM.
	 */
	ok(caught >= 2 * file.n - 8, "each bit and each end is looked at: %zu of %zu", caught,
	    2 * file.n);
	file.p[15] = 3; /* the first entry's tag */
	file.n -= SHA1_LENGTH;
	(void)jks_seal(&file, "other");
	refused(all_of(&file), &ca[0], NULL, "other", "secret key");
	buf_free(&file);
}

/* ---- PKCS12 ---------------------------------------------------------------------------------- */

struct shape {
	const char *name;
	int pbe, rounds, mac_rounds; /* 0: none */
	int own_key;
};

static OSSL_LIB_CTX *legacy;

static STACK_OF(PKCS12_SAFEBAG) * bags_of(int own_key)
{
	STACK_OF(PKCS12_SAFEBAG) *bags = NULL;
	PKCS12_SAFEBAG *bag = PKCS12_add_cert(&bags, cas[1]);
	ASN1_OBJECT *any = OBJ_nid2obj(NID_anyExtendedKeyUsage);

	PKCS12_add_friendlyname_utf8(bag, "CA-0", -1);
	PKCS12_add1_attr_by_txt(
	    bag, "2.16.840.1.113894.746875.1.1", V_ASN1_OBJECT, (const unsigned char *)any, -1);
	if (own_key) {
		bag = PKCS12_add_cert(&bags, cas[2]); /* its chain */
		PKCS12_add_localkeyid(bag, (unsigned char *)"id", 2);
	}
	return bags;
}

static struct buf p12(const struct shape *shape)
{
	STACK_OF(PKCS12_SAFEBAG) *bags = bags_of(shape->own_key), *keys = NULL;
	STACK_OF(PKCS7) *safes = sk_PKCS7_new_null();
	PKCS12 *file = PKCS12_init_ex(NID_pkcs7_data, legacy, NULL);
	struct buf out = buf_new(1 << 20);
	unsigned char *der = NULL;
	int n;

	if (shape->own_key) {
		PKCS12_add_key_ex(
		    &keys, key, KEY_EX, 100, NID_aes_128_cbc, "changeit", legacy, NULL);
		PKCS12_add_safe_ex(&safes, keys, -1, 0, NULL, legacy, NULL);
	}
	PKCS12_add_safe_ex(
	    &safes, bags, shape->pbe ? shape->pbe : -1, shape->rounds, "changeit", legacy, NULL);
	PKCS12_pack_authsafes(file, safes);
	if (shape->mac_rounds)
		PKCS12_set_mac(file, "changeit", -1, NULL, 20, shape->mac_rounds, EVP_sha512());
	n = i2d_PKCS12(file, &der);
	(void)buf_add(&out, der, (size_t)n);
	OPENSSL_free(der);
	PKCS12_free(file);
	sk_PKCS7_pop_free(safes, PKCS7_free);
	sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
	sk_PKCS12_SAFEBAG_pop_free(keys, PKCS12_SAFEBAG_free);
	return out;
}

/* The algorithms of its safes and its MAC with all their numbers, as text without salts. */
static struct buf parameters(struct span file)
{
	const struct store_secret secret = { .given = "changeit" };
	const ASN1_OCTET_STRING *salt = NULL;
	const ASN1_INTEGER *rounds = NULL;
	const X509_ALGOR *how = NULL;
	STACK_OF(PKCS7) *safes = NULL;
	struct buf out = buf_new(65536);
	struct p12 p;
	struct err e;

	if (p12_open(&p, file, &secret, &e) > 0)
		safes = PKCS12_unpack_authsafes(p.p12);
	for (int i = 0; i < sk_PKCS7_num(safes); i++) {
		const PKCS7 *safe = sk_PKCS7_value(safes, i);
		const X509_ALGOR *a =
		    PKCS7_type_is_encrypted(safe) ? safe->d.encrypted->enc_data->algorithm : NULL;
		PBE2PARAM *two = NULL;
		PBEPARAM *one = NULL;

		(void)buf_fmt(&out, "[%d", a ? OBJ_obj2nid(a->algorithm) : 0);
		if (a && OBJ_obj2nid(a->algorithm) == NID_pbes2)
			two = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBE2PARAM), a->parameter);
		if (a && !two)
			one = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBEPARAM), a->parameter);
		if (one)
			(void)buf_fmt(
			    &out, " %ld %d", ASN1_INTEGER_get(one->iter), one->salt->length);
		if (two) {
			PBKDF2PARAM *kdf = ASN1_TYPE_unpack_sequence(
			    ASN1_ITEM_rptr(PBKDF2PARAM), two->keyfunc->parameter);

			(void)buf_fmt(&out, " %d %ld %d %d",
			    OBJ_obj2nid(two->encryption->algorithm), ASN1_INTEGER_get(kdf->iter),
			    kdf->prf ? OBJ_obj2nid(kdf->prf->algorithm) : 0,
			    kdf->salt->value.octet_string->length);
			PBKDF2PARAM_free(kdf);
		}
		PBE2PARAM_free(two);
		PBEPARAM_free(one);
		(void)buf_fmt(&out, "]");
	}
	if (p.p12 && PKCS12_mac_present(p.p12)) {
		PKCS12_get0_mac(NULL, &how, &salt, &rounds, p.p12);
		(void)buf_fmt(&out, " MAC %d %ld %d", OBJ_obj2nid(how->algorithm),
		    rounds ? ASN1_INTEGER_get(rounds) : 1, ASN1_STRING_length(salt));
	}
	(void)buf_add(&out, "", 1);
	sk_PKCS7_pop_free(safes, PKCS7_free);
	p12_close(&p);
	return out;
}

/* Its private key, opened with the password, is ours. */
static int has_key(struct span file)
{
	const unsigned char *at = file.p;
	PKCS12 *p = d2i_PKCS12(NULL, &at, (long)file.n);
	EVP_PKEY *found = NULL;
	X509 *x = NULL;
	STACK_OF(X509) *more = NULL;
	int good = p && PKCS12_parse(p, "changeit", &found, &x, &more) == 1 && found &&
		   EVP_PKEY_eq(found, key) == 1;

	EVP_PKEY_free(found);
	X509_free(x);
	sk_X509_pop_free(more, X509_free);
	PKCS12_free(p);
	return good;
}

static void test_p12_of(const struct shape *shape)
{
	struct buf file = p12(shape), left = in_and_out(all_of(&file), NULL, shape->name);
	struct buf was = parameters(all_of(&file)), is = parameters(all_of(&left));
	struct done done = rewrite(all_of(&file), &ca[0], &ca[1], NULL);
	struct store_list list;

	is_str((char *)is.p, (char *)was.p, "algorithms, work and salts' lengths stay: %s",
	    (char *)was.p);
	is_int(done.rc, 2, "one in, one out: %s", done.e.text);
	list = read_bytes(all_of(&done.out), NULL, &done.e);
	ok(list.v[0].n == 1 + (size_t)shape->own_key && list.v[0].keys == (size_t)shape->own_key &&
		!store_holds(&list.v[0], ca[1].sha256),
	    "nothing else has changed");
	if (shape->own_key) {
		ok(has_key(all_of(&left)), "the private key opens as before");
		is_int(held(&left, &ca[2], NULL), ANCHOR_MAY_NOT, "its chain is there");
	}
	store_free(&list);
	buf_free(&done.out);
	buf_free(&file);
	buf_free(&left);
	buf_free(&was);
	buf_free(&is);
}

static void test_p12(void)
{
	static const struct shape shapes[] = {
		{ "PKCS12", NID_aes_256_cbc, 1000, 2000, 0 },
		{ "PKCS12 with a key", NID_aes_128_cbc, 300, 1, 1 },
		{ "PKCS12 with RC2", NID_pbe_WithSHA1And40BitRC2_CBC, 500, 600, 0 },
		{ "PKCS12 with 3DES", NID_pbe_WithSHA1And3_Key_TripleDES_CBC, 500, 600, 0 },
		{ "PKCS12 without password", 0, 0, 0, 0 },
	};

	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
		test_p12_of(&shapes[i]);
}

/* A certificate of a key's chain, which Java does not trust until it has an entry of its own. */
static void test_p12_chain(void)
{
	static const struct shape shape = { "chain", NID_aes_256_cbc, 100, 100, 1 };
	struct buf file = p12(&shape);
	struct done done = rewrite(all_of(&file), &ca[2], NULL, NULL), back;

	is_int(held(&file, &ca[2], NULL), ANCHOR_MAY_NOT, "a chain's certificate is no anchor");
	is_int(done.rc, 1, "added: %s", done.e.text);
	is_int(held(&done.out, &ca[2], NULL), ANCHOR_MAY, "it is one now");
	back = rewrite(all_of(&done.out), NULL, &ca[2], NULL);
	is_int(back.rc, 1, "taken out: %s", back.e.text);
	is_int(held(&back.out, &ca[2], NULL), ANCHOR_MAY_NOT, "and the chain is whole");
	ok(has_key(all_of(&back.out)), "with its key");
	buf_free(&back.out);
	buf_free(&done.out);
	buf_free(&file);
}

static void test_p12_refused(void)
{
	static const struct shape shape = { "refused", NID_aes_256_cbc, 100, 100, 0 };
	struct buf file = p12(&shape);
	size_t caught = 0, tried = 0;

	refused(all_of(&file), &ca[0], NULL, "wrong", "the password is wrong");
	for (size_t i = 7; i < file.n; i += 13) {
		struct done done;

		file.p[i] ^= 4;
		done = rewrite(all_of(&file), &ca[0], NULL, "changeit");
		caught += done.rc < 0 && *done.e.text;
		file.p[i] ^= 4;
		buf_free(&done.out);
		tried++;
	}
	is_int(caught, tried, "bits flipped are refused");
	refused(span_of(file.p, file.n - 1), &ca[0], NULL, NULL, "damaged or cut off");
	(void)buf_add(&file, "more", 4);
	refused(all_of(&file), &ca[0], NULL, NULL, "behind the end");
	buf_free(&file);
}

/* ---- many ------------------------------------------------------------------------------------ */

/* Several of one name, and one that ships: each has its own entry, in each form. */
static void test_names(void)
{
	struct buf file = jks(0xfeedfeed, 2, "changeit"), out = buf_new(1 << 20);
	const struct store_secret secret = { 0 };
	struct store_list roots = { 0 }, mine, list;
	const struct anchor *add[12];
	struct rewrite r = { .add = add, .secret = &secret };
	struct store_cert cert = { 0 };
	struct err e;

	(void)store_shipped(&roots, &e);
	(void)store_name(&roots, "same", &e);
	for (int i = 0; i < 5; i++) {
		cert.x = selfsigned(key, "ca 0");
		ASN1_INTEGER_set(X509_get_serialNumber(cert.x), 100 + i);
		X509_sign(cert.x, key, EVP_sha256());
		(void)store_add(&roots.v[1], &cert, &e);
		X509_free(cert.x);
	}
	for (size_t i = 0; i < 6; i++)
		add[r.adds++] = &roots.v[0].anchors[i];
	for (size_t i = 0; i < 5; i++)
		add[r.adds++] = &roots.v[1].anchors[i];
	add[r.adds++] = &roots.v[1].anchors[0];
	mine = read_bytes(all_of(&file), NULL, &e);
	is_int(rewrite_store(&mine.v[0], all_of(&file), &r, &out, &e), 11, "eleven: %s", e.text);
	list = read_bytes(all_of(&out), NULL, &e);
	is_int(list.v[0].n, 13, "all of them are there");
	is_str(list.v[0].anchors[2].label, roots_amazon[0].name, "by the name that it ships under");
	for (size_t i = 0; i < list.v[0].n; i++)
		for (size_t j = 0; j < i; j++)
			if (strcasecmp(list.v[0].anchors[i].label, list.v[0].anchors[j].label) == 0)
				ok(0, "twice %s", list.v[0].anchors[i].label);
	buf_free(&out);
	out = buf_new(file.n);
	ok(rewrite_store(&mine.v[0], all_of(&file), &r, &out, &e) < 0 && strstr(e.text, "larger"),
	    "no room: %s", e.text);
	store_free(&list);
	store_free(&mine);
	store_free(&roots);
	buf_free(&out);
	buf_free(&file);
}

int main(void)
{
	OSSL_PROVIDER *providers[2];
	struct err e;

	legacy = OSSL_LIB_CTX_new();
	providers[0] = OSSL_PROVIDER_load(legacy, "default");
	providers[1] = OSSL_PROVIDER_load(legacy, "legacy");
	key = EVP_EC_gen("P-256");
	(void)store_name(&known, "known", &e);
	for (int i = 0; i < CAS; i++) {
		char name[16];
		struct store_cert cert = { 0 };

		(void)snprintf(name, sizeof name, "CA %d", i);
		cert.x = cas[i] = selfsigned(key, name);
		(void)store_add(&known.v[0], &cert, &e);
	}
	ca = known.v[0].anchors;
	test_pem();
	test_pem_refused();
	test_jks();
	test_jks_refused();
	test_p12();
	test_p12_chain();
	test_p12_refused();
	test_names();
	store_free(&known);
	for (int i = 0; i < CAS; i++)
		X509_free(cas[i]);
	EVP_PKEY_free(key);
	OSSL_PROVIDER_unload(providers[1]);
	OSSL_PROVIDER_unload(providers[0]);
	OSSL_LIB_CTX_free(legacy);
	return tap_done();
}
