/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/revoke.h"

#include "base/i18n.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/i18n.h"
#include "lab/asked.h"
#include "lab/hall.h"
#include "net/sock.h"
#include "wire/http.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define VISIT_US    10000000 /* the longest that one lasts */
#define LINGER_US   1000000  /* and the longest that it waits for the client to leave */
#define REQUEST_MAX ((size_t)HTTP_HEAD_MAX + ASKED_DER)
#define ANSWER_MAX  ((size_t)64 * 1024)

struct shown {
	struct shown *next;
	const struct forge *forge;
};

struct revoke {
	struct hall *hall;
	int listener;
	char url[64];
	pthread_mutex_t lock; /* of the list */
	struct shown *shown;  /* the last added first */
};

const char *revoke_url(const struct revoke *r)
{
	return r->url;
}

/* ---- what is answered ------------------------------------------------------------------------ */

int revoke_add(struct revoke *r, const struct forge *f, struct err *e)
{
	struct shown *s = malloc(sizeof *s);

	if (!s)
		return err_sys(e, _("note a chain"));
	(void)pthread_mutex_lock(&r->lock);
	*s = (struct shown) { .next = r->shown, .forge = f };
	r->shown = s;
	(void)pthread_mutex_unlock(&r->lock);
	return 0;
}

static const struct forge *find(struct revoke *r, const char *label)
{
	const struct shown *s;

	(void)pthread_mutex_lock(&r->lock);
	s = r->shown;
	while (s && strcmp(forge_label(s->forge), label) != 0)
		s = s->next;
	(void)pthread_mutex_unlock(&r->lock);
	return s ? s->forge : NULL;
}

/* Appends what the answer says; its status. */
static int look_up(struct revoke *r, const struct asked *a, struct buf *out)
{
	const struct forge *f = find(r, a->label);
	const struct forged *s = f ? forge_spec(f, a->index) : NULL;
	struct err e;
	int rc;

	if (!s || !(s->revocable & (a->crl ? FORGE_CRL : FORGE_OCSP)))
		return 404;
	rc = a->crl ? forge_crl(f, a->index, out, &e)
		    : forge_ocsp(f, a->index, a->der, a->n, out, &e);
	return rc < 0 ? 500 : 200;
}

/* ---- one connection -------------------------------------------------------------------------- */

struct caller {
	int fd;
	uint64_t until; /* clock_us() */
};

/* Whether something may be read or written before its time is over. */
static int is_ready(const struct caller *c, short events)
{
	struct pollfd p = { .fd = c->fd, .events = events };
	uint64_t now = clock_us();

	return now < c->until && poll(&p, 1, (int)((c->until - now) / 1000) + 1) == 1;
}

static int read_more(const struct caller *c, struct buf *in)
{
	uint8_t part[2048];
	ssize_t n = is_ready(c, POLLIN) ? recv(c->fd, part, sizeof part, MSG_DONTWAIT) : -1;

	return n <= 0 ? -1 : buf_add(in, part, (size_t)n);
}

static int write_all(const struct caller *c, const void *p, size_t n)
{
	struct span s = span_of(p, n);

	while (s.n > 0) {
		ssize_t sent =
		    is_ready(c, POLLOUT) ? send(c->fd, s.p, s.n, MSG_DONTWAIT | MSG_NOSIGNAL) : -1;

		if (sent < 0)
			return -1;
		(void)span_skip(&s, (size_t)sent);
	}
	return 0;
}

/* Its head in *r, head bytes long. The status, 200: so far it is right; -1: the client has left. */
static int read_head(const struct caller *c, struct buf *in, struct http_request *r, size_t *head)
{
	enum http_read is;

	while ((is = http_read(span_of(in->p, in->n), r, head)) == HTTP_MORE)
		if (read_more(c, in) < 0)
			return -1;
	if (is == HTTP_BAD)
		return r->status;
	return r->length > ASKED_DER ? 413 : 200;
}

