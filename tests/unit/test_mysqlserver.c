/* SPDX-License-Identifier: Apache-2.0 */
/* What a MySQL server sends, byte for byte, and what it makes of a client's commands. */
#include "block.h"
#include "tap.h"
#include "wire/mysqlserver.h"

#include <stdio.h>

/* The columns "n", a number, and "t", a text, as both forms of rows begin. */
#define COLUMNS                                                                                    \
	"0100000102"                                                                               \
	"1700000203646566000000016e000c3f0015000000088000000000"                                   \
	"1700000303646566000000017400" TEXT_COLUMN "05000004fe00000200"
#define TEXT_COLUMN "0c2d0000040000fd00001f0000"
#define SCRAMBLE    "0123456789abcdefghij"

/* And empties it. */
static void is_bytes(struct buf *got, const char *want, const char *name)
{
	struct span s = hex(want);
	int same = got->n == s.n && memcmp(got->p, s.p, s.n) == 0;

	ok(same, "%s", name);
	for (size_t i = 0; !same && i < got->n; i++)
		printf("%s%02x%s", i ? "" : "# ", got->p[i], i + 1 < got->n ? "" : "\n");
	drop(s);
	buf_free(got);
	got->max = 4096;
}

static struct span text(const char *s)
{
	return span_of(s, strlen(s));
}

/* ---- packets --------------------------------------------------------------------------------- */

static void greetings(void)
{
	struct mysqlserver_greeting g = {
		.version = "8.4.7",
		.plugin = "caching_sha2_password",
		.id = 258,
		.capabilities = MYSQLSERVER_CAPABILITIES,
		.status = MYSQL_AUTOCOMMIT,
	};
	struct buf b = buf_new(4096);
	struct mysql_greeting read;
	struct mysql_header h;
	struct span s;
	uint8_t seq = 0;

	memcpy(g.scramble, SCRAMBLE, sizeof g.scramble);
	is_int(mysqlserver_greet(&b, &seq, &g), 0, "greeting: made");
	is_int(seq, 1, "greeting: it is counted");
	s = span_of(b.p, b.n);
	ok(mysql_header(&s, &h) == 0 && h.length == s.n && h.seq == 0, "greeting: whole");
	is_int(mysql_greeting(s, &read), 0, "greeting: a relay reads it");
	is_int(read.capabilities, MYSQLSERVER_CAPABILITIES, "greeting: capabilities");
	is_int(read.connection_id, 258, "greeting: the connection's number");
	ok(span_is(read.version, "8.4.7") && span_is(read.plugin, "caching_sha2_password"),
	    "greeting: version and plugin");
	ok(memcmp(read.scramble, SCRAMBLE, 20) == 0, "greeting: the scramble");
	is_bytes(&b,
	    "49000000"
	    "0a382e342e370002010000"
	    "303132333435363700"
	    "4fff2d02003e0015"
	    "00000000000000000000"
	    "38396162636465666768696a00"
	    "63616368696e675f736861325f70617373776f726400",
	    "greeting: byte for byte");
	is_int(MYSQLSERVER_CAPABILITIES & (MYSQL_COMPRESSED | 0x80), 0,
	    "neither compression nor LOCAL INFILE is offered");
}

static void answers(void)
{
	struct buf b = buf_new(4096);
	struct span plugin;
	uint8_t seq = 1, scramble[20];

	is_int(mysqlserver_ok(&b, &seq, MYSQL_AUTOCOMMIT), 0, "OK: made");
	is_bytes(&b, "0700000100000002000000", "OK: byte for byte");
	is_int(mysqlserver_eof(&b, &seq, MYSQL_IN_TRANSACTION), 0, "EOF: made");
	is_bytes(&b, "05000002fe00000100", "EOF: byte for byte");
	is_int(mysqlserver_more(&b, &seq, MYSQLSERVER_FULL), 0, "more: made");
	is_bytes(&b, "020000030104", "more: byte for byte");
	is_int(mysqlserver_switch(&b, &seq, "mysql_native_password", (const uint8_t *)SCRAMBLE), 0,
	    "switch: made");
	ok(mysql_switch(span_of(b.p + 4, b.n - 4), &plugin, scramble) == 0 &&
		span_is(plugin, "mysql_native_password") && memcmp(scramble, SCRAMBLE, 20) == 0,
	    "switch: a relay reads it");
	is_int(b.p[b.n - 1], 0, "switch: the scramble ends in NUL");
	is_int(seq, 5, "all are counted");
	b.max = b.n + 8;
	is_int(mysqlserver_ok(&b, &seq, 0), -1, "no room for one more");
	ok(b.n == b.max - 8 && seq == 5, "and nothing of it is left");
	buf_free(&b);
}

/* ---- rows ------------------------------------------------------------------------------------ */

static struct mysqlserver_set two_rows(void)
{
	struct mysqlserver_set set = mysqlserver_set(1000);

