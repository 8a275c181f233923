/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/shown.h"

#include "base/clock.h"
#include "base/i18n.h"
#include "pki/sslerr.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>

static int keep(struct shown *s, X509 *x)
{
	unsigned char *der = NULL;
	int n = i2d_X509(x, &der), rc = -1;

	s->cert[s->n] = buf_new(SHOWN_MAX);
	if (n > 0)
		rc = buf_add(&s->cert[s->n], der, (size_t)n);
	s->n += rc == 0;
	OPENSSL_free(der);
	return rc;
}

/* In the place of OpenSSL's verifier: keeps what it is asked about, and is content. */
static int see(X509_STORE_CTX *ctx, void *arg)
{
	STACK_OF(X509) *sent = X509_STORE_CTX_get0_untrusted(ctx);
	struct shown *s = arg;

	for (int i = 0; i < sk_X509_num(sent) && s->n < SHOWN_CERTS; i++)
		if (keep(s, sk_X509_value(sent, i)) < 0)
			break;
	return 1;
}

static SSL_CTX *context(struct shown *s, struct err *e)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	/* Level 0: an old server's certificates are to be seen as well. */
	if (!ctx || SSL_CTX_set_cipher_list(ctx, "DEFAULT:@SECLEVEL=0") != 1 ||
	    SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION) != 1) {
		(void)err_ssl(e, "make a TLS context");
		SSL_CTX_free(ctx);
		return NULL;
	}
	SSL_CTX_set_cert_verify_callback(ctx, see, s);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	return ctx;
}

static int is_address(const char *name)
{
	uint8_t ip[16];

	return inet_pton(AF_INET, name, ip) == 1 || inet_pton(AF_INET6, name, ip) == 1;
}

/* 0: go on. */
static int wait_for(int fd, int writing, uint64_t until)
{
	struct pollfd p = { .fd = fd, .events = writing ? POLLOUT : POLLIN };
	uint64_t now = clock_us();

	return now < until && poll(&p, 1, (int)((until - now) / 1000) + 1) > 0 ? 0 : -1;
}

/* Until it is over, one way or the other. -1: the time was over first. */
static int shake(SSL *ssl, int fd, uint64_t until)
{
	for (;;) {
		int rc = SSL_connect(ssl), why = SSL_get_error(ssl, rc);

		if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE)
			return 0;
		if (wait_for(fd, why == SSL_ERROR_WANT_WRITE, until) < 0)
			return -1;
	}
}

/* Why there is nothing to see. */
static int nothing(int late, struct err *e)
{
	if (late < 0)
		return err_set(e, ERR_PEER, _("it is silent in the TLS handshake"));
	if (ERR_peek_error() == 0)
		return err_set(e, ERR_PEER, _("it ends the connection in the TLS handshake"));
	return err_ssl(e, _("it shows no certificate in the TLS handshake"));
}

int shown_ask(struct shown *s, int fd, const char *name, uint64_t until, struct err *e)
{
	SSL_CTX *ctx = context(s, e);
	SSL *ssl = ctx ? SSL_new(ctx) : NULL;
	int rc = -1, late;

	if (!ctx)
		return -1;
	if (!ssl || SSL_set_fd(ssl, fd) != 1 ||
	    (!is_address(name) && SSL_set_tlsext_host_name(ssl, name) != 1)) {
		(void)err_ssl(e, "begin TLS");
		goto out;
	}
	ERR_clear_error();
	late = shake(ssl, fd, until);
	rc = s->n > 0 ? 0 : nothing(late, e);
out:
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	ERR_clear_error();
	return rc;
}

void shown_free(struct shown *s)
{
	for (size_t i = 0; i < s->n; i++)
		buf_free(&s->cert[i]);
	*s = (struct shown) { 0 };
}
