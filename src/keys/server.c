/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/server.h"

#include "base/clock.h"
#include "base/log.h"
#include "keys/keyfile.h"
#include "keys/request.h"
#include "pki/sslerr.h"
#include "proc/channel.h"
#include "proc/sandbox.h"

#include <errno.h>
#include <openssl/x509.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define RELAYS_MAX 256
#define KEYS_MAX   256 /* two for each endpoint, while a reload goes over, and room to spare */
/* A relay that takes no answers for that long is stuck. It holds up nobody but itself meanwhile. */
#define FULL_US       10000000
#define FULL_CHECK_MS 500

struct relay {
	struct channel channel;
	unsigned number;
	uint64_t full_since; /* clock_us when its channel was found full; 0: it is not */
	uint64_t refused;
};

/* A key, and by what relays name it. */
struct held {
	EVP_PKEY *key;
	struct identity identity;
};

struct server {
	struct channel parent;
	EVP_MD_CTX *md;
	struct held held[KEYS_MAX]; /* the first is the process's own; it stays */
	size_t keys;
	struct relay relays[RELAYS_MAX];
	size_t count;
	unsigned last_number;
};

/* What is received, once for the process: it is too large for the stack. */
static struct message inbox;

/* ---- signing ----------------------------------------------------------------------------- */

/* *n: the room in out, then the length of the signature. */
static int sign(struct server *s, EVP_PKEY *key, const struct request *q, uint8_t *out, size_t *n,
    struct err *e)
{
	const struct scheme *scheme = q->scheme;
	EVP_PKEY_CTX *ctx = NULL; /* belongs to s->md */

	EVP_MD_CTX_reset(s->md);
	if (EVP_DigestSignInit_ex(s->md, &ctx, scheme->digest, NULL, NULL, key, NULL) <= 0 ||
	    (scheme->pss && scheme_pss(ctx) < 0) ||
	    EVP_DigestSign(s->md, out, n, q->text.p, q->text.n) <= 0)
		return err_ssl(e, "sign with algorithm 0x%04x", scheme->id);
	return 0;
}

/*
 * With every algorithm of its kind. OpenSSL loads on first use: let every first use come before the
 * sandbox. Shows a broken key.
 */
static int try_key(struct server *s, const struct held *h, struct err *e)
{
	struct request q = { .text = span_of("x", 1) };
	uint8_t out[SIGNATURE_MAX];

	for (size_t i = 0; (q.scheme = scheme_at(i)); i++) {
		size_t n = sizeof out;

		if (q.scheme->key == h->identity.kind && sign(s, h->key, &q, out, &n, e) < 0)
			return -1;
	}
	return 0;
}

/* ---- the keys ---------------------------------------------------------------------------- */

static struct held *find_key(struct server *s, const uint8_t hash[32])
{
	for (size_t i = 0; i < s->keys; i++)
		if (memcmp(s->held[i].identity.hash, hash, sizeof s->held[i].identity.hash) == 0)
			return &s->held[i];
	return NULL;
}

/* Takes the key over, also when it can't be used. */
static int add_key(struct server *s, EVP_PKEY *key, struct err *e)
{
	struct held h = { .key = key };

	if (identity_of(key, &h.identity, e) < 0)
		goto out;
	if (find_key(s, h.identity.hash)) {
		EVP_PKEY_free(key);
		return 0;
	}
	if (s->keys == KEYS_MAX) {
		err_set(e, ERR_LOCAL, "there are %d keys already", KEYS_MAX);
		goto out;
	}
	if (try_key(s, &h, e) < 0)
		goto out;
	s->held[s->keys++] = h;
	return 0;
out:
	EVP_PKEY_free(key); /* wipes its private half */
	return -1;
}

static int send_public_key(const struct server *s, EVP_PKEY *key, struct err *e)
{
	unsigned char *der = NULL;
	int n = i2d_PUBKEY(key, &der);
	int rc;

	if (n <= 0)
		return err_ssl(e, "write the public key as DER");
	rc = channel_send(&s->parent, MSG_PUBLIC_KEY, der, (size_t)n, -1, e);
	OPENSSL_free(der);
	return rc;
}

/* From the parent: an operator's key, in a file that is open. It is answered, come what may. */
static int take_key(struct server *s, int fd, struct err *e)
{
	struct err why;
	EVP_PKEY *key = keyfile_take(fd, &why);
	int rc = -1;

	close(fd);
	if (key && EVP_PKEY_up_ref(key) == 1 && add_key(s, key, &why) == 0)
		rc = send_public_key(s, key, e);
	else
		rc = channel_send(&s->parent, MSG_REFUSED, why.text, strlen(why.text), -1, e);
	EVP_PKEY_free(key);
	return rc;
}

/* The last one takes its place. The process's own is not forgotten. */
static void forget_key(struct server *s, const uint8_t hash[32])
{
	struct held *h = find_key(s, hash);

	if (!h || h == &s->held[0])
		return;
	EVP_PKEY_free(h->key);
	*h = s->held[--s->keys];
	s->held[s->keys] = (struct held) { .key = NULL };
}

/* ---- relays ------------------------------------------------------------------------------ */

/* A relay that was taken over may ask without end: the log grows by the logarithm of that. */
static void log_refusal(struct relay *r, const struct err *e)
{
	r->refused++;
	if ((r->refused & (r->refused - 1)) == 0)
		log_line("relay channel %u: refused %llu so far: %s", r->number,
		    (unsigned long long)r->refused, e->text);
}

/* The key that a request names; the process's own, whose request it then is not, for any other. */
static const struct held *key_named(struct server *s, struct span request)
{
	struct sign_request r = { 0 };
	struct held *h;

	if (request.n >= sizeof r)
		memcpy(&r, request.p, sizeof r);
	h = find_key(s, r.key);
	return h ? h : &s->held[0];
}

