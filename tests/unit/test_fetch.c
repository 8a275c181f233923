/* SPDX-License-Identifier: Apache-2.0 */
/* What certificates name is read, refused where it must be, and believed as far as it is signed. */
#include "probe/fetch.h"
#include "path/path.h"
#include "probe/place.h"
#include "lab/forge.h"

#include "tap.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/pkcs7.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <time.h>

#define HOUR 3600
#define DAY  86400

/* ---- URLs ------------------------------------------------------------------------------------ */

static const struct {
	const char *url, *host, *path;
	uint16_t port;
} places[] = {
	{ "http://ca.example/ca.der", "ca.example", "/ca.der", 80 },
	{ "HTTP://ca.example", "ca.example", "/", 80 },
	{ "http://ca.example?a=b/c", "ca.example", "/?a=b/c", 80 },
	{ "http://ca.example:8080/x%20y", "ca.example", "/x%20y", 8080 },
	{ "http://127.0.0.1:1024/", "127.0.0.1", "/", 1024 },
	{ "http://[2001:db8::7]/x", "2001:db8::7", "/x", 80 },
	{ "http://[::1]:65535/x", "::1", "/x", 65535 },
};

/* Nobody is asked there. */
static const char *const refused[] = { "", "http", "http://", "http:///x", "https://ca.example/x",
	"ldap://ca.example/cn=x?cRL", "ftp://ca.example/x", "file:///etc/passwd",
	"http://ca.example:25/", "http://ca.example:1023/", "http://ca.example:0/",
	"http://ca.example:65536/", "http://ca.example:/", "http://ca.example:80:80/",
	"http://ca.example:+80/", "http://user@ca.example/", "http://user:80@ca.example/",
	"http://ca.example/a b", "http://ca.example/\r\nX: y", "http://ca.example/\x7f",
	"http://ca.example/\xc3\xa4", "http://ca.example/#x", "http://ca%2eexample/",
	"http://[::1/", "http://[]/", "http://[::1]x/", "http://[x]/", "http://ca.example\\@x/" };

static void test_urls(void)
{
	char longest[FACTS_TEXT + 16];
	struct place p;

	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		place_read(&p, span_of(places[i].url, strlen(places[i].url)));
		is_str(p.host, places[i].host, "%s: the host", places[i].url);
		is_str(p.path, places[i].path, "the path");
		is_int(p.port, places[i].port, "the port");
	}
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		place_read(&p, span_of(refused[i], strlen(refused[i])));
		is_str(p.host, "", "refused: %s", p.url);
	}
	place_read(&p, span_of("http://ca.example/\0x", 20));
	is_str(p.host, "", "and one with a NUL");
	(void)snprintf(longest, sizeof longest, "http://ca.example/%0*d", FACTS_TEXT - 10, 0);
	place_read(&p, span_of(longest, strlen(longest)));
	is_str(p.host, "", "and one that is too long, though it could be shown cut");
}

static void test_addresses(void)
{
	static const struct {
		const char *ip;
		int may;
	} rows[] = { { "127.0.0.1", 1 }, { "::1", 1 }, { "10.0.0.7", 1 }, { "192.0.2.1", 1 },
		{ "2001:db8::1", 1 }, { "fd00::1", 1 }, { "223.255.255.255", 1 }, { "0.0.0.0", 0 },
		{ "::", 0 }, { "169.254.169.254", 0 }, { "::ffff:169.254.169.254", 0 },
		{ "fe80::1", 0 }, { "fd00:ec2::254", 0 }, { "224.0.0.1", 0 },
		{ "255.255.255.255", 0 }, { "ff02::1", 0 }, { "100.100.100.200", 0 },
		{ "100.100.100.201", 1 }, { "168.63.129.16", 0 }, { "fd20:ce::254", 0 },
		{ "fd20:ce::253", 1 }, { "64:ff9b::169.254.169.254", 0 },
		{ "64:ff9b::100.100.100.200", 0 }, { "64:ff9b::0.0.0.0", 0 },
		{ "64:ff9b::192.0.2.1", 1 }, { "64:ff9b::1:169.254.169.254", 1 } };
	struct addr a;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		is_int(addr_parse_ip(&a, rows[i].ip), 0, "%s", rows[i].ip);
		is_int(place_may(&a), rows[i].may, "is %s", rows[i].may ? "asked" : "not asked");
	}
}

