/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the doctor offers in its handshakes. No certificate is verified in them: a chain that is
 * wrong is to be seen, and path.h judges it.
 */
#ifndef PROBE_OFFER_H
#define PROBE_OFFER_H

#include "base/err.h"
#include "probe/facts.h"
#include "probe/talk.h"

/* For the handshake of that kind, for talk_shake; NULL: OpenSSL can't. */
struct ssl_st *offer_new(enum facts_what what, const struct facts *f, struct err *e);

/* The size of the Diffie-Hellman group that the server chose; 0: it chose none. */
int offer_group_bits(const struct talk *t);

/* What the handshake has shown, be it done or not, into out, which is empty. */
void offer_read(const struct talk *t, struct facts_tls *out);

#endif
