/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/diagnose.h"

#include "base/i18n.h"
#include "net/resolve.h"
#include "probe/strange.h"

#include <stdio.h>
#include <string.h>

#define ANY     (-1)
#define TLS_1_2 0x0303
#define SKEW    300  /* s, which AWS lets clocks differ by */
#define SLOW    1000 /* ms */

/* ---- the causes ------------------------------------------------------------------------------ */

#define SERVER DIAGNOSE_BROKEN
#define AWAY   DIAGNOSE_UNREACHABLE

static const struct diagnose_cause causes[] = {
	{ "ok", DIAGNOSE_OK, N_("a verified connection"), "" },

	{ "intercepted", SERVER, N_("a proxy or firewall answers with a certificate of its own"),
	    N_("Ask those who run the network to let {host} through untouched. If the proxy is "
	       "meant to be there, have its CA from them as a file: dbtls check {target} --ca "
	       "FILE") },
	{ "untrusted-root", SERVER, N_("the chain ends in a CA that the store does not hold"),
	    N_("Have the CA's certificate from whoever runs {host}, over a way that you trust, "
	       "and try it: dbtls check {target} --ca FILE. If that is it: dbtls trust add FILE") },
	{ "distrusted", SERVER, N_("the store forbids a certificate of the chain expressly"),
	    N_("Somebody has withdrawn that trust: find out why before you change it. What stands "
	       "there: dbtls trust list --anchors STORE") },
	{ "missing-intermediate", SERVER,
	    N_("the server does not send an intermediate that the client needs"),
	    N_("On the server: put the intermediates behind the certificate in the same file "
	       "(often fullchain.pem), and load it anew") },
	{ "self-signed", SERVER, N_("the server's certificate is signed by itself"),
	    N_("On the server: a certificate of a CA. MySQL's and MariaDB's own first ones are "
	       "such; whoever has this very certificate as a file can try: dbtls check {target} "
	       "--ca FILE") },
	{ "expired", SERVER, N_("a certificate of the chain has expired"),
	    N_("On the server: renew it, and load it anew. Is this machine's clock right? date "
	       "-u") },
	{ "not-yet-valid", SERVER, N_("a certificate is not valid yet, or the clock is wrong"),
	    N_("Is this machine's clock right? date -u. If it is, the server has its new "
	       "certificate too early") },
	{ "hostname-mismatch", SERVER, N_("the certificate names other hosts"),
	    N_("Connect by a name that the certificate has; or have it issued anew with {host} as "
	       "a subjectAltName") },
	{ "no-san", SERVER, N_("the name stands only in the common name"),
	    N_("On the server: a certificate with {host} as a subjectAltName; for an address one "
	       "of the kind IP") },
	{ "not-a-ca", SERVER, N_("an issuer in the chain may not issue"),
	    N_("On the server: a certificate of an issuer that is a CA (basicConstraints CA:TRUE, "
	       "keyUsage keyCertSign)") },
	{ "wrong-purpose", SERVER, N_("the certificate may not be used for a server"),
	    N_("On the server: a certificate with the extended key usage serverAuth") },
	{ "name-constraint", SERVER, N_("a CA of the chain may not vouch for this name"),
	    N_("On the server: a certificate of a CA that may issue for {host}") },
	{ "path-too-long", SERVER, N_("more intermediates than a CA allows"),
	    N_("On the server: a certificate of a CA further up; or a CA with a larger pathlen") },
	{ "weak-key", SERVER, N_("key too small"),
	    N_("On the server: RSA of 2048 bits or P-256 for certificates and their CAs; no "
	       "Diffie-Hellman group below 2048 bits") },
	{ "weak-signature", SERVER, N_("SHA-1 or older"),
	    N_("On the server: a certificate that is signed with SHA-256, as those of its CAs must "
	       "be") },
	{ "revoked", SERVER, N_("the certificate was withdrawn"),
	    N_("Trust it no more. On the server: a new key and a new certificate") },
	{ "staple-missing", SERVER,
	    N_("the certificate demands an OCSP response, and none was sent"),
	    N_("On the server: turn OCSP stapling on; or have a certificate without that demand "
	       "(must-staple)") },
	{ "partial-chain", SERVER, N_("the CA file holds an intermediate, and not its root"),
	    N_("Have the root's certificate in the CA file: OpenSSL's, MySQL's and MariaDB's "
	       "clients and Python want it; Go, Java and curl do without") },
	{ "certificate-refused", SERVER, N_("the certificates break a rule of RFC 5280"),
	    N_("On the server: a certificate without what is named here") },

	{ "not-dynamodb", SERVER, N_("what answers there is not DynamoDB"),
	    N_("Is {host} the right name? If it is, something on the way answers in its place: try "
	       "from another network") },
	{ "downgraded", SERVER, N_("somebody on the way lowers the TLS version"),
	    N_("Find what stands between: try from another network. Don't work around it by "
	       "setting a lower version") },
	{ "proof-missing", SERVER, N_("the server does not have its certificate's key"),
	    N_("On the server: are certificate and key a pair? If they are, somebody answers in "
	       "its place") },
	{ "client-cert-required", SERVER, N_("the server asks for a client certificate"),
	    N_("Have one, with its key, from whoever runs {host}, and name both to the client "
	       "(--ssl-cert and --ssl-key)") },
	{ "protocol-version", SERVER, N_("no TLS version in common"),
	    N_("On the server: allow TLS 1.2 and 1.3 (MySQL: tls_version=TLSv1.2,TLSv1.3)") },
	{ "no-shared-cipher", SERVER, N_("no cipher suite, group or signature algorithm in common"),
	    N_("On the server: allow ECDHE with AES-GCM (MySQL: leave ssl_cipher empty)") },
	{ "sni-required", SERVER,
	    N_("the server wants a server name and got none or an unknown one"),
	    N_("Connect by the name that the server goes by, and not by its address or an alias") },
	{ "alpn-mismatch", SERVER, N_("no application protocol in common"),
	    N_("Is {host}:{port} the right port? It asks for a protocol that was not offered "
	       "(ALPN)") },
	{ "server-alert", SERVER, N_("the server ended the handshake with another alert"),
	    N_("The server's log says why; look there for the time of this check") },
	{ "broken-tls", SERVER, N_("what the server says is no TLS that is right"),
	    N_("Look into the server's log for the time of this check. Is there something on the "
	       "way that changes it? Try from another network") },
	{ "tls-not-offered", SERVER, N_("the server does not offer TLS"),
	    N_("On the server: give it a certificate (MySQL: ssl_cert and ssl_key). Don't let "
	       "clients go on without TLS") },
	{ "tls-refused", SERVER, N_("the server offers TLS and then does not speak it"),
	    N_("On the server: its log says what is wrong with its certificate or key. Don't let "
	       "clients go on without TLS") },
	{ "plaintext-injected", SERVER,
	    N_("bytes that TLS does not protect stand where the server's should"),
	    N_("Find what stands between: try from another network. Don't log in over this way") },
	{ "not-tls", SERVER, N_("what answers on the port does not speak TLS, or another protocol"),
	    N_("Is {port} the right port? MySQL is often at 3306 or 4000, HTTPS at 443") },
	{ "handshake-closed", SERVER, N_("the connection was closed during the handshake"),
	    N_("The server's log says why, or it is something on the way: try from another "
	       "network") },
	{ "handshake-reset", SERVER, N_("the connection was reset during the handshake"),
	    N_("The server's log says why, or it is a firewall on the way: try from another "
	       "network") },
	{ "handshake-timeout", SERVER, N_("no answer during the handshake"),
	    N_("Try a longer time: dbtls check {target} --timeout 60. If small packets pass and "
	       "large ones don't, it is the path's MTU") },
	{ "greeting-timeout", SERVER, N_("connected, and nobody speaks"),
	    N_("Is {port} MySQL's port, and is the database behind it up? Or it is a balancer "
	       "without a database behind it. HTTPS never speaks first: dbtls check "
	       "https://{host}:{port}") },
	{ "closed-before-greeting", SERVER, N_("closed before the first byte"),
	    N_("Is the database behind {host}:{port} up, and may this machine's address come "
	       "in?") },
	{ "too-many-connections", SERVER, N_("the server is full"),
	    N_("On the server: raise max_connections, or end those that are idle: SHOW "
	       "PROCESSLIST") },
	{ "host-blocked", SERVER, N_("too many failed handshakes from this address"),
	    N_("On the server: FLUSH HOSTS in MariaDB, TRUNCATE TABLE "
	       "performance_schema.host_cache in MySQL; and find who fails there") },
	{ "address-not-allowed", SERVER, N_("the server does not accept this client's address"),
	    N_("On the server: an account for this address; behind dbtls: dbtls access add "
	       "ADDRESS") },
	{ "tls-required", SERVER, N_("the server refuses connections without TLS"),
	    N_("Turn TLS on in the client, with verification. The line to write, for each "
	       "client: dbtls explain --cause tls-required") },
	{ "session-closed", SERVER, N_("the connection was closed after the handshake"),
	    N_("Look into the server's log for the time of this check: TLS was right up to "
	       "there") },
	{ "session-reset", SERVER, N_("the connection was reset after the handshake"),
	    N_("Look into the server's log for the time of this check: TLS was right up to there. "
	       "Or it is something on the way: try from another network") },
	{ "session-timeout", SERVER, N_("no answer after the handshake"),
	    N_("Is what stands behind {host}:{port} up? TLS was right up to there") },
	{ "login-failed", SERVER, N_("the way is right; user or password is not"),
	    N_("On the server: SELECT user, host FROM mysql.user; the password can be set anew by "
	       "ALTER USER") },
	{ "nodes-differ", SERVER,
	    N_("servers behind one address show different certificates, and one is not right"),
	    N_("On each server behind {host}:{port}: the same certificate, or one as good. Which "
	       "it was: dbtls check {target}, several times") },
	{ "server-error", SERVER, N_("the server answers with an error"),
	    N_("The error's number and words say what: look for them in the server's manual") },

	{ "dns-failure", AWAY, N_("the name does not resolve"),
	    N_("Is {host} spelt right? getent hosts {host}. A private name needs its network's "
	       "resolver (VPN)") },
	{ "connection-refused", AWAY, N_("nothing listens there"),
	    N_("Is {port} the right port, and is the server up? On the server: ss -ltn") },
	{ "connect-timeout", AWAY, N_("no answer to the connection attempt"),
	    N_("A firewall, most likely: have this machine's address let in at {host}:{port}") },
	{ "network-unreachable", AWAY, N_("no route to the address"),
	    N_("Is the network (VPN) up? ip route get ADDRESS") },

	{ "bad-chain-order", DIAGNOSE_WARNING,
	    N_("the chain is sent in an order that some clients can't use"),
	    N_("On the server: the certificate first, then its issuer's, and so on up") },
	{ "not-strict", DIAGNOSE_WARNING,
	    N_("the certificates are not as RFC 5280 has them, and strict clients refuse them"),
	    N_("On the server: certificates with all the extensions that RFC 5280 demands. Python "
	       "3.13 and later want them (VERIFY_X509_STRICT), and Java as to the key's usage") },
	{ "off-profile", DIAGNOSE_WARNING,
	    N_("a certificate breaks a rule that public CAs have, and few clients or none hold it "
	       "to"),
	    N_("Nothing needs to be done for clients of today. The next certificate may be made "
	       "without what is named here") },
	{ "auth-unsupported", DIAGNOSE_WARNING,
	    N_("the server asks for a login that dbtls does not speak; all is right up to there"),
	    N_("Try user and password with a client that knows the method: dbtls connect --list. "
	       "On the server: SELECT user, plugin FROM mysql.user") },
	{ "access-denied", DIAGNOSE_WARNING,
	    N_("way and access key are right; the key's owner may not ask that"),
	    N_("If the application needs more than it may: an IAM policy with dynamodb:ListTables, "
	       "or dynamodb:ListStreams. For this check nothing is amiss") },
	{ "root-leaving", DIAGNOSE_WARNING,
	    N_("browsers and systems give up the root that the chain ends in"),
	    N_("Have the root in the store that the endpoint's own chain ends in, for Amazon's: "
	       "dbtls trust add amazon-root-ca-1. What fails without it: dbtls trust audit") },
	{ "clock-skew", DIAGNOSE_WARNING, N_("this machine's clock and the server's differ"),
	    N_("Which is right? date -u. On this machine: timedatectl set-ntp true; requests to "
	       "AWS are refused when they are signed more than 5 minutes off") },
	{ "slow", DIAGNOSE_WARNING, N_("it answers, and takes its time"),
	    N_("Again, to see whether it stays so: dbtls check {target}. A slow name: getent hosts "
	       "{host}. A slow connection is the network's, all behind it the server's") },
	{ "proxy-unused", DIAGNOSE_WARNING,
	    N_("clients here go through a proxy, and this check went straight there"),
	    N_("What the proxy lets through, and by which certificate: curl -sv -o /dev/null "
	       "https://{host}:{port}/. To have clients go straight there as well: put {host} into "
	       "NO_PROXY") },
	{ "revocation-unknown", DIAGNOSE_WARNING,
	    N_("nobody has said whether a certificate of the chain was withdrawn"),
	    N_("Can this machine reach, over plain HTTP, what stands behind fetch-crl and "
	       "fetch-ocsp here? Where nothing stands there, the CA offers no way to ask: have "
	       "certificates that live for days") },
	{ "ca-file-unreadable", SERVER,
	    N_("the CA file named is missing, unreadable or no certificate"),
	    N_("Name a file of certificates, in PEM as in DER, JKS or PKCS12: dbtls trust list "
	       "FILE") },
	{ "option-insecure", DIAGNOSE_WARNING,
	    N_("the setting connects without checking who answers"),
	    N_("Have the client verify chain and name, and not go on without TLS. The line to "
	       "write, for each client: dbtls explain --cause option-insecure") },
	{ "option-unknown", DIAGNOSE_WARNING,
	    N_("the client does not know an option that it was given"),
	    N_("Write it as the client's manual does: this one is passed over without a word, as "
	       "if it were not there") },
	{ "option-no-effect", DIAGNOSE_WARNING, N_("an option does not do what it seems to"),
	    N_("Leave it out, or say what was meant") },
	{ "local-failure", SERVER, N_("this machine could not try"),
	    N_("Mend on this machine what is named here, and try again: dbtls check {target}") },
	{ NULL, 0, NULL, NULL },
};

