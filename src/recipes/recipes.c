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
	},
	{
	    .name = "mysql",
	    .title = N_("Oracle's MySQL command line"),
	    .program = "mysql",
	    .not_if = "MariaDB",
	},
	{ .name = "mycli", .title = N_("mycli, a command line in Python"), .program = "mycli" },
	{ .name = "python", .title = N_("Python, mysqlclient"), .program = "python3" },
	{ .name = "pymysql", .title = N_("Python, PyMySQL"), .program = "python3" },
	{ .name = "sqlalchemy", .title = N_("Python, SQLAlchemy"), .program = "python3" },
	{ .name = "django", .title = N_("Python, Django"), .program = "python3" },
	{ .name = "java", .title = N_("Java, JDBC with Connector/J"), .program = "java" },
	{ .name = "go", .title = N_("Go, go-sql-driver/mysql"), .program = "go" },
	{ .name = "gorm", .title = N_("Go, GORM"), .program = "go" },
	{ .name = "node", .title = N_("Node.js, mysql2"), .program = "node" },
	{ .name = "sequelize", .title = N_("Node.js, Sequelize"), .program = "node" },
	{ .name = "prisma", .title = N_("Node.js, Prisma"), .program = "node" },
	{ .name = "ruby", .title = N_("Ruby, mysql2"), .program = "ruby" },
	{ .name = "php", .title = N_("PHP, mysqli"), .program = "php" },
	{ 0 },
};

const struct recipe recipes_https[] = {
	{ .name = "curl", .title = N_("curl"), .program = "curl" },
	{ .name = "wget", .title = N_("wget"), .program = "wget" },
	{ .name = "aws", .title = N_("the AWS command line"), .program = "aws" },
	{ .name = "boto3", .title = N_("Python, boto3"), .program = "python3" },
	{ .name = "aws-sdk-js", .title = N_("Node.js, AWS SDK"), .program = "node" },
	{ .name = "urllib", .title = N_("Python, urllib"), .program = "python3" },
	{ .name = "node-https", .title = N_("Node.js, https"), .program = "node" },
	{ .name = "go-http", .title = N_("Go, net/http"), .program = "go" },
	{ .name = "java-http", .title = N_("Java, HttpClient"), .program = "java" },
	{ 0 },
};

static const struct recipe *row_of(const struct recipe *table, const char *name)
{
	for (const struct recipe *r = table; r->name; r++)
		if (strcmp(r->name, name) == 0)
			return r;
	return NULL;
}

const struct recipe *recipe_of(const char *name)
{
	return row_of(recipes, name);
}

const struct recipe *recipe_https_of(const char *name)
{
	return row_of(recipes_https, name);
}

static const char *text_of(const struct recipe *r)
{
	for (const struct recipe_template *t = recipe_templates; t->name; t++)
		if (strcmp(t->name, r->name) == 0)
			return t->text;
	return NULL;
}

static int is_line(const struct recipe *r)
{
	const char *text = text_of(r);

	return text && !strstr(text, "\n@file ") && strncmp(text, "@file ", 6) != 0;
}

