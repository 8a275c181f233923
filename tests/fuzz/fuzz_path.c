/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A chain as anybody may serve it: certificates, each behind its length in two bytes, the first of
 * them what the store holds. A first byte says what the next are: bit 0, an OCSP response; bit 1,
 * one that lies in the store as no anchor; bits 2 to 4, how many were fetched; bit 5, whether the
 * client has a limit.
 */
#include "doctor/diagnose.h"
#include "path/path.h"
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
	/* What leads nowhere, or was not sent whole, is never right. */
	HOLDS(p->finds > 0 || (p->anchored && !p->completed));
	for (size_t i = 0; i < p->finds; i++) {
		HOLDS(diagnose_cause(p->found[i].id));
		HOLDS(is_clean(p->found[i].text));
	}
	for (size_t i = 0; i < p->certs; i++)
		HOLDS(is_clean(p->cert[i].subject) && is_clean(p->cert[i].issuer));
}

/* What the first byte says. */
struct form {
	size_t staples, kept, extras, most;
};

static struct form form_of(uint64_t flags)
{
	return (struct form) {
		.staples = flags & 1,
		.kept = flags >> 1 & 1,
		.extras = flags >> 2 & 7,
		.most = flags & 32 ? 2 : 0,
	};
}

static void judge(const struct span *chunk, size_t n, const struct form *f)
{
	struct anchor anchors[] = { { .der = chunk[0], .servers = ANCHOR_MAY },
		{ .der = chunk[1], .servers = ANCHOR_MAY_NOT } };
	const struct store store = { .anchors = anchors, .n = 1 + f->kept };
	const struct span *staple = chunk + 1 + f->kept, *extra = staple + f->staples;
	struct path_input in = { .name = "db.example.com",
		.extra = extra,
		.extras = f->extras,
		.served = extra + f->extras,
		.n = n - 1 - f->kept - f->staples - f->extras,
		.most = f->most,
		.now = 1800000000 };
	struct path_trust *trust;
	struct path path;
	struct err e = { 0 };

	trust = path_trust_new(&store, &e);
	HOLDS(trust);
	in.trust = trust;
	if (f->staples)
		in.staple = *staple;
	if (path_judge(&in, &path, &e) == 0)
		is_told(&path);
	else
		HOLDS(*e.text);
	path_trust_free(trust);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span chunk[CHUNKS], in = span_of(data, size);
	struct form f;
	uint64_t flags = 0;
	size_t n;

	if (span_le(&in, 1, &flags) < 0)
		return 0;
	f = form_of(flags);
	n = cut(in, chunk);
	if (n > 1 + f.staples + f.kept + f.extras)
		judge(chunk, n, &f);
	return 0;
}
