/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file system to look into: this machine's own, or a copy of one below a folder, whose links then
 * lead to places below that folder as well (openat2 with RESOLVE_IN_ROOT).
 */
#ifndef TRUST_TREE_H
#define TRUST_TREE_H

#include "base/buf.h"
#include "base/err.h"

#include <limits.h>
#include <sys/stat.h>

struct tree {
	int fd; /* of the folder; -1: this machine's own */
};

/* root NULL: this machine's own. -1: it is no folder that can be opened. */
int tree_open(struct tree *t, const char *root, struct err *e);
void tree_close(struct tree *t);

/* As open(2), which never waits for the other end of a FIFO: a descriptor, or -1 with errno. */
int tree_at(const struct tree *t, const char *path, int flags);

/* As stat(2): links are followed. */
int tree_stat(const struct tree *t, const char *path, struct stat *st);

/* As file_read; what is no ordinary file is refused. */
int tree_read(const struct tree *t, const char *path, size_t max, struct buf *out, struct err *e);

/* Where path leads to in the end, seen from the root; path itself if that can't be said. */
const char *tree_real(const struct tree *t, const char *path, char out[PATH_MAX]);

/*
 * Calls found for each path that fits the pattern (as a shell's: * ? [] in each part), in order of
 * the alphabet. What can't be looked into holds nothing. Ends early when found returns -1.
 */
int tree_glob(const struct tree *t, const char *pattern, int (*found)(void *arg, const char *path),
    void *arg);

#endif
