/* SPDX-License-Identifier: Apache-2.0 */
#include "front/cause.h"

#include "base/i18n.h"
#include "wire/hello.h"

#include <string.h>

#define GIVE_CA N_("give it ca.pem: dbtls ca export")
#define GIVE_NAME                                                                                  \
	N_("have it connect by a name that `dbtls status` lists, or add its name: --name (in a "   \
	   "file: name)")
#define GIVE_BOTH                                                                                  \
	N_("give it ca.pem (dbtls ca export), and have it connect by a name that `dbtls status` "  \
	   "lists")
#define GIVE_OWN      N_("give it the CA that the endpoint's certificate is of")
#define GIVE_OWN_NAME N_("have it connect by a name that is in the endpoint's certificate")
#define GIVE_OWN_BOTH                                                                              \
	N_("give it the CA that the endpoint's certificate is of, and have it connect by a name "  \
	   "that is in it")
#define GIVE_TLS                                                                                   \
	N_("turn TLS on in it: `dbtls connect --list` has the clients, and what each is told")
#define GIVE_VERSION N_("renew it: it is older than TLS 1.2, or set to be")
#define GIVE_ISSUED  N_("make it one: dbtls ca issue --client NAME")

static const struct cause_row rows[CAUSES] = {
	[CAUSE_NONE] = { "none", N_("nothing is wrong with it"), NULL, NULL, 0, 0 },

	[CAUSE_WORKS_PLAIN] = { "works-in-the-clear", N_("works, in the clear"), GIVE_TLS, NULL, 1,
	    0 },
	[CAUSE_WORKS_TLS_1_2] = { "works-tls-1.2", N_("works, and has TLS 1.2 at best"),
	    N_("renew it before the door is told --tls-version 1.3"), NULL, 1, 0 },

	[CAUSE_DENIED] = { "denied", N_("is not on the access list"),
	    N_("if it is one of yours: dbtls access add"), NULL, 0, 1 },
	[CAUSE_PROXY_MISSING] = { "proxy-missing",
	    N_("is listed in proxy-from, and does not begin with a PROXY header"),
	    N_("have it send PROXY headers, or take it off proxy-from"), NULL, 0, 1 },
	[CAUSE_PROXY_BROKEN] = { "proxy-broken", N_("sends a PROXY header that can't be read"),
	    NULL, NULL, 0, 1 },
	[CAUSE_PROXY_SLOW] = { "proxy-slow",
	    N_("is listed in proxy-from, and its PROXY header does not come in time"),
	    N_("have it send PROXY headers, or take it off proxy-from"), NULL, 0, 1 },
	[CAUSE_TLS_FIRST] = { "tls-first",
	    N_("begins with TLS, where MySQL's begins after the greeting"),
	    N_("it is a client of another protocol, or told to speak TLS at once"), NULL, 0, 1 },
	[CAUSE_HTTP_FIRST] = { "http-first", N_("speaks HTTP"),
	    N_("it has the wrong port, or looks for anything there is"), NULL, 0, 1 },
	[CAUSE_NONSENSE] = { "nonsense", N_("begins with what is no MySQL"), NULL, NULL, 0, 1 },
	[CAUSE_LEFT_EARLY] = { "left-early", N_("connects, and leaves without a word"),
	    N_("so do health checks and scans of ports"), NULL, 0, 1 },
	[CAUSE_SILENT] = { "silent", N_("says nothing after the greeting"), NULL, NULL, 0, 1 },

	[CAUSE_NO_TLS] = { "no-tls", N_("asks for no TLS"), GIVE_TLS, NULL, 0, 0 },
	[CAUSE_OLD_CLIENT] = { "old-client", N_("is older than protocol 4.1"), N_("renew it"), NULL,
	    0, 0 },

	[CAUSE_OLD_TLS] = { "old-tls", N_("offers nothing above TLS 1.1"), GIVE_VERSION, NULL, 0,
	    0 },
	[CAUSE_NO_TLS_1_3] = { "no-tls-1.3",
	    N_("offers nothing above TLS 1.2, and the door takes TLS 1.3 alone"),
	    N_("renew it, or let the door take both: --tls-version"), NULL, 0, 0 },
	[CAUSE_NO_TLS_1_2] = { "no-tls-1.2",
	    N_("offers nothing below TLS 1.3, and the door takes TLS 1.2 alone"),
	    N_("let it offer TLS 1.2, or the door take both: --tls-version"), NULL, 0, 0 },
	[CAUSE_VERSION] = { "tls-version", N_("offers no TLS version that is allowed"), NULL, NULL,
	    0, 0 },
	[CAUSE_CIPHER] = { "tls-cipher", N_("offers no cipher or group that is allowed"),
	    N_("let it offer ECDHE with AES-GCM or ChaCha20, and X25519, P-256 or P-384"), NULL, 0,
	    0 },
	[CAUSE_CA] = { "unknown-ca", N_("does not trust our CA"), GIVE_CA, GIVE_OWN, 0, 0 },
	[CAUSE_NAME] = { "wrong-name",
	    N_("checks the host name, and connects by a name that is not in the certificate"),
	    GIVE_NAME, GIVE_OWN_NAME, 0, 0 },
	[CAUSE_CA_OR_NAME] = { "ca-or-name",
	    N_("refuses our certificate, and does not say whether for its CA or its names"),
	    GIVE_BOTH, GIVE_OWN_BOTH, 0, 0 },
	[CAUSE_EXPIRED] = { "expired", N_("says that our certificate has expired"),
	    N_("look at its clock, and at the certificate: dbtls status"), NULL, 0, 0 },
	[CAUSE_LATE] = { "left-after-tls",
	    N_("leaves in or after the handshake, without a word: so do clients that refuse our "
	       "certificate"),
	    GIVE_BOTH, GIVE_OWN_BOTH, 0, 0 },
	[CAUSE_TLS_ALERT] = { "tls-alert", N_("ends the handshake with an alert"), NULL, NULL, 0,
	    0 },
	[CAUSE_TLS_BROKEN] = { "tls-broken", N_("breaks the TLS protocol"), NULL, NULL, 0, 0 },
	[CAUSE_TLS_LEFT] = { "tls-left", N_("asks for TLS, and leaves before it begins"),
	    N_("it says itself which of its settings stops it"), NULL, 0, 0 },
	[CAUSE_TLS_SLOW] = { "tls-slow", N_("takes too long over the handshake"), NULL, NULL, 0,
	    0 },

	[CAUSE_CLIENT_MISSING] = { "client-no-certificate", N_("shows no certificate of its own"),
	    GIVE_ISSUED, NULL, 0, 0 },
	[CAUSE_CLIENT_UNKNOWN] = { "client-unknown-ca",
	    N_("shows a certificate that is not of a CA in client-ca"), GIVE_ISSUED, NULL, 0, 0 },
	[CAUSE_CLIENT_EXPIRED] = { "client-expired",
	    N_("shows a certificate that has expired, or is not valid yet"), GIVE_ISSUED, NULL, 0,
	    0 },
	[CAUSE_CLIENT_REVOKED] = { "client-revoked", N_("shows a certificate that was revoked"),
	    NULL, NULL, 0, 0 },
	[CAUSE_CLIENT_NO_CRL] = { "client-no-crl",
	    N_("can't be let in: client-crl has expired, or lacks its CA's list"),
	    N_("renew the list, and: dbtls reload"), NULL, 0, 0 },
	[CAUSE_CLIENT_UNFIT] = { "client-unfit",
	    N_("shows a certificate that is none for clients, or is broken"), GIVE_ISSUED, NULL, 0,
	    0 },
	[CAUSE_CLIENT_NAME] = { "client-name",
	    N_("shows a certificate whose name is not in client-name"), NULL, NULL, 0, 0 },

	[CAUSE_LEFT_IN_LOGIN] = { "left-in-login", N_("leaves in the middle of its login"), NULL,
	    NULL, 0, 0 },
	[CAUSE_LOGIN_SLOW] = { "login-slow", N_("takes too long over its login"), NULL, NULL, 0,
	    0 },
	[CAUSE_LOGIN_REFUSED] = { "login-refused", N_("is refused by the database"),
	    N_("look at its user, password and database"), NULL, 0, 0 },
	[CAUSE_LOGIN_NONSENSE] = { "login-nonsense", N_("sends a login that can't be read"), NULL,
	    NULL, 0, 0 },
	[CAUSE_NO_METHOD] = { "no-method",
	    N_("knows caching_sha2_password alone, and the login bridge is off"),
	    N_("turn it on: --login-bridge"), NULL, 0, 0 },
	[CAUSE_NEEDS_TLS] = { "needs-tls",
	    N_("is in the clear, where the database asks for the password itself"), GIVE_TLS, NULL,
	    0, 0 },
	[CAUSE_ADMIN_USER] = { "admin-user", N_("logs in by the administrator's name"), NULL, NULL,
	    0, 0 },
	[CAUSE_OLD_PASSWORD] = { "old-password",
	    N_("has an account with mysql_old_password, which is not let through"),
	    N_("give the account another method"), NULL, 0, 0 },
};

