/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/https.h"

#include "base/i18n.h"
#include "doctor/strange.h"
#include "wire/httpanswer.h"

#include <string.h>

#define PORT 443

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

static void request(struct talk *t, const struct facts *f)
{
	struct buf out = buf_new(1024);
	int v6 = strchr(f->name, ':') != NULL;

	(void)buf_fmt(
	    &out, "GET / HTTP/1.1\r\nHost: %s%s%s", v6 ? "[" : "", f->name, v6 ? "]" : "");
	if (f->port != PORT)
		(void)buf_fmt(&out, ":%u", f->port);
	(void)buf_fmt(&out, "\r\nUser-Agent: dbtls/%s\r\nConnection: close\r\n\r\n", DBTLS_VERSION);
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

void https_ask(struct talk *t, const struct facts *f, struct facts_step *s)
{
	struct httpanswer a = { 0 };
	enum httpanswer_read is = HTTPANSWER_MORE;

	request(t, f);
	while (is == HTTPANSWER_MORE || is == HTTPANSWER_TO_END) {
		if (talk_hear(t) < 0)
			break;
		is = httpanswer_read(came(&t->in), &a);
	}
	if (is == HTTPANSWER_NONSENSE) {
		say_strange(s, came(&t->in));
		return;
	}
	s->end = FACTS_OK;
	if (is != HTTPANSWER_WHOLE)
		end(t, is, s);
	if (s->end == FACTS_OK)
		s->code = a.status;
	facts_say(s, a.body.n ? (const char *)a.body.p : "", a.body.n);
}

void https_not_tls(struct talk *t, struct facts_step *s)
{
	int tls = talk_overhear(t);

	say_strange(s, came(&t->heard));
	if (tls)
		s->end = FACTS_INJECTED;
}
