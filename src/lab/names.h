/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names that resolve on this machine without touching its /etc/hosts: a mount namespace of this
 * process's own (mount_namespaces(7)), in which another file lies over it. Clients are tried by
 * name, since several do not check who answers at 127.0.0.1 or localhost.
 */
#ifndef LAB_NAMES_H
#define LAB_NAMES_H

#include "lab/lab.h"

#include <limits.h>

enum names_how {
	NAMES_NONE,    /* they do not resolve: addresses must stand for them */
	NAMES_PRIVATE, /* in a mount namespace: for every program */
	NAMES_PRELOAD  /* by libnss_wrapper: for programs that ask the C library */
};

struct names {
	enum names_how how;
	char hosts[PATH_MAX];   /* the file */
	char library[PATH_MAX]; /* NAMES_PRELOAD: to be preloaded */
	char why[384];          /* why it is not NAMES_PRIVATE, _(); or "" */
};

/*
 * Makes the file DIR/hosts, as /etc/hosts is, and gives this process and its children a view of
 * their own in which it is /etc/hosts; as root by that right, else in a user namespace where each
 * user is himself. To be called before there is a second thread. Where it can't be done n->how says
 * what is left. -1: the file can't be written.
 */
int names_enter(const char *dir, struct names *n, struct err *e);

/*
 * Adds the names of all endpoints to the file n->hosts. Looks whether they resolve, too; if not,
 * n->how becomes what is left. -1: the file can't be written.
 */
int names_fill(struct names *n, const struct lab *l, struct err *e);

/* Writes this machine's /etc/hosts and the names of all endpoints into the file path. */
int names_write(const char *path, const struct lab *l, struct err *e);

/* Whether the fault of the condition is about the name: through an address it can't be tried. */
int names_needed(const struct condition *c);

/* "private", "preload", "none": for programs. */
const char *names_id(enum names_how how);

#endif
