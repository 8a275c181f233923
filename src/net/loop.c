/* SPDX-License-Identifier: Apache-2.0 */
#include "net/loop.h"

#include "base/i18n.h"
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define EVENTS_PER_TURN 128

/*
 * The events of the turn that is running. A watch that is removed in the middle of it is struck out
 * here, so that nobody is told of a descriptor that is closed, or of memory that is freed.
 */
static struct epoll_event turn[EVENTS_PER_TURN];
static int turn_at, turn_n;

int loop_open(struct loop *l, struct err *e)
{
	l->stop = 0;
	l->fd = epoll_create1(EPOLL_CLOEXEC);
	return l->fd < 0 ? err_sys(e, "epoll") : 0;
}

void loop_close(struct loop *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}

int loop_add(struct loop *l, struct watch *w, enum loop_how how, struct err *e)
{
	static const uint32_t events[] = {
		[LOOP_EDGE] = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
		[LOOP_LEVEL] = EPOLLIN,
		[LOOP_EXCLUSIVE] = EPOLLIN | EPOLLEXCLUSIVE,
		[LOOP_INPUT] = EPOLLIN | EPOLLRDHUP | EPOLLET,
	};
	struct epoll_event ev = { .events = events[how], .data.ptr = w };

	if (epoll_ctl(l->fd, EPOLL_CTL_ADD, w->fd, &ev) < 0)
		return err_sys(e, _("watch a descriptor"));
	return 0;
}

void loop_want_room(struct loop *l, struct watch *w)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
		.data.ptr = w };

	/* It can't fail for a descriptor that is in the loop. */
	(void)epoll_ctl(l->fd, EPOLL_CTL_MOD, w->fd, &ev);
}

void loop_forget(struct watch *w)
{
	for (int i = turn_at; i < turn_n; i++)
		if (turn[i].data.ptr == w)
			turn[i].data.ptr = NULL;
}

void loop_remove(struct loop *l, struct watch *w)
{
	(void)epoll_ctl(l->fd, EPOLL_CTL_DEL, w->fd, NULL);
	loop_forget(w);
}

int loop_turn(struct loop *l, int ms, struct err *e)
{
	turn_n = epoll_wait(l->fd, turn, EVENTS_PER_TURN, ms);
	if (turn_n < 0) {
		turn_n = 0;
		return errno == EINTR ? 0 : err_sys(e, _("wait for events"));
	}
	for (turn_at = 0; turn_at < turn_n;) {
		struct epoll_event ev = turn[turn_at++];
		struct watch *w = ev.data.ptr;

		if (w)
			w->ready(w, ev.events);
	}
	turn_n = 0;
	return 0;
}
