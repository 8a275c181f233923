/* SPDX-License-Identifier: Apache-2.0 */
/* One system user per role, for a parent that runs as root. */
#ifndef ENGINE_USERS_H
#define ENGINE_USERS_H

#include "base/err.h"

#include <sys/types.h>

struct role_users {
	uid_t relay, keys, ca, engine;
	gid_t relay_gid, keys_gid, ca_gid, engine_gid;
};

/*
 * Fills u with the users dbtls-relay, dbtls-keys, dbtls-ca, dbtls-engine, made with useradd where
 * they are missing (system users, no home, no shell). Not root: all are the caller.
 */
int users_get(struct role_users *u, struct err *e);

#endif
