/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose turn it is in a MySQL session, as far as the edges of what is passed on tell: enough to
 * know when an error of the door's own would be read as one. Bytes in, no I/O, and no packet is
 * followed: where an answer is long its last bytes alone are looked at.
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
	TURN_MIDDLE   /* in the middle of a command or an answer */
};

/* It was before, and then came n bytes from the client. */
enum turn turn_up(enum turn before, const uint8_t *p, size_t n);

/* The same of n bytes from the database. */
enum turn turn_down(enum turn before, const uint8_t *p, size_t n);

#endif
