/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/sigv4.h"

#include "base/buf.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <stdio.h>

#define ALGORITHM "AWS4-HMAC-SHA256"
#define DIGEST    SHA256_DIGEST_LENGTH

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

static int add_hash(struct buf *b, struct span s)
{
	uint8_t hash[DIGEST];
	int rc = SHA256(s.n ? s.p : (const uint8_t *)"", s.n, hash) ? 0 : -1;

	for (size_t i = 0; rc == 0 && i < sizeof hash; i++)
		rc = buf_fmt(b, "%02x", hash[i]);
	return rc;
}

/* What is signed: the time, the scope, and the hash of the canonical request. */
static int add_text(
    struct buf *b, const struct http_request *r, struct span body, const struct claim *c)
{
	struct buf canonical = buf_new((size_t)2 * HTTP_HEAD_MAX);
	struct span date = http_field(r, "X-Amz-Date");
	int rc;

	(void)buf_fmt(&canonical, "%.*s\n/\n\n", (int)r->method.n, (const char *)r->method.p);
	add_fields(&canonical, r, c->names);
	(void)buf_fmt(&canonical, "\n%.*s\n", (int)c->names.n, (const char *)c->names.p);
	(void)buf_fmt(b, ALGORITHM "\n%.*s\n%.*s\n", (int)date.n, (const char *)date.p,
	    (int)c->scope.n, (const char *)c->scope.p);
	rc = add_hash(&canonical, body) < 0 || add_hash(b, span_of(canonical.p, canonical.n)) < 0
		 ? -1
		 : 0;
	buf_free(&canonical);
	return rc;
}

static int sign(uint8_t key[DIGEST], const void *with, size_t n, struct span what)
{
	uint8_t made[DIGEST];

	if (!HMAC(EVP_sha256(), with, (int)n, what.n ? what.p : (const uint8_t *)"", what.n, made,
		NULL))
		return -1;
	memcpy(key, made, sizeof made);
	return 0;
}

/* Whether the text is signed so. The key is derived from the four words of the scope. */
static int is_signed(struct span text, const struct claim *c, const char *password)
{
	struct span scope = c->scope;
	uint8_t key[DIGEST];
	char secret[256], hex[2 * DIGEST + 1];
	int n = snprintf(secret, sizeof secret, "AWS4%s", password);
	int rc = n < (int)sizeof secret ? sign(key, secret, (size_t)n, next(&scope, '/')) : -1;

	for (int i = 0; rc == 0 && i < 3; i++)
		rc = sign(key, key, sizeof key, next(&scope, '/'));
	if (rc == 0)
		rc = sign(key, key, sizeof key, text);
	for (size_t i = 0; rc == 0 && i < sizeof key; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", key[i]);
	OPENSSL_cleanse(secret, sizeof secret);
	return rc == 0 && c->signature.n == sizeof hex - 1 &&
	       CRYPTO_memcmp(c->signature.p, hex, sizeof hex - 1) == 0;
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
	struct buf text = buf_new(HTTP_HEAD_MAX);
	int good;

	if (!span_is(next(&s, ' '), ALGORITHM))
		return SIGV4_NONE;
	while (s.n > 0)
		read_part(next(&s, ','), &c);
	if (!c.scope.n || !c.signature.n || !signs_host(c.names) || !http_field(r, "X-Amz-Date").n)
		return SIGV4_INCOMPLETE;
	if (!span_is(c.user, user))
		return SIGV4_STRANGER;
	good =
	    add_text(&text, r, body, &c) == 0 && is_signed(span_of(text.p, text.n), &c, password);
	buf_free(&text);
	return good ? SIGV4_GOOD : SIGV4_WRONG;
}
