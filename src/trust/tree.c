/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/tree.h"

#include "base/file.h"
#include "base/i18n.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int tree_open(struct tree *t, const char *root, struct err *e)
{
	*t = (struct tree) { .fd = -1 };
	if (!root)
		return 0;
	t->fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return t->fd < 0 ? err_sys(e, _("open the folder %s"), root) : 0;
}

void tree_close(struct tree *t)
{
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
}

int tree_at(const struct tree *t, const char *path, int flags)
{
	struct open_how how = {
		.flags = (unsigned)(flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY),
		.resolve = RESOLVE_IN_ROOT,
	};

	if (t->fd < 0)
		return open(path, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	/* With O_PATH openat2 takes no flag that says how to read. */
	if (flags & O_PATH)
		how.flags = (unsigned)(flags | O_CLOEXEC);
	return (int)syscall(SYS_openat2, t->fd, path, &how, sizeof how);
}

int tree_stat(const struct tree *t, const char *path, struct stat *st)
{
	int fd = tree_at(t, path, O_PATH);
	int rc = fd < 0 ? -1 : fstat(fd, st);

	if (fd >= 0)
		close(fd);
	return rc;
}

int tree_read(const struct tree *t, const char *path, size_t max, struct buf *out, struct err *e)
{
	int fd = tree_at(t, path, O_RDONLY);
	struct stat st;
	int rc = -1;

	*out = buf_new(max);
	if (fd < 0)
		return err_sys(e, _("open %s"), path);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		(void)err_set(e, ERR_USER, _("%s is no ordinary file"), path);
		goto out;
	}
	rc = file_read_fd(fd, path, out, e);
out:
	if (rc < 0)
		buf_free(out);
	close(fd);
	return rc;
}

static ssize_t name_of(int fd, char out[PATH_MAX])
{
	char link[64];
	ssize_t n;

	(void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	n = readlink(link, out, PATH_MAX - 1);
	if (n > 0)
		out[n] = '\0';
	return n;
}

const char *tree_real(const struct tree *t, const char *path, char out[PATH_MAX])
{
	char root[PATH_MAX] = "";
	int fd = tree_at(t, path, O_PATH);
	ssize_t n = fd < 0 ? -1 : name_of(fd, out);
	size_t above = 0;

	if (fd >= 0)
		close(fd);
	if (t->fd >= 0 && name_of(t->fd, root) > 1)
		above = strlen(root);
	if (n <= 0 || strncmp(out, root, above) != 0 || out[above] != '/')
		return path;
	return out + above;
}

/* ---- patterns -------------------------------------------------------------------------------- */

struct search {
	const struct tree *tree;
	int (*found)(void *arg, const char *path);
	void *arg;
	char path[PATH_MAX]; /* what fits so far */
};

static int search_at(struct search *s, size_t at, const char *rest);

static int step(struct search *s, size_t at, const char *name, const char *rest)
{
	int n = snprintf(s->path + at, sizeof s->path - at, "%s%s", name, *rest ? "/" : "");
	int rc = 0;

	if ((size_t)n < sizeof s->path - at)
		rc = search_at(s, at + (size_t)n, rest);
	s->path[at] = '\0';
	return rc;
}

static int names_in(const struct search *s, struct dirent ***names)
{
	int fd = tree_at(s->tree, *s->path ? s->path : ".", O_RDONLY | O_DIRECTORY);
	int n = fd < 0 ? 0 : scandirat(fd, ".", names, NULL, alphasort);

	if (fd >= 0)
		close(fd);
	return n < 0 ? 0 : n;
}

static int search_folder(struct search *s, size_t at, const char *part, const char *rest)
{
	struct dirent **names = NULL;
	int n = names_in(s, &names);
	int rc = 0;

	for (int i = 0; i < n; i++) {
		if (rc == 0 && fnmatch(part, names[i]->d_name, FNM_PERIOD) == 0)
			rc = step(s, at, names[i]->d_name, rest);
		free(names[i]);
	}
	free(names);
	return rc;
}

/* path holds what fits, at bytes of it; rest is what of the pattern is left. */
static int search_at(struct search *s, size_t at, const char *rest)
{
	size_t n = strcspn(rest, "/");
	char part[NAME_MAX + 1];
	struct stat st;

	if (!*rest)
		return tree_stat(s->tree, s->path, &st) == 0 ? s->found(s->arg, s->path) : 0;
	if (n > NAME_MAX)
		return 0;
	(void)snprintf(part, sizeof part, "%.*s", (int)n, rest);
	rest += n;
	rest += *rest == '/';
	return strpbrk(part, "*?[") ? search_folder(s, at, part, rest) : step(s, at, part, rest);
}

int tree_glob(
    const struct tree *t, const char *pattern, int (*found)(void *arg, const char *path), void *arg)
{
	struct search s = { .tree = t, .found = found, .arg = arg };

	return search_at(&s, 0, pattern);
}
