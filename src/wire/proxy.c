/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#define V1_MAX 107 /* CRLF included */

#define MARK      12 /* of version 2: its signature … */
#define COMMAND   12 /* … and where the rest of its fixed part is */
#define PROTOCOL  13
#define LENGTH    14
#define FIXED     16
#define LOCAL     0x20
#define PROXY     0x21
#define TCP4      0x11
#define TCP6      0x21
#define UNIX      0x31
#define UNIX_PATH 108

#define TLV_CRC32C  0x03
#define CRC32C_SIZE 4

static const char mark_v1[] = "PROXY ";
static const uint8_t mark_v2[MARK] = { '\r', '\n', '\r', '\n', 0, '\r', '\n', 'Q', 'U', 'I', 'T',
	'\n' };
static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

static enum proxy_read bad(struct proxy_header *h, const char *wrong)
{
	*h = (struct proxy_header) { .wrong = wrong };
	return PROXY_BAD;
}

/* As far as both go, they are the same. */
static int may_begin(struct span in, const void *with, size_t n)
{
	size_t both = in.n < n ? in.n : n;

	return both == 0 || memcmp(in.p, with, both) == 0;
}

static size_t ip_size(int family)
{
	return family == AF_INET ? 4 : 16;
}

static struct proxy_addr addr_of(int family, const uint8_t *ip, uint16_t port)
{
	struct proxy_addr a = { .family = family, .port = port };

	if (family == AF_INET6 && memcmp(ip, mapped, sizeof mapped) == 0) {
		a.family = AF_INET;
		ip += sizeof mapped;
	}
	memcpy(a.ip, ip, ip_size(a.family));
	return a;
}

/* ---- version 1 ------------------------------------------------------------------------------ */

/*
 * The line without its CRLF. A CR or LF that is no CRLF is refused even after UNKNOWN, so that no
 * two readers can differ on where the line ends.
 */
static enum proxy_read take_line(struct span in, struct span *line)
{
	size_t n = in.n < V1_MAX ? in.n : V1_MAX;
	size_t end = 0;

	while (end < n && in.p[end] != '\r' && in.p[end] != '\n')
		end++;
	if (end < n && in.p[end] == '\n')
		return PROXY_BAD;
	if (end + 1 < n) {
		*line = span_of(in.p, end);
		return in.p[end + 1] == '\n' ? PROXY_WHOLE : PROXY_BAD;
	}
	return n < V1_MAX ? PROXY_MORE : PROXY_BAD;
}

/* What is before the next space, which is consumed. */
static int take_word(struct span *line, struct span *word)
{
	const uint8_t *space = line->n ? memchr(line->p, ' ', line->n) : NULL;

	if (!space)
		return -1;
	*word = span_of(line->p, (size_t)(space - line->p));
	return span_skip(line, word->n + 1);
}

static int port_of(struct span word, uint16_t *port)
{
	unsigned v = 0;

	if (word.n < 1 || word.n > 5 || (word.p[0] == '0' && word.n > 1))
		return -1;
	for (size_t i = 0; i < word.n; i++) {
		if (word.p[i] < '0' || word.p[i] > '9')
			return -1;
		v = v * 10 + (unsigned)(word.p[i] - '0');
	}
	*port = (uint16_t)v;
	return v > 0xffff ? -1 : 0;
}

static int text_addr(int family, struct span word, uint16_t port, struct proxy_addr *a)
{
	char text[INET6_ADDRSTRLEN];
	uint8_t ip[16];

	if (word.n >= sizeof text || memchr(word.p, '\0', word.n))
		return -1;
	memcpy(text, word.p, word.n);
	text[word.n] = '\0';
	if (inet_pton(family, text, ip) != 1)
		return -1;
	*a = addr_of(family, ip, port);
	return 0;
}

/* "ADDRESS ADDRESS PORT PORT", and what is wrong with it or NULL. */
static const char *text_addrs(int family, struct span rest, struct proxy_header *h)
{
	struct span from, to, from_port;
	uint16_t port1, port2;

	if (take_word(&rest, &from) < 0 || take_word(&rest, &to) < 0 ||
	    take_word(&rest, &from_port) < 0)
		return "its line lacks an address or a port";
	if (port_of(from_port, &port1) < 0 || port_of(rest, &port2) < 0)
		return "its line has a wrong port";
	if (text_addr(family, from, port1, &h->from) < 0 ||
	    text_addr(family, to, port2, &h->to) < 0)
		return "its line has a wrong address";
	return NULL;
}

