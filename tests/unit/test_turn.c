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
	{ "half a query", TURN_CLIENT, SAYS("\x09\0\0\0\x03SEL"), TURN_HALF },
	{ "half a header", TURN_CLIENT, SAYS("\x09\0"), TURN_MANY },
	{ "two queries", TURN_CLIENT, SAYS(QUERY QUERY), TURN_MANY },
	{ "a query and half a one", TURN_CLIENT, SAYS(QUERY "\x09\0\0\0\x03SEL"), TURN_MANY },
	{ "16 MiB and more", TURN_CLIENT, SAYS("\xff\xff\xff\0\x03SEL"), TURN_MIDDLE },
	{ "a packet without anything", TURN_CLIENT, SAYS("\0\0\0\0"), TURN_MANY },
	{ "what is no beginning", TURN_CLIENT, SAYS("\x01\0\0\1\x03"), TURN_MIDDLE },
	{ "goodbye", TURN_CLIENT, SAYS(QUIT), TURN_MIDDLE },
	{ "a statement closed", TURN_CLIENT, SAYS(STMT_CLOSE), TURN_CLIENT },
	{ "two statements closed", TURN_CLIENT, SAYS(STMT_CLOSE STMT_CLOSE), TURN_CLIENT },
	{ "a statement closed, a query", TURN_CLIENT, SAYS(STMT_CLOSE QUERY), TURN_SERVER },
	{ "nothing", TURN_CLIENT, "", 0, TURN_CLIENT },
	{ "a query before the answer", TURN_SERVER, SAYS(QUERY), TURN_MANY },
	{ "a query after many", TURN_MANY, SAYS(QUERY), TURN_MANY },
	{ "two queries after what was not understood", TURN_MIDDLE, SAYS(QUERY QUERY), TURN_MANY },
	{ "a query after what was not understood", TURN_MIDDLE, SAYS(QUERY), TURN_SERVER },
	{ "half a query after the same", TURN_MIDDLE, SAYS("\x09\0\0\0\x03SEL"), TURN_HALF },
	{ "rows in bulk after the same", TURN_MIDDLE, SAYS("\x02\0\0\0\xfax"), TURN_SERVER },
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
	{ "OK with another number", TURN_SERVER, SAYS(OK_AT_7), TURN_MANY },
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
	{ "one byte", TURN_SERVER, SAYS("\x07"), TURN_MANY },
	{ "a file is asked for", TURN_SERVER, SAYS(LOCAL), TURN_MIDDLE },
	{ "the rest of other rows", TURN_SERVER, SAYS(ROW EOF_), TURN_MANY },
	{ "two answers", TURN_SERVER, SAYS(OK OK), TURN_MANY },
	{ "OK after many", TURN_MANY, SAYS(OK), TURN_MANY },
	{ "OK in the middle", TURN_MIDDLE, SAYS(OK), TURN_MIDDLE },
	{ "an error that nobody asked for", TURN_CLIENT, SAYS(ERR), TURN_MIDDLE },
	{ "OK in what is no MySQL", TURN_UNKNOWN, SAYS(OK), TURN_UNKNOWN },
};

/* In a block of just its size, so that a byte too far is noticed. */
static void check(const struct row *r, void (*says)(struct turn_state *, const uint8_t *, size_t))
{
	struct turn_state t = { .whose = (uint8_t)r->before };
	uint8_t *p = malloc(r->n ? r->n : 1);

	if (!p)
		abort();
	memcpy(p, r->p, r->n);
	says(&t, p, r->n);
	is_int(t.whose, r->want, "%s", r->name);
	free(p);
}

/* One piece after another: from the client, or, behind a '<', from the database. */
struct talk {
	const char *name;
	struct {
		const char *p;
		size_t n;
	} said[4];
	enum turn want[4];
};

#define FROM_DB(bytes)                                                                             \
	{                                                                                          \
		"<" bytes, sizeof(bytes)                                                           \
	}
#define FROM_C(bytes)                                                                              \
	{                                                                                          \
		bytes, sizeof(bytes) - 1                                                           \
	}

static const struct talk talks[] = {
	{ "a query in three pieces, then its answer",
	    { FROM_C("\x09\0\0\0\x03SE"), FROM_C("LECT"), FROM_C(" 1"), FROM_DB(OK) },
	    { TURN_HALF, TURN_HALF, TURN_SERVER, TURN_CLIENT } },
	{ "a query in two pieces, and the next behind it",
	    { FROM_C("\x09\0\0\0\x03SE"), FROM_C("LECT 1" QUERY), FROM_DB(OK), FROM_DB(OK) },
	    { TURN_HALF, TURN_MANY, TURN_MANY, TURN_MANY } },
	{ "a query in two pieces, and the next after it",
	    { FROM_C("\x09\0\0\0\x03SE"), FROM_C("LECT 1"), FROM_C(QUERY), FROM_DB(OK) },
	    { TURN_HALF, TURN_SERVER, TURN_MANY, TURN_MANY } },
	{ "an answer to half a query",
	    { FROM_C("\x09\0\0\0\x03SE"), FROM_DB(ERR), FROM_C("LECT 1"), FROM_DB(OK) },
	    { TURN_HALF, TURN_MANY, TURN_MANY, TURN_MANY } },
	{ "a query in the middle of rows",
	    { FROM_C(QUERY), FROM_DB(COLUMN ROW), FROM_C(QUERY), FROM_DB(ROW EOF_) },
	    { TURN_SERVER, TURN_MIDDLE, TURN_SERVER, TURN_MANY } },
	{ "a statement closed in two pieces, and a query",
	    { FROM_C("\x05\0\0\0\x19\1"), FROM_C("\0\0\0" QUERY), FROM_DB(OK), FROM_C(QUERY) },
	    { TURN_CLIENT, TURN_SERVER, TURN_CLIENT, TURN_SERVER } },
};

static void follow(const struct talk *k)
{
	struct turn_state t = { .whose = TURN_CLIENT };

	for (size_t i = 0; i < 4; i++) {
		const uint8_t *p = (const uint8_t *)k->said[i].p;

		if (*p == '<')
			turn_down(&t, p + 1, k->said[i].n - 1);
		else
			turn_up(&t, p, k->said[i].n);
		is_int(t.whose, k->want[i], "%s: %zu", k->name, i + 1);
	}
}

int main(void)
{
	for (size_t i = 0; i < sizeof talks / sizeof *talks; i++)
		follow(&talks[i]);
	for (size_t i = 0; i < sizeof up / sizeof *up; i++)
		check(&up[i], turn_up);
	for (size_t i = 0; i < sizeof down / sizeof *down; i++)
		check(&down[i], turn_down);
	return tap_done();
}
