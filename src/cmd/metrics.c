/* SPDX-License-Identifier: Apache-2.0 */
/* `dbtls metrics`: what the door counts, as Prometheus reads it. */
#include "base/file.h"
#include "base/i18n.h"
#include "cmd/cli.h"

#include <stdio.h>
#include <string.h>

static const char *out_file;

static const struct opt options[] = {
	{ .name = "out",
	    .arg = "FILE",
	    .text = &out_file,
	    .help = N_("write them into this file, replaced in one step, mode 0644") },
	CLI_STATE, CLI_HELP, { 0 }
};

static int put(const char *text)
{
	struct err e = { 0 };

	if (out_file && file_replace(out_file, 0644, text, strlen(text), &e) < 0)
		return cli_fail(&e);
	if (!out_file)
		(void)fputs(text, stdout);
	return CLI_OK;
}

static int metrics_run(int argc, char **argv)
{
	struct err e = { 0 };
	const char *text;
	json_t *reply;
	int rc;

	(void)argc;
	(void)argv;
	reply = cli_ask_word("metrics", &e);
	if (!reply)
		return cli_fail(&e);
	text = json_string_value(json_object_get(reply, "text"));
	rc = put(text ? text : "");
	json_decref(reply);
	return rc;
}

const struct command cmd_metrics = {
	.name = "metrics",
	.sentence = N_("print what the door counts, for Prometheus"),
	.words = "",
	.more = N_("The text is that of Prometheus's exposition format; docs/metrics.md lists the "
		   "names.\n"
		   "Nothing of it goes over the network by itself: give it to node_exporter's "
		   "textfile\n"
		   "collector, by a timer.\n"),
	.example = "  dbtls metrics --out /var/lib/prometheus/node-exporter/dbtls.prom\n",
	.options = options,
	.run = metrics_run,
};
