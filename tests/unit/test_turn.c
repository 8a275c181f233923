/* SPDX-License-Identifier: Apache-2.0 */
/* Whose turn it is after what a client and a database have said, byte for byte as they say it. */
#include "wire/turn.h"

#include "tap.h"

#include <stdlib.h>

/* Packets: length, sequence id, payload. */
#define QUERY       "\x09\0\0\0\x03SELECT 1"
#define QUIT        "\x01\0\0\0\x01"
#define STMT_CLOSE  "\x05\0\0\0\x19\1\0\0\0"
#define OK          "\x07\0\0\1\0\0\0\2\0\0\0"
#define OK_MORE     "\x07\0\0\1\0\0\0\x0a\0\0\0"
#define OK_AT_7     "\x07\0\0\7\0\0\0\2\0\0\0"
#define OK_MANY     "\x09\0\0\1\0\xfc\x10\x27\0\2\0\0\0"
#define OK_CUT      "\x03\0\0\1\0\0\0"
#define ERR         "\x0b\0\0\1\xff\x7a\x04#42S02no"
#define PROGRESS    "\x08\0\0\1\xff\xff\xff\1\1\2\0\0"
#define COLUMN      "\x01\0\0\1\1\x02\0\0\2ab"
#define ROW         "\x02\0\0\4\1x"
#define EOF_        "\x05\0\0\5\xfe\0\0\2\0"
#define EOF_MORE    "\x05\0\0\5\xfe\0\0\x0a\0"
#define EOF_OK      "\x07\0\0\5\xfe\0\0\2\0\0\0"
#define EOF_OK_MORE "\x07\0\0\5\xfe\0\0\x0a\0\0\0"
#define NOT_EOF     "\x05\0\0\5\xfd\0\0\2\0"
#define LOCAL       "\x02\0\0\1\xfbx"

struct row {
	const char *name;
	enum turn before;
	const char *p;
	size_t n;
	enum turn want;
};

#define SAYS(bytes) bytes, sizeof(bytes) - 1

static const struct row up[] = {
	{ "a query", TURN_CLIENT, SAYS(QUERY), TURN_SERVER },
	{ "half a query", TURN_CLIENT, SAYS("\x09\0\0\0\x03SEL"), TURN_MIDDLE },
	{ "half a header", TURN_CLIENT, SAYS("\x09\0"), TURN_MIDDLE },
	{ "two queries", TURN_CLIENT, SAYS(QUERY QUERY), TURN_MIDDLE },
	{ "a packet without anything", TURN_CLIENT, SAYS("\0\0\0\0"), TURN_MIDDLE },
	{ "what is no beginning", TURN_CLIENT, SAYS("\x01\0\0\1\x03"), TURN_MIDDLE },
	{ "goodbye", TURN_CLIENT, SAYS(QUIT), TURN_MIDDLE },
	{ "a statement closed", TURN_CLIENT, SAYS(STMT_CLOSE), TURN_CLIENT },
	{ "two statements closed", TURN_CLIENT, SAYS(STMT_CLOSE STMT_CLOSE), TURN_CLIENT },
	{ "a statement closed, a query", TURN_CLIENT, SAYS(STMT_CLOSE QUERY), TURN_SERVER },
	{ "nothing", TURN_CLIENT, "", 0, TURN_CLIENT },
	{ "a query before the answer", TURN_SERVER, SAYS(QUERY), TURN_MIDDLE },
	{ "a query after what was not understood", TURN_MIDDLE, SAYS(QUERY), TURN_SERVER },
	{ "a statement closed after the same", TURN_MIDDLE, SAYS(STMT_CLOSE), TURN_MIDDLE },
	{ "the rest of a query", TURN_MIDDLE, SAYS("ECT 1"), TURN_MIDDLE },
	{ "a file's part", TURN_MIDDLE, SAYS("\x05\0\0\0hello"), TURN_MIDDLE },
	{ "a query that is none", TURN_UNKNOWN, SAYS(QUERY), TURN_UNKNOWN },
};

static const struct row down[] = {
	{ "OK", TURN_SERVER, SAYS(OK), TURN_CLIENT },
	{ "OK, ten thousand rows", TURN_SERVER, SAYS(OK_MANY), TURN_CLIENT },
	{ "OK, and more to come", TURN_SERVER, SAYS(OK_MORE), TURN_MIDDLE },
	{ "OK without its end", TURN_SERVER, SAYS(OK_CUT), TURN_MIDDLE },
	{ "OK with another number", TURN_SERVER, SAYS(OK_AT_7), TURN_MIDDLE },
	{ "ERR", TURN_SERVER, SAYS(ERR), TURN_CLIENT },
	{ "how far it is", TURN_SERVER, SAYS(PROGRESS), TURN_MIDDLE },
	{ "rows", TURN_SERVER, SAYS(COLUMN EOF_ ROW EOF_), TURN_CLIENT },
	{ "rows, the newer end", TURN_SERVER, SAYS(COLUMN ROW EOF_OK), TURN_CLIENT },
	{ "rows, and more to come", TURN_SERVER, SAYS(COLUMN EOF_ ROW EOF_MORE), TURN_MIDDLE },
	{ "the same, the newer end", TURN_SERVER, SAYS(COLUMN ROW EOF_OK_MORE), TURN_MIDDLE },
	{ "rows without an end", TURN_SERVER, SAYS(COLUMN EOF_ ROW), TURN_MIDDLE },
	{ "the rest of the rows", TURN_MIDDLE, SAYS(ROW EOF_), TURN_CLIENT },
	{ "an end and nothing else", TURN_MIDDLE, SAYS(EOF_), TURN_CLIENT },
	{ "what is as long as an end", TURN_MIDDLE, SAYS(NOT_EOF), TURN_MIDDLE },
	{ "an end that is cut", TURN_MIDDLE, SAYS("\x05\0\0\5\xfe\0\0\2"), TURN_MIDDLE },
	{ "one byte", TURN_SERVER, SAYS("\x07"), TURN_MIDDLE },
	{ "a file is asked for", TURN_SERVER, SAYS(LOCAL), TURN_MIDDLE },
	{ "an error that nobody asked for", TURN_CLIENT, SAYS(ERR), TURN_MIDDLE },
	{ "OK in what is no MySQL", TURN_UNKNOWN, SAYS(OK), TURN_UNKNOWN },
};

/* In a block of just its size, so that a byte too far is noticed. */
static void check(const struct row *r, enum turn (*says)(enum turn, const uint8_t *, size_t))
{
	uint8_t *p = malloc(r->n ? r->n : 1);

	if (!p)
		abort();
	memcpy(p, r->p, r->n);
	is_int(says(r->before, p, r->n), r->want, "%s", r->name);
	free(p);
}

int main(void)
{
	for (size_t i = 0; i < sizeof up / sizeof *up; i++)
		check(&up[i], turn_up);
	for (size_t i = 0; i < sizeof down / sizeof *down; i++)
		check(&down[i], turn_down);
	return tap_done();
}
