/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a relay counts, in memory that it shares with the parent: the parent reads it at any time,
 * and what a killed relay had counted is kept. One writer, so plain atomic stores will do.
 */
#ifndef FRONT_STATS_H
#define FRONT_STATS_H

#include "front/ledger.h"
#include "front/reasons.h"
#include "front/relay.h"

#include <stdint.h>
#include <string.h>

/* What is timed: a histogram each. */
enum duration {
	DURATION_GREETING,  /* accepted, until the greeting was sent */
	DURATION_HANDSHAKE, /* TLS, from the client's request for it until it stands */
	DURATION_LOGIN,   /* from there, or from its first word in the clear, until it was let in */
	DURATION_SESSION, /* all of a session that was let in */
	DURATION_KEY,     /* from a request for a signature to its answer */
	DURATIONS
};

#define DURATION_BOUNDS 12 /* in every histogram; stats_bounds has them */

struct histogram {
	uint64_t n[DURATION_BOUNDS + 1]; /* by the first bound that is not passed; the last: none */
	uint64_t us;                     /* all of them added up */
};

/* The suites that tls/policy.c allows, and one for any other. */
#define SUITES 10

struct stats {
	/* how many there are now; set to 0 when a relay starts */
	uint64_t open;       /* sessions */
	uint64_t logging_in; /* of them, not yet logged in */
	uint64_t plaintext;  /* of them, in the clear */
	/* since the parent started */
	uint64_t sessions;
	uint64_t sessions_plaintext;   /* of them, in the clear */
	uint64_t handshakes[2][2];     /* [0: TLS 1.2, 1: TLS 1.3][0: full, 1: resumed] */
	uint64_t suites[SUITES];       /* the same handshakes; stats_suites has their names */
	uint64_t bytes_up, bytes_down; /* plaintext of logged-in sessions, from and to clients */
	uint64_t ended[REASONS];
	struct histogram duration[DURATIONS];
	/* of the databases, by endpoint; set to 0 when a relay starts */
	uint64_t upstream_open[ENDPOINTS_MAX][UPSTREAMS_MAX];    /* sessions there */
	uint64_t upstream_failing[ENDPOINTS_MAX][UPSTREAMS_MAX]; /* 1: it did not answer… */
	uint64_t upstream_tried[ENDPOINTS_MAX][UPSTREAMS_MAX];   /* …then: clock_us() */
	/* how the relay's sandbox stands */
	uint64_t seccomp, landlock;
};

/* What MSG_STATS brings. */
struct relay_memory {
	struct stats stats; /* first: stats_ledger counts on it */
	struct ledger ledger;
};

/* The ledger behind these counters, which are a relay's. */
static inline struct ledger *stats_ledger(struct stats *s)
{
	return &((struct relay_memory *)s)->ledger;
}

static inline void stats_add(uint64_t *counter, uint64_t n)
{
	__atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

static inline void stats_set(uint64_t *counter, uint64_t n)
{
	__atomic_store_n(counter, n, __ATOMIC_RELAXED);
}

static inline uint64_t stats_get(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

/* Microseconds, growing; what took just as long as a bound says is within it. */
extern const uint64_t stats_bounds[DURATIONS][DURATION_BOUNDS];

struct suite {
	const char *version; /* of TLS; "other": whatever has no row */
	const char *name;    /* as OpenSSL calls it */
};
extern const struct suite stats_suites[SUITES];

/*
 * A number that differs when struct relay_memory does: counters of a process of another version can
 * be read only where it is the same.
 */
uint64_t stats_layout(void);

/* The number of the suite's row, by OpenSSL's name for it. */
size_t stats_suite(const char *name);

/* Something that is timed has taken so many microseconds. */
void stats_time(struct stats *s, enum duration what, uint64_t us);

/* What a relay that has just started has: none open; the rest goes on. */
static inline void stats_reset(struct stats *s)
{
	s->open = s->logging_in = s->plaintext = 0;
	memset(s->upstream_open, 0, sizeof s->upstream_open);
	memset(s->upstream_failing, 0, sizeof s->upstream_failing);
	memset(s->upstream_tried, 0, sizeof s->upstream_tried);
}

#endif
