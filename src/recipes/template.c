/* SPDX-License-Identifier: Apache-2.0 */
#include "recipes/template.h"

#include "base/i18n.h"

#include <string.h>

static const struct {
	const char *word;
	enum template_kind kind;
	enum template_filter filter;
	int named;    /* a name follows */
	int filtered; /* a filter follows the name */
	int once;
} kinds[] = {
	{ "@file", SECTION_FILE, FILTER_TEXT, 1, 1, 0 },
	{ "@pkcs12", SECTION_PKCS12, FILTER_TEXT, 1, 0, 1 },
	{ "@setup", SECTION_SETUP, FILTER_SHELL, 0, 0, 1 },
	{ "@run", SECTION_RUN, FILTER_SHELL, 0, 0, 1 },
	{ "@needs", SECTION_NEEDS, FILTER_TEXT, 0, 0, 1 },
	{ "@note", SECTION_NOTE, FILTER_TEXT, 0, 0, 1 },
};
#define KINDS (sizeof kinds / sizeof *kinds)

static const char *const filters[] = {
	[FILTER_TEXT] = "text",
	[FILTER_SINGLE] = "single",
	[FILTER_DOUBLE] = "double",
	[FILTER_SHELL] = "sh",
};
#define FILTERS (sizeof filters / sizeof *filters)

/* The bytes before c or the end; *from moves behind c. */
static struct span cut(struct span *from, char c)
{
	const uint8_t *at = from->n ? memchr(from->p, c, from->n) : NULL;
	size_t n = at ? (size_t)(at - from->p) : from->n;
	struct span part = span_of(from->p, n);

	(void)span_skip(from, at ? n + 1 : n);
	return part;
}

struct span template_line(struct span *text)
{
	return cut(text, '\n');
}

static int starts(struct span s, const char *with)
{
	size_t n = strlen(with);

	return s.n >= n && memcmp(s.p, with, n) == 0;
}

/* A path below the project's folder, in plain letters: it goes to a shell and to a terminal. */
static int name_is_safe(struct span name)
{
	static const char safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
				   "._-/";
	int last = '/'; /* a part begins */

	for (size_t i = 0; i < name.n; i++) {
		int c = name.p[i];

		if (!c || !strchr(safe, c) || (last == '/' && strchr("/-", c)))
			return 0;
		/* "." and ".." are no names, and nothing here needs two dots. */
		if (c == '.' && (i + 1 == name.n || strchr("./", name.p[i + 1])))
			return 0;
		last = c;
	}
	return last != '/';
}

static int wrong(struct err *e, size_t line, const char *what)
{
	return err_set(e, ERR_LOCAL, _("line %zu of the template: %s"), line, what);
}

static int read_filter(struct template_section *s, struct span word)
{
	for (size_t i = 0; i < FILTERS; i++) {
		if (!span_is(word, filters[i]))
			continue;
		s->filter = (enum template_filter)i;
		return 0;
	}
	return -1;
}

/* "@file NAME FILTER" and its like: a new section. */
static int begin(struct template *t, struct span line, size_t number, struct err *e)
{
	struct span word = cut(&line, ' ');
	struct template_section *s = &t->section[t->n];
	size_t k = 0;

	while (k < KINDS && !span_is(word, kinds[k].word))
		k++;
	if (k == KINDS)
		return wrong(e, number, _("it starts with @ and is no section"));
	if (t->n == TEMPLATE_SECTIONS)
		return wrong(e, number, _("that is one section too many"));
	if (kinds[k].once && template_find(t, kinds[k].kind))
		return wrong(e, number, _("this section is there already"));
	*s = (struct template_section) { .kind = kinds[k].kind, .filter = kinds[k].filter };
	if (kinds[k].named) {
		s->name = cut(&line, ' ');
		if (!name_is_safe(s->name))
			return wrong(e, number, _("no name of a file below the project's folder"));
	}
	if (kinds[k].filtered && read_filter(s, cut(&line, ' ')) < 0)
		return wrong(e, number, _("the filter is none of text, single, double, sh"));
	if (line.n > 0)
		return wrong(e, number, _("there is one word too many"));
	t->n++;
	return 0;
}

/* The line becomes part of the last section; empty ones only once another follows. */
static int add_line(struct template *t, struct span line, size_t number, struct err *e)
{
	struct template_section *s = t->n ? &t->section[t->n - 1] : NULL;

	if (line.n == 0 || (!s && starts(line, "#|")))
		return 0;
	if (!s)
		return wrong(e, number, _("it stands before the first section; say #| to comment"));
	if (s->kind == SECTION_PKCS12)
		return wrong(e, number, _("a trust store has no content"));
	if (!s->text.p)
		s->text.p = line.p;
	s->text.n = (size_t)(line.p - s->text.p) + line.n + 1;
	return 0;
}

