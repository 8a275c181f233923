/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificates of the operator's own. The parent reads the chain and opens the key's file; the key
 * process alone reads that, and answers with the public half. The descriptor is kept: a key process
 * that has died gets the key again that goes with the chain in force, also when somebody has put
 * another file in its place and has not yet reloaded.
 */
#include "base/clock.h"
#include "base/i18n.h"
#include "base/log.h"
#include "parent/files.h"
#include "parent/state.h"
#include "pki/digest.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

#define ANSWER_MS 5000
#define HELD_MAX  256      /* the key process takes no more */
#define UNUSED_US 60000000 /* longer than a handshake that began with a key may take */
#define SOON      (14 * 86400)
#define DAY       86400

/* A key that the key process was given. */
struct held {
	uint8_t hash[SHA256_LENGTH];
	uint64_t unused_since; /* clock_us(); 0: a plan has it */
};

static struct held held[HELD_MAX];
static size_t held_n;

/* Files of keys of the version before, until a plan of ours has come into force. */
static int adopted[SERVE_ENDPOINTS];
static size_t adopted_n;

/* ---- the key process ------------------------------------------------------------------------- */

static void note_held(const uint8_t hash[SHA256_LENGTH])
{
	for (size_t i = 0; i < held_n; i++)
		if (memcmp(held[i].hash, hash, SHA256_LENGTH) == 0) {
			held[i].unused_since = 0;
			return;
		}
	if (held_n == HELD_MAX)
		return;
	held[held_n] = (struct held) { .unused_since = 0 };
	memcpy(held[held_n++].hash, hash, SHA256_LENGTH);
}

/* Hands a key over; into *m comes its public half. */
static int hand_over(int fd, struct message *m, struct err *e)
{
	const struct channel *c = &parent.keys.channel;
	struct pollfd p = { .fd = c->fd, .events = POLLIN };
	uint8_t hash[SHA256_LENGTH];

	if (c->fd < 0)
		return err_set(e, ERR_LOCAL, _("the key process is being started"));
	if (channel_send(c, MSG_KEY, NULL, 0, fd, e) < 0)
		return -1;
	if (poll(&p, 1, ANSWER_MS) <= 0 || channel_recv(c, m, e) <= 0)
		return err_set(e, ERR_LOCAL, _("the key process does not answer; see the log"));
	if (m->type == MSG_REFUSED)
		return err_set(e, ERR_USER, "%.*s", (int)m->n, (const char *)m->p);
	if (m->type != MSG_PUBLIC_KEY)
		return err_set(e, ERR_PEER, _("the key process spoke out of turn"));
	if (sha256(m->p, m->n, hash) < 0)
		return err_set(e, ERR_LOCAL, _("hash a public key"));
	note_held(hash);
	return 0;
}

static int hand_over_for(const struct site *t, const struct chain *c, int fd, struct err *e)
{
	static struct message m;

	if (hand_over(fd, &m, e) < 0)
		return err_prefix(e, "%s", t->conf->certificate_key);
	if (m.n == c->spki.n && memcmp(m.p, c->spki.p, m.n) == 0)
		return 0;
	return err_set(e, ERR_USER, _("the key in %s is not that of the certificate in %s"),
	    t->conf->certificate_key, t->conf->certificate);
}

static int keys_again(const struct plan *p, struct err *e)
{
	for (size_t i = 0; p && i < p->sites; i++) {
		const struct site *t = &p->site[i];

		if (t->key_fd < 0 || hand_over_for(t, &t->own, t->key_fd, e) == 0)
			continue;
		/* Somebody wrote over the file: the others go on. */
		log_line(
		    "endpoint %s: %s: no handshake until `dbtls reload`", t->conf->id, e->text);
		if (parent.keys.channel.fd < 0)
			return -1;
	}
	return 0;
}

int own_keys_again(struct err *e)
{
	static struct message m;

	held_n = 0;
	for (size_t i = 0; i < adopted_n; i++)
		if (hand_over(adopted[i], &m, e) < 0)
			log_line("a key of the version before: %s", e->text);
	return keys_again(parent.plan, e) < 0 ? -1 : keys_again(reload_before(), e);
}

size_t own_key_files(int out[SERVE_ENDPOINTS])
{
	size_t n = 0;

	while (n < adopted_n) {
		out[n] = adopted[n];
		n++;
	}
	for (size_t i = 0; i < parent.sites && n < SERVE_ENDPOINTS; i++)
		if (parent.site[i].key_fd >= 0)
			out[n++] = parent.site[i].key_fd;
	return n;
}

