/* SPDX-License-Identifier: Apache-2.0 */
/* A JKS file: what is read lies in it, and what is written anew is read as the same. */
#include "fuzz.h"
#include "trust/jks.h"

#define ENTRIES 64
#define ROOM    (1u << 20)

/* The certificates alone, since keys are not written. */
static size_t read_all(struct span file, struct jks_entry *out)
{
	struct jks j;
	struct jks_entry entry;
	struct err e;
	size_t n = 0;

	if (jks_open(&j, file, &e) < 0)
		return 0;
	while (jks_next(&j, &entry, &e) > 0) {
		HOLDS(inside(file, entry.alias) && inside(file, entry.der));
		if (!entry.is_key && n < ENTRIES)
			out[n++] = entry;
	}
	return n;
}

static int same(struct span a, struct span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct jks_entry first[ENTRIES], second[ENTRIES];
	struct span file = span_of(data, size);
	size_t n = read_all(file, first);
	struct buf out = buf_new(ROOM);

	(void)jks_sealed(file, "changeit");
	HOLDS(jks_begin(&out, NULL, (uint32_t)n) == 0);
	for (size_t i = 0; i < n; i++)
		if (jks_add(&out, NULL, &first[i]) < 0)
			goto out;
	if (jks_seal(&out, "changeit") < 0)
		goto out;
	HOLDS(jks_sealed(span_of(out.p, out.n), "changeit"));
	HOLDS(read_all(span_of(out.p, out.n), second) == n);
	for (size_t i = 0; i < n; i++)
		HOLDS(same(first[i].alias, second[i].alias) && same(first[i].der, second[i].der) &&
		      first[i].made == second[i].made);
out:
	buf_free(&out);
	return 0;
}
