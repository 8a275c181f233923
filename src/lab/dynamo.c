/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/dynamo.h"

#include <jansson.h>

#define CORAL "{\"__type\":\"com.amazon.coral.service#"
#define JSON  "application/x-amz-json-1.0"

static const struct {
	const char *target, *answer;
} operations[] = {
	{ "DynamoDB_20120810.ListTables", "{\"TableNames\":[\"test\"]}" },
	{ "DynamoDBStreams_20120810.ListStreams", "{\"Streams\":[]}" },
};

static const char *const refusals[] = {
	[SIGV4_NONE] = CORAL "MissingAuthenticationTokenException\","
			     "\"message\":\"Request is missing Authentication Token\"}",
	[SIGV4_INCOMPLETE] =
	    CORAL "IncompleteSignatureException\",\"message\":\"Authorization header requires "
		  "'Credential', 'Signature' and 'SignedHeaders' parameters, with 'host' among the "
		  "signed, and existence of a 'X-Amz-Date' header.\"}",
	[SIGV4_STRANGER] = CORAL "UnrecognizedClientException\","
				 "\"message\":\"The security token included in the request is "
				 "invalid.\"}",
	[SIGV4_WRONG] = CORAL
	"InvalidSignatureException\",\"message\":\"The request signature we calculated does "
	"not match the signature you provided. Check your AWS Secret Access Key and signing "
	"method. Consult the service documentation for details.\"}",
};

static int say(struct dynamo_answer *out, int status, const char *type, const char *body)
{
	out->status = status;
	out->type = type;
	return buf_add(&out->body, body, strlen(body));
}

static int is_path(const struct http_request *r, const char *path)
{
	return span_is(r->target, path);
}

static int is_health(const struct http_request *r)
{
	return (span_is(r->method, "GET") || span_is(r->method, "HEAD")) &&
	       (is_path(r, "/") || is_path(r, "/ping"));
}

/* The service's own has a blank at its end, and says no Content-Type. */
static int say_health(const struct http_request *r, struct dynamo_answer *out)
{
	out->status = 200;
	return buf_fmt(&out->body, "healthy: %.*s ", (int)r->host.n, (const char *)r->host.p);
}

/* "application/json; charset=utf-8" is application/json. */
static int is_type(const struct http_request *r, const char *type)
{
	struct span s = http_field(r, "Content-Type");
	const uint8_t *end = s.n ? memchr(s.p, ';', s.n) : NULL;

	if (end)
		s.n = (size_t)(end - s.p);
	while (s.n && s.p[s.n - 1] == ' ')
		s.n--;
	return http_same(s, type);
}

static int is_json(struct span body)
{
	json_t *j = json_loadb((const char *)body.p, body.n, 0, NULL);
	int is = json_is_object(j);

	json_decref(j);
	return is;
}

static const char *answer_of(struct span target)
{
	for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
		if (span_is(target, operations[i].target))
			return operations[i].answer;
	return NULL;
}

/* The order in which things are found wrong is the service's. */
static int operate(const struct http_request *r, struct span body, const char *user,
    const char *password, struct dynamo_answer *out)
{
	const char *type = is_type(r, JSON) ? JSON : "application/json";
	const char *answer = answer_of(http_field(r, "X-Amz-Target"));

	if (body.n && !is_json(body))
		return say(out, 400, type, CORAL "SerializationException\"}");
	if (!answer)
		return say(out, 400, type, CORAL "UnknownOperationException\"}");
	out->login = sigv4_check(r, body, user, password);
	if (out->login != SIGV4_GOOD)
		return say(out, 400, type, refusals[out->login]);
	if (!body.n)
		return say(out, 400, type, CORAL "SerializationException\"}");
	return say(out, 200, type, answer);
}

int dynamo_answer(const struct http_request *r, struct span body, const char *user,
    const char *password, struct dynamo_answer *out)
{
	*out = (struct dynamo_answer) { .body = buf_new(4096), .login = SIGV4_NONE };
	if (is_health(r))
		return say_health(r, out);
	if (!span_is(r->method, "POST") || !is_path(r, "/") ||
	    (body.n && !is_type(r, JSON) && !is_type(r, "application/json")))
		return say(out, 404, NULL, "<UnknownOperationException/>\n");
	return operate(r, body, user, password, out);
}

void dynamo_free(struct dynamo_answer *a)
{
	buf_free(&a->body);
}

/* ISO 3309, reflected: the one of zlib. */
uint32_t dynamo_crc32(struct span body)
{
	uint32_t crc = 0xffffffffu;

	for (size_t i = 0; i < body.n; i++) {
		crc ^= body.p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}
