/* SPDX-License-Identifier: Apache-2.0 */
#include "base/i18n.h"

#include <locale.h>

#ifndef DBTLS_LOCALEDIR
#define DBTLS_LOCALEDIR "/usr/local/share/locale"
#endif

void i18n_init(void)
{
	(void)setlocale(LC_MESSAGES, "");
	(void)bindtextdomain("dbtls", DBTLS_LOCALEDIR);
	(void)bind_textdomain_codeset("dbtls", "UTF-8");
	(void)textdomain("dbtls");
}
