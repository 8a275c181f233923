/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PROXY protocol, versions 1 and 2: what a load balancer sends before a client's first byte, to
 * say where the client is. Bytes in, structs out; no I/O, no state.
 *
 * Source: HAProxy, doc/proxy-protocol.txt, sections 2.1 (the line), 2.2 (the binary header) and
 * 2.2.3 (its checksum). It forbids to guess whether a header is there: whom to read one from is for
 * the caller to know, and from those a header must come.
 */
#ifndef WIRE_PROXY_H
#define WIRE_PROXY_H

#include "base/buf.h"
#include "base/span.h"

/*
 * No header is longer, so that a buffer of this size is always enough. The protocol lets a binary
 * one have 65551 bytes; what balancers send, certificate names and all, has a few hundred.
 */
#define PROXY_MAX 4096

/* An IPv4-mapped IPv6 address (::ffff:a.b.c.d) is always given as IPv4. */
struct proxy_addr {
	int family;     /* AF_INET, AF_INET6, or 0: unknown, and all else is 0 as well */
	uint8_t ip[16]; /* network order; 4 bytes in use for AF_INET */
	uint16_t port;  /* host order */
};

struct proxy_header {
	int local; /* the balancer speaks for itself, as when it asks for health */
	/*
	 * The client, and the address that it connected to. Both unknown when local, and for what
	 * isn't TCP over IPv4 or IPv6: the addresses are then those of the connection itself. One
	 * may be IPv4 and the other IPv6, when the header had a mapped address.
	 */
	struct proxy_addr from, to;
	const char *wrong; /* PROXY_BAD: what is, for the log; else NULL */
};

enum proxy_read {
	PROXY_WHOLE, /* it is all there */
	PROXY_MORE,  /* it may become one; ask again with more bytes */
	PROXY_NONE,  /* this is something else */
	PROXY_BAD    /* it begins as one, and is wrong: close */
};

/*
 * Reads a header from the start of what came, as early as can be told: what was PROXY_NONE or
 * PROXY_BAD stays so whatever follows, and PROXY_MORE is said of fewer than PROXY_MAX bytes only.
 * PROXY_WHOLE fills *h and *length, the bytes that are the header; those behind it are the
 * client's. PROXY_BAD fills h->wrong. Otherwise nothing is changed.
 *
 * Version 1 is read strictly: one space between words, ports and IPv4 addresses without leading
 * zeros, CRLF within 107 bytes and no other CR or LF. What follows UNKNOWN is not looked at. IPv6
 * addresses may end in the dotted form: the source has it not, but HAProxy sends it.
 *
 * Version 2: LOCAL is skipped, whatever is in it. UNIX sockets and all that is UNSPEC become
 * unknown addresses. Datagrams are refused: this is a connection. Behind the addresses of TCP and
 * of UNIX sockets TLVs must fill the header to its end; none is interpreted but CRC32C, which must
 * be right if it is there. Behind UNSPEC nothing says where TLVs would begin: all of it is skipped.
 */
enum proxy_read proxy_read(struct span in, struct proxy_header *h, size_t *length);

/*
 * Appends a header of version 2: a TCP connection between these two. When only one of them is
 * IPv4, it is written as mapped IPv6. -1 and nothing changed: one of them is unknown, or there is
 * no room.
 */
int proxy_write(struct buf *out, const struct proxy_addr *from, const struct proxy_addr *to);

/* Appends a header of version 2 that says LOCAL. -1 and nothing changed: there is no room. */
int proxy_write_local(struct buf *out);

#endif
