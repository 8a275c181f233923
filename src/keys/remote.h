/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The relay's half of a key that is elsewhere: an OpenSSL 3 provider whose private keys have only a
 * public part, and whose signatures come from the key process over a channel, without blocking the
 * loop. While the answer is out, the handshake is parked in an OpenSSL job (ASYNC_pause_job).
 *
 * One per process; OpenSSL's job pool belongs to the thread.
 */
#ifndef KEYS_REMOTE_H
#define KEYS_REMOTE_H

#include "base/err.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Loads the default provider and ours. Call before the sandbox, once. jobs (1 or more): handshakes
 * that may wait for a signature at one time. One more gets SSL_ERROR_WANT_ASYNC_JOB, which is no
 * failure: run it again when another has ended. remote_close: after every SSL was freed.
 */
int remote_open(size_t jobs, struct err *e);
void remote_close(void);

/*
 * The channel to the key process, a non-blocking SOCK_SEQPACKET descriptor that remote now owns
 * (the one before is closed). What was in flight on the old one is asked again on the new.
 */
int remote_attach(int fd, struct err *e);

/*
 * The descriptor to watch, or -1: none, or its channel is gone. A dead one stays open until the
 * next remote_attach, so that its watch can be removed first.
 */
int remote_fd(void);

/*
 * An EVP_PKEY that goes into an SSL_CTX as the private key of cert. The caller frees it with
 * EVP_PKEY_free. RSA and EC P-256, P-384 are known; others: an error.
 */
EVP_PKEY *remote_key(X509 *cert, struct err *e);

/*
 * Signs a text of TLS 1.3's form through the key process and checks the signature with cert's key.
 * Blocks, at most ms milliseconds: for start-up and for a new certificate, since OpenSSL itself
 * notices a key that does not answer only in the middle of a handshake. Call remote_ready after it:
 * answers to others may have come in between.
 */
int remote_selftest(X509 *cert, int ms, struct err *e);

/*
 * Names whose handshake is about to run: what remote_ready hands to resume, and remote_cancel
 * takes. Call before each SSL_do_handshake on a connection in SSL_MODE_ASYNC.
 */
void remote_owner(void *owner);

/*
 * Reads the answers that have come and calls resume(owner) for each: the handshake is then to be
 * run again. Answers to what was cancelled are dropped; what could not be sent before is sent. Call
 * it on every event, edges will do. -1: the channel is gone (attach another); what is in flight
 * stays in flight. resume must not call remote_ready.
 */
int remote_ready(void (*resume)(void *owner), struct err *e);

/*
 * The handshake of owner is to be given up while it waits. Its signature then fails; run
 * SSL_do_handshake ONCE more, so that the job returns to its pool, before SSL_free.
 * Returns 1 when there was something to cancel, else 0.
 */
int remote_cancel(void *owner);

/*
 * Has answered called with the microseconds from each request to its answer, be it a signature or a
 * refusal; what is asked again on a new channel counts from the first time. NULL: nobody.
 */
void remote_timed(void (*answered)(uint64_t us));

/* Signatures asked for and not yet answered. */
size_t remote_in_flight(void);

#endif
