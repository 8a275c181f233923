/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/reach.h"

#include "base/i18n.h"
#include "pki/sslerr.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#define LEVEL 2 /* 112 bits, what Debian's OpenSSL asks of keys and signatures */

static const struct {
	const char *name, *words;
	int fails;
} verdicts[] = {
	[REACH_TRUSTED] = { "trusted", N_("trusts it"), 0 },
	[REACH_SOME] = { "some",
	    N_("trusts it in part: its chain ends in one that is not self-signed, which OpenSSL "
	       "does not take for an anchor, and Go and Java do"),
	    1 },
	[REACH_LACKS] = { "lacks", N_("lacks the CA that has certified what it shows"), 1 },
	[REACH_ALONE] = { "alone",
	    N_("lacks the CA that has certified it; if that is an intermediate, the server should "
	       "send it along"),
	    1 },
	[REACH_NAMESAKE] = { "namesake",
	    N_("lacks the CA that has certified what it shows; one of that name is there, with "
	       "another key"),
	    1 },
	[REACH_DISTRUSTED] = { "distrusted", N_("expressly distrusts what it shows"), 1 },
	[REACH_EXPIRED] = { "expired", N_("a certificate has expired"), 1 },
	[REACH_NOT_YET] = { "not-yet-valid", N_("a certificate is not valid yet"), 1 },
	[REACH_OTHER_HOST] = { "other-host",
	    N_("the certificate that it shows does not name this host"), 1 },
	[REACH_REFUSED] = { "refused", N_("OpenSSL refuses what it shows"), 1 },
};

/* What OpenSSL's verifier ends with; all else is REACH_REFUSED. */
static const struct {
	int error;
	enum reach_verdict verdict;
	int issuer; /* of: who has issued the certificate that it stopped at */
} errors[] = {
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, REACH_LACKS, 1 },
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, REACH_LACKS, 1 },
	{ X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, REACH_LACKS, 1 },
	{ X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, REACH_LACKS, 1 },
	{ X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, REACH_LACKS, 1 },
	{ X509_V_ERR_CERT_SIGNATURE_FAILURE, REACH_LACKS, 1 },
	{ X509_V_ERR_CERT_HAS_EXPIRED, REACH_EXPIRED, 0 },
	{ X509_V_ERR_CERT_NOT_YET_VALID, REACH_NOT_YET, 0 },
	{ X509_V_ERR_HOSTNAME_MISMATCH, REACH_OTHER_HOST, 0 },
	{ X509_V_ERR_IP_ADDRESS_MISMATCH, REACH_OTHER_HOST, 0 },
};

const char *reach_words(enum reach_verdict v)
{
	return verdicts[v].words;
}

const char *reach_name(enum reach_verdict v)
{
	return verdicts[v].name;
}

int reach_fails(enum reach_verdict v)
{
	return verdicts[v].fails;
}

/* ---- what it is made of ---------------------------------------------------------------------- */

static X509 *parse(struct span der)
{
	const unsigned char *at = der.p;

	return d2i_X509(NULL, &at, (long)der.n);
}

static int add(STACK_OF(X509) * all, X509 *x)
{
	if (x && sk_X509_push(all, x) > 0)
		return 0;
	X509_free(x);
	return -1;
}

/* What can't be read of what was sent is no use to anybody, and does no harm; but the first is. */
static STACK_OF(X509) * chain_of(const struct reach_chain *c)
{
	STACK_OF(X509) *all = sk_X509_new_null();

	for (size_t i = 0; all && i < c->n; i++)
		if (add(all, parse(c->der[i])) < 0 && i == 0)
			break;
	if (sk_X509_num(all) > 0)
		return all;
	sk_X509_pop_free(all, X509_free);
	return NULL;
}

static STACK_OF(X509) * anchors_of(const struct store *s)
{
	STACK_OF(X509) *all = sk_X509_new_null();

	for (size_t i = 0; all && i < s->n; i++)
		if (s->anchors[i].servers == ANCHOR_MAY)
			(void)add(all, parse(s->anchors[i].der));
	return all;
}

static int ask_for_host(X509_VERIFY_PARAM *param, const char *host)
{
	if (X509_VERIFY_PARAM_set1_ip_asc(param, host) == 1)
		return 0;
	/* RFC 9525 6.2: the subject is not looked at. */
	X509_VERIFY_PARAM_set_hostflags(
	    param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
	return X509_VERIFY_PARAM_set1_host(param, host, 0) == 1 ? 0 : -1;
}

/* ---- the way to an anchor -------------------------------------------------------------------- */

/* One verification. */
struct way {
	STACK_OF(X509) * chain, *anchors;
	const struct store *store;
	const char *host;
	time_t now;
	unsigned long flags; /* X509_V_FLAG_… */
};

static void name_of(const X509_NAME *name, char out[REACH_TEXT])
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *p = NULL;
	long n = 0;

	if (bio && X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) >= 0)
		n = BIO_get_mem_data(bio, &p);
	(void)snprintf(out, REACH_TEXT, "%.*s", (int)n, n > 0 ? p : "");
	BIO_free(bio);
}

