/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/store.h"

#include "base/i18n.h"
#include "pki/cert.h"
#include "pki/sslerr.h"
#include "trust/date.h"
#include "trust/folder.h"
#include "trust/format.h"
#include "trust/kind.h"
#include "trust/known.h"
#include "trust/roots.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LABEL_MAX   256
#define SUBJECT_MAX 512
#define USERS_MAX   65536

/* The kinds of store, in the order in which they are shown. A new one is a row. */
static const struct store_kind *const kinds[] = { &system_kind, &system_source_kind,
	&system_blocked_kind, &java_kind, &python_kind, &node_kind, &ruby_kind, &nss_kind,
	&named_kind, NULL };

static const char *const formats[] = {
	[STORE_UNKNOWN] = N_("unknown"),
	[STORE_PEM] = "PEM",
	[STORE_DER] = "DER",
	[STORE_FOLDER] = N_("folder"),
	[STORE_JKS] = "JKS",
	[STORE_PKCS12] = "PKCS12",
	[STORE_NSS] = "NSS",
	[STORE_BUILT_IN] = N_("built in"),
};

const char *store_format_name(enum store_format f)
{
	return formats[f];
}

const char *store_kind_name(const struct store *s)
{
	return s->kind->name;
}

const struct store_kind *store_kind_of(const char *name)
{
	for (size_t i = 0; kinds[i]; i++)
		if (strcmp(kinds[i]->name, name) == 0)
			return kinds[i];
	return NULL;
}

/* Room for one more of size bytes: the array, perhaps moved, or NULL. */
static void *grown(void *v, size_t n, size_t *room, size_t size)
{
	size_t more = *room ? 2 * *room : 16;
	void *p = n < *room ? v : reallocarray(v, more, size);

	if (p && n >= *room)
		*room = more;
	return p;
}

/* ---- what is there --------------------------------------------------------------------------- */

int store_find(struct store_list *list, const struct store_where *where, struct err *e)
{
	struct tree tree;
	struct hunt h = { .tree = &tree, .where = where, .list = list, .e = e };
	int rc = 0;

	*list = (struct store_list) { 0 };
	if (tree_open(&tree, where->root, e) < 0)
		return -1;
	for (size_t i = 0; rc == 0 && kinds[i]; i++) {
		h.kind = kinds[i];
		h.besides = kinds[i]->besides;
		rc = kinds[i]->find(&h);
	}
	tree_close(&tree);
	return rc;
}

static int no_memory(struct err *e)
{
	return err_set(e, ERR_LOCAL, _("there is no memory left"));
}

static struct store *store_new(
    struct store_list *list, const struct store_kind *kind, const char *path, struct err *e)
{
	struct store *v = grown(list->v, list->n, &list->room, sizeof *v);
	char *copy = v ? strdup(path) : NULL;

	if (v)
		list->v = v;
	if (!copy) {
		(void)no_memory(e);
		return NULL;
	}
	v[list->n] = (struct store) { .kind = kind, .path = copy, .users = buf_new(USERS_MAX) };
	return &v[list->n++];
}

int store_name(struct store_list *list, const char *path, struct err *e)
{
	return store_new(list, &named_kind, path, e) ? 0 : -1;
}

int store_shipped(struct store_list *list, struct err *e)
{
	static const struct store_kind kind = { .name = "shipped" };
	struct store *s = store_new(list, &kind, "dbtls", e);
	int rc = s ? 0 : -1;

	for (const struct root *r = roots_amazon; rc == 0 && r->name; r++)
		rc = pem_read(s, span_of(r->pem, strlen(r->pem)), NULL, e);
	if (s)
		s->format = STORE_BUILT_IN;
	if (s)
		s->readable = rc == 0;
	return rc;
}

static int has_user(const struct store *s, const char *who)
{
	struct span rest = span_of(s->users.p, s->users.n), one;

	while (span_cstr(&rest, &one) == 0)
		if (span_is(one, who))
			return 1;
	return 0;
}

