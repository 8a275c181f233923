/* SPDX-License-Identifier: Apache-2.0 */
/* The control socket: one request, one answer (proc/control.h has the words). */
#include "base/file.h"
#include "base/language.h"
#include "base/log.h"
#include "engine/password.h"
#include "parent/metrics.h"
#include "parent/state.h"
#include "proc/control.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define TOKEN_TEXT 33      /* 16 bytes in hex and a NUL */
#define DRAIN_MAX  8640000 /* seconds: a hundred days */

static struct watch control_watch;
static char token[TOKEN_TEXT];
static int asking; /* whoever is being answered */
static int kept;   /* 1: who answers has kept it, for later */

static json_t *refusal(const char *why)
{
	json_t *object = json_pack("{s:b, s:s}", "ok", 0, "error", why);

	/* Not UTF-8: cut in the middle of a letter, or what somebody wrote in a file. */
	return object
		   ? object
		   : json_pack("{s:b, s:s}", "ok", 0, "error", _("refused; see the log for why"));
}

static json_t *iso_time(time_t t)
{
	char text[32];
	struct tm tm;

	(void)gmtime_r(&t, &tm);
	(void)strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
	return json_string(text);
}

/* ---- status -----------------------------------------------------------------------------------
 */

static json_t *certificate_json(const struct cert_facts *f)
{
	return json_pack("{s:s, s:s, s:o, s:I, s:s}", "subject", f->subject, "serial", f->serial,
	    "not_after", iso_time(f->not_after), "days_left",
	    (json_int_t)((f->not_after - time(NULL)) / 86400), "fingerprint", f->fingerprint);
}

static json_t *names_json(const struct site *t)
{
	json_t *names = json_array();
	const char *p = (const char *)t->names.p;

	for (size_t at = 0; at < t->names.n; at += strlen(p + at) + 1)
		json_array_append_new(names, json_string(p + at));
	return names;
}

static json_t *listen_json(const struct site *t)
{
	json_t *list = json_array();
	char text[ADDR_TEXT];

	for (size_t i = 0; i < parent.listeners; i++)
		if (&parent.site[parent.listener[i].site] == t)
			json_array_append_new(
			    list, json_string(addr_text(&parent.listener[i].addr, text)));
	return list;
}

static json_t *versions_json(const struct site *t)
{
	json_t *list = json_array();

	if (t->tls.min == TLS_POLICY_1_2)
		json_array_append_new(list, json_string("TLSv1.2"));
	if (t->tls.max == TLS_POLICY_1_3)
		json_array_append_new(list, json_string("TLSv1.3"));
	return list;
}

static json_t *leaf_json(const struct site *t)
{
	json_t *leaf = certificate_json(&t->leaf);
	char path[PATH_MAX];

	json_object_set_new(leaf, "names", names_json(t));
	/* Until it has gone over, a version that took over has no endpoint yet. */
	if (t->conf && t->conf->certificate)
		json_object_set_new(
		    leaf, "file", json_string(file_absolute(t->conf->certificate, path)));
	return leaf;
}

static json_t *upstreams_json(const struct site *t, const struct stats *s)
{
	json_t *list = json_array();
	size_t at = (size_t)(t - parent.site);
	char where[512];

	for (size_t i = 0; i < t->conf->upstreams; i++)
		json_array_append_new(list,
		    json_pack("{s:s, s:s, s:I, s:b}", "label", t->upstream[i].label, "address",
			upstream_text(&t->conf->upstream[i], where), "open",
			(json_int_t)s->upstream_open[at][i], "answers", upstream_answers(at, i)));
	return list;
}

static const char *protocol_of(const struct site *t)
{
	return serve_is_mysql(t->conf) ? "mysql" : "tls";
}

static json_t *site_json(const struct site *t, const struct stats *s)
{
	char host[HOST_NAME_TEXT], ca[PATH_MAX];

	return json_pack("{s:s, s:s, s:s, s:i, s:o, s:o, s:o, s:s, s:o}", "endpoint", t->conf->id,
	    "protocol", protocol_of(t), "host", site_host(t, host), "port", (int)site_port(t),
	    "listen", listen_json(t), "tls_versions", versions_json(t), "certificate", leaf_json(t),
	    "ca", site_ca(t, ca), "upstreams", upstreams_json(t, s));
}

