/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From what was seen to what is wrong: facts and the judgement of the chain in, causes out. No I/O.
 * A cause is a row of `causes`, and what a step's end means a row of `rules`, both in diagnose.c.
 */
#ifndef DOCTOR_DIAGNOSE_H
#define DOCTOR_DIAGNOSE_H

#include "probe/facts.h"
#include "path/path.h"

#define DIAGNOSE_MAX      24
#define DIAGNOSE_TEXT     1024
#define DIAGNOSE_EVIDENCE 512

enum diagnose_kind {
	DIAGNOSE_OK,
	DIAGNOSE_WARNING,    /* it connects, and some clients don't, or one day it won't */
	DIAGNOSE_BROKEN,     /* no client that is right connects */
	DIAGNOSE_UNREACHABLE /* no answer came from there at all */
};

struct diagnose_cause {
	const char *id;
	enum diagnose_kind kind;
	const char *sentence; /* N_() */
	const char *advice;   /* N_(): {target} {host} {port} stand for what was asked for */
};

struct diagnosis {
	const struct diagnose_cause *cause;
	char evidence[DIAGNOSE_EVIDENCE]; /* may go to a terminal; "" */
	const char *shipped; /* a root to be added (trust/roots.h); NULL: none would help */
};

struct diagnose {
	struct diagnosis v[DIAGNOSE_MAX]; /* what breaks it first; the first is the cause */
	size_t n;                         /* 1 at least: "ok" is one */
};

/* path: NULL: no certificate was seen. */
void diagnose(const struct facts *f, const struct path *path, struct diagnose *out);

/* Whether these are of an API of AWS's, by its name; over HTTPS, or meant to be. */
int diagnose_is_aws(const struct facts *f);

/* Of that id; NULL: there is none. */
const struct diagnose_cause *diagnose_cause(const char *id);
/* The n-th of all; NULL: there are no more. */
const struct diagnose_cause *diagnose_cause_at(size_t n);

/* Adds a finding of the caller's own, in its place among the others; out may be all zero. */
void diagnose_add(struct diagnose *out, const char *id, const char *evidence);

/* The same for the client that the target names: what is a warning for others breaks it. */
void diagnose_break(struct diagnose *out, const char *id, const char *evidence);

/*
 * The same for what stands in the client's settings, which it stumbles over before all else: ahead
 * of the others of its kind. breaks_it: as diagnose_break, else as diagnose_add.
 */
void diagnose_settings(struct diagnose *out, const char *id, int breaks_it, const char *evidence);

/* "ok", "warning", "broken", "unreachable": for programs. */
const char *diagnose_kind_name(enum diagnose_kind k);

#endif
