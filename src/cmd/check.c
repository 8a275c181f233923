/* SPDX-License-Identifier: Apache-2.0 */
/* `dbtls check`: can this machine make a verified TLS connection to that database, and if not, why.
 */
#include "base/buf.h"
#include "base/file.h"
#include "base/i18n.h"
#include "cmd/check_many.h"
#include "cmd/cli.h"
#include "cmd/explain_lint.h"
#include "cmd/machine.h"
#include "doctor/crew.h"
#include "doctor/record.h"
#include "doctor/tally.h"
#include "doctor/verdict.h"
#include "doctor/wrap.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define TARGETS_MAX 256
#define SECONDS     "10"

static struct {
	const char *ca, *timeout, *to, *file, *facts, *replay;
	int login, stores, aia, revocation, clients, lint;
	const char *jobs, *watch, *metrics;
	int summary, details;
} given = { .timeout = SECONDS };

static int many;    /* what is said of one is one of many */
static int in_full; /* and each is told as if it were the only one */

/* Whether it is one from 1 to most. */
static int is_number(const char *value, long most)
{
	size_t digits = strspn(value, "0123456789");
	long n = digits > 0 && digits < 8 && !value[digits] ? strtol(value, NULL, 10) : 0;

	return n > 0 && n <= most;
}

static int check_jobs(const char *value, struct err *e)
{
	if (is_number(value, CREW_JOBS))
		return 0;
	return err_set(
	    e, ERR_USER, _("--jobs %s: say how many at once, 1 to %d"), value, CREW_JOBS);
}

static int check_watch(const char *value, struct err *e)
{
	if (is_number(value, 30 * 86400))
		return 0;
	return err_set(e, ERR_USER,
	    _("--watch %s: say a number of seconds from one round to the next, 3600 for each hour"),
	    value);
}

static int check_timeout(const char *value, struct err *e)
{
	if (is_number(value, 600))
		return 0;
	return err_set(e, ERR_USER, _("--timeout %s: say a number of seconds, 1 to 600"), value);
}

/* An address, with a port or, as port 0, without. */
static int address_of(struct addr *a, const char *text)
{
	struct err unused = { 0 };
	int any = 0;

	if (addr_parse_ip(a, text) == 0) {
		a->port = 0;
		return 0;
	}
	return addr_parse_listen(a, &any, text, &unused) == 0 && !any ? 0 : -1;
}

static int check_to(const char *value, struct err *e)
{
	struct addr a;

	if (address_of(&a, value) == 0)
		return 0;
	return err_set(e, ERR_USER,
	    _("--connect-to %s: say an address, such as 192.0.2.1 or 192.0.2.1:4000"), value);
}

static struct record *saved; /* where --facts says; NULL: nowhere */

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
	    .help = N_("how long each step may take (10)") },
	{ .name = "connect-to",
	    .arg = "ADDRESS[:PORT]",
	    .text = &given.to,
	    .check = check_to,
	    .help = N_("connect to this address, whatever the name resolves to") },
	{ .name = "aia",
	    .flag = &given.aia,
	    .help = N_("fetch issuers that the server does not send from where its certificates "
		       "say (plain HTTP)") },
	{ .name = "revocation",
	    .flag = &given.revocation,
	    .help = N_("ask whether certificates were revoked, CRL and OCSP, where they say "
		       "(plain HTTP)") },
	{ .name = "file",
	    .arg = "FILE",
	    .text = &given.file,
	    .help = N_("targets out of this file, one a line, # begins a comment; - is standard "
		       "input") },
	{ .name = "login",
	    .flag = &given.login,
	    .help = N_("log in, only if the server was verified: to MySQL as the target's user, by "
		       "its password or $DBTLS_PASSWORD; to DynamoDB by $AWS_ACCESS_KEY_ID and "
		       "$AWS_SECRET_ACCESS_KEY") },
	{ .name = "clients",
	    .flag = &given.clients,
	    .help = N_("what each client that dbtls knows would do there, and why") },
	{ .name = "stores",
	    .flag = &given.stores,
	    .help = N_("say of each trust store of this machine what becomes of the connection "
		       "where it is the one that counts") },
	{ .name = "lint",
	    .flag = &given.lint,
	    .help = N_("connect nowhere, and read the files that are named for settings that are "
		       "unsafe or misspelt, as dbtls explain --lint does") },
	{ .name = "facts",
	    .arg = "FILE",
	    .text = &given.facts,
	    .help = N_("add what is seen to this file, for --replay; no password is in it") },
	{ .name = "replay",
	    .arg = "FILE",
	    .text = &given.replay,
	    .help = N_("go nowhere, and judge what --facts has saved; - is standard input") },
	{ .name = "jobs",
	    .letter = 'j',
	    .arg = "N",
	    .text = &given.jobs,
	    .check = check_jobs,
	    .help = N_("of several targets, check so many at once (32)") },
	{ .name = "summary",
	    .flag = &given.summary,
	    .help = N_("say at the end how often there was which cause; as text of several that "
		       "is said anyway") },
	{ .name = "details",
	    .flag = &given.details,
	    .help = N_("of several targets, say all of each, as of a single one") },
	{ .name = "watch",
	    .arg = "SECONDS",
	    .text = &given.watch,
	    .check = check_watch,
	    .help = N_("check all of them again and again: from one round to the next so many "
		       "seconds") },
	{ .name = "metrics",
	    .arg = "FILE",
	    .text = &given.metrics,
	    .help = N_("write what was found there for Prometheus, anew after each round") },
	CLI_JSON,
	CLI_HELP,
	{ 0 },
};

