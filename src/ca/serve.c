/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/authority.h"

#include "base/i18n.h"
#include "proc/channel.h"
#include "proc/sandbox.h"

#include <string.h>
#include <time.h>

/* More than a message holds, so that what does not fit one is told in our words. */
#define PEM_MAX (2 * CHANNEL_MAX)

/* Takes the message apart: its lengths must add up to the byte. */
static int read_request(struct leaf_request *r, const struct message *m, struct err *e)
{
	struct span s = span_of(m->p, m->n), head;
	struct issue_request q;

	if (span_take(&s, sizeof q, &head) < 0)
		goto wrong;
	memcpy(&q, head.p, sizeof q);
	r->seconds = q.seconds;
	r->client = q.client != 0;
	if (span_take(&s, q.spki_length, &r->spki) < 0 ||
	    span_take(&s, q.names_length, &r->names) < 0 || s.n > 0)
		goto wrong;
	return 0;
wrong:
	return err_set(e, ERR_PEER, "the lengths in the request for a certificate are wrong");
}

/* Issues what m asks for: answer becomes the payload of MSG_ISSUED. */
static int issue(struct authority *a, const struct message *m, struct buf *answer, struct err *e)
{
	struct buf leaf = buf_new(PEM_MAX), ca = buf_new(PEM_MAX);
	struct leaf_request r;
	struct issued head;
	int rc = -1;

	if (read_request(&r, m, e) < 0 || authority_issue(a, &r, time(NULL), &leaf, &ca, e) < 0)
		goto out;
	head = (struct issued) { (uint32_t)leaf.n, (uint32_t)ca.n };
	if (buf_add(answer, &head, sizeof head) < 0 || buf_add(answer, leaf.p, leaf.n) < 0 ||
	    buf_add(answer, ca.p, ca.n) < 0) {
		err_set(e, ERR_USER, _("the certificate would be too large: give fewer names"));
		goto out;
	}
	rc = 0;
out:
	buf_free(&leaf);
	buf_free(&ca);
	return rc;
}

/* Opens the CA, and gives up all else, before a byte of the request is looked at. */
static struct authority *prepare(const char *dir, struct err *e)
{
	struct authority *a = authority_open(dir, time(NULL), e);
	struct sandbox_state state;

	if (!a)
		return NULL;
	if (sandbox_enter(ROLE_CA, NULL, &state, e) == 0)
		return a;
	authority_free(a);
	return NULL;
}

int ca_serve(int fd, const char *dir, struct err *e)
{
	const struct channel parent = { .fd = fd, .self = ROLE_CA, .peer = ROLE_PARENT };
	struct buf answer = buf_new(CHANNEL_MAX);
	struct message m = { .fd = -1 };
	struct authority *a = NULL;
	struct err why = { 0 };
	int rc = -1, got;

	a = prepare(dir, &why);
	/* Received even when there is no CA: the parent asks first and then reads why not. */
	got = channel_recv(&parent, &m, e);
	if (got == 0)
		err_set(e, ERR_PEER, "the parent has gone without asking for a certificate");
	if (got <= 0)
		goto out;
	if (a && issue(a, &m, &answer, &why) == 0) {
		rc = channel_send(&parent, MSG_ISSUED, answer.p, answer.n, -1, e);
		goto out;
	}
	rc = channel_send(&parent, MSG_REFUSED, why.text, strlen(why.text), -1, e);
out:
	authority_free(a);
	buf_free(&answer);
	return rc;
}
