/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a round of checks has found, in Prometheus's text format, for node_exporter's textfile
 * collector. docs/check.md names the metrics.
 */
#ifndef DOCTOR_GAUGES_H
#define DOCTOR_GAUGES_H

#include "doctor/check.h"

#include <stdint.h>

struct gauges;

struct gauges_check {
	const struct check *check; /* judged */
	uint64_t us;               /* that it took */
	time_t at;                 /* when it ended */
};

/* NULL: memory is out. */
struct gauges *gauges_new(void);
void gauges_free(struct gauges *g);

/* A target that was there already counts once: a series must not stand in the file twice. */
void gauges_add(struct gauges *g, const struct gauges_check *c);

/* Replaces the file in one step, readable by all. */
int gauges_write(struct gauges *g, const char *path, struct err *e);

#endif
