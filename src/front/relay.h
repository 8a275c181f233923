/* SPDX-License-Identifier: Apache-2.0 */
/* The relay process: one event loop, its sessions, and what the parent has told it. */
#ifndef FRONT_RELAY_H
#define FRONT_RELAY_H

#include "base/err.h"
#include "net/resolve.h"
#include "tls/policy.h"

#include <stdint.h>

#define ENDPOINTS_MAX 32
#define UPSTREAMS_MAX 8 /* of one endpoint */
#define LABEL_TEXT    128

/*
 * What the parent's messages carry (proc/messages.h). Each of those that are about one endpoint
 * begins with its number, a uint32_t less than relay_config's endpoints.
 */
struct relay_config { /* MSG_CONFIG, the first of all */
	uint32_t endpoints;
	uint32_t logins;             /* unfinished logins, in all */
	uint32_t logins_per_address; /* and from one address */
};

enum protocol { PROTOCOL_MYSQL, PROTOCOL_TLS, PROTOCOLS };

struct endpoint_config { /* MSG_ENDPOINT */
	uint32_t endpoint;
	char name[64];
	uint32_t protocol; /* enum protocol */
	struct tls_policy tls;
	uint32_t bridge;    /* 1: the login bridge is on (front/bridge.h) */
	char admin[64];     /* the user name that is refused; "": none */
	uint32_t plaintext; /* 1: clients without TLS are let in, too */
	uint32_t clients;   /* 1: clients are asked for a certificate: MSG_CLIENTS says whose */
};

struct upstream_config { /* MSG_UPSTREAM; behind it comes the PEM of its CA, if tls */
	uint32_t endpoint;
	char label[LABEL_TEXT];           /* for the log */
	char path[108];                   /* its Unix socket; "": over TCP */
	struct addr address[RESOLVE_MAX]; /* over TCP: where it may be, tried in turn */
	uint32_t addresses;               /* how many */
	uint32_t tls;                     /* 1: under TLS, its certificate held against the CA… */
	char name[256];                   /* …and against this name or address */
	uint32_t proxy;                   /* 1: it is told the client's address in a PROXY header */
};

/*
 * Takes its orders from the parent on channel, until all is there enters the sandbox, and serves.
 * Returns 0 when the parent closed the channel: every session has been ended. -1: it can't serve.
 */
int relay_main(int channel, struct err *e);

#endif
