/* SPDX-License-Identifier: Apache-2.0 */
/* Systems that dbtls doesn't run on: what one types there. */
#ifndef TRUST_FOREIGN_H
#define TRUST_FOREIGN_H

#include "trust/wanted.h"

/* "macos", "windows"; ends with NULL. */
extern const char *const foreign_systems[];

/*
 * Appends the lines, each with its \n, that put the certificate into that system's trust store or
 * take it out: first the one that makes a file of it here, if they need one. system is an index of
 * foreign_systems.
 */
int foreign_lines(
    const struct wanted_one *one, int system, int remove, struct buf *out, struct err *e);

#endif
