/* SPDX-License-Identifier: Apache-2.0 */
#include "probe/offer.h"

#include "base/i18n.h"
#include "path/certs.h"
#include "pki/sslerr.h"

#include <openssl/ssl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

/* What RFC 9325 4.2 recommends and what it tolerates with forward secrecy; no RSA key exchange. */
#define TODAY                                                                                      \
	"ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20:ECDHE+AES:DHE+AES:!aNULL:@SECLEVEL=2"
#define ALL "ALL:COMPLEMENTOFALL:@SECLEVEL=0"

struct offer {
	int min, max;
	const char *ciphers;
	int no_sni, no_alpn;
};

static const struct offer offers[FACTS_WHATS] = {
	[FACTS_HANDSHAKE] = { TLS1_2_VERSION, TLS1_3_VERSION, TODAY, 0, 0 },
	[FACTS_API] = { TLS1_2_VERSION, TLS1_3_VERSION, TODAY, 0, 0 },
	[FACTS_LOGIN] = { TLS1_2_VERSION, TLS1_3_VERSION, TODAY, 0, 0 },
	[FACTS_NO_SNI] = { TLS1_2_VERSION, TLS1_3_VERSION, TODAY, 1, 0 },
	[FACTS_NO_ALPN] = { TLS1_2_VERSION, TLS1_3_VERSION, TODAY, 0, 1 },
	[FACTS_BARE] = { TLS1_2_VERSION, TLS1_3_VERSION, TODAY, 1, 1 },
	[FACTS_OLD] = { TLS1_VERSION, TLS1_1_VERSION, ALL, 0, 0 },
	[FACTS_WEAK] = { TLS1_VERSION, TLS1_2_VERSION, ALL, 0, 0 },
};

/* The client has none: it is enough to know that one was wanted. */
static int note_asked(SSL *ssl, X509 **cert, EVP_PKEY **key)
{
	struct talk *t = SSL_get_app_data(ssl);

	(void)cert;
	(void)key;
	t->asked = 1;
	return 0;
}

static SSL_CTX *context(const struct offer *o)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	if (!ctx)
		return NULL;
	SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_client_cert_cb(ctx, note_asked);
	/* A server that can't renegotiate securely is to be seen, and is not renegotiated with. */
	(void)SSL_CTX_set_options(ctx, SSL_OP_LEGACY_SERVER_CONNECT | SSL_OP_NO_TICKET);
	(void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	if (SSL_CTX_set_min_proto_version(ctx, o->min) == 1 &&
	    SSL_CTX_set_max_proto_version(ctx, o->max) == 1 &&
	    SSL_CTX_set_cipher_list(ctx, o->ciphers) == 1)
		return ctx;
	SSL_CTX_free(ctx);
	return NULL;
}

/* Each is made once, since that costs as much as a handshake, and is the process's until it ends.
 */
static SSL_CTX *made(enum facts_what what)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static SSL_CTX *contexts[FACTS_WHATS];
	SSL_CTX *ctx;

	(void)pthread_mutex_lock(&lock);
	if (!contexts[what])
		contexts[what] = context(&offers[what]);
	ctx = contexts[what];
	(void)pthread_mutex_unlock(&lock);
	return ctx;
}

static int fill(SSL *ssl, const struct offer *o, const struct facts *f)
{
	static const unsigned char http[] = "\x08http/1.1";
	struct addr ip;

	/* An address is no server name (RFC 6066 3). */
	if (!o->no_sni && addr_parse_ip(&ip, f->name) < 0 &&
	    SSL_set_tlsext_host_name(ssl, f->name) != 1)
		return -1;
	if (!o->no_alpn && f->protocol == FACTS_HTTPS &&
	    SSL_set_alpn_protos(ssl, http, sizeof http - 1) != 0)
		return -1;
	return SSL_set_tlsext_status_type(ssl, TLSEXT_STATUSTYPE_ocsp) == 1 ? 0 : -1;
}

struct ssl_st *offer_new(enum facts_what what, const struct facts *f, struct err *e)
{
	const struct offer *o = &offers[what];
	SSL_CTX *ctx = made(what);
	SSL *ssl = ctx ? SSL_new(ctx) : NULL;

	if (ssl && fill(ssl, o, f) == 0)
		return ssl;
	(void)err_ssl(e, _("prepare a handshake"));
	SSL_free(ssl);
	return NULL;
}

static void read_chain(const SSL *ssl, struct facts_tls *out)
{
	STACK_OF(X509) *chain = SSL_get_peer_cert_chain(ssl);

	for (int i = 0; i < sk_X509_num(chain); i++) {
		unsigned char *der = NULL;
		int n = i2d_X509(sk_X509_value(chain, i), &der);

		if (n > 0 && facts_cert(out, der, (size_t)n) == 0)
			certs_put(span_of(der, (size_t)n), sk_X509_value(chain, i));
		OPENSSL_free(der);
	}
}

int offer_group_bits(const struct talk *t)
{
	EVP_PKEY *key = NULL;
	int bits = 0;

	if (SSL_get_peer_tmp_key(t->ssl, &key) == 1 && EVP_PKEY_is_a(key, "DH"))
		bits = EVP_PKEY_get_bits(key);
	EVP_PKEY_free(key);
	return bits;
}

void offer_read(const struct talk *t, struct facts_tls *out)
{
	const unsigned char *staple = NULL;
	const char *cipher = t->ssl ? SSL_get_cipher_name(t->ssl) : NULL;
	long n;

	out->asked = t->asked;
	if (!t->ssl)
		return;
	read_chain(t->ssl, out);
	if (SSL_is_init_finished(t->ssl)) {
		out->version = SSL_version(t->ssl);
		(void)snprintf(out->cipher, sizeof out->cipher, "%s", cipher ? cipher : "");
	}
	n = SSL_get_tlsext_status_ocsp_resp(t->ssl, &staple);
	out->staple = buf_new(FACTS_DER);
	if (n > 0 && staple)
		(void)buf_add(&out->staple, staple, (size_t)n);
}
