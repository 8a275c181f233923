/* SPDX-License-Identifier: Apache-2.0 */
#include "base/i18n.h"
#include "path/walk.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#define RESPONDERS  4   /* certificates in an OCSP response */
#define MUST_STAPLE 5   /* status_request (RFC 7633 4.1) */
#define STAPLE_SKEW 300 /* seconds that clocks may differ */
/* How long a response counts that does not say so itself, or who has kept one could show it for
 * ever: the longest that the CA/Browser Forum's Baseline Requirements (4.9.10) let one be good. */
#define UNDATED (10L * 24 * 3600)

/* One certificate of the path, and what those who may say so have said of it. */
struct asked {
	const struct walk *w;
	X509 *cert, *issuer;
	int good, revoked;
	char text[PATH_SENTENCE]; /* revoked: when, why, and who says so; else why that is not known
				   */
};

static struct asked asked_of(const struct walk *w, size_t at)
{
	return (struct asked) { .w = w, .cert = w->way[at], .issuer = w->way[at + 1] };
}

/* Once it is revoked nothing takes that back; reason: RFC 5280 5.3.1; -1: none is given. */
static void say_revoked(struct asked *a, const ASN1_TIME *when, long reason, const char *who)
{
	struct tm tm = { 0 };
	char day[32] = "?";

	if (a->revoked++)
		return;
	if (when && ASN1_TIME_to_tm(when, &tm) == 1)
		(void)strftime(day, sizeof day, "%Y-%m-%d %H:%M UTC", &tm);
	if (reason < 0)
		(void)snprintf(a->text, sizeof a->text, _("revoked on %s, says %s"), day, who);
	else
		(void)snprintf(a->text, sizeof a->text, _("revoked on %s (%s), says %s"), day,
		    OCSP_crl_reason_str(reason), who);
}

static void say_unsure(struct asked *a, const char *what, const char *why)
{
	if (!a->revoked)
		(void)snprintf(a->text, sizeof a->text, "%s: %s", what, why);
}

/* ---- OCSP ------------------------------------------------------------------------------------ */

/* Whom it brings along to vouch for it: a responder's certificate, and hardly ever another. */
static int is_cheap(const OCSP_BASICRESP *says)
{
	const STACK_OF(X509) *certs = OCSP_resp_get0_certs(says);

	for (int i = 0; i < sk_X509_num(certs); i++)
		if (i == RESPONDERS || !path_is_quick(X509_get0_pubkey(sk_X509_value(certs, i))))
			return 0;
	return 1;
}

/* Whether the issuer, or whom it has told to, has signed it. */
static int is_genuine(const struct asked *a, OCSP_BASICRESP *says)
{
	X509_STORE *store = X509_STORE_new();
	STACK_OF(X509) *certs = sk_X509_new_null();
	X509_VERIFY_PARAM *param = store ? X509_STORE_get0_param(store) : NULL;
	int is = 0;

	if (is_cheap(says) && param && certs && X509_STORE_add_cert(store, a->issuer) == 1 &&
	    sk_X509_push(certs, a->issuer) > 0) {
		X509_VERIFY_PARAM_set_time(param, a->w->in->now);
		(void)X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
		is = OCSP_basic_verify(says, certs, store, 0) == 1;
	}
	sk_X509_free(certs);
	X509_STORE_free(store);
	return is;
}

/* X509_cmp_time, which has no answer for what is no time: then it is not current. */
static int is_current(const struct asked *a, const ASN1_GENERALIZEDTIME *this_update,
    const ASN1_GENERALIZEDTIME *next_update)
{
	time_t early = a->w->in->now + STAPLE_SKEW, late = a->w->in->now - STAPLE_SKEW;
	time_t old = a->w->in->now - UNDATED;

	if (!this_update || X509_cmp_time(this_update, &early) >= 0)
		return 0;
	return next_update ? X509_cmp_time(next_update, &late) > 0
			   : X509_cmp_time(this_update, &old) > 0;
}

/* Whether that is this certificate's, by the digest that the responder has chosen. */
static int is_id_of(const struct asked *a, const OCSP_CERTID *id)
{
	ASN1_OBJECT *digest = NULL;
	const EVP_MD *md;
	OCSP_CERTID *own;
	int is;

	(void)OCSP_id_get0_info(NULL, &digest, NULL, NULL, (OCSP_CERTID *)id);
	md = digest ? EVP_get_digestbyobj(digest) : NULL;
	own = md ? OCSP_cert_to_id(md, a->cert, a->issuer) : NULL;
	is = own && OCSP_id_cmp(own, id) == 0;
	OCSP_CERTID_free(own);
	return is;
}

