/* SPDX-License-Identifier: Apache-2.0 */
/* D7 D8: what one store makes of the chain that a server shows, at the lab's chains, right and
 * wrong; and what those who read a store of that format take otherwise.
 */
#include "doctor/stores.h"
#include "lab/condition.h"
#include "lab/forge.h"
#include "lab/issuers.h"
#include "trust/kind.h"

#include "selfsigned.h"
#include "tap.h"

#define URL "http://127.0.0.1:9"

/* What comes out otherwise than the condition says, as nothing is stapled or fetched here. */
static const char *const unseen[] = { "revoked-stapled", "revoked-crl", "revoked-ocsp", NULL };

struct made {
	struct shape shape;
	char host[128];
	struct forge *f;
	struct buf der[FORGE_CERTS];
	struct span served[FORGE_CERTS];
	struct path_input in;
};

/* With a change of the shape, or NULL. */
static void make_other(const struct condition *c, void (*change)(struct shape *s), struct made *m)
{
	struct err e = { 0 };
	const char *form;

	*m = (struct made) { .in = { .name = m->host, .served = m->served, .now = time(NULL) } };
	condition_shape(c, LAB_HTTPS, 0, &m->shape);
	if (change)
		change(&m->shape);
	form = m->shape.host ? m->shape.host : "*." LAB_DOMAIN;
	(void)snprintf(
	    m->host, sizeof m->host, "%s%s", *form == '*' ? c->name : "", form + (*form == '*'));
	m->f = forge_make(m->shape.cert, m->shape.certs, c->name, m->host, URL, &e);
	ok(m->f != NULL, "%s is made %s", c->name, e.text);
	for (size_t i = 0; m->f && i < m->shape.sends; i++) {
		m->der[i] = x509_der(forge_cert(m->f, m->shape.send[i]));
		m->served[i] = span_of(m->der[i].p, m->der[i].n);
		m->in.n++;
	}
}

static void make(const struct condition *c, struct made *m)
{
	make_other(c, NULL, m);
}

static void unmake(struct made *m)
{
	for (size_t i = 0; i < FORGE_CERTS; i++)
		buf_free(&m->der[i]);
	forge_free(m->f);
}

/* A store of certificates of the chain, by index; -1: none. */
struct content {
	enum store_format format;
	int anchor, other, distrusted;
	int kept; /* 1: the other lies there as no anchor */
};

static void fill(struct store *s, const struct made *m, int index, enum anchor_servers servers)
{
	struct store_cert c = { .servers = servers };
	struct err e;

	c.x = index < 0 ? NULL : forge_cert(m->f, (size_t)index);
	if (c.x)
		ok(store_add(s, &c, &e) == 0, "one is added");
}

static struct stores_row by(const struct made *m, struct content of)
{
	struct stores_row r = { .cause = NULL };
	struct store_list list = { 0 };
	struct trusts_store s = { .path = "a store" };
	struct path_trust *trust;
	struct err e = { 0 };

	ok(store_name(&list, s.path, &e) == 0, "a store");
	list.v[0].readable = 1;
	list.v[0].format = of.format;
	fill(&list.v[0], m, of.anchor, ANCHOR_MAY);
	fill(&list.v[0], m, of.other, of.kept ? ANCHOR_MAY_NOT : ANCHOR_MAY);
	fill(&list.v[0], m, of.distrusted, ANCHOR_DISTRUSTED);
	trust = path_trust_new(&list.v[0], &e);
	s.store = &list.v[0];
	s.trust = trust;
	stores_one(&s, &m->in, &r);
	r.store = NULL;
	path_trust_free(trust);
	store_free(&list);
	return r;
}

static int is_unseen(const char *name)
{
	const char *const *at = unseen;

	while (*at && strcmp(*at, name) != 0)
		at++;
	return *at != NULL;
}

static void one_condition(const struct condition *c)
{
	int good = !c->refuse || is_unseen(c->name);
	struct made m;
	struct stores_row r;

	make(c, &m);
	r = by(&m, (struct content) { STORE_PEM, (int)m.shape.anchor, -1, -1, 0 });
	is_str(r.cause->id, good ? "ok" : c->cause, "%s: %s", c->name, r.evidence);
	is_int(stores_fails(&r), !good, "and who reads it");
	is_int(*r.evidence != '\0', !good, "evidence");
	unmake(&m);
}

static void test_conditions(void)
{
	for (const struct condition *c = lab_good; c->name; c++)
		one_condition(c);
	for (const struct condition *c = lab_who; c->name; c++)
		one_condition(c);
}

