/* SPDX-License-Identifier: Apache-2.0 */
#include "lint/lint.h"

#include "base/buf.h"
#include "base/i18n.h"
#include "lint/made.h"
#include "lint/read.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the main road --------------------------------------------------------------------------- */

/* Each looks through all of the text. Of two findings in a line with one id the first stays. */
static void (*const rules[])(struct lint_reading *r) = {
	lint_targets,
	lint_commands,
	lint_options,
	lint_dotnet,
	lint_calls,
	lint_idioms,
	lint_pairs,
	lint_blocks,
	lint_web,
};

static int is_binary(struct span text)
{
	return text.n && memchr(text.p, 0, text.n) != NULL;
}

static int by_place(const void *a, const void *b)
{
	const struct lint_finding *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

/* Lines and columns in one pass. */
static void number(struct lint *out, struct span text)
{
	size_t line = 1, start = 0, at = 0;

	if (out->n)
		qsort(out->found, out->n, sizeof *out->found, by_place);
	for (size_t i = 0; i < out->n; i++) {
		for (; at < out->found[i].at; at++)
			if (text.p[at] == '\n') {
				line++;
				start = at + 1;
			}
		out->found[i].line = line;
		out->found[i].column = out->found[i].at - start + 1;
	}
}

static void look(struct lint_reading *r)
{
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
		rules[i](r);
	number(r->out, r->text);
}

int lint(struct span text, const char *name, struct lint *out, struct err *e)
{
	struct lint_reading r = { .text = text, .out = out };
	struct lint_literal *literal = NULL;
	uint8_t *room = NULL;
	int rc = -1;

	*out = (struct lint) { 0 };
	if (text.n > LINT_TEXT)
		return err_set(e, ERR_USER, _("a file of more than %d MiB is too long to be read"),
		    LINT_TEXT >> 20);
	if (text.n == 0 || is_binary(text))
		return 0;
	r.language = lint_language_of(name, text);
	room = malloc(2 * text.n);
	r.made = malloc(sizeof *r.made);
	out->found = calloc(LINT_FINDINGS, sizeof *out->found);
	if (!room || !r.made || !out->found ||
	    lint_language_split(&r, room, room + text.n, &literal) < 0) {
		err_sys(e, "malloc");
		goto out;
	}
	look(&r);
	rc = 0;
out:
	if (rc < 0)
		lint_free(out);
	free(literal);
	free(r.made);
	free(room);
	return rc;
}

void lint_free(struct lint *out)
{
	for (size_t i = 0; out->found && i < out->n; i++) {
		free(out->found[i].text);
		free(out->found[i].write);
	}
	free(out->found);
	*out = (struct lint) { 0 };
}

/* ---- findings -------------------------------------------------------------------------------- */

void lint_settled(struct lint_reading *r)
{
	r->out->settings++;
}

int lint_byte(const struct lint_reading *r, size_t i)
{
	return i < r->code.n ? r->code.p[i] : 0;
}

size_t lint_line_end(const struct lint_reading *r, size_t i)
{
	const uint8_t *end = i < r->code.n ? memchr(r->code.p + i, '\n', r->code.n - i) : NULL;

	return end ? (size_t)(end - r->code.p) : r->code.n;
}

const struct lint_literal *lint_literal_at(const struct lint_reading *r, size_t at)
{
	size_t low = 0, high = r->literals;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (r->literal[middle].at > at)
			high = middle;
		else
			low = middle + 1;
	}
	if (low == 0 || at >= r->literal[low - 1].at + r->literal[low - 1].n)
		return NULL;
	return &r->literal[low - 1];
}

/* The line around a place; empty: it is too long to be shown. */
static struct span line_of(const struct lint_reading *r, size_t at, size_t *begin)
{
	size_t first = at > LINT_LINE ? at - LINT_LINE : 0, end = at, n;
	const uint8_t *before = at > first ? memrchr(r->text.p + first, '\n', at - first) : NULL;
	const uint8_t *after;

	*begin = before ? (size_t)(before - r->text.p) + 1 : first;
	n = r->text.n - *begin < LINT_LINE ? r->text.n - *begin : LINT_LINE;
	after = at - *begin < n ? memchr(r->text.p + at, '\n', n - (at - *begin)) : NULL;
	end = after ? (size_t)(after - r->text.p) : *begin + n;
	if ((!before && first) || (!after && end < r->text.n))
		return span_of(r->text.p + *begin, 0);
	while (end > *begin && r->text.p[end - 1] == '\r')
		end--;
	return span_of(r->text.p + *begin, end - *begin);
}

static int add_edits(struct buf *out, const struct lint_hit *h, struct span line, size_t begin)
{
	size_t at = begin, end = begin + line.n;

	for (size_t i = 0; i < h->edits; i++) {
		const struct lint_edit *edit = &h->edit[i];

		if (edit->at < at || edit->at + edit->n > end ||
		    buf_add(out, line.p + (at - begin), edit->at - at) < 0 ||
		    buf_add(out, edit->put, strlen(edit->put)) < 0)
			return -1;
		at = edit->at + edit->n;
	}
	return buf_add(out, line.p + (at - begin), end - at);
}

/* NULL: the edits are not all in that line. */
static char *written(const struct lint_hit *h, struct span line, size_t begin)
{
	struct buf out = buf_new((size_t)2 * LINT_LINE);
	char *masked = NULL;

	if (h->edits && add_edits(&out, h, line, begin) == 0)
		masked = lint_mask((const char *)out.p, out.n);
	buf_wipe(&out);
	return masked;
}

static int is_told(const struct lint_reading *r, const struct lint_hit *h)
{
	for (size_t i = 0; i < r->out->n; i++) {
		const struct lint_finding *f = &r->out->found[i];
		size_t low = f->at < h->at ? f->at : h->at, high = f->at < h->at ? h->at : f->at;

		if (strcmp(f->id, h->id) == 0 && high - low < LINT_LINE &&
		    !memchr(r->text.p + low, '\n', high - low))
			return 1;
	}
	return 0;
}

void lint_say(struct lint_reading *r, const struct lint_hit *h, const char *fmt, ...)
{
	struct lint_finding *f;
	struct span line;
	size_t begin;
	va_list args;

	if (r->out->n == LINT_FINDINGS || h->at > r->text.n || is_told(r, h))
		return;
	f = &r->out->found[r->out->n++];
	*f = (struct lint_finding) { .at = h->at, .n = h->n, .id = h->id, .client = h->client };
	va_start(args, fmt);
	(void)vsnprintf(f->sentence, sizeof f->sentence, fmt, args);
	va_end(args);
	lint_printable(f->sentence);
	line = line_of(r, h->at, &begin);
	if (line.n == 0)
		return;
	f->text = lint_mask((const char *)line.p, line.n);
	f->write = written(h, line, begin);
}
