/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/asked.h"

#include "base/buf.h"

#include <openssl/evp.h>

#define DIGITS 2 /* of an index */

static int digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Takes the digits at the end of name, and the "-" before them. */
static int take_index(struct span *name, size_t *index)
{
	size_t unit = 1, n = 0;

	for (*index = 0; n < DIGITS && name->n > 0; n++, unit *= 10) {
		uint8_t c = name->p[name->n - 1];

		if (c < '0' || c > '9')
			break;
		*index += unit * (size_t)(c - '0');
		name->n--;
	}
	if (n == 0 || name->n == 0 || name->p[name->n - 1] != '-')
		return -1;
	name->n--;
	return 0;
}

static int take_suffix(struct span *name, const char *suffix)
{
	size_t n = strlen(suffix);

	if (name->n < n || memcmp(name->p + name->n - n, suffix, n) != 0)
		return -1;
	name->n -= n;
	return 0;
}

/* One character of a target, as it was before somebody wrote it with percent signs. */
static int take_char(struct span *s, uint8_t *c)
{
	struct span one, hex;

	if (span_take(s, 1, &one) < 0)
		return -1;
	*c = one.p[0];
	if (*c != '%')
		return 0;
	if (span_take(s, 2, &hex) < 0 || digit(hex.p[0]) < 0 || digit(hex.p[1]) < 0)
		return -1;
	*c = (uint8_t)(digit(hex.p[0]) * 16 + digit(hex.p[1]));
	return 0;
}

static int put_base64(struct asked *out, const uint8_t *text, size_t n)
{
	size_t pads = 0;
	int got;

	while (pads < 2 && pads < n && text[n - 1 - pads] == '=')
		pads++;
	/* It writes three bytes for four characters, whatever they say, and takes any "=" for a 0.
	 */
	if (n == 0 || n % 4 != 0 || n / 4 * 3 > sizeof out->der || memchr(text, '=', n - pads))
		return -1;
	got = EVP_DecodeBlock(out->der, text, (int)n);
	if (got < (int)pads)
		return -1;
	out->n = (size_t)got - pads;
	return 0;
}

static int put_encoded(struct asked *out, struct span s)
{
	struct buf text = buf_new(sizeof out->der / 3 * 4);
	uint8_t c;
	int rc = 0;

	while (rc == 0 && s.n > 0)
		rc = take_char(&s, &c) < 0 ? -1 : buf_add(&text, &c, 1);
	if (rc == 0)
		rc = put_base64(out, text.p, text.n);
	buf_free(&text);
	return rc;
}

static int put_body(struct asked *out, struct span body)
{
	if (body.n == 0 || body.n > sizeof out->der)
		return -1;
	memcpy(out->der, body.p, body.n);
	out->n = body.n;
	return 0;
}

/* "/LABEL-INDEX" and what is behind the next "/". */
static void split(struct span target, struct span *name, struct span *rest)
{
	const uint8_t *slash;

	*name = target;
	*rest = (struct span) { 0 };
	(void)span_skip(name, 1);
	slash = name->n ? memchr(name->p, '/', name->n) : NULL;
	if (!slash)
		return;
	*rest = span_of(slash + 1, (size_t)(name->p + name->n - (slash + 1)));
	name->n = (size_t)(slash - name->p);
}

int asked_read(const struct http_request *r, struct span body, struct asked *out)
{
	int get = span_is(r->method, "GET"), post = span_is(r->method, "POST");
	struct span name, rest;

	memset(out, 0, sizeof *out);
	split(r->target, &name, &rest);
	out->crl = get && rest.n == 0 && take_suffix(&name, ".crl") == 0;
	if ((!get && !post) || take_index(&name, &out->index) < 0 || name.n == 0 ||
	    name.n >= sizeof out->label)
		return 404;
	memcpy(out->label, name.p, name.n);
	if (out->crl)
		return 200;
	return (post ? put_body(out, body) : put_encoded(out, rest)) < 0 ? 400 : 200;
}
