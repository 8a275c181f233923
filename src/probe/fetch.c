/* SPDX-License-Identifier: Apache-2.0 */
#include "probe/fetch.h"

#include "base/clock.h"
#include "probe/place.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/pkcs7.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <string.h>

/* ---- an answer ------------------------------------------------------------------------------- */

struct answers {
	struct buf *v;
	size_t n;
};

/* As i2d has written it, which is freed; n: what it returned. */
static void add_der(struct answers *out, unsigned char *der, int n)
{
	if (n > 0 && out->n < FETCH_CERTS) {
		struct buf *b = &out->v[out->n];

		*b = buf_new(FACTS_BODY);
		out->n += buf_add(b, der, (size_t)n) == 0;
	}
	OPENSSL_free(der);
}

static void add_cert(struct answers *out, X509 *x)
{
	unsigned char *der = NULL;
	int n = x ? i2d_X509(x, &der) : 0;

	add_der(out, der, n);
}

static void add_crl(struct answers *out, X509_CRL *crl)
{
	unsigned char *der = NULL;
	int n = crl ? i2d_X509_CRL(crl, &der) : 0;

	add_der(out, der, n);
	X509_CRL_free(crl);
}

static void add_collection(struct answers *out, PKCS7 *p7)
{
	int holds = p7 && PKCS7_type_is_signed(p7) && p7->d.sign;

	for (int i = 0; holds && i < sk_X509_num(p7->d.sign->cert); i++)
		add_cert(out, sk_X509_value(p7->d.sign->cert, i));
	PKCS7_free(p7);
}

/* A password is asked for nowhere. */
#define NO_PASSWORD NULL, (void *)""

static void read_certs(struct span body, struct answers *out)
{
	const unsigned char *at = body.p;
	BIO *pem = BIO_new_mem_buf(body.p, (int)body.n);
	X509 *x = d2i_X509(NULL, &at, (long)body.n);

	add_cert(out, x);
	X509_free(x);
	at = body.p;
	if (out->n == 0)
		add_collection(out, d2i_PKCS7(NULL, &at, (long)body.n));
	while (pem && out->n < FETCH_CERTS && (x = PEM_read_bio_X509(pem, NULL, NO_PASSWORD))) {
		add_cert(out, x);
		X509_free(x);
	}
	if (pem && out->n == 0 && BIO_reset(pem) == 1)
		add_collection(out, PEM_read_bio_PKCS7(pem, NULL, NO_PASSWORD));
	BIO_free(pem);
}

static void read_crl(struct span body, struct answers *out)
{
	const unsigned char *at = body.p;
	BIO *pem = BIO_new_mem_buf(body.p, (int)body.n);

	add_crl(out, d2i_X509_CRL(NULL, &at, (long)body.n));
	if (pem && out->n == 0)
		add_crl(out, PEM_read_bio_X509_CRL(pem, NULL, NO_PASSWORD));
	BIO_free(pem);
}

static void read_ocsp(struct span body, struct answers *out, int *code)
{
	const unsigned char *at = body.p;
	OCSP_RESPONSE *r = d2i_OCSP_RESPONSE(NULL, &at, (long)body.n);
	unsigned char *der = NULL;

	if (r)
		*code = OCSP_response_status(r);
	if (r && *code == OCSP_RESPONSE_STATUS_SUCCESSFUL) {
		int n = i2d_OCSP_RESPONSE(r, &der);

		add_der(out, der, n);
	}
	OCSP_RESPONSE_free(r);
}

size_t fetch_read(enum facts_fetched what, struct span body, struct buf out[FETCH_CERTS], int *code)
{
	struct answers a = { .v = out };

	*code = 0;
	if (body.n == 0 || body.n > INT_MAX)
		return 0;
	if (what == FACTS_ISSUER)
		read_certs(body, &a);
	if (what == FACTS_CRL)
		read_crl(body, &a);
	if (what == FACTS_OCSP)
		read_ocsp(body, &a, code);
	ERR_clear_error();
	return a.n;
}

/* ---- the chain ------------------------------------------------------------------------------- */

/* The path as OpenSSL finds it among what was served, what was fetched and what is trusted. */
struct chain {
	STACK_OF(X509) * way; /* the leaf first; NULL: there is none */
	int anchored;
	int lacking; /* the issuer of its last */
};

static void push_der(STACK_OF(X509) * all, const struct buf *der)
{
	const unsigned char *at = der->p;
	X509 *x = d2i_X509(NULL, &at, (long)der->n);

	if (x && sk_X509_push(all, x) <= 0)
		X509_free(x);
}

static STACK_OF(X509) * known(const struct facts *f)
{
	STACK_OF(X509) *all = sk_X509_new_null();

	for (size_t i = 0; all && i < f->tls.certs; i++)
		push_der(all, &f->tls.cert[i]);
	for (size_t i = 0; all && i < f->fetches; i++)
		if (f->fetch[i].what == FACTS_ISSUER && f->fetch[i].end == FACTS_OK)
			push_der(all, &f->fetch[i].body);
	return all;
}

