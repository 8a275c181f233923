/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a check saw, saved and judged again elsewhere: JSON Lines, one line a target. A line holds
 * the facts, the target with its passwords as "***", and of each store those anchors that matter to
 * the chain that was served; no password, no key. The judgement of it is that of the run that saved
 * it, to the byte, on a machine that has neither the network nor the stores.
 *
 * A member of struct facts is a row of a table in record.c.
 */
#ifndef DOCTOR_RECORD_H
#define DOCTOR_RECORD_H

#include "doctor/check.h"

#define RECORD_FILE_MAX (64u << 20)
#define RECORD_LINE_MAX (4u << 20)

/*
 * A file to which lines are added, each in one write: what was seen stays if the run is cut off,
 * and a line that was cut is the last. Made with mode 0600. One that is there must be empty or of
 * this format, of root's or of whom this process is, and have one name; it is added to. No link is
 * followed. Who holds a lock on it is waited for, about a second. NULL: it can't be opened, or is
 * something else.
 */
struct record;
struct record *record_open(const char *path, struct err *e);

/* After check_stores. -1: it can't be written, or the line would be too long; nothing of it is in
 * the file then. */
int record_add(struct record *r, const struct check *c, const struct check_wish *w, struct err *e);

void record_close(struct record *r);

/* The line without its end, added to out. */
int record_line(struct buf *out, const struct check *c, const struct check_wish *w, struct err *e);

/*
 * Fills *c, which is to be freed by check_free, and of *w what it is judged by, the trusts
 * included; then check_judge and check_stores say what they said. w->ca, out of w->trusts: that
 * store takes the place of the saved one. -1: ERR_USER, which member is wrong; nothing is to be
 * freed.
 */
int record_read(struct check *c, struct check_wish *w, struct span line, struct err *e);

/* The next line of *rest that is not blank; 1, or 0 at the end. *number counts lines, at first 0.
 */
int record_next(struct span *rest, struct span *line, size_t *number);

#endif
