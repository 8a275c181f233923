/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificates, each parsed once however many stores hold it: most stores of a machine hold the
 * same, and to parse a public key takes longer than all else. Safe in several threads.
 */
#ifndef TRUST_KNOWN_H
#define TRUST_KNOWN_H

#include "base/span.h"

#include <openssl/x509.h>

struct known;

/* NULL: memory is out. */
struct known *known_new(void);
/* What was handed out stays. */
void known_free(struct known *k);

/*
 * The certificate with that DER form, of which nothing is left over; for X509_free. It is shared,
 * and not to be changed. k may be NULL, then none is kept. NULL: it is no certificate, and
 * OpenSSL's queue says why.
 */
X509 *known_cert(struct known *k, struct span der);

#endif
