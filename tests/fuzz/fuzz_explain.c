/* SPDX-License-Identifier: Apache-2.0 */
/* Error texts: what comes out is of the doctor's causes, each once, in words that may be shown. */
#include "doctor/diagnose.h"
#include "explain/explain.h"
#include "fuzz.h"

#include <string.h>

static int is_shown(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return 0;
	return 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct explanation x;
	struct err e = { 0 };

	HOLDS(explain(span_of(data, size), &x, &e) == 0);
	HOLDS(x.n <= EXPLAIN_CAUSES && is_shown(x.host) && strlen(x.host) < EXPLAIN_HOST);
	for (size_t i = 0; i < x.n; i++) {
		HOLDS(diagnose_cause(x.cause[i].id) && is_shown(x.cause[i].words));
		HOLDS(i == 0 || x.cause[i - 1].weight >= x.cause[i].weight);
		for (size_t j = 0; j < i; j++)
			HOLDS(x.cause[j].id != x.cause[i].id);
	}
	return 0;
}