/* What is a warning though the same is a fault where no client gets through. */
static const struct diagnose_cause needs[] = {
	{ "sni-required", DIAGNOSE_WARNING,
	    N_("only clients that name the server (SNI) get through"),
	    N_("Clients that connect by an address, or send no name, must be given the name "
	       "{host}") },
	{ "alpn-mismatch", DIAGNOSE_WARNING,
	    N_("only clients that name the protocol (ALPN) get through"),
	    N_("On the server: let clients in that offer no ALPN") },
	{ "protocol-version", DIAGNOSE_WARNING,
	    N_("the server does not speak TLS 1.3: clients that want no less don't get through"),
	    N_("On the server: allow TLS 1.3 beside 1.2 (MySQL: tls_version=TLSv1.2,TLSv1.3)") },
};

/* Of the API of AWS more is known. */
static const struct diagnose_cause aws[] = {
	{ "login-failed", SERVER, N_("the way is right; the access key is not"),
	    N_("Is it whole, not switched off, and are key and secret a pair? aws sts "
	       "get-caller-identity. A temporary one (ASIA…) needs AWS_SESSION_TOKEN, and ends") },
	{ "clock-skew", SERVER, N_("the signature is refused for this machine's clock"),
	    N_("date -u; timedatectl set-ntp true. AWS takes no signature that is more than 5 "
	       "minutes off") },
	{ "dns-failure", AWAY, N_("the name does not resolve"),
	    N_("{host} is a public name: every resolver that reaches the Internet knows it. In a "
	       "VPC: are DNS resolution and host names on (enableDnsSupport, enableDnsHostnames), "
	       "and is an interface endpoint made with private DNS? In a company's network: is the "
	       "VPN up? Where only a proxy leads out, that resolves names: set HTTPS_PROXY for the "
	       "SDK, which check does not go by. Try: getent hosts {host}") },
	{ "connect-timeout", AWAY, N_("no answer to the connection attempt"),
	    N_("In a VPC: is there a gateway endpoint or a NAT gateway in the subnet's route "
	       "table, and do security group and network ACL let {port} out? Elsewhere a "
	       "firewall: where only a proxy leads out, set HTTPS_PROXY for the SDK") },
};

