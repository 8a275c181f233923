/* SPDX-License-Identifier: Apache-2.0 */
/* PROXY headers: whole, cut at every byte, bent; and written and read back. */
#include "block.h"
#include "tap.h"
#include "wire/proxy.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/socket.h>

#define SIGNATURE "0d0a0d0a000d0a515549540a"
#define NETS4     "c0000201c6336402" /* 192.0.2.1, 198.51.100.2 */
#define PORTS     "dc040fa0"         /* 56324, 4000 */
#define BLOCK4    NETS4 PORTS
#define CLIENT6   "20010db8000000000000000000000001"
#define DOOR6     "20010db8000000000000000000000002"
#define MAPPED1   "00000000000000000000ffffc0000201"
#define MAPPED2   "00000000000000000000ffffc6336402"
#define ZEROS18   "000000000000000000000000000000000000"
#define ZEROS108  ZEROS18 ZEROS18 ZEROS18 ZEROS18 ZEROS18 ZEROS18
#define F39       "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"

/* "0d0a…" in hex, or a line as it is: none here begins with a digit. */
static struct span bytes_of(const char *text)
{
	uint8_t bytes[8192];
	size_t n = strlen(text) / 2;

	if (text[0] < '0' || text[0] > '9')
		return block(text, strlen(text));
	for (size_t i = 0; i < n; i++) {
		char two[3] = { text[2 * i], text[2 * i + 1], '\0' };

		bytes[i] = (uint8_t)strtoul(two, NULL, 16);
	}
	return block(bytes, n);
}

/* What is said of the first n bytes, read from a block of their own. */
static enum proxy_read ask(struct span s, size_t n, struct proxy_header *h, size_t *length)
{
	struct span cut = block(s.p, n);
	enum proxy_read is = proxy_read(cut, h, length);

	drop(cut);
	return is;
}

static int is_addr(const struct proxy_addr *a, const char *text, uint16_t port)
{
	struct proxy_addr want = { .port = port };

	if (*text) {
		want.family = strchr(text, ':') ? AF_INET6 : AF_INET;
		if (inet_pton(want.family, text, want.ip) != 1)
			abort();
	}
	return a->family == want.family && a->port == want.port &&
	       memcmp(a->ip, want.ip, sizeof a->ip) == 0;
}

struct whole {
	const char *name, *bytes;
	int local;
	const char *from, *to; /* "": unknown, and without a port */
	uint16_t from_port, to_port;
};

