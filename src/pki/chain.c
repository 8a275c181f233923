/* SPDX-License-Identifier: Apache-2.0 */
#include "pki/chain.h"

#include "base/i18n.h"
#include "pki/sslerr.h"

#include <arpa/inet.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#define CHAIN_MAX   10    /* certificates */
#define PEM_MAX     49152 /* so that it fits into one message to a relay */
#define NAMES_MAX   32768
#define SPKI_MAX    4096
#define LEVEL       2   /* OpenSSL's of today: 112 bits and more, no SHA-1 */
#define STRONG_BITS 128 /* of two keys that are this strong none is the weaker */

void chain_free(struct chain *c)
{
	buf_free(&c->pem);
	buf_free(&c->names);
	buf_free(&c->spki);
}

/* ---- reading ----------------------------------------------------------------------------- */

/* Every certificate of PEM text. NULL: one can't be read. */
static STACK_OF(X509) * read_all(struct span pem, const char *file, struct err *e)
{
	BIO *bio = BIO_new_mem_buf(pem.n ? pem.p : (const uint8_t *)"", (int)pem.n);
	STACK_OF(X509) *all = sk_X509_new_null();
	X509 *one = NULL;

	ERR_clear_error();
	while (bio && all && (one = PEM_read_bio_X509(bio, NULL, NULL, (void *)"")))
		if (sk_X509_push(all, one) == 0)
			break;
	BIO_free(bio);
	if (bio && all && !one && sslerr_is_pem_end())
		return all;
	(void)err_ssl(e, _("%s: read a certificate"), file);
	X509_free(one);
	sk_X509_pop_free(all, X509_free);
	return NULL;
}

static const char *subject(X509 *cert, char out[256])
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *p = NULL;
	long n = 0;

	if (bio && X509_NAME_print_ex(bio, X509_get_subject_name(cert), 0, XN_FLAG_RFC2253) >= 0)
		n = BIO_get_mem_data(bio, &p);
	(void)snprintf(out, 256, "%.*s", (int)n, n > 0 ? p : "");
	BIO_free(bio);
	return out;
}

/* TLS 1.2 (RFC 5246 7.4.2) and many clients want each certified by the one that follows. */
static int check_order(STACK_OF(X509) * all, const char *file, struct err *e)
{
	char a[256], b[256];

	for (int i = 0; i + 1 < sk_X509_num(all); i++) {
		X509 *one = sk_X509_value(all, i), *next = sk_X509_value(all, i + 1);
		EVP_PKEY *key = X509_get0_pubkey(next);

		if (key && X509_check_issued(next, one) == X509_V_OK && X509_verify(one, key) == 1)
			continue;
		ERR_clear_error();
		return err_set(e, ERR_USER,
		    _("%s: %.100s is not certified by what stands behind it, %.100s: the host's "
		      "certificate comes first, then the CA's that issued it, and so on"),
		    file, subject(one, a), subject(next, b));
	}
	return 0;
}

/* ---- what clients will say ---------------------------------------------------------------- */

static int no_way(const struct chain_source *s, X509 *last, struct err *e)
{
	char issuer[256] = "";
	char *line = X509_NAME_oneline(X509_get_issuer_name(last), issuer, sizeof issuer);

	return err_set(e, ERR_USER,
	    _("%s: its last certificate is of %.90s, which is not in %s. A public CA's file with "
	      "the intermediates is often called fullchain.pem; a CA of your own is named by \"ca "
	      "FILE\" behind the key"),
	    s->file, line ? line : "?", s->anchors_file);
}

static int dates(const struct chain_source *s, X509 *cert, int expired, struct err *e)
{
	time_t from = 0, until = 0;
	char name[256], text[32] = "";
	struct tm tm;

	if (cert_times(cert, &from, &until) == 0 && gmtime_r(expired ? &until : &from, &tm))
		(void)strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &tm);
	return err_set(e, ERR_USER,
	    expired ? _("%s: %.100s has expired, %s: renew it")
		    : _("%s: %.100s is valid only from %s on"),
	    s->file, subject(cert, name), text);
}

