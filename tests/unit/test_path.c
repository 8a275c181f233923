/* SPDX-License-Identifier: Apache-2.0 */
/* The judgement of chains, made as the lab makes them, with one fault and with two (D13, T17). */
#include "doctor/diagnose.h"
#include "path/path.h"
#include "lab/condition.h"
#include "pki/cert.h"
#include "trust/roots.h"

#include "selfsigned.h"
#include "tap.h"

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <time.h>

#define DAY 86400

/* A chain of the lab's, as it would be served, and the store that its client would have. */
struct made {
	struct shape shape;
	struct forge *forge;
	unsigned char *der[FORGE_CERTS];
	struct span served[FORGE_CERTS];
	size_t n;
	struct anchor anchor;
	struct store store;
	struct path_trust *trust;
	char host[128];
};

static int der_of(const struct forge *f, size_t i, unsigned char **out)
{
	*out = NULL;
	return i2d_X509(forge_cert(f, i), out);
}

static void fill(struct made *m, const char *name)
{
	struct err e = { 0 };
	unsigned char *der = NULL;

	/* "*" in a host's name stands for the condition's. */
	(void)snprintf(m->host, sizeof m->host, "%s." LAB_DOMAIN, name);
	if (m->shape.host)
		(void)snprintf(m->host, sizeof m->host, "%s%s", m->shape.host[0] == '*' ? name : "",
		    m->shape.host + (m->shape.host[0] == '*'));
	m->forge =
	    forge_make(m->shape.cert, m->shape.certs, name, m->host, "http://127.0.0.1:1", &e);
	if (!m->forge)
		printf("Bail out! %s\n", e.text);
	for (m->n = 0; m->n < m->shape.sends; m->n++)
		m->served[m->n] = span_of(
		    m->der[m->n], (size_t)der_of(m->forge, m->shape.send[m->n], &m->der[m->n]));
	for (size_t i = 0; i < m->n; i++)
		m->served[i].p = m->der[i];
	m->anchor.der = span_of(NULL, (size_t)der_of(m->forge, m->shape.anchor, &der));
	m->anchor.der.p = der;
	m->store = (struct store) { .anchors = &m->anchor, .n = 1, .readable = 1 };
	m->trust = path_trust_new(&m->store, &e);
}

/* A second condition, or NULL, breaks the same chain as well. */
static struct made *make(const char *name, const char *second)
{
	struct made *m = calloc(1, sizeof *m);

	condition_shape(condition_of(name), LAB_HTTPS, 0, &m->shape);
	if (second)
		condition_of(second)->fault(&m->shape);
	fill(m, name);
	return m;
}

static void drop(struct made *m)
{
	path_trust_free(m->trust);
	OPENSSL_free((void *)m->anchor.der.p);
	for (size_t i = 0; i < m->n; i++)
		OPENSSL_free(m->der[i]);
	forge_free(m->forge);
	free(m);
}

static struct path judged(const struct made *m, time_t now)
{
	const struct path_input in = {
		.trust = m->trust, .served = m->served, .n = m->n, .name = m->host, .now = now
	};
	struct path p;
	struct err e = { 0 };

	is_int(path_judge(&in, &p, &e), 0, "%s is judged", m->host);
	return p;
}

static int finds(const struct path *p, const char *id)
{
	for (size_t i = 0; i < p->finds; i++)
		if (strcmp(p->found[i].id, id) == 0)
			return 1;
	return 0;
}

static const char *first(const struct path *p)
{
	return p->finds ? p->found[0].id : "ok";
}

static void show(const struct path *p)
{
	for (size_t i = 0; i < p->finds; i++)
		printf("#   %s: %s\n", p->found[i].id, p->found[i].text);
}

/* What a handshake alone shows. */
static int is_about_status(const struct condition *c)
{
	return strcmp(c->cause, "revoked") == 0;
}

static void test_conditions(const struct condition *all)
{
	for (const struct condition *c = all; c->name; c++) {
		struct made *m;
		struct path p;

		if (is_about_status(c))
			continue;
		m = make(c->name, NULL);
		p = judged(m, time(NULL));
		is_str(finds(&p, "not-strict") ? "ok" : first(&p), c->cause, "%s", c->name);
		/* The real one's root is from 2004, and lacks what a strict client wants. */
		is_int(finds(&p, "not-strict"), strcmp(c->name, "amazon-class2") == 0,
		    "… for strict clients as well");
		show(&p);
		drop(m);
	}
}

