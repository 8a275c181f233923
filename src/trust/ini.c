/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/ini.h"

static int blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct span trim(struct span s)
{
	while (s.n > 0 && blank(*s.p))
		(void)span_skip(&s, 1);
	while (s.n > 0 && blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

static struct span line_of(struct span *rest)
{
	const uint8_t *end = memchr(rest->p, '\n', rest->n);
	struct span line = span_of(rest->p, end ? (size_t)(end - rest->p) : rest->n);

	(void)span_skip(rest, line.n + (end != NULL));
	return line;
}

/* A comment may follow a value, behind a blank; in quotes a # is one like any other. */
static struct span value_of(struct span s)
{
	const uint8_t *end;

	s = trim(s);
	if (s.n > 1 && (*s.p == '"' || *s.p == '\'')) {
		end = memchr(s.p + 1, *s.p, s.n - 1);
		if (end)
			return span_of(s.p + 1, (size_t)(end - s.p) - 1);
	}
	for (size_t i = 1; i < s.n; i++)
		if ((s.p[i] == '#' || s.p[i] == ';') && blank(s.p[i - 1]))
			s.n = i;
	return trim(s);
}

static int setting(const struct ini *i, struct span line, struct ini_item *out)
{
	const uint8_t *equals = memchr(line.p, '=', line.n);
	size_t n = equals ? (size_t)(equals - line.p) : 0;

	if (!equals)
		return 0;
	*out = (struct ini_item) { .section = i->section, .key = trim(span_of(line.p, n)) };
	out->value = value_of(span_of(equals + 1, line.n - n - 1));
	return out->key.n > 0 && out->value.n > 0;
}

int ini_next(struct ini *i, struct ini_item *out)
{
	while (i->rest.n > 0) {
		struct span line = trim(line_of(&i->rest));

		if (line.n == 0 || line.n > INI_LINE_MAX || *line.p == '#' || *line.p == ';')
			continue;
		if (*line.p == '[') {
			const uint8_t *end = memchr(line.p, ']', line.n);

			if (end)
				i->section = trim(span_of(line.p + 1, (size_t)(end - line.p) - 1));
			continue;
		}
		if (setting(i, line, out))
			return 1;
	}
	return 0;
}

int ini_is(struct span key, const char *name)
{
	if (key.n != strlen(name))
		return 0;
	for (size_t i = 0; i < key.n; i++)
		if ((key.p[i] == '_' ? '-' : key.p[i]) != (uint8_t)(name[i] == '_' ? '-' : name[i]))
			return 0;
	return 1;
}
