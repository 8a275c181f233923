/* SPDX-License-Identifier: Apache-2.0 */
/* From facts to causes, and how that is told (D3, D4, D13, T2, T17). */
#include "doctor/detour.h"
#include "doctor/diagnose.h"
#include "doctor/leaving.h"
#include "probe/logon.h"
#include "doctor/retries.h"
#include "probe/strange.h"
#include "doctor/verdict.h"
#include "lab/condition.h"
#include "trust/roots.h"

#include "tap.h"

#include <stdlib.h>

static struct facts *new_facts(void)
{
	struct facts *f = calloc(1, sizeof *f);

	(void)snprintf(f->name, sizeof f->name, "db.example.com");
	f->port = 3306;
	f->address.family = AF_INET;
	return f;
}

static void drop(struct facts *f)
{
	facts_free(f);
	free(f);
}

static const char *first(const struct facts *f, const struct path *p)
{
	static struct diagnose d;

	diagnose(f, p, &d);
	return d.v[0].cause->id;
}

/* ---- each end -------------------------------------------------------------------------------- */

static const struct {
	enum facts_what what;
	enum facts_end end;
	int code, asked;
	const char *id;
} ends[] = {
	{ FACTS_GREETING, FACTS_ERROR, 1040, 0, "too-many-connections" },
	{ FACTS_GREETING, FACTS_ERROR, 1129, 0, "host-blocked" },
	{ FACTS_GREETING, FACTS_ERROR, 1130, 0, "address-not-allowed" },
	{ FACTS_GREETING, FACTS_ERROR, 4711, 0, "server-error" },
	{ FACTS_GREETING, FACTS_TIMEOUT, 0, 0, "greeting-timeout" },
	{ FACTS_GREETING, FACTS_NO_TLS, 0, 0, "tls-not-offered" },
	{ FACTS_HANDSHAKE, FACTS_ALERT, 40, 0, "no-shared-cipher" },
	{ FACTS_HANDSHAKE, FACTS_ALERT, 40, 1, "client-cert-required" },
	{ FACTS_HANDSHAKE, FACTS_ALERT, 70, 0, "protocol-version" },
	{ FACTS_HANDSHAKE, FACTS_ALERT, 112, 0, "sni-required" },
	{ FACTS_HANDSHAKE, FACTS_ALERT, 120, 0, "alpn-mismatch" },
	{ FACTS_HANDSHAKE, FACTS_ALERT, 80, 0, "server-alert" },
	{ FACTS_HANDSHAKE, FACTS_TIMEOUT, 0, 0, "handshake-timeout" },
	{ FACTS_HANDSHAKE, FACTS_RESET, 0, 0, "handshake-reset" },
	{ FACTS_SESSION, FACTS_ALERT, 116, 1, "client-cert-required" },
	{ FACTS_SESSION, FACTS_CUT, 0, 0, "session-closed" },
	{ FACTS_SESSION, FACTS_TIMEOUT, 0, 0, "session-timeout" },
	{ FACTS_LOGIN, FACTS_ERROR, 1045, 0, "login-failed" },
	{ FACTS_LOGIN, FACTS_OTHER, 0, 0, "nodes-differ" },
	{ FACTS_LOGIN, FACTS_METHOD, 0, 0, "ok" },
};

static void test_ends(void)
{
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		struct facts *f = new_facts();

		f->tls.asked = ends[i].asked;
		facts_note(f, ends[i].what, ends[i].end)->code = ends[i].code;
		is_str(first(f, NULL), ends[i].id, "%s %s %d%s", facts_what_name(ends[i].what),
		    facts_end_name(ends[i].end), ends[i].code, ends[i].asked ? ", asked" : "");
		drop(f);
	}
}

