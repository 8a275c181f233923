/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trust stores, each read once however many targets ask for it. Safe in several threads; what was
 * handed out stays as it is until trusts_free.
 */
#ifndef DOCTOR_TRUSTS_H
#define DOCTOR_TRUSTS_H

#include "base/err.h"
#include "path/path.h"
#include "trust/store.h"

struct trusts;

/* One of them, read. */
struct trusts_store {
	const char *path;
	const struct store *store;
	const struct path_trust
	    *trust; /* those that may vouch for servers; NULL: see trusts_machine */
};

/* NULL: memory is out. */
struct trusts *trusts_new(void);
void trusts_free(struct trusts *t);

/*
 * The store at that path, a file or a folder. NULL: it can't be read, and e says why. Passwords as
 * store_secret has them.
 */
const struct trusts_store *trusts_get(
    struct trusts *t, const char *path, const struct store_secret *secret, struct err *e);

/*
 * Those of this machine (store_find), n of them; quick: no program is asked for its own. One that
 * can't be read has no trust, and store->why says why. NULL: e says why.
 */
const struct trusts_store *trusts_machine(struct trusts *t, int quick, size_t *n, struct err *e);

/*
 * The store in a list of one, which was read elsewhere; it takes the place of no other, and the
 * list's memory in any case. NULL: memory is out.
 */
const struct trusts_store *trusts_take(struct trusts *t, struct store_list *list, struct err *e);

/* The same of all those of a machine; from now on trusts_machine has these, quick or not. */
int trusts_take_machine(struct trusts *t, struct store_list *list, struct err *e);

#endif
