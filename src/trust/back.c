/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/back.h"

#include "base/file.h"
#include "base/i18n.h"
#include "trust/changing.h"
#include "trust/format.h"
#include "trust/layout.h"
#include "trust/replace.h"
#include "trust/rewrite.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- files that have changed since ----------------------------------------------------------- */

/* Three states of one file: as stores, in this order. */
enum { BEFORE, AFTER, IS, STATES };

static int read_state(struct store_list *list, const char *path, struct span text,
    const struct store_secret *secret, struct err *e)
{
	if (store_name(list, path, e) < 0)
		return -1;
	return text.n == 0 ? 0 : format_read(&list->v[list->n - 1], text, secret, e);
}

/* What the one has and the other lacks. */
static size_t only_in(const struct store *s, const struct store *other, const struct anchor **out)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		if (!store_holds(other, s->anchors[i].sha256))
			out[n++] = &s->anchors[i];
	return n;
}

static int is_all_ours(const struct store *s, const struct rewrite *how)
{
	size_t n = 0;

	for (size_t i = 0; i < how->removes; i++)
		n += store_holds(s, how->remove[i]) != NULL;
	return n == s->n && s->keys == 0;
}

static int merge_certificates(const struct back *b, const struct journal_changed *c,
    const struct store_list *list, struct buf *out, struct err *e)
{
	const struct store *before = &list->v[BEFORE], *after = &list->v[AFTER];
	const struct anchor **gone = calloc(before->n + 1, sizeof(struct anchor *));
	const struct anchor **came = calloc(after->n + 1, sizeof(struct anchor *));
	uint8_t(*digests)[SHA256_LENGTH] = calloc(after->n + 1, sizeof *digests);
	struct rewrite how = { .secret = b->secret };
	int rc = -1;

	if (!gone || !came || !digests) {
		(void)err_set(e, ERR_LOCAL, _("there is no memory left"));
		goto out;
	}
	how.adds = only_in(before, after, gone);
	how.removes = only_in(after, before, came);
	for (size_t i = 0; i < how.removes; i++)
		memcpy(digests[i], came[i]->sha256, SHA256_LENGTH);
	how.add = (const struct anchor *const *)gone;
	how.remove = (const uint8_t(*)[SHA256_LENGTH])digests;
	rc = 0;
	/* A file that we made, and that has nothing besides, goes. */
	if (!c->before.p && is_all_ours(&list->v[IS], &how))
		goto out;
	rc = rewrite_store(&list->v[IS], c->is, &how, out, e) < 0 ? -1 : 0;
out:
	free(gone);
	free(came);
	free(digests);
	return rc;
}

static int merge_store(
    const struct back *b, const struct journal_changed *c, struct buf *out, struct err *e)
{
	const struct span texts[STATES] = { c->before, c->after, c->is };
	struct store_list list = { 0 };
	int rc = 0;

	for (int i = 0; rc == 0 && i < STATES; i++)
		rc = read_state(&list, c->path, texts[i], b->secret, e);
	if (rc == 0)
		rc = merge_certificates(b, c, &list, out, e);
	store_free(&list);
	return rc;
}

static struct span next_line(struct span *text)
{
	const uint8_t *end = text->n > 0 ? memchr(text->p, '\n', text->n) : NULL;
	struct span line = { 0 };

	(void)span_take(text, end ? (size_t)(end - text->p) + 1 : text->n, &line);
	return line;
}

static int has_line(struct span text, struct span line)
{
	while (text.n > 0) {
		struct span one = next_line(&text);

		if (one.n == line.n && memcmp(one.p, line.p, one.n) == 0)
			return 1;
	}
	return 0;
}

/* /etc/ca-certificates.conf: lines that we put "!" before are as they were. */
static int merge_lines(const struct journal_changed *c, struct buf *out, struct err *e)
{
	struct span rest = c->is;

	while (rest.n > 0) {
		struct span line = next_line(&rest), bare = line;

		if (line.p && line.p[0] == '!' && span_skip(&bare, 1) == 0 &&
		    has_line(c->after, line) && !has_line(c->before, line) &&
		    has_line(c->before, bare))
			line = bare;
		if (buf_add(out, line.p, line.n) < 0)
			return err_set(e, ERR_LOCAL, _("%s has become too large"), c->path);
	}
	return 0;
}

static int is_settings(const char *path)
{
	const struct layout *l = layout_find();

	return l && l->conf && strcmp(path, l->conf) == 0;
}

/* A database that we made and a browser has used since: what we put in goes by certutil. */
static int is_database(const char *path)
{
	static const char *const parts[] = { "/cert9.db", "/key4.db", "/pkcs11.txt" };
	const char *name = strrchr(path, '/');

	for (size_t i = 0; name && i < sizeof parts / sizeof *parts; i++)
		if (strcmp(name, parts[i]) == 0)
			return 1;
	return 0;
}

static int keep(const struct journal_changed *c, struct buf *out, struct err *e)
{
	return buf_add(out, c->is.p, c->is.n) < 0
		   ? err_set(e, ERR_LOCAL, _("%s has become too large"), c->path)
		   : 0;
}

