/* SPDX-License-Identifier: Apache-2.0 */
/* The command line: finds the command, reads its options, calls it. */
#include "base/language.h"
#include "cmd/cli.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

enum { COMMANDS = 16 };

const struct command *const cli_commands[COMMANDS + 1] = { &cmd_up, &cmd_serve, &cmd_reload,
	&cmd_upgrade, &cmd_down, &cmd_status, &cmd_metrics, &cmd_connect, &cmd_access,
	&cmd_password, &cmd_ca, &cmd_trust, &cmd_check, &cmd_explain, &cmd_lab, &cmd_completion,
	NULL };

static void print_help(FILE *to)
{
	(void)fprintf(to, _("dbtls: TLS connections to databases, right at both ends\n\n"
			    "usage: dbtls COMMAND [OPTION]…\n\n"));
	for (const struct command *const *c = cli_commands; *c; c++)
		(void)fprintf(to, "  %-12s %s\n", (*c)->name, _((*c)->sentence));
	(void)fprintf(to,
	    _("\n  dbtls COMMAND --help says more of each; man dbtls says all.\n\n"
	      "examples:\n"
	      "  dbtls up                       start a database that is reached over TLS alone\n"
	      "  dbtls access add 192.0.2.0/24  let these addresses in\n"
	      "  dbtls connect                  what to type to connect, verified\n"
	      "  dbtls status                   how the door stands\n"
	      "  dbtls check db1:4000           why a connection fails, from this machine\n"
	      "  dbtls explain <app.log         what an error's words mean\n"));
}

static void print_command_help(const struct command *c)
{
	printf("dbtls %s: %s\n\n", c->name, _(c->sentence));
	printf(_("usage: dbtls %s%s%s [OPTION]…\n\n"), c->name, *c->words ? " " : "", c->words);
	opt_print(c->options);
	if (c->more)
		printf("\n%s", _(c->more));
	printf(_("\nexample:\n"));
	printf("%s", c->example);
}

static const struct command *find(const char *name)
{
	for (const struct command *const *c = cli_commands; *c; c++)
		if (strcmp((*c)->name, name) == 0)
			return *c;
	return NULL;
}

static int no_such_command(const char *name)
{
	const char *names[COMMANDS + 1] = { 0 };
	const char *near;

	for (size_t i = 0; cli_commands[i]; i++)
		names[i] = cli_commands[i]->name;
	near = opt_nearest(name, names, sizeof *names);
	if (near)
		return cli_wrong(
		    _("there is no command \"%s\"; did you mean \"dbtls %s\"?"), name, near);
	return cli_wrong(_("there is no command \"%s\"; dbtls --help lists them"), name);
}

static int run(const struct command *c, int argc, char **argv)
{
	struct err e = { 0 };

	int parsed = opt_parse(c->options, &argc, argv, &e);

	if (c->refuse && c->refuse(argc, argv, &e) < 0)
		parsed = -1;
	if (parsed < 0)
		return cli_fail(&e);
	if (cli.help) {
		print_command_help(c);
		return CLI_OK;
	}
	if (argc - 1 < c->min)
		return cli_wrong(
		    _("usage: dbtls %s %s; dbtls %s --help says more"), c->name, c->words, c->name);
	if (argc - 1 > c->max)
		return cli_wrong(_("dbtls %s: \"%s\" is one word too many; --help says what fits"),
		    c->name, argv[c->max + 1]);
	return c->run(argc, argv);
}

/* A full disk or a closed pipe must not look like success. */
static int finish(int code)
{
	struct err e = { 0 };

	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	err_sys(&e, _("write the output"));
	(void)cli_fail(&e);
	return code == CLI_OK ? CLI_FAILED : code;
}

static int is(const char *word, const char *a, const char *b)
{
	return strcmp(word, a) == 0 || strcmp(word, b) == 0;
}

/* The words --lang VALUE and --lang=VALUE at at: how many, and the value. 0: it is another. */
static int is_lang(char **at, const char **value)
{
	if (strncmp(*at, "--lang=", 7) == 0) {
		*value = *at + 7;
		return 1;
	}
	*value = at[1];
	return strcmp(*at, "--lang") == 0 && at[1] ? 2 : 0;
}

/* It counts for what is said of the other words as well. Before the command it is taken out. */
static int choose_language(int *argc, char **argv, struct err *e)
{
	const char *value;
	int n;

	for (char **at = argv + 1; *at && strcmp(*at, "--") != 0; at++)
		if (is_lang(at, &value) && language_choose(value, e) < 0)
			return -1;
	while (argv[1] && (n = is_lang(argv + 1, &value)) > 0) {
		*argc -= n;
		memmove(argv + 1, argv + 1 + n, (size_t)*argc * sizeof *argv);
	}
	return 0;
}

int main(int argc, char **argv)
{
	const struct command *c;
	struct err e = { 0 };

	language_init();
	(void)signal(SIGPIPE, SIG_IGN);
	if (choose_language(&argc, argv, &e) < 0)
		return cli_fail(&e);
	if (argc < 2) {
		print_help(stderr);
		return CLI_WRONG;
	}
	if (is(argv[1], "--help", "-h") || (is(argv[1], "help", "help") && argc == 2)) {
		print_help(stdout);
		return finish(CLI_OK);
	}
	if (is(argv[1], "--version", "-V")) {
		printf("dbtls %s\n", DBTLS_VERSION);
		return finish(CLI_OK);
	}
	if (is(argv[1], "help", "help")) {
		argv++;
		argc = 2;
		cli.help = 1;
	}
	c = find(argv[1]);
	if (!c)
		return no_such_command(argv[1]);
	return finish(run(c, argc - 1, argv + 1));
}
