/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/query.h"

#include "base/i18n.h"
#include "lab/token.h"
#include "lab/variables.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define ANSWER_MAX ((size_t)64 * 1024) /* bytes, and cells, of one set of rows */
#define VALUE_MAX  1024                /* bytes of one value that is computed */
#define ARGUMENTS  8
#define DEPTH_MAX  16

/* Reading one statement. It is copied to read a piece of it again. */
struct reader {
	struct query_session *s;
	struct query_answer *a;
	struct span rest;   /* behind now */
	struct token now;   /* the word to be looked at */
	const uint8_t *end; /* behind the last one that was taken */
	const struct mysqlserver_param *params;
	size_t n_params, next_param;
	int depth;
};

struct value {
	enum mysqlserver_kind kind;
	int null;
	int64_t number; /* of a BIGINT */
	char text[VALUE_MAX];
	size_t n;
};

/* ---- what can go wrong ------------------------------------------------------------------------
 */

static int refuse(struct reader *r, unsigned code, const char *state, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

static int refuse(struct reader *r, unsigned code, const char *state, const char *fmt, ...)
{
	va_list ap;

	/* The first that was found is the one that is told. */
	if (r->a->code)
		return -1;
	r->a->code = code;
	r->a->state = state;
	va_start(ap, fmt);
	(void)vsnprintf(r->a->text, sizeof r->a->text, fmt, ap);
	va_end(ap);
	return -1;
}

static int not_understood(struct reader *r)
{
	return refuse(r, 1064, "42000",
	    _("This is the lab of dbtls and no database. It answers SELECT of constants, of "
	      "@@variables and of functions such as DATABASE() and VERSION(), SHOW VARIABLES, "
	      "STATUS, DATABASES, TABLES and WARNINGS, SET, USE, and transactions without effect"));
}

static int too_long(struct reader *r)
{
	return refuse(r, 1105, "HY000", _("That is more than the lab answers at once"));
}

/* ---- words ------------------------------------------------------------------------------------
 */

static void take(struct reader *r)
{
	r->end = r->now.all.p + r->now.all.n;
	r->now = token_next(&r->rest);
}

static int take_word(struct reader *r, const char *word)
{
	if (!token_is(&r->now, word))
		return 0;
	take(r);
	return 1;
}

static int take_sign(struct reader *r, char sign)
{
	if (!token_is_sign(&r->now, sign))
		return 0;
	take(r);
	return 1;
}

static int is_end(const struct reader *r)
{
	return r->now.kind == TOKEN_END;
}

/* One statement at a time: behind its ";" there is nothing. */
static int finish(struct reader *r)
{
	while (take_sign(r, ';'))
		;
	return is_end(r) ? 0 : not_understood(r);
}

static int finish_any(struct reader *r)
{
	while (!is_end(r) && r->now.kind != TOKEN_BROKEN && !token_is_sign(&r->now, ';'))
		take(r);
	return finish(r);
}

/* A name, quoted or not, as text. */
static int take_name(struct reader *r, struct value *v)
{
	struct buf out = buf_new(sizeof v->text - 1);
	int rc = -1;

	if (r->now.kind != TOKEN_WORD && r->now.kind != TOKEN_NAME)
		return not_understood(r);
	if (token_value(&r->now, &out) == 0) {
		if (out.n > 0)
			memcpy(v->text, out.p, out.n);
		v->n = out.n;
		v->text[v->n] = '\0';
		rc = 0;
	}
	buf_free(&out);
	take(r);
	return rc < 0 ? too_long(r) : 0;
}

/* ---- values -----------------------------------------------------------------------------------
 */

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
		return too_long(r);
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
			return too_long(r);
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

static int expression(struct reader *r, struct value *v);

static int arguments(struct reader *r, struct value *args, size_t max, size_t *n)
{
	*n = 0;
	if (take_sign(r, ')'))
		return 0;
	do {
		if (*n == max)
			return not_understood(r);
		if (expression(r, &args[(*n)++]) < 0)
			return -1;
	} while (take_sign(r, ','));
	return take_sign(r, ')') ? 0 : not_understood(r);
}

/* The type of CAST: CHAR, with a length or without. */
static int char_type(struct reader *r)
{
	if (!take_word(r, "char"))
		return -1;
	if (!take_sign(r, '('))
		return 0;
	if (r->now.kind != TOKEN_NUMBER)
		return -1;
	take(r);
	return take_sign(r, ')') ? 0 : -1;
}

static int cast(struct reader *r, struct value *v)
{
	if (!take_sign(r, '(') || expression(r, v) < 0 || !take_word(r, "as") || char_type(r) < 0 ||
	    !take_sign(r, ')'))
		return not_understood(r);
	v->kind = MYSQLSERVER_VARCHAR;
	return 0;
}

static int call(struct reader *r, size_t row, struct value *v)
{
	struct value *args = NULL;
	size_t n = 0;
	int rc = -1;

	if (!take_sign(r, '('))
		return functions[row].bare ? functions[row].call(r, v, NULL, 0) : not_understood(r);
	args = calloc(ARGUMENTS, sizeof *args);
	if (!args)
		return too_long(r);
	if (arguments(r, args, functions[row].max, &n) < 0)
		goto out;
	rc = n < functions[row].min ? not_understood(r) : functions[row].call(r, v, args, n);
out:
	free(args);
	return rc;
}

static int word(struct reader *r, struct value *v)
{
	struct token t = r->now;

	take(r);
	if (token_is(&t, "cast"))
		return cast(r, v);
	for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
		if (token_is(&t, functions[i].name))
			return call(r, i, v);
	set_null(v);
	if (token_is(&t, "true") || token_is(&t, "false"))
		set_number(v, token_is(&t, "true"));
	return token_is(&t, "null") || !v->null ? 0 : not_understood(r);
}

static int variable(struct reader *r, struct value *v)
{
	const struct variable *found = variables_find(r->now.text);
	char room[VARIABLES_ROOM];
	const char *text;

	if (!found)
		return refuse(r, 1193, "HY000", _("Unknown system variable '%.*s'"),
		    (int)r->now.text.n, (const char *)r->now.text.p);
	take(r);
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
		return not_understood(r);
	memcpy(digits, r->now.text.p, r->now.text.n);
	take(r);
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
		take(r);
	}
	rc = rc < 0 ? too_long(r) : set_text(r, v, out.p, out.n);
	buf_free(&out);
	return rc;
}