static json_t *sites_json(const struct stats *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < parent.sites; i++)
		json_array_append_new(list, site_json(&parent.site[i], s));
	return list;
}

static json_t *engine_json(void)
{
	const char *state = parent.engine_ready ? N_("ready")
			    : parent.engine.pid ? N_("starting")
						: N_("stopped");

	if (parent.options->config)
		return json_pack("{s:s}", "state", "elsewhere");
	return json_pack("{s:s, s:s, s:i, s:i}", "state", state, "version",
	    engine_version(&parent.engine), "pid", (int)parent.engine.pid, "restarts",
	    (int)parent.engine_child.restarts);
}

static void add_process(json_t *list, const char *role, pid_t pid, unsigned restarts)
{
	json_array_append_new(list,
	    json_pack("{s:s, s:i, s:i}", "role", role, "pid", (int)pid, "restarts", (int)restarts));
}

/* Relays of an earlier plan, and of a door that is to stop, are shown while they drain. */
static void add_relay(json_t *list, const struct relay_slot *r)
{
	int drains = r->generation != parent.plan->generation || parent.drain_until;

	if (drains && !r->child.pid)
		return;
	json_array_append_new(
	    list, json_pack("{s:s, s:i, s:i, s:b}", "role", "relay", "pid", (int)r->child.pid,
		      "restarts", (int)r->child.restarts, "drains", drains));
}

static json_t *processes_json(void)
{
	json_t *list = json_array();

	add_process(list, "parent", getpid(), 0);
	add_process(list, "keys", parent.keys.pid, parent.keys.restarts);
	for (size_t i = 0; i < parent.relays; i++)
		add_relay(list, &parent.relay[i]);
	if (!parent.options->config)
		add_process(list, "engine", parent.engine.pid, parent.engine_child.restarts);
	return list;
}

/* What the databases' numbers of an earlier plan stand for is not known any more. */
static void add_upstreams(struct stats *sum, const struct stats *one)
{
	for (size_t i = 0; i < parent.sites; i++)
		for (size_t j = 0; j < UPSTREAMS_MAX; j++)
			sum->upstream_open[i][j] += stats_get(&one->upstream_open[i][j]);
}

/* The counters of all relays added up: struct stats is an array of numbers. */
static void add_up(struct stats *sum)
{
	uint64_t *to = (uint64_t *)sum;

	memset(sum, 0, sizeof *sum);
	for (size_t i = 0; i < parent.relays; i++) {
		const uint64_t *from = (const uint64_t *)parent.relay[i].stats;

		for (size_t j = 0; j < sizeof *sum / sizeof *to; j++)
			to[j] += stats_get(&from[j]);
	}
	memset(sum->upstream_open, 0, sizeof sum->upstream_open);
	for (size_t i = 0; i < parent.relays; i++)
		if (parent.relay[i].generation == parent.plan->generation)
			add_upstreams(sum, parent.relay[i].stats);
}

static json_t *endings_json(const struct stats *s)
{
	json_t *list = json_array();

	for (int i = REASON_NONE + 1; i < REASONS; i++) {
		const struct reason_row *row = reason_row((enum reason)i);

		if (s->ended[i])
			json_array_append_new(
			    list, json_pack("{s:s, s:s, s:I}", "cause", row->id, "words",
				      row->words, "count", (json_int_t)s->ended[i]));
	}
	return list;
}

static json_t *handshakes_json(const uint64_t h[2])
{
	return json_pack("{s:I, s:I}", "full", (json_int_t)h[0], "resumed", (json_int_t)h[1]);
}

static json_t *sandbox_json(const struct stats *s)
{
	const struct stats *one = parent.relays ? parent.relay[0].stats : s;
#ifdef DBTLS_SANDBOX_OFF
	const char *off = DBTLS_SANDBOX_OFF;
#else
	const char *off = NULL;
#endif

	return json_pack("{s:b, s:I, s:s?}", "seccomp", stats_get(&one->seccomp) != 0, "landlock",
	    (json_int_t)stats_get(&one->landlock), "off", off);
}