int recipe_can_pin(const struct recipe *r)
{
	const char *text = text_of(r);

	return text && (strstr(text, "{{?pin}}") || strstr(text, "{{tls_"));
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

	if (template_filter(FILTER_SHELL, program, strlen(program), &command) < 0 ||
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
		if (is_line(r) && recipe_is_on_path(r, path, program))
			return r;
	return NULL;
}

/* What the wish for a version makes of these names; the columns are both, 1.2 and 1.3. */
static const struct {
	const char *name;
	const char *value[3];
} versions[] = {
	{ "pin", { NULL, "", "" } },
	{ "both", { "", NULL, NULL } },
	{ "tls_min", { "1.2", "1.2", "1.3" } },
	{ "tls_max", { "1.3", "1.2", "1.3" } },
	{ "tls_min_digits", { "12", "12", "13" } },
	{ "tls_max_digits", { "13", "12", "13" } },
	{ "tls_min_under", { "1_2", "1_2", "1_3" } },
	{ "tls_max_under", { "1_3", "1_2", "1_3" } },
	{ "tls_list", { "TLSv1.2,TLSv1.3", "TLSv1.2", "TLSv1.3" } },
};
#define VERSIONS (sizeof versions / sizeof *versions)

static size_t column(const char *tls_version)
{
	if (!tls_version || strcmp(tls_version, "both") == 0)
		return 0;
	return strcmp(tls_version, "1.2") == 0 ? 1 : 2;
}

/* Everything that fills one template. */
struct filling {
	struct template t;
	struct template_value values[7 + VERSIONS + 1];
	struct err *e;
};

static void set_values(struct filling *f, const struct recipe *r, const struct recipe_values *v,
    const char *truststore)
{
	const struct template_value plain[7] = {
		{ "program", v->program ? v->program : r->program },
		{ "host", v->host },
		{ "port", v->port },
		{ "ca", v->ca },
		{ "user", v->user },
		{ "database", v->database },
		{ "truststore", *truststore ? truststore : NULL },
	};

	memcpy(f->values, plain, sizeof plain);
	for (size_t i = 0; i < VERSIONS; i++)
		f->values[7 + i] = (struct template_value) { versions[i].name,
			versions[i].value[column(v->tls_version)] };
	f->values[7 + VERSIONS] = (struct template_value) { NULL, NULL };
}

static int copy_name(char out[RECIPE_NAME], struct span name, struct err *e)
{
	if (name.n >= RECIPE_NAME)
		return err_set(
		    e, ERR_LOCAL, _("a file's name is longer than %d bytes"), RECIPE_NAME - 1);
	memcpy(out, name.p, name.n);
	out[name.n] = '\0';
	return 0;
}

/* Ends out in a NUL that n does not count. */
static int end(struct buf *out, struct err *e)
{
	if (buf_add(out, "", 1) < 0)
		return err_set(e, ERR_LOCAL, _("the text is longer than %zu bytes"), out->max - 1);
	out->n--;
	return 0;
}

/* The lines of text, with between in place of each newline but the last, which goes. */
static int join(const struct buf *text, const char *between, struct buf *out, struct err *e)
{
	const char *at = (const char *)text->p;
	size_t left = text->n;

	while (left > 0) {
		const char *newline = memchr(at, '\n', left);
		size_t n = newline ? (size_t)(newline - at) : left;

		if (buf_add(out, at, n) < 0)
			break;
		n += newline != NULL;
		at += n;
		left -= n;
		if (left > 0 && buf_add(out, between, strlen(between)) < 0)
			break;
	}
	return end(out, e);
}

/* The section of that kind as one line; out stays empty where there is none. */
static int make_line(
    struct filling *f, enum template_kind kind, const char *between, struct buf *out)
{
	const struct template_section *s = template_find(&f->t, kind);
	struct buf text = buf_new(RECIPE_TEXT - 1);
	int rc = 0;

	*out = buf_new(RECIPE_TEXT);
	if (s)
		rc = template_fill(s, f->values, &text, f->e);
	if (rc == 0)
		rc = join(&text, between, out, f->e);
	buf_free(&text);
	return rc;
}

/* One line of words for a person, in their language, which is looked up before it is filled. */
static int make_word(struct filling *f, struct span line, struct buf *out)
{
	struct template_section one = { .filter = FILTER_TEXT };
	struct buf english = buf_new(RECIPE_TEXT);
	const char *theirs;
	int rc = 0;

	if (buf_add(&english, line.p, line.n) < 0 || end(&english, f->e) < 0)
		rc = -1;
	if (rc == 0 && english.n > 0) {
		theirs = _((const char *)english.p);
		one.text = span_of(theirs, strlen(theirs));
		rc = template_fill(&one, f->values, out, f->e);
	}
	buf_free(&english);
	return rc;
}

static int make_words(struct filling *f, enum template_kind kind, struct buf *out)
{
	const struct template_section *s = template_find(&f->t, kind);
	struct span rest = { 0 };

	*out = buf_new(RECIPE_TEXT);
	if (s)
		rest = s->text;
	while (rest.n > 0) {
		struct span line = template_line(&rest);

		if (make_word(f, line, out) < 0)
			return -1;
	}
	out->n -= out->n > 0; /* the last newline */
	return end(out, f->e);
}

static int make_files(struct filling *f, struct recipe_made *m)
{
	for (size_t i = 0; i < f->t.n; i++) {
		const struct template_section *s = &f->t.section[i];
		struct recipe_file *file = &m->file[m->files];

		if (s->kind != SECTION_FILE)
			continue;
		m->files++;
		file->text = buf_new(RECIPE_TEXT);
		if (copy_name(file->name, s->name, f->e) < 0 ||
		    template_fill(s, f->values, &file->text, f->e) < 0 ||
		    end(&file->text, f->e) < 0)
			return -1;
	}
	return 0;
}

int recipe_make(
    const struct recipe *r, const struct recipe_values *v, struct recipe_made *m, struct err *e)
{
	const struct template_section *store;
	const char *text = text_of(r);
	struct filling f = { .e = e };

	*m = (struct recipe_made) { 0 };
	if (!text)
		return err_set(e, ERR_LOCAL, _("there is no template for %s"), r->name);
	if (template_parse(&f.t, text, e) < 0)
		goto fail;
	store = template_find(&f.t, SECTION_PKCS12);
	if (store && copy_name(m->truststore, store->name, e) < 0)
		goto fail;
	set_values(&f, r, v, m->truststore);
	if (make_files(&f, m) < 0 || make_line(&f, SECTION_SETUP, " && ", &m->setup) < 0 ||
	    make_line(&f, SECTION_RUN, " && ", &m->run) < 0 ||
	    make_words(&f, SECTION_NEEDS, &m->needs) < 0 ||
	    make_words(&f, SECTION_NOTE, &m->note) < 0)
		goto fail;
	return 0;
fail:
	return err_prefix(e, "%s", r->name);
}

void recipe_free(struct recipe_made *m)
{
	for (size_t i = 0; i < m->files; i++)
		buf_free(&m->file[i].text);
	buf_free(&m->setup);
	buf_free(&m->run);
	buf_free(&m->needs);
	buf_free(&m->note);
}

const struct buf *recipe_shown(const struct recipe_made *m)
{
	return m->files ? &m->file[0].text : &m->run;
}

int recipe_fill(
    const struct recipe *r, const struct recipe_values *v, struct buf *out, struct err *e)
{
	struct recipe_made m;
	const struct buf *shown;
	int rc = recipe_make(r, v, &m, e);

	shown = recipe_shown(&m);
	if (rc == 0 && buf_add(out, shown->p, shown->n) < 0)
		rc = err_set(
		    e, ERR_LOCAL, _("the line for %s is longer than %zu bytes"), r->name, out->max);
	recipe_free(&m);
	return rc;
}