/* ---- one target ------------------------------------------------------------------------------ */

static void look(struct check *c, const struct check_wish *w)
{
	check_look(c, w);
	check_judge(c, w);
	check_stores(c, w);
}

static int keep(const struct check *c, const struct check_wish *w)
{
	struct err e = { 0 };

	return saved && record_add(saved, c, w, &e) < 0 ? cli_fail(&e) : CLI_OK;
}

/* Several are one line each. */
static void tell_json(FILE *to, const struct verdict *r)
{
	json_t *o = verdict_json(r);

	(void)json_dumpf(o, to, many ? JSON_COMPACT : JSON_INDENT(2));
	(void)putc('\n', to);
	json_decref(o);
}

static size_t width(void)
{
	struct winsize w;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) < 0 || w.ws_col == 0)
		return WRAP_LINE;
	return w.ws_col < 40 ? 40 : w.ws_col;
}

static void tell(FILE *to, const struct check *c)
{
	int in_line = !cli.json && !in_full;
	struct check_told told;

	check_told(c, &told);
	told.as.clients = given.clients;
	if (in_line)
		check_name(c, told.target, sizeof told.target);
	if (cli.json)
		tell_json(to, &told.as);
	if (in_line)
		verdict_line(to, &told.as, width());
	if (!cli.json && in_full)
		verdict_text(to, &told.as);
}

/* ---- what was given -------------------------------------------------------------------------- */

static unsigned number_of(const char *text)
{
	return text ? (unsigned)strtoul(text, NULL, 10) : 0;
}

/* To read them takes half a second: for one target that somebody looks at it is worth that. */
static enum stores_which which_stores(void)
{
	if (given.stores)
		return STORES_ALL;
	return many || cli.json ? STORES_NONE : STORES_FEW;
}

/* Programs read either name. */
static const char *variable(const char *name, const char *other)
{
	const char *value = getenv(name);

	return value ? value : getenv(other);
}

static const char *not_empty(const char *value)
{
	return value && *value ? value : NULL;
}

/* For a target that does not say it. */
static const char *region(void)
{
	const char *value = not_empty(variable("AWS_REGION", "AWS_DEFAULT_REGION"));

	return value ? value : "us-east-1";
}

/* ---- what was saved -------------------------------------------------------------------------- */

static int replay_one(struct check_wish w, struct span line, size_t number, struct tally *t)
{
	char name[CHECK_NAME];
	struct check *c = calloc(1, sizeof *c);
	struct err e = { 0 };
	int rc;

	if (!c)
		return cli_wrong("%s", _("no memory"));
	if (record_read(c, &w, line, &e) < 0) {
		free(c);
		return cli_wrong(_("%s: line %zu: %s"), given.replay, number, e.text);
	}
	check_judge(c, &w);
	check_stores(c, &w);
	tell(stdout, c);
	check_name(c, name, sizeof name);
	tally_add(t, c->diagnose.v[0].cause, name);
	rc = check_many_exit(&c->diagnose);
	check_free(c);
	free(c);
	return rc;
}