/* Nothing that went wrong may be taken for a good end, be it known or not. */
static void test_no_silence(void)
{
	int good = 0;

	for (int what = 0; what <= FACTS_LOGIN; what++)
		for (int end = 0; end < FACTS_ENDS; end++) {
			struct facts *f = new_facts();

			if (what == FACTS_RESOLVE || what == FACTS_CONNECT)
				f->address.family = 0;
			(void)facts_note(f, (enum facts_what)what, (enum facts_end)end);
			good += end != FACTS_OK && end != FACTS_METHOD &&
				strcmp(first(f, NULL), "ok") == 0;
			drop(f);
		}
	is_int(good, 0, "no step that failed leads to ok");
}

static void test_plain(void)
{
	struct facts *f = new_facts();

	(void)facts_note(f, FACTS_HANDSHAKE, FACTS_PLAIN);
	(void)facts_note(f, FACTS_HELD, FACTS_OK);
	is_str(first(f, NULL), "tls-refused", "a server that speaks before the ClientHello");
	f->step[1].end = FACTS_TIMEOUT;
	is_str(first(f, NULL), "plaintext-injected", "one that has waited for it");
	drop(f);
}

/* ---- several --------------------------------------------------------------------------------- */

static void test_order(void)
{
	struct facts *f = new_facts();
	struct path p = { .finds = 3,
		.found = { { "bad-chain-order", "b" }, { "expired", "e" },
		    { "hostname-mismatch", "h" } } };
	struct diagnose d;

	(void)facts_note(f, FACTS_HANDSHAKE, FACTS_OK);
	(void)facts_note(f, FACTS_SESSION, FACTS_CLOSED);
	diagnose(f, &p, &d);
	is_int(d.n, 4, "all are named");
	is_str(d.v[0].cause->id, "expired", "first what a client stumbles over first");
	is_str(d.v[0].evidence, "e", "with its evidence");
	is_str(d.v[1].cause->id, "hostname-mismatch", "then the next");
	is_str(d.v[2].cause->id, "session-closed", "then what comes after the chain");
	is_str(d.v[3].cause->id, "bad-chain-order", "a warning at last");
	p.finds = 1;
	f->step[1].end = FACTS_OK;
	diagnose(f, &p, &d);
	is_str(d.v[0].cause->id, "ok", "with a warning alone it is ok");
	is_str(d.v[1].cause->id, "bad-chain-order", "and the warning is told");
	diagnose_add(&d, "ca-file-unreadable", "gone");
	is_str(d.v[0].cause->id, "ca-file-unreadable", "a finding of the caller's comes first");
	is_int(d.n, 2, "and it is ok no more");
	diagnose_settings(&d, "option-insecure", 0, "anyone");
	is_str(d.v[1].cause->id, "option-insecure", "settings are ahead of other warnings");
	is_str(d.v[0].cause->id, "ca-file-unreadable", "and behind what breaks it");
	diagnose_settings(&d, "option-unknown", 1, "ssl-moed");
	is_str(d.v[0].cause->id, "option-unknown", "what the client stops at is first of all");
	is_int(d.v[0].cause->kind, DIAGNOSE_BROKEN, "and breaks it");
	drop(f);
}

static void test_no_certificate(void)
{
	struct facts *f = new_facts();

	(void)facts_note(f, FACTS_HANDSHAKE, FACTS_OK);
	is_str(first(f, NULL), "proof-missing", "a handshake without a certificate is not ok");
	drop(f);
}

/* Of several addresses one may be dead. */
static void test_addresses(void)
{
	struct facts *f = new_facts();
	const struct path p = { .finds = 0 };

	(void)facts_note(f, FACTS_CONNECT, FACTS_TIMEOUT);
	(void)facts_note(f, FACTS_CONNECT, FACTS_OK);
	(void)facts_note(f, FACTS_HANDSHAKE, FACTS_OK);
	is_str(first(f, &p), "ok", "one of two addresses answers");
	drop(f);
}

static void test_causes(void)
{
	const struct diagnose_cause *c;
	size_t n = 0;

	for (; (c = diagnose_cause_at(n)); n++)
		ok(*c->sentence && (c->kind == DIAGNOSE_OK || *c->advice),
		    "%s has a sentence and a next step", c->id);
	for (const struct lab_cause *l = lab_causes; l->id; l++)
		ok(diagnose_cause(l->id) != NULL, "the lab's %s is a cause", l->id);
	ok(diagnose_cause("no-such-cause") == NULL, "what is none is none");
}

