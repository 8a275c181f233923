/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/wrap.h"

#include "base/columns.h"

#include <string.h>

/*
 * Where Japanese may be broken (JIS X 4051, "kinsoku"): beside a wide letter, but never before what
 * closes or goes on, nor behind what opens. Quotes do either, so that none of them stands at a
 * break.
 */
static const char no_beginning[] = "、。，．・：；？！）」』】〕〉》］｝ーゝゞ々…‥"
				   "ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ,.:;?!)]}%/\"'";
static const char no_end[] = "（「『【〔〈《［｛([{\"'/";

static int is_one_of(const char *letters, unsigned letter)
{
	while (*letters)
		if (columns_letter(&letters) == letter)
			return 1;
	return 0;
}

static int may_break(unsigned before, unsigned after)
{
	return (columns_of_letter(before) == 2 || columns_of_letter(after) == 2) &&
	       !is_one_of(no_end, before) && !is_one_of(no_beginning, after);
}

/* The bytes that stay on one line: up to a blank, or to where there may be a break without one. */
static size_t piece(const char *text)
{
	const char *at = text;
	unsigned before = 0;

	while (*at && *at != ' ') {
		const char *next = at;
		unsigned letter = columns_letter(&next);

		if (before && may_break(before, letter))
			break;
		before = letter;
		at = next;
	}
	return (size_t)(at - text);
}

void wrap_text(FILE *to, const char *first, const char *text)
{
	size_t in = 4 + columns(first), at = in;
	size_t blank = 0;

	(void)fprintf(to, "    %s", first);
	while (*text) {
		size_t n = piece(text), wide = columns_of(text, n);

		if (at > in && at + blank + wide > WRAP_WIDTH) {
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