/* ---- a chain --------------------------------------------------------------------------------- */

enum { LEAF, ISSUER, ROOT, STRANGER, DELEGATE, UNTOLD, CERTS };

#define CA                                                                                         \
	.from = -2L * DAY, .to = 400L * DAY, .ca = 1, .pathlen = -1, .usage = "keyCertSign,cRLSign"

static const struct forged specs[CERTS] = {
	[LEAF] = { .cn = "@",
	    .dns = { "@" },
	    .issuer = ISSUER,
	    .from = -DAY,
	    .to = 300L * DAY,
	    .pathlen = -1,
	    .usage = "digitalSignature",
	    .eku = "serverAuth",
	    .revocable = FORGE_CRL | FORGE_OCSP,
	    .revoked = 1 },
	[ISSUER] = { .cn = "issuer", .issuer = ROOT, CA },
	[ROOT] = { .cn = "root", .issuer = FORGE_SELF, CA },
	[STRANGER] = { .cn = "issuer", .issuer = FORGE_SELF, CA },
	[DELEGATE] = { .cn = "responder",
	    .issuer = ISSUER,
	    .from = -DAY,
	    .to = 300L * DAY,
	    .pathlen = -1,
	    .usage = "digitalSignature",
	    .eku = "OCSPSigning" },
	[UNTOLD] = { .cn = "another server",
	    .issuer = ISSUER,
	    .from = -DAY,
	    .to = 300L * DAY,
	    .pathlen = -1,
	    .usage = "digitalSignature",
	    .eku = "serverAuth" },
};

/* What was told of it, and what is said of that. */
struct told {
	struct forge *f;
	struct path_trust *trust;
	struct buf served[2], root;
	struct buf crl[2], ocsp;
	time_t now;
	struct path path;
};

static struct buf der_of(int n, unsigned char *der)
{
	struct buf out = buf_new(FACTS_BODY);

	ok(n > 0 && buf_add(&out, der, (size_t)n) == 0, "it can be written");
	OPENSSL_free(der);
	return out;
}

static struct buf cert_der(X509 *x)
{
	unsigned char *der = NULL;
	int n = i2d_X509(x, &der);

	return der_of(n, der);
}

static void told_new(struct told *t, int revoked)
{
	struct forged certs[CERTS];
	struct anchor anchor = { .servers = ANCHOR_MAY };
	struct store store = { .anchors = &anchor, .n = 1, .readable = 1 };
	struct err e = { 0 };

	*t = (struct told) { .now = time(NULL) };
	memcpy(certs, specs, sizeof certs);
	certs[LEAF].revoked = revoked;
	t->f = forge_make(certs, CERTS, "told", "db.example", "http://127.0.0.1:9", &e);
	if (!t->f)
		printf("Bail out! %s\n", e.text);
	t->served[0] = cert_der(forge_cert(t->f, LEAF));
	t->served[1] = cert_der(forge_cert(t->f, ISSUER));
	t->root = cert_der(forge_cert(t->f, ROOT));
	anchor.der = span_of(t->root.p, t->root.n);
	t->trust = path_trust_new(&store, &e);
}

static void told_free(struct told *t)
{
	path_trust_free(t->trust);
	for (int i = 0; i < 2; i++) {
		buf_free(&t->served[i]);
		buf_free(&t->crl[i]);
	}
	buf_free(&t->root);
	buf_free(&t->ocsp);
	forge_free(t->f);
}

static const struct path_finding *finding(const struct path *p, const char *id)
{
	for (size_t i = 0; i < p->finds; i++)
		if (strcmp(p->found[i].id, id) == 0)
			return &p->found[i];
	return NULL;
}

/* The text of what is said of revocation; "": nothing is wrong with it. */
static const char *judged(struct told *t)
{
	struct span served[2], crl[2], ocsp = span_of(t->ocsp.p, t->ocsp.n);
	const struct path_input in = {
		.trust = t->trust,
		.served = served,
		.n = 2,
		.name = "db.example",
		.crl = crl,
		.crls = (size_t)(t->crl[0].n > 0) + (t->crl[1].n > 0),
		.ocsp = &ocsp,
		.ocsps = ocsp.n > 0,
		.revocation = 1,
		.now = t->now,
	};
	const struct path_finding *found;
	struct err e = { 0 };

	for (int i = 0; i < 2; i++) {
		served[i] = span_of(t->served[i].p, t->served[i].n);
		crl[i] = span_of(t->crl[i].p, t->crl[i].n);
	}
	is_int(path_judge(&in, &t->path, &e), 0, "it is judged");
	found = finding(&t->path, "revoked");
	if (!found)
		found = finding(&t->path, "revocation-unknown");
	if (found)
		printf("#   %s: %s\n", found->id, found->text);
	return found ? found->text : "";
}

