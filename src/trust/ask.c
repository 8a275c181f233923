/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/ask.h"

#include "base/clock.h"
#include "base/i18n.h"
#include "base/span.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SENTENCE 200 /* bytes of what it said, in ours */

/* The environment without one variable; the strings are borrowed, the array is the caller's. */
static char **environment(const char *without)
{
	size_t n = 0, at = 0, length = without ? strlen(without) : 0;
	char **all;

	while (environ[n])
		n++;
	all = calloc(n + 1, sizeof *all);
	for (size_t i = 0; all && i < n; i++)
		if (!without || strncmp(environ[i], without, length) != 0 ||
		    environ[i][length] != '=')
			all[at++] = environ[i];
	return all;
}

/* For whoever is not to be trusted with what is open here, nor with where we are: what lies below a
 * folder that is closed to them may be open. */
static int leave_alone(posix_spawn_file_actions_t *files)
{
	DIR *d = opendir("/proc/self/fd");
	const struct dirent *entry;

	if (!d)
		return -1;
	errno = posix_spawn_file_actions_addchdir_np(files, "/");
	while (errno == 0 && (entry = readdir(d))) {
		int fd = atoi(entry->d_name);

		if (fd > 2 && fd != dirfd(d))
			errno = posix_spawn_file_actions_addclose(files, fd);
	}
	closedir(d);
	return errno ? -1 : 0;
}

/* In a session of its own: a password is then asked for nowhere, and what it starts can be ended
 * with it. */
static pid_t start(const struct ask *a, int to, struct err *e)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t how;
	char **ours = a->environment ? NULL : environment(a->without);
	char *const *env = ours ? ours : (char *const *)a->environment;
	pid_t pid = -1;

	(void)posix_spawn_file_actions_init(&files);
	(void)posix_spawnattr_init(&how);
	if (a->input)
		(void)posix_spawn_file_actions_adddup2(&files, a->input, 0);
	if (!a->input)
		(void)posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	(void)posix_spawn_file_actions_adddup2(&files, to, 1);
	if (a->heard)
		(void)posix_spawn_file_actions_adddup2(&files, to, 2);
	if (!a->heard)
		(void)posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
	(void)posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSID);
	errno = ENOMEM;
	if (env && (!a->alone || leave_alone(&files) == 0))
		errno = posix_spawnp(&pid, a->program ? a->program : a->argv[0], &files, &how,
		    (char *const *)a->argv, env);
	if (errno) {
		(void)err_sys(e, _("run %s"), a->argv[0]);
		pid = -1;
	}
	(void)posix_spawn_file_actions_destroy(&files);
	(void)posix_spawnattr_destroy(&how);
	free(ours);
	return pid;
}

static int listen_to(const struct ask *a, int fd, struct buf *out, struct err *e)
{
	uint64_t until = clock_us() + (uint64_t)a->seconds * 1000000;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char part[16384];

	for (;;) {
		uint64_t now = clock_us();
		ssize_t n;

		if (now >= until || poll(&p, 1, (int)((until - now) / 1000) + 1) == 0)
			return err_set(e, ERR_LOCAL, _("%s did not answer within %d s"), a->argv[0],
			    a->seconds);
		n = read(fd, part, sizeof part);
		if (n == 0)
			return 0;
		if (n < 0)
			return err_sys(e, _("read what %s says"), a->argv[0]);
		if (buf_add(out, part, (size_t)n) < 0)
			return err_set(
			    e, ERR_LOCAL, _("%s says more than %zu bytes"), a->argv[0], out->max);
	}
}

/* The last line that is not empty. */
static struct span last_line(const struct buf *said)
{
	size_t to = said->n, from;

	while (to > 0 && strchr(" \r\n", said->p[to - 1]))
		to--;
	for (from = to; from > 0 && said->p[from - 1] != '\n';)
		from--;
	return span_of(said->p ? said->p + from : NULL, to - from);
}

static int failed(const struct ask *a, const struct buf *said, struct err *e)
{
	struct span line = last_line(said);

	if (!a->heard || line.n == 0)
		return err_set(e, ERR_LOCAL, _("%s failed"), a->argv[0]);
	return err_set(e, ERR_LOCAL, _("%s failed: %.*s"), a->argv[0],
	    (int)(line.n < SENTENCE ? line.n : SENTENCE), (const char *)line.p);
}

static int end(const struct ask *a, pid_t pid, int kill_it, const struct buf *said, struct err *e)
{
	int status = 0;

	if (kill_it)
		(void)kill(-pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (kill_it)
		return -1;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return failed(a, said, e);
	return 0;
}

int ask_run(const struct ask *a, struct buf *out, struct err *e)
{
	int ends[2] = { -1, -1 };
	pid_t pid = -1;
	int rc = -1;

	*out = buf_new(a->max);
	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(e, _("run %s"), a->argv[0]);
	pid = start(a, ends[1], e);
	close(ends[1]);
	if (pid > 0)
		rc = end(a, pid, listen_to(a, ends[0], out, e) < 0, out, e);
	close(ends[0]);
	if (rc < 0)
		buf_free(out);
	return rc;
}

const char *ask_which(const char *name, char out[PATH_MAX])
{
	const char *path = getenv("PATH");

	while (path && *path) {
		int n = (int)strcspn(path, ":");

		if (*path == '/' && snprintf(out, PATH_MAX, "%.*s/%s", n, path, name) < PATH_MAX &&
		    access(out, X_OK) == 0)
			return out;
		path += n;
		path += *path == ':';
	}
	return NULL;
}
