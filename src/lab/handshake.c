/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/handshake.h"

#include "base/i18n.h"

#include "lab/visit.h"
#include "pki/sslerr.h"
#include "wire/hello.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>

enum { ALERT_UNRECOGNIZED_NAME = 112, ALERT_NO_APPLICATION_PROTOCOL = 120 };

/* What the hello has earned, by the endpoint's rules: an alert, or 0. */
static int alert_for(const struct visit *v, const struct hello *h)
{
	if (v->shape->alert)
		return v->shape->alert;
	if (v->shape->sni == SNI_REQUIRED && !v->named)
		return ALERT_UNRECOGNIZED_NAME;
	if (!v->shape->alpn)
		return 0;
	for (size_t i = 0; i < h->n_alpn; i++)
		if (span_is(h->alpn[i], v->shape->alpn))
			return 0;
	return ALERT_NO_APPLICATION_PROTOCOL;
}

/* Sees the client's messages before OpenSSL judges them. */
static void on_message(
    int written, int version, int type, const void *p, size_t n, SSL *ssl, void *arg)
{
	struct visit *v = arg;
	struct span body;
	struct hello h;

	(void)version, (void)ssl;
	if (written)
		return;
	if (type == SSL3_RT_ALERT && n == 2 && ((const uint8_t *)p)[1] != SSL_AD_CLOSE_NOTIFY)
		visit_saw_alert(v, ((const uint8_t *)p)[1]);
	if (type != SSL3_RT_HANDSHAKE || hello_body(span_of(p, n), &body) < 0 ||
	    visit_saw_hello(v, body, &h) < 0)
		return;
	v->named = span_is(h.sni, v->at->host);
	v->owed = alert_for(v, &h);
}

static int use_other(const struct visit *v, SSL *ssl)
{
	return SSL_use_certificate(ssl, forge_cert(v->chain, v->shape->other)) == 1 &&
	       SSL_use_PrivateKey(ssl, forge_key(v->chain, v->shape->other)) == 1;
}

static int on_hello(SSL *ssl, int *alert, void *arg)
{
	const struct visit *v = SSL_get_app_data(ssl);

	(void)arg;
	*alert = v->owed;
	if (v->shape->sni == SNI_CHOOSES && !v->named && !use_other(v, ssl)) {
		*alert = SSL_AD_INTERNAL_ERROR;
		return SSL_CLIENT_HELLO_ERROR;
	}
	return v->owed ? SSL_CLIENT_HELLO_ERROR : SSL_CLIENT_HELLO_SUCCESS;
}

/* on_message has seen that the client offers it. */
static int on_alpn(SSL *ssl, const unsigned char **out, unsigned char *n, const unsigned char *in,
    unsigned int in_n, void *arg)
{
	const struct visit *v = SSL_get_app_data(ssl);

	(void)in, (void)in_n, (void)arg;
	if (!v->shape->alpn)
		return SSL_TLSEXT_ERR_NOACK;
	*out = (const unsigned char *)v->shape->alpn;
	*n = (unsigned char)strlen(v->shape->alpn);
	return SSL_TLSEXT_ERR_OK;
}

static int on_status(SSL *ssl, void *arg)
{
	const struct visit *v = SSL_get_app_data(ssl);
	struct buf der = buf_new(65536);
	unsigned char *copy = NULL;
	struct err e;

	(void)arg;
	if (forge_ocsp(v->chain, v->shape->send[0], NULL, 0, &der, &e) == 0)
		copy = OPENSSL_memdup(der.p, der.n);
	if (copy)
		(void)SSL_set_tlsext_status_ocsp_resp(ssl, copy, (long)der.n);
	buf_free(&der);
	return copy ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

static int set_how(SSL_CTX *ctx, const struct shape *s, struct err *e)
{
	if (s->lax)
		SSL_CTX_set_security_level(ctx, 0);
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	(void)SSL_CTX_set_dh_auto(ctx, s->lax ? 2 : 1); /* 2: the group of 1024 bits */
	if (SSL_CTX_set_num_tickets(ctx, 0) != 1 ||
	    SSL_CTX_set_min_proto_version(ctx, s->min) != 1 ||
	    SSL_CTX_set_max_proto_version(ctx, s->max) != 1 ||
	    (s->ciphers && SSL_CTX_set_cipher_list(ctx, s->ciphers) != 1) ||
	    (s->groups && SSL_CTX_set1_groups_list(ctx, s->groups) != 1) ||
	    (s->fragment && SSL_CTX_set_max_send_fragment(ctx, s->fragment) != 1))
		return err_ssl(e, _("set up TLS"));
	return 0;
}

static int set_clients(SSL_CTX *ctx, const struct shape *s, const struct forge *f, struct err *e)
{
	X509 *ca = forge_cert(f, s->anchor);

	if (s->client == CLIENT_ANY)
		return 0;
	SSL_CTX_set_verify(ctx,
	    SSL_VERIFY_PEER | (s->client == CLIENT_REQUIRED ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
	    NULL);
	if (SSL_CTX_add_client_CA(ctx, ca) != 1 ||
	    X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), ca) != 1)
		return err_ssl(e, _("name the CA of clients"));
	return 0;
}

