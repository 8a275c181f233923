/* SPDX-License-Identifier: Apache-2.0 */
#include "front/endpoint.h"

#include "tls/policy.h"

static int is_better(const struct upstream *a, const struct upstream *b, uint64_t now)
{
	int a_waits = a->again_at > now, b_waits = b->again_at > now;

	if (a_waits && b_waits)
		return a->again_at < b->again_at;
	if (a_waits || b_waits)
		return b_waits;
	return *a->open < *b->open;
}

struct upstream *endpoint_choose(struct endpoint *p, uint64_t now)
{
	struct upstream *best = &p->upstream[0];

	for (size_t i = 1; i < p->upstreams; i++)
		if (is_better(&p->upstream[i], best, now))
			best = &p->upstream[i];
	if (p->upstreams > 1)
		upstream_probed(best, now);
	return best;
}

int endpoint_has_other(const struct endpoint *p, const struct upstream *u, uint64_t now)
{
	for (size_t i = 0; i < p->upstreams; i++)
		if (&p->upstream[i] != u && p->upstream[i].again_at <= now)
			return 1;
	return 0;
}

void endpoint_free(struct endpoint *p)
{
	tls_context_free(p->ctx);
	tls_clients_free(p->clients);
	for (size_t i = 0; i < p->upstreams; i++)
		tls_context_free(p->upstream[i].ctx);
}
