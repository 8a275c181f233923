/* SPDX-License-Identifier: Apache-2.0 */
/* `dbtls password`: root's password (T4). It stays in this process; only its hash leaves. */
#include "engine/password.h"

#include "base/file.h"
#include "base/i18n.h"
#include "cmd/cli.h"
#include "pki/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define LINE_MAX_PASSWORD 128

static struct {
	int generate, set;
	const char *file;
} given;

static const struct opt options[] = {
	{ .name = "generate",
	    .flag = &given.generate,
	    .help = N_("make a new one and show it once") },
	{ .name = "set",
	    .flag = &given.set,
	    .help = N_("read a new one from the terminal, or a line from stdin") },
	{ .name = "password-file",
	    .arg = "FILE",
	    .text = &given.file,
	    .help = N_("with --generate: write it into this new file (mode 0600)") },
	CLI_STATE,
	CLI_HELP,
	{ 0 },
};

/* Sets it by its hash. */
static int set_root(const struct state *s, const char *password, struct err *e)
{
	char hash[42];
	json_t *reply;

	if (mysql_native_hash(password, hash) < 0)
		return err_set(e, ERR_TLS, _("OpenSSL has no SHA-1 here"));
	reply = cli_ask(s, json_pack("{s:s, s:s}", "do", "password", "hash", hash), e);
	explicit_bzero(hash, sizeof hash);
	if (!reply)
		return -1;
	json_decref(reply);
	return 0;
}

/*
 * The file is made first, so that what can't be written is never set; never over another file, nor
 * through a link that somebody has laid.
 */
static int generate_to_file(const struct state *s, const char *password, struct err *e)
{
	char line[PASSWORD_LENGTH + 2];
	int n = snprintf(line, sizeof line, "%s\n", password);
	int fd = open(given.file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	int rc = -1;

	if (fd < 0) {
		err_sys(e, _("create %s"), given.file);
		goto out;
	}
	if (file_write_all(fd, line, (size_t)n, e) < 0 || set_root(s, password, e) < 0)
		goto out;
	if (fsync(fd) < 0) {
		err_sys(e, _("write %s"), given.file);
		goto out;
	}
	rc = 0;
out:
	explicit_bzero(line, sizeof line);
	if (fd >= 0)
		close(fd);
	if (fd >= 0 && rc < 0)
		(void)unlink(given.file);
	return rc;
}

static int generate(const struct state *s)
{
	char password[PASSWORD_LENGTH + 1];
	struct err e = { 0 };
	int rc;

	if (!given.file && !isatty(STDOUT_FILENO))
		return cli_wrong(_("a password is shown on a terminal alone, and this is none; "
				   "--password-file FILE writes it into a file"));
	rc = password_generate(password, password_random, &e);
	if (rc == 0)
		rc = given.file ? generate_to_file(s, password, &e) : set_root(s, password, &e);
	if (rc == 0 && given.file)
		printf(_("root's new password is in %s\n"), given.file);
	if (rc == 0 && !given.file)
		printf(_("root's new password, shown this once: %s\n"), password);
	explicit_bzero(password, sizeof password);
	return rc < 0 ? cli_fail(&e) : CLI_OK;
}

/* One line without its end. Unbuffered: no second copy stays behind, nothing is read too far. */
static int read_line(char *out, size_t size, struct err *e)
{
	size_t n = 0;

	for (;;) {
		ssize_t m = read(STDIN_FILENO, out + n, 1);

		if (m < 0)
			return err_sys(e, _("read the password"));
		if (m == 0 && n == 0)
			return err_set(e, ERR_USER, _("no password came on stdin"));
		if (m == 0 || out[n] == '\n')
			break;
		if (++n == size)
			return err_set(e, ERR_USER, _("that is longer than any password"));
	}
	out[n] = '\0';
	return 0;
}

static volatile sig_atomic_t caught;

static void on_signal(int sig)
{
	caught = sig;
}

/* Reads a line with the terminal's echo off; a signal first puts the terminal right. */
static int ask(const char *question, char *out, size_t size, struct err *e)
{
	const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP };
	struct sigaction act = { .sa_handler = on_signal }, old[5];
	struct termios shown, hidden;
	int rc;

	if (tcgetattr(STDIN_FILENO, &shown) < 0)
		return err_sys(e, _("ask the terminal"));
	hidden = shown;
	hidden.c_lflag &= ~(tcflag_t)ECHO;
	caught = 0;
	for (size_t i = 0; i < 5; i++)
		(void)sigaction(signals[i], &act, &old[i]);
	/* What was typed before the question is thrown away, what comes after it is not. */
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
	(void)fputs(question, stderr);
	rc = read_line(out, size, e);
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
	(void)fputc('\n', stderr);
	for (size_t i = 0; i < 5; i++)
		(void)sigaction(signals[i], &old[i], NULL);
	if (caught)
		(void)raise(caught);
	return rc;
}

static int read_new(char *password, size_t size, struct err *e)
{
	char again[LINE_MAX_PASSWORD] = "";
	int rc;

	if (!isatty(STDIN_FILENO))
		return read_line(password, size, e);
	rc = ask(_("root's new password: "), password, size, e);
	/* What may not be is said before it is asked for again. */
	if (rc == 0)
		rc = password_check(password, e);
	if (rc == 0)
		rc = ask(_("once more: "), again, sizeof again, e);
	if (rc == 0 && strcmp(password, again) != 0)
		rc = err_set(e, ERR_USER, _("these two are not the same; nothing was changed"));
	explicit_bzero(again, sizeof again);
	return rc;
}

static int set(const struct state *s)
{
	char password[LINE_MAX_PASSWORD] = "";
	struct err e = { 0 };
	int rc = read_new(password, sizeof password, &e);

	if (rc == 0)
		rc = password_check(password, &e);
	if (rc == 0)
		rc = set_root(s, password, &e);
	explicit_bzero(password, sizeof password);
	if (rc < 0)
		return cli_fail(&e);
	printf(_("root's password is set\n"));
	return CLI_OK;
}

static int password_run(int argc, char **argv)
{
	struct state s;
	struct err e = { 0 };

	(void)argc;
	(void)argv;
	if (given.generate == given.set)
		return cli_wrong(_("say one of --generate and --set"));
	if (given.set && given.file)
		return cli_wrong(_("--password-file goes with --generate; --set reads stdin"));
	if (state_paths(&s, cli.state, &e) < 0)
		return cli_fail(&e);
	return given.set ? set(&s) : generate(&s);
}

const struct command cmd_password = {
	.name = "password",
	.sentence = N_("set root's password"),
	.words = "",
	.more =
	    N_("Sessions that are open go on. Only a hash of the password leaves this command.\n"),
	.example = "  dbtls password --generate\n"
		   "  dbtls password --set < new-password\n",
	.options = options,
	.run = password_run,
};
