/* SPDX-License-Identifier: Apache-2.0 */
/* `dbtls connect`: the whole line to type for a client, verified (T5, T7). */
#include "base/i18n.h"
#include "cmd/cli.h"
#include "recipes/recipes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES 8192

static struct {
	const char *ca_path, *user;
	int list;
} given;

static const struct opt options[] = {
	{ .name = "ca-path",
	    .arg = "FILE",
	    .text = &given.ca_path,
	    .help = N_("where ca.pem lies on the client's machine (where it lies here)") },
	{ .name = "user",
	    .arg = "NAME",
	    .text = &given.user,
	    .help = N_("the database user (root)") },
	{ .name = "list",
	    .flag = &given.list,
	    .help = N_("list the clients that there are lines for") },
	CLI_STATE,
	CLI_JSON,
	CLI_HELP,
	{ 0 },
};

static int list_clients(void)
{
	json_t *all = json_array();

	for (const struct recipe *r = recipes; r->name; r++) {
		const char *program = NULL;
		int here = recipe_is_on_path(r, getenv("PATH"), &program);

		if (!cli.json)
			printf(
			    "%-10s %s%s\n", r->name, _(r->title), here ? _(" (found here)") : "");
		(void)json_array_append_new(all, json_pack("{s:s, s:s, s:b}", "client", r->name,
						     "title", _(r->title), "here", here));
	}
	if (cli.json)
		cli_print_json(json_pack("{s:O}", "clients", all));
	json_decref(all);
	return CLI_OK;
}

/* "port" comes as a number or as text. */
static void port_text(const json_t *endpoint, char out[16])
{
	const json_t *port = json_object_get(endpoint, "port");

	if (json_is_string(port))
		(void)snprintf(out, 16, "%s", json_string_value(port));
	else
		(void)snprintf(out, 16, "%lld", (long long)json_integer_value(port));
}

static const char *text_or(const json_t *endpoint, const char *key, const char *other)
{
	const char *text = json_string_value(json_object_get(endpoint, key));

	return text ? text : other;
}

static void print_line(const struct recipe *r, const struct recipe_values *v, const char *line)
{
	if (cli.json) {
		cli_print_json(json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s*}", "client",
		    r->name, "title", _(r->title), "line", line, "host", v->host, "port", v->port,
		    "ca", v->ca, "user", v->user, "database", v->database, "note",
		    r->note ? _(r->note) : NULL));
		return;
	}
	printf("%s\n", line);
	/* Not into what one pastes or pipes. */
	if (r->note) {
		(void)fflush(stdout);
		(void)fprintf(stderr, _("note: %s\n"), _(r->note));
	}
}

static int print_for(
    const struct recipe *r, const char *program, const json_t *endpoint, const struct state *s)
{
	struct buf line = buf_new(LINE_BYTES);
	struct err e = { 0 };
	char port[16];
	struct recipe_values v = {
		.program = program,
		.host = text_or(endpoint, "host", "localhost"),
		.port = port,
		.ca = given.ca_path ? given.ca_path : text_or(endpoint, "ca", s->ca_pem),
		.user = given.user ? given.user : text_or(endpoint, "user", "root"),
		.database = text_or(endpoint, "database", "test"),
	};
	int rc;

	port_text(endpoint, port);
	rc = recipe_fill(r, &v, &line, &e);
	if (rc == 0 && buf_add(&line, "", 1) < 0)
		rc = err_set(&e, ERR_LOCAL, _("the line is too long"));
	if (rc == 0)
		print_line(r, &v, (const char *)line.p);
	buf_free(&line);
	return rc < 0 ? cli_fail(&e) : CLI_OK;
}

static int no_client(const char *name)
{
	const char *near = opt_nearest(name, recipes, sizeof *recipes);

	if (near)
		return cli_wrong(
		    _("there is no line for \"%s\"; did you mean \"%s\"?"), name, near);
	return cli_wrong(
	    _("there is no line for \"%s\"; dbtls connect --list says for what"), name);
}

static int connect_run(int argc, char **argv)
{
	const char *path = getenv("PATH");
	const char *program = NULL;
	const struct recipe *r = argc > 1 ? recipe_of(argv[1]) : recipe_on_path(path, &program);
	struct state s;
	struct err e = { 0 };
	json_t *endpoint;
	int rc;

	if (given.list)
		return list_clients();
	if (argc > 1 && !r)
		return no_client(argv[1]);
	/* A client asked for by name may run elsewhere; with no client here, show the first's line.
	 */
	if (argc > 1)
		(void)recipe_is_on_path(r, path, &program);
	if (!r)
		r = recipes;
	if (state_paths(&s, cli.state, &e) < 0)
		return cli_fail(&e);
	endpoint = cli_ask(&s, json_pack("{s:s}", "do", "endpoint"), &e);
	if (!endpoint)
		return cli_fail(&e);
	rc = print_for(r, program, endpoint, &s);
	json_decref(endpoint);
	return rc;
}

const struct command cmd_connect = {
	.name = "connect",
	.sentence = N_("print what to type to connect, verified"),
	.words = "[CLIENT]",
	.max = 1,
	.more = N_(
	    "Without CLIENT: the one found on PATH. Every line names the CA and checks the host's\n"
	    "name. For a client on another machine, take ca.pem there and say --ca-path.\n"),
	.example = "  dbtls connect\n  dbtls connect mysql --ca-path ~/ca.pem\n",
	.options = options,
	.first = recipes,
	.width = sizeof *recipes,
	.run = connect_run,
};
