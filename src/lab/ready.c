/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/ready.h"

#include "base/file.h"
#include "base/i18n.h"
#include "pki/truststore.h"
#include "recipes/save.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PEM_MAX  (1 << 20)
#define LOG_TAIL 4096 /* of the setup's log, what is looked at for its last words */
#define DATABASE "test"

/* What each folder of projects holds besides one for each endpoint. */
#define BASE "base"
#define MARK "set-up-as" /* in base: the texts that its setup was run with */
#define LOG  "setup.log"

#define TYPED "printf '%s\\n' \"$DBTLS_PASSWORD\" | "
#define ASK   " -e 'SELECT DATABASE()'"
#define AWS                                                                                        \
	"AWS_ACCESS_KEY_ID=lab AWS_SECRET_ACCESS_KEY=\"$DBTLS_PASSWORD\" "                         \
	"AWS_EC2_METADATA_DISABLED=true "
#define BUILD "go build -o /dev/null ."

/* What a try of a client needs besides its recipe; who is not here needs nothing more. */
static const struct more {
	const char *name;
	const char *first; /* put before the recipe's line: how it gets its secret; or NULL */
	const char *then;  /* put behind it: what it asks, where it would open a prompt; or NULL */
	const char *warm;  /* run once in base: what is slow the first time; or NULL */
	int heavy;         /* it takes a core for half a second or more */
} mores[] = {
	{ "mariadb", TYPED, " --batch --skip-column-names" ASK, NULL, 0 },
	{ "mysql", TYPED, " --batch --skip-column-names" ASK, NULL, 0 },
	{ "mycli", "MYSQL_PWD=\"$DBTLS_PASSWORD\" ", ASK, NULL, 1 },
	{ "sqlalchemy", NULL, NULL, NULL, 1 },
	{ "java", NULL, NULL, NULL, 1 },
	{ "go", NULL, NULL, BUILD, 1 },
	{ "gorm", NULL, NULL, BUILD, 1 },
	{ "sequelize", NULL, NULL, NULL, 1 },
	{ "prisma", NULL, NULL, NULL, 1 },
	{ "aws", AWS, NULL, NULL, 1 },
	{ "boto3", AWS, NULL, NULL, 1 },
	{ "aws-sdk-js", AWS, NULL, NULL, 1 },
	{ "go-http", NULL, NULL, BUILD, 1 },
	{ "java-http", NULL, NULL, NULL, 1 },
	{ 0 },
};

static const struct more *more_of(const struct recipe *client)
{
	const struct more *m = mores;

	while (m->name && strcmp(m->name, client->name) != 0)
		m++;
	return m;
}

const struct recipe *ready_recipe(const char *name)
{
	const struct recipe *r = recipe_of(name);

	return r ? r : recipe_https_of(name);
}

enum lab_protocol ready_protocol(const struct recipe *client)
{
	return recipe_https_of(client->name) ? LAB_HTTPS : LAB_MYSQL;
}

size_t ready_jobs(const struct recipe *client)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	return more_of(client)->heavy ? 2 * (size_t)(cpus > 0 ? cpus : 1) : 0;
}

struct ready {
	const struct recipe *recipe;
	const struct more *more;
	const char *program;
	char dir[PATH_MAX]; /* DIR/NAME, from the root */
};

static int join(char path[PATH_MAX], const char *dir, const char *name, struct err *e)
{
	if ((size_t)snprintf(path, PATH_MAX, "%s/%s", dir, name) < PATH_MAX)
		return 0;
	return err_set(e, ERR_USER, _("the path %s/%s is too long"), dir, name);
}

/* ---- the files of one project */

struct project {
	struct recipe_made made;
	struct buf pem, store;
	struct save_file file[TEMPLATE_SECTIONS + 2];
	size_t files;
};

static void add_file(struct project *p, const char *name, const struct buf *text)
{
	p->file[p->files++] = (struct save_file) { name, text->p, text->n };
}

static int add_ca(struct project *p, const char *path, struct err *e)
{
	struct buf file = { 0 };
	size_t certs;
	int rc = file_read(path, PEM_MAX, &file, e);

	if (rc == 0)
		rc = truststore_pem(file.p, file.n, &p->pem, &certs, e);
	if (rc == 0 && *p->made.truststore)
		rc = truststore_pkcs12(file.p, file.n, RECIPE_PASSWORD, &p->store, e);
	buf_free(&file);
	if (rc < 0)
		return err_prefix(e, "%s", path);
	add_file(p, RECIPE_CA_PEM, &p->pem);
	if (*p->made.truststore)
		add_file(p, p->made.truststore, &p->store);
	return 0;
}