/* NULL: every endpoint has a certificate of its own, and our CA was never made. */
static json_t *ca_json(void)
{
	json_t *ca = parent.ca.fingerprint[0] ? certificate_json(&parent.ca) : NULL;

	if (ca)
		json_object_set_new(ca, "file", json_string(parent.paths.ca_pem));
	return ca;
}

static json_t *do_status(const json_t *request)
{
	const struct site *first = &parent.site[0];
	json_t *reply;
	struct stats s;

	(void)request;
	add_up(&s);
	reply = json_pack("{s:b, s:s, s:o, s:o, s:o, s:o, s:o*, s:o, s:o, s:o}", "ok", 1, "version",
	    DBTLS_VERSION, "since", iso_time(parent.since), "listen", listen_json(first),
	    "tls_versions", versions_json(first), "certificate", leaf_json(first), "ca", ca_json(),
	    "engine", engine_json(), "sandbox", sandbox_json(&s), "processes", processes_json());
	json_object_set_new(reply, "sessions",
	    json_pack("{s:I, s:I, s:I, s:I, s:I}", "open", (json_int_t)s.open, "total",
		(json_int_t)s.sessions, "logging_in", (json_int_t)s.logging_in, "plaintext",
		(json_int_t)s.plaintext, "plaintext_total", (json_int_t)s.sessions_plaintext));
	json_object_set_new(reply, "handshakes",
	    json_pack("{s:o, s:o}", "TLSv1.2", handshakes_json(s.handshakes[0]), "TLSv1.3",
		handshakes_json(s.handshakes[1])));
	json_object_set_new(reply, "endings", endings_json(&s));
	json_object_set_new(reply, "bytes",
	    json_pack("{s:I, s:I}", "from_clients", (json_int_t)s.bytes_up, "to_clients",
		(json_int_t)s.bytes_down));
	json_object_set_new(reply, "endpoints", sites_json(&s));
	json_object_set_new(reply, "log", json_string(parent.paths.log));
	json_object_set_new(reply, "draining", json_boolean(parent.drain_until));
	if (parent.drain_until)
		json_object_set_new(
		    reply, "drain_seconds_left", json_integer((json_int_t)drain_seconds_left()));
	return reply;
}

/* ---- metrics ----------------------------------------------------------------------------------
 */

static void endpoint_facts(const struct site *t, struct metrics_endpoint *p)
{
	p->name = t->conf->id;
	p->not_after = t->leaf.not_after;
	p->upstreams = t->conf->upstreams;
	for (size_t i = 0; i < p->upstreams; i++)
		p->upstream[i] = (struct metrics_upstream) { t->upstream[i].label,
			upstream_answers((size_t)(t - parent.site), i) };
}

static void gather(struct metrics_facts *f)
{
	*f = (struct metrics_facts) { .version = DBTLS_VERSION,
		.since = parent.since,
		.ca_not_after = parent.ca.not_after,
		.access_entries = parent.access_entries,
		.draining = parent.drain_until != 0,
		.endpoints = parent.sites };
	for (size_t i = 0; i < parent.relays; i++)
		f->relays += parent.relay[i].child.pid != 0;
	f->restarts[0] = (struct metrics_restarts) { "relay", parent.relay_restarts };
	f->restarts[1] = (struct metrics_restarts) { "keys", parent.keys.restarts };
	if (!parent.options->config)
		f->restarts[2] =
		    (struct metrics_restarts) { "engine", parent.engine_child.restarts };
	for (size_t i = 0; i < parent.sites; i++)
		endpoint_facts(&parent.site[i], &f->endpoint[i]);
}

static json_t *do_metrics(const json_t *request)
{
	static struct metrics_facts facts;
	json_t *answer = NULL;
	struct buf text;
	struct stats s;
	struct err e;

	(void)request;
	add_up(&s);
	gather(&facts);
	if (metrics_text(&facts, &s, &text, &e) < 0)
		answer = refusal(e.text);
	else
		answer = json_pack("{s:b, s:s#}", "ok", 1, "text", (const char *)text.p, text.n);
	buf_free(&text);
	return answer;
}

