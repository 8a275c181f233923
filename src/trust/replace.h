/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One file, replaced, made or removed in one step: a reader sees the old file or the new one, and
 * whoever is killed leaves at most a file beside it, whose name was known before.
 */
#ifndef TRUST_REPLACE_H
#define TRUST_REPLACE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "pki/digest.h"

#include <limits.h>
#include <sys/types.h>

#define REPLACE_FILE_MAX   (128u << 20)
#define REPLACE_XATTR_MAX  (256u << 10)
#define REPLACE_BESIDE     ".dbtls-trust-"
#define REPLACE_BESIDE_MAX 32

/* Where a file is, or is to be: its folder, held open, and its name there. */
struct replace {
	int folder;
	const char *name;    /* in path */
	char path[PATH_MAX]; /* the real one, from the root */
	char beside[REPLACE_BESIDE_MAX];
};

/* What a new file gets besides its bytes. */
struct replace_as {
	uid_t uid;
	gid_t gid;
	mode_t mode;
	struct buf xattrs; /* packed, as replace_look leaves them */
};

/* A file as it was found. */
struct replace_file {
	int there; /* 0: nothing else is filled in */
	struct buf bytes;
	struct replace_as as;
};

/* Which symbolic links in a path lead to the place. */
enum replace_links {
	REPLACE_NO_LINKS,     /* there may be none in it */
	REPLACE_FOLDER_LINKS, /* those of its folder; one in the file's place is no file */
	REPLACE_ALL_LINKS     /* that of the file itself too */
};

/*
 * Opens the place. A new name is made for the file beside. -1: path is not absolute, or its folder
 * can't be opened (e->sys).
 */
int replace_open(struct replace *r, const char *path, enum replace_links links, struct err *e);

/* Names the file beside by a digest: for who has to find it again, and no line to note it in. */
void replace_name_beside(struct replace *r, const uint8_t digest[SHA256_LENGTH]);

void replace_close(struct replace *r); /* takes one that was zeroed, or never opened */

/*
 * What is there, freed by replace_file_free in any case. -1: it is no ordinary file, is too large
 * or can't be read.
 */
int replace_look(const struct replace *r, struct replace_file *f, struct err *e);
void replace_file_free(struct replace_file *f);

/* Whether it holds these bytes; a span whose p is NULL: whether it is not there. */
int replace_is(const struct replace_file *f, struct span bytes);

/* -1, e->sys says why: this user can't put a file there. */
int replace_may(const struct replace *r, struct err *e);

/*
 * Puts a file there, or with p NULL takes it away, if what is there is still `was`. as: what it
 * gets; NULL: mode 0644 and the user's own. Extended attributes of the kernel's own making (IMA,
 * EVM), which vouch for the old bytes, are not kept. -1: nothing was done; nothing lies beside, or
 * replace_clear can't remove it either.
 */
int replace_put(const struct replace *r, struct span was, struct span now,
    const struct replace_as *as, struct err *e);

/* Removes what somebody who was killed left beside. -1: it is still there. */
int replace_clear(const struct replace *r);

#endif
