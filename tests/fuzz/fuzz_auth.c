/* SPDX-License-Identifier: Apache-2.0 */
/* A server's packets while a login lasts, and the ERR that is made of an ERR. */
#include "fuzz.h"
#include "wire/mysql.h"

static void kinds(struct span s)
{
	enum mysql_auth is = mysql_auth(s);

	HOLDS(is >= MYSQL_AUTH_OK && is <= MYSQL_AUTH_NONSENSE);
	HOLDS(s.n > 0 || is == MYSQL_AUTH_NONSENSE);
	HOLDS((is == MYSQL_AUTH_OK) == (s.n > 0 && s.p[0] == 0x00));
	HOLDS((is == MYSQL_AUTH_ERR) == (s.n > 0 && s.p[0] == 0xff));
	HOLDS(is != MYSQL_AUTH_SWITCH || s.n > 1);
	HOLDS(is != MYSQL_AUTH_OLD || s.n == 1);
	HOLDS(is != MYSQL_AUTH_LAST || s.n == 2);
}

/* Writes the code and the text again; what is read from that must be the same. */
static void round_trip(unsigned code, struct span text, const char *state)
{
	struct buf b = buf_new(1 << 20);
	char *copy = strndup((const char *)text.p, text.n);
	struct span s, again_text;
	struct mysql_header h;
	unsigned again;

	HOLDS(copy);
	HOLDS(mysql_err_put(&b, 3, code, state, copy) == 0);
	s = span_of(b.p, b.n);
	HOLDS(mysql_header(&s, &h) == 0 && h.length == s.n && h.seq == 3);
	HOLDS(mysql_auth(s) == MYSQL_AUTH_ERR);
	HOLDS(mysql_err(s, &again, &again_text) == 0);
	HOLDS(again == code && span_is(again_text, copy));
	free(copy);
	buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span s = span_of(data, size), text = { 0 };
	unsigned code = 0x10000;

	kinds(s);
	if (mysql_err(s, &code, &text) < 0) {
		HOLDS(code == 0x10000 && !text.p);
		return 0;
	}
	HOLDS(code < 0xffff && inside(s, text) && text.p + text.n == data + size);
	round_trip(code, text, "HY000");
	/* Without a state, a text that looks like one would be taken for it. */
	if (text.n == 0 || text.p[0] != '#')
		round_trip(code, text, NULL);
	return 0;
}
