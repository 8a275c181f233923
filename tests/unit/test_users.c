// SPDX-License-Identifier: Apache-2.0
#include "engine/users.h"

#include "tap.h"

#include <pwd.h>
#include <sys/wait.h>
#include <unistd.h>

static void as_root(void)
{
	struct role_users u = { 0 }, again = { 0 };
	struct err e = { 0 };
	const struct passwd *p;

	is_int(users_get(&u, &e), 0, "four system users are there or made");
	printf("# %s\n", e.text);
	ok(u.relay && u.keys && u.ca && u.engine, "none is root");
	ok(u.relay != u.keys && u.relay != u.ca && u.relay != u.engine && u.keys != u.ca &&
		u.keys != u.engine && u.ca != u.engine,
	    "all differ");
	ok(u.relay_gid && u.relay_gid != u.engine_gid && u.keys_gid != u.ca_gid,
	    "so do their groups");
	is_int(users_get(&again, &e), 0, "asked again, all is well");
	ok(memcmp(&u, &again, sizeof u) == 0, "and the same");
	p = getpwnam("dbtls-keys");
	ok(p && p->pw_uid == u.keys, "the key role is dbtls-keys");
	is_str(p ? p->pw_shell : "", "/usr/sbin/nologin", "without a shell");
	is_str(p ? p->pw_dir : "", "/nonexistent", "and without a home");
	ok(p && p->pw_uid < 1000, "a system user");
}

static int as_someone(void)
{
	struct role_users u = { 0 };
	struct err e;

	if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
		return 1;
	if (users_get(&u, &e) < 0)
		return 2;
	return u.relay == getuid() && u.keys == getuid() && u.ca == getuid() &&
		       u.engine == getuid() && u.engine_gid == getgid()
		   ? 0
		   : 3;
}

int main(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(as_someone());
	waitpid(pid, &status, 0);
	is_int(status, 0, "not root: every role is the caller");
	if (geteuid() == 0)
		as_root();
	return tap_done();
}
