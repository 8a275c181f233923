/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The access list's file (T6): a CIDR block or the word "host" a line, '#' starts a comment.
 * "host" stands for this host's own addresses, whatever they are at the moment, loopback included.
 */
#ifndef CONF_ACCESS_H
#define CONF_ACCESS_H

#include "base/err.h"
#include "net/cidr.h"

struct access_list {
	int host;       /* the word "host" is in it */
	struct cidr *v; /* owned */
	size_t n, size;
};

void access_free(struct access_list *l);

/* Reads the file; one that isn't there is the default list: "host" alone. Errors name the line. */
int access_read(struct access_list *l, const char *path, struct err *e);

/* The same of a file that must be there: -1 with e->sys == ENOENT when it isn't. */
int access_read_existing(struct access_list *l, const char *path, struct err *e);

/*
 * Writes it in one step, one entry a line. Comments that were in the file are lost; its owner,
 * group and mode are kept. A new file has mode 0600.
 */
int access_write(const struct access_list *l, const char *path, struct err *e);

/* entry is a CIDR block or "host". *changed: 0 when it was there (or not there) already. */
int access_add(struct access_list *l, const char *entry, int *changed, struct err *e);
int access_remove(struct access_list *l, const char *entry, int *changed, struct err *e);

/*
 * Packs the list, host's addresses put in for "host", for cidr_set_open. own: this host's own
 * addresses (loopback blocks 127.0.0.0/8 and ::1 are put in without being named).
 */
int access_pack(const struct access_list *l, const struct addr *own, size_t n_own, struct buf *out,
    struct err *e);

/*
 * Which entry lets the address in: its text ("host", "192.0.2.0/24") in why, 1; 0: none does.
 * Of several the first: "host", then in the file's order.
 */
int access_test(const struct access_list *l, const struct addr *own, size_t n_own,
    const struct addr *a, char why[CIDR_TEXT]);

#endif
