/* SPDX-License-Identifier: Apache-2.0 */
/* The verdict by client, as it is told. */
#ifndef DOCTOR_HABITS_WORDS_H
#define DOCTOR_HABITS_WORDS_H

#include "base/buf.h"
#include "doctor/habits.h"

#include <jansson.h>

/* One line about those that do not as a right client does; empty if there are none. */
void habits_words_line(const struct habits *h, struct buf *out);

/*
 * Line n of the table of all: what it is about, with ": " behind it, in *head, and the rest in out.
 * 0: there are no more. Both functions fill out, a text with its NUL, which is to be freed.
 */
int habits_words_row(const struct habits *h, size_t n, const char **head, struct buf *out);

/* A new array, one object a client; NULL: memory is out. */
json_t *habits_words_json(const struct habits *h);

#endif
