// SPDX-License-Identifier: Apache-2.0
#include "engine/users.h"

#include "base/i18n.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROLES 4

static const char *const names[ROLES] = { "dbtls-relay", "dbtls-keys", "dbtls-ca", "dbtls-engine" };

/* /usr/sbin is not on the PATH of everyone who becomes root. */
static const char *find_useradd(void)
{
	static const char *const places[] = { "/usr/sbin/useradd", "/sbin/useradd",
		"/usr/bin/useradd" };

	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
		if (access(places[i], X_OK) == 0)
			return places[i];
	}
	return NULL;
}

/* Its own words go to our stderr: a full disk or a read-only /etc is told best there. */
static int run_useradd(const char *useradd, const char *name, struct err *e)
{
	/* useradd refuses --user-group when the group is left over from before. */
	const char *const fresh[] = { "useradd", "--system", "--no-create-home", "--home-dir",
		"/nonexistent", "--shell", "/usr/sbin/nologin", "--user-group", name, NULL };
	const char *const left[] = { "useradd", "--system", "--no-create-home", "--home-dir",
		"/nonexistent", "--shell", "/usr/sbin/nologin", "--gid", name, name, NULL };
	const char *const *argv = getgrnam(name) ? left : fresh;
	static char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin", locale[] = "LC_ALL=C";
	char *const env[] = { path, locale, NULL };
	int status;
	pid_t pid;

	errno = posix_spawn(&pid, useradd, NULL, NULL, (char *const *)argv, env);
	if (errno != 0)
		return err_sys(e, _("run %s"), useradd);
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return err_sys(e, _("wait for %s"), useradd);
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	return err_set(e, ERR_LOCAL,
	    _("the system user %s is missing and `useradd --system --user-group %s` failed; make "
	      "it "
	      "by hand, then start again"),
	    name, name);
}

static int make_user(const char *name, struct err *e)
{
	const char *useradd = find_useradd();

	if (useradd)
		return run_useradd(useradd, name, e);
	return err_set(e, ERR_LOCAL,
	    _("the system user %s is missing, and so is useradd to make it: install the package "
	      "that holds it (passwd on Debian, shadow-utils on Fedora), or make the user by hand"),
	    name);
}

static int get_user(const char *name, uid_t *uid, gid_t *gid, struct err *e)
{
	const struct passwd *p = getpwnam(name);

	if (!p && make_user(name, e) < 0)
		return -1;
	if (!p)
		p = getpwnam(name);
	if (!p)
		return err_set(e, ERR_LOCAL,
		    _("the system user %s was made and is not found; see /etc/nsswitch.conf"),
		    name);
	*uid = p->pw_uid;
	*gid = p->pw_gid;
	return 0;
}

/* What keeps the roles apart is that these are different people, and none of them root. */
static int check(const uid_t *uid, const gid_t *gid, struct err *e)
{
	for (int i = 0; i < ROLES; i++) {
		if (uid[i] == 0 || gid[i] == 0)
			return err_set(e, ERR_USER,
			    _("the user %s is root or in root's group; give it a uid and a group "
			      "of its own"),
			    names[i]);
		for (int k = 0; k < i; k++) {
			if (uid[i] == uid[k] || gid[i] == gid[k])
				return err_set(e, ERR_USER,
				    _("the users %s and %s share a uid or a group; give each its "
				      "own"),
				    names[k], names[i]);
		}
	}
	return 0;
}

int users_get(struct role_users *u, struct err *e)
{
	uid_t uid[ROLES] = { getuid(), getuid(), getuid(), getuid() };
	gid_t gid[ROLES] = { getgid(), getgid(), getgid(), getgid() };

	for (int i = 0; i < ROLES && geteuid() == 0; i++) {
		if (get_user(names[i], &uid[i], &gid[i], e) < 0)
			return -1;
	}
	if (geteuid() == 0 && check(uid, gid, e) < 0)
		return -1;
	*u = (struct role_users) {
		.relay = uid[0],
		.keys = uid[1],
		.ca = uid[2],
		.engine = uid[3],
		.relay_gid = gid[0],
		.keys_gid = gid[1],
		.ca_gid = gid[2],
		.engine_gid = gid[3],
	};
	return 0;
}
