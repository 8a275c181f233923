/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/forge.h"

#include "base/i18n.h"

#include "lab/keypool.h"
#include "net/addr.h"
#include "pki/cert.h"
#include "pki/sslerr.h"

#include <openssl/bn.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PEM_MAX   16384
#define TEXT_MAX  256
#define SERIAL    16 /* bytes; RFC 5280 4.1.2.2 allows 20 */
#define LABEL_MAX 64

struct made {
	X509 *cert;
	EVP_PKEY *key;
	struct buf pem;
};

struct forge {
	struct forged spec[FORGE_CERTS];
	struct made made[FORGE_CERTS];
	size_t n;
	char label[LABEL_MAX], host[TEXT_MAX], revocation[TEXT_MAX];
	time_t now;
};

static unsigned char salt[16]; /* of this run: no two runs give one serial twice */

static void draw_salt(void)
{
	(void)RAND_bytes(salt, sizeof salt);
}

const char *forge_label(const struct forge *f)
{
	return f->label;
}

const struct forged *forge_spec(const struct forge *f, size_t index)
{
	return index < f->n ? &f->spec[index] : NULL;
}

const char *forge_pem(const struct forge *f, size_t index)
{
	return (const char *)f->made[index].pem.p;
}

X509 *forge_cert(const struct forge *f, size_t index)
{
	return f->made[index].cert;
}

EVP_PKEY *forge_key(const struct forge *f, size_t index)
{
	return f->made[index].key;
}

/* ---- names ----------------------------------------------------------------------------------- */

/* Puts what they stand for in place of "@" and, if label isn't NULL, "*". -1: no room. */
static int expand(const char *text, const char *host, const char *label, struct buf *out)
{
	for (; *text; text++) {
		const char *with = *text == '@' ? host : *text == '*' ? label : NULL;

		if (with ? buf_add(out, with, strlen(with)) < 0 : buf_add(out, text, 1) < 0)
			return -1;
	}
	return 0;
}

static int add_part(X509_NAME *name, int nid, const char *text, const struct forge *f)
{
	struct buf b = buf_new(TEXT_MAX);
	int done;

	if (!text)
		return 0;
	done = expand(text, f->host, f->label, &b) == 0 &&
	       X509_NAME_add_entry_by_NID(name, nid, MBSTRING_UTF8, b.p, (int)b.n, -1, 0) == 1;
	buf_free(&b);
	return done ? 0 : -1;
}

static int set_subject(X509 *x, const struct forged *s, const struct forge *f)
{
	const struct {
		int nid;
		const char *text;
	} parts[] = {
		{ NID_countryName, s->c },
		{ NID_stateOrProvinceName, s->st },
		{ NID_localityName, s->l },
		{ NID_organizationName, s->o },
		{ NID_organizationalUnitName, s->ou },
		{ NID_commonName, s->cn },
	};

	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		if (add_part(X509_get_subject_name(x), parts[i].nid, parts[i].text, f) < 0)
			return -1;
	return 0;
}

static int push_name(GENERAL_NAMES *sans, int type, const void *p, size_t n)
{
	GENERAL_NAME *g = GENERAL_NAME_new();
	ASN1_STRING *s =
	    ASN1_STRING_type_new(type == GEN_IPADD ? V_ASN1_OCTET_STRING : V_ASN1_IA5STRING);

	if (!g || !s || ASN1_STRING_set(s, p, (int)n) != 1) {
		ASN1_STRING_free(s);
		goto fail;
	}
	GENERAL_NAME_set0_value(g, type, s);
	if (sk_GENERAL_NAME_push(sans, g) > 0)
		return 0;
fail:
	GENERAL_NAME_free(g);
	return -1;
}

static int push_ip(GENERAL_NAMES *sans, const char *text)
{
	struct addr a;

	if (addr_parse_ip(&a, text) < 0)
		return -1;
	return push_name(sans, GEN_IPADD, a.ip, addr_bits(&a) / 8);
}

/* "\0", two characters, becomes the one that C can't hold in a string. */
static void put_nul(struct buf *b)
{
	uint8_t *at = b->n > 1 ? memmem(b->p, b->n, "\\0", 2) : NULL;

	if (!at)
		return;
	*at = 0;
	memmove(at + 1, at + 2, (size_t)(b->p + b->n - (at + 2)));
	b->n--;
}

static int push_dns(GENERAL_NAMES *sans, const char *text, const struct forge *f)
{
	struct buf b = buf_new(TEXT_MAX);
	struct addr a;
	int rc = -1;

	if (strcmp(text, "@") == 0 && addr_parse_ip(&a, f->host) == 0)
		return push_ip(sans, f->host);
	if (expand(text, f->host, NULL, &b) == 0) {
		put_nul(&b);
		rc = push_name(sans, GEN_DNS, b.p, b.n);
	}
	buf_free(&b);
	return rc;
}

