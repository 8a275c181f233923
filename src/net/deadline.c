/* SPDX-License-Identifier: Apache-2.0 */
#include "net/deadline.h"

#include <limits.h>

void deadline_clear(struct deadline *d)
{
	struct deadlines *q = d->queue;

	if (!q)
		return;
	*(d->prev ? &d->prev->next : &q->first) = d->next;
	*(d->next ? &d->next->prev : &q->last) = d->prev;
	q->n--;
	d->queue = NULL;
	d->next = NULL;
	d->prev = NULL;
}

void deadline_set(struct deadlines *q, struct deadline *d, uint64_t now)
{
	deadline_clear(d);
	d->at = now + q->wait;
	d->queue = q;
	d->prev = q->last;
	*(q->last ? &q->last->next : &q->first) = d;
	q->last = d;
	q->n++;
}

struct deadline *deadline_due(const struct deadlines *q, uint64_t now)
{
	return q->wait && q->first && q->first->at <= now ? q->first : NULL;
}

int deadline_ms(const struct deadlines *q, uint64_t now)
{
	uint64_t ms;

	if (!q->wait || !q->first)
		return -1;
	if (q->first->at <= now)
		return 0;
	ms = (q->first->at - now + 999) / 1000;
	return ms < INT_MAX ? (int)ms : INT_MAX;
}
