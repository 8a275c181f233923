/* SPDX-License-Identifier: Apache-2.0 */
/* PEM with blocks taken out and put behind: all that is left stays byte for byte. */
#include "base/i18n.h"
#include "pki/sslerr.h"
#include "trust/pem.h"
#include "trust/rewrite_form.h"

#include <openssl/pem.h>

/* A file on its way. */
struct work {
	struct rewrite_plan *plan;
	struct pem pem;
	struct span left; /* what has not been copied */
	struct buf *out;
};

/* -1: it can't be read; 1: it goes. */
static int goes(const struct work *w, const struct pem_block *b, struct err *e)
{
	enum anchor_servers servers;
	unsigned char *der = NULL;
	X509 *x = pem_cert(&w->pem, b, &servers, e);
	int n = x ? i2d_X509(x, &der) : 0;
	int rc = -1;

	if (n > 0)
		rc = rewrite_goes(w->plan, span_of(der, (size_t)n));
	if (x && n <= 0)
		(void)err_ssl(e, _("read certificate %zu"), w->pem.certs);
	OPENSSL_free(der);
	X509_free(x);
	return rc;
}

static int copy(struct work *w, size_t n, struct err *e)
{
	struct span part = { 0 };

	(void)span_take(&w->left, n, &part);
	return buf_add(w->out, part.p, part.n) < 0 ? rewrite_full(w->out, e) : 0;
}

static int step(struct work *w, const struct pem_block *b, struct err *e)
{
	int gone;

	if (pem_is_key(b))
		return err_set(e, ERR_USER,
		    _("there is a private key in the file: it is no trust store, and is left "
		      "alone"));
	if (!pem_is_cert(b) || w->plan->gones == 0)
		return 0;
	gone = goes(w, b, e);
	if (gone <= 0)
		return gone;
	if (copy(w, (size_t)(b->text.p - w->left.p), e) < 0)
		return -1;
	w->plan->taken++;
	return span_skip(&w->left, b->text.n);
}

/* ---- what is put behind ---------------------------------------------------------------------- */

static int has_crlf(struct span file)
{
	const uint8_t *end = file.n ? memchr(file.p, '\n', file.n) : NULL;

	return end && end > file.p && end[-1] == '\r';
}

/* Lines as the file has them. */
static int put_lines(struct buf *out, const char *text, size_t n, int crlf)
{
	for (size_t i = 0; i < n; i++)
		if ((crlf && text[i] == '\n' && buf_add(out, "\r", 1) < 0) ||
		    buf_add(out, text + i, 1) < 0)
			return -1;
	return 0;
}

static int put_all(const struct work *w, int crlf, struct err *e)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text = NULL;
	int good = bio != NULL;
	int rc;
	long n;

	for (size_t i = 0; good && i < w->plan->adds; i++)
		good = PEM_write_bio(bio, PEM_STRING_X509, "", w->plan->add[i]->der.p,
			   (long)w->plan->add[i]->der.n) > 0;
	n = good ? BIO_get_mem_data(bio, &text) : 0;
	rc = good ? 0 : err_ssl(e, _("write a certificate"));
	if (good && put_lines(w->out, text, (size_t)n, crlf) < 0)
		rc = rewrite_full(w->out, e);
	BIO_free(bio);
	return rc;
}

/* The last line may lack its end. */
static int end_line(struct buf *out, int crlf)
{
	return out->n > 0 && out->p[out->n - 1] != '\n' ? put_lines(out, "\n", 1, crlf) : 0;
}

int rewrite_pem(struct span file, struct rewrite_plan *p, struct buf *out, struct err *e)
{
	struct work w = { .plan = p, .left = file, .out = out };
	struct pem_block b;
	int rc = pem_open(&w.pem, file, e), more = 0;

	while (rc == 0 && (more = pem_next(&w.pem, &b, e)) > 0) {
		rc = step(&w, &b, e);
		pem_drop(&b);
	}
	pem_close(&w.pem);
	if (rc < 0 || more < 0 || copy(&w, w.left.n, e) < 0)
		return -1;
	if (p->adds == 0)
		return 0;
	if (end_line(out, has_crlf(file)) < 0)
		return rewrite_full(out, e);
	return put_all(&w, has_crlf(file), e);
}
