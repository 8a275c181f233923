/* SPDX-License-Identifier: Apache-2.0 */
/* A project written into a folder, and nothing of the person's overwritten. */
#ifndef RECIPES_SAVE_H
#define RECIPES_SAVE_H

#include "base/err.h"

#include <stddef.h>

struct save_file {
	const char *name; /* a path below the folder, without "..": its folders are made */
	const void *p;
	size_t n;
};

/*
 * Writes n files below dir (0644; folders that are made: 0755, dir among them; whatever the umask).
 * A file that is there with the same bytes stays. -1 and nothing written when dir is no folder or
 * its parent is not there, or when a name is taken by other bytes or by no file: the sentence names
 * it.
 */
int save_project(const char *dir, const struct save_file *files, size_t n, struct err *e);

#endif
