// SPDX-License-Identifier: Apache-2.0
#include "engine/child.h"

#include "base/clock.h"
#include "base/i18n.h"
#include "base/log.h"
#include "proc/landlock.h"
#include "proc/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LOCK_FD   3
#define REPORT_FD 5 /* tells the parent what went wrong before the program ran; closed by exec */

static const char *program_name(const struct child *c)
{
	const char *slash = strrchr(c->argv[0], '/');

	return slash ? slash + 1 : c->argv[0];
}

/* Blocked and ignored signals pass through exec, and the parent has both. */
static void reset_signals(void)
{
	struct sigaction plain = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int s = 1; s < NSIG; s++)
		(void)sigaction(s, &plain, NULL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Moves fd out of the way of the numbers that are given out below. */
static int lift(int fd)
{
	return fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 16);
}

static int place(int fd, int at, int flags)
{
	if (fd < 0) {
		close(at);
		return 0;
	}
	return dup3(fd, at, flags);
}

static int set_descriptors(const struct child *c, int report)
{
	int lock = lift(c->lock_fd), init = lift(c->init_fd), out = lift(c->log_fd);
	int null = lift(open("/dev/null", O_RDWR | O_CLOEXEC));

	report = lift(report);
	if (null < 0 || report < 0 || place(report, REPORT_FD, O_CLOEXEC) < 0 ||
	    place(null, 0, 0) < 0 || place(out < 0 ? null : out, 1, 0) < 0 ||
	    place(out < 0 ? null : out, 2, 0) < 0 || place(lock, LOCK_FD, 0) < 0 ||
	    place(init, CHILD_INIT_FD, 0) < 0)
		return -1;
	return close_range(REPORT_FD + 1, ~0u, 0);
}

/*
 * What the engine may touch: the system's programs and settings to read, its own two folders to
 * write. Not the state's other folders, no one's home, no program that it wrote itself.
 */
static int fence(const struct state *s, struct err *e)
{
	const struct landlock_rule rules[] = {
		{ "/usr", LANDLOCK_EXECUTE },
		{ "/bin", LANDLOCK_EXECUTE },
		{ "/sbin", LANDLOCK_EXECUTE },
		{ "/lib", LANDLOCK_EXECUTE },
		{ "/lib32", LANDLOCK_EXECUTE },
		{ "/lib64", LANDLOCK_EXECUTE },
		{ "/etc", LANDLOCK_READ },
		{ "/proc", LANDLOCK_READ },          /* its own limits, memory and init file */
		{ "/sys/devices", LANDLOCK_READ },   /* processors and memory nodes */
		{ "/sys/fs/cgroup", LANDLOCK_READ }, /* how much memory it may use */
		{ "/sys/block", LANDLOCK_READ },
		{ "/sys/kernel/mm", LANDLOCK_READ },
		{ "/dev/null", LANDLOCK_DEVICE },
		{ "/dev/zero", LANDLOCK_READ },
		{ "/dev/random", LANDLOCK_READ },
		{ "/dev/urandom", LANDLOCK_READ },
		{ s->engine_dir, LANDLOCK_WRITE },
		{ s->engine_run, LANDLOCK_WRITE },
	};
	int abi;

	if (landlock_restrict(rules, sizeof rules / sizeof rules[0], NULL, &abi, e) < 0)
		return -1;
	if (abi == 0)
		log_line(
		    "engine: this kernel has no Landlock; the engine's user is its only fence");
	return 0;
}

static int become_engine(const struct child *c, pid_t parent, struct err *e)
{
	log_init("dbtls"); /* this fork has a number of its own */
	log_to(STDERR_FILENO);
	(void)umask(077);
	if (sandbox_become(c->uid, c->gid, parent, e) < 0)
		return -1;
	/* From here on as the engine: what a broken engine left in its folder can't mislead root.
	 */
	if (c->prepare && c->prepare(c->state, e) < 0)
		return -1;
	if (chdir("/") < 0)
		return err_sys(e, "chdir /");
	return fence(c->state, e);
}

