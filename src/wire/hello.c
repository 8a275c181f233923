/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/hello.h"

#include <arpa/inet.h>

#define RECORD_HEADER  5
#define RECORD_MAX     16384
#define MESSAGE_HEADER 4
#define HANDSHAKE      22
#define CLIENT_HELLO   1
#define RANDOM         32
#define SESSION_ID_MAX 32
#define HOST_NAME      0
#define SSL3           0x0300
#define TLS1_2         0x0303
#define TLS1_3         0x0304

/* An unsigned number in the network's order. */
static int number(struct span *s, size_t bytes, size_t *out)
{
	struct span b;

	if (span_take(s, bytes, &b) < 0)
		return -1;
	*out = 0;
	for (size_t i = 0; i < bytes; i++)
		*out = *out << 8 | b.p[i];
	return 0;
}

/* A vector: its length in so many bytes, and then itself. */
static int vector(struct span *s, size_t bytes, struct span *out)
{
	struct span at = *s;
	size_t n;

	if (number(&at, bytes, &n) < 0 || span_take(&at, n, out) < 0)
		return -1;
	*s = at;
	return 0;
}

/* A vector that is all there is. */
static int whole(struct span s, size_t bytes, struct span *out)
{
	return vector(&s, bytes, out) < 0 || s.n ? -1 : 0;
}

int hello_is_grease(uint16_t value)
{
	return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
}

int hello_has(const struct hello_list *list, uint16_t value)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->v[i] == value)
			return 1;
	return 0;
}

/* Returns the bit when the value is GREASE, which no list keeps. */
static uint8_t keep(struct hello_list *list, uint16_t value, uint8_t bit)
{
	if (hello_is_grease(value))
		return bit;
	if (list->n < HELLO_LIST)
		list->v[list->n++] = value;
	else if (list->more < UINT16_MAX)
		list->more++;
	return 0;
}

/* Numbers of two bytes, one at least, until the end. */
static int numbers(struct hello *h, struct span s, struct hello_list *list, uint8_t bit)
{
	size_t value;

	if (s.n == 0 || s.n % 2)
		return -1;
	while (s.n) {
		if (number(&s, 2, &value) < 0)
			return -1;
		h->grease |= keep(list, (uint16_t)value, bit);
	}
	return 0;
}

/* ---- extensions ------------------------------------------------------------------------------ */

static int is_address(struct span name)
{
	char text[INET6_ADDRSTRLEN];
	uint8_t address[16];

	if (name.n >= sizeof text || memchr(name.p, 0, name.n))
		return 0;
	memcpy(text, name.p, name.n);
	text[name.n] = '\0';
	return inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1;
}

/* A list of names with a type each; of type 0 there is one, and no other type was ever made. */
static int read_sni(struct hello *h, struct span s)
{
	struct span names, name;
	size_t type;

	if (whole(s, 2, &names) < 0 || number(&names, 1, &type) < 0 || type != HOST_NAME)
		return -1;
	if (whole(names, 2, &name) < 0 || name.n == 0)
		return -1;
	h->sni = name;
	h->sni_is_address = (uint8_t)is_address(name);
	return 0;
}

static int read_groups(struct hello *h, struct span s)
{
	struct span list;

	return whole(s, 2, &list) < 0 ? -1 : numbers(h, list, &h->groups, HELLO_GREASE_GROUP);
}

static int read_signs(struct hello *h, struct span s)
{
	struct span list;

	return whole(s, 2, &list) < 0 ? -1 : numbers(h, list, &h->signs, HELLO_GREASE_SIGN);
}

static int read_versions(struct hello *h, struct span s)
{
	struct hello_list versions = { 0 };
	struct span list;

	if (whole(s, 1, &list) < 0 || numbers(h, list, &versions, HELLO_GREASE_VERSION) < 0)
		return -1;
	h->versions = 0;
	for (uint16_t v = SSL3; v <= TLS1_3; v++)
		if (hello_has(&versions, v))
			h->versions |= (uint8_t)(1u << (v - SSL3));
	return 0;
}

static int alpn_is_grease(struct span name)
{
	return name.n == 2 && hello_is_grease((uint16_t)(name.p[0] << 8 | name.p[1]));
}

