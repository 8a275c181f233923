/* SPDX-License-Identifier: Apache-2.0 */
#include "parent/metrics.h"

#include "base/i18n.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The text that is being made, and of what. */
struct text {
	struct buf *out;
	const struct metrics_facts *facts;
	const struct stats *stats;
	const char *name; /* of the metric whose samples are being put */
	int failed;
};

struct metric {
	const char *name, *type, *help; /* help: without \ and newline, which would be escaped */
	void (*put)(struct text *t);
};

/* ---- samples --------------------------------------------------------------------------------- */

struct label {
	const char *name, *value;
};

static void raw(struct text *t, const char *p, size_t n)
{
	t->failed |= buf_add(t->out, p, n) < 0;
}

static void words(struct text *t, const char *p)
{
	raw(t, p, strlen(p));
}

static void number(struct text *t, uint64_t n)
{
	t->failed |= buf_fmt(t->out, "%" PRIu64, n) < 0;
}

/* In a label's value \, " and newline are escaped; what is not ASCII is shown as \xNN. */
static void value(struct text *t, const char *p)
{
	for (; *p; p++) {
		unsigned char c = (unsigned char)*p;

		if (c == '\n')
			words(t, "\\n");
		else if (c < 0x20 || c >= 0x7f)
			t->failed |= buf_fmt(t->out, "\\\\x%02x", c) < 0;
		else {
			if (c == '\\' || c == '"')
				words(t, "\\");
			raw(t, p, 1);
		}
	}
}

/* "name_suffix{a="…",b="…"} ": labels end with a name that is NULL. */
static void begin(struct text *t, const char *suffix, const struct label *labels)
{
	const char *before = "{";

	words(t, t->name);
	words(t, suffix);
	for (; labels && labels->name; labels++) {
		words(t, before);
		words(t, labels->name);
		words(t, "=\"");
		value(t, labels->value);
		words(t, "\"");
		before = ",";
	}
	words(t, *before == ',' ? "} " : " ");
}

static void sample(struct text *t, const struct label *labels, uint64_t n)
{
	begin(t, "", labels);
	number(t, n);
	words(t, "\n");
}

static void one(struct text *t, const char *name, const char *value_of, uint64_t n)
{
	const struct label labels[] = { { name, value_of }, { 0 } };

	sample(t, labels, n);
}

/* Microseconds as seconds, without needless zeros: "0.0005", "10". */
static const char *seconds(uint64_t us, char out[32])
{
	size_t n =
	    (size_t)snprintf(out, 32, "%" PRIu64 ".%06u", us / 1000000, (unsigned)(us % 1000000));

	while (out[n - 1] == '0')
		n--;
	if (out[n - 1] == '.')
		n--;
	out[n] = '\0';
	return out;
}

static void histogram(struct text *t, enum duration what)
{
	const struct histogram *h = &t->stats->duration[what];
	uint64_t n = 0;
	char text[32];

	for (size_t i = 0; i <= DURATION_BOUNDS; i++) {
		const struct label labels[] = {
			{ "le",
			    i < DURATION_BOUNDS ? seconds(stats_bounds[what][i], text) : "+Inf" },
			{ 0 },
		};

		n += h->n[i];
		begin(t, "_bucket", labels);
		number(t, n);
		words(t, "\n");
	}
	begin(t, "_sum", NULL);
	words(t, seconds(h->us, text));
	words(t, "\n");
	begin(t, "_count", NULL);
	number(t, n);
	words(t, "\n");
}

/* ---- one function a metric ------------------------------------------------------------------- */

static void put_build(struct text *t)
{
	one(t, "version", t->facts->version, 1);
}

static void put_since(struct text *t)
{
	sample(t, NULL, (uint64_t)t->facts->since);
}

static void put_certificate(struct text *t)
{
	for (size_t i = 0; i < t->facts->endpoints; i++)
		one(t, "endpoint", t->facts->endpoint[i].name,
		    (uint64_t)t->facts->endpoint[i].not_after);
}

static void put_ca(struct text *t)
{
	if (t->facts->ca_not_after)
		sample(t, NULL, (uint64_t)t->facts->ca_not_after);
}

