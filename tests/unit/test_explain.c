/* SPDX-License-Identifier: Apache-2.0 */
/* From an error's words to its causes (D3, D13). */
#include "explain/explain.h"

#include "doctor/diagnose.h"
#include "explain/apart.h"
#include "explain/client.h"
#include "explain/codes.h"
#include "explain/host.h"
#include "explain/index.h"
#include "tap.h"

#include <stdlib.h>

static struct explanation said;

static const char *first(const char *text)
{
	struct err e = { 0 };

	if (explain(span_of(text, strlen(text)), &said, &e) < 0)
		return "refused";
	return said.n > 0 ? said.cause[0].id : "none";
}

/* ---- what the rules are ---------------------------------------------------------------------- */

/* Each cause that a row names is one of the doctor's, and none is left out for want of a name. */
static void test_rules(void)
{
	static char text[512];

	for (const struct explain_rule *r = explain_rules; r->words; r++) {
		size_t causes = 1, known = 0;

		for (const char *p = r->causes; (p = strchr(p, ' ')); p++)
			causes++;
		/* The words themselves, with what their signs may stand for, of a connection. */
		(void)snprintf(text, sizeof text, "tls: %s", r->words);
		for (char *p = text; *p; p++)
			*p = *p == '*' ? 'x' : *p == '#' ? '7' : *p == '$' ? '\0' : *p;
		(void)first(text);
		for (size_t i = 0; i < said.n; i++)
			known += strstr(r->causes, said.cause[i].id) != NULL;
		if (known < causes)
			ok(0, "\"%s\" says what its row says", r->words);
		for (size_t i = 0; i < said.n; i++)
			if (!diagnose_cause(said.cause[i].id))
				ok(0, "%s has a row", said.cause[i].id);
	}
	ok(1, "each rule is found by its own words");
}

/* ---- whole texts ----------------------------------------------------------------------------- */

