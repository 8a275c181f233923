/* SPDX-License-Identifier: Apache-2.0 */
/* dbtls-clients(7): doctor/habits.c's clients, and the traits in which they differ. */
#include "base/i18n.h"
#include "doctor/habits_trait.h"
#include "pages/mdoc.h"
#include "pages/pages.h"

#include <stdio.h>

/* The traits of these bits: what they mean, one sentence a line. */
static void write_traits(unsigned bits)
{
	for (const struct habits_trait *t = habits_traits; t->id; t++) {
		char text[1024];

		if (!(bits & t->bit))
			continue;
		(void)snprintf(text, sizeof text, _("(%s) %s."), t->id, _(t->why));
		mdoc_paragraph(text);
	}
}

static void write_client(const struct habits_client *c)
{
	mdoc_subsection(c->name);
	mdoc_text(c->library);
	mdoc_list();
	if (c->alone) {
		mdoc_item(_("Without that set-up"));
		mdoc_text(_(c->alone));
	}
	if (c->takes) {
		mdoc_item(_("It takes what a right client refuses"));
		write_traits(c->takes);
	}
	if (c->stumbles) {
		mdoc_item(_("It fails where a right client connects"));
		write_traits(c->stumbles);
	}
	if (c->unsure) {
		mdoc_item(_("Its version decides"));
		write_traits(c->unsure);
	}
	mdoc_list_end();
}

static void write_clients(enum facts_protocol protocol)
{
	const struct habits_client *c;

	for (size_t i = 0; (c = habits_client_at(i)); i++)
		if (c->protocol == protocol)
			write_client(c);
}

void pages_clients(void)
{
	mdoc_text(_("What each client does otherwise than a right one, in the versions named here, "
		    "each set up to verify as dbtls connect prints it. That is what dbtls check "
		    "--clients goes by, and dbtls lab try shows the same of a client of yours."));
	mdoc_section("MYSQL");
	write_clients(FACTS_MYSQL);
	mdoc_section("HTTPS");
	write_clients(FACTS_HTTPS);
}