/* ca: the file to copy; NULL: the project needs none. project_free in any case. */
static int project_make(struct project *p, const struct ready *r, const struct recipe_values *v,
    const char *ca, struct err *e)
{
	*p = (struct project) { .pem = buf_new(2 * PEM_MAX), .store = buf_new(2 * PEM_MAX) };
	if (recipe_make(r->recipe, v, &p->made, e) < 0)
		return -1;
	for (size_t i = 0; i < p->made.files; i++)
		add_file(p, p->made.file[i].name, &p->made.file[i].text);
	return ca ? add_ca(p, ca, e) : 0;
}

static void project_free(struct project *p)
{
	recipe_free(&p->made);
	buf_free(&p->pem);
	buf_free(&p->store);
}

/* Replaces what an earlier run has left under these names: other ports, another CA. */
static int project_save(const struct project *p, const char *dir, struct err *e)
{
	char path[PATH_MAX];

	for (size_t i = 0; i < p->files; i++) {
		if (join(path, dir, p->file[i].name, e) < 0)
			return -1;
		if (unlink(path) < 0 && errno != ENOENT && errno != ENOTDIR)
			return err_sys(e, _("remove %s"), path);
	}
	return save_project(dir, p->file, p->files, e);
}

/* ---- base: installed once */

/* Its texts hold no endpoint of a run: the same as long as the sample is the same. */
static const struct recipe_values nowhere = {
	.host = "db1.example.com",
	.port = "4000",
	.ca = RECIPE_CA_PEM,
	.user = "lab",
	.database = DATABASE,
};

/* All that decides what the setup installs. */
static int mark_text(const struct ready *r, const struct project *p, struct buf *out, struct err *e)
{
	const char *warm = r->more->warm ? r->more->warm : "";
	int rc =
	    buf_fmt(out, "%s\n%s\n", p->made.setup.n ? (const char *)p->made.setup.p : "", warm);

	for (size_t i = 0; i < p->files && rc == 0; i++)
		rc = buf_add(out, p->file[i].p, p->file[i].n);
	return rc < 0 ? err_set(e, ERR_LOCAL, _("the sample is too long")) : 0;
}

static int is_marked(const char *path, const struct buf *text)
{
	struct buf there = { 0 };
	struct err e;
	int same = file_read(path, RECIPE_TEXT * TEMPLATE_SECTIONS, &there, &e) == 0 &&
		   there.n == text->n && memcmp(there.p, text->p, text->n) == 0;

	buf_free(&there);
	return same;
}

/* Runs the line to its end, its words going into the file log. Its status as of waitpid, or -1. */
static int run_shell(const char *line, const char *log, struct err *e)
{
	char *const argv[] = { (char *)"sh", (char *)"-c", (char *)line, NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t how;
	int status, rc;
	sigset_t none;
	pid_t pid;

	/* Ctrl-C ends it, though its caller may wait for that in another way. */
	sigemptyset(&none);
	(void)posix_spawnattr_init(&how);
	(void)posix_spawnattr_setsigmask(&how, &none);
	(void)posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK);
	rc = posix_spawn_file_actions_init(&files);
	if (rc == 0)
		rc = posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	if (rc == 0)
		rc = posix_spawn_file_actions_addopen(
		    &files, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0644);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(&files, 1, 2);
	if (rc == 0)
		rc = posix_spawn(&pid, "/bin/sh", &files, &how, argv, environ);
	(void)posix_spawn_file_actions_destroy(&files);
	(void)posix_spawnattr_destroy(&how);
	errno = rc;
	if (rc)
		return err_sys(e, _("start %s"), "/bin/sh");
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_sys(e, _("wait for %s"), "/bin/sh");
	return status;
}

/* The last line of the file that says something, in out. */
static void last_words(const char *path, char out[256])
{
	FILE *f = fopen(path, "re");
	char line[256];

	out[0] = '\0';
	if (!f)
		return;
	if (fseek(f, -LOG_TAIL, SEEK_END) < 0)
		rewind(f);
	while (fgets(line, sizeof line, f)) {
		line[strcspn(line, "\r\n")] = '\0';
		if (line[strspn(line, " \t")])
			(void)snprintf(out, 256, "%s", line);
	}
	(void)fclose(f);
}

/* Runs the line in the folder dir; what it says goes to dir/../setup.log. */
static int run_in(const struct ready *r, const char *dir, const char *line, struct err *e)
{
	struct buf all = buf_new(READY_LINE);
	char log[PATH_MAX], words[256];
	int rc = join(log, r->dir, LOG, e);

	if (rc == 0 && (buf_fmt(&all, "cd ") < 0 ||
			   template_filter(FILTER_SHELL, dir, strlen(dir), &all) < 0 ||
			   buf_fmt(&all, " && %s%c", line, '\0') < 0))
		rc = err_set(e, ERR_LOCAL, _("the line is longer than %d bytes"), READY_LINE);
	if (rc == 0)
		rc = run_shell((const char *)all.p, log, e);
	if (rc > 0) {
		last_words(log, words);
		rc = err_set(e, ERR_LOCAL, _("%s failed: %s (all of it is in %s)"), line,
		    *words ? words : _("it said nothing"), log);
	}
	buf_free(&all);
	return rc;
}

