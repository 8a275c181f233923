/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stages that lives share, and what a session has only until it is let in: a place in the
 * crowd, and whatever its protocol needs besides.
 */
#ifndef FRONT_STAGES_H
#define FRONT_STAGES_H

#include "front/session.h"

#include <stddef.h>
#include <stdint.h>

/* A life's own struct begins with this. */
struct entry {
	struct crowd_member member; /* first: crowd_room gives these back */
	struct session *session;
	uint32_t us_upgrade; /* from session->started until its first word was read */
	uint8_t address;     /* of session->via, the one being tried */
	uint8_t tried;       /* how many of them were before it */
};

/* STAGE_ACCESS: whether the client's address is on the access list. */
enum step stages_access(struct session *s);

/*
 * For STAGE_ROOM: a place in the crowd, with s->entry all zero but for struct entry; size: of the
 * life's own struct. STEP_WAIT: it is crowded, and the relay has it tried again.
 */
enum step stages_room(struct session *s, size_t size);

/*
 * STAGE_DIAL: connects to the database with the least sessions, or to one that answers, and
 * introduces the client there. STEP_WAIT, too: the relay has it tried again.
 */
enum step stages_dial(struct session *s);

/* Whether another address of the same database, or another database, may answer. */
int stages_has_elsewhere(const struct session *s, uint64_t now);

/*
 * It does not answer, or not as it should: leaves it. 1: the session is to dial elsewhere; 0:
 * nobody is left.
 */
int stages_goes_elsewhere(struct session *s, const char *why);

/* Makes the client's TLS connection, ready for its ClientHello, which is kept. */
enum step stages_tls_begin(struct session *s);

/* For STAGE_TLS: the handshake that stages_tls_begin made ready, and what is noted of it. */
enum step stages_tls(struct session *s);

/* What the client's failed handshake, or its alert behind it, stands for. */
enum step stages_tls_failed(struct session *s);

/*
 * For STAGE_UPSTREAM_TLS: sends request as it is, the last thing in the clear (n 0: nothing), then
 * begins the handshake.
 */
enum step stages_secure(struct session *s, const void *request, size_t n);

/* … and runs it. */
enum step stages_upstream_tls(struct session *s);

/* The session is let in: gives up its place. Returns STEP_NEXT. */
enum step stages_let_in(struct session *s);

/* Gives up the place that a session may have, and frees s->entry. */
void stages_leave(struct session *s);

/* STAGE_LINGER: until the client has read why. */
enum step stages_linger(struct session *s);

/* Microseconds since the session began, never 0. */
uint32_t stages_clock(const struct session *s);

#endif
