/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The system's own stores. Their source is changed, through the journal, and the system's command
 * makes them anew. What has to be taken back by other means is written down before: the command,
 * and what each of its stores lacked, for some commands take nothing out of Java's.
 */
#include "base/file.h"
#include "base/i18n.h"
#include "trust/changing.h"
#include "trust/format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OPTION "--system"

const char *change_system_file(
    const struct layout *l, const struct wanted_one *one, char out[PATH_MAX])
{
	(void)snprintf(out, PATH_MAX, "%s/dbtls-%s-%02x%02x%02x%02x.crt", l->source, one->name,
	    one->sha256[0], one->sha256[1], one->sha256[2], one->sha256[3]);
	return out;
}

/* ---- what there is --------------------------------------------------------------------------- */

/* The stores that the system's command makes, as far as they are there, read; the bundle first. */
static int read_derived(
    const struct changing *g, const struct layout *l, struct store_list *list, struct err *e)
{
	struct stat st;

	if (changing_read(g, l->derived[0], list, e) < 0)
		return -1;
	for (size_t i = 1; i < LAYOUT_DERIVED && l->derived[i]; i++)
		if (stat(l->derived[i], &st) == 0 && changing_read(g, l->derived[i], list, e) < 0)
			return -1;
	return 0;
}

/* A list of CAs that are not to be trusted, whoever ships them. */
static int is_blocked(const struct changing *g, const struct layout *l, struct err *e)
{
	struct store_list list = { 0 };
	struct stat st;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < LAYOUT_BLOCKED && l->blocked[i]; i++)
		if (stat(l->blocked[i], &st) == 0)
			rc = changing_read(g, l->blocked[i], &list, e);
	for (size_t i = 0; rc == 0 && i < g->c->wanted->n; i++)
		for (size_t k = 0; rc == 0 && k < list.n; k++)
			if (store_holds(&list.v[k], g->c->wanted->v[i].sha256))
				rc = err_set(e, ERR_LOCAL,
				    _("this system distrusts %s expressly (%s); take it out there "
				      "if you know better"),
				    g->c->wanted->v[i].name, list.v[k].path);
	store_free(&list);
	return rc;
}

/* ---- the steps ------------------------------------------------------------------------------- */

static int note_lacking(struct changing *g, struct journal *j, const struct store *s, struct err *e)
{
	for (size_t i = 0; i < g->c->wanted->n; i++) {
		struct journal_step step = { .what = JOURNAL_LACKED, .path = s->path };

		memcpy(step.sha256, g->c->wanted->v[i].sha256, SHA256_LENGTH);
		if (!store_holds(s, step.sha256) && journal_step(j, &step, e) < 0)
			return -1;
	}
	return 0;
}

/* Undo runs the command and looks at the stores, in this order. */
static int note_steps(
    struct changing *g, const struct layout *l, const struct store_list *derived, struct err *e)
{
	const struct journal_step run = { .what = JOURNAL_RUN, .label = l->renew };
	struct journal *j = changing_journal(g, e);

	if (!j || journal_step(j, &run, e) < 0)
		return -1;
	for (size_t i = 0; !g->c->remove && i < derived->n; i++)
		if (note_lacking(g, j, &derived->v[i], e) < 0)
			return -1;
	return 0;
}

/* changed: how many of its sources; what the command did not do this time it does the next. */
static int run_command(const char *command, int changed, struct err *e)
{
	if (layout_run(command, e) == 0)
		return 0;
	if (changed > 0)
		(void)err_prefix(
		    e, _("its sources are changed all the same, and take effect when the command "
			 "next runs, unless `dbtls trust undo` takes them back"));
	return -1;
}

/* ---- adding ---------------------------------------------------------------------------------- */

static int add_sources(
    struct changing *g, const struct layout *l, const struct changing_diff *d, struct err *e)
{
	char path[PATH_MAX];
	struct stat st;
	int put = 0;

	for (size_t i = 0; i < g->c->wanted->n; i++) {
		const struct wanted_one *one = &g->c->wanted->v[i];
		int lacking = 0;

		for (size_t k = 0; k < d->adds; k++)
			lacking |= d->add[k] == one->anchor;
		/* It may lie there, and the command not have been run. */
		if (!lacking || lstat(change_system_file(l, one, path), &st) == 0)
			continue;
		if (change_folder_put(g, path, one->anchor, e) < 0)
			return -1;
		put++;
	}
	return run_command(l->run, put, e);
}

/* ---- taking away ----------------------------------------------------------------------------- */

