/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/authority.h"

#include "base/file.h"
#include "base/i18n.h"
#include "base/log.h"
#include "net/addr.h"
#include "net/hostnames.h"
#include "pki/cert.h"
#include "pki/sslerr.h"

#include <errno.h>
#include <limits.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_MAX         16384
#define DAY              86400
#define CA_SECONDS       (3650LL * DAY)
#define BACKDATE         3600 /* clocks of clients differ */
#define LEAF_SECONDS_MIN 60
#define LEAF_SECONDS_MAX (398 * DAY)
#define NAMES_MAX        256
#define CN_MAX           64 /* ub-common-name, RFC 5280 appendix A.1 */
#define RSA_BITS_MIN     2048
#define RSA_BITS_MAX     16384 /* OpenSSL verifies with none longer */

struct authority {
	EVP_PKEY *key;
	X509 *cert;
};

/* The key is written as `fresh` and gets its name last: see authority_open. */
struct files {
	char key[PATH_MAX], fresh[PATH_MAX], cert[PATH_MAX];
};

/* An extension in OpenSSL's notation, x509v3_config(5). */
struct extension {
	int nid;
	const char *value;
};

static const struct extension ca_extensions[] = {
	{ NID_basic_constraints, "critical,CA:TRUE,pathlen:0" },
	{ NID_key_usage, "critical,keyCertSign,cRLSign" },
	{ NID_subject_key_identifier, "hash" },
	{ 0 },
};

#define LEAF_EXTENSIONS(usage)                                                                     \
	{ NID_basic_constraints, "CA:FALSE" }, { NID_key_usage, "critical,digitalSignature" },     \
	    { NID_ext_key_usage, usage }, { NID_subject_key_identifier, "hash" },                  \
	    { NID_authority_key_identifier, "keyid:always" },                                      \
	{                                                                                          \
		0                                                                                  \
	}

/* One for both would let whoever has a client's key play the server. */
static const struct extension server_extensions[] = { LEAF_EXTENSIONS("serverAuth") };
static const struct extension client_extensions[] = { LEAF_EXTENSIONS("clientAuth") };

void authority_free(struct authority *a)
{
	if (!a)
		return;
	EVP_PKEY_free(a->key); /* clears what it frees */
	X509_free(a->cert);
	free(a);
}

/* ---- what CA and leaf have in common --------------------------------------------------------- */

/* Positive, and of 128 random bits: RFC 5280 4.1.2.2 allows 20 bytes. */
static int set_serial(X509 *x)
{
	BIGNUM *bn = BN_new();
	int done = bn && BN_rand(bn, 128, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
		   !BN_is_zero(bn) && BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(x));

	BN_free(bn);
	return done ? 0 : -1;
}

static int add_extensions(X509 *x, X509 *issuer, const struct extension *v)
{
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	for (; v->value; v++) {
		X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, &ctx, v->nid, v->value);
		int added = ext && X509_add_ext(x, ext, -1) == 1;

		X509_EXTENSION_free(ext);
		if (!added)
			return -1;
	}
	return 0;
}

/* Version, serial, dates and key; the rest is for the caller. NULL: OpenSSL's error is queued. */
static X509 *draft(EVP_PKEY *key, int64_t from, int64_t to)
{
	X509 *x = X509_new();

	if (x && X509_set_version(x, X509_VERSION_3) == 1 && set_serial(x) == 0 &&
	    ASN1_TIME_set(X509_getm_notBefore(x), (time_t)from) &&
	    ASN1_TIME_set(X509_getm_notAfter(x), (time_t)to) && X509_set_pubkey(x, key) == 1)
		return x;
	X509_free(x);
	return NULL;
}

static int set_cn(X509 *x, const char *cn)
{
	return X509_NAME_add_entry_by_NID(X509_get_subject_name(x), NID_commonName, MBSTRING_ASC,
		   (const unsigned char *)cn, -1, -1, 0) == 1
		   ? 0
		   : -1;
}

/* ---- the CA's files -------------------------------------------------------------------------- */

