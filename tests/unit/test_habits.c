/* SPDX-License-Identifier: Apache-2.0 */
/* The table of clients, its traits, and the verdict by client (D3). */
#include "doctor/habits.h"
#include "doctor/habits_trait.h"
#include "doctor/habits_words.h"
#include "lab/condition.h"
#include "recipes/recipes.h"

#include "tap.h"

#include <openssl/x509.h>
#include <stdlib.h>
#include <time.h>

/* ---- what a probe would have seen ------------------------------------------------------------ */

/* A chain of the lab's with the store that its client would have, and what was judged of it. */
struct seen {
	struct shape shape;
	struct forge *forge;
	struct anchor anchor[2];
	struct store store;
	struct path_trust *trust;
	struct facts facts;
	struct path path;
	struct diagnose diagnose;
	struct habits habits;
};

static struct span der_of(const struct forge *f, size_t i)
{
	unsigned char *der = NULL;
	int n = i2d_X509(forge_cert(f, i), &der);

	return span_of(der, n > 0 ? (size_t)n : 0);
}

static void trust(struct seen *s, size_t cert)
{
	struct err e = { 0 };

	s->anchor[s->store.n].der = der_of(s->forge, cert);
	s->store.anchors = s->anchor;
	s->store.readable = 1;
	s->store.n++;
	path_trust_free(s->trust);
	s->trust = path_trust_new(&s->store, &e);
}

static void show_chain(const struct seen *s, struct facts_tls *t)
{
	for (size_t i = 0; i < s->shape.sends; i++) {
		struct span der = der_of(s->forge, s->shape.send[i]);

		(void)facts_cert(t, der.p, der.n);
		OPENSSL_free((void *)der.p);
	}
}

static struct seen *see(const char *condition, const char *second, enum facts_protocol protocol)
{
	struct seen *s = calloc(1, sizeof *s);
	struct facts *f = &s->facts;
	struct err e = { 0 };

	condition_shape(condition_of(condition), LAB_HTTPS, 0, &s->shape);
	if (second)
		condition_of(second)->fault(&s->shape);
	(void)snprintf(f->name, sizeof f->name, "%s." LAB_DOMAIN, condition);
	if (s->shape.host)
		(void)snprintf(f->name, sizeof f->name, "%s%s",
		    s->shape.host[0] == '*' ? condition : "",
		    s->shape.host + (s->shape.host[0] == '*'));
	s->forge =
	    forge_make(s->shape.cert, s->shape.certs, condition, f->name, "http://127.0.0.1:1", &e);
	if (!s->forge)
		printf("Bail out! %s\n", e.text);
	trust(s, s->shape.anchor);
	f->protocol = protocol;
	f->now = time(NULL);
	f->address.family = AF_INET;
	(void)facts_note(f, FACTS_HANDSHAKE, FACTS_OK);
	show_chain(s, &f->tls);
	return s;
}

/* What check makes of what is in facts now. */
static unsigned judge(struct seen *s)
{
	struct span served[FACTS_CERTS];
	const struct facts_tls *t = &s->facts.tls;
	const struct path_input chain = { .trust = s->trust,
		.served = served,
		.n = t->certs,
		.name = s->facts.name,
		.now = s->facts.now };
	const struct habits_input in = { .facts = &s->facts,
		.path = t->certs ? &s->path : NULL,
		.diagnose = &s->diagnose,
		.trust = s->trust };
	struct err e = { 0 };

	for (size_t i = 0; i < t->certs; i++)
		served[i] = span_of(t->cert[i].p, t->cert[i].n);
	if (t->certs > 0)
		is_int(path_judge(&chain, &s->path, &e), 0, "%s is judged", s->facts.name);
	diagnose(&s->facts, in.path, &s->diagnose);
	habits_judge(&in, &s->habits);
	return habits_traits_of(&in);
}

static void drop(struct seen *s)
{
	for (size_t i = 0; i < s->store.n; i++)
		OPENSSL_free((void *)s->anchor[i].der.p);
	path_trust_free(s->trust);
	forge_free(s->forge);
	facts_free(&s->facts);
	free(s);
}

