/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/condition.h"

#include "base/i18n.h"

#include <string.h>

static const struct condition *const groups[] = {
	[LAB_GOOD] = lab_good,
	[LAB_WHO] = lab_who,
	[LAB_HOW] = lab_how,
	[LAB_AROUND] = lab_around,
};

enum { GROUPS = LAB_AROUND + 1 };

/* What the doctor tells apart. */
const struct lab_cause lab_causes[] = {
	{ "ok", N_("a verified connection") },
	{ "untrusted-root", N_("the chain ends in a CA that the store does not hold") },
	{ "missing-intermediate",
	    N_("the server does not send an intermediate that the client needs") },
	{ "self-signed", N_("the server's certificate is signed by itself") },
	{ "intercepted", N_("a proxy or firewall answers with a certificate of its own") },
	{ "expired", N_("a certificate of the chain has expired") },
	{ "not-yet-valid", N_("a certificate is not valid yet, or the clock is wrong") },
	{ "hostname-mismatch", N_("the certificate names other hosts") },
	{ "no-san", N_("the name stands only in the common name") },
	{ "weak-signature", N_("SHA-1 or older") },
	{ "weak-key", N_("key too small") },
	{ "wrong-purpose", N_("extended key usage does not allow a server") },
	{ "not-a-ca", N_("an issuer in the chain may not issue") },
	{ "name-constraint", N_("a CA of the chain may not vouch for this name") },
	{ "path-too-long", N_("more intermediates than a CA allows") },
	{ "bad-chain-order", N_("the chain is sent in an order that this client can't use") },
	{ "revoked", N_("the certificate was withdrawn") },
	{ "staple-missing", N_("the certificate demands an OCSP response, and none was sent") },
	{ "protocol-version", N_("no TLS version in common") },
	{ "downgraded", N_("somebody on the way lowers the TLS version") },
	{ "no-shared-cipher", N_("no cipher suite, group or signature algorithm in common") },
	{ "client-cert-required", N_("the server asks for a client certificate") },
	{ "sni-required", N_("the server wants a server name and got none or an unknown one") },
	{ "alpn-mismatch", N_("no application protocol in common") },
	{ "proof-missing", N_("the server does not have its certificate's key") },
	{ "server-alert", N_("the server ended the handshake with another alert") },
	{ "tls-not-offered", N_("the server does not offer TLS") },
	{ "tls-refused", N_("the server offers TLS and then does not speak it") },
	{ "plaintext-injected",
	    N_("bytes that TLS does not protect stand where the server's should") },
	{ "tls-required", N_("the server refuses connections without TLS") },
	{ "not-tls", N_("what answers on the port does not speak TLS, or another protocol") },
	{ "handshake-closed", N_("the connection was closed during the handshake") },
	{ "handshake-reset", N_("the connection was reset during the handshake") },
	{ "handshake-timeout", N_("no answer during the handshake") },
	{ "session-closed", N_("the connection was closed after the handshake") },
	{ "session-reset", N_("the connection was reset after the handshake") },
	{ "greeting-timeout", N_("connected, and nobody speaks") },
	{ "closed-before-greeting", N_("closed before the first byte") },
	{ "address-not-allowed", N_("the server does not accept this client's address") },
	{ "host-blocked", N_("too many failed handshakes from this address") },
	{ "too-many-connections", N_("the server is full") },
	{ "login-failed", N_("the way is right; user or password is not") },
	{ "dns-failure", N_("the name does not resolve") },
	{ "connection-refused", N_("nothing listens there") },
	{ "connect-timeout", N_("no answer to the connection attempt") },
	{ "network-unreachable", N_("no route to the address") },
	{ "ca-file-unreadable", N_("the CA file named is missing, unreadable or no certificate") },
	{ "option-unknown", N_("the client does not know an option that it was given") },
	{ "option-insecure", N_("the setting connects without checking who answers") },
	{ NULL, NULL },
};

const struct condition *condition_at(size_t n)
{
	for (size_t g = 0; g < GROUPS; g++)
		for (const struct condition *c = groups[g]; c->name; c++)
			if (n-- == 0)
				return c;
	return NULL;
}

const struct condition *condition_of(const char *name)
{
	const struct condition *c;

	for (size_t n = 0; (c = condition_at(n)); n++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

enum lab_group condition_group(const struct condition *c)
{
	for (size_t g = 0; g < GROUPS; g++)
		for (const struct condition *at = groups[g]; at->name; at++)
			if (at == c)
				return (enum lab_group)g;
	return LAB_GOOD;
}

const char *lab_group_name(enum lab_group g)
{
	static const char *const names[] = { "good", "who", "how", "around" };

	return names[g];
}

const char *lab_weight_name(enum lab_weight w)
{
	static const char *const names[] = { N_("must"), N_("should"), N_("advisory") };

	return names[w];
}

void condition_shape(
    const struct condition *c, enum lab_protocol protocol, int mended, struct shape *s)
{
	shape_good(s, protocol);
	if (c->base)
		c->base(s);
	if (c->fault && !mended)
		c->fault(s);
	if (c->instead && !mended)
		/* cppcheck-suppress AssignmentAddressToInteger */
		s->step[c->at] = c->instead;
}