static int is_revoked(const struct told *t)
{
	return finding(&t->path, "revoked") != NULL;
}

/* ---- CRLs ------------------------------------------------------------------------------------ */

static struct buf crl_of(const struct forge *f, size_t index)
{
	struct buf out = buf_new(FACTS_BODY);
	struct err e = { 0 };

	is_int(forge_crl(f, index, &out, &e), 0, "a CRL is made");
	return out;
}

/* The leaf's CRL with something changed, signed by that key. */
static struct buf changed_crl(const struct told *t, int nid, const char *value, size_t signer)
{
	struct buf was = crl_of(t->f, LEAF);
	const unsigned char *at = was.p;
	X509_CRL *crl = d2i_X509_CRL(NULL, &at, (long)was.n);
	X509_EXTENSION *x = value ? X509V3_EXT_conf_nid(NULL, NULL, nid, value) : NULL;
	unsigned char *der = NULL;
	int n;

	ok(!value || (x && X509_CRL_add_ext(crl, x, -1) == 1), "%.40s", value ? value : "as it is");
	X509_CRL_sign(crl, forge_key(t->f, signer), EVP_sha256());
	n = i2d_X509_CRL(crl, &der);
	X509_EXTENSION_free(x);
	X509_CRL_free(crl);
	buf_free(&was);
	return der_of(n, der);
}

static void test_crl(void)
{
	struct told t;

	told_new(&t, 1);
	ok(strstr(judged(&t), "no answer") && !is_revoked(&t), "nothing was had");
	t.crl[0] = crl_of(t.f, LEAF);
	ok(strstr(judged(&t), "(keyCompromise), says the CRL") && is_revoked(&t), "it is listed");
	ok(!finding(&t.path, "revocation-unknown"), "and that is enough");
	t.now += 2L * DAY;
	ok(strstr(judged(&t), "(keyCompromise), says the CRL") && is_revoked(&t),
	    "also by a list that is out of date");
	told_free(&t);

	told_new(&t, 0);
	t.crl[0] = crl_of(t.f, LEAF);
	ok(strstr(judged(&t), "CN=issuer: it does not say where"),
	    "the leaf is not, but the issuer?");
	t.crl[1] = crl_of(t.f, ISSUER);
	is_str(judged(&t), "", "both are not");
	is_int(t.path.finds, 0, "and nothing else is wrong");
	t.now += 2L * DAY;
	ok(strstr(judged(&t), "the CRL: CRL has expired"), "a list that is out of date");
	t.now -= 4L * DAY;
	ok(strstr(judged(&t), "the CRL: CRL is not yet valid"), "one that is from tomorrow");
	told_free(&t);
}

