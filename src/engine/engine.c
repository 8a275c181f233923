// SPDX-License-Identifier: Apache-2.0
#include "engine/engine.h"

#include "base/file.h"
#include "base/i18n.h"
#include "engine/admin.h"
#include "engine/child.h"
#include "engine/options.h"
#include "engine/sql.h"
#include "pki/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define INSTALL_SECONDS 60
#define PATH_SIZE       (STATE_PATH + 32)

enum program { MARIADBD, INSTALL_DB, PRINT_DEFAULTS };

static const char *const programs[][6] = {
	[MARIADBD] = { "/usr/sbin/mariadbd", "/usr/libexec/mariadbd", "/usr/bin/mariadbd",
	    "/usr/local/sbin/mariadbd", "/usr/local/bin/mariadbd", NULL },
	[INSTALL_DB] = { "/usr/bin/mariadb-install-db", "/usr/local/bin/mariadb-install-db", NULL },
	/* What mariadb-install-db runs, and what comes in another package. */
	[PRINT_DEFAULTS] = { "/usr/bin/my_print_defaults", "/usr/local/bin/my_print_defaults",
	    NULL },
};

/* Not along PATH: root runs what it names. */
static const char *find(enum program p)
{
	for (size_t i = 0; programs[p][i]; i++) {
		if (access(programs[p][i], X_OK) == 0)
			return programs[p][i];
	}
	return NULL;
}

int engine_find(struct err *e)
{
	if (find(MARIADBD) && find(INSTALL_DB) && find(PRINT_DEFAULTS))
		return 0;
	return err_set(e, ERR_LOCAL,
	    _("MariaDB is not installed (%s is missing): install it with `apt-get install "
	      "--no-remove mariadb-server-core mariadb-client-core`"),
	    !find(MARIADBD)     ? "mariadbd"
	    : !find(INSTALL_DB) ? "mariadb-install-db"
				: "my_print_defaults");
}

static void path_in(char out[PATH_SIZE], const struct state *s, const char *name)
{
	(void)snprintf(out, PATH_SIZE, "%s/%s", s->engine_dir, name);
}

/* ---- the engine's folders, as the engine's user --------------------------------------------- */

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)at;
	return kind == FTW_DP ? rmdir(path) : unlink(path);
}

static int remove_tree(const char *path, struct err *e)
{
	if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT)
		return 0;
	return err_sys(e, _("remove %s"), path);
}

static int make_folder(const struct state *s, const char *name, struct err *e)
{
	char path[PATH_SIZE];

	path_in(path, s, name);
	if (mkdir(path, 0700) == 0 || errno == EEXIST)
		return 0;
	return err_sys(e, _("make the folder %s"), path);
}

/* Temporary tables of an engine that was killed would stay for good. */
static int prepare_tmp(const struct state *s, struct err *e)
{
	char path[PATH_SIZE];

	path_in(path, s, "tmp");
	if (remove_tree(path, e) < 0)
		return -1;
	return make_folder(s, "tmp", e);
}

static int prepare_install(const struct state *s, struct err *e)
{
	char path[PATH_SIZE];

	path_in(path, s, "data.new");
	if (remove_tree(path, e) < 0)
		return -1;
	return prepare_tmp(s, e);
}

static int prepare_serve(const struct state *s, struct err *e)
{
	if (unlink(s->engine_socket) < 0 && errno != ENOENT)
		return err_sys(e, _("remove the stale socket %s"), s->engine_socket);
	if (prepare_tmp(s, e) < 0)
		return -1;
	return make_folder(s, "files", e);
}

/* ---- installation --------------------------------------------------------------------------- */

static int run_install(const struct engine_config *c, const char *fresh, struct err *e)
{
	struct options o;
	struct child child = {
		.argv = o.argv,
		.state = c->state,
		.uid = c->uid,
		.gid = c->gid,
		.lock_fd = c->lock_fd,
		.init_fd = -1,
		.log_fd = c->log_fd,
		.prepare = prepare_install,
	};
	pid_t pid;

	if (engine_find(e) < 0)
		return -1;
	options_install(&o, find(INSTALL_DB), fresh);
	if (child_start(&child, &pid, e) < 0)
		return -1;
	if (child_wait(pid, INSTALL_SECONDS, e) < 0)
		return err_prefix(e, _("make the database with mariadb-install-db"));
	return 0;
}