static int param(struct reader *r, struct value *v)
{
	const struct mysqlserver_param *p = r->params + r->next_param;

	take(r);
	set_null(v);
	/* While a statement is prepared there are none yet. */
	if (!r->params)
		return 0;
	if (r->next_param++ >= r->n_params)
		return not_understood(r);
	return p->null ? 0 : set_text(r, v, p->text.p, p->text.n);
}

static int own(struct reader *r, struct value *v)
{
	take(r);
	set_null(v);
	return 0;
}

static int bracketed(struct reader *r, struct value *v)
{
	take(r);
	return expression(r, v) < 0 || !take_sign(r, ')') ? not_understood(r) : 0;
}

static int atom(struct reader *r, struct value *v);

static int negative(struct reader *r, struct value *v)
{
	take(r);
	if (r->depth >= DEPTH_MAX)
		return not_understood(r);
	r->depth++;
	if (atom(r, v) < 0 || v->kind != MYSQLSERVER_BIGINT)
		return not_understood(r);
	r->depth--;
	set_number(v, -v->number);
	return 0;
}

static int atom(struct reader *r, struct value *v)
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
	return by_kind[r->now.kind] ? by_kind[r->now.kind](r, v) : not_understood(r);
}

/* a + b, a - b: what several clients ask to see whether anybody answers. */
static int sum(struct reader *r, struct value *v)
{
	struct value right;

	if (atom(r, v) < 0)
		return -1;
	while (token_is_sign(&r->now, '+') || token_is_sign(&r->now, '-')) {
		int minus = token_is_sign(&r->now, '-');

		take(r);
		if (atom(r, &right) < 0 || v->kind != MYSQLSERVER_BIGINT ||
		    right.kind != MYSQLSERVER_BIGINT)
			return not_understood(r);
		if (minus ? __builtin_sub_overflow(v->number, right.number, &right.number)
			  : __builtin_add_overflow(v->number, right.number, &right.number))
			return refuse(r, 1690, "22003", "BIGINT value is out of range");
		set_number(v, right.number);
	}
	return 0;
}