static const struct whole wholes[] = {
	{ "v1 TCP4", "PROXY TCP4 192.0.2.1 198.51.100.2 56324 4000\r\n", 0, "192.0.2.1",
	    "198.51.100.2", 56324, 4000 },
	{ "v1 TCP4, the longest", "PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", 0,
	    "255.255.255.255", "255.255.255.255", 65535, 65535 },
	{ "v1 TCP4, the shortest", "PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n", 0, "0.0.0.0", "0.0.0.0", 0,
	    0 },
	{ "v1 TCP6", "PROXY TCP6 2001:db8::1 2001:DB8::2 56324 4000\r\n", 0, "2001:db8::1",
	    "2001:db8::2", 56324, 4000 },
	{ "v1 TCP6, the longest", "PROXY TCP6 " F39 " " F39 " 65535 65535\r\n", 0, F39, F39, 65535,
	    65535 },
	{ "v1 TCP6, mapped and not", "PROXY TCP6 ::ffff:192.0.2.1 2001:db8::2 1 2\r\n", 0,
	    "192.0.2.1", "2001:db8::2", 1, 2 },
	{ "v1 TCP6, mapped in hex", "PROXY TCP6 ::ffff:c000:201 ::ffff:c633:6402 1 2\r\n", 0,
	    "192.0.2.1", "198.51.100.2", 1, 2 },
	{ "v1 UNKNOWN", "PROXY UNKNOWN\r\n", 0, "", "", 0, 0 },
	{ "v1 UNKNOWN and a space", "PROXY UNKNOWN \r\n", 0, "", "", 0, 0 },
	{ "v1 UNKNOWN, the longest", "PROXY UNKNOWN " F39 " " F39 " 65535 65535\r\n", 0, "", "", 0,
	    0 },
	{ "v1 UNKNOWN and nonsense", "PROXY UNKNOWN 1.2.3.4 \x01\xff  99999\r\n", 0, "", "", 0, 0 },

	{ "v2 TCP4", SIGNATURE "2111000c" BLOCK4, 0, "192.0.2.1", "198.51.100.2", 56324, 4000 },
	{ "v2 TCP6", SIGNATURE "21210024" CLIENT6 DOOR6 PORTS, 0, "2001:db8::1", "2001:db8::2",
	    56324, 4000 },
	{ "v2 TCP6, both mapped", SIGNATURE "21210024" MAPPED1 MAPPED2 PORTS, 0, "192.0.2.1",
	    "198.51.100.2", 56324, 4000 },
	{ "v2 TCP6, one mapped", SIGNATURE "21210024" MAPPED1 DOOR6 PORTS, 0, "192.0.2.1",
	    "2001:db8::2", 56324, 4000 },
	{ "v2 TCP4, an empty TLV", SIGNATURE "2111000f" BLOCK4 "040000", 0, "192.0.2.1",
	    "198.51.100.2", 56324, 4000 },
	{ "v2 TCP4, TLVs that nobody knows",
	    SIGNATURE "21110019" BLOCK4 "ea000401aabbccff0003000000", 0, "192.0.2.1",
	    "198.51.100.2", 56324, 4000 },
	{ "v2 TCP4, a TLS TLV whose inside is nonsense",
	    SIGNATURE "21110014" BLOCK4 "2000050100ffffff", 0, "192.0.2.1", "198.51.100.2", 56324,
	    4000 },
	{ "v2 TCP4, CRC32C", SIGNATURE "21110013" BLOCK4 "030004b6c8f58b", 0, "192.0.2.1",
	    "198.51.100.2", 56324, 4000 },
	{ "v2 TCP6, CRC32C between others",
	    SIGNATURE "21210037" CLIENT6 DOOR6 PORTS "010002683203000457a93b5e05000161040000", 0,
	    "2001:db8::1", "2001:db8::2", 56324, 4000 },
	{ "v2 UNIX", SIGNATURE "213100d8" ZEROS108 ZEROS108, 0, "", "", 0, 0 },
	{ "v2 UNIX, a TLV", SIGNATURE "213100db" ZEROS108 ZEROS108 "040000", 0, "", "", 0, 0 },
	{ "v2 UNSPEC", SIGNATURE "21000000", 0, "", "", 0, 0 },
	{ "v2 UNSPEC, something", SIGNATURE "21000003ffffff", 0, "", "", 0, 0 },
	{ "v2 IPv4 over UNSPEC", SIGNATURE "2110000c" BLOCK4, 0, "", "", 0, 0 },
	{ "v2 IPv6 over UNSPEC", SIGNATURE "21200000", 0, "", "", 0, 0 },
	{ "v2 UNSPEC over a stream", SIGNATURE "21010000", 0, "", "", 0, 0 },
	{ "v2 LOCAL", SIGNATURE "20000000", 1, "", "", 0, 0 },
	{ "v2 LOCAL, with addresses", SIGNATURE "2011000c" BLOCK4, 1, "", "", 0, 0 },
	{ "v2 LOCAL, too short for its family", SIGNATURE "20210001aa", 1, "", "", 0, 0 },
	{ "v2 LOCAL, datagrams", SIGNATURE "20120000", 1, "", "", 0, 0 },
	{ "v2 LOCAL, a family that isn't", SIGNATURE "20ff0003ffffff", 1, "", "", 0, 0 },
};

/* All shorter beginnings may become it, and say nothing yet. */
static int beginnings_say_more(struct span s)
{
	struct proxy_header h = { .local = 77 };
	size_t length = 77;

	for (size_t n = 0; n < s.n; n++)
		if (ask(s, n, &h, &length) != PROXY_MORE || h.local != 77 || length != 77) {
			printf("# %zu of %zu bytes\n", n, s.n);
			return 0;
		}
	return 1;
}

static int is_the_same_before(struct span s, const char *behind)
{
	size_t n = s.n + strlen(behind), length = 0;
	uint8_t *both = malloc(n);
	struct proxy_header h;
	int same;

	if (!both)
		abort();
	memcpy(both, s.p, s.n);
	memcpy(both + s.n, behind, strlen(behind));
	same = proxy_read(span_of(both, n), &h, &length) == PROXY_WHOLE && length == s.n;
	free(both);
	return same;
}

