/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/changing.h"

#include "base/file.h"
#include "base/i18n.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct journal *changing_journal(struct changing *g, struct err *e)
{
	if (g->j)
		return g->j;
	if (journal_open(&g->j, g->c->journal, e) == 0 && journal_begin(g->j, g->c->words, e) == 0)
		return g->j;
	journal_close(g->j);
	g->j = NULL;
	return NULL;
}

void changing_tell(
    struct changing *g, enum change_outcome outcome, const char *path, const char *text)
{
	struct change_result r = { .outcome = outcome, .path = path, .text = text };

	if (outcome == CHANGE_TYPE && !*text) {
		r.outcome = CHANGE_CANT;
		r.text = _("the command that does it is too long to be printed");
	}
	g->bad += outcome == CHANGE_TYPE || outcome == CHANGE_CANT;
	g->c->told(g->c->arg, &r);
}

static int is_forbidden(const struct err *e)
{
	return e->kind == ERR_SYS && (e->sys == EACCES || e->sys == EPERM || e->sys == EROFS);
}

/* For whoever is in another folder. -1: it is too long; a part of it would do something else. */
static int put_command(struct buf *line, const char *again, const char *option, const char *path)
{
	char absolute[PATH_MAX];

	if (buf_fmt(line, "sudo %s %s", again, option) < 0)
		return -1;
	if (strcmp(option, "--store") == 0) {
		if (buf_add(line, " ", 1) < 0)
			return -1;
		change_quote(line, file_absolute(path, absolute));
	}
	return line->n < CHANGE_TEXT_MAX ? buf_add(line, "", 1) : -1;
}

void changing_failed(struct changing *g, const char *path, const char *option, const struct err *e)
{
	/* Twice: what has no room in it is too long in any case. */
	struct buf line = buf_new(2 * (size_t)CHANGE_TEXT_MAX);
	int typed =
	    is_forbidden(e) && geteuid() != 0 && put_command(&line, g->c->again, option, path) == 0;

	changing_tell(
	    g, typed ? CHANGE_TYPE : CHANGE_CANT, path, typed ? (const char *)line.p : e->text);
	buf_free(&line);
}

int changing_may(const char *path, struct err *e)
{
	char real[PATH_MAX], *slash;
	struct stat st;

	if (!realpath(path, real))
		return err_sys(e, "%s", path);
	/* What is made or replaced is an entry of a folder. */
	slash = strrchr(real, '/');
	if (stat(real, &st) == 0 && !S_ISDIR(st.st_mode) && slash)
		slash[slash == real] = '\0';
	return access(real, W_OK | X_OK) < 0 ? err_sys(e, "%s", real) : 0;
}

int changing_read(
    const struct changing *g, const char *path, struct store_list *list, struct err *e)
{
	const struct store_where here = { .quick = 1 };

	if (store_name(list, path, e) < 0)
		return -1;
	store_read(&list->v[list->n - 1], &here, g->c->secret);
	return 0;
}

/* ---- what is to be done to a store ------------------------------------------------------------
 */

/* -1: the store has the certificate in a way in which adding it changes nothing. */
static int is_lacking(const struct store *s, const struct anchor *a, struct err *e)
{
	const struct anchor *there = store_holds(s, a->sha256);

	if (!there)
		return 1;
	if (there->servers == ANCHOR_DISTRUSTED)
		return err_set(e, ERR_LOCAL,
		    _("it says expressly that %s is not to be trusted, and is left so"),
		    a->subject);
	if (there->servers == ANCHOR_MAY_NOT)
		return err_set(e, ERR_LOCAL,
		    _("it has %s already, but not as a CA for servers; remove it there first"),
		    a->subject);
	return 0;
}

static int diff_add(
    const struct changing *g, const struct store *s, struct changing_diff *d, struct err *e)
{
	const struct wanted *w = g->c->wanted;

	d->add = calloc(w->n + 1, sizeof(struct anchor *));
	if (!d->add)
		return err_set(e, ERR_LOCAL, _("there is no memory left"));
	for (size_t i = 0; i < w->n; i++) {
		int lacking = is_lacking(s, w->v[i].anchor, e);

		if (lacking < 0)
			return -1;
		if (lacking)
			d->add[d->adds++] = w->v[i].anchor;
	}
	return 0;
}

static int is_wanted(const struct wanted *w, const struct anchor *a)
{
	for (size_t i = 0; i < w->n; i++)
		if (wanted_is(&w->v[i], a->sha256))
			return 1;
	return 0;
}

static int diff_remove(
    const struct changing *g, const struct store *s, struct changing_diff *d, struct err *e)
{
	d->remove = calloc(s->n + 1, sizeof *d->remove);
	if (!d->remove)
		return err_set(e, ERR_LOCAL, _("there is no memory left"));
	for (size_t i = 0; i < s->n; i++)
		if (is_wanted(g->c->wanted, &s->anchors[i]))
			memcpy(d->remove[d->removes++], s->anchors[i].sha256, sizeof *d->remove);
	return 0;
}

int changing_diff(
    const struct changing *g, const struct store *s, struct changing_diff *d, struct err *e)
{
	*d = (struct changing_diff) { 0 };
	return g->c->remove ? diff_remove(g, s, d, e) : diff_add(g, s, d, e);
}

void changing_diff_free(struct changing_diff *d)
{
	free(d->add);
	free(d->remove);
	*d = (struct changing_diff) { 0 };
}
