/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/alias.h"

#include "base/i18n.h"
#include "trust/roots.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_MAX 24

/* The name under which it ships, or NULL. */
static const char *root_name(const struct anchor *a)
{
	uint8_t sha256[SHA256_LENGTH];

	for (const struct root *r = roots_amazon; r->name; r++) {
		roots_digest(r, sha256);
		if (memcmp(sha256, a->sha256, SHA256_LENGTH) == 0)
			return r->name;
	}
	return NULL;
}

/* Its name without a number; how many bytes. */
static size_t plain(const struct anchor *a, char out[ALIAS_MAX])
{
	const char *name = root_name(a), *cn = strstr(a->subject, "CN=");
	size_t n = 0;

	if (name)
		return (size_t)snprintf(out, ALIAS_MAX, "%s", name);
	for (name = cn ? cn + 3 : a->subject; *name && *name != ','; name++) {
		if (n >= ALIAS_MAX - NUMBER_MAX)
			break;
		if (isalnum((unsigned char)*name))
			out[n++] = (char)tolower((unsigned char)*name);
		if (!isalnum((unsigned char)*name) && n > 0 && out[n - 1] != '-')
			out[n++] = '-';
	}
	out[n] = '\0';
	return n;
}

void alias_of(const struct anchor *a, size_t number, char out[ALIAS_MAX])
{
	size_t n = plain(a, out);

	if (!root_name(a))
		(void)snprintf(out + n, ALIAS_MAX - n, ".%zu", number);
}

/* ---- those that are there -------------------------------------------------------------------- */

/* Its place in the table, or the free one where it belongs; FNV-1a says where to look first. */
static char **place_of(const struct aliases *all, const char *name)
{
	uint64_t at = 0xcbf29ce484222325;

	for (const char *c = name; *c; c++)
		at = (at ^ (unsigned char)*c) * 0x100000001b3;
	for (;; at++) {
		char **place = &all->v[at & (all->room - 1)];

		if (!*place || strcmp(*place, name) == 0)
			return place;
	}
}

/* Half of the places stay free. */
static int make_room(struct aliases *all)
{
	struct aliases more = { .n = all->n, .room = all->room ? 2 * all->room : 64 };

	if (2 * (all->n + 1) <= all->room)
		return 0;
	more.v = calloc(more.room, sizeof *more.v);
	if (!more.v)
		return -1;
	for (size_t i = 0; i < all->room; i++)
		if (all->v[i])
			*place_of(&more, all->v[i]) = all->v[i];
	free(all->v);
	*all = more;
	return 0;
}

int alias_note(struct aliases *all, struct span name, struct err *e)
{
	char *copy =
	    make_room(all) == 0 ? strndup(name.n ? (const char *)name.p : "", name.n) : NULL;
	char **place;

	if (!copy)
		return err_set(e, ERR_LOCAL, _("there is no memory left"));
	for (char *c = copy; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	place = place_of(all, copy);
	all->n += !*place;
	free(*place);
	*place = copy;
	return 0;
}

int alias_new(struct aliases *all, const struct anchor *a, char out[ALIAS_MAX], struct err *e)
{
	size_t n = plain(a, out), number = all->n;

	if (n == 0)
		n = (size_t)snprintf(out, ALIAS_MAX, "ca");
	/* Numbers from the count of entries on are free as a rule, even among many of one name. */
	while (all->room && *place_of(all, out))
		(void)snprintf(out + n, ALIAS_MAX - n, ".%zu", ++number);
	return alias_note(all, span_of(out, strlen(out)), e);
}

void alias_free(struct aliases *all)
{
	for (size_t i = 0; i < all->room; i++)
		free(all->v[i]);
	free(all->v);
	*all = (struct aliases) { 0 };
}
