/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lab as it runs: one process, a listener for each condition and protocol on loopback, a thread
 * for each connection. Everything is thrown away at its end: CA, keys, password.
 *
 * It is no place for real data: its endpoints do what no server should.
 */
#ifndef LAB_LAB_H
#define LAB_LAB_H

#include "base/err.h"
#include "lab/condition.h"

#include <stddef.h>
#include <stdint.h>

#define LAB_HOST 128

struct lab;

struct lab_options {
	const char *const *only; /* names of conditions, ending in NULL; NULL: all */
	unsigned protocols;      /* LAB_MYSQL, LAB_HTTPS or both */
	int mended;              /* each without its fault */
	uint16_t port;           /* of the first; the others follow; 0: as the kernel gives them */
	const char *dir;         /* where the CA files go; it must be there */
};

struct lab_endpoint {
	const struct condition *condition;
	enum lab_protocol protocol; /* one of the two */
	char host[LAB_HOST];        /* what a client calls it: a name, or an address */
	char address[LAB_HOST];     /* where it listens: "127.0.0.1" */
	uint16_t port;
	char ca[512]; /* the file of the CA that a client is given */
};

/* What the server's side has seen of the clients of one endpoint. */
enum {
	SAW_CONNECTION = 1 << 0,
	SAW_FIRST_BYTE = 1 << 1,  /* the client has said something */
	SAW_TLS = 1 << 2,         /* a handshake was completed */
	SAW_PLAIN_LOGIN = 1 << 3, /* MySQL: a login in plaintext; HTTPS: a request in plaintext */
	SAW_TLS_LOGIN = 1 << 4,   /* MySQL: a login inside TLS; HTTPS: a request inside TLS */
	SAW_LOGGED_IN = 1 << 5,   /* MySQL: it was answered OK; HTTPS: a signature that is right */
	SAW_QUERY = 1 << 6,       /* MySQL: a query, other than COM_QUIT; HTTPS: SAW_TLS_LOGIN */
	SAW_BAD_PASSWORD = 1 << 7 /* MySQL: a login that was not right; HTTPS: a signature */
};

struct seen {
	unsigned what;
	unsigned connections;
	unsigned open;      /* of them, those that are not over: they may yet be seen doing more */
	int version;        /* of the last handshake, 0x0304; 0: none */
	int alert;          /* the last that the client sent; 0: none */
	char agent[128];    /* what the client says it is, or "" */
	char sni[LAB_HOST]; /* of the last ClientHello that was read, or "" */
};

/*
 * Starts all that options ask for, in a second or two: an RSA key of 4096 bits may come later, and
 * its endpoint's clients wait for it (lab_wait does as well). All other CA files are there. NULL,
 * with a sentence: an unknown name (the nearest is said), a port in use.
 */
struct lab *lab_start(const struct lab_options *options, struct err *e);

size_t lab_count(const struct lab *l);
const struct lab_endpoint *lab_endpoint(const struct lab *l, size_t i);

/* The login that is good: "lab", and a password made for this run. */
const char *lab_user(const struct lab *l);
const char *lab_password(const struct lab *l);

/*
 * Waits until the certificates of endpoint i are made and its CA file is there. -1: they can't be
 * made.
 */
int lab_wait(struct lab *l, size_t i, struct err *e);

/* What was seen at endpoint i since the last call that forgot it. forget: from now on anew. */
void lab_seen(struct lab *l, size_t i, int forget, struct seen *out);

/* Ends every visit, joins the threads, closes the listeners, frees everything. */
void lab_stop(struct lab *l);

#endif