static int make_folder(const char *path, struct err *e)
{
	if (mkdir(path, 0755) == 0 || errno == EEXIST)
		return 0;
	return err_sys(e, _("make the folder %s"), path);
}

/* In the folder base: the sample's files, what they need, and at last the mark. */
static int install(const struct ready *r, const struct project *p, const char *base,
    const char *mark, const struct buf *text, struct err *e)
{
	if (project_save(p, base, e) < 0)
		return -1;
	if (p->made.setup.n && run_in(r, base, (const char *)p->made.setup.p, e) < 0)
		return -1;
	if (r->more->warm && run_in(r, base, r->more->warm, e) < 0)
		return -1;
	return file_replace(mark, 0644, text->p, text->n, e);
}

static int make_base(const struct ready *r, struct err *e)
{
	struct buf text = buf_new((size_t)RECIPE_TEXT * TEMPLATE_SECTIONS);
	struct project p = { 0 };
	char base[PATH_MAX], mark[PATH_MAX];
	int rc = join(base, r->dir, BASE, e);

	if (rc == 0)
		rc = join(mark, base, MARK, e);
	if (rc == 0)
		rc = make_folder(base, e);
	if (rc == 0)
		rc = project_make(&p, r, &nowhere, NULL, e);
	if (rc == 0)
		rc = mark_text(r, &p, &text, e);
	if (rc == 0 && !is_marked(mark, &text))
		rc = install(r, &p, base, mark, &text, e);
	project_free(&p);
	buf_free(&text);
	return rc;
}

struct ready *ready_open(const struct recipe *client, const char *dir, struct err *e)
{
	struct ready *r = calloc(1, sizeof *r);
	char from_root[PATH_MAX];

	if (!r) {
		(void)err_sys(e, _("memory for a try"));
		return NULL;
	}
	r->recipe = client;
	r->more = more_of(client);
	if (!recipe_is_on_path(client, getenv("PATH"), &r->program)) {
		(void)err_set(e, ERR_USER, _("%s needs the program %s, which is not on PATH"),
		    client->name, client->program);
		goto fail;
	}
	if (join(r->dir, file_absolute(dir, from_root), client->name, e) < 0 ||
	    make_folder(r->dir, e) < 0 || make_base(r, e) < 0)
		goto fail;
	return r;
fail:
	ready_free(r);
	return NULL;
}

void ready_free(struct ready *r)
{
	free(r);
}

/* ---- one endpoint */

/* Links all of base that the project has not itself. */
static int link_base(const struct ready *r, const char *dir, struct err *e)
{
	char base[PATH_MAX], from[PATH_MAX], to[PATH_MAX];
	DIR *d = NULL;
	int rc = join(base, r->dir, BASE, e);

	if (rc == 0 && !(d = opendir(base)))
		rc = err_sys(e, _("read the folder %s"), base);
	for (struct dirent *at; d && rc == 0 && (at = readdir(d));) {
		if (strcmp(at->d_name, ".") == 0 || strcmp(at->d_name, "..") == 0)
			continue;
		if (join(from, base, at->d_name, e) < 0 || join(to, dir, at->d_name, e) < 0)
			rc = -1;
		if (rc == 0 && symlink(from, to) < 0 && errno != EEXIST)
			rc = err_sys(e, _("link %s"), to);
	}
	if (d)
		(void)closedir(d);
	return rc;
}

static int add_line(const struct ready *r, const struct recipe_made *made, const char *dir,
    struct buf *out, struct err *e)
{
	const struct more *m = r->more;

	if (buf_fmt(out, "cd ") == 0 && template_filter(FILTER_SHELL, dir, strlen(dir), out) == 0 &&
	    buf_fmt(out, " && %s%s%s", m->first ? m->first : "", (const char *)made->run.p,
		m->then ? m->then : "") == 0 &&
	    buf_add(out, "", 1) == 0) {
		out->n--;
		return 0;
	}
	return err_set(e, ERR_LOCAL, _("the line is longer than %d bytes"), READY_LINE);
}

int ready_line(const struct ready *r, const struct lab_endpoint *at, const char *user,
    struct buf *out, struct err *e)
{
	struct project p = { 0 };
	char dir[PATH_MAX], port[8];
	struct recipe_values v = { .program = r->program,
		.host = at->host,
		.port = port,
		.ca = RECIPE_CA_PEM,
		.user = user,
		.database = DATABASE };
	int rc = join(dir, r->dir, at->condition->name, e);

	(void)snprintf(port, sizeof port, "%u", at->port);
	*out = buf_new(READY_LINE);
	if (rc == 0)
		rc = project_make(&p, r, &v, at->ca, e);
	if (rc == 0)
		rc = project_save(&p, dir, e);
	if (rc == 0)
		rc = link_base(r, dir, e);
	if (rc == 0)
		rc = add_line(r, &p.made, dir, out, e);
	project_free(&p);
	return rc;
}
