/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/value.h"

#include "lab/variables.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ARGUMENTS 8
#define DEPTH_MAX 16

static void set_null(struct value *v)
{
	*v = (struct value) { .null = 1 };
}

static void set_number(struct value *v, int64_t number)
{
	*v = (struct value) { .kind = MYSQLSERVER_BIGINT, .number = number };
	v->n = (size_t)snprintf(v->text, sizeof v->text, "%" PRId64, number);
}

static int set_text(struct reader *r, struct value *v, const void *p, size_t n)
{
	*v = (struct value) { .kind = MYSQLSERVER_VARCHAR };
	if (n >= sizeof v->text)
		return reader_too_long(r);
	if (n > 0)
		memcpy(v->text, p, n);
	v->n = n;
	return 0;
}

static int set_string(struct reader *r, struct value *v, const char *text)
{
	return set_text(r, v, text, strlen(text));
}

/* DATABASE() and the like; args: n of them. */
typedef int function(struct reader *r, struct value *v, const struct value *args, size_t n);

static int f_database(struct reader *r, struct value *v, const struct value *args, size_t n)
{
	(void)args;
	(void)n;
	if (*r->s->database)
		return set_string(r, v, r->s->database);
	set_null(v);
	return 0;
}

static int f_version(struct reader *r, struct value *v, const struct value *args, size_t n)
{
	(void)args;
	(void)n;
	return set_string(r, v, r->s->version);
}

static int f_connection_id(struct reader *r, struct value *v, const struct value *args, size_t n)
{
	(void)args;
	(void)n;
	set_number(v, r->s->id);
	return 0;
}

/* Every client of the lab comes over loopback. */
static int f_user(struct reader *r, struct value *v, const struct value *args, size_t n)
{
	char text[256];

	(void)args;
	(void)n;
	(void)snprintf(text, sizeof text, "%s@localhost", r->s->user);
	return set_string(r, v, text);
}

/* The account, not whence its user came. */
static int f_current_user(struct reader *r, struct value *v, const struct value *args, size_t n)
{
	char text[256];

	(void)args;
	(void)n;
	(void)snprintf(text, sizeof text, "%s@%%", r->s->user);
	return set_string(r, v, text);
}

static int f_zero(struct reader *r, struct value *v, const struct value *args, size_t n)
{
	(void)r;
	(void)args;
	(void)n;
	set_number(v, 0);
	return 0;
}

static int f_now(struct reader *r, struct value *v, const struct value *args, size_t n)
{
	time_t now = time(NULL);
	char text[32];
	struct tm utc;

	(void)args;
	(void)n;
	(void)strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", gmtime_r(&now, &utc));
	return set_string(r, v, text);
}

static int f_unix_timestamp(struct reader *r, struct value *v, const struct value *args, size_t n)
{
	(void)r;
	(void)args;
	(void)n;
	set_number(v, (int64_t)time(NULL));
	return 0;
}

static int f_concat(struct reader *r, struct value *v, const struct value *args, size_t n)
{
	struct value sum = { .kind = MYSQLSERVER_VARCHAR };

	for (size_t i = 0; i < n; i++) {
		if (args[i].null) {
			set_null(v);
			return 0;
		}
		if (sum.n + args[i].n >= sizeof sum.text)
			return reader_too_long(r);
		memcpy(sum.text + sum.n, args[i].text, args[i].n);
		sum.n += args[i].n;
	}
	*v = sum;
	return 0;
}

/* From a zone to itself alone: the lab has no table of them, as a server may have none. */
static int f_convert_tz(struct reader *r, struct value *v, const struct value *args, size_t n)
{
	(void)r;
	(void)n;
	set_null(v);
	if (args[1].n == args[2].n && memcmp(args[1].text, args[2].text, args[1].n) == 0)
		*v = args[0];
	return 0;
}

