/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Upgrade: dbtlsd becomes another program in place. Its pid, its children and its descriptors stay;
 * what it knows of them goes over in a memory file. The relays of before go on accepting, and the
 * new program reloads: relays of its own are started beside them, and only once all of those stand
 * do the old ones drain. So all that can go wrong before is told to whoever asked, and costs nobody
 * a session.
 *
 * What is handed over, as JSON, is read by another version than the one that wrote it: names keep
 * their meaning, and FORMAT is raised where they can't.
 */
#include "base/clock.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/log.h"
#include "parent/files.h"
#include "parent/state.h"
#include "proc/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define FORMAT    1
#define TEXT_MAX  262144
#define WORDS_MAX 256      /* of dbtlsd's command line */
#define TRY_US    10000000 /* how long the new program may take to say that it can */
#define RETRY_US  10000000 /* between two tries to go over to it */
#define FDS_MAX   (2 * RELAYS_MAX + LISTENERS_MAX + SERVE_ENDPOINTS + 8)

/* What the new program says when it is tried: one that is no dbtlsd would not. */
#define CAN "dbtls can take over"

/* The descriptors that are handed over, by number. */
static int fds[FDS_MAX];
static size_t fds_n;

/* The key process of the version before, until there is one of this version. */
static struct child keys_before = { .channel = { .fd = -1 } };

static const struct child *keys_in_use(void)
{
	return parent.keys.channel.fd >= 0 ? &parent.keys : &keys_before;
}

/* ---- giving: what the program that goes says --------------------------------------------------
 */

/* A descriptor in the text stays open; the one in the process that follows has the same number. */
static json_t *give_fd(int fd)
{
	if (fd >= 0 && fds_n < FDS_MAX)
		fds[fds_n++] = fd;
	return json_integer(fd);
}

static json_t *give_listeners(void)
{
	json_t *list = json_array();
	char where[ADDR_TEXT];

	for (size_t i = 0; i < parent.listeners; i++)
		json_array_append_new(list,
		    json_pack("{s:s, s:o}", "address", addr_text(&parent.listener[i].addr, where),
			"fd", give_fd(parent.listener[i].fd)));
	return list;
}

/* For handshakes of relays of before, which a new key process signs. */
static json_t *give_key_files(void)
{
	json_t *list = json_array();
	int files[SERVE_ENDPOINTS];
	size_t n = own_key_files(files);

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_pack("{s:o}", "fd", give_fd(files[i])));
	return list;
}

static json_t *give_child(const struct child *c)
{
	return json_pack("{s:i, s:o, s:i}", "pid", (int)c->pid, "channel", give_fd(c->channel.fd),
	    "restarts", (int)c->restarts);
}

static json_t *give_relays(void)
{
	json_t *list = json_array();

	for (size_t i = 0; i < parent.relays; i++) {
		const struct relay_slot *r = &parent.relay[i];

		json_array_append_new(list,
		    json_pack("{s:o, s:o, s:i, s:i, s:b, s:i, s:I}", "process",
			give_child(&r->child), "stats", give_fd(r->stats_fd), "generation",
			(int)r->generation, "endpoints", (int)r->sites, "ready", r->ready,
			"unanswered", (int)r->unanswered, "own_access", (json_int_t)r->own_access));
	}
	return list;
}

/* Also the administrator's password, which is nowhere else: the memory file is nobody's but ours.
 */
static json_t *give_engine(void)
{
	return json_pack("{s:o, s:o, s:s, s:s}", "process", give_child(&parent.engine_child),
	    "administrator", give_fd(parent.engine.admin_fd), "password",
	    parent.engine.admin_password, "version", parent.engine.version);
}

