/* SPDX-License-Identifier: Apache-2.0 */
#include "front/relay.h"

#include "base/clock.h"
#include "base/log.h"
#include "front/relay_state.h"
#include "keys/remote.h"
#include "net/sock.h"
#include "proc/channel.h"
#include "proc/sandbox.h"
#include "tls/conn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define LISTENERS_MAX       64
#define HANDSHAKES_PER_TURN 2 /* each takes a third of a millisecond, and the others wait */
#define LINGER_MAX          1024
#define REDIAL_MS           20
#define RUSH_MAX            4096    /* sessions that wait for room while all get on */
#define WAITING_MAX         256     /* sessions that wait for the database, or for room */
#define GRACE_US            1000000 /* a login that has lasted so long may have to make room */
#define PAUSE_US            100000  /* without descriptors: how long nothing is accepted */
#define JOBS_MAX            512     /* handshakes that wait for a signature at one time */
#define OTHER_FILES         128     /* descriptors that are no session's */
#define SELFTEST_MS         1000    /* sessions wait meanwhile; the parent sends it again */
#define QUEUE_MAX           4096    /* that wait to be accepted when the door closes */
#define FAREWELL_US         500000  /* at the end, for clients to read what they are told */

struct relay relay;

static struct channel parent = { .fd = -1, .self = ROLE_RELAY, .peer = ROLE_PARENT };
static struct watch parent_watch, keys_watch;
static struct listener {
	struct watch watch; /* first: listener_ready gives this back */
	struct endpoint *at;
} listeners[LISTENERS_MAX];
static size_t listeners_n;
static uint64_t paused_until; /* clock_us(); 0: accepting */
static uint64_t sessions_max;
static int started, accepting, draining;

void relay_again(struct session *s)
{
	if (s->in_again)
		return;
	s->in_again = 1;
	s->again = NULL;
	*relay.again_last = s;
	relay.again_last = &s->again;
	relay.again_n++;
}

/* ---- accepting ------------------------------------------------------------------------------- */

/*
 * No descriptors left, or no memory: the listener would stay ready, and the loop would spin. why:
 * for the log; NULL: it was said before.
 */
static void pause_accepting(const char *why)
{
	if (why)
		log_line("%s: accepting pauses for a moment", why);
	paused_until = clock_us() + PAUSE_US;
	for (size_t i = 0; i < listeners_n; i++)
		loop_remove(&relay.loop, &listeners[i].watch);
}

static int resume_accepting(struct err *e)
{
	paused_until = 0;
	for (size_t i = 0; i < listeners_n; i++)
		if (loop_add(&relay.loop, &listeners[i].watch, LOOP_EXCLUSIVE, e) < 0)
			return -1;
	return 0;
}

/* A session needs a second descriptor, for its database. */
static int is_full(void)
{
	return stats_get(&relay.stats->open) >= sessions_max;
}

/* As many as wait, and max at most. -1 with e->sys: why there are no more just now. */
static int accept_some(const struct listener *l, int max, struct err *e)
{
	for (int i = 0; i < max && !is_full(); i++) {
		struct addr peer;
		int fd = sock_accept(l->watch.fd, &peer, e);

		if (fd >= 0) {
			session_begin(fd, &peer, l->at);
			continue;
		}
		if (e->sys != ECONNABORTED && e->sys != EINTR)
			return -1;
	}
	return 0;
}

/* One a turn: the loop comes back while there are more, and other relays may be free for them. */
static void listener_ready(struct watch *w, uint32_t events)
{
	static int said; /* that it is full */
	struct err e;

	(void)events;
	/* Another relay may have room. */
	if (is_full()) {
		pause_accepting(said ? NULL : "no descriptors for more sessions");
		said = 1;
		return;
	}
	said = 0;
	if (accept_some((struct listener *)w, 1, &e) < 0 && e.sys != EAGAIN)
		pause_accepting(e.text);
}