/* What the server answers, where that says what it is. */
static const struct diagnose_cause others[] = {
	{ "not-tls", SERVER, N_("MySQL answers on the port, where TLS should begin at once"),
	    N_("MySQL speaks first, and TLS comes after that: dbtls check {host}:{port}") },
	{ "not-tls", SERVER, N_("TLS answers on the port, where MySQL should speak first"),
	    N_("Is it HTTPS? dbtls check https://{host}:{port}. Is something before the database "
	       "that speaks TLS? dbtls check tls://{host}:{port}") },
};

/* What is a warning, and a fault where the client is known that stumbles over it; and what is the
 * target's own word.
 */
static const struct diagnose_cause breaks[] = {
	{ "bad-chain-order", SERVER, N_("the chain is sent in an order that this client can't use"),
	    N_("On the server: the certificate first, then its issuer's, and so on up") },
	{ "not-strict", SERVER,
	    N_("the certificates are not as strictly right as this client wants"),
	    N_("On the server: a certificate with all the extensions that RFC 5280 demands, and "
	       "digitalSignature in its key usage") },
	{ "tls-not-offered", SERVER, N_("the target asks for no TLS, and so nothing was tried"),
	    N_("Write https://, or mysql:// where it is MySQL, to see whether TLS answers there: "
	       "dbtls check {target}") },
	{ "option-unknown", SERVER, N_("the client stops at an option that it does not know"),
	    N_("Write it as the client's manual does: with this one it does not connect at "
	       "all") },
};

