/* SPDX-License-Identifier: Apache-2.0 */
/* The words of an SQL statement (MySQL 8.4 reference manual, 11 "Language Structure"). */
#ifndef LAB_TOKEN_H
#define LAB_TOKEN_H

#include "base/buf.h"
#include "base/span.h"

enum token_kind {
	TOKEN_END,
	TOKEN_WORD,     /* a keyword, or a name */
	TOKEN_NAME,     /* `name` */
	TOKEN_NUMBER,   /* of decimal digits */
	TOKEN_STRING,   /* 'text' or "text" */
	TOKEN_VARIABLE, /* @@name, @@session.name: without the @@ */
	TOKEN_OWN,      /* @name: without the @ */
	TOKEN_SIGN,     /* any other character */
	TOKEN_BROKEN    /* a quote or a comment that has no end */
};

struct token {
	enum token_kind kind;
	struct span text; /* borrowed; without quotes, and as it was written */
	struct span all;  /* the same with its quotes */
};

/*
 * Takes the next word of a statement, over blanks and comments. What stands in a comment of the
 * kind that servers execute is part of the statement.
 */
struct token token_next(struct span *sql);

/* 1: it is this keyword, whatever its case. */
int token_is(const struct token *t, const char *word);
int token_is_sign(const struct token *t, char sign);

/* Appends what a quoted text means: doubled quotes and backslashes resolved. -1: no room. */
int token_value(const struct token *t, struct buf *out);

#endif
