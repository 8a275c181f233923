/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ClientHellos that clients sent (tests/data/hello), who is named for them, and what is wrong with
 * them cut or bent. Runs from the root of the repository.
 */
#include "front/library.h"
#include "block.h"
#include "tap.h"
#include "wire/hello.h"

#include <dirent.h>
#include <stdlib.h>

#define FOLDER "tests/data/hello"
#define NAME   "db1.example.test"
#define RECORD 5
#define HEADER 4 /* of a handshake message */

static int inside(struct span whole, struct span part)
{
	return part.n == 0 || (part.p >= whole.p && part.n <= whole.n &&
				  (size_t)(part.p - whole.p) <= whole.n - part.n);
}

static uint8_t room[HELLO_MAX];

/* ---- who it is ------------------------------------------------------------------------------- */

static const struct sent {
	const char *file;
	const char *name; /* NULL: not known */
	uint16_t highest;
	const char *sni; /* NULL: none */
	uint16_t suites, extensions;
} all[] = {
	{ "connectorj-26.10-jdk11", "Java (Connector/J…)", 0x304, NAME, 48, 12 },
	{ "connectorj-26.10-jdk17", "Java (Connector/J…)", 0x304, NAME, 36, 13 },
	{ "connectorj-26.10-jdk17-address", "Java (Connector/J…)", 0x304, NULL, 36, 12 },
	{ "connectorj-26.10-jdk17-no-ocsp", "Java (Connector/J…)", 0x304, NAME, 36, 11 },
	{ "connectorj-26.10-jdk17-own-suites", "Java (Connector/J…)", 0x304, NAME, 2, 13 },
	{ "connectorj-26.10-jdk17-tls1.2", "Java (Connector/J…)", 0x303, NAME, 33, 11 },
	{ "connectorj-26.10-jdk21", "Java (Connector/J…)", 0x304, NAME, 30, 13 },
	{ "connectorj-26.10-jdk25", "Java (Connector/J…)", 0x304, NAME, 30, 13 },
	{ "mariadb-java-client-3.5.2-jdk17", "Java (Connector/J…)", 0x303, NULL, 34, 9 },
	{ "go-sql-driver-1.7-go1.18", "Go (go-sql-driver…)", 0x304, NULL, 19, 8 },
	{ "go-sql-driver-1.7-go1.23", "Go (go-sql-driver…)", 0x304, NULL, 19, 9 },
	{ "go-sql-driver-1.9-go1.26", "Go (go-sql-driver…)", 0x304, NAME, 13, 11 },
	{ "go-sql-driver-1.9-go1.26-no-aes", "Go (go-sql-driver…)", 0x304, NAME, 13, 11 },
	{ "go-sql-driver-1.9-go1.26-resuming", "Go (go-sql-driver…)", 0x304, NAME, 13, 13 },
	{ "go-sql-driver-1.9-go1.26-tls1.2", "Go (go-sql-driver…)", 0x303, NAME, 10, 10 },
	{ "gnutls-cli-3.7.9", "GnuTLS", 0x304, NAME, 29, 13 },
	{ "gnutls-cli-3.7.9-secure256", "GnuTLS", 0x304, NAME, 12, 13 },
	{ "gnutls-cli-3.7.9-tls1.2", "GnuTLS", 0x303, NAME, 25, 10 },
	{ "gnutls-cli-3.8.13", "GnuTLS", 0x304, NAME, 29, 13 },
	{ "wget-1.21.3-gnutls-3.7.9", "GnuTLS", 0x304, NAME, 29, 13 },
	{ "rustls-0.23-aws-lc", "rustls (Rust, Deno…)", 0x304, NAME, 10, 10 },
	{ "rustls-0.23-ring", "rustls (Rust, Deno…)", 0x304, NAME, 10, 10 },
	{ "rustls-0.23-ring-tls1.2", "rustls (Rust, Deno…)", 0x303, NAME, 10, 8 },
	{ "mysql2-3.24-deno2.9", "rustls (Rust, Deno…)", 0x304, NAME, 10, 10 },
	{ "mysql2-3.24-bun1.4", "BoringSSL (Bun…)", 0x304, NAME, 17, 10 },
	{ "mariadb-3.5-bun1.4", "BoringSSL (Bun…)", 0x304, NULL, 18, 9 },
	{ "grpcio-1.85", "BoringSSL (Bun…)", 0x304, NAME, 7, 12 },
	{ "curl-cffi-0.16-as-chrome", "BoringSSL (Chromium…)", 0x304, NAME, 15, 16 },
	{ "wolfssl-5.5", "wolfSSL", 0x304, NULL, 60, 8 },
	{ "wolfssl-5.5-tls1.2", "wolfSSL", 0x303, NULL, 53, 5 },
	{ "tstclnt-3.87", "NSS (Firefox…)", 0x304, NAME, 35, 11 },
	{ "tstclnt-3.87-tls1.2", "NSS (Firefox…)", 0x303, NAME, 32, 7 },
	{ "openssl-1.0.2", "OpenSSL 1.0", 0x303, NULL, 86, 5 },
	{ "openssl-1.0.2-tls1.0", "OpenSSL 1.0", 0x301, NULL, 50, 4 },
	{ "mysql2-3.24-node14", "Node.js (mysql2…)", 0x304, NAME, 59, 10 },
	{ "mysql2-3.24-node20", "Node.js (mysql2…)", 0x304, NAME, 59, 10 },
	{ "mysql2-3.24-node20-tls1.2", "Node.js (mysql2…)", 0x303, NAME, 56, 7 },
	{ "mysql2-3.24-node24", "Node.js (mysql2…)", 0x304, NAME, 52, 11 },
	{ "mysql-2.18-node20", "Node.js (mysql2…)", 0x304, NULL, 59, 9 },
	{ "mariadb-3.5-node20", "Node.js (mysql2…)", 0x304, NULL, 59, 9 },
	{ "php-7.4-openssl1.1.1", "PHP (mysqlnd)", 0x304, NAME, 75, 11 },
	{ "php-8.2", "PHP (mysqlnd)", 0x304, NAME, 75, 11 },
	{ "php-8.2-address", "PHP (mysqlnd)", 0x304, "127.0.0.1", 75, 11 },
	{ "php-8.4-openssl3.6", "PHP (mysqlnd)", 0x304, NAME, 68, 11 },
	{ "mysql-connector-python-8.0.27-libmysqlclient", "libmysqlclient (mysql…)", 0x304, NULL,
	    36, 9 },
	{ "mysql-connector-python-8.4.0-libmysqlclient", "libmysqlclient (mysql…)", 0x304, NULL, 56,
	    9 },
	{ "mysql-9.7.4", "libmysqlclient (mysql…)", 0x304, NULL, 43, 11 },
	{ "mysql-9.7.4-tls1.2", "libmysqlclient (mysql…)", 0x303, NULL, 39, 7 },
	{ "pymysql-1.2-python3.11", "Python", 0x304, NAME, 18, 11 },
	{ "mysql-connector-python-26.10-python3.11", "Python", 0x304, NAME, 18, 11 },
	{ "pymysql-1.2-python3.9", "OpenSSL 3 (mariadb, Python, Ruby…)", 0x304, NAME, 31, 11 },
	{ "pymysql-0.9-debian11", "OpenSSL 1.1.1 (mariadb, Python, Ruby…)", 0x304, NAME, 31, 11 },
	{ "dotnet-by-its-source", ".NET on Linux", 0x304, NAME, 12, 11 },
	{ "mariadb-10.5.23-openssl1.1.1", "OpenSSL 1.1.1 (mariadb, Python, Ruby…)", 0x304, NULL, 31,
	    10 },
	{ "mariadb-10.11.19-openssl3.0", "OpenSSL 3 (mariadb, Python, Ruby…)", 0x304, NULL, 31,
	    10 },
	{ "mariadb-10.11.19-openssl3.0-tls1.1", "OpenSSL", 0x302, NULL, 9, 5 },
	{ "mariadb-10.11.19-openssl3.0-tls1.2", "OpenSSL (mariadb, Python, Ruby…)", 0x303, NULL, 28,
	    6 },
	{ "mariadb-11.8.9-openssl3.6", "OpenSSL 3.5+ (mariadb, Python, Ruby…)", 0x304, NAME, 30,
	    12 },
	{ "ruby-mysql2-0.5.3-openssl3.0", "OpenSSL 3 (mariadb, Python, Ruby…)", 0x304, NULL, 31,
	    10 },
	{ "curl-7.88", "OpenSSL 3 (mariadb, Python, Ruby…)", 0x304, NAME, 31, 12 },
	{ "openssl-3.0-own-suites", "OpenSSL", 0x304, NAME, 6, 10 },
};

