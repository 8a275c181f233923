/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/remote.h"

#include "base/clock.h"
#include "keys/form.h"
#include "keys/identity.h"
#include "keys/provider.h"
#include "keys/scheme.h"
#include "pki/sslerr.h"
#include "proc/channel.h"

#include <errno.h>
#include <openssl/async.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

/*
 * Requests on the way at one time. A socket with default buffers holds some 90 to 270 unread
 * messages: fewer are sent, so that neither direction is ever full and the rest wait here, where
 * they can be cancelled.
 */
#define WINDOW 32

/* Where an ask is: the first three are lists, each in the order of arrival. */
enum ask_state { ASK_QUEUED, ASK_SENT, ASK_ANSWERED, ASK_LISTS, ASK_OFF = ASK_LISTS };

/* One signature that somebody waits for. It lives on that one's stack, an OpenSSL job's mostly. */
struct ask {
	TAILQ_ENTRY(ask) link;
	enum ask_state state;
	uint64_t id;
	void *owner;
	const struct provider_ask *what;
	uint64_t since; /* clock_us() */
	size_t n;       /* of the signature; 0: refused or cancelled */
};

TAILQ_HEAD(asks, ask);

/* A caller outside of any job who may block, until that moment. */
struct patience {
	uint64_t until;
	struct err *e;
};

static struct {
	int open, gone; /* gone: the channel is dead; its descriptor is kept until the next one */
	struct channel channel;
	size_t outstanding; /* sent on this channel and not answered, cancelled ones included */
	struct asks lists[ASK_LISTS];
	size_t counts[ASK_LISTS];
	uint64_t last_id;
	void *owner;
	const struct patience *patience;
	struct err unread; /* for what fails where nobody can be told; the loop will find it */
	struct message inbox;
	void (*answered)(uint64_t us);
} st = { .channel = { .fd = -1 } };

/* ---- asks -------------------------------------------------------------------------------- */

static void ask_leave(struct ask *a)
{
	if (a->state == ASK_OFF)
		return;
	TAILQ_REMOVE(&st.lists[a->state], a, link);
	st.counts[a->state]--;
	a->state = ASK_OFF;
}

static void ask_move(struct ask *a, enum ask_state to)
{
	ask_leave(a);
	TAILQ_INSERT_TAIL(&st.lists[to], a, link);
	st.counts[to]++;
	a->state = to;
}

static int ask_waits(const struct ask *a)
{
	return a->state == ASK_QUEUED || a->state == ASK_SENT;
}

/* The answers come in the order of the asks: the first one is nearly always it. */
static struct ask *ask_sent(uint64_t id)
{
	struct ask *a;

	for (a = TAILQ_FIRST(&st.lists[ASK_SENT]); a; a = TAILQ_NEXT(a, link))
		if (a->id == id)
			return a;
	return NULL;
}

static struct ask *ask_of(enum ask_state list, const void *owner)
{
	struct ask *a;

	for (a = TAILQ_FIRST(&st.lists[list]); a; a = TAILQ_NEXT(a, link))
		if (a->owner == owner)
			return a;
	return NULL;
}

/* ---- the channel ------------------------------------------------------------------------- */

static int send_ask(const struct ask *a, struct err *e)
{
	struct sign_request r;

	memset(&r, 0, sizeof r); /* its padding goes out as well */
	r.id = a->id;
	r.algorithm = a->what->algorithm;
	memcpy(r.key, a->what->key, sizeof r.key);
	return channel_send2(
	    &st.channel, MSG_SIGN, &r, sizeof r, a->what->text.p, a->what->text.n, -1, e);
}

/* Sends what may be sent. -1: the channel is gone, and what it held waits for the next one. */
static int flush(struct err *e)
{
	struct ask *a;

	if (st.channel.fd < 0 || st.gone)
		return err_set(e, ERR_LOCAL, "the key process is gone");
	while (st.outstanding < WINDOW && (a = TAILQ_FIRST(&st.lists[ASK_QUEUED]))) {
		if (send_ask(a, e) < 0) {
			if (e->kind == ERR_SYS && e->sys == EAGAIN)
				return 0;
			st.gone = 1;
			return -1;
		}
		ask_move(a, ASK_SENT);
		st.outstanding++;
	}
	return 0;
}

