/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/check_many.h"

#include "base/clock.h"
#include "base/i18n.h"
#include "cmd/check_rounds.h"
#include "cmd/check_source.h"
#include "cmd/cli.h"
#include "cmd/lab.h"
#include "doctor/crew.h"
#include "doctor/gauges.h"
#include "doctor/tally.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define JOBS        32
#define DESCRIPTORS 4 /* that one check has open at once, and one to spare */

/* One target, on its way from the source to what is said of it. */
struct task {
	struct buf text;
	size_t number;
	struct check check;
	int is_target; /* it was understood; else why */
	struct err why;
	char *words; /* what is said */
	size_t length;
	uint64_t us;
};

struct round {
	const struct check_many *m;
	struct check_wish wish;
	struct check_source *source;
	struct gauges *gauges;       /* NULL: no file is wanted */
	struct check_rounds *before; /* NULL: all are told, and at once */
	FILE *changed;               /* what is told at the round's end */
	char *words;
	size_t length;
	unsigned number;
	struct tally tally;
	size_t expected; /* targets; 0: that is not known */
	int shows;       /* progress, on a terminal */
	int shown;
	int any;
	int worst;
};

/* ---- progress -------------------------------------------------------------------------------- */

static void show_progress(void *arg, const struct crew_progress *p)
{
	struct round *r = arg;
	double took = (double)(clock_us() - r->tally.began) / 1e6;
	double rate = took > 0 ? (double)p->done / took : 0;

	if (!r->shows)
		return;
	(void)fprintf(stderr, _("\r\033[Kchecked %zu"), p->done);
	if (r->expected)
		(void)fprintf(stderr, _(" of %zu"), r->expected);
	(void)fprintf(stderr, _(", %zu under way, %.0f a second"), p->under_way, rate);
	if (r->expected > p->done && rate > 0)
		(void)fprintf(stderr, _(", %.0f s left"), (double)(r->expected - p->done) / rate);
	r->shown = 1;
}

static void end_progress(struct round *r)
{
	if (r->shown)
		(void)fputs("\r\033[K", stderr);
	r->shown = 0;
}

/* ---- one target ------------------------------------------------------------------------------ */

static void *next(void *arg)
{
	struct round *r = arg;
	struct task *t = calloc(1, sizeof *t);

	if (!t)
		return NULL;
	t->text = buf_new(2 * TARGET_TEXT);
	if (check_source_next(r->source, &t->text, &t->number)) {
		r->any = 1;
		return t;
	}
	free(t);
	return NULL;
}

static void work(void *arg, void *task)
{
	struct round *r = arg;
	struct task *t = task;
	uint64_t began = clock_us();
	FILE *to;

	t->is_target = check_read(&t->check, span_of(t->text.p, t->text.n), &t->why) == 0;
	if (!t->is_target)
		return;
	r->m->look(&t->check, &r->wish);
	t->us = clock_us() - began;
	to = open_memstream(&t->words, &t->length);
	if (!to)
		return;
	r->m->tell(to, &t->check);
	(void)fclose(to);
}

int check_many_exit(const struct diagnose *d)
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

int check_many_worse(int worst, int rc)
{
	return rc == CLI_FAILED || worst == CLI_OK ? rc : worst;
}

static int complain(struct round *r, struct task *t)
{
	if (t->number)
		(void)err_prefix(&t->why, _("line %zu"), t->number);
	r->tally.wrong++;
	return cli_wrong("%s", t->why.text);
}

static FILE *where_to(struct round *r, const struct task *t)
{
	if (!r->before)
		return stdout;
	if (!check_rounds_changed(
		r->before, span_of(t->text.p, t->text.n), t->check.diagnose.v[0].cause))
		return NULL;
	return r->changed;
}

static int count(struct round *r, const struct task *t)
{
	FILE *to = where_to(r, t);
	char name[CHECK_NAME];
	const struct gauges_check g = { .check = &t->check, .us = t->us, .at = time(NULL) };

	check_name(&t->check, name, sizeof name);
	tally_add(&r->tally, t->check.diagnose.v[0].cause, name);
	if (r->gauges)
		gauges_add(r->gauges, &g);
	if (to)
		(void)fwrite(t->words ? t->words : "", 1, t->length, to);
	(void)fflush(stdout);
	return check_many_worse(
	    check_many_exit(&t->check.diagnose), r->m->keep(&t->check, &r->wish));
}

static void done(void *arg, void *task, int whole)
{
	struct round *r = arg;
	struct task *t = task;

	end_progress(r);
	if (whole)
		r->worst = check_many_worse(r->worst, t->is_target ? count(r, t) : complain(r, t));
	if (t->is_target)
		check_free(&t->check);
	free(t->words);
	/* There may be a password in it. */
	buf_wipe(&t->text);
	free(t);
}

/* ---- one round ------------------------------------------------------------------------------- */

static int is_many(const struct check_many *m)
{
	return m->file || m->n > 1 || m->every;
}

