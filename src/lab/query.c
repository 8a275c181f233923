/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/query.h"

#include "lab/reader.h"
#include "lab/value.h"
#include "lab/variables.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define ANSWER_MAX ((size_t)64 * 1024) /* bytes, and cells, of one set of rows */

/* ---- rows ------------------------------------------------------------------------------------ */

static int add_column(struct reader *r, enum mysqlserver_kind kind, struct span name)
{
	return mysqlserver_column(&r->a->set, kind, name) < 0 ? reader_too_long(r) : 0;
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
	return mysqlserver_value(&r->a->set, span_of(text, strlen(text))) < 0 ? reader_too_long(r)
									      : 0;
}

static int add_value(struct reader *r, const struct value *v)
{
	int rc = v->null ? mysqlserver_null(&r->a->set)
			 : mysqlserver_value(&r->a->set, span_of(v->text, v->n));

	return rc < 0 ? reader_too_long(r) : 0;
}

/* ---- SELECT ---------------------------------------------------------------------------------- */

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
	int as = reader_take_word(r, "as");

	if (r->now.kind == TOKEN_NAME || r->now.kind == TOKEN_STRING ||
	    (r->now.kind == TOKEN_WORD && !is_clause(&r->now))) {
		*name = r->now.text;
		reader_take(r);
		return 0;
	}
	return as ? reader_not_understood(r) : 0;
}

static int column(struct reader *r)
{
	struct value v = { .null = 1 };
	struct token first = r->now;
	struct span name;

	if (value_expression(r, &v) < 0)
		return -1;
	name = span_of(first.all.p, (size_t)(r->end - first.all.p));
	if (name.n == first.all.n)
		name = first.kind == TOKEN_STRING ? first.text : first.all;
	return alias(r, &name) < 0 ? -1 : add_column(r, v.kind, name);
}

static int value(struct reader *r)
{
	struct value v = { .null = 1 };
	struct span ignored;

	return value_expression(r, &v) < 0 || alias(r, &ignored) < 0 ? -1 : add_value(r, &v);
}

static int list(struct reader *r, int (*item)(struct reader *r))
{
	do {
		if (item(r) < 0)
			return -1;
	} while (reader_take_sign(r, ','));
	return 0;
}

/* FROM dual, LIMIT n, the end. rows: 0 when LIMIT leaves none. */
static int tail(struct reader *r, int *rows)
{
	struct value v = { .kind = MYSQLSERVER_BIGINT, .number = 1 };

	if (reader_take_word(r, "from") && !reader_take_word(r, "dual"))
		return reader_not_understood(r);
	if (reader_take_word(r, "limit") && value_sum(r, &v) < 0)
		return -1;
	*rows = v.number > 0;
	return reader_finish(r);
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

	while (!reader_is_end(&r) && r.now.kind != TOKEN_BROKEN) {
		int from = open == 0 && reader_take_word(&r, "from");

		if (from) {
			*behind = r;
			return !token_is(&r.now, "dual");
		}
		open += token_is_sign(&r.now, '(') - token_is_sign(&r.now, ')');
		reader_take(&r);
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
			return reader_not_understood(r);
		reader_take(r);
	} while (reader_take_sign(r, '.'));
	return alias(r, &name) < 0 ? -1 : add_column(r, MYSQLSERVER_VARCHAR, name);
}

/*
 * There are no tables, and so nothing of theirs in the tables that describe them. Whatever else is
 * asked for isn't there.
 */
static int select_from(struct reader *r, struct reader *from)
{
	struct value schema, table = { .n = 0 };

	if (value_name(from, &schema) < 0)
		return -1;
	if (!reader_take_sign(from, '.')) {
		table = schema;
		(void)snprintf(schema.text, sizeof schema.text, "%s", r->s->database);
	}
	if (table.n == 0 && value_name(from, &table) < 0)
		return -1;
	if (strcasecmp(schema.text, "information_schema") != 0)
		return reader_refuse(
		    r, 1146, "42S02", "Table '%.64s.%.64s' doesn't exist", schema.text, table.text);
	/* These are the only ones with something in them, which is not made. */
	if (strcasecmp(table.text, "schemata") == 0)
		return reader_not_understood(r);
	if (list(r, empty_column) < 0)
		return -1;
	return token_is(&r->now, "from") ? reader_finish_any(r) : reader_not_understood(r);
}

