/* SPDX-License-Identifier: Apache-2.0 */
/* How `up` and `serve` become dbtlsd, or start it in the background. */
#ifndef CMD_START_H
#define CMD_START_H

#include "base/opt.h"

/*
 * Hands every row of the table that was given a value on to dbtlsd, which reads the same rows.
 * detach: returns once dbtlsd is ready. Else returns only if it can't be started. An exit code.
 */
int start_dbtlsd(const struct opt *options, int detach);

#endif