#define ALL (sizeof all / sizeof *all)

static struct span load(const char *name)
{
	uint8_t bytes[4096];
	char path[256];
	size_t n;
	FILE *f;

	snprintf(path, sizeof path, FOLDER "/%s.bin", name);
	f = fopen(path, "re");
	n = f ? fread(bytes, 1, sizeof bytes, f) : 0;
	if (f)
		fclose(f);
	return block(bytes, n);
}

static void named(const struct sent *one)
{
	struct span records = load(one->file), body = { 0 };
	struct hello h = { 0 };
	const char *name;

	is_int(hello_from_records(records, room, &body), HELLO_WHOLE, "%s: found", one->file);
	is_int(hello_read(body, &h), 0, "%s: read", one->file);
	name = library_name(&h);
	is_str(name ? name : "", one->name ? one->name : "", "%s: named", one->file);
	is_int(hello_highest(&h), one->highest, "%s: the highest version", one->file);
	ok(span_is(h.sni, one->sni ? one->sni : ""), "%s: SNI", one->file);
	is_int(h.suites.n, one->suites, "%s: cipher suites", one->file);
	is_int(h.extensions.n, one->extensions, "%s: extensions", one->file);
	ok(inside(records, h.sni), "%s: nothing is copied", one->file);
	drop(records);
}

