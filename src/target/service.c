/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hosts of services that are known. DynamoDB's are from botocore's endpoints.json and the rule set
 * of its endpoint (docs.aws.amazon.com/general/latest/gr/ddb.html), TiDB Cloud's from its manual
 * (docs.pingcap.com/tidbcloud).
 */
#include "base/i18n.h"
#include "base/opt.h"
#include "target/clients.h"
#include "target/form.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REGION_MAX 32

/* ---- AWS's partitions ------------------------------------------------------------------------ */

/*
 * By how their regions begin; the last is everybody's. dual: NULL: it has no dual-stack names.
 * fips: its plain names are those of FIPS as well, but for the dual-stack ones.
 */
static const struct partition {
	const char *begin, *suffix, *dual;
	int fips;
} partitions[] = {
	{ "cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn", 0 },
	{ "us-gov-", "amazonaws.com", "api.aws", 1 },
	{ "us-iso-", "c2s.ic.gov", NULL, 0 },
	{ "us-isob-", "sc2s.sgov.gov", NULL, 0 },
	{ "eu-isoe-", "cloud.adc-e.uk", NULL, 0 },
	{ "us-isof-", "csp.hci.ic.gov", NULL, 0 },
	{ "eusc-", "amazonaws.eu", NULL, 0 },
	{ "", "amazonaws.com", "api.aws", 0 },
};

static const struct partition *partition_of(const char *region)
{
	const struct partition *p = partitions;

	while (strncmp(region, p->begin, strlen(p->begin)) != 0)
		p++;
	return p;
}

/* What may stand before the colon. plain: of FIPS, where the partition has no names for it. */
static const struct endpoint {
	const char *name;
	enum target_service service;
	const char *host;
	int dual;
	const char *plain;
} endpoints[] = {
	{ "dynamodb", TARGET_DYNAMODB, "dynamodb", 0, NULL },
	{ "dynamodb-fips", TARGET_DYNAMODB, "dynamodb-fips", 0, "dynamodb" },
	{ "dynamodb-dual", TARGET_DYNAMODB, "dynamodb", 1, NULL },
	{ "dynamodb-fips-dual", TARGET_DYNAMODB, "dynamodb-fips", 1, NULL },
	{ "dynamodb-streams", TARGET_STREAMS, "streams.dynamodb", 0, NULL },
	{ "dynamodb-streams-fips", TARGET_STREAMS, "streams.dynamodb-fips", 0, "streams.dynamodb" },
	{ "dynamodb-streams-dual", TARGET_STREAMS, "streams-dynamodb", 1, NULL },
	{ 0 },
};

static const struct endpoint *endpoint_of(const char *name)
{
	for (const struct endpoint *p = endpoints; p->name; p++)
		if (strcmp(p->name, name) == 0)
			return p;
	return NULL;
}

/* "eu-west-3", "us-gov-east-1": words of letters, then a number. */
static int region_ok(const char *region)
{
	size_t n = strlen(region);
	const char *dash = strrchr(region, '-');

	return n >= 6 && n < REGION_MAX && dash && dash > region + 2 && dash[1] &&
	       strspn(region, "abcdefghijklmnopqrstuvwxyz-") == (size_t)(dash + 1 - region) &&
	       strspn(dash + 1, "0123456789") == strlen(dash + 1) && !strstr(region, "--");
}

static int keep(struct target_reading *r, enum target_set set, const char *value, struct err *e)
{
	return target_read_keep(r, set, value, (struct target_place) { 0, r->text.n }, e);
}

/* DynamoDB local speaks HTTP, and nothing else. */
static int local(struct target_reading *r, struct err *e)
{
	r->t->protocol = TARGET_HTTP;
	r->t->verify = TARGET_OFF;
	r->port = 8000;
	target_read_note(r, TARGET_INSECURE, (struct target_place) { 0 }, NULL,
	    _("DynamoDB local speaks plaintext HTTP; there is no TLS to check"));
	return keep(r, SET_HOST, "localhost", e);
}

static int remote(
    struct target_reading *r, const struct endpoint *p, const char *region, struct err *e)
{
	const struct partition *in = partition_of(region);
	const char *begin = p->plain && in->fips ? p->plain : p->host;
	char host[128];

