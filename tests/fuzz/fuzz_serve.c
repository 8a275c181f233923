/* SPDX-License-Identifier: Apache-2.0 */
/* The file of `dbtls serve`: what is taken is bounded, and never a way to reach it unverified. */
#include "conf/serve.h"
#include "fuzz.h"

#include <string.h>

static void check(const struct serve_endpoint *p)
{
	struct err e = { 0 };
	char text[512];

	HOLDS(p->id && p->upstreams > 0 && p->upstreams <= SERVE_UPSTREAMS);
	for (size_t i = 0; i < p->listen.n; i++)
		HOLDS(up_check_listen(p->listen.v[i], &e) == 0);
	for (size_t i = 0; i < p->upstreams; i++) {
		const struct upstream_line *u = &p->upstream[i];

		HOLDS(u->path[0] == '/' || (u->host[0] && u->port));
		HOLDS(!u->path[0] || !u->ca[0]);
		HOLDS(!u->ca[0] || u->name[0]);
		HOLDS(strlen(upstream_text(u, text)) < sizeof text);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct serve s;
	struct err e = { 0 };

	if (serve_parse(&s, "FILE", data, size, &e) < 0) {
		HOLDS(e.text[0] && strlen(e.text) < sizeof e.text && !strchr(e.text, '\n'));
		return 0;
	}
	HOLDS(s.endpoints > 0 && s.endpoints <= SERVE_ENDPOINTS);
	for (size_t i = 0; i < s.endpoints; i++)
		check(&s.endpoint[i]);
	serve_free(&s);
	return 0;
}