/* ---- telling it ------------------------------------------------------------------------------ */

static void test_told(void)
{
	struct facts *f = new_facts();
	struct diagnose d;
	const struct verdict v = {
		.target = "db", .again = "db:3306", .facts = f, .diagnose = &d, .store = "roots"
	};
	json_t *o, *step, *verdict;

	facts_say(facts_note(f, FACTS_GREETING, FACTS_ERROR), "\x1b[31mfull", 9);
	f->step[0].code = 1040;
	diagnose(f, NULL, &d);
	o = verdict_json(&v);
	verdict = json_object_get(o, "verdict");
	is_str(
	    json_string_value(json_object_get(verdict, "id")), "too-many-connections", "the cause");
	is_str(json_string_value(json_object_get(verdict, "kind")), "broken", "its kind");
	step = json_array_get(json_object_get(o, "steps"), 0);
	is_str(json_string_value(json_object_get(step, "text")), "?[31mfull",
	    "a stranger's words may go to a terminal");
	json_decref(o);
	drop(f);
}

/* ---- beside the way -------------------------------------------------------------------------- */

static const struct diagnosis *of(const struct diagnose *d, const char *id)
{
	static const struct diagnosis none;

	for (size_t i = 0; i < d->n; i++)
		if (strcmp(d->v[i].cause->id, id) == 0)
			return &d->v[i];
	return &none;
}

/* D3: a certificate that is valid by the server's clock, and not by this machine's. */
static void test_clock(void)
{
	struct facts *f = new_facts();
	struct path p = { .certs = 1,
		.cert = { { .from = 1000, .until = 5000, .used = 1 } },
		.finds = 1,
		.found = { { "expired", "e" } } };
	struct diagnose d;

	f->now = 9000;
	diagnose(f, &p, &d);
	ok(!of(&d, "clock-skew")->cause, "no Date, and nothing is said of clocks");
	f->date = 8800;
	diagnose(f, &p, &d);
	ok(!of(&d, "clock-skew")->cause, "200 s are let pass");
	f->date = 4000;
	diagnose(f, &p, &d);
	ok(of(&d, "clock-skew")->cause &&
		strstr(of(&d, "clock-skew")->evidence, "5000 s ahead; by"),
	    "which clock is to be looked at: %s", of(&d, "clock-skew")->evidence);
	is_str(d.v[0].cause->id, "expired", "the cause stays");
	f->date = 9400;
	diagnose(f, &p, &d);
	is_str(of(&d, "clock-skew")->evidence, "this machine's is 400 s behind",
	    "no word of certificates that are wrong by both clocks");
	drop(f);
}