	if (!region_ok(region))
		return err_set(e, ERR_USER,
		    _("%s: what stands behind the colon is no region; write %s:eu-west-3"), r->form,
		    p->name);
	if (p->dual && !in->dual)
		return err_set(
		    e, ERR_USER, _("%s: DynamoDB has no dual-stack names in %s"), r->form, region);
	(void)snprintf(
	    host, sizeof host, "%s.%s.%s", begin, region, p->dual ? in->dual : in->suffix);
	r->t->protocol = TARGET_HTTPS;
	r->port = 443;
	return keep(r, SET_HOST, host, e);
}

int target_service(struct target_reading *r, struct err *e)
{
	char text[128];
	char *region;
	const struct endpoint *p;
	int n = snprintf(text, sizeof text, "%.*s", (int)r->text.n, (const char *)r->text.p);

	region = strchr(text, ':');
	if (!region || n < 0 || (size_t)n >= sizeof text)
		return err_set(e, ERR_USER, _("%s is too long for a region"), r->form);
	*region++ = '\0';
	p = endpoint_of(text);
	if (!p)
		return opt_unknown(&(struct opt_words) { endpoints, sizeof *endpoints,
				       _("there are dynamodb:REGION and dynamodb-streams:REGION") },
		    text, e);
	r->t->form = TARGET_AWS;
	r->t->service = p->service;
	if (strcmp(region, "local") == 0)
		return local(r, e);
	return remote(r, p, region, e);
}

/* ---- hosts ----------------------------------------------------------------------------------- */

/* Takes the next label of *rest if it is this one; NULL: any, given back in out. */
static int label(const char **rest, const char *want, char out[64])
{
	size_t n = strcspn(*rest, ".");

	if (n == 0 || n > 63 || (*rest)[n] != '.')
		return 0;
	if (want && (strlen(want) != n || strncmp(*rest, want, n) != 0))
		return 0;
	if (out)
		(void)snprintf(out, 64, "%.*s", (int)n, *rest);
	*rest += n + 1;
	return 1;
}

static int is_account(const char *label)
{
	return label[0] && strspn(label, "0123456789") == strlen(label);
}

/* The labels before the region; what they stand for. */
static enum target_service service_of(const char **rest)
{
	const char *at = *rest;
	char account[64];

	if (label(rest, "dynamodb", NULL) || label(rest, "dynamodb-fips", NULL))
		return TARGET_DYNAMODB;
	if (label(rest, "streams-dynamodb", NULL))
		return TARGET_STREAMS;
	if (label(rest, "streams", NULL) &&
	    (label(rest, "dynamodb", NULL) || label(rest, "dynamodb-fips", NULL)))
		return TARGET_STREAMS;
	*rest = at;
	if (label(rest, NULL, account) && is_account(account) && label(rest, "ddb", NULL))
		return TARGET_DYNAMODB;
	*rest = at;
	return TARGET_NO_SERVICE;
}

static void dynamodb(struct target *t, const char *host)
{
	enum target_service service = service_of(&host);
	char region[64];
	const struct partition *p;

	if (service == TARGET_NO_SERVICE || !label(&host, NULL, region) || !region_ok(region))
		return;
	p = partition_of(region);
	if (strcmp(host, p->suffix) != 0 && !(p->dual && strcmp(host, p->dual) == 0))
		return;
	t->service = service;
	free(t->region);
	t->region = strdup(region);
}

static int ends(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && strcmp(text + n - m, end) == 0;
}

static int is_tidb_cloud(const char *host)
{
	return ends(host, ".tidbcloud.com") || ends(host, ".tidb-cloud.com");
}

static int has_port(const struct target_reading *r, const char *a, const char *b)
{
	const char *port = target_read_said(r, SET_PORT);

	return port && (strcmp(port, a) == 0 || strcmp(port, b) == 0);
}

void target_service_host(struct target_reading *r)
{
	struct target *t = r->t;
	int address = t->form == TARGET_ADDRESS;

	dynamodb(t, t->host);
	if (is_tidb_cloud(t->host)) {
		t->service = TARGET_TIDB_CLOUD;
		if (address)
			r->port = 4000;
	}
	if (!address)
		return;
	if (t->service != TARGET_DYNAMODB && t->service != TARGET_STREAMS &&
	    !has_port(r, "443", "8443"))
		return;
	t->protocol = TARGET_HTTPS;
	r->port = 443;
}
