/* SPDX-License-Identifier: Apache-2.0 */
/* `dbtls serve`: the door in front of a database that is there already. */
#include "base/i18n.h"
#include "cmd/cli.h"
#include "cmd/start.h"
#include "conf/serve.h"
#include "parent/files.h"

#include <stdio.h>

static struct {
	const char *config;
	int check, detach, example;
} given;

static const struct opt options[] = {
	{ .name = "config",
	    .letter = 'c',
	    .arg = "FILE",
	    .text = &given.config,
	    .help = N_("what to serve, and how") },
	{ .name = "check",
	    .letter = 'n',
	    .flag = &given.check,
	    .help = N_("only say whether FILE is right, and the files it names") },
	{ .name = "example",
	    .flag = &given.example,
	    .help = N_("print a FILE with every word explained") },
	{ .name = "detach",
	    .flag = &given.detach,
	    .help = N_("return to the shell once the door is open") },
	CLI_STATE,
	CLI_HELP,
	{ 0 },
};

static int check_files(const struct serve *s, struct err *e)
{
	struct state paths;

	if (state_paths(&paths, cli.state, e) < 0)
		return -1;
	return files_check(s, paths.ca_pem, e) < 0 ? err_prefix(e, "%s", given.config) : 0;
}

static int serve_run(int argc, char **argv)
{
	struct serve s;
	struct err e = { 0 };
	char where[512];

	(void)argc;
	(void)argv;
	if (given.example) {
		serve_example();
		return CLI_OK;
	}
	if (!given.config)
		return cli_wrong(
		    _("say which file: dbtls serve -c FILE; dbtls serve --example prints one"));
	if (serve_read(&s, given.config, &e) < 0)
		return cli_fail(&e);
	if (!given.check)
		return start_dbtlsd(options, given.detach);
	if (check_files(&s, &e) < 0)
		return cli_fail(&e);
	printf(_("%s is right\n"), given.config);
	for (size_t i = 0; i < s.endpoints; i++)
		for (size_t j = 0; j < s.endpoint[i].upstreams; j++)
			printf("  %-16s %s\n", j ? "" : s.endpoint[i].id,
			    upstream_text(&s.endpoint[i].upstream[j], where));
	return CLI_OK;
}

const struct command cmd_serve = {
	.name = "serve",
	.sentence = N_("start the door in front of a database that is there already"),
	.words = "",
	.more = N_(
	    "The database stays as it is: its accounts, its passwords, its plugins. Clients reach "
	    "it\n"
	    "over TLS alone. Only this host's own addresses are let in until `dbtls access add`\n"
	    "names others. The CA's certificate is DIR/ca.pem.\n\n"
	    "-n reads FILE and what it names: CAs, certificates, lists of addresses. It doesn't "
	    "read\n"
	    "private keys, as only the key process does: whether one is its certificate's shows at "
	    "the\n"
	    "start, or by `dbtls reload`.\n"),
	.example = "  dbtls serve --example > door.conf\n  dbtls serve -n -c door.conf\n"
		   "  dbtls serve -c door.conf --detach\n",
	.options = options,
	.run = serve_run,
};
