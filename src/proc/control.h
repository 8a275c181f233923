/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The control socket: how the command line asks the running parent. One JSON object each way over
 * SOCK_SEQPACKET; the parent checks the caller's uid (SO_PEERCRED): root or the parent's own; and
 * that the request has the "token" of the state folder's run/token, which no role can read.
 * Sentences come in the language that its "lang" names, else in English.
 *
 *	request				reply (every reply: "ok": true, or "ok": false and "error")
 *	{"do": "status"}		the whole of `dbtls status --json`; "draining": true
 *					while it ends, with "drain_seconds_left" then
 *	{"do": "clients"}		{"clients": […], "causes", "not_shown", "dropped"}: `dbtls
 *					status clients --json`
 *	{"do": "metrics"}		{"text"}: for Prometheus (docs/metrics.md)
 *	{"do": "reload", "insist"}	{"endpoints"}: replies once it has gone over; insist: a
 *					certificate of one's own that is worse is taken as well
 *	{"do": "upgrade", "program"}	as reload, and {"version"}: from the program that took over
 *	{"do": "stop"}			at once; the parent ends in order
 *	{"do": "drain", "seconds"}	{"closed"}: when the parent ends, how many sessions were
 *					left; until then no one new is let in
 *	{"do": "access"}		reads the access files anew; replies once they are in force.
 *					"endpoint": whose own list it is about, if it is one's
 *	{"do": "access-lists"}		{"lists": [{"endpoint" (null: of all), "file", "entries"}]}
 *	{"do": "password", "hash": "*…"} root's password, as mysql_native_hash makes it
 *	{"do": "client", "name",
 *	 "spki": hex, "seconds"}	{"certificate": PEM, "subject", "serial", "not_after"}
 *	{"do": "endpoint",
 *	 "endpoint"}			{"endpoint", "host", "port", "ca", "names": […], "user",
 *					"database"}: of the one named, else of the first
 */
#ifndef PROC_CONTROL_H
#define PROC_CONTROL_H

#include "base/err.h"

#include <jansson.h>

#define CONTROL_MAX 131072 /* bytes in one request or reply */

/* Binds the socket (mode 0600) and listens; non-blocking. -1 or the descriptor. */
int control_listen(const char *path, struct err *e);

/* Accepts one caller. The descriptor; -1 with e->sys == EAGAIN when nobody waits. */
int control_accept(int listener, struct err *e);

/* One JSON object. recv: the caller frees it with json_decref; NULL on error or end. */
int control_send(int fd, const json_t *object, struct err *e);
json_t *control_recv(int fd, struct err *e);

/*
 * Asks the parent at path and waits at most ms milliseconds. NULL: nobody runs there (e->sys is
 * ENOENT or ECONNREFUSED), or it refused; the sentence says so. request is stolen.
 */
json_t *control_ask(const char *path, json_t *request, int ms, struct err *e);

/*
 * The same in two steps, for an answer that takes its time. The descriptor, to be polled and closed
 * by the caller, or -1; then, once it can be read, the answer. Errors are as above.
 */
int control_call(const char *path, json_t *request, struct err *e);
json_t *control_hear(int fd, struct err *e);

#endif