static void take_answer(const struct message *m)
{
	struct span body = span_of(m->p, m->n), head;
	struct sign_reply r;
	struct ask *a = NULL;

	if (span_take(&body, sizeof r, &head) < 0)
		return;
	memcpy(&r, head.p, sizeof r);
	if (st.outstanding > 0)
		st.outstanding--;
	a = ask_sent(r.id);
	if (!a)
		return; /* cancelled meanwhile */
	a->n = 0;
	if (r.ok && body.n > 0 && body.n <= a->what->size) {
		memcpy(a->what->signature, body.p, body.n);
		a->n = body.n;
	}
	if (st.answered)
		st.answered(clock_us() - a->since);
	ask_move(a, ASK_ANSWERED);
}

/* 1: an answer was taken; 0: there is none now; -1: the channel is gone. */
static int receive(struct err *e)
{
	int rc;

	if (st.channel.fd < 0 || st.gone)
		return err_set(e, ERR_LOCAL, "the key process is gone");
	rc = channel_recv(&st.channel, &st.inbox, e);
	if (rc > 0) {
		take_answer(&st.inbox);
		return 1;
	}
	if (rc < 0 && e->kind == ERR_SYS && e->sys == EAGAIN)
		return 0;
	st.gone = 1;
	return rc < 0 ? -1 : err_set(e, ERR_PEER, "the key process ended");
}

/* ---- one signature ----------------------------------------------------------------------- */

/* Parks the job until remote_ready or remote_cancel took the ask off the lists. */
static void wait_parked(struct ask *a)
{
	/* The error queue is the thread's, not the job's: what is left there becomes another's. */
	ERR_clear_error();
	while (ask_waits(a))
		if (!ASYNC_pause_job())
			return;
}

static void wait_blocking(struct ask *a, const struct patience *p)
{
	while (ask_waits(a)) {
		struct pollfd fd = { .fd = st.channel.fd, .events = POLLIN };
		uint64_t now = clock_us();
		int rc = receive(p->e);

		if (rc == 0)
			rc = flush(p->e);
		if (rc < 0)
			return;
		if (now >= p->until) {
			err_set(p->e, ERR_LOCAL, "the key process does not answer");
			return;
		}
		/* The socket may be full of what is not ours: look again soon. */
		if (rc == 0 && ask_waits(a))
			(void)poll(&fd, 1,
			    a->state == ASK_QUEUED ? 1 : (int)((p->until - now) / 1000) + 1);
	}
	if (a->n == 0)
		err_set(p->e, ERR_LOCAL, "the key process refuses to sign with this key");
}

/*
 * provider_sign. Outside of a job there is nothing to park, and blocking would stop every other
 * connection: a signature fails there, unless it's the self-test's.
 */
static int sign(const struct provider_ask *what, size_t *n)
{
	struct ask a = { .state = ASK_OFF, .owner = st.owner, .what = what, .since = clock_us() };
	int parked = ASYNC_get_current_job() != NULL;

	if (what->text.n == 0 || what->text.n > SIGN_TEXT_MAX || (!parked && !st.patience))
		return -1;
	a.id = ++st.last_id;
	ask_move(&a, ASK_QUEUED);
	(void)flush(&st.unread);
	if (parked)
		wait_parked(&a);
	if (!parked)
		wait_blocking(&a, st.patience);
	ask_leave(&a);
	*n = a.n;
	return a.n > 0 ? 0 : -1;
}

/* ---- the contract ------------------------------------------------------------------------ */

int remote_open(size_t jobs, struct err *e)
{
	if (st.open)
		return err_set(e, ERR_LOCAL, "the provider is loaded already");
	for (size_t i = 0; i < ASK_LISTS; i++)
		TAILQ_INIT(&st.lists[i]);
	if (provider_open(sign, e) < 0)
		return -1;
	if (jobs == 0 || ASYNC_init_thread(jobs, 0) != 1) {
		err_ssl(e, "make room for %zu jobs", jobs);
		provider_close();
		return -1;
	}
	st.open = 1;
	return 0;
}

void remote_close(void)
{
	if (!st.open)
		return;
	ASYNC_cleanup_thread();
	provider_close();
	if (st.channel.fd >= 0)
		close(st.channel.fd);
	st.channel.fd = -1;
	st.open = st.gone = 0;
}

/* What the old channel was asked is asked again, before what waited behind it. */
static void take_back(void)
{
	struct ask *a;

	while ((a = TAILQ_LAST(&st.lists[ASK_SENT], asks))) {
		ask_leave(a);
		TAILQ_INSERT_HEAD(&st.lists[ASK_QUEUED], a, link);
		st.counts[ASK_QUEUED]++;
		a->state = ASK_QUEUED;
	}
	st.outstanding = 0;
}

