/* SPDX-License-Identifier: Apache-2.0 */
/* What a relay's sessions share. One per process; relay.c fills it, the sessions read it. */
#ifndef FRONT_RELAY_STATE_H
#define FRONT_RELAY_STATE_H

#include "front/crowd.h"
#include "front/endpoint.h"
#include "front/ledger.h"
#include "front/relay.h"
#include "front/session.h"
#include "front/stats.h"
#include "net/deadline.h"
#include "net/loop.h"
#include "tls/tickets.h"

#define SIGNING_US 1000 /* how long others wait for a signature that is in flight */

struct relay {
	struct loop loop;
	struct relay_config config;
	struct endpoint endpoint[ENDPOINTS_MAX];
	struct ticket_keys tickets;
	struct crowd crowd;
	struct stats *stats;
	struct ledger *ledger;              /* behind it in the same memory */
	struct deadlines deadlines[STAGES]; /* one queue a stage; each session is in one of them */
	struct deadlines half_closed;       /* sessions of which one end has left */
	struct session *again, **again_last;
	size_t again_n;
	unsigned handshakes_left; /* steps of handshakes that this turn may still make */
	uint64_t signing_since;   /* clock_us of the first signature in flight */
	size_t signing_waits;     /* of those in again, who wait for it */
};

extern struct relay relay;

/* Has session_run called for s in the next turn of the loop. */
void relay_again(struct session *s);

#endif
