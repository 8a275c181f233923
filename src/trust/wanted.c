/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/wanted.h"

#include "base/file.h"
#include "base/i18n.h"
#include "base/opt.h"
#include "trust/format.h"
#include "trust/roots.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DIGITS_MIN 16
#define DIGITS_ALL (2 * (size_t)SHA256_LENGTH)
#define SLUG_MAX   40
#define ISSUER_MAX 200

/* ---- what is wrong with it ------------------------------------------------------------------- */

static void issuer_of(const struct anchor *a, char out[ISSUER_MAX])
{
	const unsigned char *at = a->der.p;
	X509 *x = d2i_X509(NULL, &at, (long)a->der.n);
	BIO *bio = BIO_new(BIO_s_mem());
	char *p = NULL;
	long n = 0;

	if (x && bio && X509_NAME_print_ex(bio, X509_get_issuer_name(x), 0, XN_FLAG_RFC2253) >= 0)
		n = BIO_get_mem_data(bio, &p);
	store_clean(out, ISSUER_MAX, span_of(p, n > 0 ? (size_t)n : 0));
	BIO_free(bio);
	X509_free(x);
}

static int leaf(const struct anchor *a, const char *file, struct err *e)
{
	char issuer[ISSUER_MAX];

	issuer_of(a, issuer);
	if (strcmp(issuer, a->subject) == 0)
		return err_set(e, ERR_USER,
		    _("%s: %s is no CA but one server's own certificate; if it is that very server "
		      "that is to be trusted, say --yes-a-leaf"),
		    file, a->subject);
	return err_set(e, ERR_USER,
	    _("%s: %s is no CA but a server's certificate; add the CA that issued it (%s), or say "
	      "--yes-a-leaf"),
	    file, a->subject, issuer);
}

static int expired(const struct anchor *a, const char *file, struct err *e)
{
	char day[16] = "";
	struct tm tm;

	if (gmtime_r(&a->not_after, &tm))
		(void)strftime(day, sizeof day, "%Y-%m-%d", &tm);
	return err_set(e, ERR_USER,
	    _("%s: %s expired on %s, and nobody would accept what it has signed; ask its owner for "
	      "the new one, or say --yes-expired"),
	    file, a->subject, day);
}

static int check(
    const struct anchor *a, const char *file, const struct wanted_rules *r, struct err *e)
{
	if (r->remove)
		return 0;
	if (a->servers != ANCHOR_MAY)
		return err_set(e, ERR_USER,
		    _("%s says of %s that it is not to vouch for servers; it is not added"), file,
		    a->subject);
	if (!a->is_ca && !r->leaf)
		return leaf(a, file, e);
	if (a->not_after < r->now && !r->expired)
		return expired(a, file, e);
	return 0;
}

/* ---- one more -------------------------------------------------------------------------------- */

/* Its common name as a word: lower-case letters and digits, with "-" between them. */
static void slug(const struct anchor *a, char out[WANTED_NAME_MAX])
{
	const char *cn = strstr(a->subject, "CN=");
	size_t n = 0;

	for (const char *at = cn ? cn + 3 : a->subject; *at && *at != ',' && n < SLUG_MAX; at++) {
		if (isalnum((unsigned char)*at))
			out[n++] = (char)tolower((unsigned char)*at);
		if (!isalnum((unsigned char)*at) && n > 0 && out[n - 1] != '-')
			out[n++] = '-';
	}
	while (n > 0 && out[n - 1] == '-')
		n--;
	out[n] = '\0';
	if (n == 0)
		(void)snprintf(out, WANTED_NAME_MAX, "ca");
}

static struct wanted_one *push(struct wanted *w, struct err *e)
{
	size_t room = w->room ? 2 * w->room : 8;
	struct wanted_one *v = w->n < w->room ? w->v : reallocarray(w->v, room, sizeof *v);

	if (!v) {
		(void)err_set(e, ERR_LOCAL, _("there is no memory left"));
		return NULL;
	}
	w->room = w->n < w->room ? w->room : room;
	w->v = v;
	v[w->n] = (struct wanted_one) { .digits = DIGITS_ALL };
	return &v[w->n++];
}

static int push_anchor(
    struct wanted *w, const struct anchor *a, const char *file, const char *name, struct err *e)
{
	struct wanted_one *one;

	for (size_t i = 0; i < w->n; i++)
		if (wanted_is(&w->v[i], a->sha256) && w->v[i].digits == DIGITS_ALL)
			return 0;
	one = push(w, e);
	if (!one)
		return -1;
	one->anchor = a;
	one->file = file;
	memcpy(one->sha256, a->sha256, SHA256_LENGTH);
	slug(a, one->name);
	if (name)
		(void)snprintf(one->name, sizeof one->name, "%s", name);
	return 0;
}