static int select_(struct reader *r)
{
	struct reader from;

	return find_from(*r, &from) ? select_from(r, &from) : select_values(r);
}

/* ---- SHOW ------------------------------------------------------------------------------------ */

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
	if (reader_take_word(&r, "like")) {
		if (!is_text(&r.now))
			return reader_not_understood(&r);
		reader_take(&r);
		return reader_finish(&r);
	}
	if (!reader_take_word(&r, "where"))
		return reader_finish(&r);
	while (fits_where(&r.now))
		reader_take(&r);
	return reader_finish(&r);
}

/* Whether the condition wants that name; without one all are wanted. */
static int wanted(struct reader r, const char *name)
{
	struct value v;

	if (!token_is(&r.now, "like") && !token_is(&r.now, "where"))
		return 1;
	for (; !reader_is_end(&r); reader_take(&r)) {
		struct reader at = r;

		if (!is_text(&r.now))
			continue;
		if (value_atom(&at, &v) == 0 && !v.null && like(name, span_of(v.text, v.n)))
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

/* The rows of a table of ours, n of them, whose first column the condition is about. */
static int rows_of(struct reader *r, const char *const *names, const char *const *cells, size_t n)
{
	size_t columns = 0;

	while (names[columns])
		columns++;
	if (condition(*r) < 0 || add_names(r, names) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < columns; k++)
			if (wanted(*r, cells[i * columns]) &&
			    add_text(r, cells[i * columns + k]) < 0)
				return -1;
	return 0;
}

static int show_databases(struct reader *r)
{
	static const char *const names[] = { "Database", NULL };
	const char *all[] = { "information_schema", "test", r->s->database };
	size_t n = sizeof all / sizeof *all;

	/* A login may name any; it is there then, beside those that always are. */
	if (!*all[2] || strcasecmp(all[2], all[0]) == 0 || strcmp(all[2], all[1]) == 0)
		n--;
	return rows_of(r, names, all, n);
}

static int show_tables(struct reader *r, int full)
{
	struct value database;
	char name[VALUE_MAX + 16];
	const char *const names[] = { name, full ? "Table_type" : NULL, NULL };

	(void)snprintf(database.text, sizeof database.text, "%s", r->s->database);
	if ((reader_take_word(r, "from") || reader_take_word(r, "in")) &&
	    value_name(r, &database) < 0)
		return -1;
	if (!*database.text)
		return reader_refuse(r, 1046, "3D000", "No database selected");
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

	return add_names(r, names) < 0 ? -1 : reader_finish_any(r);
}

/* What the greeting and the variables name, and the one that every server has. */
static int show_charsets(struct reader *r)
{
	static const char *const names[] = { "Charset", "Description", "Default collation",
		"Maxlen", NULL };
	static const char *const rows[][4] = {
		{ "binary", "Binary pseudo charset", "binary", "1" },
		{ "utf8mb4", "UTF-8 Unicode", "utf8mb4_general_ci", "4" },
	};

	return rows_of(r, names, &rows[0][0], sizeof rows / sizeof *rows);
}

static int show_collations(struct reader *r)
{
	static const char *const names[] = { "Collation", "Charset", "Id", "Default", "Compiled",
		"Sortlen", NULL };
	static const char *const rows[][6] = {
		{ "binary", "binary", "63", "Yes", "Yes", "1" },
		{ "utf8mb4_general_ci", "utf8mb4", "45", "Yes", "Yes", "1" },
	};

	return rows_of(r, names, &rows[0][0], sizeof rows / sizeof *rows);
}

static int show_character(struct reader *r)
{
	return reader_take_word(r, "set") ? show_charsets(r) : reader_not_understood(r);
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
		{ "charset", 0, show_charsets },
		{ "character", 0, show_character },
		{ "collation", 0, show_collations },
	};
	int full = reader_take_word(r, "full");

	(void)(reader_take_word(r, "global") || reader_take_word(r, "session") ||
	       reader_take_word(r, "local"));
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].full == full && reader_take_word(r, rows[i].word))
			return rows[i].show(r);
	return reader_not_understood(r);
}

