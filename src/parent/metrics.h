/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the door counts, as Prometheus reads it: text exposition format 0.0.4
 * (https://prometheus.io/docs/instrumenting/exposition_formats/), names after
 * https://prometheus.io/docs/practices/naming/. The rows of one table in metrics.c make it;
 * docs/metrics.md lists them, and tests/flow/metrics.t holds the two against each other.
 */
#ifndef PARENT_METRICS_H
#define PARENT_METRICS_H

#include "base/buf.h"
#include "base/err.h"
#include "front/relay.h"
#include "front/stats.h"

#include <stddef.h>
#include <stdint.h>

#define METRICS_ROLES 3
#define METRICS_MAX   98304 /* bytes: with what JSON adds it fits into one control message */

struct metrics_upstream {
	const char *label;
	int up;
};

struct metrics_endpoint {
	const char *name;
	int64_t not_after; /* of its certificate; seconds since 1970, as all of these */
	struct metrics_upstream upstream[UPSTREAMS_MAX];
	size_t upstreams;
};

struct metrics_restarts {
	const char *role; /* NULL: there is none */
	unsigned n;
};

/* What the relays do not count. The texts are borrowed. */
struct metrics_facts {
	const char *version;
	int64_t since, ca_not_after; /* 0: there is no CA of the door's */
	size_t relays;               /* that run */
	size_t access_entries;       /* of the list in force; "host" is one */
	int draining;                /* it accepts no more, and waits for its sessions to end */
	struct metrics_restarts restarts[METRICS_ROLES];
	struct metrics_endpoint endpoint[ENDPOINTS_MAX];
	size_t endpoints;
};

/*
 * Appends the text to out, which must be empty: its max is set here, and the caller frees it. stats
 * are those of all relays added up. -1: it would be longer than METRICS_MAX.
 */
int metrics_text(
    const struct metrics_facts *f, const struct stats *stats, struct buf *out, struct err *e);

#endif