static void put_open(struct text *t)
{
	sample(t, NULL, t->stats->open);
}

static void put_logging_in(struct text *t)
{
	sample(t, NULL, t->stats->logging_in);
}

static void put_sessions(struct text *t)
{
	sample(t, NULL, t->stats->sessions);
}

static void put_plaintext(struct text *t)
{
	sample(t, NULL, t->stats->plaintext);
}

static void put_plaintext_total(struct text *t)
{
	sample(t, NULL, t->stats->sessions_plaintext);
}

/* Also those that have not happened: a rate needs a sample to start from. */
static void put_ended(struct text *t)
{
	for (int i = REASON_NONE + 1; i < REASONS; i++)
		one(t, "cause", reason_row((enum reason)i)->id, t->stats->ended[i]);
}

static void put_denied(struct text *t)
{
	sample(t, NULL, t->stats->ended[REASON_DENIED]);
}

static void put_entries(struct text *t)
{
	sample(t, NULL, t->facts->access_entries);
}

static void put_handshakes(struct text *t)
{
	static const char *const versions[] = { "1.2", "1.3" }, *const resumed[] = { "no", "yes" };

	for (size_t i = 0; i < 2; i++)
		for (size_t j = 0; j < 2; j++) {
			const struct label labels[] = { { "version", versions[i] },
				{ "resumed", resumed[j] }, { 0 } };

			sample(t, labels, t->stats->handshakes[i][j]);
		}
}

static void put_suites(struct text *t)
{
	for (size_t i = 0; i < SUITES; i++) {
		const struct label labels[] = { { "version", stats_suites[i].version },
			{ "cipher", stats_suites[i].name }, { 0 } };

		sample(t, labels, t->stats->suites[i]);
	}
}

static void put_bytes(struct text *t)
{
	one(t, "direction", "from_clients", t->stats->bytes_up);
	one(t, "direction", "to_clients", t->stats->bytes_down);
}

/* The first of an endpoint's databases that is called the same: a series may be there but once. */
static size_t first_of(const struct metrics_endpoint *p, size_t at)
{
	size_t i = 0;

	while (strcmp(p->upstream[i].label, p->upstream[at].label) != 0)
		i++;
	return i;
}

enum of_upstream { ITS_SESSIONS, ITS_STATE };

static uint64_t about(const struct text *t, size_t endpoint, size_t first, enum of_upstream what)
{
	const struct metrics_endpoint *p = &t->facts->endpoint[endpoint];
	uint64_t sessions = 0, up = 0;

	for (size_t i = first; i < p->upstreams; i++) {
		if (first_of(p, i) != first)
			continue;
		sessions += t->stats->upstream_open[endpoint][i];
		up |= p->upstream[i].up != 0;
	}
	return what == ITS_STATE ? up : sessions;
}

static void upstreams(struct text *t, enum of_upstream what)
{
	for (size_t i = 0; i < t->facts->endpoints; i++) {
		const struct metrics_endpoint *p = &t->facts->endpoint[i];

		for (size_t j = 0; j < p->upstreams; j++) {
			const struct label labels[] = { { "endpoint", p->name },
				{ "upstream", p->upstream[j].label }, { 0 } };

			if (first_of(p, j) == j)
				sample(t, labels, about(t, i, j, what));
		}
	}
}

static void put_upstream_sessions(struct text *t)
{
	upstreams(t, ITS_SESSIONS);
}

static void put_upstream_up(struct text *t)
{
	upstreams(t, ITS_STATE);
}

static void put_draining(struct text *t)
{
	sample(t, NULL, (uint64_t)t->facts->draining);
}

static void put_relays(struct text *t)
{
	sample(t, NULL, t->facts->relays);
}

static void put_restarts(struct text *t)
{
	const struct metrics_restarts *r = t->facts->restarts;

	for (size_t i = 0; i < METRICS_ROLES && r[i].role; i++)
		one(t, "role", r[i].role, r[i].n);
}

static void put_greeting(struct text *t)
{
	histogram(t, DURATION_GREETING);
}

static void put_handshake(struct text *t)
{
	histogram(t, DURATION_HANDSHAKE);
}

