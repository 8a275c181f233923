/* SPDX-License-Identifier: Apache-2.0 */
#include "parent/parent.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/language.h"
#include "base/log.h"
#include "parent/state.h"
#include "pki/digest.h"
#include "proc/sandbox.h"

#include "engine/password.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_WAIT_US  20000000 /* the engine of a parent that was killed may still be ending */
#define READY_WAIT_US 90000000
#define TEND_US       5000000 /* between two looks at names and certificate */

struct parent parent = { .lock_fd = -1,
	.log_fd = -1,
	.signal_fd = -1,
	.control_fd = -1,
	.access_fd = -1,
	.answering = -1,
	.keys = { .channel = { .fd = -1 } },
	.engine_child = { .channel = { .fd = -1 } },
	.engine = { .admin_fd = -1 },
	.spki = { .max = 4096 } };

/* ---- the state folder -------------------------------------------------------------------------
 */

/* mkdir -p for the folder that holds the state folder. */
static int make_way(const char *dir, struct err *e)
{
	char path[STATE_PATH];

	(void)snprintf(path, sizeof path, "%s", dir);
	for (char *p = path + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			return err_sys(e, _("make the folder %s"), path);
		*p = '/';
	}
	return 0;
}

/* As root the roles are users of their own: they must be able to get there. */
static int check_way(const char *dir, struct err *e)
{
	char path[STATE_PATH];
	struct stat st;
	char *slash;

	(void)snprintf(path, sizeof path, "%s", dir);
	while (getuid() == 0 && strcmp(path, "/") != 0) {
		slash = strrchr(path, '/');
		slash[slash == path] = '\0';
		if (stat(path, &st) == 0 && !(st.st_mode & S_IXOTH))
			return err_set(e, ERR_USER,
			    _("the roles' own users can't enter %s: choose another --state, or "
			      "`chmod o+x %s`"),
			    path, path);
	}
	return 0;
}

static int make_folders(struct err *e)
{
	const struct state *s = &parent.paths;
	const struct role_users *u = &parent.users;
	uid_t me = geteuid();
	gid_t group = getegid();
	char run[STATE_PATH];
	int root = me == 0;

	(void)snprintf(run, sizeof run, "%s/run", s->dir);
	if (make_way(s->dir, e) < 0 || check_way(s->dir, e) < 0 ||
	    file_folder(s->dir, 0755, me, group, e) < 0 ||
	    file_folder(run, 0755, me, group, e) < 0 ||
	    file_folder(s->ca_dir, 0700, root ? u->ca : me, root ? u->ca_gid : group, e) < 0 ||
	    file_folder(s->keys_dir, 0700, root ? u->keys : me, root ? u->keys_gid : group, e) < 0)
		return -1;
	if (parent.options->config)
		return 0;
	if (file_folder(
		s->engine_dir, 0700, root ? u->engine : me, root ? u->engine_gid : group, e) < 0 ||
	    file_folder(s->engine_run, root ? 0710 : 0700, root ? u->engine : me,
		root ? u->relay_gid : group, e) < 0)
		return -1;
	return 0;
}

