/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/wrap.h"

#include <string.h>

void wrap_text(FILE *to, const char *first, const char *text)
{
	size_t in = 4 + (strcmp(first, "→ ") == 0 ? 2 : strlen(first));
	size_t at = in;

	(void)fprintf(to, "    %s", first);
	while (*text) {
		size_t n = strcspn(text, " ");

		if (at > in && at + n > WRAP_WIDTH) {
			(void)fprintf(to, "\n%*s", (int)in, "");
			at = in;
		}
		(void)fprintf(to, "%.*s", (int)n, text);
		at += n + 1;
		text += n;
		if (*text == ' ' && *++text && at + strcspn(text, " ") <= WRAP_WIDTH)
			(void)putc(' ', to);
	}
	(void)putc('\n', to);
}

static int begins(char byte)
{
	return (byte & 0xC0) != 0x80;
}

size_t wrap_columns(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += (size_t)begins(*text);
	return n;
}

void wrap_line(FILE *to, const char *text, size_t width)
{
	int whole = wrap_columns(text) <= width;
	size_t at = 0;

	for (; *text; text++) {
		at += (size_t)begins(*text);
		if (!whole && at == width)
			break;
		(void)putc(*text == '\n' ? ' ' : *text, to);
	}
	(void)fputs(whole ? "\n" : "…\n", to);
}
