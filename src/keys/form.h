/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a key process will put its name to: a TLS server's signature and nothing else, so that a
 * relay that was taken over can't use the key to sign a certificate, a mail or a client's proof.
 */
#ifndef KEYS_FORM_H
#define KEYS_FORM_H

#include "base/span.h"

#include <stdint.h>

/*
 * 0 when text has the form of
 *  - TLS 1.3 CertificateVerify of a server (RFC 8446 4.4.3): 64 spaces, the context string
 *    "TLS 1.3, server CertificateVerify", a zero, a hash of 32 or 48 bytes; or
 *  - TLS 1.2 ServerKeyExchange (RFC 5246 7.4.3, RFC 8422 5.4): two randoms, curve_type named_curve,
 *    a group of the list, a point of just that group's length;
 * and algorithm is one that may sign it. -1 otherwise.
 */
int form_check(struct span text, uint32_t algorithm);

/* Writes the text of the first form with a hash of 32 bytes. */
#define FORM_TEXT 130
void form_text(uint8_t out[FORM_TEXT], const uint8_t hash[32]);

#endif
