/* SPDX-License-Identifier: Apache-2.0 */
/* Folders of certificates: files made and taken away, none of them a link to somebody else's. */
#include "base/file.h"
#include "base/i18n.h"
#include "trust/changing.h"
#include "trust/export.h"
#include "trust/format.h"
#include "trust/rewrite.h"
#include "trust/tree.h"

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

static const struct tree here = { .fd = -1 };

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
	       file[n + 1] != '.' && !strchr(file + n + 1, '/');
}

/* The last of those with the same hash, which is path itself if there is no other. */
static void last_of(const char *path, char last[PATH_MAX])
{
	const char *dot = strrchr(path, '.');
	char next[PATH_MAX];

	(void)snprintf(last, PATH_MAX, "%s", path);
	for (int i = atoi(dot + 1) + 1; i < NUMBERS; i++) {
		(void)snprintf(next, sizeof next, "%.*s.%d", (int)(dot - path), path, i);
		if (access(next, F_OK) < 0)
			break;
		(void)snprintf(last, PATH_MAX, "%s", next);
	}
}

/* What a link in the last place leads to is another's, and would go with it. */
static int may_drop(const char *path, struct err *e)
{
	char last[PATH_MAX];

	if (!is_hashed(strrchr(path, '/') + 1))
		return 0;
	last_of(path, last);
	if (!is_link(last))
		return 0;
	return err_set(e, ERR_LOCAL,
	    _("%s is a link, and would not be found any more; remove %s yourself, and "
	      "run `openssl rehash` in that folder"),
	    last, path);
}

/*
 * OpenSSL stops looking at the first number that is free: what has the last one takes the place of
 * what goes, and its file goes in the end.
 */
static int close_gap(
    struct changing *g, const char *path, struct span was, const char *last, struct err *e)
{
	struct journal_file fill = { .path = path, .was = was, .no_link = 1 };
	struct journal_file f = { .path = last, .removed = 1 };
	struct buf moved = { 0 };
	int rc = may_drop(path, e);

	if (rc == 0)
		rc = tree_read(&here, last, STORE_FILE_MAX, &moved, e);
	f.was = fill.now = span_of(moved.p, moved.n);
	if (rc == 0)
		rc = journal_write(g->j, &fill, e);
	if (rc == 0)
		rc = journal_write(g->j, &f, e);
	buf_free(&moved);
	return rc;
}

static int drop_file(struct changing *g, const char *path, struct span was, struct err *e)
{
	const struct journal_file f = { .path = path, .was = was, .removed = 1 };
	char last[PATH_MAX];

	if (is_hashed(strrchr(path, '/') + 1)) {
		last_of(path, last);
		if (strcmp(last, path) != 0)
			return close_gap(g, path, was, last, e);
	}
	return journal_write(g->j, &f, e);
}

static int thin_file(struct changing *g, const struct store *s, struct span was,
    const struct changing_diff *d, struct err *e)
{
	const struct rewrite how = { .remove = (const uint8_t(*)[SHA256_LENGTH])d->remove,
		.removes = d->removes,
		.secret = g->c->secret };
	struct buf now = buf_new(2 * (size_t)STORE_FILE_MAX);
	struct journal_file f = { .path = s->path, .was = was, .no_link = 1 };
	int rc = rewrite_store(s, was, &how, &now, e);

	f.now = span_of(now.p, now.n);
	rc = rc < 0 ? -1 : journal_write(g->j, &f, e);
	buf_free(&now);
	return rc;
}

/* What lies in a folder, the numbers behind a hash in their order. */
struct names {
	const char *folder;
	struct dirent **v;
	int n;
};

/* A file of the folder that holds what is to go. */
struct held {
	const struct store *store;
	struct span bytes;
	int is_link, is_all; /* all that it holds is to go */
};

/* Finds fault before anything is done to any of them. */
static int check_held(
    struct changing *g, const struct held *h, const struct changing_diff *d, struct err *e)
{
	(void)g;
	(void)d;
	if (h->is_link)
		return err_set(e, ERR_LOCAL,
		    _("%s is a link to another's file; take it out of what it is made from (for "
		      "the system's: --system)"),
		    h->store->path);
	return h->is_all ? may_drop(h->store->path, e) : 0;
}

static int drop_held(
    struct changing *g, const struct held *h, const struct changing_diff *d, struct err *e)
{
	if (!changing_journal(g, e))
		return -1;
	return h->is_all ? drop_file(g, h->store->path, h->bytes, e)
			 : thin_file(g, h->store, h->bytes, d, e);
}

typedef int held_fn(
    struct changing *g, const struct held *h, const struct changing_diff *d, struct err *e);

/* Calls what for a file that holds some of it: 1 then; 0: it holds none. */
static int look(struct changing *g, const char *path, const struct changing_diff *d, held_fn *what,
    struct err *e)
{
	struct store_list list = { 0 };
	struct err none = { 0 };
	struct buf file = { 0 };
	struct held h = { 0 };
	struct stat st;
	size_t n = 0;
	int rc = 0;

	/* tree_read never waits at a FIFO, should a link lead there. */
	if (lstat(path, &st) < 0 || (!S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode)) ||
	    tree_read(&here, path, STORE_FILE_MAX, &file, &none) < 0)
		return 0;
	if (store_name(&list, path, e) < 0)
		rc = -1;
	h.bytes = span_of(file.p, file.n);
	/* What can't be read to its end may hold it before that. */
	if (rc == 0)
		(void)format_read(&list.v[0], h.bytes, g->c->secret, &none);
	if (rc == 0)
		n = count(d, &list.v[0]);
	if (n > 0) {
		h.store = &list.v[0];
		h.is_link = S_ISLNK(st.st_mode);
		h.is_all = n == h.store->n && h.store->keys == 0;
		rc = what(g, &h, d, e);
	}
	store_free(&list);
	buf_free(&file);
	return rc < 0 ? -1 : n > 0;
}

/* From the end, so that what fills a gap has been looked at. How many files hold some of it. */
static int look_at_all(struct changing *g, const struct names *in, const struct changing_diff *d,
    held_fn *what, struct err *e)
{
	char path[PATH_MAX];
	int rc = 0, held = 0;

	for (int i = in->n; rc >= 0 && i-- > 0;) {
		if (in->v[i]->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof path, "%s/%s", in->folder, in->v[i]->d_name);
		if (is_link(path) && leads_inside(path, in->folder))
			continue;
		rc = look(g, path, d, what, e);
		held += rc > 0;
	}
	return rc < 0 ? -1 : held;
}

static int is_dangling(const struct names *in)
{
	char path[PATH_MAX];

	for (int i = 0; i < in->n; i++) {
		(void)snprintf(path, sizeof path, "%s/%s", in->folder, in->v[i]->d_name);
		if (is_link(path) && access(path, F_OK) < 0)
			return 1;
	}
	return 0;
}

int change_folder_drop(
    struct changing *g, const char *folder, const struct changing_diff *d, struct err *e)
{
	struct names in = { .folder = folder };
	int rc;

	in.n = scandir(folder, &in.v, NULL, versionsort);
	if (in.n < 0)
		return no_folder(folder, e);
	rc = look_at_all(g, &in, d, check_held, e);
	if (rc > 0)
		rc = look_at_all(g, &in, d, drop_held, e);
	g->dangling |= rc > 0 && is_dangling(&in);
	for (int i = 0; i < in.n; i++)
		free(in.v[i]);
	free(in.v);
	return rc;
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