static struct store *known(const struct store_list *list, const struct stat *st, const char *path)
{
	for (size_t i = 0; i < list->n; i++) {
		struct store *s = &list->v[i];

		if (s->ino ? s->ino == st->st_ino && s->dev == st->st_dev
			   : strcmp(s->path, path) == 0)
			return s;
	}
	return NULL;
}

static int add(struct hunt *h, const char *path, const char *who, const struct stat *st)
{
	struct store *s = known(h->list, st, path);
	int besides = h->besides && (!s || s->besides);

	if (!s)
		s = store_new(h->list, h->kind, path, h->e);
	if (!s)
		return -1;
	s->besides = besides;
	s->dev = st->st_dev;
	s->ino = st->st_ino;
	if (who && !has_user(s, who) && buf_add(&s->users, who, strlen(who) + 1) < 0)
		return no_memory(h->e);
	return 0;
}

int hunt_add(struct hunt *h, const char *path, const char *who)
{
	struct stat st;

	return tree_stat(h->tree, path, &st) < 0 ? 0 : add(h, path, who, &st);
}

int hunt_named(struct hunt *h, const char *path, const char *who)
{
	struct stat st;

	if (tree_stat(h->tree, path, &st) < 0)
		st = (struct stat) { 0 };
	return add(h, path, who, &st);
}

int hunt_here(const struct hunt *h)
{
	return !h->where->root;
}

/* What is searched for, handed through tree_glob. */
struct each {
	struct hunt *hunt;
	int (*found)(void *h, const char *path);
};

int hunt_each(struct hunt *h, const char *pattern, int (*found)(void *h, const char *path))
{
	static const char *const homes[] = { "/root", "/home/*", NULL };
	const char *home = hunt_here(h) ? getenv("HOME") : NULL;
	char text[PATH_MAX];

	if (strncmp(pattern, "~/", 2) != 0)
		return tree_glob(h->tree, pattern, found, h);
	for (const char *const *at = homes; *at; at++) {
		(void)snprintf(text, sizeof text, "%s%s", *at, pattern + 1);
		if (tree_glob(h->tree, text, found, h) < 0)
			return -1;
	}
	if (!home || *home != '/' || strpbrk(home, "*?["))
		return 0;
	(void)snprintf(text, sizeof text, "%s%s", home, pattern + 1);
	return tree_glob(h->tree, text, found, h);
}

static int found_by_pattern(void *arg, const char *path)
{
	struct hunt *h = arg;

	return hunt_add(h, path, h->who);
}

int hunt_pattern(struct hunt *h, const char *pattern, const char *who)
{
	h->who = who;
	return hunt_each(h, pattern, found_by_pattern);
}

int hunt_rows(struct hunt *h, const struct hunt_row *rows)
{
	for (; rows->pattern; rows++)
		if (hunt_pattern(h, rows->pattern, rows->who) < 0)
			return -1;
	return 0;
}

/* ---- what is in it --------------------------------------------------------------------------- */

static int read_file(struct store *s, const struct tree *t, const struct store_secret *secret)
{
	struct buf file;
	int rc;

	if (tree_read(t, s->path, STORE_FILE_MAX, &file, &s->why) < 0)
		return -1;
	rc = format_read(s, span_of(file.p, file.n), secret, &s->why);
	buf_free(&file);
	return rc < 0 ? err_prefix(&s->why, "%s", s->path) : 0;
}

static int read_what(
    struct store *s, const struct store_where *w, const struct store_secret *secret)
{
	struct tree t;
	struct stat st;
	int rc;

	if (s->kind->read)
		return s->kind->read(s, w, &s->why);
	if (tree_open(&t, w->root, &s->why) < 0)
		return -1;
	rc = tree_stat(&t, s->path, &st);
	if (rc < 0)
		(void)err_sys(&s->why, "%s", s->path);
	if (rc == 0)
		rc = S_ISDIR(st.st_mode) ? folder_read(s, &t, secret) : read_file(s, &t, secret);
	if (rc == 0)
		date_of(s, &t);
	tree_close(&t);
	return rc;
}