/*
 * The public half is the leaf's, as OpenSSL asks, and the private one is not: whoever copies a
 * certificate from a handshake has no more than that.
 */
static EVP_PKEY *stranger_key(EVP_PKEY *leaf)
{
	EVP_PKEY *other = EVP_EC_gen("P-256");
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	OSSL_PARAM *public = NULL, *private = NULL, *both = NULL;
	EVP_PKEY *key = NULL;

	if (!other || !ctx || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_todata(leaf, EVP_PKEY_PUBLIC_KEY, &public) != 1 ||
	    EVP_PKEY_todata(other, EVP_PKEY_KEYPAIR, &private) != 1)
		goto out;
	both = OSSL_PARAM_merge(private, public); /* of what both have, the second's counts */
	if (both && EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, both) != 1)
		key = NULL;
out:
	OSSL_PARAM_free(both);
	OSSL_PARAM_free(private);
	OSSL_PARAM_free(public);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(other);
	return key;
}

/* Sends what shape->send names, in its order: extra certificates are not looked at by OpenSSL. */
static int set_chain(SSL_CTX *ctx, const struct shape *s, const struct forge *f, struct err *e)
{
	EVP_PKEY *own = forge_key(f, s->send[0]);
	EVP_PKEY *stranger = s->stranger_key ? stranger_key(own) : NULL;
	int taken;

	SSL_CTX_set_mode(ctx, SSL_MODE_NO_AUTO_CHAIN);
	taken = SSL_CTX_use_certificate(ctx, forge_cert(f, s->send[0])) == 1 &&
		SSL_CTX_use_PrivateKey(ctx, s->stranger_key ? stranger : own) == 1;
	EVP_PKEY_free(stranger);
	if (!taken)
		return err_ssl(e, _("take the certificate"));
	for (size_t i = 1; i < s->sends; i++) {
		X509 *x = forge_cert(f, s->send[i]);

		if (X509_up_ref(x) != 1 || SSL_CTX_add_extra_chain_cert(ctx, x) != 1)
			return err_ssl(e, _("take a certificate of the chain"));
	}
	return 0;
}

SSL_CTX *handshake_context(const struct shape *s, const struct forge *f, struct err *e)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	if (!ctx) {
		err_ssl(e, _("make a TLS context"));
		return NULL;
	}
	if (set_how(ctx, s, e) < 0 || set_chain(ctx, s, f, e) < 0 || set_clients(ctx, s, f, e) < 0)
		goto fail;
	SSL_CTX_set_client_hello_cb(ctx, on_hello, NULL);
	SSL_CTX_set_alpn_select_cb(ctx, on_alpn, NULL);
	if (s->staple)
		SSL_CTX_set_tlsext_status_cb(ctx, on_status);
	return ctx;
fail:
	SSL_CTX_free(ctx);
	return NULL;
}

void handshake_free(SSL_CTX *ctx)
{
	SSL_CTX_free(ctx);
}

int handshake_run(struct visit *v)
{
	SSL *ssl = NULL;
	BIO *bio = NULL;

	if (v->plain)
		return 0;
	ssl = SSL_new(v->tls);
	bio = ssl ? visit_bio(v) : NULL;
	if (!bio)
		goto fail;
	SSL_set_bio(ssl, bio, bio);
	(void)SSL_set_app_data(ssl, v);
	SSL_set_msg_callback(ssl, on_message);
	SSL_set_msg_callback_arg(ssl, v);
	/* What was read ahead is the start of the handshake. */
	v->raw = v->in;
	v->in = buf_new(v->raw.max);
	if (SSL_accept(ssl) != 1)
		goto fail;
	visit_saw_tls(v, SSL_version(ssl));
	v->ssl = ssl;
	return 0;
fail:
	ERR_clear_error();
	SSL_free(ssl);
	return visit_close(v);
}