/* All of it reaches the disk before its name says that it is whole. */
static int sync_folder(const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int rc = 0;

	if (fd < 0 || syncfs(fd) < 0)
		rc = err_sys(e, _("sync %s"), path);
	if (fd >= 0)
		close(fd);
	return rc;
}

int engine_install(const struct engine_config *c, int *made, struct err *e)
{
	char data[PATH_SIZE], fresh[PATH_SIZE], finished[PATH_SIZE];
	struct stat st;

	*made = 0;
	path_in(data, c->state, "data");
	path_in(fresh, c->state, "data.new");
	path_in(finished, c->state, "finished");
	if (lstat(data, &st) == 0)
		return 0;
	if (errno != ENOENT)
		return err_sys(e, _("look at %s"), data);
	/* The data are gone, and with them root's password: this is a new beginning. */
	if (unlink(finished) < 0 && errno != ENOENT)
		return err_sys(e, _("remove %s"), finished);
	if (run_install(c, fresh, e) < 0 || sync_folder(fresh, e) < 0)
		return -1;
	if (rename(fresh, data) < 0)
		return err_sys(e, _("rename %s to %s"), fresh, data);
	*made = 1;
	return sync_folder(c->state->engine_dir, e);
}

int engine_is_finished(const struct engine_config *c)
{
	char path[PATH_SIZE];
	struct stat st;

	path_in(path, c->state, "finished");
	return lstat(path, &st) == 0;
}

int engine_finish(const struct engine_config *c, struct err *e)
{
	static const char text[] =
	    "root's password was handed over; without this file all accounts "
	    "are made anew at the next start\n";
	char path[PATH_SIZE];

	path_in(path, c->state, "finished");
	return file_replace(path, 0600, text, sizeof text - 1, e);
}

/* ---- start ---------------------------------------------------------------------------------- */

