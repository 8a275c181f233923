/* SPDX-License-Identifier: Apache-2.0 */
/* The key process: holds the leaves' private keys, answers relays that ask for their signatures. */
#ifndef KEYS_SERVER_H
#define KEYS_SERVER_H

#include "base/err.h"

#include <openssl/evp.h>

/*
 * Sends the public half to the parent, enters the sandbox, then serves until the parent's channel
 * closes. fd: the channel to the parent; key: its own, the caller's to free. Others come from the
 * parent, each in an open file (MSG_KEY), and a signature request names which is to sign. Returns 0
 * when the parent is gone, -1 on anything that must not happen.
 */
int keys_serve(int fd, EVP_PKEY *key, struct err *e);

#endif
