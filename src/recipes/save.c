/* SPDX-License-Identifier: Apache-2.0 */
#include "recipes/save.h"

#include "base/file.h"
#include "base/i18n.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int path_of(char path[PATH_MAX], const char *dir, const char *name, struct err *e)
{
	if ((size_t)snprintf(path, PATH_MAX, "%s/%s", dir, name) < PATH_MAX)
		return 0;
	return err_set(e, ERR_USER, _("the path %s/%s is too long"), dir, name);
}

/* *is: whether path is a file that holds these bytes. */
static int is_same(
    const char *path, const struct stat *st, const struct save_file *f, int *is, struct err *e)
{
	struct buf there = { 0 };

	*is = 0;
	/* Nothing else is opened: reading a pipe would wait for ever. */
	if (!S_ISREG(st->st_mode) || (size_t)st->st_size != f->n)
		return 0;
	if (file_read(path, f->n, &there, e) < 0)
		return -1;
	*is = there.n == f->n && (f->n == 0 || memcmp(there.p, f->p, f->n) == 0);
	buf_free(&there);
	return 0;
}

/* 0: path is free, 1: it holds these bytes; -1: it is in the way. */
static int look(const char *path, const struct save_file *f, struct err *e)
{
	struct stat st;
	int is;

	if (lstat(path, &st) < 0) {
		if (errno == ENOENT || errno == ENOTDIR)
			return 0; /* making the folders says what is not right */
		return err_sys(e, _("look at %s"), path);
	}
	if (is_same(path, &st, f, &is, e) < 0)
		return -1;
	if (is)
		return 1;
	return err_set(e, ERR_USER,
	    _("%s is there already and is not what would be written; move it away, or name another "
	      "folder"),
	    path);
}

static int make_folder(const char *path, struct err *e)
{
	struct stat st;

	if (mkdir(path, 0755) == 0)
		return chmod(path, 0755) == 0 ? 0 : err_sys(e, _("set the mode of %s"), path);
	if (errno == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return 0;
	if (errno == EEXIST)
		return err_set(e, ERR_USER, _("%s is there and is no folder; name another"), path);
	return err_sys(e, _("make the folder %s"), path);
}

/* The project's folder, one level: a mistyped path makes no tree. */
static int make_top(const char *dir, struct err *e)
{
	int missing = access(dir, F_OK) < 0 && errno == ENOENT;

	if (make_folder(dir, e) == 0)
		return 0;
	if (missing && e->kind == ERR_SYS && e->sys == ENOENT)
		return err_set(e, ERR_USER,
		    _("--save %s: the folder above it is not there; make it first, with mkdir -p"),
		    dir);
	return -1;
}

/* The folders of name below dir. */
static int make_folders(const char *dir, const char *name, struct err *e)
{
	char path[PATH_MAX];
	const char *slash = name;

	while ((slash = strchr(slash, '/'))) {
		char part[PATH_MAX];

		(void)snprintf(part, sizeof part, "%.*s", (int)(slash - name), name);
		if (path_of(path, dir, part, e) < 0 || make_folder(path, e) < 0)
			return -1;
		slash++;
	}
	return 0;
}

static int write_new(const char *path, const struct save_file *f, struct err *e)
{
	/* O_EXCL: what came in between, a link included, is not written through. */
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	int rc;

	if (fd < 0)
		return err_sys(e, _("create %s"), path);
	rc = file_write_all(fd, f->p, f->n, e);
	if (rc == 0 && fchmod(fd, 0644) < 0)
		rc = err_sys(e, _("set the mode"));
	close(fd);
	if (rc == 0)
		return 0;
	(void)unlink(path);
	return err_prefix(e, "%s", path);
}

int save_project(const char *dir, const struct save_file *files, size_t n, struct err *e)
{
	char path[PATH_MAX];
	int there;

	/* All are looked at before the first is written. */
	for (size_t i = 0; i < n; i++)
		if (path_of(path, dir, files[i].name, e) < 0 || look(path, &files[i], e) < 0)
			return -1;
	if (make_top(dir, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (path_of(path, dir, files[i].name, e) < 0 ||
		    make_folders(dir, files[i].name, e) < 0)
			return -1;
		there = look(path, &files[i], e);
		if (there < 0 || (there == 0 && write_new(path, &files[i], e) < 0))
			return -1;
	}
	return 0;
}
