/* SPDX-License-Identifier: Apache-2.0 */
/* For whom `dbtls explain` says what to do. */
#ifndef CMD_EXPLAIN_REMEDY_H
#define CMD_EXPLAIN_REMEDY_H

#include "base/span.h"
#include "doctor/remedies.h"

/* Who was named by options; NULL: nobody. */
struct explain_remedy {
	const char *client, *system, *server;
	int all;
};

/* CLI_OK; or CLI_WRONG, a sentence was printed: there is no such name, and which is near. */
int explain_remedy_choose(const struct explain_remedy *named, struct remedies *out);

/*
 * What the text says and this machine where nobody was named; not where all are wanted. client:
 * whose text it is (explain.h), or NULL.
 */
void explain_remedy_guess(
    const struct explain_remedy *named, struct span text, const char *client, struct remedies *out);

#endif
