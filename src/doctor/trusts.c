/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/trusts.h"

#include "base/i18n.h"
#include "trust/known.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* One of a list; its place in memory stays, since others hold it. */
struct entry {
	struct trusts_store as;
	struct store_list list; /* of one */
	struct path_trust *trust;
	char *password; /* NULL: none was given */
	int taken;      /* it is not what lies at its path */
	struct entry *next;
};

/* All that are found. */
struct machine {
	struct store_list list;
	struct path_trust **trust; /* of each; NULL: it can't be read */
	struct trusts_store *as;
};

struct trusts {
	struct known *known; /* NULL: memory was out, and all goes on without */
	pthread_mutex_t lock;
	struct entry *first;
	struct machine machine[2]; /* 1: the quick one */
	int taken;                 /* machine[0] is another's, and there is no quick one */
};

struct trusts *trusts_new(void)
{
	struct trusts *t = calloc(1, sizeof *t);

	if (t)
		(void)pthread_mutex_init(&t->lock, NULL);
	if (t)
		t->known = known_new();
	return t;
}

static void entry_free(struct entry *x)
{
	if (x->password)
		explicit_bzero(x->password, strlen(x->password));
	free(x->password);
	path_trust_free(x->trust);
	store_free(&x->list);
	free(x);
}

static void machine_free(struct machine *m)
{
	for (size_t i = 0; m->trust && i < m->list.n; i++)
		path_trust_free(m->trust[i]);
	free(m->trust);
	free(m->as);
	store_free(&m->list);
	*m = (struct machine) { 0 };
}

void trusts_free(struct trusts *t)
{
	if (!t)
		return;
	machine_free(&t->machine[0]);
	machine_free(&t->machine[1]);
	known_free(t->known);
	while (t->first) {
		struct entry *x = t->first;

		t->first = x->next;
		entry_free(x);
	}
	(void)pthread_mutex_destroy(&t->lock);
	free(t);
}

static int same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static int fill(struct trusts *t, struct entry *x, const char *path,
    const struct store_secret *secret, struct err *e)
{
	const struct store_where here = { .known = t->known };
	struct store *s;

	if (secret->given && !(x->password = strdup(secret->given)))
		return err_set(e, ERR_SYS, _("no memory"));
	if (store_name(&x->list, path, e) < 0)
		return -1;
	s = &x->list.v[0];
	store_read(s, &here, secret);
	if (!s->readable) {
		*e = s->why;
		return -1;
	}
	x->trust = path_trust_new(s, e);
	x->as = (struct trusts_store) { .path = s->path, .store = s, .trust = x->trust };
	return x->trust ? 0 : -1;
}

static const struct trusts_store *get(
    struct trusts *t, const char *path, const struct store_secret *secret, struct err *e)
{
	struct entry *x;

	for (x = t->first; x; x = x->next)
		if (!x->taken && strcmp(x->as.path, path) == 0 && same(x->password, secret->given))
			return &x->as;
	x = calloc(1, sizeof *x);
	if (!x) {
		(void)err_set(e, ERR_SYS, _("no memory"));
		return NULL;
	}
	if (fill(t, x, path, secret, e) < 0) {
		entry_free(x);
		return NULL;
	}
	x->next = t->first;
	t->first = x;
	return &x->as;
}

const struct trusts_store *trusts_get(
    struct trusts *t, const char *path, const struct store_secret *secret, struct err *e)
{
	const struct trusts_store *s;

	(void)pthread_mutex_lock(&t->lock);
	s = get(t, path, secret, e);
	(void)pthread_mutex_unlock(&t->lock);
	return s;
}

/* ---- this machine's -------------------------------------------------------------------------- */

/* The stores are read; what can't be has no trust. */
static int machine_fill(struct machine *m, struct err *e)
{
	m->trust = calloc(m->list.n + 1, sizeof(struct path_trust *));
	m->as = calloc(m->list.n + 1, sizeof *m->as);
	if (!m->trust || !m->as)
		return err_set(e, ERR_SYS, _("no memory"));
	for (size_t i = 0; i < m->list.n; i++) {
		const struct store *s = &m->list.v[i];

		m->as[i] = (struct trusts_store) { .path = s->path, .store = s };
		if (s->readable && !(m->trust[i] = path_trust_new(s, e)))
			return -1;
		m->as[i].trust = m->trust[i];
	}
	return 0;
}

static int machine_read(struct trusts *t, int quick, struct err *e)
{
	const struct store_where where = { .quick = quick, .known = t->known };
	const struct store_secret none = { 0 };
	struct machine *m = &t->machine[quick];

	if (store_find(&m->list, &where, e) < 0)
		return -1;
	for (size_t i = 0; i < m->list.n; i++)
		store_read(&m->list.v[i], &where, &none);
	return machine_fill(m, e);
}

const struct trusts_store *trusts_machine(struct trusts *t, int quick, size_t *n, struct err *e)
{
	struct machine *m = &t->machine[quick && !t->taken];

	(void)pthread_mutex_lock(&t->lock);
	if (!m->as && machine_read(t, quick != 0, e) < 0)
		machine_free(m);
	*n = m->list.n;
	(void)pthread_mutex_unlock(&t->lock);
	return m->as;
}

/* ---- read elsewhere -------------------------------------------------------------------------- */

const struct trusts_store *trusts_take(struct trusts *t, struct store_list *list, struct err *e)
{
	struct entry *x = calloc(1, sizeof *x);

	if (!x) {
		store_free(list);
		(void)err_set(e, ERR_SYS, _("no memory"));
		return NULL;
	}
	*x = (struct entry) { .list = *list, .taken = 1 };
	*list = (struct store_list) { 0 };
	x->trust = path_trust_new(&x->list.v[0], e);
	x->as = (struct trusts_store) {
		.path = x->list.v[0].path, .store = &x->list.v[0], .trust = x->trust
	};
	if (!x->trust) {
		entry_free(x);
		return NULL;
	}
	(void)pthread_mutex_lock(&t->lock);
	x->next = t->first;
	t->first = x;
	(void)pthread_mutex_unlock(&t->lock);
	return &x->as;
}

int trusts_take_machine(struct trusts *t, struct store_list *list, struct err *e)
{
	struct machine *m = &t->machine[0];

	m->list = *list;
	*list = (struct store_list) { 0 };
	if (machine_fill(m, e) < 0) {
		machine_free(m);
		return -1;
	}
	t->taken = 1;
	return 0;
}
