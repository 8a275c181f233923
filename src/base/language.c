/* SPDX-License-Identifier: Apache-2.0 */
#include "base/language.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void use_english(void)
{
	i18n_use(NULL, 0);
}

static void use_japanese(void)
{
	i18n_use(language_ja, language_ja_rows);
}

static const struct language {
	const char *name;
	void (*use)(void);
} languages[] = { { "en", use_english }, { "ja", use_japanese }, { NULL, NULL } };

static const struct language *language = &languages[0];

/* By the first n letters of a name. NULL: none of ours. */
static const struct language *find(const char *name, size_t n)
{
	for (const struct language *l = languages; l->name; l++)
		if (strlen(l->name) == n && strncmp(l->name, name, n) == 0)
			return l;
	return NULL;
}

static void use(const struct language *l)
{
	language = l;
	l->use();
}

const char *language_name(void)
{
	return language->name;
}

int language_choose(const char *name, struct err *e)
{
	const struct language *l = find(name, strlen(name));

	if (!l)
		return err_set(
		    e, ERR_USER, _("\"%.32s\" is no language of dbtls: --lang en, or ja"), name);
	if (setenv("DBTLS_LANG", name, 1) < 0)
		return err_sys(e, _("set DBTLS_LANG"));
	use(l);
	return 0;
}

/* ---- what the environment says --------------------------------------------------------------- */

/* What counts for a category: LC_ALL, its own variable, LANG; "C" when none is set. */
static const char *locale_of(const char *category)
{
	const char *const names[] = { "LC_ALL", category, "LANG" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return value;
	}
	return "C";
}

/* As "ja_JP.UTF-8" does. "ja_JP" alone is EUC-JP. */
static int is_utf8(const char *locale)
{
	const char *dot = strchr(locale, '.');
	size_t n = dot ? strcspn(++dot, "@") : 0;

	return (n == 5 && strncasecmp(dot, "UTF-8", n) == 0) ||
	       (n == 4 && strncasecmp(dot, "utf8", n) == 0);
}

static int is_c(const char *locale)
{
	size_t n = strcspn(locale, ".@");

	return (n == 1 && *locale == 'C') || (n == 5 && strncmp(locale, "POSIX", n) == 0);
}

/* The first of "fr:ja_JP:en" that is ours. */
static const struct language *first_of(const char *list)
{
	const struct language *l = NULL;

	while (!l && *list) {
		size_t n = strcspn(list, ":");

		l = find(list, strcspn(list, "_.@:"));
		list += n + (list[n] == ':');
	}
	return l;
}

void language_init(void)
{
	const char *chosen = getenv("DBTLS_LANG"), *list = getenv("LANGUAGE");
	const char *locale = locale_of("LC_MESSAGES");
	const struct language *l = chosen ? find(chosen, strlen(chosen)) : NULL;

	if (!l && !is_c(locale) && is_utf8(locale_of("LC_CTYPE")))
		l = first_of(list && *list ? list : locale);
	if (l)
		use(l);
}
