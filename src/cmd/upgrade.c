/* SPDX-License-Identifier: Apache-2.0 */
/* `dbtls upgrade`: the dbtlsd beside this program takes over from the one that runs. */
#include "base/i18n.h"
#include "cmd/cli.h"
#include "cmd/start.h"

#include <stdio.h>

#define UPGRADE_MS 120000 /* names are looked up, certificates issued */

static const struct opt options[] = { CLI_STATE, CLI_JSON, CLI_HELP, { 0 } };

static json_t *ask(struct err *e)
{
	char program[START_PATH];
	struct state s;

	if (state_paths(&s, cli.state, e) < 0 || start_find(program, e) < 0)
		return NULL;
	cli_ask_ms = UPGRADE_MS;
	return cli_ask(&s, json_pack("{s:s, s:s}", "do", "upgrade", "program", program), e);
}

static int upgrade_run(int argc, char **argv)
{
	struct err e = { 0 };
	json_t *reply;

	(void)argc;
	(void)argv;
	reply = ask(&e);
	if (!reply)
		return cli_fail(&e);
	if (cli.json)
		cli_print_json(json_incref(reply));
	else
		printf(_("version %s has taken over; sessions go on in the relays of before until "
			 "they end\n"),
		    json_string_value(json_object_get(reply, "version")));
	json_decref(reply);
	return CLI_OK;
}

const struct command cmd_upgrade = {
	.name = "upgrade",
	.sentence = N_("have this version take over from the one that runs, and drop no session"),
	.words = "",
	.more =
	    N_("After a new version was installed, or from the folder of one. The running door\n"
	       "becomes the new program: its process id, its listeners and its database stay,\n"
	       "nobody is turned away, and the file of `dbtls serve` is read anew. The new\n"
	       "version is tried first: if it can't take over, nothing changes, and this says\n"
	       "why. To go back, say it with the old version's program.\n"),
	.example = "  apt-get install --only-upgrade dbtls && dbtls upgrade\n"
		   "  /opt/dbtls-new/bin/dbtls upgrade\n",
	.options = options,
	.run = upgrade_run,
};
