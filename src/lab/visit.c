/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/visit.h"

#include "base/clock.h"
#include "wire/hello.h"

#include <errno.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>

#define AHEAD_MAX (1 << 20) /* bytes that may be read ahead of need */
#define CLOSE_MS  2000      /* the longest that a close waits for the client's own */

static pthread_mutex_t seen_lock = PTHREAD_MUTEX_INITIALIZER;

static uint64_t in_ms(const struct visit *v, int ms)
{
	uint64_t then = clock_us() + (uint64_t)ms * 1000;

	return then < v->deadline ? then : v->deadline;
}

/* Whether what is asked for happens on the descriptor until then. */
static int await(int fd, short what, uint64_t then)
{
	struct pollfd p = { .fd = fd, .events = what };
	uint64_t now;
	int n;

	do {
		now = clock_us();
		n = poll(&p, 1, now < then ? (int)((then - now + 999) / 1000) : 0);
	} while (n < 0 && errno == EINTR);
	return n > 0;
}

/* What the client says below TLS, until then. 0: it has left; -1: it says nothing. */
static ssize_t receive(struct visit *v, void *p, size_t n, uint64_t then)
{
	ssize_t got;

	do {
		if (!await(v->fd, POLLIN, then))
			return -1;
		got = recv(v->fd, p, n, 0);
	} while (got < 0 && (errno == EAGAIN || errno == EINTR));
	if (got <= 0)
		return 0;
	visit_saw(v, SAW_FIRST_BYTE);
	return got;
}

/* A second, or less when the client leaves meanwhile. */
static void dawdle(struct visit *v)
{
	(void)await(v->fd, POLLRDHUP, in_ms(v, 1000));
}

static int transmit(struct visit *v, const uint8_t *p, size_t n)
{
	while (n > 0) {
		ssize_t sent;

		if (clock_us() >= v->deadline || !await(v->fd, POLLOUT, v->deadline))
			return -1;
		sent = send(v->fd, p, v->slow ? 1 : n, MSG_NOSIGNAL);
		if (sent < 0 && errno != EAGAIN && errno != EINTR)
			return -1;
		if (sent <= 0)
			continue;
		p += sent;
		n -= (size_t)sent;
		if (v->slow && n > 0)
			dawdle(v);
	}
	return 0;
}

static int bio_read(BIO *b, char *p, int n)
{
	struct visit *v = BIO_get_data(b);
	ssize_t got;

	BIO_clear_retry_flags(b);
	if (v->raw.n > 0) {
		size_t take = v->raw.n < (size_t)n ? v->raw.n : (size_t)n;

		memcpy(p, v->raw.p, take);
		buf_drop(&v->raw, take);
		return (int)take;
	}
	got = receive(v, p, (size_t)n, v->until);
	if (got < 0)
		BIO_set_retry_read(b); /* whoever only peeks may come again */
	return (int)got;
}

static int bio_write(BIO *b, const char *p, int n)
{
	BIO_clear_retry_flags(b);
	return transmit(BIO_get_data(b), (const uint8_t *)p, (size_t)n) < 0 ? -1 : n;
}

static long bio_ctrl(BIO *b, int what, long arg, void *more)
{
	(void)b, (void)arg, (void)more;
	return what == BIO_CTRL_FLUSH;
}

static int bio_create(BIO *b)
{
	BIO_set_init(b, 1);
	return 1;
}

/* Made once, and kept until the process ends. */
static BIO_METHOD *bio_method;

static void make_method(void)
{
	BIO_METHOD *m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "visit");

	if (m && BIO_meth_set_read(m, bio_read) == 1 && BIO_meth_set_write(m, bio_write) == 1 &&
	    BIO_meth_set_ctrl(m, bio_ctrl) == 1 && BIO_meth_set_create(m, bio_create) == 1)
		bio_method = m;
}

BIO *visit_bio(struct visit *v)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	BIO *b;

	(void)pthread_once(&once, make_method);
	b = bio_method ? BIO_new(bio_method) : NULL;
	if (b)
		BIO_set_data(b, v);
	return b;
}

/* Reads some more into v->in. -1: there is none until v->until, or never again. */
static int more(struct visit *v)
{
	uint8_t p[4096];
	ssize_t n;

	if (!v->ssl) {
		n = receive(v, p, sizeof p, v->until);
		return n > 0 ? buf_add(&v->in, p, (size_t)n) : -1;
	}
	n = SSL_read(v->ssl, p, sizeof p);
	ERR_clear_error();
	return n > 0 ? buf_add(&v->in, p, (size_t)n) : -1;
}

int visit_read(struct visit *v, void *p, size_t n)
{
	uint8_t *to = p;

	while (n > 0) {
		size_t take;

		if (v->in.n == 0 && more(v) < 0)
			return -1;
		take = v->in.n < n ? v->in.n : n;
		memcpy(to, v->in.p, take);
		buf_drop(&v->in, take);
		to += take;
		n -= take;
	}
	return 0;
}

