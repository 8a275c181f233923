/* SPDX-License-Identifier: Apache-2.0 */
/* `dbtls reload`: the running door reads serve's file anew, and drops no session. */
#include "base/i18n.h"
#include "cmd/cli.h"

#include <stdio.h>

static int insist;

static const struct opt options[] = {
	{ .name = "insist",
	    .flag = &insist,
	    .help = N_("take a certificate of your own also if it is worse than the one before") },
	CLI_STATE,
	CLI_JSON,
	CLI_HELP,
	{ 0 },
};

static int reload_run(int argc, char **argv)
{
	struct err e = { 0 };
	struct state s;
	json_t *reply = NULL;

	(void)argc;
	(void)argv;
	cli_ask_ms = 120000; /* names are looked up, certificates issued */
	if (state_paths(&s, cli.state, &e) == 0)
		reply = cli_ask(&s, json_pack("{s:s, s:b}", "do", "reload", "insist", insist), &e);
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
	    "before until they end. SIGHUP to dbtlsd does the same.\n"
	    "Certificates of your own are read anew as well. One that ends earlier, lacks a name,\n"
	    "has a weaker key or comes from another CA is refused unless you insist.\n"),
	.example = "  dbtls serve -n -c door.conf && dbtls reload\n",
	.options = options,
	.run = reload_run,
};
