/* SPDX-License-Identifier: Apache-2.0 */
/* What `dbtls trust audit` says to type, so that stores have the CAs that they lack. */
#include "base/i18n.h"
#include "cmd/trust_audit.h"
#include "trust/change.h"

#include <stdio.h>
#include <string.h>

#define LINE_MAX 16384

/* How a kind of store is named to `trust add`; others by their path. */
static const struct {
	const char *kind, *words; /* NULL: programs bring it along, and it goes when they do */
} scopes[] = {
	{ "system", "--system" },
	{ "nss", "--nss" },
	{ "python", NULL },
	{ "node", NULL },
	{ "ruby", NULL },
};

struct line {
	struct buf text;
	const char *what;
	unsigned scopes; /* of those above, that it is about */
	int any, cut;
};

/* A quote takes four bytes in quotes. */
static void add_path(struct line *l, const char *path)
{
	l->cut |= l->text.n + 4 * strlen(path) + 64 > LINE_MAX;
	if (l->cut)
		return;
	(void)buf_fmt(&l->text, " --store ");
	change_quote(&l->text, path);
}

static void add_store(struct line *l, const struct store *s)
{
	size_t i = 0, n = sizeof scopes / sizeof *scopes;

	while (i < n && strcmp(scopes[i].kind, store_kind_name(s)) != 0)
		i++;
	if (i == n)
		add_path(l, s->path);
	if (i < n && scopes[i].words && !(l->scopes & 1u << i))
		(void)buf_fmt(&l->text, " %s", scopes[i].words);
	l->any |= i == n || scopes[i].words;
	l->scopes |= i < n ? 1u << i : 0;
}

static void begin(struct line *l, const char *what)
{
	*l = (struct line) { .text = buf_new(LINE_MAX), .what = what };
	(void)buf_fmt(&l->text, "dbtls trust add ");
	change_quote(&l->text, what);
}

static int is_brought(const struct line *l)
{
	for (size_t i = 0; i < sizeof scopes / sizeof *scopes; i++)
		if (!scopes[i].words && l->scopes & 1u << i)
			return 1;
	return 0;
}

static void print(const struct buf *text, const char *more, int *begun)
{
	if (!(*begun)++)
		printf(_("\nTo mend that:\n"));
	printf("     %.*s%s\n", (int)text->n, (const char *)text->p, more);
}

/* A line that did not fit would do less than it is there for. */
static void end(struct line *l, int *begun)
{
	if (l->any && !l->cut)
		print(&l->text, "", begun);
	buf_free(&l->text);
	if (is_brought(l)) {
		(void)buf_fmt(&l->text, "dbtls trust add ");
		change_quote(&l->text, l->what);
		print(&l->text,
		    _(" --all --dry-run   # what to set for programs that bring their own"), begun);
	}
	buf_free(&l->text);
}

static int can_be_mended(const struct audit_row *r)
{
	return r->store->readable && r->amazon != AUDIT_BESIDES;
}

static void mend_amazon(const struct audit_table *t, int *begun)
{
	struct line l;

	begin(&l, "amazon-root-ca-1");
	for (size_t i = 0; i < t->rows; i++)
		if (can_be_mended(&t->row[i]) && t->row[i].amazon != AUDIT_READY)
			add_store(&l, t->row[i].store);
	end(&l, begun);
}

/* Whether it lacks one of these CAs, and would be the better for having it. */
static int lacks(const struct audit_row *r, size_t first, size_t n)
{
	for (size_t i = first; i < first + n; i++)
		if (r->held[i] == AUDIT_LACKS || r->held[i] == AUDIT_NAMESAKE)
			return 1;
	return 0;
}

static void mend_file(
    const struct audit_table *t, const struct store *file, size_t first, int *begun)
{
	struct line l;

	begin(&l, file->path);
	for (size_t i = 0; i < t->rows; i++)
		if (can_be_mended(&t->row[i]) && lacks(&t->row[i], first, file->n))
			add_store(&l, t->row[i].store);
	end(&l, begun);
}

void audit_mend(const struct audit_table *t)
{
	const struct store_list *files = &t->asked->files;
	size_t first = 0;
	int begun = 0;

	if (t->asked->elsewhere)
		return;
	if (t->asked->amazon)
		mend_amazon(t, &begun);
	for (size_t i = 0; i < files->n; i++) {
		mend_file(t, &files->v[i], first, &begun);
		first += files->v[i].n;
	}
}