static void close_listeners(void)
{
	for (size_t i = 0; i < listeners_n; i++) {
		if (accepting && !paused_until)
			loop_remove(&relay.loop, &listeners[i].watch);
		close(listeners[i].watch.fd);
	}
	listeners_n = 0;
	paused_until = 0;
}

/* ---- the key process ------------------------------------------------------------------------- */

static void signature_came(void *owner)
{
	session_run(owner);
}

static void signature_timed(uint64_t us)
{
	if (relay.stats)
		stats_time(relay.stats, DURATION_KEY, us);
}

static void keys_ready(struct watch *w, uint32_t events)
{
	struct err e;
	int rc = remote_ready(signature_came, &e);

	/* Its end comes behind its last words. */
	if (rc == 0 && events & (EPOLLRDHUP | EPOLLHUP))
		rc = remote_ready(signature_came, &e);
	if (rc == 0)
		return;
	/* Handshakes in flight wait: the parent starts the process anew and sends its channel. */
	log_line("the key process is away: %s", e.text);
	loop_remove(&relay.loop, w);
	w->fd = -1;
}

/* ---- the parent's orders --------------------------------------------------------------------- */

/* The endpoint that a message is about: its first four bytes; NULL: there is none. */
static struct endpoint *endpoint_of(const struct message *m, struct err *e)
{
	uint32_t number = UINT32_MAX;

	if (m->n >= sizeof number)
		memcpy(&number, m->p, sizeof number);
	if (number < relay.config.endpoints)
		return &relay.endpoint[number];
	(void)err_set(e, ERR_PEER, "a message about endpoint %u", number);
	return NULL;
}

static int take_config(struct message *m, struct err *e)
{
	const struct relay_config *c = &relay.config;

	if (m->n != sizeof relay.config)
		return err_set(e, ERR_PEER, "a configuration of %zu bytes", m->n);
	memcpy(&relay.config, m->p, sizeof relay.config);
	if (c->logins == 0 || c->logins > CROWD_MAX || c->endpoints > ENDPOINTS_MAX)
		return err_set(e, ERR_PEER, "a configuration with %u logins, %u endpoints",
		    c->logins, c->endpoints);
	relay.crowd.max = c->logins;
	relay.crowd.max_per_address = c->logins_per_address;
	relay.crowd.grace = GRACE_US;
	return 0;
}

static int take_endpoint(struct message *m, struct err *e)
{
	static const struct life *const lives[PROTOCOLS] = {
		[PROTOCOL_MYSQL] = &life_mysql,
		[PROTOCOL_TLS] = &life_tls,
	};
	struct endpoint *p = endpoint_of(m, e);

	if (!p || m->n != sizeof p->config)
		return err_set(e, ERR_PEER, "an endpoint of %zu bytes", m->n);
	memcpy(&p->config, m->p, sizeof p->config);
	if (p->config.protocol >= PROTOCOLS)
		return err_set(e, ERR_PEER, "an endpoint of protocol %u", p->config.protocol);
	p->life = lives[p->config.protocol];
	return 0;
}

static int take_upstream(struct message *m, struct err *e)
{
	struct endpoint *p = endpoint_of(m, e);
	struct upstream *u;

	if (!p || !relay.stats || m->n < sizeof u->config || p->upstreams == UPSTREAMS_MAX)
		return err_set(e, ERR_PEER, "an upstream of %zu bytes", m->n);
	u = &p->upstream[p->upstreams];
	memcpy(&u->config, m->p, sizeof u->config);
	u->open = &relay.stats->upstream_open[u->config.endpoint][p->upstreams];
	u->failing = &relay.stats->upstream_failing[u->config.endpoint][p->upstreams];
	u->tried = &relay.stats->upstream_tried[u->config.endpoint][p->upstreams];
	p->upstreams++;
	if (u->config.tls)
		u->ctx = tls_client_context(m->p + sizeof u->config, m->n - sizeof u->config, e);
	return u->config.tls && !u->ctx ? -1 : 0;
}

