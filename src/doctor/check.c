/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/check.h"

#include "base/columns.h"
#include "base/i18n.h"
#include "doctor/detour.h"
#include "probe/fetch.h"
#include "doctor/leaving.h"
#include "doctor/wrap.h"
#include "pki/truststore.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

int check_read(struct check *c, struct span text, struct err *e)
{
	*c = (struct check) { .store_path = "" };
	return target_parse(&c->target, text, e);
}

void check_free(struct check *c)
{
	target_free(&c->target);
	facts_free(&c->facts);
	stores_free(&c->stores);
	trusts_free(c->own);
}

/* ---- the store ------------------------------------------------------------------------------- */

static const char *store_of(const struct target *t, const struct check_wish *w)
{
	if (w->ca)
		return w->ca;
	if (t->ca || t->ca_folder)
		return t->ca ? t->ca : t->ca_folder;
	return t->store ? t->store : truststore_system();
}

static void find_store(struct check *c, const struct check_wish *w)
{
	const struct store_secret secret = { .given = c->target.store_password };

	c->store_path = store_of(&c->target, w);
	c->store = trusts_get(w->trusts, c->store_path, &secret, &c->store_why);
}

/* ---- going there ----------------------------------------------------------------------------- */

static enum facts_protocol protocol_of(const struct target *t)
{
	if (t->protocol == TARGET_MYSQL)
		return FACTS_MYSQL;
	return t->protocol == TARGET_TLS ? FACTS_TLS : FACTS_HTTPS;
}

static enum https_api api_of(const struct target *t)
{
	if (t->service == TARGET_DYNAMODB)
		return HTTPS_DYNAMODB;
	return t->service == TARGET_STREAMS ? HTTPS_STREAMS : HTTPS_NO_API;
}

static struct probe_wish wish_of(const struct check *c, const struct check_wish *w)
{
	const struct target *t = &c->target;

	return (struct probe_wish) {
		.host = t->host,
		.name = t->server_name ? t->server_name : t->host,
		.port = t->port,
		.protocol = protocol_of(t),
		.api = api_of(t),
		.to = w->to,
		.ms = w->ms,
		.stop = w->stop,
		.names = w->names,
		.now = time(NULL),
	};
}

/* ---- the verdict ----------------------------------------------------------------------------- */

/* What was fetched, of one kind, into out. */
static size_t fetched(const struct facts *f, enum facts_fetched what, struct span out[PATH_EXTRA])
{
	size_t n = 0;

	for (size_t i = 0; i < f->fetches && n < PATH_EXTRA; i++)
		if (f->fetch[i].what == what && f->fetch[i].end == FACTS_OK)
			out[n++] = span_of(f->fetch[i].body.p, f->fetch[i].body.n);
	return n;
}

/* All that a chain is judged by, but for a store; it borrows from the facts. */
struct chain {
	struct span served[FACTS_CERTS], extra[PATH_EXTRA], crl[PATH_EXTRA], ocsp[PATH_EXTRA];
	struct path_input in;
};

static void chain_of(const struct facts *f, const struct facts_tls *t, struct chain *x)
{
	for (size_t i = 0; i < t->certs; i++)
		x->served[i] = span_of(t->cert[i].p, t->cert[i].n);
	x->in = (struct path_input) {
		.served = x->served,
		.n = t->certs,
		.extra = x->extra,
		.extras = fetched(f, FACTS_ISSUER, x->extra),
		.crl = x->crl,
		.crls = fetched(f, FACTS_CRL, x->crl),
		.ocsp = x->ocsp,
		.ocsps = fetched(f, FACTS_OCSP, x->ocsp),
		.issuers = f->issuers,
		.revocation = f->revocation,
		.name = f->name,
		.staple = span_of(t->staple.p, t->staple.n),
		.now = f->now,
	};
}

static int judge_chain(struct check *c, struct err *e)
{
	struct chain x;

	chain_of(&c->facts, &c->facts.tls, &x);
	x.in.trust = c->store->trust;
	if (x.in.n == 0)
		return 0;
	c->judged = path_judge(&x.in, &c->path, e) == 0;
	return c->judged ? 0 : -1;
}

