/* SPDX-License-Identifier: Apache-2.0 */
#include "front/reasons.h"

#include "base/i18n.h"
#include "wire/mysql.h"

#include <stdio.h>
#include <string.h>

#define AWAY                                                                                       \
	"dbtls: the database behind this door does not answer; try again, or see `dbtls status`"
#define UNSAFE                                                                                     \
	"dbtls: this door can't reach the database behind it safely; its operator finds why in "   \
	"`dbtls status` and the log"

#define HEADER                                                                                     \
	"dbtls: connections from '{host}' must begin with a PROXY header (proxy-from in the "      \
	"file of `dbtls serve`)"

static const struct reason_row rows[REASONS] = {
	[REASON_NONE] = { "none", N_("still open"), 0, NULL, NULL },
	[REASON_CLIENT_QUIT] = { "client-quit", N_("the client ended it"), 0, NULL, NULL },
	[REASON_UPSTREAM_CLOSED] = { "upstream-closed", N_("the database ended it"), 0, NULL,
	    NULL },
	[REASON_DOOR_STOPS] = { "door-stops", N_("the door was stopped"), 1053, "08S01",
	    "Server shutdown in progress" },
	[REASON_CUT_OFF] = { "cut-off", N_("the door was stopped in the middle of a command"), 1053,
	    "08S01",
	    "Server shutdown in progress; whether the last statement took effect is not known" },

	[REASON_PROXY_MISSING] = { "proxy-missing",
	    N_("a sender listed in proxy-from did not begin with a PROXY header"), MYSQL_ER_UNKNOWN,
	    "HY000", HEADER },
	[REASON_PROXY_BROKEN] = { "proxy-broken", N_("the PROXY header can't be read"),
	    MYSQL_ER_UNKNOWN, "HY000", "dbtls: the PROXY header from '{host}' can't be read" },
	[REASON_PROXY_SLOW] = { "proxy-slow", N_("the PROXY header did not come in time"),
	    MYSQL_ER_UNKNOWN, "HY000", HEADER },
	[REASON_DENIED] = { "denied", N_("the address is not on the access list"),
	    MYSQL_ER_HOST_NOT_PRIVILEGED, "HY000",
	    "Host '{host}' is not allowed to connect to this server" },
	[REASON_PLAINTEXT] = { "plaintext", N_("the client asked for no TLS"),
	    MYSQL_ER_SECURE_TRANSPORT, "HY000",
	    "Connections using insecure transport are prohibited while "
	    "--require_secure_transport=ON." },
	[REASON_OLD_CLIENT] = { "old-client", N_("the client is older than protocol 4.1"),
	    MYSQL_ER_NOT_SUPPORTED_AUTH, "08004",
	    "Client does not support authentication protocol requested by server; consider "
	    "upgrading "
	    "MySQL client" },
	[REASON_TLS_FIRST] = { "tls-first",
	    N_("the client began with TLS; MySQL's TLS begins after the greeting"), 0, NULL, NULL },
	[REASON_HTTP_FIRST] = { "http-first", N_("the client spoke HTTP"), 0, NULL, NULL },
	[REASON_NONSENSE] = { "nonsense", N_("the client's first bytes are no MySQL"), 0, NULL,
	    NULL },
	[REASON_LEFT_EARLY] = { "left-early", N_("the client left before it said anything"), 0,
	    NULL, NULL },
	[REASON_SILENT] = { "silent", N_("the client said nothing after the greeting"), 0, NULL,
	    NULL },
	[REASON_CROWDED] = { "crowded", N_("too many unfinished logins; the oldest had to go"),
	    MYSQL_ER_CON_COUNT, "08004", "Too many connections" },

	[REASON_TLS_VERSION] = { "tls-version",
	    N_("the client offers no TLS version that is allowed"), 0, NULL, NULL },
	[REASON_TLS_CIPHER] = { "tls-cipher",
	    N_("the client offers no cipher or group that is allowed"), 0, NULL, NULL },
	[REASON_TLS_UNKNOWN_CA] = { "tls-unknown-ca",
	    N_("the client does not trust our CA: give it ca.pem"), 0, NULL, NULL },
	[REASON_TLS_CERT_EXPIRED] = { "tls-cert-expired",
	    N_("the client says that our certificate has expired: look at both clocks"), 0, NULL,
	    NULL },
	[REASON_TLS_CERT_REFUSED] = { "tls-cert-refused",
	    N_("the client refused our certificate (its CA, or the host name it connects by)"), 0,
	    NULL, NULL },
	[REASON_TLS_ALERT] = { "tls-alert", N_("the client ended the handshake with an alert"), 0,
	    NULL, NULL },
	[REASON_TLS_BROKEN] = { "tls-broken", N_("the client broke the TLS protocol"), 0, NULL,
	    NULL },
	[REASON_TLS_LEFT] = { "tls-left", N_("the client left in the handshake"), 0, NULL, NULL },
	[REASON_TLS_SLOW] = { "tls-slow", N_("the handshake took too long"), 0, NULL, NULL },
	[REASON_KEY_FAILED] = { "key-failed", N_("the key process gave no signature"), 0, NULL,
	    NULL },
	[REASON_CLIENT_MISSING] = { "client-no-certificate",
	    N_("the client showed no certificate, and here it must"), 0, NULL, NULL },
	[REASON_CLIENT_UNKNOWN] = { "client-unknown-ca",
	    N_("the client's certificate is not of a CA in client-ca"), 0, NULL, NULL },
	[REASON_CLIENT_EXPIRED] = { "client-expired",
	    N_("the client's certificate has expired, or is not valid yet"), 0, NULL, NULL },
	[REASON_CLIENT_REVOKED] = { "client-revoked", N_("the client's certificate was revoked"), 0,
	    NULL, NULL },
	[REASON_CLIENT_NO_CRL] = { "client-no-crl",
	    N_("client-crl has expired, or has no list of the CA of the client's certificate: "
	       "renew "
	       "it"),
	    0, NULL, NULL },
	[REASON_CLIENT_UNFIT] = { "client-unfit",
	    N_("the client's certificate is none for clients (clientAuth), or is broken"), 0, NULL,
	    NULL },

	[REASON_LEFT_AFTER_TLS] = { "left-after-tls",
	    N_("the client left after the handshake, before its login: so do clients that check "
	       "the "
	       "certificate late (wrong host name, unknown CA)"),
	    0, NULL, NULL },
	[REASON_LOGIN_SLOW] = { "login-slow", N_("the login took too long"), MYSQL_ER_UNKNOWN,
	    "HY000", "dbtls: the login took too long" },
	[REASON_LOGIN_REFUSED] = { "login-refused", N_("the database refused the login"), 0, NULL,
	    NULL },
	[REASON_NO_METHOD] = { "no-method",
	    N_("the client left when the database asked for another way to log in: it knows "
	       "caching_sha2_password alone, and the login bridge is off"),
	    0, NULL, NULL },
	[REASON_NEEDS_TLS] = { "needs-tls",
	    N_("the database asks for the password itself, which the client's connection in the "
	       "clear "
	       "can't carry"),
	    MYSQL_ER_SECURE_TRANSPORT, "HY000",
	    "dbtls: the database asks for the password itself, and this connection is in the "
	    "clear: connect with TLS" },
	[REASON_LOGIN_NONSENSE] = { "login-nonsense", N_("the client's login breaks the protocol"),
	    MYSQL_ER_UNKNOWN, "HY000", "dbtls: the login packet can't be read" },
	[REASON_ADMIN_USER] = { "admin-user", N_("the administrator's name does not pass the door"),
	    MYSQL_ER_ACCESS_DENIED, "28000", "Access denied for user '{user}'@'{host}'" },
	[REASON_CLIENT_NAME] = { "client-name",
	    N_("the name in the client's certificate is not one of client-name"),
	    MYSQL_ER_ACCESS_DENIED, "28000",
	    "Access denied for user '{user}'@'{host}': the name in its client certificate is not "
	    "let in here" },
	[REASON_OLD_PASSWORD] = { "old-password",
	    N_("the database asked for the password scheme of before 4.1"),
	    MYSQL_ER_NOT_SUPPORTED_AUTH, "08004",
	    "dbtls: the account uses mysql_old_password, which is not let through" },

	[REASON_UPSTREAM_AWAY] = { "upstream-away", N_("the database does not answer"),
	    MYSQL_ER_UNKNOWN, "HY000", AWAY },
	[REASON_UPSTREAM_REFUSED] = { "upstream-refused",
	    N_("the database answered with an error instead of a greeting"), 0, NULL, NULL },
	[REASON_UPSTREAM_SILENT] = { "upstream-silent", N_("the database took too long"),
	    MYSQL_ER_UNKNOWN, "HY000", AWAY },
	[REASON_UPSTREAM_NONSENSE] = { "upstream-nonsense",
	    N_("the database's greeting can't be read"), MYSQL_ER_UNKNOWN, "HY000", AWAY },
	[REASON_UPSTREAM_PLAIN] = { "upstream-plain",
	    N_("the database offers no TLS, and nothing is sent to it in the clear"),
	    MYSQL_ER_UNKNOWN, "HY000", UNSAFE },
	[REASON_UPSTREAM_TLS] = { "upstream-tls", N_("the handshake with the database failed"),
	    MYSQL_ER_UNKNOWN, "HY000", UNSAFE },
	[REASON_UPSTREAM_UNTRUSTED] = { "upstream-untrusted",
	    N_("the database's certificate was refused: its CA, its name or its dates"),
	    MYSQL_ER_UNKNOWN, "HY000", UNSAFE },
	[REASON_UPSTREAM_LOST] = { "upstream-lost", N_("the database broke the connection off"),
	    MYSQL_ER_UNKNOWN, "HY000", AWAY },

	[REASON_RESET] = { "reset", N_("the connection was broken off"), 0, NULL, NULL },
	[REASON_HALF_CLOSED] = { "half-closed",
	    N_("one end had left, and the other did not follow"), 0, NULL, NULL },
	[REASON_INTERNAL] = { "internal", N_("the door could not go on"), MYSQL_ER_UNKNOWN, "HY000",
	    "dbtls: internal error; see the log" },
};