static int take_listener(struct message *m, struct err *e)
{
	struct endpoint *p = endpoint_of(m, e);

	if (!p || listeners_n == LISTENERS_MAX)
		return err_set(e, ERR_PEER, "more than %d listeners", LISTENERS_MAX);
	listeners[listeners_n++] =
	    (struct listener) { .watch = { .ready = listener_ready, .fd = m->fd }, .at = p };
	m->fd = -1;
	return 0;
}

/* Maps the message's memory file; *n: its size. */
static void *map(const struct message *m, int protection, size_t *n, struct err *e)
{
	struct stat st;
	void *p;

	if (fstat(m->fd, &st) < 0) {
		err_sys(e, "look at a memory file");
		return NULL;
	}
	*n = (size_t)st.st_size;
	p = *n ? mmap(NULL, *n, protection, MAP_SHARED, m->fd, 0) : MAP_FAILED;
	if (p != MAP_FAILED)
		return p;
	err_sys(e, "map a memory file");
	return NULL;
}

static int take_stats(struct message *m, struct err *e)
{
	size_t n;
	void *p = map(m, PROT_READ | PROT_WRITE, &n, e);

	if (!p)
		return -1;
	if (n < sizeof(struct relay_memory))
		return err_set(e, ERR_PEER, "memory for statistics of %zu bytes", n);
	relay.stats = p;
	relay.ledger = stats_ledger(relay.stats);
	stats_reset(relay.stats);
	ledger_open(relay.ledger);
	return 0;
}

/* Puts the set that a message brings in the place of another. */
static int take_set(struct message *m, struct cidr_set *in, struct err *e)
{
	struct cidr_set old = *in, set;
	size_t n;
	void *p = map(m, PROT_READ, &n, e);

	if (!p)
		return -1;
	if (cidr_set_open(&set, p, n) < 0) {
		(void)munmap(p, n);
		return err_set(e, ERR_PEER, "the list of addresses can't be read");
	}
	*in = set;
	if (old.p)
		(void)munmap((void *)old.p, old.n);
	return 0;
}

static int take_access(struct message *m, struct err *e)
{
	struct endpoint *at = endpoint_of(m, e);

	return at ? take_set(m, &at->access, e) : -1;
}

static int take_senders(struct message *m, struct err *e)
{
	struct endpoint *at = endpoint_of(m, e);

	return at ? take_set(m, &at->senders, e) : -1;
}

/* A certificate is taken only if the key process signs for it; else the one before stays. */
static int take_certificate(struct message *m, struct err *e)
{
	struct endpoint *p = endpoint_of(m, e);
	struct ssl_ctx_st *ctx = NULL;
	struct tls_server server = { .tickets = &relay.tickets };

	if (p) {
		server.policy = &p->config.tls;
		server.name = p->config.name;
		server.clients = p->clients;
		ctx = tls_server_context(
		    &server, m->p + sizeof(uint32_t), m->n - sizeof(uint32_t), SELFTEST_MS, e);
	}
	if (!ctx)
		return -1;
	tls_context_free(p->ctx);
	p->ctx = ctx;
	return 0;
}

/* In force with the next certificate: a context is made of both. */
static int take_clients(struct message *m, struct err *e)
{
	struct endpoint *at = endpoint_of(m, e);
	struct tls_clients *clients;
	size_t n;
	void *p = at ? map(m, PROT_READ, &n, e) : NULL;

	if (!p)
		return -1;
	clients = tls_clients_read(p, n, e);
	(void)munmap(p, n);
	if (!clients)
		return -1;
	tls_clients_free(at->clients);
	at->clients = clients;
	return 0;
}

static int take_tickets(struct message *m, struct err *e)
{
	if (m->n != sizeof relay.tickets)
		return err_set(e, ERR_PEER, "ticket keys of %zu bytes", m->n);
	memcpy(&relay.tickets, m->p, sizeof relay.tickets);
	explicit_bzero(m->p, m->n);
	return 0;
}

