/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets as a door needs them: listening, accepted, and to a database beside it. */
#ifndef NET_SOCK_H
#define NET_SOCK_H

#include "base/err.h"
#include "net/addr.h"

/*
 * Listens on a, non-blocking, close-on-exec, TCP_NODELAY and keepalive on (accepted sockets inherit
 * both), IPv6 sockets for IPv6 alone. a->port 0: the kernel chooses, and a->port says which. A port
 * in use: the sentence names the process that holds it, where /proc lets one see it.
 */
int sock_listen(struct addr *a, struct err *e);

/* Accepts one connection, non-blocking. -1 with e->sys == EAGAIN: none waits. */
int sock_accept(int listener, struct addr *peer, struct err *e);

/*
 * Begins to connect to a Unix socket. The descriptor, connected; -1 with e->sys: EAGAIN (its queue
 * is full), ENOENT or ECONNREFUSED (nobody is there).
 */
int sock_connect_unix(const char *path, struct err *e);

/*
 * Begins to connect over TCP, non-blocking, TCP_NODELAY and keepalive on. The descriptor: the
 * connection may still be under way; it becomes writable when that is decided, and then
 * sock_connected says how. -1 with e->sys: it can't even begin (ENETUNREACH, EADDRNOTAVAIL…).
 */
int sock_connect_tcp(const struct addr *to, struct err *e);

/* 1: connected; 0: still under way; -1 with e->sys: refused, or no answer. */
int sock_connected(int fd, struct err *e);

#endif
