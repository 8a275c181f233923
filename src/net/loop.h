/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One epoll loop a process. A watch is told of an edge and keeps for itself what it knows of its
 * descriptor: epoll is asked once when it is added, and again only by loop_want_room.
 */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include "base/err.h"

#include <stdint.h>

struct watch;
typedef void watch_ready(struct watch *w, uint32_t events);

/* Embedded in what it watches; must stay where it is while it is in the loop. */
struct watch {
	watch_ready *ready;
	int fd;
};

struct loop {
	int fd;
	int stop;
};

int loop_open(struct loop *l, struct err *e);
void loop_close(struct loop *l);

/*
 * Tells w->ready of edges (EPOLLIN, EPOLLOUT and EPOLLRDHUP with EPOLLET). level: of EPOLLIN for as
 * long as it lasts instead; exclusive: as level, and only one of several processes is woken
 * (EPOLLEXCLUSIVE, for listening sockets); input: as edge, without EPOLLOUT until loop_want_room.
 */
enum loop_how { LOOP_EDGE, LOOP_LEVEL, LOOP_EXCLUSIVE, LOOP_INPUT };
int loop_add(struct loop *l, struct watch *w, enum loop_how how, struct err *e);

/*
 * From now on w, added as LOOP_INPUT, is told of EPOLLOUT as well; at once when there is room. A
 * Unix socket has such an edge whenever its peer has read something, so that asking before a send
 * came up short means a wake-up for each message.
 */
void loop_want_room(struct loop *l, struct watch *w);

/* Takes a watch out, its descriptor staying open. */
void loop_remove(struct loop *l, struct watch *w);

/*
 * The watch's descriptor is about to be closed (which takes it out of epoll) and its memory to be
 * freed: what this turn still had to tell it is dropped.
 */
void loop_forget(struct watch *w);

/* Waits at most ms milliseconds (-1: for ever) and calls what is ready. -1: epoll failed. */
int loop_turn(struct loop *l, int ms, struct err *e);

#endif