static int expression(struct reader *r, struct value *v)
{
	int not_null;

	if (r->depth >= DEPTH_MAX)
		return not_understood(r);
	r->depth++;
	if (sum(r, v) < 0)
		return -1;
	r->depth--;
	if (!take_word(r, "is"))
		return 0;
	not_null = take_word(r, "not");
	if (!take_word(r, "null"))
		return not_understood(r);
	set_number(v, v->null != not_null);
	return 0;
}

/* ---- rows -------------------------------------------------------------------------------------
 */

static int add_column(struct reader *r, enum mysqlserver_kind kind, struct span name)
{
	return mysqlserver_column(&r->a->set, kind, name) < 0 ? too_long(r) : 0;
}

static int add_names(struct reader *r, const char *const *names)
{
	for (; *names; names++)
		if (add_column(r, MYSQLSERVER_VARCHAR, span_of(*names, strlen(*names))) < 0)
			return -1;
	return 0;
}

static int add_text(struct reader *r, const char *text)
{
	return mysqlserver_value(&r->a->set, span_of(text, strlen(text))) < 0 ? too_long(r) : 0;
}

static int add_value(struct reader *r, const struct value *v)
{
	int rc = v->null ? mysqlserver_null(&r->a->set)
			 : mysqlserver_value(&r->a->set, span_of(v->text, v->n));

	return rc < 0 ? too_long(r) : 0;
}

/* ---- SELECT -----------------------------------------------------------------------------------
 */

/* What may stand where a name without AS may. */
static int is_clause(const struct token *t)
{
	static const char *const words[] = { "from", "limit", "where", "union", "into", "order",
		"group", "having", "for", "procedure", "as" };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (token_is(t, words[i]))
			return 1;
	return 0;
}

/* A column's name: what AS says, or how the expression was written. */
static int alias(struct reader *r, struct span *name)
{
	int as = take_word(r, "as");

	if (r->now.kind == TOKEN_NAME || r->now.kind == TOKEN_STRING ||
	    (r->now.kind == TOKEN_WORD && !is_clause(&r->now))) {
		*name = r->now.text;
		take(r);
		return 0;
	}
	return as ? not_understood(r) : 0;
}

static int column(struct reader *r)
{
	struct token first = r->now;
	struct span name;
	struct value v;

	if (expression(r, &v) < 0)
		return -1;
	name = span_of(first.all.p, (size_t)(r->end - first.all.p));
	if (name.n == first.all.n)
		name = first.kind == TOKEN_STRING ? first.text : first.all;
	return alias(r, &name) < 0 ? -1 : add_column(r, v.kind, name);
}

static int value(struct reader *r)
{
	struct span ignored;
	struct value v;

	return expression(r, &v) < 0 || alias(r, &ignored) < 0 ? -1 : add_value(r, &v);
}

static int list(struct reader *r, int (*item)(struct reader *r))
{
	do {
		if (item(r) < 0)
			return -1;
	} while (take_sign(r, ','));
	return 0;
}

/* FROM dual, LIMIT n, the end. rows: 0 when LIMIT leaves none. */
static int tail(struct reader *r, int *rows)
{
	struct value v = { .kind = MYSQLSERVER_BIGINT, .number = 1 };

	if (take_word(r, "from") && !take_word(r, "dual"))
		return not_understood(r);
	if (take_word(r, "limit") && sum(r, &v) < 0)
		return -1;
	*rows = v.number > 0;
	return finish(r);
}

static int select_values(struct reader *r)
{
	struct reader again = *r;
	int rows = 0;

	if (list(r, column) < 0 || tail(r, &rows) < 0)
		return -1;
	return rows ? list(&again, value) : 0;
}

/* The reader behind the statement's own FROM. 0: it has none, or it is DUAL's. */
static int find_from(struct reader r, struct reader *behind)
{
	int open = 0;

	while (!is_end(&r) && r.now.kind != TOKEN_BROKEN) {
		int from = open == 0 && take_word(&r, "from");

		if (from) {
			*behind = r;
			return !token_is(&r.now, "dual");
		}
		open += token_is_sign(&r.now, '(') - token_is_sign(&r.now, ')');
		take(&r);
	}
	return 0;
}