/* ---- what the end of a step means ------------------------------------------------------------ */

/* The first row that fits. */
static const struct rule {
	enum facts_what what;
	enum facts_end end;
	int code;  /* ANY */
	int asked; /* 1: only if a client certificate was asked for */
	const char *id;
} rules[] = {
	{ FACTS_RESOLVE, FACTS_NO_NAME, ANY, 0, "dns-failure" },
	{ FACTS_CONNECT, FACTS_REFUSED, ANY, 0, "connection-refused" },
	{ FACTS_CONNECT, FACTS_TIMEOUT, ANY, 0, "connect-timeout" },
	{ FACTS_CONNECT, FACTS_UNREACHABLE, ANY, 0, "network-unreachable" },
	{ FACTS_CONNECT, FACTS_RESET, ANY, 0, "connection-refused" },
	{ FACTS_CONNECT, FACTS_LOCAL, ANY, 0, "local-failure" },

	{ FACTS_GREETING, FACTS_ERROR, 1040, 0, "too-many-connections" },
	{ FACTS_GREETING, FACTS_ERROR, 1129, 0, "host-blocked" },
	{ FACTS_GREETING, FACTS_ERROR, 1130, 0, "address-not-allowed" },
	{ FACTS_GREETING, FACTS_ERROR, ANY, 0, "server-error" },
	{ FACTS_GREETING, FACTS_TIMEOUT, ANY, 0, "greeting-timeout" },
	{ FACTS_GREETING, FACTS_CLOSED, ANY, 0, "closed-before-greeting" },
	{ FACTS_GREETING, FACTS_RESET, ANY, 0, "closed-before-greeting" },
	{ FACTS_GREETING, FACTS_STRANGE, ANY, 0, "not-tls" },
	{ FACTS_GREETING, FACTS_NO_TLS, ANY, 0, "tls-not-offered" },
	{ FACTS_GREETING, FACTS_INJECTED, ANY, 0, "plaintext-injected" },

	{ FACTS_HANDSHAKE, FACTS_ALERT, ANY, 1, "client-cert-required" },
	{ FACTS_HANDSHAKE, FACTS_CLOSED, ANY, 1, "client-cert-required" },
	{ FACTS_HANDSHAKE, FACTS_ALERT, 40, 0, "no-shared-cipher" },
	{ FACTS_HANDSHAKE, FACTS_ALERT, 71, 0, "no-shared-cipher" },
	{ FACTS_HANDSHAKE, FACTS_ALERT, 70, 0, "protocol-version" },
	{ FACTS_HANDSHAKE, FACTS_ALERT, 112, 0, "sni-required" },
	{ FACTS_HANDSHAKE, FACTS_ALERT, 116, 0, "client-cert-required" },
	{ FACTS_HANDSHAKE, FACTS_ALERT, 120, 0, "alpn-mismatch" },
	{ FACTS_HANDSHAKE, FACTS_ALERT, ANY, 0, "server-alert" },
	{ FACTS_HANDSHAKE, FACTS_VERSION, ANY, 0, "protocol-version" },
	{ FACTS_HANDSHAKE, FACTS_DOWNGRADE, ANY, 0, "downgraded" },
	{ FACTS_HANDSHAKE, FACTS_PROOF, ANY, 0, "proof-missing" },
	{ FACTS_HANDSHAKE, FACTS_SMALL_DH, ANY, 0, "weak-key" },
	{ FACTS_HANDSHAKE, FACTS_BROKEN, ANY, 0, "broken-tls" },
	{ FACTS_HANDSHAKE, FACTS_STRANGE, ANY, 0, "not-tls" },
	{ FACTS_HANDSHAKE, FACTS_INJECTED, ANY, 0, "plaintext-injected" },
	{ FACTS_HANDSHAKE, FACTS_PLAIN, ANY, 0, "tls-refused" },
	{ FACTS_HANDSHAKE, FACTS_CLOSED, ANY, 0, "handshake-closed" },
	{ FACTS_HANDSHAKE, FACTS_RESET, ANY, 0, "handshake-reset" },
	{ FACTS_HANDSHAKE, FACTS_TIMEOUT, ANY, 0, "handshake-timeout" },
	{ FACTS_HANDSHAKE, FACTS_LOCAL, ANY, 0, "local-failure" },

	/* In TLS 1.3 a server refuses the lack of a certificate when the client is done already. */
	{ FACTS_SESSION, FACTS_ALERT, ANY, 1, "client-cert-required" },
	{ FACTS_SESSION, FACTS_ALERT, 116, 0, "client-cert-required" },
	{ FACTS_SESSION, FACTS_ALERT, ANY, 0, "server-alert" },
	{ FACTS_SESSION, FACTS_CLOSED, ANY, 0, "session-closed" },
	{ FACTS_SESSION, FACTS_CUT, ANY, 0, "session-closed" },
	{ FACTS_SESSION, FACTS_RESET, ANY, 0, "session-reset" },
	{ FACTS_SESSION, FACTS_TIMEOUT, ANY, 0, "session-timeout" },
	{ FACTS_SESSION, FACTS_ERROR, 1040, 0, "too-many-connections" },
	{ FACTS_SESSION, FACTS_ERROR, 1129, 0, "host-blocked" },
	{ FACTS_SESSION, FACTS_ERROR, 1130, 0, "address-not-allowed" },
	{ FACTS_SESSION, FACTS_ERROR, 3159, 0, "tls-required" },
	{ FACTS_SESSION, FACTS_ERROR, ANY, 0, "server-error" },
	{ FACTS_SESSION, FACTS_STRANGE, ANY, 0, "not-tls" },
	{ FACTS_SESSION, FACTS_BROKEN, ANY, 0, "broken-tls" },

	{ FACTS_API, FACTS_STRANGE, ANY, 0, "not-dynamodb" },
	{ FACTS_API, FACTS_ALERT, ANY, 0, "server-alert" },
	{ FACTS_API, FACTS_CLOSED, ANY, 0, "session-closed" },
	{ FACTS_API, FACTS_CUT, ANY, 0, "session-closed" },
	{ FACTS_API, FACTS_RESET, ANY, 0, "session-reset" },
	{ FACTS_API, FACTS_TIMEOUT, ANY, 0, "session-timeout" },
	{ FACTS_API, FACTS_BROKEN, ANY, 0, "broken-tls" },

	{ FACTS_LOGIN, FACTS_ERROR, 1045, 0, "login-failed" },
	{ FACTS_LOGIN, FACTS_ERROR, 1698, 0, "login-failed" },
	{ FACTS_LOGIN, FACTS_ERROR, ANY, 0, "server-error" },
	{ FACTS_LOGIN, FACTS_CLOSED, ANY, 0, "session-closed" },
	{ FACTS_LOGIN, FACTS_RESET, ANY, 0, "session-reset" },
	{ FACTS_LOGIN, FACTS_TIMEOUT, ANY, 0, "session-timeout" },
	{ FACTS_LOGIN, FACTS_ALERT, ANY, 0, "server-alert" },
	{ FACTS_LOGIN, FACTS_PROOF, ANY, 0, "proof-missing" },
	{ FACTS_LOGIN, FACTS_OTHER, ANY, 0, "nodes-differ" },
	{ FACTS_LOGIN, FACTS_METHOD, ANY, 0, "auth-unsupported" },
	{ FACTS_LOGIN, FACTS_LOCAL, ANY, 0, "local-failure" },
	{ FACTS_LOGIN, FACTS_STRANGE, ANY, 0, "not-tls" },
	{ FACTS_LOGIN, FACTS_BROKEN, ANY, 0, "broken-tls" },
};

