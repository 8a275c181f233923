/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file of `dbtls serve`: a word and its value a line, '#' starts a comment. What stands before
 * the first line `endpoint NAME` is about all of them, or, where there is no such line, about the
 * one endpoint too. The rows of one table make the parser, the check and `serve --example`: to add
 * a word, a field in one of these structs and a row in serve.c.
 */
#ifndef CONF_SERVE_H
#define CONF_SERVE_H

#include "base/buf.h"
#include "conf/up.h"

#define SERVE_PATH      4096
#define SERVE_NAME      254
#define SERVE_ENDPOINTS 32
#define SERVE_UPSTREAMS 8 /* of one endpoint */

/* Where a database is, and how it is reached. */
struct serve_upstream {
	char path[108];        /* its Unix socket; "": over TCP */
	char host[SERVE_NAME]; /* a name or an address */
	uint16_t port;
	char ca[SERVE_PATH];   /* file of the CA that its certificate must end in; "": no TLS */
	char name[SERVE_NAME]; /* what its certificate must name; host, unless said otherwise */
	int proxy;             /* 1: it is told each client's address in a PROXY header */
};

/* What clients reach: the values point into the file's text. */
struct serve_endpoint {
	const char *id; /* what `endpoint` named it, else "default" */
	struct opt_list listen, name;
	struct opt_list proxy_from; /* whose connections begin with a PROXY header: CIDR blocks */
	const char *tls_version, *login_bridge, *plaintext;
	const char *client_certificate, *client_ca, *client_crl;
	struct opt_list client_name;
	struct serve_upstream upstream[SERVE_UPSTREAMS];
	size_t upstreams;
};

struct serve {
	struct buf text; /* what the values point into */
	const char *log, *certificate_life;
	struct serve_endpoint endpoint[SERVE_ENDPOINTS];
	size_t endpoints;
};

/*
 * Reads the file into *s. An error names file and line, what is wrong, and for a wrong word the
 * nearest right one. The files and sockets that it names are not looked at.
 */
int serve_read(struct serve *s, const char *path, struct err *e);

/* As serve_read, from text in memory; path is for the errors. Pure: it opens nothing. */
int serve_parse(struct serve *s, const char *path, const void *text, size_t n, struct err *e);

/* Frees the text; what s held of it is gone with it. */
void serve_free(struct serve *s);

/* What `up` was told (conf/up.h), in the same form: one endpoint before the socket. */
void serve_from_up(struct serve *s, const char *socket);

/* "unix:/run/mysqld/mysqld.sock", "db1.example.com:3306 ca FILE [name NAME] [proxy]"; man dbtls. */
int serve_upstream_parse(struct serve_upstream *u, const char *value, struct err *e);

/* "/run/mysqld/mysqld.sock", "db1.example.com:3306 over TLS". Returns out. */
const char *serve_upstream_text(const struct serve_upstream *u, char out[512]);

/* Prints a file with every word, explained, ready to be filled in. */
void serve_example(void);

#endif
