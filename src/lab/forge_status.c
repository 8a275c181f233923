/* SPDX-License-Identifier: Apache-2.0 */
/* What an issuer says of its certificates later: CRL and OCSP. */
#include "lab/forge.h"

#include "base/i18n.h"

#include "pki/sslerr.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>
#include <stdio.h>

#define HOUR    3600
#define DAY     (24L * HOUR)
#define ASKED   16    /* certificates in one request */
#define REQUEST 16384 /* bytes of one */

/* Who has issued a certificate, to sign for him. */
static size_t issuer_of(const struct forge *f, size_t index)
{
	size_t by = forge_spec(f, index)->issuer;

	return by == FORGE_SELF ? index : by;
}

/* Appends what i2d has made, and frees it. n: what i2d returned. */
static int add_der(struct buf *out, unsigned char *der, int n, struct err *e)
{
	int rc = 0;

	if (n <= 0)
		rc = err_ssl(e, _("write what the lab says of its certificates"));
	else if (buf_add(out, der, (size_t)n) < 0)
		rc = err_set(e, ERR_LOCAL, _("no room for %d bytes about a certificate"), n);
	OPENSSL_free(der);
	return rc;
}

/* ---- CRL ------------------------------------------------------------------------------------- */

static int add_revoked(X509_CRL *crl, X509 *cert)
{
	X509_REVOKED *r = X509_REVOKED_new();
	ASN1_TIME *when = X509_gmtime_adj(NULL, -HOUR);
	ASN1_ENUMERATED *why = ASN1_ENUMERATED_new();
	int added = 0;

	if (r && when && why && ASN1_ENUMERATED_set(why, CRL_REASON_KEY_COMPROMISE) == 1 &&
	    X509_REVOKED_set_serialNumber(r, X509_get_serialNumber(cert)) == 1 &&
	    X509_REVOKED_set_revocationDate(r, when) == 1 &&
	    X509_REVOKED_add1_ext_i2d(r, NID_crl_reason, why, 0, 0) == 1)
		added = X509_CRL_add0_revoked(crl, r) == 1;
	if (!added)
		X509_REVOKED_free(r);
	ASN1_ENUMERATED_free(why);
	ASN1_TIME_free(when);
	return added ? 0 : -1;
}

static int add_all_revoked(X509_CRL *crl, const struct forge *f, size_t by)
{
	const struct forged *s;

	for (size_t i = 0; (s = forge_spec(f, i)); i++)
		if (s->revoked && issuer_of(f, i) == by && add_revoked(crl, forge_cert(f, i)) < 0)
			return -1;
	return 0;
}

static int set_dates(X509_CRL *crl)
{
	ASN1_TIME *last = X509_gmtime_adj(NULL, -HOUR), *next = X509_gmtime_adj(NULL, DAY);
	int set = last && next && X509_CRL_set1_lastUpdate(crl, last) == 1 &&
		  X509_CRL_set1_nextUpdate(crl, next) == 1;

	ASN1_TIME_free(last);
	ASN1_TIME_free(next);
	return set ? 0 : -1;
}

/* RFC 5280 5.2: both extensions are demanded of a CA. */
static int extend(X509_CRL *crl, X509 *issuer)
{
	ASN1_INTEGER *number = ASN1_INTEGER_new();
	X509_EXTENSION *id = NULL;
	X509V3_CTX ctx;
	int done;

	X509V3_set_ctx(&ctx, issuer, NULL, NULL, crl, 0);
	id = X509V3_EXT_conf_nid(NULL, &ctx, NID_authority_key_identifier, "keyid:always");
	done = id && number && ASN1_INTEGER_set(number, 1) == 1 &&
	       X509_CRL_add_ext(crl, id, -1) == 1 &&
	       X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, 0, 0) == 1;
	X509_EXTENSION_free(id);
	ASN1_INTEGER_free(number);
	return done ? 0 : -1;
}

int forge_crl(const struct forge *f, size_t index, struct buf *out, struct err *e)
{
	size_t by = issuer_of(f, index);
	X509 *issuer = forge_cert(f, by);
	X509_CRL *crl = X509_CRL_new();
	unsigned char *der = NULL;
	int rc = -1;

	if (!crl || X509_CRL_set_version(crl, X509_CRL_VERSION_2) != 1 ||
	    X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer)) != 1 ||
	    set_dates(crl) < 0 || add_all_revoked(crl, f, by) < 0 || extend(crl, issuer) < 0 ||
	    X509_CRL_sort(crl) != 1 || X509_CRL_sign(crl, forge_key(f, by), EVP_sha256()) <= 0) {
		(void)err_ssl(e, _("make the CRL of %s"), forge_label(f));
		goto out;
	}
	rc = i2d_X509_CRL(crl, &der);
	rc = add_der(out, der, rc, e);
out:
	X509_CRL_free(crl);
	return rc;
}

/* ---- OCSP ------------------------------------------------------------------------------------ */

