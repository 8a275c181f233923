/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `dbtls trust audit` shows: a line for each store, by what it holds; below, each sentence
 * once, behind the numbers of the stores that it is about.
 */
#include "base/i18n.h"
#include "cmd/trust_audit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOTES_MAX   1000
#define CAS_MAX     8  /* that have a column; of more there are sentences alone */
#define NUMBERS_MAX 40 /* bytes of numbers; more stand on a line of their own */

enum part { PART_FAILS, PART_WORKS, PART_BESIDES, PARTS };

static const char *const titles[PARTS] = {
	[PART_FAILS] = N_("Who uses these can't connect:"),
	[PART_WORKS] = N_("Who uses these can:"),
	[PART_BESIDES] = N_("What else there is to say:"),
};

/* A sentence, its heading and what it is about, and the stores that it is true of. */
struct note {
	enum part part;
	const char *title; /* of an endpoint's column, or NULL */
	const char *words; /* translated; lives for ever */
	char *about;       /* owned; "" */
	uint8_t *of;       /* a byte for each store */
	int shown;
};

struct notes {
	struct note v[NOTES_MAX];
	size_t n, stores, more; /* more: that there was no room for */
};

static const char *clean(const char *text, char out[AUDIT_TEXT])
{
	store_clean(out, AUDIT_TEXT, span_of(text, strlen(text)));
	return out;
}

/* ---- sentences ------------------------------------------------------------------------------- */

/* What is to be said of one store. */
struct say {
	enum part part;
	const char *title, *words, *about;
};

static int is_same(const struct note *n, const struct say *s)
{
	return n->part == s->part && n->title == s->title && n->words == s->words &&
	       strcmp(n->about, s->about) == 0;
}

static struct note *note_new(struct notes *all, const struct say *s)
{
	struct note n = { .part = s->part, .title = s->title, .words = s->words };

	n.about = strdup(s->about);
	n.of = calloc(all->stores, 1);
	if (n.about && n.of) {
		all->v[all->n] = n;
		return &all->v[all->n++];
	}
	free(n.about);
	free(n.of);
	return NULL;
}

static void say(struct notes *all, size_t store, const struct say *s)
{
	struct note *n = all->v;

	while (n < all->v + all->n && !is_same(n, s))
		n++;
	if (n == all->v + all->n)
		n = all->n < NOTES_MAX ? note_new(all, s) : NULL;
	if (n)
		n->of[store] = 1;
	all->more += !n;
}

static void notes_free(struct notes *all)
{
	for (size_t i = 0; i < all->n; i++) {
		free(all->v[i].about);
		free(all->v[i].of);
	}
	free(all);
}

/* ---- of one store ---------------------------------------------------------------------------- */

struct saying {
	struct notes *all;
	const struct audit_row *row;
	size_t store;
};

/* Where it belongs: what decides nothing by itself lets nobody in and keeps nobody out. */
static enum part part_of(const struct saying *w, int fails)
{
	if (w->row->amazon == AUDIT_BESIDES)
		return PART_BESIDES;
	return fails ? PART_FAILS : PART_WORKS;
}

static void of_amazon(const struct saying *w)
{
	enum audit_verdict v = w->row->amazon;

	say(w->all, w->store,
	    &(struct say) { part_of(w, audit_fails(v)), NULL, _(audit_words(v)), "" });
}

/* Why it can't be read, or is read with a doubt. */
static void of_why(const struct saying *w)
{
	const struct store *s = w->row->store;
	char text[AUDIT_TEXT];
	struct say doubt = { PART_BESIDES, NULL, _("read, with a doubt"),
		clean(s->why.text, text) };

	if (!s->readable) {
		doubt.part = PART_FAILS;
		doubt.words = _(audit_words(AUDIT_UNREADABLE));
	}
	if (*s->why.text)
		say(w->all, w->store, &doubt);
}

static void of_cas(const struct saying *w, const struct audit_asked *asked)
{
	for (size_t i = 0; i < asked->cas; i++) {
		enum audit_held h = w->row->held[i];

		say(w->all, w->store,
		    &(struct say) { part_of(w, h != AUDIT_HOLDS), NULL, _(audit_held_words(h)),
			audit_ca(asked, i)->subject });
	}
}

