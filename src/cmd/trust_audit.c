/* SPDX-License-Identifier: Apache-2.0 */
/* `dbtls trust audit`: what each store is worth, by CAs and by endpoints (D7, D8). */
#include "cmd/trust_audit.h"

#include "base/i18n.h"
#include "cmd/cli.h"
#include "cmd/trust.h"
#include "trust/roots.h"

#include <stdlib.h>
#include <string.h>

const struct audit_column audit_columns[] = {
	{ "amazon-root-ca-1", "R1" },
	{ "amazon-root-ca-2", "R2" },
	{ "amazon-root-ca-3", "R3" },
	{ "amazon-root-ca-4", "R4" },
	{ "starfield-services-g2", "G2" },
	{ "starfield-class-2", "C2" },
	{ NULL, NULL },
};

int audit_has_root(const struct store *s, const char *name)
{
	uint8_t sha256[SHA256_LENGTH];
	const struct anchor *a;

	roots_digest(roots_named(name), sha256);
	a = store_holds(s, sha256);
	return a && a->servers == ANCHOR_MAY;
}

static int no_memory(struct err *e)
{
	return err_set(e, ERR_LOCAL, _("there is no memory left"));
}

/* ---- what is asked for ----------------------------------------------------------------------- */

static int read_files(const struct trust_given *g, struct audit_asked *asked, struct err *e)
{
	const struct store_where here = { 0 };
	const struct store_secret none = { 0 };

	for (size_t i = 0; i < g->ca.n; i++) {
		if (store_name(&asked->files, g->ca.v[i], e) < 0)
			return -1;
		store_read(&asked->files.v[i], &here, &none);
		*e = asked->files.v[i].why;
		if (!asked->files.v[i].readable)
			return -1;
		asked->cas += asked->files.v[i].n;
	}
	return 0;
}

const struct anchor *audit_ca(const struct audit_asked *asked, size_t i)
{
	const struct store *file = asked->files.v;

	for (; i >= file->n; file++)
		i -= file->n;
	return &file->anchors[i];
}

/* Takes the endpoints out of the words; *n: how many are left, which are files. */
static int open_endpoints(struct audit_asked *asked, char **words, int *n, struct err *e)
{
	int files = 0;

	for (int i = 0; i < *n; i++) {
		if (!audit_is_endpoint(words[i])) {
			words[files++] = words[i];
			continue;
		}
		if (asked->endpoints == AUDIT_ENDPOINTS)
			return err_set(e, ERR_USER, _("more than %d endpoints"), AUDIT_ENDPOINTS);
		if (audit_endpoint_open(&asked->at[asked->endpoints++], words[i], e) < 0)
			return -1;
	}
	*n = files;
	return 0;
}

static int ask(
    const struct trust_given *g, struct audit_asked *asked, char **words, int *n, struct err *e)
{
	asked->now = time(NULL);
	asked->elsewhere = g->root != NULL;
	if (read_files(g, asked, e) < 0 || open_endpoints(asked, words, n, e) < 0)
		return -1;
	asked->amazon = g->amazon || (g->ca.n == 0 && asked->endpoints == 0);
	return 0;
}

static void asked_free(struct audit_asked *asked)
{
	for (size_t i = 0; i < asked->endpoints; i++)
		audit_endpoint_close(&asked->at[i]);
	store_free(&asked->files);
}

/* ---- what comes out -------------------------------------------------------------------------- */

/* What decides nothing by itself fails nobody. */
static int fails(const struct audit_row *r, const struct audit_asked *asked)
{
	int failing = asked->amazon && audit_fails(r->amazon);

	for (size_t i = 0; i < asked->cas; i++)
		failing |= r->held[i] != AUDIT_HOLDS;
	for (size_t i = 0; i < asked->endpoints; i++)
		failing |= stores_fails(&r->at[i]);
	return r->amazon == AUDIT_BESIDES ? 0 : failing || !r->store->readable;
}

/* By the same judge as `dbtls check`'s. */
static int fill_endpoints(struct audit_row *r, const struct audit_asked *asked, struct err *e)
{
	struct path_trust *trust = r->store->readable ? path_trust_new(r->store, e) : NULL;
	const struct trusts_store s = { .path = r->store->path, .store = r->store, .trust = trust };

	if (r->store->readable && !trust)
		return -1;
	for (size_t i = 0; i < asked->endpoints; i++)
		stores_one(&s, &asked->at[i].in, &r->at[i]);
	path_trust_free(trust);
	return 0;
}

static int fill(struct audit_row *r, const struct audit_asked *asked, struct err *e)
{
	r->amazon = audit_amazon(r->store);
	r->held = calloc(asked->cas + 1, sizeof *r->held);
	r->at = calloc(asked->endpoints + 1, sizeof *r->at);
	if (!r->held || !r->at) {
		(void)no_memory(e);
		return -1;
	}
	for (size_t i = 0; i < asked->cas; i++)
		r->held[i] = audit_holds(r->store, audit_ca(asked, i), asked->now);
	if (asked->endpoints > 0 && fill_endpoints(r, asked, e) < 0)
		return -1;
	r->fails = fails(r, asked);
	return 0;
}