static void whole(const struct whole *w)
{
	struct proxy_header h = { .wrong = "left" };
	struct span s = bytes_of(w->bytes);
	size_t length = 0;

	is_int(ask(s, s.n, &h, &length), PROXY_WHOLE, "%s: whole", w->name);
	is_int(length, s.n, "%s: all its bytes", w->name);
	is_int(h.local, w->local, "%s: local or not", w->name);
	ok(is_addr(&h.from, w->from, w->from_port), "%s: from", w->name);
	ok(is_addr(&h.to, w->to, w->to_port), "%s: to", w->name);
	ok(!h.wrong, "%s: nothing is wrong", w->name);
	ok(beginnings_say_more(s), "%s: cut anywhere, there is more to come", w->name);
	ok(is_the_same_before(s, "\r\nPROXY \x0d"), "%s: what follows is the client's", w->name);
	drop(s);
}

static const char *const bads[] = {
	/* the protocol */
	"PROXY  TCP4 192.0.2.1 198.51.100.2 1 2\r\n",
	"PROXY TCP5 192.0.2.1 198.51.100.2 1 2\r\n",
	"PROXY tcp4 192.0.2.1 198.51.100.2 1 2\r\n",
	"PROXY UDP4 192.0.2.1 198.51.100.2 1 2\r\n",
	"PROXY TCP4\r\n",
	"PROXY \r\n",
	"PROXY UNKNOWNS\r\n",
	"PROXY unknown\r\n",
	/* the end of the line */
	"PROXY TCP4 192.0.2.1 198.51.100.2 1 2\n",
	"PROXY TCP4 192.0.2.1 198.51.100.2 1 2\r\r\n",
	"PROXY TCP4 192.0.2.1 198.51.100.2 1 2\r ",
	"PROXY UNKNOWN\n",
	"PROXY UNKNOWN a\nb\r\n",
	"PROXY UNKNOWN a\rb\r\n",
	"PROXY UNKNOWN " F39 " " F39 " 65535 65535 \r\n",
	"PROXY UNKNOWN " F39 " " F39 " 65535 65535  \r\n",
	"PROXY TCP6 " F39 " " F39 " 65535 65535    \r\n",
	/* the words */
	"PROXY TCP4 \r\n",
	"PROXY TCP4 192.0.2.1 198.51.100.2 1\r\n",
	"PROXY TCP4 192.0.2.1 198.51.100.2 1 2 3\r\n",
	"PROXY TCP4 192.0.2.1 198.51.100.2 1 2 \r\n",
	"PROXY TCP4 192.0.2.1 198.51.100.2 1  2\r\n",
	"PROXY TCP4  192.0.2.1 198.51.100.2 1 2\r\n",
	"PROXY TCP4 192.0.2.1\t198.51.100.2 1 2\r\n",
	/* ports */
	"PROXY TCP4 192.0.2.1 198.51.100.2 65536 2\r\n",
	"PROXY TCP4 192.0.2.1 198.51.100.2 1 65536\r\n",
	"PROXY TCP4 192.0.2.1 198.51.100.2 01 2\r\n",
	"PROXY TCP4 192.0.2.1 198.51.100.2 00 2\r\n",
	"PROXY TCP4 192.0.2.1 198.51.100.2 1 002\r\n",
	"PROXY TCP4 192.0.2.1 198.51.100.2 +1 2\r\n",
	"PROXY TCP4 192.0.2.1 198.51.100.2 -1 2\r\n",
	"PROXY TCP4 192.0.2.1 198.51.100.2 1 0x2\r\n",
	"PROXY TCP4 192.0.2.1 198.51.100.2 100000 2\r\n",
	"PROXY TCP4 192.0.2.1 198.51.100.2 1 4294967297\r\n",
	/* addresses */
	"PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n",
	"PROXY TCP6 192.0.2.1 198.51.100.2 1 2\r\n",
	"PROXY TCP4 192.0.2.1 2001:db8::2 1 2\r\n",
	"PROXY TCP4 192.0.2.01 198.51.100.2 1 2\r\n",
	"PROXY TCP4 192.0.2.256 198.51.100.2 1 2\r\n",
	"PROXY TCP4 192.0.2 198.51.100.2 1 2\r\n",
	"PROXY TCP4 192.0.2.1.1 198.51.100.2 1 2\r\n",
	"PROXY TCP4 0xc0.0.2.1 198.51.100.2 1 2\r\n",
	"PROXY TCP4 192.0.2.1 198.51.100.2. 1 2\r\n",
	"PROXY TCP4 localhost 198.51.100.2 1 2\r\n",
	"PROXY TCP6 2001:db8:::1 2001:db8::2 1 2\r\n",
	"PROXY TCP6 2001::db8::1 2001:db8::2 1 2\r\n",
	"PROXY TCP6 2001:0db80::1 2001:db8::2 1 2\r\n",
	"PROXY TCP6 1:2:3:4:5:6:7 2001:db8::2 1 2\r\n",
	"PROXY TCP6 1:2:3:4:5:6:7:8:9 2001:db8::2 1 2\r\n",
	"PROXY TCP6 fe80::1%eth0 2001:db8::2 1 2\r\n",
	"PROXY TCP6 [2001:db8::1] 2001:db8::2 1 2\r\n",
	"PROXY TCP6 0000000000000000000000000000000000000000000001 ::1 1 2\r\n",

	/* version, command, protocol: as soon as the byte is there */
	SIGNATURE "11",
	SIGNATURE "31",
	SIGNATURE "01",
	SIGNATURE "22",
	SIGNATURE "2f",
	SIGNATURE "2112",
	SIGNATURE "2122",
	SIGNATURE "2132",
	SIGNATURE "2102",
	SIGNATURE "2113",
	SIGNATURE "211f",
	SIGNATURE "2141",
	SIGNATURE "21f1",
	/* lengths, before what they count */
	SIGNATURE "2111000b",
	SIGNATURE "21110000",
	SIGNATURE "21210023",
	SIGNATURE "2121000c",
	SIGNATURE "213100d7",
	SIGNATURE "21110ff1",
	SIGNATURE "2111ffff",
	SIGNATURE "20000ff1",
	SIGNATURE "2000ffff",
	SIGNATURE "2100ffff",
	/* TLVs */
	SIGNATURE "2111000d" BLOCK4 "04",
	SIGNATURE "2111000e" BLOCK4 "0400",
	SIGNATURE "2111000f" BLOCK4 "040001",
	SIGNATURE "2111000f" BLOCK4 "04ffff",
	SIGNATURE "21110010" BLOCK4 "04000000",
	SIGNATURE "21210028" CLIENT6 DOOR6 PORTS "04000200",
	SIGNATURE "213100d9" ZEROS108 ZEROS108 "04",
	/* CRC32C: wrong, missing, too short, too long, twice */
	SIGNATURE "21110013" BLOCK4 "0300048bf5c8b6",
	SIGNATURE "21110013" BLOCK4 "03000400000000",
	SIGNATURE "2111000f" BLOCK4 "030000",
	SIGNATURE "21110012" BLOCK4 "030003aabbcc",
	SIGNATURE "21110014" BLOCK4 "030005aabbccddee",
	SIGNATURE "2111001a" BLOCK4 "030004aabbccdd030004c7fcc4d6",
	SIGNATURE "213100df" ZEROS108 ZEROS108 "03000400000000",
};