static OCSP_SINGLERESP *find_answer(const struct asked *a, OCSP_BASICRESP *says)
{
	for (int i = 0; i < OCSP_resp_count(says); i++) {
		OCSP_SINGLERESP *one = OCSP_resp_get0(says, i);

		if (is_id_of(a, OCSP_SINGLERESP_get0_id(one)))
			return one;
	}
	return NULL;
}

static void take_answer(struct asked *a, OCSP_SINGLERESP *one, const char *who)
{
	ASN1_GENERALIZEDTIME *when = NULL, *this_update = NULL, *next_update = NULL;
	int reason = -1;
	int status = OCSP_single_get0_status(one, &reason, &when, &this_update, &next_update);

	if (status == V_OCSP_CERTSTATUS_REVOKED)
		say_revoked(a, when, reason, who);
	else if (!is_current(a, this_update, next_update))
		say_unsure(a, who, _("out of date"));
	else if (status == V_OCSP_CERTSTATUS_GOOD)
		a->good = 1;
	else
		say_unsure(a, who, _("does not know it"));
}

static void read_ocsp(struct asked *a, struct span der, const char *who)
{
	const unsigned char *at = der.p;
	OCSP_RESPONSE *r = der.n > 0 ? d2i_OCSP_RESPONSE(NULL, &at, (long)der.n) : NULL;
	OCSP_BASICRESP *says = r ? OCSP_response_get1_basic(r) : NULL;
	OCSP_SINGLERESP *one = says ? find_answer(a, says) : NULL;

	if (one && is_genuine(a, says))
		take_answer(a, one, who);
	else if (one)
		say_unsure(a, who, _("not signed by who may"));
	OCSP_BASICRESP_free(says);
	OCSP_RESPONSE_free(r);
	ERR_clear_error();
}

/* ---- the stapled response -------------------------------------------------------------------- */

static int demands_staple(X509 *leaf)
{
	TLS_FEATURE *features = X509_get_ext_d2i(leaf, NID_tlsfeature, NULL, NULL);
	int is = 0;

	for (int i = 0; i < sk_ASN1_INTEGER_num(features); i++)
		is |= ASN1_INTEGER_get(sk_ASN1_INTEGER_value(features, i)) == MUST_STAPLE;
	TLS_FEATURE_free(features);
	return is;
}

static void read_staple(struct asked *a)
{
	read_ocsp(a, a->w->in->staple, _("the OCSP response that came with it"));
}

static void judge_staple(struct walk *w)
{
	struct asked a = { .w = w, .cert = w->way[0] };

	if (!demands_staple(a.cert))
		return;
	if (w->length > 1) {
		a = asked_of(w, 0);
		read_staple(&a);
	}
	if (w->in->staple.n == 0)
		path_find(w, "staple-missing", _("none came with the handshake"));
	else if (!a.good && !a.revoked)
		path_find(w, "staple-missing",
		    _("the one that came is not the issuer's about this certificate, or is out of "
		      "date"));
}

/* ---- CRLs ------------------------------------------------------------------------------------ */

/*
 * OpenSSL is asked (RFC 5280 6.3): which of the lists is the issuer's and for certificates such as
 * this one, whether the key that has signed it may, and whether there is something critical in it
 * that is not understood. Lists of another than the issuer, and of changes alone, are not taken.
 */
struct listing {
	struct asked *asked;
	X509_CRL *crl;     /* borrowed: OpenSSL forgets it once it has found it stale */
	int stale, failed; /* X509_V_ERR_… */
};

static void say_listed(struct asked *a, X509_CRL *crl)
{
	X509_REVOKED *entry = NULL;
	ASN1_ENUMERATED *reason = NULL;

	if (!crl || X509_CRL_get0_by_cert(crl, &entry, a->cert) != 1) {
		say_revoked(a, NULL, -1, _("the CRL"));
		return;
	}
	reason = X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, NULL, NULL);
	say_revoked(a, X509_REVOKED_get0_revocationDate(entry),
	    reason ? ASN1_ENUMERATED_get(reason) : -1, _("the CRL"));
	ASN1_ENUMERATED_free(reason);
}

/* Dates of certificates are judged elsewhere; a list that is out of date still says who is on it.
 */
