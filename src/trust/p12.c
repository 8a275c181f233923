/* SPDX-License-Identifier: Apache-2.0 */
/* PKCS12 (RFC 7292) as Java uses it for trust, and the bare certificate that begins alike. */
#include "trust/p12.h"

#include "base/i18n.h"
#include "pki/sslerr.h"
#include "pki/truststore.h"
#include "trust/format.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <string.h>

#define ITERATIONS_MAX 1000000 /* a second of work; keytool writes 10,000 */

/*
 * Java before 16 encrypts with RC2, which OpenSSL has in its legacy provider alone. In a context
 * of its own that is nobody else's business.
 */
static OSSL_LIB_CTX *with_legacy(void)
{
	static OSSL_LIB_CTX *ctx;

	if (ctx)
		return ctx;
	ctx = OSSL_LIB_CTX_new();
	if (ctx) {
		(void)OSSL_PROVIDER_load(ctx, "default");
		(void)OSSL_PROVIDER_load(ctx, "legacy");
	}
	return ctx;
}

static void parse(struct p12 *p, struct span file)
{
	PKCS12 *p12 = PKCS12_init_ex(NID_pkcs7_data, p->ctx, NULL);
	BIO *bio = file.n <= INT_MAX ? BIO_new_mem_buf(file.p, (int)file.n) : NULL;

	if (p12 && bio)
		p->p12 = d2i_PKCS12_bio(bio, &p12);
	if (!p->p12)
		PKCS12_free(p12);
	p->rest = bio ? (size_t)BIO_pending(bio) : 0;
	BIO_free(bio);
}

/* ---- how much work a stranger's file may ask for --------------------------------------------- */

static long number(const ASN1_INTEGER *i)
{
	long n = i ? ASN1_INTEGER_get(i) : 1;

	return n < 0 ? LONG_MAX : n;
}

static long iterations_pbkdf2(const X509_ALGOR *a)
{
	PBKDF2PARAM *p = NULL;
	long n = 1; /* scrypt has its own bound in OpenSSL */

	if (OBJ_obj2nid(a->algorithm) != NID_id_pbkdf2)
		return n;
	p = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBKDF2PARAM), a->parameter);
	n = p ? number(p->iter) : LONG_MAX;
	PBKDF2PARAM_free(p);
	return n;
}

static long iterations_of(const X509_ALGOR *a)
{
	PBE2PARAM *two = NULL;
	PBEPARAM *one = NULL;
	long n = LONG_MAX;

	if (OBJ_obj2nid(a->algorithm) == NID_pbes2) {
		two = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBE2PARAM), a->parameter);
		n = two ? iterations_pbkdf2(two->keyfunc) : LONG_MAX;
		PBE2PARAM_free(two);
		return n;
	}
	one = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBEPARAM), a->parameter);
	n = one ? number(one->iter) : LONG_MAX;
	PBEPARAM_free(one);
	return n;
}

static int too_much(struct err *e)
{
	return err_set(e, ERR_USER, _("the store asks for more than %d rounds of work to open it"),
	    ITERATIONS_MAX);
}

/* ---- its password ---------------------------------------------------------------------------- */

static int try_password(struct p12 *p, const char *password)
{
	p->password = password;
	return PKCS12_verify_mac(p->p12, password, password ? -1 : 0) == 1;
}

/* A JDK's own cacerts, from 18 on, has neither MAC nor encryption. */
static int unlock(struct p12 *p, const struct store_secret *secret, struct err *e)
{
	const ASN1_INTEGER *rounds = NULL;

	p->password = secret->given ? secret->given : "changeit";
	if (!PKCS12_mac_present(p->p12))
		return 0;
	PKCS12_get0_mac(NULL, NULL, NULL, &rounds, p->p12);
	if (number(rounds) > ITERATIONS_MAX)
		return too_much(e);
	if (secret->given && try_password(p, secret->given))
		return 0;
	if (secret->given)
		return err_set(e, ERR_USER,
		    _("the password is wrong, or the store is damaged: its MAC doesn't fit"));
	if (try_password(p, "changeit") || try_password(p, "changeme") || try_password(p, "") ||
	    try_password(p, NULL))
		return 0;
	return err_set(e, ERR_USER,
	    _("its password is not \"changeit\", or it is damaged: name the password by "
	      "--password-file"));
}

/* Whether it begins as one: the version, 3, is first in it. A certificate begins otherwise. */
static int begins_alike(struct span file)
{
	static const uint8_t version[] = { 0x02, 0x01, 0x03 };
	struct span part;
	uint64_t length;

	if (span_skip(&file, 1) < 0 || span_be(&file, 1, &length) < 0)
		return 0;
	if (length > 0x80 && span_skip(&file, length & 0x7f) < 0)
		return 0;
	return span_take(&file, sizeof version, &part) == 0 &&
	       memcmp(part.p, version, sizeof version) == 0;
}

int p12_open(struct p12 *p, struct span file, const struct store_secret *secret, struct err *e)
{
	int rc;

	*p = (struct p12) { .ctx = with_legacy(), .usage = OBJ_txt2obj(TRUSTSTORE_USAGE, 1) };
	parse(p, file);
	ERR_clear_error();
	if (!p->p12 && begins_alike(file))
		return err_set(e, ERR_USER, _("the PKCS12 trust store is damaged or cut off"));
	if (!p->p12)
		return 0;
	rc = unlock(p, secret, e) < 0 ? -1 : 1;
	ERR_clear_error();
	return rc;
}