const struct cause_row *cause_row(enum cause cause)
{
	return &rows[(unsigned)cause < CAUSES ? cause : CAUSE_NONE];
}

enum cause cause_by_id(const char *id)
{
	for (int i = 0; i < CAUSES; i++)
		if (strcmp(rows[i].id, id) == 0)
			return (enum cause)i;
	return CAUSE_NONE;
}

/* ---- by the reason alone --------------------------------------------------------------------- */

/* What is not here is not about the client. */
static const uint8_t by_reason[REASONS] = {
	[REASON_CLIENT_QUIT] = CAUSE_LEFT_IN_LOGIN,
	[REASON_PROXY_MISSING] = CAUSE_PROXY_MISSING,
	[REASON_PROXY_BROKEN] = CAUSE_PROXY_BROKEN,
	[REASON_PROXY_SLOW] = CAUSE_PROXY_SLOW,
	[REASON_DENIED] = CAUSE_DENIED,
	[REASON_PLAINTEXT] = CAUSE_NO_TLS,
	[REASON_OLD_CLIENT] = CAUSE_OLD_CLIENT,
	[REASON_TLS_FIRST] = CAUSE_TLS_FIRST,
	[REASON_HTTP_FIRST] = CAUSE_HTTP_FIRST,
	[REASON_NONSENSE] = CAUSE_NONSENSE,
	[REASON_LEFT_EARLY] = CAUSE_LEFT_EARLY,
	[REASON_SILENT] = CAUSE_SILENT,
	[REASON_TLS_VERSION] = CAUSE_VERSION,
	[REASON_TLS_CIPHER] = CAUSE_CIPHER,
	[REASON_TLS_UNKNOWN_CA] = CAUSE_CA,
	[REASON_TLS_CERT_EXPIRED] = CAUSE_EXPIRED,
	[REASON_TLS_CERT_REFUSED] = CAUSE_CA_OR_NAME,
	[REASON_TLS_ALERT] = CAUSE_TLS_ALERT,
	[REASON_TLS_BROKEN] = CAUSE_TLS_BROKEN,
	[REASON_TLS_LEFT] = CAUSE_LATE,
	[REASON_TLS_SLOW] = CAUSE_TLS_SLOW,
	[REASON_CLIENT_MISSING] = CAUSE_CLIENT_MISSING,
	[REASON_CLIENT_UNKNOWN] = CAUSE_CLIENT_UNKNOWN,
	[REASON_CLIENT_EXPIRED] = CAUSE_CLIENT_EXPIRED,
	[REASON_CLIENT_REVOKED] = CAUSE_CLIENT_REVOKED,
	[REASON_CLIENT_NO_CRL] = CAUSE_CLIENT_NO_CRL,
	[REASON_CLIENT_UNFIT] = CAUSE_CLIENT_UNFIT,
	[REASON_LEFT_AFTER_TLS] = CAUSE_LATE,
	[REASON_LOGIN_SLOW] = CAUSE_LOGIN_SLOW,
	[REASON_LOGIN_REFUSED] = CAUSE_LOGIN_REFUSED,
	[REASON_NO_METHOD] = CAUSE_NO_METHOD,
	[REASON_NEEDS_TLS] = CAUSE_NEEDS_TLS,
	[REASON_LOGIN_NONSENSE] = CAUSE_LOGIN_NONSENSE,
	[REASON_ADMIN_USER] = CAUSE_ADMIN_USER,
	[REASON_CLIENT_NAME] = CAUSE_CLIENT_NAME,
	[REASON_OLD_PASSWORD] = CAUSE_OLD_PASSWORD,
	[REASON_RESET] = CAUSE_LEFT_IN_LOGIN,
};

