/* SPDX-License-Identifier: Apache-2.0 */
/* How each form of trust store is written anew: once it is known what there is to do. Pure. */
#ifndef TRUST_REWRITE_FORM_H
#define TRUST_REWRITE_FORM_H

#include "trust/rewrite.h"

struct rewrite_plan {
	const struct anchor **add; /* the store lacks them, and each is there once */
	size_t adds;
	uint8_t (*gone)[SHA256_LENGTH]; /* the store has them; in order */
	size_t gones;
	const struct store_secret *secret;
	int taken; /* how many entries were taken out: whoever does counts them */
};

/* Whether the certificate goes. */
int rewrite_goes(const struct rewrite_plan *p, struct span der);

/* out is full. Returns -1. */
int rewrite_full(const struct buf *out, struct err *e);

/* One function a form, each in a file of its own. Appends the new file to out. */
int rewrite_pem(struct span file, struct rewrite_plan *p, struct buf *out, struct err *e);
int rewrite_jks(struct span file, struct rewrite_plan *p, struct buf *out, struct err *e);
int rewrite_p12(struct span file, struct rewrite_plan *p, struct buf *out, struct err *e);

#endif
