/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who this host is: its names and addresses, from the kernel and /etc/hosts alone. DNS is never
 * asked: what a resolver answers must not become a name that our CA vouches for, and the parent
 * reads nothing from the network. Names that only DNS knows are given by --name.
 */
#ifndef NET_HOSTNAMES_H
#define NET_HOSTNAMES_H

#include "base/err.h"
#include "base/span.h"
#include "net/addr.h"

#define HOST_NAMES_MAX     64
#define HOST_ADDRESSES_MAX 128
#define HOST_NAME_TEXT     254

struct hostnames {
	char name[HOST_NAMES_MAX][HOST_NAME_TEXT]; /* lower case, the best to print first */
	size_t names;
	struct addr address[HOST_ADDRESSES_MAX]; /* of interfaces that are up; loopback too, last */
	size_t addresses;
};

/*
 * Fills h. Names: the kernel's host name, its full form ("foo.example.org" for "foo") before it
 * where /etc/hosts has one; what /etc/hosts gives to an address of this host or of 127.0.0.0/8
 * (names with a dot first); "localhost", always there and always last. Only what RFC 1123 2.1
 * allows, at most 253 bytes; what does not fit is left out. Link-local IPv6 addresses are left out
 * of address[]: a certificate can't carry their scope. No /etc/hosts: no error.
 */
int hostnames_get(struct hostnames *h, struct err *e);

/*
 * The part of hostnames_get that does no I/O: fills name[] from the kernel's host name and the text
 * of /etc/hosts (hosts(5)), for the addresses already in h.
 */
void hostnames_read(struct hostnames *h, const char *kernel, struct span hosts);

/*
 * A name that may stand in a certificate as dNSName: RFC 1123 labels, the last not all digits, at
 * most 253 bytes, no dot at the end; "*." allowed in front of two labels or more.
 */
int hostname_valid(const char *name);

#endif