void p12_close(struct p12 *p)
{
	PKCS12_free(p->p12);
	ASN1_OBJECT_free(p->usage);
	*p = (struct p12) { 0 };
}

/* ---- safes and bags -------------------------------------------------------------------------- */

int p12_bags(const struct p12 *p, PKCS7 *safe, STACK_OF(PKCS12_SAFEBAG) * *out, struct err *e)
{
	const PKCS7_ENC_CONTENT *content;

	*out = NULL;
	if (PKCS7_type_is_data(safe))
		*out = PKCS12_unpack_p7data(safe);
	if (PKCS7_type_is_encrypted(safe)) {
		content = safe->d.encrypted ? safe->d.encrypted->enc_data : NULL;
		if (!content || iterations_of(content->algorithm) > ITERATIONS_MAX)
			return too_much(e);
		*out = PKCS12_unpack_p7encdata(safe, p->password, -1);
	}
	if (*out || !(PKCS7_type_is_data(safe) || PKCS7_type_is_encrypted(safe)))
		return 0;
	return err_ssl(e, _("open the store (another password, or it is damaged)"));
}

void p12_free_bags(STACK_OF(PKCS12_SAFEBAG) * bags)
{
	sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
}

int p12_is_cert(const PKCS12_SAFEBAG *bag)
{
	return PKCS12_SAFEBAG_get_nid(bag) == NID_certBag &&
	       PKCS12_SAFEBAG_get_bag_nid(bag) == NID_x509Certificate;
}

int p12_is_marked(const struct p12 *p, const PKCS12_SAFEBAG *bag)
{
	return p12_is_cert(bag) &&
	       X509at_get_attr_by_OBJ(PKCS12_SAFEBAG_get0_attrs(bag), p->usage, -1) >= 0;
}

/* ---- as a store ------------------------------------------------------------------------------ */

/* A store being read. */
struct reading {
	struct p12 p;
	struct store *store;
};

static int take_bags(
    struct reading *r, const STACK_OF(PKCS12_SAFEBAG) * bags, int depth, struct err *e);

static int take_cert(struct reading *r, const PKCS12_SAFEBAG *bag, struct err *e)
{
	char *name = PKCS12_get_friendlyname((PKCS12_SAFEBAG *)bag);
	struct store_cert c = {
		.x = PKCS12_SAFEBAG_get1_cert(bag),
		.label = span_of(name ? name : "", name ? strlen(name) : 0),
		.servers = p12_is_marked(&r->p, bag) ? ANCHOR_MAY : ANCHOR_MAY_NOT,
	};
	int rc = c.x ? store_add(r->store, &c, e)
		     : err_ssl(e, _("read certificate %zu"), r->store->n + 1);

	X509_free(c.x);
	OPENSSL_free(name);
	return rc;
}

static int take_bag(struct reading *r, const PKCS12_SAFEBAG *bag, int depth, struct err *e)
{
	switch (PKCS12_SAFEBAG_get_nid(bag)) {
	case NID_certBag:
		return p12_is_cert(bag) ? take_cert(r, bag, e) : 0;
	case NID_keyBag:
	case NID_pkcs8ShroudedKeyBag:
		r->store->keys++;
		return 0;
	case NID_safeContentsBag:
		return take_bags(r, PKCS12_SAFEBAG_get0_safes(bag), depth + 1, e);
	default:
		return 0;
	}
}

static int take_bags(
    struct reading *r, const STACK_OF(PKCS12_SAFEBAG) * bags, int depth, struct err *e)
{
	if (depth > P12_DEPTH_MAX)
		return err_set(e, ERR_USER, _("the store is nested too deeply"));
	for (int i = 0; i < sk_PKCS12_SAFEBAG_num(bags); i++)
		if (take_bag(r, sk_PKCS12_SAFEBAG_value(bags, i), depth, e) < 0)
			return -1;
	return 0;
}

static int take_safe(struct reading *r, PKCS7 *safe, struct err *e)
{
	STACK_OF(PKCS12_SAFEBAG) * bags;
	int rc = p12_bags(&r->p, safe, &bags, e);

	if (rc == 0)
		rc = take_bags(r, bags, 0, e);
	p12_free_bags(bags);
	return rc;
}

static int take_all(struct reading *r, struct err *e)
{
	STACK_OF(PKCS7) *safes = PKCS12_unpack_authsafes(r->p.p12);
	int rc = safes ? 0 : err_ssl(e, _("read the PKCS12 store"));

	for (int i = 0; rc == 0 && i < sk_PKCS7_num(safes); i++)
		rc = take_safe(r, sk_PKCS7_value(safes, i), e);
	sk_PKCS7_pop_free(safes, PKCS7_free);
	return rc;
}

int p12_read(struct store *s, struct span file, const struct store_secret *secret, struct err *e)
{
	struct reading r = { .store = s };
	int rc = p12_open(&r.p, file, secret, e);

	if (rc == 0) {
		s->format = STORE_DER;
		rc = store_add_der(s, file, span_of("", 0), ANCHOR_MAY, e);
	}
	if (r.p.p12 && rc > 0)
		rc = take_all(&r, e);
	ERR_clear_error();
	p12_close(&r.p);
	return rc;
}