static int name_files(struct files *f, const char *dir, struct err *e)
{
	if ((size_t)snprintf(f->key, sizeof f->key, "%s/ca.key", dir) >= sizeof f->key ||
	    (size_t)snprintf(f->fresh, sizeof f->fresh, "%s/ca.key.new", dir) >= sizeof f->fresh ||
	    (size_t)snprintf(f->cert, sizeof f->cert, "%s/ca.pem", dir) >= sizeof f->cert)
		return err_set(
		    e, ERR_USER, _("the path of the folder is too long: %.100s..."), dir);
	return 0;
}

static int is_there(const char *path, int *there, struct err *e)
{
	struct stat st;

	*there = lstat(path, &st) == 0;
	if (!*there && errno != ENOENT)
		return err_sys(e, _("look at %s"), path);
	return 0;
}

/* Without this OpenSSL would ask on the terminal when the key is encrypted. */
static int no_password(char *out, int size, int writing, void *arg)
{
	(void)out;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

static EVP_PKEY *read_key(const char *path, struct err *e)
{
	struct buf pem = { 0 };
	EVP_PKEY *key = NULL;
	BIO *bio = NULL;

	if (file_read(path, FILE_MAX, &pem, e) < 0)
		return NULL;
	bio = pem.n > 0 ? BIO_new_mem_buf(pem.p, (int)pem.n) : NULL;
	key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL) : NULL;
	if (!key && pem.n == 0)
		(void)err_set(e, ERR_LOCAL, _("%s is empty: put the key of the CA back"), path);
	if (!key && pem.n > 0)
		(void)err_ssl(e, _("read the key of the CA in %s"), path);
	BIO_free(bio);
	buf_wipe(&pem);
	return key;
}

static X509 *read_cert(const char *path, struct err *e)
{
	struct buf pem = { 0 };
	X509 *cert = NULL;

	if (file_read(path, FILE_MAX, &pem, e) < 0)
		return NULL;
	cert = cert_from_pem(pem.p, pem.n, e);
	if (!cert)
		(void)err_prefix(e, "%s", path);
	buf_free(&pem);
	return cert;
}

/* Key and certificate, which must be a CA's and belong together. */
static struct authority *load(const char *key, const char *cert, struct err *e)
{
	struct authority *a = calloc(1, sizeof *a);

	if (!a) {
		(void)err_sys(e, _("open the CA"));
		return NULL;
	}
	a->key = read_key(key, e);
	a->cert = a->key ? read_cert(cert, e) : NULL;
	if (!a->cert)
		goto fail;
	if (X509_check_private_key(a->cert, a->key) != 1) {
		ERR_clear_error();
		err_set(e, ERR_LOCAL,
		    _("%s is not the key of %s: put back the two that belong together"), key, cert);
		goto fail;
	}
	/* 1: version 3 and basicConstraints; the key identifier goes into every leaf. */
	if (X509_check_ca(a->cert) != 1 || !X509_get0_subject_key_id(a->cert)) {
		err_set(e, ERR_LOCAL, _("%s is not the certificate of a CA"), cert);
		goto fail;
	}
	return a;
fail:
	authority_free(a);
	return NULL;
}

static int write_key(const char *path, EVP_PKEY *key, struct err *e)
{
	BIO *bio = BIO_new(BIO_s_mem()); /* wipes its memory when freed */
	char *p = NULL;
	long n = 0;
	int rc = -1;

	if (!bio || PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) != 1) {
		err_ssl(e, _("write the CA's key"));
		goto out;
	}
	n = BIO_get_mem_data(bio, &p);
	rc = file_replace(path, 0600, p, (size_t)n, e);
out:
	BIO_free(bio);
	return rc;
}

static int write_cert(const char *path, X509 *cert, struct err *e)
{
	struct buf pem = buf_new(FILE_MAX);
	int rc = -1;

	if (cert_to_pem(cert, &pem, e) == 0)
		rc = file_replace(path, 0644, pem.p, pem.n, e);
	buf_free(&pem);
	return rc;
}

