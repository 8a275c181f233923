/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/known.h"

#include "pki/digest.h"

#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define PLACES 2048 /* a power of two */
#define FULL   1024 /* of more than these none is kept: stores of thousands share little */

struct one {
	X509 *x; /* NULL: the place is free */
	uint8_t sha256[SHA256_LENGTH];
};

struct known {
	pthread_mutex_t lock;
	size_t n;
	struct one v[PLACES];
};

struct known *known_new(void)
{
	struct known *k = calloc(1, sizeof *k);

	if (k)
		(void)pthread_mutex_init(&k->lock, NULL);
	return k;
}

void known_free(struct known *k)
{
	if (!k)
		return;
	for (size_t i = 0; i < PLACES; i++)
		X509_free(k->v[i].x);
	(void)pthread_mutex_destroy(&k->lock);
	free(k);
}

static X509 *parse(struct span der)
{
	const unsigned char *at = der.p;
	X509 *x = der.n > 0 && der.n <= LONG_MAX ? d2i_X509(NULL, &at, (long)der.n) : NULL;

	if (!x || at == der.p + der.n)
		return x;
	X509_free(x);
	return NULL;
}

/* Where it is, or a free place where it would be. */
static struct one *place_of(struct known *k, const uint8_t sha256[SHA256_LENGTH])
{
	size_t at;

	memcpy(&at, sha256, sizeof at);
	while (k->v[at % PLACES].x && memcmp(k->v[at % PLACES].sha256, sha256, SHA256_LENGTH) != 0)
		at++;
	return &k->v[at % PLACES];
}

static X509 *found(struct known *k, const uint8_t sha256[SHA256_LENGTH])
{
	X509 *x;

	(void)pthread_mutex_lock(&k->lock);
	x = place_of(k, sha256)->x;
	if (x && X509_up_ref(x) != 1)
		x = NULL;
	(void)pthread_mutex_unlock(&k->lock);
	return x;
}

static void keep(struct known *k, const uint8_t sha256[SHA256_LENGTH], X509 *x)
{
	struct one *o;

	(void)pthread_mutex_lock(&k->lock);
	o = place_of(k, sha256);
	if (!o->x && k->n < FULL && X509_up_ref(x) == 1) {
		o->x = x;
		memcpy(o->sha256, sha256, SHA256_LENGTH);
		k->n++;
	}
	(void)pthread_mutex_unlock(&k->lock);
}

X509 *known_cert(struct known *k, struct span der)
{
	uint8_t print[SHA256_LENGTH];
	X509 *x;

	if (!k || sha256(der.p, der.n, print) < 0)
		return parse(der);
	x = found(k, print);
	if (x)
		return x;
	x = parse(der);
	if (x)
		keep(k, print, x);
	return x;
}
