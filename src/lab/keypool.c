/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/keypool.h"

#include "base/i18n.h"

#include "pki/sslerr.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum state { MAKING, MADE, FAILED };

struct slot {
	struct slot *next;
	char name[KEYPOOL_NAME];
	enum forge_key type;
	enum state state;
	EVP_PKEY *key;    /* MADE */
	struct err error; /* FAILED */
};

static const struct kind {
	const char *curve; /* NULL: RSA */
	int bits, primes;
} kinds[] = {
	[FORGE_EC256] = { .curve = "P-256" },
	[FORGE_EC384] = { .curve = "P-384" },
	[FORGE_RSA1024] = { .bits = 1024, .primes = 2 },
	[FORGE_RSA2048] = { .bits = 2048, .primes = 3 },
	[FORGE_RSA4096] = { .bits = 4096, .primes = 4 },
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct slot *slots; /* under the lock, as all in them */

/*
 * More than two primes (RFC 8017 3) are found in a fraction of the time, and from outside nobody
 * sees how many there are.
 */
static EVP_PKEY *generate_rsa(const struct kind *k)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	EVP_PKEY *key = NULL;

	if (!ctx || EVP_PKEY_keygen_init(ctx) != 1 ||
	    EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, k->bits) != 1 ||
	    EVP_PKEY_CTX_set_rsa_keygen_primes(ctx, k->primes) != 1 ||
	    EVP_PKEY_generate(ctx, &key) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static EVP_PKEY *generate(enum forge_key type, struct err *e)
{
	const struct kind *k = &kinds[type];
	EVP_PKEY *key = k->curve ? EVP_EC_gen(k->curve) : generate_rsa(k);

	if (!key)
		(void)err_ssl(e, _("make a key for the lab"));
	return key;
}

static struct slot *find(const char *name, enum forge_key type)
{
	struct slot *s = slots;

	while (s && (s->type != type || strcmp(s->name, name) != 0))
		s = s->next;
	return s;
}

static struct slot *add(const char *name, enum forge_key type)
{
	struct slot *s = calloc(1, sizeof *s);

	if (!s)
		return NULL;
	(void)snprintf(s->name, sizeof s->name, "%s", name);
	s->type = type;
	s->next = slots;
	slots = s;
	return s;
}

/* Comes and goes with the lock held, and makes the key without it. */
static void fill(struct slot *s)
{
	struct err e = { 0 };
	EVP_PKEY *key;

	(void)pthread_mutex_unlock(&lock);
	key = generate(s->type, &e);
	(void)pthread_mutex_lock(&lock);
	s->key = key;
	s->error = e;
	s->state = key ? MADE : FAILED;
	(void)pthread_cond_broadcast(&changed);
}

EVP_PKEY *keypool_get(const char *name, enum forge_key type, struct err *e)
{
	EVP_PKEY *key = NULL;
	struct slot *s;

	(void)pthread_mutex_lock(&lock);
	s = find(name, type);
	if (!s) {
		s = add(name, type);
		if (!s) {
			(void)err_sys(e, _("make a key for the lab"));
			goto out;
		}
		fill(s);
	}
	while (s->state == MAKING)
		(void)pthread_cond_wait(&changed, &lock);
	if (s->state == FAILED)
		*e = s->error;
	if (s->key && EVP_PKEY_up_ref(s->key) == 1)
		key = s->key;
out:
	(void)pthread_mutex_unlock(&lock);
	return key;
}

void keypool_forget(void)
{
	(void)pthread_mutex_lock(&lock);
	while (slots) {
		struct slot *s = slots;

		slots = s->next;
		EVP_PKEY_free(s->key); /* clears what it frees */
		free(s);
	}
	(void)pthread_mutex_unlock(&lock);
}
