/* SPDX-License-Identifier: Apache-2.0 */
#include "probe/https.h"

#include "base/i18n.h"
#include "probe/strange.h"
#include "pki/awssign.h"
#include "wire/httpanswer.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define ENOUGH  131072 /* bytes; a head has HTTPANSWER_HEAD_MAX at most */
#define PORT    443
#define REQUEST 16384 /* bytes */
#define TOKEN   8192  /* bytes of a session token; AWS promises no bound */

static struct span came(const struct buf *b)
{
	return span_of(b->p, b->n);
}

static void say_strange(struct facts_step *s, struct span what)
{
	const char *words = strange_words(strange_is(what));

	s->end = FACTS_STRANGE;
	facts_say(s, words, strlen(words));
}

/* The value of Host. */
static void put_host(struct buf *out, const struct facts *f)
{
	int v6 = strchr(f->name, ':') != NULL;

	(void)buf_fmt(out, "%s%s%s", v6 ? "[" : "", f->name, v6 ? "]" : "");
	if (f->port != PORT)
		(void)buf_fmt(out, ":%u", f->port);
}

static void send_request(struct talk *t, const struct facts *f, const char *line, const char *rest)
{
	struct buf out = buf_new(REQUEST);

	(void)buf_fmt(&out, "%s HTTP/1.1\r\nHost: ", line);
	put_host(&out, f);
	(void)buf_fmt(&out, "\r\nUser-Agent: dbtls/%s\r\n%s", DBTLS_VERSION, rest);
	talk_say(t, out.p, out.n);
	/* There may be a token in it. */
	buf_wipe(&out);
}

static void end(struct talk *t, enum httpanswer_read is, struct facts_step *s)
{
	s->end = t->end;
	s->code = t->end == FACTS_ALERT ? t->alert : 0;
	/* Without close_notify nobody knows whether it was cut on the way (RFC 9112 9.8). */
	if (is == HTTPANSWER_TO_END && t->end == FACTS_CLOSED)
		s->end = t->notified ? FACTS_OK : FACTS_CUT;
}

/* *a is borrowed from what came. */
static void hear_answer(struct talk *t, struct httpanswer *a, struct facts_step *s)
{
	enum httpanswer_read is = HTTPANSWER_MORE;

	while (is == HTTPANSWER_MORE || is == HTTPANSWER_TO_END) {
		if (talk_hear(t) < 0)
			break;
		is = httpanswer_read(came(&t->in), a);
		/* What is to be seen of a long one stands at its beginning. */
		if (t->in.n >= ENOUGH && a->status >= 200 && is != HTTPANSWER_NONSENSE)
			is = HTTPANSWER_WHOLE;
	}
	if (is == HTTPANSWER_NONSENSE) {
		say_strange(s, came(&t->in));
		return;
	}
	s->end = FACTS_OK;
	if (is != HTTPANSWER_WHOLE)
		end(t, is, s);
	if (s->end == FACTS_OK)
		s->code = a->status;
	facts_say(s, a->body.n ? (const char *)a->body.p : "", a->body.n);
}

void https_ask(struct talk *t, struct facts *f, struct facts_step *s)
{
	struct httpanswer a = { 0 };

	send_request(t, f, "GET /", "\r\n");
	hear_answer(t, &a, s);
	f->date = a.date;
	/* The connection may be asked again. */
	buf_drop(&t->in, t->in.n);
}

/* ---- DynamoDB's operations ------------------------------------------------------------------- */

#define JSON_TYPE "application/x-amz-json-1.0"
#define LAST      "Connection: close\r\n"

/* answer: the member that an answer to it has. */
static const struct {
	const char *target, *answer;
} operations[] = {
	[HTTPS_DYNAMODB] = { "DynamoDB_20120810.ListTables", "TableNames" },
	[HTTPS_STREAMS] = { "DynamoDBStreams_20120810.ListStreams", "Streams" },
};

void https_ask_api(struct talk *t, const struct facts *f, enum https_api api, struct facts_step *s)
{
	struct httpanswer a = { 0 };
	char rest[256];

	(void)snprintf(rest, sizeof rest,
	    "X-Amz-Target: %s\r\nContent-Type: " JSON_TYPE "\r\nContent-Length: 2\r\n" LAST
	    "\r\n{}",
	    operations[api].target);
	send_request(t, f, "POST /", rest);
	hear_answer(t, &a, s);
	if (s->end == FACTS_OK && !strstr(s->text, "MissingAuthenticationToken"))
		s->end = FACTS_STRANGE;
}

/* ---- signed ---------------------------------------------------------------------------------- */

#define LIMIT "{\"Limit\":1}"

/* A request as it is signed. */
struct request {
	char date[20], scope[96];
	const char *names;
	char signature[AWSSIGN_HEX];
};

