/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What it means that a client did so at an endpoint. Pure: it judges by what the server saw, and by
 * the exit status only where that can be believed.
 */
#ifndef LAB_JUDGE_H
#define LAB_JUDGE_H

#include "lab/lab.h"

#include <stddef.h>

#define TRIAL_WORDS 240

enum outcome {
	OUTCOME_ACCEPTED,  /* it got in: its login was taken, its request was read, inside TLS */
	OUTCOME_REFUSED,   /* it did not get in, and said so */
	OUTCOME_SENT,      /* it said no, but after its login had gone to the other end */
	OUTCOME_PLAINTEXT, /* its login went in plaintext */
	OUTCOME_HUNG,      /* its time was over and it had not got in */
	OUTCOME_LIED,      /* it did not get in, and its exit status is 0 */
	OUTCOMES
};

enum trial_state { TRIAL_LEFT_OUT, TRIAL_WANTED, TRIAL_RUNNING, TRIAL_DONE };

/* One run of the client at one endpoint. */
struct trial {
	const struct lab_endpoint *at;
	size_t index; /* of the endpoint, for lab_seen */
	enum trial_state state;
	const char *why; /* TRIAL_LEFT_OUT: why, _(); NULL: nobody asked for it */
	int refuse;      /* what a right client does here */
	int status;      /* exit status; 128 + N: ended by signal N */
	int timed_out;
	unsigned ms;
	struct seen seen;
	char words[TRIAL_WORDS]; /* what the client said of it, or "" */
	enum outcome outcome;    /* from here on: judge_all */
	int right;
};

/* Whether the login was taken or the request read, in whatever way. */
int judge_got_in(const struct trial *t);

/*
 * Fills outcome and right of each that is TRIAL_DONE. believe: whether the exit status tells
 * anything: it was 0 where the client got in to the good endpoint.
 */
void judge_all(struct trial *trials, size_t n, int believe);

/* How many of this weight are wrong. */
size_t judge_wrong(const struct trial *trials, size_t n, enum lab_weight weight);

/* "accepted", "refused"…: for programs; and for people, _(). */
const char *judge_id(enum outcome o);
const char *judge_text(enum outcome o);

/*
 * The line of a client's output (n bytes) that says most about why it failed, into words, without
 * control characters and as whole UTF-8; "" if it said nothing.
 */
void judge_words(const void *output, size_t n, char words[TRIAL_WORDS]);

/* Bytes of the character of UTF-8 that begins there, of n bytes (1 at least); 0: it is none. */
size_t judge_utf8(const unsigned char *p, size_t n);

#endif
