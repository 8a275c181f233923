/* SPDX-License-Identifier: Apache-2.0 */
/* Private to engine/: starts one of MariaDB's programs as the engine's user, fenced in. */
#ifndef ENGINE_CHILD_H
#define ENGINE_CHILD_H

#include "base/err.h"
#include "conf/state.h"

#include <sys/types.h>

#define CHILD_INIT_FD 4 /* where the program finds init_fd */

struct child {
	const char *const *argv; /* argv[0] is its path; ends in NULL */
	const struct state *state;
	uid_t uid; /* 0: stay who the caller is, who is not root */
	gid_t gid;
	int lock_fd; /* inherited as 3; -1: none */
	int init_fd; /* inherited as CHILD_INIT_FD; -1: none */
	int log_fd;  /* its 1 and 2 */
	/* Done by the child as its own user before the program runs, before Landlock. */
	int (*prepare)(const struct state *s, struct err *e);
};

/*
 * Forks, in the child: a session of its own, no descriptor but the above and /dev/null as 0, the
 * user, death with the parent, no core files, prepare(), a small environment, Landlock; then runs
 * the program. Returns 0 and *pid once the program runs (it waits for that), -1 when any step
 * failed: then there is no child.
 */
int child_start(const struct child *c, pid_t *pid, struct err *e);

/*
 * Waits for it, at most that long; then it and all of its session are killed. -1: it didn't end by
 * itself with 0; the sentence says how.
 */
int child_wait(pid_t pid, unsigned seconds, struct err *e);

/* 1: it has ended, and the sentence says how; it is left for the caller's waitpid. 0: it runs. */
int child_ended(pid_t pid, struct err *e);

#endif
