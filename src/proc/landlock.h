/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Landlock: the kernel denies a process, its threads and its children to come every file that no
 * rule names. Called straight by system call, since the C library of today has no wrapper and the
 * headers of Debian 12 know but two of its versions. Source: landlock(7), and Linux'
 * Documentation/userspace-api/landlock.rst.
 */
#ifndef PROC_LANDLOCK_H
#define PROC_LANDLOCK_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

enum landlock_access {
	LANDLOCK_READ,    /* read files, list folders */
	LANDLOCK_EXECUTE, /* as READ, and run programs and load libraries */
	LANDLOCK_DEVICE,  /* as READ, and write to what is there; makes and removes nothing */
	LANDLOCK_WRITE    /* all of READ, and write, make, rename, remove; runs nothing */
};

struct landlock_rule {
	const char
	    *path; /* a folder with all beneath it, or one file; symbolic links are followed */
	enum landlock_access access;
};

/*
 * Restricts the calling thread, hence call it while there is one, to the files that the n rules
 * name, for good. No rules: no file can be opened any more; descriptors that are open stay as they
 * are. A path that isn't there is passed over, since it grants nothing. Where the kernel can (see
 * below), also denied: binding TCP, and connecting TCP but to the given ports (a list that
 * ends in 0; NULL: to none; the kernel knows ports, not addresses); connecting to abstract Unix
 * sockets and sending signals to processes outside. Sets no_new_privs, which it needs.
 *
 * *abi: the version in force (1: files; 2: and moves between folders; 3: and truncation; 4: and
 * TCP; 5: and ioctl on devices; 6: and abstract sockets and signals; later ones are used as 6), or
 * 0 when the kernel has none: then nothing but no_new_privs is set, and that is not an error.
 * Later calls restrict further. -1: a system call failed, ERR_SYS.
 */
int landlock_restrict(
    const struct landlock_rule *rules, size_t n, const uint16_t *ports, int *abi, struct err *e);

/* The rights over files that a kernel of that version knows, LANDLOCK_ACCESS_FS_*; 0 for 0. */
uint64_t landlock_fs_rights(int abi);

#endif
