/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Settings in program code (T9 to T15), by a corpus: tests/data/lint has a file a language, in it
 * snippets, each behind a line "==== FILE: TITLE". A line that must be found ends in a comment with
 * "<- ID"; what has none must not be.
 */
#include "base/file.h"
#include "lint/idioms.h"
#include "lint/match.h"
#include "tap.h"

#include <stdlib.h>

#define HEAD   "==== "
#define MARK   "<- "
#define CORPUS "tests/data/lint/"

static const char *const languages[] = { "c", "csharp", "go", "java", "node", "php", "python",
	"ruby", "rust" };

static void list(char *out, size_t room, size_t line, const char *id, size_t n)
{
	size_t used = strlen(out);

	(void)snprintf(out + used, room - used, "%s%zu:%.*s", used ? " " : "", line, (int)n, id);
}

/* "2:option-insecure 4:version-old" of the marks in a snippet. */
static void wanted(char *out, size_t room, struct span text)
{
	size_t line = 1;

	*out = '\0';
	for (size_t i = 0; i + 3 < text.n; i++) {
		size_t n = 0;

		line += text.p[i] == '\n';
		if (memcmp(text.p + i, MARK, 3) != 0)
			continue;
		while (
		    i + 3 + n < text.n && strchr("-abcdefghijklmnopqrstuvwxyz", text.p[i + 3 + n]))
			n++;
		list(out, room, line, (const char *)text.p + i + 3, n);
	}
}

static void found(char *out, size_t room, struct span text, const char *name)
{
	struct lint l;
	struct err e = { 0 };

	*out = '\0';
	if (lint(text, name, &l, &e) < 0) {
		(void)snprintf(out, room, "refused: %s", e.text);
		return;
	}
	for (size_t i = 0; i < l.n; i++)
		list(out, room, l.found[i].line, l.found[i].id, strlen(l.found[i].id));
	lint_free(&l);
}

/* The text with another line in place of the finding's. */
static void put_line(struct buf *out, struct span text, const struct lint_finding *f)
{
	size_t begin = f->at, end = f->at;

	while (begin > 0 && text.p[begin - 1] != '\n')
		begin--;
	while (end < text.n && text.p[end] != '\n')
		end++;
	if (buf_add(out, text.p, begin) < 0 || buf_add(out, f->write, strlen(f->write)) < 0 ||
	    buf_add(out, text.p + end, text.n - end) < 0)
		ok(0, "out of memory");
}

/* Whether nothing is found in that line any more when it stands as it should. */
static int mends(struct span text, const char *name, const struct lint_finding *f)
{
	struct buf out = buf_new(1 << 20);
	struct lint l = { 0 };
	struct err e;
	int still = 0;

	put_line(&out, text, f);
	if (lint(span_of(out.p, out.n), name, &l, &e) == 0)
		for (size_t i = 0; i < l.n; i++)
			still |= l.found[i].line == f->line && strcmp(l.found[i].id, f->id) == 0;
	lint_free(&l);
	buf_free(&out);
	return !still;
}

static size_t written;

static void test_written(struct span text, const char *name)
{
	struct lint l;
	struct err e;

	if (lint(text, name, &l, &e) < 0)
		return;
	for (size_t i = 0; i < l.n; i++) {
		written += l.found[i].write != NULL;
		if (l.found[i].write && !mends(text, name, &l.found[i]))
			ok(0, "%s: \"%s\" mends it", name, l.found[i].write);
		if (l.found[i].write && getenv("DBTLS_SHOW"))
			printf("# - %s\n# + %s\n", l.found[i].text, l.found[i].write);
	}
	lint_free(&l);
}

/* text begins with "FILE: TITLE" and a line's end. */
static void test_snippet(const char *language, struct span text)
{
	const uint8_t *end = memchr(text.p, '\n', text.n);
	char head[160], want[512], got[512], *colon;

	if (!end || (size_t)(end - text.p) >= sizeof head)
		return;
	(void)snprintf(head, sizeof head, "%.*s", (int)(end - text.p), (const char *)text.p);
	(void)span_skip(&text, (size_t)(end - text.p) + 1);
	colon = strstr(head, ": ");
	if (!colon) {
		ok(0, "%s: \"%s\" has a file's name", language, head);
		return;
	}
	*colon = '\0';
	wanted(want, sizeof want, text);
	found(got, sizeof got, text, head);
	is_str(got, want, "%s: %s", language, colon + 2);
	test_written(text, head);
}

/* The next snippet of *rest, without its "==== ". */
static int next(struct span *rest, struct span *out)
{
	const char *begin, *end;

	if (rest->n < sizeof HEAD - 1)
		return 0;
	begin = (const char *)rest->p + sizeof HEAD - 1;
	end = strstr(begin, "\n" HEAD);
	*out = span_of(begin, end ? (size_t)(end + 1 - begin) : rest->n - (sizeof HEAD - 1));
	(void)span_skip(rest, sizeof HEAD - 1 + out->n);
	return 1;
}

static void test_language(const char *language)
{
	struct err e = { 0 };
	struct span rest, snippet;
	struct buf text = buf_new(1 << 20);
	char path[128];
	size_t count = 0;

	(void)snprintf(path, sizeof path, CORPUS "%s", language);
	if (file_read(path, text.max, &text, &e) < 0 || buf_add(&text, "", 1) < 0) {
		ok(0, "%s: %s", path, e.text);
		return;
	}
	for (rest = span_of(text.p, text.n - 1); next(&rest, &snippet); count++)
		test_snippet(language, snippet);
	ok(count >= 5, "%s: %zu snippets", language, count);
	buf_free(&text);
}

/* Each row is one that can be looked for, and what it says to write is no pattern. */
static void test_rows(void)
{
	struct lint_pattern p;
	size_t rows = 0, wrong = 0;

	for (const struct lint_idiom *row = lint_idiom_rows; row->words; row++, rows++)
		if (lint_pattern(&p, row->words) < 0 || p.n == 0 || !row->languages || !row->advice)
			wrong++;
	is_int(wrong, 0, "each of %zu idioms is one", rows);
	ok(rows < LINT_IDIOMS, "all of them are looked for");
	rows = 0;
	for (const struct lint_missing *row = lint_missing_rows; row->words; row++, rows++)
		wrong += lint_pattern(&p, row->words) < 0 || p.n == 0 || !row->advice;
	ok(wrong == 0 && rows < LINT_MISSING, "each of %zu calls is one", rows);
}

int main(void)
{
	test_rows();
	for (size_t i = 0; i < sizeof languages / sizeof *languages; i++)
		test_language(languages[i]);
	ok(written > 100, "%zu lines are written anew, and are right then", written);
	return tap_done();
}
