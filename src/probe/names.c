/* SPDX-License-Identifier: Apache-2.0 */
#include "probe/names.h"

#include "base/clock.h"
#include "base/i18n.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS   1024
#define ASKING  128 /* resolvers at work, those that were given up included */
#define STACK   262144
#define WAIT_MS 100 /* after which a waiter looks at its own bound again */
#define HOST    256

enum is { NEW, ASKED, KNOWN };

/* Held by its slot, by who waits for it, and by the thread that asks. */
struct name {
	char host[HOST];
	enum is is;
	struct addr found[RESOLVE_MAX];
	int n; /* -1: none, and why */
	struct err why;
	unsigned holders;
};

/* A name has one place by its hash: the next to come there takes it. */
struct names {
	struct name *slot[SLOTS];
};

/* Of all names: a resolver may outlive the table it was asked for. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static unsigned asking;

struct names *names_new(void)
{
	return calloc(1, sizeof(struct names));
}

static void drop(struct name *x)
{
	if (x && --x->holders == 0)
		free(x);
}

void names_free(struct names *n)
{
	if (!n)
		return;
	(void)pthread_mutex_lock(&lock);
	for (size_t i = 0; i < SLOTS; i++)
		drop(n->slot[i]);
	(void)pthread_mutex_unlock(&lock);
	free(n);
}

/* ---- the resolver's thread ------------------------------------------------------------------- */

static void *ask(void *arg)
{
	struct name *x = arg;
	struct addr found[RESOLVE_MAX];
	struct err e = { 0 };
	int n = resolve_blocking(x->host, found, &e);

	(void)pthread_mutex_lock(&lock);
	if (n > 0)
		memcpy(x->found, found, (size_t)n * sizeof *found);
	x->n = n;
	x->why = e;
	x->is = KNOWN;
	asking--;
	drop(x);
	(void)pthread_cond_broadcast(&changed);
	(void)pthread_mutex_unlock(&lock);
	return NULL;
}

/* Under the lock, as all below. */
static void begin(struct name *x)
{
	pthread_attr_t attr;
	pthread_t thread;
	int rc = pthread_attr_init(&attr);

	if (rc == 0) {
		(void)pthread_attr_setstacksize(&attr, STACK);
		(void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
		rc = pthread_create(&thread, &attr, ask, x);
		(void)pthread_attr_destroy(&attr);
	}
	/* With none at work nobody would wake who waits for a thread that can be had. */
	if (rc != 0 && asking == 0) {
		x->n = err_set(&x->why, ERR_SYS, _("no thread to ask for %s"), x->host);
		x->is = KNOWN;
	}
	if (rc != 0)
		return;
	x->is = ASKED;
	x->holders++;
	asking++;
}

/* ---- who wants to know ----------------------------------------------------------------------- */

/* FNV-1a */
static size_t slot_of(const char *host)
{
	uint32_t h = 2166136261u;

	for (; *host; host++)
		h = (h ^ (uint8_t)*host) * 16777619u;
	return h % SLOTS;
}

/* The name, held for the caller; NULL: memory is out. */
static struct name *hold(struct names *n, const char *host)
{
	struct name **at = &n->slot[slot_of(host)];
	struct name *x = *at;

	if (!x || strcmp(x->host, host) != 0) {
		x = calloc(1, sizeof *x);
		if (!x)
			return NULL;
		(void)snprintf(x->host, sizeof x->host, "%s", host);
		x->holders = 1;
		drop(*at);
		*at = x;
	}
	x->holders++;
	return x;
}

static void wait_a_little(void)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += WAIT_MS * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	(void)pthread_cond_timedwait(&changed, &lock, &until);
}

static int is_over(uint64_t until, int stop)
{
	struct pollfd p = { .fd = stop, .events = POLLIN };

	return clock_us() >= until || (stop > 0 && poll(&p, 1, 0) > 0);
}

static int find(struct names *n, const char *host, struct addr found[RESOLVE_MAX], uint64_t until,
    int stop, struct err *e)
{
	struct name *x = hold(n, host);
	int count = -1;

	if (!x)
		return err_set(e, ERR_SYS, _("no memory"));
	while (x->is != KNOWN && !is_over(until, stop)) {
		if (x->is == NEW && asking < ASKING)
			begin(x);
		if (x->is != KNOWN)
			wait_a_little();
	}
	if (x->is != KNOWN)
		(void)resolve_late(host, e);
	if (x->is == KNOWN && x->n < 0)
		*e = x->why;
	if (x->is == KNOWN && x->n > 0) {
		memcpy(found, x->found, sizeof x->found);
		count = x->n;
	}
	drop(x);
	return count;
}

int names_find(struct names *n, const char *host, struct addr found[RESOLVE_MAX], int ms, int stop,
    struct err *e)
{
	uint64_t until = clock_us() + (uint64_t)ms * 1000;
	int count;

	if (addr_parse_ip(&found[0], host) == 0)
		return 1;
	if (strlen(host) >= HOST)
		return err_set(
		    e, ERR_USER, _("the name %.40s… is too long to have an address"), host);
	(void)pthread_mutex_lock(&lock);
	count = find(n, host, found, until, stop, e);
	(void)pthread_mutex_unlock(&lock);
	return count;
}

int names_ask(const struct names_ask *a, struct addr found[RESOLVE_MAX], struct err *e)
{
	int n;

	if (!a->names)
		return resolve_host(a->host, a->port, found, a->ms, e);
	n = names_find(a->names, a->host, found, a->ms, a->stop, e);
	for (int i = 0; i < n; i++)
		found[i].port = a->port;
	return n;
}
