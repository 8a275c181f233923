/* SPDX-License-Identifier: Apache-2.0 */
#include "probe/talk.h"

#include "base/clock.h"
#include "net/sock.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PART   16384
#define RECORD 5 /* bytes before what a TLS record holds (RFC 8446 5.1) */

void talk_init(struct talk *t)
{
	*t = (struct talk) { .fd = -1, .alert = -1 };
	t->in = buf_new(TALK_IN);
	t->heard = buf_new(TALK_HEARD);
}

void talk_close(struct talk *t)
{
	SSL_free(t->ssl);
	t->ssl = NULL;
	if (t->fd >= 0)
		(void)close(t->fd);
	t->fd = -1;
	buf_wipe(&t->in);
	buf_free(&t->heard);
}

void talk_step(struct talk *t, int ms)
{
	t->until = clock_us() + (uint64_t)ms * 1000;
}

static int fail(struct talk *t, enum facts_end end)
{
	t->end = end;
	return -1;
}

/* ---- below TLS ------------------------------------------------------------------------------- */

static const struct {
	int sys;
	enum facts_end end;
} ends[] = {
	{ ECONNREFUSED, FACTS_REFUSED }, { ENETUNREACH, FACTS_UNREACHABLE },
	{ EHOSTUNREACH, FACTS_UNREACHABLE }, { EADDRNOTAVAIL, FACTS_UNREACHABLE },
	{ ETIMEDOUT, FACTS_TIMEOUT }, { ECONNRESET, FACTS_RESET },
	{ EPIPE, FACTS_CLOSED }, /* a reset behind an end: tcp_reset() in Linux says it so */
};

static enum facts_end end_of(struct talk *t, int sys)
{
	(void)snprintf(t->why, sizeof t->why, "%s", strerror(sys));
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		if (ends[i].sys == sys)
			return ends[i].end;
	return FACTS_LOCAL;
}

static int await(struct talk *t, short events)
{
	struct pollfd p[] = { { .fd = t->fd, .events = events },
		{ .fd = t->stop > 0 ? t->stop : -1, .events = POLLIN } };

	for (;;) {
		uint64_t now = clock_us();
		int n;

		if (now >= t->until)
			return fail(t, FACTS_TIMEOUT);
		n = poll(p, 2, (int)((t->until - now) / 1000) + 1);
		if (n > 0)
			return p[1].revents ? fail(t, FACTS_TIMEOUT) : 0;
		if (n < 0 && errno != EINTR)
			return fail(t, end_of(t, errno));
	}
}

int talk_connect(struct talk *t, const struct addr *to)
{
	struct err e = { 0 };
	int is;

	t->fd = sock_connect_tcp(to, &e);
	if (t->fd < 0)
		return fail(t, end_of(t, e.sys));
	while ((is = sock_connected(t->fd, &e)) == 0)
		if (await(t, POLLOUT) < 0)
			return -1;
	if (is > 0)
		return 0;
	/* It was there, and has left before this was looked at. */
	t->sent = end_of(t, e.sys);
	return t->sent == FACTS_RESET ? 0 : fail(t, t->sent);
}

static void put(struct talk *t, const uint8_t *p, size_t n)
{
	while (n > 0 && t->sent == FACTS_NOT_TRIED) {
		ssize_t done = send(t->fd, p, n, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (done >= 0) {
			p += done;
			n -= (size_t)done;
			continue;
		}
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN)
			t->sent = end_of(t, errno);
		else if (await(t, POLLOUT) < 0)
			t->sent = t->end;
	}
}

/* What came; n is more than 0. */
static ssize_t get(struct talk *t, uint8_t part[PART])
{
	for (;;) {
		ssize_t n;

		/* Whoever always has another byte is at the end of the step's time too. */
		if (clock_us() >= t->until)
			return fail(t, FACTS_TIMEOUT);
		n = recv(t->fd, part, PART, MSG_DONTWAIT);

		if (n > 0)
			return n;
		if (n == 0)
			return fail(t, t->sent == FACTS_NOT_TRIED ? FACTS_CLOSED : t->sent);
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN)
			return fail(t, end_of(t, errno));
		if (await(t, POLLIN) < 0)
			return -1;
	}
}

static void keep_heard(struct talk *t, const uint8_t *p, size_t n)
{
	size_t room = TALK_HEARD - t->heard.n;

	(void)buf_add(&t->heard, p, n < room ? n : room);
}

/* ---- TLS ------------------------------------------------------------------------------------- */

static void flush(struct talk *t)
{
	BIO *out = SSL_get_wbio(t->ssl);
	char *p = NULL;
	long n = BIO_get_mem_data(out, &p);

	if (n > 0)
		put(t, (uint8_t *)p, (size_t)n);
	(void)BIO_reset(out);
}

static int is_tls(const struct buf *heard)
{
	return heard->n < 2 ||
	       (heard->p[0] >= SSL3_RT_CHANGE_CIPHER_SPEC &&
		   heard->p[0] <= SSL3_RT_APPLICATION_DATA && heard->p[1] == SSL3_VERSION_MAJOR);
}

