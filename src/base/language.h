/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which language a program speaks to people.
 *
 * libc's gettext() is not asked for it: it speaks English where no locale of that language was
 * generated, as in most containers; and the way around that, LANGUAGE with C.UTF-8, glibc has
 * closed (sourceware.org bug 16621). So no locale is set at all: numbers and dates are always C's.
 */
#ifndef BASE_LANGUAGE_H
#define BASE_LANGUAGE_H

#include "base/err.h"
#include "base/i18n.h"

/*
 * Chooses by $DBTLS_LANG, else as gettext does: LC_ALL, LC_MESSAGES or LANG, the first that is set,
 * says it, and LANGUAGE may name others unless that is "C". English where it is none of ours, or
 * where letters are not said to be in UTF-8. Call first in main.
 */
void language_init(void);

/*
 * Chooses "en" or "ja", for what this program starts as well: $DBTLS_LANG. -1: it is neither, and
 * the sentence says so.
 */
int language_choose(const char *name, struct err *e);

/* What is chosen: "en", or "ja". */
const char *language_name(void);

/* Japanese, of po/ja.po: tools/catalogue writes it. */
extern struct i18n_row language_ja[];
extern const size_t language_ja_rows;

#endif
