/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One target, from its text to its verdict, in four steps:
 *
 *	check_read(&c, text, &e);       the text (target.h)
 *	check_look(&c, &wish);          goes there and notes facts (probe.h); the only one with I/O
 *	check_judge(&c, &wish);         facts and stores in, causes out (path.h, diagnose.h)
 *	check_stores(&c, &wish);        what the other stores of this machine say of it (stores.h)
 *
 * Facts from a file take the place of check_look. Threads may each have a check of their own.
 */
#ifndef DOCTOR_CHECK_H
#define DOCTOR_CHECK_H

#include "doctor/diagnose.h"
#include "probe/facts.h"
#include "doctor/habits.h"
#include "path/path.h"
#include "probe/probe.h"
#include "doctor/stores.h"
#include "target/target.h"
#include "doctor/trusts.h"
#include "doctor/verdict.h"

/* What holds for all targets. */
struct check_wish {
	const char *ca;        /* a store that takes the place of the target's own; NULL: none */
	int ms;                /* for each step */
	int stop;              /* every step ends when this can be read from; 0: there is none */
	struct names *names;   /* who resolves; NULL: resolve.h does */
	const struct addr *to; /* connect there; port 0: the target's. NULL: resolve its name */
	int aia;               /* fetch issuers that are not served (fetch.h) */
	int revocation;        /* ask whether certificates were revoked */
	int login;             /* log in as the target's user, to a server that was verified */
	const char *password;  /* for that, where the target has none; NULL: none */
	/* For that, to DynamoDB; the region where the target says none. NULL: none. */
	const struct https_keys *keys;
	/* What HTTPS_PROXY and NO_PROXY say; NULL: nothing. No connection is made through it. */
	const char *proxy, *no_proxy;
	const char *system; /* of this machine: a name of know/remedy.h; NULL: not known */
	struct trusts *trusts;
	enum stores_which stores; /* STORES_FEW: where it is trust that decides */
};

struct check {
	struct target target;
	/* The store that the target's client goes by; its path is "" until it is known. */
	const char *store_path;
	const struct trusts_store *store; /* NULL: it can't be read; store_why says why */
	struct err store_why;
	struct trusts *own; /* where a saved check has its stores (record.h); NULL: none */
	struct facts facts;
	struct path path;
	int judged;           /* path was filled */
	struct habits habits; /* n 0: nothing is known that clients could differ about */
	struct diagnose diagnose;
	struct stores stores;
};

/* -1: as target_parse; there is nothing to free. */
int check_read(struct check *c, struct span text, struct err *e);

/* Finds the target's store, goes to the target, and logs in if that was wished and is safe. */
void check_look(struct check *c, const struct check_wish *w);

/* Fills path, habits and diagnose; may be called again when facts have changed. */
void check_judge(struct check *c, const struct check_wish *w);

/*
 * Fills stores as wished, after check_judge. Nothing comes of it where no certificate was seen, nor
 * where stores can't be looked for.
 */
void check_stores(struct check *c, const struct check_wish *w);

void check_free(struct check *c);

/* The target in the shortest form, for the lines of an advice: "https://db1:4000". */
void check_short(const struct check *c, char *out, size_t size);

#define CHECK_NAME      1024
#define CHECK_NAME_MOST 60 /* columns */

/* The target as it was written; the shortest form of one that is long, such as a command line. */
void check_name(const struct check *c, char *out, size_t size);

/* What verdict.h tells of a check; its members point into the check and into this. */
struct check_told {
	char target[CHECK_NAME], again[512];
	struct verdict as; /* clients is the caller's to set */
};

void check_told(const struct check *c, struct check_told *out);

#endif
