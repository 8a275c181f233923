/* SPDX-License-Identifier: Apache-2.0 */
#include "front/witness.h"

#include "base/log.h"
#include "front/ledger.h"
#include "front/library.h"
#include "front/relay_state.h"
#include "wire/hello.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int read_hello(const struct session *s, struct hello *h)
{
	struct span body;

	if (!s->hello || hello_body(span_of(s->hello->p, s->hello->n), &body) < 0)
		return -1;
	return hello_read(body, h);
}

static uint8_t allowed(const struct tls_policy *p)
{
	return (uint8_t)((p->min == TLS_POLICY_1_2 ? HELLO_TLS1_2 : 0) |
			 (p->max == TLS_POLICY_1_3 ? HELLO_TLS1_3 : 0));
}

static enum cause_sni sni_of(const struct session *s, const struct hello *h)
{
	if (!h->sni.n)
		return CAUSE_SNI_NONE;
	return tls_conn_is_named(&s->client.tls, h->sni.p, h->sni.n, h->sni_is_address)
		   ? CAUSE_SNI_OURS
		   : CAUSE_SNI_OTHERS;
}

static void note(const struct session *s, enum cause cause, const struct hello *h)
{
	struct ledger_row row = {
		.cause = (uint8_t)cause, .family = (uint8_t)s->peer.family, .error = s->error
	};
	const char *library = h ? library_name(h) : NULL;

	memcpy(row.ip, s->peer.ip, s->peer.family == AF_INET ? 4 : sizeof row.ip);
	(void)snprintf(row.library, sizeof row.library, "%s", library ? library : "");
	(void)snprintf(row.endpoint, sizeof row.endpoint, "%s", s->at->config.name);
	(void)snprintf(row.user, sizeof row.user, "%s", s->user);
	if (h)
		row.versions = h->versions;
	if (h && h->sni.n)
		log_quote(row.name, sizeof row.name, h->sni.p, h->sni.n);
	ledger_note(relay.ledger, &row, (int64_t)time(NULL));
}

static void failed(const struct session *s)
{
	struct cause_facts f = {
		.reason = s->reason, .alert = s->alert, .allowed = allowed(&s->at->config.tls)
	};
	struct hello h;
	int has_hello = read_hello(s, &h) == 0;
	enum cause cause;

	if (has_hello) {
		f.library = library_name(&h);
		f.versions = h.versions;
		f.sni = sni_of(s, &h);
	}
	cause = cause_of(&f);
	if (cause != CAUSE_NONE)
		note(s, cause, has_hello ? &h : NULL);
}

static void done(struct session *s)
{
	free(s->hello);
	s->hello = NULL;
}

void witness_failed(struct session *s)
{
	if (!s->us_login)
		failed(s);
	done(s);
}

void witness_works(struct session *s)
{
	struct tls_facts f;
	struct hello h;

	tls_conn_facts(&s->client.tls, &f);
	if (s->plain)
		note(s, CAUSE_WORKS_PLAIN, NULL);
	/* Who has TLS 1.3 offered it. Who has not may have, at a door that takes TLS 1.2 alone. */
	if (f.version == TLS_POLICY_1_2 && read_hello(s, &h) == 0 && !(h.versions & HELLO_TLS1_3))
		note(s, CAUSE_WORKS_TLS_1_2, &h);
	done(s);
}
