/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/ready.h"

#include "base/file.h"

#include "tap.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/test-ready-XXXXXX";
static char path[PATH_MAX];

static const struct condition condition = { .name = "wrong-host" };
static struct lab_endpoint at = {
	.condition = &condition,
	.protocol = LAB_MYSQL,
	.host = "wrong-host.lab.dbtls.test",
	.address = "127.0.0.1",
	.port = 4567,
};

/* A path below the folder, in one of a few places that take turns. */
static const char *below(const char *name)
{
	static char place[4][PATH_MAX];
	static size_t turn;
	char *out = place[turn++ % 4];

	(void)snprintf(out, PATH_MAX, "%s/%s", folder, name);
	return out;
}

/* What the file holds, up to 4095 bytes of it. */
static const char *text_of(const char *name)
{
	static char text[4096];
	FILE *f = fopen(below(name), "re");
	size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;

	text[n] = '\0';
	if (f)
		(void)fclose(f);
	return text;
}

static void write_file(const char *name, mode_t mode, const char *text)
{
	struct err e;

	if (file_replace(below(name), mode, text, strlen(text), &e) < 0)
		ok(0, "%s", e.text);
}

/* A program that notes how often it was called, and installs a file. */
static void write_python(int status)
{
	char text[256];

	(void)snprintf(text, sizeof text,
	    "#!/bin/sh\necho called >>%s\necho 'no such package' >&2\n"
	    "mkdir -p .venv/bin\nprintf '#!/bin/sh\\n' >.venv/bin/pip\nchmod +x .venv/bin/pip\n"
	    "exit %d\n",
	    below("calls"), status);
	write_file("bin/python3", 0755, text);
}

static void test_rows(void)
{
	ok(ready_recipe("java") == recipe_of("java") &&
		ready_protocol(recipe_of("java")) == LAB_MYSQL,
	    "a client of dbtls connect");
	ok(ready_recipe("curl") == recipe_https_of("curl") &&
		ready_protocol(recipe_https_of("curl")) == LAB_HTTPS,
	    "a client of HTTPS");
	ok(!ready_recipe("nobody"), "another name has none");
	ok(ready_jobs(recipe_of("java")) > 0 && ready_jobs(recipe_of("php")) == 0,
	    "heavy clients go a few at once");
}

static struct ready *opened(const char *name, struct err *e)
{
	return ready_open(ready_recipe(name), folder, e);
}

static void test_missing(void)
{
	struct err e = { 0 };

	ok(!opened("mariadb", &e) && strstr(e.text, "mariadb, which is not on PATH"),
	    "a program that is not there: %s", e.text);
}

static void test_setup_fails(void)
{
	struct err e = { 0 };

	write_python(1);
	ok(!opened("pymysql", &e) && strstr(e.text, "no such package") &&
		strstr(e.text, below("pymysql/setup.log")),
	    "a setup that fails: its last words, and where the others are");
	is_str(text_of("calls"), "called\n", "it was run once");
}

static void test_setup_once(void)
{
	struct err e = { 0 };
	struct ready *r;

	write_python(0);
	r = opened("pymysql", &e);
	ok(r, "it is run again after it has failed%s", e.text);
	ready_free(r);
	r = opened("pymysql", &e);
	ok(r, "and no more when it was done");
	is_str(text_of("calls"), "called\ncalled\n", "… as its calls show");
	ready_free(r);
	write_file("pymysql/base/set-up-as", 0644, "something else");
	r = opened("pymysql", &e);
	is_str(text_of("calls"), "called\ncalled\ncalled\n", "but when the sample is another");
	ready_free(r);
}

static void line(const struct ready *r, const char *wanted, const char *name)
{
	struct buf out = { 0 };
	struct err e = { 0 };

	if (ready_line(r, &at, "lab", &out, &e) < 0)
		ok(0, "%s: %s", name, e.text);
	else
		is_str((const char *)out.p, wanted, "%s", name);
	buf_free(&out);
}

static void test_project(void)
{
	struct err e = { 0 };
	struct ready *r = opened("pymysql", &e);
	struct stat st;
	char wanted[PATH_MAX];

	(void)snprintf(wanted, sizeof wanted,
	    "cd %s/pymysql/wrong-host && .venv/bin/python connect.py", folder);
	line(r, wanted, "the line of the sample, in a folder of the endpoint's own");
	ok(strstr(text_of("pymysql/wrong-host/connect.py"), "host='wrong-host.lab.dbtls.test'") &&
		strstr(text_of("pymysql/wrong-host/connect.py"), "port=4567"),
	    "its program calls the endpoint");
	ok(strstr(text_of("pymysql/wrong-host/ca.pem"), "BEGIN CERTIFICATE"), "its CA lies there");
	ok(lstat(below("pymysql/wrong-host/.venv"), &st) == 0 && S_ISLNK(st.st_mode),
	    "what was installed is a link");
	at.port = 4568;
	line(r, wanted, "the same again, at another port");
	ok(strstr(text_of("pymysql/wrong-host/connect.py"), "port=4568"),
	    "the program is replaced");
	(void)snprintf(at.ca, sizeof at.ca, "%s", below("nothing.pem"));
	ok(ready_line(r, &at, "lab", &(struct buf) { 0 }, &e) < 0 && strstr(e.text, "nothing.pem"),
	    "a CA that is not there: %s", e.text);
	ready_free(r);
}

/* What it takes to get a password to who asks for it at a terminal. */
static void test_typed(void)
{
	struct err e = { 0 };
	struct ready *r;
	char wanted[2 * PATH_MAX];

	write_file("bin/mariadb", 0755, "#!/bin/sh\n");
	(void)snprintf(at.ca, sizeof at.ca, "%s", below("ca.pem"));
	r = opened("mariadb", &e);
	(void)snprintf(wanted, sizeof wanted,
	    "cd %s/mariadb/wrong-host && printf '%%s\\n' \"$DBTLS_PASSWORD\" | mariadb "
	    "--ssl-ca=ca.pem --ssl-verify-server-cert --connect-timeout=15 -h "
	    "wrong-host.lab.dbtls.test -P 4568 -u lab -p -D test --batch --skip-column-names "
	    "-e 'SELECT DATABASE()'",
	    folder);
	line(r, wanted, "a line that asks for the password");
	ready_free(r);
}

static void clean_up(void)
{
	char command[PATH_MAX];

	(void)snprintf(command, sizeof command, "PATH=/usr/bin:/bin rm -rf %s", folder);
	ok(system(command) == 0, "cleaned up"); /* NOLINT(cert-env33-c): no word of a stranger's */
}

int main(void)
{
	if (!mkdtemp(folder) || mkdir(below("bin"), 0755) < 0 || chdir(folder) < 0) {
		ok(0, "make a folder");
		return tap_done();
	}
	(void)snprintf(path, sizeof path, "%s:/usr/bin:/bin", below("bin"));
	(void)setenv("PATH", below("bin"), 1);
	test_rows();
	test_missing();
	(void)setenv("PATH", path, 1);
	(void)snprintf(at.ca, sizeof at.ca, "%s", below("ca.pem"));
	/* NOLINTNEXTLINE(cert-env33-c): no word of a stranger's */
	ok(system("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "
		  "/CN=a -keyout /dev/null -out ca.pem 2>/dev/null") == 0,
	    "a CA");
	test_setup_fails();
	test_setup_once();
	test_project();
	test_typed();
	clean_up();
	return tap_done();
}
