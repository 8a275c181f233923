/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the lab answers to SQL: enough for what drivers ask when they connect, and for what a person
 * asks to see that a login is good. It is no database: it has a few functions, variables and names
 * of databases, and no table. It reads one statement and does no I/O.
 */
#ifndef LAB_QUERY_H
#define LAB_QUERY_H

#include "base/span.h"
#include "wire/mysqlserver.h"

#include <stddef.h>
#include <stdint.h>

#define QUERY_NAME (64 * 4 + 1) /* of a database: 64 characters of UTF-8 */

/* What a session is and what a query may change of it. All that is pointed to is borrowed. */
struct query_session {
	const char *version, *user;
	const char *tls, *cipher; /* "TLSv1.3" and its suite; "" in plaintext */
	uint32_t id;
	uint16_t port;
	char database[QUERY_NAME]; /* "": none */
	unsigned status;           /* MYSQL_AUTOCOMMIT, MYSQL_IN_TRANSACTION */
};

/* ERR, when code isn't 0; rows, when set has columns; else OK. */
struct query_answer {
	unsigned code;
	const char *state;
	char text[512];
	struct mysqlserver_set set; /* freed by query_free */
};

/*
 * Answers one statement; params, n of them, stand for its "?", in their order. SET is taken and,
 * but for autocommit, has no effect. What isn't understood is answered by 1064 and a sentence that
 * says what is.
 */
void query_answer(struct query_session *s, struct span sql, const struct mysqlserver_param *params,
    size_t n, struct query_answer *a);
void query_free(struct query_answer *a);

/* How many "?" a statement has. */
size_t query_params(struct span sql);

/* Makes a database the one in use. -1: that is no name of one (empty, or too long). */
int query_use(struct query_session *s, struct span name);

#endif
