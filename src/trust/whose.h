/* SPDX-License-Identifier: Apache-2.0 */
/* Who else can put something in the place of a file: what root reads or runs may be a user's. */
#ifndef TRUST_WHOSE_H
#define TRUST_WHOSE_H

#include <limits.h>
#include <sys/types.h>

/*
 * Whether a program may be run: where it really lies (in real, which is to be run in its place, so
 * that a link that changes leads nowhere else) it and all folders on the way are root's or this
 * user's, and nobody else can write to them. 0: it may not, or isn't there.
 */
int whose_may_run(const char *path, char real[PATH_MAX]);

/*
 * Whose the place is: the owner of the first part of the path, links not followed, that is not
 * root's; 0: all of it is root's, or can't be looked at.
 */
uid_t whose_place(const char *path);

#endif
