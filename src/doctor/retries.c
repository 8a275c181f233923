/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/retries.h"

#include "base/i18n.h"
#include "doctor/diagnose.h"

#include <string.h>

/* s: how long Linux tries to connect by itself (net.ipv4.tcp_syn_retries, 6). */
#define SYN  127
#define NONE 0 /* no bound */

/*
 * By the SDKs' sources; those of boto3, aws-cli and JavaScript were counted at endpoints that fail.
 * A pause is base * 2^i ms, i from 0 on, cap at most, and comes before each attempt but the first
 * `skip` repeated ones; a random part of it, unless it is exact.
 */
static const struct sdk {
	const char *name;
	unsigned attempts, skip, base, cap;
	int exact;
	int tls;                             /* it repeats what TLS has refused as well */
	unsigned connect, handshake, answer; /* s */
} sdks[] = {
	/* botocore/data/_retry.json, endpoint.py */
	{ "boto3 (botocore before 1.44), aws-cli 1", 10, 0, 50, 25600, 1, 1, 60, 60, 60 },
	/* botocore/retries/standard.py */
	{ "boto3 (botocore 1.44)", 4, 0, 25, 20000, 0, 1, 60, 60, 60 },
	{ "aws-cli 2", 3, 0, 1000, 20000, 0, 1, 60, 60, 60 },
	/* PredefinedRetryPolicies, ClientConfiguration */
	{ "aws-sdk-java 1", 11, 0, 25, 20000, 0, 1, 10, 50, 50 },
	/* DynamoDbRetryPolicy, SdkHttpConfigurationOption */
	{ "aws-sdk-java 2", 9, 0, 25, 20000, 0, 1, 2, 30, 30 },
	{ "aws-sdk-js 2", 11, 0, 50, 51200, 0, 1, 120, 120, 120 },
	/* @smithy/core 3.41, submodules/retry */
	{ "aws-sdk-js 3", 4, 0, 50, 20000, 0, 0, SYN, NONE, NONE },
	/* aws/retry/standard.go, aws/transport/http/client.go */
	{ "aws-sdk-go 2", 3, 0, 2000, 20000, 0, 0, 30, 10, NONE },
	/* aws-sdk-dynamodb/plugins/extended_retries.rb, seahorse/client/plugins/net_http.rb */
	{ "aws-sdk-ruby 3", 11, 2, 100, 25600, 1, 1, 15, 15, 60 },
	/* DynamoDb/DynamoDbClient.php; curl's own bound of a connection with its handshake */
	{ "aws-sdk-php 3", 11, 1, 100, 10000, 0, 1, SYN, 300, NONE },
	/* DynamoDBRetryPolicy.cs, in the mode legacy; HttpClient.Timeout */
	{ "aws-sdk-net 3", 11, 0, 50, 30000, 1, 1, 100, 100, 100 },
};

/* ---- what a cause is to an SDK --------------------------------------------------------------- */

enum phase {
	PHASE_NONE,
	PHASE_QUICK,   /* it fails as fast as it did here */
	PHASE_TLS,     /* the same, and by TLS's word */
	PHASE_CONNECT, /* nobody answers: the SDK's bounds count */
	PHASE_HANDSHAKE,
	PHASE_ANSWER
};

static const struct {
	const char *id;
	enum phase phase;
} phases[] = {
	{ "dns-failure", PHASE_QUICK },
	{ "connection-refused", PHASE_QUICK },
	{ "network-unreachable", PHASE_QUICK },
	{ "connect-timeout", PHASE_CONNECT },
	{ "handshake-closed", PHASE_QUICK },
	{ "handshake-reset", PHASE_QUICK },
	{ "handshake-timeout", PHASE_HANDSHAKE },
	{ "session-closed", PHASE_QUICK },
	{ "session-reset", PHASE_QUICK },
	{ "session-timeout", PHASE_ANSWER },
	{ "intercepted", PHASE_TLS },
	{ "untrusted-root", PHASE_TLS },
	{ "distrusted", PHASE_TLS },
	{ "missing-intermediate", PHASE_TLS },
	{ "self-signed", PHASE_TLS },
	{ "expired", PHASE_TLS },
	{ "not-yet-valid", PHASE_TLS },
	{ "hostname-mismatch", PHASE_TLS },
	{ "no-san", PHASE_TLS },
	{ "not-a-ca", PHASE_TLS },
	{ "wrong-purpose", PHASE_TLS },
	{ "name-constraint", PHASE_TLS },
	{ "path-too-long", PHASE_TLS },
	{ "weak-key", PHASE_TLS },
	{ "weak-signature", PHASE_TLS },
	{ "certificate-refused", PHASE_TLS },
	{ "protocol-version", PHASE_TLS },
	{ "downgraded", PHASE_TLS },
	{ "no-shared-cipher", PHASE_TLS },
	{ "proof-missing", PHASE_TLS },
	{ "client-cert-required", PHASE_TLS },
	{ "sni-required", PHASE_TLS },
	{ "alpn-mismatch", PHASE_TLS },
	{ "server-alert", PHASE_TLS },
	{ "broken-tls", PHASE_TLS },
	{ "not-tls", PHASE_TLS },
};

