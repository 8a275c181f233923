/* SPDX-License-Identifier: Apache-2.0 */
#include "recipes/recipes.h"

#include "tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct recipe_values values = {
	.host = "db1.example.com",
	.port = "4000",
	.ca = "/var/lib/dbtls/ca.pem",
	.user = "root",
	.database = "test",
};

/* What a shell, a format, a template or a string would read as something else. */
#define HOSTILE "a'b\"c\\d e$(f)`g`#{h}{{i}}{{?pin}}%s*;&|<>!~\\"

static const char *filled(const struct recipe *r, const struct recipe_values *v)
{
	static char text[1024];
	struct buf out = buf_new(sizeof text - 1);
	struct err e = { 0 };

	if (recipe_fill(r, v, &out, &e) < 0)
		(void)snprintf(text, sizeof text, "error: %s", e.text);
	else
		(void)snprintf(text, sizeof text, "%.*s", (int)out.n, (const char *)out.p);
	buf_free(&out);
	return text;
}

static void test_lines(void)
{
	struct recipe_values one = values;

	is_str(filled(recipe_of("mariadb"), &values),
	    "mariadb --ssl-ca=/var/lib/dbtls/ca.pem --ssl-verify-server-cert --connect-timeout=15 "
	    "-h db1.example.com -P 4000 -u root -p -D test",
	    "T5: MariaDB's line names the CA and checks the name");
	is_str(filled(recipe_of("mysql"), &values),
	    "mysql --connect-timeout 15 --ssl-mode=VERIFY_IDENTITY --ssl-ca=/var/lib/dbtls/ca.pem "
	    "--tls-version=\"TLSv1.2,TLSv1.3\" -u root -h db1.example.com -P 4000 -D test -p",
	    "T9: Oracle's line is the document's");
	one.tls_version = "1.3";
	ok(strstr(filled(recipe_of("mysql"), &one), " --tls-version=\"TLSv1.3\" "),
	    "one version alone");
	ok(!recipe_of("oracle"), "a name that is no row");
}

/* Every value that the templates may use is in the texts of one that was made. */
static int mentions(const struct recipe_made *m, const char *what)
{
	int found = strstr((const char *)m->run.p, what) != NULL;

	for (size_t i = 0; i < m->files; i++)
		found |= strstr((const char *)m->file[i].text.p, what) != NULL;
	return found;
}

static int name_clashes(const struct recipe_made *m)
{
	for (size_t i = 0; i < m->files; i++) {
		if (strcmp(m->file[i].name, RECIPE_CA_PEM) == 0 ||
		    strcmp(m->file[i].name, m->truststore) == 0)
			return 1;
		for (size_t j = 0; j < i; j++)
			if (strcmp(m->file[i].name, m->file[j].name) == 0)
				return 1;
	}
	return 0;
}

static void test_row(const struct recipe *r)
{
	struct recipe_made m;
	struct err e = { 0 };
	int rc = recipe_make(r, &values, &m, &e);

	is_int(rc, 0, "%s: the template fills%s%s", r->name, rc < 0 ? ": " : "", e.text);
	if (rc < 0) {
		recipe_free(&m);
		return;
	}
	ok(mentions(&m, values.host) && mentions(&m, values.port) &&
		(mentions(&m, values.ca) || (*m.truststore && mentions(&m, m.truststore))),
	    "T5, T7: %s is given host, port and the CA", r->name);
	ok(recipe_https_of(r->name) || (mentions(&m, values.user) && mentions(&m, values.database)),
	    "T5, T7: %s is given user and database, if it logs in to one", r->name);
	ok(m.run.n > 0 && !strchr((const char *)m.run.p, '\n'), "%s: one line runs it", r->name);
	ok(!mentions(&m, "{{"), "%s: nothing is left open", r->name);
	ok(!name_clashes(&m), "%s: no two files of one name", r->name);
	ok(!m.files || m.setup.n > 0 || m.file[0].text.n > 0, "%s: the project is whole", r->name);
	recipe_free(&m);
}

/* Fills with every version and hostile values: the sizes add up, and no value is a placeholder. */
static void test_hostile(const struct recipe *r)
{
	static const char *const versions[] = { NULL, "both", "1.2", "1.3" };
	struct recipe_values v = { .host = "h" HOSTILE,
		.port = "4000",
		.ca = "c" HOSTILE,
		.user = "u" HOSTILE,
		.database = "d" HOSTILE };
	struct recipe_made m;
	struct err e = { 0 };

	for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
		v.tls_version = versions[i];
		is_int(recipe_make(r, &v, &m, &e), 0, "%s: hostile values, TLS %s", r->name,
		    versions[i] ? versions[i] : "as it is");
		recipe_free(&m);
	}
}

static void test_table(const struct recipe *table)
{
	for (const struct recipe *r = table; r->name; r++) {
		test_row(r);
		test_hostile(r);
	}
}

static void test_every_row(void)
{
	test_table(recipes);
	test_table(recipes_https);
	for (const struct recipe_template *t = recipe_templates; t->name; t++)
		ok(!recipe_of(t->name) != !recipe_https_of(t->name), "%s.recipe has one row",
		    t->name);
}

/* Whether at stands inside quotes of that kind on its line. */
static int inside(const char *start, const char *at, char quote)
{
	int open = 0;

	for (const char *c = at; c > start && c[-1] != '\n'; c--)
		open ^= c[-1] == quote;
	return open;
}

