/* SPDX-License-Identifier: Apache-2.0 */
/* `dbtls lab try`: a person's own client at each endpoint, and what that says of it. */
#include "cmd/lab.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/i18n.h"
#include "cmd/cli.h"
#include "lab/advice.h"
#include "lab/judge.h"
#include "lab/names.h"
#include "lab/ready.h"
#include "lab/report.h"
#include "lab/try.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define SCRIPT_MAX 65536
#define SLOW_MS    700 /* a client that needs so long by itself takes a core for that time */

struct attempt {
	char *const *command;
	char *sample[4];             /* what stands for it with --client */
	const struct recipe *client; /* NULL: the command is a person's own */
	struct ready *ready;
	struct lab_names only;
	struct lab_folder folder;
	struct names names;
	struct lab *lab;
	struct try_options o;
	struct trial *trials;
	size_t n;
	enum lab_protocol protocol;
	const struct trial *control;
	uint64_t began;
	int stop_fd;
};

/* ---- progress -------------------------------------------------------------------------------- */

static int progress_shown;

static void show_progress(const struct trial *trials, size_t n)
{
	size_t all = 0, done = 0, running = 0;

	for (size_t i = 0; i < n; i++) {
		all += trials[i].state != TRIAL_LEFT_OUT;
		done += trials[i].state == TRIAL_DONE;
		running += trials[i].state == TRIAL_RUNNING;
	}
	(void)fprintf(stderr, _("\r\033[Ktried %zu of %zu, %zu under way"), done, all, running);
	progress_shown = 1;
}

static void end_progress(void)
{
	if (progress_shown)
		(void)fputs("\r\033[K", stderr);
	progress_shown = 0;
}

/* ---- the good endpoint first ----------------------------------------------------------------- */

static int is_control(const struct trial *t)
{
	return strcmp(t->at->condition->name, "good") == 0;
}

/* Of those that failed: the one that came further, since that is its protocol. */
static const struct trial *nearest_control(const struct attempt *a)
{
	const struct trial *best = NULL;

	for (size_t i = 0; i < a->n; i++) {
		const struct trial *t = &a->trials[i];

		if (is_control(t) && t->state == TRIAL_DONE &&
		    (!best || t->seen.what > best->seen.what))
			best = t;
	}
	return best;
}

/* What to look at, by how far it came. */
static const char *what_to_check(const struct trial *t)
{
	if (t->seen.what & SAW_BAD_PASSWORD)
		return _("(Its login has another user or password than {user} and {password}.)");
	if (t->seen.what & SAW_TLS)
		return _("(Does it trust the CA in the file {ca}?)");
	if (t->seen.what & SAW_FIRST_BYTE)
		return _("(Does it trust the CA in the file {ca}? Does it speak MySQL or HTTPS?)");
	if (t->seen.what & SAW_CONNECTION)
		return _("(It connected and said nothing: does it speak MySQL or HTTPS?)");
	return _("(It did not connect: does it use {host} and {port}, or {url}, or in the "
		 "environment DBTLS_LAB_HOST and DBTLS_LAB_PORT?)");
}

static int no_control(const struct attempt *a, struct err *e)
{
	const struct trial *t = nearest_control(a);
	char ended[128];

	if (!t)
		return err_set(e, ERR_LOCAL, _("the good endpoint was not tried"));
	(void)snprintf(ended, sizeof ended, _("ended with %d"), t->status);
	if (t->timed_out)
		(void)snprintf(ended, sizeof ended, "%s", _("did not come to an end"));
	if (!t->words[0])
		return err_set(e, ERR_LOCAL,
		    _("the client does not get in to the good endpoint, so that what it refuses "
		      "elsewhere says nothing; it %s. %s"),
		    ended, what_to_check(t));
	return err_set(e, ERR_LOCAL,
	    _("the client does not get in to the good endpoint, so that what it refuses elsewhere "
	      "says nothing; it %s and said: %.130s %s"),
	    ended, t->words, what_to_check(t));
}