static void bad(const char *bytes)
{
	struct span s = bytes_of(bytes);
	struct proxy_header h = { .local = 77 };
	size_t n = 0, length = 77;
	enum proxy_read is = PROXY_MORE;

	is_int(
	    ask(s, s.n, &h, &length), PROXY_BAD, "bad: %.*s", (int)strcspn(bytes, "\r\n"), bytes);
	ok(h.wrong && *h.wrong && !h.local && !h.from.family && !h.to.family,
	    "bad: and it is said what (%s)", h.wrong ? h.wrong : "-");
	is_int(length, 77, "bad: no length");
	while (n < s.n && is == PROXY_MORE)
		is = ask(s, n++, &h, &length);
	while (n < s.n && is == PROXY_BAD)
		is = ask(s, n++, &h, &length);
	ok(is == PROXY_MORE || is == PROXY_BAD, "bad: no beginning says else, nor takes it back");
	drop(s);
}

/* A wrong byte anywhere in a header that has a checksum is seen. */
static void every_byte_is_summed(const char *bytes)
{
	struct span s = bytes_of(bytes);
	uint8_t *p = malloc(s.n);
	struct proxy_header h;
	size_t length, unseen = 0;

	if (!p)
		abort();
	for (size_t i = 16; i < s.n; i++) {
		memcpy(p, s.p, s.n);
		p[i] ^= 0x10;
		/* As another type the checksum isn't one. */
		if (p[i] != 0x13)
			unseen += proxy_read(span_of(p, s.n), &h, &length) != PROXY_BAD;
	}
	is_int(unseen, 0, "CRC32C: no bent byte goes unseen");
	free(p);
	drop(s);
}

