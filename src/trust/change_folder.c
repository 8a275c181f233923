/* SPDX-License-Identifier: Apache-2.0 */
/* Folders of certificates: files made and taken away, none of them a link to somebody else's. */
#include "base/file.h"
#include "base/i18n.h"
#include "trust/changing.h"
#include "trust/export.h"
#include "trust/format.h"
#include "trust/rewrite.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HASH_CHARS 8
#define NUMBERS    1000 /* certificates with the same hash */

/* As X509_LOOKUP_hash_dir(3) looks for it. */
static int is_hashed(const char *name)
{
	return strspn(name, "0123456789abcdef") == HASH_CHARS && name[HASH_CHARS] == '.' &&
	       isdigit((unsigned char)name[HASH_CHARS + 1]);
}

static int no_folder(const char *folder, struct err *e)
{
	return err_sys(e, _("open %s"), folder);
}

static int folder_is_hashed(const char *folder, struct err *e)
{
	struct dirent **names = NULL;
	int n = scandir(folder, &names, NULL, alphasort), hashed = 0;

	for (int i = 0; i < n; i++) {
		hashed |= is_hashed(names[i]->d_name);
		free(names[i]);
	}
	free(names);
	return n < 0 ? no_folder(folder, e) : hashed;
}

/* ---- putting --------------------------------------------------------------------------------- */

int change_folder_put(struct changing *g, const char *path, const struct anchor *a, struct err *e)
{
	const struct export_pick pick = { .v = &a, .n = 1 };
	struct buf pem = buf_new(STORE_FILE_MAX);
	struct journal_file f = { .path = path, .is_new = 1 };
	int rc = export_write(&pick, EXPORT_PEM, "", &pem, e);
	struct journal *j = rc == 0 ? changing_journal(g, e) : NULL;

	f.now = span_of(pem.p, pem.n);
	rc = j ? journal_write(j, &f, e) : -1;
	buf_free(&pem);
	return rc;
}

/* The first name with its hash that is free. */
static int hashed_name(
    const char *folder, const struct anchor *a, char out[PATH_MAX], struct err *e)
{
	const unsigned char *at = a->der.p;
	X509 *x = d2i_X509(NULL, &at, (long)a->der.n);
	unsigned long hash = x ? X509_NAME_hash_ex(X509_get_subject_name(x), NULL, NULL, NULL) : 0;
	struct stat st;

	X509_free(x);
	for (int i = 0; x && i < NUMBERS; i++) {
		(void)snprintf(out, PATH_MAX, "%s/%08lx.%d", folder, hash, i);
		if (lstat(out, &st) < 0)
			return 0;
	}
	return err_set(e, ERR_LOCAL, _("%s has no place for %s"), folder, a->subject);
}

static const char *name_of(const struct changing *g, const struct anchor *a)
{
	for (size_t i = 0; i < g->c->wanted->n; i++)
		if (g->c->wanted->v[i].anchor == a)
			return g->c->wanted->v[i].name;
	return "ca";
}

static int put_all(
    struct changing *g, const char *folder, const struct changing_diff *d, struct err *e)
{
	int hashed = folder_is_hashed(folder, e);
	char path[PATH_MAX];

	if (hashed < 0)
		return -1;
	for (size_t i = 0; i < d->adds; i++) {
		const struct anchor *a = d->add[i];

		(void)snprintf(path, sizeof path, "%s/dbtls-%s-%02x%02x%02x%02x.pem", folder,
		    name_of(g, a), a->sha256[0], a->sha256[1], a->sha256[2], a->sha256[3]);
		if (hashed && hashed_name(folder, a, path, e) < 0)
			return -1;
		if (change_folder_put(g, path, a, e) < 0)
			return -1;
	}
	return 0;
}

/* ---- taking out ------------------------------------------------------------------------------ */

static int is_one_of(const struct changing_diff *d, const struct anchor *a)
{
	for (size_t i = 0; i < d->removes; i++)
		if (memcmp(d->remove[i], a->sha256, SHA256_LENGTH) == 0)
			return 1;
	return 0;
}

static size_t count(const struct changing_diff *d, const struct store *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += (size_t)is_one_of(d, &s->anchors[i]);
	return n;
}

static int is_link(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
}

/* As `openssl rehash` makes them: the file itself is looked at too. */
static int leads_inside(const char *path, const char *folder)
{
	char file[PATH_MAX], where[PATH_MAX];
	size_t n = realpath(folder, where) ? strlen(where) : 0;

	return n > 0 && realpath(path, file) && strncmp(file, where, n) == 0 && file[n] == '/' &&
	       !strchr(file + n + 1, '/');
}

/*
 * OpenSSL stops looking at the first number that is free: what has the last one takes the place of
 * what goes. Returns the file that is to go in the end.
 */
