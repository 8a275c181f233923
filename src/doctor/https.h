/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first requests over HTTPS: GET /, which DynamoDB answers with "healthy: " and its name, and
 * one of its operations, unsigned, to which the whole service has one answer.
 */
#ifndef DOCTOR_HTTPS_H
#define DOCTOR_HTTPS_H

#include "doctor/facts.h"
#include "doctor/talk.h"

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

/* Whether the answer that https_ask noted is DynamoDB's. */
int https_is_healthy(const struct facts_step *s);

/* Says in *s what came in the place of TLS, after talk_shake has found that strange. */
void https_not_tls(struct talk *t, struct facts_step *s);

#endif
