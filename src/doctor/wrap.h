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

#endif