void own_adopt(int fd)
{
	if (fd >= 0 && adopted_n < SERVE_ENDPOINTS)
		adopted[adopted_n++] = fd;
}

/* ---- taking a pair --------------------------------------------------------------------------- */

static const struct site *site_before(const struct site *t)
{
	const struct plan *before = reload_before();

	for (size_t i = 0; before && i < before->sites; i++)
		if (strcmp(before->site[i].conf->id, t->conf->id) == 0)
			return &before->site[i];
	return NULL;
}

static int check_worse(const struct site *t, const struct chain *c, struct err *e)
{
	const struct site *before = site_before(t);

	if (!before || !before->conf->certificate || chain_worse(c, &before->own, e) == 0)
		return 0;
	if (!parent.insist)
		return err_prefix(e, _("%s; `dbtls reload --insist` takes it all the same"),
		    t->conf->certificate);
	log_line("endpoint %s: insisted upon: %s", t->conf->id, e->text);
	return 0;
}

static void say_if_soon(struct site *t)
{
	time_t now = time(NULL), left = t->leaf.not_after - now;

	if (left > SOON || now - t->own_said < DAY)
		return;
	t->own_said = now;
	log_line("endpoint %s: %s %s %ld days: renew it, then `dbtls reload`", t->conf->id,
	    t->conf->certificate, left > 0 ? "ends in" : "has ended, for",
	    (long)(left > 0 ? left : -left) / DAY);
}

/* The chain is the site's from here on. */
static int put(struct site *t, const struct chain *c, int fd, struct err *e)
{
	t->own = *c;
	t->key_fd = fd;
	t->leaf = c->leaf;
	buf_free(&t->pem);
	buf_free(&t->names);
	t->names = buf_new(c->names.max);
	if (buf_add(&t->pem, c->pem.p, c->pem.n) < 0 ||
	    buf_add(&t->names, c->names.p, c->names.n) < 0)
		return err_set(e, ERR_LOCAL, _("out of memory"));
	log_line("endpoint %s: certificate of %s, serial %s, %s", t->conf->id, t->conf->certificate,
	    t->leaf.serial, t->leaf.fingerprint);
	say_if_soon(t);
	return 0;
}

int own_get(struct site *t, struct err *e)
{
	struct chain c;
	int fd = files_key(t->conf, e);

	if (fd < 0)
		return -1;
	if (files_certificate(t->conf, &c, e) == 0 && check_worse(t, &c, e) == 0 &&
	    hand_over_for(t, &c, fd, e) == 0)
		return put(t, &c, fd, e);
	chain_free(&c);
	close(fd);
	return -1;
}

/* ---- what is over ---------------------------------------------------------------------------- */

static int plan_has(const struct plan *p, const uint8_t hash[SHA256_LENGTH])
{
	for (size_t i = 0; p && i < p->sites; i++) {
		const struct buf *spki = &p->site[i].own.spki;
		uint8_t its[SHA256_LENGTH];

		if (spki->n && sha256(spki->p, spki->n, its) == 0 &&
		    memcmp(its, hash, sizeof its) == 0)
			return 1;
	}
	return 0;
}

/* 1: it is forgotten. */
static int tend_key(struct held *h, uint64_t now)
{
	struct err e;

	if (plan_has(parent.plan, h->hash) || plan_has(reload_before(), h->hash)) {
		h->unused_since = 0;
		return 0;
	}
	if (h->unused_since == 0)
		h->unused_since = now;
	if (now - h->unused_since < UNUSED_US)
		return 0;
	if (channel_send(&parent.keys.channel, MSG_FORGET, h->hash, sizeof h->hash, -1, &e) < 0)
		return 0;
	log_line("a key that is no longer in use is forgotten");
	return 1;
}

void own_tend(void)
{
	if (parent.plan->handed_over || (adopted_n && reload_before()))
		return;
	while (adopted_n > 0)
		close(adopted[--adopted_n]);
	for (size_t i = held_n; i-- > 0;)
		if (tend_key(&held[i], clock_us()))
			held[i] = held[--held_n];
	for (size_t i = 0; i < parent.sites; i++)
		if (parent.site[i].conf->certificate)
			say_if_soon(&parent.site[i]);
}
