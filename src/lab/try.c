/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/try.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/i18n.h"
#include "lab/ready.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORD_MAX      131072 /* the kernel's bound of one word */
#define SETTLE_MS     100    /* the server's threads read what a client sent before it left */
#define SETTLE_MAX_MS 2000
#define STRAYS_MAX    1000 /* times that one looks for processes that a client has left */
#define TICK_MS       200

extern char **environ;

struct trial *try_prepare(const struct lab *l, int mended)
{
	struct trial *trials = calloc(lab_count(l) + 1, sizeof *trials);

	for (size_t i = 0; trials && i < lab_count(l); i++) {
		trials[i].at = lab_endpoint(l, i);
		trials[i].index = i;
		trials[i].refuse = trials[i].at->condition->refuse && !mended;
	}
	return trials;
}

/* ---- words and environment ------------------------------------------------------------------- */

enum value_id { HOST, PORT, CA, USER, PASSWORD, URL, DIR_, NAME, PROTOCOL, VALUES };

static const char *const value_names[VALUES] = { "host", "port", "ca", "user", "password", "url",
	"dir", "name", "protocol" };

struct values {
	const char *v[VALUES];
	char port[8], url[512];
};

static void values_of(const struct lab *l, const struct lab_endpoint *at, const char *dir,
    const struct names *names, struct values *out)
{
	const char *host = names->how == NAMES_NONE ? at->address : at->host;

	(void)snprintf(out->port, sizeof out->port, "%u", at->port);
	if (at->protocol == LAB_MYSQL)
		(void)snprintf(out->url, sizeof out->url, "mysql://%s:%s@%s:%u/test", lab_user(l),
		    lab_password(l), host, at->port);
	else
		(void)snprintf(out->url, sizeof out->url, "https://%s:%u/", host, at->port);
	out->v[HOST] = host;
	out->v[PORT] = out->port;
	out->v[CA] = at->ca;
	out->v[USER] = lab_user(l);
	out->v[PASSWORD] = lab_password(l);
	out->v[URL] = out->url;
	out->v[DIR_] = dir;
	out->v[NAME] = at->condition->name;
	out->v[PROTOCOL] = at->protocol == LAB_MYSQL ? "mysql" : "https";
}

/* The value whose name stands in braces here, *n bytes with them; NULL: none. */
static const char *value_at(const char *at, const struct values *values, size_t *n)
{
	for (size_t i = 0; i < VALUES; i++) {
		size_t width = strlen(value_names[i]);

		if (strncmp(at + 1, value_names[i], width) != 0 || at[1 + width] != '}')
			continue;
		*n = width + 2;
		return values->v[i];
	}
	return NULL;
}

static int fill(const char *word, const struct values *values, struct buf *out)
{
	while (*word) {
		size_t n = strcspn(word, "{");
		const char *value;

		if (buf_add(out, word, n) < 0)
			return -1;
		word += n;
		if (!*word)
			return 0;
		value = value_at(word, values, &n);
		if (!value) {
			value = "{";
			n = 1;
		}
		if (buf_add(out, value, strlen(value)) < 0)
			return -1;
		word += n;
	}
	return 0;
}

int try_fill(const char *word, const struct lab *l, const struct lab_endpoint *at, const char *dir,
    const struct names *names, struct buf *out)
{
	struct values values;

	values_of(l, at, dir, names, &values);
	return fill(word, &values, out);
}

/* Strings of one's own, ending in NULL. */
struct words {
	char **v;
	size_t n;
};

static int words_add(struct words *w, const char *text)
{
	char **more = realloc(w->v, (w->n + 2) * sizeof *more);

	if (!more)
		return -1;
	w->v = more;
	w->v[w->n] = strdup(text);
	w->v[w->n + 1] = NULL;
	return w->v[w->n++] ? 0 : -1;
}

static void words_free(struct words *w)
{
	for (size_t i = 0; i < w->n; i++)
		free(w->v[i]);
	free(w->v);
}