static int refused(const struct chain_source *s, X509_STORE_CTX *ctx, struct err *e)
{
	X509 *at = X509_STORE_CTX_get_current_cert(ctx);
	int why = X509_STORE_CTX_get_error(ctx);
	char name[256] = "";

	ERR_clear_error();
	switch (why) {
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		return no_way(s, at, e);
	case X509_V_ERR_CERT_HAS_EXPIRED:
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return dates(s, at, why == X509_V_ERR_CERT_HAS_EXPIRED, e);
	case X509_V_ERR_INVALID_PURPOSE:
		return err_set(e, ERR_USER,
		    _("%s: %.100s may not vouch for a server: its extended key usage must have "
		      "TLS Web Server Authentication"),
		    s->file, at ? subject(at, name) : "");
	default:
		return err_set(e, ERR_USER, _("%s: clients would refuse %.100s: %s"), s->file,
		    at ? subject(at, name) : "", X509_verify_cert_error_string(why));
	}
}

static int add_anchors(X509_STORE *store, STACK_OF(X509) * anchors)
{
	for (int i = 0; i < sk_X509_num(anchors); i++)
		if (X509_STORE_add_cert(store, sk_X509_value(anchors, i)) != 1)
			return -1;
	return 0;
}

static int note_anchor(struct chain *c, X509_STORE_CTX *ctx, struct err *e)
{
	STACK_OF(X509) *way = X509_STORE_CTX_get0_chain(ctx);
	X509 *anchor = way ? sk_X509_value(way, sk_X509_num(way) - 1) : NULL;

	return anchor && cert_fingerprint(anchor, c->anchor) == 0
		   ? 0
		   : err_ssl(e, _("read the fingerprint of a CA"));
}

/* As a client verifies it that has the anchors and no intermediate. */
static int check_way(struct chain *c, const struct chain_source *s, STACK_OF(X509) * all,
    STACK_OF(X509) * anchors, struct err *e)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509_VERIFY_PARAM *param;
	int rc = -1;

	if (!store || !ctx || add_anchors(store, anchors) < 0 ||
	    X509_STORE_CTX_init(ctx, store, sk_X509_value(all, 0), all) != 1) {
		err_ssl(e, "%s", s->anchors_file);
		goto out;
	}
	param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_time(param, s->now);
	X509_VERIFY_PARAM_set_auth_level(param, LEVEL);
	(void)X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_SERVER);
	if (X509_verify_cert(ctx) != 1)
		(void)refused(s, ctx, e);
	else
		rc = s->public ? 0 : note_anchor(c, ctx, e);
out:
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	return rc;
}

/* ---- what is in it ------------------------------------------------------------------------ */

/* -1: it is too long; 0: added, or of a kind that hosts are not named by. */
static int add_name(struct buf *to, const GENERAL_NAME *g)
{
	char text[INET6_ADDRSTRLEN] = "";
	int type = 0;
	const ASN1_STRING *s = GENERAL_NAME_get0_value(g, &type);
	const uint8_t *p =
	    s && (type == GEN_DNS || type == GEN_IPADD) ? ASN1_STRING_get0_data(s) : NULL;
	size_t n = p ? (size_t)ASN1_STRING_length(s) : 0;

	if (n == 0)
		return 0;
	if (type == GEN_DNS)
		return memchr(p, '\0', n) ? 0 : buf_add(to, p, n) | buf_add(to, "", 1);
	if ((n != 4 && n != 16) || !inet_ntop(n == 4 ? AF_INET : AF_INET6, p, text, sizeof text))
		return 0;
	return buf_add(to, text, strlen(text) + 1);
}

static int read_names(struct chain *c, X509 *leaf, const char *file, struct err *e)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
	int rc = 0;

	ERR_clear_error();
	for (int i = 0; rc == 0 && i < sk_GENERAL_NAME_num(names); i++)
		rc = add_name(&c->names, sk_GENERAL_NAME_value(names, i));
	GENERAL_NAMES_free(names);
	if (rc < 0)
		return err_set(e, ERR_USER, _("%s: its names are too many"), file);
	return c->names.n ? 0
			  : err_set(e, ERR_USER,
				_("%s: it names no host (subjectAltName): clients look for a name "
				  "there and nowhere else"),
				file);
}

