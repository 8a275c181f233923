/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Notes in the relay's ledger what was wrong with a client, or what one wants to know of one that
 * got in. Each reads the client's hello when there is one and it matters, and frees it.
 */
#ifndef FRONT_WITNESS_H
#define FRONT_WITNESS_H

struct session;

/* The session ends for session->reason. Of one that was logged in nothing is noted. */
void witness_failed(struct session *s);

/* It is logged in. */
void witness_works(struct session *s);

#endif
