/* SPDX-License-Identifier: Apache-2.0 */
/* Where the relays find the databases: the engine's socket, or what the file of `serve` says. */
#include "base/i18n.h"
#include "base/log.h"
#include "net/resolve.h"
#include "parent/files.h"
#include "parent/state.h"

#include <stdio.h>
#include <string.h>

#define RESOLVE_MS 10000

static int over_tcp(
    const struct upstream_line *from, struct upstream_config *to, struct buf *ca, struct err *e)
{
	char text[ADDR_TEXT];
	int n = resolve_host(from->host, from->port, to->address, RESOLVE_MS, e);

	if (n < 0)
		return -1;
	to->addresses = (uint32_t)n;
	to->tls = from->ca[0] != '\0';
	(void)snprintf(to->name, sizeof to->name, "%s", from->name);
	(void)snprintf(to->label, sizeof to->label, "%.60s:%u", from->host, from->port);
	for (int i = 0; i < n; i++)
		log_line("upstream %s: %s%s", to->label, addr_text(&to->address[i], text),
		    i ? ", tried in turn" : "");
	return to->tls ? files_upstream_ca(from, ca, e) : 0;
}

static int get(struct site *t, size_t i, struct err *e)
{
	const struct upstream_line *from = &t->conf->upstream[i];
	struct upstream_config *to = &t->upstream[i];

	to->endpoint = (uint32_t)(t - parent.site);
	to->proxy = (uint32_t)from->proxy;
	if (!from->path[0])
		return over_tcp(from, to, &t->upstream_ca[i], e);
	(void)snprintf(to->path, sizeof to->path, "%s", from->path);
	(void)snprintf(
	    to->label, sizeof to->label, "%s", parent.options->config ? from->path : "engine");
	return 0;
}

int upstreams_get(struct err *e)
{
	for (size_t i = 0; i < parent.sites; i++)
		for (size_t j = 0; j < parent.site[i].conf->upstreams; j++)
			if (get(&parent.site[i], j, e) < 0)
				return -1;
	return 0;
}

int upstream_answers(size_t site, size_t upstream)
{
	uint64_t last = 0;
	int answers = 1;

	for (size_t i = 0; i < parent.relays; i++) {
		const struct stats *s = parent.relay[i].stats;
		uint64_t tried = stats_get(&s->upstream_tried[site][upstream]);

		/* In the plan before, the numbers stood for other databases. */
		if (tried <= last || parent.relay[i].generation != parent.plan->generation)
			continue;
		last = tried;
		answers = !stats_get(&s->upstream_failing[site][upstream]);
	}
	return answers;
}
