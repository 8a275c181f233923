/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/wrap.h"

#include "base/columns.h"

#include <string.h>

enum { TAIL_BYTES = 12 }; /* four letters of Japanese */

/* Whether from here on there are a few wide letters and nothing more: they stay together. */
static int is_tail(const char *text)
{
	const char *first = text;

	return columns_of_letter(columns_letter(&first)) == 2 &&
	       strnlen(text, TAIL_BYTES + 1) <= TAIL_BYTES;
}

void wrap_text(FILE *to, const char *first, const char *text)
{
	size_t in = 4 + columns(first), at = in;
	size_t blank = 0;

	(void)fprintf(to, "    %s", first);
	while (*text) {
		size_t n = columns_piece(text), wide = columns_of(text, n);
		size_t together = is_tail(text) ? columns(text) : wide;

		if (at > in && at + blank + together > WRAP_WIDTH) {
			(void)fprintf(to, "\n%*s", (int)in, "");
			at = in;
			blank = 0;
		}
		(void)fprintf(to, "%*s%.*s", (int)blank, "", (int)n, text);
		at += blank + wide;
		blank = text[n] == ' ';
		text += n + blank;
	}
	(void)putc('\n', to);
}

void wrap_line(FILE *to, const char *text, size_t width)
{
	int whole = columns(text) <= width;
	size_t at = 0;

	while (*text) {
		const char *next = text;

		at += columns_of_letter(columns_letter(&next));
		if (!whole && at >= width)
			break;
		(void)fprintf(to, "%.*s", (int)(next - text), *text == '\n' ? " " : text);
		text = next;
	}
	(void)fputs(whole ? "\n" : "…\n", to);
}
