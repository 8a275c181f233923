/* SPDX-License-Identifier: Apache-2.0 */
/* D7 D8 D11: formats of trust stores, settings that name them, trees of files, and what is written.
 */
#include "base/file.h"
#include "selfsigned.h"
#include "tap.h"
#include "trust/audit.h"
#include "trust/export.h"
#include "trust/format.h"
#include "trust/ini.h"
#include "trust/jks.h"
#include "trust/known.h"
#include "trust/roots.h"
#include "trust/tree.h"

#include <openssl/asn1.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

static EVP_PKEY *key;
static X509 *one;
static struct buf one_der;

/* A store of one's own, read from bytes. */
static struct store_list read_bytes(const void *p, size_t n, const char *password, struct err *e)
{
	const struct store_secret secret = { .given = password };
	struct store_list list = { 0 };

	*e = (struct err) { 0 };
	if (store_name(&list, "bytes", e) == 0)
		list.v[0].readable = format_read(&list.v[0], span_of(p, n), &secret, e) == 0;
	return list;
}

static void refused(const void *p, size_t n, const char *password, const char *says)
{
	struct err e;
	struct store_list list = read_bytes(p, n, password, &e);

	ok(!list.v[0].readable && strstr(e.text, says), "refused: %s", e.text);
	store_free(&list);
}

/* ---- JKS ------------------------------------------------------------------------------------- */

/* As keytool writes it, field by field; the DER is none, which the parser does not care about. */
static const uint8_t by_hand[] = "\xfe\xed\xfe\xed\0\0\0\2\0\0\0\1"
				 "\0\0\0\2\0\2ca\0\0\1\0\0\0\0\0\0\5X.509\0\0\0\3"
				 "der"
				 "....................";

static void test_jks_by_hand(void)
{
	struct span file = span_of(by_hand, sizeof by_hand - 1);
	struct jks j;
	struct jks_entry entry;
	struct err e;
	size_t cut = 0;

	is_int(jks_open(&j, file, &e), 0, "JKS: opened");
	is_int(jks_next(&j, &entry, &e), 1, "one entry");
	ok(span_is(entry.alias, "ca") && span_is(entry.der, "der"), "alias and certificate");
	is_int(entry.made, 1LL << 40, "when it was made");
	is_int(jks_next(&j, &entry, &e), 0, "and no other");
	ok(!jks_sealed(file, "changeit"), "its digest is wrong");
	for (size_t n = 0; n < file.n; n++) {
		int more = jks_open(&j, span_of(file.p, n), &e);

		while (more >= 0 && (more = jks_next(&j, &entry, &e)) > 0)
			;
		cut += more < 0;
	}
	is_int(cut, file.n, "cut off anywhere, it is refused");
}

static struct buf jks_of(struct span der, const char *password)
{
	struct buf out = buf_new(65536);
	const struct jks_entry entry = { .alias = span_of("it", 2), .der = der, .made = 5 };

	(void)jks_begin(&out, NULL, 1);
	(void)jks_add(&out, NULL, &entry);
	(void)jks_seal(&out, password);
	return out;
}

static void test_jks(void)
{
	struct buf out = jks_of(span_of(one_der.p, one_der.n), "p\xc3\xa4ss");
	struct buf tiny = buf_new(10);
	struct err e;
	struct store_list list;

	ok(jks_sealed(span_of(out.p, out.n), "p\xc3\xa4ss"), "sealed with UTF-16");
	ok(!jks_sealed(span_of(out.p, out.n), "pass"), "and with nothing else");
	list = read_bytes(out.p, out.n, "p\xc3\xa4ss", &e);
	ok(list.v[0].readable && list.v[0].n == 1 && !*e.text, "read: %s", e.text);
	is_str(list.v[0].anchors[0].label, "it", "its alias");
	store_free(&list);
	list = read_bytes(out.p, out.n, NULL, &e);
	ok(list.v[0].readable && list.v[0].why.kind == ERR_USER, "a doubt: %s", list.v[0].why.text);
	store_free(&list);
	refused(out.p, out.n, "other", "the password is wrong");
	out.p[40] ^= 1;
	refused(out.p, out.n, "p\xc3\xa4ss", "");
	ok(jks_begin(&tiny, NULL, 1) < 0, "no room");
	buf_free(&tiny);
	buf_free(&out);
}