static int read_facts(struct chain *c, STACK_OF(X509) * all, const char *file, struct err *e)
{
	X509 *leaf = sk_X509_value(all, 0);
	unsigned char *der = NULL;
	int n;

	for (int i = 0; i < sk_X509_num(all); i++)
		if (cert_to_pem(sk_X509_value(all, i), &c->pem, e) < 0)
			return err_prefix(e, "%s", file);
	if (cert_facts_pem(&c->leaf, c->pem.p, c->pem.n, e) < 0 || read_names(c, leaf, file, e) < 0)
		return -1;
	n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(leaf), &der);
	if (n <= 0 || !X509_get0_pubkey(leaf) || buf_add(&c->spki, der, (size_t)n) < 0) {
		OPENSSL_free(der);
		return err_ssl(e, _("%s: read its key"), file);
	}
	OPENSSL_free(der);
	c->bits = EVP_PKEY_get_security_bits(X509_get0_pubkey(leaf));
	return 0;
}

int chain_read(struct chain *c, const struct chain_source *s, struct err *e)
{
	STACK_OF(X509) *all = NULL, *anchors = NULL;
	int rc = -1;

	*c = (struct chain) {
		.pem = buf_new(PEM_MAX), .names = buf_new(NAMES_MAX), .spki = buf_new(SPKI_MAX)
	};
	if (s->pem.n > INT_MAX || s->anchors.n > INT_MAX)
		return err_set(e, ERR_USER, _("%s: it is too long"), s->file);
	all = read_all(s->pem, s->file, e);
	anchors = all ? read_all(s->anchors, s->anchors_file, e) : NULL;
	if (!anchors)
		goto out;
	if (sk_X509_num(all) == 0 || sk_X509_num(all) > CHAIN_MAX) {
		err_set(e, ERR_USER, _("%s holds %d certificates; 1 to %d make a chain"), s->file,
		    sk_X509_num(all), CHAIN_MAX);
		goto out;
	}
	rc = check_order(all, s->file, e) < 0 || check_way(c, s, all, anchors, e) < 0
		 ? -1
		 : read_facts(c, all, s->file, e);
out:
	sk_X509_pop_free(all, X509_free);
	sk_X509_pop_free(anchors, X509_free);
	return rc;
}

/* ---- names ------------------------------------------------------------------------------- */

int chain_names_pem(const void *pem, size_t n, const char *name)
{
	struct err e;
	X509 *leaf = cert_from_pem(pem, n, &e);
	unsigned char ip[16];
	int address = inet_pton(AF_INET, name, ip) == 1 || inet_pton(AF_INET6, name, ip) == 1;
	int has = 0;

	if (leaf && address)
		has = X509_check_ip_asc(leaf, name, 0) == 1;
	if (leaf && !address)
		has =
		    X509_check_host(leaf, name, 0, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, NULL) == 1;
	X509_free(leaf);
	return has;
}

int chain_names(const struct chain *c, const char *name)
{
	return chain_names_pem(c->pem.p, c->pem.n, name);
}

/* "*.example.com" is no name that one could connect to: it must stand there again. */
static int has_name(const struct chain *c, const char *name)
{
	const char *p = (const char *)c->names.p;

	for (size_t at = 0; at < c->names.n; at += strlen(p + at) + 1)
		if (strcasecmp(p + at, name) == 0)
			return 1;
	return name[0] != '*' && chain_names(c, name);
}

/* ---- better or worse ---------------------------------------------------------------------- */

static const char *lost_name(const struct chain *next, const struct chain *now)
{
	const char *p = (const char *)now->names.p;

	for (size_t at = 0; at < now->names.n; at += strlen(p + at) + 1)
		if (!has_name(next, p + at))
			return p + at;
	return NULL;
}

int chain_worse(const struct chain *next, const struct chain *now, struct err *e)
{
	const char *lost = lost_name(next, now);

	if (next->leaf.not_after < now->leaf.not_after)
		return err_set(
		    e, ERR_USER, _("the new certificate ends before the one that is in force"));
	if (lost)
		return err_set(e, ERR_USER,
		    _("the new certificate does not name %.200s, as the one in force does"), lost);
	if (next->bits < now->bits && next->bits < STRONG_BITS)
		return err_set(e, ERR_USER,
		    _("the new certificate's key is weaker: %d bits of security, not %d"),
		    next->bits, now->bits);
	if (now->anchor[0] && next->anchor[0] && strcmp(next->anchor, now->anchor) != 0)
		return err_set(e, ERR_USER,
		    _("the new certificate is of another CA: clients that were given the one "
		      "before "
		      "would refuse it"));
	return 0;
}
