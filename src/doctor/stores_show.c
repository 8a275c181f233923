/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/stores_show.h"

#include "base/i18n.h"
#include "doctor/wrap.h"
#include "trust/audit.h"
#include "trust/mend.h"
#include "trust/roots.h"

#include <string.h>

#define NAMED 3 /* stores that a sentence names; of more it says how many */
#define LINE  8192

static int has_root(const struct store *s, const struct root *r)
{
	uint8_t sha256[SHA256_LENGTH];
	const struct anchor *a;

	roots_digest(r, sha256);
	a = store_holds(s, sha256);
	return a && a->servers == ANCHOR_MAY;
}

/* ---- what to do ------------------------------------------------------------------------------ */

static int can_be_mended(const struct stores *s, const struct stores_row *r)
{
	return s->add && r->lacks && r->store->readable && stores_decides(r);
}

static void show_line(FILE *to, const char *line, const char *more)
{
	if (line)
		(void)fprintf(to, "    → %s%s\n", line, more);
}

/* As one types it, and so in one line however long. */
static void show_mend(FILE *to, const struct stores *s)
{
	struct mend m;

	if (!s->add)
		return;
	mend_begin(&m, s->add);
	for (size_t i = 0; i < s->n; i++)
		if (can_be_mended(s, &s->row[i]))
			mend_store(&m, s->row[i].store);
	show_line(to, mend_line(&m), "");
	show_line(to, mend_brought(&m), _("   # what to set for programs that bring their own"));
	mend_free(&m);
}

/* ---- in a sentence --------------------------------------------------------------------------- */

static void add_paths(struct buf *text, const struct stores *s, int good, size_t of)
{
	size_t named = 0;
	char path[512];

	for (size_t i = 0; i < s->n && named < NAMED; i++) {
		const struct stores_row *r = &s->row[i];

		if (stores_fails(r) == good)
			continue;
		store_clean(path, sizeof path, span_of(r->store->path, strlen(r->store->path)));
		(void)buf_fmt(text, "%s%s", named++ ? ", " : " ", path);
	}
	if (of > named)
		(void)buf_fmt(text, _(" and %zu more"), of - named);
}

static void say_both(struct buf *text, const struct stores *s, size_t good)
{
	(void)buf_fmt(text, _("Of this machine's %zu trust stores %zu trust it:"), s->n, good);
	add_paths(text, s, 1, good);
	(void)buf_fmt(text, _("; not:"));
	add_paths(text, s, 0, s->n - good);
	(void)buf_fmt(text, _(" (--stores says more)"));
}

static void show_few(FILE *to, const struct stores *s)
{
	struct buf text = buf_new(LINE);
	size_t good = 0;

	for (size_t i = 0; i < s->n; i++)
		good += !stores_fails(&s->row[i]);
	if (good == s->n)
		(void)buf_fmt(&text, _("All of this machine's trust stores trust it: %zu"), s->n);
	else if (good == 0)
		(void)buf_fmt(&text, _("None of this machine's %zu trust stores trusts it"), s->n);
	else
		say_both(&text, s, good);
	if (s->n > 0 && buf_add(&text, "", 1) == 0)
		wrap_text(to, "", (const char *)text.p);
	buf_free(&text);
}

/* ---- all of them ----------------------------------------------------------------------------- */

static int is_alike(const struct stores_row *a, const struct stores_row *b)
{
	return a->cause == b->cause && strcmp(a->evidence, b->evidence) == 0 &&
	       strcmp(a->anchor, b->anchor) == 0;
}

static void show_head(FILE *to, const struct stores_row *r)
{
	char text[DIAGNOSE_TEXT + PATH_SENTENCE];

	if (!stores_fails(r))
		(void)snprintf(text, sizeof text, _("ok, by %s"), r->anchor);
	else
		(void)snprintf(text, sizeof text, "%s: %s", r->cause->id, r->evidence);
	wrap_text(to, "", text);
}

static void show_roots(FILE *to, const struct stores_row *r)
{
	for (const struct root *root = roots_amazon; root->name; root++)
		(void)fprintf(to, "%-3s",
		    !r->store->readable        ? "?"
		    : has_root(r->store, root) ? "x"
					       : "-");
}

/* The first of who uses it, as far as there is room, and how many more. */
static void show_users(FILE *to, const struct store *s, size_t at)
{
	struct span rest = span_of(s->users.p, s->users.n), one, first = span_of(NULL, 0);
	char text[128];
	size_t more = 0;

	while (span_cstr(&rest, &one) == 0) {
		more += first.p != NULL;
		first = first.p ? first : one;
	}
	if (!first.p)
		return;
	(void)snprintf(text, sizeof text, "%.*s", (int)first.n, (const char *)first.p);
	if (at + strlen(text) + 6 > WRAP_WIDTH)
		return;
	(void)fprintf(to, "  %s", text);
	if (more)
		(void)fprintf(to, ", +%zu", more);
}

static void show_row(FILE *to, const struct stores *s, const struct stores_row *r)
{
	char path[512];
	size_t at = s->amazon ? 24 : 6;

	store_clean(path, sizeof path, span_of(r->store->path, strlen(r->store->path)));
	(void)fprintf(to, "      ");
	if (s->amazon)
		show_roots(to, r);
	(void)fprintf(to, "%s", path);
	show_users(to, r->store, at + strlen(path));
	(void)putc('\n', to);
}

