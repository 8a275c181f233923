/* SPDX-License-Identifier: Apache-2.0 */
/* What `dbtls trust audit` says to type, so that stores have the CAs that they lack. */
#include "base/i18n.h"
#include "cmd/trust_audit.h"
#include "trust/mend.h"

#include <stdio.h>

static void print(const char *line, const char *more, int *begun)
{
	if (!line)
		return;
	if (!(*begun)++)
		printf(_("\nTo mend that:\n"));
	printf("     %s%s\n", line, more);
}

static void end(struct mend *m, int *begun)
{
	print(mend_line(m), "", begun);
	print(mend_brought(m), _("   # what to set for programs that bring their own"), begun);
	mend_free(m);
}

static int can_be_mended(const struct audit_row *r)
{
	return r->store->readable && r->amazon != AUDIT_BESIDES;
}

static void mend_amazon(const struct audit_table *t, int *begun)
{
	struct mend m;

	mend_begin(&m, "amazon-root-ca-1");
	for (size_t i = 0; i < t->rows; i++)
		if (can_be_mended(&t->row[i]) && t->row[i].amazon != AUDIT_READY)
			mend_store(&m, t->row[i].store);
	end(&m, begun);
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
	struct mend m;

	mend_begin(&m, file->path);
	for (size_t i = 0; i < t->rows; i++)
		if (can_be_mended(&t->row[i]) && lacks(&t->row[i], first, file->n))
			mend_store(&m, t->row[i].store);
	end(&m, begun);
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