/* A column of a table: a name, or several with dots. */
static int empty_column(struct reader *r)
{
	struct span name;

	do {
		name = r->now.text;
		if (r->now.kind != TOKEN_WORD && r->now.kind != TOKEN_NAME)
			return not_understood(r);
		take(r);
	} while (take_sign(r, '.'));
	return alias(r, &name) < 0 ? -1 : add_column(r, MYSQLSERVER_VARCHAR, name);
}

/*
 * There are no tables, and so nothing of theirs in the tables that describe them. Whatever else is
 * asked for isn't there.
 */
static int select_from(struct reader *r, struct reader *from)
{
	struct value schema, table = { .n = 0 };

	if (take_name(from, &schema) < 0)
		return -1;
	if (!take_sign(from, '.')) {
		table = schema;
		(void)snprintf(schema.text, sizeof schema.text, "%s", r->s->database);
	}
	if (table.n == 0 && take_name(from, &table) < 0)
		return -1;
	if (strcasecmp(schema.text, "information_schema") != 0)
		return refuse(r, 1146, "42S02", _("Table '%.64s.%.64s' doesn't exist"), schema.text,
		    table.text);
	/* These are the only ones with something in them, which is not made. */
	if (strcasecmp(table.text, "schemata") == 0)
		return not_understood(r);
	if (list(r, empty_column) < 0)
		return -1;
	return token_is(&r->now, "from") ? finish_any(r) : not_understood(r);
}

static int select_(struct reader *r)
{
	struct reader from;

	return find_from(*r, &from) ? select_from(r, &from) : select_values(r);
}

/* ---- SHOW -------------------------------------------------------------------------------------
 */

/* One character of a pattern, whatever its case: _ stands for any, and \ makes the next plain. */
static int fits(char c, struct span *pattern)
{
	int plain = pattern->n > 1 && pattern->p[0] == '\\';
	struct span one;

	if (plain)
		(void)span_skip(pattern, 1);
	if (span_take(pattern, 1, &one) < 0)
		return 0;
	return (!plain && one.p[0] == '_') || tolower(one.p[0]) == tolower((uint8_t)c);
}

static int is_any(struct span pattern)
{
	return pattern.n > 0 && pattern.p[0] == '%';
}

/* % stands for anything. What follows the last one is tried ever further on. */
static int like(const char *text, struct span pattern)
{
	struct span after = { 0 };
	const char *from = NULL;

	while (*text) {
		if (is_any(pattern)) {
			(void)span_skip(&pattern, 1);
			after = pattern;
			from = text;
			continue;
		}
		if (fits(*text, &pattern)) {
			text++;
			continue;
		}
		if (!from)
			return 0;
		pattern = after;
		text = ++from;
	}
	while (is_any(pattern))
		(void)span_skip(&pattern, 1);
	return pattern.n == 0;
}

static int is_text(const struct token *t)
{
	return t->kind == TOKEN_STRING || token_is_sign(t, '?');
}

static int fits_where(const struct token *t)
{
	static const char *const words[] = { "variable_name", "like", "or", "in" };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (token_is(t, words[i]))
			return 1;
	return is_text(t) ||
	       (t->kind == TOKEN_SIGN && t->text.p[0] && strchr("(),=", t->text.p[0]));
}

/* LIKE 'pattern', or WHERE with nothing in it but names that are wanted. */
static int condition(struct reader r)
{
	if (take_word(&r, "like")) {
		if (!is_text(&r.now))
			return not_understood(&r);
		take(&r);
		return finish(&r);
	}
	if (!take_word(&r, "where"))
		return finish(&r);
	while (fits_where(&r.now))
		take(&r);
	return finish(&r);
}

/* Whether the condition wants that name; without one all are wanted. */
static int wanted(struct reader r, const char *name)
{
	struct value v;

	if (!token_is(&r.now, "like") && !token_is(&r.now, "where"))
		return 1;
	for (; !is_end(&r); take(&r)) {
		struct reader at = r;

		if (!is_text(&r.now))
			continue;
		if (atom(&at, &v) == 0 && !v.null && like(name, span_of(v.text, v.n)))
			return 1;
		r.next_param = at.next_param;
	}
	return 0;
}

