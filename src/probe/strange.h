/* SPDX-License-Identifier: Apache-2.0 */
/* What bytes are that came where something else was awaited. No I/O. */
#ifndef PROBE_STRANGE_H
#define PROBE_STRANGE_H

#include "base/span.h"

enum strange {
	STRANGE_UNKNOWN,
	STRANGE_HTTP,
	STRANGE_SSH,
	STRANGE_MYSQL, /* a greeting, or an error in its place */
	STRANGE_MYSQLX,
	STRANGE_SMTP,
	STRANGE_POSTGRES,
	STRANGE_TLS,
	STRANGES
};

enum strange strange_is(struct span in);

/* N_(): "HTTP without TLS" */
const char *strange_words(enum strange s);

/*
 * A packet of MySQL's where TLS should begin: its payload. -1: it is none, or not whole.
 */
int strange_packet(struct span in, struct span *payload);

#endif
