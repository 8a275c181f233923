/* SPDX-License-Identifier: Apache-2.0 */
/* T6: who may connect, as address blocks. */
#include "base/clock.h"
#include "net/cidr.h"
#include "tap.h"

#include <stdlib.h>

#define MANY   100000
#define PROBES 2000

static struct addr ip(const char *text)
{
	struct addr a;

	if (addr_parse_ip(&a, text) < 0)
		abort();
	return a;
}

static struct cidr block(const char *text)
{
	struct cidr c;
	struct err e;

	if (cidr_parse(&c, text, &e) < 0)
		abort();
	return c;
}

/* ---- one block --------------------------------------------------------------------------------
 */

static void parse(void)
{
	static const struct {
		const char *text, *name;
	} rows[] = {
		{ "192.0.2.0/24", "192.0.2.0/24" },
		{ "192.0.2.7", "192.0.2.7" },
		{ "192.0.2.7/32", "192.0.2.7" },
		{ "0.0.0.0/0", "0.0.0.0/0" },
		{ "128.0.0.0/1", "128.0.0.0/1" },
		{ "2001:db8::/32", "2001:db8::/32" },
		{ "2001:DB8:0:0::1", "2001:db8::1" },
		{ "2001:db8::1/128", "2001:db8::1" },
		{ "::/0", "::/0" },
		{ "::ffff:192.0.2.0/120", "192.0.2.0/24" },
		{ "::ffff:192.0.2.7", "192.0.2.7" },
		{ "::ffff:0:0/96", "0.0.0.0/0" },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127",
		    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct err e = { 0 };
		struct cidr c, again;
		char name[CIDR_TEXT];

		is_int(cidr_parse(&c, rows[i].text, &e), 0, "T6: %s is a block", rows[i].text);
		is_str(cidr_text(&c, name), rows[i].name, "T6: its name");
		again = block(name);
		ok(cidr_equal(&c, &again), "T6: the name is read as the same block");
	}
}

static void refuse(void)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ "192.0.2.7/24", "the block is 192.0.2.0/24;" },
		{ "2001:db8::1/32", "the block is 2001:db8::/32;" },
		{ "::ffff:192.0.2.7/120", "the block is 192.0.2.0/24;" },
		{ "::ffff:0:0/90", "the block is ::ffc0:0:0/90;" },
		{ "1.2.3.4/0", "the block is 0.0.0.0/0;" },
		{ "", "\"\" is not an address block" },
		{ "/24", "is not an address block" },
		{ "192.0.2.0/", "is not an address block" },
		{ "192.0.2.0/33", "is not an address block" },
		{ "2001:db8::/129", "is not an address block" },
		{ "192.0.2.0/024", "is not an address block" },
		{ "192.0.2.0/+8", "is not an address block" },
		{ "192.0.2.0/ 8", "is not an address block" },
		{ "192.0.2.0/4294967296", "is not an address block" },
		{ "192.0.2.0/24/24", "is not an address block" },
		{ "192.0.2.0/255.255.255.0", "is not an address block" },
		{ "192.0.2", "is not an address block" },
		{ "192.0.02.1", "is not an address block" },
		{ "192.0.2.1:4000", "is not an address block" },
		{ "fe80::1%eth0", "is not an address block" },
		{ "db.example", "is not an address block" },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/1",
		    "is not an address block" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct err e = { 0 };
		struct cidr c = { .bits = 77 };

		is_int(cidr_parse(&c, rows[i].text, &e), -1, "T6: \"%s\" is refused", rows[i].text);
		ok(strstr(e.text, rows[i].says) && e.kind == ERR_USER, "T6: and says why");
		is_int(c.bits, 77, "T6: and changes nothing");
	}
}

