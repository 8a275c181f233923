/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/turn.h"

#include "wire/mysql.h"

#define COM_QUIT           0x01
#define COM_SEND_LONG_DATA 0x18
#define COM_STMT_CLOSE     0x19
#define COM_LAST           0x1f
#define COM_BULK_EXECUTE   0xfa     /* MariaDB's */
#define CONTINUED          0xffffff /* the length of a packet that goes on in the next */
#define MORE_RESULTS       0x0008   /* in the status: another answer follows this one */
#define EOF_PACKET         9        /* bytes, with its header */
#define EOF_LIKE_OK        11       /* the same where the client has CLIENT_DEPRECATE_EOF */

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
static enum turn after_commands(struct span s, uint32_t *left)
{
	struct mysql_header h;

	while (s.n > 0) {
		int answered;

		/* Where it would end can't be told any more. */
		if (mysql_header(&s, &h) < 0 || s.n == 0 || h.length == 0)
			return TURN_MANY;
		if (h.seq != 0 || h.length == CONTINUED || s.p[0] == COM_QUIT)
			return TURN_MIDDLE;
		answered = is_answered(s.p[0]);
		if (h.length > s.n) {
			*left = h.length - (uint32_t)s.n;
			return answered ? TURN_HALF : TURN_CLIENT;
		}
		(void)span_skip(&s, h.length);
		if (answered)
			return s.n == 0 ? TURN_SERVER : TURN_MANY;
	}
	return TURN_CLIENT;
}

/* An answer whose end was not seen has ended if the next command comes. */
static int begins_command(struct span s)
{
	struct mysql_header h;

	return mysql_header(&s, &h) == 0 && h.seq == 0 && h.length > 0 && s.n > 0 &&
	       (s.p[0] <= COM_LAST || s.p[0] == COM_BULK_EXECUTE) && is_answered(s.p[0]);
}

/* The rest of a packet. */
static void take_rest(struct turn_state *t, struct span *s)
{
	uint32_t n = s->n < t->left ? (uint32_t)s->n : t->left;

	(void)span_skip(s, n);
	t->left -= n;
	if (t->whose == TURN_HALF && t->left == 0)
		t->whose = s->n == 0 ? TURN_SERVER : TURN_MANY;
}

void turn_up(struct turn_state *t, const uint8_t *p, size_t n)
{
	struct span s = span_of(p, n);

	if (n > 0 && t->whose == TURN_SERVER)
		t->whose = TURN_MANY;
	take_rest(t, &s);
	if (t->whose == TURN_CLIENT || (t->whose == TURN_MIDDLE && begins_command(s)))
		if (t->left == 0)
			t->whose = (uint8_t)after_commands(s, &t->left);
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

/* The answer to the one command that was sent: numbered from 1, as no rest of another's is. */
static int begins_answer(struct span s)
{
	struct mysql_header h, next;

	if (mysql_header(&s, &h) < 0 || h.seq != 1)
		return 0;
	return span_skip(&s, h.length) < 0 || mysql_header(&s, &next) < 0 || next.seq == 2;
}

/* Whether an answer comes where none could be the one to the last command. */
static int is_out_of_turn(const struct turn_state *t, struct span s)
{
	return t->left > 0 || t->whose == TURN_MANY ||
	       (t->whose == TURN_SERVER && !begins_answer(s));
}

void turn_down(struct turn_state *t, const uint8_t *p, size_t n)
{
	struct span s = span_of(p, n);
	int whole_answer = t->whose == TURN_SERVER && is_short_answer(s);

	if (t->whose == TURN_UNKNOWN || n == 0)
		return;
	if (is_out_of_turn(t, s)) {
		*t = (struct turn_state) { .whose = TURN_MANY };
		return;
	}
	t->whose = whole_answer || ends_in_eof(s) ? TURN_CLIENT : TURN_MIDDLE;
}