static void add_forbidden(struct check *c)
{
	struct chain x;
	const char *no;

	chain_of(&c->facts, &c->facts.tls, &x);
	no = c->judged ? stores_forbids(c->store->store, &x.in, &c->path) : NULL;
	if (no)
		diagnose_add(&c->diagnose, "distrusted", no);
}

static void look_at_root(struct check *c)
{
	char text[DIAGNOSE_EVIDENCE];

	if (c->judged && c->path.anchored &&
	    leaving_root(c->store->store, c->path.anchor, c->facts.now, text, sizeof text))
		diagnose_add(&c->diagnose, "root-leaving", text);
}

/* Whether the settings leave the client what it would stumble over. */
static int is_left(const struct target *t, const char *cause)
{
	if (t->verify == TARGET_OFF || t->verify == TARGET_NONE)
		return 0;
	if (strcmp(cause, "hostname-mismatch") == 0)
		return t->verify != TARGET_CA;
	return strcmp(cause, "sni-required") != 0 || !t->server_name;
}

/* The client that the target names may stumble where a right one does not. */
static void judge_own(struct check *c)
{
	const struct habits_verdict *own = habits_of(&c->habits, c->target.client);
	char text[DIAGNOSE_EVIDENCE];

	if (!own || !c->habits.connects || own->outcome != HABITS_REFUSES ||
	    !is_left(&c->target, own->cause))
		return;
	(void)snprintf(text, sizeof text, "%s: %s", own->client->name, _(own->why));
	diagnose_break(&c->diagnose, own->cause, text);
}

static void judge_clients(struct check *c)
{
	const struct habits_input in = {
		.facts = &c->facts,
		.path = c->judged ? &c->path : NULL,
		.diagnose = &c->diagnose,
		.trust = c->store->trust,
	};

	habits_judge(&in, &c->habits);
	judge_own(c);
}

static int is_dynamodb(const struct check *c)
{
	const struct facts_step *s = facts_last(&c->facts, FACTS_API);

	return s && s->end == FACTS_OK;
}

/* NULL: there is something to log in with. */
static const char *lacks_login(const struct check *c, const struct check_wish *w)
{
	/* Facts that were saved have no keys, and the login that was made with them. */
	if (facts_last(&c->facts, FACTS_LOGIN))
		return NULL;
	if (c->target.protocol == TARGET_MYSQL)
		return c->target.user ? NULL
				      : _("--login: the target names no user, and no login "
					  "was tried");
	if (c->target.protocol != TARGET_HTTPS || !is_dynamodb(c))
		return _("--login: that is for MySQL and DynamoDB, and no login was tried");
	return w->keys ? NULL
		       : _("--login: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not "
			   "set, and no request was signed");
}

/* What the client stops at, and who it would let in, is said before all else. */
static void add_settings(struct check *c)
{
	for (size_t i = 0; i < c->target.notes; i++) {
		const struct target_note *n = &c->target.note[i];
		const char *id = target_note_id(n->kind);

		if (n->kind == TARGET_INSECURE || n->kind == TARGET_REFUSED)
			diagnose_settings(&c->diagnose, id, n->kind == TARGET_REFUSED, n->sentence);
		else
			diagnose_add(&c->diagnose, id, n->sentence);
	}
	if (target_insecure(&c->target) && c->diagnose.v[0].cause->kind == DIAGNOSE_OK)
		(void)snprintf(c->diagnose.v[0].evidence, sizeof c->diagnose.v[0].evidence, "%s",
		    _("by a client that verifies; these settings do not"));
}

static void add_notes(struct check *c, const struct check_wish *w)
{
	const char *lacks = w->login ? lacks_login(c, w) : NULL;

	if (lacks && c->diagnose.v[0].cause->kind == DIAGNOSE_OK)
		diagnose_add(&c->diagnose, "option-no-effect", lacks);
	/* TLS 1.3 was offered as well, and so the server does not have it. */
	if (c->facts.tls.version == 0x0303 && c->target.versions == TARGET_TLS13)
		diagnose_add(&c->diagnose, "protocol-version",
		    _("the target wants TLS 1.3, and the server has TLS 1.2"));
	add_settings(c);
}