/* Characters that are seen, and nothing else: a line's end in a key would end the field, too. */
static int is_seen(const char *text, size_t most)
{
	size_t n = strlen(text);

	for (size_t i = 0; i < n; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return 0;
	return n > 0 && n <= most;
}

/* NULL: they can be signed with; else why not, N_(). */
static const char *unfit(const struct https_keys *k)
{
	if (!is_seen(k->id, 128))
		return N_("AWS_ACCESS_KEY_ID has a blank or a line's end in it, or is no key");
	if (!is_seen(k->secret, AWSSIGN_SECRET_MAX))
		return N_("AWS_SECRET_ACCESS_KEY has a blank or a line's end in it, or is no key");
	if (k->token && !is_seen(k->token, TOKEN))
		return N_("AWS_SESSION_TOKEN has a blank or a line's end in it, or is no token");
	return is_seen(k->region, 32) ? NULL : N_("AWS_REGION is no region");
}

static int put_dates(struct request *r, const struct facts *f, const struct https_keys *k)
{
	struct tm tm;

	if (!gmtime_r(&f->now, &tm) ||
	    strftime(r->date, sizeof r->date, "%Y%m%dT%H%M%SZ", &tm) == 0)
		return -1;
	(void)snprintf(
	    r->scope, sizeof r->scope, "%.8s/%s/dynamodb/aws4_request", r->date, k->region);
	return 0;
}

static int sign(
    struct request *r, const struct facts *f, enum https_api api, const struct https_keys *k)
{
	struct buf fields = buf_new(REQUEST);
	struct awssign what = { .method = span_of("POST", 4),
		.body = span_of(LIMIT, strlen(LIMIT)) };
	int rc = put_dates(r, f, k);

	r->names = k->token ? "content-type;host;x-amz-date;x-amz-security-token;x-amz-target"
			    : "content-type;host;x-amz-date;x-amz-target";
	(void)buf_fmt(&fields, "content-type:" JSON_TYPE "\nhost:");
	put_host(&fields, f);
	(void)buf_fmt(&fields, "\nx-amz-date:%s\n", r->date);
	if (k->token)
		(void)buf_fmt(&fields, "x-amz-security-token:%s\n", k->token);
	(void)buf_fmt(&fields, "x-amz-target:%s\n", operations[api].target);
	what.fields = span_of(fields.p, fields.n);
	what.names = span_of(r->names, strlen(r->names));
	what.date = span_of(r->date, strlen(r->date));
	what.scope = span_of(r->scope, strlen(r->scope));
	if (rc == 0)
		rc = awssign_make(&what, k->secret, r->signature);
	buf_wipe(&fields);
	return rc;
}

static void send_signed(struct talk *t, const struct facts *f, enum https_api api,
    const struct https_keys *k, const struct request *r)
{
	struct buf rest = buf_new(REQUEST);

	(void)buf_fmt(&rest,
	    "X-Amz-Target: %s\r\nContent-Type: " JSON_TYPE "\r\nX-Amz-Date: %s\r\n",
	    operations[api].target, r->date);
	if (k->token)
		(void)buf_fmt(&rest, "X-Amz-Security-Token: %s\r\n", k->token);
	(void)buf_fmt(&rest,
	    "Authorization: " AWSSIGN_ALGORITHM " Credential=%s/%s, SignedHeaders=%s, "
	    "Signature=%s\r\nContent-Length: %zu\r\n" LAST "\r\n" LIMIT,
	    k->id, r->scope, r->names, r->signature, strlen(LIMIT));
	(void)buf_add(&rest, "", 1);
	send_request(t, f, "POST /", (const char *)rest.p);
	buf_wipe(&rest);
}

static const char *member(const json_t *j, const char *name, const char *other)
{
	const char *text = json_string_value(json_object_get(j, name));

	return text ? text : json_string_value(json_object_get(j, other));
}

/*
 * "com.amazon.coral.service#UnrecognizedClientException" without what stands before the #, and the
 * first line of its message: further ones may show the request again, with its token.
 */
static void say_refusal(struct facts_step *s, const json_t *j)
{
	const char *type = member(j, "__type", "code"), *what = member(j, "message", "Message");
	const char *hash = type ? strchr(type, '#') : NULL;
	char text[2 * FACTS_TEXT];

	if (!type)
		return;
	(void)snprintf(text, sizeof text, "%.100s: %.*s", hash ? hash + 1 : type,
	    what ? (int)strcspn(what, "\r\n") : 0, what ? what : "");
	s->end = FACTS_ERROR;
	facts_say(s, text, strlen(text));
}

/* What an answer to a signed request says. Names of tables are nobody's business. */
static void judge_signed(enum https_api api, const struct httpanswer *a, struct facts_step *s)
{
	json_t *j = json_loadb(
	    a->body.n ? (const char *)a->body.p : "", a->body.n, JSON_DISABLE_EOF_CHECK, NULL);

	s->end = FACTS_STRANGE;
	if (a->status == 200 && json_is_array(json_object_get(j, operations[api].answer))) {
		s->end = FACTS_OK;
		facts_say(s, operations[api].target, strlen(operations[api].target));
	}
	if (a->status >= 400) {
		s->end = FACTS_ERROR;
		say_refusal(s, j);
	}
	json_decref(j);
}

void https_ask_signed(struct talk *t, const struct facts *f, enum https_api api,
    const struct https_keys *k, struct facts_step *s)
{
	const char *why = unfit(k);
	struct httpanswer a = { 0 };
	struct request r;

	if (!why && sign(&r, f, api, k) < 0)
		why = N_("OpenSSL can't sign");
	if (why) {
		s->end = FACTS_LOCAL;
		facts_say(s, why, strlen(why));
		return;
	}
	send_signed(t, f, api, k, &r);
	hear_answer(t, &a, s);
	if (s->end == FACTS_OK)
		judge_signed(api, &a, s);
}

/* ---- what came ------------------------------------------------------------------------------- */

int https_is_healthy(const struct facts_step *s)
{
	return s->end == FACTS_OK && strncmp(s->text, "healthy: ", 9) == 0;
}

void https_not_tls(struct talk *t, struct facts_step *s)
{
	int tls = talk_overhear(t);

	say_strange(s, came(&t->heard));
	if (tls)
		s->end = FACTS_INJECTED;
}
