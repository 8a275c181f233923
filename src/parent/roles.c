/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/log.h"
#include "conf/up.h"
#include "parent/state.h"
#include "proc/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define KEYS_WAIT_MS   15000
#define STOP_RELAYS_MS 5000
#define STOP_ENGINE_MS 60000
#define SOON_US        2000000 /* a process that lives less died quickly */
#define ANSWER_US      8000000 /* more than a relay's trial of a certificate takes */
#define PAUSE_MAX_US   5000000 /* between a death and the next start */
#define ROOM_US        5000000 /* for a relay to read what it was told */
#define CERTIFICATE_US 5000000 /* until a certificate that a relay refused is sent again */

/* ---- the life of a child ----------------------------------------------------------------------
 */

static void child_started(struct child *c, pid_t pid)
{
	c->pid = pid;
	c->started = clock_us();
	c->again_at = 0;
}

static void child_close(struct child *c)
{
	if (c->channel.fd < 0)
		return;
	loop_remove(&parent.loop, &c->watch);
	close(c->channel.fd);
	c->channel.fd = -1;
}

/* The first deaths are made good at once; one that keeps dying waits up to five seconds. */
static uint64_t pause_after(unsigned quick_deaths)
{
	uint64_t pause = 100000;

	if (quick_deaths <= 3)
		return 0;
	/* Counted, not shifted: after a night of deaths the shift would be undefined. */
	for (unsigned n = 3; n < quick_deaths && pause < PAUSE_MAX_US; n++)
		pause *= 2;
	return pause < PAUSE_MAX_US ? pause : PAUSE_MAX_US;
}

static void child_died(struct child *c)
{
	uint64_t now = clock_us();

	child_close(c);
	c->pid = 0;
	c->quick_deaths = now - c->started < SOON_US ? c->quick_deaths + 1 : 0;
	c->again_at = now + pause_after(c->quick_deaths) + 1;
	c->restarts++;
}

