/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TRUST_FOLDER_H
#define TRUST_FOLDER_H

#include "trust/kind.h"

/*
 * The certificates in a folder's files. If some have the names by which OpenSSL finds them there
 * (X509_LOOKUP_hash_dir(3): "4a6481c9.0"), these alone: what else lies there it never sees. A file
 * that can't be read is a doubt about the store (s->why).
 */
int folder_read(struct store *s, const struct tree *t, const struct store_secret *secret);

#endif
