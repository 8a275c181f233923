/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The certificates of the lab: OpenSSL's verifier finds in each just the fault that it is there
 * for, and none once it is mended; and what its issuers say of it later.
 */
#include "lab/asked.h"
#include "lab/condition.h"
#include "lab/forge.h"
#include "lab/issuers.h"
#include "lab/keypool.h"
#include "lab/revoke.h"
#include "net/addr.h"

#include "tap.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdlib.h>

#define LEVEL 2 /* Debian's security level */

/* ---- conditions ------------------------------------------------------------------------------ */

/* What the verifier finds; a good row has X509_V_OK. */
static const struct expected {
	const char *name;
	int error;
	/* CN_NOT: only for a client that does as RFC 9525 says. CRL: only with the CRL. STAPLE: it
	 * is not in the chain. */
	enum { PLAIN, CN_NOT, CRL, STAPLE } when;
} expected[] = {
	{ "untrusted-root", X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, PLAIN },
	{ "untrusted-root-sent", X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, PLAIN },
	{ "untrusted-root-namesake", X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, PLAIN },
	{ "missing-intermediate", X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, PLAIN },
	{ "self-signed", X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, PLAIN },
	{ "intercepted", X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, PLAIN },
	{ "wrong-host", X509_V_ERR_HOSTNAME_MISMATCH, PLAIN },
	{ "wrong-host-right-cn", X509_V_ERR_HOSTNAME_MISMATCH, PLAIN },
	{ "wildcard-too-shallow", X509_V_ERR_HOSTNAME_MISMATCH, PLAIN },
	{ "nul-in-name", X509_V_ERR_HOSTNAME_MISMATCH, PLAIN },
	{ "look-alike", X509_V_ERR_HOSTNAME_MISMATCH, PLAIN },
	{ "cn-only", X509_V_ERR_HOSTNAME_MISMATCH, CN_NOT },
	{ "ip-address-missing", X509_V_ERR_IP_ADDRESS_MISMATCH, PLAIN },
	{ "ip-address-in-cn", X509_V_ERR_IP_ADDRESS_MISMATCH, PLAIN },
	{ "ip-address-as-name", X509_V_ERR_IP_ADDRESS_MISMATCH, PLAIN },
	{ "expired", X509_V_ERR_CERT_HAS_EXPIRED, PLAIN },
	{ "expired-intermediate", X509_V_ERR_CERT_HAS_EXPIRED, PLAIN },
	{ "not-yet-valid", X509_V_ERR_CERT_NOT_YET_VALID, PLAIN },
	{ "long-lived", X509_V_OK, PLAIN },
	{ "revoked-crl", X509_V_ERR_CERT_REVOKED, CRL },
	{ "revoked-ocsp", X509_V_ERR_CERT_REVOKED, CRL },
	{ "revoked-stapled", X509_V_ERR_CERT_REVOKED, CRL },
	{ "staple-missing", X509_V_OK, STAPLE },
	{ "sha1", X509_V_ERR_CA_MD_TOO_WEAK, PLAIN },
	{ "sha1-intermediate", X509_V_ERR_CA_MD_TOO_WEAK, PLAIN },
	{ "rsa-1024", X509_V_ERR_EE_KEY_TOO_SMALL, PLAIN },
	{ "rsa-1024-intermediate", X509_V_ERR_CA_KEY_TOO_SMALL, PLAIN },
	{ "client-only", X509_V_ERR_INVALID_PURPOSE, PLAIN },
	{ "key-usage", X509_V_ERR_INVALID_PURPOSE, PLAIN },
	{ "issuer-no-ca", X509_V_ERR_INVALID_CA, PLAIN },
	{ "issuer-no-certsign", X509_V_ERR_INVALID_CA, PLAIN },
	{ "name-constraint", X509_V_ERR_PERMITTED_VIOLATION, PLAIN },
	{ "path-too-long", X509_V_ERR_PATH_LENGTH_EXCEEDED, PLAIN },
	{ "chain-reversed", X509_V_OK, PLAIN },
	{ "chain-shuffled", X509_V_OK, PLAIN },
};

static const struct expected *expected_of(const char *name)
{
	for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
		if (strcmp(expected[i].name, name) == 0)
			return &expected[i];
	return NULL;
}