/* ---- PEM, DER -------------------------------------------------------------------------------- */

static enum anchor_servers trusted_as(int add, int reject)
{
	X509 *x = selfsigned(key, "trusted");
	BIO *bio = BIO_new(BIO_s_mem());
	enum anchor_servers servers;
	struct store_list list;
	struct err e;
	char *p = NULL;
	long n;

	if (add)
		X509_add1_trust_object(x, OBJ_nid2obj(add));
	if (reject)
		X509_add1_reject_object(x, OBJ_nid2obj(reject));
	PEM_write_bio_X509_AUX(bio, x);
	n = BIO_get_mem_data(bio, &p);
	list = read_bytes(p, (size_t)n, NULL, &e);
	servers = list.v[0].n == 1 ? list.v[0].anchors[0].servers : (enum anchor_servers) - 1;
	store_free(&list);
	BIO_free(bio);
	X509_free(x);
	return servers;
}

static void test_trusted(void)
{
	is_int(trusted_as(0, 0), ANCHOR_MAY, "BEGIN TRUSTED: nothing said");
	is_int(trusted_as(NID_server_auth, 0), ANCHOR_MAY, "for servers");
	is_int(trusted_as(NID_email_protect, 0), ANCHOR_MAY_NOT, "for mail alone");
	is_int(
	    trusted_as(NID_email_protect, NID_server_auth), ANCHOR_DISTRUSTED, "not for servers");
}

static void test_pem(void)
{
	struct buf text = buf_new(65536);
	struct store_list list;
	struct err e;

	for (const struct root *r = roots_amazon; r->name; r++)
		(void)buf_fmt(&text, "# %s\n%s", r->name, r->pem);
	(void)buf_fmt(&text, "%s", roots_amazon[0].pem);
	list = read_bytes(text.p, text.n, NULL, &e);
	is_int(list.v[0].n, 6, "PEM: six, one of which is there twice: %s", e.text);
	store_free(&list);
	refused(text.p, text.n - 60, NULL, "certificate");
	refused("", 0, NULL, "there is no certificate in it");
	refused("\x30\x03\x02\x01\x05", 5, NULL, "read certificate 1");
	list = read_bytes(one_der.p, one_der.n, NULL, &e);
	ok(list.v[0].n == 1 && list.v[0].format == STORE_DER, "DER: %s", e.text);
	store_free(&list);
	buf_free(&text);
}

/* ---- NSS ------------------------------------------------------------------------------------- */

static struct buf database(const char *schema)
{
	struct buf out = buf_new(1 << 20);
	sqlite3 *db = NULL;
	sqlite3_int64 n = 0;
	unsigned char *p;

	(void)sqlite3_open(":memory:", &db);
	if (sqlite3_exec(db, schema, NULL, NULL, NULL) != SQLITE_OK)
		printf("# %s\n", sqlite3_errmsg(db));
	p = sqlite3_serialize(db, "main", &n, 0);
	(void)buf_add(&out, p, (size_t)n);
	sqlite3_free(p);
	(void)sqlite3_close(db);
	return out;
}

#define TABLE "CREATE TABLE nssPublic (id PRIMARY KEY, a0, a3, a11, a81, a82, ace536358);"

