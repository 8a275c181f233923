/* SPDX-License-Identifier: Apache-2.0 */
/* JKS and JCEKS with entries taken out and put behind; what is left is copied byte for byte. */
#include "base/i18n.h"
#include "trust/alias.h"
#include "trust/jks.h"
#include "trust/rewrite_form.h"

/* A file on its way. */
struct work {
	struct rewrite_plan *plan;
	struct jks jks;
	struct aliases aliases;
	struct buf entries;
	uint32_t count;
};

static int keep(struct work *w, const struct jks_entry *entry, struct err *e)
{
	if (alias_note(&w->aliases, entry->alias, e) < 0)
		return -1;
	w->count++;
	return buf_add(&w->entries, entry->whole.p, entry->whole.n) < 0
		   ? rewrite_full(&w->entries, e)
		   : 0;
}

static int keep_all(struct work *w, struct err *e)
{
	struct jks_entry entry;
	int more;

	while ((more = jks_next(&w->jks, &entry, e)) > 0) {
		if (!entry.is_key && rewrite_goes(w->plan, entry.der)) {
			w->plan->taken++;
			continue;
		}
		if (keep(w, &entry, e) < 0)
			return -1;
	}
	return more;
}

/* An entry is as old as its certificate, as in what is exported. */
static int put(struct work *w, const struct anchor *a, struct err *e)
{
	struct jks_entry entry = { .der = a->der, .made = (uint64_t)a->not_before * 1000 };
	char alias[ALIAS_MAX];

	if (alias_new(&w->aliases, a, alias, e) < 0)
		return -1;
	entry.alias = span_of(alias, strlen(alias));
	w->count++;
	return jks_add(&w->entries, &w->jks, &entry) < 0 ? rewrite_full(&w->entries, e) : 0;
}

static int entries(struct work *w, struct err *e)
{
	if (keep_all(w, e) < 0)
		return -1;
	for (size_t i = 0; i < w->plan->adds; i++)
		if (put(w, w->plan->add[i], e) < 0)
			return -1;
	return 0;
}

static int no_password(const struct store_secret *secret, struct err *e)
{
	if (secret->given)
		return err_set(e, ERR_USER,
		    _("the password is wrong, or the store is damaged: its digest doesn't fit"));
	return err_set(e, ERR_USER,
	    _("its password is not \"changeit\", or it is damaged, so that it can't be sealed "
	      "anew: name the password by --password-file"));
}

int rewrite_jks(struct span file, struct rewrite_plan *p, struct buf *out, struct err *e)
{
	struct work w = { .plan = p, .entries = buf_new(out->max) };
	const char *password = jks_password(file, p->secret);
	int rc = jks_open(&w.jks, file, e);

	if (rc == 0 && !password)
		rc = no_password(p->secret, e);
	if (rc == 0)
		rc = entries(&w, e);
	if (rc == 0 &&
	    (jks_begin(out, &w.jks, w.count) < 0 || buf_add(out, w.entries.p, w.entries.n) < 0 ||
		jks_seal(out, password) < 0))
		rc = rewrite_full(out, e);
	alias_free(&w.aliases);
	buf_free(&w.entries);
	return rc;
}
