/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A chain of certificates as a server sends it, each behind its length in two bytes, held against a
 * store that has the last of them.
 */
#include "fuzz.h"
#include "trust/kind.h"
#include "trust/reach.h"

#define NOW 1796000000 /* when the seeds are valid */

static const struct store_kind kind = { .name = "fuzzed" };

static size_t split(struct span in, struct reach_chain *c)
{
	uint64_t n;

	while (c->n < REACH_CERTS && span_be(&in, 2, &n) == 0 &&
	       span_take(&in, (size_t)n, &c->der[c->n]) == 0)
		c->n++;
	return c->n;
}

static int is_clean(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || (unsigned char)*text > 0x7e)
			return 0;
	return 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct store_list list = { .v = calloc(1, sizeof(struct store)), .n = 1 };
	struct reach_chain c = { .host = "good.lab.dbtls.test" };
	struct reach r = { .why = "" };
	struct err e = { 0 };
	int rc;

	HOLDS(list.v);
	list.v->kind = &kind;
	list.v->users = buf_new(16);
	if (split(span_of(data, size), &c) > 1)
		(void)store_add_der(list.v, c.der[c.n - 1], span_of("", 0), ANCHOR_MAY, &e);
	rc = reach_try(list.v, &c, NOW, &r, &e);
	HOLDS(rc == 0 || *e.text);
	HOLDS(r.verdict <= REACH_REFUSED && is_clean(r.of));
	HOLDS(rc == 0 || r.verdict == REACH_TRUSTED);
	HOLDS(list.v->n > 0 || rc < 0 || r.verdict != REACH_TRUSTED);
	store_free(&list);
	return 0;
}
