/* SPDX-License-Identifier: Apache-2.0 */
/* dbtls-systems(7): the rows of know/, and the roots that ship (trust/roots.h). */
#include "base/i18n.h"
#include "know/browsers.h"
#include "know/sdks.h"
#include "know/systems.h"
#include "pages/mdoc.h"
#include "pages/pages.h"
#include "pki/cert.h"
#include "trust/roots.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define TEXT 1024

static void say(const char *label, const char *text)
{
	char line[TEXT];

	if (!*text)
		return;
	(void)snprintf(line, sizeof line, "%s %s", label, text);
	mdoc_paragraph(line);
}

/* "Ubuntu 8.10: yes", "Java 9 and later: yes" */
static void head(const char *name, const char *from, const char *to, enum know_trusts trusts)
{
	char range[64] = "", text[256];

	if (strcmp(from, to) == 0 && *from)
		(void)snprintf(range, sizeof range, " %s", from);
	else if (*from && *to)
		(void)snprintf(range, sizeof range, _(" %s to %s"), from, to);
	else if (*from)
		(void)snprintf(range, sizeof range, _(" %s and later"), from);
	else if (*to)
		(void)snprintf(range, sizeof range, _(" up to %s"), to);
	(void)snprintf(text, sizeof text, "%s%s: %s", name, range, _(know_trusts_words(trusts)));
	mdoc_item(text);
}

static void write_systems(void)
{
	const struct systems_release *r;
	const struct systems_system *s;

	for (size_t i = 0; (s = systems_at(i)); i++) {
		mdoc_subsection(s->name);
		say(_("Its CAs:"), _(s->store));
		say(_("To add one:"), _(s->add));
		mdoc_list();
		for (size_t n = 0; (r = systems_release_at(n)); n++) {
			if (strcmp(r->system, s->name) != 0)
				continue;
			head(s->name, systems_version(s->name, r->from),
			    systems_version(s->name, r->to), r->trusts);
			mdoc_text(_(r->sentence));
			say(_("Since:"), r->since);
			say(_("Source:"), r->source);
			if (!r->today)
				continue;
			say(_("Today:"), _(r->today->text));
			say(_("Source:"), r->today->source);
		}
		mdoc_list_end();
	}
}

static void write_sdks(void)
{
	const struct sdks_release *r;
	const struct sdks_sdk *s;

	for (size_t i = 0; (s = sdks_at(i)); i++) {
		mdoc_subsection(s->name);
		say(_("Its store today:"), _(s->store));
		say(_("Source:"), s->source);
		say(_("Where a CA is missing:"), _(s->add));
		mdoc_list();
		for (size_t n = 0; (r = sdks_release_at(n)); n++) {
			char name[64];

			if (strcmp(r->sdk, s->name) != 0)
				continue;
			(void)snprintf(
			    name, sizeof name, "%s%s%s", s->name, *r->major ? " " : "", r->major);
			head(name, r->from, r->to, r->trusts);
			mdoc_text(_(r->sentence));
			say(_("Source:"), r->source);
		}
		mdoc_list_end();
	}
}

static void write_browsers(void)
{
	const struct browsers_browser *b;

	for (size_t i = 0; (b = browsers_at(i)); i++) {
		mdoc_subsection(b->name);
		say(_("Its CAs:"), _(b->store));
		say(_("They are updated:"), _(b->updates));
		say(_("By hand:"), _(b->own));
		say(_("Its manual:"), b->manual);
		say(_("Source:"), b->source);
	}
}

static const char *day(time_t when, char out[16])
{
	struct tm tm;

	if (!gmtime_r(&when, &tm) || strftime(out, 16, "%Y-%m-%d", &tm) == 0)
		*out = '\0';
	return out;
}

static void write_roots(void)
{
	for (const struct root *r = roots_amazon; r->name; r++) {
		char text[TEXT], from[16], to[16];
		struct cert_facts f;
		struct err e = { 0 };

		if (cert_facts_pem(&f, r->pem, strlen(r->pem), &e) < 0)
			continue; /* they ship with the program; tests hold them */
		mdoc_item(r->name);
		(void)snprintf(text, sizeof text, _("%s; %s, valid %s to %s. SHA-256:"), f.subject,
		    r->key, day(f.not_before, from), day(f.not_after, to));
		mdoc_text(text);
		mdoc_literal(f.fingerprint);
	}
}

void pages_systems(void)
{
	mdoc_text(
	    _("Who trusts the CAs that the endpoints of Amazon's services, DynamoDB's among "
	      "them, are signed by? What AWS's guide says and what is so today are kept apart, "
	      "each with its source; what no source says is not said. dbtls explain --system, "
	      "--sdk and --browser answer by these rows; dbtls trust audit looks into the "
	      "stores of a machine itself."));
	mdoc_paragraph(
	    _("Where a CA's file is wanted, dbtls trust export --only amazon-root-ca-1 --out "
	      "amazon-root-ca-1.pem makes it."));
	mdoc_section("SYSTEMS");
	write_systems();
	mdoc_section("SDKS");
	write_sdks();
	mdoc_section("BROWSERS");
	write_browsers();
	mdoc_section("ROOT CERTIFICATES");
	mdoc_text(_("One of Amazon Root CA 1 and the two of Starfield must be trusted; these ship "
		    "with dbtls (dbtls trust roots amazon):"));
	mdoc_list();
	write_roots();
	mdoc_list_end();
}