/* What AWS says of a signed request; the first row that is found in its words. */
static const struct {
	const char *words, *id;
} refusals[] = {
	{ "Signature expired", "clock-skew" },
	{ "Signature not yet current", "clock-skew" },
	{ "RequestTimeTooSkewed", "clock-skew" },
	{ "AccessDenied", "access-denied" },
	{ "UnrecognizedClient", "login-failed" },
	{ "InvalidSignature", "login-failed" },
	{ "IncompleteSignature", "login-failed" },
	{ "InvalidClientTokenId", "login-failed" },
	{ "ExpiredToken", "login-failed" },
	{ "MissingAuthenticationToken", "login-failed" },
};

static const char *meaning_signed(const struct facts_step *s)
{
	for (size_t i = 0; s->end == FACTS_ERROR && i < sizeof refusals / sizeof *refusals; i++)
		if (strstr(s->text, refusals[i].words))
			return refusals[i].id;
	return s->end == FACTS_STRANGE ? "not-dynamodb" : NULL;
}

static const char *meaning(const struct facts *f, const struct facts_step *s)
{
	int is_signed = s->what == FACTS_LOGIN && f->protocol == FACTS_HTTPS;
	/* A server that refuses TLS says so at once; who waits for the hello is another. */
	const struct facts_step *held = facts_last(f, FACTS_HELD);

	if (s->end == FACTS_PLAIN && held && held->end == FACTS_TIMEOUT)
		return "plaintext-injected";
	if (is_signed && meaning_signed(s))
		return meaning_signed(s);
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
		const struct rule *r = &rules[i];

		if (r->what == s->what && r->end == s->end &&
		    (r->code == ANY || r->code == s->code) && (!r->asked || f->tls.asked))
			return r->id;
	}
	/* What no row knows is no good end either. */
	return s->what <= FACTS_LOGIN && s->end != FACTS_OK ? "server-error" : NULL;
}

