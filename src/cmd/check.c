/* SPDX-License-Identifier: Apache-2.0 */
/* `dbtls check`: can this machine make a verified TLS connection to that database, and if not, why.
 */
#include "base/buf.h"
#include "base/file.h"
#include "base/i18n.h"
#include "cmd/cli.h"
#include "doctor/diagnose.h"
#include "doctor/path.h"
#include "doctor/probe.h"
#include "doctor/verdict.h"
#include "doctor/target.h"
#include "pki/truststore.h"
#include "trust/store.h"

#include <stdlib.h>
#include <string.h>

#define TARGETS_MAX 256
#define FILE_MAX    (16u << 20)
#define SECONDS     "10"

enum { CHECK_AWAY = 3 /* no answer at all; the others are cli.h's */ };

static struct {
	const char *ca, *timeout, *to, *file;
	int login;
} given = { .timeout = SECONDS };

static int check_timeout(const char *value, struct err *e)
{
	size_t digits = strspn(value, "0123456789");
	long n = digits > 0 && digits < 6 && !value[digits] ? strtol(value, NULL, 10) : 0;

	if (n > 0 && n <= 600)
		return 0;
	return err_set(e, ERR_USER, _("--timeout %s: say a number of seconds, 1 to 600"), value);
}

static int check_to(const char *value, struct err *e)
{
	struct addr a;

	if (addr_parse_ip(&a, value) == 0)
		return 0;
	return err_set(e, ERR_USER, _("--connect-to %s: say an address, such as 192.0.2.1"), value);
}

static const struct opt options[] = {
	{ .name = "ca",
	    .arg = "FILE",
	    .text = &given.ca,
	    .help = N_("trust the CAs in this file alone: PEM, DER, JKS or PKCS12 (what the target "
		       "names, else what this system trusts)") },
	{ .name = "timeout",
	    .arg = "SECONDS",
	    .text = &given.timeout,
	    .check = check_timeout,
	    .help = N_("how long each step may take (" SECONDS ")") },
	{ .name = "connect-to",
	    .arg = "ADDRESS",
	    .text = &given.to,
	    .check = check_to,
	    .help = N_("connect to this address, whatever the name resolves to") },
	{ .name = "file",
	    .arg = "FILE",
	    .text = &given.file,
	    .help = N_("targets out of this file, one a line, # begins a comment; - is standard "
		       "input") },
	{ .name = "login",
	    .flag = &given.login,
	    .help = N_("MySQL: log in as the target's user, by its password or $DBTLS_PASSWORD; "
		       "only if the server was verified") },
	CLI_JSON,
	CLI_HELP,
	{ 0 },
};

/* ---- one target ------------------------------------------------------------------------------ */

struct check {
	struct target target;
	struct store_list stores; /* the one that is held against the chain */
	struct path_trust *trust;
	struct facts facts;
	struct path path;
	int judged; /* path was filled */
	struct diagnose diagnose;
};

static void check_free(struct check *c)
{
	target_free(&c->target);
	store_free(&c->stores);
	path_trust_free(c->trust);
	facts_free(&c->facts);
}

static const char *store_of(const struct target *t)
{
	if (given.ca)
		return given.ca;
	if (t->ca || t->ca_folder)
		return t->ca ? t->ca : t->ca_folder;
	return t->store ? t->store : truststore_system();
}

static int read_store(struct check *c, struct err *e)
{
	const struct store_where here = { 0 };
	const struct store_secret secret = { .given = c->target.store_password };
	struct store *s;

	if (store_name(&c->stores, store_of(&c->target), e) < 0)
		return -1;
	s = &c->stores.v[0];
	store_read(s, &here, &secret);
	if (s->readable) {
		c->trust = path_trust_new(s, e);
		return c->trust ? 0 : -1;
	}
	*e = s->why;
	return -1;
}

static enum facts_protocol protocol_of(const struct target *t)
{
	if (t->protocol == TARGET_MYSQL)
		return FACTS_MYSQL;
	return t->protocol == TARGET_TLS ? FACTS_TLS : FACTS_HTTPS;
}

static struct probe_wish wish_of(const struct target *t, struct addr *to)
{
	struct probe_wish w = {
		.host = t->host,
		.name = t->server_name ? t->server_name : t->host,
		.port = t->port,
		.protocol = protocol_of(t),
		.api = t->service == TARGET_DYNAMODB  ? HTTPS_DYNAMODB
		       : t->service == TARGET_STREAMS ? HTTPS_STREAMS
						      : HTTPS_NO_API,
		.ms = (int)strtol(given.timeout, NULL, 10) * 1000,
		.now = time(NULL),
	};

	if (given.to && addr_parse_ip(to, given.to) == 0)
		w.to = to;
	return w;
}

static int judge(struct check *c, struct err *e)
{
	const struct facts_tls *t = &c->facts.tls;
	struct span served[FACTS_CERTS];
	const struct path_input in = {
		.trust = c->trust,
		.served = served,
		.n = t->certs,
		.name = c->facts.name,
		.staple = span_of(t->staple.p, t->staple.n),
		.now = c->facts.now,
	};

	for (size_t i = 0; i < t->certs; i++)
		served[i] = span_of(t->cert[i].p, t->cert[i].n);
	if (t->certs == 0)
		return 0;
	c->judged = path_judge(&in, &c->path, e) == 0;
	return c->judged ? 0 : -1;
}

/* The password is for a server whose every fact is right. */
static void log_in(struct check *c, const struct probe_wish *w)
{
	const char *password = c->target.password ? c->target.password : getenv("DBTLS_PASSWORD");

	if (!given.login || !c->target.user || w->protocol != FACTS_MYSQL ||
	    c->diagnose.v[0].cause->kind != DIAGNOSE_OK)
		return;
	probe_login(w, c->target.user, password ? password : "", &c->facts);
	diagnose(&c->facts, &c->path, &c->diagnose);
}