static const char *const url = "http://127.0.0.1:9";

/* As the engine does it. */
static void host_of(const struct condition *c, const struct shape *s, char host[128])
{
	const char *form = s->host ? s->host : "*." LAB_DOMAIN;

	if (*form == '*')
		(void)snprintf(host, 128, "%s%s", c->name, form + 1);
	else
		(void)snprintf(host, 128, "%s", form);
}

struct made {
	struct shape shape;
	char host[128];
	struct forge *f;
};

static void make(const struct condition *c, int mended, const char *revocation, struct made *m)
{
	struct err e = { 0 };

	condition_shape(c, LAB_MYSQL, mended, &m->shape);
	host_of(c, &m->shape, m->host);
	m->f = forge_make(m->shape.cert, m->shape.certs, c->name, m->host, revocation, &e);
	if (!m->f)
		printf("# %s: %s\n", c->name, e.text);
}

static X509_CRL *crl_of(const struct forge *f, size_t index)
{
	struct buf der = buf_new(65536);
	struct err e;
	X509_CRL *crl = NULL;
	const unsigned char *p;

	if (forge_crl(f, index, &der, &e) == 0) {
		p = der.p;
		crl = d2i_X509_CRL(NULL, &p, (long)der.n);
	}
	buf_free(&der);
	return crl;
}

/* What a client would ask of the verifier. */
static int aim(X509_VERIFY_PARAM *p, const char *host, int when)
{
	struct addr a;
	int ip = addr_parse_ip(&a, host) == 0;
	unsigned flags = when == CN_NOT ? X509_CHECK_FLAG_NEVER_CHECK_SUBJECT : 0;

	X509_VERIFY_PARAM_set_auth_level(p, LEVEL);
	X509_VERIFY_PARAM_set_hostflags(p, flags);
	(void)X509_VERIFY_PARAM_set_purpose(p, X509_PURPOSE_SSL_SERVER);
	if (when == CRL)
		(void)X509_VERIFY_PARAM_set_flags(p, X509_V_FLAG_CRL_CHECK);
	return ip ? X509_VERIFY_PARAM_set1_ip_asc(p, host)
		  : X509_VERIFY_PARAM_set1_host(p, host, 0);
}

/* The verdict of OpenSSL's verifier, given what the handshake sends and the client has. */
static int verdict(const struct made *m, int when)
{
	const struct shape *s = &m->shape;
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	STACK_OF(X509) *sent = sk_X509_new_null();
	X509_CRL *crl = when == CRL ? crl_of(m->f, LEAF) : NULL;
	int error = -1;

	for (size_t i = 0; i < s->sends; i++)
		(void)sk_X509_push(sent, forge_cert(m->f, s->send[i]));
	if (X509_STORE_add_cert(store, forge_cert(m->f, s->anchor)) != 1 ||
	    (crl && X509_STORE_add_crl(store, crl) != 1) ||
	    X509_STORE_CTX_init(ctx, store, forge_cert(m->f, s->send[0]), sent) != 1 ||
	    aim(X509_STORE_CTX_get0_param(ctx), m->host, when) != 1)
		goto out;
	error = X509_verify_cert(ctx) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(ctx);
out:
	X509_CRL_free(crl);
	sk_X509_free(sent);
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	ERR_clear_error();
	return error;
}

/* Every certificate names the key of its issuer, and is signed by it. */
static int ids_right(const struct made *m)
{
	for (size_t i = 0; i < m->shape.certs; i++) {
		const struct forged *s = forge_spec(m->f, i);
		X509 *x = forge_cert(m->f, i);
		X509 *by = forge_cert(m->f, s->issuer == FORGE_SELF ? i : s->issuer);
		const ASN1_OCTET_STRING *id = X509_get0_authority_key_id(x);

		if (!X509_get0_subject_key_id(x) || X509_verify(x, X509_get0_pubkey(by)) != 1)
			return 0;
		if (by != x &&
		    (!id || ASN1_OCTET_STRING_cmp(id, X509_get0_subject_key_id(by)) != 0))
			return 0;
	}
	return 1;
}

static void as_text(int got, int want)
{
	if (got != want)
		printf("# got %s\n", X509_verify_cert_error_string(got));
}

