/* SPDX-License-Identifier: Apache-2.0 */
/* Text for a screen. */
#ifndef DOCTOR_WRAP_H
#define DOCTOR_WRAP_H

#include <stdio.h>

#define WRAP_WIDTH 92

/*
 * Four blanks, first, and text, broken at blanks; lines after the first begin as far in as text
 * does. first: "", or words whose letters are a column each; "→ " is two.
 */
void wrap_text(FILE *to, const char *first, const char *text);

#define WRAP_LINE 120 /* the width of a line where there is no terminal */

/* Columns of a text in UTF-8, each letter being one. */
size_t wrap_columns(const char *text);

/* The text and a newline: what is wider than width columns is cut and ends in "…". */
void wrap_line(FILE *to, const char *text, size_t width);

#endif