static void test_two(const char *a, const char *b)
{
	struct made *m = make(a, b);
	struct path p = judged(m, time(NULL));

	ok(finds(&p, condition_of(a)->cause) && finds(&p, condition_of(b)->cause),
	    "%s and %s: both are named", a, b);
	show(&p);
	drop(m);
}

static void test_clock(void)
{
	struct made *m = make("good", NULL);
	struct path p = judged(m, time(NULL) + 91 * DAY);

	is_str(first(&p), "expired", "the clock is handed in: later the leaf has expired");
	p = judged(m, time(NULL) - 400 * DAY);
	is_str(first(&p), "not-yet-valid", "and before it was not valid yet");
	drop(m);
}

static void test_good(void)
{
	struct made *m = make("good", NULL);
	struct path p = judged(m, time(NULL));

	ok(p.anchored && strstr(p.anchor, "CN=dbtls lab root") != NULL, "the anchor: %s", p.anchor);
	is_int(p.certs, 2, "two certificates were served");
	ok(p.cert[0].used && p.cert[1].used, "and both are needed");
	is_str(p.cert[0].key, "EC 256", "the leaf's key");
	is_str(p.cert[0].digest, "SHA256", "its signature's digest");
	ok(strstr(p.names, "good." LAB_DOMAIN) != NULL, "its names: %s", p.names);
	drop(m);
}

/* A leaf that is itself in the store is trusted, as MySQL's own first certificates are. */
static void test_pinned(void)
{
	struct made *m = make("self-signed", NULL);
	struct err e = { 0 };
	struct anchor own = { .der = m->served[0] };
	struct store store = { .anchors = &own, .n = 1 };
	struct path p;

	path_trust_free(m->trust);
	m->trust = path_trust_new(&store, &e);
	p = judged(m, time(NULL));
	is_str(first(&p), "ok", "a self-signed leaf that the store holds");
	show(&p);
	drop(m);
}

static void test_distrusted(void)
{
	struct made *m = make("good", NULL);
	struct err e = { 0 };
	struct path p;

	path_trust_free(m->trust);
	m->anchor.servers = ANCHOR_MAY_NOT;
	m->trust = path_trust_new(&m->store, &e);
	p = judged(m, time(NULL));
	ok(!p.anchored && p.finds > 0, "an anchor that may not vouch for servers is none");
	drop(m);
}

/* All of one name and one key: there are more ways up than anybody would go. */
static void test_many_ways(void)
{
	struct made *m = make("untrusted-root-sent", NULL);
	struct span served[PATH_CERTS + 4];
	struct path p;
	struct err e = { 0 };
	struct path_input in = { .trust = m->trust, .served = served, .name = m->host };

	for (size_t i = 0; i < PATH_CERTS + 4; i++)
		served[i] = m->served[i < m->n ? i : 1 + i % (m->n - 1)];
	in.n = PATH_CERTS + 4;
	in.now = time(NULL);
	is_int(path_judge(&in, &p, &e), 0, "a chain longer than any");
	is_int(p.certs, PATH_CERTS, "is cut");
	is_str(first(&p), "untrusted-root", "and judged");
	drop(m);
}

/* Who has asked for issuers to be fetched is told that nothing says from where. */
static void test_nowhere(void)
{
	struct made *m = make("missing-intermediate", NULL);
	struct path_input in = { .trust = m->trust,
		.served = m->served,
		.n = m->n,
		.name = m->host,
		.now = time(NULL) };
	struct path p;
	struct err e = { 0 };

	is_int(path_judge(&in, &p, &e), 0, "an intermediate is missing");
	ok(p.finds && !strstr(p.found[0].text, "names no place"), "nobody wanted it fetched");
	in.issuers = 1;
	is_int(path_judge(&in, &p, &e), 0, "it was to be fetched");
	is_str(first(&p), "missing-intermediate", "the same cause");
	ok(strstr(p.found[0].text, "names no place to fetch it from") != NULL, "why it was not: %s",
	    p.found[0].text);
	drop(m);
}

