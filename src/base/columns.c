/* SPDX-License-Identifier: Apache-2.0 */
#include "base/columns.h"

#include <string.h>

/* In order. Blocks are taken whole: what is not assigned in them stands in no text. */
static const struct range {
	unsigned first, last, columns;
} ranges[] = {
	{ 0x0300, 0x036F, 0 },   /* combining marks */
	{ 0x1100, 0x115F, 2 },   /* Hangul's leading consonants */
	{ 0x200B, 0x200F, 0 },   /* blanks without width, marks of direction */
	{ 0x2E80, 0x3029, 2 },   /* radicals, punctuation */
	{ 0x302A, 0x302D, 0 },   /* tone marks */
	{ 0x302E, 0x303E, 2 },   /* punctuation */
	{ 0x3041, 0x3098, 2 },   /* Hiragana */
	{ 0x3099, 0x309A, 0 },   /* voiced sound marks that combine */
	{ 0x309B, 0x4DBF, 2 },   /* Hiragana, Katakana, compatibility, ideographs A */
	{ 0x4E00, 0xA4CF, 2 },   /* ideographs, Yi */
	{ 0xA960, 0xA97F, 2 },   /* Hangul */
	{ 0xAC00, 0xD7A3, 2 },   /* Hangul */
	{ 0xF900, 0xFAFF, 2 },   /* ideographs */
	{ 0xFE00, 0xFE0F, 0 },   /* variation selectors */
	{ 0xFE10, 0xFE19, 2 },   /* vertical forms */
	{ 0xFE20, 0xFE2F, 0 },   /* combining half marks */
	{ 0xFE30, 0xFE6F, 2 },   /* small forms */
	{ 0xFF01, 0xFF60, 2 },   /* full-width forms */
	{ 0xFFE0, 0xFFE6, 2 },   /* full-width signs */
	{ 0x1F300, 0x1F64F, 2 }, /* pictures */
	{ 0x1F900, 0x1F9FF, 2 }, /* pictures */
	{ 0x20000, 0x3FFFD, 2 }, /* ideographs B and later */
};

unsigned columns_of_letter(unsigned letter)
{
	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
		if (letter <= ranges[i].last)
			return letter < ranges[i].first ? 1 : ranges[i].columns;
	return 1;
}

/* The bytes behind the first of a letter; -1: none begins so. */
static int bytes_behind(unsigned char first)
{
	if (first < 0x80)
		return 0;
	if (first >= 0xC2 && first < 0xE0)
		return 1;
	if (first >= 0xE0 && first < 0xF0)
		return 2;
	return first >= 0xF0 && first < 0xF5 ? 3 : -1;
}

unsigned columns_letter(const char **at)
{
	const unsigned char *p = (const unsigned char *)(*at)++;
	int n = bytes_behind(*p);
	unsigned letter = n > 0 ? *p & (0x3FU >> n) : *p;

	for (int i = 1; i <= n; i++) {
		if ((p[i] & 0xC0) != 0x80)
			return *p;
		letter = letter << 6 | (p[i] & 0x3F);
	}
	*at += n > 0 ? n : 0;
	return letter;
}

size_t columns_of(const char *text, size_t n)
{
	const char *end = text + n;
	size_t sum = 0;

	while (text < end)
		sum += columns_of_letter(columns_letter(&text));
	return sum;
}

size_t columns(const char *text)
{
	return columns_of(text, strlen(text));
}

int columns_left(const char *text, size_t width)
{
	size_t n = columns(text);

	return n < width ? (int)(width - n) : 0;
}

/*
 * Where Japanese may be broken (JIS X 4051, "kinsoku"): beside a wide letter, but never before what
 * closes or goes on, nor behind what opens. Quotes do either, so that none of them stands at a
 * break. A path may begin a line when a clause has ended before it.
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
	if (after == '/' && is_one_of("、。", before))
		return 1;
	return (columns_of_letter(before) == 2 || columns_of_letter(after) == 2) &&
	       !is_one_of(no_end, before) && !is_one_of(no_beginning, after);
}

size_t columns_piece(const char *text)
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
