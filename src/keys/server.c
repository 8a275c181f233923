/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/server.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "keys/request.h"
#include "pki/sslerr.h"
#include "proc/channel.h"
#include "proc/sandbox.h"

#include <errno.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY_FILE_MAX 65536
#define RELAYS_MAX   256
/* A relay that takes no answers for that long is stuck. It holds up nobody but itself meanwhile. */
#define FULL_US       10000000
#define FULL_CHECK_MS 500

struct relay {
	struct channel channel;
	unsigned number;
	uint64_t full_since; /* clock_us when its channel was found full; 0: it is not */
	uint64_t refused;
};

struct server {
	struct channel parent;
	EVP_PKEY *key;
	EVP_MD_CTX *md;
	struct identity identity;
	struct relay relays[RELAYS_MAX];
	size_t count;
	unsigned last_number;
};

/* What is received, once for the process: it is too large for the stack. */
static struct message inbox;

/* ---- the key file ------------------------------------------------------------------------ */

/* OpenSSL's own would ask at the terminal. */
static int no_passphrase(char *out, int size, int writing, void *arg)
{
	(void)out;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

static EVP_PKEY *key_read(const char *path, const struct buf *pem, struct err *e)
{
	BIO *bio = BIO_new_mem_buf(pem->p, (int)pem->n);
	EVP_PKEY *key = NULL;
	struct identity unused;

	if (bio)
		key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
	BIO_free(bio);
	if (!key) {
		err_ssl(e, "%s holds no private key in PEM without a passphrase", path);
		return NULL;
	}
	if (identity_of(key, &unused, e) < 0) {
		err_prefix(e, "%s", path);
		EVP_PKEY_free(key);
		return NULL;
	}
	return key;
}

static int key_write(const char *path, EVP_PKEY *key, struct err *e)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *pem = NULL;
	long n = 0;
	int rc = -1;

	if (!bio || PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) != 1 ||
	    (n = BIO_get_mem_data(bio, &pem)) <= 0) {
		err_ssl(e, "write a private key as PEM");
		goto out;
	}
	rc = file_replace(path, 0600, pem, (size_t)n, e);
out:
	BIO_free(bio); /* wipes what it held */
	return rc;
}

static EVP_PKEY *key_make(const char *path, struct err *e)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");

	if (!key) {
		err_ssl(e, "make an EC P-256 key");
		return NULL;
	}
	if (key_write(path, key, e) < 0) {
		EVP_PKEY_free(key);
		return NULL;
	}
	return key;
}

static int key_is_private(const char *path, struct err *e)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return err_sys(e, "look at %s", path);
	if (st.st_mode & 077)
		return err_set(
		    e, ERR_USER, "others may read or write the private key %s: chmod 600 it", path);
	return 0;
}

EVP_PKEY *key_load_or_make(const char *path, struct err *e)
{
	struct buf pem;
	EVP_PKEY *key = NULL;

	if (file_read(path, KEY_FILE_MAX, &pem, e) < 0)
		return e->kind == ERR_SYS && e->sys == ENOENT ? key_make(path, e) : NULL;
	if (key_is_private(path, e) == 0)
		key = key_read(path, &pem, e);
	buf_wipe(&pem);
	return key;
}

/* ---- signing ----------------------------------------------------------------------------- */

/* *n: the room in out, then the length of the signature. */
static int sign(struct server *s, const struct scheme *scheme, struct span text, uint8_t *out,
    size_t *n, struct err *e)
{
	EVP_PKEY_CTX *ctx = NULL; /* belongs to s->md */

	EVP_MD_CTX_reset(s->md);
	if (EVP_DigestSignInit_ex(s->md, &ctx, scheme->digest, NULL, NULL, s->key, NULL) <= 0 ||
	    (scheme->pss && scheme_pss(ctx) < 0) || EVP_DigestSign(s->md, out, n, text.p, text.n) <= 0)
		return err_ssl(e, "sign with algorithm 0x%04x", scheme->id);
	return 0;
}

/* OpenSSL loads on first use: let every first use come before the sandbox. Shows a broken key. */
static int warm_up(struct server *s, struct err *e)
{
	uint8_t out[SIGNATURE_MAX];
	const struct scheme *scheme;

	for (size_t i = 0; (scheme = scheme_at(i)); i++) {
		size_t n = sizeof out;

		if (scheme->key == s->identity.kind &&
		    sign(s, scheme, span_of("x", 1), out, &n, e) < 0)
			return -1;
	}
	return 0;
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

static int answer(struct server *s, struct relay *r, struct err *e)
{
	uint8_t signature[SIGNATURE_MAX];
	size_t n = sizeof signature;
	struct sign_reply reply;
	struct request q;
	struct err why;

	memset(&reply, 0, sizeof reply); /* its padding goes out as well */
	reply.ok = request_check(span_of(inbox.p, inbox.n), &s->identity, &q, &why) == 0 &&
		   sign(s, q.scheme, q.text, signature, &n, &why) == 0;
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
	if (rc > 0)
		relay_add(s, inbox.fd);
	return rc;
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

static int send_public_key(const struct server *s, struct err *e)
{
	unsigned char *der = NULL;
	int n = i2d_PUBKEY(s->key, &der);
	int rc;

	if (n <= 0)
		return err_ssl(e, "write the public key as DER");
	rc = channel_send(&s->parent, MSG_PUBLIC_KEY, der, (size_t)n, -1, e);
	OPENSSL_free(der);
	return rc;
}

static int start(struct server *s, struct err *e)
{
	struct sandbox_state state;

	s->md = EVP_MD_CTX_new();
	if (!s->md)
		return err_ssl(e, "make room for a digest");
	if (identity_of(s->key, &s->identity, e) < 0 || warm_up(s, e) < 0 ||
	    send_public_key(s, e) < 0)
		return -1;
	return sandbox_enter(ROLE_KEYS, NULL, &state, e);
}

int keys_serve(int fd, EVP_PKEY *key, struct err *e)
{
	static struct server server;
	struct server *s = &server;
	int rc;

	*s = (struct server) { .key = key,
		.parent = { .fd = fd, .self = ROLE_KEYS, .peer = ROLE_PARENT } };
	rc = start(s, e);
	if (rc == 0)
		while ((rc = turn(s, e)) > 0)
			;
	for (size_t i = 0; i < s->count; i++)
		close(s->relays[i].channel.fd);
	EVP_MD_CTX_free(s->md);
	return rc;
}
