/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parent: makes what is not there yet, starts the other processes and starts them again when
 * they die, answers the command line. It never reads a byte from the network.
 */
#ifndef PARENT_PARENT_H
#define PARENT_PARENT_H

#include "base/err.h"
#include "base/opt.h"

struct parent_options {
	const char *state;         /* NULL: the default folder */
	struct opt_list listen;    /* empty: as the last time, at first 4000 */
	struct opt_list names;     /* empty: as the last time, at first none */
	const char *tls_version;   /* "1.2", "1.3", "both"; NULL: as the last time, at first both */
	const char *password_file; /* where root's first password goes; NULL: the terminal, or
				     without one the state folder's root-password */
	const char *log;           /* a file, "-" for stderr, NULL: the state folder's */
	const char *certificate_life; /* "90d", "300s"; NULL: as the last time, at first 90d */
	int ready_fd; /* gets one byte once all is ready, and then the terminal is let go; -1: none
		       */
};

/* Runs until it is told to stop. 0: it was, and everything has ended in order. */
int parent_run(const struct parent_options *o, struct err *e);

#endif
