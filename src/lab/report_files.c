/* SPDX-License-Identifier: Apache-2.0 */
/* The report as files: JUnit's XML for CI, Markdown, HTML. */
#include "lab/report.h"

#include "base/language.h"

#include <string.h>

#define VERDICT 4096 /* bytes; three sentences of our own */

/* As in report_text.c: once it is full, it says so at the end. */
struct sheet {
	const struct report *r;
	struct buf *out;
	int full;
};

static void raw(struct sheet *s, const char *text)
{
	s->full |= buf_add(s->out, text, strlen(text)) < 0;
}

static void number(struct sheet *s, unsigned long long n)
{
	s->full |= buf_fmt(s->out, "%llu", n) < 0;
}

/* XML 1.0 has no control characters but tab and line ends, not even as references. */
static void xml(struct sheet *s, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		char one[2] = { (char)c, '\0' };

		if (c < ' ' && c != '\t' && c != '\n')
			one[0] = '?';
		raw(s, c == '&'    ? "&amp;"
		       : c == '<'  ? "&lt;"
		       : c == '>'  ? "&gt;"
		       : c == '"'  ? "&quot;"
		       : c == '\'' ? "&#39;"
		       : c == '\n' ? "&#10;"
				   : one);
	}
}

static void markdown(struct sheet *s, const char *text)
{
	for (; *text; text++) {
		char one[3] = { '\\', *text, '\0' };

		if (*text == '<' || *text == '&')
			raw(s, *text == '<' ? "&lt;" : "&amp;");
		else if (*text == '\n')
			raw(s, " ");
		else
			raw(s, strchr("\\`*_{}[]()#+!|>~$", *text) ? one : one + 1);
	}
}

static const char *protocol_of(const struct report *r)
{
	return r->protocol == LAB_MYSQL ? "mysql" : "https";
}

static int is_grave(const struct trial *t)
{
	return t->at->condition->weight == LAB_MUST;
}

/* ---- JUnit ----------------------------------------------------------------------------------- */

static void seconds(struct sheet *s, unsigned ms)
{
	s->full |= buf_fmt(s->out, "%u.%03u", ms / 1000, ms % 1000) < 0;
}

static void verdict_text(struct sheet *s, const struct trial *t, enum flaw f)
{
	struct buf out = buf_new(VERDICT);

	if (buf_fmt(&out, _("%s: %s. %s"), judge_text(t->outcome), _(t->at->condition->wrong),
		flaw_means(f)) < 0 ||
	    buf_add(&out, "", 1) < 0)
		s->full = 1;
	else
		xml(s, (const char *)out.p);
	buf_free(&out);
}

static void failure_body(struct sheet *s, const struct trial *t, enum flaw f)
{
	raw(s, "\">");
	if (s->r->advice[f]) {
		xml(s, s->r->advice[f]);
		raw(s, "\n");
	}
	xml(s, t->words);
}

/* A must that is wrong fails the build; what is less grave is shown, and does not. */
static void junit_result(struct sheet *s, const struct trial *t, enum flaw f)
{
	const char *tag = is_grave(t) ? "failure" : "skipped";

	if (t->state != TRIAL_DONE) {
		raw(s, is_grave(t) ? "<error message=\"" : "<skipped message=\"");
		xml(s, t->why);
		raw(s, "\"/>");
		return;
	}
	if (t->right)
		return;
	raw(s, "<");
	raw(s, tag);
	raw(s, is_grave(t) ? " type=\"" : " message=\"");
	if (is_grave(t)) {
		raw(s, flaw_id(f));
		raw(s, "\" message=\"");
	}
	verdict_text(s, t, f);
	failure_body(s, t, f);
	raw(s, "</");
	raw(s, tag);
	raw(s, ">");
}

static void junit_case(struct sheet *s, const struct trial *t, enum flaw f)
{
	raw(s, "  <testcase classname=\"dbtls.lab.");
	raw(s, protocol_of(s->r));
	raw(s, ".");
	raw(s, lab_group_name(condition_group(t->at->condition)));
	raw(s, "\" name=\"");
	xml(s, t->at->condition->name);
	raw(s, "\" time=\"");
	seconds(s, t->ms);
	raw(s, "\">");
	junit_result(s, t, f);
	raw(s, "</testcase>\n");
}