static int take_keys(struct message *m, struct err *e)
{
	int flags = fcntl(m->fd, F_GETFL);
	int fd = m->fd;

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return err_sys(e, "set up the key process's channel");
	if (keys_watch.fd >= 0)
		loop_remove(&relay.loop, &keys_watch);
	keys_watch.fd = -1;
	m->fd = -1; /* remote's from here on */
	if (remote_attach(fd, e) < 0)
		return -1;
	keys_watch = (struct watch) { .ready = keys_ready, .fd = fd };
	return loop_add(&relay.loop, &keys_watch, LOOP_EDGE, e);
}

static int is_whole(const struct endpoint *p)
{
	return p->ctx && p->access.p && p->senders.p && p->upstreams && p->config.tls.min &&
	       (!p->config.clients || p->clients);
}

/* The ports of databases over TCP, ending in 0. */
static void ports_of(uint16_t ports[ENDPOINTS_MAX * UPSTREAMS_MAX + 1])
{
	for (uint32_t i = 0; i < relay.config.endpoints; i++)
		for (size_t j = 0; j < relay.endpoint[i].upstreams; j++) {
			const struct upstream_config *c = &relay.endpoint[i].upstream[j].config;

			if (!c->path[0])
				*ports++ = c->address[0].port;
		}
	*ports = 0;
}

static int take_start(struct message *m, struct err *e)
{
	uint16_t ports[ENDPOINTS_MAX * UPSTREAMS_MAX + 1];
	struct sandbox_state sandbox;

	(void)m;
	for (uint32_t i = 0; i < relay.config.endpoints; i++)
		if (!is_whole(&relay.endpoint[i]))
			return err_set(e, ERR_PEER, "started before endpoint %u was there", i);
	if (!relay.config.endpoints || !relay.stats || !listeners_n)
		return err_set(e, ERR_PEER, "started before all was there");
	ports_of(ports);
	if (sandbox_enter(ROLE_RELAY, ports, &sandbox, e) < 0)
		return -1;
	relay.stats->seccomp = (uint64_t)sandbox.seccomp;
	relay.stats->landlock = (uint64_t)sandbox.landlock;
	started = 1;
	return 0;
}

static int take_accept(struct message *m, struct err *e)
{
	(void)m;
	if (!started || draining)
		return err_set(e, ERR_PEER, "told to accept out of turn");
	accepting = 1;
	return resume_accepting(e);
}

/* Others accept from the same sockets: whoever waits in their queues is not turned away. */
static int take_drain(struct message *m, struct err *e)
{
	(void)m;
	(void)e;
	close_listeners();
	draining = 1;
	return 0;
}

/* Nobody else accepts: whoever was told by the kernel that it is connected is let in. */
static int take_close(struct message *m, struct err *e)
{
	struct err none;

	for (size_t i = 0; accepting && i < listeners_n; i++)
		(void)accept_some(&listeners[i], QUEUE_MAX, &none);
	return take_drain(m, e);
}

static const struct {
	enum message_type type;
	int (*take)(struct message *m, struct err *e);
} orders[] = {
	{ MSG_CONFIG, take_config },
	{ MSG_ENDPOINT, take_endpoint },
	{ MSG_UPSTREAM, take_upstream },
	{ MSG_LISTENER, take_listener },
	{ MSG_STATS, take_stats },
	{ MSG_ACCESS, take_access },
	{ MSG_SENDERS, take_senders },
	{ MSG_CERTIFICATE, take_certificate },
	{ MSG_CLIENTS, take_clients },
	{ MSG_TICKETS, take_tickets },
	{ MSG_KEYS, take_keys },
	{ MSG_START, take_start },
	{ MSG_ACCEPT, take_accept },
	{ MSG_DRAIN, take_drain },
	{ MSG_CLOSE, take_close },
};

