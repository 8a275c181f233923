/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection to an endpoint of the lab. It has a thread of its own and waits as it likes, up to
 * its deadline: so each fault is a few lines from top to bottom. What it has seen of the client is
 * kept with the endpoint, since an exit code may hide it.
 */
#ifndef LAB_VISIT_H
#define LAB_VISIT_H

#include "base/buf.h"
#include "base/span.h"
#include "lab/lab.h"

#include <stddef.h>
#include <stdint.h>

#define VISIT_MS   60000        /* the longest that one lasts */
#define VISIT_NAME (64 * 4 + 1) /* MySQL: 64 characters of UTF-8 */

struct bio_st;
struct ssl_st;
struct ssl_ctx_st;

struct visit {
	const struct lab_endpoint *at;
	const struct shape *shape; /* borrowed */
	struct seen *seen;         /* by all visits to this endpoint; see visit_saw */
	int fd;
	struct ssl_ctx_st *tls;      /* what the handshake starts from; borrowed */
	const struct forge *chain;   /* shape->cert as made; borrowed */
	struct ssl_st *ssl;          /* NULL: no TLS (yet) */
	struct buf in;               /* what was read ahead of need: inside TLS, if there is one */
	struct buf raw;              /* the same, below TLS */
	int slow;                    /* one byte a second from here on */
	int over;                    /* visit_close or visit_reset was called */
	int named;                   /* the ClientHello names the endpoint (SNI) */
	int owed;                    /* the alert that it has earned; 0: none */
	uint64_t deadline;           /* clock_us() */
	uint64_t until;              /* the same, for what is being read just now */
	const char *user, *password; /* the login that is good */
	uint8_t seq;                 /* MySQL: the next packet's sequence id */
	uint8_t scramble[20];        /* MySQL: what the greeting gave */
	uint32_t capabilities;       /* MySQL: the client's */
	uint32_t id;                 /* MySQL: the connection's number */
	char database[VISIT_NAME];   /* MySQL: the one in use, or "" */
	int plain; /* MySQL: a login in plaintext was begun; handshake_run then does nothing */
};

/* Reads just n bytes. -1: the client has left, or it took too long. */
int visit_read(struct visit *v, void *p, size_t n);

/*
 * Waits for something to read, as far as is needed for n bytes, and leaves it there. The bytes at
 * hand, borrowed: fewer than n when the client has said less and waits (ms milliseconds), or left.
 */
struct span visit_peek(struct visit *v, size_t n, int ms);

/* Writes all of it. -1: the client has left, or does not read. */
int visit_write(struct visit *v, const void *p, size_t n);

/* Waits until the client leaves or the deadline is there, dropping what it says. Returns -1. */
int visit_hold(struct visit *v);

/*
 * Ends it at once; both return -1. visit_close: a FIN behind what was written, and, since a close
 * with bytes unread would make it a RST, those are read first. visit_reset: a RST.
 */
int visit_close(struct visit *v);
int visit_reset(struct visit *v);

/* Sets a fact of what was seen, under a lock: visit_saw(v, SAW_PLAIN_LOGIN). */
void visit_saw(struct visit *v, unsigned what);
void visit_saw_tls(struct visit *v, int version); /* SAW_TLS */
void visit_saw_alert(struct visit *v, int alert); /* that the client sent */

/* Reads the name that the body of a ClientHello (wire/hello.h) asks for. -1: it is none. */
struct hello;
int visit_saw_hello(struct visit *v, struct span body, struct hello *h);

/*
 * Takes the client's first handshake message off the wire, for a step that answers by hand. -1: it
 * has left, or it says something else.
 */
int visit_take_hello(struct visit *v);

/* Waits for a record in the clear and keeps what alert it is, if it is one. Returns -1. */
int visit_await_alert(struct visit *v);

/* Keeps what the client says it is (a User-Agent, "_client_name" and "program_name"). */
void visit_saw_agent(struct visit *v, const char *name, size_t n);

/* What OpenSSL reads and writes through, so that slow and deadline hold there as well. */
struct bio_st *visit_bio(struct visit *v);

/*
 * The whole of it, from the first step to the close; the descriptor itself stays the caller's. at,
 * shape, seen, fd, tls, chain, user and password are filled, the rest is zero.
 */
void visit_run(struct visit *v);

/* A copy of what was seen; forget: from now on anew. */
void visit_seen(struct seen *s, int forget, struct seen *out);

/* The steps that a good endpoint goes through; 0 or -1 (lab/shape.h). */
visit_step visit_accept;                                             /* nothing to do */
visit_step handshake_run;                                            /* STEP_TLS, handshake.c */
visit_step mysqld_greet, mysqld_request, mysqld_login, mysqld_serve; /* mysqld.c */
visit_step httpd_request, httpd_serve;                               /* httpd.c */
visit_step visit_nothing; /* steps that the protocol does not have */

#endif