	is_int(mysqlserver_column(&set, MYSQLSERVER_BIGINT, text("n")), 0, "a column");
	is_int(mysqlserver_column(&set, MYSQLSERVER_VARCHAR, text("t")), 0, "another");
	(void)mysqlserver_value(&set, text("-2"));
	(void)mysqlserver_null(&set);
	(void)mysqlserver_null(&set);
	(void)mysqlserver_value(&set, text(""));
	return set;
}

static void rows(void)
{
	struct mysqlserver_set set = two_rows();
	struct buf b = buf_new(4096);
	uint8_t seq = 1;

	is_int(mysqlserver_rows(&b, &seq, &set, MYSQLSERVER_TEXT, 2), 0, "text rows: made");
	is_bytes(&b,
	    COLUMNS "04000005022d32fb"
		    "02000006fb00"
		    "05000007fe00000200",
	    "text rows: byte for byte");
	seq = 1;
	is_int(mysqlserver_rows(&b, &seq, &set, MYSQLSERVER_BINARY, 2), 0, "binary rows: made");
	is_bytes(&b,
	    COLUMNS "0a0000050008feffffffffffffff"
		    "03000006000400"
		    "05000007fe00000200",
	    "binary rows: byte for byte");
	seq = 1;
	b.max = 80;
	is_int(mysqlserver_rows(&b, &seq, &set, MYSQLSERVER_TEXT, 2), -1, "rows: no room");
	ok(b.n == 0 && seq == 1, "rows: nothing of them is left");
	b.max = 4096;
	(void)mysqlserver_value(&set, text("1"));
	is_int(mysqlserver_rows(&b, &seq, &set, MYSQLSERVER_TEXT, 2), -1, "half a row is none");
	mysqlserver_set_free(&set);
	is_int(mysqlserver_rows(&b, &seq, &set, MYSQLSERVER_TEXT, 2), -1, "no column: no rows");
	buf_free(&b);
}

static void long_values(void)
{
	struct mysqlserver_set set = mysqlserver_set(70000);
	struct buf b = buf_new(80000);
	static char many[66000];
	uint8_t seq = 0;
	int full = 0;

	memset(many, 'x', sizeof many);
	(void)mysqlserver_column(&set, MYSQLSERVER_VARCHAR, (struct span) { 0 });
	(void)mysqlserver_value(&set, span_of(many, 251));
	(void)mysqlserver_value(&set, span_of(many, sizeof many));
	is_int(mysqlserver_value(&set, span_of(many, 4000)), -1, "a set is bounded");
	is_int(mysqlserver_rows(&b, &seq, &set, MYSQLSERVER_TEXT, 2), 0, "long values: made");
	ok(memcmp(b.p + 5 + 26 + 9, "\xfe\x00\x00\x03\xfc\xfb\x00xx", 9) == 0,
	    "a length of three bytes");
	ok(memcmp(b.p + 5 + 26 + 9 + 4 + 254, "\xd4\x01\x01\x04\xfd\xd0\x01\x01x", 9) == 0,
	    "a length of four bytes");
	mysqlserver_set_free(&set);
	buf_free(&b);
	set = mysqlserver_set(1000);
	for (size_t i = 0; i <= MYSQLSERVER_COLUMNS; i++)
		full += mysqlserver_column(&set, MYSQLSERVER_BIGINT, text("c")) < 0;
	is_int(full, 1, "columns are bounded");
	for (size_t i = 0; i < MYSQLSERVER_COLUMNS; i++)
		(void)mysqlserver_null(&set);
	b = buf_new(80000);
	is_int(mysqlserver_rows(&b, &seq, &set, MYSQLSERVER_BINARY, 2), 0,
	    "as many NULLs as there can be");
	mysqlserver_set_free(&set);
	buf_free(&b);
}

static void prepared(void)
{
	struct mysqlserver_prepared p = { .id = 7, .params = 1, .status = 2 };
	struct mysqlserver_set set = mysqlserver_set(100), none = mysqlserver_set(100);
	struct buf b = buf_new(4096);
	uint8_t seq = 1;

	(void)mysqlserver_column(&set, MYSQLSERVER_VARCHAR, text("t"));
	is_int(mysqlserver_prepared(&b, &seq, &p, &set), 0, "prepared: made");
	is_bytes(&b,
	    "0c000001"
	    "0007000000010001000000"
	    "00"
	    "1700000203646566000000013f00" TEXT_COLUMN "05000003fe00000200"
	    "1700000403646566000000017400" TEXT_COLUMN "05000005fe00000200",
	    "prepared: byte for byte");
	p.params = 0;
	seq = 1;
	is_int(mysqlserver_prepared(&b, &seq, &p, &none), 0, "prepared: neither");
	is_bytes(&b,
	    "0c000001"
	    "0007000000000000000000"
	    "00",
	    "prepared: its first packet alone");
	mysqlserver_set_free(&set);
	mysqlserver_set_free(&none);
}

/* ---- commands -------------------------------------------------------------------------------- */

