/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first requests over HTTPS: GET /, which DynamoDB answers with "healthy: " and its name, and
 * one of its operations, unsigned, to which the whole service has one answer.
 */
#ifndef PROBE_HTTPS_H
#define PROBE_HTTPS_H

#include "probe/facts.h"
#include "probe/talk.h"

/*
 * Asks, and says in *s, but for its time, how that ended. FACTS_OK: a whole answer of HTTP; its
 * status is in s->code, and the beginning of its body in s->text. The server's clock goes to
 * f->date.
 */
void https_ask(struct talk *t, struct facts *f, struct facts_step *s);

enum https_api { HTTPS_NO_API, HTTPS_DYNAMODB, HTTPS_STREAMS };

/*
 * The same for ListTables or ListStreams without credentials. FACTS_OK: refused for the lack of
 * them, as DynamoDB does: the API is reached. FACTS_STRANGE: another answer of HTTP.
 */
void https_ask_api(struct talk *t, const struct facts *f, enum https_api api, struct facts_step *s);

/* An access key of AWS's; strings as they are in the environment. */
struct https_keys {
	const char *id, *secret; /* AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY */
	const char *token;       /* AWS_SESSION_TOKEN; NULL: it is a key for good */
	const char *region;      /* that the request is signed for: "eu-west-3" */
};

/*
 * The same with a signature, and only to a server that was verified: of the secret nothing is sent
 * but what was signed with it, the token as it is. FACTS_OK: let in. FACTS_ERROR: refused, with the
 * answer's status in s->code, and in s->text the exception's name and its message. FACTS_LOCAL: the
 * keys are such that nothing can be signed, and nothing was sent.
 */
void https_ask_signed(struct talk *t, const struct facts *f, enum https_api api,
    const struct https_keys *k, struct facts_step *s);

/* Whether the answer that https_ask noted is DynamoDB's. */
int https_is_healthy(const struct facts_step *s);

/* Says in *s what came in the place of TLS, after talk_shake has found that strange. */
void https_not_tls(struct talk *t, struct facts_step *s);

#endif
