/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/mysql.h"

#define CONNECT_WITH_DB      0x00000008u
#define SECURE_CONNECTION    0x00008000u
#define CONNECT_ATTRS        0x00100000u
#define PLUGIN_AUTH_LENENC   0x00200000u
#define ERR_PROGRESS         0xffffu /* MariaDB: an ERR that reports progress */
#define SALT1                8
#define SALT2_MIN            13 /* 12 bytes and a NUL */
#define RESERVED_IN_GREETING 10
#define RESERVED_IN_LOGIN    23
#define SQLSTATE             5
#define LENGTH_MAX           0xffffffu

int mysql_header(struct span *s, struct mysql_header *h)
{
	uint64_t length, seq;

	if (s->n < MYSQL_HEADER || span_le(s, 3, &length) < 0 || span_le(s, 1, &seq) < 0)
		return -1;
	*h = (struct mysql_header) { .length = (uint32_t)length, .seq = (uint8_t)seq };
	return 0;
}

void mysql_header_put(uint8_t out[MYSQL_HEADER], uint32_t length, uint8_t seq)
{
	out[0] = (uint8_t)length;
	out[1] = (uint8_t)(length >> 8);
	out[2] = (uint8_t)(length >> 16);
	out[3] = seq;
}

/* A last string may lack its NUL: MySQL 5.5.7 to 5.5.9 sent its plugin so, and drivers do. */
static struct span last_cstr(struct span *s)
{
	struct span out;

	if (span_cstr(s, &out) == 0)
		return out;
	out = *s;
	s->p += s->n;
	s->n = 0;
	return out;
}

/* The second part of the scramble: as long as the greeting says, at least 13 bytes. */
static int greeting_salt2(struct span *s, uint64_t announced, struct span *salt)
{
	size_t n = announced > SALT1 + SALT2_MIN ? (size_t)announced - SALT1 : SALT2_MIN;

	return span_take(s, n, salt);
}

int mysql_greeting(struct span payload, struct mysql_greeting *g)
{
	struct mysql_greeting got = { 0 };
	struct span s = payload, salt1, salt2;
	uint64_t protocol, id, low, high, salt_length;

	if (span_le(&s, 1, &protocol) < 0 || protocol != 10)
		return -1;
	if (span_cstr(&s, &got.version) < 0 || span_le(&s, 4, &id) < 0)
		return -1;
	if (span_take(&s, SALT1, &salt1) < 0 || span_skip(&s, 1) < 0)
		return -1;
	got.caps_low_at = payload.n - s.n;
	/* Between the halves of the capabilities: one byte of charset, two of status. */
	if (span_le(&s, 2, &low) < 0 || span_skip(&s, 3) < 0 || span_le(&s, 2, &high) < 0)
		return -1;
	if (span_le(&s, 1, &salt_length) < 0 || span_skip(&s, RESERVED_IN_GREETING) < 0)
		return -1;
	got.connection_id = (uint32_t)id;
	got.capabilities = (uint32_t)(high << 16 | low);
	/* Without these there is no scramble of 20 bytes: a server of before 4.1. */
	if (!(got.capabilities & MYSQL_PROTOCOL_41) || !(got.capabilities & SECURE_CONNECTION))
		return -1;
	if (greeting_salt2(&s, salt_length, &salt2) < 0)
		return -1;
	memcpy(got.scramble, salt1.p, SALT1);
	memcpy(got.scramble + SALT1, salt2.p, sizeof got.scramble - SALT1);
	if (got.capabilities & MYSQL_PLUGIN_AUTH)
		got.plugin = last_cstr(&s);
	*g = got;
	return 0;
}

/* Type 22, version 3.x, and a ClientHello (RFC 8446 5.1 and 4). */
static int is_tls(const uint8_t *p)
{
	return p[0] == 0x16 && p[1] == 0x03 && p[2] <= 0x04 && p[5] == 0x01;
}