static int is_about(OCSP_CERTID *id, X509 *cert, X509 *issuer)
{
	ASN1_OBJECT *digest = NULL;
	OCSP_CERTID *own = NULL;
	const EVP_MD *md;
	int same;

	(void)OCSP_id_get0_info(NULL, &digest, NULL, NULL, id);
	md = EVP_get_digestbyobj(digest);
	own = md ? OCSP_cert_to_id(md, cert, issuer) : NULL;
	same = own && OCSP_id_cmp(own, id) == 0;
	OCSP_CERTID_free(own);
	return same;
}

static int status_of(const struct forge *f, size_t by, OCSP_CERTID *id)
{
	const struct forged *s;

	for (size_t i = 0; (s = forge_spec(f, i)); i++)
		if (issuer_of(f, i) == by && is_about(id, forge_cert(f, i), forge_cert(f, by)))
			return s->revoked ? V_OCSP_CERTSTATUS_REVOKED : V_OCSP_CERTSTATUS_GOOD;
	return V_OCSP_CERTSTATUS_UNKNOWN;
}

static int say(OCSP_BASICRESP *says, const struct forge *f, size_t by, OCSP_CERTID *id)
{
	int status = status_of(f, by, id), revoked = status == V_OCSP_CERTSTATUS_REVOKED;
	ASN1_TIME *from = X509_gmtime_adj(NULL, -HOUR), *to = X509_gmtime_adj(NULL, DAY);
	int said = from && to &&
		   OCSP_basic_add1_status(says, id, status,
		       revoked ? OCSP_REVOKED_STATUS_KEYCOMPROMISE : OCSP_REVOKED_STATUS_NOSTATUS,
		       revoked ? from : NULL, from, to);

	ASN1_TIME_free(from);
	ASN1_TIME_free(to);
	return said ? 0 : -1;
}

static int say_all(OCSP_BASICRESP *says, const struct forge *f, size_t index, OCSP_REQUEST *request)
{
	size_t by = issuer_of(f, index);
	OCSP_CERTID *own = NULL;
	int rc = 0;

	if (!request) {
		/* RFC 5019 2.1.1: SHA-1 is what every client can look for. */
		own = OCSP_cert_to_id(EVP_sha1(), forge_cert(f, index), forge_cert(f, by));
		rc = own ? say(says, f, by, own) : -1;
		OCSP_CERTID_free(own);
		return rc;
	}
	for (int i = 0; rc == 0 && i < OCSP_request_onereq_count(request); i++)
		rc = say(says, f, by, OCSP_onereq_get0_id(OCSP_request_onereq_get0(request, i)));
	/* 1, or 2 when there was none. */
	return rc == 0 && OCSP_copy_nonce(says, request) > 0 ? 0 : -1;
}

/* The issuer answers himself: RFC 6960 4.2.2.2. */
static OCSP_RESPONSE *answer(const struct forge *f, size_t index, OCSP_REQUEST *request)
{
	size_t by = issuer_of(f, index);
	OCSP_BASICRESP *says = OCSP_BASICRESP_new();
	OCSP_RESPONSE *r = NULL;

	if (says && say_all(says, f, index, request) == 0 &&
	    OCSP_basic_sign(says, forge_cert(f, by), forge_key(f, by), EVP_sha256(), NULL,
		OCSP_NOCERTS | OCSP_RESPID_KEY) == 1)
		r = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, says);
	OCSP_BASICRESP_free(says);
	return r;
}

/* NULL: it is none, or asks too much at once. */
static OCSP_REQUEST *read_request(const void *p, size_t n)
{
	const unsigned char *at = p;
	OCSP_REQUEST *r = n <= REQUEST ? d2i_OCSP_REQUEST(NULL, &at, (long)n) : NULL;
	int asked = r ? OCSP_request_onereq_count(r) : 0;

	if (asked > 0 && asked <= ASKED)
		return r;
	ERR_clear_error();
	OCSP_REQUEST_free(r);
	return NULL;
}

int forge_ocsp(const struct forge *f, size_t index, const void *request, size_t n, struct buf *out,
    struct err *e)
{
	OCSP_REQUEST *asked = n > 0 ? read_request(request, n) : NULL;
	OCSP_RESPONSE *r = NULL;
	unsigned char *der = NULL;
	int rc = -1;

	if (n > 0 && !asked)
		r = OCSP_response_create(OCSP_RESPONSE_STATUS_MALFORMEDREQUEST, NULL);
	if (n == 0 || asked)
		r = answer(f, index, asked);
	/* What a stranger's request has put there is no error of ours. */
	if (r)
		ERR_clear_error();
	if (!r) {
		(void)err_ssl(e, _("make the OCSP response of %s"), forge_label(f));
		goto out;
	}
	rc = i2d_OCSP_RESPONSE(r, &der);
	rc = add_der(out, der, rc, e);
out:
	OCSP_RESPONSE_free(r);
	OCSP_REQUEST_free(asked);
	return rc;
}