static void test_other_crl(void)
{
	static const struct {
		int nid;
		const char *value;
		size_t signer;
		const char *text;
	} rows[] = {
		{ 0, NULL, ISSUER, "revoked on" },
		{ 0, NULL, STRANGER, "signature" },
		{ 0, NULL, LEAF, "signature" },
		{ NID_issuing_distribution_point, "critical,indirectCRL:TRUE", ISSUER, "" },
		{ NID_issuing_distribution_point, "critical,onlyCA:TRUE", ISSUER, "scope" },
		{ NID_issuing_distribution_point, "critical,onlyuser:TRUE", ISSUER, "revoked on" },
		{ NID_issuing_distribution_point, "critical,onlysomereasons:keyCompromise", ISSUER,
		    "" },
		{ NID_delta_crl, "critical,DER:020101", ISSUER, "" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct told t;

		told_new(&t, 1);
		t.crl[0] = changed_crl(&t, rows[i].nid, rows[i].value, rows[i].signer);
		ok(strstr(judged(&t), rows[i].text), "%s", rows[i].text);
		is_int(is_revoked(&t), strcmp(rows[i].text, "revoked on") == 0,
		    "is it taken for what it says?");
		told_free(&t);
	}
}

static int fits(const struct facts *f, const struct told *t, const struct buf *crl)
{
	return fetch_fits(f, FACTS_CRL, span_of(crl->p, crl->n), forge_cert(t->f, LEAF),
	    forge_cert(t->f, ISSUER));
}

/* One that is as long as may be fetched. */
static struct buf long_crl(const struct told *t)
{
	static char text[sizeof "DER:" + 2 * (FACTS_BODY - 2048)];

	memset(text, '0', sizeof text - 1);
	memcpy(text, "DER:", 4);
	return changed_crl(t, NID_subject_alt_name, text, ISSUER);
}

/* What is kept of what comes. */
static void test_kept_crls(void)
{
	static struct facts f;
	struct buf crl[2];
	struct told t;

	told_new(&t, 0);
	crl[0] = changed_crl(&t, 0, NULL, ISSUER);
	crl[1] = crl_of(t.f, ISSUER);
	is_int(fits(&f, &t, &crl[0]), 1, "the issuer's is kept");
	is_int(fits(&f, &t, &crl[1]), 0, "not that of who stands above it");
	buf_free(&crl[0]);
	buf_free(&crl[1]);
	crl[0] = changed_crl(&t, 0, NULL, STRANGER);
	is_int(fits(&f, &t, &crl[0]), 0, "nor one of the same name that another key has signed");
	buf_free(&crl[0]);
	crl[0] = long_crl(&t);
	for (f.fetches = 0; f.fetches < 2; f.fetches++) {
		is_int(fits(&f, &t, &crl[0]), 1, "a long one, %zu bytes", crl[0].n);
		f.fetch[f.fetches] = (struct facts_fetch) { .what = FACTS_CRL, .body = crl[0] };
	}
	is_int(fits(&f, &t, &crl[0]), 0, "and no third");
	f.fetch[0].what = FACTS_ISSUER;
	is_int(fits(&f, &t, &crl[0]), 1, "but what is no CRL takes nothing from them");
	buf_free(&crl[0]);
	told_free(&t);
}

/* ---- OCSP ------------------------------------------------------------------------------------ */

struct response {
	size_t about, signer;
	int status;
	long from, to; /* seconds from now; to 0: it does not say */
	const EVP_MD *digest;
	const char *text; /* of the finding; NULL: the leaf is good */
};

static struct buf response(const struct told *t, const struct response *x)
{
	OCSP_BASICRESP *says = OCSP_BASICRESP_new();
	OCSP_CERTID *id =
	    OCSP_cert_to_id(x->digest, forge_cert(t->f, x->about), forge_cert(t->f, ISSUER));
	ASN1_TIME *from = X509_gmtime_adj(NULL, x->from), *to = X509_gmtime_adj(NULL, x->to);
	int revoked = x->status == V_OCSP_CERTSTATUS_REVOKED;
	OCSP_RESPONSE *r;
	unsigned char *der = NULL;
	int n;

	ok(OCSP_basic_add1_status(says, id, x->status,
	       revoked ? OCSP_REVOKED_STATUS_SUPERSEDED : OCSP_REVOKED_STATUS_NOSTATUS,
	       revoked ? from : NULL, from, x->to ? to : NULL) != NULL,
	    "a response");
	ok(OCSP_basic_sign(says, forge_cert(t->f, x->signer), forge_key(t->f, x->signer),
	       EVP_sha256(), NULL, 0) == 1,
	    "is signed");
	r = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, says);
	n = i2d_OCSP_RESPONSE(r, &der);
	OCSP_RESPONSE_free(r);
	OCSP_BASICRESP_free(says);
	OCSP_CERTID_free(id);
	ASN1_TIME_free(from);
	ASN1_TIME_free(to);
	return der_of(n, der);
}