static int is_http(const uint8_t *p)
{
	static const char *const words[] = { "GET ", "HEAD ", "POST ", "PUT ", "DELETE ",
		"OPTIONS ", "CONNECT ", "TRACE ", "PATCH ", "PRI " };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (memcmp(p, words[i], strlen(words[i])) == 0)
			return 1;
	return 0;
}

/*
 * The first byte of a MySQL packet is the low byte of its length, so that any first byte may be
 * one. What keeps the readings apart:
 *
 * - HTTP: the third byte is a letter, as a length that is 2 MiB or more, and no login is.
 * - TLS: 16 03 01 and above is, as a length, more than MYSQL_LOGIN_MAX as well. 16 03 00 (a hello
 *   in an SSL 3.0 record) is 790, which a login could have, with the sequence id 1 when the record
 *   has 256 to 511 bytes; but byte 5 of a hello is 01, where a login's PROTOCOL_41 is bit 02.
 *   Only an old login of just 790 bytes could be taken for TLS, and it is refused either way.
 * - SSLRequest and login: 32 bytes are a login's fixed part; a login has a user name's NUL behind
 *   it, so that a packet of 32 is never one, and a longer one is never an SSLRequest, whatever its
 *   CLIENT_SSL says.
 * - Old: without PROTOCOL_41 the capabilities have two bytes, and the bit is in the same place.
 */
enum mysql_first mysql_first(const uint8_t *p, size_t n, uint8_t *seq)
{
	struct span s = span_of(p, n);
	struct mysql_header h;
	uint64_t caps;

	*seq = n >= MYSQL_HEADER ? p[MYSQL_HEADER - 1] : 0;
	if (n < 8 || mysql_header(&s, &h) < 0 || span_le(&s, 4, &caps) < 0)
		return MYSQL_FIRST_NONSENSE;
	if (is_tls(p))
		return MYSQL_FIRST_TLS;
	if (is_http(p))
		return MYSQL_FIRST_HTTP;
	/* HandshakeResponse320 has five bytes before its user. */
	if (h.seq != 1 || h.length < 5 || h.length > MYSQL_LOGIN_MAX)
		return MYSQL_FIRST_NONSENSE;
	if (!(caps & MYSQL_PROTOCOL_41))
		return MYSQL_FIRST_OLD;
	if (h.length > MYSQL_SSLREQUEST)
		return MYSQL_FIRST_PLAINTEXT;
	if (h.length == MYSQL_SSLREQUEST && caps & MYSQL_CLIENT_SSL)
		return MYSQL_FIRST_SSLREQUEST;
	return MYSQL_FIRST_NONSENSE;
}

/* Protocol::LengthEncodedInteger. fb stands for NULL and ff for an error: neither is a length. */
static int lenenc(struct span *s, uint64_t *out)
{
	static const uint8_t widths[] = { 0, 2, 3, 8, 0 }; /* fb … ff */
	uint64_t first;

	if (span_le(s, 1, &first) < 0)
		return -1;
	*out = first;
	if (first < 0xfb)
		return 0;
	if (widths[first - 0xfb] == 0)
		return -1;
	return span_le(s, widths[first - 0xfb], out);
}

int mysql_string(struct span *s, struct span *out)
{
	struct span at = *s;
	uint64_t n;

	if (lenenc(&at, &n) < 0 || n > at.n || span_take(&at, (size_t)n, out) < 0)
		return -1;
	*s = at;
	return 0;
}

static int take_answer(struct span *s, uint32_t caps, struct span *answer)
{
	uint64_t n = 0;

	if (!(caps & (PLUGIN_AUTH_LENENC | SECURE_CONNECTION)))
		return span_cstr(s, answer);
	if ((caps & PLUGIN_AUTH_LENENC ? lenenc(s, &n) : span_le(s, 1, &n)) < 0)
		return -1;
	return n > s->n ? -1 : span_take(s, (size_t)n, answer);
}

