/* SPDX-License-Identifier: Apache-2.0 */
/* What a relay asks of the key process, judged before anything is signed. Pure. */
#ifndef KEYS_REQUEST_H
#define KEYS_REQUEST_H

#include "base/err.h"
#include "base/span.h"
#include "keys/identity.h"

struct request {
	uint64_t id;
	const struct scheme *scheme;
	struct span text; /* borrowed from the payload */
};

/*
 * Reads the payload of a MSG_SIGN. 0: the key with that identity may sign out->text. -1: it may
 * not; out->id is what to refuse (0 when the payload is too short to say).
 */
int request_check(
    struct span payload, const struct identity *key, struct request *out, struct err *e);

#endif
