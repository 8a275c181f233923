/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files that the file of `serve` names, read and held against what they are for: by the parent
 * when it starts and when it reads them anew, and by `serve -n`. An error names the file, or the
 * word that names it.
 */
#ifndef PARENT_FILES_H
#define PARENT_FILES_H

#include "base/buf.h"
#include "conf/access.h"
#include "conf/serve.h"
#include "conf/upstream.h"
#include "pki/chain.h"

#include <stdint.h>

/* The CAs of a database's certificate, as PEM, into out (empty before; the caller frees it). */
int files_upstream_ca(const struct upstream_line *u, struct buf *out, struct err *e);

/*
 * Whom the endpoint lets in by certificate, in the form of MSG_CLIENTS (tls/clients.h), into out
 * (empty before; the caller frees it). own_ca: the file of the door's own CA, for one that names
 * none. *until: when what is revoked expires; 0: never.
 */
int files_clients(const struct serve_endpoint *p, const char *own_ca, struct buf *out,
    int64_t *until, struct err *e);

/*
 * The endpoint's own certificate: read, held against what clients ask of it now (pki/chain.h) and
 * against the endpoint's names. The caller frees *out with chain_free in any case.
 */
int files_certificate(const struct serve_endpoint *p, struct chain *out, struct err *e);

/* Where clients find the CA of the endpoint's own certificate. */
const char *files_certificate_ca(const struct serve_endpoint *p);

/*
 * Opens its key's file, for the key process to read; not a byte of it is read here. -1: it is not
 * there, no file, or others may read it.
 */
int files_key(const struct serve_endpoint *p, struct err *e);

/* The endpoint's own access list, which must be there. The caller frees *l with access_free. */
int files_access(const struct serve_endpoint *p, struct access_list *l, struct err *e);

/* All of them. Whether a key goes with its certificate only the key process sees. The door's own
 * CA, made at its first start, need not be there. */
int files_check(const struct serve *s, const char *own_ca, struct err *e);

#endif
