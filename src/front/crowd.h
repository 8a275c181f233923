/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The logins under way, oldest first. Each holds one of the database's connections, so they are
 * bounded, in all and for one address. When a new one comes to a full house it waits; whoever has
 * not got on for more than a moment must make room: who is silent loses, and a pool that opens all
 * its connections at once loses nothing, since a login is through in milliseconds.
 */
#ifndef FRONT_CROWD_H
#define FRONT_CROWD_H

#include "net/addr.h"

#define CROWD_MAX    256
#define CROWD_SIEGE  16      /* members sent away for their silence within CROWD_LATELY */
#define CROWD_LATELY 2000000 /* microseconds */

/* One address, and how many of the members come from it. */
struct crowd_origin {
	struct addr addr;
	unsigned n; /* 0: the place is free */
};

struct crowd_member {
	struct crowd_member *older, *newer;
	struct crowd_origin *origin; /* NULL: not in */
	uint64_t since;              /* clock_us(): when it came, or last got on */
};

struct crowd {
	struct crowd_member *oldest, *newest;
	unsigned n;
	unsigned max, max_per_address; /* CROWD_MAX at most */
	uint64_t grace;                /* microseconds that nobody is sent away in */
	struct crowd_origin origin[CROWD_MAX];
	uint64_t silent[CROWD_SIEGE]; /* when the last ones had to leave for their silence */
	unsigned silent_n;
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

/* m has got on with its login: of all members it is the last to have to make room. */
void crowd_progress(struct crowd *c, struct crowd_member *m, uint64_t now);

/* m, whom crowd_room has named, is to leave. */
void crowd_sent_away(struct crowd *c, const struct crowd_member *m, uint64_t now);

/*
 * Whether so many had to leave for their silence lately that those who wait are no rush of clients
 * who will all log in, but the like of them.
 */
int crowd_is_besieged(const struct crowd *c, uint64_t now);

/* Takes m out, if it is in. */
void crowd_leave(struct crowd *c, struct crowd_member *m);

#endif
