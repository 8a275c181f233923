/* SPDX-License-Identifier: Apache-2.0 */
#include "proc/spawn.h"

#include "base/i18n.h"

#include "proc/channel.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int spawn_folder(char out[512], struct err *e)
{
	static char found[512];
	char role[600];
	char *slash;
	ssize_t n;

	if (!found[0]) {
		n = readlink("/proc/self/exe", found, sizeof found - 1);
		if (n <= 0)
			return err_sys(e, _("read /proc/self/exe"));
		found[n] = '\0';
		slash = strrchr(found, '/');
		if (slash)
			*slash = '\0';
		(void)snprintf(role, sizeof role, "%s/dbtls-relay", found);
		if (access(role, X_OK) < 0)
			(void)snprintf(found, sizeof found, "%s", DBTLS_LIBEXEC);
	}
	(void)snprintf(role, sizeof role, "%s/dbtls-relay", found);
	if (access(role, X_OK) < 0)
		return err_sys(e, _("find dbtls-relay beside the program or in %s"), DBTLS_LIBEXEC);
	memcpy(out, found, sizeof found);
	return 0;
}

int spawn_check(const char *folder, struct err *e)
{
	char path[600];

	for (enum role r = ROLE_RELAY; r <= ROLE_CA; r++) {
		(void)snprintf(path, sizeof path, "%s/dbtls-%s", folder, role_name(r));
		if (access(path, X_OK) < 0)
			return err_sys(e, _("start %s"), path);
	}
	return 0;
}

/* In the child: put the descriptors in place; nothing else is inherited. */
static void arrange_fds(int channel, int log_fd)
{
	int null;
	/* Out of the way first, so that no dup2 below lands on one that is still needed. */
	int ch = fcntl(channel, F_DUPFD, 10);
	int lg = fcntl(log_fd, F_DUPFD, 10);

	null = open("/dev/null", O_RDWR);
	if (ch < 0 || lg < 0 || null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 ||
	    dup2(lg, 2) < 0 || dup2(ch, SPAWN_CHANNEL_FD) < 0)
		_exit(127);
	if (close_range(SPAWN_CHANNEL_FD + 1, ~0U, 0) < 0)
		_exit(127);
}

/* What the parent blocks or ignores is not the child's. */
static void reset_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	for (int s = 1; s < NSIG; s++)
		(void)signal(s, SIG_DFL);
}

static void exec_role(const struct spawn *s, const char *folder, int channel, pid_t parent)
{
	char path[600], uid[16], gid[16], ppid[16];
	char *argv[] = { path, uid, gid, ppid, (char *)s->arg, NULL };
	/* The sanitizers of a test build take their options from the environment. */
	char asan[512] = "ASAN_OPTIONS=", ubsan[512] = "UBSAN_OPTIONS=";
	char *envp[] = { asan, ubsan, NULL };

	if (getenv("ASAN_OPTIONS"))
		(void)snprintf(asan, sizeof asan, "ASAN_OPTIONS=%s", getenv("ASAN_OPTIONS"));
	if (getenv("UBSAN_OPTIONS"))
		(void)snprintf(ubsan, sizeof ubsan, "UBSAN_OPTIONS=%s", getenv("UBSAN_OPTIONS"));
	(void)snprintf(path, sizeof path, "%s/dbtls-%s", folder, role_name(s->role));
	(void)snprintf(uid, sizeof uid, "%u", (unsigned)s->uid);
	(void)snprintf(gid, sizeof gid, "%u", (unsigned)s->gid);
	(void)snprintf(ppid, sizeof ppid, "%d", (int)parent);
	arrange_fds(channel, s->log_fd);
	reset_signals();
	(void)setsid();
	(void)execve(path, argv, envp);
	_exit(127);
}

pid_t spawn_role(const struct spawn *s, int *channel, struct err *e)
{
	char folder[512];
	pid_t parent = getpid();
	int pair[2];
	pid_t pid;

	*channel = -1;
	if (spawn_folder(folder, e) < 0 || channel_pair(pair, e) < 0)
		return -1;
	pid = fork();
	if (pid == 0)
		exec_role(s, folder, pair[1], parent);
	close(pair[1]);
	if (pid < 0) {
		err_sys(e, _("start dbtls-%s"), role_name(s->role));
		close(pair[0]);
		return -1;
	}
	*channel = pair[0];
	return pid;
}

static int number(const char *text, long max, long *out)
{
	char *end;

	*out = strtol(text, &end, 10);
	return *text && !*end && *out >= 0 && *out <= max ? 0 : -1;
}

int spawn_args(struct spawned *s, int argc, char **argv, struct err *e)
{
	long uid, gid, parent;

	if (argc < 4 || argc > 5 || number(argv[1], UINT_MAX, &uid) < 0 ||
	    number(argv[2], UINT_MAX, &gid) < 0 || number(argv[3], INT_MAX, &parent) < 0)
		return err_set(
		    e, ERR_USER, _("this program is started by dbtlsd; start it with: dbtls up"));
	*s = (struct spawned) { .uid = (unsigned)uid,
		.gid = (unsigned)gid,
		.parent = (int)parent,
		.arg = argc == 5 ? argv[4] : NULL };
	return 0;
}
