/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A trust store's file in whatever format its first bytes say: PEM, DER, JKS, PKCS12 with its
 * attributes, the rows of NSS. What comes out may go to a terminal.
 */
#include "fuzz.h"
#include "trust/format.h"

static const struct store_kind kind = { .name = "fuzzed" };

static int is_clean(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return 0;
	return 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct store_list list = { .v = calloc(1, sizeof(struct store)), .n = 1 };
	const struct store_secret none = { 0 };
	struct err e = { 0 };
	struct store *s = list.v;
	int rc;

	HOLDS(s);
	s->kind = &kind;
	s->users = buf_new(16);
	rc = format_read(s, span_of(data, size), &none, &e);
	HOLDS(rc == 0 || *e.text);
	for (size_t i = 0; i < s->n; i++) {
		HOLDS(s->anchors[i].der.n > 0 && store_holds(s, s->anchors[i].sha256));
		HOLDS(is_clean(s->anchors[i].label) && is_clean(s->anchors[i].subject));
	}
	store_free(&list);
	return 0;
}
