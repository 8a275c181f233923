/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a client sends to a server: COM_CHANGE_USER, COM_STMT_EXECUTE and a login's attributes. The
 * first byte says how many parameters there are.
 */
#include "fuzz.h"
#include "wire/mysqlserver.h"

#define PARAMS 20

static void change_user(struct span whole)
{
	struct mysql_login l;

	if (mysqlserver_change_user(whole, MYSQL_PLUGIN_AUTH, &l) < 0)
		return;
	HOLDS(inside(whole, l.user) && inside(whole, l.answer) && inside(whole, l.database) &&
	      inside(whole, l.plugin));
	HOLDS(l.answer.n < 256 && l.user.n + l.answer.n + l.database.n + l.plugin.n < whole.n);
}

static void execute(struct span whole, size_t n)
{
	struct mysqlserver_param p[PARAMS] = { 0 };

	/* Twice: the second time the types may be those of the first. */
	for (int i = 0; i < 2; i++) {
		if (mysqlserver_execute(whole, p, n) < 0)
			return;
		for (size_t k = 0; k < n; k++)
			HOLDS(p[k].null || inside(whole, p[k].text) ||
			      p[k].text.p == (const uint8_t *)p[k].number);
	}
}

static void attributes(struct span whole)
{
	struct span left = whole, name, value;
	size_t before = left.n;

	while (mysql_attribute(&left, &name, &value) == 0) {
		HOLDS(inside(whole, name) && inside(whole, value));
		HOLDS(left.n + name.n + value.n + 2 <= before);
		before = left.n;
	}
	HOLDS(left.n == before);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	change_user(span_of(data + 1, size - 1));
	execute(span_of(data + 1, size - 1), data[0] % (PARAMS + 1));
	attributes(span_of(data + 1, size - 1));
	return 0;
}
