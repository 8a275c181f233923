/* SPDX-License-Identifier: Apache-2.0 */
/* `dbtls trust add`, `remove` and `undo`: CAs put into trust stores and taken out of them (D11). */
#include "base/file.h"
#include "base/i18n.h"
#include "cmd/cli.h"
#include "cmd/trust.h"
#include "trust/back.h"
#include "trust/change.h"
#include "trust/foreign.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEXT_MAX     (CHANGE_TEXT_MAX + 8) /* store_clean cuts none of it */
#define COMMANDS_MAX 65536
#define AGAIN_MAX    (64u << 20) /* more than the kernel gives, quoted and from the root */

#define SETTINGS_MAX 16 /* different lines */

/* What stands in front of a store's path, as wide in every row. */
static const char *const words[] = {
	[CHANGE_DONE] = N_("done"),
	[CHANGE_SO] = N_("already so"),
	[CHANGE_WOULD] = N_("would be done"),
	[CHANGE_TYPE] = N_("to be typed"),
	[CHANGE_CANT] = N_("impossible"),
	[CHANGE_LEFT] = N_("left as it is"),
	[CHANGE_SET] = N_("to be set"),
};

static const char *clean(const char *text, char out[TEXT_MAX])
{
	store_clean(out, TEXT_MAX, span_of(text, strlen(text)));
	return out;
}

static json_t *json_text(const char *text)
{
	char out[TEXT_MAX];

	return json_string(clean(text, out));
}

/* ---- one store ------------------------------------------------------------------------------- */

static void show(const char *word, const char *path, const char *text)
{
	char out[TEXT_MAX];

	cli_cell(word, 15);
	printf("%s\n", clean(path, out));
	if (*text)
		printf("%-14s     %s\n", "", clean(text, out));
}

/* A line to be set, for all the stores whose users need it. */
struct setting {
	char *line, *path;
	unsigned stores;
};

/* What has been told. */
struct told {
	json_t *stores; /* NULL: it is printed */
	struct setting settings[SETTINGS_MAX];
	size_t n;
};

/* 0: it is printed with others of its kind; -1: there is no room for that. */
static int set_later(struct told *t, const struct change_result *r)
{
	struct setting *s = t->settings;

	while (s < t->settings + t->n && strcmp(s->line, r->text) != 0)
		s++;
	if (s == t->settings + SETTINGS_MAX)
		return -1;
	if (s->stores++ > 0)
		return 0;
	*s = (struct setting) { .line = strdup(r->text), .path = strdup(r->path), .stores = 1 };
	if (s->line && s->path) {
		t->n++;
		return 0;
	}
	free(s->line);
	free(s->path);
	*s = (struct setting) { 0 };
	return -1;
}

static void show_settings(struct told *t)
{
	char path[TEXT_MAX], more[64];

	for (struct setting *s = t->settings; s < t->settings + t->n; s++) {
		(void)snprintf(more, sizeof more, _(" and %u more"), s->stores - 1);
		(void)snprintf(path, sizeof path, "%s%s", s->path, s->stores > 1 ? more : "");
		show(_(words[CHANGE_SET]), path, s->line);
		free(s->line);
		free(s->path);
	}
}

static void told(void *arg, const struct change_result *r)
{
	struct told *t = arg;

	if (!t->stores && (r->outcome != CHANGE_SET || set_later(t, r) < 0)) {
		show(_(words[r->outcome]), r->path, r->text);
		(void)fflush(stdout);
	}
	if (t->stores)
		(void)json_array_append_new(
		    t->stores, json_pack("{s:o, s:s, s:o}", "path", json_text(r->path), "outcome",
				   change_outcome_name(r->outcome), "text", json_text(r->text)));
}

/* ---- what it is about ------------------------------------------------------------------------ */

static json_t *json_wanted(const struct wanted *w)
{
	json_t *all = json_array();
	char digest[2 * SHA256_LENGTH + 1];

	for (size_t i = 0; i < w->n; i++) {
		const struct wanted_one *one = &w->v[i];

		for (size_t k = 0; k < SHA256_LENGTH; k++)
			(void)snprintf(digest + 2 * k, 3, "%02X", one->sha256[k]);
		digest[one->digits] = '\0';
		(void)json_array_append_new(
		    all, json_pack("{s:s, s:s}", "subject", one->anchor ? one->anchor->subject : "",
			     "sha256", digest));
	}
	return all;
}

static void show_wanted(const struct wanted *w)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->v[i].anchor)
			printf("%s\n", w->v[i].anchor->subject);
	/* As Amazon's own documents say it, so that it can be compared. */
	for (size_t i = 0; i < w->n; i++)
		if (!w->v[i].file && w->v[i].anchor) {
			printf(_("(it ships with dbtls; https://www.amazontrust.com/repository/ "
				 "has it and its SHA-256)\n"));
			return;
		}
}