void store_read(struct store *s, const struct store_where *w, const struct store_secret *secret)
{
	s->why = (struct err) { 0 };
	s->known = w->known;
	s->readable = read_what(s, w, secret) == 0;
	date_of_newest(s);
	for (size_t i = 0; i < s->n && s->kind->distrusts; i++)
		s->anchors[i].servers = ANCHOR_DISTRUSTED;
}

/*
 * A table of numbers of anchors, 0 for none, with at least as many free places: where to look first
 * is in the digest itself. There is one for each size that `room` has.
 */
static uint32_t *place_of(const struct store *s, const uint8_t sha256[SHA256_LENGTH])
{
	size_t mask = 2 * s->room - 1, at;

	memcpy(&at, sha256, sizeof at);
	for (;; at++) {
		uint32_t *place = &s->index[at & mask];

		if (!*place || memcmp(s->anchors[*place - 1].sha256, sha256, SHA256_LENGTH) == 0)
			return place;
	}
}

/* The anchors with room for one more, and an index that fits; or NULL. */
static struct anchor *make_room(struct store *s)
{
	size_t room = s->room;
	struct anchor *v = grown(s->anchors, s->n, &s->room, sizeof *v);
	uint32_t *index;

	if (!v)
		return NULL;
	s->anchors = v;
	if (s->room == room)
		return v;
	index = calloc(2 * s->room, sizeof *index);
	if (!index) {
		s->room = room;
		return NULL;
	}
	free(s->index);
	s->index = index;
	for (size_t i = 0; i < s->n; i++)
		*place_of(s, v[i].sha256) = (uint32_t)i + 1;
	return v;
}

const struct anchor *store_holds(const struct store *s, const uint8_t sha256[SHA256_LENGTH])
{
	uint32_t place = s->n > 0 ? *place_of(s, sha256) : 0;

	return place ? &s->anchors[place - 1] : NULL;
}

/* ---- one anchor ------------------------------------------------------------------------------ */

/* How many bytes the UTF-8 character at p has, if it is one that may go to a terminal; or 0. */
static size_t letter(const uint8_t *p, size_t n)
{
	size_t more = *p >= 0xf0 ? 3 : *p >= 0xe0 ? 2 : *p >= 0xc2 ? 1 : 0;

	if (*p < 0x80)
		return *p >= 0x20 && *p != 0x7f;
	if (more == 0 || more >= n || *p > 0xf4)
		return 0;
	/* Control characters of Latin 1, forms that are too long, surrogates, past the end. */
	if ((*p == 0xc2 && p[1] < 0xa0) || (*p == 0xe0 && p[1] < 0xa0) ||
	    (*p == 0xed && p[1] > 0x9f) || (*p == 0xf0 && p[1] < 0x90) ||
	    (*p == 0xf4 && p[1] > 0x8f))
		return 0;
	for (size_t i = 1; i <= more; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return more + 1;
}

void store_clean(char *out, size_t size, struct span text)
{
	size_t n = 0;

	while (text.n > 0 && n + 5 < size) {
		size_t good = letter(text.p, text.n);

		if (good)
			memcpy(out + n, text.p, good);
		if (!good)
			out[n] = '?';
		n += good ? good : 1;
		(void)span_skip(&text, good ? good : 1);
	}
	out[n] = '\0';
}

static void subject_of(X509 *x, char out[SUBJECT_MAX])
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *p = NULL;
	long n = 0;

	if (bio && X509_NAME_print_ex(bio, X509_get_subject_name(x), 0, XN_FLAG_RFC2253) >= 0)
		n = BIO_get_mem_data(bio, &p);
	(void)snprintf(out, SUBJECT_MAX, "%.*s", (int)n, n > 0 ? p : "");
	BIO_free(bio);
}

