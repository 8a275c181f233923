/* SPDX-License-Identifier: Apache-2.0 */
/* A PROXY header before anything, or what isn't one; and headers written and read back. */
#include "fuzz.h"
#include "wire/proxy.h"

#include <sys/socket.h>

static int same_addr(const struct proxy_addr *a, const struct proxy_addr *b)
{
	return a->family == b->family && a->port == b->port &&
	       memcmp(a->ip, b->ip, sizeof a->ip) == 0;
}

static int same(const struct proxy_header *a, const struct proxy_header *b)
{
	return a->local == b->local && a->wrong == b->wrong && same_addr(&a->from, &b->from) &&
	       same_addr(&a->to, &b->to);
}

static int is_mapped(const struct proxy_addr *a)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	return a->family == AF_INET6 && memcmp(a->ip, mapped, sizeof mapped) == 0;
}

static void is_sound(const struct proxy_addr *a)
{
	static const uint8_t zeros[16];

	HOLDS(a->family == 0 || a->family == AF_INET || a->family == AF_INET6);
	HOLDS(a->family != 0 || (a->port == 0 && memcmp(a->ip, zeros, 16) == 0));
	HOLDS(a->family != AF_INET || memcmp(a->ip + 4, zeros, 12) == 0);
	HOLDS(!is_mapped(a));
}

/* What is written reads back the same. */
static void round_trip(const struct proxy_addr *from, const struct proxy_addr *to)
{
	struct buf b = buf_new(64);
	struct proxy_header h = { 0 };
	size_t length = 0;

	HOLDS(proxy_write(&b, from, to) == 0);
	HOLDS(proxy_read(span_of(b.p, b.n), &h, &length) == PROXY_WHOLE && length == b.n);
	HOLDS(!h.local && same_addr(&h.from, from) && same_addr(&h.to, to));
	HOLDS(proxy_read(span_of(b.p, b.n - 1), &h, &length) == PROXY_MORE);
	buf_free(&b);
}

/* Any bytes as two addresses. */
static void write_any(const uint8_t *data, size_t size)
{
	struct proxy_addr a[2] = { { 0 }, { 0 } };

	if (size < 1 + sizeof a[0].ip * 2)
		return;
	for (size_t i = 0; i < 2; i++) {
		a[i].family = data[0] >> i & 1 ? AF_INET6 : AF_INET;
		memcpy(a[i].ip, data + 1 + 16 * i, a[i].family == AF_INET ? 4 : 16);
		memcpy(&a[i].port, data + size - 2 - i, 2);
		/* None is ever given so. */
		if (is_mapped(&a[i]))
			return;
	}
	round_trip(&a[0], &a[1]);
}

static void is_whole(struct span in, const struct proxy_header *h, size_t length)
{
	struct proxy_header again = { 0 };
	size_t n = 0;

	HOLDS(length >= 15 && length <= in.n && length <= PROXY_MAX);
	HOLDS(in.p[0] == '\r' || (length <= 107 && in.p[length - 1] == '\n'));
	HOLDS(!h->wrong && (h->local == 0 || h->local == 1));
	is_sound(&h->from);
	is_sound(&h->to);
	HOLDS(!h->from.family == !h->to.family && (!h->local || !h->from.family));
	/* The bytes behind it are not its business. */
	HOLDS(proxy_read(span_of(in.p, length), &again, &n) == PROXY_WHOLE && n == length);
	HOLDS(same(&again, h));
	if (h->from.family)
		round_trip(&h->from, &h->to);
}

/* From its shortest beginning on, there is more to come until it is said what it is. */
static void is_said_once(struct span in, enum proxy_read is, size_t length)
{
	struct proxy_header h, untouched;
	size_t n = 0, got = 77;
	enum proxy_read said = PROXY_MORE;

	memset(&untouched, 0x55, sizeof untouched);
	h = untouched;
	while (n <= in.n && said == PROXY_MORE) {
		said = proxy_read(span_of(in.p, n), &h, &got);
		HOLDS(said != PROXY_MORE || (n < PROXY_MAX && got == 77));
		HOLDS(said != PROXY_MORE || same(&h, &untouched));
		n++;
	}
	HOLDS(said == is);
	HOLDS(is != PROXY_WHOLE || (n - 1 == length && got == length));
	HOLDS(is == PROXY_WHOLE || got == 77);
	HOLDS(is != PROXY_NONE || same(&h, &untouched));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span_of(data, size);
	struct proxy_header h = { 0 };
	size_t length = 0;
	enum proxy_read is = proxy_read(in, &h, &length);

	if (is == PROXY_WHOLE)
		is_whole(in, &h, length);
	HOLDS((is == PROXY_BAD) == (h.wrong != NULL));
	is_said_once(in, is, length);
	write_any(data, size);
	return 0;
}
