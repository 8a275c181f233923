/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What makes a kind of store: one file, one row in store.c. How to change a store will be one more
 * function in its row.
 */
#ifndef TRUST_KIND_H
#define TRUST_KIND_H

#include "trust/store.h"
#include "trust/tree.h"

#include <openssl/x509.h>

struct hunt;

struct store_kind {
	const char *name;
	/* Calls hunt_… for each that is there. -1: memory is out, nothing else. */
	int (*find)(struct hunt *h);
	/* NULL: what the bytes of its file say (format.h). */
	int (*read)(struct store *s, const struct store_where *w, struct err *e);
	int distrusts; /* the file's anchors are expressly not trusted */
	int besides;   /* as in struct store */
};

extern const struct store_kind system_kind, system_source_kind, system_blocked_kind, java_kind,
    python_kind, node_kind, ruby_kind, nss_kind, named_kind;

/* The kind of that name (store_kind_name); NULL: there is none. */
const struct store_kind *store_kind_of(const char *name);

/* A search under way. */
struct hunt {
	const struct tree *tree;
	const struct store_where *where;
	struct store_list *list;
	const struct store_kind *kind; /* whose turn it is */
	const char *who;               /* for hunt_pattern */
	int besides; /* whoever is found now uses it besides others, or for something else */
	struct err *e;
};

/* Where a kind of store is: a pattern (tree_glob), "~/" for each home; and who uses it. */
struct hunt_row {
	const char *pattern, *who;
};

/* Adds the file or folder if it is there; if it is known already, its user alone. */
int hunt_add(struct hunt *h, const char *path, const char *who);

/* The same of what somebody named: it is a store even if it is not there. */
int hunt_named(struct hunt *h, const char *path, const char *who);

/* Whatever fits, of one pattern or of rows that end in { 0 }. */
int hunt_pattern(struct hunt *h, const char *pattern, const char *who);
int hunt_rows(struct hunt *h, const struct hunt_row *rows);

/* Calls found for whatever fits the pattern, with "~/" for each home. */
int hunt_each(struct hunt *h, const char *pattern, int (*found)(void *h, const char *path));

/* Whether it is this machine, so that its environment and programs may be asked. */
int hunt_here(const struct hunt *h);

/* One certificate for the store. label need not end in NUL, nor be text. */
struct store_cert {
	X509 *x; /* borrowed */
	struct span label;
	enum anchor_servers servers;
};

/* Adds it, if it is not there yet. -1: the store has too many, or it can't be read. */
int store_add(struct store *s, const struct store_cert *c, struct err *e);

/* The same from DER, of which nothing may be left over. */
int store_add_der(struct store *s, struct span der, struct span label, enum anchor_servers servers,
    struct err *e);

#endif