/* ---- by the library -------------------------------------------------------------------------- */

#define LEFT 0 /* instead of an alert: it sent none, and left in or after the handshake */
#define ANY  3 /* instead of an enum cause_sni */

/*
 * What a library's refusal of our certificate means: the first row that fits. RFC 8446 6.2: 42
 * bad_certificate, 46 certificate_unknown.
 */
static const struct rule {
	const char *library; /* how its name begins; "": any */
	uint8_t alert, sni;
	uint8_t cause;
} rules[] = {
	/* Whoever sends a name that is not ours has the wrong one, whatever else there is. */
	{ "", LEFT, CAUSE_SNI_OTHERS, CAUSE_NAME },
	{ "", 42, CAUSE_SNI_OTHERS, CAUSE_NAME },
	{ "", 46, CAUSE_SNI_OTHERS, CAUSE_NAME },

	/* Its drivers look at the name after the handshake, and at all else in it. */
	{ "Java", 46, ANY, CAUSE_CA },
	{ "Java", LEFT, CAUSE_SNI_NONE, CAUSE_NAME },
	/* One alert for all: with a name of ours it is not the name. */
	{ "Go", 42, CAUSE_SNI_OURS, CAUSE_CA },
	{ "GnuTLS", 42, CAUSE_SNI_OURS, CAUSE_CA },
	{ "Node.js", LEFT, CAUSE_SNI_OURS, CAUSE_CA },
	{ "Go", 42, ANY, CAUSE_CA_OR_NAME },
	{ "GnuTLS", 42, ANY, CAUSE_CA_OR_NAME },
	{ "Node.js", LEFT, ANY, CAUSE_CA_OR_NAME },

	/* OpenSSL has an alert of its own for a CA: ssl_x509err2alert of its statem_lib.c. */
	{ "OpenSSL", 42, ANY, CAUSE_NAME },
	{ "Python", 42, ANY, CAUSE_NAME },
	{ "PHP", 42, ANY, CAUSE_NAME },
	{ "libmysqlclient", 42, ANY, CAUSE_NAME },
	{ ".NET", 42, ANY, CAUSE_NAME },
	/* libmariadb from 3.4 on looks at all of it late; up to 3.3 at the name, which it does not
	 * send, and at the CA where it was given none. */
	{ "OpenSSL", LEFT, CAUSE_SNI_OURS, CAUSE_CA },
	{ "OpenSSL", LEFT, CAUSE_SNI_NONE, CAUSE_CA_OR_NAME },
};