void check_judge(struct check *c, const struct check_wish *w)
{
	struct err e = { 0 };

	c->diagnose.n = 0;
	c->judged = 0;
	c->habits.n = 0;
	if (c->target.protocol == TARGET_HTTP)
		diagnose_settings(
		    &c->diagnose, "tls-not-offered", 1, _("the target itself says http"));
	else if (!c->store)
		diagnose_add(&c->diagnose, "ca-file-unreadable", c->store_why.text);
	else if (judge_chain(c, &e) < 0)
		diagnose_add(&c->diagnose, "certificate-refused", e.text);
	else {
		diagnose(&c->facts, c->judged ? &c->path : NULL, &c->diagnose);
		add_forbidden(c);
		look_at_root(c);
		judge_clients(c);
		add_notes(c, w);
	}
}

/* ---- a login --------------------------------------------------------------------------------- */

/* Of a chain that came in the place of the first. */
static int is_right(void *arg, const struct facts_tls *seen, char why[FACTS_TEXT])
{
	const struct check *c = arg;
	struct err e = { 0 };
	struct chain x;
	struct path p;
	const char *no;

	chain_of(&c->facts, seen, &x);
	x.in.trust = c->store->trust;
	if (path_judge(&x.in, &p, &e) < 0) {
		(void)snprintf(why, FACTS_TEXT, "%s", e.text);
		return 0;
	}
	for (size_t i = 0; i < p.finds; i++)
		if (diagnose_cause(p.found[i].id)->kind != DIAGNOSE_WARNING) {
			(void)snprintf(
			    why, FACTS_TEXT, "%s: %.200s", p.found[i].id, p.found[i].text);
			return 0;
		}
	no = stores_forbids(c->store->store, &x.in, &p);
	(void)snprintf(why, FACTS_TEXT, "%s", no ? no : "");
	return p.anchored && !no && !p.unanswered;
}

/*
 * Password and signature are for a server whose every fact is right, and of whom it was said, if
 * that was asked, that it was not revoked: who has a stolen key would keep the answer away.
 */
static void log_in(struct check *c, const struct check_wish *w, const struct probe_wish *p)
{
	const char *password = c->target.password ? c->target.password : w->password;
	struct https_keys keys = { 0 };
	const struct probe_login l = {
		.user = c->target.user,
		.password = password ? password : "",
		.keys = &keys,
		.is_right = is_right,
		.arg = c,
	};

	if (!w->login || lacks_login(c, w))
		return;
	if (w->keys)
		keys = *w->keys;
	if (c->target.region)
		keys.region = c->target.region;
	check_judge(c, w);
	if (c->diagnose.v[0].cause->kind == DIAGNOSE_OK && !c->path.unanswered)
		probe_login(p, &l, &c->facts);
}

static void go_there(struct check *c, const struct check_wish *w, const struct probe_wish *p)
{
	const struct fetch_wish f = {
		.issuers = w->aia,
		.revocation = w->revocation,
		.ms = w->ms,
		.stop = w->stop,
		.names = w->names,
	};

	probe_run(p, &c->facts);
	/* Who says where to connect to has a way of his own. */
	if (p->protocol == FACTS_HTTPS && !p->to)
		(void)detour_of(
		    w->proxy, w->no_proxy, p->host, c->facts.proxy, sizeof c->facts.proxy);
	fetch_run(&f, c->store->trust, &c->facts);
	log_in(c, w, p);
}

void check_look(struct check *c, const struct check_wish *w)
{
	const struct probe_wish p = wish_of(c, w);

	c->facts.now = p.now;
	find_store(c, w);
	/* Else nothing would come of it: the verdict is certain. */
	if (c->target.protocol != TARGET_HTTP && c->store)
		go_there(c, w, &p);
	(void)snprintf(c->facts.system, sizeof c->facts.system, "%s", w->system ? w->system : "");
}

/* ---- the machine's stores -------------------------------------------------------------------- */