static const char *outcome(const struct seen *s, const char *client)
{
	const struct habits_verdict *v = habits_of(&s->habits, client);

	return v ? habits_outcome_name(v->outcome) : "nobody";
}

/* ---- the table ------------------------------------------------------------------------------- */

static int is_one_bit(unsigned x)
{
	return x && !(x & (x - 1));
}

static void test_traits(void)
{
	unsigned all = 0;

	for (const struct habits_trait *t = habits_traits; t->id; t++) {
		ok(is_one_bit(t->bit) && !(all & t->bit), "%s has a bit of its own", t->id);
		ok(diagnose_cause(t->cause) && *t->brief && *t->why, "… a cause and a sentence");
		all |= t->bit;
	}
	for (size_t i = 0; habits_client_at(i); i++) {
		const struct habits_client *c = habits_client_at(i);

		ok(!(c->takes & ~(unsigned)HABITS_FAULTS) && !(c->stumbles & HABITS_FAULTS),
		    "%s takes faults, and stumbles over what is none", c->name);
		ok(!((c->takes | c->stumbles | c->unsure) & ~all), "… each has a row");
		ok(!((c->takes | c->stumbles) & c->unsure), "… and is sure or not");
		for (const struct habits_trait *t = habits_traits; t->id; t++)
			if (c->unsure & t->bit)
				ok(t->unsure != NULL, "… %s says what decides", t->id);
	}
}

static int has_row(const char *name, enum facts_protocol protocol)
{
	const struct habits_client *c;

	for (size_t i = 0; (c = habits_client_at(i)); i++)
		if (strcmp(c->name, name) == 0 && c->protocol == protocol)
			return 1;
	return 0;
}

static void test_clients(void)
{
	for (const struct recipe *r = recipes; r->name; r++)
		ok(has_row(r->name, FACTS_MYSQL), "%s of `dbtls connect` has a row", r->name);
	for (const struct recipe *r = recipes_https; r->name; r++)
		ok(has_row(r->name, FACTS_HTTPS), "%s of `dbtls lab try` has a row", r->name);
}

/* ---- traits of chains ------------------------------------------------------------------------ */

static const struct {
	const char *condition, *second;
	unsigned traits;
} chains[] = {
	{ "good", NULL, 0 },
	{ "long-chain", NULL, 0 },
	{ "root-sent", NULL, 0 },
	{ "amazon-root", NULL, 0 },
	{ "wrong-host", NULL, 0 },
	{ "expired", NULL, 0 },
	{ "cn-only", NULL, CN_ONLY },
	{ "cn-only", "expired", CN_ONLY },
	{ "ip-address", NULL, CALLED_BY_ADDRESS },
	{ "ip-address-missing", NULL, CALLED_BY_ADDRESS },
	{ "ip-address-in-cn", NULL, CALLED_BY_ADDRESS | ADDRESS_IN_CN },
	{ "ip-address-as-name", NULL, CALLED_BY_ADDRESS | ADDRESS_AS_NAME },
	{ "rsa-1024", NULL, RSA_1024 },
	{ "rsa-1024-intermediate", NULL, RSA_1024 },
	{ "sha1", NULL, WITH_SHA1 },
	{ "sha1-intermediate", NULL, WITH_SHA1 },
	{ "key-usage", NULL, NO_KEY_USAGE },
	{ "client-only", NULL, NO_SERVER_AUTH },
	{ "staple-missing", NULL, STAPLE_MISSING },
	{ "chain-reversed", NULL, CHAIN_ORDER },
	{ "chain-shuffled", NULL, CHAIN_ORDER },
	{ "amazon-crossed", NULL, CROSSED_ROOT },
};

static void test_chains(void)
{
	for (size_t i = 0; i < sizeof chains / sizeof *chains; i++) {
		struct seen *s = see(chains[i].condition, chains[i].second, FACTS_MYSQL);

		is_int(judge(s) & ~(unsigned)NOT_STRICT, chains[i].traits, "%s%s%s",
		    chains[i].condition, chains[i].second ? " and " : "",
		    chains[i].second ? chains[i].second : "");
		drop(s);
	}
}

/* ---- clients --------------------------------------------------------------------------------- */