static void test_nss(void)
{
	static const struct {
		const char *trust;
		enum anchor_servers servers;
	} rows[] = {
		{ "CE534352", ANCHOR_MAY },
		{ "CE534351", ANCHOR_MAY },
		{ "CE534353", ANCHOR_MAY_NOT },
		{ "CE53435A", ANCHOR_DISTRUSTED },
		{ "CE", ANCHOR_MAY_NOT },
	};
	struct buf sql = buf_new(65536), db;
	struct store_list list;
	struct err e;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		sql = buf_new(65536);
		(void)buf_fmt(
		    &sql, TABLE "INSERT INTO nssPublic VALUES (1, x'00000001', x'6d79', x'");
		for (size_t at = 0; at < one_der.n; at++)
			(void)buf_fmt(&sql, "%02x", one_der.p[at]);
		(void)buf_fmt(&sql,
		    "', x'01', x'02', NULL), (2, x'CE534353', NULL, NULL, x'01', "
		    "x'02', x'%s'), (3, x'CE534353', NULL, NULL, x'01', x'03', "
		    "x'CE53435A');",
		    rows[i].trust);
		(void)buf_add(&sql, "", 1);
		db = database((char *)sql.p);
		list = read_bytes(db.p, db.n, NULL, &e);
		ok(list.v[0].n == 1 && list.v[0].anchors[0].servers == rows[i].servers &&
			strcmp(list.v[0].anchors[0].label, "my") == 0,
		    "NSS: trust %s: %s", rows[i].trust, e.text);
		store_free(&list);
		buf_free(&sql);
		buf_free(&db);
	}
	db = database(
	    "CREATE VIEW nssPublic AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT "
	    "i + 1 FROM n) SELECT i id, CAST(i AS BLOB) a0, 1 a3, 1 a11, 1 a81, 1 a82, 1 ace536358 "
	    "FROM n");
	refused(db.p, db.n, NULL, "interrupt");
	buf_free(&db);
	db = database("CREATE TABLE other (id)");
	refused(db.p, db.n, NULL, "no NSS database");
	buf_free(&db);
}

/* ---- settings -------------------------------------------------------------------------------- */

static void test_ini(void)
{
	static const char text[] = "first = 1\n# c = d\n[client]\r\n ssl_ca\t= \"/a b#c\" # why\r\n"
				   "skip-x\nssl-ca=/plain # why\nempty =\n[ profile x ]\n"
				   "ca_bundle = '~/x'\nlast = y";
	static const char *const want[] = { "|first|1", "client|ssl_ca|/a b#c",
		"client|ssl-ca|/plain", "profile x|ca_bundle|~/x", "profile x|last|y" };
	struct ini i = ini_of(span_of(text, sizeof text - 1));
	struct ini_item item;
	char got[128];
	size_t n = 0;

	while (ini_next(&i, &item) && n < sizeof want / sizeof *want) {
		(void)snprintf(got, sizeof got, "%.*s|%.*s|%.*s", (int)item.section.n,
		    item.section.p ? (const char *)item.section.p : "", (int)item.key.n,
		    (const char *)item.key.p, (int)item.value.n, (const char *)item.value.p);
		is_str(got, want[n++], "setting %zu", n);
	}
	is_int(n, sizeof want / sizeof *want, "all of them");
	ok(ini_is(span_of("ssl_ca", 6), "ssl-ca") && !ini_is(span_of("ssl_cax", 7), "ssl-ca"),
	    "a key by its name");
}

/* ---- trees ----------------------------------------------------------------------------------- */

static int collect(void *arg, const char *path)
{
	return buf_fmt(arg, "%s ", path);
}

