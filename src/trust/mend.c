/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/mend.h"

#include "trust/change.h"

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

#define SCOPES (sizeof scopes / sizeof *scopes)

static void begin(struct buf *text, const char *what)
{
	*text = buf_new(LINE_MAX);
	(void)buf_fmt(text, "dbtls trust add ");
	change_quote(text, what);
}

void mend_begin(struct mend *m, const char *what)
{
	*m = (struct mend) { .what = what };
	begin(&m->text, what);
}

/* A quote takes four bytes in quotes. */
static void add_path(struct mend *m, const char *path)
{
	m->cut |= m->text.n + 4 * strlen(path) + 64 > LINE_MAX;
	if (m->cut)
		return;
	(void)buf_fmt(&m->text, " --store ");
	change_quote(&m->text, path);
}

void mend_store(struct mend *m, const struct store *s)
{
	size_t i = 0;

	while (i < SCOPES && strcmp(scopes[i].kind, store_kind_name(s)) != 0)
		i++;
	if (i == SCOPES)
		add_path(m, s->path);
	if (i < SCOPES && scopes[i].words && !(m->scopes & 1u << i))
		(void)buf_fmt(&m->text, " %s", scopes[i].words);
	m->any |= i == SCOPES || scopes[i].words;
	m->scopes |= i < SCOPES ? 1u << i : 0;
}

static const char *text_of(struct buf *b)
{
	return buf_add(b, "", 1) == 0 ? (const char *)b->p : NULL;
}

/* A line that did not fit would do less than it is there for. */
const char *mend_line(struct mend *m)
{
	return m->any && !m->cut ? text_of(&m->text) : NULL;
}

static int is_brought(const struct mend *m)
{
	for (size_t i = 0; i < SCOPES; i++)
		if (!scopes[i].words && m->scopes & 1u << i)
			return 1;
	return 0;
}

const char *mend_brought(struct mend *m)
{
	if (!is_brought(m))
		return NULL;
	buf_free(&m->brought);
	begin(&m->brought, m->what);
	(void)buf_fmt(&m->brought, " --all --dry-run");
	return text_of(&m->brought);
}

void mend_free(struct mend *m)
{
	buf_free(&m->text);
	buf_free(&m->brought);
}
