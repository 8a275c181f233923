/* SPDX-License-Identifier: Apache-2.0 */
/* `dbtls down`: asks the door to end, at once or when its sessions have, and waits for that. */
#include "base/clock.h"
#include "base/i18n.h"
#include "cmd/cli.h"
#include "conf/up.h"
#include "proc/control.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define DOWN_SECONDS 60
#define WITHIN       "5m"
#define WITHIN_MAX   (30 * 86400)
#define LOOK_MS      500 /* between two looks at how many sessions are left */
#define CLEAR_LINE   "\r\033[K"

static int drain;
static const char *within;

static int check_within(const char *value, struct err *e)
{
	uint64_t seconds;

	if (strcmp(value, "0") == 0 || (up_time(value, &seconds) == 0 && seconds <= WITHIN_MAX))
		return 0;
	return err_set(e, ERR_USER,
	    _("within %s: write a time such as 30s, 5m or 2h, or 0 for none; at most 30d"), value);
}

static const struct opt options[] = { { .name = "drain",
					  .flag = &drain,
					  .help = N_("let in nobody new, and wait until the "
						     "sessions have ended") },
	{ .name = "within",
	    .arg = "TIME",
	    .text = &within,
	    .check = check_within,
	    .help = N_("how long they may take, such as 30s (with --drain; 5m)") },
	CLI_STATE, CLI_HELP, { 0 } };

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

static int finish(const struct state *s, long long closed)
{
	struct err e = { 0 };

	if (wait_free(s->lock, &e) < 0)
		return cli_fail(&e);
	if (closed > 0)
		printf(_("stopped; sessions that had not ended and were closed: %lld\n"), closed);
	else
		printf(_("stopped\n"));
	return CLI_OK;
}

static int stop(const struct state *s)
{
	struct err e = { 0 };
	json_t *reply = cli_ask(s, json_pack("{s:s}", "do", "stop"), &e);

	if (!reply && cli_nobody(&e))
		return nobody(s, &e);
	if (!reply)
		return cli_fail(&e);
	json_decref(reply);
	return finish(s, 0);
}

static void show_left(const struct state *s)
{
	struct err e;
	json_t *status = cli_ask(s, json_pack("{s:s}", "do", "status"), &e);
	const json_t *sessions = json_object_get(status, "sessions");
	const json_t *seconds = json_object_get(status, "drain_seconds_left");

	if (status)
		printf(_("%ssessions left: %lld; they are closed in %lld s"), CLEAR_LINE,
		    (long long)json_integer_value(json_object_get(sessions, "open")),
		    (long long)json_integer_value(seconds));
	(void)fflush(stdout);
	json_decref(status);
}

/* Until the door stops; at a terminal it is shown how far it is. */
static void wait_drained(const struct state *s, int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int shows = isatty(STDOUT_FILENO);

	while (poll(&p, 1, shows ? LOOK_MS : -1) <= 0)
		if (shows)
			show_left(s);
	if (shows)
		printf(CLEAR_LINE);
}

static int drain_and_stop(const struct state *s)
{
	uint64_t seconds = 0;
	struct err e = { 0 };
	json_t *reply;
	long long closed;
	int fd;

	(void)up_time(within ? within : WITHIN, &seconds);
	fd =
	    cli_call(s, json_pack("{s:s, s:I}", "do", "drain", "seconds", (json_int_t)seconds), &e);
	if (fd < 0)
		return cli_nobody(&e) ? nobody(s, &e) : cli_fail(&e);
	wait_drained(s, fd);
	reply = control_hear(fd, &e);
	close(fd);
	if (!reply)
		return cli_fail(&e);
	closed = (long long)json_integer_value(json_object_get(reply, "closed"));
	json_decref(reply);
	return finish(s, closed);
}

static int down_run(int argc, char **argv)
{
	struct state s;
	struct err e = { 0 };

	(void)argc;
	(void)argv;
	if (within && !drain)
		return cli_wrong(_("--within goes with --drain"));
	if (state_paths(&s, cli.state, &e) < 0)
		return cli_fail(&e);
	return drain ? drain_and_stop(&s) : stop(&s);
}

const struct command cmd_down = {
	.name = "down",
	.sentence = N_("stop the door and the database behind it"),
	.words = "",
	.more =
	    N_("Returns once the data is at rest. When nothing runs, that is fine as well.\n\n"
	       "With --drain new connections are refused at once, so that clients and load\n"
	       "balancers go elsewhere, and open sessions go on until they end by themselves, or\n"
	       "the time is over. Whoever is still there then hears error 1053, unless it is in\n"
	       "the middle of an answer. `dbtls status` says how many are left; another\n"
	       "`dbtls down` ends it at once, another --drain gives it a new time.\n"),
	.example = "  dbtls down\n"
		   "  dbtls down --drain --within 10m\n",
	.options = options,
	.run = down_run,
};
