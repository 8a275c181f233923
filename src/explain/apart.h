/* SPDX-License-Identifier: Apache-2.0 */
/* What tells causes apart that one text may mean. */
#ifndef EXPLAIN_APART_H
#define EXPLAIN_APART_H

#include "explain/explain.h"

/* A sentence for a person, _(): of the likeliest cause, and of as many of the others as one is
 * about. NULL: there are no two causes. */
const char *explain_apart(const struct explanation *x);

#endif
