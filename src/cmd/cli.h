/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line `dbtls`: each command is one file and one struct command; dbtls.c has the table
 * of them. The table makes the parser, --help, the completion and "did you mean".
 */
#ifndef CMD_CLI_H
#define CMD_CLI_H

#include "base/err.h"
#include "base/opt.h"
#include "conf/state.h"

#include <jansson.h>

enum cli_exit {
	CLI_OK = 0,
	CLI_FAILED = 1, /* tried and failed; for `access test`: refused */
	CLI_WRONG = 2   /* the words were wrong; nothing was tried */
};

#define CLI_ASK_MS 10000 /* how long the door has to answer */

struct command {
	const char *name;
	const char *sentence; /* what it does, for `dbtls --help` */
	const char *words;    /* what follows the name besides options: "export|show", or "" */
	int min, max;         /* how many of these words there must and may be */
	const char *more;     /* what one should know, after the options; or NULL */
	const char *example;  /* lines, each ending in \n */
	const struct opt *options;
	/* For the completion of the first word: names, width bytes apart; NULL: none. */
	const void *first;
	size_t width;
	/*
	 * May refuse words that are known to be meant otherwise, with a sentence. Where an option
	 * is wrong only those before it are in their place. NULL: none are refused.
	 */
	int (*refuse)(int argc, char **argv, struct err *e);
	/* argv[0] is the command's name, then the words; the options are where they say. */
	int (*run)(int argc, char **argv);
};

/* The commands, in the order of --help; ends with NULL. */
extern const struct command *const cli_commands[];

extern const struct command cmd_up, cmd_serve, cmd_reload, cmd_upgrade, cmd_down, cmd_status,
    cmd_metrics, cmd_access, cmd_password, cmd_connect, cmd_ca, cmd_trust, cmd_check, cmd_explain,
    cmd_lab, cmd_completion;

/* Where the options that every command has put their values. */
struct cli_options {
	const char *state, *lang;
	int help, json;
};
extern struct cli_options cli;

#define CLI_STATE                                                                                  \
	{                                                                                          \
		.name = "state", .arg = "DIR", .text = &cli.state,                                 \
		.help = N_("the state folder (else $DBTLS_STATE, else the usual place)")           \
	}
#define CLI_JSON                                                                                   \
	{                                                                                          \
		.name = "json", .flag = &cli.json, .help = N_("print JSON, for programs")          \
	}
/* What every command has. main looks for --lang before all other words are read. */
#define CLI_HELP                                                                                   \
	{ .name = "lang",                                                                          \
		.arg = "en|ja",                                                                    \
		.text = &cli.lang,                                                                 \
		.help = N_("speak English or Japanese (else $DBTLS_LANG, else the locale)") },     \
	{                                                                                          \
		.name = "help", .letter = 'h', .flag = &cli.help, .help = N_("show this")          \
	}

/* Each prints "dbtls: SENTENCE" to stderr and returns the exit code. */
int cli_fail(const struct err *e);
int cli_wrong(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Prints the object and a newline to stdout, and frees it. */
void cli_print_json(json_t *object);

/* Asks the running door; request is stolen. NULL, with a sentence that says what to do. */
extern int cli_ask_ms; /* how long it is waited for */
json_t *cli_ask(const struct state *s, json_t *request, struct err *e);

/* The same, without waiting: the descriptor for control_hear (proc/control.h), or -1. */
int cli_call(const struct state *s, json_t *request, struct err *e);

/* The same for a request that is one word, on the state folder that --state names. */
json_t *cli_ask_word(const char *word, struct err *e);

/* A cell of a table: the text, and blanks up to so many columns. */
void cli_cell(const char *text, int width);

/* Whether the error says that no door runs. */
int cli_nobody(const struct err *e);

/* The word of the table (names ending in NULL) that is text, as an index; -1: none, and said so. */
int cli_choose(const char *const *names, const char *text);

/* "2027-02-19 12:00 UTC", and "2027-02-19T12:00:00Z" for programs. Return out. */
#define CLI_TIME_TEXT 48
const char *cli_time(long long when, char out[CLI_TIME_TEXT]);
const char *cli_iso_time(long long when, char out[CLI_TIME_TEXT]);

#endif
