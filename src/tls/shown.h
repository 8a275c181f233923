/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The certificates that a server shows in a handshake. Nothing is verified: that is for whoever
 * asks, with as many stores as there are.
 */
#ifndef TLS_SHOWN_H
#define TLS_SHOWN_H

#include "base/buf.h"
#include "base/err.h"

#include <stdint.h>

#define SHOWN_CERTS 16          /* more are left out */
#define SHOWN_MAX   (64 * 1024) /* bytes of one */

struct shown {
	struct buf cert[SHOWN_CERTS]; /* DER, in the order in which they were sent */
	size_t n;
};

/*
 * Shakes hands over fd, a connected socket that does not block, as a client that takes whatever is
 * shown, in any version of TLS; nothing else is sent. name goes into SNI if it is no address. *s,
 * all zero before, is the caller's to free in any case. It has what was shown even if the handshake
 * fails after that (the server wants a certificate of the client's). -1: nothing was shown until
 * clock_us() is until.
 */
int shown_ask(struct shown *s, int fd, const char *name, uint64_t until, struct err *e);
void shown_free(struct shown *s);

#endif