/* What a buffer holds, if it could be made (rc 0), and frees the buffer. */
static int words_take(struct words *w, struct buf *text, int rc)
{
	if (rc == 0)
		rc = buf_add(text, "", 1);
	if (rc == 0)
		rc = words_add(w, (const char *)text->p);
	buf_free(text);
	return rc;
}

static int add_filled(struct words *w, const char *word, const struct values *values)
{
	struct buf out = buf_new(WORD_MAX);

	return words_take(w, &out, fill(word, values, &out));
}

static int add_line(struct words *w, const struct try_options *o, const struct lab *l,
    const struct lab_endpoint *at, struct err *e)
{
	struct buf line = buf_new(READY_LINE);
	int rc = ready_line(o->ready, at, lab_user(l), &line, e);

	if (rc == 0 && (words_add(w, "/bin/sh") < 0 || words_add(w, "-c") < 0 ||
			   words_add(w, (const char *)line.p) < 0))
		rc = err_set(e, ERR_SYS, _("no memory"));
	buf_free(&line);
	return rc;
}

static int command_of(struct words *w, const struct try_options *o, const struct lab *l,
    const struct lab_endpoint *at, const struct values *values, struct err *e)
{
	if (o->ready)
		return add_line(w, o, l, at, e);
	for (char *const *word = o->command; *word; word++)
		if (add_filled(w, *word, values) < 0)
			return err_set(e, ERR_USER, _("a word of the command is too long"));
	return 0;
}

static int add_pair(struct words *w, const char *name, const char *value)
{
	struct buf out = buf_new(WORD_MAX);

	return words_take(w, &out, buf_fmt(&out, "%s=%s", name, value));
}

/* A proxy would be given the names of the lab, and answer in their place. */
static int add_no_proxy(struct words *w, const char *name)
{
	const char *own = getenv(name);
	char value[4096];

	(void)snprintf(value, sizeof value, "%s%s%s,%s,127.0.0.1,localhost", own ? own : "",
	    own ? "," : "", LAB_DOMAIN, "." LAB_DOMAIN);
	return add_pair(w, name, value);
}

static int add_preload(struct words *w, const struct names *names)
{
	const char *own = getenv("LD_PRELOAD");
	char value[PATH_MAX + 4096];

	if (names->how != NAMES_PRELOAD)
		return 0;
	(void)snprintf(
	    value, sizeof value, "%s%s%.4000s", names->library, own ? ":" : "", own ? own : "");
	return add_pair(w, "LD_PRELOAD", value) < 0 ||
		       add_pair(w, "NSS_WRAPPER_HOSTS", names->hosts) < 0
		   ? -1
		   : 0;
}

static int is_ours(const char *pair, const struct names *names)
{
	static const char *const ours[] = { "DBTLS_LAB_", "DBTLS_PASSWORD=", "no_proxy=",
		"NO_PROXY=", "LD_PRELOAD=", "NSS_WRAPPER_HOSTS=", NULL };
	size_t n = names->how == NAMES_PRELOAD ? 6 : 4;

	for (size_t i = 0; i < n; i++)
		if (strncmp(pair, ours[i], strlen(ours[i])) == 0)
			return 1;
	return 0;
}

static int environment_of(struct words *w, const struct names *names, const struct values *values)
{
	char name[64];

	for (char **pair = environ; *pair; pair++)
		if (!is_ours(*pair, names) && words_add(w, *pair) < 0)
			return -1;
	for (size_t i = 0; i < VALUES; i++) {
		(void)snprintf(name, sizeof name, "DBTLS_LAB_%s", value_names[i]);
		for (char *c = name; *c; c++)
			*c = (char)toupper((unsigned char)*c);
		if (add_pair(w, name, values->v[i]) < 0)
			return -1;
	}
	if (add_pair(w, "DBTLS_PASSWORD", values->v[PASSWORD]) < 0)
		return -1;
	if (add_no_proxy(w, "no_proxy") < 0 || add_no_proxy(w, "NO_PROXY") < 0)
		return -1;
	return add_preload(w, names);
}

/* ---- one run --------------------------------------------------------------------------------- */

struct run {
	struct trial *trial; /* NULL: this place is free */
	pid_t pid;
	int pidfd, out;
	uint64_t began, ends; /* clock_us() */
	struct buf said;
};

