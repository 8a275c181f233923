/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the doctor offers in its handshakes. No certificate is verified in them: a chain that is
 * wrong is to be seen, and path.h judges it.
 */
#ifndef DOCTOR_OFFER_H
#define DOCTOR_OFFER_H

#include "base/err.h"
#include "doctor/facts.h"
#include "doctor/talk.h"

/* For the handshake of that kind, for talk_shake; NULL: OpenSSL can't. */
struct ssl_st *offer_new(enum facts_what what, const struct facts *f, struct err *e);

/* The size of the Diffie-Hellman group that the server chose; 0: it chose none. */
int offer_group_bits(const struct talk *t);

/* What the handshake has shown, be it done or not, into out, which is empty. */
void offer_read(const struct talk *t, struct facts_tls *out);

#endif
