/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/replace.h"

#include "base/file.h"
#include "base/i18n.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

/* ---- where it is ----------------------------------------------------------------------------- */

/* The folder's real path, and the name behind it. */
static int real_folder(char path[PATH_MAX], const char *given)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(given, '/');
	size_t n = (size_t)(slash - given);
	char *real;
	int fits;

	(void)snprintf(folder, sizeof folder, "%.*s", n ? (int)n : 1, given);
	real = realpath(folder, NULL);
	if (!real)
		return -1;
	fits = snprintf(path, PATH_MAX, "%s%s", real[1] ? real : "", slash) < PATH_MAX;
	free(real);
	errno = ENAMETOOLONG;
	return fits ? 0 : -1;
}

/* Of a link the file that it leads to; of what is not there the name that it would have. */
static int real_path(char path[PATH_MAX], const char *given)
{
	char *real = realpath(given, NULL);
	struct stat st;

	if (!real) {
		/* A link to nowhere must not be replaced by a file. */
		if (errno != ENOENT || lstat(given, &st) == 0)
			return -1;
		return real_folder(path, given);
	}
	(void)snprintf(path, PATH_MAX, "%s", real);
	free(real);
	return 0;
}

/* Without a link on the way: another folder could be slipped in after the path was looked at. */
static int open_folder(const char *path, size_t n)
{
	struct open_how how = {
		.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_NO_SYMLINKS,
	};
	char folder[PATH_MAX];

	(void)snprintf(folder, sizeof folder, "%.*s", n ? (int)n : 1, path);
	return (int)syscall(SYS_openat2, AT_FDCWD, folder, &how, sizeof how);
}

void replace_name_beside(struct replace *r, const uint8_t digest[SHA256_LENGTH])
{
	int n = snprintf(r->beside, sizeof r->beside, "%s", REPLACE_BESIDE);

	for (size_t i = 0; i < 8; i++)
		n += snprintf(r->beside + n, sizeof r->beside - (size_t)n, "%02x", digest[i]);
}

static int name_at_random(struct replace *r, struct err *e)
{
	uint8_t random[SHA256_LENGTH];

	if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
		return err_sys(e, _("get random bytes"));
	replace_name_beside(r, random);
	return 0;
}

int replace_open(struct replace *r, const char *path, enum replace_links links, struct err *e)
{
	size_t n = strlen(path);

	*r = (struct replace) { .folder = -1 };
	if (*path != '/' || n >= sizeof r->path || path[n - 1] == '/')
		return err_set(e, ERR_USER, _("%s is no absolute path of a file"), path);
	memcpy(r->path, path, n + 1);
	if ((links == REPLACE_ALL_LINKS && real_path(r->path, path) < 0) ||
	    (links == REPLACE_FOLDER_LINKS && real_folder(r->path, path) < 0))
		return err_sys(e, _("find %s"), path);
	r->name = strrchr(r->path, '/') + 1;
	r->folder = open_folder(r->path, (size_t)(r->name - r->path) - 1);
	if (r->folder < 0)
		return err_sys(e, _("open the folder of %s"), r->path);
	return name_at_random(r, e);
}

void replace_close(struct replace *r)
{
	/* One that was never opened has no name. */
	if (r->name && r->folder >= 0)
		close(r->folder);
	r->folder = -1;
}

/* ---- what is there --------------------------------------------------------------------------- */

void replace_file_free(struct replace_file *f)
{
	buf_free(&f->bytes);
	buf_free(&f->as.xattrs);
}

/* These vouch for the old bytes; the kernel makes its own of new ones where it has to. */
static int is_kernels(const char *name)
{
	return strcmp(name, "security.ima") == 0 || strcmp(name, "security.evm") == 0;
}

/* One attribute: its name, a NUL, the length of its value, its value. */
static int add_xattr(int fd, const char *name, struct buf *out)
{
	char value[XATTR_SIZE_MAX];
	ssize_t n = fgetxattr(fd, name, value, sizeof value);

	/* What this user may not read, this user can't keep. */
	if (n < 0)
		return 0;
	if (buf_add(out, name, strlen(name) + 1) < 0 || buf_le(out, (uint64_t)n, 4) < 0)
		return -1;
	return buf_add(out, value, (size_t)n);
}

static int read_xattrs(int fd, const char *path, struct buf *out, struct err *e)
{
	char names[XATTR_LIST_MAX];
	ssize_t n = flistxattr(fd, names, sizeof names);

	if (n < 0)
		return errno == ENOTSUP ? 0 : err_sys(e, _("read the attributes of %s"), path);
	for (const char *at = names; at < names + n; at += strlen(at) + 1)
		if (!is_kernels(at) && add_xattr(fd, at, out) < 0)
			return err_set(
			    e, ERR_LOCAL, _("%s has too many extended attributes"), path);
	return 0;
}

static int look(int fd, const struct replace *r, struct replace_file *f, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys(e, _("look at %s"), r->path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_USER, _("%s is no ordinary file"), r->path);
	f->there = 1;
	f->as.uid = st.st_uid;
	f->as.gid = st.st_gid;
	f->as.mode = st.st_mode & 07777;
	if (file_read_fd(fd, r->path, &f->bytes, e) < 0)
		return -1;
	return read_xattrs(fd, r->path, &f->as.xattrs, e);
}

