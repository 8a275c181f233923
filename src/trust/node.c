/* SPDX-License-Identifier: Apache-2.0 */
/* Node has its CAs compiled in: each one is asked for them. */
#include "base/i18n.h"
#include "trust/ask.h"
#include "trust/format.h"
#include "trust/way.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECONDS    5
#define ANSWER_MAX (4u << 20)

/* The first line is its version, the others PEM. */
static const char question[] = "console.log('node ' + process.version);"
			       "console.log(require('tls').rootCertificates.join('\\n'))";

static const char *const places[] = { "/usr/bin/node", "/usr/local/bin/node", "/usr/bin/nodejs",
	"/opt/*/bin/node", "~/.nvm/versions/node/*/bin/node",
	"~/.volta/tools/image/node/*/bin/node", "~/.asdf/installs/nodejs/*/bin/node",
	"~/.local/share/fnm/node-versions/*/installation/bin/node", "/snap/node/current/bin/node",
	NULL };

static int node_find(struct hunt *h)
{
	const char *path = hunt_here(h) && !h->where->quick ? getenv("PATH") : NULL;
	char file[PATH_MAX];

	/* Of another system nothing is run. */
	if (!hunt_here(h) || h->where->quick)
		return 0;
	for (size_t i = 0; places[i]; i++)
		if (hunt_pattern(h, places[i], N_("Node")) < 0)
			return -1;
	while (path && *path) {
		size_t n = strcspn(path, ":");

		(void)snprintf(file, sizeof file, "%.*s/node", (int)(n < 3000 ? n : 0), path);
		if (*path == '/' && hunt_add(h, file, N_("Node")) < 0)
			return -1;
		path += n;
		path += *path == ':';
	}
	return 0;
}

static int node_read(struct store *s, const struct store_where *w, struct err *e)
{
	char real[PATH_MAX];
	const char *const argv[] = { s->path, "-e", question, NULL };
	const struct ask a = { .program = real,
		.argv = argv,
		.without = "NODE_OPTIONS",
		.seconds = SECONDS,
		.max = ANSWER_MAX };
	const uint8_t *end;
	struct buf said;
	int rc;

	(void)w;
	s->format = STORE_BUILT_IN;
	if (!way_may_run(s->path, real))
		return err_set(e, ERR_USER,
		    _("%s is not run to be asked: somebody else than you can change it; its owner "
		      "can run `dbtls trust list`"),
		    s->path);
	if (ask_run(&a, &said, e) < 0)
		return -1;
	end = said.n > 0 ? memchr(said.p, '\n', said.n) : NULL;
	if (end)
		store_clean(s->package, sizeof s->package, span_of(said.p, (size_t)(end - said.p)));
	rc = pem_read(s, span_of(said.p, said.n), NULL, e);
	buf_free(&said);
	return rc < 0 ? err_prefix(e, "%s", s->path) : 0;
}

const struct store_kind node_kind = { .name = "node", .find = node_find, .read = node_read };