static const struct {
	const char *name;
	int bare; /* it may do without its () */
	size_t min, max;
	function *call;
} functions[] = {
	{ "database", 0, 0, 0, f_database },
	{ "schema", 0, 0, 0, f_database },
	{ "version", 0, 0, 0, f_version },
	{ "connection_id", 0, 0, 0, f_connection_id },
	{ "user", 0, 0, 0, f_user },
	{ "session_user", 0, 0, 0, f_user },
	{ "system_user", 0, 0, 0, f_user },
	{ "current_user", 1, 0, 0, f_current_user },
	{ "now", 0, 0, 1, f_now },
	{ "current_timestamp", 1, 0, 1, f_now },
	{ "utc_timestamp", 1, 0, 1, f_now },
	{ "unix_timestamp", 0, 0, 0, f_unix_timestamp },
	{ "last_insert_id", 0, 0, 0, f_zero },
	{ "row_count", 0, 0, 0, f_zero },
	{ "concat", 0, 1, ARGUMENTS, f_concat },
	{ "convert_tz", 0, 3, 3, f_convert_tz },
};

static int arguments(struct reader *r, struct value *args, size_t max, size_t *n)
{
	*n = 0;
	if (reader_take_sign(r, ')'))
		return 0;
	do {
		if (*n == max)
			return reader_not_understood(r);
		if (value_expression(r, &args[(*n)++]) < 0)
			return -1;
	} while (reader_take_sign(r, ','));
	return reader_take_sign(r, ')') ? 0 : reader_not_understood(r);
}

/* The type of CAST: CHAR, with a length or without. */
static int char_type(struct reader *r)
{
	if (!reader_take_word(r, "char"))
		return -1;
	if (!reader_take_sign(r, '('))
		return 0;
	if (r->now.kind != TOKEN_NUMBER)
		return -1;
	reader_take(r);
	return reader_take_sign(r, ')') ? 0 : -1;
}

static int cast(struct reader *r, struct value *v)
{
	if (!reader_take_sign(r, '(') || value_expression(r, v) < 0 || !reader_take_word(r, "as") ||
	    char_type(r) < 0 || !reader_take_sign(r, ')'))
		return reader_not_understood(r);
	v->kind = MYSQLSERVER_VARCHAR;
	return 0;
}

static int call(struct reader *r, size_t row, struct value *v)
{
	struct value *args = NULL;
	size_t n = 0;
	int rc = -1;

	if (!reader_take_sign(r, '('))
		return functions[row].bare ? functions[row].call(r, v, NULL, 0)
					   : reader_not_understood(r);
	args = calloc(ARGUMENTS, sizeof *args);
	if (!args)
		return reader_too_long(r);
	if (arguments(r, args, functions[row].max, &n) < 0)
		goto out;
	rc = n < functions[row].min ? reader_not_understood(r) : functions[row].call(r, v, args, n);
out:
	free(args);
	return rc;
}

static int word(struct reader *r, struct value *v)
{
	struct token t = r->now;

	reader_take(r);
	if (token_is(&t, "cast"))
		return cast(r, v);
	for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
		if (token_is(&t, functions[i].name))
			return call(r, i, v);
	set_null(v);
	if (token_is(&t, "true") || token_is(&t, "false"))
		set_number(v, token_is(&t, "true"));
	return token_is(&t, "null") || !v->null ? 0 : reader_not_understood(r);
}

static int variable(struct reader *r, struct value *v)
{
	const struct variable *found = variables_find(r->now.text);
	char room[VARIABLES_ROOM];
	const char *text;

	if (!found)
		return reader_refuse(r, 1193, "HY000", "Unknown system variable '%.*s'",
		    (int)r->now.text.n, (const char *)r->now.text.p);
	reader_take(r);
	text = variables_value(found, r->s, room);
	if (found->kind == VARIABLE_TEXT)
		return set_string(r, v, text);
	set_number(v, strtoll(text, NULL, 10));
	return 0;
}

static int number(struct reader *r, struct value *v)
{
	char digits[19] = ""; /* 18 of them fit into 64 bits, whatever they are */

	if (r->now.text.n >= sizeof digits)
		return reader_not_understood(r);
	memcpy(digits, r->now.text.p, r->now.text.n);
	reader_take(r);
	set_number(v, strtoll(digits, NULL, 10));
	return 0;
}

