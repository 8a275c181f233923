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
#include "conf/upstream.h"

#define SERVE_ENDPOINTS 32
#define SERVE_UPSTREAMS 8 /* of one endpoint */

/* What clients reach: the values point into the file's text. */
struct serve_endpoint {
	const char *id; /* what `endpoint` named it, else "default" */
	struct opt_list listen, name;
	const char *certificate; /* file of its own chain; NULL: dbtls's CA issues one */
	const char *certificate_key,
	    *certificate_ca;        /* of its key, of its CA; no ca: a public one */
	const char *access_list;    /* file of its own access list; NULL: the one for all */
	struct opt_list proxy_from; /* whose connections begin with a PROXY header: CIDR blocks */
	const char *protocol, *tls_version, *login_bridge, *plaintext;
	const char *client_certificate, *client_ca, *client_crl;
	struct opt_list client_name;
	struct upstream_line upstream[SERVE_UPSTREAMS];
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

/*
 * Whether what is said of an endpoint goes together. dashes: what stands before a word where it is
 * written, "--" for `up`.
 */
int serve_check(const struct serve_endpoint *p, const char *dashes, struct err *e);

/* 1: clients speak MySQL there; 0: TLS from the first byte, and in it whatever they like. */
int serve_is_mysql(const struct serve_endpoint *p);

/* Prints a file with every word, explained, ready to be filled in. */
void serve_example(void);

#endif
