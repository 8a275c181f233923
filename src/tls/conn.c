/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/conn.h"

#include "keys/remote.h"
#include "pki/sslerr.h"
#include "tls/random.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* A record has 16 KiB of plaintext and at most 256 bytes around it (RFC 8446 5.2). */
#define OUT_SIZE      (TLS_CHUNK + TLS_CHUNK / 64 + 32 * 1024)
#define IN_SIZE       TLS_CHUNK
#define IDLE_MAX      32 /* records in a row that hold no data */
#define NAME_MAX_TEXT 256

struct tls_chunk {
	size_t at, n;
	uint8_t p[];
};

/*
 * The buffers between OpenSSL and the socket of whichever connection is being served. What owner
 * has not consumed when another connection's turn comes is put into its own memory first.
 */
static struct {
	struct tls_conn *owner;
	size_t in_at, in_n;
	size_t out_n;
	uint8_t in[IN_SIZE];
	uint8_t out[OUT_SIZE];
} window;

static BIO_METHOD *window_bio;
static struct tls_failure failure;

/* ---- memory of one connection, for what the socket or OpenSSL did not take ----------------------
 */

static struct tls_chunk *chunk_new(const void *p, size_t n)
{
	struct tls_chunk *c = malloc(sizeof *c + n);

	if (!c)
		return NULL;
	c->at = 0;
	c->n = n;
	memcpy(c->p, p, n);
	return c;
}

static void chunk_free(struct tls_chunk **c)
{
	free(*c);
	*c = NULL;
}

static int chunk_append(struct tls_chunk **c, const void *p, size_t n)
{
	size_t left = *c ? (*c)->n - (*c)->at : 0;
	struct tls_chunk *both = malloc(sizeof *both + left + n);

	if (!both)
		return -1;
	both->at = 0;
	both->n = left + n;
	if (left)
		memcpy(both->p, (*c)->p + (*c)->at, left);
	memcpy(both->p + left, p, n);
	chunk_free(c);
	*c = both;
	return 0;
}

/* ---- the window ------------------------------------------------------------------------------ */

/* Makes the window c's. Bytes that came for another are kept for it; that may fail for want of
 * memory, which the other then sees as a broken stream and ends. */
static void window_claim(struct tls_conn *c)
{
	struct tls_conn *was = window.owner;

	if (was == c)
		return;
	if (was && window.in_at < window.in_n)
		(void)chunk_append(&was->in, window.in + window.in_at, window.in_n - window.in_at);
	window.owner = c;
	window.in_at = window.in_n = 0;
	window.out_n = 0;
	if (!c || !c->in)
		return;
	window.in_n = c->in->n - c->in->at;
	memcpy(window.in, c->in->p + c->in->at, window.in_n);
	chunk_free(&c->in);
}

static int bio_read(BIO *bio, char *p, int n)
{
	size_t left = window.in_n - window.in_at;

	BIO_clear_retry_flags(bio);
	if (left == 0) {
		BIO_set_retry_read(bio);
		return -1;
	}
	if ((size_t)n > left)
		n = (int)left;
	memcpy(p, window.in + window.in_at, (size_t)n);
	window.in_at += (size_t)n;
	return n;
}

static int bio_write(BIO *bio, const char *p, int n)
{
	BIO_clear_retry_flags(bio);
	if ((size_t)n > OUT_SIZE - window.out_n) {
		BIO_set_retry_write(bio);
		return -1;
	}
	memcpy(window.out + window.out_n, p, (size_t)n);
	window.out_n += (size_t)n;
	return n;
}

static long bio_ctrl(BIO *bio, int cmd, long number, void *p)
{
	(void)bio;
	(void)number;
	(void)p;
	return cmd == BIO_CTRL_FLUSH;
}

static int bio_create(BIO *bio)
{
	BIO_set_init(bio, 1);
	return 1;
}

/* Alerts are noted as they pass: the error queue names only those that were received. */
static void on_info(const SSL *ssl, int where, int value)
{
	(void)ssl;
	if (!(where & SSL_CB_ALERT))
		return;
	if (where & SSL_CB_READ)
		failure.alert_received = value & 0xff;
	else
		failure.alert_sent = value & 0xff;
}

