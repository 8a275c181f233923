/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TRUST_DATE_H
#define TRUST_DATE_H

#include "trust/kind.h"

/* Fills in how old the store is, if its package says: Debian's, Alpine's, certifi's version. */
void date_of(struct store *s, const struct tree *t);

/* If it doesn't: when its newest anchor was made. */
void date_of_newest(struct store *s);

#endif
