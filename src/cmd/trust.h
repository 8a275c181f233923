/* SPDX-License-Identifier: Apache-2.0 */
/* `dbtls trust`: one file a verb. */
#ifndef CMD_TRUST_H
#define CMD_TRUST_H

#include "trust/store.h"

/* What its options say. */
struct trust_given {
	const char *root, *format, *out, *password_file, *out_password_file;
	struct opt_list only, ca;
	const char *journal, *commands;
	struct opt_list store;
	int amazon, anchors, force, quick;
	int system, java, nss, all, dry, leaf, expired, list;
};

/* Each returns the exit code. files: the words behind the verb. */
int trust_list(const struct trust_given *g, char **files, int n);
int trust_audit(const struct trust_given *g, char **files, int n);
int trust_roots(const struct trust_given *g, char **files, int n);
int trust_export(const struct trust_given *g, char **files, int n);
int trust_add(const struct trust_given *g, char **names, int n);
int trust_remove(const struct trust_given *g, char **names, int n);
int trust_undo(const struct trust_given *g, char **names, int n);

/*
 * The stores in the files, or without any those of this machine or of --root, read; the list, empty
 * before, is the caller's to free in any case.
 */
int trust_stores(
    const struct trust_given *g, char **files, int n, struct store_list *list, struct err *e);

#define TRUST_PASSWORD_MAX 1024

/* The first line of the file; of path NULL, "". */
int trust_password(const char *path, char out[TRUST_PASSWORD_MAX], struct err *e);

/* "2027-04-15" */
const char *trust_day(time_t when, char out[16]);

#endif
