/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines without their passwords. By what stands around them, in whatever language: one that is
 * hidden too much is no harm.
 */
#include "lint/read.h"

#include "base/buf.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct mask {
	struct span line;
	uint8_t *secret; /* 1: not to be shown, a flag a byte */
};

static int at(const struct mask *m, size_t i)
{
	return i < m->line.n ? m->line.p[i] : 0;
}

static int is_quote(int c)
{
	return c == '"' || c == '\'' || c == '`';
}

static int is_name(int c)
{
	return isalnum(c) || c == '_' || c == '-' || c == '.';
}

static void hide(struct mask *m, size_t from, size_t to)
{
	if (from < to)
		memset(m->secret + from, 1, to - from);
}

/* ---- URLs and DSNs: user:PASSWORD@ ----------------------------------------------------------- */

static size_t word_end(const struct mask *m, size_t i)
{
	while (at(m, i) && !isspace(at(m, i)) && !is_quote(at(m, i)))
		i++;
	return i;
}

static size_t word_begin(const struct mask *m, size_t i)
{
	while (i && !isspace(at(m, i - 1)) && !is_quote(at(m, i - 1)) && at(m, i - 1) != '=')
		i--;
	return i;
}

static void hide_userinfo(struct mask *m, size_t from, size_t to)
{
	const uint8_t *p = m->line.p;
	const uint8_t *sign = to > from ? memrchr(p + from, '@', to - from) : NULL;
	const uint8_t *colon = sign ? memchr(p + from, ':', (size_t)(sign - p) - from) : NULL;

	if (colon)
		hide(m, (size_t)(colon - p) + 1, (size_t)(sign - p));
}

static void urls(struct mask *m)
{
	for (size_t i = 0; i + 3 < m->line.n; i++) {
		if (memcmp(m->line.p + i, "://", 3) == 0)
			hide_userinfo(m, i + 3, word_end(m, i + 3));
		if (memcmp(m->line.p + i, "@tcp", 4) == 0 || memcmp(m->line.p + i, "@unix", 4) == 0)
			hide_userinfo(m, word_begin(m, i), i + 1);
	}
}

/* ---- password = "…" -------------------------------------------------------------------------- */

static int sounds_secret(const struct mask *m, size_t from, size_t to)
{
	static const char *const words[] = { "pass", "pwd", "secret", "token" };

	for (; from < to; from++)
		for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
			size_t n = strlen(words[i]);

			if (to - from >= n &&
			    strncasecmp((const char *)m->line.p + from, words[i], n) == 0)
				return 1;
		}
	return 0;
}

/* What stands for it elsewhere is no secret: $PASSWORD, {password}, <password>, getenv(…). */
static int is_elsewhere(const struct mask *m, size_t i, size_t end)
{
	size_t name = i;

	if (strchr("${<(", at(m, i)))
		return 1;
	while (is_name(at(m, name)))
		name++;
	return at(m, name) == '(' || at(m, name) == '[' ||
	       (end - i > 3 && memmem(m->line.p + i, end - i, "env.", 4));
}

static size_t value_end(const struct mask *m, size_t i)
{
	int quote = at(m, i);

	if (!is_quote(quote)) {
		while (at(m, i) && !isspace(at(m, i)) && !strchr(",;&)}\"'`", at(m, i)) &&
		       !(at(m, i) == '<' && at(m, i + 1) == '/'))
			i++;
		return i;
	}
	for (i++; at(m, i) && at(m, i) != quote; i++)
		i += at(m, i) == '\\' && at(m, i + 1);
	return i < m->line.n ? i : m->line.n;
}

/* Behind the name: quotes, "=", ":", "=>", "," and blanks, of which one at least has to stand
 * there.
 */
static size_t behind_name(const struct mask *m, size_t i)
{
	size_t from;

	i += is_quote(at(m, i)) != 0;
	from = i;
	while (at(m, i) && strchr(" \t=:,>", at(m, i)))
		i++;
	return i > from ? i : 0;
}

static void hide_value(struct mask *m, size_t i)
{
	size_t end = value_end(m, i);

	if (!at(m, i) || (!is_quote(at(m, i)) && is_elsewhere(m, i, end)))
		return;
	hide(m, i + (is_quote(at(m, i)) != 0), end);
}

static void named(struct mask *m)
{
	size_t i = 0;

	while (i < m->line.n) {
		size_t from = i, value;

		while (is_name(at(m, i)))
			i++;
		value = sounds_secret(m, from, i) ? behind_name(m, i) : 0;
		if (value)
			hide_value(m, value);
		i += i == from;
	}
}

/* ---- mysql -pPASSWORD ------------------------------------------------------------------------ */

static int has(const struct mask *m, const char *word)
{
	return m->line.n && memmem(m->line.p, m->line.n, word, strlen(word));
}

static void letters(struct mask *m)
{
	int behind_blank = has(m, "mycli") || has(m, " -D") || has(m, "--database");

	if (!has(m, "my") && !has(m, "maria"))
		return;
	for (size_t i = 1; i + 2 < m->line.n; i++) {
		size_t value = i + 2;

		if (at(m, i) != '-' || at(m, i + 1) != 'p' || is_name(at(m, i - 1)))
			continue;
		if (at(m, value) == ' ' && behind_blank)
			value++;
		if (at(m, value) != ' ' && at(m, value) != '-' && !strchr("$\"", at(m, value)))
			hide(m, value, word_end(m, value + (at(m, value) == '\'')));
		if (at(m, value) == '"' && at(m, value + 1) != '$')
			hide(m, value + 1, value_end(m, value));
	}
}

/* ---- the line -------------------------------------------------------------------------------- */

/* Bytes of the UTF-8 character at p (RFC 3629); 0: it is none, or one of control. */
static size_t character(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t n = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;

	if ((p[0] < 0x20 && p[0] != '\t' && p[0] != '\n') || p[0] == 0x7f || p[0] > 0xf4)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f) ||
	    (p[0] == 0xc2 && p[1] < 0xa0))
		return 0;
	return n;
}

void lint_printable(char *text)
{
	while (*text) {
		size_t n = character(text);

		if (n == 0)
			*text = '?';
		text += n ? n : 1;
	}
}

static char *shown(const struct mask *m)
{
	struct buf out = buf_new(4 * (m->line.n + 1));

	for (size_t i = 0; i < m->line.n; i++) {
		if (!m->secret[i] && buf_add(&out, m->line.p + i, 1) < 0)
			goto full;
		if (m->secret[i] && (i == 0 || !m->secret[i - 1]) && buf_add(&out, "***", 3) < 0)
			goto full;
	}
	if (buf_add(&out, "", 1) == 0) {
		lint_printable((char *)out.p);
		return (char *)out.p;
	}
full:
	buf_wipe(&out);
	return NULL;
}

char *lint_mask(const char *line, size_t n)
{
	struct mask m = { .line = span_of(line, n) };
	char *out;

	m.secret = calloc(n + 1, 1);
	if (!m.secret)
		return NULL;
	urls(&m);
	named(&m);
	letters(&m);
	out = shown(&m);
	free(m.secret);
	return out;
}
