/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words as they stand in a program, white space free: "InsecureSkipVerify: true". In a pattern
 *
 *	a|b	is one of both
 *	?	any one token
 *	...	any, brackets as a whole, up to the end of the bracket that it stands in
 *	^	in front: the first of its line
 *	~	in front: not behind a dot
 *	'abc'	a string of that text, however it is quoted; 'abc*': one that begins so
 */
#ifndef LINT_MATCH_H
#define LINT_MATCH_H

#include "lint/tokens.h"

#define LINT_STEPS 32 /* words of a pattern */

struct lint_step {
	struct span text;
	uint8_t kind;        /* of enum lint_kind */
	uint8_t any;         /* "?" */
	uint8_t rest;        /* "..." */
	uint8_t begins;      /* a string that only begins so */
	uint8_t alternative; /* the next step will do as well */
};

struct lint_pattern {
	struct lint_step step[LINT_STEPS];
	size_t n;
	int at_head, not_member;
};

/* words: borrowed, and right; -1 and nothing in it: it has too many, or memory is out. */
int lint_pattern(struct lint_pattern *p, const char *words);

/* Whether it stands at the token i. Then *last is the index of the last token of it. */
int lint_match(const struct lint_pattern *p, const struct lint_tokens *t, size_t i, size_t *last);

#endif
