/* SPDX-License-Identifier: Apache-2.0 */
#include "path/certs.h"
#include "path/walk.h"

#include "base/i18n.h"
#include "base/utf8.h"
#include "pki/cert.h"
#include "pki/sslerr.h"

#include <limits.h>
#include <openssl/err.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define BUDGET 256 /* signatures: a chain may be made to have many ways */
#define PATHS  24  /* that are judged: the shortest */
#define HEAVY  PATH_FINDINGS

/* ---- words ----------------------------------------------------------------------------------- */

const char *path_name(const X509_NAME *name, char out[PATH_TEXT])
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *p = NULL;
	long n = 0;

	if (bio && X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) >= 0)
		n = BIO_get_mem_data(bio, &p);
	store_clean(out, PATH_TEXT, span_of(n > 0 ? p : "", n > 0 ? (size_t)n : 0));
	BIO_free(bio);
	return out;
}

const char *path_subject(X509 *x, char out[PATH_TEXT])
{
	return path_name(X509_get_subject_name(x), out);
}

int path_part(const X509_NAME *name, int nid, char out[128])
{
	return X509_NAME_get_text_by_NID((X509_NAME *)name, nid, out, 128) > 0;
}

void path_find(struct walk *w, const char *id, const char *fmt, ...)
{
	struct path_finding *f = &w->out->found[w->out->finds];
	char text[PATH_SENTENCE];
	va_list ap;

	if (w->out->finds == PATH_FINDINGS)
		return;
	f->id = id;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	utf8_drop_cut(text);
	/* Names were cut, perhaps within a character. */
	store_clean(f->text, sizeof f->text, span_of(text, strlen(text)));
	w->out->finds++;
}

/* ---- one path -------------------------------------------------------------------------------- */

/* In this order a client stumbles over them, most likely. */
static void (*const judges[])(struct walk *w) = { path_judge_end, path_judge_missing,
	path_judge_readable, path_judge_dates, path_judge_name, path_judge_issuers,
	path_judge_purposes, path_judge_constraints, path_judge_strength, path_judge_rest,
	path_judge_profile, path_judge_root, path_judge_status, path_judge_order };

static void judge(struct walk *w)
{
	struct path *out = w->out;

	out->finds = 0;
	out->completed = 0;
	out->shipped = NULL;
	out->anchor[0] = out->top[0] = out->names[0] = '\0';
	for (size_t i = 0; i < sizeof judges / sizeof *judges; i++)
		judges[i](w);
}

/* Most clients do not mind. */
static int is_light(const char *id)
{
	static const char *const light[] = { "bad-chain-order", "not-strict", "off-profile",
		"partial-chain", "revocation-unknown" };

	for (size_t i = 0; i < sizeof light / sizeof *light; i++)
		if (strcmp(light[i], id) == 0)
			return 1;
	return 0;
}

/* 0: nothing is wrong with it. */
static int weight(const struct path *p)
{
	int sum = 0;

	for (size_t i = 0; i < p->finds; i++)
		sum += is_light(p->found[i].id) ? 1 : HEAVY;
	return sum;
}

/* ---- the best of them ------------------------------------------------------------------------ */

struct best {
	X509 *way[PATH_CERTS + 1];
	int from[PATH_CERTS + 1];
	size_t length;
	int weight;
};

static void keep(struct best *b, const struct walk *w)
{
	memcpy(b->way, w->way, sizeof b->way);
	memcpy(b->from, w->from, sizeof b->from);
	b->length = w->length;
	b->weight = weight(w->out);
}

static void take_back(const struct best *b, struct walk *w)
{
	memcpy(w->way, b->way, sizeof w->way);
	memcpy(w->from, b->from, sizeof w->from);
	w->length = b->length;
}

/* The shortest come first: of two that are as good the first stays. 0: none leads to an anchor. */
static int judge_anchored(struct walk *w, struct path_search *s)
{
	struct best b = { .weight = INT_MAX };

	w->out->anchored = 1;
	for (size_t i = 0; i < PATHS && b.weight > 0 && path_search_next(s, w); i++) {
		judge(w);
		if (weight(w->out) < b.weight)
			keep(&b, w);
	}
	if (b.weight == INT_MAX)
		return 0;
	take_back(&b, w);
	if (b.weight > 0)
		judge(w);
	return 1;
}

static int judge_best(struct walk *w, struct err *e)
{
	struct path_search *s = path_search_new(w);

	if (!s)
		return err_set(e, ERR_SYS, _("no memory"));
	if (!judge_anchored(w, s)) {
		w->out->anchored = 0;
		path_search_longest(s, w);
		judge(w);
	}
	w->out->cert[0].used = 1;
	for (size_t i = 0; i < w->length; i++)
		if (w->from[i] >= 0)
			w->out->cert[w->from[i]].used = 1;
	path_search_free(s);
	return 0;
}

/* ---- the main road --------------------------------------------------------------------------- */

static void describe(X509 *x, struct path_cert *c)
{
	EVP_PKEY *key = X509_get0_pubkey(x);
	int digest = NID_undef;

	(void)path_subject(x, c->subject);
	(void)path_name(X509_get_issuer_name(x), c->issuer);
	(void)cert_times(x, &c->from, &c->until);
	if (key)
		(void)snprintf(c->key, sizeof c->key, "%s %d", EVP_PKEY_get0_type_name(key),
		    EVP_PKEY_get_bits(key));
	if (X509_get_signature_info(x, &digest, NULL, NULL, NULL) == 1 && digest != NID_undef)
		(void)snprintf(c->digest, sizeof c->digest, "%s", OBJ_nid2sn(digest));
}

static int read_served(struct walk *w, struct err *e)
{
	for (size_t i = 0; i < w->in->n && w->n < PATH_CERTS; i++) {
		X509 *x = certs_get(w->in->served[i]);

		if (!x && w->n == 0)
			break;
		if (!x)
			continue;
		describe(x, &w->out->cert[w->n]);
		w->served[w->n++] = x;
	}
	w->out->certs = w->n;
	if (w->n == 0)
		return err_ssl(e, _("read the server's certificate"));
	ERR_clear_error();
	return 0;
}

static void read_extra(struct walk *w)
{
	for (size_t i = 0; i < w->in->extras && i < PATH_EXTRA; i++) {
		w->extra[w->extras] = certs_get(w->in->extra[i]);
		w->extras += w->extra[w->extras] ? 1 : 0;
	}
	ERR_clear_error();
}

int path_judge(const struct path_input *in, struct path *out, struct err *e)
{
	struct walk w = { .in = in, .out = out, .budget = BUDGET };
	int rc;

	*out = (struct path) { .certs = 0 };
	rc = read_served(&w, e);
	if (rc == 0) {
		read_extra(&w);
		w.crls = path_read_crls(in);
		rc = judge_best(&w, e);
	}
	for (size_t i = 0; i < w.n; i++)
		certs_drop(w.served[i]);
	for (size_t i = 0; i < w.extras; i++)
		certs_drop(w.extra[i]);
	sk_X509_CRL_pop_free(w.crls, X509_CRL_free);
	return rc;
}
