/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/start.h"

#include "base/i18n.h"
#include "cmd/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* dbtlsd's argv: every option at most OPT_LIST_MAX times, and few of them. */
#define ARGV_MAX (4 * OPT_LIST_MAX)

struct words {
	char option[ARGV_MAX][32];
	const char *v[ARGV_MAX + 1];
	size_t n;
};

static void add(struct words *w, const char *option, const char *value)
{
	if (!value || w->n + 2 > ARGV_MAX)
		return;
	(void)snprintf(w->option[w->n], sizeof w->option[0], "--%s", option);
	w->v[w->n] = w->option[w->n];
	w->v[w->n + 1] = value;
	w->n += 2;
}

/* dbtlsd reads the same rows: what was given goes on as it is; the language is in $DBTLS_LANG. */
static void make_words(struct words *w, const struct opt *options, const char *ready_fd)
{
	w->v[w->n++] = "dbtlsd";
	add(w, "state", cli.state);
	for (const struct opt *o = options; o->name; o++) {
		if (o->text && o->text != &cli.state && o->text != &cli.lang)
			add(w, o->name, *o->text);
		for (size_t i = 0; o->list && i < o->list->n; i++)
			add(w, o->name, o->list->v[i]);
	}
	add(w, "ready-fd", ready_fd);
}

int start_find(char out[START_PATH], struct err *e)
{
	ssize_t n = readlink("/proc/self/exe", out, PATH_MAX);

	if (n > 0) {
		out[n] = '\0';
		memcpy(strrchr(out, '/'), "/dbtlsd", sizeof "/dbtlsd");
		if (access(out, F_OK) == 0)
			return 0;
	}
	(void)snprintf(out, START_PATH, "%s", DBTLS_LIBEXEC "/dbtlsd");
	if (access(out, F_OK) == 0)
		return 0;
	return err_sys(e, _("find dbtlsd, neither beside dbtls nor as %s"), out);
}

static int become_dbtlsd(struct words *w, struct err *e)
{
	char program[START_PATH];
	char *argv[ARGV_MAX + 1];

	memcpy(argv, w->v, sizeof argv);
	if (start_find(program, e) < 0)
		return -1;
	(void)execv(program, argv);
	return err_sys(e, _("start %s"), program);
}

static volatile sig_atomic_t daemon_pid;

/* Whoever waits for the start may change their mind: what was started is in a session of its own.
 */
static void on_signal(int sig)
{
	(void)sig;
	if (daemon_pid > 0)
		(void)kill((pid_t)daemon_pid, SIGTERM);
}

static void daemon_child(const struct opt *options, int ready)
{
	struct words w = { 0 };
	struct err e = { 0 };
	char number[16];
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)setsid();
	if (null >= 0)
		(void)dup2(null, STDIN_FILENO);
	(void)fcntl(ready, F_SETFD, 0);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)snprintf(number, sizeof number, "%d", ready);
	make_words(&w, options, number);
	(void)become_dbtlsd(&w, &e);
	_exit(cli_fail(&e));
}

/* dbtlsd writes one byte once it is ready, having said all there is to say itself. */
static int wait_ready(int fd, pid_t pid)
{
	char byte;
	int status;
	ssize_t n;

	while ((n = read(fd, &byte, 1)) < 0 && errno == EINTR)
		continue;
	if (n == 1)
		return CLI_OK;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	if (WIFEXITED(status))
		return WEXITSTATUS(status) ? WEXITSTATUS(status) : CLI_FAILED;
	(void)fprintf(stderr, _("dbtls: dbtlsd was ended by signal %d\n"), WTERMSIG(status));
	return CLI_FAILED;
}

static int start_detached(const struct opt *options, struct err *e)
{
	struct sigaction act = { .sa_handler = on_signal };
	int ready[2];
	pid_t pid;

	if (pipe2(ready, O_CLOEXEC) < 0)
		return cli_fail((err_sys(e, _("make a pipe")), e));
	pid = fork();
	if (pid < 0)
		return cli_fail((err_sys(e, _("start a process")), e));
	if (pid == 0)
		daemon_child(options, ready[1]);
	daemon_pid = pid;
	(void)sigaction(SIGINT, &act, NULL);
	(void)sigaction(SIGTERM, &act, NULL);
	close(ready[1]);
	return wait_ready(ready[0], pid);
}

int start_dbtlsd(const struct opt *options, int detach)
{
	struct words w = { 0 };
	struct state s;
	struct err e = { 0 };

	if (state_paths(&s, cli.state, &e) < 0)
		return cli_fail(&e);
	if (detach)
		return start_detached(options, &e);
	make_words(&w, options, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)become_dbtlsd(&w, &e);
	return cli_fail(&e);
}