static void test_tree(void)
{
	char root[] = "/tmp/dbtls-tree-XXXXXX", path[PATH_MAX], real[PATH_MAX];
	struct buf found = buf_new(4096), text;
	struct tree t;
	struct err e = { 0 };

	ok(mkdtemp(root) && chdir(root) == 0 && mkdir("b", 0700) == 0 && mkdir("a", 0700) == 0 &&
		mkdir(".c", 0700) == 0 && symlink("/a/x", "b/x") == 0 &&
		symlink("/etc/passwd", "b/out") == 0,
	    "a tree");
	is_int(file_replace("a/x", 0600, "hello", 5, &e), 0, "a file in it: %s", e.text);
	is_int(tree_open(&t, root, &e), 0, "opened");
	is_int(tree_glob(&t, "/*/x", collect, &found), 0, "a pattern");
	(void)buf_add(&found, "", 1);
	is_str((char *)found.p, "/a/x /b/x ", "what fits, in order, hidden ones not");
	is_int(
	    tree_read(&t, "/b/x", 100, &text, &e), 0, "through a link from the root: %s", e.text);
	ok(text.n == 5, "the file in the tree");
	buf_free(&text);
	is_str(tree_real(&t, "/b/x", real), "/a/x", "what it leads to");
	ok(tree_read(&t, "/b/out", 100000, &text, &e) < 0, "nothing outside: %s", e.text);
	ok(tree_read(&t, "/a/x", 4, &text, &e) < 0, "too large: %s", e.text);
	ok(tree_read(&t, "/a", 4, &text, &e) < 0, "a folder: %s", e.text);
	tree_close(&t);
	buf_free(&found);
	(void)snprintf(path, sizeof path, "%s/none", root);
	ok(tree_open(&t, path, &e) < 0, "no root: %s", e.text);
	ok(unlink("a/x") == 0 && unlink("b/x") == 0 && unlink("b/out") == 0 && rmdir("a") == 0 &&
		rmdir("b") == 0 && rmdir(".c") == 0 && chdir("/") == 0 && rmdir(root) == 0,
	    "swept");
}

/* ---- what ships, what is written ------------------------------------------------------------- */

static void test_roots(void)
{
	uint8_t want[SHA256_LENGTH];
	struct store_list list = { 0 };
	struct err e = { 0 };
	size_t n = 0;

	is_int(store_shipped(&list, &e), 0, "shipped: %s", e.text);
	for (const struct root *r = roots_amazon; r->name; r++, n++) {
		roots_digest(r, want);
		ok(store_holds(&list.v[0], want) == &list.v[0].anchors[n], "%s", r->name);
		ok(roots_named(r->name) == r && r->standings[0].source, "by its name");
	}
	is_int(n, list.v[0].n, "and no others");
	ok(!roots_named("amazon"), "no such name");
	store_free(&list);
}

static int chosen(const struct store *s, const char *only)
{
	struct export_pick pick = { 0 };
	struct err e;
	int n = export_choose(&pick, s, only, &e);

	export_free(&pick);
	return n;
}

/* Two of the same name have to be two entries. */
static void test_export(void)
{
	struct store_list list = { 0 };
	struct export_pick pick = { 0 };
	struct store_cert cert = { .x = one, .label = span_of("x", 1) };
	struct buf out = buf_new(65536);
	struct jks j;
	struct jks_entry a, b;
	struct err e = { 0 };

	(void)store_shipped(&list, &e);
	is_int(chosen(&list.v[0], NULL), 6, "all");
	is_int(chosen(&list.v[0], "amazon-root-ca-1"), 1, "by name");
	is_int(chosen(&list.v[0], "amazon root"), 4, "by words");
	is_int(chosen(&list.v[0], "8E:CD:E6:88:4F:3D:87:B1"), 1, "by digits");
	is_int(chosen(&list.v[0], "8E:CD:E6:88:4F:3D:87:B2"), 0, "by wrong ones");
	store_free(&list);
	(void)store_name(&list, "x", &e);
	(void)store_add(&list.v[0], &cert, &e);
	cert.x = selfsigned(key, "one CA");
	X509_set_serialNumber(cert.x, X509_get_serialNumber(one));
	ASN1_INTEGER_set(X509_get_serialNumber(cert.x), 8);
	X509_sign(cert.x, key, EVP_sha256());
	(void)store_add(&list.v[0], &cert, &e);
	is_int(export_choose(&pick, &list.v[0], NULL, &e), 2, "two of one name");
	is_int(export_write(&pick, EXPORT_JKS, "changeit", &out, &e), 0, "JKS: %s", e.text);
	ok(jks_open(&j, span_of(out.p, out.n), &e) == 0 && jks_next(&j, &a, &e) == 1 &&
		jks_next(&j, &b, &e) == 1,
	    "read again");
	ok(a.alias.n == b.alias.n && memcmp(a.alias.p, b.alias.p, a.alias.n) != 0,
	    "their aliases differ: %.*s", (int)a.alias.n, (const char *)a.alias.p);
	ok(export_write(&pick, EXPORT_DER, "", &out, &e) < 0, "DER: %s", e.text);
	X509_free(cert.x);
	export_free(&pick);
	store_free(&list);
	buf_free(&out);
}

