/* SPDX-License-Identifier: Apache-2.0 */
/* dbtls-settings(7): the options of target/client_*.c, and what lint/ looks for in programs. */
#include "base/i18n.h"
#include "lint/idioms.h"
#include "lint/read.h"
#include "pages/mdoc.h"
#include "pages/pages.h"
#include "target/clients.h"

#include <stdio.h>
#include <string.h>

#define TEXT 2048

static const struct target_client *const clients[] = {
	&target_client_mysql,
	&target_client_mariadb,
	&target_client_mycli,
	&target_client_java,
	&target_client_mariadb_java,
	&target_client_go,
	&target_client_node,
	&target_client_prisma,
	&target_client_python,
	&target_client_pymysql,
	&target_client_connector_python,
	&target_client_ruby,
	&target_client_sqlx,
	NULL,
};

/* Of TLS; what else an option may say is of no matter here. */
static const struct {
	enum target_set set;
	const char *means;
} meanings[] = {
	{ SET_MODE, N_("how much is verified") },
	{ SET_TLS, N_("use TLS") },
	{ SET_REQUIRE, N_("refuse a server without TLS") },
	{ SET_CHAIN, N_("verify the chain") },
	{ SET_IDENTITY, N_("verify the name") },
	{ SET_OFF, N_("no TLS") },
	{ SET_FALLBACK, N_("go on in plaintext") },
	{ SET_CA, N_("the CA's file") },
	{ SET_CA_FOLDER, N_("a folder of CAs") },
	{ SET_STORE, N_("a trust store") },
	{ SET_STORE_TYPE, N_("the trust store's type") },
	{ SET_STORE_PASSWORD, N_("the trust store's password") },
	{ SET_CERTIFICATE, N_("the client's certificate") },
	{ SET_KEY, N_("the client's key") },
	{ SET_VERSIONS, N_("the versions of TLS") },
	{ SET_VERSION_MIN, N_("the lowest version of TLS") },
	{ SET_VERSION_MAX, N_("the highest version of TLS") },
	{ SET_SERVER_NAME, N_("the name that is verified") },
	{ SET_JSON, N_("all of TLS, in braces") },
};

static const struct {
	int language;
	const char *name;
} languages[] = {
	{ LINT_PYTHON, "Python" },
	{ LINT_RUBY, "Ruby" },
	{ LINT_JS, "JavaScript" },
	{ LINT_JAVA, "Java" },
	{ LINT_GO, "Go" },
	{ LINT_PHP, "PHP" },
	{ LINT_CSHARP, "C#" },
	{ LINT_C, "C, C++" },
	{ LINT_RUST, "Rust" },
	{ LINT_PERL, "Perl" },
};

/* ---- options --------------------------------------------------------------------------------- */

/* The names of the client's options of that meaning, ", " between; "" if it has none. */
static void names_of(const struct target_client *c, enum target_set set, char out[TEXT])
{
	size_t n = 0;

	*out = '\0';
	for (const struct target_option *o = c->options; o->name; o++)
		if (o->set == set && n < TEXT)
			n += (size_t)snprintf(out + n, TEXT - n, "%s%s", n ? ", " : "", o->name);
}

static void write_client(const struct target_client *c)
{
	char names[TEXT];

	mdoc_subsection(_(c->title));
	if (c->full) {
		(void)snprintf(
		    names, sizeof names, _("For chain and name to be verified, %s."), _(c->full));
		mdoc_text(names);
	}
	mdoc_text(c->refuses_names ? _("It stops at an option that it does not know.")
				   : _("It passes over an option that it does not know."));
	mdoc_list();
	for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++) {
		names_of(c, meanings[i].set, names);
		if (!*names)
			continue;
		mdoc_item(names);
		mdoc_text(_(meanings[i].means));
	}
	mdoc_list_end();
}

/* ---- programs -------------------------------------------------------------------------------- */

static void write_idiom(const char *words, const char *client, enum lint_harm harm, const char *say)
{
	char text[TEXT];

	mdoc_item(words);
	(void)snprintf(
	    text, sizeof text, _("%s: %s; %s."), client, _(lint_idioms_harm(harm)), _(say));
	mdoc_text(text);
}

static void write_language(unsigned bit)
{
	mdoc_list();
	for (const struct lint_idiom *i = lint_idiom_rows; i->words; i++)
		if (i->languages & bit)
			write_idiom(i->words, i->client, i->harm, i->advice);
	for (const struct lint_missing *m = lint_missing_rows; m->words; m++)
		if (m->languages & bit)
			write_idiom(m->words, m->client, m->harm, m->advice);
	mdoc_list_end();
}

static int has_rows(unsigned bit)
{
	for (const struct lint_idiom *i = lint_idiom_rows; i->words; i++)
		if (i->languages & bit)
			return 1;
	return 0;
}

void pages_settings(void)
{
	mdoc_text(
	    _("What dbtls check and dbtls explain --lint make of the settings of a client: the "
	      "options of each that are about TLS, and the words in programs that switch off "
	      "what TLS is for. Settings that connect to anyone connect to whoever stands on "
	      "the way as well."));
	mdoc_section("OPTIONS");
	for (size_t i = 0; clients[i]; i++)
		write_client(clients[i]);
	mdoc_section("PROGRAMS");
	mdoc_text(_("A row is the words that are looked for, as src/lint/match.h reads them; whose "
		    "they are; what comes of them; what to write."));
	for (size_t i = 0; i < sizeof languages / sizeof *languages; i++) {
		if (!has_rows(1u << languages[i].language))
			continue;
		mdoc_subsection(languages[i].name);
		write_language(1u << languages[i].language);
	}
}
