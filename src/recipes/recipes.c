/* SPDX-License-Identifier: Apache-2.0 */
#include "recipes/recipes.h"

#include "base/i18n.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/*
 * In the order in which `dbtls connect` looks for them. The program mysql is Oracle's client, or
 * MariaDB's under its old name, which knows no --ssl-mode: only its version tells.
 */
const struct recipe recipes[] = {
	{
	    .name = "mariadb",
	    .title = N_("MariaDB's command line"),
	    .program = "mariadb",
	    .old_program = "mysql",
	    .old_if = "MariaDB",
	    .template = "{program} --ssl-ca={ca} --ssl-verify-server-cert -h {host} -P {port} "
			"-u {user} -p -D {database}",
	},
	{
	    .name = "mysql",
	    .title = N_("Oracle's MySQL command line"),
	    .program = "mysql",
	    .not_if = "MariaDB",
	    .template = "{program} --connect-timeout 15 --ssl-mode=VERIFY_IDENTITY --ssl-ca={ca} "
			"--tls-version=\"TLSv1.2,TLSv1.3\" -u {user} -h {host} -P {port} "
			"-D {database} -p",
	    .note = N_(
		"Oracle's clients from 9.0 on log in by the door's login bridge: it is on unless "
		"`dbtls up` was told --login-bridge off"),
	},
	{ 0 },
};

const struct recipe *recipe_of(const char *name)
{
	for (const struct recipe *r = recipes; r->name; r++)
		if (strcmp(r->name, name) == 0)
			return r;
	return NULL;
}

/* The first executable of that name on path, its whole name in out; 0: there is none. */
static int find_program(const char *path, const char *program, char out[RECIPE_PATH])
{
	while (path && *path) {
		size_t n = strcspn(path, ":");
		int m = snprintf(out, RECIPE_PATH, "%.*s/%s", (int)n, path, program);

		/* An empty entry means the current folder: nothing there is run unasked. */
		if (n > 0 && m > 0 && m < RECIPE_PATH && access(out, X_OK) == 0)
			return 1;
		path += n;
		path += *path == ':';
	}
	return 0;
}

/* Whether the first line of `program --version` holds the words. */
static int version_says(const char *program, const char *words)
{
	struct buf command = buf_new(2 * RECIPE_PATH);
	char line[256] = "";
	FILE *answer = NULL;

	if (recipe_quote(program, strlen(program), &command) < 0 ||
	    buf_fmt(&command, " --version 2>/dev/null </dev/null%c", '\0') < 0)
		goto out;
	answer = popen((const char *)command.p, "re"); /* NOLINT(cert-env33-c): quoted above */
	if (!answer || !fgets(line, sizeof line, answer))
		line[0] = '\0';
out:
	if (answer)
		(void)pclose(answer);
	buf_free(&command);
	return strstr(line, words) != NULL;
}

int recipe_is_on_path(const struct recipe *r, const char *path, const char **program)
{
	char file[RECIPE_PATH];

	if (find_program(path, r->program, file) && !(r->not_if && version_says(file, r->not_if))) {
		*program = r->program;
		return 1;
	}
	if (!r->old_program || !find_program(path, r->old_program, file) ||
	    !version_says(file, r->old_if))
		return 0;
	*program = r->old_program;
	return 1;
}

const struct recipe *recipe_on_path(const char *path, const char **program)
{
	for (const struct recipe *r = recipes; r->name; r++)
		if (recipe_is_on_path(r, path, program))
			return r;
	return NULL;
}

int recipe_quote(const char *text, size_t n, struct buf *out)
{
	static const char safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
				   "_@%+=:,./-";
	size_t i = 0;

	while (i < n && text[i] && strchr(safe, text[i]))
		i++;
	if (n > 0 && i == n)
		return buf_add(out, text, n);
	if (buf_add(out, "'", 1) < 0)
		return -1;
	for (i = 0; i < n; i++) {
		int quote = text[i] == '\'';

		if (buf_add(out, quote ? "'\\''" : &text[i], quote ? 4 : 1) < 0)
			return -1;
	}
	return buf_add(out, "'", 1);
}

static const char *value_of(
    const struct recipe *r, const struct recipe_values *v, const char *name, size_t n)
{
	const struct {
		const char *name, *value;
	} table[] = {
		{ "program", v->program ? v->program : r->program },
		{ "host", v->host },
		{ "port", v->port },
		{ "ca", v->ca },
		{ "user", v->user },
		{ "database", v->database },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (strlen(table[i].name) == n && strncmp(table[i].name, name, n) == 0)
			return table[i].value;
	return NULL;
}

int recipe_fill(
    const struct recipe *r, const struct recipe_values *v, struct buf *out, struct err *e)
{
	const char *at = r->template;

	while (*at) {
		size_t n = strcspn(at, "{");
		const char *value;

		if (buf_add(out, at, n) < 0)
			goto full;
		at += n;
		if (!*at)
			break;
		n = strcspn(++at, "}");
		value = value_of(r, v, at, n);
		if (!value)
			return err_set(e, ERR_LOCAL,
			    _("the recipe %s needs {%.*s}, and there is none"), r->name, (int)n,
			    at);
		if (recipe_quote(value, strlen(value), out) < 0)
			goto full;
		at += n + 1;
	}
	return 0;
full:
	return err_set(
	    e, ERR_LOCAL, _("the line for %s is longer than %zu bytes"), r->name, out->max);
}