static void test_rubbish(void)
{
	struct made *m = make("good", NULL);
	struct err e = { 0 };
	struct path p;

	m->served[0] = span_of("rubbish", 7);
	ok(path_judge(&(struct path_input) { .trust = m->trust,
			  .served = m->served,
			  .n = m->n,
			  .name = m->host,
			  .now = time(NULL) },
	       &p, &e) < 0 &&
		*e.text,
	    "a leaf that is no certificate: %s", e.text);
	drop(m);
}

/* Of a chain that a root of Amazon's has signed the root's name is told, and of no other. */
static void test_shipped(void)
{
	struct made *m = make("good", NULL);
	struct err e = { 0 };
	const struct root *r = roots_named("amazon-root-ca-1");
	X509 *x = cert_from_pem(r->pem, strlen(r->pem), &e);
	unsigned char *der = NULL;
	int n = i2d_X509(x, &der);
	struct path p = judged(m, time(NULL));

	ok(!p.shipped, "a chain that is anchored needs none");
	m->served[0] = m->served[1] = span_of(der, (size_t)n);
	p = judged(m, time(NULL));
	ok(p.shipped && strcmp(p.shipped, r->name) == 0, "what Amazon's root has signed");
	X509_free(x);
	OPENSSL_free(der);
	drop(m);
	m = make("amazon-root", NULL);
	path_trust_free(m->trust);
	m->trust = path_trust_new(&(struct store) { .n = 0 }, &e);
	p = judged(m, time(NULL));
	ok(!p.shipped && !p.anchored, "the same name with another key is none of Amazon's");
	drop(m);
}

static void add(X509 *x, int nid, const char *value)
{
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	X509_add_ext(x, ext, -1);
	X509_EXTENSION_free(ext);
}

/* Only a name, as many a private CA makes them: no key identifier of the issuer's. */
static void test_lenient(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256"), *own = EVP_EC_gen("P-256");
	X509 *root = selfsigned(key, "root"), *leaf = selfsigned(own, "leaf");
	unsigned char *root_der = NULL, *leaf_der = NULL;
	struct anchor anchor = { 0 };
	struct span served[1];
	struct path_input in = { .served = served, .n = 1, .name = "db.test", .now = time(NULL) };
	struct path_trust *trust;
	struct path p;
	struct err e = { 0 };

	add(root, NID_basic_constraints, "critical,CA:TRUE");
	X509_sign(root, key, EVP_sha256());
	add(leaf, NID_subject_alt_name, "DNS:db.test");
	X509_set_issuer_name(leaf, X509_get_subject_name(root));
	X509_sign(leaf, key, EVP_sha256());
	anchor.der.n = (size_t)i2d_X509(root, &root_der);
	anchor.der.p = root_der;
	served[0].n = (size_t)i2d_X509(leaf, &leaf_der);
	served[0].p = leaf_der;
	in.trust = trust = path_trust_new(&(struct store) { .anchors = &anchor, .n = 1 }, &e);
	is_int(path_judge(&in, &p, &e), 0, "a leaf that names its issuer's key nowhere");
	is_str(first(&p), "not-strict", "is right but for strict clients");
	show(&p);
	in.now += 2 * (time_t)DAY;
	(void)path_judge(&in, &p, &e);
	is_str(first(&p), "expired", "which is said of nothing that is wrong otherwise");
	path_trust_free(trust);
	OPENSSL_free(root_der);
	OPENSSL_free(leaf_der);
	X509_free(root);
	X509_free(leaf);
	EVP_PKEY_free(key);
	EVP_PKEY_free(own);
}

/* A leaf of the root's, in DER, and the root's. */
static struct span issued(EVP_PKEY *key, X509 *root, const char *usage, unsigned char **der)
{
	EVP_PKEY *own = EVP_EC_gen("P-256");
	X509 *leaf = selfsigned(own, "leaf");
	int n;

