/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a relay's OpenSSL takes its random numbers from: the kernel's, fetched for many at a time.
 *
 * OpenSSL's own generator asks with getpid() at each number whether the process has forked, six
 * times a handshake. A relay never forks: its sandbox does not let it.
 */
#ifndef TLS_RANDOM_H
#define TLS_RANDOM_H

#include "base/err.h"

/* Process-wide; call once, after remote_open and before OpenSSL needs the first number. */
int random_begin(struct err *e);

#endif
