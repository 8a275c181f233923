/* SPDX-License-Identifier: Apache-2.0 */
/* `dbtls check` at many targets, at once and again and again. */
#ifndef CMD_CHECK_MANY_H
#define CMD_CHECK_MANY_H

#include "doctor/check.h"

#include <stdio.h>

struct check_many {
	const struct check_wish *wish; /* but for what lasts one round: trusts, names, stop */
	char *const *words;            /* targets; behind them those of the file */
	size_t n;
	const char *file;    /* NULL: none */
	size_t jobs;         /* at once; 0: as many as do well */
	unsigned every;      /* seconds between rounds; 0: there is one */
	const char *metrics; /* a file that each round replaces; NULL: none */
	int summary;         /* on stdout, also where nobody would see one */
	int json;
	size_t width; /* columns of a line */
	/* By many threads at once: goes there and judges; says it. */
	void (*look)(struct check *c, const struct check_wish *w);
	void (*tell)(FILE *to, const struct check *c);
	/* Never by two threads at once: keeps what it wants of it; an exit status. */
	int (*keep)(const struct check *c, const struct check_wish *w);
};

/* The exit status of the worst, of the last round. */
int check_many(const struct check_many *m);

/* The exit status of one. */
int check_many_exit(const struct diagnose *d);
/* Of two: what was found weighs more than what was not answered or not understood. */
int check_many_worse(int worst, int rc);

enum { CHECK_AWAY = 3, CHECK_STOPPED = 130 }; /* the others are cli.h's */

#endif
