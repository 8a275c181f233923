/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file of `dbtls serve`: a word and its value a line, '#' starts a comment. The words are those
 * of SERVE_WORDS, most of them options of `up` under the same name; the same rows make the parser,
 * the check and `serve --example`. To add one: a field in struct serve (or struct up) and a row.
 */
#ifndef CONF_SERVE_H
#define CONF_SERVE_H

#include "base/buf.h"
#include "conf/up.h"

#define SERVE_PATH 4096
#define SERVE_NAME 254

/* Where the database is, and how it is reached. */
struct serve_upstream {
	char path[108];        /* its Unix socket; "": over TCP */
	char host[SERVE_NAME]; /* a name or an address */
	uint16_t port;
	char ca[SERVE_PATH];   /* file of the CA that its certificate must end in; "": no TLS */
	char name[SERVE_NAME]; /* what its certificate must name; host, unless said otherwise */
};

struct serve {
	struct buf text; /* what the values point into */
	const char *upstream;
	struct serve_upstream to;
};

/*
 * Reads the file: what it says goes into `up` (conf/up.h) and *s. An error names file and line,
 * what is wrong, and for a wrong word the nearest right one.
 */
int serve_read(struct serve *s, const char *path, struct err *e);

/* As serve_read, from text in memory; path is for the errors. Pure: it opens nothing. */
int serve_parse(struct serve *s, const char *path, const void *text, size_t n, struct err *e);

/* Frees the text; what `up` and s held of it is gone with it. */
void serve_free(struct serve *s);

/* "unix:/run/mysqld/mysqld.sock", or "db1.example.com:3306 ca FILE [name NAME]"; see man dbtls. */
int serve_upstream_parse(struct serve_upstream *u, const char *value, struct err *e);

/* "/run/mysqld/mysqld.sock", "db1.example.com:3306 over TLS". Returns out. */
const char *serve_upstream_text(const struct serve_upstream *u, char out[512]);

/* Prints a file with every word, explained, ready to be filled in. */
void serve_example(void);

#endif
