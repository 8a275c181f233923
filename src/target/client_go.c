/* SPDX-License-Identifier: Apache-2.0 */
/* go-sql-driver/mysql 1.10.1 (dsn.go). */
#include "target/clients.h"

#include "base/i18n.h"

#include <strings.h>

static const struct target_mode go_modes[] = {
	{ "false", TARGET_OFF, 0 },
	{ "0", TARGET_OFF, 0 },
	{ "preferred", TARGET_NONE, 1 },
	{ "skip-verify", TARGET_NONE, 0 },
	{ "true", TARGET_FULL, 0 },
	{ "1", TARGET_FULL, 0 },
	{ 0 },
};

static const struct target_option go[] = {
	TARGET_SAYS("tls", SET_MODE),
	TARGET_SAYS("allowFallbackToPlaintext", SET_FALLBACK),
	{ 0 },
};

static const char *const go_others[] = { "allowAllFiles", "allowCleartextPasswords",
	"allowNativePasswords", "allowOldPasswords", "charset", "checkConnLiveness",
	"clientFoundRows", "collation", "columnsWithAlias", "compress", "connectionAttributes",
	"interpolateParams", "loc", "maxAllowedPacket", "multiStatements", "parseTime",
	"readTimeout", "rejectReadOnly", "serverPubKey", "timeTruncate", "timeout", "writeTimeout",
	NULL };

/*
 * Another word is the name of a configuration, which only the program knows. One like "ture" hardly
 * is, and where the program has registered none of that name the driver stops.
 */
static void note_slip(struct target_reading *r, const char *said)
{
	const char *near = target_client_slip(go_modes, said);

	if (near)
		target_read_note(r, target_read_unknown(r, r->client->refuses_words),
		    r->given[SET_MODE].place, near,
		    _("Go's driver takes \"%.32s\" for a configuration that the program has "
		      "registered; did you mean \"%s\"?"),
		    said, near);
}

static struct target_judged judge_go(struct target_reading *r)
{
	const char *said = target_read_said(r, SET_MODE);
	struct target_judged j = target_client_judged(TARGET_UNSAID, 0, SET_MODE);

	if (!said || !*said)
		return target_client_judged(TARGET_OFF, 0, SET_NOTHING);
	for (const struct target_mode *m = go_modes; m->word; m++)
		if (strcasecmp(said, m->word) == 0)
			j = target_client_judged(m->verify, m->falls_back, SET_MODE);
	if (j.verify == TARGET_UNSAID)
		note_slip(r, said);
	if (j.verify == TARGET_FULL && target_read_yes(r, SET_FALLBACK))
		return target_client_judged(TARGET_FULL, 1, SET_FALLBACK);
	j.falls_back |= j.verify == TARGET_NONE && target_read_yes(r, SET_FALLBACK);
	return j;
}

const struct target_client target_client_go = {
	.id = "go",
	.title = N_("Go's driver"),
	.options = go,
	.others = go_others,
	.open = 1,
	/* It sends what it does not know to the server as a variable, which refuses it. */
	.refuses_names = 1,
	.refuses_words = 1,
	.judge = judge_go,
	.full = N_("write tls=true"),
};
