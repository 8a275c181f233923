/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/change.h"

#include "base/file.h"
#include "base/i18n.h"
#include "trust/changing.h"
#include "trust/kind.h"
#include "trust/layout.h"
#include "trust/rewrite.h"
#include "trust/way.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const outcomes[] = {
	[CHANGE_DONE] = "done",
	[CHANGE_SO] = "already",
	[CHANGE_WOULD] = "would",
	[CHANGE_TYPE] = "type",
	[CHANGE_CANT] = "impossible",
	[CHANGE_LEFT] = "left",
	[CHANGE_SET] = "environment",
};

const char *change_outcome_name(enum change_outcome o)
{
	return outcomes[o];
}

void change_quote(struct buf *out, const char *word)
{
	static const char plain[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";

	if (*word && word[strspn(word, plain)] == '\0') {
		(void)buf_fmt(out, "%s", word);
		return;
	}
	(void)buf_add(out, "'", 1);
	for (; *word; word++)
		(void)buf_add(out, *word == '\'' ? "'\\''" : word, *word == '\'' ? 4 : 1);
	(void)buf_add(out, "'", 1);
}

/* ---- files ----------------------------------------------------------------------------------- */

static int rewrite_file(
    struct changing *g, const struct store *s, const struct changing_diff *d, struct err *e)
{
	const struct rewrite how = { .add = (const struct anchor *const *)d->add,
		.adds = d->adds,
		.remove = (const uint8_t(*)[SHA256_LENGTH])d->remove,
		.removes = d->removes,
		.secret = g->c->secret };
	char path[PATH_MAX];
	struct journal_file f = { .path = file_absolute(s->path, path) };
	struct buf was = { 0 }, now = buf_new(2 * (size_t)STORE_FILE_MAX);
	struct journal *j;
	int rc = -1;

	if (file_read(s->path, STORE_FILE_MAX, &was, e) < 0)
		goto out;
	f.was = span_of(was.p, was.n);
	if (rewrite_store(s, f.was, &how, &now, e) < 0)
		goto out;
	f.now = span_of(now.p, now.n);
	j = changing_journal(g, e);
	rc = j ? journal_write(j, &f, e) : -1;
out:
	buf_free(&was);
	buf_free(&now);
	return rc;
}

/* ---- one store ------------------------------------------------------------------------------- */

static int is_folder(const struct store *s)
{
	struct stat st;

	return stat(s->path, &st) == 0 && S_ISDIR(st.st_mode);
}

static void carry_out(
    struct changing *g, const struct store *s, const struct changing_diff *d, const char *note)
{
	struct err e = { 0 };
	int rc;

	if (g->c->dry && changing_may(s->path, &e) < 0) {
		changing_failed(g, s->path, "--store", &e);
		return;
	}
	if (g->c->dry) {
		changing_tell(g, CHANGE_WOULD, s->path, note);
		return;
	}
	g->dangling = 0;
	rc = is_folder(s) ? change_folder_run(g, s->path, d, &e) : rewrite_file(g, s, d, &e);
	if (rc < 0)
		changing_failed(g, s->path, "--store", &e);
	if (rc == 0)
		changing_tell(g, CHANGE_DONE, s->path,
		    g->dangling ? _("links to it are left there; run `openssl rehash` on the "
				    "folder")
				: note);
}

void change_store(struct changing *g, const struct store *s, const char *note)
{
	struct changing_diff d = { 0 };
	struct err e = s->why;
	int rc = s->readable ? changing_diff(g, s, &d, &e) : -1;

	if (rc < 0)
		changing_failed(g, s->path, "--store", &e);
	if (rc == 0 && d.adds + d.removes == 0)
		changing_tell(g, CHANGE_SO, s->path, "");
	if (rc == 0 && d.adds + d.removes > 0 && s->format == STORE_NSS)
		change_nss_run(g, s);
	if (rc == 0 && d.adds + d.removes > 0 && s->format != STORE_NSS)
		carry_out(g, s, &d, note);
	changing_diff_free(&d);
}

/* ---- those that a person named ----------------------------------------------------------------
 */

static int is_same_file(const char *a, const char *b)
{
	struct stat one, two;

	return stat(a, &one) == 0 && stat(b, &two) == 0 && one.st_ino == two.st_ino &&
	       one.st_dev == two.st_dev;
}

static int is_derived(const char *path)
{
	const struct layout *l = layout_find();

	for (size_t i = 0; l && i < LAYOUT_DERIVED && l->derived[i]; i++)
		if (is_same_file(path, l->derived[i]))
			return 1;
	return 0;
}

/* What the system's command makes anew is changed all the same if somebody says so. */
static const char *note_of(const char *path)
{
	if (is_derived(path))
		return _("the system's own command makes this one anew, and then the change "
			 "is gone: --system is for good");
	return "";
}

static int named(struct changing *g, const char *path, struct err *e)
{
	const struct layout *l = layout_find();
	struct store_list list = { 0 };
	char database[PATH_MAX];
	int rc;

	(void)snprintf(database, sizeof database, "%s/cert9.db", path);
	if (access(database, F_OK) == 0)
		path = database;
	if (l && is_same_file(path, l->source)) {
		change_system_run(g);
		return 0;
	}
	rc = changing_read(g, path, &list, e);
	if (rc == 0)
		change_store(g, &list.v[0], note_of(path));
	store_free(&list);
	return rc;
}

/* ---- those that are found ---------------------------------------------------------------------
 */

/* Bundles that come with a package, and are lost when it is upgraded: what its users read instead.
 */
static const struct {
	const char *end, *kind; /* of the path; or NULL: all of that kind */
	const char *variable;
} bundles[] = {
	{ "/botocore/cacert.pem", "python", "AWS_CA_BUNDLE" },
	{ "/pip/_vendor/certifi/cacert.pem", "python", "PIP_CERT" },
	{ "/cacert.pem", "python", "REQUESTS_CA_BUNDLE" },
	{ NULL, "node", "NODE_EXTRA_CA_CERTS" },
};

static int ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && strcmp(text + n - m, end) == 0;
}