/* A hello that nobody looks at would prove nothing. */
static void each_has_a_row(void)
{
	DIR *d = opendir(FOLDER);
	size_t files = 0;

	for (struct dirent *e = d ? readdir(d) : NULL; e; e = readdir(d))
		files += strstr(e->d_name, ".bin") != NULL;
	is_int(files, ALL, "each file in " FOLDER " has a row");
	if (d)
		closedir(d);
}

/* ---- what is read ---------------------------------------------------------------------------- */

static struct hello of(const char *file)
{
	struct span records = load(file), body = { 0 };
	struct hello h = { 0 };

	if (hello_from_records(records, room, &body) != HELLO_WHOLE || hello_read(body, &h) < 0)
		abort();
	h.sni = (struct span) { 0 };
	memset(h.alpn, 0, sizeof h.alpn);
	drop(records);
	return h;
}

static void versions(void)
{
	is_int(of("mariadb-10.11.19-openssl3.0").versions,
	    HELLO_TLS1_0 | HELLO_TLS1_1 | HELLO_TLS1_2 | HELLO_TLS1_3,
	    "versions: all that are listed");
	is_int(of("mysql-9.7.4").versions, HELLO_TLS1_2 | HELLO_TLS1_3, "versions: only those");
	is_int(of("mariadb-10.11.19-openssl3.0-tls1.1").versions, HELLO_TLS1_1,
	    "versions: without a list, the one that is named");
	is_int(of("mariadb-java-client-3.5.2-jdk17").versions, HELLO_TLS1_2,
	    "versions: a list of one");
}

