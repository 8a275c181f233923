/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Host names to addresses. A resolver reads from the network, and who starts processes and keeps
 * keys apart must not: a child process does it, hands back addresses, and ends.
 */
#ifndef NET_RESOLVE_H
#define NET_RESOLVE_H

#include "net/addr.h"

#define RESOLVE_MAX 8

/*
 * The addresses of host (a name, or an address as text), with that port, in the system's order of
 * preference (RFC 6724), RESOLVE_MAX at most. Returns how many, 1 at least; -1: there are none, or
 * the resolver has not answered within ms milliseconds.
 */
int resolve_host(
    const char *host, uint16_t port, struct addr found[RESOLVE_MAX], int ms, struct err *e);

#endif
