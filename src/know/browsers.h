/* SPDX-License-Identifier: Apache-2.0 */
/* Whose list of CAs a browser has, and how that is brought up to date (D10): one row each. */
#ifndef KNOW_BROWSERS_H
#define KNOW_BROWSERS_H

#include "base/err.h"
#include "know/know.h"

#include <stddef.h>

struct browsers_browser {
	const char *name;    /* "Firefox" */
	const char *called;  /* what else it is called, and who stands on it, ", " between */
	const char *store;   /* N_(): whose list, since when */
	const char *updates; /* N_(): how that list is updated */
	const char *own;     /* N_(): how a CA is added to it by hand */
	const char *manual;
	const char *source;
};

/* The browser of that name. NULL: none is known so; the sentence has the nearest. */
const struct browsers_browser *browsers_find(const char *text, struct err *e);

/* The n-th row; NULL: there are no more. */
const struct browsers_browser *browsers_at(size_t n);

#endif