struct runs {
	struct lab *lab;
	const struct try_options *o;
	struct trial *trials;
	size_t n;
	struct run *run; /* n places */
	struct pollfd *fds;
	size_t running, busy; /* busy: those that do not just wait */
	int got_in;
};

/* Input, output and signals as a program has them that is run by nobody. 0, or an errno. */
static int spawn_apart(pid_t *pid, char *const *words, char *const *env, int out)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t how;
	sigset_t none, all;
	int sys;

	sigemptyset(&none);
	sigfillset(&all);
	(void)posix_spawn_file_actions_init(&files);
	(void)posix_spawnattr_init(&how);
	(void)posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	(void)posix_spawn_file_actions_adddup2(&files, out, 1);
	(void)posix_spawn_file_actions_adddup2(&files, out, 2);
	(void)posix_spawn_file_actions_addclosefrom_np(&files, 3);
	(void)posix_spawnattr_setsigmask(&how, &none);
	(void)posix_spawnattr_setsigdefault(&how, &all);
	(void)posix_spawnattr_setflags(
	    &how, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	sys = posix_spawnp(pid, words[0], &files, &how, words, env);
	posix_spawnattr_destroy(&how);
	posix_spawn_file_actions_destroy(&files);
	return sys;
}

static int spawn_words(
    struct run *r, const struct words *words, const struct words *env, struct err *e)
{
	int pair[2];
	int sys;

	if (pipe2(pair, O_CLOEXEC) < 0)
		return err_sys(e, _("make a pipe"));
	sys = spawn_apart(&r->pid, words->v, env->v, pair[1]);
	close(pair[1]);
	if (sys != 0) {
		close(pair[0]);
		return err_set(
		    e, ERR_USER, _("\"%s\" can't be run: %s"), words->v[0], _(strerror(sys)));
	}
	(void)fcntl(pair[0], F_SETFL, O_NONBLOCK);
	r->out = pair[0];
	r->pidfd = (int)syscall(SYS_pidfd_open, r->pid, 0);
	if (r->pidfd >= 0)
		return 0;
	(void)err_sys(e, _("watch \"%s\""), words->v[0]);
	(void)kill(-r->pid, SIGKILL);
	(void)waitpid(r->pid, NULL, 0);
	close(r->out);
	return -1;
}

static struct run *free_place(struct runs *rs)
{
	size_t i = 0;

	while (rs->run[i].trial)
		i++;
	return &rs->run[i];
}

/* Endpoints that keep a client waiting until one of the two is tired of it. */
static int waits(const struct trial *t)
{
	static const char *const causes[] = { "greeting-timeout", "handshake-timeout",
		"connect-timeout" };

	for (size_t i = 0; i < sizeof causes / sizeof *causes; i++)
		if (strcmp(t->at->condition->cause, causes[i]) == 0)
			return 1;
	return 0;
}

static int start(struct runs *rs, struct trial *t, struct err *e)
{
	struct run *r = free_place(rs);
	struct words words = { 0 }, env = { 0 };
	struct values values;
	struct seen none;
	int rc = lab_wait(rs->lab, t->index, e);

	values_of(rs->lab, t->at, rs->o->dir, rs->o->names, &values);
	if (rc == 0)
		rc = command_of(&words, rs->o, rs->lab, t->at, &values, e);
	if (rc == 0 && environment_of(&env, rs->o->names, &values) < 0)
		rc = err_set(e, ERR_SYS, _("no memory"));
	lab_seen(rs->lab, t->index, 1, &none);
	if (rc == 0)
		rc = words.v ? spawn_words(r, &words, &env, e)
			     : err_set(e, ERR_USER, _("the command has no words"));
	words_free(&words);
	words_free(&env);
	if (rc < 0)
		return -1;
	r->trial = t;
	r->said = buf_new(TRY_OUTPUT);
	r->began = clock_us();
	r->ends = r->began + (uint64_t)rs->o->timeout_ms * 1000;
	t->state = TRIAL_RUNNING;
	rs->running++;
	rs->busy += !waits(t);
	return 0;
}

