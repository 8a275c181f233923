/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

#include <string.h>

/* The bytes of a letter (RFC 3629 3), by its first; 0: none of several begins so. */
static size_t letter_of(unsigned char first)
{
	if (first >= 0xC2 && first < 0xE0)
		return 2;
	if (first >= 0xE0 && first < 0xF0)
		return 3;
	return first >= 0xF0 && first < 0xF5 ? 4 : 0;
}

void utf8_drop_cut(char *text)
{
	size_t n = strlen(text), behind = 0;

	while (behind < 3 && behind < n && ((unsigned char)text[n - 1 - behind] & 0xC0) == 0x80)
		behind++;
	if (behind < n && letter_of((unsigned char)text[n - 1 - behind]) > behind + 1)
		text[n - 1 - behind] = '\0';
}
