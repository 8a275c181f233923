/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deadlines of many things that all wait equally long: a queue in which the last to come is the
 * last to be due, so that setting, clearing and finding the next cost nothing. A relay has one
 * queue a stage.
 */
#ifndef NET_DEADLINE_H
#define NET_DEADLINE_H

#include <stddef.h>
#include <stdint.h>

/* Embedded in what waits; all zero: in no queue. */
struct deadline {
	struct deadline *next, *prev;
	uint64_t at; /* clock_us() */
	struct deadlines *queue;
};

struct deadlines {
	struct deadline *first, *last;
	uint64_t wait; /* microseconds; 0: members are queued and never due */
	size_t n;
};

/* Puts d at the end of q, out of whatever queue it was in. now: clock_us(). */
void deadline_set(struct deadlines *q, struct deadline *d, uint64_t now);

/* Takes it out of its queue, if it is in one. */
void deadline_clear(struct deadline *d);

/* The first member when its time has come, else NULL. It stays in the queue. */
struct deadline *deadline_due(const struct deadlines *q, uint64_t now);

/* Milliseconds until the first is due, rounded up; -1: none. */
int deadline_ms(const struct deadlines *q, uint64_t now);

#endif