static int add_sans(X509 *x, const struct forged *s, const struct forge *f)
{
	GENERAL_NAMES *sans = GENERAL_NAMES_new();
	/* RFC 5280 4.2.1.6. */
	int critical = X509_NAME_entry_count(X509_get_subject_name(x)) == 0;
	int rc = -1;

	if (!sans)
		return -1;
	for (size_t i = 0; i < FORGE_NAMES; i++)
		if ((s->dns[i] && push_dns(sans, s->dns[i], f) < 0) ||
		    (s->ip[i] && push_ip(sans, s->ip[i]) < 0))
			goto out;
	if (sk_GENERAL_NAME_num(sans) == 0 ||
	    X509_add1_ext_i2d(x, NID_subject_alt_name, sans, critical, X509V3_ADD_DEFAULT) == 1)
		rc = 0;
out:
	GENERAL_NAMES_free(sans);
	return rc;
}

/* ---- the other extensions, in OpenSSL's notation: x509v3_config(5) --------------------------- */

struct extending {
	X509 *x, *issuer;
};

__attribute__((format(printf, 3, 4))) static int extend(
    const struct extending *at, int nid, const char *fmt, ...)
{
	X509_EXTENSION *ext = NULL;
	char value[TEXT_MAX * 2];
	X509V3_CTX ctx;
	va_list ap;
	int n, added;

	va_start(ap, fmt);
	n = vsnprintf(value, sizeof value, fmt, ap);
	va_end(ap);
	X509V3_set_ctx(&ctx, at->issuer, at->x, NULL, NULL, 0);
	if (n >= 0 && (size_t)n < sizeof value)
		ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	added = ext && X509_add_ext(at->x, ext, -1) == 1;
	X509_EXTENSION_free(ext);
	return added ? 0 : -1;
}

static int extend_basic(const struct extending *at, const struct forged *s)
{
	if (!s->ca)
		return extend(at, NID_basic_constraints, "CA:FALSE");
	if (s->pathlen < 0)
		return extend(at, NID_basic_constraints, "critical,CA:TRUE");
	return extend(at, NID_basic_constraints, "critical,CA:TRUE,pathlen:%d", s->pathlen);
}

static int extend_use(const struct extending *at, const struct forged *s)
{
	if (s->usage && extend(at, NID_key_usage, "critical,%s", s->usage) < 0)
		return -1;
	if (s->eku && extend(at, NID_ext_key_usage, "%s", s->eku) < 0)
		return -1;
	if (s->constraints && extend(at, NID_name_constraints, "critical,%s", s->constraints) < 0)
		return -1;
	if (s->must_staple)
		return extend(at, NID_tlsfeature, "status_request");
	return 0;
}

/* The path is lab/revoke.c's. */
static int extend_revocable(const struct extending *at, const struct forge *f, size_t index)
{
	int what = f->spec[index].revocable;

	if (what & FORGE_CRL && extend(at, NID_crl_distribution_points, "URI:%s/%s-%zu.crl",
				    f->revocation, f->label, index) < 0)
		return -1;
	if (what & FORGE_OCSP &&
	    extend(at, NID_info_access, "OCSP;URI:%s/%s-%zu", f->revocation, f->label, index) < 0)
		return -1;
	return 0;
}

static int extend_ids(const struct extending *at)
{
	if (extend(at, NID_subject_key_identifier, "hash") < 0)
		return -1;
	if (at->issuer == at->x)
		return 0;
	return extend(at, NID_authority_key_identifier, "keyid:always");
}

/* ---- one certificate ------------------------------------------------------------------------- */

/*
 * The same for one certificate of one condition however often it is made: its chain may be made
 * for both protocols, and one responder answers for both.
 */
static int set_serial(X509 *x, const struct forge *f, size_t index)
{
	unsigned char md[SHA256_DIGEST_LENGTH];
	struct buf b = buf_new(TEXT_MAX);
	BIGNUM *bn = NULL;
	int done;

	done = buf_add(&b, salt, sizeof salt) == 0 && buf_fmt(&b, "%s %zu", f->label, index) == 0 &&
	       SHA256(b.p, b.n, md);
	md[0] = done ? (md[0] & 0x7f) | 0x40 : 0; /* positive, and as long as the others */
	bn = done ? BN_bin2bn(md, SERIAL, NULL) : NULL;
	done = bn && BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(x));
	BN_free(bn);
	buf_free(&b);
	return done ? 0 : -1;
}