/* ---- the audit ------------------------------------------------------------------------------- */

#define NOW 1795000000 /* 2026-11-18 */

static enum audit_verdict verdict_of(const char *names)
{
	struct buf text = buf_new(65536);
	enum audit_verdict v;
	struct store_list list;
	struct err e;

	for (const struct root *r = roots_amazon; r->name; r++)
		if (strstr(names, r->name))
			(void)buf_fmt(&text, "%s", r->pem);
	list = read_bytes(text.p, text.n, NULL, &e);
	v = audit_amazon(&list.v[0]);
	store_free(&list);
	buf_free(&text);
	return v;
}

static void test_verdict(void)
{
	struct store_list list = { 0 };
	struct err e;

	is_int(verdict_of("amazon-root-ca-1"), AUDIT_READY, "D8: Amazon Root CA 1");
	is_int(verdict_of("amazon-root-ca-1 starfield-class-2"), AUDIT_READY, "and another");
	is_int(verdict_of("starfield-services-g2 starfield-class-2"), AUDIT_CROSS_SIGN, "G2");
	is_int(verdict_of("starfield-class-2"), AUDIT_CLASS_2, "Class 2 alone");
	is_int(verdict_of("amazon-root-ca-2 amazon-root-ca-3"), AUDIT_NONE, "none of the three");
	is_int(verdict_of(""), AUDIT_UNREADABLE, "none at all");
	(void)store_shipped(&list, &e);
	list.v[0].anchors[0].servers = ANCHOR_DISTRUSTED;
	list.v[0].anchors[4].servers = ANCHOR_MAY_NOT;
	is_int(audit_amazon(&list.v[0]), AUDIT_CLASS_2, "what is distrusted does not count");
	list.v[0].besides = 1;
	is_int(audit_amazon(&list.v[0]), AUDIT_BESIDES, "one that decides nothing");
	ok(audit_fails(AUDIT_NONE) && audit_fails(AUDIT_CLASS_2) && !audit_fails(AUDIT_READY) &&
		!audit_fails(AUDIT_BESIDES),
	    "which of them fail");
	store_free(&list);
}

/* The CA as a store of its own has it, and what a store with that one certificate says of it. */
static enum audit_held held(X509 *ca, X509 *in, enum anchor_servers servers, time_t later)
{
	const struct store_cert asked = { .x = ca }, has = { .x = in, .servers = servers };
	struct store_list list = { 0 };
	enum audit_held h = AUDIT_LACKS;
	struct err e;

	if (store_name(&list, "asked", &e) == 0 && store_name(&list, "store", &e) == 0 &&
	    store_add(&list.v[0], &asked, &e) == 0 && (!in || store_add(&list.v[1], &has, &e) == 0))
		h = audit_holds(
		    &list.v[1], &list.v[0].anchors[0], list.v[0].anchors[0].not_before + later);
	store_free(&list);
	return h;
}