static void changes(void)
{
	/* user, 2 bytes of answer, database, charset, plugin */
	struct span s = hex("626f6200"
			    "02aabb"
			    "646200"
			    "2d00"
			    "706c7567696e00");
	struct mysql_login l;

	is_int(mysqlserver_change_user(s, MYSQL_PLUGIN_AUTH, &l), 0, "change user: read");
	ok(span_is(l.user, "bob") && span_is(l.database, "db") && span_is(l.plugin, "plugin"),
	    "change user: who, where, how");
	ok(l.answer.n == 2 && l.answer.p[0] == 0xaa, "change user: the answer");
	is_int(l.capabilities, MYSQL_PLUGIN_AUTH, "change user: the login's capabilities");
	is_int(mysqlserver_change_user(s, 0, &l), 0, "change user: without the capability");
	is_int(l.plugin.n, 0, "change user: there is no plugin");
	for (size_t n = 0; n < s.n; n++) {
		struct span cut = block(s.p, n);

		is_int(mysqlserver_change_user(cut, MYSQL_PLUGIN_AUTH, &l), n < 10 ? -1 : 0,
		    "change user: cut at %zu", n);
		drop(cut);
	}
	drop(s);
}

/* flags, iterations; NULL bits; types follow; … */
#define HEAD "0001000000"

static void params(void)
{
	static const struct {
		const char *name, *bytes, *want;
	} rows[] = {
		{ "TINY", HEAD "00010100ff", "-1" },
		{ "TINY UNSIGNED", HEAD "00010180ff", "255" },
		{ "SHORT", HEAD "000102000080", "-32768" },
		{ "LONG", HEAD "00010300ffffff7f", "2147483647" },
		{ "LONGLONG", HEAD "000108000000000000000080", "-9223372036854775808" },
		{ "LONGLONG UNSIGNED", HEAD "00010880ffffffffffffffff", "18446744073709551615" },
		{ "FLOAT", HEAD "000104000000c0bf", "-1.5" },
		{ "DOUBLE", HEAD "00010500000000000000f83f", "1.5" },
		{ "VAR_STRING", HEAD "0001fd0003616263", "abc" },
		{ "an empty one", HEAD "0001fe0000", "" },
		{ "DECIMAL", HEAD "0001f60003312e35", "1.5" },
		{ "NULL by its bit", HEAD "0101fd00", NULL },
		{ "NULL by its type", HEAD "00010600", NULL },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct span s = hex(rows[i].bytes);
		struct mysqlserver_param p = { 0 };

		is_int(mysqlserver_execute(s, &p, 1), 0, "parameter: %s: read", rows[i].name);
		is_int(p.null, !rows[i].want, "parameter: %s: NULL or not", rows[i].name);
		ok(p.null || span_is(p.text, rows[i].want), "parameter: %s", rows[i].name);
		for (size_t n = 0; n < s.n; n++) {
			struct span cut = block(s.p, n);

			if (mysqlserver_execute(cut, &p, 1) == 0)
				ok(0, "parameter: %s: cut at %zu", rows[i].name, n);
			drop(cut);
		}
		drop(s);
	}
}

static void many_params(void)
{
	struct mysqlserver_param p[10] = { 0 };
	/* Ten, the ninth NULL; then values alone; then a type that is none of ours, a DATETIME. */
	struct span first = hex(HEAD "000101"
				     "0100"
				     "0100"
				     "0100"
				     "0100"
				     "0100"
				     "0100"
				     "0100"
				     "0100"
				     "0100"
				     "fd00"
				     "0102030405060708"
				     "0178");
	struct span again = hex(HEAD "000100"
				     "0203040506070809"
				     "0279");
	struct span date = hex(HEAD "00010c0004ea070b16");

	is_int(mysqlserver_execute(first, p, 10), 0, "ten parameters: read");
	ok(span_is(p[0].text, "1") && span_is(p[7].text, "8") && p[8].null &&
		span_is(p[9].text, "x"),
	    "ten parameters: the first, the last, and NULL between them");
	is_int(mysqlserver_execute(again, p, 10), -1, "ten parameters: a text that is cut");
	drop(again);
	again = hex(HEAD "000000"
			 "09020304050607080a"
			 "0179");
	is_int(mysqlserver_execute(again, p, 10), 0, "ten parameters: the types are kept");
	ok(span_is(p[0].text, "9") && span_is(p[8].text, "10") && span_is(p[9].text, "y"),
	    "ten parameters: anew");
	is_int(mysqlserver_execute(date, p, 1), -1, "a date is not taken for a text");
	is_int(mysqlserver_execute(span_of(date.p, 5), NULL, 0), 0, "none at all");
	is_int(mysqlserver_execute(span_of(date.p, 4), NULL, 0), -1, "none at all, cut");
	drop(first);
	drop(again);
	drop(date);
}

int main(void)
{
	greetings();
	answers();
	rows();
	long_values();
	prepared();
	changes();
	params();
	many_params();
	return tap_done();
}
