/* SPDX-License-Identifier: Apache-2.0 */
/* Which client a text is of, by words that it alone says. For this module alone. */
#ifndef EXPLAIN_CLIENT_H
#define EXPLAIN_CLIENT_H

#include "explain/explain.h"

/* The words of the n-th row, the surest first; NULL: no more. */
const char *explain_client_words(size_t n);

/* Sets out->client by the n-th row; and out->https, where that client speaks nothing else. */
void explain_client(struct explanation *out, size_t n);

#endif