static size_t junit_count(const struct report *r, int grave, int done)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++) {
		const struct trial *t = &r->trials[i];

		n += report_shows(t) && is_grave(t) == grave &&
		     !(t->state == TRIAL_DONE && t->right) &&
		     (!grave || (t->state == TRIAL_DONE) == done);
	}
	return n;
}

static void junit_numbers(struct sheet *s)
{
	const struct report *r = s->r;
	size_t all = 0;

	for (size_t i = 0; i < r->n; i++)
		all += report_shows(&r->trials[i]);
	raw(s, " tests=\"");
	number(s, all);
	raw(s, "\" failures=\"");
	number(s, junit_count(r, 1, 1));
	raw(s, "\" errors=\"");
	number(s, junit_count(r, 1, 0));
	raw(s, "\" skipped=\"");
	number(s, junit_count(r, 0, 0));
	raw(s, "\" time=\"");
	seconds(s, r->ms);
	raw(s, "\"");
}

int report_junit(const struct report *r, struct buf *out)
{
	struct sheet s = { r, out, 0 };

	raw(&s, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"dbtls lab try\"");
	junit_numbers(&s);
	raw(&s, ">\n  <properties><property name=\"command\" value=\"");
	xml(&s, r->command);
	raw(&s, "\"/></properties>\n");
	for (size_t i = 0; i < r->n; i++)
		if (report_shows(&r->trials[i]))
			junit_case(&s, &r->trials[i], r->flaw[i]);
	raw(&s, "</testsuite>\n");
	return s.full ? -1 : 0;
}

/* ---- Markdown and HTML: the same tables ------------------------------------------------------ */

/* How the parts of a document are written. */
struct form {
	void (*text)(struct sheet *s, const char *text);
	const char *begin, *begun; /* the language stands between them; NULL: it is not said */
	const char *title, *title_end, *end;
	const char *code, *code_end;   /* a block */
	const char *part, *part_end;   /* a heading */
	const char *line, *line_end;   /* a paragraph */
	const char *table, *table_end; /* the table's head has the six titles between cells */
	const char *row, *cell, *row_end;
	const char *strong, *strong_end;
};

/* A block of code is what is indented: each of its lines. */
static void code_text(struct sheet *s, const char *text)
{
	for (; *text; text++) {
		char one[2] = { *text, '\0' };

		raw(s, *text == '\n' ? "\n    " : one);
	}
}

static const struct form markdown_form = {
	.text = markdown,
	.title = "# ",
	.title_end = "\n\n",
	.end = "",
	.code = "    ",
	.code_end = "\n\n",
	.part = "## ",
	.part_end = "\n\n",
	.line = "",
	.line_end = "\n\n",
	.table = "",
	.table_end = "\n",
	.row = "| ",
	.cell = " | ",
	.row_end = " |\n",
	.strong = "**",
	.strong_end = "**",
};

static const struct form html_form = {
	.text = xml,
	.begin = "<!DOCTYPE html>\n<html lang=\"",
	.begun = "\"><head><meta charset=\"utf-8\">"
		 "<meta name=\"viewport\" content=\"width=device-width\">"
		 "<title>dbtls lab try</title>\n<style>body{font:16px/1.5 system-ui,sans-serif;"
		 "max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}"
		 "table{border-collapse:collapse;width:100%;font-size:.9rem}"
		 "td,th{border-bottom:1px solid #ccc;padding:.3rem .6rem;text-align:left;"
		 "vertical-align:top}pre{background:#f3f3f3;padding:.6rem;overflow-x:auto}"
		 "strong{color:#a40000}@media(prefers-color-scheme:dark){body{color:#e6e6e6;"
		 "background:#161616}pre{background:#262626}strong{color:#ff8080}}</style></head>"
		 "<body>\n",
	.title = "<h1>",
	.title_end = "</h1>\n",
	.end = "</body></html>\n",
	.code = "<pre>",
	.code_end = "</pre>\n",
	.part = "<h2>",
	.part_end = "</h2>\n",
	.line = "<p>",
	.line_end = "</p>\n",
	.table = "<table>\n",
	.table_end = "</table>\n",
	.row = "<tr><td>",
	.cell = "</td><td>",
	.row_end = "</td></tr>\n",
	.strong = "<strong>",
	.strong_end = "</strong>",
};

