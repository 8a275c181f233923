/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands behind a TLS proxy that knows no protocol: `echo PATH` listens on a Unix socket,
 * reads lines of up to 255 bytes, each a number, and answers each with that many bytes. As light as
 * can be, since it is measured only to be told apart from the proxy.
 */
#include "base/err.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define LINE       256
#define EVENTS     64
#define ANSWER_MAX (1ULL << 30)

struct client {
	int fd;
	size_t n; /* bytes of a line that is not whole yet */
	uint64_t owed;
	char line[LINE];
};

static const char answer[128 * 1024];
static int loop;

static void leave(struct client *c)
{
	close(c->fd);
	free(c);
}

/* Takes whole lines off the front. -1: a line is too long, or asks for too much. */
static int take_lines(struct client *c)
{
	char *end;

	while ((end = memchr(c->line, '\n', c->n))) {
		size_t n = (size_t)(end - c->line) + 1;

		*end = '\0';
		c->owed += strtoull(c->line, NULL, 10);
		if (c->owed > ANSWER_MAX)
			return -1;
		memmove(c->line, c->line + n, c->n - n);
		c->n -= n;
	}
	return c->n < LINE ? 0 : -1;
}

static int pay(struct client *c)
{
	while (c->owed) {
		size_t n = c->owed < sizeof answer ? (size_t)c->owed : sizeof answer;
		ssize_t sent = send(c->fd, answer, n, MSG_NOSIGNAL);

		if (sent < 0)
			return errno == EAGAIN ? 0 : -1;
		c->owed -= (uint64_t)sent;
	}
	return 0;
}

static int serve(struct client *c)
{
	for (;;) {
		size_t room = LINE - c->n;
		ssize_t n;

		if (pay(c) < 0)
			return -1;
		if (c->owed)
			return 0;
		n = recv(c->fd, c->line + c->n, room, 0);
		if (n < 0)
			return errno == EAGAIN ? 0 : -1;
		if (n == 0)
			return -1;
		c->n += (size_t)n;
		if (take_lines(c) < 0)
			return -1;
		/* A short read took all there was. */
		if ((size_t)n < room)
			return pay(c);
	}
}

static void admit(int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct epoll_event ev = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET };
	struct client *c;

	if (fd < 0)
		return;
	c = calloc(1, sizeof *c);
	if (!c) {
		close(fd);
		return;
	}
	c->fd = fd;
	ev.data.ptr = c;
	if (epoll_ctl(loop, EPOLL_CTL_ADD, fd, &ev) < 0)
		leave(c);
}

static int listen_on(const char *path, struct err *e)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct epoll_event ev = { .events = EPOLLIN };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof sun.sun_path)
		return err_set(e, ERR_USER, "the path %s is too long for a socket", path);
	memcpy(sun.sun_path, path, strlen(path));
	if (fd < 0 || bind(fd, (struct sockaddr *)&sun, sizeof sun) < 0 || listen(fd, 1024) < 0)
		return err_sys(e, "listen on %s", path);
	loop = epoll_create1(EPOLL_CLOEXEC);
	if (loop < 0 || epoll_ctl(loop, EPOLL_CTL_ADD, fd, &ev) < 0)
		return err_sys(e, "epoll");
	return fd;
}

static void turn(int listener)
{
	struct epoll_event turn[EVENTS];
	int n = epoll_wait(loop, turn, EVENTS, -1);

	for (int i = 0; i < n; i++) {
		struct client *c = turn[i].data.ptr;

		if (!c)
			admit(listener);
		if (c && serve(c) < 0)
			leave(c);
	}
}

int main(int argc, char **argv)
{
	struct err e;
	int listener;

	if (argc != 2) {
		(void)fprintf(stderr, "usage: echo PATH\n");
		return 2;
	}
	listener = listen_on(argv[1], &e);
	if (listener < 0) {
		(void)fprintf(stderr, "echo: %s\n", e.text);
		return 1;
	}
	for (;;)
		turn(listener);
}
