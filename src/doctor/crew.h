/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many checks at once: a bounded number of threads, each of which takes a task, works at it, and
 * comes back for the next. What a task is, its owner knows; memory holds those under way alone.
 */
#ifndef DOCTOR_CREW_H
#define DOCTOR_CREW_H

#include "base/err.h"

#include <stddef.h>

#define CREW_JOBS 1024 /* at once, at most */

struct crew_progress {
	size_t done, under_way;
};

struct crew {
	size_t jobs; /* threads; see crew_jobs */
	void *arg;   /* of all of these */
	/* The next task, or NULL: there are no more. Never called by two threads at once. */
	void *(*next)(void *arg);
	/* By many threads at once. */
	void (*work)(void *arg, void *task);
	/*
	 * Takes the task, which was worked at (whole) or interrupted by stop; in the order in which
	 * they end. Never called by two threads at once, nor beside watch.
	 */
	void (*done)(void *arg, void *task, int whole);
	/* Every CREW_WATCH_MS, in the thread that called crew_run; NULL: nobody watches. */
	void (*watch)(void *arg, const struct crew_progress *p);
	int stop; /* no task is begun when this can be read from; 0: there is none */
};

#define CREW_WATCH_MS 200

/* Returns when all are done: 0, or 1 if it was stopped before. -1: not one thread can be had. */
int crew_run(const struct crew *c, struct err *e);

/*
 * As many of those wanted as there are descriptors for, each task using so many: this process's
 * limit is raised for that as far as it may be. 1 at least.
 */
size_t crew_jobs(size_t wanted, size_t descriptors);

#endif