/* ---- evidence -------------------------------------------------------------------------------- */

static void say_alert(char out[DIAGNOSE_EVIDENCE], const struct facts_step *s)
{
	(void)snprintf(
	    out, DIAGNOSE_EVIDENCE, _("alert %d, %s"), s->code, facts_alert_name(s->code));
}

static void say_error(char out[DIAGNOSE_EVIDENCE], const struct facts_step *s)
{
	char text[DIAGNOSE_EVIDENCE];

	/* The server's words are cut, perhaps within a character. */
	(void)snprintf(text, sizeof text, _("error %d: %.200s"), s->code, s->text);
	store_clean(out, DIAGNOSE_EVIDENCE, span_of(text, strlen(text)));
}

/* Facts hold our words in English, whatever language they were gathered in. */
static void say_text(char out[DIAGNOSE_EVIDENCE], const struct facts_step *s)
{
	(void)snprintf(out, DIAGNOSE_EVIDENCE, "%s", _(s->text));
}

static void say_no_name(char out[DIAGNOSE_EVIDENCE], const struct facts_step *s)
{
	char host[FACTS_TEXT], why[FACTS_TEXT];

	if (sscanf(s->text, "the name %255s has no address: %255[^\n]", host, why) == 2)
		(void)snprintf(out, DIAGNOSE_EVIDENCE, _(RESOLVE_NO_ADDRESS), host, _(why));
	else
		say_text(out, s);
}

/* Of what follows TLS the text is an answer's, and not what it was taken for. */
static void say_strange(char out[DIAGNOSE_EVIDENCE], const struct facts_step *s)
{
	int is_begun = s->what != FACTS_GREETING && s->what != FACTS_HANDSHAKE;

	(void)snprintf(out, DIAGNOSE_EVIDENCE,
	    is_begun || !*s->text ? "%s" : _("what answers is %s"), _(s->text));
}

static void say_ms(char out[DIAGNOSE_EVIDENCE], const struct facts_step *s)
{
	(void)snprintf(out, DIAGNOSE_EVIDENCE, _("after %u ms"), s->ms);
}

static void (*const says[FACTS_ENDS])(char out[DIAGNOSE_EVIDENCE], const struct facts_step *s) = {
	[FACTS_NO_NAME] = say_no_name,
	[FACTS_UNREACHABLE] = say_text,
	[FACTS_REFUSED] = say_text,
	[FACTS_TIMEOUT] = say_ms,
	[FACTS_CLOSED] = say_ms,
	[FACTS_RESET] = say_ms,
	[FACTS_ALERT] = say_alert,
	[FACTS_ERROR] = say_error,
	[FACTS_STRANGE] = say_strange,
	[FACTS_PLAIN] = say_text,
	[FACTS_INJECTED] = say_text,
	[FACTS_VERSION] = say_text,
	[FACTS_SMALL_DH] = say_text,
	[FACTS_BROKEN] = say_text,
	[FACTS_LOCAL] = say_text,
	[FACTS_OTHER] = say_text,
	[FACTS_METHOD] = say_text,
};

static struct diagnosis *add(struct diagnose *out, const struct diagnose_cause *c)
{
	struct diagnosis *d = &out->v[out->n < DIAGNOSE_MAX ? out->n++ : DIAGNOSE_MAX - 1];

	*d = (struct diagnosis) { .cause = c };
	return d;
}

/* What another handshake got where the first one failed. */
static void say_other(const struct facts *f, struct diagnosis *d)
{
	const struct facts_step *weak = facts_last(f, FACTS_WEAK), *old = facts_last(f, FACTS_OLD);
	const struct facts_step *s = weak ? weak : old;
	size_t n = strlen(d->evidence);

	if (!s || s->end != FACTS_OK)
		return;
	(void)snprintf(d->evidence + n, sizeof d->evidence - n, _("%sit has %s with %s"),
	    n ? _("; ") : "", facts_version_name(f->other.version), f->other.cipher);
}

static int ends(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && strcmp(text + n - m, end) == 0;
}

