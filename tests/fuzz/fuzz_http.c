/* SPDX-License-Identifier: Apache-2.0 */
/* The head of an HTTP request, or what isn't one. */
#include "fuzz.h"
#include "wire/http.h"

static int has(struct span s, uint8_t c)
{
	return s.n && memchr(s.p, c, s.n) != NULL;
}

/* Nothing that ends a line or a field is left inside one. */
static int is_clean(struct span s)
{
	return !has(s, '\r') && !has(s, '\n') && !has(s, '\0');
}

/* Two servers in a row can't take it otherwise: nothing stands there twice. */
static void is_one(const struct http_request *r, const char *name)
{
	size_t found = 0;

	for (size_t i = 0; i < r->fields; i++)
		found += http_same(r->field[i].name, name) ? 1 : 0;
	HOLDS(found <= 1);
	HOLDS((found == 1) == (http_field(r, name).p != NULL));
}

static void is_whole(struct span in, const struct http_request *r, size_t length)
{
	struct span head;
	struct http_request again;
	size_t n = 0;

	HOLDS(length <= HTTP_HEAD_MAX && span_take(&in, length, &head) == 0);
	HOLDS(length >= 4 && memcmp(head.p + length - 4, "\r\n\r\n", 4) == 0);
	HOLDS(!r->wrong && r->status == 0 && r->minor <= 1 && r->length <= HTTP_BODY_MAX);
	HOLDS(inside(head, r->method) && r->method.n > 0 && is_clean(r->method));
	HOLDS(span_is(r->target, "/") || inside(head, r->target));
	HOLDS(r->target.n > 0 && !has(r->target, ' ') && is_clean(r->target));
	HOLDS(r->target.p[0] == '/' || span_is(r->target, "*"));
	HOLDS(inside(head, r->host) && is_clean(r->host) && (r->host.n > 0 || r->minor == 0));
	HOLDS(r->fields <= HTTP_FIELDS && !http_field(r, "Transfer-Encoding").p);
	HOLDS(r->length == 0 || http_field(r, "Content-Length").n > 0);
	for (size_t i = 0; i < r->fields; i++) {
		HOLDS(inside(head, r->field[i].name) && inside(head, r->field[i].value));
		HOLDS(r->field[i].name.n > 0 && !has(r->field[i].name, ' '));
		HOLDS(is_clean(r->field[i].name) && is_clean(r->field[i].value));
	}
	is_one(r, "Host");
	is_one(r, "content-length");
	/* The bytes behind it are not its business. */
	HOLDS(http_read(head, &again, &n) == HTTP_WHOLE && n == length);
	HOLDS(again.fields == r->fields && again.length == r->length && again.keep == r->keep);
}

/* From its shortest beginning on, there is more to come until it is said what it is. */
static void is_said_once(struct span in, enum http_read is, const struct http_request *want)
{
	struct http_request r;
	enum http_read said = HTTP_MORE;
	size_t got = 77, n = 0;

	while (n <= in.n && said == HTTP_MORE) {
		said = http_read(span_of(in.p, n), &r, &got);
		HOLDS(said != HTTP_MORE || (n < HTTP_HEAD_MAX && got == 77));
		n++;
	}
	HOLDS(said == is && (is == HTTP_WHOLE || got == 77));
	HOLDS(is != HTTP_BAD || (r.status == want->status && r.wrong == want->wrong));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span_of(data, size);
	struct http_request r = { 0 };
	size_t length = 0;
	enum http_read is = http_read(in, &r, &length);

	if (is == HTTP_WHOLE)
		is_whole(in, &r, length);
	if (is == HTTP_BAD)
		HOLDS(r.wrong && http_reason(r.status)[0] && !r.fields && !r.method.p);
	if (size <= 2048)
		is_said_once(in, is, &r);
	return 0;
}
