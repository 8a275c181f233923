// SPDX-License-Identifier: Apache-2.0
#include "engine/admin.h"

#include "base/buf.h"
#include "base/i18n.h"
#include "pki/digest.h"
#include "wire/mysql.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define PACKET_MAX        4096 /* greeting, OK and ERR are far shorter */
#define SECURE_CONNECTION 0x8000u
#define UTF8MB4           45
#define COM_QUERY         0x03

struct packet {
	uint8_t seq;
	size_t n;
	uint8_t p[PACKET_MAX];
};

int admin_connect(const char *path)
{
	const struct timeval patience = { .tv_sec = 2 };
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof a.sun_path)
		return -1;
	memcpy(a.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	/* The send timeout bounds connect as well, for when the backlog is full. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) < 0 ||
	    connect(fd, (struct sockaddr *)&a, sizeof a) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

int admin_greeted(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) > 0;
}

static int receive(int fd, uint8_t *p, size_t n, struct err *e)
{
	while (n > 0) {
		ssize_t m = recv(fd, p, n, MSG_WAITALL);

		if (m < 0 && errno == EINTR)
			continue;
		if (m < 0 && errno == EAGAIN)
			return err_set(e, ERR_PEER, _("the engine didn't answer within 2 s"));
		if (m < 0)
			return err_sys(e, _("hear the engine"));
		if (m == 0)
			return err_set(e, ERR_PEER, _("the engine closed the connection"));
		p += m;
		n -= (size_t)m;
	}
	return 0;
}

static int receive_packet(int fd, struct packet *k, struct err *e)
{
	uint8_t head[MYSQL_HEADER] = { 0 };
	struct mysql_header h;
	struct span s = span_of(head, sizeof head);

	if (receive(fd, head, sizeof head, e) < 0)
		return -1;
	if (mysql_header(&s, &h) < 0 || h.length == 0 || h.length > sizeof k->p)
		return err_set(e, ERR_PEER, _("the engine sent a packet of an odd length"));
	k->seq = h.seq;
	k->n = h.length;
	return receive(fd, k->p, k->n, e);
}

static int send_packet(int fd, uint8_t seq, const struct buf *payload, struct err *e)
{
	struct buf b = buf_new(payload->max + MYSQL_HEADER);
	uint8_t head[MYSQL_HEADER] = { 0 };
	int rc = -1;

	mysql_header_put(head, (uint32_t)payload->n, seq);
	if (buf_add(&b, head, sizeof head) < 0 || buf_add(&b, payload->p, payload->n) < 0) {
		err_set(e, ERR_SYS, _("out of memory"));
		goto out;
	}
	if (send(fd, b.p, b.n, MSG_NOSIGNAL) != (ssize_t)b.n) {
		err_sys(e, _("speak to the engine"));
		goto out;
	}
	rc = 0;
out:
	buf_free(&b);
	return rc;
}

/* 0: the packet is OK. -1: it is ERR, whose code and text are told, or something else. */
static int expect_ok(const struct packet *k, unsigned *code, struct err *e)
{
	struct span text;

	*code = 0;
	if (k->p[0] == 0x00)
		return 0;
	if (mysql_err(span_of(k->p, k->n), code, &text) < 0)
		return err_set(e, ERR_PEER, _("the engine sent neither OK nor an error"));
	return err_set(
	    e, ERR_PEER, _("the engine says: %u %.*s"), *code, (int)text.n, (const char *)text.p);
}

/* Protocol::HandshakeResponse41, with no more capabilities than it takes. */
static int put_login(
    struct buf *b, const char *user, const char *password, const struct mysql_greeting *g)
{
	static const uint8_t zeros[23];
	uint8_t answer[SHA1_LENGTH];
	uint32_t caps = MYSQL_PROTOCOL_41 | MYSQL_PLUGIN_AUTH | SECURE_CONNECTION;

	if (mysql_native_answer(password, g->scramble, answer) < 0 || buf_le(b, caps, 4) < 0 ||
	    buf_le(b, PACKET_MAX, 4) < 0 || buf_le(b, UTF8MB4, 1) < 0 ||
	    buf_add(b, zeros, sizeof zeros) < 0 || buf_add(b, user, strlen(user) + 1) < 0 ||
	    buf_le(b, sizeof answer, 1) < 0 || buf_add(b, answer, sizeof answer) < 0)
		return -1;
	return buf_add(b, "mysql_native_password", sizeof "mysql_native_password");
}

static void copy_version(char *out, size_t size, struct span v)
{
	static const char replication[] = "5.5.5-"; /* what old replicas want to read */
	size_t n = sizeof replication - 1;

	if (v.n > n && memcmp(v.p, replication, n) == 0)
		(void)span_skip(&v, n);
	(void)snprintf(out, size, "%.*s", (int)v.n, (const char *)v.p);
	for (char *c = out; *c; c++) {
		if (*c <= ' ' || *c > '~')
			*c = '?';
	}
}

int admin_login(
    int fd, const char *user, const char *password, char *version, size_t size, struct err *e)
{
	struct buf b = buf_new(512);
	struct mysql_greeting g;
	struct packet k = { 0 };
	unsigned code;
	int rc = -1;

	if (receive_packet(fd, &k, e) < 0)
		goto out;
	if (mysql_greeting(span_of(k.p, k.n), &g) < 0) {
		/* ERR instead of a greeting: too many connections. OK here is nonsense. */
		if (expect_ok(&k, &code, e) == 0)
			err_set(e, ERR_PEER, _("the engine sent no greeting"));
		goto out;
	}
	if (put_login(&b, user, password, &g) < 0) {
		err_set(e, ERR_SYS, _("make the login packet"));
		goto out;
	}
	/* What g borrowed is overwritten by the next packet. */
	copy_version(version, size, g.version);
	if (send_packet(fd, (uint8_t)(k.seq + 1), &b, e) < 0 || receive_packet(fd, &k, e) < 0 ||
	    expect_ok(&k, &code, e) < 0)
		goto out;
	rc = 0;
out:
	if (rc < 0)
		version[0] = '\0';
	buf_wipe(&b);
	return rc;
}

int admin_query(int fd, const char *sql, unsigned *code, struct err *e)
{
	struct buf b = buf_new(PACKET_MAX);
	struct packet k = { 0 };
	int rc = -1;

	*code = 0;
	if (buf_le(&b, COM_QUERY, 1) < 0 || buf_add(&b, sql, strlen(sql)) < 0) {
		err_set(e, ERR_SYS, _("a statement is too long"));
		goto out;
	}
	if (send_packet(fd, 0, &b, e) < 0 || receive_packet(fd, &k, e) < 0)
		goto out;
	rc = expect_ok(&k, code, e);
out:
	buf_wipe(&b);
	return rc;
}
