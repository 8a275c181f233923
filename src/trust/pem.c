/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates as text: bundles, with whatever stands between them. */
#include "trust/pem.h"

#include "base/i18n.h"
#include "pki/sslerr.h"
#include "trust/format.h"
#include "trust/known.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

#define BEGIN      "-----BEGIN "
#define DASHES     "-----"
#define LINE_BYTES 254 /* crypto/pem/pem_lib.c: LINESIZE, less a NUL */

/* ---- blocks ---------------------------------------------------------------------------------- */

int pem_open(struct pem *p, struct span file, struct err *e)
{
	*p = (struct pem) { .file = file };
	if (file.n > INT_MAX)
		return err_set(e, ERR_USER, _("the file is too large for PEM"));
	p->bio = BIO_new_mem_buf(file.n ? file.p : (const void *)"", (int)file.n);
	return p->bio ? 0 : err_set(e, ERR_LOCAL, _("there is no memory left"));
}

void pem_close(struct pem *p)
{
	BIO_free(p->bio);
	p->bio = NULL;
}

/* How much of the file has been read. OpenSSL reads line by line, and never past END's. */
static size_t position(const struct pem *p)
{
	return p->file.n - (size_t)BIO_pending(p->bio);
}

/* A line as OpenSSL's get_name takes it: cut at LINE_BYTES, and blank is what it takes for blank.
 */
static size_t line_of(struct span text)
{
	size_t max = text.n < LINE_BYTES ? text.n : LINE_BYTES;
	const uint8_t *end = memchr(text.p, '\n', max);

	return end ? (size_t)(end - text.p) + 1 : max;
}

static int begins(const uint8_t *line, size_t n)
{
	while (n > 0 && (char)line[n - 1] <= ' ')
		n--;
	return n >= strlen(BEGIN) + strlen(DASHES) && memcmp(line, BEGIN, strlen(BEGIN)) == 0 &&
	       memcmp(line + n - strlen(DASHES), DASHES, strlen(DASHES)) == 0;
}

/* What was read ends with the block; it starts with the first line that begins one. */
static struct span text_of(struct span read)
{
	while (read.n > 0 && !begins(read.p, line_of(read)))
		(void)span_skip(&read, line_of(read));
	return read;
}

int pem_next(struct pem *p, struct pem_block *out, struct err *e)
{
	size_t from = position(p);

	*out = (struct pem_block) { 0 };
	ERR_clear_error();
	if (PEM_read_bio(p->bio, &out->name, &out->header, &out->p, &out->n) != 1)
		return sslerr_is_pem_end() ? 0
					   : err_ssl(e, _("read certificate %zu"), p->certs + 1);
	out->text = text_of(span_of(p->file.p + from, position(p) - from));
	p->certs += (size_t)pem_is_cert(out);
	return 1;
}

void pem_drop(struct pem_block *b)
{
	OPENSSL_free(b->name);
	OPENSSL_free(b->header);
	OPENSSL_clear_free(b->p, b->n > 0 ? (size_t)b->n : 0);
}

/* ---- what they are --------------------------------------------------------------------------- */

int pem_is_cert(const struct pem_block *b)
{
	return strcmp(b->name, PEM_STRING_X509) == 0 || strcmp(b->name, PEM_STRING_X509_OLD) == 0 ||
	       strcmp(b->name, PEM_STRING_X509_TRUSTED) == 0;
}

int pem_is_key(const struct pem_block *b)
{
	size_t n = strlen(b->name);

	return n >= 11 && strcmp(b->name + n - 11, "PRIVATE KEY") == 0;
}

static int has(const STACK_OF(ASN1_OBJECT) * uses)
{
	for (int i = 0; i < sk_ASN1_OBJECT_num(uses); i++) {
		int use = OBJ_obj2nid(sk_ASN1_OBJECT_value(uses, i));

		if (use == NID_server_auth || use == NID_anyExtendedKeyUsage)
			return 1;
	}
	return 0;
}

/* OpenSSL's own addition, "BEGIN TRUSTED CERTIFICATE": for what it is trusted and for what not. */
static enum anchor_servers servers_of(X509 *x)
{
	const STACK_OF(ASN1_OBJECT) *trusted = X509_get0_trust_objects(x);

	if (has(X509_get0_reject_objects(x)))
		return ANCHOR_DISTRUSTED;
	return trusted && !has(trusted) ? ANCHOR_MAY_NOT : ANCHOR_MAY;
}

X509 *pem_cert(
    const struct pem *p, const struct pem_block *b, enum anchor_servers *servers, struct err *e)
{
	int extra = strcmp(b->name, PEM_STRING_X509_TRUSTED) == 0;
	const unsigned char *at = b->p;
	X509 *x = NULL;

	if (!b->header || !*b->header)
		x = extra ? d2i_X509_AUX(NULL, &at, b->n) : d2i_X509(NULL, &at, b->n);
	*servers = x && extra ? servers_of(x) : ANCHOR_MAY;
	if (!x)
		(void)err_ssl(e, _("read certificate %zu"), p->certs);
	return x;
}

/* ---- as a store ------------------------------------------------------------------------------ */

/* What may have been parsed before: a certificate with nothing about it. */
static X509 *cert_known(const struct store *s, const struct pem_block *b)
{
	int plain = strcmp(b->name, PEM_STRING_X509) == 0 && (!b->header || !*b->header);
	X509 *x = plain && s->known && b->n > 0 ? known_cert(s->known, span_of(b->p, (size_t)b->n))
						: NULL;

	ERR_clear_error();
	return x;
}

static int take(struct store *s, const struct pem *p, const struct pem_block *b, struct err *e)
{
	struct store_cert c = { 0 };
	int rc = -1;

	s->keys += (size_t)pem_is_key(b);
	if (!pem_is_cert(b))
		return 0;
	c.x = cert_known(s, b);
	if (!c.x)
		c.x = pem_cert(p, b, &c.servers, e);
	if (c.x)
		rc = store_add(s, &c, e);
	X509_free(c.x);
	return rc;
}

int pem_read(struct store *s, struct span file, const struct store_secret *secret, struct err *e)
{
	struct pem p;
	struct pem_block b;
	int rc = pem_open(&p, file, e), more = 0;

	(void)secret;
	while (rc == 0 && (more = pem_next(&p, &b, e)) > 0) {
		rc = take(s, &p, &b, e);
		pem_drop(&b);
	}
	if (more < 0)
		rc = -1;
	if (rc == 0 && s->n == 0)
		rc = err_set(e, ERR_USER,
		    _("there is no certificate in it: PEM has a line -----BEGIN CERTIFICATE-----"));
	pem_close(&p);
	return rc;
}
