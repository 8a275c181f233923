/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The MySQL protocol from the client's side: the packets that a client sends until it has asked
 * something. Structs in, bytes out; no I/O, no state.
 *
 * Sources: MySQL internals, "Connection Phase" (Protocol::SSLRequest,
 * Protocol::HandshakeResponse41), "Text Protocol" (COM_QUERY).
 *
 * Each appends a whole packet, header included. -1: there is no room.
 */
#ifndef WIRE_MYSQLCLIENT_H
#define WIRE_MYSQLCLIENT_H

#include "base/buf.h"
#include "base/span.h"

#include <stdint.h>

/* Asks for TLS; the first packet of a client, number 1. */
int mysqlclient_ssl_request(struct buf *out);

struct mysqlclient_login {
	const char *user, *plugin;
	struct span proof; /* to the greeting's scramble; up to 255 bytes */
};

/* The login that follows the handshake. */
int mysqlclient_login(struct buf *out, uint8_t seq, const struct mysqlclient_login *l);

/* A packet with that payload: an answer to AuthSwitchRequest, or to AuthMoreData. */
int mysqlclient_packet(struct buf *out, uint8_t seq, struct span payload);

int mysqlclient_query(struct buf *out, const char *sql);
/* COM_QUIT */
int mysqlclient_quit(struct buf *out);

#endif
