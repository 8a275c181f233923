/* SPDX-License-Identifier: Apache-2.0 */
#include "front/crowd.h"

#include <string.h>

static int same_origin(const struct addr *a, const struct addr *b)
{
	return a->family == b->family && memcmp(a->ip, b->ip, a->family == AF_INET ? 4 : 8) == 0;
}

/* The walks below are over a few hundred places at most. */
static const struct crowd_origin *origin_of(const struct crowd *c, const struct addr *addr)
{
	for (unsigned i = 0; i < CROWD_MAX; i++)
		if (c->origin[i].n && same_origin(&c->origin[i].addr, addr))
			return &c->origin[i];
	return NULL;
}

static const struct crowd_origin *fullest(const struct crowd *c)
{
	const struct crowd_origin *most = &c->origin[0];

	for (unsigned i = 1; i < CROWD_MAX; i++)
		if (c->origin[i].n > most->n)
			most = &c->origin[i];
	return most;
}

static struct crowd_member *oldest_of(const struct crowd *c, const struct crowd_origin *origin)
{
	struct crowd_member *m = c->oldest;

	while (m && m->origin != origin)
		m = m->newer;
	return m;
}

int crowd_room(
    const struct crowd *c, const struct addr *addr, uint64_t now, struct crowd_member **leaves)
{
	const struct crowd_origin *own = origin_of(c, addr);
	unsigned count = own ? own->n : 0;
	const struct crowd_origin *from;
	struct crowd_member *first;

	*leaves = NULL;
	if (c->n < c->max && count < c->max_per_address)
		return 1;
	from = own && count >= c->max_per_address ? own : fullest(c);
	first = oldest_of(c, from);
	if (first && (from->n > count + 1 || now - first->since >= c->grace))
		*leaves = first;
	return 0;
}

static struct crowd_origin *join(struct crowd *c, const struct addr *addr)
{
	struct crowd_origin *o = (struct crowd_origin *)origin_of(c, addr);

	/* There are as many places as members: one is free. */
	for (unsigned i = 0; !o && i < CROWD_MAX; i++)
		if (c->origin[i].n == 0)
			o = &c->origin[i];
	if (o && o->n++ == 0)
		o->addr = *addr;
	return o;
}

/* The list is in the order of their times. */
static void append(struct crowd *c, struct crowd_member *m, uint64_t now)
{
	m->since = now;
	m->newer = NULL;
	m->older = c->newest;
	*(c->newest ? &c->newest->newer : &c->oldest) = m;
	c->newest = m;
}

static void cut(struct crowd *c, struct crowd_member *m)
{
	*(m->older ? &m->older->newer : &c->oldest) = m->newer;
	*(m->newer ? &m->newer->older : &c->newest) = m->older;
}

void crowd_enter(struct crowd *c, struct crowd_member *m, const struct addr *addr, uint64_t now)
{
	m->origin = join(c, addr);
	append(c, m, now);
	c->n++;
}

void crowd_progress(struct crowd *c, struct crowd_member *m, uint64_t now)
{
	if (!m->origin)
		return;
	cut(c, m);
	append(c, m, now);
}

void crowd_sent_away(struct crowd *c, const struct crowd_member *m, uint64_t now)
{
	/* At once, for the sake of another address: that tells nothing of it. */
	if (now - m->since >= c->grace)
		c->silent[c->silent_n++ % CROWD_SIEGE] = now;
}

int crowd_is_besieged(const struct crowd *c, uint64_t now)
{
	return c->silent_n >= CROWD_SIEGE &&
	       now - c->silent[c->silent_n % CROWD_SIEGE] < CROWD_LATELY;
}

void crowd_leave(struct crowd *c, struct crowd_member *m)
{
	if (!m->origin)
		return;
	m->origin->n--;
	m->origin = NULL;
	cut(c, m);
	c->n--;
}