static const struct {
	const char *bytes;
	enum proxy_read is;
} beginnings[] = {
	{ "", PROXY_MORE },
	{ "P", PROXY_MORE },
	{ "PROXY", PROXY_MORE },
	{ "PROXY ", PROXY_MORE },
	{ "PROXY T", PROXY_MORE },
	{ "PROXY UNKNOWN", PROXY_MORE },
	{ "PROXY UNKNOWN\r", PROXY_MORE },
	{ "PROXX", PROXY_NONE },
	{ "PROXYTCP4", PROXY_NONE },
	{ "PROXY\r\n", PROXY_NONE },
	{ "proxy ", PROXY_NONE },
	{ "GET / HTTP/1.1\r\n", PROXY_NONE },
	{ "PRI * HTTP/2.0\r\n", PROXY_NONE },
	{ "PO", PROXY_NONE },
	{ " PROXY ", PROXY_NONE },
	{ "0d", PROXY_MORE },
	{ "0d0a0d0a00", PROXY_MORE },
	{ SIGNATURE, PROXY_MORE },
	{ "0d0d", PROXY_NONE },
	{ "0a", PROXY_NONE },
	{ "0d0a0d0a01", PROXY_NONE },
	{ "0d0a0d0a000d0a515549540d", PROXY_NONE },
	/* an SSLRequest of MySQL, a ClientHello */
	{ "2000000184aabf00", PROXY_NONE },
	{ "16030100f2010000", PROXY_NONE },
};

static void begins(void)
{
	for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++) {
		struct span s = bytes_of(beginnings[i].bytes);
		struct proxy_header h = { .local = 77 };
		size_t length = 77;

		is_int(ask(s, s.n, &h, &length), beginnings[i].is, "begins: \"%.*s\"",
		    (int)strcspn(beginnings[i].bytes, "\r\n"), beginnings[i].bytes);
		ok(h.local == 77 && length == 77, "begins: nothing was changed");
		drop(s);
	}
	is_int(proxy_read(span_of(NULL, 0), NULL, NULL), PROXY_MORE, "begins: nothing at all");
}

/* A header of size bytes, the checksum's TLV and one of padding in it. */
static void sized(size_t size, enum proxy_read want)
{
	struct span head = bytes_of(SIGNATURE "2111ffff" BLOCK4 "04ffff");
	uint8_t *p = calloc(1, size);
	struct proxy_header h;
	size_t length = 0;

	if (!p)
		abort();
	memcpy(p, head.p, head.n);
	p[14] = (uint8_t)((size - 16) >> 8);
	p[15] = (uint8_t)(size - 16);
	p[29] = (uint8_t)((size - head.n) >> 8);
	p[30] = (uint8_t)(size - head.n);
	is_int(proxy_read(span_of(p, size), &h, &length), want, "size: %zu bytes", size);
	if (want == PROXY_WHOLE)
		is_int(length, size, "size: all of them");
	free(p);
	drop(head);
}

/* 107 bytes with CRLF may be a line, and 107 without can't become one. */
static void line_lengths(void)
{
	char line[] = "PROXY UNKNOWN " F39 " " F39 " 65535 65535\r\n";
	struct span s;
	struct proxy_header h;
	size_t length;

	is_int(strlen(line), 107, "line: this is the longest");
	memset(line + 14, 'x', 107 - 14);
	s = span_of(line, 107);
	is_int(ask(s, 106, &h, &length), PROXY_MORE, "line: 106 bytes without CRLF");
	is_int(ask(s, 107, &h, &length), PROXY_BAD, "line: 107 bytes without CRLF");
	line[106] = '\r';
	is_int(ask(s, 107, &h, &length), PROXY_BAD, "line: CR is the last of 107");
	line[105] = '\r';
	is_int(ask(s, 106, &h, &length), PROXY_MORE, "line: CR is the last of 106");
}

