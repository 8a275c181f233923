/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the lab's certificates say that one can ask about them: CRLs (RFC 5280 4.2.1.13) and OCSP
 * (RFC 6960 appendix A, POST and GET) over plain HTTP on loopback, in threads of its own.
 *
 *	r = revoke_start(e);
 *	f = forge_make(certs, n, label, host, revoke_url(r), e);
 *	revoke_add(r, f, e);
 *	...
 *	revoke_stop(r);
 *	forge_free(f);
 */
#ifndef LAB_REVOKE_H
#define LAB_REVOKE_H

#include "base/err.h"
#include "lab/forge.h"

struct revoke;

/* Listens on a free port of 127.0.0.1 and answers. NULL: a system call failed. */
struct revoke *revoke_start(struct err *e);

/* "http://127.0.0.1:PORT", borrowed. */
const char *revoke_url(const struct revoke *r);

/*
 * Answers for the chain from now on, under its forge_label: the last added of one label counts. It
 * is borrowed until revoke_stop. May be called from any thread. -1: no memory.
 */
int revoke_add(struct revoke *r, const struct forge *f, struct err *e);

/* Ends the threads and closes everything. Takes NULL. */
void revoke_stop(struct revoke *r);

#endif
