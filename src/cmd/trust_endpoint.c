/* SPDX-License-Identifier: Apache-2.0 */
/* `dbtls trust audit ENDPOINT`: one connection, until the server has shown its certificates. */
#include "base/clock.h"
#include "base/i18n.h"
#include "cmd/trust_audit.h"
#include "doctor/target.h"
#include "net/resolve.h"
#include "net/sock.h"
#include "wire/mysql.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define WAIT_MS 5000
#define CHARSET 45 /* utf8mb4_general_ci */

/* A connection under way. */
struct call {
	int fd;
	uint64_t until; /* clock_us() */
};

int audit_is_endpoint(const char *word)
{
	if (strstr(word, "://"))
		return 1;
	return strchr(word, ':') && !strchr(word, '/') && access(word, F_OK) < 0;
}

static int wait_for(const struct call *c, short what, struct err *e)
{
	struct pollfd p = { .fd = c->fd, .events = what };
	uint64_t now = clock_us();

	if (now < c->until && poll(&p, 1, (int)((c->until - now) / 1000) + 1) > 0)
		return 0;
	return err_set(e, ERR_PEER, _("no answer within %d seconds"), WAIT_MS / 1000);
}

/* ---- MySQL's words before TLS ---------------------------------------------------------------- */

/* Exactly n bytes: what is behind the greeting belongs to TLS. */
static int take(const struct call *c, uint8_t *p, size_t n, struct err *e)
{
	while (n > 0) {
		ssize_t got;

		if (wait_for(c, POLLIN, e) < 0)
			return -1;
		got = recv(c->fd, p, n, 0);
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (got < 0)
			return err_sys(e, _("read MySQL's greeting"));
		if (got == 0)
			return err_set(e, ERR_PEER, _("it hangs up before MySQL's greeting"));
		p += got;
		n -= (size_t)got;
	}
	return 0;
}

static int refusal(struct span payload, struct err *e)
{
	char clear[256];
	struct span text;
	unsigned code;

	if (mysql_err(payload, &code, &text) < 0)
		return err_set(e, ERR_PEER, _("what it says is no greeting of MySQL's"));
	store_clean(clear, sizeof clear, text);
	return err_set(e, ERR_PEER, _("it refuses with MySQL's error %u: %s"), code, clear);
}

static int read_greeting(const struct call *c, struct err *e)
{
	uint8_t head[MYSQL_HEADER], payload[2048];
	struct span s = span_of(head, sizeof head);
	struct mysql_greeting g;
	struct mysql_header h;

	if (take(c, head, sizeof head, e) < 0)
		return -1;
	if (mysql_header(&s, &h) < 0 || h.length > sizeof payload)
		return err_set(e, ERR_PEER, _("what it says is no greeting of MySQL's"));
	if (take(c, payload, h.length, e) < 0)
		return -1;
	if (mysql_greeting(span_of(payload, h.length), &g) < 0)
		return refusal(span_of(payload, h.length), e);
	if (!(g.capabilities & MYSQL_CLIENT_SSL))
		return err_set(e, ERR_PEER, _("it offers no TLS"));
	return 0;
}

/* Protocol::SSLRequest: capabilities, the longest packet, the character set, 23 bytes of nothing.
 */
static int send_request(const struct call *c, struct err *e)
{
	const uint32_t capabilities = MYSQL_CLIENT_SSL | MYSQL_PROTOCOL_41 | MYSQL_PLUGIN_AUTH;
	uint8_t packet[MYSQL_HEADER + MYSQL_SSLREQUEST] = { 0 };

	mysql_header_put(packet, MYSQL_SSLREQUEST, 1);
	for (int i = 0; i < 4; i++)
		packet[MYSQL_HEADER + i] = (uint8_t)(capabilities >> 8 * i);
	packet[MYSQL_HEADER + 7] = 1; /* 16 MiB */
	packet[MYSQL_HEADER + 8] = CHARSET;
	if (send(c->fd, packet, sizeof packet, MSG_NOSIGNAL) != sizeof packet)
		return err_sys(e, _("ask for TLS"));
	return 0;
}

/* ---- the connection -------------------------------------------------------------------------- */

static int dial(struct call *c, const struct addr *to, struct err *e)
{
	int rc;

	c->fd = sock_connect_tcp(to, e);
	if (c->fd < 0)
		return -1;
	while ((rc = sock_connected(c->fd, e)) == 0)
		if (wait_for(c, POLLOUT, e) < 0)
			return -1;
	return rc < 0 ? -1 : 0;
}

/* The first of its addresses that answers; what is said is of the last. */
static int dial_any(struct call *c, const struct addr *found, int n, struct err *e)
{
	for (int i = 0; i < n; i++) {
		if (dial(c, &found[i], e) == 0)
			return 0;
		if (c->fd >= 0)
			(void)close(c->fd);
		c->fd = -1;
	}
	return -1;
}

static int look(struct audit_endpoint *at, const struct target *t, struct call *c, struct err *e)
{
	struct addr found[RESOLVE_MAX];
	int n = resolve_host(t->host, t->port, found, WAIT_MS, e);

	c->until = clock_us() + WAIT_MS * 1000;
	if (n < 0 || dial_any(c, found, n, e) < 0)
		return -1;
	if (t->protocol == TARGET_MYSQL && (read_greeting(c, e) < 0 || send_request(c, e) < 0))
		return -1;
	return shown_ask(&at->shown, c->fd, at->host, c->until, e);
}

static int fill(struct audit_endpoint *at, const struct target *t, struct err *e)
{
	const char *host = t->server_name ? t->server_name : t->host;

	if (t->protocol == TARGET_HTTP)
		return err_set(e, ERR_USER, _("no TLS is spoken there"));
	if (strlen(host) >= sizeof at->host)
		return err_set(e, ERR_USER, _("the host's name is too long"));
	(void)snprintf(at->host, sizeof at->host, "%s", host);
	at->chain.host = at->host;
	return 0;
}

int audit_endpoint_open(struct audit_endpoint *at, const char *text, struct err *e)
{
	struct call c = { .fd = -1 };
	struct target t = { 0 };
	int rc = -1;

	*at = (struct audit_endpoint) { 0 };
	if (target_parse(&t, span_of(text, strlen(text)), e) < 0)
		return -1;
	store_clean(at->text, sizeof at->text, span_of(t.text, strlen(t.text)));
	if (fill(at, &t, e) == 0)
		rc = look(at, &t, &c, e);
	for (size_t i = 0; i < at->shown.n; i++)
		at->chain.der[i] = span_of(at->shown.cert[i].p, at->shown.cert[i].n);
	at->chain.n = at->shown.n;
	if (rc < 0)
		(void)err_prefix(e, "%s", at->text);
	if (c.fd >= 0)
		(void)close(c.fd);
	target_free(&t);
	return rc;
}

void audit_endpoint_close(struct audit_endpoint *at)
{
	shown_free(&at->shown);
}