/* Texts beside one another are one. */
static int string(struct reader *r, struct value *v)
{
	struct buf out = buf_new(sizeof v->text);
	int rc = 0;

	while (r->now.kind == TOKEN_STRING && rc == 0) {
		rc = token_value(&r->now, &out);
		reader_take(r);
	}
	rc = rc < 0 ? reader_too_long(r) : set_text(r, v, out.p, out.n);
	buf_free(&out);
	return rc;
}

static int param(struct reader *r, struct value *v)
{
	const struct mysqlserver_param *p = r->params + r->next_param;

	reader_take(r);
	set_null(v);
	/* While a statement is prepared there are none yet. */
	if (!r->params)
		return 0;
	if (r->next_param++ >= r->n_params)
		return reader_not_understood(r);
	return p->null ? 0 : set_text(r, v, p->text.p, p->text.n);
}

static int own(struct reader *r, struct value *v)
{
	reader_take(r);
	set_null(v);
	return 0;
}

static int bracketed(struct reader *r, struct value *v)
{
	reader_take(r);
	return value_expression(r, v) < 0 || !reader_take_sign(r, ')') ? reader_not_understood(r)
								       : 0;
}

static int negative(struct reader *r, struct value *v)
{
	reader_take(r);
	if (r->depth >= DEPTH_MAX)
		return reader_not_understood(r);
	r->depth++;
	if (value_atom(r, v) < 0 || v->kind != MYSQLSERVER_BIGINT)
		return reader_not_understood(r);
	r->depth--;
	set_number(v, -v->number);
	return 0;
}

int value_atom(struct reader *r, struct value *v)
{
	static int (*const by_kind[])(struct reader *, struct value *) = {
		[TOKEN_WORD] = word,
		[TOKEN_NUMBER] = number,
		[TOKEN_STRING] = string,
		[TOKEN_VARIABLE] = variable,
		[TOKEN_OWN] = own,
		[TOKEN_BROKEN] = NULL,
	};

	if (token_is_sign(&r->now, '('))
		return bracketed(r, v);
	if (token_is_sign(&r->now, '-'))
		return negative(r, v);
	if (token_is_sign(&r->now, '?'))
		return param(r, v);
	return by_kind[r->now.kind] ? by_kind[r->now.kind](r, v) : reader_not_understood(r);
}

/* a + b, a - b: what several clients ask to see whether anybody answers. */
int value_sum(struct reader *r, struct value *v)
{
	struct value right = { .null = 1 };

	if (value_atom(r, v) < 0)
		return -1;
	while (token_is_sign(&r->now, '+') || token_is_sign(&r->now, '-')) {
		int minus = token_is_sign(&r->now, '-');

		reader_take(r);
		if (value_atom(r, &right) < 0 || v->kind != MYSQLSERVER_BIGINT ||
		    right.kind != MYSQLSERVER_BIGINT)
			return reader_not_understood(r);
		if (minus ? __builtin_sub_overflow(v->number, right.number, &right.number)
			  : __builtin_add_overflow(v->number, right.number, &right.number))
			return reader_refuse(r, 1690, "22003", "BIGINT value is out of range");
		set_number(v, right.number);
	}
	return 0;
}

int value_expression(struct reader *r, struct value *v)
{
	int not_null;

	set_null(v);
	if (r->depth >= DEPTH_MAX)
		return reader_not_understood(r);
	r->depth++;
	if (value_sum(r, v) < 0)
		return -1;
	r->depth--;
	if (!reader_take_word(r, "is"))
		return 0;
	not_null = reader_take_word(r, "not");
	if (!reader_take_word(r, "null"))
		return reader_not_understood(r);
	set_number(v, v->null != not_null);
	return 0;
}

/* A name, quoted or not, as text. */
int value_name(struct reader *r, struct value *v)
{
	struct buf out = buf_new(sizeof v->text - 1);
	int rc = -1;

	*v = (struct value) { .n = 0 };
	if (r->now.kind != TOKEN_WORD && r->now.kind != TOKEN_NAME)
		return reader_not_understood(r);
	if (token_value(&r->now, &out) == 0) {
		if (out.n > 0)
			memcpy(v->text, out.p, out.n);
		v->n = out.n;
		v->text[v->n] = '\0';
		rc = 0;
	}
	buf_free(&out);
	reader_take(r);
	return rc < 0 ? reader_too_long(r) : 0;
}
