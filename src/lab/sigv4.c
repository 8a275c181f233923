/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/sigv4.h"

#include "base/buf.h"
#include "pki/awssign.h"

#include <openssl/crypto.h>
#include <stdio.h>

/* Credential=USER/DATE/REGION/SERVICE/aws4_request, SignedHeaders=A;B;C, Signature=HEX */
struct claim {
	struct span user, scope, names, signature;
};

/* Takes what stands before the first c, or all of it. */
static struct span next(struct span *s, char c)
{
	const uint8_t *at = s->n ? memchr(s->p, c, s->n) : NULL;
	struct span part = { 0 };

	(void)span_take(s, at ? (size_t)(at - s->p) : s->n, &part);
	if (at)
		(void)span_skip(s, 1);
	return part;
}

static void read_part(struct span value, struct claim *c)
{
	struct span name;

	while (value.n && *value.p == ' ')
		(void)span_skip(&value, 1);
	name = next(&value, '=');
	if (span_is(name, "Credential")) {
		c->user = next(&value, '/');
		c->scope = value;
	}
	if (span_is(name, "SignedHeaders"))
		c->names = value;
	if (span_is(name, "Signature"))
		c->signature = value;
}

/* One line for each signed field; several blanks within a value count as one. */
static void add_fields(struct buf *b, const struct http_request *r, struct span names)
{
	char name[128];

	while (names.n > 0) {
		struct span is = next(&names, ';'), value;

		(void)snprintf(name, sizeof name, "%.*s", (int)is.n, (const char *)is.p);
		value = http_field(r, name);
		(void)buf_fmt(b, "%s:", name);
		for (size_t i = 0; i < value.n; i++)
			if (value.p[i] != ' ' || value.p[i - 1] != ' ')
				(void)buf_add(b, value.p + i, 1);
		(void)buf_add(b, "\n", 1);
	}
}

/* Whether the request is signed so. */
static int is_signed(
    const struct http_request *r, struct span body, const struct claim *c, const char *password)
{
	struct buf fields = buf_new(HTTP_HEAD_MAX);
	struct awssign what = {
		.method = r->method,
		.names = c->names,
		.body = body,
		.date = http_field(r, "X-Amz-Date"),
		.scope = c->scope,
	};
	char made[AWSSIGN_HEX];
	int rc;

	add_fields(&fields, r, c->names);
	what.fields = span_of(fields.p, fields.n);
	rc = awssign_make(&what, password, made);
	buf_free(&fields);
	return rc == 0 && c->signature.n == sizeof made - 1 &&
	       CRYPTO_memcmp(c->signature.p, made, sizeof made - 1) == 0;
}

static int signs_host(struct span names)
{
	while (names.n > 0)
		if (span_is(next(&names, ';'), "host"))
			return 1;
	return 0;
}

enum sigv4 sigv4_check(
    const struct http_request *r, struct span body, const char *user, const char *password)
{
	struct span s = http_field(r, "Authorization");
	struct claim c = { 0 };

	if (!span_is(next(&s, ' '), AWSSIGN_ALGORITHM))
		return SIGV4_NONE;
	while (s.n > 0)
		read_part(next(&s, ','), &c);
	if (!c.scope.n || !c.signature.n || !signs_host(c.names) || !http_field(r, "X-Amz-Date").n)
		return SIGV4_INCOMPLETE;
	if (!span_is(c.user, user))
		return SIGV4_STRANGER;
	return is_signed(r, body, &c, password) ? SIGV4_GOOD : SIGV4_WRONG;
}