static void read_output(struct run *r)
{
	char part[4096];
	ssize_t n;

	if (r->out < 0)
		return;
	while ((n = read(r->out, part, sizeof part)) > 0) {
		if (r->said.n + (size_t)n > TRY_OUTPUT)
			buf_drop(&r->said, r->said.n + (size_t)n - TRY_OUTPUT);
		(void)buf_add(&r->said, part, (size_t)n);
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	close(r->out);
	r->out = -1;
}

/* The process has ended. Its group is killed before its number may become another's. */
static void finish(struct runs *rs, struct run *r)
{
	struct trial *t = r->trial;
	int status = 0;

	(void)kill(-r->pid, SIGKILL);
	while (waitpid(r->pid, &status, 0) < 0 && errno == EINTR)
		;
	t->ms = (unsigned)((clock_us() - r->began) / 1000);
	t->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	t->state = TRIAL_DONE;
	read_output(r);
	judge_words(r->said.p, r->said.n, t->words);
	lab_seen(rs->lab, t->index, 0, &t->seen);
	if (r->out >= 0)
		close(r->out);
	close(r->pidfd);
	buf_free(&r->said);
	rs->running--;
	rs->busy -= !waits(t);
	r->trial = NULL;
}

/* ---- all of them ----------------------------------------------------------------------------- */

/* A key that takes long to find is not waited for while there is something else to do. */
static int is_ready(const struct trial *t)
{
	return access(t->at->ca, F_OK) == 0;
}

static struct trial *next_wanted(const struct runs *rs, int waiting)
{
	struct trial *late = NULL;

	for (size_t i = 0; i < rs->n; i++) {
		struct trial *t = &rs->trials[i];

		if (t->state != TRIAL_WANTED || waits(t) != waiting)
			continue;
		if (is_ready(t))
			return t;
		late = t;
	}
	return rs->running == 0 ? late : NULL;
}

static size_t cores(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n > 0 ? (size_t)n : 1;
}

/* The one to be started now; NULL: none, or none yet. */
static struct trial *next_to_start(const struct runs *rs)
{
	struct trial *waiting = next_wanted(rs, 1);
	size_t busy = rs->o->busy ? rs->o->busy : 4 * cores();

	if (rs->o->jobs && rs->running >= rs->o->jobs)
		return NULL;
	if (waiting)
		return waiting;
	return rs->o->jobs || rs->busy < busy ? next_wanted(rs, 0) : NULL;
}

static int start_some(struct runs *rs, struct err *e)
{
	struct trial *t;

	while ((t = next_to_start(rs)) != NULL)
		if (start(rs, t, e) < 0)
			return -1;
	return 0;
}

static nfds_t watch(struct runs *rs)
{
	nfds_t n = 0;

	rs->fds[n++] = (struct pollfd) { .fd = rs->o->stop_fd, .events = POLLIN };
	for (size_t i = 0; i < rs->n; i++) {
		if (!rs->run[i].trial)
			continue;
		rs->fds[n++] = (struct pollfd) { .fd = rs->run[i].pidfd, .events = POLLIN };
		rs->fds[n++] = (struct pollfd) { .fd = rs->run[i].out, .events = POLLIN };
	}
	return n;
}

static void look_at(struct runs *rs, struct run *r, const struct pollfd *fds)
{
	if (fds[1].revents)
		read_output(r);
	if (fds[0].revents) {
		finish(rs, r);
		return;
	}
	if (!r->trial->timed_out && clock_us() >= r->ends) {
		r->trial->timed_out = 1;
		(void)kill(-r->pid, SIGKILL);
	}
}

static int turn(struct runs *rs, struct err *e)
{
	nfds_t n = watch(rs), at = 1;

	if (poll(rs->fds, n, TICK_MS) < 0 && errno != EINTR)
		return err_sys(e, _("wait for the clients"));
	if (rs->fds[0].revents)
		return err_set(e, ERR_NONE, _("stopped before all were tried"));
	for (size_t i = 0; i < rs->n; i++) {
		if (!rs->run[i].trial)
			continue;
		look_at(rs, &rs->run[i], rs->fds + at);
		at += 2;
	}
	if (rs->o->progress)
		rs->o->progress(rs->trials, rs->n);
	return 0;
}

/* How many visits go on at endpoints whose client has gone. */
static unsigned unsettled(const struct runs *rs)
{
	unsigned open = 0;
	struct seen seen;

	for (size_t i = 0; i < rs->n; i++) {
		if (rs->trials[i].state != TRIAL_DONE)
			continue;
		lab_seen(rs->lab, rs->trials[i].index, 0, &seen);
		open += seen.open;
	}
	return open;
}

/* What servers' threads saw last comes a little after the client has gone. */
static void look_again(struct runs *rs)
{
	(void)poll(NULL, 0, SETTLE_MS);
	for (int ms = 0; ms < SETTLE_MAX_MS && unsettled(rs) > 0; ms += SETTLE_MS)
		(void)poll(NULL, 0, SETTLE_MS);
	for (size_t i = 0; i < rs->n; i++) {
		struct trial *t = &rs->trials[i];

		if (t->state != TRIAL_DONE)
			continue;
		lab_seen(rs->lab, t->index, 0, &t->seen);
		rs->got_in |= judge_got_in(t);
	}
}

static void kill_all(struct runs *rs)
{
	for (size_t i = 0; i < rs->n; i++) {
		struct run *r = &rs->run[i];
		struct trial *t = r->trial;

		if (!t)
			continue;
		(void)kill(-r->pid, SIGKILL);
		finish(rs, r);
		t->state = TRIAL_LEFT_OUT;
	}
	for (size_t i = 0; i < rs->n; i++)
		if (rs->trials[i].state == TRIAL_WANTED)
			rs->trials[i].state = TRIAL_LEFT_OUT;
}

/*
 * A process that has left its client's session is ours once its parent is gone
 * (PR_SET_CHILD_SUBREAPER); /proc lists it. What it has started becomes ours as it dies.
 */
static int kill_strays_of(const char *thread)
{
	char path[64], list[4096];
	FILE *f;
	size_t n;
	int killed = 0;

	(void)snprintf(path, sizeof path, "/proc/self/task/%.20s/children", thread);
	f = fopen(path, "re");
	if (!f)
		return 0;
	n = fread(list, 1, sizeof list - 1, f);
	list[n] = '\0';
	(void)fclose(f);
	for (char *at = list, *end; strtol(at, &end, 10) > 1; at = end)
		killed += kill((pid_t)strtol(at, NULL, 10), SIGKILL) == 0;
	return killed;
}

static int kill_strays_now(void)
{
	DIR *tasks = opendir("/proc/self/task");
	struct dirent *task;
	int killed = 0;

	while (tasks && (task = readdir(tasks)) != NULL)
		if (isdigit((unsigned char)task->d_name[0]))
			killed += kill_strays_of(task->d_name);
	if (tasks)
		closedir(tasks);
	return killed;
}

static void kill_strays(void)
{
	for (int i = 0; i < STRAYS_MAX && kill_strays_now() > 0; i++)
		if (waitpid(-1, NULL, 0) < 0)
			return;
}

static int run_all(struct runs *rs, int one, struct err *e)
{
	while (start_some(rs, e) == 0) {
		size_t before = rs->running;

		if (before == 0) {
			look_again(rs);
			return 0;
		}
		if (turn(rs, e) < 0)
			return -1;
		if (!one || rs->running == before)
			continue;
		look_again(rs);
		if (rs->got_in)
			return 0;
	}
	return -1;
}

int try_run(struct lab *l, const struct try_options *o, struct trial *trials, size_t n, int one,
    struct err *e)
{
	struct runs rs = { .lab = l, .o = o, .trials = trials, .n = n };
	int rc = -1;

	rs.run = calloc(n + 1, sizeof *rs.run);
	rs.fds = calloc(2 * n + 1, sizeof *rs.fds);
	if (!rs.run || !rs.fds) {
		(void)err_set(e, ERR_SYS, _("no memory"));
		goto out;
	}
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	rc = run_all(&rs, one, e);
	kill_all(&rs);
	kill_strays();
out:
	free(rs.run);
	free(rs.fds);
	return rc;
}
