/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes of trust stores that can be taken back.
 *
 * A change is a folder below the journal's own, named by its number: "steps", where each step is
 * written and synced before it is done, and copies of each file as it was and as it is to be. Who
 * is killed in between leaves every store as it was or as it was to be, and a change that can be
 * taken back: what is to be done for that is found by looking at each store. The folder is its
 * user's alone; nothing in it is believed whose digest does not fit.
 *
 *	journal_open(&j, NULL, &e); journal_begin(j, "add ca.pem", &e);
 *	journal_write(j, &file, &e);	a file, in one step; as often as needed
 *	journal_step(j, &step, &e);	before something that is done by other means
 *	journal_end(j); journal_close(j);
 */
#ifndef TRUST_JOURNAL_H
#define TRUST_JOURNAL_H

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "pki/digest.h"

#include <sys/types.h>
#include <time.h>

struct journal;

/*
 * Opens the journal in folder, made if it is not there (0700); NULL: /var/lib/dbtls-trust for root,
 * else dbtls-trust in $XDG_STATE_HOME or ~/.local/state. One process at a time has it: -1 when
 * another one does, with its pid; or when the folder can't be made or written. What is run while it
 * is open inherits a lock: should it outlive whoever ran it, it is waited for, 30 s at most. What
 * is run as another user has none, and is to end with whoever ran it.
 */
int journal_open(struct journal **j, const char *folder, struct err *e);
void journal_close(struct journal *j); /* takes NULL */

/* Begins a change; words say which, for a person ("add ca.pem"). */
int journal_begin(struct journal *j, const char *words, struct err *e);

/* A file and what is to be in it. */
struct journal_file {
	/* Absolute; symbolic links are followed, so that they stay. Of a file with several hard
	 * links this name alone is changed. */
	const char *path;
	struct span was; /* what `now` was made from: if the file has changed since, it is left */
	struct span now;
	int is_new;  /* it is not there: made, with mode 0644 */
	int removed; /* it is to go: `now` is not looked at; a link in its place is refused */
	int no_link; /* a link in its place is refused; those of its folder are followed */
};

/*
 * Copies the file, writes the step, and replaces, makes or removes the file in one step. Owner,
 * group, mode, extended attributes (the SELinux label, ACLs) and the names of links are kept.
 * -1: the file is as it was; e->sys is EACCES, EPERM or EROFS when it can't be written by this
 * user.
 */
int journal_write(struct journal *j, const struct journal_file *f, struct err *e);

/* What is done by other means, and how it is taken back. */
enum journal_what {
	JOURNAL_NSS_ADDED,   /* path: the database's folder; label: its nickname; sha256 */
	JOURNAL_NSS_REMOVED, /* the same; trust: its flags ("C,,"); der: the certificate */
	JOURNAL_LACKED,      /* path: a store that others derive; sha256: what it lacked before */
	JOURNAL_RUN          /* label: a system's command, to be run once the files are as before */
};

struct journal_step {
	enum journal_what what;
	const char *path, *label, *trust; /* NULL or "": none */
	uint8_t sha256[SHA256_LENGTH];
	struct span der;
};

/* Writes the step, to be called before it is done. */
int journal_step(struct journal *j, const struct journal_step *step, struct err *e);

/* The change is whole. One without a step leaves nothing behind. */
int journal_end(struct journal *j, struct err *e);

/* ---- taking back ----------------------------------------------------------------------------- */

struct journal_change {
	unsigned number;
	time_t when;
	int whole; /* 0: whoever made it did not come to its end */
	const char *words;
};

/* Calls each for every change that stands, the newest first; ends early when it returns -1. */
int journal_list(struct journal *j, int (*each)(void *arg, const struct journal_change *c),
    void *arg, struct err *e);

/* A file that somebody else has changed since. */
struct journal_changed {
	const char *path;
	struct span before, after, is;
};

/* Who takes back what the journal can't by itself. Each may be asked for what was never done. */
struct journal_back {
	void *arg;
	/*
	 * The file is neither as it was before nor as the change left it: appends to out, empty and
	 * bounded, what is to be in it, and the journal puts it there in one step. Left as it is:
	 * the same bytes as `is`; none: the file goes, or is empty if it was there before. What was
	 * not there has a NULL p.
	 */
	int (*changed)(void *arg, const struct journal_changed *c, struct buf *out, struct err *e);
	/* Who replaces a store that lacked something names the file beside it by step->sha256
	 * (replace.h): so it is found, should it be left. */
	int (*step)(void *arg, const struct journal_step *step, struct err *e);
	/* What was done with one of them; e is NULL when that went well. */
	void (*done)(void *arg, const char *path, const struct err *e);
};

/*
 * Takes the change back: the files, the last one first, each in one step; then the other steps, in
 * the order in which they were written. One that fails never stops the others, and the change then
 * stays in the journal (-1, the first failure in e), to be taken back again; else its folder goes.
 */
int journal_undo(
    struct journal *j, unsigned number, const struct journal_back *back, struct err *e);

#endif
