/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include "base/i18n.h"
#include "base/span.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int file_read_fd(int fd, const char *path, struct buf *out, struct err *e)
{
	char part[16384];
	ssize_t n;
	int rc = 0;

	while (rc == 0 && (n = read(fd, part, sizeof part)) != 0) {
		if (n < 0)
			rc = err_sys(e, _("read %s"), path);
		else if (buf_add(out, part, (size_t)n) < 0)
			rc = err_set(e, ERR_USER, _("%s is larger than %zu bytes"), path, out->max);
	}
	explicit_bzero(part, sizeof part);
	return rc;
}

int file_read(const char *path, size_t max, struct buf *out, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int rc;

	*out = buf_new(max);
	if (fd < 0)
		return err_sys(e, _("open %s"), path);
	rc = file_read_fd(fd, path, out, e);
	if (rc < 0)
		buf_wipe(out);
	close(fd);
	return rc;
}

int file_write_all(int fd, const void *p, size_t n, struct err *e)
{
	const char *at = p;

	while (n > 0) {
		ssize_t m = write(fd, at, n);

		if (m < 0 && errno == EINTR)
			continue;
		if (m <= 0)
			return err_sys(e, _("write"));
		at += m;
		n -= (size_t)m;
	}
	return 0;
}

int file_memory(const char *name, const void *p, size_t n, struct err *e)
{
	int seals = F_SEAL_SHRINK | F_SEAL_GROW | (p ? F_SEAL_WRITE : 0) | F_SEAL_SEAL;
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return err_sys(e, _("make the memory file %s"), name);
	if ((p && file_write_all(fd, p, n, e) < 0) || (!p && ftruncate(fd, (off_t)n) < 0) ||
	    fcntl(fd, F_ADD_SEALS, seals) < 0) {
		err_sys(e, _("fill the memory file %s"), name);
		close(fd);
		return -1;
	}
	return fd;
}

/* Without this a crash may lose the rename that made the new file visible. */
static void sync_folder_of(const char *path)
{
	char folder[PATH_MAX];
	char *slash;
	int fd;

	(void)snprintf(folder, sizeof folder, "%s", path);
	slash = strrchr(folder, '/');
	if (!slash)
		return;
	*slash = '\0';
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	(void)fsync(fd);
	close(fd);
}

/* Only root may give a file away: whoever has it already need not ask. */
static int give(int fd, const struct stat *old)
{
	struct stat now;

	if (fstat(fd, &now) < 0)
		return -1;
	if (now.st_uid == old->st_uid && now.st_gid == old->st_gid)
		return 0;
	return fchown(fd, old->st_uid, old->st_gid);
}

/* old: whose owner and group the new file gets; NULL: those of whoever writes it. */
static int replace(
    const char *path, mode_t mode, const struct stat *old, struct span text, struct err *e)
{
	char beside[PATH_MAX];
	int fd = -1;

	if ((size_t)snprintf(beside, sizeof beside, "%s.XXXXXX", path) >= sizeof beside)
		return err_set(e, ERR_USER, _("the path %s is too long"), path);
	fd = mkostemp(beside, O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, _("create a file beside %s"), path);
	if (file_write_all(fd, text.p, text.n, e) < 0)
		goto fail;
	/* Before the mode: a new owner takes bits of it away. */
	if (old && give(fd, old) < 0) {
		err_sys(e, _("keep the owner and group of %s"), path);
		goto fail;
	}
	if (fchmod(fd, mode) < 0 || fsync(fd) < 0 || rename(beside, path) < 0) {
		err_sys(e, _("replace %s"), path);
		goto fail;
	}
	close(fd);
	sync_folder_of(path);
	return 0;
fail:
	close(fd);
	(void)unlink(beside);
	return err_prefix(e, "%s", path);
}

int file_replace(const char *path, mode_t mode, const void *p, size_t n, struct err *e)
{
	return replace(path, mode, NULL, span_of(p, n), e);
}

int file_replace_kept(const char *path, mode_t mode, const void *p, size_t n, struct err *e)
{
	struct stat old;

	if (stat(path, &old) == 0)
		return replace(path, old.st_mode & 07777, &old, span_of(p, n), e);
	if (errno != ENOENT)
		return err_sys(e, _("look at %s"), path);
	return replace(path, mode, NULL, span_of(p, n), e);
}

const char *file_absolute(const char *path, char out[PATH_MAX])
{
	char folder[PATH_MAX];

	if (*path == '/' || !getcwd(folder, sizeof folder))
		return path;
	path += strncmp(path, "./", 2) == 0 ? 2 : 0;
	return snprintf(out, PATH_MAX, "%s/%s", folder, path) < PATH_MAX ? out : path;
}

int file_folder(const char *path, mode_t mode, uid_t uid, gid_t gid, struct err *e)
{
	struct stat st;

	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return err_sys(e, _("make the folder %s"), path);
	if (lstat(path, &st) < 0)
		return err_sys(e, _("look at %s"), path);
	if (!S_ISDIR(st.st_mode))
		return err_set(e, ERR_LOCAL, _("%s is there and is not a folder"), path);
	if ((st.st_uid != uid || st.st_gid != gid) && chown(path, uid, gid) < 0)
		return err_sys(e, _("give the folder %s to its owner"), path);
	if (chmod(path, mode) < 0)
		return err_sys(e, _("set the mode of the folder %s"), path);
	return 0;
}
