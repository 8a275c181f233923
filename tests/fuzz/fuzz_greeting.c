/* SPDX-License-Identifier: Apache-2.0 */
/* A server's greeting, and the relay's change to it: CLIENT_SSL set where it says it is. */
#include "fuzz.h"
#include "wire/mysql.h"

static void with_tls(struct span whole, const struct mysql_greeting *g)
{
	uint8_t *copy = malloc(whole.n);
	struct mysql_greeting again;

	HOLDS(copy);
	memcpy(copy, whole.p, whole.n);
	HOLDS(g->caps_low_at + 1 < whole.n);
	copy[g->caps_low_at + 1] |= MYSQL_CLIENT_SSL >> 8;
	HOLDS(mysql_greeting(span_of(copy, whole.n), &again) == 0);
	HOLDS(again.capabilities == (g->capabilities | MYSQL_CLIENT_SSL));
	HOLDS(again.connection_id == g->connection_id && again.plugin.n == g->plugin.n);
	HOLDS(memcmp(again.scramble, g->scramble, sizeof g->scramble) == 0);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span whole = span_of(data, size);
	struct mysql_greeting g;

	if (mysql_greeting(whole, &g) < 0)
		return 0;
	HOLDS(data[0] == 10);
	HOLDS(inside(whole, g.version) && inside(whole, g.plugin));
	HOLDS(g.plugin.n == 0 || g.capabilities & MYSQL_PLUGIN_AUTH);
	HOLDS(g.capabilities & MYSQL_PROTOCOL_41);
	with_tls(whole, &g);
	return 0;
}
