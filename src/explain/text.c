/* SPDX-License-Identifier: Apache-2.0 */
#include "explain/text.h"

#include "base/i18n.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define GAP       160 /* what a '*' may stand for, in bytes */
#define CUT_LEAST 12  /* bytes of a rule's words that must be there */

/* ---- reading --------------------------------------------------------------------------------- */

/* How long the escape sequence at p is (ECMA-48 5.4: colours, cursor); 0: there is none. */
static size_t escape(const uint8_t *p, size_t n)
{
	size_t i = 2;

	if (n < 2 || p[0] != 0x1b)
		return 0;
	if (p[1] != '[')
		return 2;
	while (i < n && (p[i] < 0x40 || p[i] > 0x7e))
		i++;
	return i < n ? i + 1 : n;
}

/* Quotes of a typesetter, which are three bytes of UTF-8 (U+2018 to U+201F), as one of ASCII. */
static int quote(const uint8_t *p, size_t n)
{
	if (n < 3 || p[0] != 0xe2 || p[1] != 0x80 || p[2] < 0x98 || p[2] > 0x9f)
		return 0;
	return p[2] < 0x9c ? '\'' : '"';
}

static int is_blank(int c)
{
	return c == ' ' || c == '_' || c == '-' || c == '\n' || c == '\t' || c == '\r' || c == '\v';
}

static void put(struct explain_text *t, int c, int written)
{
	size_t last = t->n - 1;

	if (is_blank(c) && t->n > 0 && is_blank(t->plain[last])) {
		if (c == '\n')
			t->plain[last] = '\n';
		return;
	}
	t->plain[t->n] = (char)(c == '\n' ? '\n' : is_blank(c) ? ' ' : tolower(c));
	t->written[t->n++] = (char)written;
}

/* How long the line at p is, if it is a comment or a constant; 0: it is none. */
static size_t comment(const uint8_t *p, size_t n)
{
	static const char *const begin[] = { "# ", "##", "#define", "//", "/*" };
	const uint8_t *end = memchr(p, '\n', n);
	size_t line = end ? (size_t)(end - p) + 1 : n, blanks = 0;

	while (blanks < line && (p[blanks] == ' ' || p[blanks] == '\t'))
		blanks++;
	for (size_t i = 0; i < sizeof begin / sizeof *begin; i++) {
		size_t m = strlen(begin[i]);

		if (line - blanks >= m && memcmp(p + blanks, begin[i], m) == 0)
			return line;
	}
	return 0;
}

int explain_text_read(struct explain_text *t, struct span text, struct err *e)
{
	/* A line alone may have a shell's prompt before it. */
	int lines = text.n > 0 && memchr(text.p, '\n', text.n) != NULL;

	t->plain = malloc(text.n + 1);
	t->written = malloc(text.n + 1);
	if (!t->plain || !t->written)
		return err_set(e, ERR_SYS, _("no memory"));
	for (size_t i = 0; i < text.n;) {
		const uint8_t *p = text.p + i;
		int begins = lines && (i == 0 || p[-1] == '\n');
		size_t line = begins ? comment(p, text.n - i) : 0;
		size_t skip = line > 0 ? line : escape(p, text.n - i);
		int q = quote(p, text.n - i);

		if (skip == 0)
			put(t, q ? q : *p, q ? q : *p);
		i += skip > 0 ? skip : q ? 3 : 1;
	}
	t->plain[t->n] = t->written[t->n] = '\0';
	return 0;
}

void explain_text_join(struct explain_text *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++) {
		if (t->plain[i] == '\n')
			continue;
		t->plain[n] = t->plain[i];
		t->written[n++] = t->written[i];
	}
	t->n = n;
	t->plain[n] = t->written[n] = '\0';
}

void explain_text_free(struct explain_text *t)
{
	free(t->plain);
	free(t->written);
	*t = (struct explain_text) { 0 };
}

/* ---- comparing ------------------------------------------------------------------------------- */

/* Behind a digit or a letter another one would be of the same word. */
static int is_within_word(const struct explain_text *t, size_t at)
{
	return at > 0 && at < t->n && isalnum((unsigned char)t->plain[at - 1]) &&
	       isalnum((unsigned char)t->plain[at]);
}

static int ends_line(const struct explain_text *t, size_t at)
{
	int stop = at < t->n && t->plain[at] == '.';

	/* A full stop is the sentence's, where the line ends behind it. */
	at += (size_t)stop;
	return at == t->n || (!stop && strchr("\"')}]|;<", t->plain[at])) || t->plain[at] == '\n';
}

static long match(const struct explain_text *t, size_t at, const char *words);

static long match_gap(const struct explain_text *t, size_t at, const char *words)
{
	for (size_t i = at; i <= t->n && i <= at + GAP; i++) {
		long end = match(t, i, words);

		if (end >= 0)
			return end;
	}
	return -1;
}

/* Where the words end that begin at `at`; -1: they are others. */
static long match(const struct explain_text *t, size_t at, const char *words)
{
	for (; *words; words++) {
		char c = at < t->n ? t->plain[at] : '\0';

		if (*words == '*')
			return match_gap(t, at, words + 1);
		if (*words == '$')
			return ends_line(t, at) ? (long)at : -1;
		if (*words == '#') {
			if (!isdigit((unsigned char)c))
				return -1;
			while (at < t->n && isdigit((unsigned char)t->plain[at]))
				at++;
			continue;
		}
		if (c != *words && !(*words == ' ' && c == '\n'))
			return -1;
		at++;
	}
	return is_within_word(t, at) ? -1 : (long)at;
}

int explain_text_is(const struct explain_text *t, size_t at, const char *words, size_t *end)
{
	long to = match(t, at, words);

	*end = to < 0 ? 0 : (size_t)to;
	return to >= 0;
}

/* ---- what was cut ---------------------------------------------------------------------------- */

static int same(const char *a, const char *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (a[i] != words[i] && !(words[i] == ' ' && a[i] == '\n'))
			return 0;
	return 1;
}

long explain_text_find_cut(const struct explain_text *t, const char *words, size_t *end)
{
	size_t n = strlen(words), least = n * 3 / 5 > CUT_LEAST ? n * 3 / 5 : CUT_LEAST;

	if (strpbrk(words, "*#$"))
		return -1;
	for (size_t i = n - 1; n > 0 && i >= least; i--) {
		if (i <= t->n && same(t->plain + t->n - i, words, i) &&
		    !is_within_word(t, t->n - i)) {
			*end = t->n;
			return (long)(t->n - i);
		}
		if (i <= t->n && same(t->plain, words + n - i, i) && !is_within_word(t, i)) {
			*end = i;
			return 0;
		}
	}
	return -1;
}
