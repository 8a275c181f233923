/* SPDX-License-Identifier: Apache-2.0 */
/* dbtls-causes(7): doctor/diagnose.c's causes, and know/remedy's rows for each. */
#include "base/i18n.h"
#include "doctor/diagnose.h"
#include "know/remedy.h"
#include "pages/mdoc.h"
#include "pages/pages.h"

#include <string.h>

static const struct {
	enum diagnose_kind kind;
	const char *title, *text;
} groups[] = {
	{ DIAGNOSE_BROKEN, "BROKEN", N_("No client that is right connects.") },
	{ DIAGNOSE_UNREACHABLE, "UNREACHABLE", N_("No answer came from there at all.") },
	{ DIAGNOSE_WARNING, "WARNING",
	    N_("It connects, and some clients don't, or one day it won't.") },
};

static void write_causes(enum diagnose_kind kind)
{
	const struct diagnose_cause *c;

	mdoc_list();
	for (size_t i = 0; (c = diagnose_cause_at(i)); i++) {
		if (c->kind != kind)
			continue;
		mdoc_item(c->id);
		mdoc_text(_(c->sentence));
		mdoc_paragraph(*c->advice ? _(c->advice) : "");
	}
	mdoc_list_end();
}

/* Its file, lines and command, each if there is one, under the causes that it is for. */
static void write_remedy(const struct remedy *r)
{
	mdoc_item(r->causes);
	if (r->say)
		mdoc_text(_(r->say));
	if (r->file)
		mdoc_paragraph(r->file);
	if (r->write)
		mdoc_literal(r->write);
	if (r->run)
		mdoc_literal(r->run);
}

/* Whether the row is for him: his name stands among those of who. */
static int is_for(const struct remedy *r, const struct remedy_who *w)
{
	size_t n = strlen(w->name);

	for (const char *at = r->who; *at; at += strspn(at, " ")) {
		size_t m = strcspn(at, " ");

		if (m == n && strncmp(at, w->name, n) == 0)
			return 1;
		at += m;
	}
	return 0;
}

static void write_remedies(enum remedy_kind kind, const struct remedy *table)
{
	for (const struct remedy_who *w = remedy_whos; w->name; w++) {
		if (w->kind != kind)
			continue;
		mdoc_subsection(_(w->title));
		mdoc_list();
		for (const struct remedy *r = table; r->causes; r++)
			if (is_for(r, w))
				write_remedy(r);
		mdoc_list_end();
	}
}

void pages_causes(void)
{
	mdoc_text(
	    _("dbtls check and dbtls explain name one of these causes. What mends it in a "
	      "system, a client and a server stands behind them: the file, the lines or the "
	      "command, under the causes that they are for. {host}, {port} and {target} stand "
	      "for what was checked."));
	for (size_t g = 0; g < sizeof groups / sizeof *groups; g++) {
		mdoc_section(groups[g].title);
		mdoc_text(_(groups[g].text));
		write_causes(groups[g].kind);
	}
	mdoc_section("SYSTEMS");
	write_remedies(REMEDY_SYSTEM, remedy_systems);
	mdoc_section("CLIENTS");
	write_remedies(REMEDY_CLIENT, remedy_clients);
	mdoc_section("SERVERS");
	write_remedies(REMEDY_SERVER, remedy_servers);
}
