/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Host names to addresses for many threads: the same name is asked for once. The resolver runs in
 * threads of its own, which are left behind when it takes too long; no child process is made, as
 * resolve.h does, which in a process with threads would copy them all.
 */
#ifndef PROBE_NAMES_H
#define PROBE_NAMES_H

#include "net/resolve.h"

/* What is known so far: of a bounded number of names, of which the older ones are forgotten. */
struct names;

/* NULL: memory is out. */
struct names *names_new(void);
/* Nobody may be in names_find; who still asks the resolver may. */
void names_free(struct names *n);

/* As resolve_host. stop: -1 as soon as it can be read from; 0: there is none. */
int names_find(struct names *n, const char *host, struct addr found[RESOLVE_MAX], int ms, int stop,
    struct err *e);

struct names_ask {
	struct names *names; /* NULL: resolve.h is asked */
	const char *host;
	uint16_t port;
	int ms, stop;
};

/* The same for who may have no names, with a port. */
int names_ask(const struct names_ask *a, struct addr found[RESOLVE_MAX], struct err *e);

#endif