static int fill_all(struct audit_table *t, const struct store_list *list, struct err *e)
{
	t->row = calloc(list->n + 1, sizeof *t->row);
	if (!t->row)
		return no_memory(e);
	for (; t->rows < list->n; t->rows++) {
		t->row[t->rows].store = &list->v[t->rows];
		if (fill(&t->row[t->rows], t->asked, e) < 0)
			return -1;
	}
	return 0;
}

/* One row more than are counted may have been begun. */
static void table_free(struct audit_table *t, size_t stores)
{
	for (size_t i = 0; t->row && i < stores; i++) {
		free(t->row[i].held);
		free(t->row[i].at);
	}
	free(t->row);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static json_t *json_text(const char *text)
{
	char out[AUDIT_TEXT];

	store_clean(out, sizeof out, span_of(text, strlen(text)));
	return json_string(out);
}

static json_t *json_roots(const struct store *s)
{
	json_t *o = json_object();

	for (const struct audit_column *c = audit_columns; c->root; c++)
		(void)json_object_set_new(o, c->root, json_boolean(audit_has_root(s, c->root)));
	return o;
}

static json_t *json_lacks(const struct audit_row *r, const struct audit_asked *asked)
{
	json_t *all = json_array();

	for (size_t i = 0; i < asked->cas; i++)
		if (r->held[i] != AUDIT_HOLDS)
			(void)json_array_append_new(all, json_string(audit_ca(asked, i)->subject));
	return all;
}

static json_t *json_cas(const struct audit_row *r, const struct audit_asked *asked)
{
	json_t *all = json_array();

	for (size_t i = 0; i < asked->cas; i++)
		(void)json_array_append_new(
		    all, json_pack("{s:s, s:s}", "subject", audit_ca(asked, i)->subject, "is",
			     audit_held_name(r->held[i])));
	return all;
}

static json_t *json_endpoints(const struct audit_row *r, const struct audit_asked *asked)
{
	json_t *all = json_array();

	for (size_t i = 0; i < asked->endpoints; i++) {
		const struct stores_row *at = &r->at[i];

		(void)json_array_append_new(all,
		    json_pack("{s:o, s:b, s:s, s:s, s:s}", "endpoint", json_text(asked->at[i].text),
			"trusted", !stores_fails(at), "verdict", at->cause->id, "sentence",
			_(at->cause->sentence), "evidence", at->evidence));
	}
	return all;
}

static void json_finding(void *arg, const struct audit_finding *f)
{
	json_t *o = json_pack("{s:s}", "what", audit_what_name(f->what));

	if (f->anchor)
		(void)json_object_set_new(o, "subject", json_string(f->anchor->subject));
	if (f->when)
		(void)json_object_set_new(o, "when", json_string(f->when));
	(void)json_array_append_new(arg, o);
}

static json_t *json_row(const struct audit_row *r, const struct audit_asked *asked)
{
	const struct store *s = r->store;
	json_t *found = json_array();

	(void)audit_store(s, asked->now, json_finding, found);
	return json_pack("{s:s, s:o, s:s, s:s, s:b, s:o, s:o, s:o, s:o, s:o}", "kind",
	    store_kind_name(s), "path", json_text(s->path), "amazon", audit_name(r->amazon),
	    "words", _(audit_words(r->amazon)), "fails", r->fails, "roots", json_roots(s), "lacks",
	    json_lacks(r, asked), "cas", json_cas(r, asked), "endpoints", json_endpoints(r, asked),
	    "findings", found);
}

static int print_json(const struct audit_table *t)
{
	json_t *all = json_array();

	for (size_t i = 0; i < t->rows; i++)
		(void)json_array_append_new(all, json_row(&t->row[i], t->asked));
	cli_print_json(all);
	return 0;
}

/* ---- the verb -------------------------------------------------------------------------------- */

static int failing(const struct audit_table *t)
{
	int n = 0;

	for (size_t i = 0; i < t->rows; i++)
		n += t->row[i].fails;
	return n;
}

int trust_audit(const struct trust_given *g, char **words, int n)
{
	static struct audit_asked asked;
	struct audit_table t = { .asked = &asked };
	struct store_list list = { 0 };
	struct err e = { 0 };
	int rc = -1;

	if (ask(g, &asked, words, &n, &e) == 0 && trust_stores(g, words, n, &list, &e) == 0 &&
	    fill_all(&t, &list, &e) == 0)
		rc = cli.json ? print_json(&t) : audit_show(&t, &e);
	if (rc == 0)
		rc = failing(&t) > 0 ? CLI_FAILED : CLI_OK;
	table_free(&t, list.n);
	store_free(&list);
	asked_free(&asked);
	return rc < 0 ? cli_fail(&e) : rc;
}
