/* SPDX-License-Identifier: Apache-2.0 */
/* What one line `upstream` of serve's file says: where a database is, and how it is reached. */
#ifndef CONF_UPSTREAM_H
#define CONF_UPSTREAM_H

#include "base/err.h"

#include <stdint.h>

#define UPSTREAM_PATH 4096
#define UPSTREAM_NAME 254

struct upstream_line {
	char path[108];           /* its Unix socket; "": over TCP */
	char host[UPSTREAM_NAME]; /* a name or an address */
	uint16_t port;
	char ca[UPSTREAM_PATH];   /* file of the CA its certificate must end in; "": no TLS */
	char name[UPSTREAM_NAME]; /* what its certificate must name; host, unless said otherwise */
	int proxy;                /* 1: it is told each client's address in a PROXY header */
};

/*
 * "unix:/run/mysqld/mysqld.sock", "db1.example.com:3306 ca FILE [name NAME] [proxy]"; man dbtls.
 * Pure: the file and the socket are not looked at. -1: ERR_USER, with what to write.
 */
int upstream_parse(struct upstream_line *u, const char *value, struct err *e);

/* "/run/mysqld/mysqld.sock", "db1.example.com:3306 over TLS, verified". Returns out. */
const char *upstream_text(const struct upstream_line *u, char out[512]);

#endif