int tls_conn_init(struct err *e)
{
	window_bio = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "dbtls window");
	if (!window_bio || BIO_meth_set_read(window_bio, bio_read) != 1 ||
	    BIO_meth_set_write(window_bio, bio_write) != 1 ||
	    BIO_meth_set_ctrl(window_bio, bio_ctrl) != 1 ||
	    BIO_meth_set_create(window_bio, bio_create) != 1)
		return err_ssl(e, "set up the buffers of TLS");
	return random_begin(e);
}

/* One recv for all that the socket has, up to the window's size. */
static enum tls_status window_fill(struct tls_conn *c)
{
	ssize_t n;

	if (c->eof)
		return TLS_EOF;
	if (c->drained && !c->hangup)
		return TLS_WANT_READ;
	n = recv(c->fd, window.in, IN_SIZE, 0);
	window.in_at = 0;
	window.in_n = n > 0 ? (size_t)n : 0;
	c->drained = window.in_n < IN_SIZE;
	if (n > 0)
		return TLS_OK;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return TLS_WANT_READ;
	failure.sys = n < 0 ? errno : 0;
	if (n < 0)
		return TLS_FAILED;
	c->eof = 1;
	return TLS_EOF;
}

static enum tls_status send_some(struct tls_conn *c, const uint8_t *p, size_t n, size_t *sent)
{
	ssize_t m = send(c->fd, p, n, MSG_NOSIGNAL);

	*sent = m > 0 ? (size_t)m : 0;
	if (m < 0 && errno != EAGAIN && errno != EINTR) {
		failure.sys = errno;
		return TLS_FAILED;
	}
	return *sent == n ? TLS_OK : TLS_WANT_WRITE;
}

enum tls_status tls_conn_flush(struct tls_conn *c)
{
	enum tls_status st;
	size_t sent;

	if (!c->out)
		return TLS_OK;
	st = send_some(c, c->out->p + c->out->at, c->out->n - c->out->at, &sent);
	c->out->at += sent;
	if (st == TLS_OK)
		chunk_free(&c->out);
	return st;
}

/* One send for all that OpenSSL has written; what the socket does not take is c's to keep. */
static enum tls_status window_send(struct tls_conn *c)
{
	enum tls_status st;
	size_t sent = 0;
	size_t n = window.out_n;

	window.out_n = 0;
	if (n == 0)
		return c->out ? TLS_WANT_WRITE : TLS_OK;
	if (c->out)
		return chunk_append(&c->out, window.out, n) < 0 ? TLS_FAILED : TLS_WANT_WRITE;
	st = send_some(c, window.out, n, &sent);
	if (st != TLS_WANT_WRITE)
		return st;
	c->out = chunk_new(window.out + sent, n - sent);
	return c->out ? TLS_WANT_WRITE : TLS_FAILED;
}

void tls_conn_edge(struct tls_conn *c, int hangup)
{
	c->drained = 0;
	c->hangup |= (uint8_t)hangup;
}

/* ---- the connection -------------------------------------------------------------------------- */

static int start(struct tls_conn *c, SSL_CTX *ctx, int fd, struct err *e)
{
	BIO *bio = NULL;

	/* A FIN that came with the last bytes in the clear has no edge of its own any more. */
	*c = (struct tls_conn) { .fd = fd, .hangup = c->hangup };
	c->ssl = SSL_new(ctx);
	bio = BIO_new(window_bio);
	if (!c->ssl || !bio) {
		SSL_free(c->ssl);
		BIO_free(bio);
		c->ssl = NULL;
		return err_ssl(e, "begin TLS");
	}
	SSL_set_bio(c->ssl, bio, bio);
	SSL_set_info_callback(c->ssl, on_info);
	return 0;
}

int tls_conn_start(struct tls_conn *c, SSL_CTX *ctx, int fd, struct err *e)
{
	if (start(c, ctx, fd, e) < 0)
		return -1;
	SSL_set_accept_state(c->ssl);
	return 0;
}

