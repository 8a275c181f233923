/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One end of one TLS connection over a non-blocking socket: the server's end towards a client, the
 * client's end towards a database.
 *
 * Between the socket and OpenSSL stands one pair of buffers for the whole process, not one for each
 * connection: a read fills it with what the socket has in one recv, a write empties it in one send.
 * A connection owns memory of its own only while the socket takes less than it was given, or while
 * its handshake waits for a signature. So thousands of idle connections cost their SSL object
 * alone.
 */
#ifndef TLS_CONN_H
#define TLS_CONN_H

#include "base/err.h"
#include "tls/clients.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Bytes of plaintext in one read or write: ten records, so that a MiB and its header take seven. */
#define TLS_CHUNK (160 * 1024)

struct ssl_st;
struct ssl_ctx_st;
struct tls_chunk;

struct tls_conn {
	struct ssl_st *ssl;    /* NULL: no TLS yet */
	struct tls_chunk *in;  /* ciphertext received, not yet taken by OpenSSL; NULL: none */
	struct tls_chunk *out; /* ciphertext made, not yet taken by the socket; NULL: none */
	int fd;                /* borrowed */
	uint8_t parked;        /* the handshake waits for a signature */
	uint8_t eof;           /* the socket has said that there is no more */
	uint8_t drained;       /* the last recv took all there was: no need to ask again */
	uint8_t idle;          /* records in a row that held no data */
	uint8_t broken;        /* a record behind good data was broken: the next read fails */
	uint8_t hangup;        /* the peer's FIN has come: the end is to be read after the data */
};

enum tls_status {
	TLS_OK,
	TLS_WANT_READ,  /* the socket is drained: come back on its next edge */
	TLS_WANT_WRITE, /* the socket is full: come back when it takes more */
	TLS_WANT_KEY,   /* a signature is on its way: come back when remote_ready says so */
	TLS_WANT_TURN,  /* all signing jobs are taken: come back in a later turn of the loop */
	TLS_EOF,        /* the peer has ended its side */
	TLS_FAILED      /* see tls_conn_failure */
};

/* Process-wide; call once, after remote_open, before the first connection and the sandbox. */
int tls_conn_init(struct err *e);

/*
 * Takes over fd (which stays the caller's to close) before its first byte of TLS is read. c is all
 * zero, but for a hangup that tls_conn_edge has been told of.
 */
int tls_conn_start(struct tls_conn *c, struct ssl_ctx_st *ctx, int fd, struct err *e);

/*
 * The same as a client: the handshake begins with our word. name, a host name or an address, goes
 * into SNI when it is a name (RFC 6066 3), and the server's certificate must hold it as a SAN (RFC
 * 9525): else the handshake fails.
 */
int tls_conn_start_client(
    struct tls_conn *c, struct ssl_ctx_st *ctx, int fd, const char *name, struct err *e);

/* A client's first handshake message, as it came: type and length, then the body (wire/hello.h). */
struct tls_hello {
	size_t n;
	uint8_t p[];
};

/*
 * As a server: *keep, NULL now, becomes a copy of the ClientHello once that has come, the first
 * where the handshake has two; it is the caller's to free. It stays NULL when memory is out or the
 * message is longer than TLS_HELLO_MAX. keep must be there until the handshake is over.
 */
#define TLS_HELLO_MAX (16384 + 4)
void tls_conn_keep_hello(struct tls_conn *c, struct tls_hello **keep);

/*
 * As a server: whether the certificate that the client was shown holds this name (n bytes of the
 * client's, not checked), or this address where it is one in text.
 */
int tls_conn_is_named(const struct tls_conn *c, const void *name, size_t n, int is_address);

/* The loop has told of an edge on the socket: there may be more to read. */
void tls_conn_edge(struct tls_conn *c, int hangup);

/*
 * Runs the handshake as far as it goes. owner: what keys/remote.h calls back with when the
 * signature has come. On TLS_FAILED the alert, if one is due, is on its way.
 */
enum tls_status tls_conn_handshake(struct tls_conn *c, void *owner);

/*
 * Reads up to size bytes (TLS_CHUNK at most) into p; *n says how many, 0 unless TLS_OK. TLS_OK may
 * come with less than size although more is there: call until another status comes.
 */
enum tls_status tls_conn_read(struct tls_conn *c, void *p, size_t size, size_t *n);

/*
 * Writes n bytes (TLS_CHUNK at most), all of them: TLS_OK, or TLS_WANT_WRITE when some are kept
 * here for tls_conn_flush. Not to be called while some are still kept.
 */
enum tls_status tls_conn_write(struct tls_conn *c, const void *p, size_t n);

/* Sends what is kept: TLS_OK when nothing is left, TLS_WANT_WRITE, TLS_FAILED. */
enum tls_status tls_conn_flush(struct tls_conn *c);

/*
 * Until this is called OpenSSL wipes what was read from its buffers: passwords come first. What
 * comes after the login is not worth the time.
 */
void tls_conn_no_secrets(struct tls_conn *c);

/* Queues and sends close_notify (RFC 8446 6.1). */
void tls_conn_close_notify(struct tls_conn *c);

/* Frees everything but the socket; gives up a signature that is waited for. */
void tls_conn_free(struct tls_conn *c, void *owner);

/* What a finished or failed handshake was. */
struct tls_facts {
	uint16_t version;   /* 0x0303, 0x0304; 0: none agreed on */
	const char *cipher; /* OpenSSL's name, or "" */
	int resumed;
};
void tls_conn_facts(const struct tls_conn *c, struct tls_facts *f);

/* Why the last call gave TLS_FAILED. */
struct tls_failure {
	int alert_received; /* number of the alert that the peer sent (RFC 8446 B.2), or -1 */
	int alert_sent;     /* number of the alert that we sent, or -1 */
	int sys;            /* errno of the socket, or 0 */
	enum tls_clients_fault
	    client;     /* as a server: what is wrong with the client's certificate */
	long verify;    /* as a client: X509_V_ERR_…, why the certificate was refused, or 0 */
	char text[128]; /* OpenSSL's reason, in its words, or "" */
};
void tls_conn_failure(struct tls_failure *f);

#endif