static int is_lacking(int code)
{
	return code == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT ||
	       code == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
	       code == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE;
}

/* Dates and names do not matter here: what is wrong with them, path.h says. */
static struct chain build(const struct path_trust *trust, const struct facts *f)
{
	STACK_OF(X509) *all = known(f);
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	struct chain c = { NULL, 0, 0 };
	X509 *x;

	for (size_t i = 0; store && (x = path_trust_at(trust, i)); i++)
		(void)X509_STORE_add_cert(store, x);
	if (store && ctx && sk_X509_num(all) > 0 &&
	    X509_STORE_CTX_init(ctx, store, sk_X509_value(all, 0), all) == 1) {
		X509_STORE_CTX_set_flags(
		    ctx, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_NO_CHECK_TIME);
		c.anchored = X509_verify_cert(ctx) == 1;
		c.lacking = !c.anchored && is_lacking(X509_STORE_CTX_get_error(ctx));
		c.way = X509_STORE_CTX_get1_chain(ctx);
	}
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	sk_X509_pop_free(all, X509_free);
	ERR_clear_error();
	return c;
}

static void chain_free(struct chain *c)
{
	sk_X509_pop_free(c->way, X509_free);
}

/* ---- one place ------------------------------------------------------------------------------- */

struct fetching {
	const struct fetch_wish *wish;
	const struct path_trust *trust;
	struct facts *f;
	uint64_t until; /* clock_us() at which what is being fetched now is to be there */
};

static void begin(struct fetching *g)
{
	g->until = clock_us() + (uint64_t)g->wish->ms * 1000;
}

/* One place has half of the time, so that there is some left for the next. */
static int time_for_one(const struct fetching *g)
{
	uint64_t now = clock_us(), left = now < g->until ? (g->until - now) / 1000 : 0;

	return left < (uint64_t)g->wish->ms / 2 ? (int)left : g->wish->ms / 2;
}

static int was_asked(const struct facts *f, const struct place *p, enum facts_fetched what)
{
	for (size_t i = 0; i < f->fetches; i++)
		if (f->fetch[i].what == what && strcmp(f->fetch[i].url, p->url) == 0)
			return 1;
	return 0;
}

/* NULL: there is no room. */
static struct facts_fetch *note(struct facts *f, const struct facts_fetch *like, enum facts_end end)
{
	struct facts_fetch *n = f->fetches < FACTS_FETCHES ? &f->fetch[f->fetches++] : NULL;

	if (n)
		*n = *like;
	if (n)
		n->end = end;
	return n;
}

static int may_have_issued(struct span der, X509 *cert)
{
	const unsigned char *at = der.p;
	X509 *x = d2i_X509(NULL, &at, (long)der.n);
	int may = x && X509_NAME_cmp(X509_get_subject_name(x), X509_get_issuer_name(cert)) == 0 &&
		  X509_verify(cert, X509_get0_pubkey(x)) == 1;

	X509_free(x);
	ERR_clear_error();
	return may;
}

/* One of another than the issuer is not read anyway (find_lists). */
static int is_issuers_list(struct span der, X509 *cert, X509 *issuer)
{
	const unsigned char *at = der.p;
	X509_CRL *crl = d2i_X509_CRL(NULL, &at, (long)der.n);
	EVP_PKEY *key = X509_get0_pubkey(issuer);
	int is = crl && key &&
		 X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_issuer_name(cert)) == 0 &&
		 X509_CRL_verify(crl, key) == 1;

	X509_CRL_free(crl);
	ERR_clear_error();
	return is;
}

static int has_room_for_list(const struct facts *f, size_t n)
{
	for (size_t i = 0; i < f->fetches; i++)
		n += f->fetch[i].what == FACTS_CRL ? f->fetch[i].body.n : 0;
	return n <= FETCH_LISTS;
}

int fetch_fits(
    const struct facts *f, enum facts_fetched what, struct span der, X509 *cert, X509 *issuer)
{
	if (what == FACTS_ISSUER)
		return may_have_issued(der, cert);
	if (what == FACTS_CRL)
		return has_room_for_list(f, der.n) && is_issuers_list(der, cert, issuer);
	return 1;
}

struct question {
	enum facts_fetched what;
	X509 *cert, *issuer; /* issuer NULL: it is what is asked for */
	struct span request; /* of OCSP */
};

/* Keeps of an answer what fits. Returns how many. */
static int keep(struct facts *f, const struct facts_fetch *like, struct buf *v, size_t n,
    const struct question *q)
{
	int kept = 0;

	for (size_t i = 0; i < n; i++) {
		int fits = fetch_fits(f, q->what, span_of(v[i].p, v[i].n), q->cert, q->issuer);
		struct facts_fetch *to = fits ? note(f, like, FACTS_OK) : NULL;

		if (to)
			to->body = v[i];
		else
			buf_free(&v[i]);
		kept += to != NULL;
	}
	return kept;
}

