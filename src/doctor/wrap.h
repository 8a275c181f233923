/* SPDX-License-Identifier: Apache-2.0 */
/* Text for a screen. */
#ifndef DOCTOR_WRAP_H
#define DOCTOR_WRAP_H

#include <stdio.h>

#define WRAP_WIDTH 92

/*
 * Four blanks, first, and text, broken at blanks and, as Japanese has few, beside wide letters;
 * lines after the first begin as far in as text does.
 */
void wrap_text(FILE *to, const char *first, const char *text);

#define WRAP_LINE 120 /* the width of a line where there is no terminal */

/* The text and a newline: what is wider than width columns is cut and ends in "…". */
void wrap_line(FILE *to, const char *text, size_t width);

#endif
