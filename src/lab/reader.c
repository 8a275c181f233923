/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/reader.h"

#include <stdarg.h>
#include <stdio.h>

int reader_refuse(struct reader *r, unsigned code, const char *state, const char *fmt, ...)
{
	va_list ap;

	/* The first that was found is the one that is told. */
	if (r->a->code)
		return -1;
	r->a->code = code;
	r->a->state = state;
	va_start(ap, fmt);
	(void)vsnprintf(r->a->text, sizeof r->a->text, fmt, ap);
	va_end(ap);
	return -1;
}

int reader_not_understood(struct reader *r)
{
	return reader_refuse(r, 1064, "42000",
	    "This is the lab of dbtls and no database. It answers SELECT of constants, of "
	    "@@variables and of functions such as DATABASE() and VERSION(), SHOW VARIABLES, "
	    "STATUS, DATABASES, TABLES and WARNINGS, SET, USE, and transactions without effect");
}

int reader_too_long(struct reader *r)
{
	return reader_refuse(r, 1105, "HY000", "That is more than the lab answers at once");
}

void reader_take(struct reader *r)
{
	r->end = r->now.all.p + r->now.all.n;
	r->now = token_next(&r->rest);
}

int reader_take_word(struct reader *r, const char *word)
{
	if (!token_is(&r->now, word))
		return 0;
	reader_take(r);
	return 1;
}

int reader_take_sign(struct reader *r, char sign)
{
	if (!token_is_sign(&r->now, sign))
		return 0;
	reader_take(r);
	return 1;
}

int reader_is_end(const struct reader *r)
{
	return r->now.kind == TOKEN_END;
}

/* One statement at a time: behind its ";" there is nothing. */
int reader_finish(struct reader *r)
{
	while (reader_take_sign(r, ';'))
		;
	return reader_is_end(r) ? 0 : reader_not_understood(r);
}

int reader_finish_any(struct reader *r)
{
	while (!reader_is_end(r) && r->now.kind != TOKEN_BROKEN && !token_is_sign(&r->now, ';'))
		reader_take(r);
	return reader_finish(r);
}
