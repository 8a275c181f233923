/* SPDX-License-Identifier: Apache-2.0 */
/* The targets of `dbtls check`, one after the other: words, then a file, which is read as needed.
 */
#ifndef CMD_CHECK_SOURCE_H
#define CMD_CHECK_SOURCE_H

#include "base/buf.h"
#include "base/err.h"

struct check_source;

/* words: n of them, which stay the caller's; file: "-" is standard input, NULL: none. */
struct check_source *check_source_open(
    char *const *words, size_t n, const char *file, struct err *e);
void check_source_close(struct check_source *s);

/* Into text, which is empty; number: of the line it begins in, or 0. 1, or 0: there are no more. */
int check_source_next(struct check_source *s, struct buf *text, size_t *number);

/* How many there are in all; 0: that can't be told before they are read. */
size_t check_source_count(char *const *words, size_t n, const char *file);

#endif
