/* SPDX-License-Identifier: Apache-2.0 */
#include "explain/codes.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* ---- tables ---------------------------------------------------------------------------------- */

struct row {
	int code;
	enum explain_weight weight;
	const char *causes;
};

/* The reason in OpenSSL's error (sslerr.h); from 1000 on it is an alert that came. */
static const struct row reasons[] = {
	{ 118, EXPLAIN_NAMED, "no-shared-cipher" },          /* NO_SUITABLE_SIGNATURE_ALGORITHM */
	{ 156, EXPLAIN_NAMED, "not-tls" },                   /* HTTP_REQUEST */
	{ 181, EXPLAIN_NAMED, "no-shared-cipher" },          /* NO_CIPHERS_AVAILABLE */
	{ 191, EXPLAIN_NAMED, "protocol-version" },          /* NO_PROTOCOLS_AVAILABLE */
	{ 193, EXPLAIN_NAMED, "no-shared-cipher" },          /* NO_SHARED_CIPHER */
	{ 198, EXPLAIN_NAMED, "not-tls" },                   /* PACKET_LENGTH_TOO_LONG */
	{ 199, EXPLAIN_NAMED, "client-cert-required" },      /* PEER_DID_NOT_RETURN_A_CERTIFICATE */
	{ 252, EXPLAIN_FAMILY, "not-tls protocol-version" }, /* UNKNOWN_PROTOCOL, 1.0.x */
	{ 258, EXPLAIN_NAMED, "protocol-version" },          /* UNSUPPORTED_PROTOCOL */
	{ 267, EXPLAIN_NAMED, "not-tls" },                   /* WRONG_VERSION_NUMBER */
	{ 294, EXPLAIN_FAMILY,
	    "handshake-closed too-many-connections address-not-allowed closed-before-greeting" },
	{ 333, EXPLAIN_FAMILY, "protocol-version weak-signature" }, /* LEGACY_SIGALG_… */
	{ 394, EXPLAIN_NAMED, "weak-key" },                         /* DH_KEY_TOO_SMALL */
	{ 396, EXPLAIN_NAMED, "protocol-version" },                 /* VERSION_TOO_LOW */
	{ 397, EXPLAIN_NAMED, "weak-key" },                         /* CA_KEY_TOO_SMALL */
	{ 398, EXPLAIN_NAMED, "weak-signature" },                   /* CA_MD_TOO_WEAK */
	{ 399, EXPLAIN_NAMED, "weak-key" },                         /* EE_KEY_TOO_SMALL */
};

/* What OpenSSL's verifier found (X509_V_ERR_…). */
static const struct row verified[] = {
	{ 2, EXPLAIN_FAMILY, "untrusted-root missing-intermediate" },
	{ 9, EXPLAIN_NAMED, "not-yet-valid" },
	{ 10, EXPLAIN_NAMED, "expired" },
	{ 18, EXPLAIN_NAMED, "self-signed untrusted-root" },
	{ 19, EXPLAIN_NAMED, "untrusted-root intercepted missing-intermediate" },
	{ 20, EXPLAIN_FAMILY, "untrusted-root missing-intermediate intercepted" },
	{ 21, EXPLAIN_FAMILY, "missing-intermediate untrusted-root intercepted" },
	{ 23, EXPLAIN_NAMED, "revoked" },
	{ 24, EXPLAIN_NAMED, "not-a-ca" },
	{ 25, EXPLAIN_NAMED, "path-too-long" },
	{ 26, EXPLAIN_NAMED, "wrong-purpose" },
	{ 32, EXPLAIN_NAMED, "not-a-ca" },
	{ 47, EXPLAIN_NAMED, "name-constraint" },
	{ 48, EXPLAIN_NAMED, "name-constraint" },
	{ 62, EXPLAIN_NAMED, "hostname-mismatch" },
	{ 64, EXPLAIN_NAMED, "hostname-mismatch" },
	{ 66, EXPLAIN_NAMED, "weak-key" },
	{ 67, EXPLAIN_NAMED, "weak-key" },
	{ 68, EXPLAIN_NAMED, "weak-signature" },
	{ 79, EXPLAIN_NAMED, "not-a-ca" },
};

static const struct row errnos[] = {
	{ 32, EXPLAIN_VAGUE, "session-closed client-cert-required" }, /* EPIPE */
	{ 101, EXPLAIN_NAMED, "network-unreachable" },
	{ 104, EXPLAIN_VAGUE, "handshake-reset session-reset" },
	{ 110, EXPLAIN_VAGUE, "connect-timeout handshake-timeout greeting-timeout" },
	{ 111, EXPLAIN_NAMED, "connection-refused" },
	{ 113, EXPLAIN_NAMED, "network-unreachable" },
};

/*
 * Read by a client, each is the server's (RFC 8446 6); in a server's log it is the client's. Some
 * tell of those that they send themselves, which are about what the server has shown.
 */
