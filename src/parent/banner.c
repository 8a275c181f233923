/* SPDX-License-Identifier: Apache-2.0 */
/* What the person at the terminal sees while it starts, and once it is ready. */
#include "base/columns.h"
#include "base/file.h"
#include "base/i18n.h"
#include "conf/up.h"
#include "parent/state.h"
#include "proc/spawn.h"
#include "recipes/recipes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CLEAR_LINE "\r\033[K"

void banner_progress(const char *what)
{
	if (!isatty(1))
		return;
	printf(CLEAR_LINE "%s%s", what ? what : "", what ? "…" : "");
	(void)fflush(stdout);
}

static void row(const char *label, const char *value)
{
	printf("       %s%*s %s\n", label, columns_left(label, 16), "", value);
}

/* Writes the password where the user will take it from. The path is the sentence's. */
static int write_password(const char *path, const char *password, struct err *e)
{
	char line[128];
	int n = snprintf(line, sizeof line, "%s\n", password);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int rc;

	if (fd < 0 && errno == EEXIST)
		return err_set(e, ERR_USER,
		    _("%s is there already: take it away, or choose another --password-file"),
		    path);
	if (fd < 0)
		return err_sys(e, _("write root's password to %s"), path);
	rc = file_write_all(fd, line, (size_t)n, e);
	if (rc == 0 && fsync(fd) < 0)
		rc = err_sys(e, _("write %s"), path);
	close(fd);
	explicit_bzero(line, sizeof line);
	return rc;
}

/* Where there is no terminal, the file lies in the state folder; a first start overwrites its own.
 */
static int hand_over(const char *password, struct err *e)
{
	char path[STATE_PATH + 32], text[STATE_PATH + 256];
	const char *file = up.password_file;

	if (!file && isatty(1)) {
		(void)snprintf(
		    text, sizeof text, _("%s   (shown this once; note it down)"), password);
		row(_("root password"), text);
		explicit_bzero(text, sizeof text);
		return fflush(stdout) == 0 ? 0 : err_sys(e, _("show root's password"));
	}
	(void)snprintf(path, sizeof path, "%s/root-password", parent.paths.dir);
	if (!file)
		(void)unlink(path); /* of a first start that was cut off before it was finished */
	if (write_password(file ? file : path, password, e) < 0)
		return -1;
	(void)snprintf(text, sizeof text, _("in the file %s: read it, then delete the file"),
	    file ? file : path);
	row(_("root password"), text);
	return 0;
}

/* Without MySQL there is no telling what speaks there: OpenSSL's program shows that TLS stands. */
static void print_try_tls(const char *host)
{
	struct addr a;
	char text[PATH_MAX + 2 * HOST_NAME_TEXT + 128], ca[PATH_MAX];
	int v6 = strchr(host, ':') != NULL;

	(void)snprintf(text, sizeof text,
	    "openssl s_client -CAfile %s -verify_return_error %s %s -connect %s%s%s:%u",
	    site_ca(&parent.site[0], ca),
	    addr_parse_ip(&a, host) < 0 ? "-verify_hostname" : "-verify_ip", host, v6 ? "[" : "",
	    host, v6 ? "]" : "", site_port(&parent.site[0]));
	row(_("try"), text);
}

static void print_try(const char *host)
{
	struct buf line = buf_new(4096);
	char port[8], ca[PATH_MAX];
	const char *program;
	const struct recipe *r = recipe_on_path(getenv("PATH"), &program);
	struct recipe_values v = { .host = host,
		.port = port,
		.ca = site_ca(&parent.site[0], ca),
		.user = "root",
		.database = "test" };
	struct err e;

	(void)snprintf(port, sizeof port, "%u", site_port(&parent.site[0]));
	if (!r)
		row(_("try"),
		    _("no MySQL client is installed here; `dbtls connect --list` has lines"));
	v.program = r ? program : NULL;
	if (r && recipe_fill(r, &v, &line, &e) == 0 && buf_add(&line, "", 1) == 0)
		row(_("try"), (char *)line.p);
	buf_free(&line);
}

static const char *versions(const struct site *t)
{
	if (t->tls.min == t->tls.max)
		return t->tls.min == TLS_POLICY_1_2 ? "TLS 1.2" : "TLS 1.3";
	return _("TLS 1.2 and 1.3");
}

/* What is spoken: MySQL's protocol under TLS, or whatever the service behind the door speaks. */
static const char *spoken(const struct site *t, char out[128])
{
	(void)snprintf(
	    out, 128, "%s%s", serve_is_mysql(t->conf) ? _("MySQL protocol, ") : "", versions(t));
	return out;
}

/* How to call dbtls here: by its name where PATH finds just this one, else by its path. */
static const char *command(char path[560])
{
	char folder[512], found[560];
	const char *p = getenv("PATH");
	struct stat ours, theirs;
	struct err e;

	if (spawn_folder(folder, &e) < 0)
		return "dbtls";
	(void)snprintf(path, 560, "%s/dbtls", folder);
	if (stat(path, &ours) < 0)
		return "dbtls"; /* installed: the roles lie elsewhere */
	for (; p && *p; p += strcspn(p, ":"), p += *p == ':') {
		(void)snprintf(found, sizeof found, "%.*s/dbtls", (int)strcspn(p, ":"), p);
		if (stat(found, &theirs) == 0)
			return theirs.st_ino == ours.st_ino && theirs.st_dev == ours.st_dev
				   ? "dbtls"
				   : path;
	}
	return path;
}

