/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The clients whose settings are understood: a file each, client_*.c, with a table of its
 * options and what these come to. What it says was tried with the versions that stand in it.
 */
#ifndef TARGET_CLIENTS_H
#define TARGET_CLIENTS_H

#include "target/read.h"

/* What the settings come to, and which of them decided. */
struct target_judged {
	enum target_verify verify;
	int falls_back;
	enum target_set by; /* SET_NOTHING: none, it is the client's habit */
};

struct target_client {
	const char *id;                      /* of struct target; NULL: anybody */
	const char *title;                   /* for sentences; NULL: anybody */
	const char *scheme;                  /* of its URLs, without "://"; NULL: it has none */
	const struct target_option *options; /* ends in a row whose name is NULL */
	/* Further names it knows that are of no matter here: switches, and those that take a value.
	 * Each ends in NULL; or is NULL. */
	const char *const *others;
	const char *const *valued;
	const char *switches; /* letters of such; or NULL */
	int fold;             /* names are read without regard to case */
	int prefixes;         /* the beginning of a name will do, if it is one's alone */
	int open;             /* takes names that are not in the table */
	int refuses_names;    /* stops at an option that it does not know; else passes it over */
	int refuses_words;    /* the same of a word in SET_MODE's or SET_JSON's place */
	struct target_judged (*judge)(struct target_reading *r);
	const char *full; /* what to write for full verification */
};

extern const struct target_client target_client_java, target_client_mariadb_java, target_client_go,
    target_client_prisma, target_client_node, target_client_ruby, target_client_python,
    target_client_pymysql, target_client_connector_python, target_client_mysql,
    target_client_mariadb, target_client_mycli, target_client_dotnet, target_client_sqlx;

/* The same drivers, set up in a program. */
extern const struct target_client target_client_code_python, target_client_code_pymysql,
    target_client_code_connector_python, target_client_code_aiomysql, target_client_code_node,
    target_client_code_mysqljs, target_client_code_mariadb, target_client_code_prisma,
    target_client_code_ruby;

/* A row for those who have no command line. */
#define TARGET_SAYS(name, set)                                                                     \
	{                                                                                          \
		name, set, TAKES_VALUE, 0                                                          \
	}

/* Words for how much is verified; a table of them ends in a row whose word is NULL. */
struct target_mode {
	const char *word;
	enum target_verify verify;
	int falls_back;
};

extern const struct target_mode target_client_mysql_modes[];

/* The word that said was most likely meant to be, and is not: "ture". NULL: none. */
const char *target_client_slip(const struct target_mode *modes, const char *said);

/* What SET_MODE's word means; one that is none of them becomes a note, and nothing is said. */
struct target_judged target_client_mode(struct target_reading *r, const struct target_mode *modes);

struct target_judged target_client_judged(
    enum target_verify verify, int falls_back, enum target_set by);

/* The client of that id; never NULL for those named in this module. */
const struct target_client *target_client_of(const char *id);

/*
 * The client of a URL: by its scheme; several clients have mysql:// and mariadb://, there it is the
 * one that knows the most of the options in query. Anybody's where that is none. NULL: no such
 * scheme.
 */
const struct target_client *target_client_of_url(struct span scheme, struct span query);

/* The one row whose name begins so, where the client takes such; or NULL. */
const struct target_option *target_client_prefix(const struct target_client *c, const char *name);

/* The row of that letter, or NULL. */
const struct target_option *target_client_letter(const struct target_client *c, char letter);

/* Whether name begins one alone of all that it knows, where it takes such. */
int target_client_begins(const struct target_client *c, const char *name);

/* The name of an option that was hardly written otherwise, or NULL. For anybody, of any client. */
const char *target_client_near(const struct target_client *c, const char *name);

/* The row of that name, or NULL; of one that is of no matter, a row without a name. */
const struct target_option *target_client_option(const struct target_client *c, const char *name);

#endif
