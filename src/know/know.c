/* SPDX-License-Identifier: Apache-2.0 */
#include "know/know.h"

#include "base/i18n.h"

static const struct {
	const char *name, *words;
} trusts[] = {
	[KNOW_YES] = { "yes", N_("yes") },
	[KNOW_WITH_UPDATE] = { "with-update", N_("with an update") },
	[KNOW_NO] = { "no", N_("no") },
	[KNOW_SYSTEM] = { "system", N_("as the operating system does") },
	[KNOW_UNSAID] = { "unsaid", N_("not said") },
};

const char *know_trusts_name(enum know_trusts t)
{
	return trusts[t].name;
}

const char *know_trusts_words(enum know_trusts t)
{
	return trusts[t].words;
}
