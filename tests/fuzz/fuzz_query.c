/* SPDX-License-Identifier: Apache-2.0 */
/* A statement for the lab, from a client that has logged in, and its answer in both forms. */
#include "fuzz.h"
#include "lab/query.h"

static void sent(const struct query_answer *a, enum mysqlserver_form form)
{
	struct buf b = buf_new((size_t)1 << 20);
	uint8_t seq = 1;

	HOLDS(mysqlserver_rows(&b, &seq, &a->set, form, 0) == 0);
	buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mysqlserver_param p[4] = { { .null = 1 }, { .text = span_of("a%", 2) },
		{ .null = 1 }, { .null = 1 } };
	struct query_session s = { .version = "8", .user = "lab", .tls = "", .cipher = "" };
	struct span sql = span_of(data, size);
	struct query_answer a;

	if (query_params(sql) > 4)
		return 0;
	query_answer(&s, sql, p, query_params(sql), &a);
	HOLDS(!a.code == !*a.text && memchr(a.text, 0, sizeof a.text));
	HOLDS(!a.code || (a.state && strlen(a.state) == 5 && a.set.columns == 0));
	HOLDS(memchr(s.database, 0, sizeof s.database));
	if (a.set.columns > 0) {
		sent(&a, MYSQLSERVER_TEXT);
		sent(&a, MYSQLSERVER_BINARY);
	}
	query_free(&a);
	return 0;
}