/* The CA's own certificate for a new key. */
static X509 *root_for(EVP_PKEY *key, int64_t now, struct err *e)
{
	X509 *x = draft(key, now - BACKDATE, now + CA_SECONDS);
	unsigned char id[4];
	char cn[CN_MAX];

	if (!x || RAND_bytes(id, sizeof id) != 1)
		goto fail;
	(void)snprintf(cn, sizeof cn, "dbtls CA %02X%02X%02X%02X", id[0], id[1], id[2], id[3]);
	if (set_cn(x, cn) < 0 || X509_set_issuer_name(x, X509_get_subject_name(x)) != 1 ||
	    add_extensions(x, x, ca_extensions) < 0 || X509_sign(x, key, EVP_sha256()) <= 0)
		goto fail;
	return x;
fail:
	(void)err_ssl(e, _("make the CA's certificate"));
	X509_free(x);
	return NULL;
}

/* Gives the new key its name: from now on the CA is there. */
static int finish(const struct files *f, struct err *e)
{
	/* Not synced: when a crash undoes the rename, the next start comes here again. */
	if (rename(f->fresh, f->key) < 0)
		return err_sys(e, _("rename %s to %s"), f->fresh, f->key);
	return 0;
}

static int make(const struct files *f, int64_t now, struct err *e)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = NULL;
	int rc = -1;

	if (!key) {
		err_ssl(e, _("make a key for the CA"));
		goto out;
	}
	cert = root_for(key, now, e);
	if (!cert || write_key(f->fresh, key, e) < 0 || write_cert(f->cert, cert, e) < 0)
		goto out;
	rc = finish(f, e);
out:
	X509_free(cert);
	EVP_PKEY_free(key);
	return rc;
}

/* There is a certificate and no key: right when a crash came just before the key got its name. */
static int complete(const struct files *f, struct err *e)
{
	struct authority *a = NULL;
	int there;

	if (is_there(f->fresh, &there, e) < 0)
		return -1;
	if (!there)
		return err_set(e, ERR_LOCAL,
		    _("%s is there without its key: put %s back; for a new CA, which all clients "
		      "must then get, move the certificate away"),
		    f->cert, f->key);
	a = load(f->fresh, f->cert, e);
	if (!a)
		return -1;
	authority_free(a);
	return finish(f, e);
}

struct authority *authority_open(const char *dir, int64_t now, struct err *e)
{
	struct files f = { 0 };
	int key, cert;

	if (name_files(&f, dir, e) < 0 || is_there(f.key, &key, e) < 0 ||
	    is_there(f.cert, &cert, e) < 0)
		return NULL;
	if (key && !cert) {
		(void)err_set(e, ERR_LOCAL,
		    _("%s is there without its certificate: put %s back, any client's copy will "
		      "do; "
		      "for a new CA, which all clients must then get, move the key away"),
		    f.key, f.cert);
		return NULL;
	}
	if (!key && (cert ? complete(&f, e) : make(&f, now, e)) < 0)
		return NULL;
	return load(f.key, f.cert, e);
}

/* ---- leaves ---------------------------------------------------------------------------------- */

/* The key is of a kind and size that every client takes. */
static int key_allowed(EVP_PKEY *key)
{
	char group[32] = "";
	int explicit_curve = 0;

	if (EVP_PKEY_is_a(key, "RSA"))
		return EVP_PKEY_get_bits(key) >= RSA_BITS_MIN &&
		       EVP_PKEY_get_bits(key) <= RSA_BITS_MAX;
	if (!EVP_PKEY_is_a(key, "EC") ||
	    EVP_PKEY_get_group_name(key, group, sizeof group, NULL) != 1)
		return 0;
	/* A curve spelled out may be any curve: CVE-2020-0601. */
	(void)EVP_PKEY_get_int_param(
	    key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &explicit_curve);
	return !explicit_curve &&
	       (strcmp(group, "prime256v1") == 0 || strcmp(group, "secp384r1") == 0);
}

