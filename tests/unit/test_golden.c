/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For every cause of `dbtls check` a check that was saved, and all that is said of it, as text and
 * as JSON; each ends in a next step (D13). DBTLS_WRITE_GOLDEN=1 writes anew what is said; the facts
 * are written by tests/flow/check.t.
 */
#include "base/file.h"
#include "base/language.h"
#include "doctor/record.h"
#include "doctor/verdict.h"
#include "tap.h"

#include <stdlib.h>

#define FOLDER "tests/golden/check/"

struct said {
	char *text, *json;
	size_t length;
	int is_there; /* the cause is among what was found */
	int first;    /* and stands first, or is a warning beside "ok" */
	const char *verdict;
	struct diagnosis of;
};

static int read_file(const char *id, const char *end, struct buf *out)
{
	struct err e = { 0 };
	char path[256];

	(void)snprintf(path, sizeof path, FOLDER "%s.%s", id, end);
	*out = buf_new(RECORD_FILE_MAX);
	return file_read(path, RECORD_FILE_MAX, out, &e);
}

static void tell(const struct check *c, struct said *out)
{
	struct check_told told;
	json_t *o;
	FILE *to;

	check_told(c, &told);
	to = open_memstream(&out->text, &out->length);
	verdict_text(to, &told.as);
	(void)fclose(to);
	o = verdict_json(&told.as);
	out->json = json_dumps(o, JSON_INDENT(2));
	json_decref(o);
}

static void find(const struct check *c, const struct diagnose_cause *cause, struct said *out)
{
	const struct diagnose *d = &c->diagnose;

	out->verdict = d->v[0].cause->id;
	for (size_t i = 0; i < d->n; i++) {
		if (strcmp(d->v[i].cause->id, cause->id) != 0)
			continue;
		out->is_there = 1;
		out->of = d->v[i];
		out->first = i == 0 || (cause->kind == DIAGNOSE_WARNING &&
					   d->v[0].cause->kind == DIAGNOSE_OK);
	}
}

/* saved: where the line is to be saved again, or NULL. -1: the facts can't be read. */
static int replay(
    const struct diagnose_cause *cause, struct span facts, struct said *out, struct buf *saved)
{
	struct check_wish w = { .trusts = trusts_new() };
	struct trusts *trusts = w.trusts;
	struct check c;
	struct err e = { 0 };
	int rc = -1;

	*out = (struct said) { .verdict = "" };
	if (record_read(&c, &w, facts, &e) == 0) {
		check_judge(&c, &w);
		check_stores(&c, &w);
		tell(&c, out);
		find(&c, cause, out);
		rc = saved ? record_line(saved, &c, &w, &e) : 0;
		check_free(&c);
	}
	if (*e.text)
		printf("# %s: %s\n", cause->id, e.text);
	trusts_free(trusts);
	return rc;
}

static void write_file(const char *id, const char *end, const char *text, const char *last)
{
	struct buf out = buf_new(RECORD_FILE_MAX);
	struct err e = { 0 };
	char path[256];

	(void)snprintf(path, sizeof path, FOLDER "%s.%s", id, end);
	(void)buf_fmt(&out, "%s%s", text, last);
	if (file_replace(path, 0644, out.p, out.n, &e) < 0)
		printf("Bail out! %s\n", e.text);
	buf_free(&out);
}

static int is_same(const char *id, const char *end, const char *text, const char *last)
{
	struct buf want;
	size_t n = strlen(text), more = strlen(last);
	int is = read_file(id, end, &want) == 0 && want.n == n + more &&
		 memcmp(want.p, text, n) == 0 && memcmp(want.p + n, last, more) == 0;

	buf_free(&want);
	return is;
}

/* To be typed: a command, a statement, a setting; or done: the sentence begins with it. */
static const char *const steps[] = { "dbtls ", "date -u", "getent ", "ss -ltn", "ip route ",
	"SHOW ", "FLUSH ", "SELECT ", "On the server: ", "On each server ", "Is ", "Ask ", "Have ",
	"Connect by ", "Find ", "Try ", "Trust it ", "Turn ", "Write ", "Leave ", "Name ", "Can ",
	"Mend ", "Look into ", "look there", "look for", "try from another network", "curl ",
	"The next certificate ", "have this machine's address", "an IAM policy with" };

static int names_a_step(const char *advice)
{
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
		if (strstr(advice, steps[i]))
			return 1;
	return 0;
}

/* What was to be filled in is, and the step is on the screen as well. */
static int is_told(const struct said *s, const struct diagnosis *d)
{
	return !strstr(s->text, "{host}") && !strstr(s->text, "{port}") &&
	       !strstr(s->text, "{target}") && strstr(s->text, "→ ") &&
	       strstr(s->text, d->cause->id);
}

static void forget(struct said *s)
{
	free(s->text);
	free(s->json);
}

/* What was saved by who speaks Japanese says the same in English. */
static void try_japanese(const struct diagnose_cause *cause, struct span facts, const char *english)
{
	static const char *const ours[] = { "has no address", "Name or service",
		"TLS from the first", "HTTP without TLS", "the host's name is not verified" };
	struct buf saved = buf_new(RECORD_LINE_MAX);
	struct said s, again = { 0 };
	int rc;

	i18n_use(language_ja, language_ja_rows);
	rc = replay(cause, facts, &s, &saved);
	i18n_use(NULL, 0);
	ok(rc == 0 && strcmp(s.text, english) != 0, "%s: it is told in Japanese", cause->id);
	/* Facts hold our words in English. */
	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
		if (strstr(english, ours[i]))
			ok(!strstr(s.text, ours[i]), "%s: and so is \"%s\"", cause->id, ours[i]);
	rc = replay(cause, span_of(saved.p, saved.n), &again, NULL);
	ok(rc == 0 && strcmp(again.text, english) == 0, "%s: and, saved, in English again",
	    cause->id);
	forget(&s);
	forget(&again);
	buf_free(&saved);
}

static void try_cause(const struct diagnose_cause *cause, int writes)
{
	struct span facts;
	struct buf read;
	struct said s;

	(void)read_file(cause->id, "facts", &read);
	facts = span_of(read.p, read.n);
	if (replay(cause, facts, &s, NULL) < 0) {
		ok(0, "%s: there are facts, which can be read: tests/flow/lib/golden.py",
		    cause->id);
		buf_free(&read);
		return;
	}
	ok(s.is_there && s.first, "%s: it is what is found; %s is", cause->id, s.verdict);
	if (writes) {
		write_file(cause->id, "txt", s.text, "");
		write_file(cause->id, "json", s.json, "\n");
	}
	ok(is_same(cause->id, "txt", s.text, ""), "%s: as text", cause->id);
	ok(is_same(cause->id, "json", s.json, "\n"), "%s: as JSON", cause->id);
	if (cause->kind != DIAGNOSE_OK)
		ok(s.is_there && names_a_step(s.of.cause->advice) && is_told(&s, &s.of),
		    "%s: what to do (D13)", cause->id);
	try_japanese(cause, facts, s.text);
	forget(&s);
	buf_free(&read);
}

int main(void)
{
	int writes = getenv("DBTLS_WRITE_GOLDEN") != NULL;
	const struct diagnose_cause *cause;

	for (size_t i = 0; (cause = diagnose_cause_at(i)); i++)
		try_cause(cause, writes);
	return tap_done();
}