static void one_condition(const struct condition *c)
{
	const struct expected *x = expected_of(c->name);
	int when = x ? (int)x->when : PLAIN, want = x ? x->error : X509_V_OK;
	struct made m;

	ok(x || condition_group(c) == LAB_GOOD, "%s: it is known what is wrong", c->name);
	make(c, 0, url, &m);
	ok(m.f && ids_right(&m), "%s: its certificates are made", c->name);
	if (!m.f)
		return;
	is_int(verdict(&m, when), want, "%s: %s", c->name, X509_verify_cert_error_string(want));
	as_text(verdict(&m, when), want);
	if (when == CRL || when == CN_NOT)
		is_int(verdict(&m, PLAIN), X509_V_OK, "%s: and that alone", c->name);
	forge_free(m.f);
	make(c, 1, url, &m);
	ok(m.f != NULL, "%s: and without its fault", c->name);
	if (m.f)
		is_int(verdict(&m, when), X509_V_OK, "%s: mended, nothing is wrong", c->name);
	as_text(m.f ? verdict(&m, when) : 0, X509_V_OK);
	forge_free(m.f);
}

static void all_conditions(void)
{
	for (const struct condition *c = lab_good; c->name; c++)
		one_condition(c);
	for (const struct condition *c = lab_who; c->name; c++)
		one_condition(c);
}

/* A right client connects to just those that the verifier takes. */
static void rows(void)
{
	for (const struct condition *c = lab_good; c->name; c++)
		ok(!c->refuse && !c->fault && strcmp(c->cause, "ok") == 0,
		    "%s: a good one has no fault", c->name);
	for (const struct condition *c = lab_who; c->name; c++) {
		const struct expected *x = expected_of(c->name);

		ok(x && c->fault && c->means, "%s: has a fault, and it means something", c->name);
		ok(x && c->refuse == (x->error != X509_V_OK || x->when == STAPLE),
		    "%s: the table and the verifier agree on who is refused", c->name);
		ok(x && (c->weight == LAB_ADVISORY) == (x->when == CRL || x->when == STAPLE),
		    "%s: revocation is advisory", c->name);
	}
}

/* ---- certificates ---------------------------------------------------------------------------- */

static int same_serial(X509 *a, X509 *b)
{
	return ASN1_INTEGER_cmp(X509_get0_serialNumber(a), X509_get0_serialNumber(b)) == 0;
}

static void serials(void)
{
	struct made a, b, other;

	make(condition_of("good"), 0, url, &a);
	make(condition_of("good"), 0, url, &b);
	make(condition_of("wildcard"), 0, url, &other);
	ok(same_serial(forge_cert(a.f, 0), forge_cert(b.f, 0)),
	    "a condition made twice has its serials twice");
	ok(!same_serial(forge_cert(a.f, 0), forge_cert(a.f, 1)) &&
		!same_serial(forge_cert(a.f, 0), forge_cert(other.f, 0)),
	    "and no other certificate has them");
	ok(EVP_PKEY_eq(forge_key(a.f, ROOT), forge_key(other.f, ROOT)) == 1,
	    "all of the lab has one root");
	ok(EVP_PKEY_eq(forge_key(a.f, 0), forge_key(a.f, 1)) == 0, "and not one key");
	is_str(forge_label(a.f), "good", "a chain knows its condition");
	ok(!forge_spec(a.f, a.shape.certs), "and how many it has");
	ok(strncmp(forge_pem(a.f, 0), "-----BEGIN CERTIFICATE-----\n", 28) == 0, "PEM begins");
	forge_free(a.f);
	forge_free(b.f);
	forge_free(other.f);
}

static int has_dns(X509 *x, const void *name, size_t n)
{
	GENERAL_NAMES *sans = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	int found = 0;

	for (int i = 0; i < sk_GENERAL_NAME_num(sans); i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(sans, i);

		found |= g->type == GEN_DNS && (size_t)g->d.ia5->length == n &&
			 memcmp(g->d.ia5->data, name, n) == 0;
	}
	GENERAL_NAMES_free(sans);
	return found;
}

