/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PKCS12 with bags taken out and put in. A safe in which nothing changes keeps its bytes, encrypted
 * as they are; the others keep their bags, and are encrypted as they were.
 */
#include "base/i18n.h"
#include "pki/sslerr.h"
#include "pki/truststore.h"
#include "trust/alias.h"
#include "trust/p12.h"
#include "trust/rewrite_form.h"

#include <openssl/err.h>

/* What keytool 17 takes where there is nothing to go by. */
#define ITERATIONS  10000
#define SALT_LENGTH 20

/* A file on its way. */
struct work {
	struct rewrite_plan *plan;
	struct p12 p;
	STACK_OF(PKCS7) * safes;
	struct aliases aliases;
	PKCS7 *home; /* the safe where certificates to trust are */
};

/* ---- a safe, locked again -------------------------------------------------------------------- */

static X509_ALGOR *as_keytool(const struct work *w)
{
	return PKCS5_pbe2_set_iv_ex(
	    EVP_aes_256_cbc(), ITERATIONS, NULL, SALT_LENGTH, NULL, NID_hmacWithSHA256, w->p.ctx);
}

/* NULL: these are parameters that OpenSSL can read, but not make. */
static X509_ALGOR *again_pbkdf2(const struct work *w, const PBE2PARAM *was)
{
	const EVP_CIPHER *cipher = EVP_get_cipherbyobj(was->encryption->algorithm);
	PBKDF2PARAM *p = NULL;
	X509_ALGOR *out = NULL;

	if (OBJ_obj2nid(was->keyfunc->algorithm) == NID_id_pbkdf2)
		p = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBKDF2PARAM), was->keyfunc->parameter);
	if (cipher && p && p->salt->type == V_ASN1_OCTET_STRING)
		out = PKCS5_pbe2_set_iv_ex(cipher, (int)ASN1_INTEGER_get(p->iter), NULL,
		    p->salt->value.octet_string->length, NULL,
		    p->prf ? OBJ_obj2nid(p->prf->algorithm) : NID_hmacWithSHA1, w->p.ctx);
	PBKDF2PARAM_free(p);
	return out;
}

static X509_ALGOR *again_pbe2(const struct work *w, const X509_ALGOR *was)
{
	PBE2PARAM *two = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBE2PARAM), was->parameter);
	X509_ALGOR *out = two ? again_pbkdf2(w, two) : NULL;

	PBE2PARAM_free(two);
	return out;
}

static X509_ALGOR *again_pbe(const struct work *w, const X509_ALGOR *was)
{
	PBEPARAM *one = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBEPARAM), was->parameter);
	X509_ALGOR *out = NULL;

	if (one)
		out = PKCS5_pbe_set_ex(OBJ_obj2nid(was->algorithm),
		    (int)ASN1_INTEGER_get(one->iter), NULL, one->salt->length, w->p.ctx);
	PBEPARAM_free(one);
	return out;
}

/* The same algorithms and work, with a new salt. */
static X509_ALGOR *again(const struct work *w, const X509_ALGOR *was)
{
	if (OBJ_obj2nid(was->algorithm) == NID_pbes2)
		return again_pbe2(w, was);
	return again_pbe(w, was);
}

static int encrypt(const struct work *w, PKCS7_ENC_CONTENT *content, X509_ALGOR *how,
    STACK_OF(PKCS12_SAFEBAG) * bags)
{
	ASN1_OCTET_STRING *data = NULL;

	if (how)
		data = PKCS12_item_i2d_encrypt_ex(how, ASN1_ITEM_rptr(PKCS12_SAFEBAGS),
		    w->p.password, -1, bags, 1, w->p.ctx, NULL);
	if (!data) {
		X509_ALGOR_free(how);
		return -1;
	}
	X509_ALGOR_free(content->algorithm);
	content->algorithm = how;
	ASN1_OCTET_STRING_free(content->enc_data);
	content->enc_data = data;
	return 0;
}

static int lock(const struct work *w, PKCS7 *safe, STACK_OF(PKCS12_SAFEBAG) * bags, struct err *e)
{
	PKCS7_ENC_CONTENT *content;

	if (PKCS7_type_is_data(safe))
		return ASN1_item_pack(bags, ASN1_ITEM_rptr(PKCS12_SAFEBAGS), &safe->d.data)
			   ? 0
			   : err_ssl(e, _("write the PKCS12 store"));
	content = safe->d.encrypted->enc_data;
	if (encrypt(w, content, again(w, content->algorithm), bags) < 0 &&
	    encrypt(w, content, as_keytool(w), bags) < 0)
		return err_ssl(e, _("encrypt the PKCS12 store"));
	ERR_clear_error();
	return 0;
}

