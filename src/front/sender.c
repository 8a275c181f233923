/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who the client is, said by a load balancer before the client's first byte, and said to the
 * database before ours: PROXY headers (wire/proxy.h).
 */
#include "base/log.h"
#include "front/session.h"
#include "wire/proxy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static struct addr addr_of(const struct proxy_addr *from)
{
	struct addr a = { .family = from->family, .port = from->port };

	memcpy(a.ip, from->ip, sizeof a.ip);
	return a;
}

static struct proxy_addr proxy_addr_of(const struct addr *from)
{
	struct proxy_addr a = { .family = from->family, .port = from->port };

	memcpy(a.ip, from->ip, sizeof a.ip);
	return a;
}

/* 0.0.0.0, :: and port 0 are nobody's: no list of addresses was made with them in mind. */
static int is_somebody(const struct proxy_addr *a)
{
	static const uint8_t nobody[sizeof a->ip];

	return a->port && memcmp(a->ip, nobody, sizeof nobody) != 0;
}

static enum step broken(struct session *s, const char *why)
{
	char text[ADDR_TEXT];

	log_line("PROXY header from %s: %s", addr_text(&s->peer, text), why);
	return session_refuse(s, REASON_PROXY_BROKEN);
}

/* It is whole: takes it off the socket, and not a byte of what follows. */
static enum step take(struct session *s, const struct proxy_header *h, uint8_t *in, size_t n)
{
	/* All of it was seen there a moment ago. */
	if (recv(s->client.watch.fd, in, n, 0) != (ssize_t)n)
		return session_refuse(s, REASON_INTERNAL);
	s->proxied = calloc(1, sizeof *s->proxied);
	if (!s->proxied)
		return session_refuse(s, REASON_INTERNAL);
	s->proxied->sender = s->peer;
	/* LOCAL, and what is not TCP over IP: the sender speaks for itself. */
	if (!h->from.family)
		return STEP_NEXT;
	if (!is_somebody(&h->from) || !is_somebody(&h->to))
		return broken(s, "an address or port of 0");
	s->peer = addr_of(&h->from);
	s->proxied->to = addr_of(&h->to);
	return STEP_NEXT;
}

enum step sender_run(struct session *s)
{
	struct proxy_header h;
	uint8_t in[PROXY_MAX];
	size_t length;
	ssize_t n;

	if (!cidr_set_holds(&s->at->senders, &s->peer))
		return STEP_NEXT;
	n = recv(s->client.watch.fd, in, sizeof in, MSG_PEEK);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return STEP_WAIT;
	if (n <= 0)
		return session_over(s, REASON_LEFT_EARLY);
	switch (proxy_read(span_of(in, (size_t)n), &h, &length)) {
	case PROXY_WHOLE:
		return take(s, &h, in, length);
	case PROXY_MORE:
		/* What is there stays there: only the edge tells that no more will come. */
		return s->client.hangup ? broken(s, "cut off") : STEP_WAIT;
	case PROXY_NONE:
		return session_refuse(s, REASON_PROXY_MISSING);
	case PROXY_BAD:
		break;
	}
	return broken(s, h.wrong);
}

/* The address that the client had connected to. */
static int destination(const struct session *s, struct addr *a, struct err *e)
{
	struct sockaddr_storage ss;
	socklen_t n = sizeof ss;

	if (s->proxied && s->proxied->to.family) {
		*a = s->proxied->to;
		return 0;
	}
	if (getsockname(s->client.watch.fd, (struct sockaddr *)&ss, &n) < 0)
		return err_sys(e, "look at a connection's address");
	return addr_from_sockaddr(a, (const struct sockaddr *)&ss);
}

int sender_introduce(struct session *s, struct err *e)
{
	struct buf out = buf_new(PROXY_MAX);
	struct proxy_addr from = proxy_addr_of(&s->peer), to;
	struct addr here;
	int rc = -1;

	if (destination(s, &here, e) < 0)
		return -1;
	to = proxy_addr_of(&here);
	if (proxy_write(&out, &from, &to) < 0) {
		err_set(e, ERR_LOCAL, "no memory for a PROXY header");
		goto out;
	}
	/* A new connection's socket takes so few bytes, or it is broken. */
	if (send(s->upstream.watch.fd, out.p, out.n, MSG_NOSIGNAL) != (ssize_t)out.n) {
		err_sys(e, "send a PROXY header");
		goto out;
	}
	rc = 0;
out:
	buf_free(&out);
	return rc;
}