/* The command for whoever is in another folder, and may be somebody else. */
static int again(
    struct buf *out, const struct trust_given *g, int remove, char *const *names, int n)
{
	char path[PATH_MAX];

	(void)buf_fmt(out, "dbtls trust %s", remove ? "remove" : "add");
	for (int i = 0; i < n; i++) {
		(void)buf_add(out, " ", 1);
		change_quote(
		    out, access(names[i], F_OK) == 0 ? file_absolute(names[i], path) : names[i]);
	}
	if (g->password_file) {
		(void)buf_fmt(out, " --password-file ");
		change_quote(out, file_absolute(g->password_file, path));
	}
	(void)buf_fmt(
	    out, "%s%s", g->leaf ? " --yes-a-leaf" : "", g->expired ? " --yes-expired" : "");
	return buf_add(out, "", 1);
}

static int journal_words(struct buf *out, int remove, char *const *names, int n)
{
	(void)buf_fmt(out, "%s", remove ? "remove" : "add");
	for (int i = 0; i < n; i++)
		(void)buf_fmt(out, " %s", names[i]);
	return buf_add(out, "", 1);
}

static unsigned scope_of(const struct trust_given *g)
{
	unsigned scope = 0;

	scope |= g->system ? CHANGE_SYSTEM : 0;
	scope |= g->java ? CHANGE_JAVA : 0;
	scope |= g->nss ? CHANGE_NSS : 0;
	scope |= g->all ? CHANGE_ALL : 0;
	return scope || g->store.n > 0 ? scope : CHANGE_SYSTEM;
}

/* ---- add and remove -------------------------------------------------------------------------- */

static int take_all(
    struct wanted *w, char *const *names, int n, const struct wanted_rules *rules, struct err *e)
{
	for (int i = 0; i < n; i++)
		if (wanted_take(w, names[i], rules, e) < 0)
			return -1;
	return 0;
}

/* What one types on another system. */
static int print_commands(const struct wanted *w, int system, int remove, struct err *e)
{
	struct buf out = buf_new(COMMANDS_MAX);
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < w->n; i++)
		rc = foreign_lines(&w->v[i], system, remove, &out, e);
	if (rc == 0 && cli.json)
		cli_print_json(json_pack("{s:s, s:s%}", "system", foreign_systems[system],
		    "commands", (const char *)out.p, out.n));
	if (rc == 0 && !cli.json)
		(void)fwrite(out.p, 1, out.n, stdout);
	buf_free(&out);
	return rc;
}

static int carry_out(const struct trust_given *g, struct change *c, struct told *t, struct err *e)
{
	int bad;

	if (!cli.json)
		show_wanted(c->wanted);
	c->told = told;
	c->arg = t;
	c->dry = g->dry;
	c->journal = g->journal;
	c->scope = scope_of(g);
	c->stores = g->store.v;
	c->store_count = g->store.n;
	bad = change_run(c, e);
	show_settings(t);
	if (cli.json)
		cli_print_json(json_pack("{s:s, s:b, s:o, s:o}", "verb",
		    c->remove ? "remove" : "add", "dry_run", g->dry, "certificates",
		    json_wanted(c->wanted), "stores", t->stores));
	return bad;
}

static int change(const struct trust_given *g, int remove, char **names, int n)
{
	char password[TRUST_PASSWORD_MAX];
	const struct store_secret secret = { .given = g->password_file ? password : NULL };
	const struct wanted_rules rules = { .remove = remove,
		.leaf = g->leaf,
		.expired = g->expired,
		.now = time(NULL),
		.secret = &secret };
	struct wanted wanted = { 0 };
	struct buf line = buf_new(AGAIN_MAX), what = buf_new(AGAIN_MAX);
	struct told told = { .stores = cli.json ? json_array() : NULL };
	struct change c = { .remove = remove, .wanted = &wanted, .secret = &secret };
	struct err e = { 0 };
	int system = g->commands ? cli_choose(foreign_systems, g->commands) : 0;
	int rc;

	if (system < 0)
		return CLI_WRONG;
	if (n == 0)
		return cli_wrong(_("say which: a file of certificates, or a root of those that "
				   "`dbtls trust roots amazon` lists"));
	/* What is made is for everybody to read, whatever whoever runs this keeps for themselves.
	 */
	(void)umask(022);
	rc = again(&line, g, remove, names, n) < 0 || journal_words(&what, remove, names, n) < 0
		 ? err_set(&e, ERR_LOCAL, _("there is no memory left"))
		 : trust_password(g->password_file, password, &e);
	c.again = (const char *)line.p;
	c.words = (const char *)what.p;
	if (rc == 0)
		rc = take_all(&wanted, names, n, &rules, &e);
	if (rc == 0)
		rc = g->commands ? print_commands(&wanted, system, remove, &e)
				 : carry_out(g, &c, &told, &e);
	explicit_bzero(password, sizeof password);
	wanted_free(&wanted);
	buf_free(&line);
	buf_free(&what);
	if (rc < 0)
		return cli_fail(&e);
	return rc > 0 ? CLI_FAILED : CLI_OK;
}