static const char *variable_of(const struct store *s)
{
	for (size_t i = 0; i < sizeof bundles / sizeof *bundles; i++)
		if (strcmp(store_kind_name(s), bundles[i].kind) == 0 &&
		    (!bundles[i].end || ends_with(s->path, bundles[i].end)))
			return bundles[i].variable;
	return NULL;
}

/* Node's variable adds to what it has, so that the CA alone will do; the others replace all. */
static const char *file_for(const struct changing *g, const char *variable, char out[PATH_MAX])
{
	const struct layout *l = layout_find();

	if (!l)
		return NULL;
	if (strcmp(variable, "NODE_EXTRA_CA_CERTS") != 0)
		return l->derived[0];
	if (g->c->wanted->n > 1 ||
	    access(change_system_file(l, &g->c->wanted->v[0], out), R_OK) < 0)
		return l->derived[0];
	return out;
}

static void bundled(struct changing *g, const struct store *s, const char *variable)
{
	char path[PATH_MAX];
	const char *file = file_for(g, variable, path);
	struct buf line = buf_new(CHANGING_TEXT_MAX);

	if (!file) {
		changing_tell(g, CHANGE_LEFT, s->path,
		    _("it comes with a package; --store PATH changes it until that is upgraded"));
		return;
	}
	if (!g->system)
		(void)buf_fmt(&line, "%s", _("once the system's store is as asked: "));
	(void)buf_fmt(&line, "export %s=", variable);
	change_quote(&line, file);
	if (buf_add(&line, "", 1) == 0)
		changing_tell(
		    g, g->system ? CHANGE_SET : CHANGE_LEFT, s->path, (const char *)line.p);
	buf_free(&line);
}

