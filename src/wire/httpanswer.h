/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An answer of HTTP/1, as far as one must know it to tell a whole one from a piece. Bytes in,
 * struct out; no I/O, no state.
 *
 * Source: RFC 9112 4 (status line), 6.3 (length of a body), 7.1 (chunks); RFC 9110 5.6.7 (dates).
 */
#ifndef WIRE_HTTPANSWER_H
#define WIRE_HTTPANSWER_H

#include "base/span.h"

#include <time.h>

#define HTTPANSWER_HEAD_MAX (64 * 1024)

enum httpanswer_read {
	HTTPANSWER_WHOLE,
	HTTPANSWER_MORE,    /* a piece of one */
	HTTPANSWER_TO_END,  /* its end is the connection's: nothing in it says how long it is */
	HTTPANSWER_NONSENSE /* no HTTP/1 */
};

struct httpanswer {
	int status;
	time_t date;      /* of Date, in the form of today alone; 0: it is not said */
	struct span body; /* borrowed: what is there of it; of a chunked one its first chunk */
};

/* Reads an answer to a request that was no HEAD. Fills *a once its head is all there. */
enum httpanswer_read httpanswer_read(struct span in, struct httpanswer *a);

#endif
