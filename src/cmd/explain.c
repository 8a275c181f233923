/* SPDX-License-Identifier: Apache-2.0 */
/* `dbtls explain`: from an error's words to its causes, and what to do. */
#include "explain/apart.h"
#include "explain/explain.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/i18n.h"
#include "cmd/cli.h"
#include "cmd/explain_know.h"
#include "cmd/explain_lint.h"
#include "cmd/explain_remedy.h"
#include "doctor/advice.h"
#include "doctor/diagnose.h"
#include "doctor/wrap.h"

#include <string.h>
#include <unistd.h>

#define ADVICE_MAX 4096
#define TARGET_MAX 320
#define FILES_MAX  4096

static int lint_files;
static const char *system_asked, *sdk_asked, *browser_asked, *cause_asked;
static struct explain_remedy whom;

static const struct opt options[] = {
	{ .name = "client",
	    .arg = "NAME",
	    .text = &whom.client,
	    .help = N_("what to do in this client, as `dbtls connect --list` or an SDK is called "
		       "(the one that the text is of)") },
	{ .name = "os",
	    .arg = "NAME",
	    .text = &whom.system,
	    .help = N_("what to do on this system: debian, rhel, suse, alpine, arch, macos, "
		       "windows (this machine's)") },
	{ .name = "server",
	    .arg = "NAME",
	    .text = &whom.server,
	    .help = N_("what to do on this server: mariadb, mysql, tidb, haproxy, nginx, dbtls, "
		       "aws (what the text says)") },
	{ .name = "all",
	    .flag = &whom.all,
	    .help = N_("what to do in every client, on every system, on every server") },
	{ .name = "cause",
	    .arg = "ID",
	    .text = &cause_asked,
	    .help = N_("no text, but all that is known of this cause of `dbtls check`") },
	{ .name = "lint",
	    .flag = &lint_files,
	    .help = N_("read FILE, or all in a folder: where do settings connect to anyone, go on "
		       "in plaintext, or are misspelt?") },
	{ .name = "system",
	    .arg = "NAME",
	    .text = &system_asked,
	    .help = N_("whether a system, or a Java, trusts Amazon's CAs; \"this\", \"list\"") },
	{ .name = "sdk",
	    .arg = "NAME",
	    .text = &sdk_asked,
	    .help = N_("whose trust store an AWS SDK or command line uses; \"list\"") },
	{ .name = "browser",
	    .arg = "NAME",
	    .text = &browser_asked,
	    .help = N_("whose list of CAs a browser has, how it is updated; \"list\"") },
	CLI_JSON,
	CLI_HELP,
	{ 0 },
};

static struct remedies remedies;

/* ---- telling it ------------------------------------------------------------------------------ */

/* What `dbtls check` takes: whom the text names, else a word in the place. */
static void name_target(const struct explanation *x, char out[TARGET_MAX])
{
	char port[8] = "";

	if (x->port)
		(void)snprintf(port, sizeof port, ":%u", x->port);
	(void)snprintf(out, TARGET_MAX, "%s%s%s", x->https ? "https://" : "",
	    *x->host ? x->host : "HOST:PORT", *x->host ? port : "");
}

static struct advice words_of(const struct explanation *x, char target[TARGET_MAX])
{
	uint16_t port = x->port ? x->port : x->https && *x->host ? 443 : 0;

	name_target(x, target);
	return (struct advice) { target, *x->host ? x->host : "HOST", port };
}

static void fill(struct buf *out, const struct explanation *x, const struct explain_cause *c)
{
	char target[TARGET_MAX];
	const struct advice words = words_of(x, target);

	*out = buf_new(ADVICE_MAX);
	(void)advice_fill(out, _(diagnose_cause(c->id)->advice), &words);
	(void)buf_add(out, "", 1);
}

/* One screen stays one: of the likeliest alone, unless all is wanted. */
static void show_remedies(const struct explanation *x, size_t n)
{
	char target[TARGET_MAX];
	const struct advice words = words_of(x, target);

	if (n == 0 || whom.all)
		remedies_text(stdout, x->cause[n].id, &remedies, &words);
}