static int is_locked(struct err *e)
{
	if (flock(parent.lock_fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	return errno == EWOULDBLOCK ? 1 : err_sys(e, _("lock %s"), parent.paths.lock);
}

static pid_t lock_holder(void)
{
	char text[16] = "";
	ssize_t n = pread(parent.lock_fd, text, sizeof text - 1, 0);

	return n > 0 ? (pid_t)strtol(text, NULL, 10) : 0;
}

/* The pid in the file may be that of a parent that was killed, and belong to another by now. */
static int is_dbtlsd(pid_t pid)
{
	char path[64];
	struct buf comm;
	struct err e;
	int is;

	(void)snprintf(path, sizeof path, "/proc/%d/comm", (int)pid);
	if (pid <= 0 || file_read(path, 64, &comm, &e) < 0)
		return 0;
	is = comm.n == 7 && memcmp(comm.p, "dbtlsd\n", 7) == 0;
	buf_free(&comm);
	return is;
}

/* One dbtls a state folder. The engine holds the lock too, so that it outlives its parent. */
static int take_lock(struct err *e)
{
	uint64_t until = clock_us() + LOCK_WAIT_US;
	char pid[16];
	int locked;

	parent.lock_fd = open(parent.paths.lock, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (parent.lock_fd < 0)
		return err_sys(e, _("open %s"), parent.paths.lock);
	while ((locked = is_locked(e)) == 1 && clock_us() < until) {
		pid_t holder = lock_holder();

		if (is_dbtlsd(holder))
			return err_set(e, ERR_USER,
			    _("dbtls runs here already, as pid %d: see `dbtls status`, or stop it "
			      "with `dbtls down`"),
			    (int)holder);
		banner_progress(_("waiting for the database of the last run to end"));
		(void)usleep(50000);
	}
	if (locked < 0)
		return -1;
	if (locked)
		return err_set(e, ERR_LOCAL, _("%s is locked, and its holder does not end"),
		    parent.paths.lock);
	(void)snprintf(pid, sizeof pid, "%d\n", (int)getpid());
	if (ftruncate(parent.lock_fd, 0) < 0 ||
	    pwrite(parent.lock_fd, pid, strlen(pid), 0) != (ssize_t)strlen(pid))
		return err_sys(e, _("write %s"), parent.paths.lock);
	return 0;
}

static int open_log(struct err *e)
{
	const char *asked = parent.plan->serve.log;
	const char *path = asked ? asked : parent.paths.log;

	parent.log_fd =
	    strcmp(path, "-") == 0
		? fcntl(2, F_DUPFD_CLOEXEC, 10)
		: open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (parent.log_fd < 0)
		return err_sys(e, _("open the log %s"), path);
	if (asked)
		(void)snprintf(parent.paths.log, sizeof parent.paths.log, "%s", path);
	log_to(parent.log_fd);
	return 0;
}

/* ---- signals ----------------------------------------------------------------------------------
 */

static struct watch signal_watch;

/* By a signal: nobody waits for an answer but the log. `up` has no file to read anew. */
static void reload_asked(void)
{
	struct err e;

	if (!parent.options->config)
		parent.loop.stop = 1;
	else if (parent.control_fd < 0)
		log_line("reload: it has only just begun to start");
	else if (reload_begin(-1, &e) < 0)
		log_line("reload: %s", e.text);
}

static void signal_came(struct watch *w, uint32_t events)
{
	struct signalfd_siginfo s;

	(void)events;
	while (read(w->fd, &s, sizeof s) == sizeof s) {
		if (s.ssi_signo == SIGCHLD)
			roles_reap();
		if (s.ssi_signo == SIGHUP)
			reload_asked();
		if (s.ssi_signo == SIGINT || s.ssi_signo == SIGTERM)
			parent.loop.stop = 1;
	}
}

static int catch_signals(struct err *e)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	(void)signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return err_sys(e, _("block signals"));
	parent.signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (parent.signal_fd < 0)
		return err_sys(e, "signalfd");
	signal_watch = (struct watch) { .ready = signal_came, .fd = parent.signal_fd };
	return loop_add(&parent.loop, &signal_watch, LOOP_LEVEL, e);
}

/* ---- keys to tickets ---------------------------------------------------------------------------
 */

static int renew_tickets(struct err *e)
{
	parent.tickets.before = parent.tickets.current;
	/* At the start there is no key before: it must not be one that anybody could know. */
	if (parent.tickets_made == 0 &&
	    password_random(&parent.tickets.before, sizeof parent.tickets.before) < 0)
		return err_sys(e, _("make ticket keys"));
	parent.tickets_made = clock_us();
	if (password_random(&parent.tickets.current, sizeof parent.tickets.current) < 0)
		return err_sys(e, _("make ticket keys"));
	return 0;
}

static void tend(void)
{
	static uint64_t looked;
	uint64_t now = clock_us();
	struct err e;

	relays_check();
	reload_tend();
	handover_tend();
	drain_tend();
	if (now - parent.tickets_made > TICKET_LIFE * 1000000ULL && renew_tickets(&e) == 0)
		relays_tell(MSG_TICKETS, &parent.tickets, sizeof parent.tickets, -1);
	if (now - looked < TEND_US)
		return;
	looked = now;
	clients_tend();
	if (parent.keys.pid)
		certificate_tend();
}

/* ---- the main road -----------------------------------------------------------------------------
 */

/* What this system and the options come to. */
static int look_around(struct err *e)
{
	if (state_paths(&parent.paths, parent.options->state, e) < 0 ||
	    (!parent.options->config && engine_find(e) < 0))
		return -1;
	return users_get(&parent.users, e);
}

static int prepare(struct err *e)
{
	struct rlimit files;
	struct plan *plan;

	/* Descriptors: as many as the system lets us have; the relays inherit it. */
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	(void)umask(022);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (look_around(e) < 0 || make_folders(e) < 0 || take_lock(e) < 0)
		return -1;
	plan = settings_plan(e);
	if (!plan)
		return -1;
	plan_enter(plan);
	if (open_log(e) < 0)
		return -1;
	if (upstreams_get(e) < 0)
		return -1;
	/* From here on nothing that is started may gain privileges. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_sys(e, _("give up new privileges"));
	/* A port in use is found before anything is made. */
	if (settings_listen(plan, NULL, e) < 0)
		return -1;
	plan_enter(plan);
	return sandbox_parent(e);
}

static int first_access_list(struct err *e)
{
	struct access_list list = { .host = 1 };

	if (access(parent.paths.access, F_OK) == 0)
		return 0;
	return access_write(&list, parent.paths.access, e);
}

/* The engine, made if it isn't there. root_hash: of root's first password, or NULL. */
static int bring_engine(const char *root_hash, struct err *e)
{
	uint64_t until = clock_us() + READY_WAIT_US;

	banner_progress(_("starting the database"));
	if (engine_begin(root_hash, e) < 0)
		return -1;
	while (!parent.engine_ready && !parent.loop.stop) {
		if (loop_turn(&parent.loop, roles_tend(), e) < 0)
			return -1;
		/* At a first start nothing may go on without its first word having been heard. */
		if (parent.engine_child.restarts > 2 || (root_hash && parent.engine_child.restarts))
			return err_set(e, ERR_LOCAL,
			    _("the database does not start; see the log %s"), parent.paths.log);
		if (clock_us() > until)
			return err_set(e, ERR_LOCAL,
			    _("the database does not answer; see the log %s"), parent.paths.log);
	}
	return 0;
}

static int install_engine(struct err *e)
{
	struct engine_config c = { .state = &parent.paths,
		.uid = getuid() == 0 ? parent.users.engine : 0,
		.gid = getuid() == 0 ? parent.users.engine_gid : 0,
		.lock_fd = parent.lock_fd,
		.log_fd = parent.log_fd,
		.max_connections = 0 /* the installation has none */ };
	int made;

	parent.engine.config = c;
	banner_progress(_("making the database"));
	if (engine_install(&c, &made, e) < 0)
		return -1;
	if (made)
		log_line(
		    "what mariadb-install-db says above of a password is not for you to do: root "
		    "gets one now");
	return 0;
}

static int bring_up(const char *root_hash, struct err *e)
{
	if (names_get(e) < 0 || first_access_list(e) < 0 || access_publish(e) < 0 ||
	    renew_tickets(e) < 0)
		return -1;
	banner_progress(_("making keys and certificate"));
	if (keys_start(e) < 0 || certificate_get(e) < 0 || clients_get(e) < 0)
		return -1;
	if (!parent.options->config && bring_engine(root_hash, e) < 0)
		return -1;
	if (parent.loop.stop)
		return 0;
	banner_progress(_("opening the door"));
	return relays_start(e);
}

static int wait_for_relays(struct err *e)
{
	uint64_t until = clock_us() + READY_WAIT_US;

	while (!relays_are_ready(parent.plan->generation) && !parent.loop.stop) {
		if (parent.relay[0].child.restarts > 3 || clock_us() > until)
			return err_set(e, ERR_LOCAL, _("the relays do not start; see the log %s"),
			    parent.paths.log);
		if (loop_turn(&parent.loop, 50, e) < 0)
			return -1;
		(void)roles_tend();
	}
	relays_accept(parent.plan->generation);
	return 0;
}

/* Tells whoever started us in the background, and lets go of their terminal. */
static void let_go(void)
{
	int fd = parent.options->ready_fd;
	int null;

	if (fd < 0)
		return;
	(void)fflush(stdout);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int i = 0; null >= 0 && i < 3; i++)
		(void)dup2(null, i);
	if (write(fd, "", 1) < 0)
		log_line("whoever started us has gone");
	close(fd);
	if (null >= 0)
		close(null);
}

static int serve(struct err *e)
{
	/* The log is in English; who asks is answered in their own language (answer.c). */
	(void)language_choose("en", e);
	while (!parent.loop.stop) {
		int ms = roles_tend();

		if (loop_turn(&parent.loop, ms, e) < 0)
			return -1;
		tend();
	}
	return 0;
}

/*
 * Root's first password, and its hash, when the installation is not finished; else, and in front of
 * a database that is not ours, both empty.
 */
static int first_password(char password[PASSWORD_LENGTH + 1], char hash[42], struct err *e)
{
	password[0] = hash[0] = '\0';
	if (parent.options->config || engine_is_finished(&parent.engine.config))
		return 0;
	if (password_generate(password, password_random, e) < 0)
		return -1;
	return mysql_native_hash(password, hash) < 0 ? err_set(e, ERR_LOCAL, _("hash a password"))
						     : 0;
}

/*
 * A signal that has come and was not yet read. Ctrl-C also reaches a child that has not yet left
 * our process group: its death is then no fault.
 */
static int is_asked_to_stop(void)
{
	sigset_t pending;

	return sigpending(&pending) == 0 &&
	       (sigismember(&pending, SIGINT) == 1 || sigismember(&pending, SIGTERM) == 1);
}

static int run(struct err *e)
{
	char password[PASSWORD_LENGTH + 1];
	char hash[42];
	int is_first, rc = -1;

	if ((!parent.options->config && install_engine(e) < 0) ||
	    first_password(password, hash, e) < 0 || bring_up(hash[0] ? hash : NULL, e) < 0 ||
	    wait_for_relays(e) < 0)
		goto out;
	if (parent.loop.stop) {
		rc = 0; /* asked to stop before it was ready */
		goto out;
	}
	is_first = password[0] != '\0';
	if (answer_listen(e) < 0 || banner_ready(is_first ? password : NULL, e) < 0)
		goto out;
	explicit_bzero(password, sizeof password);
	if (is_first && engine_finish(&parent.engine.config, e) < 0)
		goto out;
	let_go();
	log_line("ready");
	rc = serve(e);
out:
	explicit_bzero(password, sizeof password);
	return rc < 0 && is_asked_to_stop() ? 0 : rc;
}

/* In the place of the version before: what it has limited and given up for good stays so. */
static int take_over(struct err *e)
{
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (look_around(e) < 0 || handover_take(parent.options->take_over, e) < 0)
		return -1;
	roles_reap(); /* who ended meanwhile */
	/* Those of before have another form. Never none: zeros would be keys that anybody knows. */
	return parent.tickets_made ? 0 : renew_tickets(e);
}

static int begin(struct err *e)
{
	if (loop_open(&parent.loop, e) < 0)
		return -1;
	if ((parent.options->take_over >= 0 ? take_over(e) : prepare(e)) < 0)
		return -1;
	return catch_signals(e);
}

int parent_run(const struct parent_options *o, struct err *e)
{
	int rc;

	parent.options = o;
	parent.since = time(NULL);
	if (begin(e) < 0) {
		banner_progress(NULL);
		return -1;
	}
	rc = o->take_over >= 0 ? serve(e) : run(e);
	drain_answer();
	banner_progress(rc < 0 ? NULL : _("stopping"));
	roles_stop();
	banner_progress(NULL);
	(void)unlink(parent.paths.control);
	log_line("stopped");
	return rc;
}

int parent_try(const struct parent_options *o, int file, struct err *e)
{
	parent.options = o;
	return look_around(e) < 0 ? -1 : handover_try(file, e);
}
