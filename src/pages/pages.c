/* SPDX-License-Identifier: Apache-2.0 */
/* `dbtls-pages NAME en|ja`: a page of the manual, at build time. It is not installed. */
#include "base/i18n.h"
#include "base/language.h"
#include "pages/mdoc.h"
#include "pages/pages.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *name, *title, *what;
	void (*write)(void);
} pages[] = {
	{ "dbtls-causes", "DBTLS-CAUSES", N_("why a TLS connection fails, and what mends it"),
	    pages_causes },
	{ "dbtls-clients", "DBTLS-CLIENTS", N_("what clients do otherwise than a right one"),
	    pages_clients },
	{ "dbtls-settings", "DBTLS-SETTINGS", N_("what settings of database clients say of TLS"),
	    pages_settings },
	{ "dbtls-systems", "DBTLS-SYSTEMS",
	    N_("what systems, SDKs and browsers trust of Amazon's CAs"), pages_systems },
};
#define PAGES (sizeof pages / sizeof *pages)

int main(int argc, char **argv)
{
	const char *names[PAGES + 1] = { NULL };
	struct err e = { 0 };

	for (size_t i = 0; i < PAGES; i++)
		names[i] = pages[i].name;
	if (argc != 3 || language_choose(argv[2], &e) < 0) {
		(void)fprintf(stderr, "usage: dbtls-pages NAME en|ja\n");
		return 2;
	}
	for (size_t i = 0; i < PAGES; i++) {
		if (strcmp(argv[1], pages[i].name) != 0)
			continue;
		mdoc_page(pages[i].title, pages[i].name, pages[i].what);
		pages[i].write();
		mdoc_see_also(pages[i].name, names);
		return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
	}
	(void)fprintf(stderr, "dbtls-pages: there is no page %s\n", argv[1]);
	return 2;
}
