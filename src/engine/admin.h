/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to engine/: the administrator's connection, a MySQL client for one account over one Unix
 * socket, whose statements return no rows. Each wait ends after two seconds.
 */
#ifndef ENGINE_ADMIN_H
#define ENGINE_ADMIN_H

#include "base/err.h"

#include <stddef.h>

/* A connected socket, or -1 when nobody listens there yet. */
int admin_connect(const char *path);

/* 1: the server has said something, its greeting. Doesn't wait. */
int admin_greeted(int fd);

/*
 * Reads the greeting and logs in; version: the server's, without MariaDB's "5.5.5-" in front. The
 * account must be mysql_native_password's. -1: refused, or not the protocol.
 */
int admin_login(
    int fd, const char *user, const char *password, char *version, size_t size, struct err *e);

/*
 * Runs one statement that returns no rows. -1: it failed; *code is the server's error, or 0 when
 * there was no proper answer: then the connection is of no more use.
 */
int admin_query(int fd, const char *sql, unsigned *code, struct err *e);

#endif
