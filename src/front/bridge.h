/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The login bridge (T9): Oracle's clients from 9.0 on have no mysql_native_password, and MariaDB
 * has no caching_sha2_password. When such a client meets such a database, the door asks the client
 * for its password as caching_sha2_password's full authentication does, under TLS, and answers the
 * database's own challenge with it. No table of users, no stored secret; the password is in the
 * relay's memory for that moment, and wiped (docs/threats.md).
 *
 *	database                   door                         client
 *	                                      <- login, caching_sha2_password, no answer
 *	switch to native, scramble ->
 *	                           switch to caching_sha2 ->
 *	                                      <- 32 bytes (a password there is), or nothing
 *	                           01 04: perform full authentication ->
 *	                                      <- password NUL
 *	          <- native answer
 *	OK or ERR ->                                            ->
 *
 * A client that knows the database's method never comes here: it answers the greeting with it.
 *
 * Pure: bytes in, decisions out. Sources: MySQL internals, "Authentication Method Mismatch",
 * "caching_sha2_password".
 */
#ifndef FRONT_BRIDGE_H
#define FRONT_BRIDGE_H

#include "base/span.h"
#include "wire/mysql.h"

#define BRIDGE_TEXT   64 /* room for what bridge_switch and bridge_hear give to be sent */
#define BRIDGE_ANSWER 20 /* bytes of mysql_native_password's answer */

enum bridge_stage { BRIDGE_OUT, BRIDGE_SWITCHED, BRIDGE_ASKED };

struct bridge {
	uint8_t on;       /* the door may bridge at all */
	uint8_t sha2;     /* the client named caching_sha2_password */
	uint8_t stage;    /* BRIDGE_OUT: packets pass as they are */
	uint8_t next_seq; /* of the answer that the database waits for */
	uint8_t scramble[20];
};

/* Notes what the client's login packet says of it. */
void bridge_login(struct bridge *b, const struct mysql_login *in);

/*
 * A packet in which the database asks for another method, with its sequence id. 0: nothing to
 * bridge. Else the bytes of the payload that the client gets instead, put into out.
 */
size_t bridge_switch(struct bridge *b, struct span payload, uint8_t seq, uint8_t out[BRIDGE_TEXT]);

/* What a packet of the client's leads to, while bridging. */
enum bridge_do {
	BRIDGE_ASK,     /* send out to the client */
	BRIDGE_ANSWERS, /* send out to the database, as b->next_seq: the bridge is crossed */
	BRIDGE_BROKEN   /* it is no answer to what was asked */
};
enum bridge_do bridge_hear(
    struct bridge *b, struct span payload, uint8_t out[BRIDGE_TEXT], size_t *n);

#endif