/* D3: what AWS says of a signed request. */
static void test_signed(void)
{
	static const struct {
		const char *text, *id;
	} rows[] = {
		{ "UnrecognizedClientException: The security token", "login-failed" },
		{ "InvalidSignatureException: The request signature we", "login-failed" },
		{ "InvalidSignatureException: Signature expired: 2026", "clock-skew" },
		{ "InvalidSignatureException: Signature not yet current: 2026", "clock-skew" },
		{ "AccessDeniedException: User: arn:aws:iam::1:user/x is not", "ok" },
		{ "ThrottlingException: Rate exceeded", "server-error" },
		{ "", "server-error" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct facts *f = new_facts();
		struct path p = { .certs = 1 };

		f->protocol = FACTS_HTTPS;
		(void)facts_note(f, FACTS_HANDSHAKE, FACTS_OK);
		facts_say(
		    facts_note(f, FACTS_LOGIN, FACTS_ERROR), rows[i].text, strlen(rows[i].text));
		is_str(first(f, &p), rows[i].id, "%s", rows[i].text);
		drop(f);
	}
}

/* Which errors show that MySQL has looked at the login, and not only at who comes. */
static void test_proofs(void)
{
	static const int yes[] = { 1045, 1698, 1044, 1049, 1251, 1226, 1203, 1820, 1862, 3118,
		1105 };
	static const int no[] = { 1040, 1042, 1043, 1053, 1129, 1130, 1159, 3032, 3159, 9001 };

	for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
		ok(logon_proves(yes[i]), "%d is an answer to the login", yes[i]);
	for (size_t i = 0; i < sizeof no / sizeof *no; i++)
		ok(!logon_proves(no[i]), "%d is none", no[i]);
}

/* T2: a server without TLS 1.3. */
static void test_version(void)
{
	struct facts *f = new_facts();
	struct path p = { .certs = 1, .finds = 1, .found = { { "untrusted-root", "u" } } };
	struct diagnose d;

	(void)facts_note(f, FACTS_HANDSHAKE, FACTS_OK);
	f->tls.version = 0x0304;
	diagnose(f, &p, &d);
	ok(!of(&d, "protocol-version")->cause, "nothing is said of TLS 1.3");
	f->tls.version = 0x0303;
	diagnose(f, &p, &d);
	is_str(d.v[0].cause->id, "untrusted-root", "the cause first");
	is_int(of(&d, "protocol-version")->cause->kind, DIAGNOSE_WARNING, "and TLS 1.2 a warning");
	drop(f);
}

static const struct retries *sdk_of(const struct retries *r, size_t n, const char *begin)
{
	for (size_t i = 0; i < n; i++)
		if (strncmp(r[i].sdk, begin, strlen(begin)) == 0)
			return &r[i];
	return NULL;
}

/* ms that an SDK took in truth, at a root that it did not trust. */
static const struct {
	const char *sdk;
	unsigned attempts, least, most;
} counted[] = {
	{ "boto3 (botocore before", 10, 25000, 28000 },
	{ "aws-cli 2", 3, 2200, 2200 },
	{ "aws-sdk-js 2", 11, 18000, 36000 },
	{ "aws-sdk-js 3", 1, 500, 500 },
};

/* D4: the delay that an SDK's retries make of a refusal. */
static void test_retries(void)
{
	struct facts *f = new_facts();
	struct retries r[RETRIES_MAX];
	size_t n;

	f->protocol = FACTS_HTTPS;
	(void)snprintf(f->name, sizeof f->name, "dynamodb.eu-west-3.amazonaws.com");
	facts_note(f, FACTS_CONNECT, FACTS_OK)->ms = 50;
	facts_note(f, FACTS_HANDSHAKE, FACTS_OK)->ms = 150;
	facts_note(f, FACTS_NO_SNI, FACTS_OK)->ms = 9999;
	n = retries_of(f, "untrusted-root", r);
	for (size_t i = 0; i < sizeof counted / sizeof *counted; i++) {
		const struct retries *s = sdk_of(r, n, counted[i].sdk);

		ok(s && s->attempts == counted[i].attempts && s->each == 200 && !s->endless,
		    "%s: as many attempts as were counted", counted[i].sdk);
		/* A quarter of a second of each attempt was the program's start. */
		ok(s && s->attempts * 500 + s->most >= counted[i].least &&
			s->attempts * s->each + s->least <= counted[i].most,
		    "and as long, %u to %u ms", counted[i].least, counted[i].most);
	}
	is_int(sdk_of(r, n, "boto3 (botocore before")->most, 25550, "50 ms, doubled eight times");
	is_int(sdk_of(r, n, "boto3 (botocore 1.44)")->most, 175, "since then three pauses");
	is_int(sdk_of(r, n, "aws-sdk-ruby")->least, 25500, "two without a pause, and no chance");
	is_int(sdk_of(r, n, "aws-sdk-php")->most, 32700, "with a bound to each pause");
	n = retries_of(f, "connect-timeout", r);
	is_int(sdk_of(r, n, "boto3 (botocore 1.44)")->each, 60000, "its own bound of a connection");
	is_int(sdk_of(r, n, "aws-sdk-java 2")->each, 2000, "and another's");
	n = retries_of(f, "session-timeout", r);
	ok(sdk_of(r, n, "aws-sdk-js 3")->endless && sdk_of(r, n, "aws-sdk-go")->endless,
	    "who has no bound waits for ever");
	is_int(retries_of(f, "login-failed", r), 0, "no SDK tries a wrong key again");
	(void)snprintf(f->name, sizeof f->name, "db.example.com");
	is_int(retries_of(f, "untrusted-root", r), 0, "and of other hosts nothing is said");
	drop(f);
}

/* D4: what is slow is measured, and no fault. */
static void test_slow(void)
{
	struct facts *f = new_facts();
	struct path p = { .certs = 1 };
	struct diagnose d;

	facts_note(f, FACTS_CONNECT, FACTS_OK)->ms = 1000;
	facts_note(f, FACTS_HANDSHAKE, FACTS_OK)->ms = 2345;
	diagnose(f, &p, &d);
	is_str(d.v[0].cause->id, "ok", "a slow handshake is a good one");
	is_str(of(&d, "slow")->evidence, "handshake took 2.3 s", "and its time is told");
	f->step[1].end = FACTS_TIMEOUT;
	diagnose(f, &p, &d);
	ok(!of(&d, "slow")->cause, "what was given up is another thing");
	drop(f);
}

static void test_aws(void)
{
	struct facts *f = new_facts();
	struct diagnose d;

	f->address.family = 0;
	f->protocol = FACTS_HTTPS;
	(void)facts_note(f, FACTS_RESOLVE, FACTS_NO_NAME);
	diagnose(f, NULL, &d);
	ok(!strstr(d.v[0].cause->advice, "VPC"), "the advice for any name");
	(void)snprintf(f->name, sizeof f->name, "dynamodb.eu-west-3.amazonaws.com");
	(void)snprintf(f->proxy, sizeof f->proxy, "proxy:3128");
	diagnose(f, NULL, &d);
	is_str(d.v[0].cause->id, "dns-failure", "the same cause");
	ok(strstr(d.v[0].cause->advice, "VPC") != NULL, "and AWS's advice");
	ok(strstr(of(&d, "proxy-unused")->evidence, "proxy:3128") != NULL, "the proxy is told");
	drop(f);
}

static void test_detour(void)
{
	static const struct {
		const char *proxy, *no_proxy, *host, *wanted;
	} rows[] = {
		{ "http://proxy.example.com:3128", NULL, "db.example.com",
		    "proxy.example.com:3128" },
		{ "proxy:3128/", "", "db.example.com", "proxy:3128" },
		{ "http://me:p@ss@proxy:1/x?y@z", "localhost,other.com", "db.example.com",
		    "proxy:1" },
		{ "http://proxy:1", "x, .example.com", "db.example.com", "" },
		{ "http://proxy:1", "EXAMPLE.com", "db.example.com", "" },
		{ "http://proxy:1", "ample.com", "db.example.com", "proxy:1" },
		{ "http://proxy:1", "*", "db.example.com", "" },
		{ "", NULL, "db.example.com", "" },
		{ NULL, NULL, "db.example.com", "" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char out[128] = "";

		(void)detour_of(rows[i].proxy, rows[i].no_proxy, rows[i].host, out, sizeof out);
		is_str(out, rows[i].wanted, "the proxy by row %zu", i);
	}
}

/* D7: until when browsers' programmes keep a root. */
static void test_leaving(void)
{
	static const time_t in_2025 = 1735700000, in_2026 = 1795000000, in_2029 = 1890000000;
	const char *g2 = roots_named("starfield-services-g2")->subject;
	struct store_list list = { 0 };
	struct err e = { 0 };
	char out[256] = "";

	ok(store_shipped(&list, &e) == 0, "the roots that ship with dbtls");
	for (size_t i = 0; i < list.v[0].n; i++)
		is_str(roots_amazon[i].subject, list.v[0].anchors[i].subject, "its subject");
	ok(leaving_root(&list.v[0], g2, in_2025, out, sizeof out), "one of two has dropped it");
	is_str(out, "starfield-services-g2: Chrome has taken it out", "which one");
	ok(leaving_root(&list.v[0], g2, in_2026, out, sizeof out), "the other is about to");
	is_str(out,
	    "starfield-services-g2: Mozilla takes it out (2027-04-15), Chrome has taken it out",
	    "and when");
	ok(leaving_root(NULL, g2, in_2029, out, sizeof out) && strstr(out, "named as") &&
		strstr(out, "Mozilla has taken it out"),
	    "one of that name: %s", out);
	is_int(leaving_root(&list.v[0], roots_amazon[0].subject, in_2026, out, sizeof out), 0,
	    "one that stays");
	is_int(leaving_root(&list.v[0], roots_amazon[0].subject, in_2029, out, sizeof out), 1,
	    "until a year before its time");
	is_int(leaving_root(&list.v[0], "CN=other", in_2026, out, sizeof out), 0, "any other");
	store_free(&list);
}

/* ---- what is no TLS -------------------------------------------------------------------------- */

static void strange(const void *p, size_t n, enum strange wanted)
{
	is_int(strange_is(span_of(p, n)), wanted, "%s", strange_words(wanted));
}

static void test_strange(void)
{
	strange("HTTP/1.1 400 Bad", 16, STRANGE_HTTP);
	strange("SSH-2.0-OpenSSH_9", 17, STRANGE_SSH);
	strange("\x05\0\0\0\x0b\x08\x05\x1a\0", 9, STRANGE_MYSQLX);
	strange("\x09\0\0\0\xff\x10\x04Too ma", 13, STRANGE_MYSQL);
	strange("220 mail", 8, STRANGE_SMTP);
	strange("\x16\x03\x03\0\x10", 5, STRANGE_TLS);
	strange("", 0, STRANGE_UNKNOWN);
}

/* D3: what answers is said in a sentence, with the target that would do. */
static void test_other_form(void)
{
	static const struct {
		enum facts_protocol protocol;
		enum facts_what what;
		enum strange is;
		const char *advice; /* part of it */
	} rows[] = {
		{ FACTS_HTTPS, FACTS_HANDSHAKE, STRANGE_MYSQL, "dbtls check {host}:{port}" },
		{ FACTS_TLS, FACTS_HANDSHAKE, STRANGE_MYSQL, "dbtls check {host}:{port}" },
		{ FACTS_MYSQL, FACTS_GREETING, STRANGE_TLS, "dbtls check https://{host}:{port}" },
		{ FACTS_MYSQL, FACTS_GREETING, STRANGE_HTTP, "Is {port} the right port" },
		{ FACTS_HTTPS, FACTS_HANDSHAKE, STRANGE_HTTP, "Is {port} the right port" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct facts *f = new_facts();
		const char *words = strange_words(rows[i].is);
		struct diagnose d;

		f->protocol = rows[i].protocol;
		facts_say(facts_note(f, rows[i].what, FACTS_STRANGE), words, strlen(words));
		diagnose(f, NULL, &d);
		is_str(d.v[0].cause->id, "not-tls", "%s", words);
		ok(strstr(d.v[0].cause->advice, rows[i].advice) != NULL, "what to type: %s",
		    d.v[0].cause->advice);
		ok(strstr(d.v[0].evidence, "what answers is ") == d.v[0].evidence, "%s",
		    d.v[0].evidence);
		drop(f);
	}
}

int main(void)
{
	test_ends();
	test_no_silence();
	test_plain();
	test_order();
	test_no_certificate();
	test_addresses();
	test_causes();
	test_told();
	test_retries();
	test_clock();
	test_signed();
	test_proofs();
	test_version();
	test_slow();
	test_aws();
	test_detour();
	test_leaving();
	test_strange();
	test_other_form();
	return tap_done();
}
