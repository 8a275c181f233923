/* SPDX-License-Identifier: Apache-2.0 */
/* `dbtls down`: asks the door to end and waits until all of it has. */
#include "base/clock.h"
#include "base/i18n.h"
#include "cmd/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define DOWN_SECONDS 60

static const struct opt options[] = { CLI_STATE, CLI_HELP, { 0 } };

/*
 * 1: somebody holds the lock; 0: nobody does; -1: error. The engine keeps it as well, so that free
 * means that the data is at rest.
 */
static int is_locked(const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int rc;

	if (fd < 0)
		return errno == ENOENT ? 0 : err_sys(e, _("open %s"), path);
	rc = flock(fd, LOCK_SH | LOCK_NB);
	if (rc < 0)
		rc = errno == EWOULDBLOCK ? 1 : err_sys(e, _("look at the lock %s"), path);
	close(fd);
	return rc;
}

static int wait_free(const char *path, struct err *e)
{
	const struct timespec pause = { .tv_nsec = 50000000 };
	uint64_t end = clock_us() + DOWN_SECONDS * 1000000ULL;
	int rc;

	while ((rc = is_locked(path, e)) == 1) {
		if (clock_us() > end)
			return err_set(e, ERR_LOCAL,
			    _("it was asked to end, and has not within %d seconds; fuser %s names "
			      "who is left"),
			    DOWN_SECONDS, path);
		(void)nanosleep(&pause, NULL);
	}
	return rc;
}

/* Nobody listens: all is down, or the parent died and what it started is still ending. */
static int nobody(const struct state *s, struct err *e)
{
	int locked = is_locked(s->lock, e);

	if (locked < 0)
		return cli_fail(e);
	if (locked && wait_free(s->lock, e) < 0)
		return cli_fail(e);
	printf(_("nothing runs on %s\n"), s->dir);
	return CLI_OK;
}

static int down_run(int argc, char **argv)
{
	struct state s;
	struct err e = { 0 };
	json_t *reply;

	(void)argc;
	(void)argv;
	if (state_paths(&s, cli.state, &e) < 0)
		return cli_fail(&e);
	reply = cli_ask(&s, json_pack("{s:s}", "do", "stop"), &e);
	if (!reply && cli_nobody(&e))
		return nobody(&s, &e);
	if (!reply)
		return cli_fail(&e);
	json_decref(reply);
	if (wait_free(s.lock, &e) < 0)
		return cli_fail(&e);
	printf(_("stopped\n"));
	return CLI_OK;
}

const struct command cmd_down = {
	.name = "down",
	.sentence = N_("stop the door and the database behind it"),
	.words = "",
	.more = N_("Returns once the data is at rest. When nothing runs, that is fine as well.\n"),
	.example = "  dbtls down\n",
	.options = options,
	.run = down_run,
};
