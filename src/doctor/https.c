/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/https.h"

#include "base/i18n.h"
#include "doctor/strange.h"
#include "wire/httpanswer.h"

#include <stdio.h>
#include <string.h>

#define ENOUGH 131072 /* bytes; a head has HTTPANSWER_HEAD_MAX at most */
#define PORT   443

static struct span came(const struct buf *b)
{
	return span_of(b->p, b->n);
}

static void say_strange(struct facts_step *s, struct span what)
{
	const char *words = _(strange_words(strange_is(what)));

	s->end = FACTS_STRANGE;
	facts_say(s, words, strlen(words));
}

static void put_host(struct buf *out, const struct facts *f)
{
	int v6 = strchr(f->name, ':') != NULL;

	(void)buf_fmt(out, "Host: %s%s%s", v6 ? "[" : "", f->name, v6 ? "]" : "");
	if (f->port != PORT)
		(void)buf_fmt(out, ":%u", f->port);
	(void)buf_fmt(out, "\r\nUser-Agent: dbtls/%s\r\nConnection: close\r\n", DBTLS_VERSION);
}

static void send_request(struct talk *t, const struct facts *f, const char *line, const char *rest)
{
	struct buf out = buf_new(2048);

	(void)buf_fmt(&out, "%s HTTP/1.1\r\n", line);
	put_host(&out, f);
	(void)buf_fmt(&out, "%s", rest);
	talk_say(t, out.p, out.n);
	buf_free(&out);
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
}

static const char *const operations[] = {
	[HTTPS_DYNAMODB] = "DynamoDB_20120810.ListTables",
	[HTTPS_STREAMS] = "DynamoDBStreams_20120810.ListStreams",
};

void https_ask_api(struct talk *t, const struct facts *f, enum https_api api, struct facts_step *s)
{
	struct httpanswer a = { 0 };
	char rest[256];

	(void)snprintf(rest, sizeof rest,
	    "X-Amz-Target: %s\r\nContent-Type: application/x-amz-json-1.0\r\n"
	    "Content-Length: 2\r\n\r\n{}",
	    operations[api]);
	send_request(t, f, "POST /", rest);
	hear_answer(t, &a, s);
	if (s->end == FACTS_OK && !strstr(s->text, "MissingAuthenticationToken"))
		s->end = FACTS_STRANGE;
}

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