/* ---- SET, USE, transactions ------------------------------------------------------------------ */

static int denied(struct reader *r)
{
	return reader_refuse(r, 1227, "42000",
	    "Access denied; you need (at least one of) the SUPER privilege(s) for this "
	    "operation");
}

static void set_status(struct reader *r, unsigned bit, int on)
{
	r->s->status = on ? r->s->status | bit : r->s->status & ~bit;
}

/* The value of autocommit, which is the one that shows in every answer. */
static int set_autocommit(struct reader *r)
{
	struct value v = { .number = 1 };

	if (!reader_take_word(r, "on") && !reader_take_word(r, "default")) {
		v.number = 0;
		if (!reader_take_word(r, "off") && value_expression(r, &v) < 0)
			return -1;
	}
	set_status(r, MYSQL_AUTOCOMMIT, v.number != 0);
	return 0;
}

static void skip_value(struct reader *r)
{
	int open = 0;

	while (!reader_is_end(r) && r->now.kind != TOKEN_BROKEN && !token_is_sign(&r->now, ';')) {
		if (open == 0 && token_is_sign(&r->now, ','))
			return;
		open += token_is_sign(&r->now, '(') - token_is_sign(&r->now, ')');
		reader_take(r);
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
	(void)(reader_take_word(r, "session") || reader_take_word(r, "local"));
	name = r->now;
	if (name.kind == TOKEN_VARIABLE && is_global(name.text))
		return denied(r);
	if (name.kind < TOKEN_WORD || name.kind > TOKEN_OWN || name.kind == TOKEN_NUMBER ||
	    name.kind == TOKEN_STRING)
		return reader_not_understood(r);
	reader_take(r);
	(void)reader_take_sign(r, ':');
	if (!reader_take_sign(r, '='))
		return reader_not_understood(r);
	if (is_autocommit(&name))
		return set_autocommit(r);
	skip_value(r);
	return 0;
}

/* SET NAMES and the like: nothing depends on them here. */
static int is_plain_set(struct reader r)
{
	(void)(reader_take_word(&r, "session") || reader_take_word(&r, "local"));
	return token_is(&r.now, "names") || token_is(&r.now, "character") ||
	       token_is(&r.now, "charset") || token_is(&r.now, "transaction");
}

static int set(struct reader *r)
{
	if (is_plain_set(*r))
		return reader_finish_any(r);
	return list(r, assignment) < 0 ? -1 : reader_finish(r);
}

static int use(struct reader *r)
{
	struct value name = { .n = 0 };

	if (value_name(r, &name) < 0 || reader_finish(r) < 0)
		return -1;
	if (query_use(r->s, span_of(name.text, name.n)) < 0)
		return reader_refuse(r, 1049, "42000", "Unknown database '%.64s'", name.text);
	return 0;
}

static int begin(struct reader *r)
{
	set_status(r, MYSQL_IN_TRANSACTION, 1);
	return reader_finish_any(r);
}

static int start(struct reader *r)
{
	return reader_take_word(r, "transaction") ? begin(r) : reader_not_understood(r);
}

static int end(struct reader *r)
{
	/* ROLLBACK TO a savepoint leaves it open. */
	if (!token_is(&r->now, "to"))
		set_status(r, MYSQL_IN_TRANSACTION, 0);
	return reader_finish_any(r);
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
		{ "savepoint", reader_finish_any },
		{ "release", reader_finish_any },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (reader_take_word(r, rows[i].word))
			return rows[i].answer(r);
	if (reader_finish(r) == 0)
		return reader_refuse(r, 1065, "42000", "Query was empty");
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
