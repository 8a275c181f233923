/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/mysqlclient.h"

#include "wire/mysql.h"

#include <string.h>

#define LONG_PASSWORD     0x00000001u
#define SECURE_CONNECTION 0x00008000u
#define CAPABILITIES                                                                               \
	(LONG_PASSWORD | MYSQL_PROTOCOL_41 | MYSQL_CLIENT_SSL | SECURE_CONNECTION |                \
	    MYSQL_PLUGIN_AUTH)
#define PACKET_MAX (16u << 20)
#define UTF8MB4    45
#define COM_QUIT   1
#define COM_QUERY  3

int mysqlclient_packet(struct buf *out, uint8_t seq, struct span payload)
{
	uint8_t header[MYSQL_HEADER];

	mysql_header_put(header, (uint32_t)payload.n, seq);
	return buf_add(out, header, sizeof header) < 0 ? -1 : buf_add(out, payload.p, payload.n);
}

/* SSLRequest is a login's beginning. */
static int put_beginning(struct buf *b)
{
	static const uint8_t zeros[23];

	if (buf_le(b, CAPABILITIES, 4) < 0 || buf_le(b, PACKET_MAX, 4) < 0 ||
	    buf_le(b, UTF8MB4, 1) < 0)
		return -1;
	return buf_add(b, zeros, sizeof zeros);
}

static int put_and_wipe(struct buf *out, uint8_t seq, struct buf *payload, int rc)
{
	if (rc == 0)
		rc = mysqlclient_packet(out, seq, span_of(payload->p, payload->n));
	buf_wipe(payload);
	return rc;
}

int mysqlclient_ssl_request(struct buf *out)
{
	struct buf b = buf_new(MYSQL_SSLREQUEST);

	return put_and_wipe(out, 1, &b, put_beginning(&b));
}

int mysqlclient_login(struct buf *out, uint8_t seq, const struct mysqlclient_login *l)
{
	struct buf b = buf_new(MYSQL_LOGIN_MAX);
	int rc = -1;

	if (l->proof.n < 256 && put_beginning(&b) == 0 &&
	    buf_add(&b, l->user, strlen(l->user) + 1) == 0 && buf_le(&b, l->proof.n, 1) == 0 &&
	    buf_add(&b, l->proof.p, l->proof.n) == 0)
		rc = buf_add(&b, l->plugin, strlen(l->plugin) + 1);
	return put_and_wipe(out, seq, &b, rc);
}

int mysqlclient_query(struct buf *out, const char *sql)
{
	struct buf b = buf_new(MYSQL_LOGIN_MAX);
	int rc = buf_le(&b, COM_QUERY, 1);

	if (rc == 0)
		rc = buf_add(&b, sql, strlen(sql));
	return put_and_wipe(out, 0, &b, rc);
}

int mysqlclient_quit(struct buf *out)
{
	static const uint8_t quit = COM_QUIT;

	return mysqlclient_packet(out, 0, span_of(&quit, 1));
}
