/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Command-line options from a table: the same rows parse, print --help and make the completion.
 *
 *	struct opt opts[] = {
 *		{ .name = "state", .arg = "DIR", .text = &state, .help = N_("the state folder") },
 *		{ .name = "json", .flag = &json, .help = N_("print JSON") },
 *		{ 0 },
 *	};
 */
#ifndef BASE_OPT_H
#define BASE_OPT_H

#include "base/err.h"

#include <stddef.h>

#define OPT_LIST_MAX 32

/* Values of an option that may be given several times. */
struct opt_list {
	const char *v[OPT_LIST_MAX]; /* borrowed from argv */
	size_t n;
};

struct opt {
	const char *name; /* without the two dashes */
	char letter;      /* 'c': "-c" says the same; 0: there is none */
	const char *arg;  /* what stands for its value in --help; NULL for a flag */
	const char *help;
	/* Exactly one of these says where the value goes. */
	int *flag;
	const char **text; /* borrowed from argv */
	struct opt_list *list;
	/* May refuse a value, with a sentence; NULL: any will do. */
	int (*check)(const char *value, struct err *e);
	int keep; /* for those who remember what they were told; opt_parse takes no notice */
};

/*
 * Parses argv[1…]: "--name value", "--name=value", "-c value", flags; "--" ends the options; what
 * is left over is moved to argv[1…] and *argc set to count it (argv[0] included): "-" and "-1" are
 * words too. "--help" is not special here: give it a row. On a wrong word -1, the sentence names
 * the nearest right one, and argv[1…] begins with what was left over before it. Of an unknown
 * "-psecret" the sentence names "-p" alone.
 */
int opt_parse(const struct opt *table, int *argc, char **argv, struct err *e);

/* Prints the rows, one line an option, for --help. */
void opt_print(const struct opt *table);

/*
 * The entry of words (ending in NULL, width bytes apart, each starting with a const char *) that is
 * nearest to what was typed, or NULL when none is near. For "did you mean".
 */
const char *opt_nearest(const char *typed, const void *words, size_t width);

/* Levenshtein's distance; words are cut at 31 characters. */
size_t opt_distance(const char *a, const char *b);

/* Words that one may write. */
struct opt_words {
	const void *words; /* as opt_nearest */
	size_t width;
	const char *listed; /* where they are: "--help lists them" */
};

/* -1: typed, with its dashes if it has some, is none of them; the sentence names the nearest. */
int opt_unknown(const struct opt_words *w, const char *typed, struct err *e);

/* Puts a value where the row, which is no flag's, says, if its check takes it. */
int opt_take(const struct opt *o, const char *value, struct err *e);

/* The next word of *at, between blanks: cut off with a NUL, *at behind it. NULL: there is none. */
char *opt_word(char **at);

#endif