/* The certificate will hold the very bytes that were asked for, and the caller looks for them. */
static int is_canonical(EVP_PKEY *key, struct span spki)
{
	unsigned char *der = NULL;
	int n = i2d_PUBKEY(key, &der);
	int same = n > 0 && (size_t)n == spki.n && memcmp(der, spki.p, spki.n) == 0;

	OPENSSL_free(der);
	return same;
}

static int key_sound(EVP_PKEY *key)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	int sound = ctx && EVP_PKEY_public_check(ctx) == 1;

	EVP_PKEY_CTX_free(ctx);
	return sound;
}

static EVP_PKEY *public_key(struct span spki, struct err *e)
{
	const unsigned char *p = spki.p;
	EVP_PKEY *key =
	    spki.n > 0 && spki.n <= FILE_MAX ? d2i_PUBKEY(NULL, &p, (long)spki.n) : NULL;

	if (!key || !is_canonical(key, spki)) {
		err_set(e, ERR_PEER, _("the public key is not a DER SubjectPublicKeyInfo"));
		goto fail;
	}
	if (!key_allowed(key) || !key_sound(key)) {
		err_set(e, ERR_USER,
		    _("the public key is of a kind that is not certified: take EC P-256 or P-384, "
		      "or "
		      "RSA of %d bits or more"),
		    RSA_BITS_MIN);
		goto fail;
	}
	ERR_clear_error();
	return key;
fail:
	ERR_clear_error();
	EVP_PKEY_free(key);
	return NULL;
}

/* "ann@example.com": one @, a host name behind it, before it nothing that needs quotes. */
static int is_mail(const char *text)
{
	size_t n = strcspn(text, "@");

	return n > 0 && n <= 64 && text[n] && hostname_valid(text + n + 1) &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-") ==
		   n;
}

/* An address, a DNS name or an e-mail address as it stands in a certificate; NULL: none of them, or
 * no memory. */
static GENERAL_NAME *general_name(const char *text, int mail)
{
	struct addr a;
	int ip = addr_parse_ip(&a, text) == 0;
	const void *p = ip ? (const void *)a.ip : text;
	int n = ip ? (int)addr_bits(&a) / 8 : (int)strlen(text);
	GENERAL_NAME *g = NULL;
	ASN1_STRING *s = NULL;

	mail = mail && is_mail(text);
	if (!ip && !mail && !hostname_valid(text))
		return NULL;
	g = GENERAL_NAME_new();
	s = ASN1_STRING_type_new(ip ? V_ASN1_OCTET_STRING : V_ASN1_IA5STRING);
	if (!g || !s || ASN1_STRING_set(s, p, n) != 1) {
		GENERAL_NAME_free(g);
		ASN1_STRING_free(s);
		return NULL;
	}
	GENERAL_NAME_set0_value(g, ip ? GEN_IPADD : mail ? GEN_EMAIL : GEN_DNS, s);
	return g;
}

static int is_listed(const GENERAL_NAMES *sans, GENERAL_NAME *g)
{
	for (int i = 0; i < sk_GENERAL_NAME_num(sans); i++)
		if (GENERAL_NAME_cmp(sk_GENERAL_NAME_value(sans, i), g) == 0)
			return 1;
	return 0;
}

static int add_san(GENERAL_NAMES *sans, struct span name, int mail, struct err *e)
{
	GENERAL_NAME *g = general_name((const char *)name.p, mail);
	char quoted[128];

	if (!g) {
		log_quote(quoted, sizeof quoted, name.p, name.n);
		return err_set(e, ERR_USER,
		    _("\"%s\" is neither a host name nor an address, so it can't be certified"),
		    quoted);
	}
	if (is_listed(sans, g)) {
		GENERAL_NAME_free(g);
		return 0;
	}
	if (sk_GENERAL_NAME_push(sans, g) > 0)
		return 0;
	GENERAL_NAME_free(g);
	return err_ssl(e, _("note a name"));
}

static int add_sans(GENERAL_NAMES *sans, struct span names, int mail, struct err *e)
{
	struct span name;
	int count;

	for (count = 0; names.n > 0 && count <= NAMES_MAX; count++) {
		if (span_cstr(&names, &name) < 0)
			return err_set(e, ERR_PEER, _("the last name has no end"));
		if (add_san(sans, name, mail, e) < 0)
			return -1;
	}
	if (count == 0 || count > NAMES_MAX)
		return err_set(e, ERR_USER, _("a certificate is for 1 to %d names"), NAMES_MAX);
	return 0;
}