static int feed(struct talk *t)
{
	uint8_t part[PART];
	ssize_t n;

	flush(t);
	n = get(t, part);
	if (n < 0)
		return -1;
	keep_heard(t, part, (size_t)n);
	if (!is_tls(&t->heard))
		return fail(t, FACTS_STRANGE);
	return BIO_write(SSL_get_rbio(t->ssl), part, (int)n) == n ? 0 : fail(t, FACTS_LOCAL);
}

static const struct {
	int reason;
	enum facts_end end;
} reasons[] = {
	{ SSL_R_UNSUPPORTED_PROTOCOL, FACTS_VERSION },
	{ SSL_R_WRONG_SSL_VERSION, FACTS_VERSION },
	{ SSL_R_WRONG_VERSION_NUMBER, FACTS_VERSION },
	{ SSL_R_INAPPROPRIATE_FALLBACK, FACTS_DOWNGRADE },
	{ SSL_R_BAD_SIGNATURE, FACTS_PROOF },
	{ SSL_R_DH_KEY_TOO_SMALL, FACTS_SMALL_DH },
	{ SSL_R_WRONG_SIGNATURE_TYPE, FACTS_BROKEN },
};

/* What OpenSSL has ended itself, or was told to end by an alert. */
static enum facts_end broken(struct talk *t)
{
	unsigned long code = ERR_peek_error();
	const char *text = ERR_reason_error_string(code);

	ERR_clear_error();
	if (t->alert >= 0)
		return FACTS_ALERT;
	(void)snprintf(t->why, sizeof t->why, "%s", text ? text : "");
	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
		if (ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) == reasons[i].reason)
			return reasons[i].end;
	return FACTS_BROKEN;
}

static void note_alert(const SSL *ssl, int where, int what)
{
	struct talk *t = SSL_get_app_data(ssl);

	if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT && what >> 8 == SSL3_AL_FATAL)
		t->alert = what & 0xff;
}

/* After a call of OpenSSL's that returned rc: 0: ask again. */
static int go_on(struct talk *t, int rc)
{
	int why = SSL_get_error(t->ssl, rc);

	if (why == SSL_ERROR_WANT_READ)
		return feed(t);
	flush(t);
	if (why == SSL_ERROR_WANT_WRITE)
		return 0;
	t->notified = why == SSL_ERROR_ZERO_RETURN;
	return fail(t, t->notified ? FACTS_CLOSED : broken(t));
}

int talk_shake(struct talk *t, struct ssl_st *ssl)
{
	BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
	int rc = 0;

	t->ssl = ssl;
	if (!in || !out) {
		BIO_free(in);
		BIO_free(out);
		return fail(t, FACTS_LOCAL);
	}
	(void)BIO_set_mem_eof_return(in, -1);
	SSL_set_bio(ssl, in, out);
	(void)SSL_set_app_data(ssl, t);
	SSL_set_info_callback(ssl, note_alert);
	ERR_clear_error();
	while ((rc = SSL_connect(ssl)) != 1)
		if (go_on(t, rc) < 0)
			return -1;
	flush(t);
	return 0;
}

/* Where a record of TLS begins behind the first byte. */
static int has_record(const struct buf *b)
{
	for (size_t i = 1; i + RECORD <= b->n; i++)
		if ((b->p[i] == SSL3_RT_HANDSHAKE || b->p[i] == SSL3_RT_ALERT) &&
		    b->p[i + 1] == SSL3_VERSION_MAJOR && b->p[i + 2] <= 4)
			return 1;
	return 0;
}

int talk_overhear(struct talk *t)
{
	uint8_t part[PART];
	ssize_t n = 0;

	while (!has_record(&t->heard) && t->heard.n < TALK_HEARD && (n = get(t, part)) > 0)
		keep_heard(t, part, (size_t)n);
	return has_record(&t->heard);
}

/* ---- both ------------------------------------------------------------------------------------ */

void talk_say(struct talk *t, const void *p, size_t n)
{
	int rc;

	if (!t->ssl) {
		put(t, p, n);
		return;
	}
	/* It waits for the server only where that has asked for another handshake. */
	while ((rc = SSL_write(t->ssl, p, (int)n)) <= 0)
		if (go_on(t, rc) < 0)
			return;
	flush(t);
}

static int take(struct talk *t, const uint8_t *p, ssize_t n)
{
	return buf_add(&t->in, p, (size_t)n) < 0 ? fail(t, FACTS_STRANGE) : 0;
}

int talk_hear(struct talk *t)
{
	uint8_t part[PART];
	ssize_t n;

	if (clock_us() >= t->until)
		return fail(t, FACTS_TIMEOUT);
	if (!t->ssl) {
		n = get(t, part);
		return n < 0 ? -1 : take(t, part, n);
	}
	while ((n = SSL_read(t->ssl, part, sizeof part)) <= 0)
		if (go_on(t, (int)n) < 0)
			return -1;
	return take(t, part, n);
}

int talk_need(struct talk *t, size_t n)
{
	while (t->in.n < n)
		if (talk_hear(t) < 0)
			return -1;
	return 0;
}
