/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line for a POSIX shell in words (POSIX.1-2017, Shell Command Language 2.2 and 2.3). Nothing is
 * expanded.
 */
#ifndef TARGET_SHELL_H
#define TARGET_SHELL_H

#include "base/err.h"
#include "base/span.h"
#include "target/target.h"

#define TARGET_WORDS 256

struct target_words {
	char text[TARGET_TEXT + TARGET_WORDS + 1]; /* the words without quotes, each with a NUL */
	uint16_t
	    from[TARGET_TEXT + TARGET_WORDS + 1]; /* where each byte of them stands in the line */
	size_t start[TARGET_WORDS];               /* of each, in text */
	int expands[TARGET_WORDS];                /* 1: there is a variable or a command in it */
	size_t n;
};

/*
 * Takes line apart, up to the command's end: ";", "|", "&", "<", ">", a comment, or a line's end
 * that is not continued. -1: a quote is not closed, or there are too many words; those before stay.
 */
int target_shell(struct target_words *w, struct span line, struct err *e);

#endif
