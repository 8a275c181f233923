/* SPDX-License-Identifier: Apache-2.0 */
#include "pki/awssign.h"

#include "base/buf.h"
#include "pki/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>

#define TEXT_MAX (64 * 1024)
#define WORDS    4 /* of a scope */

static int add_span(struct buf *b, struct span s)
{
	return s.n ? buf_add(b, s.p, s.n) : 0;
}

static int add_hash(struct buf *b, struct span s)
{
	uint8_t hash[SHA256_LENGTH];
	int rc = sha256(s.n ? s.p : (const uint8_t *)"", s.n, hash);

	for (size_t i = 0; rc == 0 && i < sizeof hash; i++)
		rc = buf_fmt(b, "%02x", hash[i]);
	return rc;
}

static int add_canonical(struct buf *b, const struct awssign *r)
{
	if (add_span(b, r->method) < 0 || buf_fmt(b, "\n/\n\n") < 0 || add_span(b, r->fields) < 0 ||
	    buf_fmt(b, "\n") < 0 || add_span(b, r->names) < 0 || buf_fmt(b, "\n") < 0)
		return -1;
	return add_hash(b, r->body);
}

/* What is signed: the time, the scope, and the hash of the canonical request. */
static int add_text(struct buf *b, const struct awssign *r)
{
	struct buf canonical = buf_new(TEXT_MAX);
	int rc = add_canonical(&canonical, r);

	if (rc == 0 &&
	    (buf_fmt(b, AWSSIGN_ALGORITHM "\n") < 0 || add_span(b, r->date) < 0 ||
		buf_fmt(b, "\n") < 0 || add_span(b, r->scope) < 0 || buf_fmt(b, "\n") < 0))
		rc = -1;
	if (rc == 0)
		rc = add_hash(b, span_of(canonical.p, canonical.n));
	buf_free(&canonical);
	return rc;
}

static int sign(uint8_t key[SHA256_LENGTH], const void *with, size_t n, struct span what)
{
	uint8_t made[SHA256_LENGTH];

	if (!HMAC(EVP_sha256(), with, (int)n, what.n ? what.p : (const uint8_t *)"", what.n, made,
		NULL))
		return -1;
	memcpy(key, made, sizeof made);
	OPENSSL_cleanse(made, sizeof made);
	return 0;
}

/* The next word of a scope. */
static struct span next(struct span *s)
{
	const uint8_t *at = s->n ? memchr(s->p, '/', s->n) : NULL;
	struct span part = { 0 };

	(void)span_take(s, at ? (size_t)(at - s->p) : s->n, &part);
	if (at)
		(void)span_skip(s, 1);
	return part;
}

/* The key is derived from the secret and the words of the scope, one after another. */
static int derive(const char *secret, struct span scope, uint8_t key[SHA256_LENGTH])
{
	char first[AWSSIGN_SECRET_MAX + 5];
	int n = snprintf(first, sizeof first, "AWS4%s", secret);
	int rc = -1;

	if (n > 0 && n < (int)sizeof first)
		rc = sign(key, first, (size_t)n, next(&scope));
	for (int i = 1; rc == 0 && i < WORDS; i++)
		rc = sign(key, key, SHA256_LENGTH, next(&scope));
	OPENSSL_cleanse(first, sizeof first);
	return rc;
}

int awssign_make(const struct awssign *r, const char *secret, char out[AWSSIGN_HEX])
{
	struct buf text = buf_new(TEXT_MAX);
	uint8_t key[SHA256_LENGTH];
	int rc = derive(secret, r->scope, key);

	if (rc == 0)
		rc = add_text(&text, r);
	if (rc == 0)
		rc = sign(key, key, sizeof key, span_of(text.p, text.n));
	for (size_t i = 0; rc == 0 && i < sizeof key; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", key[i]);
	OPENSSL_cleanse(key, sizeof key);
	buf_free(&text);
	return rc;
}
