/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/explain_lint.h"

#include "base/file.h"
#include "base/i18n.h"
#include "cmd/cli.h"
#include "lint/lint.h"

#include <errno.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES_MAX 100000 /* of a folder */

struct told {
	size_t files, settings, findings;
	int wrong;     /* a file could not be read */
	json_t *found; /* with --json */
};

/* ---- telling it ------------------------------------------------------------------------------ */

static void show_line(const char *colour, const char *sign, const char *line)
{
	const char *no = getenv("NO_COLOR");
	int coloured = isatty(STDOUT_FILENO) && !(no && *no);

	while (line) {
		size_t n = strcspn(line, "\n");

		(void)printf("%s%s %.*s%s\n", coloured ? colour : "", sign, (int)n, line,
		    coloured ? "\033[0m" : "");
		line = line[n] ? line + n + 1 : NULL;
	}
}

/* A folder's files are named by others, too. */
static void plain(char *name)
{
	lint_printable(name);
	for (; *name; name++)
		if (*name == '\n')
			*name = '?';
}

static void show(const char *name, const struct lint_finding *f)
{
	char *shown = strdup(name);

	if (shown)
		plain(shown);
	(void)printf(
	    "%s:%zu:%zu: %s: %s\n", shown ? shown : "?", f->line, f->column, f->id, f->sentence);
	free(shown);
	show_line("\033[31m", "-", f->text);
	show_line("\033[32m", "+", f->write);
}

static json_t *or_null(const char *text)
{
	return text ? json_string(text) : json_null();
}

static json_t *json_finding(const char *name, const struct lint_finding *f)
{
	json_t *file = json_string(name); /* NULL: it is no UTF-8 */

	return json_pack("{s:o, s:I, s:I, s:s, s:o, s:s, s:o, s:o}", "file",
	    file ? file : json_string("?"), "line", (json_int_t)f->line, "column",
	    (json_int_t)f->column, "id", f->id, "client", or_null(f->client), "sentence",
	    f->sentence, "text", or_null(f->text), "write", or_null(f->write));
}

static void tell(struct told *told, const char *name, const struct lint *l)
{
	told->files++;
	told->settings += l->settings;
	told->findings += l->n;
	for (size_t i = 0; i < l->n; i++) {
		if (told->found)
			(void)json_array_append_new(told->found, json_finding(name, &l->found[i]));
		else
			show(name, &l->found[i]);
	}
}

static void sum(const struct told *told)
{
	if (told->found) {
		cli_print_json(json_pack("{s:O, s:I, s:I}", "findings", told->found, "files",
		    (json_int_t)told->files, "settings", (json_int_t)told->settings));
		return;
	}
	if (told->settings == 0 && told->findings == 0)
		(void)printf(_("no connection settings found, files: %zu\n"), told->files);
	else
		(void)printf(_("findings: %zu, settings: %zu, files: %zu\n"), told->findings,
		    told->settings, told->files);
}

/* ---- one file -------------------------------------------------------------------------------- */

static void wrong(struct told *told, struct err *e)
{
	plain(e->text);
	(void)cli_fail(e);
	told->wrong = 1;
}

static void look(struct told *told, const char *name, const struct buf *text)
{
	struct lint l;
	struct err e = { 0 };

	if (lint(span_of(text->p, text->n), name, &l, &e) < 0) {
		(void)err_prefix(&e, "%s", name);
		wrong(told, &e);
		return;
	}
	tell(told, name, &l);
	lint_free(&l);
}

static void look_at_input(struct told *told)
{
	struct buf text = buf_new(LINT_TEXT);
	struct err e = { 0 };

	if (isatty(STDIN_FILENO))
		(void)fprintf(
		    stderr, "%s\n", _("Paste the text, then Ctrl-D on a line of its own."));
	if (file_read_fd(STDIN_FILENO, "-", &text, &e) < 0)
		wrong(told, &e);
	else
		look(told, "-", &text);
	buf_wipe(&text);
}

static void look_at_file(struct told *told, const char *path)
{
	struct buf text = buf_new(LINT_TEXT);
	struct err e = { 0 };

	if (file_read(path, LINT_TEXT, &text, &e) < 0)
		wrong(told, &e);
	else
		look(told, path, &text);
	buf_wipe(&text);
}

/* ---- folders --------------------------------------------------------------------------------- */

/* What others have written: packages, what git keeps, what a build leaves. */
static int is_passed_over(const FTSENT *at)
{
	static const char *const names[] = { ".git", ".hg", ".svn", "node_modules", ".venv",
		"__pycache__", NULL };

	for (size_t i = 0; at->fts_level > 0 && names[i]; i++)
		if (strcmp(at->fts_name, names[i]) == 0)
			return 1;
	return 0;
}

static void enter(struct told *told, FTS *tree, FTSENT *at)
{
	struct err e = { 0 };

	if (at->fts_info == FTS_D && is_passed_over(at))
		(void)fts_set(tree, at, FTS_SKIP);
	if (at->fts_info == FTS_F && (at->fts_level == 0 || at->fts_statp->st_size <= LINT_TEXT))
		look_at_file(told, at->fts_path);
	/* A pipe is read where it was named. */
	if (at->fts_info == FTS_DEFAULT && at->fts_level == 0)
		look_at_file(told, at->fts_path);
	if (at->fts_info != FTS_NS && at->fts_info != FTS_ERR && at->fts_info != FTS_DNR &&
	    at->fts_info != FTS_SLNONE)
		return;
	errno = at->fts_errno ? at->fts_errno : ENOENT;
	(void)err_sys(&e, "%s", at->fts_path);
	wrong(told, &e);
}

static void look_at_path(struct told *told, char *path)
{
	char *const paths[] = { path, NULL };
	FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, NULL);
	struct err e = { 0 };
	FTSENT *at;
	size_t n = 0;

	if (!tree) {
		(void)err_sys(&e, "%s", path);
		wrong(told, &e);
		return;
	}
	while ((at = fts_read(tree)) && n++ < FILES_MAX)
		enter(told, tree, at);
	if (at) {
		(void)err_set(&e, ERR_USER,
		    _("%s has more than %d files and folders: name some of them, one by one"), path,
		    FILES_MAX);
		wrong(told, &e);
	}
	(void)fts_close(tree);
}

int explain_lint(char **paths, size_t n)
{
	struct told told = { .found = cli.json ? json_array() : NULL };

	for (size_t i = 0; i < n; i++) {
		if (strcmp(paths[i], "-") == 0)
			look_at_input(&told);
		else
			look_at_path(&told, paths[i]);
	}
	sum(&told);
	json_decref(told.found);
	if (told.wrong)
		return CLI_WRONG;
	return told.findings ? CLI_FAILED : CLI_OK;
}