/* What is refused for one reason isn't said to be refused for another. */
static void sentences(void)
{
	static const char *const rows[][2] = {
		{ "PROXY UNKNOWN\n", "its line does not end in CRLF, within 107 bytes" },
		{ SIGNATURE "31", "its version is neither 1 nor 2" },
		{ SIGNATURE "22", "its command is neither LOCAL nor PROXY" },
		{ SIGNATURE "2112", "it is about datagrams" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct span s = bytes_of(rows[i][0]);
		struct proxy_header h = { 0 };
		size_t length;

		(void)ask(s, s.n, &h, &length);
		is_str(h.wrong ? h.wrong : "", rows[i][1], "sentence: %s", rows[i][1]);
		drop(s);
	}
}

/* NUL ends no address. */
static void nul(void)
{
	static const char line[] = "PROXY TCP4 192.0.2.1\0 198.51.100.2 1 2\r\n";
	static const char ends[] = "PROXY TCP4 192.0.2.1 198.51.100.2 1 2\0\r\n";
	struct proxy_header h;
	size_t length;

	is_int(ask(span_of(line, sizeof line - 1), sizeof line - 1, &h, &length), PROXY_BAD,
	    "NUL: behind an address");
	is_int(ask(span_of(ends, sizeof ends - 1), sizeof ends - 1, &h, &length), PROXY_BAD,
	    "NUL: behind a port");
}

static struct proxy_addr addr(const char *text, uint16_t port)
{
	struct proxy_addr a = { .port = port };

	a.family = strchr(text, ':') ? AF_INET6 : AF_INET;
	if (inet_pton(a.family, text, a.ip) != 1)
		abort();
	return a;
}

static void write_one(const char *name, const char *from, const char *to, const char *bytes)
{
	struct proxy_addr a = addr(from, 56324), b = addr(to, 4000);
	struct buf out = buf_new(64);
	struct span want = bytes_of(bytes);
	struct proxy_header h = { 0 };
	size_t length = 0;

	is_int(buf_add(&out, "x", 1), 0, "write %s: behind what is there", name);
	is_int(proxy_write(&out, &a, &b), 0, "write %s", name);
	ok(out.n == 1 + want.n && memcmp(out.p + 1, want.p, want.n) == 0, "write %s: byte for byte",
	    name);
	is_int(ask(span_of(out.p + 1, out.n - 1), out.n - 1, &h, &length), PROXY_WHOLE,
	    "write %s: read back", name);
	ok(length == want.n && !h.local && is_addr(&h.from, from, 56324) &&
		is_addr(&h.to, to, 4000),
	    "write %s: the same", name);
	buf_free(&out);
	drop(want);
}

static void writes(void)
{
	struct proxy_addr a = addr("192.0.2.1", 1), unknown = { 0 }, local = { .family = AF_UNIX };
	struct span want = bytes_of(SIGNATURE "20000000");
	struct buf out = buf_new(28);

	write_one("TCP4", "192.0.2.1", "198.51.100.2", SIGNATURE "2111000c" BLOCK4);
	write_one("TCP6", "2001:db8::1", "2001:db8::2", SIGNATURE "21210024" CLIENT6 DOOR6 PORTS);
	write_one("4 to 6", "192.0.2.1", "2001:db8::2", SIGNATURE "21210024" MAPPED1 DOOR6 PORTS);
	write_one(
	    "6 to 4", "2001:db8::1", "198.51.100.2", SIGNATURE "21210024" CLIENT6 MAPPED2 PORTS);
	is_int(proxy_write(&out, &a, &unknown), -1, "write: to the unknown");
	is_int(proxy_write(&out, &unknown, &a), -1, "write: from the unknown");
	is_int(proxy_write(&out, &unknown, &unknown), -1, "write: nothing known");
	is_int(proxy_write(&out, &local, &local), -1, "write: another family");
	is_int(out.n, 0, "write: nothing was written");
	is_int(proxy_write(&out, &a, &a), 0, "write: just room enough");
	out.max--;
	out.n = 0;
	is_int(proxy_write(&out, &a, &a), -1, "write: a byte too few");
	is_int(out.n, 0, "write: nothing is left of it");
	is_int(proxy_write_local(&out), 0, "write: LOCAL");
	ok(out.n == want.n && memcmp(out.p, want.p, want.n) == 0, "write: LOCAL, byte for byte");
	is_int(proxy_write_local(&out), -1, "write: LOCAL, no room");
	is_int(out.n, want.n, "write: LOCAL, nothing is left of it");
	buf_free(&out);
	drop(want);
}

int main(void)
{
	for (size_t i = 0; i < sizeof wholes / sizeof *wholes; i++)
		whole(&wholes[i]);
	for (size_t i = 0; i < sizeof bads / sizeof *bads; i++)
		bad(bads[i]);
	every_byte_is_summed(SIGNATURE "21110013" BLOCK4 "030004b6c8f58b");
	begins();
	sized(4096, PROXY_WHOLE);
	sized(4097, PROXY_BAD);
	line_lengths();
	sentences();
	nul();
	writes();
	return tap_done();
}
