/* SPDX-License-Identifier: Apache-2.0 */
/* The MySQL side of a connection: the greeting, TLS on request, a login. */
#ifndef PROBE_LOGON_H
#define PROBE_LOGON_H

#include "probe/facts.h"
#include "probe/talk.h"

#include <stdint.h>

/* What a login needs to know of the greeting. */
struct logon {
	uint8_t scramble[20];
	char plugin[64], version[128];
	uint8_t seq; /* of the packet that came last */
};

/*
 * Reads the greeting. How it ended goes to *s, which is filled but for its time: FACTS_OK: TLS is
 * offered and nothing lies behind the greeting.
 */
int logon_greeting(struct talk *t, struct logon *l, struct facts_step *s);

/* Asks for TLS, which must begin after that. */
void logon_ask_tls(struct talk *t);

/* Says in *s what came in the place of TLS, after talk_shake has found that strange. */
void logon_not_tls(struct talk *t, struct facts_step *s);

/*
 * Inside TLS: a login that can't succeed, which proves the way. FACTS_OK: answered by MySQL; the
 * error's number is in s->code.
 */
void logon_stranger(struct talk *t, struct logon *l, struct facts_step *s);

/*
 * Whether that error, in answer to a login, is MySQL's answer to that login: it has the user looked
 * up, and so the way is right. 0: it would say so to anybody, or is about the connection.
 */
int logon_proves(int code);

/*
 * Inside TLS, and to a server that was verified: a login, and SELECT 1. FACTS_METHOD: the server
 * asks for a method that is not spoken here, and nothing was answered.
 */
void logon_user(
    struct talk *t, struct logon *l, const char *user, const char *password, struct facts_step *s);

#endif
