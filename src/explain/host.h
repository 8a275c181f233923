/* SPDX-License-Identifier: Apache-2.0 */
/* Whom a text is about. For this module alone. */
#ifndef EXPLAIN_HOST_H
#define EXPLAIN_HOST_H

#include "explain/explain.h"
#include "explain/text.h"

/*
 * Fills out->host, port and https: by the line where the words stand that say what is wrong, at
 * `at`, else by the whole text; where neither says it they stay as they are.
 */
void explain_host(struct explanation *out, const struct explain_text *t, size_t at);

#endif