static int watch_channel(struct child *c, enum role peer, int fd, watch_ready *ready, struct err *e)
{
	c->channel = (struct channel) { .fd = fd, .self = ROLE_PARENT, .peer = peer };
	c->watch = (struct watch) { .ready = ready, .fd = fd };
	if (fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
		return err_sys(e, _("set up a channel"));
	return loop_add(&parent.loop, &c->watch, LOOP_LEVEL, e);
}

/* What a process sends that it may not, or cannot take: it is not to be trusted, and goes. */
static void child_kill(const struct child *c, const char *why)
{
	log_line("%s[%d]: %s", role_name(c->channel.peer), (int)c->pid, why);
	if (c->pid > 0)
		(void)kill(c->pid, SIGKILL);
}

/* ---- keys -------------------------------------------------------------------------------------
 */

static void keys_spoke(struct watch *w, uint32_t events)
{
	static struct message m;
	struct err e;

	(void)w;
	(void)events;
	/* What it answers is heard where it is asked: what comes here is its end. */
	if (channel_recv(&parent.keys.channel, &m, &e) > 0) {
		child_kill(&parent.keys, "spoke out of turn");
		if (m.fd >= 0)
			close(m.fd);
	}
	loop_remove(&parent.loop, &parent.keys.watch);
}

/* The first word of the key process: the public half of its key. */
static int take_public_key(int fd, struct err *e)
{
	struct channel c = { .fd = fd, .self = ROLE_PARENT, .peer = ROLE_KEYS };
	struct pollfd p = { .fd = fd, .events = POLLIN };
	static struct message m;

	if (poll(&p, 1, KEYS_WAIT_MS) <= 0)
		return err_set(e, ERR_LOCAL, _("the key process says nothing; see the log"));
	if (channel_recv(&c, &m, e) <= 0)
		return err_set(
		    e, ERR_LOCAL, _("the key process ended; see the log %s"), parent.paths.log);
	if (m.type != MSG_PUBLIC_KEY)
		return err_set(e, ERR_PEER, _("the key process spoke out of turn"));
	if (parent.spki.n && (parent.spki.n != m.n || memcmp(parent.spki.p, m.p, m.n) != 0)) {
		/* Its file was lost: no handshake works until there is a new certificate. */
		parent.key_changed = 1;
		for (size_t i = 0; i < parent.sites; i++)
			parent.site[i].certificate_tried = 0;
	}
	buf_free(&parent.spki);
	return buf_add(&parent.spki, m.p, m.n) < 0 ? err_set(e, ERR_LOCAL, _("out of memory")) : 0;
}

static void relay_done(struct relay_slot *r, const struct message *m);

/*
 * The channel is full: a relay that has just started takes its time over each message. What it
 * answers meanwhile is heard, or its own side would fill up as well. -1: it takes too long.
 */
static int wait_for_room(struct relay_slot *r, uint64_t until, struct err *e)
{
	struct pollfd p = { .fd = r->child.channel.fd, .events = POLLIN | POLLOUT };
	struct message *m;
	int rc;

	if (clock_us() > until || poll(&p, 1, ROOM_US / 1000) <= 0)
		return err_set(e, ERR_PEER, _("a relay takes no more messages"));
	if (!(p.revents & POLLIN))
		return 0;
	m = malloc(sizeof *m);
	if (!m)
		return err_set(e, ERR_LOCAL, _("out of memory"));
	rc = channel_recv(&r->child.channel, m, e);
	if (rc > 0)
		relay_done(r, m);
	free(m);
	return rc > 0 ? 0 : -1;
}

/* Every message to a relay goes this way: each is answered by MSG_DONE or MSG_FAILED. */
static int tell2(struct relay_slot *r, enum message_type type, const void *p, size_t n,
    const void *q, size_t m, int fd, struct err *e)
{
	uint64_t until = clock_us() + ROOM_US;

	while (channel_send2(&r->child.channel, type, p, n, q, m, fd, e) < 0)
		if (e->sys != EAGAIN || wait_for_room(r, until, e) < 0)
			return -1;
	if (r->unanswered++ == 0)
		r->heard_at = clock_us();
	r->access_owed += type == MSG_ACCESS;
	return 0;
}

static int tell(
    struct relay_slot *r, enum message_type type, const void *p, size_t n, int fd, struct err *e)
{
	return tell2(r, type, p, n, NULL, 0, fd, e);
}

enum introduced { INTRODUCED, KEYS_AWAY, RELAY_AWAY };

/* Gives a relay a channel of its own to the key process. */
static enum introduced introduce(struct relay_slot *r, struct err *e)
{
	int pair[2];
	enum introduced rc = INTRODUCED;

	if (channel_pair(pair, e) < 0)
		return KEYS_AWAY;
	if (channel_send(&parent.keys.channel, MSG_CLIENT, NULL, 0, pair[0], e) < 0)
		rc = KEYS_AWAY;
	if (rc == INTRODUCED && tell(r, MSG_KEYS, NULL, 0, pair[1], e) < 0)
		rc = RELAY_AWAY;
	close(pair[0]);
	close(pair[1]);
	return rc;
}

int keys_start(struct err *e)
{
	char path[STATE_PATH + 16];
	struct spawn s = { .role = ROLE_KEYS,
		.uid = parent.users.keys,
		.gid = parent.users.keys_gid,
		.arg = path,
		.log_fd = parent.log_fd };
	int fd;
	pid_t pid;

	if (getuid() != 0)
		s.uid = s.gid = 0;
	(void)snprintf(path, sizeof path, "%s/server.key", parent.paths.keys_dir);
	pid = spawn_role(&s, &fd, e);
	if (pid < 0)
		return -1;
	child_started(&parent.keys, pid);
	if (take_public_key(fd, e) < 0) {
		close(fd);
		return -1;
	}
	if (watch_channel(&parent.keys, ROLE_KEYS, fd, keys_spoke, e) < 0)
		return -1;
	/* Before any relay may ask. */
	if (own_keys_again(e) < 0)
		return -1;
	for (size_t i = 0; i < parent.relays; i++) {
		enum introduced how = INTRODUCED;

		if (parent.relay[i].child.pid)
			how = introduce(&parent.relay[i], e);
		if (how == KEYS_AWAY)
			return -1; /* dead again: no reason to end a relay's sessions */
		if (how == RELAY_AWAY)
			child_kill(&parent.relay[i].child, e->text);
	}
	return 0;
}

/* ---- relays -----------------------------------------------------------------------------------
 */

/* Those that this process may run on, which may be fewer than there are (taskset, cpuset). */
static size_t cores(void)
{
	cpu_set_t set;
	int n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;

	return n < 1 ? 1 : n > CORES_MAX ? CORES_MAX : (size_t)n;
}

/* It can be told something. */
static int is_there(const struct relay_slot *r)
{
	return r->child.pid && r->child.channel.fd >= 0;
}

/* …and serves the plan in force. */
static int is_current(const struct relay_slot *r)
{
	return r->generation == parent.plan->generation && is_there(r);
}

static void order(struct relay_slot *r, enum message_type type)
{
	struct err e;

	if (is_there(r) && tell(r, type, NULL, 0, -1, &e) < 0)
		child_kill(&r->child, e.text);
}

int relays_are_ready(unsigned generation)
{
	size_t n = 0;

	for (size_t i = 0; i < parent.relays; i++)
		n += parent.relay[i].generation == generation && parent.relay[i].ready;
	return n > 0 && n == cores();
}

int relays_others_have_answered(unsigned generation)
{
	for (size_t i = 0; i < parent.relays; i++)
		if (parent.relay[i].generation != generation && parent.relay[i].child.pid &&
		    parent.relay[i].unanswered > 0)
			return 0;
	return 1;
}

void relays_accept(unsigned generation)
{
	parent.accepting = generation;
	for (size_t i = 0; i < parent.relays; i++)
		if (parent.relay[i].generation == generation)
			order(&parent.relay[i], MSG_ACCEPT);
}

void relays_close(void)
{
	/* Those of another version, which may still be the ones that accept, know the older word.
	 */
	enum message_type type = parent.plan->handed_over ? MSG_DRAIN : MSG_CLOSE;

	for (size_t i = 0; i < parent.relays; i++) {
		parent.relay[i].child.again_at = 0;
		if (parent.relay[i].generation == parent.accepting)
			order(&parent.relay[i], type);
	}
	parent.accepting = 0;
}

size_t relays_running(void)
{
	size_t n = 0;

	for (size_t i = 0; i < parent.relays; i++)
		n += parent.relay[i].child.pid != 0;
	return n;
}

uint64_t relays_sessions(void)
{
	uint64_t n = 0;

	for (size_t i = 0; i < parent.relays; i++)
		n += stats_get(&parent.relay[i].stats->open);
	return n;
}

void relays_drain_others(unsigned generation)
{
	for (size_t i = 0; i < parent.relays; i++)
		if (parent.relay[i].generation != generation)
			order(&parent.relay[i], MSG_DRAIN);
}

void relays_kill_all(unsigned generation)
{
	for (size_t i = 0; i < parent.relays; i++)
		if (parent.relay[i].generation == generation) {
			parent.relay[i].child.again_at = 0;
			if (parent.relay[i].child.pid)
				child_kill(&parent.relay[i].child, "its plan was given up");
		}
}

static void relay_done(struct relay_slot *r, const struct message *m)
{
	uint32_t type;

	memcpy(&type, m->p, sizeof type);
	r->unanswered -= r->unanswered > 0;
	r->heard_at = clock_us();
	if (m->type == MSG_FAILED)
		log_line("relay[%d] refused message %u: %.*s", (int)r->child.pid, type,
		    (int)(m->n - sizeof type), (const char *)m->p + sizeof type);
	if (type == MSG_START)
		r->ready = m->type == MSG_DONE;
	if (m->type == MSG_FAILED && !r->ready) {
		if (r->generation == parent.plan->generation)
			reload_failed((const char *)m->p + sizeof type, m->n - sizeof type);
		child_kill(&r->child, "could not start");
	}
	if (type == MSG_START && r->ready && parent.accepting == r->generation)
		order(r, MSG_ACCEPT);
	/* Of several endpoints' certificates one that is refused has all of them sent again. */
	if (type == MSG_CERTIFICATE && r->ready && m->type == MSG_FAILED)
		r->certificate_due = clock_us() + CERTIFICATE_US;
	if (type == MSG_ACCESS) {
		r->access_owed -= r->access_owed > 0;
		parent.access_refused |= m->type == MSG_FAILED;
		answer_access();
	}
}

static void relay_spoke(struct watch *w, uint32_t events)
{
	static struct message m;
	struct relay_slot *r = NULL;
	struct err e;
	int rc;

	(void)events;
	for (size_t i = 0; i < parent.relays; i++)
		if (&parent.relay[i].child.watch == w)
			r = &parent.relay[i];
	if (!r)
		return;
	rc = channel_recv(&r->child.channel, &m, &e);
	if (rc > 0) {
		relay_done(r, &m);
		return;
	}
	if (rc < 0 && e.sys == EAGAIN)
		return;
	if (rc < 0)
		child_kill(&r->child, e.text);
	/* Who has closed its channel hears no new list or certificate: it must not go on. */
	(void)kill(r->child.pid, SIGKILL);
	child_close(&r->child);
}

/* A message about one endpoint: its number stands before what is said of it. */
static int tell_about(struct relay_slot *r, uint32_t number, enum message_type type, const void *p,
    size_t n, int fd, struct err *e)
{
	return tell2(r, type, &number, sizeof number, p, n, fd, e);
}

static int tell_of(struct relay_slot *r, const struct site *t, enum message_type type,
    const void *p, size_t n, int fd, struct err *e)
{
	return tell_about(r, (uint32_t)(t - parent.site), type, p, n, fd, e);
}

static int tell_upstream(struct relay_slot *r, const struct site *t, size_t i, struct err *e)
{
	return tell2(r, MSG_UPSTREAM, &t->upstream[i], sizeof t->upstream[i], t->upstream_ca[i].p,
	    t->upstream_ca[i].n, -1, e);
}

static int tell_certificate(struct relay_slot *r, const struct site *t, struct err *e)
{
	return tell_of(r, t, MSG_CERTIFICATE, t->pem.p, t->pem.n, -1, e);
}

static int tell_certificates(struct relay_slot *r, struct err *e)
{
	for (size_t i = 0; i < parent.sites; i++)
		if (tell_certificate(r, &parent.site[i], e) < 0)
			return -1;
	return 0;
}

static int tell_endpoint(struct relay_slot *r, const struct site *t, struct err *e)
{
	struct endpoint_config config = { .endpoint = (uint32_t)(t - parent.site),
		.tls = t->tls,
		/* It takes a password into the relay's memory: only where it was asked for. */
		.bridge = t->conf->login_bridge && up_bridge(t->conf->login_bridge),
		.plaintext = (uint32_t)up_plaintext(t->conf->plaintext) };

	config.protocol = serve_is_mysql(t->conf) ? PROTOCOL_MYSQL : PROTOCOL_TLS;
	config.clients = t->clients_fd >= 0;
	(void)snprintf(config.name, sizeof config.name, "%s", t->conf->id);
	(void)snprintf(
	    config.admin, sizeof config.admin, "%s", parent.options->config ? "" : ENGINE_ADMIN);
	if (tell(r, MSG_ENDPOINT, &config, sizeof config, -1, e) < 0 ||
	    tell_of(r, t, MSG_ACCESS, NULL, 0, t->access_fd >= 0 ? t->access_fd : parent.access_fd,
		e) < 0 ||
	    tell_of(r, t, MSG_SENDERS, NULL, 0, t->senders_fd, e) < 0)
		return -1;
	if (t->clients_fd >= 0 && tell_of(r, t, MSG_CLIENTS, NULL, 0, t->clients_fd, e) < 0)
		return -1;
	for (size_t i = 0; i < t->conf->upstreams; i++)
		if (tell_upstream(r, t, i, e) < 0)
			return -1;
	return 0;
}

static int relay_brief(struct relay_slot *r, struct err *e)
{
	struct relay_config config = { .endpoints = (uint32_t)parent.sites,
		.logins = LOGINS,
		.logins_per_address = LOGINS / 2 };

	if (tell(r, MSG_CONFIG, &config, sizeof config, -1, e) < 0 ||
	    tell(r, MSG_STATS, NULL, 0, r->stats_fd, e) < 0 ||
	    tell(r, MSG_TICKETS, &parent.tickets, sizeof parent.tickets, -1, e) < 0)
		return -1;
	for (size_t i = 0; i < parent.sites; i++)
		if (tell_endpoint(r, &parent.site[i], e) < 0)
			return -1;
	for (size_t i = 0; i < parent.listeners; i++)
		if (tell_of(r, &parent.site[parent.listener[i].site], MSG_LISTENER, NULL, 0,
			parent.listener[i].fd, e) < 0)
			return -1;
	if (introduce(r, e) != INTRODUCED || tell_certificates(r, e) < 0)
		return -1;
	return tell(r, MSG_START, NULL, 0, -1, e);
}

static int relay_start(struct relay_slot *r, struct err *e)
{
	struct spawn s = { .role = ROLE_RELAY,
		.uid = parent.users.relay,
		.gid = parent.users.relay_gid,
		.log_fd = parent.log_fd };
	int fd;
	pid_t pid;

	if (getuid() != 0)
		s.uid = s.gid = 0;
	r->ready = 0;
	r->unanswered = r->access_owed = 0;
	r->certificate_due = 0;
	pid = spawn_role(&s, &fd, e);
	if (pid < 0)
		return -1;
	child_started(&r->child, pid);
	if (watch_channel(&r->child, ROLE_RELAY, fd, relay_spoke, e) < 0)
		return -1;
	return relay_brief(r, e);
}

static int stats_map(struct relay_slot *r, struct err *e)
{
	r->stats = mmap(
	    NULL, sizeof(struct relay_memory), PROT_READ | PROT_WRITE, MAP_SHARED, r->stats_fd, 0);
	if (r->stats != MAP_FAILED)
		return 0;
	r->stats = NULL;
	err_sys(e, _("map the statistics"));
	close(r->stats_fd);
	return -1;
}

static int stats_make(struct relay_slot *r, struct err *e)
{
	r->stats_fd = file_memory("dbtls-stats", NULL, sizeof(struct relay_memory), e);
	return r->stats_fd < 0 ? -1 : stats_map(r, e);
}

int relay_adopt(struct relay_slot *r, int channel, int stats, struct err *e)
{
	r->stats_fd = stats;
	if ((stats < 0 ? stats_make(r, e) : stats_map(r, e)) < 0)
		return -1;
	if (channel < 0)
		return 0;
	return watch_channel(&r->child, ROLE_RELAY, channel, relay_spoke, e);
}

static uint32_t own_access(void)
{
	uint32_t own = 0;

	for (size_t i = 0; i < parent.sites; i++)
		own |= (uint32_t)(parent.site[i].conf->access_list != NULL) << i;
	return own;
}

/* A place whose relay has ended, and that no longer counts for its plan; NULL: all are taken. */
static struct relay_slot *free_place(struct err *e)
{
	for (size_t i = 0; i < RELAYS_MAX; i++) {
		struct relay_slot *r = &parent.relay[i];

		if (r->child.pid || r->child.again_at || r->generation == parent.plan->generation)
			continue;
		if (!r->stats && stats_make(r, e) < 0)
			return NULL;
		if (i >= parent.relays)
			parent.relays = i + 1;
		r->child = (struct child) { .channel = { .fd = -1 } };
		r->generation = parent.plan->generation;
		r->sites = (uint32_t)parent.sites;
		r->own_access = own_access();
		return r;
	}
	(void)err_set(e, ERR_LOCAL,
	    _("too many relays of earlier reloads still have sessions; try again when they have "
	      "ended"));
	return NULL;
}

int relays_start(struct err *e)
{
	for (size_t i = 0; i < cores(); i++) {
		struct relay_slot *r = free_place(e);

		if (!r)
			return -1;
		if (relay_start(r, e) < 0)
			return err_prefix(e, _("a relay does not start; see the log"));
	}
	return 0;
}

void relays_tell(enum message_type type, const void *p, size_t n, int fd)
{
	struct err e;

	for (size_t i = 0; i < parent.relays; i++) {
		struct relay_slot *r = &parent.relay[i];

		if (is_there(r) && tell(r, type, p, n, fd, &e) < 0)
			child_kill(&r->child, e.text);
	}
}

/* The plan that a relay serves; NULL: none that is in force, or is being left. */
static const struct plan *plan_of(const struct relay_slot *r)
{
	const struct plan *before = reload_before();

	if (r->generation == parent.plan->generation)
		return parent.plan;
	return before && r->generation == before->generation ? before : NULL;
}

/* The list for all goes to whoever has none of its own, also where that is no longer known. */
static int tell_access(struct relay_slot *r, uint32_t i, struct err *e)
{
	const struct plan *p = plan_of(r);
	int fd = parent.access_fd;

	if (r->own_access >> i & 1)
		fd = p ? p->site[i].access_fd : -1;
	return fd < 0 ? 0 : tell_about(r, i, MSG_ACCESS, NULL, 0, fd, e);
}

int relays_keep_own_access(void)
{
	for (size_t i = 0; i < parent.relays; i++) {
		const struct relay_slot *r = &parent.relay[i];

		if (r->generation == parent.accepting && is_there(r) && !is_current(r) &&
		    r->own_access)
			return 1;
	}
	return 0;
}

void relays_tell_access(void)
{
	struct err e;

	/* Those of another plan too: they accept until a reload is done, and if it is given up. */
	for (size_t i = 0; i < parent.relays; i++)
		for (uint32_t j = 0; is_there(&parent.relay[i]) && j < parent.relay[i].sites; j++)
			if (tell_access(&parent.relay[i], j, &e) < 0) {
				child_kill(&parent.relay[i].child, e.text);
				break;
			}
}

void relays_tell_certificate(const struct site *t)
{
	struct err e;

	for (size_t i = 0; i < parent.relays; i++)
		if (is_current(&parent.relay[i]) && tell_certificate(&parent.relay[i], t, &e) < 0)
			child_kill(&parent.relay[i].child, e.text);
}

/* Certificates that could not be tried, since the key process was away, are sent again. */
static void certificate_again(struct relay_slot *r, uint64_t now)
{
	struct err e;

	if (!r->ready || !r->certificate_due || r->certificate_due > now)
		return;
	r->certificate_due = 0;
	/* Those of the plan in force are not its; a reload that goes back sends its own anew. */
	if (is_current(r) && tell_certificates(r, &e) < 0)
		child_kill(&r->child, e.text);
}

void relays_check(void)
{
	uint64_t now = clock_us();

	for (size_t i = 0; i < parent.relays; i++) {
		struct relay_slot *r = &parent.relay[i];

		certificate_again(r, now);
		/* Added, not subtracted: what was just sent is later than now. */
		if (!r->child.pid || r->unanswered == 0 || now < r->heard_at + ANSWER_US)
			continue;
		child_kill(&r->child, "does not answer");
		r->heard_at = now; /* not again before it can have been reaped */
	}
}

/* ---- the engine -------------------------------------------------------------------------------
 */

void engine_config_now(struct engine_config *c)
{
	*c = (struct engine_config) { .state = &parent.paths,
		.uid = getuid() == 0 ? parent.users.engine : 0,
		.gid = getuid() == 0 ? parent.users.engine_gid : 0,
		.lock_fd = parent.lock_fd,
		.log_fd = parent.log_fd,
		.max_connections = CONNECTIONS + (unsigned)cores() * LOGINS,
		.plaintext = up_plaintext(up.plaintext),
		.client_addresses = up_client_addresses(up.client_addresses) };
}

int engine_begin(const char *root_hash, struct err *e)
{
	struct engine_config c;

	engine_config_now(&c);
	parent.engine_ready = 0;
	parent.engine_child.channel.fd = -1;
	if (engine_start(&parent.engine, &c, root_hash, e) < 0)
		return -1;
	child_started(&parent.engine_child, parent.engine.pid);
	return 0;
}

static void engine_ask(void)
{
	struct err e;
	int rc = engine_ready(&parent.engine, &e);

	if (rc < 0)
		log_line("engine: %s", e.text);
	if (rc != 1)
		return;
	parent.engine_ready = 1;
	log_line("engine[%d] ready: %s", (int)parent.engine.pid, engine_version(&parent.engine));
}

/* ---- all of them ------------------------------------------------------------------------------
 */

static void describe(int status, char out[64])
{
	if (WIFSIGNALED(status))
		(void)snprintf(out, 64, "was killed by signal %d", WTERMSIG(status));
	else
		(void)snprintf(out, 64, "ended with status %d", WEXITSTATUS(status));
}

static void ended(pid_t pid, int status)
{
	char how[64];

	describe(status, how);
	if (pid == parent.keys.pid) {
		log_line("keys[%d] %s", (int)pid, how);
		child_died(&parent.keys);
	}
	if (pid == parent.engine.pid) {
		log_line("engine[%d] %s", (int)pid, how);
		parent.engine_ready = 0;
		engine_gone(&parent.engine);
		child_died(&parent.engine_child);
	}
	for (size_t i = 0; i < parent.relays; i++) {
		struct relay_slot *r = &parent.relay[i];

		if (pid != r->child.pid)
			continue;
		log_line("relay[%d] %s, with %llu sessions", (int)pid, how,
		    (unsigned long long)stats_get(&r->stats->open));
		stats_reset(r->stats);
		child_died(&r->child);
		/* It has drained, or its plan was given up. */
		if (!plan_is_alive(r->generation))
			r->child.again_at = 0;
		parent.relay_restarts += r->child.again_at != 0;
		r->ready = 0;
		r->access_owed = 0;
		answer_access();
	}
}

void roles_reap(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		ended(pid, status);
}

static int due(const struct child *c, uint64_t now)
{
	return c->again_at && c->again_at <= now;
}

/* A start that failed is tried again like a death. */
static void failed(struct child *c, const struct err *e)
{
	log_line("%s", e->text);
	if (c->pid > 0)
		(void)kill(c->pid, SIGKILL);
	if (c->pid == 0) {
		c->started = clock_us();
		child_died(c);
	}
}

int keys_ensure(struct err *e)
{
	if (parent.keys.channel.fd >= 0)
		return 0;
	if (parent.keys.pid || parent.keys.again_at)
		return err_set(e, ERR_LOCAL, _("the key process is being started"));
	if (keys_start(e) == 0)
		return 0;
	failed(&parent.keys, e);
	return -1;
}

int roles_tend(void)
{
	uint64_t now = clock_us();
	struct err e;

	if (parent.stopping)
		return 1000;
	if (due(&parent.keys, now) && keys_start(&e) < 0)
		failed(&parent.keys, &e);
	if (due(&parent.engine_child, now) && engine_begin(NULL, &e) < 0)
		failed(&parent.engine_child, &e);
	for (size_t i = 0; i < parent.relays; i++)
		if (parent.relay[i].generation == parent.plan->generation &&
		    due(&parent.relay[i].child, now) && parent.keys.channel.fd >= 0 &&
		    relay_start(&parent.relay[i], &e) < 0)
			failed(&parent.relay[i].child, &e);
	if (!parent.engine_ready && parent.engine.pid) {
		engine_ask();
		return 50;
	}
	if (parent.keys.again_at || parent.engine_child.again_at)
		return 20;
	for (size_t i = 0; i < parent.relays; i++)
		if (parent.relay[i].child.again_at)
			return 20;
	return parent.drain_until ? 100 : 1000;
}

/* Waits until every pid that alive counts has ended, then kills what is left. */
static void wait_for(int (*alive)(void), int ms, void (*kill_them)(void))
{
	uint64_t until = clock_us() + (uint64_t)ms * 1000;

	while (alive() && clock_us() < until) {
		roles_reap();
		if (alive())
			(void)usleep(5000);
	}
	if (!alive())
		return;
	kill_them();
	while (alive()) {
		roles_reap();
		(void)usleep(5000);
	}
}

static int relays_alive(void)
{
	return relays_running() > 0;
}

static void relays_kill(void)
{
	for (size_t i = 0; i < parent.relays; i++)
		if (parent.relay[i].child.pid)
			(void)kill(parent.relay[i].child.pid, SIGKILL);
}

static int engine_alive(void)
{
	return parent.engine.pid > 0;
}

static int engine_goes_on(void)
{
	engine_stop(&parent.engine);
	return engine_alive();
}

static void engine_kill(void)
{
	log_line("engine: did not end in time; killed");
	(void)kill(parent.engine.pid, SIGKILL);
}

static int keys_alive(void)
{
	return parent.keys.pid > 0;
}

static void keys_kill(void)
{
	(void)kill(parent.keys.pid, SIGKILL);
}

void roles_stop(void)
{
	parent.stopping = 1;
	listeners_close();
	for (size_t i = 0; i < parent.relays; i++)
		child_close(&parent.relay[i].child);
	wait_for(relays_alive, STOP_RELAYS_MS, relays_kill);
	wait_for(engine_goes_on, STOP_ENGINE_MS, engine_kill);
	child_close(&parent.keys);
	wait_for(keys_alive, STOP_RELAYS_MS, keys_kill);
}