static void holds(void)
{
	static const struct {
		const char *block, *ip;
		int in;
	} rows[] = {
		{ "192.0.2.0/24", "192.0.2.0", 1 },
		{ "192.0.2.0/24", "192.0.2.255", 1 },
		{ "192.0.2.0/24", "192.0.3.0", 0 },
		{ "192.0.2.0/24", "192.0.1.255", 0 },
		{ "192.0.2.0/24", "::ffff:192.0.2.9", 1 },
		{ "192.0.2.0/24", "::192.0.2.9", 0 },
		{ "::ffff:192.0.2.0/120", "192.0.2.9", 1 },
		{ "192.0.2.128/25", "192.0.2.127", 0 },
		{ "192.0.2.128/25", "192.0.2.128", 1 },
		{ "192.0.2.7", "192.0.2.7", 1 },
		{ "192.0.2.7", "192.0.2.6", 0 },
		{ "0.0.0.0/0", "255.255.255.255", 1 },
		{ "0.0.0.0/0", "::1", 0 },
		{ "::/0", "::1", 1 },
		{ "::/0", "192.0.2.7", 0 },
		{ "2001:db8::/33", "2001:db8:7fff::", 1 },
		{ "2001:db8::/33", "2001:db8:8000::", 0 },
		{ "::1", "::1", 1 },
		{ "::1", "127.0.0.1", 0 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct cidr c = block(rows[i].block);
		struct addr a = ip(rows[i].ip);
		struct cidr_set set;
		struct buf b;
		struct err e;

		is_int(cidr_holds(&c, &a), rows[i].in, "T6: %s in %s", rows[i].ip, rows[i].block);
		is_int(cidr_set_pack(&c, 1, &b, &e), 0, "T6: packed");
		ok(cidr_set_open(&set, b.p, b.n) == 0 && cidr_set_holds(&set, &a) == rows[i].in,
		    "T6: the set says the same");
		buf_free(&b);
	}
}

/* ---- sets -------------------------------------------------------------------------------------
 */

static void merged(void)
{
	static const struct {
		const char *name;
		const char *blocks[6];
		size_t bytes;
	} rows[] = {
		{ "nothing", { NULL }, 16 },
		{ "one", { "192.0.2.0/24" }, 16 + 8 },
		{ "the same twice", { "192.0.2.0/24", "192.0.2.0/24" }, 16 + 8 },
		{ "one inside the other", { "192.0.2.128/25", "192.0.2.0/24", "192.0.2.1" },
		    16 + 8 },
		{ "neighbours", { "192.0.3.0/24", "192.0.2.0/24" }, 16 + 8 },
		{ "neighbours across a byte", { "10.0.255.255", "10.1.0.0" }, 16 + 8 },
		{ "a gap of one", { "10.0.0.1", "10.0.0.3" }, 16 + 16 },
		{ "wide, then more", { "0.0.0.0/1", "1.0.0.0/8", "128.0.0.0/1", "255.255.255.255" },
		    16 + 8 },
		{ "everything", { "::/0", "::1", "ffff::/16", "0.0.0.0/0", "10.0.0.0/8" },
		    16 + 8 + 32 },
		{ "the last one", { "255.255.255.255", "0.0.0.0" }, 16 + 16 },
		{ "neighbours in IPv6", { "2001:db8:0:1::/64", "2001:db8::/64" }, 16 + 32 },
		{ "a gap in IPv6", { "2001:db8::1", "2001:db8::3" }, 16 + 64 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct cidr v[6];
		struct cidr_set set;
		struct buf b;
		struct err e;
		size_t n = 0;
		int in = 1;

		while (rows[i].blocks[n]) {
			v[n] = block(rows[i].blocks[n]);
			n++;
		}
		is_int(cidr_set_pack(v, n, &b, &e), 0, "T6: packed: %s", rows[i].name);
		is_int(b.n, rows[i].bytes, "T6: merged: %s", rows[i].name);
		is_int(cidr_set_open(&set, b.p, b.n), 0, "T6: opened: %s", rows[i].name);
		for (size_t k = 0; k < n; k++)
			in &= cidr_set_holds(&set, &v[k].addr);
		ok(in, "T6: holds all: %s", rows[i].name);
		buf_free(&b);
	}
}

static uint64_t next_random(void)
{
	static uint64_t x = 88172645463325252u; /* xorshift64, the same at each run */

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x;
}

/* Few high bits differ, so that blocks overlap, touch, and random probes hit. */
static struct addr random_addr(void)
{
	uint64_t r = next_random();
	struct addr a = { .family = r & 1 ? AF_INET : AF_INET6 };
	size_t n = r & 1 ? 4 : 16;

	a.ip[0] = 0x20;
	a.ip[n - 3] = r >> 8 & 0x0f;
	a.ip[n - 2] = (uint8_t)(r >> 16);
	a.ip[n - 1] = (uint8_t)(r >> 24);
	return a;
}

static struct cidr random_cidr(void)
{
	struct cidr c = { .addr = random_addr() };
	unsigned most = addr_bits(&c.addr);
	unsigned host = (unsigned)(next_random() % 4); /* up to 8 addresses */

	c.bits = most - host;
	c.addr.ip[most / 8 - 1] &= (uint8_t)(0xff << host);
	return c;
}

static int brute(const struct cidr *v, size_t n, const struct addr *a)
{
	for (size_t i = 0; i < n; i++)
		if (cidr_holds(&v[i], a))
			return 1;
	return 0;
}

static void many(void)
{
	struct cidr *v = calloc(MANY, sizeof *v);
	struct cidr_set set;
	struct buf b;
	struct err e = { 0 };
	uint64_t start;
	size_t wrong = 0, in = 0;

	if (!v)
		abort();
	for (size_t i = 0; i < MANY; i++)
		v[i] = random_cidr();
	start = clock_us();
	is_int(cidr_set_pack(v, MANY, &b, &e), 0, "T6: %d blocks are packed", MANY);
	is_int(cidr_set_open(&set, b.p, b.n), 0, "T6: and opened");
	printf("# packed and opened in %llu us, %zu bytes\n",
	    (unsigned long long)(clock_us() - start), b.n);
	ok(clock_us() - start < 2000000, "T6: in less than two seconds, whatever the build");
	for (size_t i = 0; i < PROBES; i++) {
		struct addr a = random_addr();
		int want = brute(v, MANY, &a);

		wrong += cidr_set_holds(&set, &a) != want;
		in += (size_t)want;
	}
	is_int(wrong, 0, "T6: %d probes agree with asking each block", PROBES);
	ok(in > PROBES / 100 && in < PROBES - PROBES / 100, "T6: %zu of them were inside", in);
	buf_free(&b);
	free(v);
}

static void too_many(void)
{
	struct cidr c = { .addr = { .family = AF_UNIX } };
	struct err e = { 0 };
	struct buf b;

	is_int(
	    cidr_set_pack(&c, CIDR_SET_MAX + 1, &b, &e), -1, "more blocks than a set has room for");
	ok(strstr(e.text, "1000000 is the most"), "says how many there may be");
	is_int(cidr_set_pack(&c, 1, &b, &e), -1, "a block of no family is not packed");
	c = block("10.0.0.0/8");
	c.bits = 33;
	is_int(cidr_set_pack(&c, 1, &b, &e), -1, "a block of 33 bits is not packed");
}

/* ---- packs that are not sound -----------------------------------------------------------------
 */

/* Opens n bytes in a block of just that size, one byte off any alignment. */
static int open_copy(const uint8_t *p, size_t n, size_t at, uint8_t flip)
{
	uint8_t *odd = malloc(n + 1);
	struct addr a = ip("10.0.0.1"), a6 = ip("2001:db8::1");
	struct cidr_set set;
	int rc;

	if (!odd)
		abort();
	memcpy(odd + 1, p, n);
	if (at < n)
		odd[1 + at] ^= flip;
	rc = cidr_set_open(&set, odd + 1, n);
	if (rc == 0)
		(void)(cidr_set_holds(&set, &a) + cidr_set_holds(&set, &a6));
	free(odd);
	return rc;
}

static void corrupted(void)
{
	struct cidr v[4] = { block("10.0.0.0/8"), block("192.0.2.0/24"), block("2001:db8::/32"),
		block("fd00::/8") };
	struct buf b;
	struct err e;
	int refused = 1;

	is_int(cidr_set_pack(v, 4, &b, &e), 0, "a pack of %zu bytes", b.n);
	is_int(open_copy(b.p, b.n, b.n, 0), 0, "opened at an odd address");
	for (size_t n = 0; n < b.n; n++)
		refused &= open_copy(b.p, n, n, 0) < 0;
	ok(refused, "cut at any length it is refused");
	refused = 1;
	for (size_t at = 0; at < 16; at++)
		refused &= open_copy(b.p, b.n, at, 1) < 0;
	ok(refused, "any byte of the head changed: refused");
	is_int(open_copy(b.p, b.n, 15, 0x80), -1, "a count near the end of 32 bits");
	is_int(open_copy(b.p, b.n, 16, 0xf0), -1, "a range that ends before it begins");
	is_int(open_copy(b.p, b.n, 24, 0xca), -1, "ranges that overlap");
	is_int(open_copy(b.p, b.n, 32 + 32, 0xfd), -1, "IPv6 ranges out of order");
	buf_free(&b);
	is_int(open_copy((const uint8_t *)"", 0, 0, 0), -1, "no bytes");
}

int main(void)
{
	parse();
	refuse();
	holds();
	merged();
	many();
	too_many();
	corrupted();
	return tap_done();
}
