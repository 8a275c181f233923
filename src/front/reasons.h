/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why a session ended: one row each, with the word that status and metrics count, the words for the
 * log, and the MySQL error that the client hears where it can still hear one.
 */
#ifndef FRONT_REASONS_H
#define FRONT_REASONS_H

#include <stddef.h>

enum reason {
	REASON_NONE,
	/* how it should end */
	REASON_CLIENT_QUIT,
	REASON_UPSTREAM_CLOSED,
	REASON_DOOR_STOPS,
	REASON_CUT_OFF,
	/* before TLS */
	REASON_PROXY_MISSING,
	REASON_PROXY_BROKEN,
	REASON_PROXY_SLOW,
	REASON_DENIED,
	REASON_PLAINTEXT,
	REASON_OLD_CLIENT,
	REASON_TLS_FIRST,
	REASON_HTTP_FIRST,
	REASON_NONSENSE,
	REASON_LEFT_EARLY,
	REASON_SILENT,
	REASON_CROWDED,
	/* TLS */
	REASON_TLS_VERSION,
	REASON_TLS_CIPHER,
	REASON_TLS_UNKNOWN_CA,
	REASON_TLS_CERT_EXPIRED,
	REASON_TLS_CERT_REFUSED,
	REASON_TLS_ALERT,
	REASON_TLS_BROKEN,
	REASON_TLS_LEFT,
	REASON_TLS_SLOW,
	REASON_KEY_FAILED,
	REASON_CLIENT_MISSING,
	REASON_CLIENT_UNKNOWN,
	REASON_CLIENT_EXPIRED,
	REASON_CLIENT_REVOKED,
	REASON_CLIENT_NO_CRL,
	REASON_CLIENT_UNFIT,
	/* login */
	REASON_LEFT_AFTER_TLS,
	REASON_LOGIN_SLOW,
	REASON_LOGIN_REFUSED,
	REASON_NO_METHOD,
	REASON_NEEDS_TLS,
	REASON_LOGIN_NONSENSE,
	REASON_ADMIN_USER,
	REASON_CLIENT_NAME,
	REASON_OLD_PASSWORD,
	/* the database */
	REASON_UPSTREAM_AWAY,
	REASON_UPSTREAM_REFUSED,
	REASON_UPSTREAM_SILENT,
	REASON_UPSTREAM_NONSENSE,
	REASON_UPSTREAM_PLAIN,
	REASON_UPSTREAM_TLS,
	REASON_UPSTREAM_UNTRUSTED,
	REASON_UPSTREAM_LOST,
	/* any time */
	REASON_RESET,
	REASON_HALF_CLOSED,
	REASON_INTERNAL,
	REASONS
};

struct reason_row {
	const char *id;
	const char *words;
	unsigned code;     /* the MySQL error that the client hears, 0: none */
	const char *state; /* its SQLSTATE, left out before the greeting */
	const char *say;   /* its text; {host} and {user} are filled in */
};

/* The row of a reason; any number outside gives that of REASON_INTERNAL. */
const struct reason_row *reason_row(enum reason reason);

/* The reason that a TLS alert stands for: received from the client, or sent to it (-1: none). */
enum reason reason_of_alert(int received, int sent);

/* The row's text with host and user filled in, cut to size. Returns out. */
const char *reason_say(
    const struct reason_row *row, const char *host, const char *user, char *out, size_t size);

#endif