/* ---- what is there --------------------------------------------------------------------------- */

static int goes(const struct work *w, const PKCS12_SAFEBAG *bag)
{
	/* To decode 10,000 certificates takes seconds. */
	int perhaps = w->plan->gones > 0 && p12_is_marked(&w->p, bag);
	X509 *x = perhaps ? PKCS12_SAFEBAG_get1_cert(bag) : NULL;
	unsigned char *der = NULL;
	int n = x ? i2d_X509(x, &der) : 0;
	int gone = n > 0 && rewrite_goes(w->plan, span_of(der, (size_t)n));

	OPENSSL_free(der);
	X509_free(x);
	return gone;
}

static int note_name(struct work *w, const PKCS12_SAFEBAG *bag, struct err *e)
{
	char *name = PKCS12_get_friendlyname((PKCS12_SAFEBAG *)bag);
	int rc = name ? alias_note(&w->aliases, span_of(name, strlen(name)), e) : 0;

	OPENSSL_free(name);
	return rc;
}

/* Takes out what goes, and notes the names of the rest. *marked: there is one to trust. */
static int sweep(
    struct work *w, STACK_OF(PKCS12_SAFEBAG) * bags, int depth, int *marked, struct err *e)
{
	if (depth > P12_DEPTH_MAX)
		return err_set(e, ERR_USER, _("the store is nested too deeply"));
	for (int i = 0; i < sk_PKCS12_SAFEBAG_num(bags);) {
		PKCS12_SAFEBAG *bag = sk_PKCS12_SAFEBAG_value(bags, i);

		*marked |= p12_is_marked(&w->p, bag);
		if (goes(w, bag)) {
			PKCS12_SAFEBAG_free(sk_PKCS12_SAFEBAG_delete(bags, i));
			w->plan->taken++;
			continue;
		}
		if (note_name(w, bag, e) < 0)
			return -1;
		if (PKCS12_SAFEBAG_get_nid(bag) == NID_safeContentsBag &&
		    sweep(w, (STACK_OF(PKCS12_SAFEBAG) *)(uintptr_t)PKCS12_SAFEBAG_get0_safes(bag),
			depth + 1, marked, e) < 0)
			return -1;
		i++;
	}
	return 0;
}

static int sweep_safe(struct work *w, PKCS7 *safe, struct err *e)
{
	STACK_OF(PKCS12_SAFEBAG) * bags;
	int before = w->plan->taken, marked = 0;
	int rc = p12_bags(&w->p, safe, &bags, e);

	if (rc == 0)
		rc = sweep(w, bags, 0, &marked, e);
	if (rc == 0 && w->plan->taken > before)
		rc = lock(w, safe, bags, e);
	if (marked && !w->home)
		w->home = safe;
	p12_free_bags(bags);
	return rc;
}

/* ---- what is put in -------------------------------------------------------------------------- */

static PKCS12_SAFEBAG *bag_of(struct work *w, const struct anchor *a, struct err *e)
{
	const unsigned char *at = a->der.p;
	X509 *x = d2i_X509(NULL, &at, (long)a->der.n);
	PKCS12_SAFEBAG *bag = NULL;
	char alias[ALIAS_MAX];

	if (x && alias_new(&w->aliases, a, alias, e) < 0)
		goto out;
	bag = x ? truststore_bag(x, alias) : NULL;
	if (!bag)
		(void)err_ssl(e, _("write a certificate"));
out:
	X509_free(x);
	return bag;
}

static int put_bags(struct work *w, STACK_OF(PKCS12_SAFEBAG) * bags, struct err *e)
{
	for (size_t i = 0; i < w->plan->adds; i++) {
		PKCS12_SAFEBAG *bag = bag_of(w, w->plan->add[i], e);

		if (!bag)
			return -1;
		if (sk_PKCS12_SAFEBAG_push(bags, bag) <= 0) {
			PKCS12_SAFEBAG_free(bag);
			return err_ssl(e, _("write a certificate"));
		}
	}
	return 0;
}

