/* SPDX-License-Identifier: Apache-2.0 */
/* What the verbs of `dbtls lab` share. */
#ifndef CMD_LAB_H
#define CMD_LAB_H

#include "base/opt.h"
#include "lab/lab.h"

#include <limits.h>

/* What the options of the command said. */
struct lab_given {
	const char *protocol, *port, *dir, *timeout, *jobs, *junit, *report, *client;
	struct opt_list only;
	int mended, all, prepare;
};
extern struct lab_given lab_given;

/* Names of conditions, ending in NULL; borrowed from argv and from a copy of --only's lists. */
struct lab_names {
	const char **v; /* NULL: all of them */
	size_t n;
};

int lab_names_add(struct lab_names *names, const char *name, struct err *e);

/* Adds those of --only, which may hold several with commas between them. */
int lab_names_only(struct lab_names *names, struct err *e);
void lab_names_free(struct lab_names *names);

/* The protocols that --protocol names: both, if it was not given. */
unsigned lab_protocols(void);

/* Where the lab keeps its files: --dir, or a folder that is removed with all that is in it. */
struct lab_folder {
	char path[PATH_MAX];
	int ours;
};

int lab_folder_open(struct lab_folder *f, struct err *e);
void lab_folder_close(struct lab_folder *f);

/*
 * From now on SIGINT, SIGTERM and SIGHUP do not end the process: the descriptor can be read when
 * one has come. To be called before there is a second thread. -1: it can't be had.
 */
int lab_signals(struct err *e);

const char *lab_protocol_name(enum lab_protocol p);

/* `dbtls lab try`; argv[1] is the first word of the command, if any. The exit status. */
int lab_try(int argc, char **argv);

#endif
