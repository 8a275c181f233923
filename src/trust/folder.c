/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/folder.h"

#include "base/i18n.h"
#include "trust/format.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX   (8u << 20)
#define HASH_CHARS 8

/* A name that OpenSSL looks for: the hash of a subject, a point, a number. "r0" are CRLs. */
static int is_hashed(const char *name)
{
	size_t hex = strspn(name, "0123456789abcdef");

	return hex == HASH_CHARS && name[hex] == '.' && isdigit((unsigned char)name[hex + 1]);
}

static int is_any(const char *name)
{
	return name[0] != '.' && strncasecmp(name, "README", 6) != 0;
}

/* The first fault is told; one file that can't be read does not stop the others. */
static void take(
    struct store *s, const struct tree *t, const char *name, const struct store_secret *secret)
{
	char path[PATH_MAX];
	struct stat st;
	struct buf file = { 0 };
	struct err e = { 0 };
	int rc;

	if ((size_t)snprintf(path, sizeof path, "%s/%s", s->path, name) >= sizeof path)
		return;
	if (tree_stat(t, path, &st) == 0 && !S_ISREG(st.st_mode))
		return;
	rc = tree_read(t, path, FILE_MAX, &file, &e);
	if (rc == 0)
		rc = format_read(s, span_of(file.p, file.n), secret, &e);
	if (rc < 0 && s->why.kind == ERR_NONE) {
		s->why = e;
		(void)err_prefix(&s->why, "%s", path);
	}
	buf_free(&file);
}

static int count(struct dirent **names, int n, int (*fits)(const char *name))
{
	int fitting = 0;

	for (int i = 0; i < n; i++)
		fitting += fits(names[i]->d_name);
	return fitting;
}

int folder_read(struct store *s, const struct tree *t, const struct store_secret *secret)
{
	int fd = tree_at(t, s->path, O_RDONLY | O_DIRECTORY);
	struct dirent **names = NULL;
	int n = fd < 0 ? -1 : scandirat(fd, ".", &names, NULL, alphasort);
	int (*fits)(const char *name);

	if (n < 0)
		(void)err_sys(&s->why, _("open %s"), s->path);
	if (fd >= 0)
		close(fd);
	if (n < 0)
		return -1;
	fits = count(names, n, is_hashed) > 0 ? is_hashed : is_any;
	for (int i = 0; i < n; i++) {
		if (fits(names[i]->d_name))
			take(s, t, names[i]->d_name, secret);
		free(names[i]);
	}
	free(names);
	s->format = STORE_FOLDER;
	return 0;
}