/* ---- the other words --------------------------------------------------------------------------
 */

/* The site of that name; NULL, and *why is the refusal: there is none. No name: the first. */
static const struct site *site_named(const char *name, json_t **why)
{
	char text[256];

	for (size_t i = 0; i < parent.sites; i++)
		if (!name || strcmp(parent.site[i].conf->id, name) == 0)
			return &parent.site[i];
	(void)snprintf(text, sizeof text,
	    _("there is no endpoint %.64s; `dbtls status` has their names"), name ? name : "");
	*why = refusal(text);
	return NULL;
}

/* There are no lines for clients of whatever is spoken there. */
static json_t *no_mysql(const struct site *t)
{
	char text[PATH_MAX + HOST_NAME_TEXT + 256], host[HOST_NAME_TEXT], ca[PATH_MAX];

	(void)snprintf(text, sizeof text,
	    _("endpoint %.64s is no MySQL: a client of its service, with TLS from the first byte, "
	      "reaches it at %s, port %u, with the CA %s"),
	    t->conf->id, site_host(t, host), site_port(t), site_ca(t, ca));
	return refusal(text);
}

static json_t *do_endpoint(const json_t *request)
{
	char host[HOST_NAME_TEXT], ca[PATH_MAX];
	json_t *why = NULL;
	const struct site *t =
	    site_named(json_string_value(json_object_get(request, "endpoint")), &why);

	if (!t)
		return why;
	if (!serve_is_mysql(t->conf))
		return no_mysql(t);
	return json_pack("{s:b, s:s, s:s, s:i, s:s, s:o, s:s, s:s}", "ok", 1, "endpoint",
	    t->conf->id, "host", site_host(t, host), "port", (int)site_port(t), "ca",
	    site_ca(t, ca), "names", names_json(t), "user", "root", "database", "test");
}

static json_t *do_stop(const json_t *request)
{
	(void)request;
	parent.loop.stop = 1;
	return json_pack("{s:b}", "ok", 1);
}

static json_t *do_password(const json_t *request)
{
	const char *hash = json_string_value(json_object_get(request, "hash"));
	struct err e;

	if (!hash || strlen(hash) != 41 || hash[0] != '*' ||
	    strspn(hash + 1, "0123456789ABCDEF") != 40)
		return refusal(_("that is no hash of a password"));
	if (parent.options->config)
		return refusal(_("the database is not dbtls's own: set its passwords there"));
	if (!parent.engine_ready)
		return refusal(_("the database is being started; try again in a moment"));
	if (engine_set_root(&parent.engine, hash, &e) < 0)
		return refusal(e.text);
	log_line("root's password was set");
	return json_pack("{s:b}", "ok", 1);
}

/* Bytes as hex digits: how many, at most size; 0: it is none, or too long. */
static size_t from_hex(const char *text, uint8_t *out, size_t size)
{
	size_t n = text ? strlen(text) / 2 : 0;

	if (!text || n > size || strlen(text) % 2 ||
	    strspn(text, "0123456789abcdef") != strlen(text))
		return 0;
	for (size_t i = 0; i < n; i++)
		(void)sscanf(text + 2 * i, "%2hhx", &out[i]);
	return n;
}

static json_t *do_client(const json_t *request)
{
	uint8_t spki[1024];
	struct client_request r = {
		.spki = span_of(spki, from_hex(json_string_value(json_object_get(request, "spki")),
					  spki, sizeof spki)),
		.name = json_string_value(json_object_get(request, "name")),
		.seconds = (uint64_t)json_integer_value(json_object_get(request, "seconds"))
	};
	struct buf pem = buf_new(65536);
	struct cert_facts f;
	json_t *reply;
	struct err e;

	if (!r.spki.n || !r.name || !*r.name)
		return refusal(_("that is no request for a client's certificate"));
	if (certificate_client(&r, &pem, &f, &e) < 0) {
		buf_free(&pem);
		return refusal(e.text);
	}
	reply = json_pack("{s:b, s:s%, s:s, s:s, s:o}", "ok", 1, "certificate", pem.p, pem.n,
	    "subject", f.subject, "serial", f.serial, "not_after", iso_time(f.not_after));
	buf_free(&pem);
	return reply;
}

