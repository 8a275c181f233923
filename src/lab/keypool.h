/* SPDX-License-Identifier: Apache-2.0 */
/* The lab's private keys: made when they are first needed, in memory alone, gone with the run. */
#ifndef LAB_KEYPOOL_H
#define LAB_KEYPOOL_H

#include "base/err.h"
#include "lab/forge.h"

struct evp_pkey_st;

#define KEYPOOL_NAME 32 /* bytes of a name, its NUL included */

/*
 * The key of that name and type, the same at each call; the caller frees it. A new one takes some
 * time (RSA of 4096 bits: seconds), and only those who want the same one wait. From any thread.
 */
struct evp_pkey_st *keypool_get(const char *name, enum forge_key type, struct err *e);

/* Forgets all of them. Nobody may be in keypool_get. */
void keypool_forget(void);

#endif