/* One of those that --all finds and that have not got it through the system's command. */
static void found_other(struct changing *g, const struct store *s)
{
	const char *variable = variable_of(s);
	struct changing_diff d = { 0 };
	struct err e = { 0 };
	int rc = s->readable ? changing_diff(g, s, &d, &e) : 0;

	if (rc == 0 && d.adds + d.removes > 0 && variable && !g->c->remove)
		bundled(g, s, variable);
	if (rc == 0 && d.adds + d.removes > 0 && variable && g->c->remove)
		changing_tell(g, CHANGE_LEFT, s->path,
		    _("it comes with a package, and an upgrade would put it back"));
	if (rc == 0 && d.adds + d.removes > 0 && !variable)
		changing_tell(g, CHANGE_LEFT, s->path,
		    _("somebody's settings name it, and it is theirs: --store PATH changes it"));
	changing_diff_free(&d);
}

/* The system's own are its command's; where its sources lie nobody reads by itself. */
static int is_systems(const struct store *s)
{
	const char *kind = store_kind_name(s);

	return strcmp(kind, "system") == 0 || strcmp(kind, "source") == 0 ||
	       strcmp(kind, "blocked") == 0;
}

/* The system's command made it, and it has been said. */
static int is_told(const struct changing *g, const struct store *s)
{
	struct changing_diff d = { 0 };
	struct err e = { 0 };
	int told = g->system && is_derived(s->path) && s->readable &&
		   changing_diff(g, s, &d, &e) == 0 && d.adds + d.removes == 0;

	changing_diff_free(&d);
	return told;
}

/*
 * A user's JDK may lead root to any other file: what is changed there is a store of Java's, and
 * theirs.
 */
static int is_java_store(const struct store *s)
{
	struct way_owner owner = { 0 };
	struct err none = { 0 };
	struct stat st;

	if (s->readable && s->format != STORE_JKS && s->format != STORE_PKCS12)
		return 0;
	(void)way_owner(s->path, &owner, &none);
	return owner.uid == 0 || (stat(s->path, &st) == 0 && st.st_uid == owner.uid);
}

static void found(struct changing *g, struct store *s)
{
	const struct store_where here = { 0 };
	const char *kind = store_kind_name(s);
	int is_java = strcmp(kind, "java") == 0, is_nss = strcmp(kind, "nss") == 0;
	int all = (g->c->scope & CHANGE_ALL) != 0;

	if (is_systems(s) || (!all && !(is_java && g->c->scope & CHANGE_JAVA) &&
				 !(is_nss && g->c->scope & CHANGE_NSS)))
		return;
	store_read(s, &here, g->c->secret);
	g->databases += is_nss;
	if (all && is_told(g, s))
		return;
	if (is_java && !is_java_store(s)) {
		changing_tell(g, CHANGE_LEFT, s->path,
		    _("it leads to what is no store of Java's, or is another's"));
		return;
	}
	if (is_java || is_nss)
		change_store(g, s, "");
	if (!is_java && !is_nss)
		found_other(g, s);
}

static int all_found(struct changing *g, struct err *e)
{
	const struct store_where here = { .quick = !(g->c->scope & CHANGE_ALL) };
	struct store_list list = { 0 };
	int rc = store_find(&list, &here, e);

	for (size_t i = 0; rc == 0 && i < list.n; i++)
		found(g, &list.v[i]);
	if (rc == 0 && g->c->scope & CHANGE_NSS && !g->c->remove && g->databases == 0)
		change_nss_none(g);
	store_free(&list);
	return rc;
}

/* ---- the main road ----------------------------------------------------------------------------
 */

int change_run(const struct change *c, struct err *e)
{
	struct changing g = { .c = c };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < c->store_count; i++)
		rc = named(&g, c->stores[i], e);
	/* First, for what it makes is found to be as asked afterwards. */
	if (rc == 0 && c->scope & (CHANGE_SYSTEM | CHANGE_ALL))
		change_system_run(&g);
	if (rc == 0 && c->scope & (CHANGE_JAVA | CHANGE_NSS | CHANGE_ALL))
		rc = all_found(&g, e);
	if (g.j && journal_end(g.j, e) < 0)
		rc = -1;
	journal_close(g.j);
	return rc < 0 ? -1 : g.bad;
}