static const struct {
	const char *client, *condition, *outcome;
} outcomes[] = {
	{ "go", "cn-only", "refuses" },
	{ "go", "rsa-1024", "connects" },
	{ "go", "key-usage", "connects" },
	{ "node", "ip-address", "refuses" },
	{ "node", "sha1", "refuses" },
	{ "mariadb", "ip-address-as-name", "connects" },
	{ "mariadb", "rsa-1024", "refuses" },
	{ "pymysql", "cn-only", "connects" },
	{ "pymysql", "ip-address-in-cn", "refuses" },
	{ "java", "sha1", "connects" },
	{ "java", "amazon-crossed", "refuses" },
	{ "java", "wrong-host", "refuses" },
	{ "php", "chain-reversed", "connects" },
};

static void test_outcomes(void)
{
	for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++) {
		struct seen *s = see(outcomes[i].condition, NULL, FACTS_MYSQL);

		(void)judge(s);
		is_str(outcome(s, outcomes[i].client), outcomes[i].outcome, "%s at %s",
		    outcomes[i].client, outcomes[i].condition);
		drop(s);
	}
}

/* Whoever trusts the root above as well comes to no bad end there. */
static void test_crossed(void)
{
	struct seen *s = see("amazon-crossed", NULL, FACTS_HTTPS);

	(void)judge(s);
	is_str(outcome(s, "wget"), "refuses", "wget follows the cross-sign");
	is_str(outcome(s, "curl"), "connects", "curl does not");
	trust(s, s->shape.certs - 1);
	is_int(judge(s) & CROSSED_ROOT, 0, "with the root above in the store it is none");
	drop(s);
}

/* ---- traits of what is said ------------------------------------------------------------------ */

static void test_handshake(void)
{
	struct seen *s = see("good", NULL, FACTS_MYSQL);

	(void)facts_note(&s->facts, FACTS_NO_SNI, FACTS_ALERT);
	is_int(judge(s), NEEDS_SNI, "an alert to those without a server name");
	is_str(outcome(s, "mariadb"), "refuses", "MariaDB's sends none");
	is_str(outcome(s, "php"), "connects", "PHP's does");
	s->facts.step[1].end = FACTS_OK;
	show_chain(s, &s->facts.bare);
	is_int(judge(s), 0, "the same certificate without a name");
	s->facts.step[1].end = FACTS_TIMEOUT;
	is_int(judge(s), 0, "no answer says nothing");
	s->facts.step[0].end = FACTS_SMALL_DH;
	facts_note(&s->facts, FACTS_WEAK, FACTS_OK)->code = 512;
	is_int(judge(s), 0, "a group that nobody takes");
	s->facts.step[2].code = 1024;
	is_int(judge(s), DH_1024, "a small group");
	is_str(outcome(s, "go"), "refuses", "Go takes keys of 1024 bits, and no such group");
	is_str(outcome(s, "node"), "connects", "Node.js takes both");
	drop(s);
}

/* Two certificates for one name, as servers have them for two kinds of keys. */
static void test_two_leaves(void)
{
	struct seen *s = see("good", NULL, FACTS_MYSQL), *same = see("good", NULL, FACTS_MYSQL);
	struct seen *other = see("wrong-host", NULL, FACTS_MYSQL);

	(void)facts_note(&s->facts, FACTS_NO_SNI, FACTS_OK);
	show_chain(other, &s->facts.bare);
	is_int(judge(s), NEEDS_SNI, "another host's certificate");
	facts_tls_free(&s->facts.bare);
	s->facts.bare = (struct facts_tls) { 0 };
	show_chain(same, &s->facts.bare);
	ok(same->facts.tls.cert[0].n != s->facts.tls.cert[0].n ||
		memcmp(same->facts.tls.cert[0].p, s->facts.tls.cert[0].p, s->facts.tls.cert[0].n) !=
		    0,
	    "a second certificate for the name");
	is_int(judge(s), 0, "… is as right as the first");
	drop(same);
	drop(other);
	drop(s);
}

