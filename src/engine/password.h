/* SPDX-License-Identifier: Apache-2.0 */
/* Passwords as TiDB Cloud's "Auto-generate" makes them (T4). */
#ifndef ENGINE_PASSWORD_H
#define ENGINE_PASSWORD_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

#define PASSWORD_LENGTH 16

/* Fills n random bytes; 0 or -1. The real one is password_random; tests hand in their own. */
typedef int random_bytes(void *p, size_t n);
int password_random(void *p, size_t n);

/*
 * 16 characters of A-Z, a-z, 0-9 and "-._", at least one of each of the four classes, the first and
 * the last a letter or digit; uniform over all such strings (by rejection, no modulo bias).
 */
int password_generate(char out[PASSWORD_LENGTH + 1], random_bytes *rnd, struct err *e);

/* What a person may set: 8 to 64 printable ASCII characters, of three of the four classes. */
int password_check(const char *text, struct err *e);

#endif
