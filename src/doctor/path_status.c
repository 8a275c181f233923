/* SPDX-License-Identifier: Apache-2.0 */
#include "base/i18n.h"
#include "doctor/path_walk.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

#define MUST_STAPLE 5   /* status_request (RFC 7633 4.1) */
#define STAPLE_SKEW 300 /* seconds that clocks may differ */

/* ---- OCSP ------------------------------------------------------------------------------------ */

static int demands_staple(X509 *leaf)
{
	TLS_FEATURE *features = X509_get_ext_d2i(leaf, NID_tlsfeature, NULL, NULL);
	int is = 0;

	for (int i = 0; i < sk_ASN1_INTEGER_num(features); i++)
		is |= ASN1_INTEGER_get(sk_ASN1_INTEGER_value(features, i)) == MUST_STAPLE;
	TLS_FEATURE_free(features);
	return is;
}

/* Whether the issuer, or whom it has told to, has signed it. */
static int is_genuine(const struct walk *w, OCSP_BASICRESP *says)
{
	X509_STORE *store = X509_STORE_new();
	STACK_OF(X509) *certs = sk_X509_new_null();
	X509_VERIFY_PARAM *param = store ? X509_STORE_get0_param(store) : NULL;
	int is = 0;

	if (param && certs && X509_STORE_add_cert(store, w->way[1]) == 1 &&
	    sk_X509_push(certs, w->way[1]) > 0) {
		X509_VERIFY_PARAM_set_time(param, w->in->now);
		(void)X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
		is = OCSP_basic_verify(says, certs, store, 0) == 1;
	}
	sk_X509_free(certs);
	X509_STORE_free(store);
	return is;
}

/* X509_cmp_time, which has no answer for what is no time: then it is not current. */
static int is_current(const struct walk *w, const ASN1_GENERALIZEDTIME *this_update,
    const ASN1_GENERALIZEDTIME *next_update)
{
	time_t early = w->in->now + STAPLE_SKEW, late = w->in->now - STAPLE_SKEW;

	return this_update && X509_cmp_time(this_update, &early) < 0 &&
	       (!next_update || X509_cmp_time(next_update, &late) > 0);
}

/* What it says of the leaf (V_OCSP_CERTSTATUS_…); -1: nothing that is to be believed. */
static int status_of(const struct walk *w, OCSP_BASICRESP *says, int *current)
{
	OCSP_CERTID *id = OCSP_cert_to_id(NULL, w->way[0], w->way[1]);
	ASN1_GENERALIZEDTIME *this_update = NULL, *next_update = NULL;
	int status = -1, why = 0;

	*current = 0;
	if (id && is_genuine(w, says) &&
	    OCSP_resp_find_status(says, id, &status, &why, NULL, &this_update, &next_update) == 1)
		*current = is_current(w, this_update, next_update);
	OCSP_CERTID_free(id);
	return status;
}

void path_judge_status(struct walk *w)
{
	const unsigned char *at = w->in->staple.p;
	OCSP_RESPONSE *r = NULL;
	OCSP_BASICRESP *says = NULL;
	int status = -1, current = 0;

	if (w->in->staple.n > 0)
		r = d2i_OCSP_RESPONSE(NULL, &at, (long)w->in->staple.n);
	if (r)
		says = OCSP_response_get1_basic(r);
	if (says && w->length > 1)
		status = status_of(w, says, &current);
	if (status == V_OCSP_CERTSTATUS_REVOKED)
		path_find(w, "revoked", _("the OCSP response that came with it says so"));
	else if (!says && demands_staple(w->way[0]))
		path_find(w, "staple-missing", _("none came with the handshake"));
	else if (says && (status != V_OCSP_CERTSTATUS_GOOD || !current) &&
		 demands_staple(w->way[0]))
		path_find(w, "staple-missing",
		    _("the one that came is not the issuer's about this certificate, or is out of "
		      "date"));
	OCSP_BASICRESP_free(says);
	OCSP_RESPONSE_free(r);
	ERR_clear_error();
}