static int show_table(struct reader *r, const struct variable *table)
{
	static const char *const names[] = { "Variable_name", "Value", NULL };
	char room[VARIABLES_ROOM];

	if (condition(*r) < 0 || add_names(r, names) < 0)
		return -1;
	for (const struct variable *v = table; v->name; v++) {
		const char *text = variables_value(v, r->s, room);

		if (v->kind == VARIABLE_SWITCH)
			text = *text == '1' ? "ON" : "OFF";
		if (wanted(*r, v->name) && (add_text(r, v->name) < 0 || add_text(r, text) < 0))
			return -1;
	}
	return 0;
}

static int show_variables(struct reader *r)
{
	return show_table(r, variables_all);
}

static int show_status(struct reader *r)
{
	return show_table(r, variables_status);
}

static int show_databases(struct reader *r)
{
	static const char *const names[] = { "Database", NULL };
	const char *all[] = { "information_schema", "test", r->s->database };
	size_t n = sizeof all / sizeof *all;

	/* A login may name any; it is there then, beside those that always are. */
	if (!*all[2] || strcasecmp(all[2], all[0]) == 0 || strcmp(all[2], all[1]) == 0)
		n--;
	if (condition(*r) < 0 || add_names(r, names) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (wanted(*r, all[i]) && add_text(r, all[i]) < 0)
			return -1;
	return 0;
}

static int show_tables(struct reader *r, int full)
{
	struct value database;
	char name[VALUE_MAX + 16];
	const char *const names[] = { name, full ? "Table_type" : NULL, NULL };

	(void)snprintf(database.text, sizeof database.text, "%s", r->s->database);
	if ((take_word(r, "from") || take_word(r, "in")) && take_name(r, &database) < 0)
		return -1;
	if (!*database.text)
		return refuse(r, 1046, "3D000", _("No database selected"));
	(void)snprintf(name, sizeof name, "Tables_in_%s", database.text);
	return condition(*r) < 0 ? -1 : add_names(r, names);
}

static int show_some_tables(struct reader *r)
{
	return show_tables(r, 0);
}

static int show_full_tables(struct reader *r)
{
	return show_tables(r, 1);
}

static int show_warnings(struct reader *r)
{
	static const char *const names[] = { "Level", "Code", "Message", NULL };

	return add_names(r, names) < 0 ? -1 : finish_any(r);
}

static int show(struct reader *r)
{
	static const struct {
		const char *word;
		int full; /* with FULL before it */
		int (*show)(struct reader *r);
	} rows[] = {
		{ "variables", 0, show_variables },
		{ "status", 0, show_status },
		{ "databases", 0, show_databases },
		{ "schemas", 0, show_databases },
		{ "tables", 0, show_some_tables },
		{ "tables", 1, show_full_tables },
		{ "warnings", 0, show_warnings },
		{ "errors", 0, show_warnings },
	};
	int full = take_word(r, "full");

	(void)(take_word(r, "global") || take_word(r, "session") || take_word(r, "local"));
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].full == full && take_word(r, rows[i].word))
			return rows[i].show(r);
	return not_understood(r);
}

/* ---- SET, USE, transactions -------------------------------------------------------------------
 */

static int denied(struct reader *r)
{
	return refuse(r, 1227, "42000",
	    _("Access denied; you need (at least one of) the SUPER privilege(s) for this "
	      "operation"));
}

static void set_status(struct reader *r, unsigned bit, int on)
{
	r->s->status = on ? r->s->status | bit : r->s->status & ~bit;
}

/* The value of autocommit, which is the one that shows in every answer. */
static int set_autocommit(struct reader *r)
{
	struct value v = { .number = 1 };

	if (!take_word(r, "on") && !take_word(r, "default")) {
		v.number = 0;
		if (!take_word(r, "off") && expression(r, &v) < 0)
			return -1;
	}
	set_status(r, MYSQL_AUTOCOMMIT, v.number != 0);
	return 0;
}

static void skip_value(struct reader *r)
{
	int open = 0;

	while (!is_end(r) && r->now.kind != TOKEN_BROKEN && !token_is_sign(&r->now, ';')) {
		if (open == 0 && token_is_sign(&r->now, ','))
			return;
		open += token_is_sign(&r->now, '(') - token_is_sign(&r->now, ')');
		take(r);
	}
}

static int is_global(struct span name)
{
	static const char *const scopes[] = { "global.", "persist.", "persist_only." };

	for (size_t i = 0; i < sizeof scopes / sizeof *scopes; i++)
		if (name.n >= strlen(scopes[i]) &&
		    strncasecmp((const char *)name.p, scopes[i], strlen(scopes[i])) == 0)
			return 1;
	return 0;
}