static void test_static_rsa(void)
{
	static const struct {
		const char *condition, *cipher;
		unsigned traits;
	} rows[] = {
		{ "good", "AES128-GCM-SHA256", STATIC_RSA },
		{ "good", "AES256-SHA", STATIC_RSA },
		{ "good", "NULL-SHA256", 0 },
		{ "good", "ADH-AES128-GCM-SHA256", 0 },
		{ "expired", "AES128-GCM-SHA256", 0 },
		{ "wrong-host", "AES128-GCM-SHA256", 0 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct seen *s = see(rows[i].condition, NULL, FACTS_MYSQL);

		facts_tls_free(&s->facts.tls);
		s->facts.tls = (struct facts_tls) { 0 };
		s->facts.step[0].end = FACTS_ALERT;
		s->facts.step[0].code = 40;
		(void)facts_note(&s->facts, FACTS_WEAK, FACTS_OK);
		(void)snprintf(
		    s->facts.other.cipher, sizeof s->facts.other.cipher, "%s", rows[i].cipher);
		show_chain(s, &s->facts.other);
		is_int(judge(s), rows[i].traits, "%s, %s", rows[i].cipher, rows[i].condition);
		is_str(outcome(s, "java"), rows[i].traits ? "connects" : "refuses", "… Java");
		is_str(outcome(s, "pymysql"), "refuses", "… Python");
		drop(s);
	}
}

static void test_around(void)
{
	struct seen *s = see("good", NULL, FACTS_MYSQL);

	facts_tls_free(&s->facts.tls);
	s->facts.tls = (struct facts_tls) { 0 };
	s->facts.step[0] = (struct facts_step) { .what = FACTS_GREETING, .end = FACTS_INJECTED };
	is_int(judge(s), INJECTED, "something behind the greeting");
	is_str(outcome(s, "ruby"), "connects", "MariaDB's library reads ahead");
	is_str(outcome(s, "mysql"), "refuses", "Oracle's does not");
	s->facts.step[0] = (struct facts_step) { .what = FACTS_HANDSHAKE, .end = FACTS_LOCAL };
	(void)judge(s);
	is_int(s->habits.n, 0, "what this machine could not do says nothing of clients");
	drop(s);
}

static void test_https(void)
{
	struct seen *s = see("good", NULL, FACTS_HTTPS);

	(void)facts_note(&s->facts, FACTS_SESSION, FACTS_CUT);
	is_int(judge(s), CUT_ANSWER, "an answer that was cut");
	is_str(outcome(s, "curl"), "connects", "curl takes it");
	is_str(outcome(s, "wget"), "refuses", "wget does not");
	is_str(outcome(s, "java"), "nobody", "who speaks MySQL is not asked");
	s->facts.step[1] = (struct facts_step) { .what = FACTS_NO_ALPN, .end = FACTS_ALERT };
	is_int(judge(s), NEEDS_ALPN, "an alert to those without ALPN");
	is_str(outcome(s, "urllib"), "refuses", "urllib does not name its protocol");
	is_str(outcome(s, "boto3"), "connects", "boto3 does");
	drop(s);
}

/* The path's finding as fetched and as stapled. */
static void test_revoked(void)
{
	struct seen *s = see("good", NULL, FACTS_HTTPS);
	struct habits_input in = {
		.facts = &s->facts, .path = &s->path, .diagnose = &s->diagnose, .trust = s->trust
	};

	(void)judge(s);
	s->path.found[s->path.finds++] = (struct path_finding) { "revoked", "" };
	diagnose(&s->facts, &s->path, &s->diagnose);
	habits_judge(&in, &s->habits);
	is_str(outcome(s, "wget"), "connects", "no client asks");
	s->facts.tls.staple = buf_new(8);
	(void)buf_add(&s->facts.tls.staple, "x", 1);
	habits_judge(&in, &s->habits);
	is_str(outcome(s, "wget"), "refuses", "GnuTLS reads what came along");
	is_str(outcome(s, "curl"), "connects", "curl does not");
	drop(s);
}

/* ---- several, and what it depends on --------------------------------------------------------- */

static void test_several(void)
{
	struct seen *s = see("rsa-1024", "expired", FACTS_MYSQL);

	(void)judge(s);
	is_str(outcome(s, "go"), "refuses", "who takes the one fault stops at the other");
	is_str(habits_of(&s->habits, "go")->cause, "expired", "and says for which");
	drop(s);
	s = see("rsa-1024", NULL, FACTS_MYSQL);
	(void)facts_note(&s->facts, FACTS_NO_SNI, FACTS_ALERT);
	(void)judge(s);
	is_str(outcome(s, "node"), "connects", "who takes it goes on");
	is_str(outcome(s, "prisma"), "refuses", "to what it stumbles over");
	is_str(habits_of(&s->habits, "prisma")->cause, "sni-required", "… which is named");
	drop(s);
}

static void test_unsure(void)
{
	struct seen *s = see("good", NULL, FACTS_MYSQL);
	struct habits_input in = {
		.facts = &s->facts, .path = &s->path, .diagnose = &s->diagnose, .trust = s->trust
	};

	(void)judge(s);
	s->path.found[0] = (struct path_finding) { "partial-chain", "" };
	s->path.finds = 1;
	diagnose(&s->facts, &s->path, &s->diagnose);
	habits_judge(&in, &s->habits);
	is_str(outcome(s, "go"), "connects", "Go does with an intermediate");
	is_str(outcome(s, "mysql"), "refuses", "OpenSSL does not");
	is_str(outcome(s, "pymysql"), "unknown", "Python's version decides");
	ok(strstr(habits_of(&s->habits, "pymysql")->why, "3.13") != NULL, "which is said");
	drop(s);
}

/* ---- how it is told -------------------------------------------------------------------------- */

static void is_line(struct seen *s, const char *line, const char *of)
{
	struct buf text;

	(void)judge(s);
	habits_words_line(&s->habits, &text);
	is_str((const char *)text.p, line, "the line of %s", of);
	buf_free(&text);
	drop(s);
}

static void test_lines(void)
{
	is_line(see("good", NULL, FACTS_MYSQL), "", "good");
	is_line(see("expired", NULL, FACTS_MYSQL), "", "expired");
	is_line(see("chain-shuffled", NULL, FACTS_MYSQL), "not for all: java refuses (chain order)",
	    "chain-shuffled");
	is_line(see("ip-address", NULL, FACTS_MYSQL),
	    "not for all: node, sequelize, prisma refuse (an address)", "ip-address");
	is_line(see("key-usage", NULL, FACTS_HTTPS), "nevertheless: go-http connects (key usage)",
	    "key-usage");
}

static void test_rows(void)
{
	static const char *const starts[] = { "go, gorm, node, ", "java: takes the chain" };
	struct seen *s = see("chain-shuffled", NULL, FACTS_MYSQL);
	const char *head;
	struct buf text;
	size_t n = 0;

	(void)judge(s);
	for (; habits_words_row(&s->habits, n, &head, &text); n++) {
		if (n < 2)
			ok(strncmp((const char *)text.p, starts[n], strlen(starts[n])) == 0,
			    "row %zu: %s%s", n, head, (const char *)text.p);
		buf_free(&text);
	}
	buf_free(&text);
	ok(n > 3, "and what each does left to itself");
	drop(s);
}

/* ---- the client that the target names -------------------------------------------------------- */

static void test_break(void)
{
	struct seen *s = see("chain-shuffled", NULL, FACTS_MYSQL);

	(void)judge(s);
	is_str(s->diagnose.v[0].cause->id, "ok", "for others it is a warning");
	diagnose_break(&s->diagnose, "bad-chain-order", "java: as it was sent");
	is_int(s->diagnose.n, 1, "for this one it is the cause, and no warning beside it");
	is_str(s->diagnose.v[0].cause->id, "bad-chain-order", "… of the same id");
	is_int(s->diagnose.v[0].cause->kind, DIAGNOSE_BROKEN, "… and broken");
	is_str(s->diagnose.v[0].evidence, "java: as it was sent", "… with its evidence");
	drop(s);
}

int main(void)
{
	test_traits();
	test_clients();
	test_chains();
	test_outcomes();
	test_crossed();
	test_handshake();
	test_two_leaves();
	test_static_rsa();
	test_around();
	test_https();
	test_revoked();
	test_several();
	test_unsure();
	test_lines();
	test_rows();
	test_break();
	return tap_done();
}
