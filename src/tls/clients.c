/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/clients.h"

#include "base/i18n.h"
#include "base/log.h"
#include "base/span.h"
#include "pki/cert.h"
#include "pki/sslerr.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 4 /* CAs between a client's certificate and one of ours */

struct tls_clients {
	X509_STORE *store;
	STACK_OF(X509) * ca;
	struct buf names; /* each ending in NUL */
	int64_t until;
	uint32_t required;
	int has_crl;
};

void tls_clients_free(struct tls_clients *c)
{
	if (!c)
		return;
	X509_STORE_free(c->store);
	sk_X509_pop_free(c->ca, X509_free);
	buf_free(&c->names);
	free(c);
}

int64_t tls_clients_until(const struct tls_clients *c)
{
	return c->until;
}

/* ---- reading --------------------------------------------------------------------------------- */

static int take_ca(struct tls_clients *c, X509 *x, struct err *e)
{
	/* A client's own certificate in that file would vouch for itself, whatever it is for. */
	if (X509_check_ca(x) == 0)
		return err_set(e, ERR_USER,
		    _("client-ca: a certificate in it is not a CA's: name the file of the CA that "
		      "issued the clients' certificates"));
	if (X509_STORE_add_cert(c->store, x) != 1 || X509_up_ref(x) != 1)
		return err_ssl(e, _("take a client CA"));
	if (sk_X509_push(c->ca, x) > 0)
		return 0;
	X509_free(x);
	return err_ssl(e, _("take a client CA"));
}

static int read_ca(struct tls_clients *c, struct span pem, struct err *e)
{
	BIO *bio = pem.n ? BIO_new_mem_buf(pem.p, (int)pem.n) : NULL;
	X509 *x = NULL;
	int rc = 0;

	while (bio && rc == 0 && (x = PEM_read_bio_X509(bio, NULL, NULL, NULL))) {
		rc = take_ca(c, x, e);
		X509_free(x);
	}
	BIO_free(bio);
	if (rc < 0)
		return -1;
	if (pem.n && !sslerr_is_pem_end())
		return err_ssl(e, _("client-ca: read a certificate"));
	if (sk_X509_num(c->ca) > 0)
		return 0;
	return err_set(e, ERR_USER, _("client-ca: there is no certificate in it"));
}

static int is_ours(const struct tls_clients *c, X509_CRL *crl)
{
	for (int i = 0; i < sk_X509_num(c->ca); i++) {
		X509 *x = sk_X509_value(c->ca, i);

		if (X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_subject_name(x)) == 0 &&
		    X509_CRL_verify(crl, X509_get0_pubkey(x)) == 1)
			return 1;
	}
	ERR_clear_error();
	return 0;
}

static int take_crl(struct tls_clients *c, X509_CRL *crl, struct err *e)
{
	const ASN1_TIME *next = X509_CRL_get0_nextUpdate(crl);
	struct tm tm = { 0 };
	int64_t until;

	if (!is_ours(c, crl))
		return err_set(e, ERR_USER,
		    _("client-crl: it is not of a CA in client-ca: give the list that this CA has "
		      "signed, or add the CA that has"));
	if (next && ASN1_TIME_to_tm(next, &tm) != 1)
		return err_ssl(e, _("client-crl: read when it ends"));
	until = next ? (int64_t)timegm(&tm) : 0;
	if (until && (!c->until || until < c->until))
		c->until = until;
	c->has_crl = 1;
	return X509_STORE_add_crl(c->store, crl) == 1 ? 0 : err_ssl(e, _("take a CRL"));
}

static int read_crl(struct tls_clients *c, struct span pem, struct err *e)
{
	BIO *bio = pem.n ? BIO_new_mem_buf(pem.p, (int)pem.n) : NULL;
	X509_CRL *crl = NULL;
	int rc = 0;

	while (bio && rc == 0 && (crl = PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL))) {
		rc = take_crl(c, crl, e);
		X509_CRL_free(crl);
	}
	BIO_free(bio);
	if (rc < 0 || pem.n == 0)
		return rc;
	if (!sslerr_is_pem_end())
		return err_ssl(e, _("client-crl: read a list"));
	if (c->has_crl)
		return 0;
	return err_set(e, ERR_USER,
	    _("client-crl: there is no list in it: PEM has a line -----BEGIN X509 CRL-----"));
}

