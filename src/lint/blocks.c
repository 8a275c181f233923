/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Settings of one connection that stand together, a line each: database.yml of Rails, config.json
 * of Sequelize and its like, .env of Laravel. They are read as the call that they become.
 */
#include "lint/judge.h"

#include "base/i18n.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define LINES  64
#define OBJECT 4096

static int has(const struct lint_reading *r, const char *word)
{
	return r->code.n && memmem(r->code.p, r->code.n, word, strlen(word));
}

/* ---- YAML: the lines around one, as far in as it ----------------------------------------------
 */

static size_t indent(const struct lint_reading *r, size_t line)
{
	size_t i = line;

	while (lint_byte(r, i) == ' ')
		i++;
	return i - line;
}

static int is_empty(const struct lint_reading *r, size_t line)
{
	for (size_t i = line; i < r->code.n && r->code.p[i] != '\n'; i++)
		if (!isspace(r->code.p[i]))
			return 0;
	return 1;
}

static size_t line_before(const struct lint_reading *r, size_t line)
{
	const uint8_t *end = line > 1 ? memrchr(r->code.p, '\n', line - 1) : NULL;

	return end ? (size_t)(end - r->code.p) + 1 : 0;
}

static size_t block_begin(const struct lint_reading *r, size_t line)
{
	size_t deep = indent(r, line);

	for (int i = 0; line && i < LINES; i++) {
		size_t up = line_before(r, line);

		if (!is_empty(r, up) && indent(r, up) < deep)
			break;
		line = up;
	}
	return line;
}

/* A number, a truth value or a symbol of Ruby stands as it is; all others are strings. */
static int is_word(const struct lint_reading *r, size_t from, size_t to)
{
	struct span s = span_of(r->code.p + from, to - from);

	return lint_byte(r, from) == ':' || lint_byte(r, from) == '"' ||
	       lint_byte(r, from) == '\'' || span_is(s, "true") || span_is(s, "false");
}

static void take_pair(struct lint_reading *r, size_t line)
{
	size_t from = line + indent(r, line), end = lint_line_end(r, line), colon = from, value;

	while (colon < end && (isalnum(lint_byte(r, colon)) || lint_byte(r, colon) == '_'))
		colon++;
	if (colon == from || lint_byte(r, colon) != ':')
		return;
	for (value = colon + 1; value < end && isspace(lint_byte(r, value));)
		value++;
	while (end > value && isspace(lint_byte(r, end - 1)))
		end--;
	if (end == value)
		return;
	lint_made_take(r->made, r, from, colon, 0);
	lint_made_put(r->made, ": ", colon, 0);
	if (is_word(r, value, end)) {
		lint_made_take(r->made, r, value, end, 0);
	} else {
		lint_made_put(r->made, "\"", value, 0);
		lint_made_take(r->made, r, value, end, 0);
		lint_made_put(r->made, "\"", end, 0);
	}
	lint_made_put(r->made, ", ", end, 0);
}

static size_t take_block(struct lint_reading *r, size_t line)
{
	size_t deep = indent(r, line), at = block_begin(r, line);

	lint_made_clear(r->made);
	lint_made_put(r->made, "Mysql2 ", line + deep, 1);
	for (int i = 0; at < r->code.n && i < 2 * LINES; i++) {
		if (!is_empty(r, at) && indent(r, at) < deep)
			break;
		if (indent(r, at) == deep)
			take_pair(r, at);
		at = lint_line_end(r, at) + 1;
	}
	if (!r->made->full)
		lint_judge(r, 0, r->made->n, LINT_LISTED);
	return at;
}

static void yaml(struct lint_reading *r)
{
	size_t line = 0;

	if (!has(r, "mysql2") && !has(r, "trilogy"))
		return;
	while (line < r->code.n) {
		size_t at = line + indent(r, line);

		if (r->code.n - at > 5 && memcmp(r->code.p + at, "host:", 5) == 0)
			line = take_block(r, line);
		else
			line = lint_line_end(r, line) + 1;
	}
}

