/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates as text: bundles, with whatever stands between them. */
#include "base/i18n.h"
#include "pki/sslerr.h"
#include "trust/format.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

/* What one block of PEM is. */
struct block {
	char *name, *header;
	unsigned char *p;
	long n;
};

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

static int take_cert(struct store *s, const struct block *b, struct err *e)
{
	int extra = strcmp(b->name, PEM_STRING_X509_TRUSTED) == 0;
	const unsigned char *at = b->p;
	struct store_cert c = { .servers = ANCHOR_MAY };
	int rc = -1;

	c.x = extra ? d2i_X509_AUX(NULL, &at, b->n) : d2i_X509(NULL, &at, b->n);
	if (!c.x || (b->header && *b->header))
		(void)err_ssl(e, _("read certificate %zu"), s->n + 1);
	if (c.x && extra)
		c.servers = servers_of(c.x);
	if (c.x && (!b->header || !*b->header))
		rc = store_add(s, &c, e);
	X509_free(c.x);
	return rc;
}

static int take(struct store *s, const struct block *b, struct err *e)
{
	size_t n = strlen(b->name);

	if (strcmp(b->name, PEM_STRING_X509) == 0 || strcmp(b->name, PEM_STRING_X509_OLD) == 0 ||
	    strcmp(b->name, PEM_STRING_X509_TRUSTED) == 0)
		return take_cert(s, b, e);
	if (n >= 11 && strcmp(b->name + n - 11, "PRIVATE KEY") == 0)
		s->keys++;
	return 0;
}

static int next(BIO *bio, struct block *b)
{
	*b = (struct block) { 0 };
	ERR_clear_error();
	return PEM_read_bio(bio, &b->name, &b->header, &b->p, &b->n) == 1;
}

static void drop(struct block *b)
{
	OPENSSL_free(b->name);
	OPENSSL_free(b->header);
	OPENSSL_clear_free(b->p, b->n > 0 ? (size_t)b->n : 0);
}

int pem_read(struct store *s, struct span file, const struct store_secret *secret, struct err *e)
{
	BIO *bio = file.n <= INT_MAX
		       ? BIO_new_mem_buf(file.n ? file.p : (const void *)"", (int)file.n)
		       : NULL;
	struct block b;
	int rc = bio ? 0 : err_set(e, ERR_LOCAL, _("there is no memory left"));

	(void)secret;
	while (rc == 0 && next(bio, &b)) {
		rc = take(s, &b, e);
		drop(&b);
	}
	if (rc == 0 && !sslerr_is_pem_end())
		rc = err_ssl(e, _("read certificate %zu"), s->n + 1);
	if (rc == 0 && s->n == 0)
		rc = err_set(e, ERR_USER,
		    _("there is no certificate in it: PEM has a line -----BEGIN CERTIFICATE-----"));
	BIO_free(bio);
	return rc;
}
