/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/stores.h"

#include "base/i18n.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * What some do otherwise than OpenSSL. Java's PKIX takes an anchor as it is (RFC 5280 6.1.1 d),
 * also when its dates are over; NSS asks for these. Neither wants it to be a root. NSS looks among
 * all that lies in its database for an issuer that was not sent.
 */
static const struct reader {
	enum store_format format;
	int takes_any_date, finds_issuers;
} readers[] = {
	{ STORE_JKS, 1, 0 },
	{ STORE_PKCS12, 1, 0 },
	{ STORE_NSS, 0, 1 },
};

static const struct reader *reader_of(const struct store *s)
{
	for (size_t i = 0; i < sizeof readers / sizeof *readers; i++)
		if (readers[i].format == s->format)
			return &readers[i];
	return NULL;
}

/* Whether all that was served is valid, so that what is not can be the anchor alone. */
static int is_current(const struct path *p, time_t now)
{
	for (size_t i = 0; i < p->certs; i++)
		if (p->cert[i].used && (now < p->cert[i].from || now > p->cert[i].until))
			return 0;
	return 1;
}

static int is_date(const char *id)
{
	return strcmp(id, "expired") == 0 || strcmp(id, "not-yet-valid") == 0;
}

static int is_passed(
    const struct reader *r, const struct path_input *in, const struct path *p, const char *id)
{
	if (strcmp(id, "partial-chain") == 0)
		return 1;
	if (is_date(id))
		return r->takes_any_date && p->anchored && is_current(p, in->now);
	/* What was fetched does not lie in the store. */
	return r->finds_issuers && p->anchored && p->completed && in->extras == 0 &&
	       strcmp(id, "missing-intermediate") == 0;
}

/* The first finding that keeps who reads the store from connecting; NULL: none. */
static const struct path_finding *fault_of(
    const struct store *s, const struct path_input *in, const struct path *p)
{
	const struct reader *r = reader_of(s);

	for (size_t i = 0; i < p->finds; i++) {
		const struct path_finding *f = &p->found[i];

		if (diagnose_cause(f->id)->kind == DIAGNOSE_WARNING)
			continue;
		if (!r || !is_passed(r, in, p, f->id))
			return f;
	}
	return NULL;
}

/* ---- what a store forbids -------------------------------------------------------------------- */

/* Whether it is part of the way; where some could not be read, nobody knows. */
static int is_used(const struct path_input *in, const struct path *p, size_t i)
{
	return p->certs != in->n || p->cert[i].used;
}

const char *stores_forbids(const struct store *s, const struct path_input *in, const struct path *p)
{
	uint8_t print[SHA256_LENGTH];

	for (size_t i = 0; i < in->n && i < PATH_CERTS; i++) {
		const struct anchor *a;

		if (!is_used(in, p, i) || sha256(in->served[i].p, in->served[i].n, print) < 0)
			continue;
		a = store_holds(s, print);
		if (a && a->servers == ANCHOR_DISTRUSTED)
			return a->subject;
	}
	return NULL;
}

/* ---- one store ------------------------------------------------------------------------------- */

static void say(struct stores_row *out, const char *id, const char *evidence)
{
	out->cause = diagnose_cause(id);
	store_clean(out->evidence, sizeof out->evidence, span_of(evidence, strlen(evidence)));
}

static void judge(const struct store *s, const struct path_input *in, struct stores_row *out)
{
	const struct path_finding *fault;
	struct err e = { 0 };
	const char *no;
	struct path p;

	if (path_judge(in, &p, &e) < 0) {
		say(out, "certificate-refused", e.text);
		return;
	}
	fault = fault_of(s, in, &p);
	no = stores_forbids(s, in, &p);
	out->lacks = !p.anchored && !no;
	(void)snprintf(out->anchor, sizeof out->anchor, "%s", p.anchor);
	if (no)
		say(out, "distrusted", no);
	else
		say(out, fault ? fault->id : "ok", fault ? fault->text : "");
}

void stores_one(const struct trusts_store *s, const struct path_input *in, struct stores_row *out)
{
	struct path_input by = *in;

	*out = (struct stores_row) { .store = s->store };
	by.trust = s->trust;
	if (s->trust)
		judge(s->store, &by, out);
	else
		say(out, "ca-file-unreadable", s->store->why.text);
}

/* ---- all of them ----------------------------------------------------------------------------- */

int stores_fails(const struct stores_row *r)
{
	return r->cause->kind != DIAGNOSE_OK;
}

int stores_decides(const struct stores_row *r)
{
	return !r->store->besides;
}

int stores_judge(
    struct trusts *trusts, const struct path_input *in, struct stores *out, struct err *e)
{
	const struct trusts_store *v;
	size_t n;

	v = trusts_machine(trusts, out->which == STORES_FEW, &n, e);
	if (!v)
		return -1;
	out->row = calloc(n + 1, sizeof *out->row);
	if (!out->row)
		return err_set(e, ERR_SYS, _("no memory"));
	for (size_t i = 0; i < n; i++)
		if (out->which == STORES_ALL || !v[i].store->besides)
			stores_one(&v[i], in, &out->row[out->n++]);
	return 0;
}

int stores_has(const struct stores *s, const char *path)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->row[i].store->path, path) == 0)
			return 1;
	return 0;
}

void stores_free(struct stores *s)
{
	free(s->row);
	s->row = NULL;
	s->n = 0;
}