static const struct {
	const char *text, *id;
} texts[] = {
	/* PHP's exception says less than its warning. */
	{ "PHP Warning:  PDO::__construct(): SSL operation failed with code 1. OpenSSL Error "
	  "messages:\nerror:0A000086:SSL routines::certificate verify failed\n"
	  "SQLSTATE[HY000] [2006] MySQL server has gone away",
	    "untrusted-root" },
	/* SELinux says no as a firewall never does. */
	{ "SQLSTATE[HY000] [2002] Permission denied", "local-failure" },
	{ "connect() to 192.0.2.1:4000 failed (13: Permission denied) while connecting to upstream",
	    "local-failure" },
	{ "dial tcp 192.0.2.1:4000: connect: permission denied", "local-failure" },
	{ "ERROR 2003 (HY000): Can't connect to MySQL server on '192.0.2.1' (13)",
	    "local-failure" },
	{ "open() \"/srv/x\" failed (13: Permission denied)", "none" },
	/* wrapped, coloured, quoted */
	{ "\033[31;1mERROR\033[0m 2026 (HY000): TLS/SSL error: \033[1mcertificate has expired",
	    "expired" },
	{ "Error: unable to verify the\r\n    first certificate", "missing-intermediate" },
	{ "ssl.SSLCertVerificationError: certificate verify failed: permitted subt\nree violation",
	    "name-constraint" },
	{ "{\"level\":\"error\",\"msg\":\"Error 1129: Host \\\"h\\\" is blocked because of many "
	  "connection errors\"}",
	    "host-blocked" },
	{ "Hostname/IP does not match certificate\xe2\x80\x99s altnames", "hostname-mismatch" },
	/* cut at either end */
	{ "failed: x509: certificate is valid fo", "hostname-mismatch" },
	{ "cate signed by unknown authority", "untrusted-root" },
	{ "... to find valid certification path to requested target ...", "untrusted-root" },
	/* by numbers */
	{ "error:14094410:SSL routines:ssl3_read_bytes:sslv3 alert", "no-shared-cipher" },
	{ "error:1409445C:SSL routines", "client-cert-required" },
	{ "error:0A000102:x", "protocol-version" },
	{ "SSL alert number 112", "sni-required" },
	{ "Verify return code: 21 (unable to verify)", "missing-intermediate" },
	{ "{tls_alert,{unknown_ca,\"TLS client\"}}", "untrusted-root" },
	{ "received fatal alert: NoApplicationProtocol", "alpn-mismatch" },
	/* the deepest of a chain of causes counts */
	{ "Communications link failure\n\tat a.b(C.java:7)\nCaused by: java.io.IOException: x\n"
	  "Caused by: java.security.cert.CertificateExpiredException: NotAfter: Fri Jan 01",
	    "expired" },
	{ "certificate has expired or is not yet valid: current time 2026-01-01T00:00:00Z is "
	  "before 2033-01-01T00:00:00Z",
	    "not-yet-valid" },
	{ "ERROR 2026 (HY000): SSL connection error", "tls-not-offered" },
	{ "ERROR 2026 (HY000): SSL connection error: protocol version mismatch",
	    "protocol-version" },
	{ "Authentication plugin 'caching_sha2_password' cannot be loaded: no such file",
	    "auth-unsupported" },
	{ "(2003, \"Can't connect to MySQL server on 'db1' (timed out)\")", "connect-timeout" },
	/* what the client itself has sent is about what it was shown */
	{ "TLS client: In state wait_cert at ssl_handshake.erl:2111 generated CLIENT ALERT: Fatal "
	  "- "
	  "Certificate Expired",
	    "expired" },
	{ "*** Received alert [40]: Handshake failed", "no-shared-cipher" },
	{ "lua5.4: g.lua:9: certificate verify failed\nstack traceback:\n\t[C]: in ?",
	    "untrusted-root" },
	{ "SSL_connect returned=1 errno=0 peeraddr=127.0.0.1:4 state=error: unsupported protocol "
	  "(OpenSSL::SSL::SSLError)",
	    "protocol-version" },
	/* a prompt is no comment's beginning, where it is all there is */
	{ "# ERROR 2026 (HY000): TLS/SSL error: certificate has expired", "expired" },
	/* none */
	{ "# define X509_V_ERR_CERT_REVOKED 23\n# define X509_V_ERR_CERT_HAS_EXPIRED 10", "none" },
	{ "tee: standard output: Broken pipe", "none" },
	{ "bash: -c: line 1: unexpected EOF while looking for matching `\"'", "none" },
	{ "Get \"ftp://h/\": unsupported protocol scheme \"ftp\"", "none" },
	{ "Unable to establish SSL connection.", "untrusted-root" },
	{ "", "none" },
	{ "ERROR 1064 (42000): You have an error in your SQL syntax", "none" },
	{ "NullPointerException at Main.java:17", "none" },
	{ "the queue was refused by the broker, see certificates.txt", "none" },
	{ "\033[", "none" },
	{ "invalid peer certificate: certificate not valid for name \"db1.example.com\"; "
	  "certificate "
	  "is only valid for DnsName(\"x\")",
	    "hostname-mismatch" },
	{ "Tls(Custom { kind: InvalidData, error: InvalidCertificate(NotValidForNameContext { "
	  "expected: DnsName(\"h\"), presented: [] }) })",
	    "hostname-mismatch" },
	{ "invalid peer certificate: certificate expired: verification time 1700000000 (UNIX)",
	    "expired" },
	{ "InvalidCertificate(NotValidYetContext { time: 1, not_before: 2 })", "not-yet-valid" },
	{ "x509: \xe2\x80\x9c"
	  "db1\xe2\x80\x9d certificate is not trusted",
	    "untrusted-root" },
	{ "x509: \xe2\x80\x9c"
	  "db1\xe2\x80\x9d certificate is not standards compliant",
	    "off-profile" },
	{ "Error: P1011: Error opening a TLS connection: The certificate was not trusted.",
	    "untrusted-root" },
	{ "schannel: next InitializeSecurityContext failed: Unknown error (0x80092012) - The "
	  "revocation function was unable to check revocation for the certificate.",
	    "revocation-unknown" },
	{ "Unable to connect to any of the specified MySQL hosts.", "connection-refused" },
	{ "Authentication to host 'h' for user 'u' using method 'm' failed with message: Reading "
	  "from the stream has failed.",
	    "handshake-closed" },
	{ "検証プロシージャによると、リモート証明書は無効です。", "untrusted-root" },
	{ "信頼されていない機関によって証明書チェーンが発行されました。", "untrusted-root" },
	{ "対象のコンピューターによって拒否されたため、接続できませんでした。 [::1]:3306",
	    "connection-refused" },
	{ "そのようなホストは不明です。 (db1.example.com:3306)", "dns-failure" },
	{ "alert", "none" },
	{ "error:zzzzzzzz:", "none" },
};

static void test_texts(void)
{
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		const char *id = first(texts[i].text);

		ok(strcmp(id, texts[i].id) == 0, "text %zu: %s", i + 1, texts[i].id);
	}
}

/* ---- whom it is about ------------------------------------------------------------------------ */

