/* SPDX-License-Identifier: Apache-2.0 */
/* `dbtls connect`: how a client connects, verified: a line, or a whole project (T5, T7). */
#include "base/file.h"
#include "base/i18n.h"
#include "cmd/cli.h"
#include "conf/up.h"
#include "net/addr.h"
#include "net/hostnames.h"
#include "pki/truststore.h"
#include "recipes/recipes.h"
#include "recipes/save.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PEM_MAX (1 << 20) /* a whole system's store fits */

static struct {
	const char *ca_path, *host, *port, *user, *database, *tls_version, *save, *endpoint;
	int list;
} given;

/* Control characters would break the line or the file that a value is put into. */
static int check_text(const char *value, struct err *e)
{
	json_t *utf8 = json_string(value);
	int good = utf8 && *value;

	json_decref(utf8);
	for (; good && *value; value++)
		good = (unsigned char)*value >= ' ' && *value != '\177';
	if (good)
		return 0;
	return err_set(e, ERR_USER,
	    _("a value is empty, or holds a control character or bytes that are no UTF-8; "
	      "type it anew"));
}

static int check_host(const char *value, struct err *e)
{
	struct addr a;

	if (check_text(value, e) < 0)
		return -1;
	if (hostname_valid(value) || addr_parse_ip(&a, value) == 0)
		return 0;
	return err_set(
	    e, ERR_USER, _("--host %s: this is neither a host name nor an address"), value);
}

static int check_port(const char *value, struct err *e)
{
	size_t digits = strspn(value, "0123456789");
	long port = digits > 0 && digits < 6 && !value[digits] ? strtol(value, NULL, 10) : 0;

	if (port > 0 && port < 65536 && value[0] != '0')
		return 0;
	return err_set(e, ERR_USER, _("--port: a port is a number from 1 to 65535, such as 4000"));
}

static const struct opt options[] = {
	{ .name = "list",
	    .flag = &given.list,
	    .help = N_("list the clients, and which are found here") },
	{ .name = "save",
	    .arg = "DIR",
	    .text = &given.save,
	    .check = check_text,
	    .help = N_("write a project that runs as it is into this folder") },
	{ .name = "endpoint",
	    .arg = "NAME",
	    .text = &given.endpoint,
	    .check = check_text,
	    .help = N_("which of the door's endpoints (the first)") },
	{ .name = "ca-path",
	    .arg = "FILE",
	    .text = &given.ca_path,
	    .check = check_text,
	    .help = N_("the CA's certificate (the door's, where it lies here)") },
	{ .name = "host",
	    .arg = "NAME",
	    .text = &given.host,
	    .check = check_host,
	    .help = N_("a server other than the door here; needs --ca-path") },
	{ .name = "port",
	    .arg = "N",
	    .text = &given.port,
	    .check = check_port,
	    .help = N_("its port (the door's; with --host, 4000)") },
	{ .name = "user",
	    .arg = "NAME",
	    .text = &given.user,
	    .check = check_text,
	    .help = N_("the database user (root)") },
	{ .name = "database",
	    .arg = "NAME",
	    .text = &given.database,
	    .check = check_text,
	    .help = N_("the database (test)") },
	{ .name = "tls-version",
	    .arg = "WHICH",
	    .text = &given.tls_version,
	    .check = up_check_versions,
	    .help = N_("let the client speak 1.2 or 1.3 alone, or both (both)") },
	CLI_STATE,
	CLI_JSON,
	CLI_HELP,
	{ 0 },
};

static void list_line(const struct recipe *r, const char *program)
{
	printf("%-12s %s", r->name, _(r->title));
	if (program)
		printf(_(" (%s found here)"), program);
	printf("\n");
}