static void facts(void)
{
	struct hello chrome = of("curl-cffi-0.16-as-chrome"), java = of("connectorj-26.10-jdk17");

	is_int(chrome.grease,
	    HELLO_GREASE_SUITE | HELLO_GREASE_EXTENSION | HELLO_GREASE_GROUP | HELLO_GREASE_VERSION,
	    "GREASE is kept apart");
	is_int(chrome.suites.v[0], 0x1301, "GREASE is in no list");
	is_int(chrome.n_alpn, 2, "ALPN: two protocols");
	is_int(java.n_alpn, 0, "ALPN: none");
	is_int(java.session_id, 32, "the session id's length");
	is_int(java.groups.v[0], 0x001d, "the first group");
	is_int(java.groups.n, 10, "all groups");
	is_int(java.signs.v[0], 0x0403, "the first signature algorithm");
	is_int(java.signs.n, 21, "all signature algorithms");
	is_int(java.extensions.v[1], HELLO_EXT_STATUS, "extensions in their order");
	ok(!java.ticket && !java.psk, "asking for a ticket is not sending one");
	ok(of("openssl-1.0.2").compresses && !java.compresses, "compression");
	ok(of("php-8.2-address").sni_is_address && !of("php-8.2").sni_is_address,
	    "SNI: an address is told from a name");
}

/* ---- made by hand ---------------------------------------------------------------------------- */

static uint8_t made[65536];
static size_t made_n;

static void put(size_t bytes, size_t value)
{
	for (size_t i = bytes; i-- > 0;)
		made[made_n++] = (uint8_t)(value >> 8 * i);
}

static void put_bytes(const void *p, size_t n)
{
	memcpy(made + made_n, p, n);
	made_n += n;
}

/* version, random, session id, n suites of TLS 1.2, no compression: ready for extensions. */
static void start(uint16_t version, size_t id, size_t suites)
{
	made_n = 0;
	put(2, version);
	made_n += 32;
	put(1, id);
	made_n += id;
	put(2, 2 * suites);
	for (size_t i = 0; i < suites; i++)
		put(2, 0xc000 + i);
	put(2, 0x0100);
}

/* The same, with extensions. */
static void with(const void *extensions, size_t n)
{
	start(0x303, 0, 1);
	put(2, n);
	put_bytes(extensions, n);
}

#define WITH(text) with(text, sizeof text - 1)

static int reads(struct hello *h)
{
	struct span s = block(made, made_n);
	int rc = hello_read(s, h);

	drop(s);
	return rc;
}

static void old(void)
{
	static const struct {
		uint16_t version, highest;
	} named_by[] = { { 0x0300, 0x300 }, { 0x0301, 0x301 }, { 0x0302, 0x302 }, { 0x0303, 0x303 },
		{ 0x0304, 0x303 }, { 0x7fff, 0x303 }, { 0x0200, 0 } };
	struct hello h;

	for (size_t i = 0; i < sizeof named_by / sizeof *named_by; i++) {
		start(named_by[i].version, 0, 1);
		is_int(reads(&h), 0, "%04x without extensions: read", named_by[i].version);
		is_int(hello_highest(&h), named_by[i].highest, "%04x: the highest version",
		    named_by[i].version);
	}
	ok(library_name(&h) == NULL, "nobody that we know");
}

