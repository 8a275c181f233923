/* SPDX-License-Identifier: Apache-2.0 */
/* How `up` and `serve` become dbtlsd, or start it in the background. */
#ifndef CMD_START_H
#define CMD_START_H

#include "base/err.h"
#include "base/opt.h"

#include <limits.h>

#define START_PATH (PATH_MAX + sizeof "/dbtlsd")

/* Where dbtlsd is: beside this very program, as it was built; else where `make install` puts it. */
int start_find(char out[START_PATH], struct err *e);

/*
 * Hands every row of the table that was given a value on to dbtlsd, which reads the same rows.
 * detach: returns once dbtlsd is ready. Else returns only if it can't be started. An exit code.
 */
int start_dbtlsd(const struct opt *options, int detach);

#endif
