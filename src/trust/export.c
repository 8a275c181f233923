/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/export.h"

#include "base/i18n.h"
#include "pki/sslerr.h"
#include "pki/truststore.h"
#include "trust/alias.h"
#include "trust/jks.h"
#include "trust/roots.h"

#include <ctype.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEX_MIN 16

/* ---- which ----------------------------------------------------------------------------------- */

/* Compares hex digits with the digest; -1: it is no such text. */
static int is_digest(const char *text, const uint8_t sha256[SHA256_LENGTH])
{
	size_t digits = 0;
	int same = 1;

	for (; *text; text++) {
		int half = digits % 2 ? 0 : 4;

		if (*text == ':')
			continue;
		if (!isxdigit((unsigned char)*text) || digits >= 2 * SHA256_LENGTH)
			return -1;
		same &= (sha256[digits / 2] >> half & 15) ==
			(isdigit((unsigned char)*text) ? *text - '0' : (*text | 32) - 'a' + 10);
		digits++;
	}
	return digits < HEX_MIN ? -1 : same;
}

static int fits(const struct anchor *a, const char *only)
{
	const struct root *root = roots_named(only);
	int same = is_digest(only, a->sha256);
	uint8_t sha256[SHA256_LENGTH];

	if (root) {
		roots_digest(root, sha256);
		return memcmp(sha256, a->sha256, SHA256_LENGTH) == 0;
	}
	return same >= 0 ? same : strcasestr(a->subject, only) || strcasestr(a->label, only);
}

/* Among the first n. */
static int is_picked(const struct export_pick *pick, size_t n, const struct anchor *a)
{
	for (size_t i = 0; i < n; i++)
		if (memcmp(pick->v[i]->sha256, a->sha256, SHA256_LENGTH) == 0)
			return 1;
	return 0;
}

static int push(struct export_pick *pick, const struct anchor *a, struct err *e)
{
	size_t room = pick->room ? 2 * pick->room : 64;
	const struct anchor **v = pick->v;

	if (pick->n == pick->room) {
		v = reallocarray(v, room, sizeof(struct anchor *));
		if (!v)
			return err_set(e, ERR_LOCAL, _("there is no memory left"));
		pick->v = v;
		pick->room = room;
	}
	v[pick->n++] = a;
	return 0;
}

int export_choose(struct export_pick *pick, const struct store *s, const char *only, struct err *e)
{
	size_t before = pick->n; /* a store has none twice */
	int found = 0;

	for (size_t i = 0; i < s->n; i++) {
		const struct anchor *a = &s->anchors[i];

		if (a->servers != ANCHOR_MAY || (only && !fits(a, only)))
			continue;
		found++;
		if (!is_picked(pick, before, a) && push(pick, a, e) < 0)
			return -1;
	}
	return found;
}

void export_free(struct export_pick *pick)
{
	free(pick->v);
	*pick = (struct export_pick) { 0 };
}

/* ---- as what --------------------------------------------------------------------------------- */

static int full(const struct buf *out, struct err *e)
{
	return err_set(e, ERR_LOCAL, _("the trust store is larger than %zu bytes"), out->max);
}

static int write_pem(const struct export_pick *pick, struct buf *out, struct err *e)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *p = NULL;
	int good = bio != NULL;
	int rc;
	long n;

	for (size_t i = 0; good && i < pick->n; i++)
		good = PEM_write_bio(bio, PEM_STRING_X509, "", pick->v[i]->der.p,
			   (long)pick->v[i]->der.n) > 0;
	n = good ? BIO_get_mem_data(bio, &p) : 0;
	rc = good ? 0 : err_ssl(e, _("write a certificate"));
	if (good && buf_add(out, p, (size_t)n) < 0)
		rc = full(out, e);
	BIO_free(bio);
	return rc;
}

static int write_der(const struct export_pick *pick, struct buf *out, struct err *e)
{
	if (pick->n != 1)
		return err_set(e, ERR_USER,
		    _("a DER file holds one certificate, and these are %zu: --only says which"),
		    pick->n);
	return buf_add(out, pick->v[0]->der.p, pick->v[0]->der.n) < 0 ? full(out, e) : 0;
}

static int write_pkcs12(
    const struct export_pick *pick, const char *password, struct buf *out, struct err *e)
{
	struct buf pem = buf_new(STORE_FILE_MAX);
	int rc = write_pem(pick, &pem, e);

	if (rc == 0)
		rc = truststore_pkcs12(pem.p, pem.n, password, out, e);
	buf_free(&pem);
	return rc;
}

static int write_jks(
    const struct export_pick *pick, const char *password, struct buf *out, struct err *e)
{
	char alias[ALIAS_MAX];
	int rc = jks_begin(out, NULL, (uint32_t)pick->n);

	for (size_t i = 0; rc == 0 && i < pick->n; i++) {
		const struct anchor *a = pick->v[i];
		struct jks_entry entry = { .der = a->der, .made = (uint64_t)a->not_before * 1000 };

		alias_of(a, i + 1, alias);
		entry.alias = span_of(alias, strlen(alias));
		rc = jks_add(out, NULL, &entry);
	}
	if (rc == 0)
		rc = jks_seal(out, password);
	return rc < 0 ? full(out, e) : 0;
}

int export_write(const struct export_pick *pick, enum export_format format, const char *password,
    struct buf *out, struct err *e)
{
	switch (format) {
	case EXPORT_DER:
		return write_der(pick, out, e);
	case EXPORT_JKS:
		return write_jks(pick, password, out, e);
	case EXPORT_PKCS12:
		return write_pkcs12(pick, password, out, e);
	case EXPORT_PEM:
	default:
		return write_pem(pick, out, e);
	}
}
