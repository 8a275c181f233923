/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/way.h"

#include "base/file.h"
#include "base/i18n.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINKS_MAX 40 /* as the kernel's */

struct way {
	char at[PATH_MAX];   /* where it has come to: no link in it; "" is the root */
	char rest[PATH_MAX]; /* what is to go */
	struct stat st;      /* of where it is */
	int links;
};

static void up(struct way *w)
{
	char *slash = strrchr(w->at, '/');

	if (slash)
		*slash = '\0';
}

static int too_long(const char *path, struct err *e)
{
	errno = ENAMETOOLONG;
	return err_sys(e, "%s", path);
}

/* The next name of what is to go is appended to where it is. 0: there is none. */
static int next(struct way *w, struct err *e)
{
	char *name = w->rest + strspn(w->rest, "/");
	size_t n = strcspn(name, "/"), length = strlen(w->at);

	if (n == 0)
		return 0;
	if (n == 2 && strncmp(name, "..", 2) == 0)
		up(w);
	if (!(n == 1 && *name == '.') && !(n == 2 && strncmp(name, "..", 2) == 0)) {
		if (length + n + 2 > sizeof w->at)
			return too_long(w->at, e);
		(void)snprintf(w->at + length, sizeof w->at - length, "/%.*s", (int)n, name);
	}
	memmove(w->rest, name + n, strlen(name + n) + 1);
	return 1;
}

/* What the link says comes before what is to go. */
static int follow(struct way *w, struct err *e)
{
	char to[PATH_MAX], rest[PATH_MAX];
	ssize_t n = readlink(w->at, to, sizeof to - 1);
	int length;

	if (n >= 0 && ++w->links > LINKS_MAX) {
		errno = ELOOP;
		n = -1;
	}
	if (n < 0)
		return err_sys(e, "%s", w->at);
	to[n] = '\0';
	length = snprintf(rest, sizeof rest, "%s/%s", to, w->rest);
	if (length < 0 || (size_t)length >= sizeof rest)
		return too_long(w->at, e);
	(void)snprintf(w->rest, sizeof w->rest, "%s", rest);
	up(w);
	if (*to == '/')
		w->at[0] = '\0';
	return 0;
}

static int is_open_to_others(const struct stat *st, mode_t except)
{
	return !S_ISLNK(st->st_mode) && st->st_mode & 022 && !(st->st_mode & except);
}

static int refuse(const struct way *w, struct err *e)
{
	return err_set(e, ERR_LOCAL,
	    _("%s is root's, and others may write to it: what they put there root would run; take "
	      "that from them (chmod go-w), or give it to whom it belongs (chown)"),
	    *w->at ? w->at : "/");
}

int way_owner(const char *path, struct way_owner *owner, struct err *e)
{
	char whole[PATH_MAX];
	struct way w = { 0 };
	int more = 1;

	if (snprintf(w.rest, sizeof w.rest, "%s", file_absolute(path, whole)) >= (int)sizeof w.rest)
		return too_long(path, e);
	*owner = (struct way_owner) { 0 };
	while (more > 0) {
		if (lstat(*w.at ? w.at : "/", &w.st) < 0)
			return err_sys(e, "%s", w.at);
		if (w.st.st_uid != 0) {
			*owner = (struct way_owner) { .uid = w.st.st_uid, .gid = w.st.st_gid };
			return 0;
		}
		if (is_open_to_others(&w.st, S_ISVTX))
			return refuse(&w, e);
		if (S_ISLNK(w.st.st_mode) && follow(&w, e) < 0)
			return -1;
		more = next(&w, e);
	}
	if (more < 0)
		return -1;
	return is_open_to_others(&w.st, 0) ? refuse(&w, e) : 0;
}

/* ---- programs -------------------------------------------------------------------------------- */

/* In a folder with the sticky bit nobody takes away what is another's. */
static int is_kept(const struct stat *st)
{
	int sticky = S_ISDIR(st->st_mode) && st->st_mode & S_ISVTX;
	uid_t me = geteuid();

	if (st->st_uid != 0 && st->st_uid != me)
		return 0;
	if (st->st_mode & S_IWOTH && !sticky)
		return 0;
	/* The group of an ordinary user is most often theirs alone; root's business is not. */
	return me != 0 || sticky || !(st->st_mode & S_IWGRP) || st->st_gid == 0;
}

int way_may_run(const char *path, char real[PATH_MAX])
{
	char part[PATH_MAX];
	size_t n = 0;

	if (!realpath(path, real))
		return 0;
	while (real[n]) {
		struct stat st;

		n += 1 + strcspn(real + n + 1, "/");
		memcpy(part, real, n);
		part[n] = '\0';
		if (lstat(part, &st) < 0 || !is_kept(&st))
			return 0;
	}
	return 1;
}
