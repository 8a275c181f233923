/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the root that a chain ends in is one that browsers' programmes give up. Pure. */
#ifndef DOCTOR_LEAVING_H
#define DOCTOR_LEAVING_H

#include "trust/store.h"

#include <time.h>

/*
 * subject: the anchor's, of a chain that leads to it (path.h); s: the store that it is in; NULL: it
 * is known by its name alone. 1: Mozilla's programme or Chrome's has taken it out, or takes it out
 * within a year, and out says that, _(). A root that has the name and is not the one that ships
 * with dbtls is called by that name, and no more. 0: nothing is to be said.
 */
int leaving_root(const struct store *s, const char *subject, time_t now, char *out, size_t size);

#endif
