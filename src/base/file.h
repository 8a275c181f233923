/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files, read with a bound and replaced in one step. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/buf.h"
#include "base/err.h"

#include <limits.h>
#include <sys/types.h>

/*
 * Reads the whole of path into out (empty before; the caller frees it), at most max bytes. A file
 * that isn't there: -1 with e->sys == ENOENT.
 */
int file_read(const char *path, size_t max, struct buf *out, struct err *e);

/*
 * Appends what is left to read of fd, as far as out has room; path is for the sentence alone. -1:
 * what had come is in out.
 */
int file_read_fd(int fd, const char *path, struct buf *out, struct err *e);

/*
 * Replaces path by n bytes in one step: written beside, synced, renamed, the folder synced. A
 * reader sees the old file or the new one. mode is the new file's, whatever the umask.
 */
int file_replace(const char *path, mode_t mode, const void *p, size_t n, struct err *e);

/* The same, but owner, group and mode are those of the file that is there; -1: they can't be. */
int file_replace_kept(const char *path, mode_t mode, const void *p, size_t n, struct err *e);

/*
 * The path from the root, for whoever is in another folder, in out; it itself if it is one, or is
 * too long. Links in it stay: what they lead to may be another file tomorrow.
 */
const char *file_absolute(const char *path, char out[PATH_MAX]);

/* Makes the folder with that owner and mode, or gives an existing one that owner and mode. */
int file_folder(const char *path, mode_t mode, uid_t uid, gid_t gid, struct err *e);

/*
 * A file in memory (memfd_create), close-on-exec. It holds the n bytes of p and is sealed against
 * any change; with p NULL it holds n zeros, may be written, and can't change its size. The
 * descriptor, or -1.
 */
int file_memory(const char *name, const void *p, size_t n, struct err *e);

/* Writes all n bytes, however many calls it takes. */
int file_write_all(int fd, const void *p, size_t n, struct err *e);

#endif
