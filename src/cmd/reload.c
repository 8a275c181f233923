/* SPDX-License-Identifier: Apache-2.0 */
/* `dbtls reload`: the running door reads serve's file anew, and drops no session. */
#include "base/i18n.h"
#include "cmd/cli.h"

#include <stdio.h>

static const struct opt options[] = { CLI_STATE, CLI_JSON, CLI_HELP, { 0 } };

static int reload_run(int argc, char **argv)
{
	struct err e = { 0 };
	json_t *reply;

	(void)argc;
	(void)argv;
	cli_ask_ms = 120000; /* names are looked up, certificates issued */
	reply = cli_ask_word("reload", &e);
	if (!reply)
		return cli_fail(&e);
	if (cli.json)
		cli_print_json(json_incref(reply));
	else
		printf(_("reloaded: %lld endpoints; sessions go on as they were\n"),
		    (long long)json_integer_value(json_object_get(reply, "endpoints")));
	json_decref(reply);
	return CLI_OK;
}

const struct command cmd_reload = {
	.name = "reload",
	.sentence = N_("have the door read its file anew, and drop no session"),
	.words = "",
	.more = N_(
	    "For `dbtls serve`. If anything in the file is wrong, or relays can't start with it,\n"
	    "nothing changes, and this says why. Sessions that are open stay with what was\n"
	    "before until they end. SIGHUP to dbtlsd does the same.\n"),
	.example = "  dbtls serve -n -c door.conf && dbtls reload\n",
	.options = options,
	.run = reload_run,
};