/* A value stands where its filter makes it safe. */
static int stands_well(const struct template_section *s, const char *at)
{
	const char *start = (const char *)s->text.p;

	if (s->filter == FILTER_SINGLE)
		return inside(start, at, '\'');
	if (s->filter == FILTER_DOUBLE)
		return inside(start, at, '"');
	if (s->filter == FILTER_SHELL)
		return !inside(start, at, '\'') && !inside(start, at, '"');
	return s->kind != SECTION_FILE;
}

static void look_at(const char *name, const struct template_section *s, const char *value)
{
	const char *at = (const char *)s->text.p;
	const char *end = at + s->text.n;

	while (at && (at = memmem(at, (size_t)(end - at), value, strlen(value)))) {
		ok(stands_well(s, at), "%s: %s stands where the filter makes it safe", name, value);
		at++;
	}
}

static void test_places(void)
{
	for (const struct recipe_template *r = recipe_templates; r->name; r++) {
		struct template t;
		struct err e = { 0 };

		ok(template_parse(&t, r->text, &e) == 0, "%s: parsed", r->name);
		for (size_t i = 0; i < t.n; i++) {
			look_at(r->name, &t.section[i], "{{host}}");
			look_at(r->name, &t.section[i], "{{ca}}");
			look_at(r->name, &t.section[i], "{{user}}");
			look_at(r->name, &t.section[i], "{{database}}");
		}
	}
}

static void test_quoting(void)
{
	struct recipe_values odd = values;

	odd.ca = "/home/it's me/ca.pem";
	odd.user = "";
	odd.database = "$(reboot)";
	is_str(filled(recipe_of("mariadb"), &odd),
	    "mariadb --ssl-ca='/home/it'\\''s me/ca.pem' --ssl-verify-server-cert "
	    "--connect-timeout=15 -h db1.example.com -P 4000 -u '' -p -D '$(reboot)'",
	    "what a shell would read is quoted");
}

static void test_faults(void)
{
	const struct recipe odd = { .name = "odd", .program = "odd" };
	struct buf out = buf_new(10);
	struct err e = { 0 };

	ok(strstr(filled(&odd, &values), "no template for odd"), "a row without a template");
	is_int(recipe_fill(recipe_of("mariadb"), &values, &out, &e), -1, "a line that is too long");
	buf_free(&out);
	ok(recipe_can_pin(recipe_of("mysql")) && !recipe_can_pin(&odd), "who can be pinned");
}

static void test_too_long(void)
{
	char *user = malloc(RECIPE_TEXT + 1);
	struct recipe_values v = values;
	struct recipe_made m;
	struct err e = { 0 };

	if (!user) {
		ok(0, "memory");
		return;
	}
	memset(user, '\'', RECIPE_TEXT);
	user[RECIPE_TEXT] = '\0';
	v.user = user;
	ok(recipe_make(recipe_of("mysql"), &v, &m, &e) < 0 && strstr(e.text, "longer than"),
	    "a value that is too long: %s", e.text);
	recipe_free(&m);
	free(user);
}

static void write_program(const char *folder, const char *name, const char *says)
{
	char path[128];
	FILE *f;

	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	f = fopen(path, "we");
	if (!f)
		return;
	(void)fprintf(f, "#!/bin/sh\necho \"%s\"\n", says);
	(void)fclose(f);
	(void)chmod(path, 0755);
}

static void remove_program(const char *folder, const char *name)
{
	char path[128];

	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	(void)unlink(path);
}

static void test_path(void)
{
	/* A space and a quote in the folder's name: it goes through a shell. */
	char folder[] = "/tmp/it's a test-XXXXXX";
	const char *program = NULL;
	const struct recipe *r;

	if (!mkdtemp(folder)) {
		ok(0, "make a folder");
		return;
	}
	ok(!recipe_on_path(folder, &program), "no client on PATH");
	ok(!recipe_on_path(NULL, &program), "no PATH");
	write_program(folder, "go", "go version go1.24");
	ok(recipe_is_on_path(recipe_of("go"), folder, &program), "a language is found by its name");
	ok(!recipe_on_path(folder, &program), "but is no line to type");
	write_program(
	    folder, "mysql", "mysql  Ver 15.1 Distrib 10.11.19-MariaDB, for debian-linux");
	r = recipe_on_path(folder, &program);
	is_str(r ? r->name : "", "mariadb", "Debian's mysql is MariaDB's");
	is_str(program ? program : "", "mysql", "and is called by the name that is there");
	write_program(folder, "mysql", "mysql  Ver 8.4.3 for Linux on x86_64 (MySQL Community)");
	r = recipe_on_path(folder, &program);
	is_str(r ? r->name : "", "mysql", "Oracle's mysql");
	write_program(folder, "mariadb", "mariadb  Ver 15.1");
	r = recipe_on_path(folder, &program);
	is_str(r ? r->name : "", "mariadb", "mariadb comes first");
	ok(recipe_is_on_path(recipe_of("mysql"), folder, &program), "and mysql is there as well");
	remove_program(folder, "mysql");
	remove_program(folder, "mariadb");
	remove_program(folder, "go");
	(void)rmdir(folder);
}

int main(void)
{
	test_lines();
	test_every_row();
	test_places();
	test_quoting();
	test_faults();
	test_too_long();
	test_path();
	return tap_done();
}
