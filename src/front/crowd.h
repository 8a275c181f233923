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

#define CROWD_MAX 256

/* One address, and how many of the members come from it. */
struct crowd_origin {
	struct addr addr;
	unsigned n; /* 0: the place is free */
};

struct crowd_member {
	struct crowd_member *older, *newer;
	struct crowd_origin *origin; /* NULL: not in */
	uint64_t since;              /* clock_us() */
};

struct crowd {
	struct crowd_member *oldest, *newest;
	unsigned n;
	unsigned max, max_per_address; /* CROWD_MAX at most */
	uint64_t grace;                /* microseconds that nobody is sent away in */
	struct crowd_origin origin[CROWD_MAX];
};

/*
 * Whether there is room for one more from addr (for IPv6 the /64 counts as one address). 1: yes.
 * 0: no; *leaves is then who must make room, or NULL: nobody has been in for long, ask again soon.
 * In a full house the address with the most members makes room, at once when it has more than its
 * share beside the newcomer's: so no address can keep the others out.
 */
int crowd_room(
    const struct crowd *c, const struct addr *addr, uint64_t now, struct crowd_member **leaves);

/* Adds m, who comes from addr, after crowd_room has said 1 or *leaves has left. */
void crowd_enter(struct crowd *c, struct crowd_member *m, const struct addr *addr, uint64_t now);

/* Takes m out, if it is in. */
void crowd_leave(struct crowd *c, struct crowd_member *m);

#endif
