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

	struct span name = span_of(m->line.p + from, to - from);

	/* As mysql takes them, too. */
	if (span_is(name, "--pa") || span_is(name, "--pas"))
		return 1;
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

/* Where the string ends that three quotes begin. */
static size_t closing(const struct mask *m, size_t i)
{
	int quote = at(m, i);

	for (i += 3; at(m, i); i++)
		if (at(m, i) == quote && at(m, i + 1) == quote && at(m, i + 2) == quote)
			return i;
	return m->line.n;
}

static size_t value_end(const struct mask *m, size_t i)
{
	int quote = at(m, i);

	if (is_quote(quote) && at(m, i + 1) == quote && at(m, i + 2) == quote)
		return closing(m, i);
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

static size_t blanks(const struct mask *m, size_t i)
{
	while (at(m, i) == ' ' || at(m, i) == '\t')
		i++;
	return i;
}

/* The string at i, or behind what may stand before one: f"", rb"", $"", ("". */
static size_t string_at(const struct mask *m, size_t i)
{
	size_t k = i;

	while (k < i + 3 && at(m, k) && strchr("bBfFrRuU$@(", at(m, k)))
		k++;
	return is_quote(at(m, k)) ? k : i;
}

/* A string, and those that it is put together with: "a" "b", "a" + "b". */
static size_t hide_strings(struct mask *m, size_t i)
{
	while (is_quote(at(m, i))) {
		size_t end = value_end(m, i);
		int quote = at(m, i), three = at(m, i + 1) == quote && at(m, i + 2) == quote;

		hide(m, i + (three ? 3 : 1), end);
		i = blanks(m, end + (three ? 3 : 1));
		if (at(m, i) == '+' || at(m, i) == '.')
			i = blanks(m, i + 1);
		i = string_at(m, i);
	}
	return i;
}

/* name="password" value="…", "name": "PASSWORD", "value": "…" */
static size_t behind_value(const struct mask *m, size_t i)
{
	size_t word = i + (is_quote(at(m, i)) != 0), next;

	if (m->line.n < word + 5 || memcmp(m->line.p + word, "value", 5) != 0 ||
	    is_name(at(m, word + 5)))
		return i;
	next = behind_name(m, word + 5);
	return next ? next : i;
}

/* Behind ";" of a connection string, and not behind "&amp;". */
static int is_in_pairs(const struct mask *m, size_t from)
{
	return from && at(m, from - 1) == ';' &&
	       !(from >= 5 && memcmp(m->line.p + from - 5, "&amp", 4) == 0);
}

static void hide_value(struct mask *m, size_t from, size_t i)
{
	int is_option = at(m, from) == '-', is_pair = is_in_pairs(m, from);
	size_t end;

	i = string_at(m, behind_value(m, i));
	end = value_end(m, i);
	if (is_quote(at(m, i))) {
		(void)hide_strings(m, i);
		return;
	}
	/* Of a connection string, and of a command line, only its own end ends the value. */
	while (is_pair && at(m, end) && at(m, end) != ';' && !is_quote(at(m, end)))
		end++;
	if (is_option && at(m, i) != '$')
		end = word_end(m, i);
	if (at(m, i) && (((is_option || is_pair) && at(m, i) == '(') || !is_elsewhere(m, i, end)))
		hide(m, i, end);
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
			hide_value(m, from, value);
		i += i == from;
	}
}

/* ---- mysql -pPASSWORD ------------------------------------------------------------------------ */

static int has(const struct mask *m, const char *word)
{
	return m->line.n && memmem(m->line.p, m->line.n, word, strlen(word));
}

/* Behind the p of "-p", or of "-Cp" and its like; 0: there is none. */
static size_t letter(const struct mask *m, size_t i)
{
	for (i++; at(m, i) && strchr("AbBCEfGHiNqrstvwX", at(m, i));)
		i++;
	return at(m, i) == 'p' ? i + 1 : 0;
}

static void hide_letter(struct mask *m, size_t i, size_t value)
{
	int quote = at(m, i - 1), first = at(m, value);

	if (is_quote(quote) && first && first != quote && !isspace(first) && first != '$') {
		const uint8_t *end = memchr(m->line.p + value, quote, m->line.n - value);

		hide(m, value, end ? (size_t)(end - m->line.p) : m->line.n);
		return;
	}
	value += first == '$' && at(m, value + 1) == '\'';
	first = at(m, value);
	if (first == '\'' || (first == '"' && at(m, value + 1) != '$'))
		hide(m, value + 1, value_end(m, value));
	if (!isspace(first) && first != '$' && !is_quote(first))
		hide(m, value, word_end(m, value));
}

static void letters(struct mask *m)
{
	int behind_blank = has(m, "mycli") || has(m, " -D") || has(m, "--database");

	if (!has(m, "my") && !has(m, "maria"))
		return;
	for (size_t i = 1; i + 2 < m->line.n; i++) {
		size_t value = at(m, i) == '-' && !is_name(at(m, i - 1)) ? letter(m, i) : 0;

		if (!value)
			continue;
		if (at(m, value) == ' ' && behind_blank)
			value++;
		hide_letter(m, i, value);
	}
}

/* ---- connect("db1", "root", "…") ------------------------------------------------------------- */

/* The strings of an argument, up to its comma or the bracket's end; nothing, if it has a name. */
static void hide_argument(struct mask *m, size_t i)
{
	size_t depth = 0;

	while (at(m, i) && (depth || !strchr(",)=:{", at(m, i)))) {
		depth += strchr("([", at(m, i)) != NULL;
		depth -= depth && strchr(")]", at(m, i));
		i = is_quote(at(m, i)) ? hide_strings(m, i) : i + 1;
	}
}

/* Where the argument behind the bracket begins that has so many before it; 0: there is none. */
static size_t argument(const struct mask *m, size_t i, size_t before)
{
	size_t depth = 0;

	for (; before && at(m, i); i++) {
		if (is_quote(at(m, i)))
			i = value_end(m, i);
		depth += at(m, i) && strchr("([{", at(m, i));
		if (depth == 0 && at(m, i) == ')')
			return 0;
		depth -= depth && at(m, i) && strchr(")]}", at(m, i));
		before -= depth == 0 && at(m, i) == ',';
	}
	return before ? 0 : i;
}

static void calls(struct mask *m)
{
	/* Which of the arguments is the password, from 0. */
	static const struct {
		const char *name;
		size_t before;
	} rows[] = { { "real_connect(", 3 }, { "connect(", 2 }, { "mysqli(", 2 }, { "PDO(", 2 },
		{ "getConnection(", 2 }, { "Sequelize(", 2 } };

	for (size_t i = 0; i < m->line.n; i++)
		for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
			size_t n = strlen(rows[k].name), from;

			if (m->line.n - i < n || memcmp(m->line.p + i, rows[k].name, n) != 0)
				continue;
			from = argument(m, i + n, rows[k].before);
			if (from)
				hide_argument(m, from);
			i += n - 1;
			break;
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
	calls(&m);
	out = shown(&m);
	free(m.secret);
	return out;
}
