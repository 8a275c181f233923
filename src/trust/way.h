/* SPDX-License-Identifier: Apache-2.0 */
/* Who decides what a path leads to: what root does to it is done as that user. */
#ifndef TRUST_WAY_H
#define TRUST_WAY_H

#include "base/err.h"

#include <limits.h>
#include <sys/types.h>

struct way_owner {
	uid_t uid;
	gid_t gid;
};

/*
 * The owner of the first folder, file or link from / on that is not root's; links are followed one
 * by one, for each may be replaced by its owner. Root, if every one is root's: then nobody else
 * can have the path lead elsewhere. -1: others may write to a folder or file on the way that is
 * root's (/tmp, where they can't replace what is there, may be on the way and not its end); or it
 * leads nowhere (e->sys).
 */
int way_owner(const char *path, struct way_owner *w, struct err *e);

/*
 * Whether a program may be run: where it really lies (in real, which is to be run in its place, so
 * that a link that changes leads nowhere else) it and all folders on the way are root's or this
 * user's, and nobody else can write to them. 0: it may not, or isn't there.
 */
int way_may_run(const char *path, char real[PATH_MAX]);

#endif