static void put_login(struct text *t)
{
	histogram(t, DURATION_LOGIN);
}

static void put_session(struct text *t)
{
	histogram(t, DURATION_SESSION);
}

static void put_key(struct text *t)
{
	histogram(t, DURATION_KEY);
}

/* ---- the table ------------------------------------------------------------------------------- */

static const struct metric metrics[] = {
	{ "dbtls_build_info", "gauge", "Always 1; the version is in the label.", put_build },
	{ "dbtls_start_time_seconds", "gauge", "When the door was started, since 1970.",
	    put_since },
	{ "dbtls_certificate_not_after_seconds", "gauge",
	    "When the certificate in use ends, since 1970.", put_certificate },
	{ "dbtls_ca_not_after_seconds", "gauge",
	    "When the certificate of the door's CA ends, since 1970.", put_ca },
	{ "dbtls_sessions_open", "gauge", "Sessions that are open.", put_open },
	{ "dbtls_sessions_logging_in", "gauge", "Of the open sessions, those not yet logged in.",
	    put_logging_in },
	{ "dbtls_sessions_total", "counter", "Connections that were accepted.", put_sessions },
	{ "dbtls_draining", "gauge",
	    "1 while nobody is let in any more and the open sessions may end, else 0.",
	    put_draining },
	{ "dbtls_plaintext_sessions_open", "gauge", "Of the open sessions, those without TLS.",
	    put_plaintext },
	{ "dbtls_plaintext_sessions_total", "counter", "Connections that went on without TLS.",
	    put_plaintext_total },
	{ "dbtls_sessions_ended_total", "counter", "Sessions that ended, by why.", put_ended },
	{ "dbtls_access_denied_total", "counter",
	    "Connections from addresses that the access list does not hold.", put_denied },
	{ "dbtls_access_entries", "gauge",
	    "Entries of the access list in force; the word host counts as one.", put_entries },
	{ "dbtls_handshakes_total", "counter", "TLS handshakes with clients that succeeded.",
	    put_handshakes },
	{ "dbtls_handshake_ciphers_total", "counter", "The same handshakes, by cipher suite.",
	    put_suites },
	{ "dbtls_bytes_total", "counter", "Bytes of logged-in sessions, as they are inside TLS.",
	    put_bytes },
	{ "dbtls_upstream_sessions", "gauge", "Sessions that are connected to this database.",
	    put_upstream_sessions },
	{ "dbtls_upstream_up", "gauge",
	    "1 when the database answered the last time it was tried, else 0.", put_upstream_up },
	{ "dbtls_relays", "gauge", "Relay processes that run.", put_relays },
	{ "dbtls_process_restarts_total", "counter", "Processes that died and were started again.",
	    put_restarts },
	{ "dbtls_greeting_duration_seconds", "histogram",
	    "From the accepted connection until the database's greeting was passed on.",
	    put_greeting },
	{ "dbtls_handshake_duration_seconds", "histogram",
	    "TLS handshakes with clients, from the request for TLS on.", put_handshake },
	{ "dbtls_login_duration_seconds", "histogram",
	    "From the end of the handshake until the client was let in; in the clear, from its "
	    "first word.",
	    put_login },
	{ "dbtls_session_duration_seconds", "histogram",
	    "Sessions that were let in, from accept to end.", put_session },
	{ "dbtls_key_duration_seconds", "histogram",
	    "From a request for a signature to the key process's answer.", put_key },
};

int metrics_text(
    const struct metrics_facts *f, const struct stats *stats, struct buf *out, struct err *e)
{
	struct text t = { .out = out, .facts = f, .stats = stats };

	*out = buf_new(METRICS_MAX);
	for (size_t i = 0; i < sizeof metrics / sizeof *metrics; i++) {
		const struct metric *m = &metrics[i];

		t.name = m->name;
		t.failed |= buf_fmt(out, "# HELP %s %s\n# TYPE %s %s\n", m->name, m->help, m->name,
				m->type) < 0;
		m->put(&t);
	}
	return t.failed ? err_set(e, ERR_LOCAL, _("the metrics are too long for one answer")) : 0;
}
