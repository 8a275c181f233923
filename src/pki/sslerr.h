/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PKI_SSLERR_H
#define PKI_SSLERR_H

#include "base/err.h"

/*
 * Fills *e from a format and OpenSSL's oldest queued error (the cause; later ones are its wake),
 * and empties the queue. Returns -1.
 */
int err_ssl(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
