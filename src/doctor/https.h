/* SPDX-License-Identifier: Apache-2.0 */
/* The first request over HTTPS: GET /, which DynamoDB answers with "healthy: ", and its name. */
#ifndef DOCTOR_HTTPS_H
#define DOCTOR_HTTPS_H

#include "doctor/facts.h"
#include "doctor/talk.h"

/*
 * Asks, and says in *s, but for its time, how that ended. FACTS_OK: a whole answer of HTTP; its
 * status is in s->code, and the beginning of its body in s->text.
 */
void https_ask(struct talk *t, const struct facts *f, struct facts_step *s);

/* Says in *s what came in the place of TLS, after talk_shake has found that strange. */
void https_not_tls(struct talk *t, struct facts_step *s);

#endif