static int merge(
    const struct back *b, const struct journal_changed *c, struct buf *out, struct err *e)
{
	if (is_database(c->path))
		return keep(c, out, e);
	return is_settings(c->path) ? merge_lines(c, out, e) : merge_store(b, c, out, e);
}

static int changed(void *arg, const struct journal_changed *c, struct buf *out, struct err *e)
{
	struct back *b = arg;
	int rc;

	/* Somebody has taken it away: it stays so. */
	if (!c->is.p)
		return 0;
	rc = merge(b, c, out, e);
	if (rc == 0)
		b->noted = _("it has changed since; only what we had changed was taken back");
	return rc < 0 ? err_prefix(e, "%s", c->path) : 0;
}

/* ---- what was done by other means ------------------------------------------------------------ */

static int put_file(
    const struct journal_step *step, struct span was, struct span now, struct err *e)
{
	struct replace r = { 0 };
	struct replace_file f = { 0 };
	int rc = replace_open(&r, step->path, REPLACE_ALL_LINKS, e);

	if (rc == 0) {
		replace_name_beside(&r, step->sha256);
		rc = replace_look(&r, &f, e);
	}
	if (rc == 0)
		rc = replace_put(&r, was, now, &f.as, e);
	replace_file_free(&f);
	replace_close(&r);
	return rc;
}

/* By another file than ours, put there by somebody else: then it stays in what is made of that. */
static int is_systems(const uint8_t sha256[SHA256_LENGTH])
{
	const struct store_where here = { .quick = 1 };
	const struct layout *l = layout_find();
	struct store_list list = { 0 };
	struct err e = { 0 };
	int rc = 0;

	if (l && store_name(&list, l->derived[0], &e) == 0) {
		store_read(&list.v[0], &here, NULL);
		rc = store_holds(&list.v[0], sha256) != NULL;
	}
	store_free(&list);
	return rc;
}

static int take_out(
    const struct back *b, const struct store *s, const struct journal_step *step, struct err *e)
{
	const struct rewrite how = { .remove = &step->sha256, .removes = 1, .secret = b->secret };
	struct buf was = { 0 }, now = buf_new(2 * (size_t)STORE_FILE_MAX);
	int rc = file_read(s->path, STORE_FILE_MAX, &was, e);

	if (rc == 0 && rewrite_store(s, span_of(was.p, was.n), &how, &now, e) < 0)
		rc = -1;
	if (rc == 0)
		rc = put_file(step, span_of(was.p, was.n), span_of(now.p, now.n), e);
	buf_free(&was);
	buf_free(&now);
	return rc;
}

/* It did not have it before, and what makes it may have left it there. */
static int lacked(struct back *b, const struct journal_step *step, struct err *e)
{
	const struct store_where here = { .quick = 1 };
	struct store_list list = { 0 };
	struct stat st;
	int rc;

	if (stat(step->path, &st) < 0)
		return 0;
	rc = store_name(&list, step->path, e);
	if (rc == 0) {
		store_read(&list.v[0], &here, b->secret);
		*e = list.v[0].why;
		rc = list.v[0].readable ? 0 : -1;
	}
	if (rc < 0 || !store_holds(&list.v[0], step->sha256))
		goto out;
	if (is_systems(step->sha256)) {
		b->noted = _("the system has the certificate from another file too; it stays");
		goto out;
	}
	rc = S_ISDIR(st.st_mode)
		 ? err_set(e, ERR_LOCAL, _("%s still has the certificate"), step->path)
		 : take_out(b, &list.v[0], step, e);
out:
	store_free(&list);
	return rc;
}

static int run(struct back *b, const struct journal_step *step, struct err *e)
{
	(void)b;
	/* The journal's words are no command: they name one that this program knows. */
	if (!layout_of(step->label))
		return err_set(e, ERR_LOCAL, _("no system that dbtls knows has the command \"%s\""),
		    step->label);
	return layout_run(step->label, e);
}

static int nss_added(struct back *b, const struct journal_step *step, struct err *e)
{
	(void)b;
	return change_nss_drop(step->path, step->sha256, e);
}

static int nss_removed(struct back *b, const struct journal_step *step, struct err *e)
{
	(void)b;
	return change_nss_put(step->path, step, e);
}

static int step_back(void *arg, const struct journal_step *step, struct err *e)
{
	static int (*const steps[])(
	    struct back * b, const struct journal_step *step, struct err *e) = {
		[JOURNAL_NSS_ADDED] = nss_added,
		[JOURNAL_NSS_REMOVED] = nss_removed,
		[JOURNAL_LACKED] = lacked,
		[JOURNAL_RUN] = run,
	};

	return steps[step->what](arg, step, e);
}

static void done(void *arg, const char *path, const struct err *e)
{
	struct back *b = arg;

	b->told(b->arg, path, e ? e->text : b->noted ? b->noted : "", e);
	b->noted = NULL;
}

int back_undo(struct journal *j, unsigned number, struct back *b, struct err *e)
{
	const struct journal_back how = {
		.arg = b, .changed = changed, .step = step_back, .done = done
	};

	return journal_undo(j, number, &how, e);
}
