/* SPDX-License-Identifier: Apache-2.0 */
/* `dbtls trust roots amazon`: the roots that ship with dbtls, and where they stand (D7). */
#include "base/i18n.h"
#include "cmd/cli.h"
#include "cmd/trust.h"
#include "pki/cert.h"
#include "trust/roots.h"

#include <stdio.h>
#include <string.h>

#define STATE_TEXT 64

static const char *const states[] = {
	[ROOT_IN] = "in",
	[ROOT_LEAVES] = "leaves",
	[ROOT_OUT] = "out",
};

static json_t *json_root(const struct root *r, const struct cert_facts *f)
{
	json_t *all = json_array();
	char from[CLI_TIME_TEXT], to[CLI_TIME_TEXT];

	for (const struct root_standing *s = r->standings; s->programme; s++)
		(void)json_array_append_new(
		    all, json_pack("{s:s, s:s, s:s, s:s}", "programme", s->programme, "state",
			     states[s->state], "date", s->date, "source", _(s->source)));
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "name", r->name, "subject",
	    f->subject, "sha256", r->sha256, "key", r->key, "not_before",
	    cli_iso_time((long long)f->not_before, from), "not_after",
	    cli_iso_time((long long)f->not_after, to), "pem", r->pem, "programmes", all);
}

static void name_state(const struct root_standing *s, char out[STATE_TEXT])
{
	(void)snprintf(out, STATE_TEXT, "%s", s->state == ROOT_IN ? _("in") : _("out"));
	if (s->state == ROOT_LEAVES)
		(void)snprintf(out, STATE_TEXT, _("in until %s"), s->date);
	if (s->state == ROOT_OUT && *s->date)
		(void)snprintf(out, STATE_TEXT, _("out since %s"), s->date);
}

static void show(const struct root *r, const struct cert_facts *f)
{
	char from[16], to[16];

	printf("%s\n    %s\n", r->name, f->subject);
	printf("    SHA-256 %s\n", f->fingerprint);
	printf(_("    %s, valid %s to %s\n"), r->key, trust_day(f->not_before, from),
	    trust_day(f->not_after, to));
	for (const struct root_standing *s = r->standings; s->programme; s++) {
		char state[STATE_TEXT];

		name_state(s, state);
		printf("    %-10s ", s->programme);
		cli_cell(state, 23);
		printf("%s\n", _(s->source));
	}
}

int trust_roots(const struct trust_given *g, char **files, int n)
{
	json_t *all = json_array();
	struct cert_facts f;
	struct err e = { 0 };

	(void)g;
	if (n != 1 || strcmp(files[0], "amazon") != 0) {
		json_decref(all);
		return cli_wrong(_("say whose: dbtls trust roots amazon"));
	}
	for (const struct root *r = roots_amazon; r->name; r++) {
		if (cert_facts_pem(&f, r->pem, strlen(r->pem), &e) < 0) {
			json_decref(all);
			return cli_fail(&e);
		}
		if (cli.json)
			(void)json_array_append_new(all, json_root(r, &f));
		if (!cli.json)
			show(r, &f);
	}
	if (cli.json)
		cli_print_json(json_incref(all));
	if (!cli.json)
		printf(_("\nThe same certificates: https://www.amazontrust.com/repository/\n"));
	json_decref(all);
	return CLI_OK;
}
