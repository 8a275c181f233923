/* SPDX-License-Identifier: Apache-2.0 */
/* D7: whether one store trusts the chain that a server shows, at the lab's chains, right and wrong.
 */
#include "lab/condition.h"
#include "lab/forge.h"
#include "lab/issuers.h"
#include "trust/kind.h"
#include "trust/reach.h"

#include "selfsigned.h"
#include "tap.h"

#define URL "http://127.0.0.1:9"

/* What comes out with the CA that the condition gives its client; else it is trusted. */
static const struct expected {
	const char *name;
	enum reach_verdict verdict;
	const char *of; /* words of it */
} expected[] = {
	{ "untrusted-root", REACH_LACKS, "CN=dbtls lab unknown root" },
	{ "untrusted-root-sent", REACH_LACKS, "CN=dbtls lab unknown root" },
	{ "untrusted-root-namesake", REACH_NAMESAKE, "CN=dbtls lab root" },
	{ "missing-intermediate", REACH_ALONE, "missing-intermediate intermediate" },
	{ "self-signed", REACH_LACKS, "CN=self-signed" },
	{ "intercepted", REACH_LACKS, "CN=" },
	{ "wrong-host", REACH_OTHER_HOST, "CN=" },
	{ "wrong-host-right-cn", REACH_OTHER_HOST, "CN=wrong-host-right-cn" },
	{ "wildcard-too-shallow", REACH_OTHER_HOST, "" },
	{ "nul-in-name", REACH_OTHER_HOST, "" },
	{ "look-alike", REACH_OTHER_HOST, "" },
	{ "cn-only", REACH_OTHER_HOST, "CN=cn-only" },
	{ "ip-address-missing", REACH_OTHER_HOST, "" },
	{ "ip-address-in-cn", REACH_OTHER_HOST, "" },
	{ "ip-address-as-name", REACH_OTHER_HOST, "" },
	{ "expired", REACH_EXPIRED, "CN=expired" },
	{ "expired-intermediate", REACH_EXPIRED, "CN=dbtls lab expired-intermediate intermediate" },
	{ "not-yet-valid", REACH_NOT_YET, "CN=not-yet-valid" },
	{ "sha1", REACH_REFUSED, "" },
	{ "sha1-intermediate", REACH_REFUSED, "" },
	{ "rsa-1024", REACH_REFUSED, "" },
	{ "rsa-1024-intermediate", REACH_REFUSED, "" },
	{ "client-only", REACH_REFUSED, "CN=client-only" },
	{ "key-usage", REACH_REFUSED, "CN=key-usage" },
	{ "issuer-no-ca", REACH_REFUSED, "intermediate" },
	{ "issuer-no-certsign", REACH_REFUSED, "intermediate" },
	{ "name-constraint", REACH_REFUSED, "" },
	{ "path-too-long", REACH_REFUSED, "" },
	{ NULL, REACH_TRUSTED, "" },
};

struct made {
	struct shape shape;
	char host[128];
	struct forge *f;
	struct buf der[FORGE_CERTS];
	struct reach_chain chain;
};

static void make(const struct condition *c, struct made *m)
{
	struct err e = { 0 };
	const char *form;

	*m = (struct made) { .chain.host = m->host };
	condition_shape(c, LAB_HTTPS, 0, &m->shape);
	form = m->shape.host ? m->shape.host : "*." LAB_DOMAIN;
	(void)snprintf(
	    m->host, sizeof m->host, "%s%s", *form == '*' ? c->name : "", form + (*form == '*'));
	m->f = forge_make(m->shape.cert, m->shape.certs, c->name, m->host, URL, &e);
	ok(m->f != NULL, "%s is made %s", c->name, e.text);
	for (size_t i = 0; m->f && i < m->shape.sends; i++) {
		m->der[i] = x509_der(forge_cert(m->f, m->shape.send[i]));
		m->chain.der[i] = span_of(m->der[i].p, m->der[i].n);
		m->chain.n++;
	}
}

static void unmake(struct made *m)
{
	for (size_t i = 0; i < FORGE_CERTS; i++)
		buf_free(&m->der[i]);
	forge_free(m->f);
}

