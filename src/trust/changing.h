/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of a change share: change.c, change_system.c, change_nss.c. */
#ifndef TRUST_CHANGING_H
#define TRUST_CHANGING_H

#include "trust/change.h"
#include "trust/journal.h"
#include "trust/layout.h"

#include <limits.h>

#define CHANGING_TEXT_MAX 8192

struct changing {
	const struct change *c;
	struct journal *j; /* with the change begun; opened for the first write alone */
	int bad;           /* stores that are not as asked */
	int databases;     /* of NSS, that were found */
	int dangling;      /* links were left in a folder that lead to what has gone */
	int system;        /* the system's store is as asked, or would be */
};

/* The journal, or NULL. */
struct journal *changing_journal(struct changing *g, struct err *e);

void changing_tell(
    struct changing *g, enum change_outcome outcome, const char *path, const char *text);

/* It failed: the command for root if that is what was missing, else why. option: "--system". */
void changing_failed(struct changing *g, const char *path, const char *option, const struct err *e);

/* What has to be done to one store. */
struct changing_diff {
	const struct anchor **add; /* the wanted ones' */
	size_t adds;
	uint8_t (*remove)[SHA256_LENGTH];
	size_t removes;
};

/* Nothing to do: both are 0. -1: what is wanted can't be, and the sentence says why. */
int changing_diff(
    const struct changing *g, const struct store *s, struct changing_diff *d, struct err *e);
void changing_diff_free(struct changing_diff *d);

/* A store that is a file or a folder, read: changes it and tells. note: for the result; or "". */
void change_store(struct changing *g, const struct store *s, const char *note);

/* Reads one of the paths anew, into a list of its own. */
int changing_read(
    const struct changing *g, const char *path, struct store_list *list, struct err *e);

/* Whether this user may make files beside it; links are followed. Else e has the error. */
int changing_may(const char *path, struct err *e);

/* A folder of certificates; a file of its own for each that is put there. */
int change_folder_run(
    struct changing *g, const char *folder, const struct changing_diff *d, struct err *e);

/* Puts the certificate into that new file, as PEM. */
int change_folder_put(struct changing *g, const char *path, const struct anchor *a, struct err *e);

/* Takes them out of whatever files of the folder they are in: how many files were changed. */
int change_folder_drop(
    struct changing *g, const char *folder, const struct changing_diff *d, struct err *e);

/* The system's stores, by its own command. */
void change_system_run(struct changing *g);

/* The file for it in the folder that the system takes CAs from. */
const char *change_system_file(
    const struct layout *l, const struct wanted_one *one, char out[PATH_MAX]);

/* An NSS database; path is that of its cert9.db. */
void change_nss_run(struct changing *g, const struct store *s);

/* There is none: makes Chromium's in the user's own home, or tells the command that does. */
void change_nss_none(struct changing *g);

/* Takes the certificate out of the database in that folder, if it is there; or puts it back. */
int change_nss_drop(const char *folder, const uint8_t sha256[SHA256_LENGTH], struct err *e);
int change_nss_put(const char *folder, const struct journal_step *step, struct err *e);

#endif
