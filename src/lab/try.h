/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a client at the endpoints of a lab, several at once, each with a bound, and keeps what came
 * of it: its exit status, its words, what the server saw.
 */
#ifndef LAB_TRY_H
#define LAB_TRY_H

#include "lab/judge.h"
#include "lab/names.h"

#include <stddef.h>

struct ready;

#define TRY_SECONDS 15    /* the bound of one run, when none is given */
#define TRY_OUTPUT  32768 /* what is kept of a client's output: the last of it */

struct try_options {
	/*
	 * The words, ending in NULL. In each, {host} {port} {ca} {user} {password} {url} {dir}
	 * {name} {protocol} are filled in; any other brace stays. NULL: ready is run instead.
	 */
	char *const *command;
	const struct ready *ready; /* lab/ready.h */
	const struct names *names;
	const char *dir; /* {dir} */
	unsigned timeout_ms;
	size_t jobs; /* at once at most; 0: TRY's choice, in which clients that wait do not count */
	size_t busy; /* with jobs 0: at once at most of those that do not wait; 0: TRY's choice */
	int stop_fd; /* once this can be read, all ends; -1: there is none */
	/* Called now and then, with all trials; NULL: nobody looks. */
	void (*progress)(const struct trial *trials, size_t n);
};

/* An array of all endpoints' trials, TRIAL_LEFT_OUT, to be freed by free(). NULL: no memory. */
struct trial *try_prepare(const struct lab *l, int mended);

/*
 * Runs those that are TRIAL_WANTED, those first whose endpoint keeps them waiting. Each has a
 * session of its own, /dev/null as its input, and the values of {…} in its environment as well:
 * DBTLS_LAB_HOST and so on; DBTLS_PASSWORD for the samples of `dbtls connect`. Whatever it leaves
 * behind is killed with it, and what has left the session too when all have been tried; the caller
 * has no other children meanwhile.
 *
 * one: ends as soon as a client has got in, and leaves those out that did not come to an end.
 * -1: the program is not there (ERR_USER), the system refuses, or stop_fd could be read (e->kind
 * ERR_NONE).
 */
int try_run(struct lab *l, const struct try_options *o, struct trial *trials, size_t n, int one,
    struct err *e);

/* Appends the word with all {…} filled in for this endpoint. -1: it is longer than out may be. */
int try_fill(const char *word, const struct lab *l, const struct lab_endpoint *at, const char *dir,
    const struct names *names, struct buf *out);

#endif