int diagnose_is_aws(const struct facts *f)
{
	static const char *const suffixes[] = { ".amazonaws.com", ".amazonaws.com.cn", ".api.aws",
		".api.amazonwebservices.com.cn", ".amazonaws.eu" };

	for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
		if (f->protocol == FACTS_HTTPS && ends(f->name, suffixes[i]))
			return 1;
	return 0;
}

/* Where another form of the target would do. */
static const struct diagnose_cause *other_of(const struct facts *f, const struct facts_step *s)
{
	enum strange is = f->protocol == FACTS_MYSQL ? STRANGE_TLS : STRANGE_MYSQL;
	int begins = s->what == FACTS_GREETING || s->what == FACTS_HANDSHAKE;

	if (!begins || s->end != FACTS_STRANGE || strcmp(s->text, strange_words(is)) != 0)
		return NULL;
	return &others[is == STRANGE_TLS];
}

/* The row of that id which says most. Over HTTPS a login is AWS's whatever the host. */
static const struct diagnose_cause *cause_of(
    const struct facts *f, const struct facts_step *s, const char *id)
{
	int fits = f->protocol == FACTS_HTTPS && (diagnose_is_aws(f) || s->what == FACTS_LOGIN);

	for (size_t i = 0; fits && i < sizeof aws / sizeof *aws; i++)
		if (strcmp(aws[i].id, id) == 0)
			return &aws[i];
	return other_of(f, s) ? other_of(f, s) : diagnose_cause(id);
}

static void judge_step(const struct facts *f, const struct facts_step *s, struct diagnose *out)
{
	const char *id = meaning(f, s);
	struct diagnosis *d;

	if (!id)
		return;
	d = add(out, cause_of(f, s, id));
	if (says[s->end])
		says[s->end](d->evidence, s);
	if (s->what == FACTS_HANDSHAKE)
		say_other(f, d);
}

/* ---- what only some clients get through ------------------------------------------------------ */

static void look_at_sni(const struct facts *f, struct diagnose *out)
{
	const struct facts_step *s = facts_last(f, FACTS_NO_SNI);
	const struct buf *leaf = &f->tls.cert[0], *bare = &f->bare.cert[0];

	if (!s)
		return;
	if (s->end == FACTS_ALERT)
		say_alert(add(out, &needs[0])->evidence, s);
	if (s->end == FACTS_OK && f->tls.certs > 0 && f->bare.certs > 0 &&
	    (leaf->n != bare->n || memcmp(leaf->p, bare->p, leaf->n) != 0))
		(void)snprintf(add(out, &needs[0])->evidence, DIAGNOSE_EVIDENCE, "%s",
		    _("without the name another certificate is shown"));
}

static void look_at_alpn(const struct facts *f, struct diagnose *out)
{
	const struct facts_step *s = facts_last(f, FACTS_NO_ALPN);

	if (s && s->end == FACTS_ALERT)
		say_alert(add(out, &needs[1])->evidence, s);
}

/* Both were offered, and a server takes the highest that it has (RFC 8446 4.1.3). */
static void look_at_version(const struct facts *f, struct diagnose *out)
{
	const struct facts_step *s = facts_last(f, FACTS_HANDSHAKE);

	if (s && s->end == FACTS_OK && f->tls.version == TLS_1_2)
		(void)snprintf(add(out, &needs[2])->evidence, DIAGNOSE_EVIDENCE,
		    _("it took %s, with %s"), facts_version_name(f->tls.version), f->tls.cipher);
}

/* ---- beside the way -------------------------------------------------------------------------- */

/* Whether all that the path is made of is valid at that time. */
static int is_valid_at(const struct path *p, time_t when)
{
	for (size_t i = 0; i < p->certs; i++)
		if (p->cert[i].used && (when < p->cert[i].from || when > p->cert[i].until))
			return 0;
	return 1;
}

/* By HTTP's Date; it proves nothing, and says who may be wrong. */
static void look_at_clock(const struct facts *f, const struct path *path, struct diagnose *out)
{
	long long off = f->date ? (long long)f->now - (long long)f->date : 0;
	struct diagnosis *d;

	if (off >= -SKEW && off <= SKEW)
		return;
	d = add(out, diagnose_cause("clock-skew"));
	(void)snprintf(d->evidence, sizeof d->evidence,
	    off > 0 ? _("this machine's is %lld s ahead%s")
		    : _("this machine's is %lld s behind%s"),
	    off > 0 ? off : -off,
	    path && !is_valid_at(path, f->now) && is_valid_at(path, f->date)
		? _("; by the server's all certificates are valid now: look at this machine's "
		    "first")
		: "");
}

static void look_at_pace(const struct facts *f, struct diagnose *out)
{
	char text[DIAGNOSE_EVIDENCE] = "";

	for (size_t i = 0; i < f->steps; i++) {
		const struct facts_step *s = &f->step[i];
		size_t n = strlen(text);

		if (s->what <= FACTS_LOGIN && s->end == FACTS_OK && s->ms > SLOW)
			(void)snprintf(text + n, sizeof text - n, _("%s%s took %u.%u s"),
			    n ? _(", ") : "", _(facts_what_name(s->what)), s->ms / 1000,
			    s->ms / 100 % 10);
	}
	if (*text)
		(void)snprintf(
		    add(out, diagnose_cause("slow"))->evidence, DIAGNOSE_EVIDENCE, "%s", text);
}