static const struct {
	const char *text, *host;
	int port, https;
} hosts[] = {
	{ "Get \"https://db1.example.com:8443/x\": x509: certificate signed by unknown authority",
	    "db1.example.com", 8443, 1 },
	{ "ERROR 2002 (HY000): Can't connect to server on 'DB2.example.com' (111)",
	    "DB2.example.com", 0, 0 },
	{ "Can't connect to MySQL server on 'db1' (timed out)", "db1", 0, 0 },
	{ "connect ECONNREFUSED 10.0.0.7:70000", "10.0.0.7", 0, 0 },
	{ "GET https://metrics.example.com/push 200\nERROR "
	  "jdbc:mysql://u:p@db1.example.com:4000/shop "
	  "PKIX path building failed",
	    "db1.example.com", 4000, 0 },
	{ "db1.example.com:4000: certificate has expired", "db1.example.com", 4000, 0 },
	{ "main.go:42: x509: certificate is valid for a.example.com, not b.example.com",
	    "b.example.com", 0, 0 },
	{ "Get \"https://[2001:db8::7]:8443/\": EOF", "[2001:db8::7]", 8443, 1 },
	{ "Get \"https://[javax/\": x509: certificate signed by unknown authority", "", 0, 0 },
	{ "ERROR 1105 (HY000): Connections using insecure transport are prohibited. See "
	  "https://docs.pingcap.com/tidbcloud/secure-connections-to-serverless-clusters",
	    "", 0, 0 },
	{ "curl failed to verify the legitimacy of the server: certificate has expired\nMore "
	  "details here: https://curl.se/docs/sslcerts.html",
	    "", 0, 0 },
	{ "Could not connect to address=(host=db1.example.com)(port=3306)(type=master) : ssl not "
	  "enabled in the server",
	    "db1.example.com", 3306, 0 },
	{ "Authentication to host 'db1.example.com' for user 'u' failed with message: Reading "
	  "from the stream has failed.",
	    "db1.example.com", 0, 0 },
	/* No name begins so, and a command would take it for an option. */
	{ "Post \"https://--file.example/\": EOF", "", 0, 0 },
	/* That is the client, as the server sees it. */
	{ "Host '10.0.0.3' is blocked because of many connection errors", "", 0, 0 },
	{ "certificate has expired", "", 0, 0 },
};

static void test_host(void)
{
	for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
		(void)first(hosts[i].text);
		is_str(said.host, hosts[i].host, "host %zu", i + 1);
		ok(said.port == hosts[i].port && said.https == hosts[i].https, "and its port");
	}
}

/* ---- whose it is ----------------------------------------------------------------------------- */

static const struct {
	const char *text, *client;
	int https;
} clients[] = {
	{ "javax.net.ssl.SSLHandshakeException: PKIX path building failed", "java", 0 },
	{ "Get \"https://h.example/\": x509: certificate signed by unknown authority", "go-http",
	    1 },
	{ "x509: certificate signed by unknown authority", "go", 0 },
	{ "sqlalchemy.exc.OperationalError: (pymysql.err.OperationalError) (2003, \"Can't connect",
	    "sqlalchemy", 0 },
	{ "pymysql.err.OperationalError: (2003, \"Can't connect to MySQL server on 'h' ([SSL: "
	  "CERTIFICATE_VERIFY_FAILED] certificate verify failed",
	    "pymysql", 0 },
	{ "MySQLdb.OperationalError: (2026, 'TLS/SSL error: certificate has expired')", "python",
	    0 },
	{ "Error: unable to verify the first certificate\n  code: "
	  "'UNABLE_TO_VERIFY_LEAF_SIGNATURE'",
	    "node", 0 },
	{ "TypeError: fetch failed\n  [cause]: Error: self-signed certificate", "node-https", 1 },
	{ "ERROR 2026 (HY000): TLS/SSL error: certificate has expired", "mariadb", 0 },
	{ "ERROR 2026 (HY000): SSL connection error: error:0A000086:SSL routines::certificate "
	  "verify failed",
	    "mysql", 0 },
	{ "botocore.exceptions.SSLError: SSL validation failed for https://h.example/ [SSL: "
	  "CERTIFICATE_VERIFY_FAILED]",
	    "boto3", 1 },
	{ "curl: (60) SSL certificate problem: certificate has expired", "curl", 1 },
	{ "NET::ERR_CERT_AUTHORITY_INVALID", "browser", 1 },
	/* Java's words are the same over HTTPS: what called says it. */
	{ "javax.net.ssl.SSLHandshakeException: PKIX path building failed\n\tat java.net.http/"
	  "jdk.internal.net.http.HttpClientImpl.send(HttpClientImpl.java:578)",
	    "java-http", 1 },
	{ "javax.net.ssl.SSLHandshakeException: PKIX path building failed\n\tat java.base/"
	  "sun.net.www.protocol.https.HttpsClient.afterConnect(HttpsClient.java:586)",
	    "java-http", 1 },
	{ "javax.net.ssl.SSLPeerUnverifiedException: Certificate for <h> doesn't match any of the "
	  "subject alternative names: [a]\n\tat org.apache.http.conn.ssl.X",
	    "java-http", 1 },
	{ "mysqldump: Got error: 2026: SSL connection error: error:0A000086:SSL routines::"
	  "certificate verify failed when trying to connect",
	    "mysql", 0 },
	{ "mysqldump: Got error: 2026: \"TLS/SSL error: certificate has expired\" when trying to "
	  "connect",
	    "mariadb", 0 },
	{ "ActiveRecord::ConnectionNotEstablished: SSL connection error: certificate has expired",
	    "ruby", 0 },
	{ "ERROR 2059 (HY000): Authentication plugin 'mysql_native_password' cannot be loaded",
	    "mysql", 0 },
	{ "System.Security.Authentication.AuthenticationException: The remote certificate is "
	  "invalid according to the validation procedure: RemoteCertificateNameMismatch",
	    "dotnet", 0 },
	{ "mysqldump: Got error: 2026: \"TLS/SSL error: certificate has expired\" when", "mariadb",
	    0 },
	{ "Unable to connect to any of the specified MySQL hosts.", "dotnet", 0 },
	{ "java.sql.SQLNonTransientConnectionException: Public Key Retrieval is not allowed",
	    "java", 0 },
	{ "certificate has expired", NULL, 0 },
};