/* A safe of its own: where there is a MAC there is a password, and then it is encrypted. */
static PKCS7 *new_safe(const struct work *w, struct err *e)
{
	int sealed = PKCS12_mac_present(w->p.p12);
	PKCS7 *safe = PKCS7_new_ex(w->p.ctx, NULL);
	int good = safe && PKCS7_set_type(safe, sealed ? NID_pkcs7_encrypted : NID_pkcs7_data) == 1;

	if (good && sealed) {
		PKCS7_ENC_CONTENT *content = safe->d.encrypted->enc_data;

		content->content_type = OBJ_nid2obj(NID_pkcs7_data);
		X509_ALGOR_free(content->algorithm);
		content->algorithm = as_keytool(w);
		good = content->algorithm != NULL;
	}
	if (good && sk_PKCS7_push(w->safes, safe) > 0)
		return safe;
	(void)err_ssl(e, _("write the PKCS12 store"));
	PKCS7_free(safe);
	return NULL;
}

static int put_all(struct work *w, struct err *e)
{
	PKCS7 *safe = w->home ? w->home : new_safe(w, e);
	STACK_OF(PKCS12_SAFEBAG) *bags = NULL;
	int rc = safe ? 0 : -1;

	if (w->home)
		rc = p12_bags(&w->p, safe, &bags, e);
	if (rc == 0 && !bags)
		bags = sk_PKCS12_SAFEBAG_new_null();
	if (rc == 0)
		rc = bags ? put_bags(w, bags, e) : err_ssl(e, _("write the PKCS12 store"));
	if (rc == 0)
		rc = lock(w, safe, bags, e);
	p12_free_bags(bags);
	return rc;
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* The MAC as it was: its digest, its work and the length of its salt. */
static int seal(const struct work *w, struct err *e)
{
	const ASN1_OCTET_STRING *salt = NULL;
	const ASN1_INTEGER *rounds = NULL;
	const X509_ALGOR *how = NULL;
	const EVP_MD *md = NULL;

	if (!PKCS12_mac_present(w->p.p12))
		return 0;
	PKCS12_get0_mac(NULL, &how, &salt, &rounds, w->p.p12);
	md = EVP_get_digestbyobj(how->algorithm);
	if (!md)
		return err_set(e, ERR_USER,
		    _("the store has a MAC of a kind that can't be written; `keytool` can"));
	if (PKCS12_set_mac(w->p.p12, w->p.password, -1, NULL, ASN1_STRING_length(salt),
		rounds ? (int)ASN1_INTEGER_get(rounds) : 1, md) != 1)
		return err_ssl(e, _("seal the PKCS12 store"));
	return 0;
}

static int pack(const struct work *w, struct buf *out, struct err *e)
{
	unsigned char *der = NULL;
	int n = -1;
	int rc = 0;

	if (PKCS12_pack_authsafes(w->p.p12, w->safes) != 1)
		return err_ssl(e, _("write the PKCS12 store"));
	if (seal(w, e) < 0)
		return -1;
	n = i2d_PKCS12(w->p.p12, &der);
	if (n <= 0)
		rc = err_ssl(e, _("write the PKCS12 store"));
	if (n > 0 && buf_add(out, der, (size_t)n) < 0)
		rc = rewrite_full(out, e);
	OPENSSL_free(der);
	return rc;
}

static int change(struct work *w, struct err *e)
{
	if (w->p.rest > 0)
		return err_set(
		    e, ERR_USER, _("%zu bytes stand behind the end of the store"), w->p.rest);
	w->safes = PKCS12_unpack_authsafes(w->p.p12);
	if (!w->safes)
		return err_ssl(e, _("read the PKCS12 store"));
	for (int i = 0; i < sk_PKCS7_num(w->safes); i++)
		if (sweep_safe(w, sk_PKCS7_value(w->safes, i), e) < 0)
			return -1;
	return w->plan->adds > 0 ? put_all(w, e) : 0;
}

int rewrite_p12(struct span file, struct rewrite_plan *p, struct buf *out, struct err *e)
{
	struct work w = { .plan = p };
	int rc = p12_open(&w.p, file, p->secret, e);

	if (rc == 0)
		rc = err_set(e, ERR_USER, _("this is no PKCS12 store"));
	if (rc > 0)
		rc = change(&w, e);
	if (rc == 0)
		rc = pack(&w, out, e);
	ERR_clear_error();
	alias_free(&w.aliases);
	sk_PKCS7_pop_free(w.safes, PKCS7_free);
	p12_close(&w.p);
	return rc;
}