static void look_at_proxy(const struct facts *f, struct diagnose *out)
{
	if (*f->proxy)
		(void)snprintf(add(out, diagnose_cause("proxy-unused"))->evidence,
		    DIAGNOSE_EVIDENCE, _("HTTPS_PROXY leads through %s"), f->proxy);
}

/* ---- the main road --------------------------------------------------------------------------- */

/* The chain is verified before anything else of the session is seen. */
static void judge_path(const struct path *p, struct diagnose *out)
{
	for (size_t i = 0; i < p->finds; i++) {
		struct diagnosis *d = add(out, diagnose_cause(p->found[i].id));

		(void)snprintf(d->evidence, sizeof d->evidence, "%s", p->found[i].text);
		if (strcmp(d->cause->id, "untrusted-root") == 0)
			d->shipped = p->shipped;
	}
}

static int is_connected(const struct facts *f)
{
	return f->address.family != 0;
}

static int is_done(const struct facts *f, enum facts_what what)
{
	const struct facts_step *s = facts_last(f, what);

	return s && s->end == FACTS_OK;
}

static void judge_steps(const struct facts *f, struct diagnose *out)
{
	for (size_t i = 0; i < f->steps; i++) {
		/* One address that does not answer is none of it when another does. */
		if (f->step[i].what == FACTS_CONNECT && is_connected(f) && i + 1 < f->steps)
			continue;
		judge_step(f, &f->step[i], out);
	}
}

static void drop_first(struct diagnose *out)
{
	memmove(&out->v[0], &out->v[1], --out->n * sizeof out->v[0]);
}

/* What breaks it goes before what is a warning; else the order stays. */
static void sort(struct diagnose *out)
{
	for (size_t i = 1; i < out->n; i++)
		for (size_t j = i; j > 0 && out->v[j].cause->kind != DIAGNOSE_WARNING &&
				   out->v[j - 1].cause->kind == DIAGNOSE_WARNING;
		     j--) {
			struct diagnosis kept = out->v[j];

			out->v[j] = out->v[j - 1];
			out->v[j - 1] = kept;
		}
}

void diagnose(const struct facts *f, const struct path *path, struct diagnose *out)
{
	out->n = 0;
	if (path)
		judge_path(path, out);
	judge_steps(f, out);
	if (!path && is_done(f, FACTS_HANDSHAKE))
		(void)add(out, diagnose_cause("proof-missing"));
	look_at_sni(f, out);
	look_at_alpn(f, out);
	look_at_version(f, out);
	look_at_clock(f, path, out);
	look_at_pace(f, out);
	look_at_proxy(f, out);
	sort(out);
	if (out->n > 0 && out->v[0].cause->kind != DIAGNOSE_WARNING)
		return;
	(void)add(out, &causes[0]);
	memmove(&out->v[1], &out->v[0], (out->n - 1) * sizeof out->v[0]);
	out->v[0] = (struct diagnosis) { .cause = &causes[0] };
}

/* Behind all others. */
static void put_own(struct diagnose *out, const struct diagnose_cause *c, const char *evidence)
{
	store_clean(add(out, c)->evidence, DIAGNOSE_EVIDENCE, span_of(evidence, strlen(evidence)));
	if (out->v[0].cause->kind == DIAGNOSE_OK && c->kind != DIAGNOSE_WARNING)
		drop_first(out);
}

static void add_own(struct diagnose *out, const struct diagnose_cause *c, const char *evidence)
{
	put_own(out, c, evidence);
	sort(out);
}

void diagnose_add(struct diagnose *out, const char *id, const char *evidence)
{
	add_own(out, diagnose_cause(id), evidence);
}

static void move_last_ahead(struct diagnose *out)
{
	struct diagnosis kept = out->v[out->n - 1];

	memmove(&out->v[1], &out->v[0], (out->n - 1) * sizeof out->v[0]);
	out->v[0] = kept;
}

static void drop_warning(struct diagnose *out, const char *id)
{
	size_t kept = 0;

	for (size_t i = 0; i < out->n; i++)
		if (out->v[i].cause->kind != DIAGNOSE_WARNING ||
		    strcmp(out->v[i].cause->id, id) != 0)
			out->v[kept++] = out->v[i];
	out->n = kept;
}

static const struct diagnose_cause *breaking(const char *id)
{
	for (size_t i = 0; i < sizeof breaks / sizeof *breaks; i++)
		if (strcmp(breaks[i].id, id) == 0)
			return &breaks[i];
	return diagnose_cause(id);
}

void diagnose_break(struct diagnose *out, const char *id, const char *evidence)
{
	drop_warning(out, id);
	add_own(out, breaking(id), evidence);
}

void diagnose_settings(struct diagnose *out, const char *id, int breaks_it, const char *evidence)
{
	put_own(out, breaks_it ? breaking(id) : diagnose_cause(id), evidence);
	move_last_ahead(out);
	sort(out);
}

const struct diagnose_cause *diagnose_cause(const char *id)
{
	for (const struct diagnose_cause *c = causes; c->id; c++)
		if (strcmp(c->id, id) == 0)
			return c;
	return NULL;
}

const struct diagnose_cause *diagnose_cause_at(size_t n)
{
	return n < sizeof causes / sizeof *causes - 1 ? &causes[n] : NULL;
}

const char *diagnose_kind_name(enum diagnose_kind k)
{
	static const char *const names[] = { N_("ok"), N_("warning"), N_("broken"),
		N_("unreachable") };

	return names[k];
}
