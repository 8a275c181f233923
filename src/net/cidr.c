/* SPDX-License-Identifier: Apache-2.0 */
#include "net/cidr.h"

#include "base/i18n.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * A packed set: this header, then the IPv4 ranges, then the IPv6 ranges. A range is its first and
 * its last address in network order, so that memcmp compares and one piece of code serves both
 * widths. Ranges of a family are sorted, and each ends before the next begins.
 */
struct head {
	char magic[8];
	uint32_t n4, n6;
};

static const char magic[8] = "dbtlsIP";

struct ranges {
	const uint8_t *p; /* n pairs of width bytes each */
	size_t n, width;
};

static size_t ip_width(int family)
{
	return family == AF_INET ? 4 : 16;
}

/* Sets or clears all bits of ip from bit number "bits" on. */
static void fill_host_bits(uint8_t *ip, size_t width, unsigned bits, int ones)
{
	for (size_t i = bits / 8; i < width; i++) {
		uint8_t host = i == bits / 8 ? (uint8_t)(0xff >> bits % 8) : 0xff;

		ip[i] = (uint8_t)(ones ? ip[i] | host : ip[i] & ~host);
	}
}

/* ---- one block --------------------------------------------------------------------------------
 */

/* 0…most, without a leading zero: what "/08" means is anybody's guess. */
static int parse_bits(unsigned *bits, const char *text, unsigned most)
{
	unsigned v = 0;
	size_t n = strspn(text, "0123456789");

	if (n == 0 || n > 3 || text[n] != '\0' || (n > 1 && text[0] == '0'))
		return -1;
	for (size_t i = 0; i < n; i++)
		v = v * 10 + (unsigned)(text[i] - '0');
	if (v > most)
		return -1;
	*bits = v;
	return 0;
}

/* addr_parse_ip took ::ffff:a.b.c.d for IPv4: a block wider than all of those is not. */
static void unmap(struct addr *a)
{
	memmove(a->ip + 12, a->ip, 4);
	memset(a->ip, 0, 10);
	memset(a->ip + 10, 0xff, 2);
	a->family = AF_INET6;
}

static int parse_parts(struct cidr *c, const char *text)
{
	char host[ADDR_TEXT];
	const char *slash = strchr(text, '/');
	size_t n = slash ? (size_t)(slash - text) : strlen(text);
	unsigned most;
	int mapped;

	*c = (struct cidr) { 0 };
	if (n >= sizeof host)
		return -1;
	memcpy(host, text, n);
	host[n] = '\0';
	if (addr_parse_ip(&c->addr, host) < 0)
		return -1;
	most = strchr(host, ':') ? 128 : 32;
	c->bits = most;
	if (slash && parse_bits(&c->bits, slash + 1, most) < 0)
		return -1;
	mapped = most == 128 && c->addr.family == AF_INET;
	if (mapped && c->bits < 96)
		unmap(&c->addr);
	else if (mapped)
		c->bits -= 96;
	return 0;
}

int cidr_parse(struct cidr *c, const char *text, struct err *e)
{
	struct cidr got, meant;
	char name[CIDR_TEXT];

	if (parse_parts(&got, text) < 0)
		return err_set(e, ERR_USER,
		    _("\"%.80s\" is not an address block: write an address (192.0.2.7, "
		      "2001:db8::1) or "
		      "a block (192.0.2.0/24, 2001:db8::/32)"),
		    text);
	meant = got;
	fill_host_bits(meant.addr.ip, ip_width(got.addr.family), got.bits, 0);
	if (!cidr_equal(&got, &meant))
		return err_set(e, ERR_USER,
		    _("%s has bits set behind its /%s: the block is %s; for the one address leave "
		      "the "
		      "/%s out"),
		    text, strchr(text, '/') + 1, cidr_text(&meant, name), strchr(text, '/') + 1);
	*c = got;
	return 0;
}

const char *cidr_text(const struct cidr *c, char out[CIDR_TEXT])
{
	char ip[ADDR_TEXT];

	addr_ip_text(&c->addr, ip);
	if (c->bits == addr_bits(&c->addr))
		(void)snprintf(out, CIDR_TEXT, "%s", ip);
	else
		(void)snprintf(out, CIDR_TEXT, "%s/%u", ip, c->bits);
	return out;
}

int cidr_holds(const struct cidr *c, const struct addr *a)
{
	uint8_t ip[16];

	if (a->family != c->addr.family)
		return 0;
	memcpy(ip, a->ip, sizeof ip);
	fill_host_bits(ip, ip_width(a->family), c->bits, 0);
	return memcmp(ip, c->addr.ip, ip_width(a->family)) == 0;
}

int cidr_equal(const struct cidr *a, const struct cidr *b)
{
	return a->addr.family == b->addr.family && a->bits == b->bits &&
	       memcmp(a->addr.ip, b->addr.ip, ip_width(a->addr.family)) == 0;
}

/* ---- building a set ---------------------------------------------------------------------------
 */

static int compare(const void *a, const void *b, void *width)
{
	return memcmp(a, b, 2 * *(size_t *)width);
}

/* Whether a range that starts at lo goes on where one that ends at hi stops, or before. */
static int joins(const uint8_t *hi, const uint8_t *lo, size_t width)
{
	uint8_t next[16];
	size_t i = width;

	if (memcmp(lo, hi, width) <= 0)
		return 1;
	memcpy(next, hi, width);
	while (i > 0 && ++next[i - 1] == 0)
		i--;
	return memcmp(next, lo, width) == 0;
}

