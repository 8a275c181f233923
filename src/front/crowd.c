/* SPDX-License-Identifier: Apache-2.0 */
#include "front/crowd.h"

#include <string.h>

static int same_origin(const struct addr *a, const struct addr *b)
{
	return a->family == b->family && memcmp(a->ip, b->ip, a->family == AF_INET ? 4 : 8) == 0;
}

/* A walk of the whole list: it has a few hundred members at most. */
static struct crowd_member *oldest_of(
    const struct crowd *c, const struct addr *addr, unsigned *count)
{
	struct crowd_member *oldest = NULL;

	*count = 0;
	for (struct crowd_member *m = c->newest; m; m = m->older) {
		if (!same_origin(&m->addr, addr))
			continue;
		oldest = m;
		++*count;
	}
	return oldest;
}

int crowd_room(
    const struct crowd *c, const struct addr *addr, uint64_t now, struct crowd_member **leaves)
{
	unsigned count;
	struct crowd_member *same = oldest_of(c, addr, &count);
	struct crowd_member *first = count >= c->max_per_address ? same : c->oldest;

	*leaves = NULL;
	if (c->n < c->max && count < c->max_per_address)
		return 1;
	if (first && now - first->since >= c->grace)
		*leaves = first;
	return 0;
}

void crowd_enter(struct crowd *c, struct crowd_member *m, const struct addr *addr, uint64_t now)
{
	m->addr = *addr;
	m->since = now;
	m->in = 1;
	m->newer = NULL;
	m->older = c->newest;
	*(c->newest ? &c->newest->newer : &c->oldest) = m;
	c->newest = m;
	c->n++;
}

void crowd_leave(struct crowd *c, struct crowd_member *m)
{
	if (!m->in)
		return;
	*(m->older ? &m->older->newer : &c->oldest) = m->newer;
	*(m->newer ? &m->newer->older : &c->newest) = m->older;
	c->n--;
	m->in = 0;
}