static int spki_of(X509 *x, uint8_t out[SHA256_LENGTH])
{
	unsigned char *der = NULL;
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der);
	int rc = n > 0 ? sha256(der, (size_t)n, out) : -1;

	OPENSSL_free(der);
	return rc;
}

/* DER, subject and label go into one block, which the anchor owns. */
static int keep(struct anchor *a, struct span der, const char *subject, const char *label)
{
	size_t words = strlen(subject) + 1, name = strlen(label) + 1;
	uint8_t *p = malloc(der.n + words + name);

	if (!p)
		return -1;
	memcpy(p, der.p, der.n);
	memcpy(p + der.n, subject, words);
	memcpy(p + der.n + words, label, name);
	a->der = span_of(p, der.n);
	a->subject = (const char *)p + der.n;
	a->label = a->subject + words;
	return 0;
}

static int fill(struct anchor *a, const struct store_cert *c, struct span der, struct err *e)
{
	char subject[SUBJECT_MAX], label[LABEL_MAX];

	*a = (struct anchor) { .servers = c->servers, .is_ca = X509_check_ca(c->x) > 0 };
	if (sha256(der.p, der.n, a->sha256) < 0 || spki_of(c->x, a->spki) < 0)
		return err_ssl(e, _("read a certificate"));
	if (cert_times(c->x, &a->not_before, &a->not_after) < 0)
		return err_set(e, ERR_USER, _("a certificate's dates can't be read"));
	subject_of(c->x, subject);
	store_clean(label, sizeof label, c->label);
	return keep(a, der, subject, label) < 0 ? no_memory(e) : 0;
}

/* One that is there twice may do what either may, unless it is distrusted: a key's chain says less.
 */
static void join(struct anchor *a, struct anchor *again)
{
	if (a->servers == ANCHOR_MAY_NOT || again->servers == ANCHOR_DISTRUSTED)
		a->servers = again->servers;
	free((void *)again->der.p);
}

static int push(struct store *s, const struct store_cert *c, struct span der, struct err *e)
{
	struct anchor a, *v;
	uint32_t *place;

	if (s->n >= STORE_ANCHOR_MAX)
		return err_set(e, ERR_USER, _("more than %d certificates"), STORE_ANCHOR_MAX);
	v = make_room(s);
	if (!v)
		return no_memory(e);
	if (fill(&a, c, der, e) < 0)
		return -1;
	place = place_of(s, a.sha256);
	if (*place) {
		join(&v[*place - 1], &a);
		return 0;
	}
	*place = (uint32_t)s->n + 1;
	v[s->n++] = a;
	return 0;
}

int store_add(struct store *s, const struct store_cert *c, struct err *e)
{
	unsigned char *der = NULL;
	int n = i2d_X509(c->x, &der);
	int rc =
	    n > 0 ? push(s, c, span_of(der, (size_t)n), e) : err_ssl(e, _("read a certificate"));

	OPENSSL_free(der);
	ERR_clear_error();
	return rc;
}

int store_add_der(
    struct store *s, struct span der, struct span label, enum anchor_servers servers, struct err *e)
{
	struct store_cert c = { .label = label, .servers = servers };
	int rc = -1;

	ERR_clear_error();
	c.x = known_cert(s->known, der);
	if (c.x)
		rc = store_add(s, &c, e);
	else
		(void)err_ssl(e, _("read certificate %zu"), s->n + 1);
	X509_free(c.x);
	return rc;
}

void store_free(struct store_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		for (size_t j = 0; j < list->v[i].n; j++)
			free((void *)list->v[i].anchors[j].der.p);
		free(list->v[i].anchors);
		free(list->v[i].index);
		free(list->v[i].path);
		buf_free(&list->v[i].users);
	}
	free(list->v);
	*list = (struct store_list) { 0 };
}