/* What another store may say otherwise; and "ok", which it may be by one store alone. */
static const char *const trust_ids[] = { "ok", "untrusted-root", "missing-intermediate",
	"self-signed", "intercepted", "partial-chain", "distrusted" };

static int is_about_trust(const struct diagnose *d)
{
	for (size_t i = 0; i < sizeof trust_ids / sizeof *trust_ids; i++)
		if (strcmp(d->v[0].cause->id, trust_ids[i]) == 0)
			return 1;
	return 0;
}

/* What would mend those that lack it: a root that ships with dbtls, or the CA that was named. */
static const char *known_to_help(const struct check *c, const struct check_wish *w)
{
	if (c->path.shipped)
		return c->path.shipped;
	return w->ca && c->path.anchored && !stores_has(&c->stores, w->ca) ? w->ca : NULL;
}

void check_stores(struct check *c, const struct check_wish *w)
{
	struct err unused = { 0 };
	struct chain x;

	c->stores.which = w->stores;
	if (w->stores == STORES_NONE || !c->judged ||
	    (w->stores == STORES_FEW && !is_about_trust(&c->diagnose)))
		return;
	chain_of(&c->facts, &c->facts.tls, &x);
	c->stores.amazon =
	    c->target.service == TARGET_DYNAMODB || c->target.service == TARGET_STREAMS;
	if (stores_judge(w->trusts, &x.in, &c->stores, &unused) == 0)
		c->stores.add = known_to_help(c, w);
}

/* ---- words ----------------------------------------------------------------------------------- */

void check_short(const struct check *c, char *out, size_t size)
{
	static const char *const schemes[] = {
		[FACTS_MYSQL] = "", [FACTS_HTTPS] = "https://", [FACTS_TLS] = "tls://"
	};
	const struct target *t = &c->target;
	int v6 = strchr(t->host, ':') != NULL;
	char text[512];

	(void)snprintf(text, sizeof text, "%s%s%s%s:%u", schemes[protocol_of(t)], v6 ? "[" : "",
	    t->host, v6 ? "]" : "", t->port);
	store_clean(out, size, span_of(text, strlen(text)));
}

void check_name(const struct check *c, char *out, size_t size)
{
	store_clean(out, size, span_of(c->target.text, strlen(c->target.text)));
	if (columns(out) > CHECK_NAME_MOST)
		check_short(c, out, size);
}

/* By its own name, by MySQL's greeting, or by that of its service. NULL: it does not say. */
static const char *server_of(const struct check *c)
{
	static const struct {
		const char *words, *server;
	} greetings[] = {
		{ "TiDB", "tidb" },
		{ "MariaDB", "mariadb-server" },
		{ "", "mysql-server" },
	};
	const char *said = c->facts.server;
	size_t i = 0;

	if (c->target.service == TARGET_TIDB_CLOUD)
		return "tidb";
	if (diagnose_is_aws(&c->facts))
		return "aws";
	while (!strstr(said, greetings[i].words))
		i++;
	return *said ? greetings[i].server : NULL;
}

static struct remedies remedies_of(const struct check *c)
{
	return (
	    struct remedies) { .of = {
				   [REMEDY_SYSTEM] = remedy_who(REMEDY_SYSTEM, c->facts.system),
				   [REMEDY_CLIENT] = remedy_who(REMEDY_CLIENT, c->target.client),
				   [REMEDY_SERVER] = remedy_who(REMEDY_SERVER, server_of(c)),
			       } };
}

void check_told(const struct check *c, struct check_told *out)
{
	out->as = (struct verdict) {
		.target = out->target,
		.again = out->again,
		.insecure = target_insecure(&c->target),
		.facts = &c->facts,
		.path = c->judged ? &c->path : NULL,
		.diagnose = &c->diagnose,
		.store = c->store_path,
		.stores = &c->stores,
		.habits = &c->habits,
		.remedies = remedies_of(c),
	};
	store_clean(
	    out->target, sizeof out->target, span_of(c->target.text, strlen(c->target.text)));
	check_short(c, out->again, sizeof out->again);
}