static int fits(const struct rule *rule, const struct cause_facts *f, const char *library)
{
	return rule->alert == f->alert && (rule->sni == ANY || rule->sni == f->sni) &&
	       strncmp(library, rule->library, strlen(rule->library)) == 0;
}

static enum cause by_library(const struct cause_facts *f, enum cause otherwise)
{
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
		if (fits(&rules[i], f, f->library ? f->library : ""))
			return (enum cause)rules[i].cause;
	return otherwise;
}

/* ---- by what it offers ----------------------------------------------------------------------- */

static enum cause by_version(const struct cause_facts *f)
{
	if (!f->versions || f->versions & f->allowed)
		return CAUSE_VERSION;
	if (f->versions < HELLO_TLS1_2)
		return CAUSE_OLD_TLS;
	return f->versions & HELLO_TLS1_3 ? CAUSE_NO_TLS_1_2 : CAUSE_NO_TLS_1_3;
}

enum cause cause_of(const struct cause_facts *f)
{
	enum cause cause = CAUSE_NONE;

	if ((unsigned)f->reason < REASONS)
		cause = (enum cause)by_reason[f->reason];
	if (cause == CAUSE_VERSION)
		return by_version(f);
	/* Without a hello there was no certificate that could be refused. */
	if (f->reason == REASON_TLS_LEFT && !f->versions)
		return CAUSE_TLS_LEFT;
	if (cause == CAUSE_CA_OR_NAME || cause == CAUSE_LATE)
		return by_library(f, cause);
	return cause;
}