static void test_ocsp(void)
{
	const EVP_MD *sha1 = EVP_sha1();
	const struct response rows[] = {
		{ LEAF, ISSUER, V_OCSP_CERTSTATUS_GOOD, -HOUR, HOUR, sha1, NULL },
		{ LEAF, ISSUER, V_OCSP_CERTSTATUS_GOOD, -HOUR, HOUR, EVP_sha256(), NULL },
		{ LEAF, DELEGATE, V_OCSP_CERTSTATUS_GOOD, -HOUR, HOUR, sha1, NULL },
		{ LEAF, ISSUER, V_OCSP_CERTSTATUS_REVOKED, -HOUR, HOUR, sha1,
		    "(superseded), says the OCSP responder" },
		{ LEAF, DELEGATE, V_OCSP_CERTSTATUS_REVOKED, -HOUR, HOUR, sha1,
		    "(superseded), says the OCSP responder" },
		{ LEAF, ISSUER, V_OCSP_CERTSTATUS_REVOKED, -2L * DAY, -DAY, sha1, "revoked on" },
		{ LEAF, ISSUER, V_OCSP_CERTSTATUS_GOOD, -2L * DAY, -DAY, sha1, "out of date" },
		{ LEAF, ISSUER, V_OCSP_CERTSTATUS_GOOD, DAY, 2L * DAY, sha1, "out of date" },
		{ LEAF, ISSUER, V_OCSP_CERTSTATUS_GOOD, -9L * DAY, 0, sha1, NULL },
		{ LEAF, ISSUER, V_OCSP_CERTSTATUS_GOOD, -11L * DAY, 0, sha1, "out of date" },
		{ LEAF, ISSUER, V_OCSP_CERTSTATUS_UNKNOWN, -HOUR, HOUR, sha1, "does not know it" },
		{ LEAF, STRANGER, V_OCSP_CERTSTATUS_GOOD, -HOUR, HOUR, sha1, "not signed by who" },
		{ LEAF, UNTOLD, V_OCSP_CERTSTATUS_GOOD, -HOUR, HOUR, sha1, "not signed by who" },
		{ LEAF, STRANGER, V_OCSP_CERTSTATUS_REVOKED, -HOUR, HOUR, sha1, "not signed" },
		{ UNTOLD, ISSUER, V_OCSP_CERTSTATUS_GOOD, -HOUR, HOUR, sha1, "no answer" },
		{ UNTOLD, ISSUER, V_OCSP_CERTSTATUS_REVOKED, -HOUR, HOUR, sha1, "no answer" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct told t;
		const char *said;

		told_new(&t, 0);
		t.crl[0] = crl_of(t.f, ISSUER);
		t.ocsp = response(&t, &rows[i]);
		said = judged(&t);
		ok(rows[i].text ? strstr(said, rows[i].text) != NULL : !*said, "OCSP: %s",
		    rows[i].text ? rows[i].text : "good");
		is_int(is_revoked(&t), strstr(said, ": revoked on") != NULL, "as revoked or not");
		told_free(&t);
	}
}

/* ---- what is read of an answer --------------------------------------------------------------- */

static void read_as(
    enum facts_fetched what, const struct buf *in, size_t want, int status, const char *words)
{
	struct buf out[FETCH_CERTS];
	int code = -1;
	size_t n = fetch_read(what, span_of(in->p, in->n), out, &code);

	is_int(n, want, "%s: %zu", words, want);
	is_int(code, status, "and its status");
	for (size_t i = 0; i < n; i++)
		buf_free(&out[i]);
}

/* As PEM, whatever writes that. */
static struct buf text_of(BIO *bio)
{
	char *p = NULL;
	long n = BIO_get_mem_data(bio, &p);
	struct buf out = buf_new(FACTS_BODY);

	(void)buf_add(&out, p, (size_t)n);
	BIO_free(bio);
	return out;
}

static PKCS7 *collection(const struct told *t, int n)
{
	PKCS7 *p7 = PKCS7_new();

	PKCS7_set_type(p7, NID_pkcs7_signed);
	PKCS7_content_new(p7, NID_pkcs7_data);
	for (int i = 0; i < n; i++)
		PKCS7_add_certificate(p7, forge_cert(t->f, (size_t)i % CERTS));
	return p7;
}

static void test_issuers(const struct told *t)
{
	PKCS7 *two = collection(t, 2), *many = collection(t, 9);
	unsigned char *der = NULL;
	BIO *pem = BIO_new(BIO_s_mem());
	struct buf in;
	int n;

	read_as(FACTS_ISSUER, &t->root, 1, 0, "a certificate in DER");
	read_as(FACTS_CRL, &t->root, 0, 0, "which is no CRL");
	read_as(FACTS_OCSP, &t->root, 0, 0, "and no response");
	n = i2d_PKCS7(two, &der);
	in = der_of(n, der);
	read_as(FACTS_ISSUER, &in, 2, 0, "a collection of two");
	in.n--;
	read_as(FACTS_ISSUER, &in, 0, 0, "one that is cut");
	buf_free(&in);
	der = NULL;
	n = i2d_PKCS7(many, &der);
	in = der_of(n, der);
	read_as(FACTS_ISSUER, &in, FETCH_CERTS, 0, "a collection of more than are taken");
	buf_free(&in);
	(void)BIO_puts(pem, "issuer and root:\n");
	(void)PEM_write_bio_X509(pem, forge_cert(t->f, ISSUER));
	(void)PEM_write_bio_X509(pem, forge_cert(t->f, ROOT));
	in = text_of(pem);
	read_as(FACTS_ISSUER, &in, 2, 0, "PEM");
	buf_free(&in);
	pem = BIO_new(BIO_s_mem());
	(void)PEM_write_bio_PKCS7(pem, two);
	in = text_of(pem);
	read_as(FACTS_ISSUER, &in, 2, 0, "a collection in PEM");
	buf_free(&in);
	PKCS7_free(two);
	PKCS7_free(many);
}

static void test_answers(void)
{
	static const uint8_t try_later[] = { 0x30, 0x03, 0x0a, 0x01, 0x03 };
	struct buf in, none = buf_new(1);
	const unsigned char *at;
	struct told t;
	X509_CRL *crl;
	BIO *pem = BIO_new(BIO_s_mem());
	struct err e = { 0 };

	told_new(&t, 1);
	test_issuers(&t);
	t.crl[0] = crl_of(t.f, LEAF);
	read_as(FACTS_CRL, &t.crl[0], 1, 0, "a CRL in DER");
	read_as(FACTS_ISSUER, &t.crl[0], 0, 0, "which is no certificate");
	at = t.crl[0].p;
	crl = d2i_X509_CRL(NULL, &at, (long)t.crl[0].n);
	(void)PEM_write_bio_X509_CRL(pem, crl);
	X509_CRL_free(crl);
	in = text_of(pem);
	read_as(FACTS_CRL, &in, 1, 0, "and in PEM");
	buf_free(&in);
	t.ocsp = buf_new(FACTS_BODY);
	is_int(forge_ocsp(t.f, LEAF, NULL, 0, &t.ocsp, &e), 0, "a response is made");
	read_as(FACTS_OCSP, &t.ocsp, 1, 0, "and read");
	in = buf_new(sizeof try_later);
	(void)buf_add(&in, try_later, sizeof try_later);
	read_as(FACTS_OCSP, &in, 0, OCSP_RESPONSE_STATUS_TRYLATER, "one that says nothing");
	for (int what = FACTS_ISSUER; what <= FACTS_OCSP; what++)
		read_as((enum facts_fetched)what, &none, 0, 0, "nothing at all");
	buf_free(&in);
	told_free(&t);
}

/* ---- where certificates name them ------------------------------------------------------------ */

static void add(X509 *x, int nid, const char *value)
{
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	ok(ext && X509_add_ext(x, ext, -1) == 1, "%s", value);
	X509_EXTENSION_free(ext);
}

static void test_found(void)
{
	X509 *x = X509_new();
	struct place p[PLACE_MAX];

	is_int(place_find(x, FACTS_CRL, p), 0, "a certificate that names no place");
	add(x, NID_info_access,
	    "caIssuers;URI:ldap://ca.example/cn=ca,caIssuers;URI:http://ca.example/ca.p7c,"
	    "OCSP;URI:http://ocsp.example:8888,OCSP;email:ca@ca.example");
	add(x, NID_crl_distribution_points,
	    "URI:http://a.example/1.crl,URI:http://b.example/2.crl,URI:http://c.example/3.crl,"
	    "URI:http://d.example/4.crl");
	is_int(place_find(x, FACTS_ISSUER, p), 2, "issuers");
	ok(!*p[0].host && strcmp(p[1].host, "ca.example") == 0, "of which one is asked for");
	is_int(place_find(x, FACTS_OCSP, p), 1, "a responder");
	is_int(p[0].port, 8888, "at its port");
	is_int(place_find(x, FACTS_CRL, p), PLACE_MAX, "CRLs, and no more than that");
	is_str(p[2].url, "http://c.example/3.crl", "in their order");
	X509_free(x);
}

int main(void)
{
	test_urls();
	test_addresses();
	test_found();
	test_answers();
	test_crl();
	test_other_crl();
	test_kept_crls();
	test_ocsp();
	forge_forget();
	return tap_done();
}
