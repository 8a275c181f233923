/* SPDX-License-Identifier: Apache-2.0 */
/* A packed set of addresses from anywhere, and the text of a block. */
#include "fuzz.h"
#include "net/cidr.h"

/* Any bytes as an address: asking ends and reads no further. */
static void ask(const struct cidr_set *set, const uint8_t *data, size_t size)
{
	struct addr a = { .family = AF_INET };
	struct addr b = { .family = AF_INET6 };

	for (size_t at = 16; at + 16 <= size; at += 4) {
		memcpy(a.ip, data + at, 4);
		memcpy(b.ip, data + at, 16);
		(void)cidr_set_holds(set, &a);
		(void)cidr_set_holds(set, &b);
	}
}

/* All ends of the ranges of a sound set are in it. */
static void ends_are_in(const struct cidr_set *set, const uint8_t *data, size_t size)
{
	struct addr a = { .family = AF_INET };
	uint32_t n4;

	memcpy(&n4, data + 8, sizeof n4);
	for (size_t at = 16; at < size; at += a.family == AF_INET ? 4 : 16) {
		if (at >= 16 + 8 * (size_t)n4)
			a.family = AF_INET6;
		memcpy(a.ip, data + at, a.family == AF_INET ? 4 : 16);
		HOLDS(cidr_set_holds(set, &a));
	}
}

static void pack_one(const struct cidr *c)
{
	struct addr last = c->addr;
	struct cidr_set set;
	struct err e;
	struct buf b;

	for (unsigned i = c->bits; i < addr_bits(&last); i++)
		last.ip[i / 8] |= (uint8_t)(0x80 >> i % 8);
	HOLDS(cidr_holds(c, &c->addr) && cidr_holds(c, &last));
	HOLDS(cidr_set_pack(c, 1, &b, &e) == 0);
	HOLDS(cidr_set_open(&set, b.p, b.n) == 0);
	HOLDS(cidr_set_holds(&set, &c->addr) && cidr_set_holds(&set, &last));
	buf_free(&b);
}

static void text(const char *s)
{
	struct cidr c, again;
	struct err e = { 0 };
	char name[CIDR_TEXT];

	if (cidr_parse(&c, s, &e) < 0) {
		HOLDS(e.kind == ERR_USER && *e.text);
		return;
	}
	HOLDS(c.bits <= addr_bits(&c.addr));
	HOLDS(cidr_parse(&again, cidr_text(&c, name), &e) == 0 && cidr_equal(&c, &again));
	pack_one(&c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cidr_set set;
	char *s = malloc(size + 1);

	HOLDS(s);
	if (size)
		memcpy(s, data, size);
	s[size] = '\0';
	text(s);
	free(s);
	if (cidr_set_open(&set, data, size) < 0)
		return 0;
	ask(&set, data, size);
	ends_are_in(&set, data, size);
	return 0;
}
