/* SPDX-License-Identifier: Apache-2.0 */
/* What the fuzzers share. libFuzzer gives the input in a block of just its size. */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include "base/span.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A property that must hold for any input. Not assert: that goes away with NDEBUG. */
#define HOLDS(cond)                                                                                \
	do {                                                                                       \
		if (!(cond))                                                                       \
			abort();                                                                   \
	} while (0)

/* part lies in whole. An empty one may have no address. */
static inline int inside(struct span whole, struct span part)
{
	uintptr_t start = (uintptr_t)whole.p, at = (uintptr_t)part.p;

	return part.n == 0 || (at >= start && at + part.n <= start + whole.n);
}

#endif
