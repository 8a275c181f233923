/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sets of addresses, written as CIDR blocks (RFC 4632, RFC 4291 2.3). Built once, then only asked:
 * sorted ranges without overlap, so that 100,000 blocks cost a search of 17 steps.
 */
#ifndef NET_CIDR_H
#define NET_CIDR_H

#include "base/buf.h"
#include "base/err.h"
#include "net/addr.h"

#define CIDR_TEXT    68
#define CIDR_SET_MAX 1000000 /* blocks in one set */

struct cidr {
	struct addr addr; /* host bits are 0 */
	unsigned bits;    /* 0…32 or 0…128 */
};

/*
 * "192.0.2.0/24", "192.0.2.7", "2001:db8::/32". Host bits that are set are an error whose sentence
 * names the block that was probably meant. ::ffff:0:0/96 and longer is held as IPv4.
 */
int cidr_parse(struct cidr *c, const char *text, struct err *e);

/* As cidr_parse reads it, a single address without its /32 or /128. Returns out. */
const char *cidr_text(const struct cidr *c, char out[CIDR_TEXT]);
int cidr_holds(const struct cidr *c, const struct addr *a);
int cidr_equal(const struct cidr *a, const struct cidr *b);

/* The whole of a set, packed: position-independent, to be shared read-only between processes. */
struct cidr_set {
	const void *p; /* borrowed */
	size_t n;
};

/*
 * Packs n blocks (any order, overlapping or not, 0 as well) into out, whose max is set here (empty
 * before; the caller frees it).
 */
int cidr_set_pack(const struct cidr *v, size_t n, struct buf *out, struct err *e);

/* Takes packed bytes as a set; -1 when they are not one. Checks all of it once. */
int cidr_set_open(struct cidr_set *s, const void *p, size_t n);
int cidr_set_holds(const struct cidr_set *s, const struct addr *a);

#endif