static int read_all(struct tls_clients *c, struct span s, struct err *e)
{
	struct tls_clients_head head;
	struct span first, ca, names, crl;

	if (span_take(&s, sizeof head, &first) < 0)
		goto wrong;
	memcpy(&head, first.p, sizeof head);
	if (head.ca_length > TLS_CLIENTS_CA_MAX || head.crl_length > TLS_CLIENTS_CRL_MAX ||
	    span_take(&s, head.ca_length, &ca) < 0 ||
	    span_take(&s, head.names_length, &names) < 0 ||
	    span_take(&s, head.crl_length, &crl) < 0 || s.n > 0 ||
	    (names.n && names.p[names.n - 1]))
		goto wrong;
	c->required = head.required;
	if (names.n && buf_add(&c->names, names.p, names.n) < 0)
		goto wrong;
	return read_ca(c, ca, e) < 0 || read_crl(c, crl, e) < 0 ? -1 : 0;
wrong:
	return err_set(e, ERR_PEER, _("what was said of client certificates can't be read"));
}

struct tls_clients *tls_clients_read(const void *p, size_t n, struct err *e)
{
	struct tls_clients *c = calloc(1, sizeof *c);
	int rc = -1;

	ERR_clear_error();
	if (!c) {
		err_sys(e, _("read about client certificates"));
		return NULL;
	}
	c->names = buf_new(65536);
	c->store = X509_STORE_new();
	c->ca = sk_X509_new_null();
	rc = c->store && c->ca ? read_all(c, span_of(p, n), e) : err_ssl(e, _("make a store"));
	if (rc == 0)
		return c;
	tls_clients_free(c);
	return NULL;
}

/* ---- asking ---------------------------------------------------------------------------------- */

/* The names of the CAs, for clients that choose among several certificates (RFC 8446 4.2.4). */
static int announce(const struct tls_clients *c, SSL_CTX *ctx)
{
	for (int i = 0; i < sk_X509_num(c->ca); i++)
		if (SSL_CTX_add_client_CA(ctx, sk_X509_value(c->ca, i)) != 1)
			return -1;
	return 0;
}

int tls_clients_apply(const struct tls_clients *c, SSL_CTX *ctx, struct err *e)
{
	/* An intermediate CA alone may be the one that clients' certificates come from. */
	unsigned long flags = X509_V_FLAG_PARTIAL_CHAIN;

	if (c->has_crl)
		flags |= X509_V_FLAG_CRL_CHECK;
	SSL_CTX_set_verify(
	    ctx, SSL_VERIFY_PEER | (c->required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), NULL);
	SSL_CTX_set_verify_depth(ctx, DEPTH_MAX);
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
	if (SSL_CTX_set_num_tickets(ctx, 0) != 1 ||
	    SSL_CTX_set_purpose(ctx, X509_PURPOSE_SSL_CLIENT) != 1 ||
	    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(ctx), flags) != 1 ||
	    SSL_CTX_set1_verify_cert_store(ctx, c->store) != 1 || announce(c, ctx) < 0)
		return err_ssl(e, _("ask for client certificates"));
	return 0;
}

/* ---- names ----------------------------------------------------------------------------------- */

static int is_allowed(const struct tls_clients *c, struct span name)
{
	struct span rest = span_of(c->names.p, c->names.n), one;

	while (rest.n > 0 && span_cstr(&rest, &one) == 0)
		if (one.n == name.n && memcmp(one.p, name.p, one.n) == 0)
			return 1;
	return 0;
}

/* Looks for an allowed name, and notes the one to be shown. */
struct search {
	const struct tls_clients *c;
	char *out; /* TLS_CLIENTS_WHO bytes, or NULL */
	int any, found;
};