/* Does what a message says and tells the parent how it went. -1: the parent can't be told. */
static int obey(struct message *m, struct err *e)
{
	uint32_t type = m->type;
	struct err why;
	int rc = 0;

	for (size_t i = 0; i < sizeof orders / sizeof *orders; i++)
		if (orders[i].type == m->type)
			rc = orders[i].take(m, &why);
	if (m->fd >= 0)
		close(m->fd);
	if (rc == 0)
		return channel_send(&parent, MSG_DONE, &type, sizeof type, -1, e);
	log_line("refused: %s", why.text);
	return channel_send2(
	    &parent, MSG_FAILED, &type, sizeof type, why.text, strlen(why.text), -1, e);
}

static void parent_ready(struct watch *w, uint32_t events)
{
	static struct message m;
	struct err e;
	int rc;

	(void)w;
	(void)events;
	rc = channel_recv(&parent, &m, &e);
	if (rc < 0)
		log_line("%s", e.text);
	if (rc <= 0 || obey(&m, &e) < 0)
		relay.loop.stop = 1;
}

/* ---- the loop -------------------------------------------------------------------------------- */

/* Sessions that had more to do than their share of the last turn. */
static void run_again(void)
{
	for (size_t n = relay.again_n; n > 0 && relay.again; n--) {
		struct session *s = relay.again;

		relay.again = s->again;
		if (!relay.again)
			relay.again_last = &relay.again;
		relay.again_n--;
		s->in_again = 0;
		session_run(s);
	}
}

static struct session *session_of(struct deadline *d)
{
	return (struct session *)((char *)d - offsetof(struct session, deadline));
}

static void expire(struct session *s)
{
	enum stage_id id = s->stage->id;
	enum reason late = id == STAGE_LINGER ? s->reason : s->stage->late;

	if (s->at->life->is_patient && s->at->life->is_patient(s))
		return;
	if (id == STAGE_GREETING || (id == STAGE_DIAL && s->via) ||
	    (id == STAGE_UPSTREAM_TLS && !s->us_greeting))
		upstream_failed(s->via, reason_row(late)->words, clock_us());
	if (id == STAGE_LINGER || !reason_row(late)->code) {
		session_end(s, late);
		return;
	}
	(void)session_refuse(s, late);
	relay_again(s);
}

static void bound(enum stage_id id, size_t max)
{
	while (relay.deadlines[id].n > max)
		expire(session_of(relay.deadlines[id].first));
}

static void run_deadlines(uint64_t now)
{
	struct deadline *d;

	for (int i = 0; i < STAGES; i++)
		while ((d = deadline_due(&relay.deadlines[i], now)))
			expire(session_of(d));
	while ((d = deadline_due(&relay.half_closed, now)))
		expire(session_of(d));
	bound(STAGE_LINGER, LINGER_MAX);
	bound(STAGE_DIAL, WAITING_MAX);
	bound(STAGE_ROOM, crowd_is_besieged(&relay.crowd, now) ? WAITING_MAX : RUSH_MAX);
}

/* The first of them, and as many as may wait where it is not a rush. */
static void run_first(const struct deadlines *queue)
{
	struct deadline *next, *d = queue->first;

	for (unsigned n = 0; d && n < WAITING_MAX; d = next, n++) {
		next = d->next;
		session_run(session_of(d));
	}
}

/* A database that was away may be back, and there may be room in the crowd. */
static void run_redials(uint64_t now)
{
	static uint64_t last;

	if (now - last < REDIAL_MS * 1000)
		return;
	last = now;
	run_first(&relay.deadlines[STAGE_DIAL]);
	run_first(&relay.deadlines[STAGE_ROOM]);
}

static int sooner(int a, int b)
{
	if (a < 0 || b < 0)
		return a < 0 ? b : a;
	return a < b ? a : b;
}

static int next_ms(uint64_t now)
{
	int ms = deadline_ms(&relay.half_closed, now);

	/* Those who wait for a signature alone need not be looked at before it is there. */
	if (relay.again)
		return relay.again_n == relay.signing_waits ? SIGNING_US / 1000 : 0;
	for (int i = 0; i < STAGES; i++)
		ms = sooner(ms, deadline_ms(&relay.deadlines[i], now));
	if (relay.deadlines[STAGE_ROOM].n || relay.deadlines[STAGE_DIAL].n)
		ms = sooner(ms, REDIAL_MS);
	if (paused_until)
		ms = sooner(ms, PAUSE_US / 1000);
	return ms;
}

