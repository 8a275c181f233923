/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes that servers and clients sent, and what is wrong with them cut or bent. */
#include "block.h"
#include "tap.h"
#include "wire/mysql.h"

#include <stdlib.h>

/* mariadbd 10.11.19 without TLS, and the mariadb client of the same version. */
#define MARIADB                                                                                    \
	"0a352e352e352d31302e31312e31392d4d6172696144422d302b6465623132753100"                     \
	"03000000444a28262836756a00fef7080200ff81150000000000001d000000"                           \
	"37704e772d74255768262273006d7973716c5f6e61746976655f70617373776f726400"
#define FIXED      "0000100021000000000000000000000000000000000000001d000000"
#define NATIVE     "6d7973716c5f6e61746976655f70617373776f726400"
#define ATTRIBUTES "1a035f6f73054c696e75780c5f636c69656e745f6e616d65026162"
#define ROOT       "84a2bf00" FIXED "726f6f740000" NATIVE ATTRIBUTES
#define ANSWER     "14e26f7edc5ed8b43130710f37b219831c0a621526"
#define ALICE      "8ca2bf00" FIXED "616c69636500" ANSWER "6d7973716c00" NATIVE ATTRIBUTES
#define SSLREQUEST "2000000184aabf00" FIXED
#define DENIED                                                                                     \
	"ff15042332383030304163636573732064656e69656420666f7220757365722027616c696365274027"       \
	"6c6f63616c686f73742720287573696e672070617373776f72643a2059455329"

/* As MySQL 8.0 and TiDB 7.5 lay theirs out. */
#define MYSQL8                                                                                     \
	"0a382e302e333600080000003b7e1f0a5d6c2b4100ffffff0200ffdf1500000000000000000000"           \
	"5b3c1d7e2f405162738495a60063616368696e675f736861325f70617373776f726400"
#define TIDB                                                                                       \
	"0a382e302e31312d546944422d76372e352e3000090100000102030405060708008fa22e0200fa01150000"   \
	"0000000000000000090a0b0c0d0e0f101112131400" NATIVE

static int inside(struct span whole, struct span part)
{
	return part.n == 0 || (part.p >= whole.p && part.n <= whole.n &&
				  (size_t)(part.p - whole.p) <= whole.n - part.n);
}

static void headers(void)
{
	struct span s = hex("0300800701"), start = s;
	struct mysql_header h = { 0 };
	uint8_t out[MYSQL_HEADER];

	is_int(mysql_header(&s, &h), 0, "header: read");
	is_int(h.length, 0x800003, "header: the length has three bytes");
	is_int(h.seq, 7, "header: the sequence id");
	is_int(mysql_header(&s, &h), -1, "header: too short");
	is_int(s.n, 1, "header: what is too short is not consumed");
	mysql_header_put(out, 0x800003, 7);
	ok(memcmp(out, start.p, sizeof out) == 0, "header: written as read");
	drop(start);
}

/* ---- greetings --------------------------------------------------------------------------------
 */

static void greeting(const char *name, const char *bytes, const char *version, uint32_t id,
    uint32_t caps, const char *scramble, const char *plugin)
{
	struct span s = hex(bytes), salt = hex(scramble);
	struct mysql_greeting g;

	is_int(mysql_greeting(s, &g), 0, "%s: a greeting", name);
	ok(span_is(g.version, version), "%s: version %s", name, version);
	is_int(g.connection_id, id, "%s: connection id", name);
	is_int(g.capabilities, caps, "%s: capabilities", name);
	ok(memcmp(g.scramble, salt.p, 20) == 0, "%s: scramble", name);
	ok(span_is(g.plugin, plugin), "%s: plugin %s", name, plugin);
	is_int(s.p[g.caps_low_at] | s.p[g.caps_low_at + 1] << 8, caps & 0xffff,
	    "%s: where the low capabilities are", name);
	drop(s);
	drop(salt);
}

