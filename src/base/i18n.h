/* SPDX-License-Identifier: Apache-2.0 */
/* Strings for people are English in the source and marked _("…"); gettext brings the others. */
#ifndef BASE_I18N_H
#define BASE_I18N_H

#include <libintl.h>

#define _(s)  gettext(s)
#define N_(s) s /* marks a string in a table; the printer calls _() on it */

/* Sets the locale from the environment and the catalogue's place. Call first in main. */
void i18n_init(void);

#endif
