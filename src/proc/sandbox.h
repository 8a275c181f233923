/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each role gives up, for good, before it serves anyone: privileges (no_new_privs), files
 * (Landlock, where the kernel has it), system calls (seccomp), core dumps and being traced.
 */
#ifndef PROC_SANDBOX_H
#define PROC_SANDBOX_H

#include "base/err.h"
#include "proc/messages.h"

/* How the sandbox stands, for the log and `dbtls status`. */
struct sandbox_state {
	int seccomp;     /* 1: in force */
	int landlock;    /* the kernel's ABI version, 0: the kernel has none */
	const char *off; /* why there is no sandbox at all ("asan build"), or NULL */
};

/*
 * Enters the sandbox of a role (relay, keys or ca). Everything that opens files (providers,
 * time zone, locale, keys) must have been done. There is no way back. ports: for a relay, the TCP
 * ports that it may connect to, a list that ends in 0; NULL: it makes no TCP connection at all. -1:
 * refuse to serve.
 */
int sandbox_enter(
    enum role role, const uint16_t *ports, struct sandbox_state *state, struct err *e);

/*
 * The first act of every role's main, before it reads a byte of anything: takes uid and gid (when
 * they are not 0; the caller is root then), no supplementary groups, no new privileges, no dumps,
 * dies with the parent, whose pid is given.
 */
int sandbox_become(unsigned uid, unsigned gid, int parent_pid, struct err *e);

/*
 * The parent's own: of root's capabilities it keeps those alone that starting, watching and ending
 * the roles and keeping their folders takes, and so does what it starts. Does nothing for anyone
 * but root. Ports below 1024 are bound before, system users made before.
 */
int sandbox_parent(struct err *e);

#endif
