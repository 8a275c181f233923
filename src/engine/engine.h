/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The default database: a private mariadbd on a Unix socket, with no way in but the door. The
 * parent installs, starts, watches and stops it; this is all that the parent calls.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "base/err.h"
#include "conf/state.h"

#include <sys/types.h>

#define ENGINE_ADMIN "dbtls-admin" /* relays refuse this user name */

struct engine_config {
	const struct state *state;
	uid_t uid; /* whom it runs as; 0: as the caller, who is not root */
	gid_t gid;
	int lock_fd; /* inherited and kept by the engine, so that the state stays locked while it
			lives */
	int log_fd;  /* its stderr: where mariadbd's own messages go */
	unsigned max_connections;
	int plaintext;        /* clients without TLS pass the door: the variable says so */
	int client_addresses; /* connections may begin with a PROXY header */
};

struct engine {
	struct engine_config config;
	pid_t pid;               /* 0: not running */
	char admin_password[41]; /* new at each start; in memory only */
	int admin_fd;            /* an open administrator's connection, or -1 */
	char version[64];        /* "" until the administrator is logged in */
	int told_to_end;
};

/* Finds mariadbd and mariadb-install-db. -1: not installed; the sentence says what to install. */
int engine_find(struct err *e);

/*
 * Makes the data folder when there is none (mariadb-install-db into a folder beside, then renamed,
 * so that a cut-off installation leaves nothing half); it takes 60 s at most. *made: 1 when it was
 * made now; then it is not finished. The folders engine_dir and engine_run are there and the
 * engine's; what is in them is made here.
 */
int engine_install(const struct engine_config *c, int *made, struct err *e);

/* Whether root's password was set and handed over (engine_finish was called once). */
int engine_is_finished(const struct engine_config *c);

/*
 * Starts mariadbd. root_hash: mysql_native_hash of root's first password while the installation is
 * not finished, else NULL: then all accounts but root@'%' with it and the administrator are
 * removed, and the database `test` is made, before it accepts anyone. Returns at once; engine_ready
 * tells when it answers.
 */
int engine_start(
    struct engine *g, const struct engine_config *c, const char *root_hash, struct err *e);

/*
 * 1: it answers, and the administrator is logged in. 0: not yet; call again in 50 ms. -1: it has
 * gone wrong: it ended, or it refused its administrator and was killed, since then accounts without
 * a password may be there. Let nobody reach its socket before this says 1.
 */
int engine_ready(struct engine *g, struct err *e);

/* Notes for good that root's password reached its user. */
int engine_finish(const struct engine_config *c, struct err *e);

/*
 * Sets root's password at once, by its hash; sessions that are open go on. Whatever the user made
 * of root@'%': dropped, it is made anew with all privileges; locked, REQUIRE SSL or another plugin:
 * ended; its privileges otherwise stay as they are. A root@'localhost', which would come first
 * through the door, gets the same password. -1: the engine's or the connection's sentence.
 */
int engine_set_root(struct engine *g, const char *root_hash, struct err *e);

/* "10.11.19-MariaDB-0+deb12u1", once it is ready; else "". */
const char *engine_version(const struct engine *g);

/*
 * Tells it to end (SIGTERM), once it has come so far that it can be told. To be called every few ms
 * until its pid has ended.
 */
void engine_stop(struct engine *g);

/* Its process has ended: forget pid and connection. */
void engine_gone(struct engine *g);

#endif
