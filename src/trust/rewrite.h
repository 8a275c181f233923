/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A trust store's file with certificates put in or taken out. Pure: bytes in, bytes out. What is
 * not meant stays as it is: other entries, private keys, labels, dates, text between certificates,
 * the password, and how it is encrypted.
 */
#ifndef TRUST_REWRITE_H
#define TRUST_REWRITE_H

#include "trust/store.h"

struct rewrite {
	const struct anchor *const *add; /* borrowed */
	size_t adds;
	const uint8_t (*remove)[SHA256_LENGTH]; /* digests of whole certificates */
	size_t removes;
	const struct store_secret *secret;
};

/*
 * Appends the store's new file to out, empty before: PEM, JKS (and JCEKS without secret keys) or
 * PKCS12, as s->format says, which was read from the same bytes. What is there already is not added
 * once more; a distrusted one is refused. What is removed may vouch for servers: what is distrusted
 * or in a private key's chain stays. In JKS and PKCS12 a new entry's alias (alias.h) differs from
 * those that are there; in PKCS12 it has the attribute without which Java takes it for no anchor.
 * What was written is read again and compared before it is handed out. Returns how many entries
 * were added and removed, 0: out is as file; -1: the password is wrong or not known, the file is
 * damaged or PEM with a private key in it, or its format can't be written (DER).
 */
int rewrite_store(const struct store *s, struct span file, const struct rewrite *r, struct buf *out,
    struct err *e);

#endif