static void refused(void)
{
	static const struct {
		const char *bytes;
		size_t n;
		const char *why;
	} bad[] = {
#define BAD(bytes, why) { bytes, sizeof bytes - 1, why }
		BAD("\0\x0a\0\0", "groups: empty"),
		BAD("\0\x0a\0\x02\0\0", "groups: a list of none"),
		BAD("\0\x0a\0\x03\0\x01\0", "groups: half a group"),
		BAD("\0\x0a\0\x05\0\x02\0\x1d\0", "groups: bytes behind the list"),
		BAD("\0\x0a\0\x04\0\x04\0\x1d", "groups: a list that runs over"),
		BAD("\0\x0d\0\x02\0\0", "signatures: a list of none"),
		BAD("\0\x2b\0\x01\0", "versions: a list of none"),
		BAD("\0\x2b\0\x04\x03\x03\x04\x03", "versions: half a version"),
		BAD("\0\x10\0\x02\0\0", "ALPN: a list of none"),
		BAD("\0\x10\0\x03\0\x01\0", "ALPN: a name of nothing"),
		BAD("\0\x10\0\x04\0\x02\x02h", "ALPN: a name that runs over"),
		BAD("\0\0\0\0", "SNI: empty"),
		BAD("\0\0\0\x05\0\x03\0\0\0", "SNI: a name of nothing"),
		BAD("\0\0\0\x06\0\x04\x01\0\x01x", "SNI: an unknown type"),
		BAD("\0\0\0\x06\0\x04\0\0\x02x", "SNI: a name that runs over"),
		BAD("\0\0\0\x0a\0\x08\0\0\x01x\0\0\x01y", "SNI: two names"),
		BAD("\0\x17\0\0\0\x17\0\0", "the same extension twice"),
		BAD("\0\x17\0\x01", "an extension that runs over"),
		BAD("\0\x17\0", "half an extension"),
	};
	struct hello h = { .suites.n = 77 };

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		with(bad[i].bytes, bad[i].n);
		is_int(reads(&h), -1, "refused: %s", bad[i].why);
	}
	start(0x303, 33, 1);
	is_int(reads(&h), -1, "refused: a session id of 33");
	start(0x303, 32, 0);
	is_int(reads(&h), -1, "refused: no cipher suite");
	start(0x303, 0, 1);
	made[made_n - 2] = 0;
	made_n--;
	is_int(reads(&h), -1, "refused: no compression method");
	start(0x303, 0, 1);
	put(1, 0);
	is_int(reads(&h), -1, "refused: a byte behind");
	is_int(h.suites.n, 77, "what is refused changes nothing");
}

static void taken(void)
{
	struct hello h;

	WITH("");
	is_int(reads(&h), 0, "no extension in the list: read");
	WITH("\xab\xcd\0\x03xyz\x0a\x0a\0\0\xfa\xfa\0\x01\0");
	is_int(reads(&h), 0, "unknown and GREASE: read");
	is_int(h.extensions.n, 1, "unknown and GREASE: the unknown one is kept");
	is_int(h.grease, HELLO_GREASE_EXTENSION, "unknown and GREASE: noticed");
	WITH("\0\x10\0\x08\0\x06\x02\x1a\x1a\x02h2");
	is_int(reads(&h), 0, "GREASE in ALPN: read");
	is_int(h.n_alpn, 1, "GREASE in ALPN: kept apart");
	is_int(h.grease, HELLO_GREASE_ALPN, "GREASE in ALPN: noticed");
	WITH("\0\x10\0\x16\0\x14\x01"
	     "a\x01"
	     "b\x01"
	     "c\x01"
	     "d\x01"
	     "e\x01"
	     "f\x01"
	     "g\x01"
	     "h\x01"
	     "i\x01"
	     "j");
	is_int(reads(&h), 0, "many protocols: read");
	is_int(h.n_alpn, HELLO_ALPN, "many protocols: kept as far as there is room");
	WITH("\0\x23\0\x01t\0\x29\0\x01p");
	is_int(reads(&h), 0, "ticket and PSK: read");
	ok(h.ticket && h.psk, "ticket and PSK: there");
	WITH("\0\0\0\x08\0\x06\0\0\x03::1");
	is_int(reads(&h), 0, "SNI of IPv6: read");
	is_int(h.sni_is_address, 1, "SNI of IPv6: an address");
	WITH("\0\0\0\x0c\0\x0a\0\0\x07"
	     "1.2.3.\0");
	is_int(reads(&h), 0, "SNI with a NUL: read");
	is_int(h.sni_is_address, 0, "SNI with a NUL: no address");
	start(0x303, 0, 300);
	is_int(reads(&h), 0, "300 cipher suites: read");
	is_int(h.suites.n, HELLO_LIST, "300 cipher suites: kept as far as there is room");
	is_int(h.suites.more, 300 - HELLO_LIST, "300 cipher suites: and the rest is counted");
	ok(hello_is_grease(0x0a0a) && hello_is_grease(0xfafa) && !hello_is_grease(0x0a1a) &&
		!hello_is_grease(0x0b0b),
	    "what GREASE is");
}

