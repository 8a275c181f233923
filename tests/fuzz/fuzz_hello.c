/* SPDX-License-Identifier: Apache-2.0 */
/* The first bytes of a client that speaks TLS: records with a ClientHello, or what is none. */
#include "front/library.h"
#include "fuzz.h"
#include "wire/hello.h"

static uint8_t room[HELLO_MAX];

static void list(const struct hello_list *l)
{
	HOLDS(l->n <= HELLO_LIST && (l->more == 0 || l->n == HELLO_LIST));
	for (size_t i = 0; i < l->n; i++)
		HOLDS(!hello_is_grease(l->v[i]));
}

static void body_of(struct span body)
{
	const char *name;
	struct hello h;

	if (hello_read(body, &h) < 0)
		return;
	HOLDS(h.suites.n > 0 || h.grease & HELLO_GREASE_SUITE);
	list(&h.suites);
	list(&h.extensions);
	list(&h.groups);
	list(&h.signs);
	HOLDS(inside(body, h.sni) && (h.sni.n > 0 || !h.sni_is_address));
	HOLDS(h.n_alpn <= HELLO_ALPN && h.session_id <= 32);
	for (size_t i = 0; i < h.n_alpn; i++)
		HOLDS(h.alpn[i].n > 0 && inside(body, h.alpn[i]));
	HOLDS(hello_highest(&h) <= 0x304 && !hello_highest(&h) == !h.versions);
	name = library_name(&h);
	HOLDS(!name || *name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span records = span_of(data, size), body = { 0 }, part = { 0 };
	enum hello_found found = hello_from_records(records, room, &body), before;

	body_of(records);
	if (found == HELLO_WHOLE) {
		HOLDS(body.n <= HELLO_MAX && body.n + 4 <= size);
		HOLDS(inside(records, body) || body.p == room);
		body_of(body);
	}
	if (size == 0)
		return 0;
	/* What has come of it so far is never refused, nor taken for something else. */
	before = hello_from_records(span_of(data, data[size - 1] % size), room, &part);
	HOLDS(before == HELLO_MORE || before == found);
	/* And what must have more is taken for something else by its end alone. */
	HOLDS(found != HELLO_MORE || before == HELLO_MORE);
	return 0;
}
