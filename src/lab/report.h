/* SPDX-License-Identifier: Apache-2.0 */
/* What came of all trials, for a person at a terminal, for programs, for CI and for a wiki. Pure.
 */
#ifndef LAB_REPORT_H
#define LAB_REPORT_H

#include "base/buf.h"
#include "lab/advice.h"
#include "lab/judge.h"
#include "lab/names.h"

#include <jansson.h>
#include <stddef.h>

#define REPORT_MAX (4 << 20) /* bytes of a report */

struct report {
	const char *command; /* as it was typed, quoted for a shell */
	const char *client;  /* which one it is, or NULL */
	const char *agent;   /* what it says it is, or "" */
	enum lab_protocol protocol;
	const struct names *names;
	const struct trial *trials; /* of both protocols; those of the other were left out */
	size_t n;
	const enum flaw *flaw;     /* of each */
	const char *advice[FLAWS]; /* for each flaw that occurs; NULL: none is known */
	unsigned ms;               /* all together */
	int believe;               /* as judge_all */
	int mended;
};

/* How the text is shown. */
struct report_look {
	int width;  /* columns */
	int colour; /* with a terminal's colours */
	int all;    /* each trial, with its time and the client's words */
};

/* Whether the client was right, and was tried, wherever it must be. */
int report_good(const struct report *r);

/* A trial that was asked for: it was done, or t->why says why it was not. */
int report_shows(const struct trial *t);

/* Each appends to out; -1: it is full. */
int report_text(const struct report *r, const struct report_look *look, struct buf *out);
int report_junit(const struct report *r, struct buf *out);
int report_markdown(const struct report *r, struct buf *out);
int report_html(const struct report *r, struct buf *out);

/* NULL: no memory. */
json_t *report_json(const struct report *r);

/* How many that are shown have this weight, and are right (1), or wrong or not tried (0). */
size_t report_count(const struct report *r, enum lab_weight weight, int right);

/* "curl 7.88.1: right at 50 of 52 that are a must": one line, _(). */
int report_headline(const struct report *r, struct buf *out);

#endif
