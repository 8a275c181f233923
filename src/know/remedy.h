/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What mends a cause, for the system, the client and the server that it concerns: the file, the
 * line, the command. A row of remedy_systems.c, remedy_clients.c or remedy_servers.c each, which
 * can be read and added to without knowing C. Pure.
 */
#ifndef KNOW_REMEDY_H
#define KNOW_REMEDY_H

#include "base/span.h"

enum remedy_kind { REMEDY_SYSTEM, REMEDY_CLIENT, REMEDY_SERVER, REMEDY_KINDS };

/* Whom rows are for. */
struct remedy_who {
	const char *name; /* for options and for programs; of a client as `dbtls connect` has it */
	enum remedy_kind kind;
	const char *title; /* for people; _() knows those that are no proper name */
	/* What else it is called, blanks between; of a system what ID says in os-release. "" */
	const char *also;
};

/* Those of a kind stand together; the last has name NULL. */
extern const struct remedy_who remedy_whos[];

/* At least one of file, run and write is there; NULL: nothing is to be said of it. */
struct remedy {
	const char *causes; /* ids of diagnose.h, blanks between */
	const char *who;    /* names of remedy_whos, all of one kind, blanks between */
	const char *file;   /* what is changed: a path, or the call of a program */
	const char *write;  /* what stands in there when it is right; lines end in \n */
	const char *run;    /* what is typed */
	const char *say;    /* N_(): what one should know of it */
};

/* {host} {port} {target} stand for what was asked for, in all but causes and who. The last rows
 * have causes NULL. */
extern const struct remedy remedy_systems[], remedy_clients[], remedy_servers[];

/* Of that kind, by its name or another that it has, in any case. NULL: there is none. */
const struct remedy_who *remedy_who(enum remedy_kind kind, const char *name);

/* By the text of /etc/os-release: ID, else the first known of ID_LIKE. NULL: it names none. */
const struct remedy_who *remedy_system(struct span os_release);

/* The row behind `after` (NULL: the first) that is for that cause and for him; NULL: no more. */
const struct remedy *remedy_next(
    const struct remedy *after, const char *cause, const struct remedy_who *who);

/* "system", "client", "server": for programs. */
const char *remedy_kind_name(enum remedy_kind k);

#endif
