/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strings for people are English in the source and marked _("…"). GNU gettext's tools find them
 * there, and the catalogue in its form, po/ja.po, becomes part of the program: base/language.h.
 */
#ifndef BASE_I18N_H
#define BASE_I18N_H

#include <stddef.h>

#define _(s)                   i18n_text(s)
#define N_(s)                  s /* marks a string in a table; the printer calls _() on it */
#define ngettext(one, many, n) i18n_plural(one, many, n)

/* The text in the language chosen, or itself. What is returned lives as long as s, or for ever. */
const char *i18n_text(const char *s) __attribute__((format_arg(1)));

/* The same of the one that fits n things. */
const char *i18n_plural(const char *one, const char *many, unsigned long n)
    __attribute__((format_arg(1), format_arg(2)));

/* A row of a catalogue. */
struct i18n_row {
	const char *english, *theirs;
};

/* Sets the catalogue that is asked from now on, and sorts it; NULL: English. It stays borrowed. */
void i18n_use(struct i18n_row *rows, size_t n);

#endif
