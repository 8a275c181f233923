/* SPDX-License-Identifier: Apache-2.0 */
#include "base/i18n.h"
#include "path/walk.h"
#include "pki/cert.h"
#include "trust/known.h"
#include "trust/roots.h"

#include <openssl/err.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define SHIPPED_MAX 16

static int by_subject(const void *a, const void *b)
{
	return X509_NAME_cmp(
	    X509_get_subject_name(*(X509 *const *)a), X509_get_subject_name(*(X509 *const *)b));
}

/* OpenSSL notes the extensions in the certificate when first asked: here, while no other thread
 * knows it. */
static void add(struct path_certs *c, X509 *x)
{
	if (!x)
		return;
	(void)X509_check_purpose(x, -1, 0);
	(void)X509_get0_pubkey(x);
	c->v[c->n++] = x;
}

static void read_anchor(struct path_trust *t, const struct store *s, const struct anchor *a)
{
	if (a->servers != ANCHOR_DISTRUSTED)
		add(a->servers == ANCHOR_MAY ? &t->anchors : &t->kept,
		    known_cert(s->known, a->der));
}

static X509 *shipped_certs[SHIPPED_MAX];
static struct path_certs shipped = { .v = shipped_certs };

static void read_shipped(void)
{
	struct err e;

	for (const struct root *r = roots_amazon; r->name && shipped.n < SHIPPED_MAX; r++)
		add(&shipped, cert_from_pem(r->pem, strlen(r->pem), &e));
	ERR_clear_error();
}

/* To read them takes as long as to judge some chains. */
const struct path_certs *path_shipped(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, read_shipped);
	return &shipped;
}

static void sort(struct path_certs *c)
{
	qsort(c->v, c->n, sizeof(X509 *), by_subject);
}

struct path_trust *path_trust_new(const struct store *s, struct err *e)
{
	struct path_trust *t = calloc(1, sizeof *t);

	if (t) {
		t->anchors.v = calloc(s->n + 1, sizeof(X509 *));
		t->kept.v = calloc(s->n + 1, sizeof(X509 *));
	}
	if (!t || !t->anchors.v || !t->kept.v) {
		path_trust_free(t);
		(void)err_set(e, ERR_SYS, _("no memory"));
		return NULL;
	}
	for (size_t i = 0; i < s->n; i++)
		read_anchor(t, s, &s->anchors[i]);
	sort(&t->anchors);
	sort(&t->kept);
	ERR_clear_error();
	return t;
}

static void drop(struct path_certs *c)
{
	for (size_t i = 0; i < c->n; i++)
		X509_free(c->v[i]);
	free(c->v);
}

void path_trust_free(struct path_trust *t)
{
	if (!t)
		return;
	drop(&t->anchors);
	drop(&t->kept);
	free(t);
}

/* How many of them, in their order, stand before that subject; or, with 1, not behind it. */
static size_t before(const struct path_certs *c, const X509_NAME *subject, int with)
{
	size_t low = 0, high = c->n;

	while (low < high) {
		size_t at = low + (high - low) / 2;

		if (X509_NAME_cmp(X509_get_subject_name(c->v[at]), subject) < with)
			low = at + 1;
		else
			high = at;
	}
	return low;
}

size_t path_named(const struct path_certs *c, const X509_NAME *subject, X509 ***first)
{
	size_t from = before(c, subject, 0);

	*first = c->v + from;
	return before(c, subject, 1) - from;
}

struct x509_st *path_trust_at(const struct path_trust *t, size_t i)
{
	return i < t->anchors.n ? t->anchors.v[i] : NULL;
}
