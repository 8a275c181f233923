/* SPDX-License-Identifier: Apache-2.0 */
/* Where the relays find the database: the engine's socket, or what the file of `serve` says. */
#include "base/file.h"
#include "base/i18n.h"
#include "base/log.h"
#include "net/resolve.h"
#include "parent/state.h"
#include "pki/cert.h"

#include <stdio.h>
#include <string.h>

#define RESOLVE_MS 10000
#define PEM_MAX    32768

static int read_ca(const char *path, struct err *e)
{
	struct cert_facts facts;

	if (file_read(path, PEM_MAX, &parent.upstream_ca, e) < 0)
		return -1;
	return cert_facts_pem(&facts, parent.upstream_ca.p, parent.upstream_ca.n, e) < 0
		   ? err_prefix(e, "%s", path)
		   : 0;
}

static int over_tcp(const struct serve_upstream *from, struct err *e)
{
	struct upstream_config *to = &parent.upstream;
	struct addr found[RESOLVE_MAX];
	char text[ADDR_TEXT];
	int n = resolve_host(from->host, from->port, found, RESOLVE_MS, e);

	if (n < 0)
		return -1;
	to->addr = found[0];
	to->tls = from->ca[0] != '\0';
	(void)snprintf(to->name, sizeof to->name, "%s", from->name);
	log_line("upstream %s: %s%s", from->host, addr_text(&to->addr, text),
	    n > 1 ? ", the first of several addresses" : "");
	return to->tls ? read_ca(from->ca, e) : 0;
}

int upstream_get(struct err *e)
{
	const struct serve_upstream *from = &parent.serve.to;
	const char *path = parent.options->config ? from->path : parent.paths.engine_socket;

	(void)snprintf(parent.upstream.path, sizeof parent.upstream.path, "%s", path);
	return path[0] ? 0 : over_tcp(from, e);
}
