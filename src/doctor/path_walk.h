/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of a path's judgement share: the way from the leaf up. For path*.c alone. */
#ifndef DOCTOR_PATH_WALK_H
#define DOCTOR_PATH_WALK_H

#include "doctor/path.h"

#include <openssl/x509.h>

struct trusted {
	X509 *x;
};

struct path_trust {
	struct trusted *v;
	size_t n;
};

/* The path from the leaf up, and what it is made of. */
struct walk {
	const struct path_input *in;
	X509 *served[PATH_CERTS];
	size_t n;
	X509 *way[PATH_CERTS + 1]; /* borrowed */
	int from[PATH_CERTS + 1];  /* its index among the served; -1: from the store */
	size_t length;
	int budget;
	struct path *out;
};

/* Notes a finding; the text is made fit for a terminal and cut. */
void path_find(struct walk *w, const char *id, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Its subject's name, fit for a terminal. Returns out. */
const char *path_subject(X509 *x, char out[PATH_TEXT]);

/* Whether a certificate of the path was withdrawn, by what was stapled or fetched. */
void path_judge_status(struct walk *w);

#endif