static void between(
    struct sheet *s, const char *before, const struct form *f, const char *text, const char *behind)
{
	raw(s, before);
	f->text(s, text);
	raw(s, behind);
}

static void flaw_part(struct sheet *s, const struct form *f, enum flaw flaw)
{
	const char *comma = "";

	between(s, f->part, f, flaw_means(flaw), f->part_end);
	raw(s, f->line);
	for (size_t i = 0; i < s->r->n; i++) {
		if (s->r->flaw[i] != flaw)
			continue;
		between(s, comma, f, s->r->trials[i].at->condition->name, "");
		comma = ", ";
	}
	raw(s, f->line_end);
	if (s->r->advice[flaw])
		between(s, f->line, f, s->r->advice[flaw], f->line_end);
}

static void flaw_parts(struct sheet *s, const struct form *f)
{
	for (enum flaw flaw = FLAW_NONE + 1; flaw < FLAWS; flaw++) {
		size_t n = 0;

		for (size_t i = 0; i < s->r->n; i++)
			n += s->r->flaw[i] == flaw;
		if (n > 0)
			flaw_part(s, f, flaw);
	}
}

static const char *verdict(const struct trial *t)
{
	if (t->state != TRIAL_DONE)
		return _("not tried");
	return t->right ? _("right") : _("wrong");
}

static void table_row(struct sheet *s, const struct form *f, const struct trial *t)
{
	const struct condition *c = t->at->condition;
	int wrong = t->state == TRIAL_DONE && !t->right;

	between(s, f->row, f, c->name, f->cell);
	between(s, "", f, _(c->wrong), f->cell);
	between(s, "", f, lab_weight_name(c->weight), f->cell);
	between(s, "", f, t->state == TRIAL_DONE ? judge_text(t->outcome) : "", f->cell);
	between(s, wrong ? f->strong : "", f, verdict(t), wrong ? f->strong_end : "");
	raw(s, f->cell);
	number(s, t->ms);
	between(s, " ms", f, "", f->cell);
	between(s, "", f, t->state == TRIAL_DONE ? t->words : t->why, f->row_end);
}

static void table_head(struct sheet *s, const struct form *f)
{
	const char *const titles[] = { _("Endpoint"), _("What is wrong there"), _("Weight"),
		_("What the client did"), _("Verdict"), _("Time"), _("Its words") };
	size_t n = sizeof titles / sizeof *titles;

	raw(s, f->table);
	for (size_t i = 0; i < n; i++)
		between(s, i ? f->cell : f->row, f, titles[i], "");
	raw(s, f->row_end);
	if (f == &markdown_form)
		raw(s, "|---|---|---|---|---|--:|---|\n");
}

static int document(const struct report *r, const struct form *f, struct buf *out)
{
	struct sheet s = { r, out, 0 };
	struct buf head = buf_new(512);

	if (f->begin) {
		raw(&s, f->begin);
		raw(&s, language_name());
		raw(&s, f->begun);
	}
	if (report_headline(r, &head) < 0 || buf_add(&head, "", 1) < 0)
		s.full = 1;
	if (!s.full)
		between(&s, f->title, f, (const char *)head.p, f->title_end);
	buf_free(&head);
	raw(&s, f->code);
	(f == &markdown_form ? code_text : f->text)(&s, r->command);
	raw(&s, f->code_end);
	if (*r->agent)
		between(&s, f->line, f, r->agent, f->line_end);
	flaw_parts(&s, f);
	between(&s, f->part, f, _("Each endpoint"), f->part_end);
	table_head(&s, f);
	for (size_t i = 0; i < r->n; i++)
		if (report_shows(&r->trials[i]))
			table_row(&s, f, &r->trials[i]);
	raw(&s, f->table_end);
	raw(&s, f->end);
	return s.full ? -1 : 0;
}

int report_markdown(const struct report *r, struct buf *out)
{
	return document(r, &markdown_form, out);
}

int report_html(const struct report *r, struct buf *out)
{
	return document(r, &html_form, out);
}
