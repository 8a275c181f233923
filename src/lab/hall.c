/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/hall.h"

#include "base/i18n.h"

#include "net/sock.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define STACK ((size_t)512 * 1024)
#define FILES 8192 /* descriptors: a seat and a listener need one each */

struct seat {
	enum { FREE, TAKEN, LEFT } is; /* LEFT: its thread waits to be joined */
	struct hall *hall;
	pthread_t thread;
	void *where;
	int fd;
};

struct listener {
	int fd; /* borrowed */
	void *where;
	struct listener *next;
};

struct hall {
	hall_visit *visit;
	int epoll;
	int bell; /* rings when the hall is closed */
	int open; /* the porter's thread was started */
	pthread_t porter;
	struct listener *listeners;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t left;
	int closing;
	struct seat seat[HALL_SEATS];
};

static void *sit(void *arg)
{
	struct seat *s = arg;
	struct hall *h = s->hall;

	h->visit(s->where, s->fd);
	(void)pthread_mutex_lock(&h->lock);
	/* Under the lock: hall_close must not shut down the next to have this number. */
	(void)close(s->fd);
	s->is = LEFT;
	(void)pthread_cond_signal(&h->left);
	(void)pthread_mutex_unlock(&h->lock);
	return NULL;
}

/* A thread that takes no signal, which are the main thread's to take. */
static int begin(pthread_t *thread, void *(*run)(void *), void *arg)
{
	pthread_attr_t attr;
	sigset_t all, old;
	int rc = pthread_attr_init(&attr);

	if (rc != 0)
		return rc;
	(void)pthread_attr_setstacksize(&attr, STACK);
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(thread, &attr, run, arg);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	(void)pthread_attr_destroy(&attr);
	return rc;
}

/* Under the lock. NULL: all are taken. */
static struct seat *find(struct hall *h)
{
	for (size_t i = 0; i < HALL_SEATS; i++) {
		struct seat *s = &h->seat[i];

		if (s->is == TAKEN)
			continue;
		if (s->is == LEFT)
			(void)pthread_join(s->thread, NULL);
		s->is = FREE;
		return s;
	}
	return NULL;
}

/* Waits for a free seat; it stays free until it is given away, since one porter alone does that. */
static struct seat *wait_for_seat(struct hall *h)
{
	struct seat *s = NULL;

	(void)pthread_mutex_lock(&h->lock);
	while (!h->closing && !(s = find(h)))
		(void)pthread_cond_wait(&h->left, &h->lock);
	(void)pthread_mutex_unlock(&h->lock);
	return s;
}

/* In vain when there is no memory for a thread, or the hall closes: then the connection ends. */
static void seat_guest(struct hall *h, struct seat *s, void *where, int fd)
{
	(void)pthread_mutex_lock(&h->lock);
	*s = (struct seat) { .hall = h, .where = where, .fd = fd };
	if (!h->closing && begin(&s->thread, sit, s) == 0)
		s->is = TAKEN;
	if (s->is != TAKEN)
		(void)close(fd);
	(void)pthread_mutex_unlock(&h->lock);
}

/* 0: the hall is closing. */
static int let_in(struct hall *h, const struct listener *l)
{
	struct seat *s = wait_for_seat(h);
	struct addr peer;
	struct err e = { 0 };
	int fd = s ? sock_accept(l->fd, &peer, &e) : -1;

	if (fd >= 0)
		seat_guest(h, s, l->where, fd);
	/* Out of descriptors or memory: it may be better in a moment. */
	if (fd < 0 && (e.sys == EMFILE || e.sys == ENFILE || e.sys == ENOBUFS || e.sys == ENOMEM))
		(void)poll(NULL, 0, 50);
	return s != NULL;
}

static void *watch_door(void *arg)
{
	struct epoll_event events[64];
	struct hall *h = arg;
	int n;

	for (;;) {
		n = epoll_wait(h->epoll, events, sizeof events / sizeof *events, -1);
		for (int i = 0; i < n; i++)
			if (!events[i].data.ptr || !let_in(h, events[i].data.ptr))
				return NULL;
	}
}

/* A thousand visits and the listeners are more descriptors than a shell usually allows. */
static void raise_limit(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) < 0 || r.rlim_cur >= FILES)
		return;
	r.rlim_cur = r.rlim_max < FILES ? r.rlim_max : FILES;
	(void)setrlimit(RLIMIT_NOFILE, &r);
}

struct hall *hall_open(hall_visit *visit, struct err *e)
{
	struct epoll_event bell = { .events = EPOLLIN };
	struct hall *h = calloc(1, sizeof *h);

	if (!h) {
		err_sys(e, _("make room for visits"));
		return NULL;
	}
	raise_limit();
	h->visit = visit;
	(void)pthread_mutex_init(&h->lock, NULL);
	(void)pthread_cond_init(&h->left, NULL);
	h->epoll = epoll_create1(EPOLL_CLOEXEC);
	h->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (h->epoll >= 0 && h->bell >= 0 &&
	    epoll_ctl(h->epoll, EPOLL_CTL_ADD, h->bell, &bell) == 0)
		return h;
	err_sys(e, _("watch listeners"));
	hall_close(h);
	return NULL;
}

int hall_add(struct hall *h, int listener, void *where, struct err *e)
{
	struct listener *l = calloc(1, sizeof *l);
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = l };

	if (!l)
		return err_sys(e, _("make room for a listener"));
	*l = (struct listener) { .fd = listener, .where = where, .next = h->listeners };
	h->listeners = l;
	if (epoll_ctl(h->epoll, EPOLL_CTL_ADD, listener, &event) < 0)
		return err_sys(e, _("watch a listener"));
	return 0;
}

int hall_start(struct hall *h, struct err *e)
{
	errno = begin(&h->porter, watch_door, h);
	if (errno)
		return err_sys(e, _("start a thread"));
	h->open = 1;
	return 0;
}

static int is_in_use(struct hall *h, const struct seat *s)
{
	int in_use;

	(void)pthread_mutex_lock(&h->lock);
	in_use = s->is != FREE;
	(void)pthread_mutex_unlock(&h->lock);
	return in_use;
}

static void show_out(struct hall *h)
{
	(void)pthread_mutex_lock(&h->lock);
	h->closing = 1;
	for (size_t i = 0; i < HALL_SEATS; i++)
		if (h->seat[i].is == TAKEN)
			(void)shutdown(h->seat[i].fd, SHUT_RDWR);
	(void)pthread_cond_broadcast(&h->left);
	(void)pthread_mutex_unlock(&h->lock);
	(void)eventfd_write(h->bell, 1);
}

void hall_close(struct hall *h)
{
	if (!h)
		return;
	show_out(h);
	if (h->open)
		(void)pthread_join(h->porter, NULL);
	for (size_t i = 0; i < HALL_SEATS; i++)
		if (is_in_use(h, &h->seat[i]))
			(void)pthread_join(h->seat[i].thread, NULL);
	while (h->listeners) {
		struct listener *l = h->listeners;

		h->listeners = l->next;
		free(l);
	}
	if (h->epoll >= 0)
		(void)close(h->epoll);
	if (h->bell >= 0)
		(void)close(h->bell);
	(void)pthread_cond_destroy(&h->left);
	(void)pthread_mutex_destroy(&h->lock);
	free(h);
}
