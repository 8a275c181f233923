/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/whose.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Calls look for each part of the path that begins at the root, "/usr" and so on, till it says 0.
 */
static int each_part(const char *path, int (*look)(const struct stat *st, void *arg), void *arg)
{
	char part[PATH_MAX];
	size_t n = 0;

	if (*path != '/' || strlen(path) >= sizeof part)
		return 0;
	while (path[n]) {
		struct stat st;

		n += 1 + strcspn(path + n + 1, "/");
		memcpy(part, path, n);
		part[n] = '\0';
		if (lstat(part, &st) < 0 || !look(&st, arg))
			return 0;
	}
	return 1;
}

/* In a folder with the sticky bit nobody takes away what is another's. */
static int is_kept(const struct stat *st, void *arg)
{
	int sticky = S_ISDIR(st->st_mode) && st->st_mode & S_ISVTX;
	uid_t me = geteuid();

	(void)arg;
	if (st->st_uid != 0 && st->st_uid != me)
		return 0;
	if (st->st_mode & S_IWOTH && !sticky)
		return 0;
	/* The group of an ordinary user is most often theirs alone; root's business is not. */
	return me != 0 || sticky || !(st->st_mode & S_IWGRP) || st->st_gid == 0;
}

int whose_may_run(const char *path, char real[PATH_MAX])
{
	return realpath(path, real) && each_part(real, is_kept, NULL);
}

static int is_roots(const struct stat *st, void *owner)
{
	*(uid_t *)owner = st->st_uid;
	return st->st_uid == 0;
}

uid_t whose_place(const char *path)
{
	uid_t owner = 0;

	(void)each_part(path, is_roots, &owner);
	return owner;
}
