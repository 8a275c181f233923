/* SPDX-License-Identifier: Apache-2.0 */
/* What the lab answers to SQL, as a client reads it off the packets. */
#include "block.h"
#include "lab/query.h"
#include "lab/token.h"
#include "tap.h"

#include <stdio.h>

static struct query_session fresh(void)
{
	return (struct query_session) {
		.version = "8.4.7-lab",
		.user = "lab",
		.tls = "TLSv1.3",
		.cipher = "TLS_AES_128_GCM_SHA256",
		.id = 42,
		.port = 3306,
		.database = "test",
		.status = MYSQL_AUTOCOMMIT,
	};
}

/* ---- reading rows as a client does ----------------------------------------------------------- */

static struct span packet(struct span *s)
{
	struct mysql_header h = { 0 };
	struct span payload = { 0 };

	(void)mysql_header(s, &h);
	(void)span_take(s, h.length, &payload);
	return payload;
}

static void add(char *out, size_t size, struct span text)
{
	size_t n = strlen(out);

	(void)snprintf(out + n, size - n, "%.*s", (int)text.n, (const char *)text.p);
}

/* "#" stands before a number's column. */
static void add_column(char *out, size_t size, struct span s)
{
	struct span name = { 0 };

	for (int i = 0; i < 5; i++)
		(void)mysql_string(&s, &name);
	/* Behind its name: another, the length of what follows, charset, length, type. */
	if (s.n > 8 && s.p[8] == 0x08)
		add(out, size, span_of("#", 1));
	add(out, size, name);
}

static void add_row(char *out, size_t size, struct span s, size_t columns)
{
	for (size_t i = 0; i < columns; i++) {
		struct span value = span_of("NULL", 4);

		if (s.n > 0 && s.p[0] == 0xfb)
			(void)span_skip(&s, 1);
		else
			(void)mysql_string(&s, &value);
		add(out, size, span_of(i ? "|" : "", i ? 1 : 0));
		add(out, size, value);
	}
}

/* "name|name = value|value; value|value" */
static void read_rows(struct span s, char *out, size_t size)
{
	size_t columns = packet(&s).p[0];
	struct span p;

	for (size_t i = 0; i < columns; i++) {
		add(out, size, span_of(i ? "|" : "", i ? 1 : 0));
		add_column(out, size, packet(&s));
	}
	(void)packet(&s);
	add(out, size, span_of(" =", 2));
	for (p = packet(&s); p.n > 0 && p.p[0] != 0xfe; p = packet(&s)) {
		add(out, size, span_of(" ", 1));
		add_row(out, size, p, columns);
		add(out, size, span_of(";", 1));
	}
}

/* What came of it, in out: "OK", "ERR 1064", or rows. */
static void ask(struct query_session *s, const char *sql, const struct mysqlserver_param *params,
    size_t n, char *out, size_t size)
{
	struct span text = block(sql, strlen(sql));
	struct buf b = buf_new(100000);
	struct query_answer a;
	uint8_t seq = 1;

	*out = '\0';
	query_answer(s, text, params, n, &a);
	drop(text);
	if (a.code)
		(void)snprintf(
		    out, size, "ERR %u %s", a.code, *a.text ? a.state : "without a word");
	else if (a.set.columns == 0)
		(void)snprintf(out, size, "OK");
	else if (mysqlserver_rows(&b, &seq, &a.set, MYSQLSERVER_TEXT, s->status) == 0)
		read_rows(span_of(b.p, b.n), out, size);
	query_free(&a);
	buf_free(&b);
}

/* ---- one by one ------------------------------------------------------------------------------ */