static void test_held(void)
{
	EVP_PKEY *other = EVP_EC_gen("P-256");
	X509 *renewed = selfsigned(key, "ONE ca"), *namesake = selfsigned(other, "one CA");
	X509 *crossed = selfsigned(key, "one CA");
	const time_t day = 86400;

	X509_set_issuer_name(crossed, X509_get_subject_name(one));
	X509_NAME_add_entry_by_txt(X509_get_issuer_name(crossed), "O", MBSTRING_UTF8,
	    (const unsigned char *)"above", -1, -1, 0);
	X509_sign(crossed, other, EVP_sha256());
	is_int(held(one, one, ANCHOR_MAY, 60), AUDIT_HOLDS, "D7: the CA itself");
	is_int(held(one, renewed, ANCHOR_MAY, 60), AUDIT_HOLDS, "another of its name and key");
	is_int(held(one, crossed, ANCHOR_MAY, 60), AUDIT_LACKS, "which is no cross-sign");
	is_int(held(one, namesake, ANCHOR_MAY, 60), AUDIT_NAMESAKE, "a look-alike");
	is_int(held(one, NULL, ANCHOR_MAY, 60), AUDIT_LACKS, "nothing at all");
	is_int(held(one, one, ANCHOR_MAY, 2 * day), AUDIT_OUT_OF_DATE, "expired");
	is_int(held(one, one, ANCHOR_MAY, -day), AUDIT_OUT_OF_DATE, "not yet valid");
	is_int(held(one, one, ANCHOR_MAY_NOT, 60), AUDIT_NOT_SERVERS, "for something else");
	is_int(held(one, one, ANCHOR_DISTRUSTED, 60), AUDIT_DISTRUSTS, "distrusted");
	for (int h = AUDIT_HOLDS; h <= AUDIT_DISTRUSTS; h++)
		ok(*audit_held_words((enum audit_held)h) && *audit_held_name((enum audit_held)h),
		    "%s", audit_held_name((enum audit_held)h));
	X509_free(renewed);
	X509_free(namesake);
	X509_free(crossed);
	EVP_PKEY_free(other);
}

/* What was found, by kind; and of what. */
struct seen {
	int n[AUDIT_OLD + 1];
	char subject[256];
};

static void see(void *arg, const struct audit_finding *f)
{
	struct seen *seen = arg;

	seen->n[f->what]++;
	if (f->anchor)
		(void)snprintf(seen->subject, sizeof seen->subject, "%s", f->anchor->subject);
}

static struct seen seen_in(const struct store *s, time_t now)
{
	struct seen seen = { 0 };

	(void)audit_store(s, now, see, &seen);
	return seen;
}

/* A certificate of one's own in a store, seen at a time that is `later` than its end. */
static struct seen seen_of(X509 *x, int later)
{
	struct store_cert cert = { .x = x };
	struct store_list list = { 0 };
	struct seen seen;
	struct err e;

	(void)store_name(&list, "x", &e);
	(void)store_add(&list.v[0], &cert, &e);
	seen = seen_in(&list.v[0], list.v[0].anchors[0].not_after + later);
	store_free(&list);
	X509_free(x);
	return seen;
}

static X509 *named(const char *pem, EVP_PKEY *with)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	X509 *root = PEM_read_bio_X509(bio, NULL, NULL, NULL), *x = selfsigned(key, "x");

	X509_set_subject_name(x, X509_get_subject_name(root));
	X509_set_pubkey(x, with ? with : X509_get0_pubkey(root));
	X509_sign(x, key, EVP_sha256());
	X509_free(root);
	BIO_free(bio);
	return x;
}