/* Whether the file that the distribution ships under that line is to go. */
static int is_line_wanted(const struct changing *g, const struct layout *l, struct span line,
    const struct changing_diff *d)
{
	struct store_list list = { 0 };
	struct err none = { 0 };
	char path[PATH_MAX];
	int found = 0;

	if (!line.p || line.n == 0 || line.p[0] == '#' || line.p[0] == '!' ||
	    memchr(line.p, 0, line.n))
		return 0;
	(void)snprintf(path, sizeof path, "%s/%.*s", l->shipped, (int)line.n, (const char *)line.p);
	if (changing_read(g, path, &list, &none) == 0)
		for (size_t i = 0; i < d->removes; i++)
			found |= store_holds(&list.v[0], d->remove[i]) != NULL;
	store_free(&list);
	return found;
}

static int deselect_lines(const struct changing *g, const struct layout *l, struct span conf,
    const struct changing_diff *d, struct buf *out)
{
	int n = 0;

	while (conf.n > 0) {
		const uint8_t *end = memchr(conf.p, '\n', conf.n);
		struct span line = { 0 };
		size_t length = end ? (size_t)(end - conf.p) + 1 : conf.n;
		int rc;

		(void)span_take(&conf, length, &line);
		rc = is_line_wanted(g, l, span_of(line.p, line.n - (end != NULL)), d);
		n += rc;
		if ((rc && buf_add(out, "!", 1) < 0) || buf_add(out, line.p, line.n) < 0)
			return -1;
	}
	return n;
}

static int deselect(
    struct changing *g, const struct layout *l, const struct changing_diff *d, struct err *e)
{
	struct buf was = { 0 }, now = buf_new(STORE_FILE_MAX);
	struct journal_file f = { .path = l->conf };
	int n = file_read(l->conf, STORE_FILE_MAX, &was, e);

	if (n == 0)
		n = deselect_lines(g, l, span_of(was.p, was.n), d, &now);
	f.was = span_of(was.p, was.n);
	f.now = span_of(now.p, now.n);
	if (n > 0 && journal_write(g->j, &f, e) < 0)
		n = -1;
	buf_free(&was);
	buf_free(&now);
	return n;
}

/* How many were not there. */
static int block_in(struct changing *g, const char *folder, const struct store *bundle,
    const struct changing_diff *d, struct err *e)
{
	char path[PATH_MAX];
	struct stat st;
	int put = 0;

	for (size_t i = 0; i < d->removes; i++) {
		const struct anchor *a = store_holds(bundle, d->remove[i]);

		(void)snprintf(path, sizeof path, "%s/dbtls-%02x%02x%02x%02x%02x%02x%02x%02x.crt",
		    folder, d->remove[i][0], d->remove[i][1], d->remove[i][2], d->remove[i][3],
		    d->remove[i][4], d->remove[i][5], d->remove[i][6], d->remove[i][7]);
		if (!a || lstat(path, &st) == 0)
			continue;
		if (change_folder_put(g, path, a, e) < 0)
			return -1;
		put++;
	}
	return put;
}

/*
 * What the distribution ships comes back whatever is done to the source: it is deselected. How many
 * lines or files it took.
 */
static int shut_out(struct changing *g, const struct layout *l, const struct store *bundle,
    const struct changing_diff *d, struct err *e)
{
	struct stat st;

	if (l->conf)
		return deselect(g, l, d, e);
	for (size_t i = 0; i < LAYOUT_BLOCKED && l->blocked[i]; i++)
		if (stat(l->blocked[i], &st) == 0)
			return block_in(g, l->blocked[i], bundle, d, e);
	return err_set(e, ERR_LOCAL,
	    _("the folder %s is not there, where this system is told what "
	      "not to trust"),
	    l->blocked[0]);
}

static int drop_sources(
    struct changing *g, const struct layout *l, const struct changing_diff *d, struct err *e)
{
	struct store_list now = { 0 };
	struct changing_diff left = { 0 };
	int rc = change_folder_drop(g, l->source, d, e);
	int changed = rc, more;

	if (rc > 0)
		rc = run_command(l->renew, changed, e);
	if (rc == 0)
		rc = changing_read(g, l->derived[0], &now, e);
	if (rc == 0)
		rc = changing_diff(g, &now.v[0], &left, e);
	if (rc == 0 && left.removes > 0) {
		more = shut_out(g, l, &now.v[0], &left, e);
		rc = more < 0 ? -1 : run_command(l->renew, changed + more, e);
	}
	changing_diff_free(&left);
	store_free(&now);
	return rc;
}

/* ---- what came of it ------------------------------------------------------------------------- */

static int told_command(char out[PATH_MAX], const struct layout *l, int remove)
{
	return snprintf(out, PATH_MAX, _("by %s"), remove ? l->renew : l->run);
}

/* It is looked at once more, as one of Java's. */
static int is_javas_turn(const struct changing *g, const struct store *s)
{
	return g->c->scope & (CHANGE_JAVA | CHANGE_ALL) &&
	       (s->format == STORE_JKS || s->format == STORE_PKCS12);
}

