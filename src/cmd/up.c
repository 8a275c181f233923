/* SPDX-License-Identifier: Apache-2.0 */
/* `dbtls up`: checks the words, then becomes (or, with --detach, starts) dbtlsd. */
#include "cmd/cli.h"
#include "cmd/start.h"
#include "conf/up.h"

static int detach;

static const struct opt options[] = {
	UP_OPTIONS,
	{ .name = "detach",
	    .flag = &detach,
	    .help = N_("return to the shell once the database is ready") },
	CLI_STATE,
	CLI_HELP,
	{ 0 },
};

static int up_run(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return start_dbtlsd(options, detach);
}

const struct command cmd_up = {
	.name = "up",
	.sentence = N_("start the door and the database behind it"),
	.words = "",
	.more = N_(
	    "Clients reach the database over TLS alone. Only this host's own addresses are let in\n"
	    "until `dbtls access add` names others. The CA's certificate is DIR/ca.pem.\n"
	    "What up is told it keeps for the next start.\n"),
	.example = "  dbtls up --listen 4000 --name db1.example.com --detach\n",
	.options = options,
	.run = up_run,
};