static void add_notes(struct check *c)
{
	if (given.login && (!c->target.user || c->target.protocol != TARGET_MYSQL))
		diagnose_add(&c->diagnose, "option-no-effect",
		    _("--login: the target names no user of a MySQL server, and no login was "
		      "tried"));
	for (size_t i = 0; i < c->target.notes; i++)
		diagnose_add(&c->diagnose, target_note_id(c->target.note[i].kind),
		    c->target.note[i].sentence);
}

static void look(struct check *c)
{
	struct addr to;
	const struct probe_wish w = wish_of(&c->target, &to);
	struct err e = { 0 };

	if (c->target.protocol == TARGET_HTTP) {
		diagnose_add(&c->diagnose, "tls-not-offered", _("the target itself says http"));
		return;
	}
	if (read_store(c, &e) < 0) {
		diagnose_add(&c->diagnose, "ca-file-unreadable", e.text);
		return;
	}
	probe_run(&w, &c->facts);
	if (judge(c, &e) < 0) {
		diagnose_add(&c->diagnose, "certificate-refused", e.text);
		return;
	}
	diagnose(&c->facts, c->judged ? &c->path : NULL, &c->diagnose);
	log_in(c, &w);
	add_notes(c);
}

/* ---- telling it ------------------------------------------------------------------------------ */

static const char *const schemes[] = {
	[FACTS_MYSQL] = "",
	[FACTS_HTTPS] = "https://",
	[FACTS_TLS] = "tls://",
};

static void shorten(const struct target *t, char out[512])
{
	int v6 = strchr(t->host, ':') != NULL;
	char text[512];

	(void)snprintf(text, sizeof text, "%s%s%s%s:%u", schemes[protocol_of(t)], v6 ? "[" : "",
	    t->host, v6 ? "]" : "", t->port);
	store_clean(out, 512, span_of(text, strlen(text)));
}

static void tell(const struct check *c)
{
	char target[1024], again[512];
	const struct verdict r = {
		.target = target,
		.again = again,
		.facts = &c->facts,
		.path = c->judged ? &c->path : NULL,
		.diagnose = &c->diagnose,
		.store = store_of(&c->target),
	};

	store_clean(target, sizeof target, span_of(c->target.text, strlen(c->target.text)));
	shorten(&c->target, again);
	if (cli.json)
		cli_print_json(verdict_json(&r));
	else
		verdict_text(stdout, &r);
	(void)fflush(stdout);
}

static int exit_of(const struct diagnose *d)
{
	switch (d->v[0].cause->kind) {
	case DIAGNOSE_UNREACHABLE:
		return CHECK_AWAY;
	case DIAGNOSE_BROKEN:
		return CLI_FAILED;
	default:
		return CLI_OK;
	}
}

/* number: of the line it stands in, or 0. */
static int check_one(struct span text, size_t number)
{
	struct check *c = calloc(1, sizeof *c);
	struct err e = { 0 };
	int rc;

	if (!c)
		return cli_wrong("%s", _("no memory"));
	if (target_parse(&c->target, text, &e) < 0) {
		free(c);
		if (number)
			(void)err_prefix(&e, _("line %zu"), number);
		return cli_wrong("%s", e.text);
	}
	look(c);
	tell(c);
	rc = exit_of(&c->diagnose);
	check_free(c);
	free(c);
	return rc;
}

/* What was found weighs more than what was not answered or not understood. */
static int worse(int worst, int rc)
{
	return rc == CLI_FAILED || worst == CLI_OK ? rc : worst;
}

static int check_file(const char *path)
{
	struct buf text = buf_new(FILE_MAX);
	struct target_line line = { 0 };
	struct span rest;
	struct err e = { 0 };
	int worst = CLI_OK;

	if (file_read(strcmp(path, "-") == 0 ? "/dev/stdin" : path, FILE_MAX, &text, &e) < 0) {
		worst = cli_wrong("%s", e.text);
		goto out;
	}
	rest = span_of(text.p, text.n);
	while (target_list(&rest, &line))
		worst = worse(worst, check_one(line.text, line.number));
	if (line.text.n == 0)
		worst = cli_wrong(_("%s: there is no target in it"), path);
out:
	/* There may be passwords in it. */
	buf_wipe(&text);
	return worst;
}

static int check_run(int argc, char **argv)
{
	int worst = CLI_OK;

	if (argc == 1 && !given.file)
		return cli_wrong(_("check needs a TARGET, or --file FILE with one a line"));
	for (int i = 1; i < argc; i++)
		worst = worse(worst, check_one(span_of(argv[i], strlen(argv[i])), 0));
	return given.file ? worse(worst, check_file(given.file)) : worst;
}

const struct command cmd_check = {
	.name = "check",
	.sentence = N_("can this machine make a verified TLS connection there? if not, why"),
	.words = "[TARGET…]",
	.min = 0,
	.max = TARGETS_MAX,
	.more =
	    N_("TARGET is host:port, mysql://…, https://…, or a connection string as a client has "
	       "it.\n"
	       "One cause is named, others behind it, each with what to do. Nothing of the target "
	       "is\n"
	       "changed; no login is tried that could succeed, unless --login says so.\n"
	       "Exit status: 0 a verified connection, 1 a finding, 2 wrong words, 3 no answer from "
	       "there.\n"),
	.example = "  dbtls check db1.example.com:4000\n"
		   "  dbtls check --ca ca.pem mysql://root@db1.example.com:4000/test\n"
		   "  dbtls check --json https://dynamodb.eu-west-3.amazonaws.com\n",
	.options = options,
	.run = check_run,
};