static size_t jobs_of(const struct check_many *m)
{
	if (!is_many(m))
		return 1;
	return crew_jobs(m->jobs ? m->jobs : JOBS, DESCRIPTORS);
}

static void tell_round(struct round *r)
{
	char at[CLI_TIME_TEXT];

	printf(_("%s round %u: "), cli_iso_time(time(NULL), at), r->number);
	tally_line(stdout, &r->tally);
	(void)fflush(r->changed);
	(void)fwrite(r->words, 1, r->length, stdout);
}

static void sum_up(struct round *r)
{
	const struct check_many *m = r->m;

	r->tally.ended = clock_us();
	if (m->summary && m->json) {
		json_t *o = tally_json(&r->tally);

		(void)json_dumpf(o, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6));
		(void)putchar('\n');
		json_decref(o);
	}
	if (r->before)
		tell_round(r);
	if (!m->json && (m->summary || (!r->before && tally_sum(&r->tally) > 1)))
		tally_text(stdout, &r->tally);
	if (m->json && !m->summary && r->shows)
		tally_text(stderr, &r->tally);
	(void)fflush(stdout);
}

/* -1: nothing was tried, or its file can't be written. 1: stopped before its end. */
static int go_round(struct round *r, struct err *e)
{
	const struct check_many *m = r->m;
	const struct crew c = {
		.jobs = jobs_of(m),
		.arg = r,
		.next = next,
		.work = work,
		.done = done,
		.watch = show_progress,
		.stop = r->wish.stop,
	};
	int rc;

	r->shows = is_many(m) && isatty(STDERR_FILENO);
	if (r->shows)
		r->expected = check_source_count(m->words, m->n, m->file);
	r->tally.began = clock_us();
	rc = crew_run(&c, e);
	end_progress(r);
	if (rc < 0)
		return -1;
	if (!r->any && rc == 0)
		return err_set(e, ERR_USER, _("%s: there is no target in it"), m->file);
	r->tally.stopped = rc;
	sum_up(r);
	/* Half a round would take the other half's lines away. */
	if (r->gauges && rc == 0 && gauges_write(r->gauges, m->metrics, e) < 0)
		return -1;
	return rc;
}

/* What lasts longer than a round. */
struct watched {
	int stop;
	struct check_rounds *rounds; /* NULL: there is one round, or all is told in each */
};

/* Stores and names are read anew in each: that they change is what is watched for. */
static int one_round(const struct check_many *m, struct watched *w, int *worst, struct err *e)
{
	struct round r = { .m = m, .wish = *m->wish, .before = w->rounds, .worst = CLI_OK };
	int rc = -1;

	r.wish.stop = w->stop;
	r.tally.width = m->width;
	r.number = r.before ? check_rounds_begin(r.before) : 0;
	r.changed = r.before ? open_memstream(&r.words, &r.length) : NULL;
	r.wish.trusts = trusts_new();
	r.wish.names = names_new();
	r.gauges = m->metrics ? gauges_new() : NULL;
	if (r.wish.trusts && r.wish.names && (r.gauges || !m->metrics) && (r.changed || !r.before))
		r.source = check_source_open(m->words, m->n, m->file, e);
	else
		(void)err_set(e, ERR_SYS, _("no memory"));
	if (r.source)
		rc = go_round(&r, e);
	*worst = r.worst;
	check_source_close(r.source);
	if (r.changed)
		(void)fclose(r.changed);
	free(r.words);
	gauges_free(r.gauges);
	names_free(r.wish.names);
	trusts_free(r.wish.trusts);
	return rc;
}

/* ---- all of them ----------------------------------------------------------------------------- */

/* 1: it is to end. */
static int wait_until(uint64_t when, int stop)
{
	struct pollfd p = { .fd = stop, .events = POLLIN };
	uint64_t now;

	while ((now = clock_us()) < when)
		if (poll(&p, 1, (int)((when - now) / 1000) + 1) > 0)
			return 1;
	return 0;
}

static int tell_why(const struct err *e)
{
	return e->kind == ERR_USER || e->kind == ERR_SYS ? cli_wrong("%s", e->text) : cli_fail(e);
}

static int all_rounds(const struct check_many *m, struct watched *w)
{
	struct err e = { 0 };
	int worst = CLI_OK, rc;
	uint64_t began;

	do {
		began = clock_us();
		rc = one_round(m, w, &worst, &e);
		if (rc < 0)
			worst = check_many_worse(worst, tell_why(&e));
	} while (rc <= 0 && m->every && !wait_until(began + m->every * 1000000ull, w->stop));
	return rc > 0 && !m->every ? CHECK_STOPPED : worst;
}

int check_many(const struct check_many *m)
{
	struct watched w = { 0 };
	struct err e = { 0 };
	int rc;

	w.stop = is_many(m) ? lab_signals(&e) : 0;
	if (w.stop < 0)
		return cli_fail(&e);
	w.rounds = m->every && !m->json ? check_rounds_new() : NULL;
	rc = all_rounds(m, &w);
	check_rounds_free(w.rounds);
	if (w.stop > 0)
		(void)close(w.stop);
	return rc;
}