int replace_look(const struct replace *r, struct replace_file *f, struct err *e)
{
	int fd =
	    openat(r->folder, r->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int rc;

	*f = (struct replace_file) { .bytes = buf_new(REPLACE_FILE_MAX) };
	f->as.xattrs = buf_new(REPLACE_XATTR_MAX);
	if (fd < 0 && errno == ELOOP)
		return err_set(
		    e, ERR_USER, _("%s is a link, and what it leads to is another's"), r->path);
	if (fd < 0)
		return errno == ENOENT ? 0 : err_sys(e, _("open %s"), r->path);
	rc = look(fd, r, f, e);
	close(fd);
	return rc;
}

int replace_is(const struct replace_file *f, struct span bytes)
{
	if (!f->there || !bytes.p)
		return !f->there && !bytes.p;
	return f->bytes.n == bytes.n && (bytes.n == 0 || memcmp(f->bytes.p, bytes.p, bytes.n) == 0);
}

int replace_may(const struct replace *r, struct err *e)
{
	if (faccessat(r->folder, ".", W_OK | X_OK, AT_EACCESS) < 0)
		return err_sys(e, _("write %s"), r->path);
	return 0;
}

/* ---- another one ----------------------------------------------------------------------------- */

/* The name is taken off the front of all; n is the length of the value behind it. */
static const char *next_xattr(struct span *all, struct span *value)
{
	struct span name;
	uint64_t n;

	if (span_cstr(all, &name) < 0 || span_le(all, 4, &n) < 0 || span_take(all, n, value) < 0)
		return NULL;
	return (const char *)name.p;
}

/* A file that inherits the right label may well not be allowed to set it. */
static int has_xattr(int fd, const char *name, struct span value)
{
	char is[XATTR_SIZE_MAX];
	ssize_t n = fgetxattr(fd, name, is, sizeof is);

	return n >= 0 && (size_t)n == value.n && (n == 0 || memcmp(is, value.p, value.n) == 0);
}

static int set_xattrs(int fd, const struct replace *r, struct span all, struct err *e)
{
	struct span value;
	const char *name;

	while ((name = next_xattr(&all, &value)))
		if (!has_xattr(fd, name, value) && fsetxattr(fd, name, value.p, value.n, 0) < 0)
			return err_sys(e, _("keep the attribute %s of %s"), name, r->path);
	return 0;
}

/* Only root may give a file away: what is its owner's already is not given. */
static int give(int fd, const struct replace_as *as)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -1;
	if (st.st_uid == as->uid && st.st_gid == as->gid)
		return 0;
	return fchown(fd, as->uid, as->gid);
}

/* Attributes after the owner, who takes some away; the mode last, for an ACL changes it. */
static int dress(int fd, const struct replace *r, const struct replace_as *as, struct err *e)
{
	struct span xattrs = as ? span_of(as->xattrs.p, as->xattrs.n) : span_of(NULL, 0);

	if (as && give(fd, as) < 0)
		return err_sys(e, _("keep the owner and group of %s"), r->path);
	if (set_xattrs(fd, r, xattrs, e) < 0)
		return -1;
	if (fchmod(fd, as ? as->mode : 0644) < 0)
		return err_sys(e, _("keep the mode of %s"), r->path);
	return 0;
}

static int write_beside(
    const struct replace *r, struct span now, const struct replace_as *as, struct err *e)
{
	int fd = openat(
	    r->folder, r->beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int rc = -1;

	if (fd < 0)
		return err_sys(e, _("create a file beside %s"), r->path);
	if (file_write_all(fd, now.p, now.n, e) < 0) {
		err_prefix(e, "%s", r->path);
		goto out;
	}
	if (dress(fd, r, as, e) < 0)
		goto out;
	rc = fsync(fd) < 0 ? err_sys(e, _("write %s"), r->path) : 0;
out:
	close(fd);
	return rc;
}

static int is_still(const struct replace *r, struct span was, struct err *e)
{
	struct replace_file f;
	int rc = replace_look(r, &f, e);

	if (rc == 0 && !replace_is(&f, was))
		rc = err_set(e, ERR_LOCAL,
		    _("%s has just been changed by somebody else; nothing was done: try again"),
		    r->path);
	replace_file_free(&f);
	return rc;
}

/* A name that is free must still be so; where the file system can't say that, is_still has. */
static int swap_in(const struct replace *r, struct span was)
{
	unsigned flags = was.p ? 0 : RENAME_NOREPLACE;

	if (renameat2(r->folder, r->beside, r->folder, r->name, flags) == 0)
		return 0;
	if (flags == 0 || (errno != EINVAL && errno != ENOSYS))
		return -1;
	return renameat(r->folder, r->beside, r->folder, r->name);
}

static int take_away(const struct replace *r, struct span was, struct err *e)
{
	if (is_still(r, was, e) < 0)
		return -1;
	return unlinkat(r->folder, r->name, 0) < 0 ? err_sys(e, _("remove %s"), r->path) : 0;
}

static int put_there(const struct replace *r, struct span was, struct span now,
    const struct replace_as *as, struct err *e)
{
	if (write_beside(r, now, as, e) < 0 || is_still(r, was, e) < 0)
		return -1;
	return swap_in(r, was) < 0 ? err_sys(e, _("replace %s"), r->path) : 0;
}

int replace_put(const struct replace *r, struct span was, struct span now,
    const struct replace_as *as, struct err *e)
{
	int rc = now.p ? put_there(r, was, now, as, e) : take_away(r, was, e);

	if (rc < 0) {
		(void)replace_clear(r);
		return -1;
	}
	/* Should this be lost in a crash, the store is as it was: no reason to fail now. */
	(void)fsync(r->folder);
	return 0;
}

int replace_clear(const struct replace *r)
{
	return unlinkat(r->folder, r->beside, 0) == 0 || errno == ENOENT ? 0 : -1;
}
