/* SPDX-License-Identifier: Apache-2.0 */
/* `dbtls trust audit ENDPOINT`: one handshake, for the certificates that it shows. */
#include "base/i18n.h"
#include "cmd/trust_audit.h"
#include "doctor/diagnose.h"
#include "probe/probe.h"
#include "target/target.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define STEP_MS 5000

int audit_is_endpoint(const char *word)
{
	if (strstr(word, "://"))
		return 1;
	return strchr(word, ':') && !strchr(word, '/') && access(word, F_OK) < 0;
}

static enum facts_protocol protocol_of(const struct target *t)
{
	if (t->protocol == TARGET_MYSQL)
		return FACTS_MYSQL;
	return t->protocol == TARGET_TLS ? FACTS_TLS : FACTS_HTTPS;
}

/* Why nothing was shown, in the doctor's words. */
static int nothing(const struct facts *f, struct err *e)
{
	struct diagnose d = { 0 };
	const struct diagnosis *first = d.v;

	diagnose(f, NULL, &d);
	return err_set(e, ERR_PEER, "%s%s%s", _(first->cause->sentence),
	    *first->evidence ? ": " : "", first->evidence);
}

static int look(struct audit_endpoint *at, const struct target *t, struct err *e)
{
	const struct probe_wish w = { .host = t->host,
		.name = at->host,
		.port = t->port,
		.protocol = protocol_of(t),
		.ms = STEP_MS,
		.now = time(NULL) };
	const struct facts_tls *tls = &at->facts.tls;

	probe_look(&w, &at->facts);
	for (size_t i = 0; i < tls->certs; i++)
		at->served[i] = span_of(tls->cert[i].p, tls->cert[i].n);
	at->in = (struct path_input) {
		.served = at->served,
		.n = tls->certs,
		.name = at->host,
		.staple = span_of(tls->staple.p, tls->staple.n),
		.now = w.now,
	};
	return tls->certs > 0 ? 0 : nothing(&at->facts, e);
}

static int fill(struct audit_endpoint *at, const struct target *t, struct err *e)
{
	const char *host = t->server_name ? t->server_name : t->host;

	store_clean(at->text, sizeof at->text, span_of(t->text, strlen(t->text)));
	if (t->protocol == TARGET_HTTP)
		return err_set(e, ERR_USER, _("no TLS is spoken there"));
	if (strlen(host) >= sizeof at->host)
		return err_set(e, ERR_USER, _("the host's name is too long"));
	(void)snprintf(at->host, sizeof at->host, "%s", host);
	return 0;
}

int audit_endpoint_open(struct audit_endpoint *at, const char *text, struct err *e)
{
	struct target t = { 0 };
	int rc = -1;

	*at = (struct audit_endpoint) { 0 };
	if (target_parse(&t, span_of(text, strlen(text)), e) < 0)
		return -1;
	if (fill(at, &t, e) == 0)
		rc = look(at, &t, e);
	if (rc < 0)
		(void)err_prefix(e, "%s", at->text);
	target_free(&t);
	return rc;
}

void audit_endpoint_close(struct audit_endpoint *at)
{
	facts_free(&at->facts);
}
