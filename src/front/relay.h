/* SPDX-License-Identifier: Apache-2.0 */
/* The relay process: one event loop, its sessions, and what the parent has told it. */
#ifndef FRONT_RELAY_H
#define FRONT_RELAY_H

#include "base/err.h"
#include "net/addr.h"
#include "tls/policy.h"

#include <stdint.h>

/* Where the database is. */
struct upstream_config {
	char path[108];   /* its Unix socket; "": over TCP */
	struct addr addr; /* over TCP */
	uint32_t tls;     /* 1: under TLS, its certificate held against MSG_UPSTREAM_CA… */
	char name[256];   /* …and against this name or address */
};

/* What MSG_CONFIG carries. */
struct relay_config {
	struct tls_policy tls;
	uint32_t logins;             /* unfinished logins, in all */
	uint32_t logins_per_address; /* and from one address */
	uint32_t bridge;             /* 1: the login bridge is on (front/bridge.h) */
	struct upstream_config upstream;
	char admin[64]; /* the user name that is refused; "": none */
};

/*
 * Takes its orders from the parent on channel, until all is there enters the sandbox, and serves.
 * Returns 0 when the parent closed the channel: every session has been ended. -1: it can't serve.
 */
int relay_main(int channel, struct err *e);

#endif