static int turn(struct err *e)
{
	uint64_t now;

	relay.handshakes_left = HANDSHAKES_PER_TURN;
	relay.signing_waits = 0;
	run_again(); /* whoever has waited, before whoever comes now */
	if (loop_turn(&relay.loop, next_ms(clock_us()), e) < 0)
		return -1;
	now = clock_us();
	run_deadlines(now);
	run_redials(now);
	if (paused_until && paused_until <= now)
		return resume_accepting(e);
	return 0;
}

/* Answers that have come already are better than what would be said in their place. */
static void fetch_answers(void)
{
	struct deadline *next;

	for (struct deadline *d = relay.deadlines[STAGE_PUMP].first; d; d = next) {
		next = d->next;
		if (session_of(d)->turn.whose == TURN_SERVER)
			session_run(session_of(d));
	}
}

/* Whoever is logging in, or would read it as an answer, is told; to others it would be nonsense. */
static void stop(struct session *s)
{
	uint8_t turn = s->turn.whose;
	int hears = s->stage->id < STAGE_PUMP || turn == TURN_CLIENT || turn == TURN_SERVER;
	int cut_off = turn != TURN_UNKNOWN && turn != TURN_CLIENT;
	enum reason why = cut_off ? REASON_CUT_OFF : REASON_DOOR_STOPS;

	if (!hears) {
		session_end(s, why);
		return;
	}
	(void)session_refuse(s, why);
	relay_again(s);
}

static void stop_all(void)
{
	fetch_answers();
	/* What has only to be read now need not wait as long as it does otherwise. */
	relay.deadlines[STAGE_LINGER].wait = FAREWELL_US;
	for (int i = 0; i < STAGE_LINGER; i++)
		while (relay.deadlines[i].first)
			stop(session_of(relay.deadlines[i].first));
	while (relay.half_closed.first)
		session_end(session_of(relay.half_closed.first), REASON_DOOR_STOPS);
}

/* Ends all sessions, and goes on until those who were told have read it, or have had their time. */
static int end_all(struct err *e)
{
	close_listeners();
	loop_remove(&relay.loop, &parent_watch);
	stop_all();
	while (relay.deadlines[STAGE_LINGER].first)
		if (turn(e) < 0)
			return -1;
	return 0;
}

static int set_up(int channel, struct err *e)
{
	struct rlimit files = { .rlim_cur = 1024 };

	(void)getrlimit(RLIMIT_NOFILE, &files);
	sessions_max = files.rlim_cur > 2 * OTHER_FILES ? (files.rlim_cur - OTHER_FILES) / 2 : 1;
	relay.again_last = &relay.again;
	for (int i = 0; i < STAGES; i++)
		relay.deadlines[i].wait = stage_facts[i].seconds * 1000000ULL;
	relay.half_closed.wait = 60 * 1000000ULL;
	parent.fd = channel;
	parent_watch = (struct watch) { .ready = parent_ready, .fd = channel };
	keys_watch.fd = -1;
	remote_timed(signature_timed);
	if (loop_open(&relay.loop, e) < 0 || remote_open(JOBS_MAX, e) < 0 || tls_conn_init(e) < 0)
		return -1;
	return loop_add(&relay.loop, &parent_watch, LOOP_LEVEL, e);
}

int relay_main(int channel, struct err *e)
{
	if (set_up(channel, e) < 0)
		return -1;
	while (!relay.loop.stop && !(draining && stats_get(&relay.stats->open) == 0))
		if (turn(e) < 0)
			return -1;
	if (end_all(e) < 0)
		return -1;
	for (uint32_t i = 0; i < relay.config.endpoints; i++)
		endpoint_free(&relay.endpoint[i]);
	remote_close();
	loop_close(&relay.loop);
	return 0;
}