static json_t *give_tickets(void)
{
	char hex[2 * sizeof parent.tickets + 1];
	const uint8_t *p = (const uint8_t *)&parent.tickets;
	json_t *text;

	for (size_t i = 0; i < sizeof parent.tickets; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", p[i]);
	text = json_string(hex);
	explicit_bzero(hex, sizeof hex);
	return json_pack("{s:o, s:I}", "keys", text, "made", (json_int_t)parent.tickets_made);
}

static json_t *give_all(int asked)
{
	json_t *all;

	fds_n = 0;
	all = json_pack("{s:i, s:s, s:I, s:i, s:i, s:o, s:o, s:s, s:o, s:s, s:o, s:i}", "format",
	    FORMAT, "version", DBTLS_VERSION, "since", (json_int_t)parent.since, "generation",
	    (int)parent.generation, "accepting", (int)parent.accepting, "lock",
	    give_fd(parent.lock_fd), "log", give_fd(parent.log_fd), "log_file", parent.paths.log,
	    "control", give_fd(parent.control_fd), "token", answer_token(), "asked", give_fd(asked),
	    "relay_restarts", (int)parent.relay_restarts);
	json_object_set_new(all, "stats_layout", json_integer((json_int_t)stats_layout()));
	json_object_set_new(all, "listeners", give_listeners());
	json_object_set_new(all, "keys", give_child(keys_in_use()));
	json_object_set_new(all, "key_files", give_key_files());
	json_object_set_new(all, "relays", give_relays());
	json_object_set_new(all, "tickets", give_tickets());
	if (!parent.options->config)
		json_object_set_new(all, "engine", give_engine());
	return all;
}

/* As a sealed memory file. */
static int give(int asked, struct err *e)
{
	json_t *all = give_all(asked);
	char *text = json_dumps(all, JSON_COMPACT);
	int fd = -1;

	json_decref(all);
	if (!text)
		return err_set(e, ERR_LOCAL, _("what is to be handed over can't be written"));
	fd = file_memory("dbtls-handover", text, strlen(text), e);
	explicit_bzero(text, strlen(text));
	free(text);
	return fd;
}

/* ---- becoming another program -----------------------------------------------------------------
 */

struct command_line {
	char number[16];
	const char *v[WORDS_MAX];
};

/* What dbtlsd was started with, and who goes on with it: fd; what: "--take-over" or "--try". */
static int command_line(struct command_line *c, const char *what, int fd, struct err *e)
{
	size_t n = 0;

	for (int i = 0; parent.options->argv[i]; i++) {
		const char *word = parent.options->argv[i];

		if (n + 3 >= WORDS_MAX)
			return err_set(e, ERR_LOCAL, _("too many words in dbtlsd's command line"));
		if (strcmp(word, "--ready-fd") == 0 || strcmp(word, "--take-over") == 0)
			i++; /* and its value */
		else
			c->v[n++] = word;
	}
	(void)snprintf(c->number, sizeof c->number, "%d", fd);
	c->v[n++] = what;
	c->v[n++] = c->number;
	c->v[n] = NULL;
	return 0;
}

static void inherit(int fd, int yes)
{
	if (fcntl(fd, F_SETFD, yes ? 0 : FD_CLOEXEC) < 0)
		log_line("upgrade: descriptor %d: %s", fd, strerror(errno));
}

static void try_child(const char *program, struct command_line *c, int fd, int said)
{
	sigset_t none;

	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	inherit(fd, 1);
	if (dup2(said, STDERR_FILENO) < 0)
		_exit(127);
	(void)execv(program, (char **)c->v);
	dprintf(STDERR_FILENO, "%s: %s\n", program, strerror(errno));
	_exit(127);
}

/* What comes until the writer ends or the time is over; the first line is kept. */
static void hear(int fd, uint64_t until, char *out, size_t size)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	size_t n = 0;
	ssize_t got;

	do {
		uint64_t now = clock_us();

		if (now >= until || poll(&p, 1, (int)((until - now) / 1000) + 1) <= 0)
			break;
		got = read(fd, out + n, size - 1 - n);
		n += got > 0 ? (size_t)got : 0;
	} while (got > 0 && n < size - 1);
	out[n] = '\0';
	out[strcspn(out, "\n")] = '\0';
}

/* Has the new program say whether it can read what it will be handed, and our configuration. */
static int try_program(const char *program, int fd, struct err *e)
{
	struct command_line c;
	char said[512];
	int line[2], status;
	pid_t pid;

	if (command_line(&c, "--try", fd, e) < 0)
		return -1;
	if (pipe2(line, O_CLOEXEC) < 0)
		return err_sys(e, _("make a pipe"));
	pid = fork();
	if (pid == 0)
		try_child(program, &c, fd, line[1]);
	close(line[1]);
	if (pid > 0)
		hear(line[0], clock_us() + TRY_US, said, sizeof said);
	close(line[0]);
	if (pid < 0)
		return err_sys(e, _("start %s"), program);
	/* It has closed its stderr, and so ended; or it hangs. */
	(void)kill(pid, SIGKILL);
	if (waitpid(pid, &status, 0) < 0)
		return err_sys(e, _("wait for %s"), program);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && strcmp(said, CAN) == 0)
		return 0;
	return err_set(e, ERR_USER, _("%s can't take over, and nothing has changed: %s"), program,
	    said[0] ? said : _("it says nothing"));
}

/* Returns only if it can't be. */
static int become(const char *program, int fd, struct err *e)
{
	struct command_line c;

	if (command_line(&c, "--take-over", fd, e) < 0)
		return -1;
	for (size_t i = 0; i < fds_n; i++)
		inherit(fds[i], 1);
	inherit(fd, 1);
	(void)execv(program, (char **)c.v);
	(void)err_sys(e, _("start %s"), program);
	for (size_t i = 0; i < fds_n; i++)
		inherit(fds[i], 0);
	return -1;
}