static const char *const endpoint_titles[AUDIT_ENDPOINTS] = { "E1", "E2", "E3", "E4", "E5", "E6",
	"E7", "E8", "E9", "E10", "E11", "E12", "E13", "E14", "E15", "E16" };

static void of_endpoints(const struct saying *w, const struct audit_asked *asked)
{
	for (size_t i = 0; i < asked->endpoints; i++) {
		const struct stores_row *r = &w->row->at[i];
		int fails = stores_fails(r);

		say(w->all, w->store,
		    &(struct say) { part_of(w, fails), endpoint_titles[i],
			fails ? _(r->cause->sentence) : _("trusts it"), r->evidence });
	}
}

/* The value of its subject's first part, which is its most particular one. */
static void name_of(const struct anchor *a, char *out, size_t size)
{
	const char *value = strchr(a->subject, '=');
	size_t n = 0;

	value = value ? value + 1 : a->subject;
	while (value[n] && value[n] != ',')
		n += value[n] == '\\' && value[n + 1] ? 2 : 1;
	(void)snprintf(out, size, "%.*s", (int)n, value);
}

static void of_finding(void *arg, const struct audit_finding *f)
{
	const struct saying *w = arg;
	char about[512] = "";
	size_t n;

	if (f->anchor)
		name_of(f->anchor, about, sizeof about - 16);
	n = strlen(about);
	if (f->when)
		(void)snprintf(about + n, sizeof about - n, " (%s)", f->when);
	say(w->all, w->store,
	    &(struct say) { PART_BESIDES, NULL, _(audit_what_words(f->what)), about });
}

static void of_store(struct saying *w, const struct audit_asked *asked)
{
	const struct store *s = w->row->store;

	of_why(w);
	if (!s->readable)
		return;
	if (asked->amazon || w->row->amazon == AUDIT_BESIDES)
		of_amazon(w);
	of_cas(w, asked);
	of_endpoints(w, asked);
	(void)audit_store(s, asked->now, of_finding, w);
}

/* ---- the table ------------------------------------------------------------------------------- */

static size_t ca_columns(const struct audit_asked *asked)
{
	return asked->cas <= CAS_MAX ? asked->cas : 0;
}

static void show_titles(const struct audit_asked *asked)
{
	printf("%5s", "");
	for (const struct audit_column *c = audit_columns; asked->amazon && c->root; c++)
		printf("%-4s", c->title);
	for (size_t i = 0; i < ca_columns(asked); i++)
		printf("A%-3zu", i + 1);
	for (size_t i = 0; i < asked->endpoints; i++)
		printf("%-4s", endpoint_titles[i]);
	(void)putchar('\n');
}

static void show_cell(const struct store *s, int yes)
{
	printf("%-4s", !s->readable ? "?" : yes ? "x" : "-");
}

static void show_row(const struct audit_row *r, size_t number, const struct audit_asked *asked)
{
	const struct store *s = r->store;
	char text[AUDIT_TEXT];

	printf("%3zu  ", number);
	for (const struct audit_column *c = audit_columns; asked->amazon && c->root; c++)
		show_cell(s, audit_has_root(s, c->root));
	for (size_t i = 0; i < ca_columns(asked); i++)
		show_cell(s, r->held[i] == AUDIT_HOLDS);
	for (size_t i = 0; i < asked->endpoints; i++)
		show_cell(s, !stores_fails(&r->at[i]));
	printf("%s\n", clean(s->path, text));
}

static void show_legend(const struct audit_asked *asked)
{
	(void)putchar('\n');
	if (asked->amazon)
		printf(_("%5sR1 to R4: Amazon Root CA 1 to 4; G2: Starfield Services G2; C2: "
			 "Starfield Class 2\n"),
		    "");
	for (size_t i = 0; i < ca_columns(asked); i++)
		printf("%5sA%zu: %s\n", "", i + 1, audit_ca(asked, i)->subject);
	for (size_t i = 0; i < asked->endpoints; i++)
		printf("%5s%s: %s\n", "", endpoint_titles[i], asked->at[i].text);
}