static int list_clients(void)
{
	json_t *all = json_array();

	for (const struct recipe *r = recipes; r->name; r++) {
		const char *program = NULL;
		int here = recipe_is_on_path(r, getenv("PATH"), &program);

		if (!cli.json)
			list_line(r, here ? program : NULL);
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

/* One call of this command. */
struct connect {
	const struct recipe *r;
	int here; /* its program is on PATH */
	struct recipe_values values;
	struct recipe_made made;
	const char *ca_file;   /* what --save copies */
	struct buf pem, store; /* what it writes besides the template's files */
};

static const char *text(const struct buf *b)
{
	return b->n ? (const char *)b->p : NULL;
}

static json_t *files_json(const struct recipe_made *m)
{
	json_t *files = json_array();

	for (size_t i = 0; i < m->files; i++)
		(void)json_array_append_new(files, json_pack("{s:s, s:s}", "name", m->file[i].name,
						       "text", (const char *)m->file[i].text.p));
	return files;
}

static void print_json(const struct connect *c)
{
	const struct recipe_values *v = &c->values;
	const struct recipe_made *m = &c->made;

	cli_print_json(json_pack(
	    "{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:s*, s:s*, s:s*, s:s*, s:s*, s:b, s:s*}",
	    "client", c->r->name, "title", _(c->r->title), "host", v->host, "port", v->port, "ca",
	    v->ca, "user", v->user, "database", v->database, "files", files_json(m), "setup",
	    text(&m->setup), "run", text(&m->run), "line", m->files ? NULL : text(&m->run), "needs",
	    text(&m->needs), "note", text(&m->note), "here", c->here, "saved", given.save));
}

/* The lines, each with words in front; on stderr, so not in what one pastes or pipes. */
static void print_notes(const char *words, const struct buf *lines)
{
	const char *at = text(lines);

	while (at && *at) {
		int n = (int)strcspn(at, "\n");

		(void)fprintf(stderr, "%s%.*s\n", words, n, at);
		at += n + (at[n] == '\n');
	}
}

static void print_all_notes(const struct connect *c)
{
	(void)fflush(stdout);
	print_notes(_("note: needed: "), &c->made.needs);
	print_notes(_("note: "), &c->made.note);
	if (c->made.files && !given.save)
		(void)fprintf(stderr,
		    _("note: dbtls connect %s --save DIR writes the whole project\n"), c->r->name);
}

static void print_shown(const struct connect *c)
{
	const struct buf *shown = recipe_shown(&c->made);

	(void)fwrite(shown->p, 1, shown->n, stdout);
	if (!c->made.files)
		printf("\n");
	print_all_notes(c);
}

/* The CA's certificates alone, as PEM and, where the client wants one, as a trust store. */
static int load_ca(struct connect *c, struct err *e)
{
	struct buf file = { 0 };
	size_t certs;
	int rc = file_read(c->ca_file, PEM_MAX, &file, e);

	if (rc == 0)
		rc = truststore_pem(file.p, file.n, &c->pem, &certs, e);
	if (rc == 0 && *c->made.truststore)
		rc = truststore_pkcs12(file.p, file.n, RECIPE_PASSWORD, &c->store, e);
	buf_free(&file);
	if (rc == 0)
		return 0;
	if (e->kind != ERR_SYS)
		(void)err_prefix(e, "%s", c->ca_file);
	return err_prefix(e, _("the CA's certificate, which --ca-path can name"));
}

/* The line to type next: into the folder, prepare, run. */
static int print_next(const struct connect *c, struct err *e)
{
	struct buf dir = buf_new(2 * RECIPE_PATH);
	const char *setup = text(&c->made.setup);
	int rc = template_filter(FILTER_SHELL, given.save, strlen(given.save), &dir);

	if (rc < 0)
		rc = err_set(e, ERR_USER, _("--save: the folder's name is too long"));
	if (rc == 0)
		printf("\ncd %.*s && %s%s%s\n", (int)dir.n, (const char *)dir.p, setup ? setup : "",
		    setup ? " && " : "", text(&c->made.run));
	buf_free(&dir);
	return rc;
}

static int save(struct connect *c, struct err *e)
{
	const struct recipe_made *m = &c->made;
	struct save_file files[TEMPLATE_SECTIONS + 2];
	size_t n = 0;

	if (load_ca(c, e) < 0)
		return -1;
	for (; n < m->files; n++)
		files[n] =
		    (struct save_file) { m->file[n].name, m->file[n].text.p, m->file[n].text.n };
	files[n++] = (struct save_file) { RECIPE_CA_PEM, c->pem.p, c->pem.n };
	if (*m->truststore)
		files[n++] = (struct save_file) { m->truststore, c->store.p, c->store.n };
	if (save_project(given.save, files, n, e) < 0)
		return -1;
	if (cli.json)
		return 0;
	for (size_t i = 0; i < n; i++)
		printf("%s/%s\n", given.save, files[i].name);
	return print_next(c, e);
}

static int make_and_print(struct connect *c)
{
	struct err e = { 0 };
	int rc = recipe_make(c->r, &c->values, &c->made, &e);

	c->pem = c->store = buf_new(2 * PEM_MAX);
	if (rc == 0 && given.save)
		rc = save(c, &e);
	if (rc == 0 && cli.json)
		print_json(c);
	if (rc == 0 && !cli.json && given.save)
		print_all_notes(c);
	if (rc == 0 && !cli.json && !given.save)
		print_shown(c);
	recipe_free(&c->made);
	buf_free(&c->pem);
	buf_free(&c->store);
	return rc < 0 ? cli_fail(&e) : CLI_OK;
}

/* The values: what was said, else the door's, else what a door has at first. */
static int connect_to(struct connect *c, const json_t *endpoint, const struct state *s)
{
	char port[16] = "4000";

	if (endpoint)
		port_text(endpoint, port);
	c->ca_file = given.ca_path ? given.ca_path : text_or(endpoint, "ca", s->ca_pem);
	c->values.host = given.host ? given.host : text_or(endpoint, "host", "localhost");
	c->values.port = given.port ? given.port : port;
	c->values.ca = given.save ? RECIPE_CA_PEM : c->ca_file;
	c->values.user = given.user ? given.user : text_or(endpoint, "user", "root");
	c->values.database =
	    given.database ? given.database : text_or(endpoint, "database", "test");
	c->values.tls_version = given.tls_version;
	return make_and_print(c);
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

/* The client: the one named, else the one found here, else the first. */
static void choose(struct connect *c, const char *name)
{
	const char *path = getenv("PATH");

	if (name) {
		c->r = recipe_of(name);
		c->here = c->r && recipe_is_on_path(c->r, path, &c->values.program);
		return;
	}
	c->r = recipe_on_path(path, &c->values.program);
	c->here = c->r != NULL;
	if (!c->r)
		c->r = recipes;
}

/* The words that do not go together. */
static int check_words(const struct connect *c)
{
	if (given.host && !given.ca_path)
		return cli_wrong(_("--host %s: say --ca-path FILE too: the certificate of the CA "
				   "that vouches for that host"),
		    given.host);
	if (given.tls_version && strcmp(given.tls_version, "both") != 0 && !recipe_can_pin(c->r))
		return cli_wrong(_("%s can't be told to speak one TLS version alone; narrow the "
				   "server instead, a door with: dbtls up --tls-version %s"),
		    c->r->name, given.tls_version);
	return CLI_OK;
}

static int connect_run(int argc, char **argv)
{
	struct connect c = { 0 };
	struct state s;
	struct err e = { 0 };
	json_t *endpoint;
	int rc;

	if (given.list)
		return list_clients();
	choose(&c, argc > 1 ? argv[1] : NULL);
	if (!c.r)
		return no_client(argv[1]);
	rc = check_words(&c);
	if (rc != CLI_OK)
		return rc;
	if (state_paths(&s, cli.state, &e) < 0)
		return cli_fail(&e);
	if (given.host)
		return connect_to(&c, NULL, &s);
	endpoint =
	    cli_ask(&s, json_pack("{s:s, s:s*}", "do", "endpoint", "endpoint", given.endpoint), &e);
	if (!endpoint)
		return cli_fail(&e);
	rc = connect_to(&c, endpoint, &s);
	json_decref(endpoint);
	return rc;
}

const struct command cmd_connect = {
	.name = "connect",
	.sentence = N_("print what to type or to program to connect, verified"),
	.words = "[CLIENT]",
	.max = 1,
	.more = N_(
	    "Without CLIENT: the command line found on PATH. Everything printed names the CA and\n"
	    "checks the host's name. For a client on another machine, take there what --save "
	    "wrote,\n"
	    "or ca.pem, and say --ca-path.\n"),
	.example = "  dbtls connect\n  dbtls connect mysql --ca-path ~/ca.pem\n"
		   "  dbtls connect go --save hello\n",
	.options = options,
	.first = recipes,
	.width = sizeof *recipes,
	.run = connect_run,
};
