/* SPDX-License-Identifier: Apache-2.0 */
/* `dbtls completion bash`: made from the same tables as the parser. */
#include "base/i18n.h"
#include "cmd/cli.h"

#include <stdio.h>
#include <string.h>

static const struct opt options[] = { CLI_HELP, { 0 } };

static const char *const shells[] = { "bash", NULL };

/* Options whose value is a file or a folder, as the case pattern of bash: "--a|--b". */
static void print_path_options(void)
{
	const char *between = "";

	for (const struct command *const *c = cli_commands; *c; c++)
		for (const struct opt *o = (*c)->options; o->name; o++) {
			if (!o->arg ||
			    (strncmp(o->arg, "FILE", 4) != 0 && strcmp(o->arg, "DIR") != 0 &&
				strcmp(o->arg, "PATH") != 0))
				continue;
			printf("%s--%s", between, o->name);
			between = "|";
		}
}

static void print_words(const struct command *c)
{
	const char *at = c->first;
	const char *word;

	printf("\t%s) words='", c->name);
	for (const struct opt *o = c->options; o->name; o++)
		printf("--%s ", o->name);
	printf("' first='");
	while (at) {
		memcpy(&word, at, sizeof word);
		if (!word)
			break;
		printf("%s ", word);
		at += c->width;
	}
	printf("' ;;\n");
}

static int completion_run(int argc, char **argv)
{
	(void)argc;
	if (cli_choose(shells, argv[1]) < 0)
		return CLI_WRONG;
	printf(
	    "# bash completion for dbtls, written by: dbtls completion bash\n"
	    "_dbtls() {\n"
	    "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words first\n"
	    "\tCOMPREPLY=()\n"
	    "\tcase $prev in\n"
	    "\t");
	print_path_options();
	printf(")\n"
	       "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
	       "\t\treturn ;;\n"
	       "\tesac\n"
	       "\tcase ${COMP_WORDS[1]} in\n");
	for (const struct command *const *c = cli_commands; *c; c++)
		print_words(*c);
	printf("\tesac\n"
	       "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n"
	       "\t\twords='--help --version' first='");
	for (const struct command *const *c = cli_commands; *c; c++)
		printf("%s ", (*c)->name);
	printf("'\n"
	       "\telif [ \"$COMP_CWORD\" -gt 2 ]; then\n"
	       "\t\tfirst=\n"
	       "\tfi\n"
	       "\tmapfile -t COMPREPLY < <(compgen -W \"$first $words\" -- \"$cur\")\n"
	       "}\n"
	       "complete -F _dbtls dbtls\n");
	return CLI_OK;
}

const struct command cmd_completion = {
	.name = "completion",
	.sentence = N_("print the completion for a shell"),
	.words = "bash",
	.min = 1,
	.max = 1,
	.example = "  source <(dbtls completion bash)\n",
	.options = options,
	.first = shells,
	.width = sizeof *shells,
	.run = completion_run,
};