/* Every cut: refused, or all that is named lies inside. Only the plugin may be cut. */
static void greeting_cut(const char *name, const char *bytes, size_t needed)
{
	struct span s = hex(bytes);
	int sound = 1;

	for (size_t n = 0; n <= s.n; n++) {
		struct span cut = block(s.p, n);
		struct mysql_greeting g = { .connection_id = 77 };
		int rc = mysql_greeting(cut, &g);

		sound &= rc == (n < needed ? -1 : 0);
		sound &= rc == 0 ? inside(cut, g.version) && inside(cut, g.plugin)
				 : g.connection_id == 77;
		drop(cut);
	}
	ok(sound, "%s: cut at each of %zu bytes", name, s.n);
	drop(s);
}

static void greetings(void)
{
	struct mysql_greeting g;
	struct span s;

	greeting("MariaDB", MARIADB, "5.5.5-10.11.19-MariaDB-0+deb12u1", 3, 0x81fff7fe,
	    "444a28262836756a37704e772d74255768262273", "mysql_native_password");
	greeting("MySQL 8", MYSQL8, "8.0.36", 8, 0xdfffffff,
	    "3b7e1f0a5d6c2b415b3c1d7e2f405162738495a6", "caching_sha2_password");
	greeting("TiDB", TIDB, "8.0.11-TiDB-v7.5.0", 265, 0x01faa28f,
	    "0102030405060708090a0b0c0d0e0f1011121314", "mysql_native_password");
	greeting_cut("MariaDB", MARIADB, 34 + 31 + 13);
	greeting_cut("MySQL 8", MYSQL8, 8 + 31 + 13);
	greeting_cut("TiDB", TIDB, 20 + 31 + 13);

	s = hex("09352e3500" FIXED FIXED);
	is_int(mysql_greeting(s, &g), -1, "protocol 9 is no greeting of ours");
	drop(s);
	s = hex(DENIED);
	is_int(mysql_greeting(s, &g), -1, "an ERR is no greeting");
	drop(s);
	s = hex(MARIADB);
	((uint8_t *)(uintptr_t)s.p)[34 + 20] = 0xff; /* the scramble's length */
	is_int(mysql_greeting(s, &g), -1, "a scramble longer than the packet");
	drop(s);
	s = hex(MARIADB);
	((uint8_t *)(uintptr_t)s.p)[34 + 14] &= 0x7f; /* SECURE_CONNECTION */
	is_int(mysql_greeting(s, &g), -1, "a server of before 4.1 has no scramble of 20 bytes");
	drop(s);
}

/* ---- the first packet of a client -------------------------------------------------------------
 */

