/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The connections that have not logged in yet, oldest first. Each holds one of the database's
 * connections, so they are bounded, in all and for one address; when a new one comes to a full
 * house the oldest must go: who is silent loses, who logs in is through in milliseconds.
 */
#ifndef FRONT_CROWD_H
#define FRONT_CROWD_H

#include "net/addr.h"

struct crowd_member {
	struct crowd_member *older, *newer;
	struct addr addr;
	int in;
};

struct crowd {
	struct crowd_member *oldest, *newest;
	unsigned n;
	unsigned max, max_per_address;
};

/*
 * Adds m, who comes from addr (for IPv6 the /64 counts as one address). Returns who must go for
 * that, the oldest from the same address or the oldest of all; NULL: nobody. The caller ends that
 * one, which then leaves by crowd_leave.
 */
struct crowd_member *crowd_enter(struct crowd *c, struct crowd_member *m, const struct addr *addr);

/* Takes m out, if it is in. */
void crowd_leave(struct crowd *c, struct crowd_member *m);

#endif