static const struct alert {
	int code;
	enum explain_weight weight;
	const char *causes;
	const char *own; /* sent by the client itself; NULL: the same causes */
	/* In the words of OpenSSL and the RFC, of Go, of GnuTLS, of rustls. */
	const char *names[4];
} alerts[] = {
	{ 10, EXPLAIN_FAMILY, "server-alert not-tls", "not-tls broken-tls",
	    { "unexpected message", "unexpectedmessage" } },
	{ 40, EXPLAIN_FAMILY, "no-shared-cipher client-cert-required sni-required",
	    "no-shared-cipher", { "handshake failure", "handshake failed", "handshakefailure" } },
	{ 42, EXPLAIN_FAMILY, "client-cert-required server-alert hostname-mismatch untrusted-root",
	    "self-signed name-constraint untrusted-root weak-signature",
	    { "bad certificate", "certificate is bad", "badcertificate" } },
	{ 43, EXPLAIN_FAMILY, "wrong-purpose client-cert-required", "wrong-purpose",
	    { "unsupported certificate", "unsupportedcertificate" } },
	{ 44, EXPLAIN_NAMED, "revoked", NULL,
	    { "certificate revoked", "revoked certificate", "certificaterevoked" } },
	{ 45, EXPLAIN_FAMILY, "expired server-alert", "expired not-yet-valid",
	    { "certificate expired", "expired certificate", "certificateexpired" } },
	{ 46, EXPLAIN_FAMILY, "untrusted-root hostname-mismatch client-cert-required",
	    "untrusted-root hostname-mismatch certificate-refused",
	    { "certificate unknown", "unknown certificate", "certificateunknown" } },
	{ 47, EXPLAIN_FAMILY, "server-alert", "downgraded no-shared-cipher broken-tls",
	    { "illegal parameter", "illegalparameter" } },
	{ 48, EXPLAIN_FAMILY, "untrusted-root server-alert client-cert-required",
	    "untrusted-root missing-intermediate intercepted self-signed",
	    { "unknown ca", "unknown certificate authority", "ca is unknown", "unknownca" } },
	{ 49, EXPLAIN_NAMED, "server-alert", NULL,
	    { "access denied", "access was denied", "accessdenied" } },
	{ 50, EXPLAIN_NAMED, "server-alert", NULL, { "decode error", "decodeerror" } },
	{ 51, EXPLAIN_FAMILY, "client-cert-required server-alert", "proof-missing",
	    { "decrypt error", "error decrypting message", "decrypterror" } },
	{ 70, EXPLAIN_NAMED, "protocol-version", NULL,
	    { "protocol version", "protocol version not supported", "error in protocol version",
		"protocolversion" } },
	{ 71, EXPLAIN_NAMED, "no-shared-cipher", NULL,
	    { "insufficient security", "insufficient security level", "insufficientsecurity" } },
	{ 80, EXPLAIN_NAMED, "server-alert", NULL, { "internal error", "internalerror" } },
	{ 86, EXPLAIN_NAMED, "protocol-version", NULL,
	    { "inappropriate fallback", "inappropriatefallback" } },
	{ 112, EXPLAIN_NAMED, "sni-required", NULL,
	    { "unrecognized name", "the server name sent was not recognized",
		"unrecognisedname" } },
	{ 116, EXPLAIN_NAMED, "client-cert-required", NULL,
	    { "certificate required", "certificate is required", "certificaterequired" } },
	{ 120, EXPLAIN_NAMED, "alpn-mismatch", NULL,
	    { "no application protocol", "no supported application protocol could be negotiated",
		"noapplicationprotocol" } },
};

static const struct row *row_of(const struct row *rows, size_t n, long code)
{
	for (size_t i = 0; i < n; i++)
		if (rows[i].code == code)
			return &rows[i];
	return NULL;
}

#define ROW(table, code) row_of(table, sizeof(table) / sizeof *(table), code)

/* ---- reading them -----------------------------------------------------------------------------
 */

/* Some words that one of these tables' numbers or names stands behind. */
struct search {
	const struct explain_text *t;
	size_t at, end; /* of the words */
	int own;        /* they are the client's, not the server's */
	explain_found *found;
	void *arg;
};

static void tell(const struct search *s, const struct row *r, size_t end)
{
	if (r)
		s->found(s->arg, r->causes, r->weight, s->at, end);
}

static void tell_alert(const struct search *s, long code, size_t end)
{
	for (size_t i = 0; i < sizeof alerts / sizeof *alerts; i++) {
		const struct alert *a = &alerts[i];

		if (a->code == code)
			s->found(
			    s->arg, s->own && a->own ? a->own : a->causes, a->weight, s->at, end);
	}
}

