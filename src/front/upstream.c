/* SPDX-License-Identifier: Apache-2.0 */
#include "front/upstream.h"

#include "base/clock.h"
#include "base/log.h"
#include "front/relay_state.h"
#include "net/sock.h"

#include <sys/socket.h>

#define PAUSE_US     100000
#define PAUSE_MAX_US 5000000
#define PROBE_US     2000000 /* as long as one that hangs is waited for, where there are others */

static int begin(struct upstream *u, unsigned address, struct end *x, struct err *e)
{
	const struct upstream_config *to = &u->config;
	/* A Unix socket is asked for room only once it has none: see loop_want_room. */
	enum loop_how how = to->path[0] ? LOOP_INPUT : LOOP_EDGE;

	x->watch.fd = to->path[0] ? sock_connect_unix(to->path, e)
				  : sock_connect_tcp(&to->address[address], e);
	x->drained = 1; /* until an edge tells of more */
	return x->watch.fd < 0 ? -1 : loop_add(&relay.loop, &x->watch, how, e);
}

/* The loop tells of room once the connection stands; one that fails has hung up as well. */
static int is_connected(const struct upstream *u, const struct end *x, struct err *e)
{
	if (u->config.path[0])
		return 1;
	return x->hangup ? sock_connected(x->watch.fd, e) : x->writable;
}

int upstream_dial(struct upstream *u, unsigned address, struct end *x, struct err *e)
{
	int connected = 0;

	if (x->watch.fd < 0)
		connected = begin(u, address, x, e);
	if (connected == 0)
		connected = is_connected(u, x, e);
	if (connected < 0)
		end_close(x, NULL);
	return connected;
}

int upstream_secure(struct upstream *u, struct end *x, const void *request, size_t n, struct err *e)
{
	/* A new connection's socket takes so few bytes, or it is broken. */
	if (n > 0 && send(x->watch.fd, request, n, MSG_NOSIGNAL) != (ssize_t)n)
		return err_sys(e, "ask the database for TLS");
	return tls_conn_start_client(&x->tls, u->ctx, x->watch.fd, u->config.name, e);
}

unsigned upstream_turn(struct upstream *u, unsigned address, const char *why)
{
	const struct upstream_config *c = &u->config;
	unsigned next = (address + 1) % c->addresses;
	char from[ADDR_TEXT], to[ADDR_TEXT];

	/* Other sessions may have found so before. */
	if (u->address != address)
		return next;
	u->address = next;
	log_line("upstream %s does not answer at %s: %s; now at %s", c->label,
	    addr_text(&c->address[address], from), why, addr_text(&c->address[next], to));
	return next;
}

void upstream_probed(struct upstream *u, uint64_t now)
{
	if (u->failures && u->again_at < now + PROBE_US)
		u->again_at = now + PROBE_US;
}

void upstream_failed(struct upstream *u, const char *why, uint64_t now)
{
	uint64_t pause = PAUSE_US;

	for (unsigned n = 0; n < u->failures && pause < PAUSE_MAX_US; n++)
		pause *= 2;
	if (u->failures == 0)
		log_line("upstream %s does not answer: %s", u->config.label, why);
	u->failures++;
	stats_set(u->failing, 1);
	stats_set(u->tried, now);
	u->again_at = now + (pause < PAUSE_MAX_US ? pause : PAUSE_MAX_US);
}

void upstream_full(struct upstream *u, uint64_t now)
{
	if (u->again_at <= now)
		log_line("upstream %s has no room", u->config.label);
	u->again_at = now + PAUSE_MAX_US;
}

void upstream_works(struct upstream *u)
{
	stats_set(u->failing, 0);
	stats_set(u->tried, clock_us());
	if (!u->failures)
		return;
	log_line("upstream %s answers again", u->config.label);
	u->failures = 0;
	u->again_at = 0;
}
