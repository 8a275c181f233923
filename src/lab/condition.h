/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The conditions of the lab: each is a good endpoint with one fault, a row in the table of its
 * group (good.c, who.c, how.c, around.c) and at most one small function beside it.
 * docs/add-a-condition.md adds one.
 */
#ifndef LAB_CONDITION_H
#define LAB_CONDITION_H

#include "lab/shape.h"

enum lab_group {
	LAB_GOOD,  /* nothing is wrong: a right client connects */
	LAB_WHO,   /* who answers: the certificates */
	LAB_HOW,   /* how TLS is spoken */
	LAB_AROUND /* what happens before TLS, instead of it and behind it */
};

/* What it means to do wrong here. */
enum lab_weight {
	LAB_MUST,    /* whom the client talks to, and whether others read along */
	LAB_SHOULD,  /* weak keys and old versions; or it can't talk to a good server */
	LAB_ADVISORY /* what hardly any client checks, such as revocation */
};

/* The rows of a table end in one whose name is NULL. Strings live for ever. */
struct condition {
	const char *name;   /* "wrong-host": also the first label of the endpoint's host name */
	unsigned protocols; /* LAB_MYSQL, LAB_HTTPS or both */
	int refuse;         /* what a right client does: 1 refuses, 0 connects */
	enum lab_weight weight;
	const char *cause; /* what the doctor should find: an id of lab_causes */
	const char *wrong; /* N_(): what is wrong, a few words */
	const char *means; /* N_(): what it means when a client does wrong, one sentence; or NULL */
	void (*base)(
	    struct shape *); /* what is not yet wrong, but other than in shape_good; or NULL */
	/* The one thing that is wrong: a change of the shape, or what is done instead of a step. */
	void (*fault)(struct shape *); /* or NULL */
	enum step_id at;
	visit_step *instead; /* of the step at; or NULL */
};

extern const struct condition lab_good[], lab_who[], lab_how[], lab_around[];

/* The ids of causes, each with its meaning in words (N_()); ends in a row whose id is NULL. */
struct lab_cause {
	const char *id, *meaning;
};
extern const struct lab_cause lab_causes[];

/* The n-th condition of all groups, in the order of enum lab_group; NULL: there are no more. */
const struct condition *condition_at(size_t n);
const struct condition *condition_of(const char *name);
enum lab_group condition_group(const struct condition *c);

/* "good", "who", "how", "around"; "must", "should", "advisory": for programs. */
const char *lab_group_name(enum lab_group g);
const char *lab_weight_name(enum lab_weight w); /* N_() */

/* The shape of a condition's endpoint: base and fault; mended: base alone. protocol: one of the
 * two. */
void condition_shape(
    const struct condition *c, enum lab_protocol protocol, int mended, struct shape *s);

#endif