/* "shop.example.com:4000   /run/mysqld/mysqld.sock, db2:3306 over TLS, verified" */
static void print_site(const struct site *t)
{
	char host[HOST_NAME_TEXT], where[512], text[1200];
	int n = snprintf(text, sizeof text, "%s:%u  ", site_host(t, host), site_port(t));

	for (size_t i = 0; i < t->conf->upstreams; i++) {
		(void)upstream_text(&t->conf->upstream[i], where);
		if (n > 0 && (size_t)n < sizeof text)
			n += snprintf(
			    text + n, sizeof text - (size_t)n, "%s %s", i ? "," : "→", where);
	}
	row(t->conf->id, text);
}

/* Whether a database sees many clients' failures as those of one address, ours. */
static int is_blamed(const struct site *t, size_t i)
{
	const struct upstream_line *u = &t->conf->upstream[i];

	return serve_is_mysql(t->conf) && !u->path[0] && !u->proxy;
}

/* The door can't see from outside how a database is set: so it says what must be. */
static void print_hint(void)
{
	for (size_t i = 0; i < parent.sites; i++)
		for (size_t j = 0; j < parent.site[i].conf->upstreams; j++) {
			if (!is_blamed(&parent.site[i], j))
				continue;
			row(_("set there"),
			    _("skip_name_resolve, or a high max_connect_errors: else clients that "
			      "hang up in mid-login get this host blocked (error 1129)"));
			return;
		}
}

/* Who has to show a certificate; no one may take a door that asks for one for a broken one. */
static void print_clients(void)
{
	char text[UPSTREAM_PATH + 256];

	for (size_t i = 0; i < parent.sites; i++) {
		const struct site *t = &parent.site[i];

		if (t->clients_fd < 0)
			continue;
		(void)snprintf(text, sizeof text, _("%s: a certificate is %s"), t->conf->id,
		    t->conf->client_certificate);
		if (clients_crl_expired(t))
			(void)snprintf(text, sizeof text,
			    _("%s: %s has expired: NO client certificate is let in"), t->conf->id,
			    t->conf->client_crl);
		row(_("clients"), text);
	}
}

/* What stands behind the door. */
static void print_database(void)
{
	const char *version = engine_version(&parent.engine);
	char text[128];

	if (!parent.options->config) {
		(void)snprintf(
		    text, sizeof text, "MariaDB %.*s", (int)strcspn(version, "-"), version);
		row(_("database"), text);
		return;
	}
	for (size_t i = 0; i < parent.sites; i++)
		print_site(&parent.site[i]);
	print_hint();
}

/* The operator's own, and our CA, if anything needs it. */
static void print_certificates(void)
{
	char text[PATH_MAX + UPSTREAM_PATH + 256], day[16], ca[PATH_MAX];
	struct tm tm;

	for (size_t i = 0; i < parent.sites; i++) {
		const struct site *t = &parent.site[i];

		if (!t->conf->certificate)
			continue;
		(void)gmtime_r(&t->leaf.not_after, &tm);
		(void)strftime(day, sizeof day, "%Y-%m-%d", &tm);
		(void)snprintf(text, sizeof text, _("%s: %s, until %s, of a CA in %s"), t->conf->id,
		    t->conf->certificate, day, site_ca(t, ca));
		row(_("certificate"), text);
	}
	if (!parent.ca.fingerprint[0])
		return;
	row(_("CA certificate"), parent.paths.ca_pem);
	(void)snprintf(text, sizeof text, "SHA-256 %s", parent.ca.fingerprint);
	row("", text);
}

int banner_ready(const char *password, struct err *e)
{
	const struct site *first = &parent.site[0];
	char path[560];
	char host[HOST_NAME_TEXT], text[600], what[128];

	banner_progress(NULL);
	printf(parent.options->config ? _("dbtls: door open on %s:%u (%s)\n")
				      : _("dbtls: database ready on %s:%u (%s)\n"),
	    site_host(first, host), site_port(first), spoken(first, what));
	print_database();
	print_clients();
	print_certificates();
	if (!password && !parent.options->config)
		row(_("root password"), _("as it was; for a new one: dbtls password --generate"));
	if (password && hand_over(password, e) < 0)
		return -1;
	if (serve_is_mysql(first->conf))
		print_try(host);
	if (!serve_is_mysql(first->conf))
		print_try_tls(host);
	(void)snprintf(text, sizeof text, "%s connect | status | access%s | --help%s%s",
	    command(path), parent.options->config ? "" : " | password",
	    parent.options->state ? _("   each with --state ") : "",
	    parent.options->state ? parent.options->state : "");
	row(_("more"), text);
	(void)fflush(stdout);
	return 0;
}