static void test_client(void)
{
	for (size_t i = 0; i < sizeof clients / sizeof *clients; i++) {
		(void)first(clients[i].text);
		is_str(said.client ? said.client : "none",
		    clients[i].client ? clients[i].client : "none", "client %zu", i + 1);
		ok(said.https == clients[i].https, "and its protocol");
	}
}

static void test_bounds(void)
{
	struct err e = { 0 };
	size_t n = EXPLAIN_TEXT + 1;
	char *text = malloc(n);

	memset(text, 'x', n);
	ok(explain(span_of(text, n), &said, &e) < 0 && strstr(e.text, "tail"),
	    "a text that is too long is refused, with what to do");
	memcpy(text + 4000000, " certificate has expired ", 25);
	ok(explain(span_of(text, 6000000), &said, &e) == 0 && said.n > 0 &&
		strcmp(said.cause[0].words, "certificate has expired") == 0,
	    "one line in 6 MB is found");
	free(text);
}

/* ---- what tells causes apart ----------------------------------------------------------------- */

static const struct {
	const char *text, *word; /* of the sentence; NULL: there is none */
} aparts[] = {
	{ "x509: certificate signed by unknown authority", "missing-intermediate" },
	{ "curl: (28) Operation timed out", "waited for" },
	{ "Error: read ECONNRESET", "how far it came" },
	{ "remote error: tls: handshake failure", "one by one" },
	{ "net::ERR_CERT_DATE_INVALID", "date -u" },
	{ "net::ERR_CERT_COMMON_NAME_INVALID", "SAN" },
	{ "tls: error decoding the received TLS packet", "step by step" },
	{ "certificate has expired", NULL },
	{ "nothing of it", NULL },
};

static void test_apart(void)
{
	for (size_t i = 0; i < sizeof aparts / sizeof *aparts; i++) {
		const char *sentence = (first(aparts[i].text), explain_apart(&said));

		ok(aparts[i].word ? sentence && strstr(sentence, aparts[i].word) : !sentence,
		    "what tells apart, %zu: %s", i + 1, sentence ? sentence : "nothing");
	}
}

/* The index tells rows apart by their first two bytes. */
static void test_rows(void)
{
	size_t n = 0;

	for (; explain_rules[n].words; n++)
		if (strlen(explain_rules[n].words) < 2 ||
		    strcspn(explain_rules[n].words, "*#$") < 2)
			ok(0, "\"%s\" begins with two bytes that are no sign",
			    explain_rules[n].words);
	for (size_t i = 0; explain_codes_words(i); i++)
		n++;
	for (size_t i = 0; explain_client_words(i); i++)
		n++;
	for (size_t i = 0; explain_host_words(i); i++)
		n++;
	ok(n < INDEX_ROWS, "%zu rows of all tables are no more than there is room for", n);
}

int main(void)
{
	test_rules();
	test_rows();
	test_texts();
	test_host();
	test_client();
	test_apart();
	test_bounds();
	return tap_done();
}