	add(leaf, NID_subject_alt_name, "DNS:db.test");
	if (usage)
		add(leaf, NID_key_usage, usage);
	X509_set_issuer_name(leaf, X509_get_subject_name(root));
	X509_sign(leaf, key, EVP_sha256());
	*der = NULL;
	n = i2d_X509(leaf, der);
	X509_free(leaf);
	EVP_PKEY_free(own);
	return span_of(*der, (size_t)n);
}

static struct path judged_with(const struct anchor *anchors, size_t n, struct span leaf)
{
	const struct store s = { .anchors = (struct anchor *)anchors, .n = n };
	struct err e = { 0 };
	struct path_input in = { .served = &leaf, .n = 1, .name = "db.test", .now = time(NULL) };
	struct path_trust *trust = path_trust_new(&s, &e);
	struct path p;

	in.trust = trust;
	is_int(path_judge(&in, &p, &e), 0, "it is judged");
	path_trust_free(trust);
	return p;
}

/* A root that was renewed with its key, beside the old one: whichever comes first. */
static void test_renewed_root(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *old = selfsigned(key, "root"), *new = selfsigned(key, "root");
	struct anchor anchors[2] = { 0 };
	unsigned char *der[3] = { NULL };
	struct span leaf;
	struct path p;

	add(old, NID_basic_constraints, "critical,CA:TRUE");
	add(new, NID_basic_constraints, "critical,CA:TRUE");
	X509_gmtime_adj(X509_getm_notBefore(old), -3 * DAY);
	X509_gmtime_adj(X509_getm_notAfter(old), -DAY);
	X509_sign(old, key, EVP_sha256());
	X509_sign(new, key, EVP_sha256());
	anchors[0].der = span_of(NULL, (size_t)i2d_X509(old, &der[0]));
	anchors[1].der = span_of(NULL, (size_t)i2d_X509(new, &der[1]));
	anchors[0].der.p = der[0];
	anchors[1].der.p = der[1];
	leaf = issued(key, new, NULL, &der[2]);
	p = judged_with(anchors, 2, leaf);
	ok(!finds(&p, "expired"), "an expired root with the same key beside it");
	p = judged_with(anchors, 1, leaf);
	is_str(first(&p), "expired", "the expired one alone");
	OPENSSL_free(der[2]);
	leaf = issued(key, new, "critical,keyEncipherment", &der[2]);
	p = judged_with(&anchors[1], 1, leaf);
	ok(finds(&p, "not-strict"), "a key usage without digitalSignature");
	for (size_t i = 0; i < 3; i++)
		OPENSSL_free(der[i]);
	X509_free(old);
	X509_free(new);
	EVP_PKEY_free(key);
}

/* An intermediate as an anchor, with and without its root. */
static void test_partial(void)
{
	struct made *m = make("good", NULL);
	struct anchor anchors[2] = { m->anchor, { .der = m->served[1] } };
	struct store s = { .anchors = &anchors[1], .n = 1, .readable = 1 };
	struct err e = { 0 };
	struct path p;

	path_trust_free(m->trust);
	m->trust = path_trust_new(&s, &e);
	p = judged(m, time(NULL));
	is_str(first(&p), "partial-chain", "an intermediate without its root");
	path_trust_free(m->trust);
	s = (struct store) { .anchors = anchors, .n = 2, .readable = 1 };
	m->trust = path_trust_new(&s, &e);
	p = judged(m, time(NULL));
	is_str(first(&p), "ok", "and with it");
	drop(m);
}

/* Each finding has a row among the causes. */
static void test_ids(void)
{
	for (const struct condition *c = lab_who; c->name; c++)
		ok(diagnose_cause(c->cause) != NULL, "the cause %s has a row", c->cause);
}

int main(void)
{
	test_good();
	test_renewed_root();
	test_partial();
	test_conditions(lab_good);
	test_conditions(lab_who);
	test_two("wrong-host", "expired");
	test_two("untrusted-root", "expired");
	test_two("untrusted-root-sent", "wrong-host");
	test_two("client-only", "not-yet-valid");
	test_two("issuer-no-ca", "expired-intermediate");
	test_two("name-constraint", "expired");
	test_clock();
	test_nowhere();
	test_pinned();
	test_distrusted();
	test_many_ways();
	test_rubbish();
	test_shipped();
	test_lenient();
	test_ids();
	forge_forget();
	return tap_done();
}
