/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A trust store in a saved check: what is to be said of it, and those of its anchors that matter to
 * the chain that was served. For record.c alone.
 */
#ifndef DOCTOR_RECORD_STORE_H
#define DOCTOR_RECORD_STORE_H

#include "probe/facts.h"
#include "doctor/fields.h"
#include "doctor/trusts.h"

/* A new object; NULL: memory is out. amazon: with those of Amazon's roots that it holds. */
json_t *record_store_put(
    const struct trusts_store *s, const struct facts *f, int amazon, struct fields_bytes *b);

/* The same of one of which nothing is known but why it can't be read. */
json_t *record_store_put_why(const char *path, const char *why);

/* Adds it to the list, read or with the reason why not. -1: ERR_USER. */
int record_store_get(
    struct store_list *to, json_t *object, const struct fields_bytes *b, struct err *e);

#endif