static enum proxy_read read_v1(struct span in, struct proxy_header *h, size_t *length)
{
	static const struct {
		const char *begin;
		int family;
	} rows[] = {
		{ "PROXY TCP4 ", AF_INET },
		{ "PROXY TCP6 ", AF_INET6 },
		{ "PROXY UNKNOWN ", 0 },
		{ "PROXY UNKNOWN\r", 0 },
	};
	const size_t n = sizeof rows / sizeof *rows;
	struct proxy_header got = { 0 };
	const char *wrong = NULL;
	struct span line, rest;
	enum proxy_read is;
	size_t row = 0;

	is = take_line(in, &line);
	if (is == PROXY_BAD)
		return bad(h, "its line does not end in CRLF, within 107 bytes");
	while (row < n && !may_begin(in, rows[row].begin, strlen(rows[row].begin)))
		row++;
	if (row == n)
		return bad(h, "its protocol is none of TCP4, TCP6 and UNKNOWN");
	if (is == PROXY_MORE)
		return is;
	/* There is a CR: the beginning is there in full. */
	rest = line;
	if (rows[row].family && span_skip(&rest, strlen(rows[row].begin)) == 0)
		wrong = text_addrs(rows[row].family, rest, &got);
	if (wrong)
		return bad(h, wrong);
	*length = line.n + 2;
	*h = got;
	return PROXY_WHOLE;
}

/* ---- version 2 ------------------------------------------------------------------------------ */

static uint16_t big16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

/* Bytes of the addresses that a protocol has; 0: it isn't known where they end. */
static size_t block_size(uint8_t protocol)
{
	static const struct {
		uint8_t protocol;
		size_t size;
	} rows[] = {
		{ TCP4, 2 * (4 + 2) },
		{ TCP6, 2 * (16 + 2) },
		{ UNIX, 2 * UNIX_PATH },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].protocol == protocol)
			return rows[i].size;
	return 0;
}

/* Of a header that isn't LOCAL. The protocol's high half is the family, its low half the kind. */
static const char *protocol_fault(uint8_t protocol)
{
	if (protocol >> 4 > 3 || (protocol & 0x0f) > 2)
		return "its protocol is one that version 2 does not have";
	if ((protocol & 0x0f) == 2)
		return "it is about datagrams";
	return NULL;
}

/* What is wrong with as much as there is of the fixed part, or NULL. */
static const char *fixed_fault(struct span in)
{
	const char *wrong = NULL;

	if (in.n > COMMAND && in.p[COMMAND] >> 4 != 2)
		return "its version is neither 1 nor 2";
	if (in.n > COMMAND && in.p[COMMAND] != LOCAL && in.p[COMMAND] != PROXY)
		return "its command is neither LOCAL nor PROXY";
	if (in.n > PROTOCOL && in.p[COMMAND] == PROXY)
		wrong = protocol_fault(in.p[PROTOCOL]);
	if (wrong || in.n < FIXED)
		return wrong;
	if (big16(in.p + LENGTH) > PROXY_MAX - FIXED)
		return "it is longer than 4096 bytes";
	if (in.p[COMMAND] == PROXY && big16(in.p + LENGTH) < block_size(in.p[PROTOCOL]))
		return "it is too short for its addresses";
	return NULL;
}

/* CRC-32C, reflected (RFC 4960, appendix B), continued. */
static uint32_t crc32c(uint32_t crc, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		crc ^= p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
	}
	return crc;
}

/* The sum is over the whole header, with zeros in the place of the sum. */
static int sum_is_right(struct span whole, struct span sum)
{
	static const uint8_t zeros[CRC32C_SIZE];
	size_t before = (size_t)(sum.p - whole.p), after = before + CRC32C_SIZE;
	uint32_t said = (uint32_t)big16(sum.p) << 16 | big16(sum.p + 2);
	uint32_t crc = crc32c(0xffffffffu, whole.p, before);

	crc = crc32c(crc, zeros, sizeof zeros);
	crc = crc32c(crc, whole.p + after, whole.n - after);
	return said == (crc ^ 0xffffffffu);
}

/* A type, two bytes of length, the value. */
static int take_tlv(struct span *s, uint8_t *type, struct span *value)
{
	struct span rest = *s, head;

	if (span_take(&rest, 3, &head) < 0 || span_take(&rest, big16(head.p + 1), value) < 0)
		return -1;
	*type = head.p[0];
	*s = rest;
	return 0;
}