static int nibble(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : (c | 32) - 'a' + 10;
}

/* Hex digits, perhaps with colons between them: how many; 0: it is no such text. */
static size_t digits_of(const char *word, uint8_t out[SHA256_LENGTH])
{
	size_t n = 0;

	memset(out, 0, SHA256_LENGTH);
	for (; *word; word++) {
		if (*word == ':')
			continue;
		if (!isxdigit((unsigned char)*word) || n == DIGITS_ALL)
			return 0;
		out[n / 2] |= (uint8_t)(nibble(*word) << (n % 2 ? 0 : 4));
		n++;
	}
	return n < DIGITS_MIN ? 0 : n;
}

int wanted_is(const struct wanted_one *one, const uint8_t sha256[SHA256_LENGTH])
{
	if (memcmp(one->sha256, sha256, one->digits / 2) != 0)
		return 0;
	return one->digits % 2 == 0 ||
	       one->sha256[one->digits / 2] >> 4 == sha256[one->digits / 2] >> 4;
}

/* ---- a word ---------------------------------------------------------------------------------- */

static int take_root(
    struct wanted *w, const struct root *root, const struct wanted_rules *r, struct err *e)
{
	uint8_t sha256[SHA256_LENGTH];
	const struct anchor *a;

	if (store_shipped(&w->from, e) < 0)
		return -1;
	roots_digest(root, sha256);
	a = store_holds(&w->from.v[w->from.n - 1], sha256);
	if (!a)
		return err_set(e, ERR_LOCAL, _("%s is not as it was shipped"), root->name);
	return check(a, root->name, r, e) < 0 ? -1 : push_anchor(w, a, NULL, root->name, e);
}

static int take_digest(struct wanted *w, const char *word, struct err *e)
{
	uint8_t sha256[SHA256_LENGTH];
	size_t digits = digits_of(word, sha256);
	struct wanted_one *one = push(w, e);

	if (!one)
		return -1;
	memcpy(one->sha256, sha256, SHA256_LENGTH);
	one->digits = digits;
	return 0;
}

static int unknown(const char *word, struct err *e)
{
	const char *near =
	    strchr(word, '/') ? NULL : opt_nearest(word, roots_amazon, sizeof *roots_amazon);

	if (near)
		return err_set(e, ERR_USER,
		    _("there is no file %s, and no root of that name; did you mean %s? `dbtls "
		      "trust "
		      "roots amazon` lists those that ship with dbtls, as "
		      "https://www.amazontrust.com/repository/ has them"),
		    word, near);
	return err_set(e, ERR_USER,
	    _("there is no file %s; give a file of certificates, or a root of those that `dbtls "
	      "trust roots amazon` lists, as https://www.amazontrust.com/repository/ has them"),
	    word);
}

static int read_store(
    struct store *s, struct span file, const struct wanted_rules *r, struct err *e)
{
	int rc = format_read(s, file, r->secret, e);

	if (s->keys > 0 && !r->remove)
		return err_set(e, ERR_USER,
		    _("%s: there is a private key in it, and never a private key into a trust "
		      "store; give a file with the CA's certificate alone"),
		    s->path);
	return rc < 0 ? err_prefix(e, "%s", s->path) : 0;
}

static int take_file(
    struct wanted *w, const char *word, const struct wanted_rules *r, struct err *e)
{
	struct buf file;
	struct store *s;
	int rc;

	if (file_read(word, STORE_FILE_MAX, &file, e) < 0)
		return e->sys == ENOENT ? unknown(word, e) : -1;
	rc = store_name(&w->from, word, e);
	s = rc == 0 ? &w->from.v[w->from.n - 1] : NULL;
	if (s)
		rc = read_store(s, span_of(file.p, file.n), r, e);
	if (rc == 0 && s && s->n == 0)
		rc = err_set(e, ERR_USER, _("%s: there is no certificate in it"), word);
	for (size_t i = 0; rc == 0 && s && i < s->n; i++)
		rc = check(&s->anchors[i], word, r, e);
	for (size_t i = 0; rc == 0 && s && i < s->n; i++)
		rc = push_anchor(w, &s->anchors[i], word, NULL, e);
	buf_wipe(&file);
	return rc;
}

int wanted_take(struct wanted *w, const char *word, const struct wanted_rules *r, struct err *e)
{
	const struct root *root = roots_named(word);
	uint8_t sha256[SHA256_LENGTH];

	if (root)
		return take_root(w, root, r, e);
	if (r->remove && digits_of(word, sha256) > 0 && access(word, F_OK) < 0)
		return take_digest(w, word, e);
	return take_file(w, word, r, e);
}

void wanted_free(struct wanted *w)
{
	free(w->v);
	store_free(&w->from);
	*w = (struct wanted) { 0 };
}
