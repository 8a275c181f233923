/* SPDX-License-Identifier: Apache-2.0 */
/* What to write in place of settings that verify too little. */
#ifndef LINT_MEND_H
#define LINT_MEND_H

#include "lint/made.h"

#define LINT_EDITS 8

struct lint_mended {
	struct lint_edit edit[LINT_EDITS]; /* places in the file */
	char put[LINT_EDITS][256];         /* what they put */
	size_t n;                          /* 0: no edit is known that would do */
};

/* How the words are written in the file. */
enum lint_spelling {
	LINT_SPELL_PLAIN,
	LINT_SPELL_XML,  /* "&" as "&amp;" */
	LINT_SPELL_LINES /* an option is a line, without dashes */
};

/*
 * How the target t, which was read out of the bytes a to b of m, becomes one that verifies chain
 * and name and of which nothing is left to say: that is tried.
 */
void lint_mend(const struct lint_made *m, size_t a, size_t b, const struct target *t,
    enum lint_spelling how, struct lint_mended *out);

/* Whether a note is about TLS: another program has options that the client does not know. */
int lint_mend_is_tls(const struct target_note *note);

#endif
