/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/rewrite.h"

#include "base/i18n.h"
#include "trust/format.h"
#include "trust/rewrite_form.h"

#include <stdlib.h>
#include <string.h>

/* ---- what there is to do --------------------------------------------------------------------- */

static int by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, SHA256_LENGTH);
}

static int is_gone(const struct rewrite_plan *p, const uint8_t sha256[SHA256_LENGTH])
{
	return p->gones > 0 && bsearch(sha256, p->gone, p->gones, SHA256_LENGTH, by_bytes);
}

int rewrite_goes(const struct rewrite_plan *p, struct span der)
{
	uint8_t digest[SHA256_LENGTH];

	return p->gones > 0 && sha256(der.p, der.n, digest) == 0 && is_gone(p, digest);
}

static int is_added(const struct rewrite_plan *p, const uint8_t sha256[SHA256_LENGTH])
{
	for (size_t i = 0; i < p->adds; i++)
		if (memcmp(p->add[i]->sha256, sha256, SHA256_LENGTH) == 0)
			return 1;
	return 0;
}

static void plan_gone(struct rewrite_plan *p, const struct store *s, const struct rewrite *r)
{
	for (size_t i = 0; i < r->removes; i++) {
		const struct anchor *a = store_holds(s, r->remove[i]);

		if (a && a->servers == ANCHOR_MAY)
			memcpy(p->gone[p->gones++], a->sha256, SHA256_LENGTH);
	}
	if (p->gones > 0)
		qsort(p->gone, p->gones, SHA256_LENGTH, by_bytes);
}

/* 1: it is to be added; 0: it is there. Only PKCS12 has another place for one that may not. */
static int is_lacking(const struct store *s, const struct anchor *a, struct err *e)
{
	const struct anchor *held = store_holds(s, a->sha256);

	if (held && held->servers == ANCHOR_DISTRUSTED)
		return err_set(e, ERR_USER,
		    _("%s is expressly distrusted there, and would be so if it were added"),
		    a->subject);
	if (held && held->servers == ANCHOR_MAY_NOT && s->format != STORE_PKCS12)
		return err_set(e, ERR_USER,
		    _("%s is there already, but not to vouch for servers: take it out first"),
		    a->subject);
	return !held || held->servers == ANCHOR_MAY_NOT;
}

static int plan_adds(
    struct rewrite_plan *p, const struct store *s, const struct rewrite *r, struct err *e)
{
	for (size_t i = 0; i < r->adds; i++) {
		const struct anchor *a = r->add[i];
		int lacking = is_lacking(s, a, e);

		if (lacking < 0)
			return -1;
		if (lacking && !is_added(p, a->sha256))
			p->add[p->adds++] = a;
	}
	return 0;
}

static int plan(
    struct rewrite_plan *p, const struct store *s, const struct rewrite *r, struct err *e)
{
	p->secret = r->secret;
	p->add = calloc(r->adds + 1, sizeof(struct anchor *));
	p->gone = calloc(r->removes + 1, sizeof *p->gone);
	if (!p->add || !p->gone)
		return err_set(e, ERR_LOCAL, _("there is no memory left"));
	plan_gone(p, s, r);
	return plan_adds(p, s, r, e);
}

/* ---- doing it -------------------------------------------------------------------------------- */

int rewrite_full(const struct buf *out, struct err *e)
{
	return err_set(e, ERR_LOCAL, _("the trust store is larger than %zu bytes"), out->max);
}

/* What holds several certificates, and is written by dbtls itself. */
static int (*const forms[])(
    struct span file, struct rewrite_plan *p, struct buf *out, struct err *e) = {
	[STORE_PEM] = rewrite_pem,
	[STORE_JKS] = rewrite_jks,
	[STORE_PKCS12] = rewrite_p12,
};

static int write_form(
    const struct store *s, struct span file, struct rewrite_plan *p, struct buf *out, struct err *e)
{
	if (s->format == STORE_DER)
		return err_set(e, ERR_USER,
		    _("a DER file holds one certificate and no others: PEM can hold more"));
	if (s->format >= sizeof forms / sizeof *forms || !forms[s->format])
		return err_set(e, ERR_USER, _("a store of this kind (%s) is not written as a file"),
		    _(store_format_name(s->format)));
	return forms[s->format](file, p, out, e);
}

/* ---- a defect of ours must not reach a disk -------------------------------------------------- */

static int is_kept(const struct rewrite_plan *p, const struct anchor *a, const struct store *now)
{
	const struct anchor *held = store_holds(now, a->sha256);

	if (is_gone(p, a->sha256))
		return !held || held->servers != ANCHOR_MAY;
	if (is_added(p, a->sha256))
		return 1;
	return held && strcmp(held->label, a->label) == 0 &&
	       (held->servers == a->servers || a->servers == ANCHOR_DISTRUSTED);
}

static int is_right(const struct store *s, const struct rewrite_plan *p, const struct store *now)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		if (!is_kept(p, &s->anchors[i], now))
			return 0;
	for (size_t i = 0; i < p->adds; i++) {
		const struct anchor *held = store_holds(now, p->add[i]->sha256);

		if (!held || held->servers != ANCHOR_MAY)
			return 0;
	}
	for (size_t i = 0; i < now->n; i++)
		n += store_holds(s, now->anchors[i].sha256) || is_added(p, now->anchors[i].sha256);
	return n == now->n && now->keys == s->keys;
}

/* PEM without a certificate can't be read, and is right when there is to be none. */
static int check(
    const struct store *s, const struct rewrite_plan *p, const struct buf *out, struct err *e)
{
	struct store_list list = { 0 };
	struct err why = { 0 };
	int good;

	if (store_name(&list, s->path, e) < 0)
		return -1;
	good = format_read(&list.v[0], span_of(out->p, out->n), p->secret, &why) == 0 ||
	       (s->format == STORE_PEM && list.v[0].n == 0);
	good = good && list.v[0].format == s->format && is_right(s, p, &list.v[0]);
	store_free(&list);
	if (good)
		return 0;
	return err_set(e, ERR_LOCAL,
	    _("what would be written doesn't read back as it should (%s), so that the store is "
	      "left: please report this"),
	    *why.text ? why.text : _("other certificates"));
}

int rewrite_store(const struct store *s, struct span file, const struct rewrite *r, struct buf *out,
    struct err *e)
{
	struct rewrite_plan p = { 0 };
	int rc = plan(&p, s, r, e);

	if (rc == 0 && p.adds + p.gones == 0) {
		rc = buf_add(out, file.p, file.n) < 0 ? rewrite_full(out, e) : 0;
		goto out;
	}
	if (rc == 0)
		rc = write_form(s, file, &p, out, e);
	if (rc == 0)
		rc = check(s, &p, out, e);
	if (rc == 0)
		rc = (int)p.adds + p.taken;
out:
	free(p.add);
	free(p.gone);
	return rc;
}
