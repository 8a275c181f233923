/* SPDX-License-Identifier: Apache-2.0 */
/* The state folder: what lies where in it, and who may look. docs/processes.md has the table. */
#ifndef CONF_STATE_H
#define CONF_STATE_H

#include "base/err.h"

#define STATE_PATH 108 /* a Unix socket's path has 107 bytes and a NUL */

struct state {
	char dir[STATE_PATH];           /* absolute, without a trailing slash */
	char ca_pem[STATE_PATH];        /* ca.pem: the CA certificate, for everyone */
	char server_pem[STATE_PATH];    /* server.pem: leaf, then CA */
	char access[STATE_PATH];        /* access: the access list */
	char settings[STATE_PATH];      /* settings: what `up` was last told, so that it stays so */
	char log[STATE_PATH];           /* log: one line a session */
	char lock[STATE_PATH];          /* lock: held by the running dbtls and its engine */
	char ca_dir[STATE_PATH];        /* ca/: ca.key; the ca role's alone */
	char keys_dir[STATE_PATH];      /* keys/: server.key; the keys role's alone */
	char engine_dir[STATE_PATH];    /* engine/: data/, tmp/; the engine's alone */
	char engine_run[STATE_PATH];    /* run/engine/: the engine's socket; engine and relay */
	char engine_socket[STATE_PATH]; /* run/engine/sql */
	char token[STATE_PATH];         /* run/token: who can read it may use the control socket */
	char control[STATE_PATH];       /* run/control: the control socket */
};

/*
 * Fills s for the folder dir; NULL: $DBTLS_STATE, else /var/lib/dbtls for root, else
 * $XDG_STATE_HOME/dbtls, else ~/.local/state/dbtls. Makes nothing. A path too long for a socket is
 * refused with a sentence that says how long it may be.
 */
int state_paths(struct state *s, const char *dir, struct err *e);

#endif
