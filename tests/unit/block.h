/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes in a block of just their size, so that AddressSanitizer sees a read behind them. */
#ifndef TESTS_BLOCK_H
#define TESTS_BLOCK_H

#include "base/span.h"

#include <stdlib.h>
#include <string.h>

static inline struct span block(const void *p, size_t n)
{
	uint8_t *own = malloc(n ? n : 1);

	if (!own)
		abort();
	if (n)
		memcpy(own, p, n);
	return span_of(own, n);
}

static inline void drop(struct span s)
{
	free((void *)(uintptr_t)s.p);
}

#endif