/* What a store of that content makes of the good chain. */
static const struct {
	struct content of;
	const char *id, *says;
	int lacks;
} contents[] = {
	{ { STORE_PEM, ROOT, -1, -1, 0 }, "ok", "", 0 },
	{ { STORE_PEM, -1, -1, -1, 0 }, "untrusted-root", "CN=dbtls lab root", 1 },
	{ { STORE_PEM, INTERMEDIATE, -1, -1, 0 }, "partial-chain", "intermediate", 0 },
	{ { STORE_FOLDER, INTERMEDIATE, -1, -1, 0 }, "partial-chain", "intermediate", 0 },
	{ { STORE_JKS, INTERMEDIATE, -1, -1, 0 }, "ok", "", 0 },
	{ { STORE_PKCS12, INTERMEDIATE, -1, -1, 0 }, "ok", "", 0 },
	{ { STORE_NSS, INTERMEDIATE, -1, -1, 0 }, "ok", "", 0 },
	{ { STORE_PEM, INTERMEDIATE, ROOT, -1, 0 }, "ok", "", 0 },
	{ { STORE_NSS, ROOT, -1, INTERMEDIATE, 0 }, "distrusted", "intermediate", 0 },
	{ { STORE_PEM, -1, -1, INTERMEDIATE, 0 }, "distrusted", "intermediate", 0 },
};

static void test_contents(void)
{
	struct made m;

	make(condition_of("good"), &m);
	for (size_t i = 0; i < sizeof contents / sizeof *contents; i++) {
		struct stores_row r = by(&m, contents[i].of);

		is_str(r.cause->id, contents[i].id, "content %zu", i);
		ok(strstr(r.evidence, contents[i].says), "says: %s", r.evidence);
		is_int(r.lacks, contents[i].lacks, "what it leads to is in it");
	}
	unmake(&m);
}

static void old_root(struct shape *s)
{
	s->cert[ROOT].from = -2 * 86400L;
	s->cert[ROOT].to = -86400L;
}

static void old_root_and_leaf(struct shape *s)
{
	old_root(s);
	s->cert[LEAF].from = -2 * 86400L;
	s->cert[LEAF].to = -86400L;
}

/* Java takes an anchor as it is, whatever its dates; NSS and OpenSSL look at them. */
static void test_dates(void)
{
	static const struct {
		enum store_format format;
		const char *id;
	} rows[] = { { STORE_PEM, "expired" }, { STORE_NSS, "expired" }, { STORE_JKS, "ok" },
		{ STORE_PKCS12, "ok" } };
	struct made root, both;

	make_other(condition_of("good"), old_root, &root);
	make_other(condition_of("good"), old_root_and_leaf, &both);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct content of = { rows[i].format, ROOT, -1, -1, 0 };

		is_str(by(&root, of).cause->id, rows[i].id, "%s, a root whose dates are over",
		    store_format_name(rows[i].format));
		is_str(by(&both, of).cause->id, "expired", "and the server's own");
	}
	unmake(&root);
	unmake(&both);
}

static void test_rest(void)
{
	const struct content jks = { STORE_JKS, ROOT, -1, -1, 0 };
	struct made m;

	make(condition_of("good"), &m);
	m.in.now += 365 * 86400L;
	is_str(by(&m, jks).cause->id, "expired", "a leaf whose dates are over, for Java as well");
	m.in.now -= 365 * 86400L;
	m.in.name = "other." LAB_DOMAIN;
	is_str(by(&m, jks).cause->id, "hostname-mismatch", "another host");
	m.in.name = "127.0.0.1";
	is_str(by(&m, jks).cause->id, "ok", "an address that it names");
	m.in.name = m.host;
	m.served[1] = span_of("rubbish", 7);
	is_str(
	    by(&m, jks).cause->id, "missing-intermediate", "rubbish behind the first: no matter");
	m.served[0] = span_of("rubbish", 7);
	is_str(by(&m, jks).cause->id, "certificate-refused", "rubbish first");
	unmake(&m);
}

/* An intermediate that was not sent, and lies in the store: NSS finds it. */
static void test_kept(void)
{
	const struct content nss = { STORE_NSS, ROOT, INTERMEDIATE, -1, 1 };
	const struct content pem = { STORE_PEM, ROOT, INTERMEDIATE, -1, 1 };
	const struct content none = { STORE_NSS, ROOT, -1, -1, 0 };
	struct made m;

	make(condition_of("good"), &m);
	m.in.n = 1;
	is_str(by(&m, nss).cause->id, "ok", "NSS has it");
	is_str(by(&m, pem).cause->id, "missing-intermediate", "OpenSSL does not look for it");
	is_str(by(&m, none).cause->id, "missing-intermediate", "where there is none");
	unmake(&m);
}

/* One that can't be read says why. */
static void test_unreadable(void)
{
	struct store_list list = { 0 };
	struct trusts_store s = { .path = "nowhere" };
	const struct path_input in = { .n = 0 };
	struct stores_row r;
	struct err e;

	ok(store_name(&list, s.path, &e) == 0, "a store");
	(void)err_set(&list.v[0].why, ERR_USER, "nowhere: no such file");
	s.store = &list.v[0];
	stores_one(&s, &in, &r);
	is_str(r.cause->id, "ca-file-unreadable", "%s", r.evidence);
	is_int(stores_fails(&r), 1, "who reads it can't connect");
	store_free(&list);
}

int main(void)
{
	test_conditions();
	test_contents();
	test_dates();
	test_rest();
	test_kept();
	test_unreadable();
	forge_forget();
	return tap_done();
}