/* A number behind the words, blanks, '-', '=' and ':' between; end behind it. -1: none. */
static long number_at(const struct explain_text *t, size_t at, size_t *end)
{
	size_t digits = 0;
	long n = 0;

	while (at < t->n && t->plain[at] && strchr(" =:(", t->plain[at]))
		at++;
	for (; digits < 6 && at < t->n && isdigit((unsigned char)t->plain[at]); digits++)
		n = n * 10 + (t->plain[at++] - '0');
	*end = at;
	return digits ? n : -1;
}

static void take_verified(const struct search *s)
{
	size_t end = 0;
	long n = number_at(s->t, s->end, &end);

	tell(s, ROW(verified, n), end);
}

static void take_errno(const struct search *s)
{
	size_t end = 0;
	long n = number_at(s->t, s->end, &end);

	tell(s, ROW(errnos, n), end);
}

static void take_alert_number(const struct search *s)
{
	size_t end = 0;
	long n = number_at(s->t, s->end, &end);

	tell_alert(s, n, end);
}

/* The library and the reason, as OpenSSL 3 and 1.1 put them into 32 bits. */
static void take_code(const struct search *s, unsigned long code, size_t end)
{
	long reason = code >> 23 == 20 ? (long)(code & 0x7fffff) : (long)(code & 0xfff);

	if (code >> 23 == 0x100) /* the system's (ERR_SYSTEM_FLAG): its errno */
		tell(s, ROW(errnos, (long)(code & 0xffff)), end);
	else if (code >> 23 != 20 && code >> 24 != 20)
		return;
	else if (reason >= 1000)
		tell_alert(s, reason - 1000, end);
	else
		tell(s, ROW(reasons, reason), end);
}

static void take_openssl(const struct search *s)
{
	char hex[9] = "", *behind;
	unsigned long code;

	for (size_t i = 0; i < 8 && s->end + i < s->t->n; i++)
		hex[i] = s->t->plain[s->end + i];
	code = strtoul(hex, &behind, 16);
	if (behind == hex + 8)
		take_code(s, code, s->end + 8);
}

static size_t starts(const struct explain_text *t, size_t at, const char *words)
{
	size_t n = strlen(words);

	if (at + n > t->n || isalnum((unsigned char)t->plain[at + n]))
		return 0;
	for (size_t i = 0; i < n; i++)
		if (t->plain[at + i] != words[i] && !(words[i] == ' ' && t->plain[at + i] == '\n'))
			return 0;
	return n;
}

/* The alert whose name stands there, the longest name of all. */
static void take_alert_name(const struct search *s)
{
	size_t best = 0, from = s->end;
	long code = -1;

	while (from < s->t->n && strchr(" :(\"'{", s->t->plain[from]))
		from++;
	for (size_t i = 0; i < sizeof alerts / sizeof *alerts; i++)
		for (size_t j = 0; j < 4 && alerts[i].names[j]; j++) {
			size_t n = starts(s->t, from, alerts[i].names[j]);

			if (n > best) {
				best = n;
				code = alerts[i].code;
			}
		}
	if (code >= 0)
		tell_alert(s, code, from + best);
}

/* ---- what stands before them ----------------------------------------------------------------- */

static const struct {
	const char *words;
	void (*take)(const struct search *s);
	int own; /* an alert that the client has sent */
} before[] = {
	{ "error:", take_openssl, 0 },
	{ "verify error:num", take_verified, 0 },
	{ "verify return code", take_verified, 0 },
	{ "errno", take_errno, 0 },
	{ "alert number", take_alert_number, 0 },
	{ "alert", take_alert_name, 0 },
	{ "alert received", take_alert_name, 0 },
	{ "alert received:", take_alert_name, 0 },
	{ "received alert [#]:", take_alert_name, 0 },
	{ "alert has been received.:", take_alert_name, 0 },
	{ "remote error: tls:", take_alert_name, 0 },
	{ "tlsv1", take_alert_name, 0 },
	{ "tlsv13", take_alert_name, 0 },
	{ "sslv3", take_alert_name, 0 },
	{ "received fatal alert:", take_alert_name, 0 },
	{ "tls alert,", take_alert_name, 0 },
	{ "tls alert:", take_alert_name, 0 },
	{ "received server alert: fatal", take_alert_name, 0 },
	{ "alert (read): fatal:", take_alert_name, 0 },
	{ "generated client alert: fatal", take_alert_name, 1 },
	{ "alert (write): fatal:", take_alert_name, 1 },
	{ "produced client alert:", take_alert_name, 1 },
};

const char *explain_codes_words(size_t n)
{
	return n < sizeof before / sizeof *before ? before[n].words : NULL;
}

void explain_codes_read(
    const struct explain_text *t, size_t n, size_t at, size_t end, explain_found *found, void *arg)
{
	const struct search s = { t, at, end, before[n].own, found, arg };

	before[n].take(&s);
}