/* Whoever asks may be in another folder. What a link leads to is the file that they replace. */
static json_t *list_json(const char *endpoint, const char *file, size_t entries)
{
	char whole[PATH_MAX];

	if (realpath(file, whole))
		file = whole;
	return json_pack(
	    "{s:s?, s:s, s:I}", "endpoint", endpoint, "file", file, "entries", (json_int_t)entries);
}

/* The relays of the version before have the lists; the files are not known until it went over. */
static const char *upgrading(void)
{
	return _("an upgrade is under way, and until it has gone over no endpoint's own list can "
		 "be told: try again then (`dbtls upgrade` and the log say what keeps it)");
}

/* The list for all, which is no endpoint's, and the endpoints' own. */
static json_t *do_lists(const json_t *request)
{
	json_t *lists;

	(void)request;
	if (parent.plan->handed_over)
		return refusal(upgrading());
	lists = json_array();
	json_array_append_new(lists, list_json(NULL, parent.paths.access, parent.access_entries));
	for (size_t i = 0; i < parent.sites; i++) {
		const struct site *t = &parent.site[i];

		if (t->conf->access_list)
			json_array_append_new(
			    lists, list_json(t->conf->id, t->conf->access_list, t->access_entries));
	}
	return json_pack("{s:b, s:o}", "ok", 1, "lists", lists);
}

/* Answered once the relays have it: see answer_access. */
static json_t *do_access(const json_t *request)
{
	struct err e;

	if (parent.answering >= 0)
		return refusal(_("another change of the access list is under way"));
	if (parent.plan->handed_over && json_object_get(request, "endpoint"))
		return refusal(upgrading());
	/* Those that still let in would go on with the lists of their own plan. */
	if (reload_is_under_way() && relays_keep_own_access())
		return refusal(_("a reload is under way: try again in a moment"));
	parent.access_refused = 0;
	if (access_publish(&e) < 0)
		return refusal(e.text);
	parent.answering = asking;
	kept = 1;
	answer_access();
	return NULL;
}

/* Answered when the door stops: see drain_answer. */
static json_t *do_drain(const json_t *request)
{
	json_int_t seconds = json_integer_value(json_object_get(request, "seconds"));
	struct err e;

	if (seconds < 0 || seconds > DRAIN_MAX)
		return refusal(_("that is no time to end in"));
	if (drain_begin(asking, (uint64_t)seconds, &e) < 0)
		return refusal(e.text);
	kept = 1;
	return NULL;
}

/* Answered when it is decided: see reload_tend. */
static json_t *do_reload(const json_t *request)
{
	struct err e;

	int rc;

	parent.insist = json_is_true(json_object_get(request, "insist"));
	rc = reload_begin(asking, &e);
	parent.insist = 0;
	if (rc < 0)
		return refusal(e.text);
	kept = 1;
	return NULL;
}

/* Answered by the version that takes over: see handover_tend. */
static json_t *do_upgrade(const json_t *request)
{
	struct err e;

	(void)handover_begin(json_string_value(json_object_get(request, "program")), asking, &e);
	return refusal(e.text);
}

static const struct {
	const char *word;
	json_t *(*answer)(const json_t *request);
} answers[] = {
	{ "status", do_status },
	{ "metrics", do_metrics },
	{ "clients", whom_json },
	{ "endpoint", do_endpoint },
	{ "stop", do_stop },
	{ "drain", do_drain },
	{ "password", do_password },
	{ "access", do_access },
	{ "access-lists", do_lists },
	{ "reload", do_reload },
	{ "upgrade", do_upgrade },
	{ "client", do_client },
};

static void reply(int fd, json_t *object)
{
	struct err e;

	if (control_send(fd, object, &e) < 0)
		log_line("%s", e.text);
	json_decref(object);
	close(fd);
}

