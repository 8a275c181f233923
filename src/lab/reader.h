/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading one SQL statement word by word, and what is told when it can't be answered. The struct is
 * open: a reader is copied to read a piece of a statement again, or ahead.
 */
#ifndef LAB_READER_H
#define LAB_READER_H

#include "lab/query.h"
#include "lab/token.h"

struct reader {
	struct query_session *s;
	struct query_answer *a;
	struct span rest;                       /* behind now */
	struct token now;                       /* the word to be looked at */
	const uint8_t *end;                     /* behind the last one that was taken */
	const struct mysqlserver_param *params; /* NULL: it is only being prepared */
	size_t n_params, next_param;
	int depth; /* how many expressions are open */
};

/* Fills the answer with an error, unless it has one: the first is the one that is told. It goes
 * over the wire in a server's words, which are not translated. All -1. */
int reader_refuse(struct reader *r, unsigned code, const char *state, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
int reader_not_understood(struct reader *r); /* 1064, and what the lab does answer */
int reader_too_long(struct reader *r);

/* On to the next word; the other two only over this one, 1 if it was there. */
void reader_take(struct reader *r);
int reader_take_word(struct reader *r, const char *word);
int reader_take_sign(struct reader *r, char sign);

int reader_is_end(const struct reader *r);

/* -1: there is more, if only a second statement. finish_any passes over the rest of this one. */
int reader_finish(struct reader *r);
int reader_finish_any(struct reader *r);

#endif
