/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/jks.h"

#include "base/i18n.h"
#include "pki/digest.h"
#include "trust/format.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC_JKS   0xfeedfeed
#define MAGIC_JCEKS 0xcececece
#define TAG_KEY     1
#define TAG_CERT    2
#define TAG_SECRET  3
#define WHITENER    "Mighty Aphrodite"
#define TYPE        "X.509"

static int damaged(struct err *e)
{
	return err_set(e, ERR_USER, _("the JKS trust store is damaged or cut off"));
}

int jks_open(struct jks *j, struct span file, struct err *e)
{
	uint64_t magic, version, count;

	*j = (struct jks) { 0 };
	if (file.n < SHA1_LENGTH)
		return damaged(e);
	j->rest = span_of(file.p, file.n - SHA1_LENGTH);
	if (span_be(&j->rest, 4, &magic) < 0 || span_be(&j->rest, 4, &version) < 0 ||
	    span_be(&j->rest, 4, &count) < 0)
		return damaged(e);
	if ((magic != MAGIC_JKS && magic != MAGIC_JCEKS) || version < 1 || version > 2)
		return err_set(e, ERR_USER, _("this is no JKS trust store of version 1 or 2"));
	j->magic = (uint32_t)magic;
	j->version = (uint32_t)version;
	j->left = (uint32_t)count;
	return 0;
}

/* So many bytes as the number before them, of width bytes, says. */
static int take(struct span *s, size_t width, struct span *out)
{
	uint64_t n;

	return span_be(s, width, &n) < 0 ? -1 : span_take(s, (size_t)n, out);
}

static int take_cert(struct jks *j, struct span *der)
{
	struct span type;

	if (j->version == 2 && take(&j->rest, 2, &type) < 0)
		return -1;
	return take(&j->rest, 4, der);
}

static int take_key(struct jks *j)
{
	struct span gone;
	uint64_t chain;

	if (take(&j->rest, 4, &gone) < 0 || span_be(&j->rest, 4, &chain) < 0)
		return -1;
	while (chain-- > 0)
		if (take_cert(j, &gone) < 0)
			return -1;
	return 0;
}

int jks_next(struct jks *j, struct jks_entry *out, struct err *e)
{
	struct span from = j->rest;
	uint64_t tag;

	*out = (struct jks_entry) { 0 };
	if (j->left == 0)
		return j->rest.n == 0 ? 0 : damaged(e);
	j->left--;
	if (span_be(&j->rest, 4, &tag) < 0 || take(&j->rest, 2, &out->alias) < 0 ||
	    span_be(&j->rest, 8, &out->made) < 0)
		return damaged(e);
	if (tag == TAG_SECRET)
		return err_set(e, ERR_USER,
		    _("the store holds a secret key, behind which nothing can be read; "
		      "`keytool -importkeystore` takes the certificates out of it"));
	out->is_key = tag == TAG_KEY;
	if (!(tag == TAG_KEY && take_key(j) == 0) &&
	    !(tag == TAG_CERT && take_cert(j, &out->der) == 0))
		return damaged(e);
	out->whole = span_of(from.p, from.n - j->rest.n);
	return 1;
}

/* ---- its digest ------------------------------------------------------------------------------ */

static int digest(struct span body, const char *password, uint8_t out[SHA1_LENGTH])
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	unsigned char *wide = NULL;
	int n = 0;
	int rc = -1;

	/* It ends in a NUL of two bytes, which Java doesn't have. */
	if (!md || !OPENSSL_utf82uni(password, -1, &wide, &n) || n < 2)
		goto out;
	if (EVP_DigestInit_ex(md, EVP_sha1(), NULL) == 1 &&
	    EVP_DigestUpdate(md, wide, (size_t)n - 2) == 1 &&
	    EVP_DigestUpdate(md, WHITENER, strlen(WHITENER)) == 1 &&
	    EVP_DigestUpdate(md, body.p, body.n) == 1 && EVP_DigestFinal_ex(md, out, NULL) == 1)
		rc = 0;
out:
	OPENSSL_clear_free(wide, n > 0 ? (size_t)n : 0);
	EVP_MD_CTX_free(md);
	return rc;
}

int jks_sealed(struct span file, const char *password)
{
	uint8_t want[SHA1_LENGTH];
	size_t n = file.n - SHA1_LENGTH;

	return file.n >= SHA1_LENGTH && digest(span_of(file.p, n), password, want) == 0 &&
	       CRYPTO_memcmp(want, file.p + n, SHA1_LENGTH) == 0;
}

/* ---- writing --------------------------------------------------------------------------------- */

static int put(struct buf *out, uint64_t v, size_t bytes)
{
	uint8_t b[8];

	for (size_t i = 0; i < bytes; i++)
		b[i] = (uint8_t)(v >> 8 * (bytes - 1 - i));
	return buf_add(out, b, bytes);
}

int jks_begin(struct buf *out, const struct jks *like, uint32_t count)
{
	if (put(out, like ? like->magic : MAGIC_JKS, 4) < 0 ||
	    put(out, like ? like->version : 2, 4) < 0)
		return -1;
	return put(out, count, 4);
}

int jks_add(struct buf *out, const struct jks *like, const struct jks_entry *entry)
{
	if (entry->alias.n > UINT16_MAX || entry->der.n > UINT32_MAX)
		return -1;
	if (put(out, TAG_CERT, 4) < 0 || put(out, entry->alias.n, 2) < 0 ||
	    buf_add(out, entry->alias.p, entry->alias.n) < 0 || put(out, entry->made, 8) < 0)
		return -1;
	if ((!like || like->version == 2) &&
	    (put(out, strlen(TYPE), 2) < 0 || buf_add(out, TYPE, strlen(TYPE)) < 0))
		return -1;
	return put(out, entry->der.n, 4) < 0 ? -1 : buf_add(out, entry->der.p, entry->der.n);
}

int jks_seal(struct buf *out, const char *password)
{
	uint8_t sum[SHA1_LENGTH];

	return digest(span_of(out->p, out->n), password, sum) < 0 ? -1
								  : buf_add(out, sum, sizeof sum);
}

/* ---- as a store ------------------------------------------------------------------------------ */

const char *jks_password(struct span file, const struct store_secret *secret)
{
	static const char *const known[] = { "changeit", "changeme", "" };

	if (secret->given)
		return jks_sealed(file, secret->given) ? secret->given : NULL;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (jks_sealed(file, known[i]))
			return known[i];
	return NULL;
}

/*
 * Java itself reads a store whose password it has not been told, without looking at the digest. So
 * do we, and say so; a password that was given has to be right.
 */
static int check(
    struct store *s, struct span file, const struct store_secret *secret, struct err *e)
{
	if (jks_password(file, secret))
		return 0;
	if (secret->given)
		return err_set(e, ERR_USER,
		    _("the password is wrong, or the store is damaged: its digest doesn't fit"));
	(void)err_set(&s->why, ERR_USER,
	    _("its password is not \"changeit\", so that nobody knows whether it is as it was "
	      "written: name it by --password-file"));
	return 0;
}

int jks_read(struct store *s, struct span file, const struct store_secret *secret, struct err *e)
{
	struct jks j;
	struct jks_entry entry;
	int more = -1;

	if (jks_open(&j, file, e) < 0)
		return -1;
	while ((more = jks_next(&j, &entry, e)) > 0) {
		s->keys += (size_t)entry.is_key;
		if (!entry.is_key && store_add_der(s, entry.der, entry.alias, ANCHOR_MAY, e) < 0)
			return -1;
	}
	return more < 0 ? -1 : check(s, file, secret, e);
}