/* Sorts and merges n ranges in place; returns how many are left. */
static size_t merge(uint8_t *p, size_t n, size_t width)
{
	size_t left = 0;

	if (n == 0)
		return 0;
	qsort_r(p, n, 2 * width, compare, &width);
	for (size_t i = 1; i < n; i++) {
		uint8_t *last = p + left * 2 * width;
		const uint8_t *at = p + i * 2 * width;

		if (!joins(last + width, at, width))
			memmove(p + ++left * 2 * width, at, 2 * width);
		else if (memcmp(at + width, last + width, width) > 0)
			memcpy(last + width, at + width, width);
	}
	return left + 1;
}

/* Appends the ranges of one family's blocks; returns their number or -1: no memory. */
static long add_family(struct buf *out, const struct cidr *v, size_t n, int family)
{
	size_t width = ip_width(family);
	size_t start = out->n, found = 0;

	for (size_t i = 0; i < n; i++) {
		uint8_t range[32];

		if (v[i].addr.family != family)
			continue;
		memcpy(range, v[i].addr.ip, width);
		memcpy(range + width, v[i].addr.ip, width);
		fill_host_bits(range, width, v[i].bits, 0);
		fill_host_bits(range + width, width, v[i].bits, 1);
		if (buf_add(out, range, 2 * width) < 0)
			return -1;
		found++;
	}
	if (found == 0)
		return 0;
	found = merge(out->p + start, found, width);
	out->n = start + found * 2 * width;
	return (long)found;
}

static int blocks_are_sound(const struct cidr *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (v[i].addr.family != AF_INET && v[i].addr.family != AF_INET6)
			return 0;
		if (v[i].bits > addr_bits(&v[i].addr))
			return 0;
	}
	return 1;
}

int cidr_set_pack(const struct cidr *v, size_t n, struct buf *out, struct err *e)
{
	struct head head = { 0 };
	long n4, n6;

	*out = buf_new(sizeof head + 32 * (size_t)CIDR_SET_MAX);
	if (n > CIDR_SET_MAX)
		return err_set(e, ERR_USER, _("%zu address blocks are too many: %d is the most"), n,
		    CIDR_SET_MAX);
	if (!blocks_are_sound(v, n))
		return err_set(e, ERR_LOCAL, _("an address block to be packed is none"));
	if (buf_add(out, &head, sizeof head) < 0)
		goto memory;
	n4 = add_family(out, v, n, AF_INET);
	n6 = n4 < 0 ? -1 : add_family(out, v, n, AF_INET6);
	if (n6 < 0)
		goto memory;
	memcpy(head.magic, magic, sizeof magic);
	head.n4 = (uint32_t)n4;
	head.n6 = (uint32_t)n6;
	memcpy(out->p, &head, sizeof head);
	return 0;
memory:
	buf_free(out);
	return err_set(e, ERR_SYS, _("no memory for %zu address blocks"), n);
}

/* ---- asking a set -----------------------------------------------------------------------------
 */

static int ranges_are_sound(const struct ranges *r)
{
	for (size_t i = 0; i < r->n; i++) {
		const uint8_t *at = r->p + i * 2 * r->width;

		if (memcmp(at, at + r->width, r->width) > 0)
			return 0;
		if (i > 0 && memcmp(at - r->width, at, r->width) >= 0)
			return 0;
	}
	return 1;
}

/* s is known to be a set: the ranges of one family. memcpy, since p need not be aligned. */
static struct ranges ranges_of(const struct cidr_set *s, int family)
{
	const uint8_t *p = s->p;
	struct head head;

	memcpy(&head, p, sizeof head);
	p += sizeof head;
	if (family == AF_INET)
		return (struct ranges) { .p = p, .n = head.n4, .width = 4 };
	return (struct ranges) { .p = p + (size_t)head.n4 * 8, .n = head.n6, .width = 16 };
}

int cidr_set_open(struct cidr_set *s, const void *p, size_t n)
{
	struct cidr_set got = { .p = p, .n = n };
	struct ranges v4, v6;
	struct head head;

	if (n < sizeof head)
		return -1;
	memcpy(&head, p, sizeof head);
	if (memcmp(head.magic, magic, sizeof magic) != 0)
		return -1;
	if (head.n4 > CIDR_SET_MAX || head.n6 > CIDR_SET_MAX)
		return -1;
	if (n != sizeof head + (size_t)head.n4 * 8 + (size_t)head.n6 * 32)
		return -1;
	v4 = ranges_of(&got, AF_INET);
	v6 = ranges_of(&got, AF_INET6);
	if (!ranges_are_sound(&v4) || !ranges_are_sound(&v6))
		return -1;
	*s = got;
	return 0;
}

int cidr_set_holds(const struct cidr_set *s, const struct addr *a)
{
	struct ranges r;
	size_t lo = 0, hi;

	if (a->family != AF_INET && a->family != AF_INET6)
		return 0;
	r = ranges_of(s, a->family);
	hi = r.n;
	/* The last range that starts at a or before is the only one that can hold it. */
	while (lo < hi) {
		size_t middle = lo + (hi - lo) / 2;

		if (memcmp(r.p + middle * 2 * r.width, a->ip, r.width) <= 0)
			lo = middle + 1;
		else
			hi = middle;
	}
	if (lo == 0)
		return 0;
	return memcmp(a->ip, r.p + (2 * lo - 1) * r.width, r.width) <= 0;
}
