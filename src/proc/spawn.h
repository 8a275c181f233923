/* SPDX-License-Identifier: Apache-2.0 */
/* Starting a role: fork and exec of its own executable, with one channel and nothing else. */
#ifndef PROC_SPAWN_H
#define PROC_SPAWN_H

#include "base/err.h"
#include "proc/messages.h"

#include <sys/types.h>

#define SPAWN_CHANNEL_FD 3 /* where a role finds its channel to the parent */

struct spawn {
	enum role role;
	uid_t uid; /* 0: stay who the caller is, who is not root */
	gid_t gid;
	const char *arg; /* the role's own argument, or NULL */
	int log_fd;      /* becomes its 2 */
};

/*
 * The folder of the executables: that of the running one, when the roles lie beside it, else where
 * `make install` puts them. -1: they are in neither.
 */
int spawn_folder(char out[512], struct err *e);

/* Whether all roles can be started from that folder. */
int spawn_check(const char *folder, struct err *e);

/*
 * Starts `dbtls-ROLE UID GID PARENT_PID [ARG]` in a session of its own, with a channel at
 * SPAWN_CHANNEL_FD, no other descriptor but 0, 1 (both /dev/null) and 2, and an environment that
 * holds nothing but the sanitizers' options, for test builds.
 * *channel: the parent's end, the caller's to close. Returns the pid or -1.
 */
pid_t spawn_role(const struct spawn *s, int *channel, struct err *e);

/* The numbers that spawn_role put into argv, read back by the role's main. -1: not started so. */
struct spawned {
	unsigned uid, gid;
	int parent;
	const char *arg; /* NULL: none */
};
int spawn_args(struct spawned *s, int argc, char **argv, struct err *e);

#endif
