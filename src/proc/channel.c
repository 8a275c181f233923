/* SPDX-License-Identifier: Apache-2.0 */
#include "proc/channel.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

int channel_pair(int fd[2], struct err *e)
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd) < 0)
		return err_sys(e, "make a channel");
	return 0;
}

/* The length of the payload and the descriptor are as the rule says. */
static int allowed(const struct message_rule *r, size_t n, int fd)
{
	return r && n >= r->min && n <= r->max && (fd >= 0) == r->with_fd;
}

int channel_send2(const struct channel *c, enum message_type type, const void *p, size_t n,
    const void *q, size_t m, int fd, struct err *e)
{
	uint32_t head = (uint32_t)type;
	struct iovec iov[3] = { { &head, sizeof head }, { (void *)p, n }, { (void *)q, m } };
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 3 };

	if (!allowed(message_rule(type, c->self, c->peer), n + m, fd))
		return err_set(e, ERR_LOCAL, "message %u may not go from %s to %s so", head,
		    role_name(c->self), role_name(c->peer));
	if (fd >= 0) {
		memset(&control, 0, sizeof control);
		msg.msg_control = control.bytes;
		msg.msg_controllen = sizeof control.bytes;
		struct cmsghdr *h = CMSG_FIRSTHDR(&msg);

		h->cmsg_level = SOL_SOCKET;
		h->cmsg_type = SCM_RIGHTS;
		h->cmsg_len = CMSG_LEN(sizeof fd);
		memcpy(CMSG_DATA(h), &fd, sizeof fd);
	}
	while (sendmsg(c->fd, &msg, MSG_NOSIGNAL) < 0)
		if (errno != EINTR)
			return err_sys(e, "send to %s", role_name(c->peer));
	return 0;
}

int channel_send(
    const struct channel *c, enum message_type type, const void *p, size_t n, int fd, struct err *e)
{
	return channel_send2(c, type, p, n, NULL, 0, fd, e);
}

/* The one descriptor of a received message, or -1; any further ones are closed. */
static int take_fd(struct msghdr *msg)
{
	int fd = -1;

	for (struct cmsghdr *h = CMSG_FIRSTHDR(msg); h; h = CMSG_NXTHDR(msg, h)) {
		size_t count = (h->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < count; i++) {
			int got;

			memcpy(&got, CMSG_DATA(h) + i * sizeof got, sizeof got);
			if (fd < 0)
				fd = got;
			else
				close(got);
		}
	}
	return fd;
}

int channel_recv(const struct channel *c, struct message *m, struct err *e)
{
	uint32_t head = 0;
	struct iovec iov[2] = { { &head, sizeof head }, { m->p, sizeof m->p } };
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int) * 4)];
	} control;
	struct msghdr msg = { .msg_iov = iov,
		.msg_iovlen = 2,
		.msg_control = control.bytes,
		.msg_controllen = sizeof control.bytes };
	ssize_t n;

	do
		n = recvmsg(c->fd, &msg, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_sys(e, "receive from %s", role_name(c->peer));
	m->fd = take_fd(&msg);
	if (n == 0)
		return 0;
	m->type = (enum message_type)head;
	m->n = (size_t)n < sizeof head ? 0 : (size_t)n - sizeof head;
	if ((size_t)n >= sizeof head && !(msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) &&
	    allowed(message_rule(m->type, c->peer, c->self), m->n, m->fd))
		return 1;
	if (m->fd >= 0)
		close(m->fd);
	m->fd = -1;
	return err_set(e, ERR_PEER, "%s sent message %u of %zu bytes, which it may not",
	    role_name(c->peer), head, m->n);
}