static void names(void)
{
	static const char nul[] = "nul-in-name.lab.dbtls.test\0.other.dbtls.test";
	struct made m;
	char line[256];

	make(condition_of("nul-in-name"), 0, url, &m);
	ok(has_dns(forge_cert(m.f, 0), nul, sizeof nul - 1), "a NUL stands in a name");
	forge_free(m.f);
	make(condition_of("ip-address-as-name"), 0, url, &m);
	ok(has_dns(forge_cert(m.f, 0), "127.0.0.2", 9), "an address may stand there as a name");
	forge_free(m.f);
	make(condition_of("cn-only"), 0, url, &m);
	is_int(X509_get_ext_by_NID(forge_cert(m.f, 0), NID_subject_alt_name, -1), -1,
	    "a certificate may be without SANs");
	forge_free(m.f);
	make(condition_of("amazon-class2"), 0, url, &m);
	(void)X509_NAME_oneline(X509_get_issuer_name(forge_cert(m.f, 5)), line, sizeof line);
	is_str(line,
	    "/C=US/O=Starfield Technologies, Inc./OU=Starfield Class 2 Certification Authority",
	    "Amazon's oldest root has its own name");
	(void)X509_NAME_oneline(X509_get_issuer_name(forge_cert(m.f, 3)), line, sizeof line);
	is_str(line,
	    "/C=US/ST=Arizona/L=Scottsdale/O=Starfield Technologies, Inc./CN=Starfield Services "
	    "Root Certificate Authority - G2",
	    "and so has the next");
	forge_free(m.f);
}

static void refusals(void)
{
	struct forged loop[2] = { { .cn = "a", .issuer = 1 }, { .cn = "b", .issuer = 0 } };
	struct forged wrong = { .cn = "a", .issuer = FORGE_SELF, .usage = "no such usage" };
	struct err e = { 0 };

	ok(!forge_make(loop, 2, "loop", "host", NULL, &e) && e.kind == ERR_LOCAL,
	    "certificates that have made each other are not made: %s", e.text);
	ok(!forge_make(&wrong, 1, "wrong", "host", NULL, &e) && e.kind == ERR_TLS,
	    "nor what OpenSSL does not know: %s", e.text);
}

static void *get_key(void *out)
{
	struct err e;

	*(EVP_PKEY **)out = keypool_get("together", FORGE_RSA2048, &e);
	return NULL;
}

static void keys(void)
{
	enum { N = 4 };
	pthread_t thread[N];
	EVP_PKEY *key[N] = { 0 };
	int same = 1;

	for (size_t i = 0; i < N; i++)
		(void)pthread_create(&thread[i], NULL, get_key, &key[i]);
	for (size_t i = 0; i < N; i++) {
		(void)pthread_join(thread[i], NULL);
		same &= key[i] && key[i] == key[0];
	}
	ok(same, "who wants one key at one time gets one key");
	for (size_t i = 0; i < N; i++)
		EVP_PKEY_free(key[i]);
}

/* ---- OCSP ------------------------------------------------------------------------------------ */

static OCSP_BASICRESP *basic_of(const struct buf *der)
{
	const unsigned char *p = der->p;
	OCSP_RESPONSE *r = d2i_OCSP_RESPONSE(NULL, &p, (long)der->n);
	OCSP_BASICRESP *says = r ? OCSP_response_get1_basic(r) : NULL;

	OCSP_RESPONSE_free(r);
	return says;
}

/* Verified against the client's anchor, as it must be before it is believed. */
static int believed(OCSP_BASICRESP *says, const struct made *m)
{
	X509_STORE *store = X509_STORE_new();
	STACK_OF(X509) *chain = sk_X509_new_null();
	int done;

	(void)X509_STORE_add_cert(store, forge_cert(m->f, ROOT));
	(void)sk_X509_push(chain, forge_cert(m->f, INTERMEDIATE));
	done = says && OCSP_basic_verify(says, chain, store, 0) == 1;
	sk_X509_free(chain);
	X509_STORE_free(store);
	return done;
}

/* The certificate that issuer has given that serial. */
static OCSP_CERTID *id_of(X509 *cert, X509 *issuer, const EVP_MD *md)
{
	return OCSP_cert_id_new(md, X509_get_subject_name(issuer), X509_get0_pubkey_bitstr(issuer),
	    X509_get0_serialNumber(cert));
}

