/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Host names to addresses. A resolver reads from the network, and who starts processes and keeps
 * keys apart must not: a child process does it, hands back addresses, and ends.
 */
#ifndef NET_RESOLVE_H
#define NET_RESOLVE_H

#include "base/i18n.h"
#include "net/addr.h"

#define RESOLVE_MAX 8

/* The sentence of all that fails so: the host, and gai_strerror of the code, which is in e->sys. */
#define RESOLVE_NO_ADDRESS N_("the name %s has no address: %s")

/*
 * The addresses of host (a name, or an address as text), with that port, in the system's order of
 * preference (RFC 6724), RESOLVE_MAX at most. Returns how many, 1 at least; -1: there are none, or
 * the resolver has not answered within ms milliseconds.
 */
int resolve_host(
    const char *host, uint16_t port, struct addr found[RESOLVE_MAX], int ms, struct err *e);

/*
 * The same in this thread, however long the resolver takes; port 0. For who has a thread to spare,
 * and looks at the clock elsewhere.
 */
int resolve_blocking(const char *host, struct addr found[RESOLVE_MAX], struct err *e);

/* What resolve_host says when nobody has answered in time; -1. */
int resolve_late(const char *host, struct err *e);

#endif