static int hear_openssl(int ok, X509_STORE_CTX *ctx)
{
	struct listing *l = X509_STORE_CTX_get_app_data(ctx);
	int code = X509_STORE_CTX_get_error(ctx);
	X509_CRL *crl = X509_STORE_CTX_get0_current_crl(ctx);

	l->crl = crl ? crl : l->crl;
	if (ok || code == X509_V_ERR_CERT_HAS_EXPIRED || code == X509_V_ERR_CERT_NOT_YET_VALID)
		return 1;
	if (code == X509_V_ERR_CRL_HAS_EXPIRED || code == X509_V_ERR_CRL_NOT_YET_VALID) {
		l->stale = code;
		return 1;
	}
	l->failed = code;
	if (code == X509_V_ERR_CERT_REVOKED)
		say_listed(l->asked, l->crl);
	return 0;
}

static int prepare(
    struct listing *l, X509_STORE *store, X509_STORE_CTX *ctx, STACK_OF(X509_CRL) * crls)
{
	const struct asked *a = l->asked;
	X509_VERIFY_PARAM *param;

	if (X509_STORE_add_cert(store, a->issuer) != 1 ||
	    X509_STORE_CTX_init(ctx, store, a->cert, NULL) != 1 ||
	    X509_STORE_CTX_set_app_data(ctx, l) != 1)
		return -1;
	X509_STORE_CTX_set0_crls(ctx, crls);
	X509_STORE_CTX_set_verify_cb(ctx, hear_openssl);
	param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_time(param, a->w->in->now);
	return X509_VERIFY_PARAM_set_flags(
		   param, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_CRL_CHECK) == 1
		   ? 0
		   : -1;
}

static void look_up(struct asked *a, STACK_OF(X509_CRL) * crls)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	struct listing l = { .asked = a };

	if (store && ctx && prepare(&l, store, ctx, crls) == 0) {
		int right = X509_verify_cert(ctx) == 1;
		int why = l.failed ? l.failed : l.stale;

		a->good |= right && !why;
		if (why && why != X509_V_ERR_UNABLE_TO_GET_CRL)
			say_unsure(a, _("the CRL"), X509_verify_cert_error_string(why));
	}
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
}

STACK_OF(X509_CRL) * path_read_crls(const struct path_input *in)
{
	STACK_OF(X509_CRL) *crls = in->crls > 0 ? sk_X509_CRL_new_null() : NULL;

	for (size_t i = 0; crls && i < in->crls && i < PATH_EXTRA; i++) {
		const unsigned char *at = in->crl[i].p;
		X509_CRL *crl = d2i_X509_CRL(NULL, &at, (long)in->crl[i].n);

		if (crl && sk_X509_CRL_push(crls, crl) <= 0)
			X509_CRL_free(crl);
	}
	ERR_clear_error();
	return crls;
}

static void read_crls(struct asked *a)
{
	if (sk_X509_CRL_num(a->w->crls) > 0)
		look_up(a, a->w->crls);
	ERR_clear_error();
}

/* ---- the main road --------------------------------------------------------------------------- */

static int names_place(X509 *x)
{
	AUTHORITY_INFO_ACCESS *info = X509_get_ext_d2i(x, NID_info_access, NULL, NULL);
	int is = X509_get_ext_by_NID(x, NID_crl_distribution_points, -1) >= 0;

	for (int i = 0; i < sk_ACCESS_DESCRIPTION_num(info); i++)
		is |= OBJ_obj2nid(sk_ACCESS_DESCRIPTION_value(info, i)->method) == NID_ad_OCSP;
	AUTHORITY_INFO_ACCESS_free(info);
	return is;
}

static struct asked ask(const struct walk *w, size_t at)
{
	const struct path_input *in = w->in;
	struct asked a = asked_of(w, at);

	if (in->revocation)
		(void)snprintf(a.text, sizeof a.text, "%s",
		    names_place(a.cert) ? _("no answer from where it says that one can ask")
					: _("it does not say where one can ask"));
	if (at == 0)
		read_staple(&a);
	for (size_t i = 0; i < in->ocsps; i++)
		read_ocsp(&a, in->ocsp[i], _("the OCSP responder"));
	read_crls(&a);
	return a;
}

void path_judge_status(struct walk *w)
{
	struct asked unsure = { 0 };
	char who[PATH_TEXT];
	int revoked = 0;

	w->out->unanswered = 0;
	judge_staple(w);
	for (size_t i = 0; i + 1 < w->length; i++) {
		struct asked a = ask(w, i);

		if (a.revoked)
			path_find(w, "revoked", "%.120s: %s", path_subject(a.cert, who), a.text);
		if (!a.revoked && !a.good && !unsure.cert)
			unsure = a;
		w->out->unanswered |= w->in->revocation && !a.good && names_place(a.cert);
		revoked |= a.revoked;
	}
	if (w->in->revocation && w->out->anchored && unsure.cert && !revoked)
		path_find(w, "revocation-unknown", "%.120s: %s", path_subject(unsure.cert, who),
		    unsure.text);
}