static int replay(const struct check_wish *w)
{
	const char *path = strcmp(given.replay, "-") == 0 ? "/dev/stdin" : given.replay;
	struct buf text = buf_new(RECORD_FILE_MAX);
	struct span rest, line;
	struct err e = { 0 };
	struct tally t = { .width = width() };
	size_t number = 0;
	int worst = CLI_OK;

	if (file_read(path, RECORD_FILE_MAX, &text, &e) < 0)
		worst = cli_wrong("%s", e.text);
	else if (text.n == 0)
		worst = cli_wrong(_("%s: there are no facts in it"), given.replay);
	rest = span_of(text.p, text.n);
	many = text.n > 0 && memchr(text.p, '\n', text.n - 1);
	in_full = given.details || !many;
	while (record_next(&rest, &line, &number))
		worst = check_many_worse(worst, replay_one(*w, line, number, &t));
	if (!cli.json && tally_sum(&t) > 1)
		tally_text(stdout, &t);
	buf_free(&text);
	return worst;
}

/* ---- all of them ----------------------------------------------------------------------------- */

static int check_given(const struct check_many *m)
{
	struct err e = { 0 };
	int rc;

	if (given.replay &&
	    (m->n > 0 || m->file || given.to || given.login || given.facts || given.aia ||
		given.revocation || given.stores || m->every || m->metrics || m->summary))
		return cli_wrong(
		    _("--replay goes nowhere: no target and no option but --ca, --clients, "
		      "--details and --json goes with it"));
	if (given.replay)
		return replay(m->wish);
	if (m->n == 0 && !m->file)
		return cli_wrong(_("check needs a TARGET, or --file FILE with one a line"));
	if (m->every && m->file && strcmp(m->file, "-") == 0)
		return cli_wrong(_("--watch reads --file again in each round, which standard input "
				   "can't be; say a file"));
	if (given.facts && !(saved = record_open(given.facts, &e)))
		return cli_wrong("%s", e.text);
	rc = check_many(m);
	record_close(saved);
	return rc;
}

/* "-h" is this program's then, and "root" a host: nothing of it would be as it was meant. */
static int refuse_command(int argc, char **argv, struct err *e)
{
	static const char *const clients[] = { "mysql", "mariadb", "mycli" };

	if (argc < 3)
		return 0;
	for (size_t i = 0; i < sizeof clients / sizeof *clients; i++)
		if (strcmp(argv[1], clients[i]) == 0)
			return err_set(e, ERR_USER,
			    _("put the command line in quotes: dbtls check '%s -h …'; if that is a "
			      "host's name, give its port: %s:3306"),
			    clients[i], clients[i]);
	return 0;
}

static int check_run(int argc, char **argv)
{
	struct addr to;
	int rc;
	const struct remedy_who *system = machine_system();
	const struct https_keys keys = {
		.id = not_empty(getenv("AWS_ACCESS_KEY_ID")),
		.secret = not_empty(getenv("AWS_SECRET_ACCESS_KEY")),
		.token = not_empty(getenv("AWS_SESSION_TOKEN")),
		.region = region(),
	};
	struct check_wish w = {
		.ca = given.ca,
		.ms = (int)number_of(given.timeout) * 1000,
		.to = given.to && address_of(&to, given.to) == 0 ? &to : NULL,
		.aia = given.aia,
		.revocation = given.revocation,
		.login = given.login,
		.password = getenv("DBTLS_PASSWORD"),
		.keys = keys.id && keys.secret ? &keys : NULL,
		.proxy = variable("HTTPS_PROXY", "https_proxy"),
		.no_proxy = variable("NO_PROXY", "no_proxy"),
		.system = system ? system->name : NULL,
	};
	const struct check_many m = {
		.wish = &w,
		.words = argv + 1,
		.n = (size_t)argc - 1,
		.file = given.file,
		.jobs = number_of(given.jobs),
		.every = number_of(given.watch),
		.metrics = given.metrics,
		.summary = given.summary,
		.json = cli.json,
		.width = width(),
		.look = look,
		.tell = tell,
		.keep = keep,
	};

	if (given.lint && m.n == 0)
		return cli_wrong(_("--lint needs a FILE, a folder, or - for standard input"));
	if (given.lint)
		return explain_lint(argv + 1, m.n);
	many = m.n > 1 || m.file || m.every;
	in_full = given.details || (m.n == 1 && !m.file);
	w.stores = which_stores();
	w.trusts = given.replay ? trusts_new() : NULL;
	rc = check_given(&m);
	trusts_free(w.trusts);
	return rc;
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
	.refuse = refuse_command,
	.run = check_run,
};
