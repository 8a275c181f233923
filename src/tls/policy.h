/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What TLS the door speaks (T2, T17): TLS 1.2 and 1.3; ECDHE with AEAD ciphers only; AES-128-GCM
 * with SHA-256 first, since it is as strong as what it protects and the cheapest where the CPU
 * helps; tickets by shared keys; no renegotiation, no compression. Towards a database the same,
 * without tickets, and never without the check of its certificate.
 */
#ifndef TLS_POLICY_H
#define TLS_POLICY_H

#include "base/err.h"
#include "tls/clients.h"
#include "tls/tickets.h"

#include <stddef.h>
#include <stdint.h>

#define TLS_POLICY_1_2 0x0303
#define TLS_POLICY_1_3 0x0304

struct tls_policy {
	uint16_t min, max; /* TLS_POLICY_1_2 or TLS_POLICY_1_3 */
};

struct ssl_ctx_st;

/* What a server's context is made of, beside its certificate; borrowed. */
struct tls_server {
	const struct tls_policy *policy;
	const char *name; /* a ticket of one endpoint is no ticket of another (RFC 8446 4.6.1) */
	/* Read whenever a ticket is made or opened, and may change: must outlive the context. */
	const struct ticket_keys *tickets;
	const struct tls_clients *clients; /* NULL: clients are asked for no certificate */
};

/*
 * A server's context for the certificate chain in pem (leaf first), its key in the key process
 * (keys/remote.h), which is asked for one signature to see that it has that key and answers within
 * ms milliseconds. The caller frees it with tls_context_free; connections keep their own reference.
 */
struct ssl_ctx_st *tls_server_context(
    const struct tls_server *server, const void *pem, size_t n, int ms, struct err *e);

/*
 * A client's context, towards a database: TLS 1.2 and 1.3; the server's chain must end in one of
 * the certificates of pem, which the caller has from its configuration. Whose name the leaf must
 * have each connection says (tls_conn_start_client).
 */
struct ssl_ctx_st *tls_client_context(const void *pem, size_t n, struct err *e);

/* Whether tls_client_context would take pem: one certificate at least, and every one can be read.
 */
int tls_anchors_check(const void *pem, size_t n, struct err *e);

void tls_context_free(struct ssl_ctx_st *ctx);

#endif