int handover_begin(const char *program, int asked, struct err *e)
{
	int fd;

	if (!program || program[0] != '/')
		return err_set(e, ERR_USER, _("no program was named"));
	if (parent.drain_until)
		return err_set(e, ERR_USER, _("the door is being stopped"));
	/* One that can't go over must not stand in the way of going back. */
	if (reload_is_under_way() && reload_before()->handed_over)
		reload_give_up(_("another version takes over"));
	if (reload_is_under_way() || parent.answering >= 0 || keys_in_use()->channel.fd < 0 ||
	    (!parent.options->config && !parent.engine_ready))
		return err_set(e, ERR_USER,
		    _("a process is being started, or another change is under way: try again in a "
		      "moment"));
	fd = give(asked, e);
	if (fd < 0)
		return -1;
	if (try_program(program, fd, e) == 0) {
		log_line("upgrade: %s takes over from version %s", program, DBTLS_VERSION);
		(void)become(program, fd, e);
	}
	close(fd);
	return -1;
}

/* ---- taking: what the program that comes reads ------------------------------------------------
 */

static int asked_fd = -1;
static uint64_t again_at; /* clock_us(): when to try to go over once more */

static json_t *read_text(int fd, struct err *e)
{
	struct stat st;
	json_error_t why;
	json_t *all;
	void *p;

	if (fstat(fd, &st) < 0 || st.st_size <= 0 || st.st_size > TEXT_MAX) {
		(void)err_set(e, ERR_PEER, _("what is handed over can't be read"));
		return NULL;
	}
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED) {
		(void)err_sys(e, _("map what is handed over"));
		return NULL;
	}
	all = json_loadb(p, (size_t)st.st_size, JSON_REJECT_DUPLICATES, &why);
	(void)munmap(p, (size_t)st.st_size);
	if (json_integer_value(json_object_get(all, "format")) == FORMAT)
		return all;
	json_decref(all);
	(void)err_set(e, ERR_PEER,
	    _("version %s can't take over from the one that runs: `dbtls down`, then start anew"),
	    DBTLS_VERSION);
	return NULL;
}

