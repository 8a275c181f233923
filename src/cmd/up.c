/* SPDX-License-Identifier: Apache-2.0 */
/* `dbtls up`: checks the words, then becomes (or, with --detach, starts) dbtlsd. */
#include "base/i18n.h"
#include "cmd/cli.h"
#include "net/addr.h"
#include "net/hostnames.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct {
	struct opt_list listen, name;
	const char *tls_version, *password_file, *log, *certificate_life;
	int detach;
} given;

static const struct opt options[] = {
	{ .name = "listen",
	    .arg = "WHERE",
	    .list = &given.listen,
	    .help = N_("port, ADDRESS:PORT or [ADDRESS]:PORT; may be given again (4000)") },
	{ .name = "name",
	    .arg = "NAME",
	    .list = &given.name,
	    .help = N_("another name or address of this host, for the certificate; again") },
	{ .name = "tls-version",
	    .arg = "1.2|1.3|both",
	    .text = &given.tls_version,
	    .help = N_("accept this version alone (both)") },
	{ .name = "certificate-life",
	    .arg = "TIME",
	    .text = &given.certificate_life,
	    .help = N_("how long a certificate is valid: 90d, 12h; renewed in time") },
	{ .name = "password-file",
	    .arg = "FILE",
	    .text = &given.password_file,
	    .help = N_("write root's first password there instead of showing it") },
	{ .name = "detach",
	    .flag = &given.detach,
	    .help = N_("return to the shell once the database is ready") },
	{ .name = "log",
	    .arg = "FILE|-",
	    .text = &given.log,
	    .help = N_("where the log goes; - is the terminal (DIR/log)") },
	CLI_STATE,
	CLI_HELP,
	{ 0 },
};

/* dbtlsd's argv: every option at most OPT_LIST_MAX times, and few of them. */
#define ARGV_MAX (4 * OPT_LIST_MAX)

struct words {
	const char *v[ARGV_MAX + 1];
	size_t n;
};

static void add(struct words *w, const char *option, const char *value)
{
	if (!value || w->n + 2 > ARGV_MAX)
		return;
	w->v[w->n++] = option;
	w->v[w->n++] = value;
}

static void make_words(struct words *w, const char *ready_fd)
{
	w->v[w->n++] = "dbtlsd";
	add(w, "--state", cli.state);
	for (size_t i = 0; i < given.listen.n; i++)
		add(w, "--listen", given.listen.v[i]);
	for (size_t i = 0; i < given.name.n; i++)
		add(w, "--name", given.name.v[i]);
	add(w, "--tls-version", given.tls_version);
	add(w, "--certificate-life", given.certificate_life);
	add(w, "--password-file", given.password_file);
	add(w, "--log", given.log);
	add(w, "--ready-fd", ready_fd);
}

static int check_words(struct err *e)
{
	static const char *const versions[] = { "1.2", "1.3", "both", NULL };
	struct state s;
	struct addr a;
	int any;

	if (state_paths(&s, cli.state, e) < 0)
		return -1;
	for (size_t i = 0; i < given.listen.n; i++)
		if (addr_parse_listen(&a, &any, given.listen.v[i], e) < 0)
			return -1;
	for (size_t i = 0; i < given.name.n; i++)
		if (!hostname_valid(given.name.v[i]) && addr_parse_ip(&a, given.name.v[i]) < 0)
			return err_set(e, ERR_USER,
			    _("--name %s: this is neither a host name nor an address"),
			    given.name.v[i]);
	for (size_t i = 0; given.tls_version && versions[i]; i++)
		if (strcmp(given.tls_version, versions[i]) == 0)
			return 0;
	if (given.tls_version)
		return err_set(e, ERR_USER,
		    _("--tls-version %s: there are 1.2, 1.3 and both (older ones are unsafe, RFC "
		      "8996)"),
		    given.tls_version);
	return 0;
}

/* Beside this very program, as it was built; else where `make install` puts it. */
static int become_dbtlsd(struct words *w, struct err *e)
{
	char self[PATH_MAX + sizeof "/dbtlsd"];
	ssize_t n = readlink("/proc/self/exe", self, PATH_MAX);
	char *slash;
	char *argv[ARGV_MAX + 1];

	memcpy(argv, w->v, sizeof argv);
	if (n > 0) {
		self[n] = '\0';
		slash = strrchr(self, '/');
		memcpy(slash, "/dbtlsd", sizeof "/dbtlsd");
		(void)execv(self, argv);
		if (errno != ENOENT)
			return err_sys(e, _("start %s"), self);
	}
	(void)execv(DBTLS_LIBEXEC "/dbtlsd", argv);
	return err_sys(
	    e, _("start dbtlsd, neither beside dbtls nor as %s"), DBTLS_LIBEXEC "/dbtlsd");
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

static void daemon_child(int ready)
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
	make_words(&w, number);
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

static int start_detached(struct err *e)
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
		daemon_child(ready[1]);
	daemon_pid = pid;
	(void)sigaction(SIGINT, &act, NULL);
	(void)sigaction(SIGTERM, &act, NULL);
	close(ready[1]);
	return wait_ready(ready[0], pid);
}

static int up_run(int argc, char **argv)
{
	struct words w = { 0 };
	struct err e = { 0 };

	(void)argc;
	(void)argv;
	if (check_words(&e) < 0)
		return cli_fail(&e);
	if (given.detach)
		return start_detached(&e);
	make_words(&w, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)become_dbtlsd(&w, &e);
	return cli_fail(&e);
}

const struct command cmd_up = {
	.name = "up",
	.sentence = N_("start the door and the database behind it"),
	.words = "",
	.more = N_(
	    "Clients reach the database over TLS alone. Only this host's own addresses are let in\n"
	    "until `dbtls access add` names others. The CA's certificate is DIR/ca.pem.\n"
	    "What up is told it keeps for the next start.\n"),
	.example = "  dbtls up --listen 4000 --name db1.example.com --detach\n",
	.options = options,
	.run = up_run,
};
