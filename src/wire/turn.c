/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/turn.h"

#include "wire/mysql.h"

#define COM_QUIT           0x01
#define COM_SEND_LONG_DATA 0x18
#define COM_STMT_CLOSE     0x19
#define COM_LAST           0x1f
#define MORE_RESULTS       0x0008 /* in the status: another answer follows this one */
#define EOF_PACKET         9      /* bytes, with its header */
#define EOF_LIKE_OK        11     /* the same where the client has CLIENT_DEPRECATE_EOF */

/* ---- from the client ------------------------------------------------------------------------- */

/* The next packet, if all of it is there. */
static int whole(struct span *s, struct mysql_header *h, struct span *payload)
{
	return mysql_header(s, h) == 0 && span_take(s, h->length, payload) == 0 && payload->n > 0;
}

static int is_answered(uint8_t command)
{
	return command != COM_SEND_LONG_DATA && command != COM_STMT_CLOSE;
}

/* After those that are not answered, which may stand before it in one go. */
static enum turn after_commands(struct span s)
{
	struct span payload;
	struct mysql_header h;

	while (s.n > 0) {
		if (!whole(&s, &h, &payload) || h.seq != 0 || payload.p[0] == COM_QUIT)
			return TURN_MIDDLE;
		if (is_answered(payload.p[0]))
			return s.n == 0 ? TURN_SERVER : TURN_MIDDLE;
	}
	return TURN_CLIENT;
}

/* An answer whose end was not seen has ended if the next command comes. */
static int is_command(struct span s)
{
	struct span payload;
	struct mysql_header h;

	return whole(&s, &h, &payload) && s.n == 0 && h.seq == 0 && payload.p[0] <= COM_LAST &&
	       is_answered(payload.p[0]);
}

enum turn turn_up(enum turn before, const uint8_t *p, size_t n)
{
	struct span s = span_of(p, n);

	if (before == TURN_UNKNOWN)
		return TURN_UNKNOWN;
	if (before == TURN_CLIENT || (before == TURN_MIDDLE && is_command(s)))
		return after_commands(s);
	return TURN_MIDDLE;
}

/* ---- from the database ----------------------------------------------------------------------- */

static int lenenc_skip(struct span *s)
{
	static const uint8_t more[] = { [0xfc - 0xfb] = 2, [0xfd - 0xfb] = 3, [0xfe - 0xfb] = 8 };
	uint64_t first;

	if (span_le(s, 1, &first) < 0 || first == 0xfb || first == 0xff)
		return -1;
	return first < 0xfb ? 0 : span_skip(s, more[first - 0xfb]);
}

/* OK: 00, affected rows, last insert id, status. */
static int is_last_ok(struct span s)
{
	uint64_t first, status;

	return span_le(&s, 1, &first) == 0 && first == 0x00 && lenenc_skip(&s) == 0 &&
	       lenenc_skip(&s) == 0 && span_le(&s, 2, &status) == 0 && !(status & MORE_RESULTS);
}

static int is_err(struct span s)
{
	struct span text;
	unsigned code;

	return mysql_err(s, &code, &text) == 0;
}

/* An answer of one packet, as it follows a command of one packet. */
static int is_short_answer(struct span s)
{
	struct mysql_header h;
	struct span payload;

	return whole(&s, &h, &payload) && s.n == 0 && h.seq == 1 &&
	       (is_last_ok(payload) || is_err(payload));
}

/* The packet of so many bytes at the end of s, if its header says that it is one. */
static int last_packet(struct span s, size_t bytes, struct span *payload)
{
	struct mysql_header h;

	if (s.n < bytes)
		return 0;
	(void)span_skip(&s, s.n - bytes);
	return whole(&s, &h, payload) && s.n == 0 && payload->p[0] == 0xfe;
}

/* What ends a set of rows; the status is where the older and the newer form have it. */
static int ends_in_eof(struct span s)
{
	struct span eof;

	if (last_packet(s, EOF_PACKET, &eof))
		return !(eof.p[3] & MORE_RESULTS);
	return last_packet(s, EOF_LIKE_OK, &eof) && eof.p[1] == 0 && eof.p[2] == 0 &&
	       !(eof.p[3] & MORE_RESULTS);
}

enum turn turn_down(enum turn before, const uint8_t *p, size_t n)
{
	struct span s = span_of(p, n);

	if (before == TURN_UNKNOWN)
		return TURN_UNKNOWN;
	if (before == TURN_SERVER && is_short_answer(s))
		return TURN_CLIENT;
	return ends_in_eof(s) ? TURN_CLIENT : TURN_MIDDLE;
}
