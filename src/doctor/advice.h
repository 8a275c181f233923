/* SPDX-License-Identifier: Apache-2.0 */
/* An advice's text, with the names of what it is about. */
#ifndef DOCTOR_ADVICE_H
#define DOCTOR_ADVICE_H

#include "base/buf.h"

#include <stdint.h>

/* What {target}, {host} and {port} stand for; may go to a terminal. */
struct advice {
	const char *target; /* as `dbtls check` takes it */
	const char *host;
	uint16_t port; /* 0: "PORT" */
};

/* Appends text with these in their places. -1: there is no room. */
int advice_fill(struct buf *out, const char *text, const struct advice *words);

#endif
