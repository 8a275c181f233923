/* SPDX-License-Identifier: Apache-2.0 */
/* What the verdicts were a round ago: `dbtls check --watch` tells what has changed. */
#ifndef CMD_CHECK_ROUNDS_H
#define CMD_CHECK_ROUNDS_H

#include "base/span.h"
#include "doctor/diagnose.h"

struct check_rounds;

/* NULL: memory is out. */
struct check_rounds *check_rounds_new(void);

/* Another round begins; its number, from 1. */
unsigned check_rounds_begin(struct check_rounds *r);

/*
 * Notes the verdict on a target, known by its text, and says whether it is another than the last;
 * of one that was not there in this round or the one before, whether it is other than "ok".
 */
int check_rounds_changed(
    struct check_rounds *r, struct span target, const struct diagnose_cause *verdict);

void check_rounds_free(struct check_rounds *r);

#endif
