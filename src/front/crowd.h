/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The logins under way, oldest first. Each holds one of the database's connections, so they are
 * bounded, in all and for one address. When a new one comes to a full house it waits; whoever has
 * been in for more than a moment must make room: who is silent loses, and a pool that opens all its
 * connections at once loses nothing, since a login is through in milliseconds.
 */
#ifndef FRONT_CROWD_H
#define FRONT_CROWD_H

#include "net/addr.h"

struct crowd_member {
	struct crowd_member *older, *newer;
	struct addr addr;
	uint64_t since; /* clock_us() */
	int in;
};

struct crowd {
	struct crowd_member *oldest, *newest;
	unsigned n;
	unsigned max, max_per_address;
	uint64_t grace; /* microseconds that nobody is sent away in */
};

/*
 * Whether there is room for one more from addr (for IPv6 the /64 counts as one address). 1: yes.
 * 0: no; *leaves is then who must make room, or NULL: nobody has been in for long, ask again soon.
 */
int crowd_room(
    const struct crowd *c, const struct addr *addr, uint64_t now, struct crowd_member **leaves);

/* Adds m, who comes from addr. */
void crowd_enter(struct crowd *c, struct crowd_member *m, const struct addr *addr, uint64_t now);

/* Takes m out, if it is in. */
void crowd_leave(struct crowd *c, struct crowd_member *m);

#endif
