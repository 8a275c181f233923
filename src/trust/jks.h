/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Java's own key store, JKS (and JCEKS, which differs in how keys are encrypted). All numbers are
 * big-endian; the source is the JDK's sun.security.provider.JavaKeyStore:
 *
 *	u4 magic FEEDFEED (JCEKS: CECECECE), u4 version 1 or 2, u4 count, then each entry:
 *	u4 tag, u2 length and alias (modified UTF-8), u8 when it was made, milliseconds since 1970
 *	  tag 2, a CA:   certificate
 *	  tag 1, a key:  u4 length and the encrypted key, u4 count, so many certificates
 *	  tag 3, secret: a serialized object (JCEKS); how long it is can't be known
 *	certificate: version 2 alone: u2 length and type, "X.509"; u4 length and DER
 *	at last 20 bytes: SHA-1 of the password in UTF-16BE, "Mighty Aphrodite", and all before
 */
#ifndef TRUST_JKS_H
#define TRUST_JKS_H

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "trust/store.h"

struct jks {
	struct span rest; /* entries that have not been read */
	uint32_t magic, version, left;
};

struct jks_entry {
	struct span whole;      /* all of it, in the file */
	struct span alias, der; /* in it; der is empty for a key */
	uint64_t made;          /* milliseconds since 1970 */
	int is_key;
};

/* -1: it is no JKS, or one that has been cut off. */
int jks_open(struct jks *j, struct span file, struct err *e);

/* 1: *out is the next entry; 0: there is none; -1: the file is damaged. */
int jks_next(struct jks *j, struct jks_entry *out, struct err *e);

/* Whether the digest at its end is right with this password (UTF-8). */
int jks_sealed(struct span file, const char *password);

/* The password with which it is: the one given and no other, else one of those tried; or NULL. */
const char *jks_password(struct span file, const struct store_secret *secret);

/*
 * Writes one: jks_begin, jks_add as often as it was told, jks_seal; of the kind and version of
 * `like`, NULL: JKS of version 2. Java folds aliases to lower case, and they have to differ. -1:
 * out is full, or the alias is longer than 65,535 bytes.
 */
int jks_begin(struct buf *out, const struct jks *like, uint32_t count);
int jks_add(struct buf *out, const struct jks *like, const struct jks_entry *entry);
int jks_seal(struct buf *out, const char *password);

#endif