static int new_password(char out[41], struct err *e)
{
	uint8_t random[20];

	if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
		return err_sys(e, _("get randomness"));
	for (size_t i = 0; i < sizeof random; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", random[i]);
	explicit_bzero(random, sizeof random);
	return 0;
}

static int first_statements(struct engine *g, const char *root_hash, struct err *e)
{
	struct buf b = buf_new(16384);
	char hash[42];
	int fd = -1;

	if (new_password(g->admin_password, e) < 0)
		return -1;
	if (mysql_native_hash(g->admin_password, hash) < 0)
		return err_set(e, ERR_TLS, _("make the hash of a password"));
	if (sql_start(&b, hash, root_hash, e) == 0)
		/* In memory, since the hashes are no one's to find on a disk. */
		fd = file_memory("engine-start", b.p, b.n, e);
	buf_wipe(&b);
	return fd;
}

/* A finished engine has accounts of its user, which the first statements would remove. */
static int check_hash(const struct engine_config *c, const char *root_hash, struct err *e)
{
	if (engine_is_finished(c) == !root_hash)
		return 0;
	return err_set(e, ERR_LOCAL,
	    root_hash ? _("the engine has its root password; it is not made anew")
		      : _("the engine has no root password yet, and none was given"));
}

static int serve(struct engine *g, int init_fd, struct err *e)
{
	const struct engine_config *c = &g->config;
	struct options o;
	char data[PATH_SIZE];
	struct child child = {
		.argv = o.argv,
		.state = c->state,
		.uid = c->uid,
		.gid = c->gid,
		.lock_fd = c->lock_fd,
		.init_fd = init_fd,
		.log_fd = c->log_fd,
		.prepare = prepare_serve,
	};

	path_in(data, c->state, "data");
	options_serve(&o, find(MARIADBD), data, c);
	return child_start(&child, &g->pid, e);
}

int engine_start(
    struct engine *g, const struct engine_config *c, const char *root_hash, struct err *e)
{
	int init_fd, rc;

	*g = (struct engine) { .config = *c, .admin_fd = -1 };
	if (engine_find(e) < 0 || check_hash(c, root_hash, e) < 0)
		return -1;
	init_fd = first_statements(g, root_hash, e);
	if (init_fd < 0)
		return -1;
	rc = serve(g, init_fd, e);
	close(init_fd);
	return rc;
}

/* ---- the administrator ---------------------------------------------------------------------- */

static void admin_close(struct engine *g)
{
	if (g->admin_fd >= 0)
		close(g->admin_fd);
	g->admin_fd = -1;
}

static int admin_open(struct engine *g, struct err *e)
{
	char version[sizeof g->version];
	unsigned code;

	if (g->admin_fd < 0)
		g->admin_fd = admin_connect(g->config.state->engine_socket);
	if (g->admin_fd < 0)
		return err_set(e, ERR_PEER, _("the engine takes no connection"));
	/* A connection that says nothing for 8 hours is closed, unless it asks for a year. */
	if (admin_login(g->admin_fd, ENGINE_ADMIN, g->admin_password, version, sizeof version, e) <
		0 ||
	    admin_query(g->admin_fd, "SET SESSION wait_timeout=31536000", &code, e) < 0) {
		admin_close(g);
		return -1;
	}
	/* Only now: one that hung for a moment is ready for all that, and is asked again. */
	memcpy(g->version, version, sizeof version);
	return 0;
}

int engine_ready(struct engine *g, struct err *e)
{
	if (g->version[0])
		return 1;
	if (g->pid == 0)
		return err_set(e, ERR_LOCAL, _("the engine doesn't run"));
	if (child_ended(g->pid, e))
		return err_prefix(e, _("mariadbd didn't start"));
	if (g->admin_fd < 0)
		g->admin_fd = admin_connect(g->config.state->engine_socket);
	if (g->admin_fd < 0 || !admin_greeted(g->admin_fd))
		return 0;
	if (admin_open(g, e) == 0)
		return 1;
	/* Its first statements were not all done: accounts without a password may be there. */
	(void)kill(g->pid, SIGKILL);
	g->version[0] = '\0';
	return err_prefix(e, _("mariadbd refused its administrator and was stopped, see the log"));
}

static int set_root(struct engine *g, const char *hash, unsigned *code, struct err *e)
{
	char sql[SQL_ROOT_MAX];
	unsigned but;

	for (size_t i = 0; sql_root(i, hash, sql, &but) == 0; i++) {
		if (admin_query(g->admin_fd, sql, code, e) == 0)
			continue;
		if (*code == 0 || *code != but)
			return -1;
		i++;
	}
	return 0;
}

int engine_set_root(struct engine *g, const char *root_hash, struct err *e)
{
	unsigned code = 0;
	int rc;

	if (!sql_is_hash(root_hash))
		return err_set(e, ERR_LOCAL, _("what should be a password's hash is none"));
	if (!g->version[0])
		return err_set(e, ERR_LOCAL, _("the engine doesn't answer yet; try again"));
	if (g->admin_fd < 0 && admin_open(g, e) < 0)
		return -1;
	rc = set_root(g, root_hash, &code, e);
	if (rc < 0 && code == 0) {
		/* Someone killed the connection, or it timed out; all steps can be done twice. */
		admin_close(g);
		rc = admin_open(g, e);
		if (rc == 0)
			rc = set_root(g, root_hash, &code, e);
	}
	if (rc < 0)
		return err_prefix(e, _("root's password can't be set"));
	return 0;
}

const char *engine_version(const struct engine *g)
{
	return g->version;
}

/* ---- the end -------------------------------------------------------------------------------- */

/*
 * A mariadbd (10.11) that is told to end while it starts may wait for ever: its init_slave waits
 * for a thread that has seen the end coming and left. The greeting comes after that.
 */
static int is_starting(struct engine *g)
{
	if (g->version[0])
		return 0;
	if (g->admin_fd < 0)
		g->admin_fd = admin_connect(g->config.state->engine_socket);
	return g->admin_fd < 0 || !admin_greeted(g->admin_fd);
}

void engine_stop(struct engine *g)
{
	if (g->pid <= 0 || g->told_to_end || is_starting(g))
		return;
	(void)kill(g->pid, SIGTERM);
	g->told_to_end = 1;
}

void engine_gone(struct engine *g)
{
	/* A struct that never was started may be all zeros, and 0 is no connection of ours. */
	if (g->pid > 0)
		admin_close(g);
	explicit_bzero(g->admin_password, sizeof g->admin_password);
	g->version[0] = '\0';
	g->admin_fd = -1;
	g->pid = 0;
}