int template_parse(struct template *t, const char *text, struct err *e)
{
	struct span rest = span_of(text, strlen(text));

	*t = (struct template) { 0 };
	if (rest.n > 0 && text[rest.n - 1] != '\n')
		return err_set(e, ERR_LOCAL, _("the template does not end in a newline"));
	for (size_t number = 1; rest.n > 0; number++) {
		struct span line = template_line(&rest);
		int rc =
		    starts(line, "@") ? begin(t, line, number, e) : add_line(t, line, number, e);

		if (rc < 0)
			return -1;
	}
	if (!template_find(t, SECTION_RUN))
		return err_set(e, ERR_LOCAL, _("the template has no section @run"));
	return 0;
}

const struct template_section *template_find(const struct template *t, enum template_kind kind)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->section[i].kind == kind)
			return &t->section[i];
	return NULL;
}

/* A backslash before each character of special. */
static int escape(const char *special, const char *text, size_t n, struct buf *out)
{
	for (size_t i = 0; i < n; i++) {
		if (text[i] && strchr(special, text[i]) && buf_add(out, "\\", 1) < 0)
			return -1;
		if (buf_add(out, &text[i], 1) < 0)
			return -1;
	}
	return 0;
}

static int quote(const char *text, size_t n, struct buf *out)
{
	static const char safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
				   "_@%+=:,./-";
	size_t i = 0;

	while (i < n && text[i] && strchr(safe, text[i]))
		i++;
	if (n > 0 && i == n)
		return buf_add(out, text, n);
	if (buf_add(out, "'", 1) < 0)
		return -1;
	for (i = 0; i < n; i++) {
		int apostrophe = text[i] == '\'';

		if (buf_add(out, apostrophe ? "'\\''" : &text[i], apostrophe ? 4 : 1) < 0)
			return -1;
	}
	return buf_add(out, "'", 1);
}

int template_filter(enum template_filter f, const char *text, size_t n, struct buf *out)
{
	if (f == FILTER_SHELL)
		return quote(text, n, out);
	if (f == FILTER_SINGLE)
		return escape("\\'", text, n, out);
	if (f == FILTER_DOUBLE)
		return escape("\\\"", text, n, out);
	return buf_add(out, text, n);
}

static const struct template_value *value_of(const struct template_value *v, struct span name)
{
	for (; v->name; v++)
		if (span_is(name, v->name))
			return v;
	return NULL;
}

static int full(const struct buf *out, struct err *e)
{
	return err_set(
	    e, ERR_LOCAL, _("what the template makes is longer than %zu bytes"), out->max);
}

static int no_value(struct span name, struct err *e)
{
	return err_set(e, ERR_LOCAL, _("the template asks for {{%.*s}}, and there is none"),
	    (int)name.n, (const char *)name.p);
}

/* The bytes before "{{" or "}}", or all; *from starts there then. */
static struct span before(struct span *from, const char *braces)
{
	const uint8_t *at = from->n ? memmem(from->p, from->n, braces, 2) : NULL;
	struct span part = span_of(from->p, at ? (size_t)(at - from->p) : from->n);

	(void)span_skip(from, part.n);
	return part;
}

/* Cuts the NAME of "{{NAME}}" off the front of line, which begins with "{{". */
static int take_name(struct span *line, struct span *name, struct err *e)
{
	(void)span_skip(line, 2);
	*name = before(line, "}}");
	if (span_skip(line, 2) < 0)
		return err_set(e, ERR_LOCAL, _("the template has {{ without }} on its line"));
	return 0;
}

/* "{{?NAME}}" in front is taken off; *keep: whether the line stays. */
static int take_mark(
    struct span *line, const struct template_value *values, int *keep, struct err *e)
{
	const struct template_value *v;
	struct span name;

	*keep = 1;
	if (!starts(*line, "{{?"))
		return 0;
	if (take_name(line, &name, e) < 0)
		return -1;
	(void)span_skip(&name, 1);
	v = value_of(values, name);
	if (!v)
		return no_value(name, e);
	*keep = v->value != NULL;
	return 0;
}

static int fill_line(struct span line, enum template_filter filter,
    const struct template_value *values, struct buf *out, struct err *e)
{
	while (line.n > 0) {
		const struct template_value *v;
		struct span plain = before(&line, "{{");
		struct span name;

		if (buf_add(out, plain.p, plain.n) < 0)
			return full(out, e);
		if (line.n == 0)
			break;
		if (take_name(&line, &name, e) < 0)
			return -1;
		v = value_of(values, name);
		if (!v || !v->value)
			return no_value(name, e);
		if (template_filter(filter, v->value, strlen(v->value), out) < 0)
			return full(out, e);
	}
	return buf_add(out, "\n", 1) < 0 ? full(out, e) : 0;
}

int template_fill(const struct template_section *s, const struct template_value *values,
    struct buf *out, struct err *e)
{
	struct span rest = s->text;

	while (rest.n > 0) {
		struct span line = template_line(&rest);
		int keep;

		if (take_mark(&line, values, &keep, e) < 0)
			return -1;
		if (keep && fill_line(line, s->filter, values, out, e) < 0)
			return -1;
	}
	return 0;
}
