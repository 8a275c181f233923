/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers in a text: OpenSSL's errors, X.509 verification results, alerts. For explain.c alone. */
#ifndef EXPLAIN_CODES_H
#define EXPLAIN_CODES_H

#include "explain/explain.h"
#include "explain/text.h"

/* Called for each that was found, its place in the text with it. */
typedef void explain_found(
    void *arg, const char *causes, enum explain_weight weight, size_t at, size_t end);

void explain_codes(const struct explain_text *t, explain_found *found, void *arg);

#endif