static int is_autocommit(const struct token *t)
{
	const struct variable *v =
	    t->kind == TOKEN_WORD || t->kind == TOKEN_NAME || t->kind == TOKEN_VARIABLE
		? variables_find(t->text)
		: NULL;

	return v && strcmp(v->name, "autocommit") == 0;
}

/* name = value, with or without a scope. */
static int assignment(struct reader *r)
{
	struct token name;

	if (token_is(&r->now, "global") || token_is(&r->now, "persist") ||
	    token_is(&r->now, "password"))
		return denied(r);
	(void)(take_word(r, "session") || take_word(r, "local"));
	name = r->now;
	if (name.kind == TOKEN_VARIABLE && is_global(name.text))
		return denied(r);
	if (name.kind < TOKEN_WORD || name.kind > TOKEN_OWN || name.kind == TOKEN_NUMBER ||
	    name.kind == TOKEN_STRING)
		return not_understood(r);
	take(r);
	(void)take_sign(r, ':');
	if (!take_sign(r, '='))
		return not_understood(r);
	if (is_autocommit(&name))
		return set_autocommit(r);
	skip_value(r);
	return 0;
}

/* SET NAMES and the like: nothing depends on them here. */
static int is_plain_set(struct reader r)
{
	(void)(take_word(&r, "session") || take_word(&r, "local"));
	return token_is(&r.now, "names") || token_is(&r.now, "character") ||
	       token_is(&r.now, "charset") || token_is(&r.now, "transaction");
}

static int set(struct reader *r)
{
	if (is_plain_set(*r))
		return finish_any(r);
	return list(r, assignment) < 0 ? -1 : finish(r);
}

static int use(struct reader *r)
{
	struct value name;

	if (take_name(r, &name) < 0 || finish(r) < 0)
		return -1;
	if (query_use(r->s, span_of(name.text, name.n)) < 0)
		return refuse(r, 1049, "42000", _("Unknown database '%.64s'"), name.text);
	return 0;
}

static int begin(struct reader *r)
{
	set_status(r, MYSQL_IN_TRANSACTION, 1);
	return finish_any(r);
}

static int start(struct reader *r)
{
	return take_word(r, "transaction") ? begin(r) : not_understood(r);
}

static int end(struct reader *r)
{
	/* ROLLBACK TO a savepoint leaves it open. */
	if (!token_is(&r->now, "to"))
		set_status(r, MYSQL_IN_TRANSACTION, 0);
	return finish_any(r);
}

static int statement(struct reader *r)
{
	static const struct {
		const char *word;
		int (*answer)(struct reader *r);
	} rows[] = {
		{ "select", select_ },
		{ "show", show },
		{ "set", set },
		{ "use", use },
		{ "start", start },
		{ "begin", begin },
		{ "commit", end },
		{ "rollback", end },
		{ "savepoint", finish_any },
		{ "release", finish_any },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (take_word(r, rows[i].word))
			return rows[i].answer(r);
	if (finish(r) == 0)
		return refuse(r, 1065, "42000", _("Query was empty"));
	return -1;
}

void query_answer(struct query_session *s, struct span sql, const struct mysqlserver_param *params,
    size_t n, struct query_answer *a)
{
	struct reader r = { .s = s, .a = a, .rest = sql, .params = params, .n_params = n };
	struct query_session before = *s;

	*a = (struct query_answer) { .set = mysqlserver_set(ANSWER_MAX) };
	r.now = token_next(&r.rest);
	if (statement(&r) == 0)
		return;
	/* What failed has changed nothing, and has no rows. */
	*s = before;
	mysqlserver_set_free(&a->set);
}

void query_free(struct query_answer *a)
{
	mysqlserver_set_free(&a->set);
}

size_t query_params(struct span sql)
{
	struct token t;
	size_t n = 0;

	for (t = token_next(&sql); t.kind != TOKEN_END; t = token_next(&sql))
		n += (size_t)token_is_sign(&t, '?');
	return n;
}

int query_use(struct query_session *s, struct span name)
{
	if (name.n == 0 || name.n >= sizeof s->database)
		return -1;
	memcpy(s->database, name.p, name.n);
	s->database[name.n] = '\0';
	return 0;
}