static const struct {
	const char *sql, *want;
} answered[] = {
	{ "SELECT 1", "#1 = 1;" },
	{ "select 1;", "#1 = 1;" },
	{ "SELECT 'text'", "text = text;" },
	{ "SELECT \"a\" 'b' AS c", "c = ab;" },
	{ "SELECT 'it''s', 'it\\'s', '\\\\', 'a\\tb', ''",
	    "it''s|it\\'s|\\\\|a\\tb| = it's|it's|\\|a\tb|;" },
	{ "SELECT NULL, TRUE, false, -7, 1 + 2 - 4, (3)",
	    "NULL|#TRUE|#false|#-7|#1 + 2 - 4|#(3) = NULL|1|0|-7|-1|3;" },
	{ "SELECT 1--1", "#1--1 = 2;" },
	{ "SELECT 1 -- 1", "#1 = 1;" },
	{ "SELECT 1 # 1", "#1 = 1;" },
	{ "/* a */SELECT/**/1/* b */", "#1 = 1;" },
	{ "/*!50000 SELECT */ 1", "#1 = 1;" },
	{ "SELECT 1 one, 2 AS `t``wo`, 3 'three'", "#one|#t``wo|#three = 1|2|3;" },
	{ "SELECT DATABASE(), SCHEMA()", "DATABASE()|SCHEMA() = test|test;" },
	{ "SELECT VERSION(), CONNECTION_ID(), USER(), CURRENT_USER, CURRENT_USER()",
	    "VERSION()|#CONNECTION_ID()|USER()|CURRENT_USER|CURRENT_USER() = "
	    "8.4.7-lab|42|lab@localhost|lab@%|lab@%;" },
	{ "SELECT version ( )", "version ( ) = 8.4.7-lab;" },
	{ "SELECT @@version, @@session.autocommit AS a, @@GLOBAL.port, @@local.sql_notes",
	    "@@version|#a|#@@GLOBAL.port|#@@local.sql_notes = 8.4.7-lab|1|3306|1;" },
	{ "select @@version_comment limit 1", "@@version_comment = dbtls lab;" },
	{ "SELECT 1 LIMIT 0", "#1 =" },
	{ "SELECT 1 FROM DUAL", "#1 = 1;" },
	{ "SELECT @mine", "@mine = NULL;" },
	{ "SELECT CONVERT_TZ('2001-01-01 01:00:00', 'UTC', 'UTC') IS NOT NULL AS z", "#z = 1;" },
	{ "SELECT CONVERT_TZ('x', 'UTC', 'CET') IS NULL AS z", "#z = 1;" },
	{ "SELECT CAST('a' AS CHAR(60)) AS a, CONCAT('b', 1, USER()) AS b, CONCAT(1, NULL) "
	  "c",
	    "a|b|c = a|b1lab@localhost|NULL;" },
	{ "SELECT LAST_INSERT_ID()", "#LAST_INSERT_ID() = 0;" },
	{ "SELECT c.table_name AS t, `x` FROM information_schema.columns c WHERE f(a, b) = "
	  "'c'",
	    "t|x =" },
	{ "SHOW VARIABLES LIKE 'auto_inc%'",
	    "Variable_name|Value = auto_increment_increment|1; auto_increment_offset|1;" },
	{ "SHOW SESSION VARIABLES LIKE 'AUTOCOMMIT'", "Variable_name|Value = autocommit|ON;" },
	{ "SHOW VARIABLES WHERE Variable_name = 'port' OR Variable_name IN ('version')",
	    "Variable_name|Value = port|3306; version|8.4.7-lab;" },
	{ "SHOW VARIABLES LIKE 'p_rt'", "Variable_name|Value = port|3306;" },
	{ "SHOW VARIABLES LIKE 'p\\_rt'", "Variable_name|Value =" },
	{ "SHOW STATUS LIKE 'Ssl%'", "Variable_name|Value = "
				     "Ssl_cipher|TLS_AES_128_GCM_SHA256; "
				     "Ssl_version|TLSv1.3;" },
	{ "SHOW DATABASES", "Database = information_schema; test;" },
	{ "SHOW DATABASES LIKE 't%'", "Database = test;" },
	{ "SHOW TABLES", "Tables_in_test =" },
	{ "SHOW FULL TABLES FROM `my db` LIKE 'x'", "Tables_in_my db|Table_type =" },
	{ "SHOW WARNINGS LIMIT 5", "Level|Code|Message =" },
	{ "SHOW CHARACTER SET LIKE 'utf8%'", "Charset|Description|Default collation|Maxlen = "
					     "utf8mb4|UTF-8 Unicode|utf8mb4_general_ci|4;" },
	{ "SHOW CHARSET LIKE 'latin1'", "Charset|Description|Default collation|Maxlen =" },
	{ "SHOW COLLATION LIKE 'b%'", "Collation|Charset|Id|Default|Compiled|Sortlen = "
				      "binary|binary|63|Yes|Yes|1;" },
	{ "SET NAMES utf8mb4 COLLATE 'utf8mb4_bin'", "OK" },
	{ "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", "OK" },
	{ "SET @a := 1, sql_mode = CONCAT(@@sql_mode, ',ANSI'), @@session.x = (1, 2)", "OK" },
	{ "SAVEPOINT a", "OK" },
	{ "USE `test`", "OK" },
};