/* By a store of these certificates, given by index; distrusted: one that is there as such, or 0. */
static struct reach by(
    const struct made *m, const size_t *indexes, size_t n, size_t distrusted, time_t now)
{
	struct reach r = { .why = "" };
	struct store_list list = { 0 };
	struct err e = { 0 };
	int rc = store_name(&list, "a store", &e);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		const struct store_cert c = { .x = forge_cert(m->f, indexes[i]) };

		rc = store_add(&list.v[0], &c, &e);
	}
	if (rc == 0 && distrusted) {
		const struct store_cert c = { .x = forge_cert(m->f, distrusted),
			.servers = ANCHOR_DISTRUSTED };

		rc = store_add(&list.v[0], &c, &e);
	}
	ok(rc == 0 && reach_try(&list.v[0], &m->chain, now, &r, &e) == 0, "tried %s", e.text);
	store_free(&list);
	return r;
}

static void one_condition(const struct condition *c)
{
	const struct expected *x = expected;
	struct made m;
	struct reach r;

	while (x->name && strcmp(x->name, c->name) != 0)
		x++;
	make(c, &m);
	r = by(&m, &m.shape.anchor, 1, 0, time(NULL));
	is_str(reach_name(r.verdict), reach_name(x->verdict), "%s", c->name);
	ok(strstr(r.of, x->of), "%s: of \"%s\"", c->name, r.of);
	is_int(*r.why != '\0', x->verdict == REACH_REFUSED, "and why: %s", r.why);
	unmake(&m);
}

static void test_conditions(void)
{
	for (const struct condition *c = lab_good; c->name; c++)
		one_condition(c);
	for (const struct condition *c = lab_who; c->name; c++)
		one_condition(c);
}

static void test_stores(void)
{
	const size_t root = ROOT, intermediate = INTERMEDIATE, both[] = { INTERMEDIATE, ROOT };
	const time_t now = time(NULL);
	struct made m;
	struct reach r;

	make(condition_of("good"), &m);
	is_int(by(&m, &root, 1, 0, now).verdict, REACH_TRUSTED, "the root");
	is_int(by(&m, NULL, 0, 0, now).verdict, REACH_LACKS, "nothing");
	r = by(&m, &intermediate, 1, 0, now);
	ok(r.verdict == REACH_SOME && strstr(r.of, "intermediate"), "the intermediate: %s", r.of);
	is_int(by(&m, both, 2, 0, now).verdict, REACH_TRUSTED, "both");
	r = by(&m, &root, 1, INTERMEDIATE, now);
	ok(r.verdict == REACH_DISTRUSTED && strstr(r.of, "intermediate"), "distrusted: %s", r.of);
	r = by(&m, &root, 1, 0, now + 365 * 86400L);
	ok(r.verdict == REACH_EXPIRED && strstr(r.of, "CN=good"), "in a year: %s", r.of);
	m.chain.host = "other." LAB_DOMAIN;
	is_int(by(&m, &root, 1, 0, now).verdict, REACH_OTHER_HOST, "another host");
	m.chain.host = "127.0.0.1";
	is_int(by(&m, &root, 1, 0, now).verdict, REACH_TRUSTED, "an address that it names");
	m.chain.host = "127.0.0.9";
	is_int(by(&m, &root, 1, 0, now).verdict, REACH_OTHER_HOST, "and another");
	unmake(&m);
}

/* What a stranger sends need not be a certificate. */
static void test_rubbish(void)
{
	struct store_list list = { 0 };
	struct reach r;
	struct made m;
	struct err e;

	make(condition_of("good"), &m);
	(void)store_name(&list, "empty", &e);
	m.chain.der[1] = span_of("rubbish", 7);
	ok(reach_try(&list.v[0], &m.chain, time(NULL), &r, &e) == 0, "behind the first: no matter");
	is_int(r.verdict, REACH_ALONE, "the rest counts");
	m.chain.der[0] = span_of("rubbish", 7);
	ok(reach_try(&list.v[0], &m.chain, time(NULL), &r, &e) < 0, "%s", e.text);
	m.chain.n = 0;
	ok(reach_try(&list.v[0], &m.chain, time(NULL), &r, &e) < 0, "none: %s", e.text);
	store_free(&list);
	unmake(&m);
}

static void test_words(void)
{
	for (int v = REACH_TRUSTED; v <= REACH_REFUSED; v++) {
		ok(*reach_words((enum reach_verdict)v), "%s: %s", reach_name((enum reach_verdict)v),
		    reach_words((enum reach_verdict)v));
		is_int(reach_fails((enum reach_verdict)v), v != REACH_TRUSTED, "and what it means");
	}
}

int main(void)
{
	test_conditions();
	test_stores();
	test_rubbish();
	test_words();
	forge_forget();
	return tap_done();
}