static int close_gap(struct changing *g, const char *path, char last[PATH_MAX], struct err *e)
{
	struct journal_file f = { .path = path };
	struct buf was = { 0 }, now = { 0 };
	char next[PATH_MAX];
	const char *dot = strrchr(path, '.');
	int number = atoi(dot + 1), rc = 0;

	(void)snprintf(last, PATH_MAX, "%s", path);
	for (int i = number + 1; i < NUMBERS; i++) {
		(void)snprintf(next, sizeof next, "%.*s.%d", (int)(dot - path), path, i);
		if (access(next, F_OK) < 0)
			break;
		(void)snprintf(last, PATH_MAX, "%s", next);
	}
	if (strcmp(last, path) == 0)
		return 0;
	/* What it leads to is another's, and would go with it. */
	if (is_link(last))
		return err_set(e, ERR_LOCAL,
		    _("%s is a link, and would not be found any more; remove %s yourself, and "
		      "run `openssl rehash` in that folder"),
		    last, path);
	if (file_read(path, STORE_FILE_MAX, &was, e) < 0 ||
	    file_read(last, STORE_FILE_MAX, &now, e) < 0)
		rc = -1;
	f.was = span_of(was.p, was.n);
	f.now = span_of(now.p, now.n);
	if (rc == 0)
		rc = journal_write(g->j, &f, e);
	buf_free(&was);
	buf_free(&now);
	return rc;
}

static int drop_file(struct changing *g, const char *path, struct err *e)
{
	struct journal_file f = { .path = path, .removed = 1 };
	const char *name = strrchr(path, '/') + 1;
	struct buf was = { 0 };
	char last[PATH_MAX];
	int rc = 0;

	if (is_hashed(name)) {
		rc = close_gap(g, path, last, e);
		f.path = last;
	}
	if (rc == 0)
		rc = file_read(f.path, STORE_FILE_MAX, &was, e);
	f.was = span_of(was.p, was.n);
	if (rc == 0)
		rc = journal_write(g->j, &f, e);
	buf_free(&was);
	return rc;
}

static int thin_file(struct changing *g, const struct store *s, struct span was,
    const struct changing_diff *d, struct err *e)
{
	const struct rewrite how = { .remove = (const uint8_t(*)[SHA256_LENGTH])d->remove,
		.removes = d->removes,
		.secret = g->c->secret };
	struct buf now = buf_new(2 * (size_t)STORE_FILE_MAX);
	struct journal_file f = { .path = s->path, .was = was };
	int rc = rewrite_store(s, was, &how, &now, e);

	f.now = span_of(now.p, now.n);
	rc = rc < 0 ? -1 : journal_write(g->j, &f, e);
	buf_free(&now);
	return rc;
}

/* 1: something of it had to go, and has; 0: nothing had to. */
static int look(struct changing *g, const char *path, const struct changing_diff *d, struct err *e)
{
	struct store_list list = { 0 };
	struct err none = { 0 };
	struct buf file = { 0 };
	struct stat st;
	size_t n = 0;
	int rc = 0;

	if (lstat(path, &st) < 0 || S_ISDIR(st.st_mode) ||
	    file_read(path, STORE_FILE_MAX, &file, &none) < 0)
		return 0;
	if (store_name(&list, path, e) < 0)
		rc = -1;
	/* What can't be read to its end may hold it before that. */
	if (rc == 0)
		(void)format_read(&list.v[0], span_of(file.p, file.n), g->c->secret, &none);
	if (rc == 0)
		n = count(d, &list.v[0]);
	if (n > 0 && S_ISLNK(st.st_mode))
		rc = err_set(e, ERR_LOCAL,
		    _("%s is a link to another's file; take it out of what it is made from (for "
		      "the system's: --system)"),
		    path);
	if (rc == 0 && n > 0 && !changing_journal(g, e))
		rc = -1;
	if (rc == 0 && n > 0)
		rc = n == list.v[0].n && list.v[0].keys == 0
			 ? drop_file(g, path, e)
			 : thin_file(g, &list.v[0], span_of(file.p, file.n), d, e);
	store_free(&list);
	buf_free(&file);
	return rc < 0 ? -1 : n > 0;
}

int change_folder_drop(
    struct changing *g, const char *folder, const struct changing_diff *d, struct err *e)
{
	struct dirent **names = NULL;
	int n = scandir(folder, &names, NULL, alphasort), changed = 0, rc = 0;
	char path[PATH_MAX];

	if (n < 0)
		return no_folder(folder, e);
	/* From the end, so that what fills a gap has been looked at. */
	for (int i = n; i-- > 0;) {
		(void)snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name);
		if (rc >= 0 && names[i]->d_name[0] != '.' &&
		    !(is_link(path) && leads_inside(path, folder)))
			rc = look(g, path, d, e);
		changed += rc > 0;
	}
	for (int i = 0; i < n; i++) {
		(void)snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name);
		g->dangling |= changed > 0 && is_link(path) && access(path, F_OK) < 0;
		free(names[i]);
	}
	free(names);
	return rc < 0 ? -1 : changed;
}

int change_folder_run(
    struct changing *g, const char *folder, const struct changing_diff *d, struct err *e)
{
	char path[PATH_MAX];

	(void)file_absolute(folder, path);
	folder = *folder == '/' ? folder : path;
	if (d->adds > 0)
		return put_all(g, folder, d, e);
	return change_folder_drop(g, folder, d, e) < 0 ? -1 : 0;
}