static void answers(void)
{
	char got[1024];

	for (size_t i = 0; i < sizeof answered / sizeof *answered; i++) {
		struct query_session s = fresh();

		ask(&s, answered[i].sql, NULL, 0, got, sizeof got);
		is_str(got, answered[i].want, "%s", answered[i].sql);
	}
}

static const struct {
	const char *sql, *want;
} refused[] = {
	{ "", "ERR 1065 42000" },
	{ " ; ", "ERR 1065 42000" },
	{ "/* ping */", "ERR 1065 42000" },
	{ "DELETE FROM t", "ERR 1064 42000" },
	{ "SELECT", "ERR 1064 42000" },
	{ "SELECT 1,", "ERR 1064 42000" },
	{ "SELECT 1 AS", "ERR 1064 42000" },
	{ "SELECT 1; SELECT 2", "ERR 1064 42000" },
	{ "SELECT 'a", "ERR 1064 42000" },
	{ "SELECT 'a\\'", "ERR 1064 42000" },
	{ "SELECT 1 /*", "ERR 1064 42000" },
	{ "SELECT (1", "ERR 1064 42000" },
	{ "SELECT ((((((((((((((((((1))))))))))))))))))", "ERR 1064 42000" },
	{ "SELECT ------------------------1", "ERR 1064 42000" },
	{ "SELECT 1 + 'a'", "ERR 1064 42000" },
	{ "SELECT 1234567890123456789", "ERR 1064 42000" },
	{ "SELECT 1.5", "ERR 1064 42000" },
	{ "SELECT 1 UNION SELECT 2", "ERR 1064 42000" },
	{ "SELECT SLEEP(1)", "ERR 1064 42000" },
	{ "SELECT DATABASE(1)", "ERR 1064 42000" },
	{ "SELECT CONCAT()", "ERR 1064 42000" },
	{ "SELECT CONVERT_TZ(1)", "ERR 1064 42000" },
	{ "SELECT @@nonsense", "ERR 1193 HY000" },
	{ "SELECT * FROM t", "ERR 1146 42S02" },
	{ "SELECT user FROM mysql.user", "ERR 1146 42S02" },
	{ "SELECT COUNT(*) FROM information_schema.tables", "ERR 1064 42000" },
	{ "SELECT schema_name FROM information_schema.schemata", "ERR 1064 42000" },
	{ "SHOW", "ERR 1064 42000" },
	{ "SHOW CHARACTER", "ERR 1064 42000" },
	{ "SHOW FULL VARIABLES", "ERR 1064 42000" },
	{ "SHOW VARIABLES LIKE", "ERR 1064 42000" },
	{ "SHOW VARIABLES LIKE 'a' AND 1", "ERR 1064 42000" },
	{ "SHOW VARIABLES WHERE Value = 'ON'", "ERR 1064 42000" },
	{ "SET GLOBAL x = 1", "ERR 1227 42000" },
	{ "SET a = 1, @@global.x = 1", "ERR 1227 42000" },
	{ "SET PASSWORD = 'x'", "ERR 1227 42000" },
	{ "SET a", "ERR 1064 42000" },
	{ "SET 1 = 1", "ERR 1064 42000" },
	{ "USE", "ERR 1064 42000" },
	{ "USE ``", "ERR 1049 42000" },
	{ "START SLAVE", "ERR 1064 42000" },
};

static void refusals(void)
{
	char got[256];

	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		struct query_session s = fresh(), before = s;

		ask(&s, refused[i].sql, NULL, 0, got, sizeof got);
		is_str(got, refused[i].want, "refused: %s", refused[i].sql);
		ok(s.status == before.status && strcmp(s.database, before.database) == 0,
		    "and nothing changed: %s", refused[i].sql);
	}
}