int tls_conn_start_client(struct tls_conn *c, SSL_CTX *ctx, int fd, const char *name, struct err *e)
{
	X509_VERIFY_PARAM *param;
	int is_address, set;

	if (start(c, ctx, fd, e) < 0)
		return -1;
	SSL_set_connect_state(c->ssl);
	param = SSL_get0_param(c->ssl);
	X509_VERIFY_PARAM_set_hostflags(
	    param, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	is_address = X509_VERIFY_PARAM_set1_ip_asc(param, name) == 1;
	set = is_address || (X509_VERIFY_PARAM_set1_host(param, name, 0) == 1 &&
				SSL_set_tlsext_host_name(c->ssl, name) == 1);
	ERR_clear_error(); /* a name is no address: that was to be expected */
	if (set)
		return 0;
	tls_conn_free(c, NULL);
	return err_set(e, ERR_LOCAL, "%s can't be a server's name", name);
}

/* It is called for each message and each record's header: not once the hello is there. */
static void on_message(
    int sent, int version, int type, const void *p, size_t n, SSL *ssl, void *keep)
{
	struct tls_hello **at = keep;

	(void)version;
	if (sent || type != SSL3_RT_HANDSHAKE)
		return;
	SSL_set_msg_callback(ssl, NULL);
	*at = n <= TLS_HELLO_MAX ? malloc(sizeof **at + n) : NULL;
	if (!*at)
		return;
	(*at)->n = n;
	memcpy((*at)->p, p, n);
}

void tls_conn_keep_hello(struct tls_conn *c, struct tls_hello **keep)
{
	SSL_set_msg_callback(c->ssl, on_message);
	SSL_set_msg_callback_arg(c->ssl, keep);
}

int tls_conn_is_named(const struct tls_conn *c, const void *name, size_t n, int is_address)
{
	X509 *leaf = SSL_get_certificate(c->ssl);
	char text[NAME_MAX_TEXT];

	if (!leaf || n >= sizeof text || memchr(name, 0, n))
		return 0;
	memcpy(text, name, n);
	text[n] = '\0';
	if (is_address)
		return X509_check_ip_asc(leaf, text, 0) == 1;
	return X509_check_host(leaf, text, n, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, NULL) == 1;
}

static void begin(struct tls_conn *c)
{
	window_claim(c);
	ERR_clear_error();
	failure = (struct tls_failure) { .alert_received = -1, .alert_sent = -1 };
}

static enum tls_status fail(void)
{
	unsigned long code = ERR_peek_error();
	const char *why = code ? ERR_reason_error_string(code) : NULL;

	(void)snprintf(failure.text, sizeof failure.text, "%s", why ? why : "");
	ERR_clear_error();
	return TLS_FAILED;
}

/* What we think of the other's certificate; OpenSSL's reason says no more than "failed". */
static enum tls_status refused(const struct tls_conn *c)
{
	unsigned long code = ERR_peek_error();
	enum tls_status st = fail();

	if (SSL_is_server(c->ssl))
		failure.client = tls_clients_fault(c->ssl, code);
	failure.verify = SSL_is_server(c->ssl) ? X509_V_OK : SSL_get_verify_result(c->ssl);
	if (failure.verify != X509_V_OK)
		(void)snprintf(failure.text, sizeof failure.text, "%s",
		    X509_verify_cert_error_string(failure.verify));
	return st;
}

/* One step of the handshake with what the window holds. */
static enum tls_status step(struct tls_conn *c, void *owner)
{
	enum tls_status st;
	int rc;

	remote_owner(owner);
	ERR_clear_error();
	rc = SSL_do_handshake(c->ssl);
	/* SSL_want first: an entry in the thread's error queue would hide a pause. */
	c->parked = SSL_want_async(c->ssl) != 0;
	st = window_send(c);
	if (c->parked)
		return TLS_WANT_KEY;
	if (SSL_want_async_job(c->ssl))
		return TLS_WANT_TURN;
	if (rc == 1)
		return TLS_OK;
	if (st == TLS_FAILED)
		return TLS_FAILED;
	return SSL_get_error(c->ssl, rc) == SSL_ERROR_WANT_READ ? TLS_WANT_READ : refused(c);
}

static int client_begins(const struct tls_conn *c)
{
	return !SSL_is_server(c->ssl) && SSL_in_before(c->ssl);
}

enum tls_status tls_conn_handshake(struct tls_conn *c, void *owner)
{
	enum tls_status st = TLS_OK;

	begin(c);
	if (tls_conn_flush(c) == TLS_FAILED)
		return TLS_FAILED;
	/* A parked handshake waits for its signature, not for the socket; a client speaks first. */
	if (!c->parked && window.in_at == window.in_n && !client_begins(c))
		st = window_fill(c);
	while (st == TLS_OK) {
		st = step(c, owner);
		if (st == TLS_OK) {
			SSL_clear_mode(c->ssl, SSL_MODE_ASYNC);
			return TLS_OK;
		}
		if (st == TLS_WANT_READ)
			st = window_fill(c);
	}
	return st;
}

/*
 * Takes records out of the window until p is full or the window has no whole one. A call of
 * SSL_read that can only find nothing is not made: it would allocate a record's buffer for that.
 */
static enum tls_status take(struct tls_conn *c, uint8_t *p, size_t size, size_t *n)
{
	while (*n < size) {
		int rc, why;

		if (window.in_at == window.in_n && !SSL_has_pending(c->ssl))
			return TLS_WANT_READ;
		rc = SSL_read(c->ssl, p + *n, (int)(size - *n));
		if (rc > 0) {
			c->idle = 0;
			*n += (size_t)rc;
			continue;
		}
		why = SSL_get_error(c->ssl, rc);
		/* A record that held no data, a KeyUpdate: keys change now and then, not in rows.
		 */
		if (why == SSL_ERROR_WANT_READ && window.in_at < window.in_n &&
		    c->idle++ < IDLE_MAX)
			continue;
		if (why == SSL_ERROR_WANT_READ && window.in_at < window.in_n)
			return fail();
		if (why == SSL_ERROR_WANT_READ)
			return TLS_WANT_READ;
		if (why == SSL_ERROR_WANT_WRITE)
			return TLS_WANT_WRITE;
		if (why != SSL_ERROR_ZERO_RETURN)
			return fail();
		c->eof = 1;
		return TLS_EOF;
	}
	return TLS_OK;
}

enum tls_status tls_conn_read(struct tls_conn *c, void *p, size_t size, size_t *n)
{
	enum tls_status st;

	*n = 0;
	if (c->broken)
		return TLS_FAILED;
	begin(c);
	st = take(c, p, size, n);
	if (*n == 0 && st == TLS_WANT_READ && (st = window_fill(c)) == TLS_OK) {
		st = take(c, p, size, n);
		/* A whole window without a byte of data: the others first. */
		if (*n == 0 && st == TLS_WANT_READ && !c->drained)
			st = TLS_WANT_TURN;
	}
	/* Reading may have made something to send: the answer to a KeyUpdate, an alert. */
	if (window.out_n > 0 && window_send(c) == TLS_FAILED)
		return TLS_FAILED;
	c->broken = st == TLS_FAILED;
	return *n > 0 ? TLS_OK : st;
}

enum tls_status tls_conn_write(struct tls_conn *c, const void *p, size_t n)
{
	const uint8_t *at = p;

	begin(c);
	while (n > 0) {
		int rc = SSL_write(c->ssl, at, (int)n);

		if (rc <= 0)
			return fail();
		at += rc;
		n -= (size_t)rc;
	}
	return window_send(c);
}

void tls_conn_no_secrets(struct tls_conn *c)
{
	SSL_clear_options(c->ssl, SSL_OP_CLEANSE_PLAINTEXT);
}

void tls_conn_close_notify(struct tls_conn *c)
{
	if (!c->ssl || !SSL_is_init_finished(c->ssl))
		return;
	begin(c);
	(void)SSL_shutdown(c->ssl);
	ERR_clear_error();
	(void)window_send(c);
}

void tls_conn_free(struct tls_conn *c, void *owner)
{
	if (c->ssl && c->parked) {
		(void)remote_cancel(owner); /* 0: its answer came, and the job was not run since */
		/* The job must end by itself, or its stack and its place in the pool are lost. */
		begin(c);
		(void)step(c, owner);
	}
	if (window.owner == c) {
		window.owner = NULL;
		window.in_at = window.in_n = window.out_n = 0;
	}
	SSL_free(c->ssl);
	ERR_clear_error();
	c->ssl = NULL;
	chunk_free(&c->in);
	chunk_free(&c->out);
}

void tls_conn_facts(const struct tls_conn *c, struct tls_facts *f)
{
	*f = (struct tls_facts) { .cipher = "" };
	if (!c->ssl || !SSL_is_init_finished(c->ssl))
		return;
	f->version = (uint16_t)SSL_version(c->ssl);
	f->cipher = SSL_get_cipher_name(c->ssl);
	f->resumed = SSL_session_reused(c->ssl);
}

void tls_conn_failure(struct tls_failure *f)
{
	*f = failure;
}
