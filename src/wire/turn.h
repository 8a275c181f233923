/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose turn it is in a MySQL session, as far as the edges of what is passed on tell: enough to
 * know when an error of the door's own would be read as one. Bytes in, no I/O. A command is
 * followed to its end; an answer is not: of a long one its first and its last bytes alone are
 * looked at.
 *
 * Sources: MySQL internals, "Command Phase", OK_Packet, EOF_Packet; MariaDB knowledge base,
 * "Server response packets".
 */
#ifndef WIRE_TURN_H
#define WIRE_TURN_H

#include <stddef.h>
#include <stdint.h>

enum turn {
	TURN_UNKNOWN, /* it can't be told: no MySQL, or compressed; it stays so */
	TURN_CLIENT,  /* the last answer is whole: a command may follow */
	TURN_SERVER,  /* one whole command was sent, and nothing of its answer has come */
	TURN_HALF,    /* part of one command was sent, and nothing of its answer has come */
	TURN_MIDDLE,  /* in the middle of an answer, or of a command that can't be followed */
	TURN_MANY /* commands overtake answers: whose turn it is can't be told again; it stays so */
};

struct turn_state {
	uint8_t whose; /* enum turn */
	uint32_t left; /* bytes of the client's packet that are to come yet: CLIENT, HALF */
};

/* n bytes came from the client. */
void turn_up(struct turn_state *t, const uint8_t *p, size_t n);

/* n bytes came from the database. */
void turn_down(struct turn_state *t, const uint8_t *p, size_t n);

#endif
