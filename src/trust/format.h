/* SPDX-License-Identifier: Apache-2.0 */
/* The forms in which certificates lie in a file. Pure: bytes in, anchors out. */
#ifndef TRUST_FORMAT_H
#define TRUST_FORMAT_H

#include "trust/kind.h"

/*
 * Adds what the file holds to the store, and says its format in s->format. -1: it can't be read;
 * what came before the fault is in the store. A doubt (a digest that nobody has the password for)
 * is no fault: it is in s->why.
 */
int format_read(
    struct store *s, struct span file, const struct store_secret *secret, struct err *e);

/* One function a form, each in a file of its own. */
int pem_read(struct store *s, struct span file, const struct store_secret *secret, struct err *e);
int jks_read(struct store *s, struct span file, const struct store_secret *secret, struct err *e);
int p12_read(struct store *s, struct span file, const struct store_secret *secret, struct err *e);
int nss_read(struct store *s, struct span file, const struct store_secret *secret, struct err *e);

#endif
