/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parent: makes what is not there yet, starts the other processes and starts them again when
 * they die, answers the command line. It never reads a byte from the network.
 */
#ifndef PARENT_PARENT_H
#define PARENT_PARENT_H

#include "base/err.h"

/* Besides what conf/up.h holds. */
struct parent_options {
	const char *state;  /* NULL: the default folder */
	char *const *argv;  /* all that dbtlsd was started with */
	const char *config; /* the file of `serve`; NULL: `up`, with a database of its own */
	int ready_fd;  /* gets one byte once all is ready, and then the terminal is let go; -1: none
			*/
	int take_over; /* a memory file that the version before left (handover.c); -1: none */
};

/* Runs until it is told to stop. 0: it was, and everything has ended in order. */
int parent_run(const struct parent_options *o, struct err *e);

/*
 * Says on stderr that this program can take over with those options and what the memory file holds,
 * and starts nothing. -1: why it can't.
 */
int parent_try(const struct parent_options *o, int file, struct err *e);

#endif