static int status_of(OCSP_BASICRESP *says, X509 *cert, X509 *issuer, const EVP_MD *md)
{
	OCSP_CERTID *id = id_of(cert, issuer, md);
	int status = -1;

	if (says)
		(void)OCSP_resp_find_status(says, id, &status, NULL, NULL, NULL, NULL);
	OCSP_CERTID_free(id);
	return status;
}

/* Asks with a nonce; DER of the request in *der, which the caller frees. */
static OCSP_REQUEST *ask(X509 *cert, X509 *issuer, const EVP_MD *md, unsigned char **der, int *n)
{
	OCSP_REQUEST *q = OCSP_REQUEST_new();

	*der = NULL;
	(void)OCSP_request_add0_id(q, id_of(cert, issuer, md));
	(void)OCSP_request_add1_nonce(q, NULL, -1);
	*n = i2d_OCSP_REQUEST(q, der);
	return q;
}

static void asked_once(const struct made *m, X509 *cert, X509 *issuer, const EVP_MD *md, int want)
{
	struct buf out = buf_new(65536);
	OCSP_BASICRESP *says = NULL;
	unsigned char *der;
	struct err e;
	int n;
	OCSP_REQUEST *q = ask(cert, issuer, md, &der, &n);

	is_int(forge_ocsp(m->f, LEAF, der, (size_t)n, &out, &e), 0, "a request is answered");
	says = basic_of(&out);
	ok(believed(says, m), "and the answer is the issuer's");
	is_int(status_of(says, cert, issuer, md), want, "it says %s", OCSP_cert_status_str(want));
	is_int(says ? OCSP_check_nonce(q, says) : 0, 1, "with the nonce of the request");
	OCSP_BASICRESP_free(says);
	OCSP_REQUEST_free(q);
	OPENSSL_free(der);
	buf_free(&out);
}

static int refusal_of(const struct made *m, const void *p, size_t n)
{
	struct buf out = buf_new(65536);
	struct err e;
	OCSP_RESPONSE *r = NULL;
	const unsigned char *at;
	int status = -1;

	if (forge_ocsp(m->f, LEAF, p, n, &out, &e) == 0) {
		at = out.p;
		r = d2i_OCSP_RESPONSE(NULL, &at, (long)out.n);
	}
	if (r)
		status = OCSP_response_status(r);
	OCSP_RESPONSE_free(r);
	buf_free(&out);
	return status;
}

static void ocsp(void)
{
	static const uint8_t nobody[] = { 0x30, 0x04, 0x30, 0x02, 0x30, 0x00 };
	struct made m, mended;
	struct buf staple = buf_new(65536);
	OCSP_BASICRESP *says;
	struct err e;
	X509 *leaf, *issuer;

	make(condition_of("revoked-ocsp"), 0, url, &m);
	make(condition_of("revoked-ocsp"), 1, url, &mended);
	leaf = forge_cert(m.f, LEAF);
	issuer = forge_cert(m.f, INTERMEDIATE);
	asked_once(&m, leaf, issuer, EVP_sha1(), V_OCSP_CERTSTATUS_REVOKED);
	asked_once(&m, leaf, issuer, EVP_sha256(), V_OCSP_CERTSTATUS_REVOKED);
	asked_once(&mended, leaf, issuer, EVP_sha1(), V_OCSP_CERTSTATUS_GOOD);
	asked_once(&m, forge_cert(m.f, ROOT), issuer, EVP_sha1(), V_OCSP_CERTSTATUS_UNKNOWN);
	is_int(forge_ocsp(m.f, LEAF, NULL, 0, &staple, &e), 0, "there is a staple");
	says = basic_of(&staple);
	ok(believed(says, &m), "it is the issuer's");
	is_int(status_of(says, leaf, issuer, EVP_sha1()), V_OCSP_CERTSTATUS_REVOKED,
	    "and says that it is revoked");
	is_int(refusal_of(&m, "GET", 3), OCSP_RESPONSE_STATUS_MALFORMEDREQUEST,
	    "what is no request is malformed");
	is_int(refusal_of(&m, nobody, sizeof nobody), OCSP_RESPONSE_STATUS_MALFORMEDREQUEST,
	    "so is one about nobody");
	OCSP_BASICRESP_free(says);
	buf_free(&staple);
	forge_free(m.f);
	forge_free(mended.f);
}

/* ---- what is asked over HTTP ----------------------------------------------------------------- */