/* One of its stores after the command; a Java store that still has what should go is ours to do. */
static void tell_one(struct changing *g, const struct layout *l, const struct store *was,
    const struct store *s, int is_bundle)
{
	struct changing_diff before = { 0 }, now = { 0 };
	struct err e = { 0 };
	char how[PATH_MAX];
	int there = changing_diff(g, was, &before, &e) == 0 && changing_diff(g, s, &now, &e) == 0 &&
		    s->readable;
	int left = now.adds + now.removes > 0;

	g->system |= is_bundle && there && !left;
	(void)told_command(how, l, g->c->remove);
	if (there && !left && before.adds + before.removes > 0)
		changing_tell(g, CHANGE_DONE, s->path, how);
	if (there && left && g->c->remove && !is_bundle)
		change_store(g, s, "");
	if (there && left && !g->c->remove && !is_bundle && !is_javas_turn(g, s))
		changing_tell(g, CHANGE_LEFT, s->path,
		    _("the system's command did not put it there; --store PATH does, or --java"));
	if (there && left && is_bundle)
		changing_tell(g, CHANGE_CANT, s->path,
		    _("the system's command went well, and yet this is not as asked"));
	if (!there)
		changing_tell(g, is_bundle ? CHANGE_CANT : CHANGE_LEFT, s->path,
		    s->readable ? e.text : s->why.text);
	changing_diff_free(&before);
	changing_diff_free(&now);
}

static void tell_all(struct changing *g, const struct layout *l, const struct store_list *was)
{
	struct store_list now = { 0 };
	struct err e = { 0 };

	for (size_t i = 0; i < was->n; i++)
		if (changing_read(g, was->v[i].path, &now, &e) == 0)
			tell_one(g, l, &was->v[i], &now.v[i], i == 0);
	store_free(&now);
}

/* ---- the main road --------------------------------------------------------------------------- */

/* What keeps it from being done, found before anything is written. */
static int may(const struct changing *g, const struct layout *l, struct err *e)
{
	if (!g->c->remove && is_blocked(g, l, e) < 0)
		return -1;
	if (changing_may(l->source, e) < 0)
		return -1;
	if (!layout_has(l->run))
		return err_set(e, ERR_LOCAL,
		    _("%s is not there; install the package "
		      "ca-certificates"),
		    l->run);
	return 0;
}

static void carry_out(struct changing *g, const struct layout *l, const struct store_list *derived,
    const struct changing_diff *d)
{
	struct err e = { 0 };
	char how[PATH_MAX];
	int rc = may(g, l, &e);

	if (rc == 0 && g->c->dry) {
		(void)told_command(how, l, g->c->remove);
		changing_tell(g, CHANGE_WOULD, l->derived[0], how);
		g->system = 1;
		return;
	}
	if (rc == 0)
		rc = note_steps(g, l, derived, &e);
	if (rc == 0)
		rc = g->c->remove ? drop_sources(g, l, d, &e) : add_sources(g, l, d, &e);
	if (rc < 0)
		changing_failed(g, l->derived[0], OPTION, &e);
	if (rc == 0)
		tell_all(g, l, derived);
}

/* A bundle that is not there yet lacks all, and has nothing that could go. */
static int is_missing(const struct store *s)
{
	struct stat st;

	return !s->readable && stat(s->path, &st) < 0;
}

/* How the bundle is, and what it is to be made to. */
static int look(const struct changing *g, const struct layout *l, struct store_list *derived,
    struct changing_diff *d, struct err *e)
{
	if (read_derived(g, l, derived, e) < 0)
		return -1;
	if (!derived->v[0].readable && !is_missing(&derived->v[0])) {
		*e = derived->v[0].why;
		return -1;
	}
	return changing_diff(g, &derived->v[0], d, e);
}

void change_system_run(struct changing *g)
{
	const struct layout *l = layout_find();
	struct store_list derived = { 0 };
	struct changing_diff d = { 0 };
	struct err e = { 0 };
	int rc;

	if (!l) {
		changing_tell(g, CHANGE_CANT, _("the system's store"),
		    _("this system keeps its CAs in none of the ways that dbtls knows; --store "
		      "PATH changes one file or folder"));
		return;
	}
	rc = look(g, l, &derived, &d, &e);
	if (rc < 0)
		changing_failed(g, l->derived[0], OPTION, &e);
	if (rc == 0 && d.adds + d.removes == 0) {
		changing_tell(g, CHANGE_SO, l->derived[0], "");
		g->system = 1;
	}
	if (rc == 0 && d.adds + d.removes > 0)
		carry_out(g, l, &derived, &d);
	changing_diff_free(&d);
	store_free(&derived);
}
