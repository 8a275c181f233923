/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificates that were decoded a moment ago. With OpenSSL 3.0 the decoding of one costs as much
 * as two signatures: what a handshake has decoded is what is judged, and an intermediate that a
 * thousand servers send is decoded for one of them. Safe in several threads.
 */
#ifndef PATH_CERTS_H
#define PATH_CERTS_H

#include "base/span.h"

#include <openssl/x509.h>

/*
 * Not to be changed: others hold it too. NULL: it is no certificate, and OpenSSL's queue says why.
 * certs_drop gives it back.
 */
X509 *certs_get(struct span der);
void certs_drop(X509 *x);

/* That x was decoded from der. */
void certs_put(struct span der, X509 *x);

#endif