static int has_name(const struct way *w, const X509_NAME *name)
{
	for (int i = 0; i < sk_X509_num(w->anchors); i++)
		if (X509_NAME_cmp(X509_get_subject_name(sk_X509_value(w->anchors, i)), name) == 0)
			return 1;
	return 0;
}

static enum reach_verdict lacking(const struct way *w, int error, const X509_NAME *name)
{
	if (has_name(w, name))
		return REACH_NAMESAKE;
	return sk_X509_num(w->chain) > 1 || error == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT
		   ? REACH_LACKS
		   : REACH_ALONE;
}

static void note_failure(const struct way *w, X509_STORE_CTX *ctx, struct reach *r)
{
	int error = X509_STORE_CTX_get_error(ctx);
	X509 *at = X509_STORE_CTX_get_current_cert(ctx);
	const X509_NAME *name = NULL;
	size_t i = 0, n = sizeof errors / sizeof *errors;

	while (i < n && errors[i].error != error)
		i++;
	r->verdict = i < n ? errors[i].verdict : REACH_REFUSED;
	if (at)
		name = i < n && errors[i].issuer ? X509_get_issuer_name(at)
						 : X509_get_subject_name(at);
	if (name)
		name_of(name, r->of);
	if (name && r->verdict == REACH_LACKS)
		r->verdict = lacking(w, error, name);
	if (r->verdict == REACH_REFUSED)
		r->why = X509_verify_cert_error_string(error);
}

static int is_distrusted(const struct store *s, X509 *x)
{
	uint8_t print[SHA256_LENGTH];
	const struct anchor *a;
	unsigned n = sizeof print;

	if (X509_digest(x, EVP_sha256(), print, &n) != 1)
		return 0;
	a = store_holds(s, print);
	return a && a->servers == ANCHOR_DISTRUSTED;
}

static void note_success(const struct way *w, X509_STORE_CTX *ctx, struct reach *r)
{
	STACK_OF(X509) *way = X509_STORE_CTX_get0_chain(ctx);
	int n = sk_X509_num(way);

	r->verdict = w->flags & X509_V_FLAG_PARTIAL_CHAIN ? REACH_SOME : REACH_TRUSTED;
	if (r->verdict == REACH_SOME)
		name_of(X509_get_subject_name(sk_X509_value(way, n - 1)), r->of);
	for (int i = 0; i < n; i++) {
		if (!is_distrusted(w->store, sk_X509_value(way, i)))
			continue;
		r->verdict = REACH_DISTRUSTED;
		name_of(X509_get_subject_name(sk_X509_value(way, i)), r->of);
	}
}

static int prepare(const struct way *w, X509_STORE *store, X509_STORE_CTX *ctx)
{
	X509_VERIFY_PARAM *param;

	for (int i = 0; i < sk_X509_num(w->anchors); i++)
		if (X509_STORE_add_cert(store, sk_X509_value(w->anchors, i)) != 1)
			return -1;
	if (X509_STORE_CTX_init(ctx, store, sk_X509_value(w->chain, 0), w->chain) != 1)
		return -1;
	param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_time(param, w->now);
	X509_VERIFY_PARAM_set_auth_level(param, LEVEL);
	(void)X509_VERIFY_PARAM_set_flags(param, w->flags);
	(void)X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_SERVER);
	return ask_for_host(param, w->host);
}

static int walk(const struct way *w, struct reach *r, struct err *e)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	int rc = -1;

	*r = (struct reach) { .why = "" };
	if (!store || !ctx || prepare(w, store, ctx) < 0) {
		(void)err_ssl(e, _("verify a certificate"));
		goto out;
	}
	rc = 0;
	if (X509_verify_cert(ctx) == 1)
		note_success(w, ctx, r);
	else
		note_failure(w, ctx, r);
out:
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	ERR_clear_error();
	return rc;
}

/* An anchor that is no root is tried only where it would change what comes out. */
static int try_partial(struct way *w, struct reach *r, struct err *e)
{
	struct reach some;

	w->flags = X509_V_FLAG_PARTIAL_CHAIN;
	if (walk(w, &some, e) < 0)
		return -1;
	if (some.verdict == REACH_SOME)
		*r = some;
	return 0;
}

int reach_try(
    const struct store *s, const struct reach_chain *c, time_t now, struct reach *r, struct err *e)
{
	struct way w = { .chain = chain_of(c),
		.anchors = anchors_of(s),
		.store = s,
		.host = c->host,
		.now = now };
	int rc = -1;

	if (!w.chain || !w.anchors)
		(void)err_set(e, ERR_PEER, _("%s: its certificate can't be read"), c->host);
	else
		rc = walk(&w, r, e);
	if (rc == 0 && r->verdict >= REACH_LACKS && r->verdict <= REACH_NAMESAKE)
		rc = try_partial(&w, r, e);
	sk_X509_pop_free(w.chain, X509_free);
	sk_X509_pop_free(w.anchors, X509_free);
	return rc;
}
