/* SPDX-License-Identifier: Apache-2.0 */
/* `dbtls explain --lint`, and `dbtls check --lint`: what the settings in files say. */
#ifndef CMD_EXPLAIN_LINT_H
#define CMD_EXPLAIN_LINT_H

#include <stddef.h>

/*
 * Reads n files, "-" is standard input, and what is in folders; prints what was found. The exit
 * status: 0 nothing, 1 findings, 2 a file can't be read.
 */
int explain_lint(char **paths, size_t n);

#endif