/* The SANs, and the first name as the subject's, for clients that print it. */
static int set_names(X509 *x, struct span names, int mail, struct err *e)
{
	GENERAL_NAMES *sans = GENERAL_NAMES_new();
	const char *first = (const char *)names.p;
	int rc = -1, has_cn;

	if (!sans) {
		err_ssl(e, _("note the names"));
		goto out;
	}
	if (add_sans(sans, names, mail, e) < 0)
		goto out;
	has_cn = strlen(first) <= CN_MAX;
	/* An empty subject makes the SANs critical: RFC 5280 4.2.1.6. */
	if ((has_cn && set_cn(x, first) < 0) ||
	    X509_add1_ext_i2d(x, NID_subject_alt_name, sans, !has_cn, X509V3_ADD_DEFAULT) != 1) {
		err_ssl(e, _("put the names into the certificate"));
		goto out;
	}
	rc = 0;
out:
	GENERAL_NAMES_free(sans);
	return rc;
}

/* When a leaf issued now ends, or -1: the request or the CA's own dates do not allow one. */
static int leaf_end(
    const struct authority *a, uint64_t seconds, int64_t now, int64_t *end, struct err *e)
{
	time_t from, to;

	if (seconds < LEAF_SECONDS_MIN || seconds > LEAF_SECONDS_MAX)
		return err_set(e, ERR_USER,
		    _("a certificate is valid for %d seconds to %d days; asked was for %llu "
		      "seconds"),
		    LEAF_SECONDS_MIN, LEAF_SECONDS_MAX / DAY, (unsigned long long)seconds);
	if (cert_times(a->cert, &from, &to) < 0)
		return err_set(e, ERR_LOCAL, _("the dates of the CA's certificate can't be read"));
	if (now < from)
		return err_set(e, ERR_LOCAL,
		    _("the CA's certificate is not valid yet: this host's clock is wrong, or was "
		      "when the CA was made"));
	if (to < now + LEAF_SECONDS_MIN)
		return err_set(e, ERR_LOCAL,
		    _("the CA's certificate has expired: move ca.key and ca.pem away for a new CA, "
		      "which all clients must then get"));
	*end = now + (int64_t)seconds < to ? now + (int64_t)seconds : to;
	return 0;
}

static X509 *leaf_for(struct authority *a, const struct leaf_request *r, int64_t now, struct err *e)
{
	EVP_PKEY *key = NULL;
	X509 *x = NULL, *done = NULL;
	int64_t end = 0;

	if (leaf_end(a, r->seconds, now, &end, e) < 0)
		return NULL;
	key = public_key(r->spki, e);
	if (!key)
		return NULL;
	x = draft(key, now - BACKDATE, end);
	if (!x) {
		err_ssl(e, _("make the certificate"));
		goto out;
	}
	if (set_names(x, r->names, r->client, e) < 0)
		goto out;
	if (X509_set_issuer_name(x, X509_get_subject_name(a->cert)) != 1 ||
	    add_extensions(x, a->cert, r->client ? client_extensions : server_extensions) < 0 ||
	    X509_sign(x, a->key, EVP_sha256()) <= 0) {
		err_ssl(e, _("sign the certificate"));
		goto out;
	}
	done = x;
	x = NULL;
out:
	X509_free(x);
	EVP_PKEY_free(key);
	return done;
}

int authority_issue(struct authority *a, const struct leaf_request *r, int64_t now,
    struct buf *leaf_pem, struct buf *ca_pem, struct err *e)
{
	X509 *leaf = leaf_for(a, r, now, e);
	int rc = -1;

	if (leaf && cert_to_pem(leaf, leaf_pem, e) == 0)
		rc = cert_to_pem(a->cert, ca_pem, e);
	X509_free(leaf);
	return rc;
}