/* Stores that say the same stand below one heading. */
static void show_groups(FILE *to, const struct stores *s, int good)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct stores_row *first = &s->row[i];
		size_t before = 0;

		while (before < i && !is_alike(&s->row[before], first))
			before++;
		if (before < i || stores_fails(first) == good)
			continue;
		show_head(to, first);
		for (size_t k = i; k < s->n; k++)
			if (is_alike(&s->row[k], first))
				show_row(to, s, &s->row[k]);
	}
}

static void add_standing(struct buf *text, const char *root, const struct root_standing *at)
{
	if (at->state == ROOT_LEAVES)
		(void)buf_fmt(text, _("; %s: in %s until %s"), root, at->programme, at->date);
	if (at->state == ROOT_OUT && *at->date)
		(void)buf_fmt(
		    text, _("; %s: no longer in %s since %s"), root, at->programme, at->date);
	if (at->state == ROOT_OUT && !*at->date)
		(void)buf_fmt(text, _("; %s: no longer in %s"), root, at->programme);
}

/* Until when browsers' programmes keep them; R1 to R4 stand together everywhere. */
static void show_standings(FILE *to)
{
	static const struct {
		const char *title, *root;
	} columns[] = { { "R1-R4", "amazon-root-ca-1" }, { "G2", "starfield-services-g2" },
		{ "C2", "starfield-class-2" } };
	struct buf text = buf_new(LINE);

	(void)buf_fmt(&text, _("R1 to R4: Amazon Root CA 1 to 4; G2: Starfield Services G2; C2: "
			       "Starfield Class 2"));
	for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
		for (const struct root_standing *at = roots_named(columns[i].root)->standings;
		     at->programme; at++)
			add_standing(&text, columns[i].title, at);
	if (buf_add(&text, "", 1) == 0)
		wrap_text(to, "", (const char *)text.p);
	buf_free(&text);
}

static void show_all(FILE *to, const struct stores *s)
{
	(void)fprintf(to, _("    By each trust store of this machine:\n"));
	if (s->amazon)
		(void)fprintf(to, "      R1 R2 R3 R4 G2 C2\n");
	show_groups(to, s, 1);
	show_groups(to, s, 0);
	if (s->amazon)
		show_standings(to);
}

void stores_show_text(FILE *to, const struct stores *s)
{
	if (s->which == STORES_ALL)
		show_all(to, s);
	else
		show_few(to, s);
	show_mend(to, s);
}

/* ---- for programs ---------------------------------------------------------------------------- */

static json_t *json_clean(struct span text)
{
	char out[4096];

	store_clean(out, sizeof out, text);
	return json_string(out);
}

static json_t *json_users(const struct store *s)
{
	struct span rest = span_of(s->users.p, s->users.n), one;
	json_t *all = json_array();

	while (span_cstr(&rest, &one) == 0)
		(void)json_array_append_new(all, json_clean(one));
	return all;
}

/* The line that mends this store; "" where none is known to. */
static json_t *json_mend(const struct stores *s, const struct stores_row *r)
{
	const char *line = NULL;
	struct mend m;
	json_t *o;

	if (!can_be_mended(s, r))
		return json_string("");
	mend_begin(&m, s->add);
	mend_store(&m, r->store);
	line = mend_line(&m);
	if (!line)
		line = mend_brought(&m);
	o = json_string(line ? line : "");
	mend_free(&m);
	return o;
}

static json_t *json_roots(const struct store *s)
{
	json_t *o = json_object();

	for (const struct root *r = roots_amazon; r->name; r++)
		(void)json_object_set_new(o, r->name, json_boolean(has_root(s, r)));
	return o;
}

static json_t *json_row(const struct stores *s, const struct stores_row *r)
{
	json_t *verdict = json_pack("{s:s, s:s, s:s}", "id", r->cause->id, "kind",
	    diagnose_kind_name(r->cause->kind), "sentence", _(r->cause->sentence));
	json_t *o = json_pack("{s:o, s:s, s:s, s:b, s:o, s:o, s:s, s:s, s:o}", "path",
	    json_clean(span_of(r->store->path, strlen(r->store->path))), "kind",
	    store_kind_name(r->store), "format", store_format_name(r->store->format), "decides",
	    stores_decides(r), "users", json_users(r->store), "verdict", verdict, "evidence",
	    r->evidence, "anchor", r->anchor, "mend", json_mend(s, r));

	if (s->amazon) {
		(void)json_object_set_new(o, "roots", json_roots(r->store));
		(void)json_object_set_new(
		    o, "amazon", json_string(audit_name(audit_amazon(r->store))));
	}
	return o;
}

json_t *stores_show_json(const struct stores *s)
{
	json_t *all = json_array();

	for (size_t i = 0; i < s->n; i++)
		(void)json_array_append_new(all, json_row(s, &s->row[i]));
	return all;
}

static json_t *json_standings(const struct root *r)
{
	static const char *const states[] = { "in", "leaves", "out" };
	json_t *all = json_array();

	for (const struct root_standing *at = r->standings; at->programme; at++)
		(void)json_array_append_new(
		    all, json_pack("{s:s, s:s, s:s}", "programme", at->programme, "state",
			     states[at->state], "date", at->date));
	return all;
}

json_t *stores_show_roots(void)
{
	json_t *all = json_array();

	for (const struct root *r = roots_amazon; r->name; r++)
		(void)json_array_append_new(
		    all, json_pack("{s:s, s:o}", "root", r->name, "programmes", json_standings(r)));
	return all;
}
