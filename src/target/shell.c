/* SPDX-License-Identifier: Apache-2.0 */
#include "target/shell.h"

#include "base/i18n.h"

#include <ctype.h>
#include <string.h>

struct reader {
	struct target_words *w;
	struct span line;
	size_t at; /* in line */
	size_t n;  /* of w->text in use */
	int in;    /* in a word */
};

/* The character i further on, or NUL. */
static char peek(const struct reader *r, size_t i)
{
	return r->at + i < r->line.n ? (char)r->line.p[r->at + i] : '\0';
}

static int begin(struct reader *r, struct err *e)
{
	struct target_words *w = r->w;

	if (r->in)
		return 0;
	if (w->n == TARGET_WORDS)
		return err_set(
		    e, ERR_USER, _("the command line has more than %d words"), TARGET_WORDS);
	w->start[w->n] = r->n;
	w->expands[w->n] = 0;
	w->n++;
	r->in = 1;
	return 0;
}

static void end(struct reader *r)
{
	if (!r->in)
		return;
	r->w->from[r->n] = (uint16_t)r->at;
	r->w->text[r->n++] = '\0';
	r->in = 0;
}

/* The character at r->at belongs to the word. */
static void take(struct reader *r)
{
	r->w->from[r->n] = (uint16_t)r->at;
	r->w->text[r->n++] = peek(r, 0);
	r->at++;
}

/* "$NAME", "${…}", "$(…)", "`…`": what comes of it only a shell knows. */
static void mark(struct reader *r)
{
	char next = peek(r, 1);

	if (peek(r, 0) == '`' ||
	    (peek(r, 0) == '$' && (isalpha((unsigned char)next) || strchr("_{(", next))))
		r->w->expands[r->w->n - 1] = 1;
}

static int not_closed(struct err *e)
{
	return err_set(e, ERR_USER, _("the command line has a quote that is not closed"));
}

static int single_quoted(struct reader *r, struct err *e)
{
	for (r->at++; peek(r, 0) && peek(r, 0) != '\'';)
		take(r);
	if (!peek(r, 0))
		return not_closed(e);
	r->at++;
	return 0;
}

static int double_quoted(struct reader *r, struct err *e)
{
	for (r->at++; peek(r, 0) && peek(r, 0) != '"';) {
		mark(r);
		if (peek(r, 0) == '\\' && peek(r, 1) && strchr("\\\"$`\n", peek(r, 1)))
			r->at++;
		take(r);
	}
	if (!peek(r, 0))
		return not_closed(e);
	r->at++;
	return 0;
}

/* The length of a line's end behind a backslash; 0: there is none. Windows' is pasted as well. */
static size_t continued(const struct reader *r)
{
	if (peek(r, 1) == '\n')
		return 2;
	return peek(r, 1) == '\r' && peek(r, 2) == '\n' ? 3 : 0;
}

static int part(struct reader *r, struct err *e)
{
	if (begin(r, e) < 0)
		return -1;
	if (peek(r, 0) == '\'')
		return single_quoted(r, e);
	if (peek(r, 0) == '"')
		return double_quoted(r, e);
	mark(r);
	if (peek(r, 0) == '\\' && peek(r, 1))
		r->at++;
	take(r);
	return 0;
}

static int is_end(const struct reader *r)
{
	char c = peek(r, 0);

	return c == '\0' || strchr(";|&<>\n", c) || (c == '#' && !r->in);
}

static int step(struct reader *r, struct err *e)
{
	if (peek(r, 0) == '\\' && continued(r)) {
		r->at += continued(r);
		return 0;
	}
	if (!strchr(" \t\r", peek(r, 0)))
		return part(r, e);
	end(r);
	r->at++;
	return 0;
}

int target_shell(struct target_words *w, struct span line, struct err *e)
{
	struct reader r = { .w = w, .line = line };
	int rc = 0;

	w->n = 0;
	while (rc == 0 && !is_end(&r))
		rc = step(&r, e);
	end(&r);
	return rc;
}