/* 1: it was had. */
static int ask_one(struct fetching *g, const struct question *q, const struct place *p)
{
	const struct place_ask ask = {
		.what = q->what,
		.request = q->request,
		.max = q->what == FACTS_CRL ? FACTS_BODY : FACTS_DER,
		.ms = time_for_one(g),
		.stop = g->wish->stop,
		.names = g->wish->names,
	};
	struct facts_fetch like = { .what = q->what };
	struct buf body, read[FETCH_CERTS];
	uint64_t began = clock_us();
	enum facts_end end = place_get(p, &ask, &body, &like.code);
	int code = 0, kept = 0;
	size_t n = 0;

	like.ms = (uint32_t)((clock_us() - began) / 1000);
	(void)snprintf(like.url, sizeof like.url, "%s", p->url);
	if (end == FACTS_OK) {
		n = fetch_read(q->what, span_of(body.p, body.n), read, &code);
		end = code ? FACTS_ERROR : FACTS_UNFIT;
		like.code = code ? code : like.code;
		kept = keep(g->f, &like, read, n, q);
	}
	if (!kept)
		(void)note(g->f, &like, end);
	buf_free(&body);
	return kept > 0;
}

/* Nobody is asked of whom it can't be noted. */
static int may_go_on(const struct fetching *g)
{
	return g->f->fetches < FACTS_FETCHES && time_for_one(g) > 0;
}

/* The first place that has it will do. */
static int ask(struct fetching *g, const struct question *q)
{
	struct place places[PLACE_MAX];
	size_t n = place_find(q->cert, q->what, places);

	for (size_t i = 0; i < n && may_go_on(g); i++) {
		/* Of OCSP the answer is about one certificate. */
		if (q->what != FACTS_OCSP && was_asked(g->f, &places[i], q->what))
			continue;
		if (ask_one(g, q, &places[i]))
			return 1;
	}
	return 0;
}

/* ---- the main road --------------------------------------------------------------------------- */

static void fetch_issuers(struct fetching *g)
{
	int more = 1;

	begin(g);
	for (int level = 0; more && level < FETCH_LEVELS; level++) {
		struct chain c = build(g->trust, g->f);
		int n = sk_X509_num(c.way);
		const struct question q = { .what = FACTS_ISSUER,
			.cert = n > 0 ? sk_X509_value(c.way, n - 1) : NULL };

		more = c.lacking && q.cert && ask(g, &q);
		chain_free(&c);
	}
}

/* Without a nonce (RFC 5019 2.1.1): answers are made beforehand, and dated. */
static int request(X509 *cert, X509 *issuer, unsigned char **der)
{
	OCSP_REQUEST *r = OCSP_REQUEST_new();
	OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(), cert, issuer);
	int n = 0;

	*der = NULL;
	if (r && id && OCSP_request_add0_id(r, id)) {
		id = NULL;
		n = i2d_OCSP_REQUEST(r, der);
	}
	OCSP_CERTID_free(id);
	OCSP_REQUEST_free(r);
	return n;
}

static void ask_ocsp(struct fetching *g, X509 *cert, X509 *issuer)
{
	unsigned char *der = NULL;
	int n = request(cert, issuer, &der);
	const struct question q = { .what = FACTS_OCSP,
		.cert = cert,
		.issuer = issuer,
		.request = span_of(der, n > 0 ? (size_t)n : 0) };

	if (n > 0)
		(void)ask(g, &q);
	OPENSSL_free(der);
}

/* Nobody is asked about what no CA of the store has vouched for. */
static void fetch_status(struct fetching *g)
{
	struct chain c = build(g->trust, g->f);
	int n = c.anchored ? sk_X509_num(c.way) - 1 : 0;

	begin(g);
	for (int i = 0; i < n; i++)
		ask_ocsp(g, sk_X509_value(c.way, i), sk_X509_value(c.way, i + 1));
	begin(g);
	for (int i = 0; i < n; i++) {
		const struct question q = { .what = FACTS_CRL,
			.cert = sk_X509_value(c.way, i),
			.issuer = sk_X509_value(c.way, i + 1) };

		(void)ask(g, &q);
	}
	chain_free(&c);
}

void fetch_run(const struct fetch_wish *w, const struct path_trust *trust, struct facts *f)
{
	struct fetching g = { .wish = w, .trust = trust, .f = f };

	f->issuers = w->issuers;
	f->revocation = w->revocation;
	if (w->issuers && f->tls.certs > 0)
		fetch_issuers(&g);
	if (w->revocation && f->tls.certs > 0)
		fetch_status(&g);
}