static void says(struct query_session *s, const char *sql, const char *want)
{
	char got[512];

	ask(s, sql, NULL, 0, got, sizeof got);
	is_str(got, want, "then: %s", sql);
}

/* ---- in a row -------------------------------------------------------------------------------- */

static void sessions(void)
{
	struct query_session s = fresh();
	char name[QUERY_NAME + 1];

	says(&s, "SET autocommit = 0", "OK");
	is_int(s.status, 0, "autocommit is off");
	says(&s, "SELECT @@autocommit", "#@@autocommit = 0;");
	says(&s, "SET @@session.autocommit = ON, x = 1", "OK");
	is_int(s.status, MYSQL_AUTOCOMMIT, "autocommit is on");
	says(&s, "SET autocommit = 0, GLOBAL x = 1", "ERR 1227 42000");
	is_int(s.status, MYSQL_AUTOCOMMIT, "what failed in its second half has not changed it");
	says(&s, "START TRANSACTION READ ONLY", "OK");
	is_int(s.status, MYSQL_AUTOCOMMIT | MYSQL_IN_TRANSACTION, "in a transaction");
	says(&s, "ROLLBACK TO SAVEPOINT a", "OK");
	is_int(s.status, MYSQL_AUTOCOMMIT | MYSQL_IN_TRANSACTION, "still in it");
	says(&s, "COMMIT", "OK");
	is_int(s.status, MYSQL_AUTOCOMMIT, "out of it");
	says(&s, "USE shop", "OK");
	says(&s, "SELECT DATABASE()", "DATABASE() = shop;");
	says(&s, "SHOW DATABASES", "Database = information_schema; test; shop;");
	says(&s, "use INFORMATION_SCHEMA", "OK");
	says(&s, "SHOW DATABASES", "Database = information_schema; test;");
	says(&s, "SELECT table_name FROM TABLES", "table_name =");
	*s.database = '\0';
	says(&s, "SELECT DATABASE()", "DATABASE() = NULL;");
	says(&s, "SHOW TABLES", "ERR 1046 3D000");
	memset(name, 'n', sizeof name);
	is_int(query_use(&s, span_of(name, QUERY_NAME)), -1, "a name that is too long");
	is_int(query_use(&s, span_of(name, QUERY_NAME - 1)), 0, "the longest name");
}

static void params(void)
{
	struct mysqlserver_param p[2] = { { .text = span_of("por%", 4) }, { .null = 1 } };
	struct query_session s = fresh();
	char got[256];

	is_int(
	    (long long)query_params(span_of("? '?' `?` ? -- ?", 16)), 2, "parameters are counted");
	ask(&s, "SELECT ?, ?", p, 2, got, sizeof got);
	is_str(got, "?|? = por%|NULL;", "parameters are answered");
	ask(&s, "SHOW VARIABLES LIKE ?", p, 1, got, sizeof got);
	is_str(got, "Variable_name|Value = port|3306;", "a pattern as a parameter");
	ask(&s, "SELECT ?, ?", p, 1, got, sizeof got);
	is_str(got, "ERR 1064 42000", "one too few");
	ask(&s, "SELECT ?", NULL, 0, got, sizeof got);
	is_str(got, "? = NULL;", "prepared without any");
}

/* As long as it can be, and one longer. */
static void limits(void)
{
	struct query_session s = fresh();
	char sql[2200] = "SELECT '", got[4096];
	size_t n;

	memset(sql + 8, 'x', 1023);
	memcpy(sql + 8 + 1023, "' AS a", 7);
	ask(&s, sql, NULL, 0, got, sizeof got);
	is_int((long long)strlen(got), 1 + 3 + 1023 + 1, "a text of 1,023 bytes");
	memcpy(sql + 8 + 1023, "x' AS a", 8);
	says(&s, sql, "ERR 1105 HY000");
	memcpy(sql, "SELECT 1", 9);
	for (n = 8; n < 8 + 2 * 63; n += 2)
		memcpy(sql + n, ",1", 3);
	ask(&s, sql, NULL, 0, got, sizeof got);
	ok(strncmp(got, "#1|", 3) == 0, "64 columns");
	memcpy(sql + n, ",1", 3);
	says(&s, sql, "ERR 1105 HY000");
}

int main(void)
{
	answers();
	refusals();
	sessions();
	params();
	limits();
	return tap_done();
}