static int read_target(const char *method, const char *target, const char *body, struct asked *a)
{
	struct http_request r = { .method = span_of(method, strlen(method)),
		.target = span_of(target, strlen(target)) };

	return asked_read(&r, span_of(body, strlen(body)), a);
}

static void requests(void)
{
	static const struct {
		const char *method, *target, *body;
		int status;
	} rows[] = {
		{ "GET", "/good-0.crl", "", 200 },
		{ "GET", "/good-12.crl", "", 200 },
		{ "GET", "/good-0/MAMCAQE=", "", 200 },
		{ "GET", "/good-0/MAMCAQE%3d", "", 200 },
		{ "POST", "/good-0", "0", 200 },
		{ "GET", "/good-0", "", 400 },
		{ "GET", "/good-0/", "", 400 },
		{ "GET", "/good-0/MAMCAQE", "", 400 },
		{ "GET", "/good-0/MAMCAQ%3", "", 400 },
		{ "GET", "/good-0/MAMCAQ%x0", "", 400 },
		{ "GET", "/good-0/!!!!", "", 400 },
		{ "GET", "/good-0/====", "", 400 },
		{ "POST", "/good-0", "", 400 },
		{ "POST", "/good-0.crl", "0", 404 },
		{ "PUT", "/good-0", "0", 404 },
		{ "GET", "/good.crl", "", 404 },
		{ "GET", "/-0.crl", "", 404 },
		{ "GET", "/0.crl", "", 404 },
		{ "GET", "/good-.crl", "", 404 },
		{ "GET", "/good-123.crl", "", 404 },
		{ "GET", "/", "", 404 },
		{ "GET", "*", "", 404 },
		{ "GET", "/a123456789012345678901234567890123456789012345678901234567890123-0.crl",
		    "", 404 },
	};
	struct asked a;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		is_int(read_target(rows[i].method, rows[i].target, rows[i].body, &a),
		    rows[i].status, "%s %s: %d", rows[i].method, rows[i].target, rows[i].status);
	(void)read_target("GET", "/wrong-host-12/MAMCAQE%3D", "", &a);
	ok(strcmp(a.label, "wrong-host") == 0 && a.index == 12 && !a.crl && a.n == 5 &&
		memcmp(a.der, "\x30\x03\x02\x01\x01", 5) == 0,
	    "label, index and request are as they were written");
	(void)read_target("GET", "/good-0.crl", "", &a);
	ok(a.crl && a.index == 0, "a CRL is asked for by its name");
}

/* ---- the responder --------------------------------------------------------------------------- */

/* The URL that stands in the certificate. */
static const char *crl_url(X509 *x, char out[256])
{
	CRL_DIST_POINTS *points = X509_get_ext_d2i(x, NID_crl_distribution_points, NULL, NULL);
	const GENERAL_NAME *g =
	    points
		? sk_GENERAL_NAME_value(sk_DIST_POINT_value(points, 0)->distpoint->name.fullname, 0)
		: NULL;

	(void)snprintf(out, 256, "%s", g ? (const char *)g->d.ia5->data : "");
	CRL_DIST_POINTS_free(points);
	return out;
}

static void fetched_crl(const struct made *m)
{
	X509 *leaf = forge_cert(m->f, LEAF);
	char where[256];
	X509_REVOKED *found = NULL;
	X509_CRL *crl = X509_CRL_load_http(crl_url(leaf, where), NULL, NULL, 10);

	ok(crl != NULL, "the CRL is where the certificate says: %s", where);
	is_int(crl ? X509_CRL_get0_by_cert(crl, &found, leaf) : 0, 1, "and lists it");
	is_int(crl ? X509_CRL_verify(crl, X509_get0_pubkey(forge_cert(m->f, INTERMEDIATE))) : 0, 1,
	    "and is its issuer's");
	X509_CRL_free(crl);
}

static BIO *dial(const char *base)
{
	BIO *bio = BIO_new_connect(base + strlen("http://"));

	if (bio && BIO_do_connect(bio) == 1)
		return bio;
	BIO_free_all(bio);
	return NULL;
}