static int read_alpn(struct hello *h, struct span s)
{
	struct span list, name;

	if (whole(s, 2, &list) < 0 || list.n == 0)
		return -1;
	while (list.n) {
		if (vector(&list, 1, &name) < 0 || name.n == 0)
			return -1;
		if (alpn_is_grease(name))
			h->grease |= HELLO_GREASE_ALPN;
		else if (h->n_alpn < HELLO_ALPN)
			h->alpn[h->n_alpn++] = name;
	}
	return 0;
}

static int read_ticket(struct hello *h, struct span s)
{
	h->ticket = s.n > 0;
	return 0;
}

static int read_psk(struct hello *h, struct span s)
{
	h->psk = s.n > 0;
	return 0;
}

static const struct {
	uint16_t type;
	int (*read)(struct hello *h, struct span s);
} readers[] = {
	{ HELLO_EXT_SNI, read_sni },
	{ HELLO_EXT_GROUPS, read_groups },
	{ HELLO_EXT_SIGNS, read_signs },
	{ HELLO_EXT_ALPN, read_alpn },
	{ HELLO_EXT_TICKET, read_ticket },
	{ HELLO_EXT_PSK, read_psk },
	{ HELLO_EXT_VERSIONS, read_versions },
};

static int read_extension(struct hello *h, uint16_t type, struct span s)
{
	/* One of each (RFC 8446 4.2): else the second would write over the first. */
	if (hello_has(&h->extensions, type))
		return -1;
	h->grease |= keep(&h->extensions, type, HELLO_GREASE_EXTENSION);
	for (size_t i = 0; i < sizeof readers / sizeof *readers; i++)
		if (readers[i].type == type)
			return readers[i].read(h, s);
	return 0;
}

static int read_extensions(struct hello *h, struct span s)
{
	struct span data;
	size_t type;

	while (s.n)
		if (number(&s, 2, &type) < 0 || vector(&s, 2, &data) < 0 ||
		    read_extension(h, (uint16_t)type, data) < 0)
			return -1;
	return 0;
}

/* ---- the body -------------------------------------------------------------------------------- */

/* What legacy_version alone says. Above TLS 1.2 it means TLS 1.2 (RFC 8446 4.2.1). */
static uint8_t version_alone(size_t version)
{
	if (version < SSL3)
		return 0;
	return version > TLS1_2 ? HELLO_TLS1_2 : (uint8_t)(1u << (version - SSL3));
}

static int compresses(struct span methods)
{
	for (size_t i = 0; i < methods.n; i++)
		if (methods.p[i])
			return 1;
	return 0;
}

int hello_read(struct span body, struct hello *h)
{
	struct hello got = { 0 };
	struct span s = body, id, suites, methods, extensions = { 0 };
	size_t version;

	if (body.n > HELLO_MAX || number(&s, 2, &version) < 0 || span_skip(&s, RANDOM) < 0)
		return -1;
	if (vector(&s, 1, &id) < 0 || id.n > SESSION_ID_MAX)
		return -1;
	if (vector(&s, 2, &suites) < 0 ||
	    numbers(&got, suites, &got.suites, HELLO_GREASE_SUITE) < 0)
		return -1;
	if (vector(&s, 1, &methods) < 0 || methods.n == 0)
		return -1;
	got.legacy_version = (uint16_t)version;
	got.versions = version_alone(version);
	got.session_id = (uint8_t)id.n;
	got.compresses = (uint8_t)compresses(methods);
	/* Before TLS 1.2 there may be no extensions at all (RFC 5246 7.4.1.2). */
	if (s.n && whole(s, 2, &extensions) < 0)
		return -1;
	if (read_extensions(&got, extensions) < 0)
		return -1;
	*h = got;
	return 0;
}

uint16_t hello_highest(const struct hello *h)
{
	for (uint16_t v = TLS1_3; v >= SSL3; v--)
		if (h->versions & 1u << (v - SSL3))
			return v;
	return 0;
}

/* ---- what it comes in ------------------------------------------------------------------------ */