static enum phase phase_of(const char *id)
{
	for (size_t i = 0; i < sizeof phases / sizeof *phases; i++)
		if (strcmp(phases[i].id, id) == 0)
			return phases[i].phase;
	return PHASE_NONE;
}

/* ---- times ----------------------------------------------------------------------------------- */

/* ms from the name to where it ended: the first way, without what was tried after it. */
static uint64_t measured(const struct facts *f)
{
	uint64_t ms = 0;

	for (size_t i = 0; i < f->steps; i++)
		if (f->step[i].what <= FACTS_SESSION)
			ms += f->step[i].ms;
	return ms;
}

static uint64_t pauses(const struct sdk *s, unsigned attempts)
{
	uint64_t sum = 0, pause = s->base;

	for (unsigned i = s->skip; i + 1 < attempts; i++, pause *= 2)
		sum += pause < s->cap ? pause : s->cap;
	return sum;
}

static unsigned bound(const struct sdk *s, enum phase phase)
{
	if (phase == PHASE_CONNECT)
		return s->connect;
	return phase == PHASE_HANDSHAKE ? s->handshake : s->answer;
}

static struct retries compute(const struct sdk *s, enum phase phase, uint64_t ms)
{
	struct retries r = { .sdk = s->name, .attempts = s->attempts, .each = ms };

	if (phase == PHASE_TLS && !s->tls)
		r.attempts = 1;
	if (phase >= PHASE_CONNECT) {
		r.each = (uint64_t)bound(s, phase) * 1000;
		r.endless = r.each == 0;
	}
	/* What does not end is not tried again. */
	if (r.endless)
		r.attempts = 1;
	r.most = pauses(s, r.attempts);
	r.least = s->exact ? r.most : 0;
	return r;
}

size_t retries_of(const struct facts *f, const char *id, struct retries out[RETRIES_MAX])
{
	enum phase phase = phase_of(id);
	size_t n = sizeof sdks / sizeof *sdks;

	_Static_assert(sizeof sdks / sizeof *sdks <= RETRIES_MAX, "there is room for all");
	if (phase == PHASE_NONE || !diagnose_is_aws(f))
		return 0;
	for (size_t i = 0; i < n; i++)
		out[i] = compute(&sdks[i], phase, measured(f));
	return n;
}

/* ---- telling --------------------------------------------------------------------------------- */

/* "25.6 s", "0 to 6.0 s" of the pauses, and what the attempts take. */
static void show(FILE *to, const struct retries *r)
{
	uint64_t all = r->each * r->attempts;
	char from[32] = "";

	if (r->endless) {
		(void)fprintf(to, _("        %-42s never: it has no bound\n"), r->sdk);
		return;
	}
	if (r->least != r->most)
		(void)snprintf(from, sizeof from, _("%.1f to "), (double)(all + r->least) / 1000);
	(void)fprintf(to, _("        %-42s %s%.1f s, %u × %.1f s and the pauses\n"), r->sdk, from,
	    (double)(all + r->most) / 1000, r->attempts, (double)r->each / 1000);
}

void retries_text(FILE *to, const struct retries *r, size_t n)
{
	if (n > 0)
		(void)fputs(_("    by their defaults SDKs tell the application of it after\n"), to);
	for (size_t i = 0; i < n; i++)
		show(to, &r[i]);
}

static json_t *json_one(const struct retries *r)
{
	uint64_t all = r->each * r->attempts, least = all + r->least, most = all + r->most;

	if (r->endless)
		return json_pack(
		    "{s:s, s:i, s:b}", "sdk", r->sdk, "attempts", (int)r->attempts, "endless", 1);
	return json_pack("{s:s, s:i, s:b, s:I, s:I, s:I}", "sdk", r->sdk, "attempts",
	    (int)r->attempts, "endless", 0, "each_ms", (json_int_t)r->each, "least_ms",
	    (json_int_t)least, "most_ms", (json_int_t)most);
}

json_t *retries_json(const struct retries *r, size_t n)
{
	json_t *all = json_array();

	for (size_t i = 0; i < n; i++)
		(void)json_array_append_new(all, json_one(&r[i]));
	return all;
}
