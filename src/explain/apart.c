/* SPDX-License-Identifier: Apache-2.0 */
#include "explain/apart.h"

#include "base/i18n.h"

#include <string.h>

/* Causes (diagnose.h), blanks between them, that a text often does not tell apart; and what does.
 */
static const struct group {
	const char *causes;
	const char *sentence; /* N_() */
} groups[] = {
	{ "untrusted-root missing-intermediate self-signed intercepted",
	    N_("The chain that is served tells them apart, and dbtls check shows it: a certificate "
	       "that has issued itself is self-signed; an issuer that was not sent is "
	       "missing-intermediate; a company's or a firewall's, intercepted; any other CA that "
	       "your store lacks, untrusted-root.") },
	{ "hostname-mismatch no-san",
	    N_("The certificate's names tell them apart: dbtls check lists those of its SAN. If "
	       "there are none, it is no-san.") },
	{ "untrusted-root missing-intermediate hostname-mismatch expired no-shared-cipher",
	    N_("dbtls check judges the chain, the names and the dates one by one, and says which "
	       "of "
	       "them it is.") },
	{ "expired not-yet-valid", N_("dbtls check shows from when until when the certificate is "
				      "valid; date -u shows what "
				      "this machine takes for today.") },
	{ "weak-key weak-signature",
	    N_("dbtls check shows the keys' sizes and the signatures' algorithms of all "
	       "certificates.") },
	{ "not-a-ca wrong-purpose name-constraint path-too-long certificate-refused",
	    N_("dbtls check names the certificate that is at fault, and its extension.") },
	{ "no-shared-cipher client-cert-required sni-required protocol-version weak-key "
	  "weak-signature",
	    N_("dbtls check tries them one by one: old versions, all cipher suites, no server "
	       "name; "
	       "and it sees whether the server asks for a client certificate.") },
	{ "client-cert-required session-closed session-reset",
	    N_("In TLS 1.3 a server says no behind the handshake, which a client may see as a lost "
	       "connection. dbtls check sees whether it asks for a certificate.") },
	{ "client-cert-required server-alert expired revoked untrusted-root wrong-purpose",
	    N_("The words tell of an alert, and not whose certificate it is about. If dbtls check "
	       "finds the server's in order, it is the client's: the server's log says why.") },
	{ "handshake-closed handshake-reset closed-before-greeting session-closed session-reset",
	    N_("What counts is how far it came: dbtls check goes the steps one by one, and names "
	       "that at which the connection ended.") },
	{ "handshake-closed too-many-connections address-not-allowed host-blocked "
	  "closed-before-greeting",
	    N_("A server that is full, or that does not want this address, says so in plaintext "
	       "ahead of TLS; dbtls check reads it. The server's log has it as well.") },
	{ "handshake-timeout greeting-timeout connect-timeout session-timeout",
	    N_("What counts is what was waited for: dbtls check says at which step there was no "
	       "answer.") },
	{ "connection-refused connect-timeout dns-failure network-unreachable",
	    N_("dbtls check tries all addresses that the name has, and says what came of each.") },
	{ "not-tls tls-not-offered protocol-version server-alert broken-tls closed-before-greeting",
	    N_("The first bytes tell them apart: dbtls check shows what answers on that port.") },
	{ "tls-not-offered protocol-version untrusted-root handshake-closed",
	    N_("dbtls check reads from the greeting whether the server offers TLS, then tries each "
	       "version.") },
	{ "session-closed handshake-closed tls-required",
	    N_("dbtls check says at which step the connection ended, and whether the server wants "
	       "TLS.") },
};

/* Whether a word of the list is id. */
static int lists(const char *list, const char *id)
{
	size_t n = strlen(id);

	for (const char *p = strstr(list, id); p; p = strstr(p + 1, id))
		if ((p == list || p[-1] == ' ') && (p[n] == ' ' || p[n] == '\0'))
			return 1;
	return 0;
}

/* How many of the causes it is about; 0 without the likeliest. */
static size_t covers(const struct group *g, const struct explanation *x)
{
	size_t n = 0;

	if (!lists(g->causes, x->cause[0].id))
		return 0;
	for (size_t i = 0; i < x->n; i++)
		n += (size_t)lists(g->causes, x->cause[i].id);
	return n;
}

const char *explain_apart(const struct explanation *x)
{
	const char *sentence =
	    _("dbtls check goes the way step by step, and names the first that fails.");
	size_t most = 1;

	if (x->n < 2)
		return NULL;
	for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
		size_t n = covers(&groups[i], x);

		if (n > most) {
			most = n;
			sentence = _(groups[i].sentence);
		}
	}
	return sentence;
}