static int read_body(const struct caller *c, struct buf *in, size_t whole, int expects)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";

	if (expects && in->n < whole && write_all(c, go_on, sizeof go_on - 1) < 0)
		return -1;
	while (in->n < whole)
		if (read_more(c, in) < 0)
			return -1;
	return 0;
}

/* The status, and in *out what the answer says; -1: the client has left. */
static int serve(struct revoke *r, const struct caller *c, struct buf *out, int *crl)
{
	struct buf in = buf_new(REQUEST_MAX);
	struct http_request request;
	struct asked asked;
	size_t head = 0;
	int status = read_head(c, &in, &request, &head);

	if (status != 200)
		goto out;
	status = -1;
	if (read_body(c, &in, head + request.length, request.expects) < 0)
		goto out;
	/* The bytes may have moved. */
	(void)http_read(span_of(in.p, in.n), &request, &head);
	status = asked_read(&request, span_of(in.p + head, request.length), &asked);
	*crl = asked.crl;
	if (status == 200)
		status = look_up(r, &asked, out);
out:
	buf_free(&in);
	return status;
}

static void answer(const struct caller *c, int status, int crl, const struct buf *body)
{
	struct buf out = buf_new(ANSWER_MAX + 512);
	const char *type = crl ? "application/pkix-crl" : "application/ocsp-response";

	if (buf_fmt(&out,
		"HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
		"Connection: close\r\n\r\n",
		status, http_reason(status), body->n ? type : "text/plain", body->n) == 0 &&
	    (body->n == 0 || buf_add(&out, body->p, body->n) == 0))
		(void)write_all(c, out.p, out.n);
	buf_free(&out);
}

/* What was not read when a socket is closed makes a RST, which may overtake the answer. */
static void linger(int fd)
{
	struct caller c = { .fd = fd, .until = clock_us() + LINGER_US };
	struct buf in = buf_new(REQUEST_MAX);

	(void)shutdown(fd, SHUT_WR);
	while (read_more(&c, &in) == 0)
		buf_drop(&in, in.n);
	buf_free(&in);
}

static void visit(void *where, int fd)
{
	struct revoke *r = where;
	struct caller c = { .fd = fd, .until = clock_us() + VISIT_US };
	struct buf out = buf_new(ANSWER_MAX);
	int crl = 0, status = serve(r, &c, &out, &crl);

	if (status > 0) {
		answer(&c, status, crl, &out);
		linger(fd);
	}
	buf_free(&out);
}

/* ---- start and end --------------------------------------------------------------------------- */

static int begin(struct revoke *r, struct err *e)
{
	struct addr a;
	char where[ADDR_TEXT];

	(void)addr_parse_ip(&a, "127.0.0.1");
	a.port = 0;
	r->hall = hall_open(visit, e);
	r->listener = r->hall ? sock_listen(&a, e) : -1;
	if (r->listener < 0 || hall_add(r->hall, r->listener, r, e) < 0)
		return -1;
	(void)snprintf(r->url, sizeof r->url, "http://%s", addr_text(&a, where));
	return hall_start(r->hall, e);
}

struct revoke *revoke_start(struct err *e)
{
	struct revoke *r = calloc(1, sizeof *r);

	if (!r) {
		(void)err_sys(e, _("make room for a responder"));
		return NULL;
	}
	r->listener = -1;
	(void)pthread_mutex_init(&r->lock, NULL);
	if (begin(r, e) == 0)
		return r;
	revoke_stop(r);
	return NULL;
}

void revoke_stop(struct revoke *r)
{
	if (!r)
		return;
	hall_close(r->hall);
	if (r->listener >= 0)
		(void)close(r->listener);
	while (r->shown) {
		struct shown *s = r->shown;

		r->shown = s->next;
		free(s);
	}
	(void)pthread_mutex_destroy(&r->lock);
	free(r);
}