/* Version, serial, dates, key and subject; the rest is the issuer's. */
static X509 *draft(const struct forge *f, size_t index)
{
	const struct forged *s = &f->spec[index];
	X509 *x = X509_new();

	if (x && X509_set_version(x, X509_VERSION_3) == 1 && set_serial(x, f, index) == 0 &&
	    ASN1_TIME_set(X509_getm_notBefore(x), f->now + s->from) &&
	    ASN1_TIME_set(X509_getm_notAfter(x), f->now + s->to) &&
	    X509_set_pubkey(x, f->made[index].key) == 1 && set_subject(x, s, f) == 0)
		return x;
	X509_free(x);
	return NULL;
}

static int finish(const struct forge *f, size_t index, const struct extending *at, EVP_PKEY *key)
{
	const struct forged *s = &f->spec[index];
	const EVP_MD *md = EVP_get_digestbyname(s->digest ? s->digest : "SHA256");

	return md && X509_set_issuer_name(at->x, X509_get_subject_name(at->issuer)) == 1 &&
		       extend_basic(at, s) == 0 && extend_use(at, s) == 0 && extend_ids(at) == 0 &&
		       add_sans(at->x, s, f) == 0 && extend_revocable(at, f, index) == 0 &&
		       X509_sign(at->x, key, md) > 0
		   ? 0
		   : -1;
}

static int make_key(struct forge *f, size_t index, struct err *e)
{
	const struct forged *s = &f->spec[index];
	char name[KEYPOOL_NAME];

	/* No pool has a name like that. */
	(void)snprintf(name, sizeof name, "%zu", index);
	f->made[index].key = keypool_get(s->pool ? s->pool : name, s->key, e);
	return f->made[index].key ? 0 : -1;
}

static int make(struct forge *f, size_t index, struct err *e)
{
	struct made *m = &f->made[index];
	size_t by = f->spec[index].issuer == FORGE_SELF ? index : f->spec[index].issuer;
	struct extending at;

	if (make_key(f, index, e) < 0)
		return -1;
	m->cert = draft(f, index);
	at = (struct extending) { .x = m->cert, .issuer = f->made[by].cert };
	if (!m->cert || finish(f, index, &at, f->made[by].key) < 0)
		return err_ssl(e, _("make certificate %zu of %s"), index, f->label);
	m->pem = buf_new(PEM_MAX);
	if (cert_to_pem(m->cert, &m->pem, e) < 0)
		return -1;
	if (buf_add(&m->pem, "", 1) < 0)
		return err_set(
		    e, ERR_LOCAL, _("certificate %zu of %s is too long"), index, f->label);
	return 0;
}

/* Its issuer is there, or is itself. */
static int is_next(const struct forge *f, size_t index)
{
	size_t by = f->spec[index].issuer;

	return !f->made[index].cert && (by == FORGE_SELF || (by < f->n && f->made[by].cert));
}

/* Issuers may stand in any place: each round makes those whose issuer the last one has made. */
static int make_all(struct forge *f, struct err *e)
{
	size_t left = f->n;

	for (size_t round = 0; round < f->n && left > 0; round++)
		for (size_t i = 0; i < f->n; i++) {
			if (!is_next(f, i))
				continue;
			if (make(f, i, e) < 0)
				return -1;
			left--;
		}
	if (left > 0)
		return err_set(e, ERR_LOCAL, _("a certificate of %s has no issuer"), f->label);
	return 0;
}

struct forge *forge_make(const struct forged *certs, size_t n, const char *label, const char *host,
    const char *revocation, struct err *e)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct forge *f = calloc(1, sizeof *f);

	(void)pthread_once(&once, draw_salt);
	if (!f || n > FORGE_CERTS) {
		(void)err_set(e, ERR_LOCAL, _("no room for the certificates of %s"), label);
		goto fail;
	}
	memcpy(f->spec, certs, n * sizeof *certs);
	f->n = n;
	f->now = time(NULL);
	(void)snprintf(f->label, sizeof f->label, "%s", label);
	(void)snprintf(f->host, sizeof f->host, "%s", host);
	(void)snprintf(f->revocation, sizeof f->revocation, "%s", revocation ? revocation : "");
	if (make_all(f, e) == 0)
		return f;
fail:
	forge_free(f);
	return NULL;
}

void forge_free(struct forge *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->n; i++) {
		X509_free(f->made[i].cert);
		EVP_PKEY_free(f->made[i].key);
		buf_free(&f->made[i].pem);
	}
	free(f);
}

void forge_forget(void)
{
	keypool_forget();
}
