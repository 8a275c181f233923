/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A channel between two dbtls processes: a SOCK_SEQPACKET pair, one message a datagram, at most one
 * descriptor with it. Each end says who it is; messages.h says what may pass.
 */
#ifndef PROC_CHANNEL_H
#define PROC_CHANNEL_H

#include "base/err.h"
#include "proc/messages.h"

#define CHANNEL_MAX 65536 /* bytes of payload in one message */

struct channel {
	int fd; /* owned by whoever made it; -1: none */
	enum role self, peer;
};

struct message {
	enum message_type type;
	int fd; /* -1, or a descriptor that is now the receiver's to close */
	size_t n;
	_Alignas(8) uint8_t p[CHANNEL_MAX];
};

/* Two connected ends, close-on-exec, blocking. */
int channel_pair(int fd[2], struct err *e);

/*
 * Sends one message; fd (or -1) goes along and stays open here. -1: not sent; e->sys == EAGAIN on a
 * non-blocking channel that is full. Sending what no rule allows is a bug and is refused as well.
 */
int channel_send(const struct channel *c, enum message_type type, const void *p, size_t n, int fd,
    struct err *e);

/* As channel_send, the payload in two parts. */
int channel_send2(const struct channel *c, enum message_type type, const void *p, size_t n,
    const void *q, size_t m, int fd, struct err *e);

/*
 * Receives one message into *m. 1: there is one. 0: the peer is gone. -1: error; e->sys == EAGAIN
 * when a non-blocking channel has none; ERR_PEER when the peer sent what it may not.
 */
int channel_recv(const struct channel *c, struct message *m, struct err *e);

#endif
