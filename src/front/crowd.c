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

struct crowd_member *crowd_enter(struct crowd *c, struct crowd_member *m, const struct addr *addr)
{
	struct crowd_member *same, *leaves = NULL;
	unsigned count;

	same = oldest_of(c, addr, &count);
	if (count >= c->max_per_address)
		leaves = same;
	if (!leaves && c->n >= c->max)
		leaves = c->oldest;
	m->addr = *addr;
	m->in = 1;
	m->newer = NULL;
	m->older = c->newest;
	*(c->newest ? &c->newest->newer : &c->oldest) = m;
	c->newest = m;
	c->n++;
	return leaves;
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
