/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lines in which a journal says what it is about to do. Pure.
 *
 *	change 1792665600 add%20ca.pem CHECK
 *	file 0 .dbtls-trust-0123456789abcdef /etc/x.pem BEFORE AFTER 0 0 644 - CHECK
 *	run - update-ca-certificates - - - CHECK
 *	end CHECK
 *
 * Words are parted by one space; in texts what is no letter, digit or one of /._~+=:,@ is %XX, and
 * "-" is none; digests, attributes and certificates are in hexadecimal. CHECK is the beginning of
 * the SHA-256 of the line before it, by which one that was cut off or damaged is known.
 */
#ifndef TRUST_STEPS_H
#define TRUST_STEPS_H

#include "trust/journal.h"

#define STEPS_MAX      (64u << 20)
#define STEPS_LINE_MAX (2u << 20)

/* A file before or after a step; is 0: it is not there. */
struct steps_state {
	int is;
	uint8_t sha256[SHA256_LENGTH];
};

/* A file that is replaced, made or removed. */
struct steps_file {
	unsigned copy;      /* the number of its copies */
	const char *beside; /* the name of what is written beside it */
	const char *path;
	struct steps_state before, after;
	uid_t uid;
	gid_t gid;
	mode_t mode;
	struct span xattrs; /* packed */
};

struct steps_step {
	int is_file;
	struct steps_file file;
	struct journal_step other;
};

struct steps {
	time_t when;
	const char *words;
	int whole;
	struct steps_step *v;
	size_t n, room;
};

/* Each appends its line to out. -1: memory is out, or the line is longer than out may be. */
int steps_put_change(struct buf *out, time_t when, const char *words);
int steps_put(struct buf *out, const struct steps_step *s);
int steps_put_end(struct buf *out);

/*
 * Reads them from text, in place, where the strings then are. A last line that is cut off or
 * damaged is left out. -1: the first one is (e->kind ERR_NONE: there is no other); or one of the
 * others is, or memory is out. s is freed by the caller in any case.
 */
int steps_read(struct steps *s, char *text, size_t n, struct err *e);
void steps_free(struct steps *s);

#endif