static void too_long(void)
{
	struct hello h;

	start(0x303, 0, 1);
	put(2, 0);
	put(2, 0xabcd);
	put(2, 0);
	/* One unknown extension fills it up. */
	made[made_n - 6] = (uint8_t)((HELLO_MAX - 43) >> 8);
	made[made_n - 5] = (uint8_t)(HELLO_MAX - 43);
	made[made_n - 2] = (uint8_t)((HELLO_MAX - 47) >> 8);
	made[made_n - 1] = (uint8_t)(HELLO_MAX - 47);
	memset(made + made_n, 'x', HELLO_MAX + 1 - made_n);
	made_n = HELLO_MAX;
	is_int(reads(&h), 0, "HELLO_MAX bytes: read");
	made_n++;
	is_int(reads(&h), -1, "one more: refused");
}

/* ---- cut up ---------------------------------------------------------------------------------- */

/* Every length but the whole one: no record, no hello, and no byte read behind the end. */
static void truncated(const char *file)
{
	struct span records = load(file), body = { 0 }, whole = { 0 };
	size_t more = 0, refusals = 0;
	struct hello h;

	(void)hello_from_records(records, room, &whole);
	for (size_t n = 0; n < records.n; n++) {
		struct span cut = block(records.p, n);

		more += hello_from_records(cut, room, &body) == HELLO_MORE;
		drop(cut);
	}
	is_int(more, records.n, "%s: cut short anywhere, more must come", file);
	for (size_t n = 0; n < whole.n; n++) {
		struct span cut = block(whole.p, n);

		refusals += hello_read(cut, &h) < 0;
		drop(cut);
	}
	/* Up to the compression methods it is a hello of before extensions. */
	is_int(refusals, whole.n - 1, "%s: a body cut short is refused", file);
	drop(records);
}

/* The message again, in records of so many bytes each. */
static struct span in_pieces(struct span records, size_t each)
{
	struct span message = span_of(records.p + RECORD, records.n - RECORD), part;

	made_n = 0;
	while (message.n) {
		(void)span_take(&message, message.n < each ? message.n : each, &part);
		put(3, 0x160301);
		put(2, part.n);
		put_bytes(part.p, part.n);
	}
	return block(made, made_n);
}

static void fragmented(const char *file)
{
	static const size_t sizes[] = { 1, 2, 3, 4, 5, 7, 64, 255 };
	struct span records = load(file), body = { 0 };
	struct span want = span_of(records.p + RECORD + HEADER, records.n - RECORD - HEADER);

	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct span s = in_pieces(records, sizes[i]);
		size_t more = 0;

		is_int(hello_from_records(s, room, &body), HELLO_WHOLE, "%s in pieces of %zu", file,
		    sizes[i]);
		ok(body.n == want.n && memcmp(body.p, want.p, want.n) == 0,
		    "%s in pieces of %zu: the same bytes", file, sizes[i]);
		for (size_t n = 0; n < s.n; n++) {
			struct span cut = block(s.p, n);

			more += hello_from_records(cut, room, &body) == HELLO_MORE;
			drop(cut);
		}
		is_int(more, s.n, "%s in pieces of %zu, cut short: more must come", file, sizes[i]);
		drop(s);
	}
	drop(records);
}