int hello_body(struct span message, struct span *body)
{
	size_t type;

	if (number(&message, 1, &type) < 0 || type != CLIENT_HELLO)
		return -1;
	return whole(message, 3, body);
}

/* Of a header that has not all come, what there is must fit. */
static int record_starts(struct span s)
{
	static const uint8_t start[] = { HANDSHAKE, 3 };

	return memcmp(s.p, start, s.n < sizeof start ? s.n : sizeof start) == 0;
}

/*
 * Two bytes of length with the top bit set, the message's type, and a version: 0.2 or 3.x. Called
 * with what is no record.
 */
static enum hello_found ssl2(struct span s)
{
	if (!(s.p[0] & 0x80) || (s.n > 2 && s.p[2] != CLIENT_HELLO))
		return HELLO_NOT_ONE;
	if (s.n < 4)
		return HELLO_MORE;
	return s.p[3] == 0 || s.p[3] == 3 ? HELLO_SSL2 : HELLO_NOT_ONE;
}

/*
 * Takes one record's piece of the message, or as much of it as is there. -1: it is no record of a
 * handshake.
 */
static int piece(struct span *records, struct span *out)
{
	size_t length;

	if (!record_starts(*records))
		return -1;
	*out = span_of(records->p, 0);
	if (records->n < RECORD_HEADER) {
		records->n = 0;
		return 0;
	}
	length = (size_t)records->p[3] << 8 | records->p[4];
	/* A handshake record is never empty (RFC 8446 5.1). */
	if (length == 0 || length > RECORD_MAX)
		return -1;
	(void)span_skip(records, RECORD_HEADER);
	return span_take(records, length < records->n ? length : records->n, out);
}

/* The length of the body, once the message's header is there. 0: go on; -1: it is not to be had. */
static int message_length(const uint8_t *header, size_t n, size_t *length)
{
	if (n && header[0] != CLIENT_HELLO)
		return -1;
	if (n < MESSAGE_HEADER)
		return 0;
	*length = (size_t)header[1] << 16 | (size_t)header[2] << 8 | header[3];
	return *length > HELLO_MAX ? -1 : 1;
}

/* The pieces are put together, header and body, each where it belongs. */
struct message {
	uint8_t header[MESSAGE_HEADER];
	size_t n; /* of header and body */
	uint8_t *room;
	size_t length; /* of the body, once known */
};

/* Returns 1 when the message is whole, 0 when more must come, -1 when it is none. */
static int add(struct message *m, struct span s)
{
	size_t want = m->n < MESSAGE_HEADER ? MESSAGE_HEADER - m->n : 0;
	size_t n = s.n < want ? s.n : want;
	int known;

	if (n)
		memcpy(m->header + m->n, s.p, n);
	m->n += n;
	known = message_length(m->header, m->n, &m->length);
	if (known <= 0)
		return known;
	(void)span_skip(&s, n);
	n = MESSAGE_HEADER + m->length - m->n;
	n = s.n < n ? s.n : n;
	if (n)
		memcpy(m->room + m->n - MESSAGE_HEADER, s.p, n);
	m->n += n;
	return m->n == MESSAGE_HEADER + m->length;
}

/* Nearly always one record holds it all, and then nothing is copied. */
static int in_one_piece(struct span s, struct span *body)
{
	size_t length;

	if (message_length(s.p, s.n, &length) != 1 || s.n < MESSAGE_HEADER + length)
		return 0;
	*body = span_of(s.p + MESSAGE_HEADER, length);
	return 1;
}

enum hello_found hello_from_records(struct span records, uint8_t room[HELLO_MAX], struct span *body)
{
	struct message m = { .room = room };
	struct span part;
	int done = 0;

	if (records.n && !record_starts(records))
		return ssl2(records);
	while (done == 0 && records.n) {
		if (piece(&records, &part) < 0)
			return HELLO_NOT_ONE;
		if (m.n == 0 && in_one_piece(part, body))
			return HELLO_WHOLE;
		done = add(&m, part);
	}
	if (done == 0)
		return HELLO_MORE;
	if (done < 0)
		return HELLO_NOT_ONE;
	*body = span_of(room, m.length);
	return HELLO_WHOLE;
}