/* ---- JSON: the object around "host" ---------------------------------------------------------- */

static size_t object_begin(const struct lint_reading *r, size_t at)
{
	size_t depth = 0;

	for (size_t i = at; i && at - i < OBJECT; i--) {
		int c = r->bare.p[i - 1];

		if (c == '{' && depth == 0)
			return i - 1;
		depth += c == '}';
		depth -= c == '{';
	}
	return at;
}

static size_t object_end(const struct lint_reading *r, size_t at)
{
	size_t depth = 0;

	for (size_t i = at; i < r->bare.n && i - at < OBJECT; i++) {
		depth += r->bare.p[i] == '{';
		depth -= r->bare.p[i] == '}';
		if (depth == 0)
			return i + 1;
	}
	return at;
}

static size_t take_object(struct lint_reading *r, size_t at)
{
	size_t from = object_begin(r, at), to = from < at ? object_end(r, from) : at;

	if (to <= at)
		return at + 1;
	lint_made_clear(r->made);
	lint_made_put(r->made, "createConnection(", from, 1);
	lint_made_take(r->made, r, from, to, 0);
	if (!r->made->full)
		lint_judge(r, 0, r->made->n, LINT_LISTED);
	return to;
}

static void json(struct lint_reading *r)
{
	static const char key[] = "\"host\"";
	size_t i = 0;

	if (!has(r, "\"mysql\"") && !has(r, "\"mysql2\"") && !has(r, "\"mariadb\""))
		return;
	while (i < r->code.n) {
		const uint8_t *found = memmem(r->code.p + i, r->code.n - i, key, sizeof key - 1);

		if (!found)
			return;
		i = take_object(r, (size_t)(found - r->code.p));
	}
}

/* ---- .env of Laravel ------------------------------------------------------------------------- */

/* The value of a name at a line's begin; empty: there is none. */
static struct span value_of(const struct lint_reading *r, const char *name)
{
	size_t n = strlen(name), line = 0;

	while (line < r->code.n) {
		size_t end = lint_line_end(r, line), from = line + n;

		if (end >= from && memcmp(r->code.p + line, name, n) == 0) {
			while (from < end && strchr("\"' ", lint_byte(r, from)))
				from++;
			while (end > from &&
			       (isspace(lint_byte(r, end - 1)) || lint_byte(r, end - 1) == '"'))
				end--;
			return span_of(r->code.p + from, end - from);
		}
		line = end + 1;
	}
	return span_of(r->code.p, 0);
}

static int is_here(struct span host)
{
	return span_is(host, "localhost") || span_is(host, "::1") ||
	       (host.n > 4 && memcmp(host.p, "127.", 4) == 0);
}

static void laravel(struct lint_reading *r)
{
	struct span host = value_of(r, "DB_HOST="), kind = value_of(r, "DB_CONNECTION=");
	struct lint_edit edit = { (size_t)(host.p + host.n - r->code.p), 0,
		"\nMYSQL_ATTR_SSL_CA=ca.pem" };
	struct lint_hit hit = {
		.id = "option-insecure",
		.client = "php",
		.at = (size_t)(host.p - r->code.p),
		.n = host.n,
		.edit = &edit,
		.edits = 1,
	};

	if (!host.n || is_here(host) || (!span_is(kind, "mysql") && !span_is(kind, "mariadb")))
		return;
	lint_settled(r);
	if (value_of(r, "MYSQL_ATTR_SSL_CA=").n)
		return;
	lint_say(r, &hit, "%s",
	    _("Laravel: no TLS: password and data cross the network in the clear; write "
	      "MYSQL_ATTR_SSL_CA=FILE, which config/database.php hands to PDO"));
}

void lint_blocks(struct lint_reading *r)
{
	if (r->language->id == LINT_YAML)
		yaml(r);
	if (r->language->id == LINT_JSON)
		json(r);
	if (r->language->id == LINT_ENV)
		laravel(r);
}
