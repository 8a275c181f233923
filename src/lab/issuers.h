/* SPDX-License-Identifier: Apache-2.0 */
/* What the conditions of good.c and who.c do to the chain of shape_good. */
#ifndef LAB_ISSUERS_H
#define LAB_ISSUERS_H

#include "lab/shape.h"

/* Where shape_good has its certificates. */
enum { LEAF, INTERMEDIATE, ROOT };

#define ISSUERS_DAY  86400L
#define ISSUERS_YEAR (365 * ISSUERS_DAY)

/* Adds a CA of that name, else like the intermediate, under the certificate issuer. Its index. */
size_t issuers_add(struct shape *s, const char *cn, size_t issuer);

/*
 * Puts n more intermediates between the root and the one that issues the leaf, and sends the whole
 * chain in its right order, the root left out.
 */
void issuers_lengthen(struct shape *s, size_t n);

/* Sends just these n, in this order. */
void issuers_send(struct shape *s, const size_t *indexes, size_t n);

/* All keys are RSA of 2048 bits. */
void issuers_rsa(struct shape *s);

#endif