static void show(const struct explanation *x)
{
	const char *words = "";

	for (size_t i = 0; i < x->n; i++) {
		const struct explain_cause *c = &x->cause[i];
		char text[DIAGNOSE_TEXT];
		struct buf advice;

		fill(&advice, x, c);
		(void)snprintf(
		    text, sizeof text, "%s: %s", c->id, _(diagnose_cause(c->id)->sentence));
		if (strcmp(words, c->words) != 0)
			(void)printf("\"%s\"\n", c->words);
		words = c->words;
		wrap_text(stdout, "", text);
		wrap_text(stdout, "→ ", (const char *)advice.p);
		show_remedies(x, i);
		buf_free(&advice);
	}
}

static void show_check(const struct explanation *x)
{
	const char *apart = explain_apart(x);
	char target[TARGET_MAX];

	name_target(x, target);
	if (apart)
		wrap_text(stdout, "", apart);
	if (x->n > 1)
		(void)printf(
		    _("Which of these it is, the way itself shows: dbtls check %s\n"), target);
	else
		(void)printf(_("To see it from here: dbtls check %s\n"), target);
}

static void show_nothing(const struct explanation *x)
{
	char target[TARGET_MAX];

	name_target(x, target);
	(void)fprintf(stderr, "%s\n",
	    _("dbtls: nothing in this text is a failure of TLS or of the way to a database that "
	      "dbtls knows"));
	(void)fprintf(stderr, _("dbtls: to see it from here: dbtls check %s\n"), target);
}

static json_t *json_cause(const struct explanation *x, const struct explain_cause *c)
{
	char target[TARGET_MAX];
	const struct advice words = words_of(x, target);
	struct buf advice;
	json_t *o;

	fill(&advice, x, c);
	o = json_pack("{s:s, s:s, s:s, s:s, s:o}", "id", c->id, "sentence",
	    _(diagnose_cause(c->id)->sentence), "words", c->words, "advice", (const char *)advice.p,
	    "remedies", remedies_json(c->id, &remedies, &words));
	buf_free(&advice);
	return o;
}

static void print_json(const struct explanation *x)
{
	json_t *all = json_array();
	char target[TARGET_MAX], line[TARGET_MAX + 16];

	name_target(x, target);
	(void)snprintf(line, sizeof line, "dbtls check %s", target);
	for (size_t i = 0; i < x->n; i++)
		(void)json_array_append_new(all, json_cause(x, &x->cause[i]));
	cli_print_json(json_pack("{s:o, s:s?, s:s, s:s?}", "causes", all, "apart", explain_apart(x),
	    "check", line, "client", x->client));
}

/* ---- the main road --------------------------------------------------------------------------- */

static int explain_text(struct span text)
{
	struct explanation x;
	struct err e = { 0 };

	if (explain(text, &x, &e) < 0)
		return cli_fail(&e);
	explain_remedy_guess(&whom, text, x.client, &remedies);
	if (cli.json)
		print_json(&x);
	else if (x.n > 0) {
		show(&x);
		show_check(&x);
	} else
		show_nothing(&x);
	return x.n > 0 ? CLI_OK : CLI_FAILED;
}

static int explain_input(void)
{
	struct buf text = buf_new(EXPLAIN_TEXT);
	struct err e = { 0 };
	int rc;

	if (isatty(STDIN_FILENO))
		(void)fprintf(
		    stderr, "%s\n", _("Paste the text, then Ctrl-D on a line of its own."));
	if (file_read_fd(STDIN_FILENO, "-", &text, &e) < 0)
		rc = cli_fail(&e);
	else
		rc = explain_text(span_of(text.p, text.n));
	/* There may be passwords in it. */
	buf_wipe(&text);
	return rc;
}