/* A client speaks one protocol: the one in which it gets in to a good endpoint. */
static int try_control(struct attempt *a, struct err *e)
{
	for (size_t i = 0; i < a->n; i++)
		if (is_control(&a->trials[i]))
			a->trials[i].state = TRIAL_WANTED;
	if (try_run(a->lab, &a->o, a->trials, a->n, 1, e) < 0)
		return -1;
	for (size_t i = 0; i < a->n; i++)
		if (a->trials[i].state == TRIAL_DONE && judge_got_in(&a->trials[i]))
			a->control = &a->trials[i];
	if (!a->control)
		return no_control(a, e);
	a->protocol = a->control->at->protocol;
	for (size_t i = 0; i < a->n; i++)
		if (a->trials[i].at->protocol != a->protocol)
			a->trials[i].state = TRIAL_LEFT_OUT;
	return 0;
}

/* ---- then all of them ------------------------------------------------------------------------ */

static void want_all(struct attempt *a)
{
	for (size_t i = 0; i < a->n; i++) {
		struct trial *t = &a->trials[i];

		if (t->at->protocol != a->protocol || t->state == TRIAL_DONE)
			continue;
		if (a->names.how == NAMES_NONE && names_needed(t->at->condition))
			t->why = a->names.why;
		else
			t->state = TRIAL_WANTED;
	}
}

static size_t cores(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n > 1 ? (size_t)n : 2;
}

/* Who was too late where it should have got in; how many these are. */
static size_t want_late(struct attempt *a)
{
	size_t n = 0;

	for (size_t i = 0; i < a->n; i++) {
		struct trial *t = &a->trials[i];

		if (t->state != TRIAL_DONE || !t->timed_out || t->refuse || t == a->control)
			continue;
		t->state = TRIAL_WANTED;
		t->timed_out = 0;
		n++;
	}
	return n;
}

static int try_all(struct attempt *a, struct err *e)
{
	int rc;

	if (!a->client && a->control->ms > SLOW_MS)
		a->o.busy = cores();
	want_all(a);
	if (isatty(STDERR_FILENO))
		a->o.progress = show_progress;
	rc = try_run(a->lab, &a->o, a->trials, a->n, 0, e);
	/* On a busy machine many at once are late; a few at once tell whether it was that. */
	if (rc == 0 && want_late(a) > 0) {
		a->o.jobs = a->o.jobs == 1 ? 1 : 2;
		rc = try_run(a->lab, &a->o, a->trials, a->n, 0, e);
	}
	end_progress();
	return rc;
}

/* ---- what came of it ------------------------------------------------------------------------- */

static int is_plain(const char *word)
{
	return *word &&
	       word[strspn(word,
		   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./{}-")] ==
		   '\0';
}

/* Reports are UTF-8: a byte that is none becomes '?'. */
static void quote_word(const char *word, struct buf *out)
{
	size_t n;

	for (; *word; word += n ? n : 1) {
		n = judge_utf8((const unsigned char *)word, strlen(word));
		if (n == 0)
			(void)buf_add(out, "?", 1);
		if (*word == '\'')
			(void)buf_add(out, "'\\'", 3);
		(void)buf_add(out, word, n);
	}
}

/* The words as one would type them. */
static void quote_command(char *const *words, struct buf *out)
{
	for (size_t i = 0; words[i]; i++) {
		if (i > 0)
			(void)buf_add(out, " ", 1);
		if (is_plain(words[i])) {
			(void)buf_fmt(out, "%s", words[i]);
			continue;
		}
		(void)buf_add(out, "'", 1);
		quote_word(words[i], out);
		(void)buf_add(out, "'", 1);
	}
	(void)buf_add(out, "", 1);
}

static int write_file(const char *path, const struct report *r,
    int (*make)(const struct report *r, struct buf *out), struct err *e)
{
	struct buf text = buf_new(REPORT_MAX);
	int rc = make(r, &text);

	if (rc < 0)
		(void)err_set(e, ERR_LOCAL, _("%s would be too long"), path);
	if (rc == 0)
		rc = file_replace(path, 0644, text.p, text.n, e);
	buf_free(&text);
	return rc;
}

static int write_files(const struct report *r, struct err *e)
{
	const char *report = lab_given.report;
	int html = report && strcmp(strrchr(report, '.'), ".html") == 0;

	if (lab_given.junit && write_file(lab_given.junit, r, report_junit, e) < 0)
		return -1;
	if (report && write_file(report, r, html ? report_html : report_markdown, e) < 0)
		return -1;
	return 0;
}

static int terminal_width(void)
{
	struct winsize w;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) < 0 || w.ws_col == 0)
		return 100;
	return w.ws_col < 40 ? 40 : w.ws_col > 140 ? 140 : w.ws_col;
}