static void fetched_ocsp(const struct made *m)
{
	STACK_OF(OPENSSL_STRING) *urls = X509_get1_ocsp(forge_cert(m->f, LEAF));
	const char *where = urls ? sk_OPENSSL_STRING_value(urls, 0) : "http://";
	const char *path = strchr(where + strlen("http://"), '/');
	X509 *leaf = forge_cert(m->f, LEAF), *issuer = forge_cert(m->f, INTERMEDIATE);
	char base[64];
	BIO *bio;
	unsigned char *der;
	int n;
	OCSP_REQUEST *q = ask(leaf, issuer, EVP_sha1(), &der, &n);
	OCSP_RESPONSE *r = NULL;
	OCSP_BASICRESP *says = NULL;

	(void)snprintf(base, sizeof base, "%.*s", path ? (int)(path - where) : 0, where);
	bio = path ? dial(base) : NULL;
	r = bio ? OCSP_sendreq_bio(bio, path, q) : NULL;
	says = r ? OCSP_response_get1_basic(r) : NULL;
	is_int(status_of(says, leaf, issuer, EVP_sha1()), V_OCSP_CERTSTATUS_REVOKED,
	    "the responder of the certificate says that it is revoked: %s", where);
	OCSP_BASICRESP_free(says);
	OCSP_RESPONSE_free(r);
	OCSP_REQUEST_free(q);
	OPENSSL_free(der);
	BIO_free_all(bio);
	X509_email_free(urls);
}

/* The first line of the answer to these bytes. */
static void first_line(const char *base, const char *says, char out[64])
{
	BIO *bio = dial(base);
	int n = 0, got = 1;

	if (bio)
		(void)BIO_write(bio, says, (int)strlen(says));
	while (bio && got > 0 && n < 63) {
		got = BIO_read(bio, out + n, 63 - n);
		n += got > 0 ? got : 0;
	}
	out[n] = '\0';
	out[strcspn(out, "\r")] = '\0';
	BIO_free_all(bio);
}

static void answers(const char *base)
{
	static const struct {
		const char *says, *line;
	} rows[] = {
		{ "GET /revoked-crl-0.crl HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 OK" },
		{ "GET /revoked-crl-0/MAMCAQE= HTTP/1.0\r\n\r\n", "HTTP/1.1 404 Not Found" },
		{ "GET /revoked-ocsp-0/MAMCAQE= HTTP/1.0\r\n\r\n", "HTTP/1.1 200 OK" },
		{ "GET /revoked-ocsp-0/MAMCAQ HTTP/1.0\r\n\r\n", "HTTP/1.1 400 Bad Request" },
		{ "GET /revoked-ocsp-9/MAMCAQE= HTTP/1.0\r\n\r\n", "HTTP/1.1 404 Not Found" },
		{ "GET /nobody-0.crl HTTP/1.0\r\n\r\n", "HTTP/1.1 404 Not Found" },
		{ "POST /revoked-ocsp-0 HTTP/1.0\r\nContent-Length: 9999\r\n\r\n",
		    "HTTP/1.1 413 Content Too Large" },
		{ "POST /revoked-ocsp-0 HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n"
		  "Expect: 100-continue\r\n\r\n",
		    "HTTP/1.1 100 Continue" },
		{ "\x16\x03\x01", "HTTP/1.1 400 Bad Request" },
	};
	char line[64];

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		first_line(base, rows[i].says, line);
		is_str(line, rows[i].line, "request %zu: %s", i, rows[i].line);
	}
}

static void responder(void)
{
	struct err e = { 0 };
	struct revoke *r = revoke_start(&e);
	struct made crl, by_ocsp;

	ok(r != NULL, "the responder starts");
	if (!r)
		return;
	make(condition_of("revoked-crl"), 0, revoke_url(r), &crl);
	make(condition_of("revoked-ocsp"), 0, revoke_url(r), &by_ocsp);
	is_int(revoke_add(r, crl.f, &e) + revoke_add(r, by_ocsp.f, &e), 0, "and takes chains");
	fetched_crl(&crl);
	fetched_ocsp(&by_ocsp);
	answers(revoke_url(r));
	revoke_stop(r);
	revoke_stop(NULL);
	forge_free(crl.f);
	forge_free(by_ocsp.f);
}

int main(void)
{
	all_conditions();
	rows();
	serials();
	names();
	refusals();
	keys();
	ocsp();
	requests();
	responder();
	forge_forget();
	return tap_done();
}
