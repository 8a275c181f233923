/* SPDX-License-Identifier: Apache-2.0 */
/* Private to engine/: the statements that dbtls gives its engine. */
#ifndef ENGINE_SQL_H
#define ENGINE_SQL_H

#include "base/buf.h"
#include "base/err.h"

/* Whether it is "*" and 40 hex digits, and hence safe to stand in a statement. */
int sql_is_hash(const char *hash);

/*
 * Appends what mariadbd's --init-file is to run before it serves anyone, a statement a line.
 * admin_hash: the administrator's for this start; root_hash: root's first, or NULL on later starts.
 */
int sql_start(struct buf *out, const char *admin_hash, const char *root_hash, struct err *e);

/*
 * Writes the statement number step (0, 1, …) of those that set root's password into out. That it
 * fails with the error *but (0: none) is fine, and then the next one is left out. -1: there are no
 * more.
 */
#define SQL_ROOT_MAX 256
int sql_root(size_t step, const char *hash, char out[SQL_ROOT_MAX], unsigned *but);

#endif