static int answer(struct server *s, struct relay *r, struct err *e)
{
	const struct held *h = key_named(s, span_of(inbox.p, inbox.n));
	uint8_t signature[SIGNATURE_MAX];
	size_t n = sizeof signature;
	struct sign_reply reply;
	struct request q;
	struct err why;

	memset(&reply, 0, sizeof reply); /* its padding goes out as well */
	reply.ok = request_check(span_of(inbox.p, inbox.n), &h->identity, &q, &why) == 0 &&
		   sign(s, h->key, &q, signature, &n, &why) == 0;
	reply.id = q.id;
	if (!reply.ok)
		log_refusal(r, &why);
	return channel_send2(
	    &r->channel, MSG_SIGNATURE, &reply, sizeof reply, signature, reply.ok ? n : 0, -1, e);
}

/* Whether an answer can be sent without waiting. A peer that has gone counts: sending tells. */
static int takes_answers(const struct relay *r)
{
	struct pollfd p = { .fd = r->channel.fd, .events = POLLOUT };

	return poll(&p, 1, 0) == 1;
}

/* One request at a time, so that no relay has to wait for all of another's. -1: drop it. */
static int relay_turn(struct server *s, struct relay *r, struct err *e)
{
	int rc;

	if (!takes_answers(r)) {
		if (r->full_since == 0)
			r->full_since = clock_us();
		if (clock_us() - r->full_since > FULL_US)
			return err_set(e, ERR_PEER, "it takes no answers");
		return 0;
	}
	/* After fullness only the room was waited for; a request may not be there. */
	if (r->full_since != 0) {
		r->full_since = 0;
		return 0;
	}
	rc = channel_recv(&r->channel, &inbox, e);
	if (rc < 0)
		return -1;
	if (rc == 0)
		return err_set(e, ERR_PEER, "it ended");
	return answer(s, r, e);
}

/* The last one takes its place: whoever walks the relays walks from the end. */
static void relay_drop(struct server *s, size_t i, const struct err *e)
{
	log_line("relay channel %u closed: %s", s->relays[i].number, e->text);
	close(s->relays[i].channel.fd);
	s->relays[i] = s->relays[--s->count];
}

static void relay_add(struct server *s, int fd)
{
	if (s->count == RELAYS_MAX) {
		log_line("a relay channel was turned away: there are %d", RELAYS_MAX);
		close(fd);
		return;
	}
	s->relays[s->count++] = (struct relay) {
		.channel = { .fd = fd, .self = ROLE_KEYS, .peer = ROLE_RELAY },
		.number = ++s->last_number,
	};
}

/* ---- serving ----------------------------------------------------------------------------- */

/* 1: goes on; 0: the parent has gone; -1: it sent what it may not. */
static int parent_turn(struct server *s, struct err *e)
{
	int rc = channel_recv(&s->parent, &inbox, e);

	/* A parent that dies with something unread resets its channel. */
	if (rc < 0 && e->kind == ERR_SYS && e->sys == ECONNRESET)
		return 0;
	if (rc <= 0)
		return rc;
	if (inbox.type == MSG_CLIENT)
		relay_add(s, inbox.fd);
	if (inbox.type == MSG_FORGET)
		forget_key(s, inbox.p);
	if (inbox.type == MSG_KEY && take_key(s, inbox.fd, e) < 0)
		return -1;
	return 1;
}

/* Who is full is asked for room, everyone else for requests. Returns how long to wait at most. */
static int watch(const struct server *s, struct pollfd *p)
{
	int ms = -1;

	p[0] = (struct pollfd) { .fd = s->parent.fd, .events = POLLIN };
	for (size_t i = 0; i < s->count; i++) {
		const struct relay *r = &s->relays[i];

		p[i + 1] = (struct pollfd) { .fd = r->channel.fd,
			.events = r->full_since ? POLLOUT : POLLIN };
		if (r->full_since)
			ms = FULL_CHECK_MS;
	}
	return ms;
}

/* As parent_turn. */
static int turn(struct server *s, struct err *e)
{
	struct pollfd p[1 + RELAYS_MAX];
	int ms = watch(s, p);
	struct err why;

	if (poll(p, s->count + 1, ms) < 0)
		return errno == EINTR ? 1 : err_sys(e, "wait for requests");
	for (size_t i = s->count; i-- > 0;)
		if ((p[i + 1].revents || s->relays[i].full_since) &&
		    relay_turn(s, &s->relays[i], &why) < 0)
			relay_drop(s, i, &why);
	return p[0].revents ? parent_turn(s, e) : 1;
}

static int start(struct server *s, EVP_PKEY *key, struct err *e)
{
	struct sandbox_state state;

	s->md = EVP_MD_CTX_new();
	if (!s->md)
		return err_ssl(e, "make room for a digest");
	if (EVP_PKEY_up_ref(key) != 1 || add_key(s, key, e) < 0 || send_public_key(s, key, e) < 0)
		return -1;
	return sandbox_enter(ROLE_KEYS, NULL, &state, e);
}

int keys_serve(int fd, EVP_PKEY *key, struct err *e)
{
	static struct server server;
	struct server *s = &server;
	int rc;

	*s = (struct server) { .parent = { .fd = fd, .self = ROLE_KEYS, .peer = ROLE_PARENT } };
	rc = start(s, key, e);
	if (rc == 0)
		while ((rc = turn(s, e)) > 0)
			;
	for (size_t i = 0; i < s->count; i++)
		close(s->relays[i].channel.fd);
	while (s->keys > 0)
		EVP_PKEY_free(s->held[--s->keys].key);
	EVP_MD_CTX_free(s->md);
	return rc;
}