int remote_attach(int fd, struct err *e)
{
	if (st.channel.fd >= 0)
		close(st.channel.fd);
	st.channel = (struct channel) { .fd = fd, .self = ROLE_RELAY, .peer = ROLE_KEYS };
	st.gone = 0;
	take_back();
	return flush(e);
}

int remote_fd(void)
{
	return st.gone ? -1 : st.channel.fd;
}

EVP_PKEY *remote_key(X509 *cert, struct err *e)
{
	return provider_key(cert, e);
}

void remote_owner(void *owner)
{
	st.owner = owner;
}

/* The owner may do anything then, also ask or cancel: the ask is off the lists before. */
static void resume_answered(void (*resume)(void *owner))
{
	struct ask *a;

	while ((a = TAILQ_FIRST(&st.lists[ASK_ANSWERED]))) {
		ask_leave(a);
		resume(a->owner);
	}
}

int remote_ready(void (*resume)(void *owner), struct err *e)
{
	int rc;

	/* Who waits for nothing more need not be told that there is nothing more. */
	do {
		rc = receive(e);
		resume_answered(resume);
	} while (rc > 0 && st.outstanding > 0);
	/* Only now, so that a fast key process can't keep the loop in here. */
	return rc < 0 ? -1 : flush(e);
}

int remote_cancel(void *owner)
{
	struct ask *a = NULL;

	for (size_t i = 0; i < ASK_LISTS && !a; i++)
		a = ask_of((enum ask_state)i, owner);
	if (!a)
		return 0;
	a->n = 0;
	ask_leave(a);
	return 1;
}

void remote_timed(void (*answered)(uint64_t us))
{
	st.answered = answered;
}

size_t remote_in_flight(void)
{
	return st.counts[ASK_QUEUED] + st.counts[ASK_SENT];
}

/* ---- the self-test ----------------------------------------------------------------------- */

static int selftest_sign(EVP_PKEY *key, struct span text, uint8_t *out, size_t *n)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	EVP_PKEY_CTX *ctx = NULL; /* belongs to md */
	int rc = -1;

	if (md && EVP_DigestSignInit_ex(md, &ctx, "SHA256", NULL, NULL, key, NULL) > 0 &&
	    (!EVP_PKEY_is_a(key, "RSA") || scheme_pss(ctx) == 0) &&
	    EVP_DigestSign(md, out, n, text.p, text.n) > 0)
		rc = 0;
	EVP_MD_CTX_free(md);
	return rc;
}

static int selftest_verify(EVP_PKEY *key, struct span text, const uint8_t *signature, size_t n)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	EVP_PKEY_CTX *ctx = NULL; /* belongs to md */
	int rc = -1;

	if (md && EVP_DigestVerifyInit_ex(md, &ctx, "SHA256", NULL, NULL, key, NULL) > 0 &&
	    (!EVP_PKEY_is_a(key, "RSA") || scheme_pss(ctx) == 0) &&
	    EVP_DigestVerify(md, signature, n, text.p, text.n) == 1)
		rc = 0;
	EVP_MD_CTX_free(md);
	return rc;
}

int remote_selftest(X509 *cert, int ms, struct err *e)
{
	uint8_t hash[32], text[FORM_TEXT], signature[SIGNATURE_MAX];
	struct patience patience = { .until = clock_us() + (uint64_t)ms * 1000, .e = e };
	size_t n = sizeof signature;
	EVP_PKEY *key = NULL;
	int rc = -1;

	*e = (struct err) { 0 };
	key = provider_key(cert, e);
	if (!key)
		return -1;
	if (RAND_bytes(hash, sizeof hash) != 1) {
		err_ssl(e, "make a random number");
		goto out;
	}
	form_text(text, hash);
	st.patience = &patience;
	rc = selftest_sign(key, span_of(text, sizeof text), signature, &n);
	st.patience = NULL;
	if (rc < 0) {
		if (e->kind == ERR_NONE)
			err_ssl(e, "sign through the key process");
		goto out;
	}
	rc = selftest_verify(X509_get0_pubkey(cert), span_of(text, sizeof text), signature, n);
	if (rc < 0)
		err_ssl(e, "the key process's signature does not match the certificate");
out:
	ERR_clear_error();
	EVP_PKEY_free(key);
	return rc;
}