static long long number_of(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

/* Whoever is started from now on does not inherit it. */
static int fd_of(const json_t *o, const char *key)
{
	json_t *n = json_object_get(o, key);
	int fd = n ? (int)json_integer_value(n) : -1;

	return fd >= 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 ? fd : -1;
}

static int take_listeners(struct plan *to, const json_t *list, struct err *e)
{
	size_t i;
	json_t *one;

	json_array_foreach(list, i, one)
	{
		struct listener *l = &to->listener[to->listeners];
		const char *where = json_string_value(json_object_get(one, "address"));
		int any;

		if (!where || to->listeners == LISTENERS_MAX ||
		    addr_parse_listen(&l->addr, &any, where, e) < 0)
			return err_set(e, ERR_PEER, _("a listener that can't be read"));
		l->fd = fd_of(one, "fd");
		to->listeners++;
	}
	return 0;
}

static void take_key_files(const json_t *list)
{
	size_t i;
	json_t *one;

	json_array_foreach(list, i, one) own_adopt(fd_of(one, "fd"));
}

static void take_child(struct child *c, const json_t *from)
{
	*c = (struct child) { .pid = (pid_t)number_of(from, "pid"),
		.started = clock_us(),
		.restarts = (unsigned)number_of(from, "restarts"),
		.channel = { .fd = -1 } };
}

static int take_relay(const json_t *from, int same_layout, struct err *e)
{
	struct relay_slot *r = &parent.relay[parent.relays];
	const json_t *process = json_object_get(from, "process");
	int stats_fd = fd_of(from, "stats");

	if (parent.relays == RELAYS_MAX)
		return err_set(e, ERR_PEER, _("more relays than there is room for"));
	parent.relays++;
	take_child(&r->child, process);
	r->generation = (unsigned)number_of(from, "generation");
	r->sites = (uint32_t)number_of(from, "endpoints");
	r->own_access = (uint32_t)number_of(from, "own_access");
	r->ready = json_is_true(json_object_get(from, "ready"));
	r->unanswered = (unsigned)number_of(from, "unanswered");
	r->heard_at = clock_us();
	if (!same_layout && stats_fd >= 0) {
		close(stats_fd); /* what it has counted can't be read here */
		stats_fd = -1;
	}
	return relay_adopt(r, fd_of(process, "channel"), stats_fd, e);
}

static int take_relays(const json_t *all, struct err *e)
{
	int same_layout = number_of(all, "stats_layout") == (long long)stats_layout();
	size_t i;
	json_t *one;

	json_array_foreach(json_object_get(all, "relays"), i, one)
	{
		if (take_relay(one, same_layout, e) < 0)
			return -1;
	}
	return 0;
}

static void take_tickets(const json_t *from)
{
	const char *hex = json_string_value(json_object_get(from, "keys"));
	uint8_t *p = (uint8_t *)&parent.tickets;

	/* Another length: another form of them. The caller makes new ones, at the price of one full
	 * handshake for each client. */
	if (!hex || strlen(hex) != 2 * sizeof parent.tickets)
		return;
	for (size_t i = 0; i < sizeof parent.tickets; i++)
		(void)sscanf(hex + 2 * i, "%2hhx", &p[i]);
	parent.tickets_made = (uint64_t)number_of(from, "made");
}

static void copy_text(char *to, size_t size, const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	(void)snprintf(to, size, "%s", text ? text : "");
}

static void take_engine(const json_t *from)
{
	struct engine *g = &parent.engine;

	take_child(&parent.engine_child, json_object_get(from, "process"));
	engine_config_now(&g->config);
	g->pid = parent.engine_child.pid;
	g->admin_fd = fd_of(from, "administrator");
	copy_text(g->admin_password, sizeof g->admin_password, from, "password");
	copy_text(g->version, sizeof g->version, from, "version");
	parent.engine_ready = 1;
}

static int take_all(const json_t *all, struct err *e)
{
	const json_t *keys = json_object_get(all, "keys");

	parent.since = (time_t)number_of(all, "since");
	parent.generation = (unsigned)number_of(all, "generation");
	parent.accepting = (unsigned)number_of(all, "accepting");
	parent.relay_restarts = (unsigned)number_of(all, "relay_restarts");
	parent.lock_fd = fd_of(all, "lock");
	parent.log_fd = fd_of(all, "log");
	parent.control_fd = fd_of(all, "control");
	asked_fd = fd_of(all, "asked");
	copy_text(parent.paths.log, sizeof parent.paths.log, all, "log_file");
	if (parent.lock_fd < 0 || parent.log_fd < 0 || parent.control_fd < 0)
		return err_set(e, ERR_PEER, _("a descriptor was not handed over"));
	log_to(parent.log_fd);
	take_child(&keys_before, keys);
	keys_before.channel.fd = fd_of(keys, "channel");
	parent.keys.restarts = keys_before.restarts;
	take_key_files(json_object_get(all, "key_files"));
	take_tickets(json_object_get(all, "tickets"));
	if (!parent.options->config)
		take_engine(json_object_get(all, "engine"));
	if (take_relays(all, e) < 0)
		return -1;
	return answer_go_on(json_string_value(json_object_get(all, "token")), e);
}

int handover_take(int fd, struct err *e)
{
	json_t *all = read_text(fd, e);
	struct plan *handed;
	int rc = -1;

	close(fd);
	if (!all)
		return -1;
	handed = calloc(1, sizeof *handed);
	if (!handed) {
		(void)err_set(e, ERR_LOCAL, _("out of memory"));
		goto out;
	}
	handed->handed_over = 1;
	rc = take_listeners(handed, json_object_get(all, "listeners"), e);
	plan_enter(handed);
	if (rc == 0)
		rc = take_all(all, e);
out:
	json_decref(all);
	return rc;
}

int handover_try(int fd, struct err *e)
{
	const char *file = parent.options->config;
	static struct serve serve;
	char folder[512];
	json_t *all = read_text(fd, e);

	if (!all)
		return -1;
	json_decref(all);
	if (file &&
	    (serve_read(&serve, file, e) < 0 || files_check(&serve, parent.paths.ca_pem, e) < 0))
		return -1;
	if (spawn_folder(folder, e) < 0 || spawn_check(folder, e) < 0)
		return -1;
	(void)fputs(CAN "\n", stderr);
	return 0;
}

/* ---- going over -------------------------------------------------------------------------------
 */

/* The key process of this version, in the place of the one before: the relays hear of it. */
static int replace_keys(struct err *e)
{
	if (keys_ensure(e) < 0)
		return -1;
	if (keys_before.channel.fd >= 0)
		close(keys_before.channel.fd); /* it ends on that */
	keys_before.channel.fd = -1;
	return 0;
}

static void refuse(const struct err *e)
{
	char why[sizeof e->text + 128];

	(void)snprintf(why, sizeof why,
	    _("the new version goes on with the relays of before, and tries again: %s"), e->text);
	log_line("upgrade: %s", why);
	reload_answer(asked_fd, why);
	asked_fd = -1;
}

void handover_tend(void)
{
	struct err e;

	if (!parent.plan->handed_over || parent.drain_until)
		return;
	/* Counted from the end of a try: between two of them others get a word in. */
	if (!reload_is_under_way() && clock_us() < again_at)
		return;
	again_at = clock_us() + RETRY_US;
	if (reload_is_under_way())
		return;
	if (replace_keys(&e) < 0 || reload_begin(asked_fd, &e) < 0) {
		refuse(&e);
		return;
	}
	asked_fd = -1; /* the reload has it, and answers */
}
