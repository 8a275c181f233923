/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers in a text: OpenSSL's errors, X.509 verification results, alerts. For explain.c alone. */
#ifndef EXPLAIN_CODES_H
#define EXPLAIN_CODES_H

#include "explain/explain.h"
#include "explain/text.h"

/* Called for each that was found, its place in the text with it. */
typedef void explain_found(
    void *arg, const char *causes, enum explain_weight weight, size_t at, size_t end);

/* The words of the n-th row of those that a number or a name is read behind; NULL: no more. */
const char *explain_codes_words(size_t n);

/* Reads what is behind the words of that row, which stand from at to end. */
void explain_codes_read(
    const struct explain_text *t, size_t n, size_t at, size_t end, explain_found *found, void *arg);

#endif
