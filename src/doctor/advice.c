/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/advice.h"

#include <string.h>

/* Appends what stands at `at`; how much of the text that was, or -1. */
static int put(struct buf *out, const char *at, const struct advice *words)
{
	if (strncmp(at, "{target}", 8) == 0)
		return buf_fmt(out, "%s", words->target) < 0 ? -1 : 8;
	if (strncmp(at, "{host}", 6) == 0)
		return buf_fmt(out, "%s", words->host) < 0 ? -1 : 6;
	if (strncmp(at, "{port}", 6) == 0 && words->port == 0)
		return buf_fmt(out, "PORT") < 0 ? -1 : 6;
	if (strncmp(at, "{port}", 6) == 0)
		return buf_fmt(out, "%u", words->port) < 0 ? -1 : 6;
	return buf_add(out, at, 1) < 0 ? -1 : 1;
}

int advice_fill(struct buf *out, const char *text, const struct advice *words)
{
	while (*text) {
		int n = put(out, text, words);

		if (n < 0)
			return -1;
		text += n;
	}
	return 0;
}