static void run(const struct child *c, struct err *e)
{
	static char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin", locale[] = "LC_ALL=C";
	char tmp[STATE_PATH + 16], zone[128];
	char *env[] = { path, locale, tmp, NULL, NULL };
	const char *tz = getenv("TZ");

	(void)snprintf(tmp, sizeof tmp, "TMPDIR=%s/tmp", c->state->engine_dir);
	(void)snprintf(zone, sizeof zone, "TZ=%s", tz ? tz : "");
	if (tz)
		env[3] = zone;
	(void)execve(c->argv[0], (char *const *)c->argv, env);
	err_sys(e, _("run %s"), c->argv[0]);
}

static _Noreturn void child_main(const struct child *c, pid_t parent, int report)
{
	struct err e = { 0 };
	ssize_t told;

	reset_signals();
	/* So that the terminal's Ctrl-C is the parent's alone to hear. */
	(void)setsid();
	if (set_descriptors(c, report) < 0)
		_exit(126);
	if (become_engine(c, parent, &e) == 0)
		run(c, &e);
	told = write(REPORT_FD, &e, sizeof e);
	_exit(told < 0 ? 126 : 127);
}

/* 0: the program runs. Its REPORT_FD was closed by exec then, without a word. */
static int hear(int report, const struct child *c, struct err *e)
{
	struct err told;
	ssize_t n;

	do {
		n = read(report, &told, sizeof told);
	} while (n < 0 && errno == EINTR);
	if (n == 0)
		return 0;
	if (n != sizeof told)
		return err_set(e, ERR_SYS, _("start %s: no word from it"), program_name(c));
	*e = told;
	return err_prefix(e, _("start %s"), program_name(c));
}

int child_start(const struct child *c, pid_t *pid, struct err *e)
{
	int report[2];
	pid_t parent = getpid();
	int rc;

	if (c->uid == 0 && geteuid() == 0)
		return err_set(e, ERR_LOCAL, _("%s is not run as root"), program_name(c));
	if (pipe2(report, O_CLOEXEC) < 0)
		return err_sys(e, _("start %s"), program_name(c));
	(void)fflush(NULL);
	*pid = fork();
	if (*pid == 0)
		child_main(c, parent, report[1]);
	close(report[1]);
	if (*pid < 0) {
		err_sys(e, _("start %s"), program_name(c));
		close(report[0]);
		return -1;
	}
	rc = hear(report[0], c, e);
	close(report[0]);
	if (rc < 0) {
		(void)kill(*pid, SIGKILL);
		(void)waitpid(*pid, NULL, 0);
		*pid = 0;
	}
	return rc;
}

static int judge(const siginfo_t *i, struct err *e)
{
	if (i->si_code == CLD_EXITED && i->si_status == 0)
		return err_set(e, ERR_LOCAL, _("it ended by itself"));
	if (i->si_code == CLD_EXITED)
		return err_set(
		    e, ERR_LOCAL, _("it failed with %d; the log says why"), i->si_status);
	return err_set(e, ERR_LOCAL, _("it was killed by signal %d"), i->si_status);
}

int child_ended(pid_t pid, struct err *e)
{
	siginfo_t i = { 0 };

	if (waitid(P_PID, (id_t)pid, &i, WEXITED | WNOHANG | WNOWAIT) < 0) {
		err_sys(e, _("wait for process %d"), (int)pid);
		return 1;
	}
	if (i.si_pid == 0)
		return 0;
	judge(&i, e);
	return 1;
}

int child_wait(pid_t pid, unsigned seconds, struct err *e)
{
	uint64_t end = clock_us() + (uint64_t)seconds * 1000000;
	const struct timespec pause = { .tv_nsec = 20 * 1000 * 1000 };
	int status;

	while (!child_ended(pid, e) && clock_us() < end)
		(void)nanosleep(&pause, NULL);
	/* The whole session, so that no grandchild goes on writing. */
	(void)kill(-pid, SIGKILL);
	if (waitpid(pid, &status, 0) < 0)
		return err_sys(e, _("wait for process %d"), (int)pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (clock_us() >= end)
		return err_set(e, ERR_LOCAL, _("it took longer than %u s and was killed"), seconds);
	return -1;
}
