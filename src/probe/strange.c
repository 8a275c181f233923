/* SPDX-License-Identifier: Apache-2.0 */
#include "probe/strange.h"

#include "base/i18n.h"
#include "wire/mysql.h"

static const char *const words[STRANGES] = {
	[STRANGE_UNKNOWN] = N_("something that is neither TLS nor MySQL"),
	[STRANGE_HTTP] = N_("HTTP without TLS"),
	[STRANGE_SSH] = N_("SSH"),
	[STRANGE_MYSQL] = N_("MySQL"),
	[STRANGE_MYSQLX] = N_("MySQL's X protocol, which has a port of its own, often 33060"),
	[STRANGE_SMTP] = N_("SMTP or FTP"),
	[STRANGE_POSTGRES] = N_("PostgreSQL"),
	[STRANGE_TLS] = N_("TLS from the first byte"),
};

static const struct {
	const char *begins;
	enum strange is;
} texts[] = { { "HTTP/", STRANGE_HTTP }, { "<!DOCTYPE", STRANGE_HTTP }, { "<html", STRANGE_HTTP },
	{ "SSH-", STRANGE_SSH }, { "220 ", STRANGE_SMTP }, { "220-", STRANGE_SMTP } };

const char *strange_words(enum strange s)
{
	return words[s];
}

int strange_packet(struct span in, struct span *payload)
{
	struct mysql_header h;

	if (mysql_header(&in, &h) < 0 || h.length == 0 || h.length > MYSQL_LOGIN_MAX)
		return -1;
	return span_take(&in, h.length, payload);
}

static int is_mysql(struct span in)
{
	struct span payload, text;
	struct mysql_greeting g;
	unsigned code;

	return strange_packet(in, &payload) == 0 &&
	       (mysql_greeting(payload, &g) == 0 || mysql_err(payload, &code, &text) == 0);
}

/* Mysqlx: a length of 4 bytes, little-endian, and the type of a notice, 11. */
static int is_mysqlx(struct span in)
{
	uint64_t n = 0, type = 0;

	return span_le(&in, 4, &n) == 0 && span_le(&in, 1, &type) == 0 && n > 0 && n < 65536 &&
	       type == 11;
}

/* To a TLS ClientHello PostgreSQL says 'E' or 'N', and a length of 4 bytes. */
static int is_postgres(struct span in)
{
	return in.n >= 5 && in.p[0] == 'E' && in.p[1] == 0 && in.p[2] == 0;
}

enum strange strange_is(struct span in)
{
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (in.n >= strlen(texts[i].begins) &&
		    memcmp(in.p, texts[i].begins, strlen(texts[i].begins)) == 0)
			return texts[i].is;
	if (in.n >= 3 && in.p[0] >= 20 && in.p[0] <= 23 && in.p[1] == 3 && in.p[2] <= 4)
		return STRANGE_TLS;
	if (is_mysql(in))
		return STRANGE_MYSQL;
	if (is_mysqlx(in))
		return STRANGE_MYSQLX;
	return is_postgres(in) ? STRANGE_POSTGRES : STRANGE_UNKNOWN;
}
