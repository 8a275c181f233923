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

/* The same of hexadecimal digits, two a byte. */
static inline struct span hex(const char *text)
{
	uint8_t bytes[2048];
	size_t n = strlen(text) / 2;

	if (n > sizeof bytes)
		abort();
	for (size_t i = 0; i < n; i++) {
		char two[3] = { text[2 * i], text[2 * i + 1], '\0' };

		bytes[i] = (uint8_t)strtoul(two, NULL, 16);
	}
	return block(bytes, n);
}

static inline void drop(struct span s)
{
	free((void *)(uintptr_t)s.p);
}

#endif