static void found(void)
{
	static const struct {
		const char *bytes;
		size_t n;
		enum hello_found want;
		const char *what;
	} first[] = {
#define FOUND(bytes, want, what) { bytes, sizeof bytes - 1, want, what }
		FOUND("", HELLO_MORE, "nothing yet"),
		FOUND("\x16", HELLO_MORE, "a first byte"),
		FOUND("\x16\x03\x01\x02", HELLO_MORE, "half a header"),
		FOUND("\x16\x03\x01\x02\0\x01\0", HELLO_MORE, "half a message header"),
		FOUND("\x16\x02", HELLO_NOT_ONE, "no version of TLS"),
		FOUND("\x15\x03\x01\0\x02\x02\x28", HELLO_NOT_ONE, "an alert"),
		FOUND("\x16\x03\x01\0\x05\x02", HELLO_NOT_ONE, "a ServerHello"),
		FOUND("\x16\x03\x01\0\0", HELLO_NOT_ONE, "an empty record"),
		FOUND("\x16\x03\x01\x40\x01", HELLO_NOT_ONE, "a record that is too long"),
		FOUND("\x16\x03\x01\x40\0\x01\0\x40\x01", HELLO_NOT_ONE, "a message too long"),
		FOUND("\x16\x03\x01\x40\0\x01\0\x40\0", HELLO_MORE, "one as long as may be"),
		FOUND("\x16\x03\x01\0\x05\x01\0\0\x02\xab\x17\x03\x03\0\x01x", HELLO_NOT_ONE,
		    "other data between its records"),
		FOUND("\x16\x03\x01\0\x04\x01\0\0\0", HELLO_WHOLE, "an empty message"),
		FOUND("\x16\x03\x01\0\x03\x01\0\0\x16\x03\x01\0\x01\0", HELLO_WHOLE,
		    "an empty message in two records"),
		FOUND("\x80", HELLO_MORE, "the start of an old hello"),
		FOUND("\x80\x2e\x01\0\x02\0\x15", HELLO_SSL2, "SSL 2.0"),
		FOUND("\x80\x4c\x01\x03\x01\0\x33", HELLO_SSL2, "TLS 1.0 in SSL 2.0's clothes"),
		FOUND("\x80\x2e\x02", HELLO_NOT_ONE, "another message of SSL 2.0"),
		FOUND("\x80\x2e\x01\x07", HELLO_NOT_ONE, "a version that never was"),
		FOUND("GET / HTTP/1.1\r\n", HELLO_NOT_ONE, "HTTP"),
		FOUND("\x20\0\0\x01\x85\xae\xff\x19", HELLO_NOT_ONE, "MySQL"),
	};

	for (size_t i = 0; i < sizeof first / sizeof *first; i++) {
		struct span s = block(first[i].bytes, first[i].n), body = { 0 };

		is_int(hello_from_records(s, room, &body), first[i].want, "first bytes: %s",
		    first[i].what);
		drop(s);
	}
}

static void messages(void)
{
	struct span records = load("mysql-9.7.4"), body = { 0 };
	struct span message = span_of(records.p + RECORD, records.n - RECORD);
	struct hello h;

	is_int(hello_body(message, &body), 0, "a message as OpenSSL gives it");
	is_int(hello_read(body, &h), 0, "a message as OpenSSL gives it: read");
	message.n--;
	is_int(hello_body(message, &body), -1, "a message cut short");
	message.n = 3;
	is_int(hello_body(message, &body), -1, "a message without a length");
	is_int(hello_body(span_of("\x02\0\0\0", 4), &body), -1, "another message");
	drop(records);
}

/* Any byte may be any: nothing but an answer may come of it. */
static void bent(const char *file)
{
	struct span records = load(file), whole = { 0 };
	size_t outside = 0;
	struct hello h;

	(void)hello_from_records(records, room, &whole);
	for (size_t i = 0; i < whole.n; i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			struct span s = block(whole.p, whole.n);

			((uint8_t *)(uintptr_t)s.p)[i] ^= (uint8_t)(1u << bit);
			if (hello_read(s, &h) == 0) {
				outside += !inside(s, h.sni);
				(void)library_name(&h);
			}
			drop(s);
		}
	is_int(outside, 0, "%s: any bit may be wrong", file);
	drop(records);
}

int main(void)
{
	for (size_t i = 0; i < ALL; i++)
		named(&all[i]);
	each_has_a_row();
	versions();
	facts();
	old();
	refused();
	taken();
	too_long();
	for (size_t i = 0; i < ALL; i++)
		truncated(all[i].file);
	fragmented("connectorj-26.10-jdk17");
	fragmented("mysql-9.7.4");
	bent("php-8.2-address");
	bent("curl-cffi-0.16-as-chrome");
	found();
	messages();
	return tap_done();
}
