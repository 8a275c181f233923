/* SPDX-License-Identifier: Apache-2.0 */
/* A new key pair for whoever is to have a certificate. */
#ifndef PKI_PAIR_H
#define PKI_PAIR_H

#include "base/buf.h"
#include "base/err.h"

/*
 * Makes an ECDSA P-256 key: appends it as PKCS#8 PEM to key, which the caller wipes (buf_wipe), and
 * its public half as DER SubjectPublicKeyInfo to spki.
 */
int pair_make(struct buf *key, struct buf *spki, struct err *e);

#endif
