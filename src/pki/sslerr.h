/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PKI_SSLERR_H
#define PKI_SSLERR_H

#include "base/err.h"

/*
 * Fills *e from a format and OpenSSL's oldest queued error (the cause; later ones are its wake),
 * and empties the queue. Returns -1.
 */
int err_ssl(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * Whether OpenSSL's readers of PEM, which end with an error in any case, have met the end of the
 * text and nothing worse. If so, the queue is emptied.
 */
int sslerr_is_pem_end(void);

#endif