int trust_add(const struct trust_given *g, char **names, int n)
{
	return change(g, 0, names, n);
}

int trust_remove(const struct trust_given *g, char **names, int n)
{
	return change(g, 1, names, n);
}

/* ---- undo ------------------------------------------------------------------------------------ */

#define CHANGES_MAX 1024

/* The changes that are to be taken back, the newest first. */
struct undo {
	const struct trust_given *g;
	unsigned numbers[CHANGES_MAX];
	size_t n;
	json_t *all; /* NULL: words */
	json_t *stores;
};

static int collect(void *arg, const struct journal_change *c)
{
	struct undo *u = arg;
	char when[CLI_TIME_TEXT], text[TEXT_MAX];

	if (u->n == CHANGES_MAX)
		return -1;
	u->numbers[u->n++] = c->number;
	if (!u->g->list)
		return u->g->all ? 0 : -1;
	if (!u->all)
		printf("%4u  %s  %s%s\n", c->number, cli_time((long long)c->when, when),
		    clean(c->words, text), c->whole ? "" : _("  (was interrupted)"));
	if (u->all)
		(void)json_array_append_new(
		    u->all, json_pack("{s:I, s:s, s:o, s:b}", "number", (json_int_t)c->number,
				"when", cli_iso_time((long long)c->when, when), "words",
				json_text(c->words), "whole", c->whole));
	return 0;
}

static void undone(void *arg, const char *path, const char *text, const struct err *e)
{
	struct undo *u = arg;

	if (!u->all) {
		show(e ? _("impossible") : _("undone"), path ? path : "", text);
		return;
	}
	(void)json_array_append_new(
	    u->stores, json_pack("{s:o, s:s, s:o}", "path", json_text(path ? path : ""), "outcome",
			   e ? "impossible" : "done", "text", json_text(text)));
}

static int undo_one(struct undo *u, struct journal *j, unsigned number,
    const struct store_secret *secret, struct err *e)
{
	struct back b = { .secret = secret, .told = undone, .arg = u };
	int rc;

	if (u->all)
		u->stores = json_array();
	rc = back_undo(j, number, &b, e);
	if (u->all)
		(void)json_array_append_new(
		    u->all, json_pack("{s:I, s:b, s:o}", "number", (json_int_t)number, "undone",
				rc == 0, "stores", u->stores));
	return rc;
}

static int undo_all(struct undo *u, struct journal *j, struct err *e)
{
	char password[TRUST_PASSWORD_MAX];
	const struct store_secret secret = { .given = u->g->password_file ? password : NULL };
	int rc = trust_password(u->g->password_file, password, e);

	/* An older one below a newer one that stands would be taken for changed by somebody else.
	 */
	for (size_t i = 0; rc == 0 && i < u->n; i++)
		rc = undo_one(u, j, u->numbers[i], &secret, e);
	explicit_bzero(password, sizeof password);
	return rc;
}

static int undo_in(struct undo *u, struct journal *j, struct err *e)
{
	if (journal_list(j, collect, u, e) < 0)
		return -1;
	if (u->n == 0 && !u->all)
		printf(geteuid() == 0 ? _("there is no change that could be taken back\n")
				      : _("there is no change of yours that could be taken back; "
					  "those of root: sudo dbtls trust undo\n"));
	return u->g->list ? 0 : undo_all(u, j, e);
}

int trust_undo(const struct trust_given *g, char **names, int n)
{
	struct undo u = { .g = g, .all = cli.json ? json_array() : NULL };
	struct journal *j = NULL;
	struct err e = { 0 };
	int rc;

	if (n > 0)
		return cli_wrong(_("`undo` takes the newest change back, and `undo --all` every "
				   "one; leave out %s"),
		    names[0]);
	(void)umask(022);
	rc = journal_open(&j, g->journal, &e);
	if (rc == 0)
		rc = undo_in(&u, j, &e);
	journal_close(j);
	if (u.all)
		cli_print_json(json_pack("{s:s, s:o}", "verb", "undo", "changes", u.all));
	return rc < 0 ? cli_fail(&e) : CLI_OK;
}