static void firsts(void)
{
	static const struct {
		const char *name, *bytes;
		enum mysql_first is;
		uint8_t seq;
	} rows[] = {
		{ "SSLRequest", SSLREQUEST, MYSQL_FIRST_SSLREQUEST, 1 },
		{ "SSLRequest, 4 bytes at hand", "2000000184aabf00", MYSQL_FIRST_SSLREQUEST, 1 },
		{ "login without TLS", "bc00000184a2bf00", MYSQL_FIRST_PLAINTEXT, 1 },
		{ "login with CLIENT_SSL and no TLS", "bc00000184aabf00", MYSQL_FIRST_PLAINTEXT,
		    1 },
		{ "login of 33 bytes", "2100000184aabf00", MYSQL_FIRST_PLAINTEXT, 1 },
		{ "32 bytes without CLIENT_SSL", "2000000184a2bf00", MYSQL_FIRST_NONSENSE, 1 },
		{ "31 bytes", "1f00000184aabf00", MYSQL_FIRST_NONSENSE, 1 },
		{ "SSLRequest with seq 0", "2000000084aabf00", MYSQL_FIRST_NONSENSE, 0 },
		{ "SSLRequest with seq 2", "2000000284aabf00", MYSQL_FIRST_NONSENSE, 2 },
		{ "login longer than any", "0100010184a2bf00", MYSQL_FIRST_NONSENSE, 1 },
		{ "old login", "1200000185240000000072", MYSQL_FIRST_OLD, 1 },
		{ "old SSLRequest of 5 bytes", "05000001852c000000", MYSQL_FIRST_OLD, 1 },
		{ "4 bytes of payload", "0400000185240000", MYSQL_FIRST_NONSENSE, 1 },
		{ "ClientHello (mariadb, OpenSSL 3)", "1603010200010001fc0303a9", MYSQL_FIRST_TLS,
		    2 },
		{ "ClientHello that reads as seq 1", "160301012c010001280303", MYSQL_FIRST_TLS, 1 },
		{ "ClientHello, SSL 3.0 record, as a login of 790", "160300012c0100012803",
		    MYSQL_FIRST_TLS, 1 },
		{ "login of 790 bytes", "1603000184a2bf00", MYSQL_FIRST_PLAINTEXT, 1 },
		{ "login of 0x16 bytes and more", "1600000184a2bf00", MYSQL_FIRST_NONSENSE, 1 },
		{ "TLS alert", "1503030002022800", MYSQL_FIRST_NONSENSE, 0 },
		{ "TLS record of no known version", "1603050200010001", MYSQL_FIRST_NONSENSE, 2 },
		{ "GET", "474554202f204854", MYSQL_FIRST_HTTP, 0x20 },
		{ "OPTIONS", "4f5054494f4e5320", MYSQL_FIRST_HTTP, 0x49 },
		{ "HTTP/2 with prior knowledge", "505249202a204854", MYSQL_FIRST_HTTP, 0x20 },
		{ "GETX", "474554582f204854", MYSQL_FIRST_NONSENSE, 0x58 },
		{ "SSH", "5353482d322e302d", MYSQL_FIRST_NONSENSE, 0x2d },
		{ "7 bytes", "2000000184aabf", MYSQL_FIRST_NONSENSE, 1 },
		{ "3 bytes", "200000", MYSQL_FIRST_NONSENSE, 0 },
		{ "nothing", "", MYSQL_FIRST_NONSENSE, 0 },
		{ "zeros", "0000000000000000", MYSQL_FIRST_NONSENSE, 0 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct span s = hex(rows[i].bytes);
		uint8_t seq = 99;

		is_int(mysql_first(s.p, s.n, &seq), rows[i].is, "first packet: %s", rows[i].name);
		is_int(seq, rows[i].seq, "its sequence id: %s", rows[i].name);
		drop(s);
	}
}

/* ---- logins -----------------------------------------------------------------------------------
 */

static void logins(void)
{
	static const struct {
		const char *name, *bytes, *user, *database, *plugin;
	} rows[] = {
		{ "mariadb as root", ROOT, "root", "", "mysql_native_password" },
		{ "mariadb as alice, database", ALICE, "alice", "mysql", "mysql_native_password" },
		{ "the answer's length in one byte", "8ca28f00" FIXED "6200" ANSWER "646200" NATIVE,
		    "b", "db", "mysql_native_password" },
		{ "no plugin", "8ca20700" FIXED "6200" ANSWER "646200", "b", "db", "" },
		{ "no database", "84a20700" FIXED "6200" ANSWER, "b", "", "" },
		{ "an answer that ends in NUL", "0c220000" FIXED "62006162630064617400", "b", "dat",
		    "" },
		{ "a length of three bytes", "8ca2bf00" FIXED "6200fc0300aabbcc646200" NATIVE, "b",
		    "db", "mysql_native_password" },
		{ "a length of four bytes", "84a22f00" FIXED "6200fd030000aabbcc6d00", "b", "",
		    "m" },
		{ "a length of nine bytes", "84a22f00" FIXED "6200fe0300000000000000aabbcc6d00",
		    "b", "", "m" },
		{ "nobody", "84a2bf00" FIXED "000000", "", "", "" },
		{ "a database without its NUL", "8ca20700" FIXED "6200006462", "b", "db", "" },
		{ "a plugin without its NUL", "84a20f00" FIXED "6200006d", "b", "", "m" },
		{ "a database that is left out", "8ca20f00" FIXED "620000", "b", "", "" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct span s = hex(rows[i].bytes);
		struct mysql_login l;

		is_int(mysql_login(s, &l), 0, "login: %s", rows[i].name);
		ok(span_is(l.user, rows[i].user), "login: %s: user", rows[i].name);
		ok(span_is(l.database, rows[i].database), "login: %s: database", rows[i].name);
		ok(span_is(l.plugin, rows[i].plugin), "login: %s: plugin", rows[i].name);
		drop(s);
	}
}

static void bad_logins(void)
{
	static const struct {
		const char *name, *bytes;
	} rows[] = {
		{ "no PROTOCOL_41", "84a0bf00" FIXED "6200006d00" },
		{ "an SSLRequest", "84aabf00" FIXED },
		{ "a user without its NUL", "84a2bf00" FIXED "726f6f74" },
		{ "no answer", "84a2bf00" FIXED "726f6f7400" },
		{ "an answer longer than the packet", "84a20f00" FIXED "620003aabb" },
		{ "a length as long as all memory", "84a22f00" FIXED "6200feffffffffffffffff00" },
		{ "a length cut in two", "84a22f00" FIXED "6200fc03" },
		{ "NULL as a length", "84a22f00" FIXED "6200fb0000" },
		{ "ff as a length", "84a22f00" FIXED "6200ff0000" },
		{ "an answer without its NUL", "04220000" FIXED "6200616263" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct span s = hex(rows[i].bytes);
		struct mysql_login l = { .capabilities = 77 };

		is_int(mysql_login(s, &l), -1, "no login: %s", rows[i].name);
		is_int(l.capabilities, 77, "nothing changed: %s", rows[i].name);
		drop(s);
	}
}

static void attributes(void)
{
	struct span s = hex(ROOT), name, value, left;
	struct mysql_login l = { 0 };

	is_int(mysql_login(s, &l), 0, "a login with attributes");
	left = l.attributes;
	ok(inside(s, left) && left.n == 0x1a, "all of them are there");
	ok(mysql_attribute(&left, &name, &value) == 0 && span_is(name, "_os") &&
		span_is(value, "Linux"),
	    "the first one");
	ok(mysql_attribute(&left, &name, &value) == 0 && span_is(name, "_client_name") &&
		span_is(value, "ab"),
	    "the second one");
	is_int(mysql_attribute(&left, &name, &value), -1, "there is no third");
	left = span_of(l.attributes.p, l.attributes.n - 1);
	(void)mysql_attribute(&left, &name, &value);
	is_int(mysql_attribute(&left, &name, &value), -1, "the second one, cut");
	is_int(left.n, 0x1a - 1 - 10, "… is left where it is");
	l.attributes = (struct span) { 0 };
	is_int(mysql_login(span_of(s.p, s.n - 1), &l), 0, "a login does not fail for them");
	is_int(l.attributes.n, 0, "… and has none then");
	drop(s);
}

static void login_cut(const char *name, const char *bytes, size_t needed)
{
	struct span s = hex(bytes);
	int sound = 1;

	for (size_t n = 0; n <= s.n; n++) {
		struct span cut = block(s.p, n);
		struct mysql_login l = { 0 };
		int rc = mysql_login(cut, &l);

		sound &= rc == (n < needed ? -1 : 0);
		sound &= inside(cut, l.user) && inside(cut, l.database) && inside(cut, l.plugin);
		drop(cut);
	}
	ok(sound, "login %s: cut at each of %zu bytes", name, s.n);
	drop(s);
}

/* ---- authentication, errors -------------------------------------------------------------------
 */

static void auths(void)
{
	static const struct {
		const char *name, *bytes;
		enum mysql_auth is;
	} rows[] = {
		{ "OK", "00000002000000", MYSQL_AUTH_OK },
		{ "ERR", DENIED, MYSQL_AUTH_ERR },
		{ "switch", "fe" NATIVE "616263", MYSQL_AUTH_SWITCH },
		{ "a lone fe", "fe", MYSQL_AUTH_OLD },
		{ "sha2: the fast way", "0103", MYSQL_AUTH_LAST },
		{ "sha2: the full way", "0104", MYSQL_AUTH_MORE },
		{ "01 03 and more is some plugin's", "010300", MYSQL_AUTH_MORE },
		{ "a lone 01", "01", MYSQL_AUTH_MORE },
		{ "the next factor", "0261", MYSQL_AUTH_MORE },
		{ "03", "0303", MYSQL_AUTH_NONSENSE },
		{ "an empty packet", "", MYSQL_AUTH_NONSENSE },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct span s = hex(rows[i].bytes);

		is_int(mysql_auth(s), rows[i].is, "auth: %s", rows[i].name);
		drop(s);
	}
}

static void errs(void)
{
	static const struct {
		const char *name, *bytes, *text;
		int rc;
		unsigned code;
	} rows[] = {
		{ "with a state", DENIED,
		    "Access denied for user 'alice'@'localhost' (using password: YES)", 0,
		    MYSQL_ER_ACCESS_DENIED },
		{ "without a state, before the greeting",
		    "ff1004546f6f206d616e7920636f6e6e656374696f6e73", "Too many connections", 0,
		    MYSQL_ER_CON_COUNT },
		{ "no text", "ff1004", "", 0, MYSQL_ER_CON_COUNT },
		{ "a state and no text", "ff1004233038303034", "", 0, MYSQL_ER_CON_COUNT },
		{ "a state that is cut", "ff10042330383030", "#0800", 0, MYSQL_ER_CON_COUNT },
		{ "progress is none", "ffffff01010000", "", -1, 7 },
		{ "cut in its code", "ff10", "", -1, 7 },
		{ "an OK", "00000002000000", "", -1, 7 },
		{ "nothing", "", "", -1, 7 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct span s = hex(rows[i].bytes), text = { 0 };
		unsigned code = 7;

		is_int(mysql_err(s, &code, &text), rows[i].rc, "ERR: %s", rows[i].name);
		is_int(code, rows[i].code, "ERR: code: %s", rows[i].name);
		ok(span_is(text, rows[i].text) && inside(s, text), "ERR: text: %s", rows[i].name);
		drop(s);
	}
}

static void errs_put(void)
{
	struct buf b = buf_new(128);
	struct span want = hex("0b000002ff570c234859303030683f");
	struct mysql_header h = { 0 };
	struct span s, text = { 0 };
	unsigned code = 0;
	size_t n;

	is_int(
	    mysql_err_put(&b, 2, MYSQL_ER_SECURE_TRANSPORT, "HY000", "h?"), 0, "put: with a state");
	ok(b.n == want.n && memcmp(b.p, want.p, b.n) == 0, "put: byte for byte");
	drop(want);
	n = b.n;
	is_int(mysql_err_put(&b, 0, MYSQL_ER_CON_COUNT, NULL, "full"), 0, "put: without a state");
	s = span_of(b.p + n, b.n - n);
	ok(mysql_header(&s, &h) == 0 && h.length == s.n && h.seq == 0, "put: appended, whole");
	ok(mysql_err(s, &code, &text) == 0 && code == 1040 && span_is(text, "full"),
	    "put: read back");
	n = b.n;
	is_int(mysql_err_put(&b, 0, 1, "1234", ""), -1, "put: a state has five characters");
	is_int(mysql_err_put(&b, 0, 65536, NULL, ""), -1, "put: a code has two bytes");
	b.max = b.n + 8;
	is_int(mysql_err_put(&b, 0, 1040, "08004", "too long for it"), -1, "put: no room");
	is_int(b.n, n, "put: nothing is left of what failed");
	buf_free(&b);
}

int main(void)
{
	headers();
	greetings();
	firsts();
	logins();
	bad_logins();
	attributes();
	/* What is needed ends with the answer to the scramble; the strings behind it may be cut. */
	login_cut("root", ROOT, 32 + 5 + 1);
	login_cut("alice", ALICE, 32 + 6 + 21);
	auths();
	errs();
	errs_put();
	return tap_done();
}
