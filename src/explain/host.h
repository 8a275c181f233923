/* SPDX-License-Identifier: Apache-2.0 */
/* Whom a text is about. For this module alone. */
#ifndef EXPLAIN_HOST_H
#define EXPLAIN_HOST_H

#include "explain/explain.h"
#include "explain/text.h"

/* The words of the n-th row of those that a host stands behind, the surest first; NULL: no more. */
const char *explain_host_words(size_t n);

/*
 * Fills out->host, port and https: by the line where the words stand that say what is wrong, at
 * `at`; where neither says it they stay as they are. -1: it does not.
 */
int explain_host_near(struct explanation *out, const struct explain_text *t, size_t at);

/* The same by the words of the n-th row, which end there, wherever that is. */
int explain_host_behind(
    struct explanation *out, const struct explain_text *t, size_t n, size_t end);

#endif
