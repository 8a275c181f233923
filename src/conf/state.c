/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/state.h"

#include "base/i18n.h"

#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LONGEST "/run/engine/sql"
#define DIR_MAX (STATE_PATH - sizeof LONGEST) /* bytes that the folder's own path may have */

static const struct {
	size_t at;
	const char *below;
} places[] = {
	{ offsetof(struct state, dir), "" },
	{ offsetof(struct state, ca_pem), "/ca.pem" },
	{ offsetof(struct state, server_pem), "/server.pem" },
	{ offsetof(struct state, access), "/access" },
	{ offsetof(struct state, settings), "/settings" },
	{ offsetof(struct state, log), "/log" },
	{ offsetof(struct state, lock), "/lock" },
	{ offsetof(struct state, ca_dir), "/ca" },
	{ offsetof(struct state, keys_dir), "/keys" },
	{ offsetof(struct state, engine_dir), "/engine" },
	{ offsetof(struct state, engine_run), "/run/engine" },
	{ offsetof(struct state, engine_socket), LONGEST },
	{ offsetof(struct state, control), "/run/control" },
	{ offsetof(struct state, token), "/run/token" },
};

static const char *variable(const char *name)
{
	const char *v = getenv(name);

	return v && *v ? v : NULL;
}

/* The folder when nobody names one, as the XDG base directory specification has it. */
static int own_place(char out[PATH_MAX], struct err *e)
{
	const char *xdg = variable("XDG_STATE_HOME");
	const char *home = variable("HOME");
	int n;

	if (geteuid() == 0)
		n = snprintf(out, PATH_MAX, "/var/lib/dbtls");
	else if (xdg && xdg[0] == '/') /* a relative one is to be ignored */
		n = snprintf(out, PATH_MAX, "%s/dbtls", xdg);
	else if (home && home[0] == '/')
		n = snprintf(out, PATH_MAX, "%s/.local/state/dbtls", home);
	else
		return err_set(e, ERR_USER,
		    _("there is no HOME to put the state folder in: name one with --state DIR or "
		      "in "
		      "DBTLS_STATE"));
	if (n >= PATH_MAX)
		return err_set(e, ERR_USER, _("HOME or XDG_STATE_HOME is too long a path"));
	return 0;
}

/* dir as an absolute path: roles change their folder, and a socket's name must stay right. */
static int absolute(char out[PATH_MAX], const char *dir, struct err *e)
{
	char here[PATH_MAX] = "";
	int n;

	if (dir[0] != '/' && !getcwd(here, sizeof here))
		return err_sys(e, _("find the current folder, to which %s is relative"), dir);
	if (strcmp(here, "/") == 0)
		here[0] = '\0';
	n = snprintf(out, PATH_MAX, "%s%s%s", here, dir[0] == '/' ? "" : "/", dir);
	if (n >= PATH_MAX)
		return err_set(e, ERR_USER, _("the state folder's path is too long"));
	return 0;
}

static int choose(char out[PATH_MAX], const char *dir, struct err *e)
{
	if (!dir)
		dir = variable("DBTLS_STATE");
	if (dir && !*dir)
		return err_set(
		    e, ERR_USER, _("the state folder's name is empty: write --state DIR"));
	return dir ? absolute(out, dir, e) : own_place(out, e);
}

int state_paths(struct state *s, const char *dir, struct err *e)
{
	char base[PATH_MAX];
	size_t n;

	if (choose(base, dir, e) < 0)
		return -1;
	n = strlen(base);
	while (n > 0 && base[n - 1] == '/')
		base[--n] = '\0';
	if (n == 0)
		return err_set(
		    e, ERR_USER, _("/ can't be the state folder: name a folder of its own"));
	if (n > DIR_MAX)
		return err_set(e, ERR_USER,
		    _("the state folder's path has %zu bytes and may have %zu, because a socket in "
		      "it "
		      "has a path of at most %d: choose a shorter one with --state DIR"),
		    n, DIR_MAX, STATE_PATH - 1);
	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		(void)snprintf((char *)s + places[i].at, STATE_PATH, "%.*s%s", (int)DIR_MAX, base,
		    places[i].below);
	return 0;
}