int mysql_login(struct span payload, struct mysql_login *l)
{
	struct mysql_login got = { 0 };
	struct span s = payload;
	uint64_t caps;

	if (span_le(&s, 4, &caps) < 0 || !(caps & MYSQL_PROTOCOL_41))
		return -1;
	got.capabilities = (uint32_t)caps;
	/* The longest packet in bytes, the charset, and what is reserved. */
	if (span_skip(&s, 4 + 1 + RESERVED_IN_LOGIN) < 0)
		return -1;
	if (span_cstr(&s, &got.user) < 0 || take_answer(&s, got.capabilities, &got.answer) < 0)
		return -1;
	if (got.capabilities & CONNECT_WITH_DB)
		got.database = last_cstr(&s);
	if (got.capabilities & MYSQL_PLUGIN_AUTH)
		got.plugin = last_cstr(&s);
	/* A login does not fail for the attributes that it comes with. */
	if (got.capabilities & CONNECT_ATTRS)
		(void)mysql_string(&s, &got.attributes);
	*l = got;
	return 0;
}

int mysql_attribute(struct span *attributes, struct span *name, struct span *value)
{
	struct span s = *attributes, k, v;

	if (mysql_string(&s, &k) < 0 || mysql_string(&s, &v) < 0)
		return -1;
	*attributes = s;
	*name = k;
	*value = v;
	return 0;
}

int mysql_switch(struct span payload, struct span *plugin, uint8_t scramble[20])
{
	struct span s = payload, name, salt;
	uint64_t first;

	if (span_le(&s, 1, &first) < 0 || first != 0xfe || span_cstr(&s, &name) < 0 ||
	    span_take(&s, 20, &salt) < 0)
		return -1;
	*plugin = name;
	memcpy(scramble, salt.p, 20);
	return 0;
}

enum mysql_auth mysql_auth(struct span payload)
{
	static const struct {
		uint8_t first;
		enum mysql_auth is;
	} rows[] = {
		{ 0x00, MYSQL_AUTH_OK },
		{ 0xff, MYSQL_AUTH_ERR },
		{ 0xfe, MYSQL_AUTH_SWITCH },
		{ 0x01, MYSQL_AUTH_MORE },
		{ 0x02, MYSQL_AUTH_MORE },
	};

	if (payload.n == 1 && payload.p[0] == 0xfe)
		return MYSQL_AUTH_OLD;
	if (payload.n == 2 && payload.p[0] == 0x01 && payload.p[1] == 0x03)
		return MYSQL_AUTH_LAST;
	for (size_t i = 0; payload.n > 0 && i < sizeof rows / sizeof *rows; i++)
		if (payload.p[0] == rows[i].first)
			return rows[i].is;
	return MYSQL_AUTH_NONSENSE;
}

int mysql_err(struct span payload, unsigned *code, struct span *text)
{
	struct span s = payload;
	uint64_t first, number;

	if (span_le(&s, 1, &first) < 0 || first != 0xff || span_le(&s, 2, &number) < 0)
		return -1;
	if (number == ERR_PROGRESS)
		return -1;
	if (s.n > SQLSTATE && s.p[0] == '#')
		(void)span_skip(&s, 1 + SQLSTATE);
	*code = (unsigned)number;
	*text = s;
	return 0;
}

static int err_payload(struct buf *out, unsigned code, const char *state, const char *text)
{
	if (buf_le(out, 0xff, 1) < 0 || buf_le(out, code, 2) < 0)
		return -1;
	if (state && (buf_add(out, "#", 1) < 0 || buf_add(out, state, SQLSTATE) < 0))
		return -1;
	return buf_add(out, text, strlen(text));
}

int mysql_err_put(struct buf *out, uint8_t seq, unsigned code, const char *state, const char *text)
{
	uint8_t header[MYSQL_HEADER];
	size_t before = out->n;
	size_t length = 1 + 2 + (state ? 1 + SQLSTATE : 0) + strlen(text);

	if (length > LENGTH_MAX || code > 0xffff || (state && strlen(state) != SQLSTATE))
		return -1;
	mysql_header_put(header, (uint32_t)length, seq);
	if (buf_add(out, header, sizeof header) < 0 || err_payload(out, code, state, text) < 0) {
		out->n = before;
		return -1;
	}
	return 0;
}
