/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/explain_remedy.h"

#include "base/i18n.h"
#include "cmd/cli.h"
#include "cmd/machine.h"

#include <string.h>

#define NAMES_MAX 64

/* Words of a text, or the end of a host's name, which say what server it is about. */
static const struct {
	const char *words, *server;
} marks[] = {
	{ "tidbcloud.com", "tidb" },
	{ "-TiDB-", "tidb" },
	{ ".amazonaws.com", "aws" },
	{ ".api.aws", "aws" },
	{ "-MariaDB", "mariadb-server" },
};

static const struct remedy_who *server_of(struct span text)
{
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
		if (memmem(text.p, text.n, marks[i].words, strlen(marks[i].words)))
			return remedy_who(REMEDY_SERVER, marks[i].server);
	return NULL;
}

static const char *nearest(enum remedy_kind kind, const char *name)
{
	const char *names[NAMES_MAX] = { NULL };
	size_t n = 0;

	for (const struct remedy_who *w = remedy_whos; w->name && n + 1 < NAMES_MAX; w++)
		if (w->kind == kind)
			names[n++] = w->name;
	return opt_nearest(name, names, sizeof *names);
}

static int choose(enum remedy_kind kind, const char *option, const char *name, struct remedies *out)
{
	const char *near;

	out->of[kind] = remedy_who(kind, name);
	if (!name || out->of[kind])
		return CLI_OK;
	near = nearest(kind, name);
	if (near)
		return cli_wrong(
		    _("there is no advice for --%s %s; did you mean \"%s\"?"), option, name, near);
	return cli_wrong(
	    _("there is no advice for --%s %s; `dbtls explain --cause untrusted-root` shows for "
	      "whom there is"),
	    option, name);
}

int explain_remedy_choose(const struct explain_remedy *named, struct remedies *out)
{
	int rc = choose(REMEDY_CLIENT, "client", named->client, out);

	if (rc == CLI_OK)
		rc = choose(REMEDY_SYSTEM, "os", named->system, out);
	if (rc == CLI_OK)
		rc = choose(REMEDY_SERVER, "server", named->server, out);
	out->all = named->all;
	return rc;
}

void explain_remedy_guess(
    const struct explain_remedy *named, struct span text, const char *client, struct remedies *out)
{
	if (named->all)
		return;
	if (!named->client)
		out->of[REMEDY_CLIENT] = remedy_who(REMEDY_CLIENT, client);
	if (!named->system)
		out->of[REMEDY_SYSTEM] = machine_system();
	if (!named->server)
		out->of[REMEDY_SERVER] = server_of(text);
}
