/* SPDX-License-Identifier: Apache-2.0 */
#include "base/i18n.h"

#include <stdlib.h>
#include <string.h>

static const struct i18n_row *catalogue;
static size_t catalogue_n;

static int compare(const void *a, const void *b)
{
	const struct i18n_row *x = a, *y = b;

	return strcmp(x->english, y->english);
}

void i18n_use(struct i18n_row *rows, size_t n)
{
	if (rows)
		qsort(rows, n, sizeof *rows, compare);
	catalogue = rows;
	catalogue_n = rows ? n : 0;
}

const char *i18n_text(const char *s)
{
	const struct i18n_row key = { .english = s }, *row = NULL;

	if (catalogue_n > 0)
		row = bsearch(&key, catalogue, catalogue_n, sizeof key, compare);
	return row ? row->theirs : s;
}

const char *i18n_plural(const char *one, const char *many, unsigned long n)
{
	return i18n_text(n == 1 ? one : many);
}