static const char *nearest_cause(const char *id)
{
	const char *ids[128] = { NULL };

	for (size_t i = 0; i + 1 < sizeof ids / sizeof *ids && diagnose_cause_at(i); i++)
		ids[i] = diagnose_cause_at(i)->id;
	return opt_nearest(id, ids, sizeof *ids);
}

static int no_cause(const char *id)
{
	const char *near = nearest_cause(id);

	if (near)
		return cli_wrong(_("there is no cause %s; did you mean \"%s\"?"), id, near);
	return cli_wrong(_("there is no cause %s; man 7 dbtls-causes has all of them"), id);
}

/* As if a text had named it; for everybody, unless somebody was named. */
static int explain_cause(void)
{
	const struct diagnose_cause *c = diagnose_cause(cause_asked);
	struct explanation x = { .n = 1 };

	if (!c || c->kind == DIAGNOSE_OK)
		return no_cause(cause_asked);
	remedies.all |= !whom.client && !whom.system && !whom.server;
	x.cause[0].id = c->id;
	if (cli.json)
		print_json(&x);
	else {
		show(&x);
		show_check(&x);
	}
	return CLI_OK;
}

/* One of --system, --sdk and --browser is the whole question. */
static int explain_known(void)
{
	if (!!system_asked + !!sdk_asked + !!browser_asked > 1)
		return cli_wrong(_("one of --system, --sdk and --browser at a time"));
	if (system_asked)
		return explain_know_system(system_asked);
	return sdk_asked ? explain_know_sdk(sdk_asked) : explain_know_browser(browser_asked);
}

static int explain_run(int argc, char **argv)
{
	if ((system_asked || sdk_asked || browser_asked) && argc > 1)
		return cli_wrong(_("\"%s\" is one word too many: put the name in quotes"), argv[1]);
	if (system_asked || sdk_asked || browser_asked)
		return explain_known();
	if (lint_files && argc == 1)
		return cli_wrong(_("--lint needs a FILE, a folder, or - for standard input"));
	if (lint_files)
		return explain_lint(argv + 1, (size_t)argc - 1);
	if (explain_remedy_choose(&whom, &remedies) != CLI_OK)
		return CLI_WRONG;
	if (cause_asked && argc > 1)
		return cli_wrong(_("--cause takes the place of a text: leave one of them out"));
	if (cause_asked)
		return explain_cause();
	if (argc > 2)
		return cli_wrong(_("put the text in quotes: dbtls explain 'TEXT'"));
	if (argc == 1 || strcmp(argv[1], "-") == 0)
		return explain_input();
	if (!strpbrk(argv[1], " \t\n") && access(argv[1], R_OK) == 0)
		return cli_wrong(_("%s is a file: dbtls explain <%s"), argv[1], argv[1]);
	return explain_text(span_of(argv[1], strlen(argv[1])));
}

const struct command cmd_explain = {
	.name = "explain",
	.sentence = N_("from an error text to its causes, and what to do"),
	.words = "[TEXT|-]",
	.min = 0,
	.max = FILES_MAX,
	.more =
	    N_("TEXT is an error message, a stack trace or a log, in quotes; - and no TEXT are\n"
	       "standard input. Nothing is asked and nothing is sent anywhere.\n"
	       "Exit status: 0 it says what may be wrong, 1 no failure that is known, 2 wrong "
	       "words;\n"
	       "with --system and --sdk: 0 it trusts them, 1 it does not, 2 no such name, 3 it "
	       "depends.\n"),
	.example = "  dbtls explain 'PKIX path building failed'\n"
		   "  journalctl -u app --since today | dbtls explain -\n"
		   "  dbtls explain --json - <error.txt\n"
		   "  dbtls explain --lint src/ docker-compose.yml ~/.my.cnf\n"
		   "  dbtls explain --cause client-cert-required --client java\n"
		   "  dbtls explain --system 'RHEL 5'\n"
		   "  dbtls explain --sdk 'ruby v2 2014'\n",
	.options = options,
	.run = explain_run,
};
