/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How wide a text in UTF-8 is on a screen: letters of Chinese, Japanese and Korean take two columns
 * (Unicode Standard Annex #11, classes W and F), marks that combine none, all others one.
 */
#ifndef BASE_COLUMNS_H
#define BASE_COLUMNS_H

#include <stddef.h>

/*
 * The letter at *at, of a text that has not ended, and *at behind it; a byte that is no UTF-8
 * stands for itself.
 */
unsigned columns_letter(const char **at);

/* 0, 1 or 2. */
unsigned columns_of_letter(unsigned letter);

size_t columns(const char *text);

/* Of the first n bytes. */
size_t columns_of(const char *text, size_t n);

/*
 * The blanks that fill a text up to so many columns: printf("%s%*s", text, columns_left(text, 16),
 * "") is what "%-16s" is where a letter is a byte and a column.
 */
int columns_left(const char *text, size_t width);

/*
 * The bytes at the beginning of a text that stay on one line: up to a blank, or to where Japanese,
 * which has few blanks, may be broken. 0: there is a blank, or the end.
 */
size_t columns_piece(const char *text);

#endif
