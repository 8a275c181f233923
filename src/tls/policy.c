/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/policy.h"

#include "base/i18n.h"
#include "keys/remote.h"
#include "pki/cert.h"
#include "pki/sslerr.h"

#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <string.h>

/* Seals a new ticket with the current key. */
static int ticket_seal(const struct ticket_keys *keys, unsigned char *name, unsigned char *iv,
    EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, OSSL_PARAM *params)
{
	const struct ticket_key *k = &keys->current;

	memcpy(name, k->name, sizeof k->name);
	params[0] =
	    OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, (void *)k->hmac, sizeof k->hmac);
	if (RAND_bytes(iv, EVP_MAX_IV_LENGTH) != 1 ||
	    EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), NULL, k->aes, iv) != 1 ||
	    EVP_MAC_CTX_set_params(mac, params) != 1)
		return -1;
	return 1;
}

/* Opens one: 1 with the current key, 2 (open, and give a new one) with the one before, 0 unknown.
 */
static int ticket_open(const struct ticket_keys *keys, const unsigned char *name,
    const unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, OSSL_PARAM *params)
{
	const struct ticket_key *k = &keys->current;
	int found = 1;

	if (memcmp(name, k->name, sizeof k->name) != 0) {
		k = &keys->before;
		found = 2;
	}
	if (memcmp(name, k->name, sizeof k->name) != 0)
		return 0;
	params[0] =
	    OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, (void *)k->hmac, sizeof k->hmac);
	if (EVP_MAC_CTX_set_params(mac, params) != 1 ||
	    EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), NULL, k->aes, iv) != 1)
		return -1;
	return found;
}

static int on_ticket(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
    EVP_MAC_CTX *mac, int seal)
{
	const struct ticket_keys *keys = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	OSSL_PARAM params[3];
	int opened;

	params[1] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"SHA256", 0);
	params[2] = OSSL_PARAM_construct_end();
	if (seal)
		return ticket_seal(keys, name, iv, cipher, mac, params);
	opened = ticket_open(keys, name, iv, cipher, mac, params);
	/* One of TLS 1.3 is for one use (RFC 8446 C.4): without the next, every second connection
	 * of a client would be a full handshake again. */
	return opened == 1 && SSL_version(ssl) == TLS1_3_VERSION ? 2 : opened;
}

/* What holds in both directions. */
static int set_policy(SSL_CTX *ctx, const struct tls_policy *p, struct err *e)
{
	SSL_CTX_set_options(
	    ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CLEANSE_PLAINTEXT);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
				  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_clear_mode(ctx, SSL_MODE_AUTO_RETRY);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	if (SSL_CTX_set_min_proto_version(ctx, p->min) != 1 ||
	    SSL_CTX_set_max_proto_version(ctx, p->max) != 1 ||
	    SSL_CTX_set_cipher_list(ctx, "ECDHE+AES128+AESGCM:ECDHE+AESGCM:ECDHE+CHACHA20") != 1 ||
	    SSL_CTX_set_ciphersuites(ctx,
		"TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256") !=
		1 ||
	    SSL_CTX_set1_groups_list(ctx, "X25519:P-256:P-384") != 1)
		return err_ssl(e, _("set up TLS"));
	return 0;
}

static int set_server(
    SSL_CTX *ctx, const char *name, const struct ticket_keys *tickets, struct err *e)
{
	unsigned char id[32];
	unsigned int n;

	SSL_CTX_set_options(ctx, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
	SSL_CTX_set_mode(ctx, SSL_MODE_ASYNC);
	SSL_CTX_set_timeout(ctx, TICKET_LIFE);
	(void)SSL_CTX_set_app_data(ctx, (void *)tickets);
	if (EVP_Digest(name, strlen(name), id, &n, EVP_sha256(), NULL) != 1 ||
	    SSL_CTX_set_num_tickets(ctx, 1) != 1 ||
	    SSL_CTX_set_session_id_context(ctx, id, n) != 1 ||
	    SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, on_ticket) != 1)
		return err_ssl(e, _("set up tickets"));
	return 0;
}