struct span visit_peek(struct visit *v, size_t n, int ms)
{
	v->until = in_ms(v, ms);
	while (v->in.n < n && more(v) == 0)
		;
	v->until = v->deadline;
	return span_of(v->in.p, v->in.n);
}

int visit_write(struct visit *v, const void *p, size_t n)
{
	int rc;

	if (!v->ssl || n == 0)
		return transmit(v, p, n);
	rc = SSL_write(v->ssl, p, (int)n);
	ERR_clear_error();
	return rc == (int)n ? 0 : -1;
}

static void drain(struct visit *v, uint64_t then)
{
	uint8_t p[4096];

	while (clock_us() < then && receive(v, p, sizeof p, then) > 0)
		;
}

int visit_hold(struct visit *v)
{
	drain(v, v->deadline);
	return -1;
}

int visit_close(struct visit *v)
{
	if (v->over)
		return -1;
	v->over = 1;
	v->slow = 0;
	if (v->ssl)
		(void)SSL_shutdown(v->ssl);
	ERR_clear_error();
	(void)shutdown(v->fd, SHUT_WR);
	drain(v, clock_us() + CLOSE_MS * 1000);
	return -1;
}

int visit_reset(struct visit *v)
{
	struct linger at_once = { .l_onoff = 1, .l_linger = 0 };

	v->over = 1;
	(void)setsockopt(v->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
	return -1;
}

void visit_saw(struct visit *v, unsigned what)
{
	(void)pthread_mutex_lock(&seen_lock);
	v->seen->what |= what;
	(void)pthread_mutex_unlock(&seen_lock);
}

void visit_saw_tls(struct visit *v, int version)
{
	(void)pthread_mutex_lock(&seen_lock);
	v->seen->what |= SAW_TLS;
	v->seen->version = version;
	(void)pthread_mutex_unlock(&seen_lock);
}

void visit_saw_alert(struct visit *v, int alert)
{
	(void)pthread_mutex_lock(&seen_lock);
	v->seen->alert = alert;
	(void)pthread_mutex_unlock(&seen_lock);
}

/* Text that a stranger sent; what is no letter of a name becomes '?'. */
static void keep(char *to, size_t size, const void *text, size_t n)
{
	const uint8_t *p = text;
	size_t i;

	(void)pthread_mutex_lock(&seen_lock);
	for (i = 0; i < n && i + 1 < size; i++)
		to[i] = (char)(p[i] >= ' ' && p[i] < 0x7f ? p[i] : '?');
	to[i] = '\0';
	(void)pthread_mutex_unlock(&seen_lock);
}

void visit_saw_agent(struct visit *v, const char *name, size_t n)
{
	keep(v->seen->agent, sizeof v->seen->agent, name, n);
}

int visit_saw_hello(struct visit *v, struct span body, struct hello *h)
{
	if (hello_read(body, h) < 0)
		return -1;
	keep(v->seen->sni, sizeof v->seen->sni, h->sni.p, h->sni.n);
	return 0;
}

int visit_take_hello(struct visit *v)
{
	uint8_t room[HELLO_MAX];
	struct span said, body;
	enum hello_found found;
	struct hello h;
	size_t want = 0;

	do {
		said = visit_peek(v, want + 1, VISIT_MS);
		if (said.n <= want)
			return -1;
		want = said.n;
		found = hello_from_records(said, room, &body);
	} while (found == HELLO_MORE);
	if (found != HELLO_WHOLE || visit_saw_hello(v, body, &h) < 0)
		return -1;
	buf_drop(&v->in, v->in.n); /* the client waits: nothing follows it */
	return 0;
}

int visit_await_alert(struct visit *v)
{
	uint8_t record[7];

	if (visit_read(v, record, sizeof record) < 0)
		return -1;
	if (record[0] == SSL3_RT_ALERT && record[4] == 2)
		visit_saw_alert(v, record[6]);
	return -1;
}

static void count(struct visit *v, int arrived)
{
	(void)pthread_mutex_lock(&seen_lock);
	if (arrived) {
		v->seen->what |= SAW_CONNECTION;
		v->seen->connections++;
	}
	v->seen->open += arrived ? 1u : -1u;
	(void)pthread_mutex_unlock(&seen_lock);
}

void visit_run(struct visit *v)
{
	v->in = buf_new(AHEAD_MAX);
	v->raw = buf_new(AHEAD_MAX);
	v->deadline = v->until = clock_us() + VISIT_MS * 1000;
	count(v, 1);
	for (size_t i = 0; i < STEPS; i++)
		if (v->shape->step[i](v) < 0)
			break;
	(void)visit_close(v);
	count(v, 0);
	SSL_free(v->ssl);
	buf_free(&v->in);
	buf_free(&v->raw);
}

void visit_seen(struct seen *s, int forget, struct seen *out)
{
	(void)pthread_mutex_lock(&seen_lock);
	*out = *s;
	if (forget)
		*s = (struct seen) { .open = s->open };
	(void)pthread_mutex_unlock(&seen_lock);
}

int visit_accept(struct visit *v)
{
	(void)v;
	return 0;
}

int visit_nothing(struct visit *v)
{
	(void)v;
	return 0;
}
