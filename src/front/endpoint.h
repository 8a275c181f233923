/* SPDX-License-Identifier: Apache-2.0 */
/* What a relay knows of one endpoint: what clients reach there, and the databases behind it. */
#ifndef FRONT_ENDPOINT_H
#define FRONT_ENDPOINT_H

#include "front/relay.h"
#include "front/upstream.h"
#include "net/cidr.h"

struct endpoint {
	struct endpoint_config config;
	const struct life *life;     /* its protocol's */
	struct ssl_ctx_st *ctx;      /* for new handshakes */
	struct tls_clients *clients; /* whom certificates let in; NULL: none is asked for one */
	struct cidr_set access;
	struct cidr_set senders; /* whose connections begin with a PROXY header */
	struct upstream upstream[UPSTREAMS_MAX];
	size_t upstreams;
};

/*
 * The database that a new session goes to: of those that answer the one with the least sessions of
 * this relay; when none does, the one that is to be tried next. Of one that did not answer it is
 * told that it is being tried.
 */
struct upstream *endpoint_choose(struct endpoint *p, uint64_t now);

/* Whether another than u may answer. */
int endpoint_has_other(const struct endpoint *p, const struct upstream *u, uint64_t now);

/* Frees what it holds. */
void endpoint_free(struct endpoint *p);

#endif