static void look_at(struct search *s, struct span name)
{
	int is_match = !s->found && is_allowed(s->c, name);

	if (s->out && (!s->any || is_match))
		log_quote(s->out, TLS_CLIENTS_WHO, name.p, name.n);
	s->any = 1;
	s->found |= is_match;
}

static struct span string_of(const ASN1_STRING *s)
{
	return span_of(ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
}

static void look_at_sans(struct search *s, X509 *x)
{
	GENERAL_NAMES *sans = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);

	for (int i = 0; i < sk_GENERAL_NAME_num(sans); i++) {
		int type = 0;
		const ASN1_STRING *name =
		    GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(sans, i), &type);

		if (type == GEN_DNS || type == GEN_EMAIL || type == GEN_URI)
			look_at(s, string_of(name));
	}
	GENERAL_NAMES_free(sans);
}

static void look_at_subject(struct search *s, X509 *x)
{
	const X509_NAME *subject = X509_get_subject_name(x);
	int at = -1;

	while ((at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0) {
		unsigned char *text = NULL;
		int n = ASN1_STRING_to_UTF8(
		    &text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));

		if (n >= 0)
			look_at(s, span_of(text, (size_t)n));
		OPENSSL_free(text);
	}
}

static int search(struct search *s, X509 *x)
{
	look_at_sans(s, x);
	look_at_subject(s, x);
	ERR_clear_error(); /* what can't be read is no name */
	return s->found;
}

int tls_clients_allow(const struct tls_clients *c, const SSL *ssl)
{
	struct search s = { .c = c };
	X509 *x = ssl ? SSL_get0_peer_certificate(ssl) : NULL;

	if (!x)
		return !c->required;
	if (SSL_get_verify_result(ssl) != X509_V_OK)
		return 0;
	return c->names.n == 0 || search(&s, x);
}

int tls_clients_who(const struct tls_clients *c, const SSL *ssl, char out[TLS_CLIENTS_WHO])
{
	struct search s = { .c = c, .out = out };
	X509 *x = SSL_get0_peer_certificate(ssl);

	out[0] = '\0';
	/* After a failure it is where the chain was being built. */
	if (!x && SSL_get0_verified_chain(ssl))
		x = sk_X509_value(SSL_get0_verified_chain(ssl), 0);
	if (x)
		(void)search(&s, x);
	return x != NULL;
}

/* ---- what was wrong -------------------------------------------------------------------------- */

enum tls_clients_fault tls_clients_fault(const SSL *ssl, unsigned long code)
{
	static const struct {
		long verify;
		enum tls_clients_fault fault;
	} faults[] = {
		{ X509_V_OK, TLS_CLIENTS_FINE },
		{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, TLS_CLIENTS_UNKNOWN },
		{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, TLS_CLIENTS_UNKNOWN },
		{ X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, TLS_CLIENTS_UNKNOWN },
		{ X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, TLS_CLIENTS_UNKNOWN },
		{ X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, TLS_CLIENTS_UNKNOWN },
		{ X509_V_ERR_CERT_NOT_YET_VALID, TLS_CLIENTS_EXPIRED },
		{ X509_V_ERR_CERT_HAS_EXPIRED, TLS_CLIENTS_EXPIRED },
		{ X509_V_ERR_CERT_REVOKED, TLS_CLIENTS_REVOKED },
		{ X509_V_ERR_UNABLE_TO_GET_CRL, TLS_CLIENTS_NO_CRL },
		{ X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER, TLS_CLIENTS_NO_CRL },
		{ X509_V_ERR_CRL_NOT_YET_VALID, TLS_CLIENTS_NO_CRL },
		{ X509_V_ERR_CRL_HAS_EXPIRED, TLS_CLIENTS_NO_CRL },
	};
	long verify = SSL_get_verify_result(ssl);

	if (ERR_GET_LIB(code) == ERR_LIB_SSL &&
	    ERR_GET_REASON(code) == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE)
		return TLS_CLIENTS_MISSING;
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
		if (faults[i].verify == verify)
			return faults[i].fault;
	return TLS_CLIENTS_UNFIT;
}