static int print_text(const struct report *r, struct err *e)
{
	const char *no = getenv("NO_COLOR");
	struct report_look look = { .width = terminal_width(),
		.colour = isatty(STDOUT_FILENO) && !(no && *no),
		.all = lab_given.all };
	struct buf text = buf_new(REPORT_MAX);
	int rc = report_text(r, &look, &text);

	if (rc < 0)
		(void)err_set(e, ERR_LOCAL, _("the report would be too long"));
	if (rc == 0)
		(void)fwrite(text.p, 1, text.n, stdout);
	buf_free(&text);
	return rc;
}

static int show(const struct report *r, struct err *e)
{
	if (cli.json)
		cli_print_json(report_json(r));
	else if (print_text(r, e) < 0)
		return -1;
	return write_files(r, e);
}

/* What is known of the client, and the setting for each of its flaws. */
static void advise(const struct attempt *a, const enum flaw *flaw, struct report *r)
{
	struct buf script = buf_new(SCRIPT_MAX);
	const struct advice_client *client;

	advice_script(a->command, &script);
	client = advice_client(a->command, script.p, script.n, a->control->seen.agent);
	r->client = client ? advice_title(client) : NULL;
	if (a->client)
		r->client = _(a->client->title);
	for (size_t i = 0; i < a->n; i++)
		if (flaw[i] != FLAW_NONE)
			r->advice[flaw[i]] =
			    advice_for(client, flaw[i], a->command, script.p, script.n);
	buf_free(&script);
}

static int tell(struct attempt *a, struct err *e)
{
	struct report r = { .agent = a->control->seen.agent,
		.protocol = a->protocol,
		.names = &a->names,
		.trials = a->trials,
		.n = a->n,
		.ms = (unsigned)((clock_us() - a->began) / 1000),
		.believe = a->control->status == 0 && !a->control->timed_out,
		.mended = lab_given.mended };
	struct buf command = buf_new(SCRIPT_MAX);
	enum flaw *flaw = calloc(a->n, sizeof *flaw);
	int rc = -1;

	if (!flaw) {
		(void)err_set(e, ERR_SYS, _("no memory"));
		goto out;
	}
	judge_all(a->trials, a->n, r.believe);
	flaws_of(a->trials, a->n, flaw);
	quote_command(a->command, &command);
	r.command = (const char *)command.p;
	r.flaw = flaw;
	advise(a, flaw, &r);
	rc = show(&r, e);
	if (rc == 0)
		rc = report_good(&r);
out:
	free(flaw);
	buf_free(&command);
	return rc;
}

/* ---- the whole road -------------------------------------------------------------------------- */

/* Conditions may be named in front of the command, too: try --only wrong-host expired -- curl … */
static int take_names(struct attempt *a, char ***words, struct err *e)
{
	if (lab_names_only(&a->only, e) < 0)
		return -1;
	while (a->only.n > 0 && **words && condition_of(**words))
		if (lab_names_add(&a->only, *(*words)++, e) < 0)
			return -1;
	/* What the others are held against. */
	return a->only.n > 0 ? lab_names_add(&a->only, "good", e) : 0;
}

/* The sample of --client, with all that it needs, which may take a while the first time. */
static int open_client(struct attempt *a, struct err *e)
{
	if (!a->client)
		return 0;
	if (isatty(STDERR_FILENO)) {
		(void)fprintf(stderr, _("\r\033[Kmaking %s ready"), a->client->name);
		progress_shown = 1;
	}
	a->ready = ready_open(a->client, a->folder.path, e);
	end_progress();
	a->o.ready = a->ready;
	a->o.busy = ready_jobs(a->client);
	return a->ready ? 0 : -1;
}