/* ---- numbers --------------------------------------------------------------------------------- */

/* "1-4, 7"; owned by the caller. NULL: memory is out. */
static char *numbers_of(const struct note *n, size_t stores)
{
	char *text = NULL;
	const char *before = "";
	size_t size, last;
	FILE *out = open_memstream(&text, &size);

	for (size_t i = 0; out && i < stores; i = last + 1) {
		last = i;
		if (!n->of[i])
			continue;
		while (last + 1 < stores && n->of[last + 1])
			last++;
		(void)fprintf(out, "%s%zu", before, i + 1);
		if (last > i)
			(void)fprintf(out, "-%zu", last + 1);
		before = ", ";
	}
	if (out)
		(void)fclose(out);
	return text;
}

/* What is said of the same stores in the same words is said in one sentence. */
static void show_note(struct notes *all, struct note *n, int width)
{
	char *numbers = numbers_of(n, all->stores);
	const char *before = ": ";

	printf("%5s%-*s  %s%s%s", "", width, numbers ? numbers : "", n->title ? n->title : "",
	    n->title ? ": " : "", n->words);
	free(numbers);
	for (struct note *m = n; m < all->v + all->n; m++) {
		if (m->part != n->part || m->title != n->title || m->words != n->words ||
		    memcmp(m->of, n->of, all->stores) != 0)
			continue;
		m->shown = 1;
		if (*m->about)
			printf("%s%s", before, m->about);
		before = "; ";
	}
	(void)putchar('\n');
}

static int width_of(const struct notes *all)
{
	size_t most = 0;

	for (size_t i = 0; i < all->n; i++) {
		char *numbers = numbers_of(&all->v[i], all->stores);
		size_t n = numbers ? strlen(numbers) : 0;

		if (n > most && n <= NUMBERS_MAX)
			most = n;
		free(numbers);
	}
	return (int)most;
}

/* Those that begin with the words of the first stand together. */
static void show_alike(struct notes *all, struct note *first, int width)
{
	for (struct note *n = first; n < all->v + all->n; n++)
		if (!n->shown && n->part == first->part && n->words == first->words)
			show_note(all, n, width);
}

static void show_part(struct notes *all, enum part part, int width)
{
	int begun = 0;

	for (struct note *n = all->v; n < all->v + all->n; n++) {
		if (n->part != part || n->shown)
			continue;
		if (!begun++)
			printf("\n%s\n", _(titles[part]));
		show_alike(all, n, width);
	}
}

/* ---- all of it ------------------------------------------------------------------------------- */

static void show_sum(const struct audit_table *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->rows; i++)
		n += t->row[i].fails != 0;
	if (n == 0)
		printf(ngettext("\n%zu store, and it fails nobody\n",
			   "\n%zu stores, and none of them fails its users\n", t->rows),
		    t->rows);
	if (n > 0)
		printf(ngettext("\n%zu of %zu stores fails its users\n",
			   "\n%zu of %zu stores fail their users\n", n),
		    n, t->rows);
}

int audit_show(const struct audit_table *t, struct err *e)
{
	struct notes *all = calloc(1, sizeof *all);
	struct saying w = { .all = all };
	int width;

	if (!all)
		return err_set(e, ERR_LOCAL, _("there is no memory left"));
	all->stores = t->rows;
	show_titles(t->asked);
	for (size_t i = 0; i < t->rows; i++) {
		w.row = &t->row[i];
		w.store = i;
		show_row(w.row, i + 1, t->asked);
		of_store(&w, t->asked);
	}
	show_legend(t->asked);
	width = width_of(all);
	show_part(all, PART_FAILS, width);
	audit_mend(t);
	show_part(all, PART_WORKS, width);
	show_part(all, PART_BESIDES, width);
	if (all->more > 0)
		printf(_("     and %zu sentences more\n"), all->more);
	show_sum(t);
	notes_free(all);
	return 0;
}