static void test_findings(void)
{
	EVP_PKEY *weak = EVP_RSA_gen(1024);
	struct store_list list = { 0 };
	struct seen seen;
	struct err e;

	(void)store_shipped(&list, &e);
	seen = seen_in(&list.v[0], NOW);
	ok(seen.n[AUDIT_DROPPED] == 1 && seen.n[AUDIT_LEAVES] == 1, "two of the six leave Mozilla");
	ok(!seen.n[AUDIT_LOOK_ALIKE] && !seen.n[AUDIT_CROSSED] && !seen.n[AUDIT_WEAK] &&
		!seen.n[AUDIT_LEAF] && !seen.n[AUDIT_EXPIRED],
	    "and nothing else is wrong with them");
	seen = seen_in(&list.v[0], 1577836800); /* 2020 */
	ok(!seen.n[AUDIT_DROPPED] && !seen.n[AUDIT_LEAVES], "years before, nothing");
	list.v[0].dated = STORE_DATED_PACKAGE;
	list.v[0].date = NOW - 800 * 86400;
	is_int(seen_in(&list.v[0], NOW).n[AUDIT_OLD], 1, "an old store");
	list.v[0].date = NOW - 700 * 86400;
	is_int(seen_in(&list.v[0], NOW).n[AUDIT_OLD], 0, "and one that is not");
	store_free(&list);
	seen = seen_of(named(roots_amazon[0].pem, key), -5);
	ok(seen.n[AUDIT_LOOK_ALIKE] == 1 && !seen.n[AUDIT_CROSSED], "a look-alike: %s",
	    seen.subject);
	seen = seen_of(named(roots_amazon[0].pem, NULL), -5);
	ok(seen.n[AUDIT_CROSSED] == 1 && !seen.n[AUDIT_LOOK_ALIKE], "another of its key");
	ok(seen.n[AUDIT_EXPIRES] == 1 && !seen.n[AUDIT_EXPIRED], "expires soon");
	seen = seen_of(named(roots_amazon[0].pem, weak), 5);
	ok(seen.n[AUDIT_WEAK] == 1 && seen.n[AUDIT_EXPIRED] == 1, "weak and expired");
	ok(seen.n[AUDIT_LEAF] == 1, "and no CA");
	EVP_PKEY_free(weak);
}

static void test_clean(void)
{
	char out[16];

	store_clean(out, sizeof out, span_of("\x1b[2J\xc3\xa9\xc2\x9b\xff", 9));
	is_str(out, "?[2J\xc3\xa9???", "what may go to a terminal");
	store_clean(out, sizeof out, span_of("0123456789abcdefgh", 18));
	ok(strlen(out) < sizeof out, "cut: %s", out);
	store_clean(out, sizeof out, span_of("a\xe2\x82", 3));
	is_str(out, "a??", "half a letter");
}

/* What was parsed once is the same again, and what is no certificate never becomes one. */
static void test_known(void)
{
	struct known *k = known_new();
	struct span der = span_of(one_der.p, one_der.n), cut = span_of(one_der.p, one_der.n - 1);
	X509 *first = known_cert(k, der), *again = known_cert(k, der),
	     *alone = known_cert(NULL, der);

	ok(first && first == again, "parsed once");
	ok(alone && alone != first && X509_cmp(alone, first) == 0, "or anew");
	known_free(k);
	ok(X509_cmp(first, one) == 0, "what was handed out stays");
	X509_free(first);
	X509_free(again);
	X509_free(alone);
	k = known_new();
	ok(!known_cert(k, cut) && !known_cert(k, span_of("", 0)) && !known_cert(NULL, cut),
	    "what is cut off is none");
	known_free(k);
}

/* More than there are places. */
static void test_known_many(void)
{
	struct known *k = known_new();
	int same = 0, read = 0;

	for (int i = 0; i < 1100; i++) {
		X509 *x = X509_dup(one), *a, *b;
		struct buf der;

		ASN1_INTEGER_set(X509_get_serialNumber(x), i);
		X509_sign(x, key, EVP_sha256());
		der = x509_der(x);
		a = known_cert(k, span_of(der.p, der.n));
		b = known_cert(k, span_of(der.p, der.n));
		read += a && X509_cmp(a, x) == 0;
		same += a == b;
		X509_free(a);
		X509_free(b);
		X509_free(x);
		buf_free(&der);
	}
	is_int(read, 1100, "many are read");
	is_int(same, 1024, "and some kept");
	known_free(k);
}

int main(void)
{
	key = EVP_EC_gen("P-256");
	one = selfsigned(key, "one CA");
	one_der = x509_der(one);
	test_jks_by_hand();
	test_jks();
	test_trusted();
	test_pem();
	test_nss();
	test_ini();
	test_tree();
	test_roots();
	test_export();
	test_verdict();
	test_held();
	test_findings();
	test_clean();
	test_known();
	test_known_many();
	buf_free(&one_der);
	X509_free(one);
	EVP_PKEY_free(key);
	return tap_done();
}