const struct reason_row *reason_row(enum reason reason)
{
	if ((unsigned)reason >= REASONS || !rows[reason].id)
		reason = REASON_INTERNAL;
	return &rows[reason];
}

enum reason reason_of_alert(int received, int sent)
{
	/* RFC 8446 6.2. */
	static const struct {
		int received, sent;
		enum reason reason;
	} alerts[] = {
		{ -1, 70, REASON_TLS_VERSION }, /* protocol_version */
		{ 70, -1, REASON_TLS_VERSION },
		{ -1, 40, REASON_TLS_CIPHER }, /* handshake_failure */
		{ 40, -1, REASON_TLS_CIPHER },
		{ -1, 71, REASON_TLS_CIPHER },       /* insufficient_security */
		{ 48, -1, REASON_TLS_UNKNOWN_CA },   /* unknown_ca */
		{ 45, -1, REASON_TLS_CERT_EXPIRED }, /* certificate_expired */
		{ 42, -1,
		    REASON_TLS_CERT_REFUSED }, /* bad_certificate: Go sends it for everything */
		{ 43, -1, REASON_TLS_CERT_REFUSED }, /* unsupported_certificate */
		{ 44, -1, REASON_TLS_CERT_REFUSED }, /* certificate_revoked */
		{ 46, -1, REASON_TLS_CERT_REFUSED }, /* certificate_unknown: Java, for everything */
		{ -1, 80, REASON_KEY_FAILED }, /* internal_error: the signature did not come */
	};

	for (size_t i = 0; i < sizeof alerts / sizeof *alerts; i++)
		if ((alerts[i].received >= 0 && alerts[i].received == received) ||
		    (alerts[i].sent >= 0 && received < 0 && alerts[i].sent == sent))
			return alerts[i].reason;
	return received > 0 ? REASON_TLS_ALERT : REASON_TLS_BROKEN;
}

const char *reason_say(
    const struct reason_row *row, const char *host, const char *user, char *out, size_t size)
{
	size_t n = 0;

	out[0] = '\0';
	for (const char *p = row->say ? row->say : ""; *p && n + 1 < size;) {
		const char *fill = NULL;

		if (strncmp(p, "{host}", 6) == 0)
			fill = host;
		if (strncmp(p, "{user}", 6) == 0)
			fill = user;
		n += (size_t)snprintf(out + n, size - n, fill ? "%s" : "%.1s", fill ? fill : p);
		p += fill ? 6 : 1;
	}
	return out;
}
