/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The TLS of an endpoint, right or wrong as its shape says. The handshake itself is handshake_run
 * (lab/visit.h).
 */
#ifndef LAB_HANDSHAKE_H
#define LAB_HANDSHAKE_H

#include "base/err.h"
#include "lab/shape.h"

struct ssl_ctx_st;

/*
 * A server's context for the shape and for its certificates as made. No session is resumed: every
 * connection shows its certificates. Freed with handshake_free; f must outlive it. NULL: OpenSSL
 * will not do it (a small key or SHA-1 without shape->lax, a cipher that is not there).
 */
struct ssl_ctx_st *handshake_context(const struct shape *s, const struct forge *f, struct err *e);
void handshake_free(struct ssl_ctx_st *ctx);

#endif