/* The certificates of pem into ctx: the first is the leaf, the rest its chain. */
static int set_chain(SSL_CTX *ctx, X509 *leaf, const void *pem, size_t n, struct err *e)
{
	BIO *bio = BIO_new_mem_buf(pem, (int)n);
	X509 *cert = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL; /* the leaf again */
	int rc = -1;

	if (SSL_CTX_use_certificate(ctx, leaf) != 1)
		goto out;
	for (;;) {
		X509_free(cert);
		cert = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
		if (!cert)
			break;
		/* A self-signed CA is the client's to have: sending it is bytes for nothing. */
		if (X509_self_signed(cert, 0) != 1 && SSL_CTX_add1_chain_cert(ctx, cert) != 1)
			goto out;
	}
	ERR_clear_error(); /* the end of the text is no error */
	SSL_CTX_set_mode(ctx, SSL_MODE_NO_AUTO_CHAIN);
	rc = 0;
out:
	if (rc < 0)
		err_ssl(e, _("take the certificate"));
	X509_free(cert);
	BIO_free(bio);
	return rc;
}

SSL_CTX *tls_server_context(
    const struct tls_server *server, const void *pem, size_t n, int ms, struct err *e)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	X509 *leaf = cert_from_pem(pem, n, e);
	EVP_PKEY *key = NULL;
	int rc = -1;

	if (!leaf || remote_selftest(leaf, ms, e) < 0)
		goto out;
	if (!ctx) {
		err_ssl(e, _("make a TLS context"));
		goto out;
	}
	key = remote_key(leaf, e);
	if (!key || set_policy(ctx, server->policy, e) < 0 ||
	    set_server(ctx, server->name, server->tickets, e) < 0 ||
	    set_chain(ctx, leaf, pem, n, e) < 0)
		goto out;
	if (server->clients && tls_clients_apply(server->clients, ctx, e) < 0)
		goto out;
	if (SSL_CTX_use_PrivateKey(ctx, key) != 1) {
		err_ssl(e, _("take the key of the certificate"));
		goto out;
	}
	rc = 0;
out:
	EVP_PKEY_free(key);
	X509_free(leaf);
	if (rc == 0)
		return ctx;
	SSL_CTX_free(ctx);
	return NULL;
}

/* Every certificate of pem becomes a trust anchor; one that can't be read would be missing later.
 */
static int take_anchors(X509_STORE *store, const void *pem, size_t n, struct err *e)
{
	BIO *bio = n > 0 && n <= INT_MAX ? BIO_new_mem_buf(pem, (int)n) : NULL;
	X509 *cert = NULL;
	int anchors = 0;

	ERR_clear_error();
	while (bio && (cert = PEM_read_bio_X509(bio, NULL, NULL, NULL))) {
		int added = X509_STORE_add_cert(store, cert);

		X509_free(cert);
		if (added != 1)
			break;
		anchors++;
	}
	BIO_free(bio);
	if (n > 0 && !sslerr_is_pem_end())
		return err_ssl(e, _("read certificate %d"), anchors + 1);
	if (anchors > 0)
		return 0;
	return err_set(e, ERR_USER,
	    _("there is no certificate in it: PEM has a line -----BEGIN CERTIFICATE-----"));
}

int tls_anchors_check(const void *pem, size_t n, struct err *e)
{
	X509_STORE *store = X509_STORE_new();
	int rc = store ? take_anchors(store, pem, n, e) : err_ssl(e, _("make a store"));

	X509_STORE_free(store);
	return rc;
}

SSL_CTX *tls_client_context(const void *pem, size_t n, struct err *e)
{
	static const struct tls_policy both = { .min = TLS_POLICY_1_2, .max = TLS_POLICY_1_3 };
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	if (!ctx) {
		err_ssl(e, _("make a TLS context"));
		return NULL;
	}
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	if (set_policy(ctx, &both, e) == 0 &&
	    take_anchors(SSL_CTX_get_cert_store(ctx), pem, n, e) == 0)
		return ctx;
	SSL_CTX_free(ctx);
	return NULL;
}

void tls_context_free(SSL_CTX *ctx)
{
	SSL_CTX_free(ctx);
}
