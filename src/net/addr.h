/* SPDX-License-Identifier: Apache-2.0 */
/* Internet addresses, with or without a port. */
#ifndef NET_ADDR_H
#define NET_ADDR_H

#include "base/err.h"

#include <stdint.h>
#include <sys/socket.h>

#define ADDR_TEXT 64 /* room for the longest text of an address, port and NUL included */

/*
 * family is AF_INET or AF_INET6. An IPv4-mapped IPv6 address (::ffff:a.b.c.d) is always held as
 * IPv4, so that comparing two of these compares hosts.
 */
struct addr {
	int family;
	uint8_t ip[16];    /* network order; 4 bytes in use for AF_INET */
	uint16_t port;     /* host order; 0 when there is none */
	uint32_t scope_id; /* of a link-local IPv6 address, else 0 */
};

static inline unsigned addr_bits(const struct addr *a)
{
	return a->family == AF_INET ? 32 : 128;
}

/* 127.0.0.0/8 or ::1. */
int addr_is_loopback(const struct addr *a);

/* From what accept or getifaddrs gave. -1 for any other family. */
int addr_from_sockaddr(struct addr *a, const struct sockaddr *sa);

/* Fills ss; returns its length. */
socklen_t addr_to_sockaddr(const struct addr *a, struct sockaddr_storage *ss);

/* Reads a bare address: "192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1". No port, no name. */
int addr_parse_ip(struct addr *a, const char *text);

/*
 * Reads where to listen: "4000", ":4000" (both: every address, given back as *any = 1),
 * "192.0.2.1:4000", "[::1]:4000". On a wrong one the sentence shows the right forms.
 */
int addr_parse_listen(struct addr *a, int *any, const char *text, struct err *e);

/* "192.0.2.1" or "2001:db8::1". Returns out. */
const char *addr_ip_text(const struct addr *a, char out[ADDR_TEXT]);

/* "192.0.2.1:4000" or "[2001:db8::1]:4000". Returns out. */
const char *addr_text(const struct addr *a, char out[ADDR_TEXT]);

#endif
