/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a relay may send the key process: the payload of a MSG_SIGN. The key's hash is taken from
 * the payload's own, so that the fuzzer gets past it to the form.
 */
#include "keys/form.h"
#include "keys/request.h"
#include "proc/messages.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is accepted has one of the two forms' lengths and an algorithm of the key's kind. */
static void must_be_sound(const struct request *q, const struct identity *key)
{
	static const size_t lengths[] = { 130, 146, 64 + 4 + 65, 64 + 4 + 97, 64 + 4 + 133,
		64 + 4 + 32, 64 + 4 + 56 };

	if (!q->scheme || q->scheme->key != key->kind)
		abort();
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
		if (q->text.n == lengths[i])
			return;
	abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct identity key = { .kind = size & 1 ? SCHEME_RSA : SCHEME_EC };
	struct request q;
	struct err e;

	(void)form_check(span_of(data, size), 0x0403);
	(void)form_check(span_of(data, size), 0x0401);
	if (size >= sizeof(struct sign_request))
		memcpy(key.hash, data + offsetof(struct sign_request, key), sizeof key.hash);
	for (int i = 0; i < 2; i++) {
		if (request_check(span_of(data, size), &key, &q, &e) == 0)
			must_be_sound(&q, &key);
		key.kind = key.kind == SCHEME_EC ? SCHEME_RSA : SCHEME_EC;
	}
	return 0;
}