void answer_access(void)
{
	if (parent.answering < 0)
		return;
	for (size_t i = 0; i < parent.relays; i++)
		if (parent.relay[i].access_owed)
			return;
	reply(parent.answering,
	    parent.access_refused
		? refusal(_("a relay could not take the new list, and goes on with "
			    "the old one; see the log"))
		: json_pack("{s:b}", "ok", 1));
	parent.answering = -1;
}

static int knows_token(const json_t *request)
{
	const char *shown = json_string_value(json_object_get(request, "token"));
	unsigned char differs = 0;

	if (!shown || strlen(shown) != TOKEN_TEXT - 1)
		return 0;
	for (size_t i = 0; i < TOKEN_TEXT - 1; i++)
		differs |= (unsigned char)(shown[i] ^ token[i]);
	return !differs;
}

/* In the language that the request names, as far as it is answered at once. */
static json_t *answer_in_theirs(json_t *(*answer)(const json_t *request), const json_t *request)
{
	const char *language = json_string_value(json_object_get(request, "lang"));
	struct err unused;
	json_t *object;

	if (language)
		(void)language_choose(language, &unused);
	object = answer(request);
	(void)language_choose("en", &unused);
	return object;
}

static void serve(int fd)
{
	/* The command line asks at once; whoever connects and says nothing must not hold us up. */
	struct timeval brief = { .tv_usec = 500000 };
	json_t *request, *object;
	const char *word;
	struct err e;

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &brief, sizeof brief);
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &brief, sizeof brief);
	request = control_recv(fd, &e);
	word = json_string_value(json_object_get(request, "do"));
	object = refusal(_("that request is not known; are dbtls and dbtlsd of one version?"));
	if (request && !knows_token(request)) {
		log_line("control socket: a request without the token of %s", parent.paths.token);
		json_decref(object);
		object =
		    refusal(_("the request does not show the token of the state folder's run/"));
		word = NULL;
	}
	asking = fd;
	kept = 0;
	for (size_t i = 0; word && i < sizeof answers / sizeof *answers; i++) {
		if (strcmp(word, answers[i].word) != 0)
			continue;
		json_decref(object);
		object = answer_in_theirs(answers[i].answer, request);
	}
	json_decref(request);
	if (!kept)
		reply(fd, object ? object : refusal(_("the answer can't be written")));
}

static void control_ready(struct watch *w, uint32_t events)
{
	struct err e;
	int fd = control_accept(w->fd, &e);

	(void)events;
	if (fd >= 0)
		serve(fd);
}

/*
 * As an ordinary user the roles have the uid that may ask. What they don't have is a file: whoever
 * asks shows that they can read one that only the parent's user may.
 */
static int make_token(struct err *e)
{
	uint8_t random[(TOKEN_TEXT - 1) / 2];

	if (password_random(random, sizeof random) < 0)
		return err_sys(e, _("make a token"));
	for (size_t i = 0; i < sizeof random; i++)
		(void)snprintf(token + 2 * i, 3, "%02x", random[i]);
	return file_replace(parent.paths.token, 0600, token, TOKEN_TEXT - 1, e);
}

static int watch_control(struct err *e)
{
	control_watch = (struct watch) { .ready = control_ready, .fd = parent.control_fd };
	return loop_add(&parent.loop, &control_watch, LOOP_LEVEL, e);
}

const char *answer_token(void)
{
	return token;
}

int answer_go_on(const char *shown, struct err *e)
{
	parent.answering = -1;
	(void)snprintf(token, sizeof token, "%s", shown ? shown : "");
	/* An empty one would be shown by anybody. */
	if (strlen(token) != TOKEN_TEXT - 1)
		return err_set(e, ERR_PEER, _("no token was handed over"));
	return watch_control(e);
}

int answer_listen(struct err *e)
{
	parent.answering = -1;
	if (make_token(e) < 0)
		return -1;
	parent.control_fd = control_listen(parent.paths.control, e);
	return parent.control_fd < 0 ? -1 : watch_control(e);
}