static int open_lab(struct attempt *a, struct err *e)
{
	struct lab_options o = { .only = a->only.v,
		.protocols = a->client ? ready_protocol(a->client) : lab_protocols(),
		.mended = lab_given.mended,
		.dir = a->folder.path };

	if (lab_folder_open(&a->folder, e) < 0 || open_client(a, e) < 0 ||
	    names_enter(a->folder.path, &a->names, e) < 0)
		return -1;
	a->lab = lab_start(&o, e);
	if (!a->lab || names_fill(&a->names, a->lab, e) < 0)
		return -1;
	a->n = lab_count(a->lab);
	a->trials = try_prepare(a->lab, lab_given.mended);
	return a->trials ? 0 : err_set(e, ERR_SYS, _("no memory"));
}

static void set_options(struct attempt *a)
{
	const char *timeout = lab_given.timeout, *jobs = lab_given.jobs;
	unsigned bound = a->client ? READY_SECONDS : TRY_SECONDS;

	a->o.command = a->client ? NULL : a->command;
	a->o.names = &a->names;
	a->o.dir = a->folder.path;
	a->o.timeout_ms = 1000 * (timeout ? (unsigned)strtoul(timeout, NULL, 10) : bound);
	a->o.jobs = jobs ? (size_t)strtoul(jobs, NULL, 10) : 0;
	a->o.stop_fd = a->stop_fd;
}

/* 1: right wherever it must be, 0: not, -1: it could not be tried. */
static int attempt(struct attempt *a, struct err *e)
{
	a->began = clock_us();
	a->stop_fd = lab_signals(e);
	if (a->stop_fd < 0 || open_lab(a, e) < 0)
		return -1;
	set_options(a);
	if (try_control(a, e) < 0 || try_all(a, e) < 0)
		return -1;
	return tell(a, e);
}

static void end_attempt(struct attempt *a)
{
	if (a->lab)
		lab_stop(a->lab);
	ready_free(a->ready);
	free(a->trials);
	lab_folder_close(&a->folder);
	lab_names_free(&a->only);
	if (a->stop_fd >= 0)
		close(a->stop_fd);
}

static const char *nearest_client(const char *name)
{
	const char *near = opt_nearest(name, recipes, sizeof *recipes);

	return near ? near : opt_nearest(name, recipes_https, sizeof *recipes_https);
}

/* The words in front of the command; with --client there is none. */
static int take_command(struct attempt *a, char **words, struct err *e)
{
	const char *name = lab_given.client, *near;

	a->command = words;
	if (!name)
		return *words
			   ? 0
			   : err_set(e, ERR_USER,
				 _("say what to try: dbtls lab try -- COMMAND, with {host} {port} "
				   "{ca} {user} {password} or {url} in it; dbtls lab --help has "
				   "examples"));
	if (*words)
		return err_set(e, ERR_USER,
		    _("%s: --client has a command of its own; leave one of the two out"), *words);
	a->client = ready_recipe(name);
	near = a->client ? NULL : nearest_client(name);
	if (near)
		return err_set(e, ERR_USER, _("--client %s: did you mean \"%s\"?"), name, near);
	if (!a->client)
		return err_set(e, ERR_USER,
		    _("--client %s: there is no sample for that; dbtls connect --list says for "
		      "what, and -- COMMAND tries anything else"),
		    name);
	a->sample[0] = (char *)"dbtls";
	a->sample[1] = (char *)"connect";
	a->sample[2] = (char *)a->client->name;
	a->command = a->sample;
	return 0;
}

static int prepare(struct attempt *a, struct err *e)
{
	if (!a->client || !lab_given.dir)
		return err_set(e, ERR_USER, _("--prepare goes with --client NAME and --dir DIR"));
	return lab_folder_open(&a->folder, e) < 0 ? -1 : open_client(a, e);
}

int lab_try(int argc, char **argv)
{
	struct attempt a = { .stop_fd = -1 };
	char **words = argv + 1;
	struct err e = { 0 };
	int rc = take_names(&a, &words, &e);

	(void)argc;
	if (rc == 0)
		rc = take_command(&a, words, &e);
	if (rc == 0 && lab_given.prepare)
		rc = prepare(&a, &e) < 0 ? -1 : 1;
	else if (rc == 0)
		rc = attempt(&a, &e);
	end_attempt(&a);
	if (rc < 0)
		return cli_fail(&e);
	return rc ? CLI_OK : CLI_FAILED;
}
