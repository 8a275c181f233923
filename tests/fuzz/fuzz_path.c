/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A chain as anybody may serve it: certificates, each behind its length in two bytes, the first of
 * them what the store holds. A first byte says whether the second is an OCSP response.
 */
#include "doctor/diagnose.h"
#include "doctor/path.h"
#include "fuzz.h"

#define CHUNKS 24

static size_t cut(struct span in, struct span out[CHUNKS])
{
	size_t n = 0;
	uint64_t length;

	while (n < CHUNKS && span_be(&in, 2, &length) == 0 &&
	       span_take(&in, length < in.n ? (size_t)length : in.n, &out[n]) == 0)
		n++;
	return n;
}

/* It may go to a terminal, and into JSON: to clean it once more changes nothing. */
static int is_clean(const char *text)
{
	char again[PATH_TEXT + 16];

	store_clean(again, sizeof again, span_of(text, strlen(text)));
	return strcmp(again, text) == 0;
}

static void is_told(const struct path *p)
{
	HOLDS(p->finds <= PATH_FINDINGS && p->certs <= PATH_CERTS);
	for (size_t i = 0; i < p->finds; i++) {
		HOLDS(diagnose_cause(p->found[i].id));
		HOLDS(is_clean(p->found[i].text));
	}
	for (size_t i = 0; i < p->certs; i++)
		HOLDS(is_clean(p->cert[i].subject) && is_clean(p->cert[i].issuer));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span chunk[CHUNKS], in = span_of(data, size);
	struct anchor anchor = { .servers = ANCHOR_MAY };
	const struct store store = { .anchors = &anchor, .n = 1 };
	struct path_input input = { .name = "db.example.com", .now = 1800000000 };
	struct path_trust *trust;
	struct path path;
	struct err e = { 0 };
	uint64_t stapled = 0;
	size_t n, first;

	if (span_le(&in, 1, &stapled) < 0)
		return 0;
	n = cut(in, chunk);
	first = stapled & 1 ? 2 : 1;
	if (n <= first)
		return 0;
	anchor.der = chunk[0];
	trust = path_trust_new(&store, &e);
	HOLDS(trust);
	input.trust = trust;
	input.served = chunk + first;
	input.n = n - first;
	if (stapled & 1)
		input.staple = chunk[1];
	if (path_judge(&input, &path, &e) == 0)
		is_told(&path);
	else
		HOLDS(*e.text);
	path_trust_free(trust);
	return 0;
}
