/* SPDX-License-Identifier: Apache-2.0 */
/* A target that was found in a file: what is to be said of it, at its place. */
#ifndef LINT_JUDGE_H
#define LINT_JUDGE_H

#include "lint/made.h"

enum lint_manner {
	LINT_AS_IT_IS = 0,
	LINT_LISTED = 1, /* each word is a string of its own: no line to change to */
	LINT_LINED = 2,  /* each option is a line of its own, without dashes */
	LINT_SISTER = 4  /* another program with the same options for TLS, and others beside */
};

/*
 * The bytes a to b of r->made are a target as target_parse takes it; what that refuses (a Unix
 * socket, several hosts) is left alone.
 */
void lint_judge(struct lint_reading *r, size_t a, size_t b, unsigned manner);

#endif
