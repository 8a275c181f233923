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
	is_str(filled(recipe_of("mariadb"), &values),
	    "mariadb --ssl-ca=/var/lib/dbtls/ca.pem --ssl-verify-server-cert -h db1.example.com "
	    "-P 4000 -u root -p -D test",
	    "T5: MariaDB's line names the CA and checks the name");
	is_str(filled(recipe_of("mysql"), &values),
	    "mysql --connect-timeout 15 --ssl-mode=VERIFY_IDENTITY --ssl-ca=/var/lib/dbtls/ca.pem "
	    "--tls-version=\"TLSv1.2,TLSv1.3\" -u root -h db1.example.com -P 4000 -D test -p",
	    "T9: Oracle's line is the document's");
	ok(!recipe_of("oracle"), "a name that is no row");
}

static void test_every_row(void)
{
	for (const struct recipe *r = recipes; r->name; r++) {
		const char *line = filled(r, &values);

		ok(strstr(line, values.ca) && strstr(line, values.host) && !strchr(line, '{'),
		    "T7: %s names the CA and the host, and nothing is left open", r->name);
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
	    "-h db1.example.com -P 4000 -u '' -p -D '$(reboot)'",
	    "what a shell would read is quoted");
}

static void test_faults(void)
{
	const struct recipe odd = { .name = "odd", .program = "odd", .template = "x {colour}" };
	struct buf out = buf_new(10);
	struct err e = { 0 };

	ok(strstr(filled(&odd, &values), "{colour}"), "a template that asks for what there is not");
	is_int(recipe_fill(recipe_of("mariadb"), &values, &out, &e), -1, "a line that is too long");
	buf_free(&out);
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
	(void)rmdir(folder);
}

int main(void)
{
	test_lines();
	test_every_row();
	test_quoting();
	test_faults();
	test_path();
	return tap_done();
}