/* What is wrong with what follows the addresses, or NULL. */
static const char *tlvs_fault(struct span whole, struct span tlvs)
{
	struct span value, sum = { 0 };
	uint8_t type;

	while (tlvs.n > 0) {
		if (take_tlv(&tlvs, &type, &value) < 0)
			return "a TLV goes beyond its end";
		if (type != TLV_CRC32C)
			continue;
		if (sum.p || value.n != CRC32C_SIZE)
			return "its CRC32C has not four bytes, or is there twice";
		sum = value;
	}
	if (sum.p && !sum_is_right(whole, sum))
		return "its CRC32C is wrong";
	return NULL;
}

/* Both addresses, then both ports. */
static void take_addrs(struct proxy_header *h, int family, const uint8_t *block)
{
	size_t n = ip_size(family);

	h->from = addr_of(family, block, big16(block + 2 * n));
	h->to = addr_of(family, block + n, big16(block + 2 * n + 2));
}

/* whole is a header that has no fault in its fixed part. */
static const char *read_block(struct span whole, struct proxy_header *h)
{
	uint8_t protocol = whole.p[PROTOCOL];
	size_t size = block_size(protocol);
	struct span tlvs = whole;
	const char *wrong;

	h->local = whole.p[COMMAND] == LOCAL;
	/* Where the TLVs begin is known when the size of the addresses is. */
	if (h->local || size == 0)
		return NULL;
	(void)span_skip(&tlvs, FIXED + size);
	wrong = tlvs_fault(whole, tlvs);
	if (wrong || protocol == UNIX)
		return wrong;
	take_addrs(h, protocol == TCP4 ? AF_INET : AF_INET6, whole.p + FIXED);
	return NULL;
}

static enum proxy_read read_v2(struct span in, struct proxy_header *h, size_t *length)
{
	const char *wrong = fixed_fault(in);
	struct proxy_header got = { 0 };
	struct span whole;

	if (wrong)
		return bad(h, wrong);
	if (in.n < FIXED || span_take(&in, FIXED + (size_t)big16(in.p + LENGTH), &whole) < 0)
		return PROXY_MORE;
	wrong = read_block(whole, &got);
	if (wrong)
		return bad(h, wrong);
	*h = got;
	*length = whole.n;
	return PROXY_WHOLE;
}

enum proxy_read proxy_read(struct span in, struct proxy_header *h, size_t *length)
{
	if (may_begin(in, mark_v2, sizeof mark_v2))
		return read_v2(in, h, length);
	if (may_begin(in, mark_v1, strlen(mark_v1)))
		return read_v1(in, h, length);
	return PROXY_NONE;
}

/* ---- writing -------------------------------------------------------------------------------- */

struct block {
	uint8_t p[FIXED + 2 * (16 + 2)];
	size_t n;
};

static void add(struct block *b, const void *p, size_t n)
{
	memcpy(b->p + b->n, p, n);
	b->n += n;
}

static void add_big16(struct block *b, size_t v)
{
	add(b, (uint8_t[]) { (uint8_t)(v >> 8), (uint8_t)v }, 2);
}

static void add_fixed(struct block *b, uint8_t command, uint8_t protocol)
{
	add(b, mark_v2, sizeof mark_v2);
	add(b, &command, 1);
	add(b, &protocol, 1);
	add_big16(b, block_size(protocol));
}

static void add_ip(struct block *b, int family, const struct proxy_addr *a)
{
	if (a->family != family)
		add(b, mapped, sizeof mapped);
	add(b, a->ip, ip_size(a->family));
}

static int is_known(const struct proxy_addr *a)
{
	return a->family == AF_INET || a->family == AF_INET6;
}

int proxy_write(struct buf *out, const struct proxy_addr *from, const struct proxy_addr *to)
{
	int family = from->family == to->family ? from->family : AF_INET6;
	struct block b = { .n = 0 };

	if (!is_known(from) || !is_known(to))
		return -1;
	add_fixed(&b, PROXY, family == AF_INET ? TCP4 : TCP6);
	add_ip(&b, family, from);
	add_ip(&b, family, to);
	add_big16(&b, from->port);
	add_big16(&b, to->port);
	return buf_add(out, b.p, b.n);
}

int proxy_write_local(struct buf *out)
{
	struct block b = { .n = 0 };

	add_fixed(&b, LOCAL, 0);
	return buf_add(out, b.p, b.n);
}
