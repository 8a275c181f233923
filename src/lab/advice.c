/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/advice.h"

#include "base/file.h"
#include "base/i18n.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

/* ---- flaws ----------------------------------------------------------------------------------- */

static const struct {
	const char *id, *means;
} flaws[FLAWS] = {
	[FLAW_NONE] = { "none", "" },
	[FLAW_PLAINTEXT] = { "plaintext",
	    N_("It sends its login in plaintext: whoever is on the way reads it, and whoever "
	       "answers gets it.") },
	[FLAW_CHAIN] = { "any-certificate",
	    N_("It accepts any certificate: whoever is on the way can answer in the server's "
	       "place, read everything and change it.") },
	[FLAW_NAME] = { "any-name",
	    N_("It does not compare the host's name: whoever has a certificate of the same CA, for "
	       "any host, can answer in the server's place.") },
	[FLAW_DATES] = { "dates",
	    N_("It does not look at the dates: a key that was lost years ago still opens its "
	       "connections.") },
	[FLAW_RULES] = { "rules",
	    N_("It does not look at what a certificate may be used for: one that is not a "
	       "server's, or not a CA's, will do.") },
	[FLAW_LOOSE] = { "loose-name",
	    N_("It finds the host's name where it should not look: CAs vouch for the names in the "
	       "SAN alone.") },
	[FLAW_REVOKED] = { "revocation",
	    N_("It does not ask whether the certificate was revoked: a stolen key works until it "
	       "expires.") },
	[FLAW_OLD] = { "old-version",
	    N_("It speaks versions of TLS that were given up, since they can be broken.") },
	[FLAW_WEAK] = { "weak",
	    N_("It goes along with keys, signatures or ciphers that are too weak: others can break "
	       "them.") },
	[FLAW_INJECTED] = { "injected", N_("It takes words in plaintext for the server's, although "
					   "TLS was asked for: anyone on "
					   "the way can say them.") },
	[FLAW_LIED] = { "exit-0",
	    N_("It ends with 0 although it did not get through: whoever calls it takes that for "
	       "done.") },
	[FLAW_HANGS] = { "no-timeout",
	    N_("It waits for a server that says nothing longer than it was let: it has no time "
	       "limit there, or a long one.") },
	[FLAW_STRICT] = { "does-not-connect",
	    N_("It does not get in although nothing is wrong there for a right client.") },
	[FLAW_OTHER] = { "other", N_("It goes on where it should stop.") },
};

const char *flaw_id(enum flaw f)
{
	return flaws[f].id;
}

const char *flaw_means(enum flaw f)
{
	return _(flaws[f].means);
}

static const struct {
	const char *cause;
	enum flaw flaw;
} cause_flaws[] = {
	{ "untrusted-root", FLAW_CHAIN },
	{ "missing-intermediate", FLAW_CHAIN },
	{ "self-signed", FLAW_CHAIN },
	{ "intercepted", FLAW_CHAIN },
	{ "hostname-mismatch", FLAW_NAME },
	{ "no-san", FLAW_NAME },
	{ "expired", FLAW_DATES },
	{ "not-yet-valid", FLAW_DATES },
	{ "wrong-purpose", FLAW_RULES },
	{ "not-a-ca", FLAW_RULES },
	{ "name-constraint", FLAW_RULES },
	{ "path-too-long", FLAW_RULES },
	{ "revoked", FLAW_REVOKED },
	{ "staple-missing", FLAW_REVOKED },
	{ "weak-signature", FLAW_WEAK },
	{ "weak-key", FLAW_WEAK },
	{ "no-shared-cipher", FLAW_WEAK },
	{ "protocol-version", FLAW_OLD },
	{ "plaintext-injected", FLAW_INJECTED },
	{ "tls-not-offered", FLAW_INJECTED },
	{ "tls-refused", FLAW_INJECTED },
};

static enum flaw flaw_of_cause(const char *cause)
{
	for (size_t i = 0; i < sizeof cause_flaws / sizeof *cause_flaws; i++)
		if (strcmp(cause_flaws[i].cause, cause) == 0)
			return cause_flaws[i].flaw;
	return FLAW_OTHER;
}

static enum flaw flaw_of(const struct trial *t)
{
	if (t->state != TRIAL_DONE || t->right)
		return FLAW_NONE;
	if (t->outcome == OUTCOME_PLAINTEXT)
		return FLAW_PLAINTEXT;
	if (t->outcome == OUTCOME_HUNG)
		return FLAW_HANGS;
	if (!t->refuse)
		return FLAW_STRICT;
	if (t->outcome == OUTCOME_LIED)
		return FLAW_LIED;
	return flaw_of_cause(t->at->condition->cause);
}

/* A name in the common name, and the like: no must, since it is the right host's name. */
static enum flaw flaw_by_weight(const struct trial *t)
{
	enum flaw f = flaw_of(t);

	return f == FLAW_NAME && t->at->condition->weight != LAB_MUST ? FLAW_LOOSE : f;
}

/* Where a certificate of nobody's will do, all that is checked of certificates is for nothing. */
static int follows_from_chain(enum flaw f, const struct trial *t)
{
	return condition_group(t->at->condition) == LAB_WHO && f >= FLAW_NAME && f <= FLAW_REVOKED;
}

/* It takes a CA that nobody gave it: not just one certificate that it should not. */
static int takes_any(const struct trial *t)
{
	return flaw_of(t) == FLAW_CHAIN && strcmp(t->at->condition->cause, "untrusted-root") == 0;
}

void flaws_of(const struct trial *trials, size_t n, enum flaw *out)
{
	int any = 0, any_name = 0;

	for (size_t i = 0; i < n; i++) {
		out[i] = flaw_by_weight(&trials[i]);
		any |= takes_any(&trials[i]);
		any_name |= out[i] == FLAW_NAME;
	}
	for (size_t i = 0; i < n; i++) {
		if (any && follows_from_chain(out[i], &trials[i]))
			out[i] = FLAW_CHAIN;
		if (any_name && out[i] == FLAW_LOOSE)
			out[i] = FLAW_NAME;
	}
}

/* ---- clients --------------------------------------------------------------------------------- */

enum client {
	CURL,
	WGET,
	HTTPIE,
	MYSQL,
	MARIADB,
	MYCLI,
	AWS,
	BOTO3,
	REQUESTS,
	PYTHON,
	PYMYSQL,
	MYSQLCLIENT,
	CONNECTOR_PYTHON,
	SQLALCHEMY,
	DJANGO,
	CONNECTOR_J,
	MARIADB_J,
	JAVA,
	GO_SQL,
	GO,
	SEQUELIZE,
	PRISMA,
	NODE_MYSQL2,
	NODE_MARIADB,
	NODE_MYSQL,
	AWS_JS,
	NODE,
	RUBY_MYSQL2,
	RUBY,
	PHP,
	OPENSSL,
	GNUTLS,
	ANY
};

/* Words are separated by '|'. */
struct advice_client {
	enum client id;
	const char *title;
	const char *program; /* the name of the command's program */
	const char *words;   /* stand in its words or its script */
	const char *agent;   /* stand in what it says it is */
};

/*
 * The first row that fits: libraries stand before the languages that they are for. A script is
 * known by what it calls, which is why a program's name there has a blank behind it.
 */
static const struct advice_client clients[] = {
	{ SEQUELIZE, "Sequelize", NULL,
	    "require('sequelize')|require(\"sequelize\")|from 'sequelize'", NULL },
	{ PRISMA, "Prisma", "prisma", "@prisma/client", NULL },
	{ NODE_MYSQL2, "mysql2 (Node.js)", NULL,
	    "'mysql2'|\"mysql2\"|'mysql2/promise'|\"mysql2/promise\"", "Node-MySQL-2" },
	{ NODE_MARIADB, "mariadb (Node.js)", NULL,
	    "require('mariadb')|require(\"mariadb\")|from 'mariadb'", "mariadb-connector-nodejs" },
	{ NODE_MYSQL, "mysql (Node.js)", NULL, "require('mysql')|require(\"mysql\")|from 'mysql'",
	    "mysqljs" },
	{ AWS_JS, "AWS SDK for JavaScript", NULL, "@aws-sdk/|require('aws-sdk')",
	    "aws-sdk-js|aws-sdk-nodejs" },
	{ SQLALCHEMY, "SQLAlchemy", NULL, "import sqlalchemy|from sqlalchemy", NULL },
	{ DJANGO, "Django", NULL, "django.db|import django", NULL },
	{ CONNECTOR_PYTHON, "MySQL Connector/Python", NULL, "mysql.connector",
	    "mysql-connector-python" },
	{ PYMYSQL, "PyMySQL", NULL, "pymysql", "pymysql" },
	{ MYCLI, "mycli", "mycli", "mycli ", "mycli" },
	{ MYSQLCLIENT, "mysqlclient (Python)", NULL, "MySQLdb", NULL },
	{ BOTO3, "boto3", NULL, "boto3|botocore", "Boto3" },
	{ AWS, "AWS CLI", "aws", "aws dynamodb", "aws-cli" },
	{ MARIADB_J, "MariaDB Connector/J", NULL, "jdbc:mariadb|org.mariadb.jdbc",
	    "MariaDB Connector/J" },
	{ CONNECTOR_J, "MySQL Connector/J", NULL, "jdbc:mysql|com.mysql", "MySQL Connector/J" },
	{ GO_SQL, "go-sql-driver", NULL, "go-sql-driver|gorm.io/driver/mysql", "Go-MySQL-Driver" },
	{ RUBY_MYSQL2, "mysql2 (Ruby)", NULL, "Mysql2::Client|require 'mysql2'", NULL },
	{ PHP, "PHP", "php", "mysqli_|new mysqli|new PDO", "mysqlnd" },
	{ REQUESTS, "requests (Python)", NULL, "import requests|from requests", "python-requests" },
	{ HTTPIE, "HTTPie", "http|https", NULL, "HTTPie" },
	{ CURL, "curl", "curl", "curl ", "curl/" },
	{ WGET, "wget", "wget", "wget ", "Wget/" },
	{ OPENSSL, "openssl s_client", "openssl", "openssl s_client", NULL },
	{ GNUTLS, "gnutls-cli", "gnutls-cli", "gnutls-cli ", NULL },
	{ MYSQL, "mysql (Oracle's)", NULL, "--ssl-mode", "libmysql" },
	{ MARIADB, "mariadb", "mariadb|mysql", "mariadb |mysql ", "libmariadb" },
	{ AWS, "AWS CLI", NULL, "aws ", NULL },
	{ JAVA, "Java", "java", "javax.net.ssl|java.net.http", "Java" },
	{ GO, "Go", "go", "\"net/http\"|\"crypto/tls\"", "Go-http-client" },
	{ NODE, "Node.js", "node", NULL, "node" },
	{ RUBY, "Ruby", "ruby", "net/http", "Ruby" },
	{ PYTHON, "Python", "python3|python", "import ssl|urllib.request|http.client",
	    "Python-urllib" },
	{ 0 },
};

/* ---- settings -------------------------------------------------------------------------------- */

#define WHOM  (1 << FLAW_CHAIN | 1 << FLAW_NAME | 1 << FLAW_DATES | 1 << FLAW_RULES)
#define PLAIN (1 << FLAW_PLAINTEXT | 1 << FLAW_INJECTED)
#define OLD   (1 << FLAW_OLD)
#define WEAK  (1 << FLAW_WEAK)
#define HANGS (1 << FLAW_HANGS)

/* The first row that fits is what is said. */
static const struct {
	enum client client;
	unsigned flaws;
	const char *words; /* only if one of these stands there; NULL: in any case */
	const char *text;
} settings[] = {
	{ CURL, WHOM, "-k|--insecure|insecure",
	    N_("leave out -k and --insecure (-k also hides in -sk, and in ~/.curlrc as "
	       "\"insecure\"), and name the CA: curl --cacert {ca} …") },
	{ CURL, WHOM, NULL,
	    N_("name the CA: curl --cacert {ca} …; look for \"insecure\" in ~/.curlrc") },
	{ CURL, PLAIN, NULL, N_("ask for https:// alone: curl --proto =https …") },
	{ CURL, OLD, NULL, N_("curl --tlsv1.2 …") },
	{ CURL, WEAK, NULL,
	    N_("curl --ciphers ECDHE+AESGCM:ECDHE+CHACHA20 …, or --tlsv1.3; keys and signatures: "
	       "OpenSSL's security level 2") },
	{ CURL, HANGS, NULL, N_("curl --connect-timeout 10 --max-time 30 …") },
	{ WGET, WHOM, NULL,
	    N_("leave out --no-check-certificate (also in ~/.wgetrc: check_certificate), and name "
	       "the CA: wget --ca-certificate={ca} …") },
	{ WGET, PLAIN, NULL, N_("wget --https-only …") },
	{ WGET, OLD, NULL, N_("wget --secure-protocol=TLSv1_2 …") },
	{ WGET, HANGS, NULL, N_("wget --timeout=10 --tries=1 …") },
	{ HTTPIE, WHOM, NULL, N_("leave out --verify=no, and name the CA: http --verify={ca} …") },
	{ MYSQL, WHOM | PLAIN, NULL,
	    N_("mysql --ssl-mode=VERIFY_IDENTITY --ssl-ca={ca} …; REQUIRED encrypts and checks "
	       "nothing, VERIFY_CA does not check the name, PREFERRED falls back to plaintext") },
	{ MYSQL, OLD, NULL, N_("mysql --tls-version=TLSv1.2,TLSv1.3 …") },
	{ MYSQL, WEAK, NULL, N_("mysql --tls-version=TLSv1.3 …, where the server speaks it") },
	{ MYSQL, HANGS, NULL, N_("mysql --connect-timeout=15 …") },
	{ MARIADB, WHOM | PLAIN, NULL,
	    N_("mariadb --ssl-verify-server-cert --ssl-ca={ca} …: both; --ssl-ca alone does not "
	       "check the name and falls back to plaintext, --ssl alone checks nothing. Oracle's "
	       "mysql: --ssl-mode=VERIFY_IDENTITY --ssl-ca={ca}") },
	{ MARIADB, OLD, NULL, N_("mariadb --tls-version=TLSv1.2,TLSv1.3 …") },
	{ MARIADB, WEAK, NULL,
	    N_("mariadb --tls-version=TLSv1.3 …, where the server speaks it, or "
	       "--ssl-cipher=ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256") },
	{ MARIADB, HANGS, NULL, N_("mariadb --connect-timeout=15 …") },
	{ MYCLI, PLAIN, NULL,
	    N_("mycli falls back to plaintext whatever it is told: use mariadb "
	       "--ssl-verify-server-cert, or a server that refuses plaintext") },
	{ MYCLI, WHOM, NULL,
	    N_("mycli --ssl-ca={ca} --ssl-verify-server-cert …: both; each alone checks less") },
	{ MYCLI, HANGS, NULL, N_("mycli puts no bound on the greeting: run it under timeout(1)") },
	{ PYMYSQL, PLAIN, NULL,
	    N_("PyMySQL before 1.2.0 falls back to plaintext: pip install 'PyMySQL>=1.2.0', with "
	       "ssl_ca, ssl_verify_cert=True, ssl_verify_identity=True") },
	{ PYMYSQL, WHOM, NULL,
	    N_("pymysql.connect(…, ssl_ca={ca}, ssl_verify_cert=True, ssl_verify_identity=True)") },
	{ PYMYSQL, HANGS, NULL, N_("pymysql.connect(…, connect_timeout=10, read_timeout=30)") },
	{ SQLALCHEMY, WHOM | PLAIN, NULL,
	    N_("create_engine(…, connect_args={\"ssl_ca\": {ca}, \"ssl_verify_cert\": True, "
	       "\"ssl_verify_identity\": True}), with PyMySQL 1.2.0 or later") },
	{ DJANGO, WHOM | PLAIN, NULL,
	    N_("DATABASES OPTIONS: \"ssl_mode\": \"VERIFY_IDENTITY\", \"ssl\": {\"ca\": {ca}}, "
	       "with "
	       "mysqlclient 2.2 or later") },
	{ MYSQLCLIENT, WHOM | PLAIN, NULL,
	    N_("MySQLdb.connect(…, ssl_mode=\"VERIFY_IDENTITY\", ssl={\"ca\": {ca}}), with "
	       "mysqlclient 2.2 or later; ssl={\"ca\": …} alone checks no name and falls back to "
	       "plaintext") },
	{ MYSQLCLIENT, HANGS, NULL, N_("MySQLdb.connect(…, connect_timeout=10, read_timeout=30)") },
	{ CONNECTOR_PYTHON, WHOM | PLAIN, NULL,
	    N_("mysql.connector.connect(…, ssl_ca={ca}, ssl_verify_cert=True, "
	       "ssl_verify_identity=True)") },
	{ CONNECTOR_J, WHOM | PLAIN, NULL,
	    N_("sslMode=VERIFY_IDENTITY&trustCertificateKeyStoreUrl=file:truststore.p12&"
	       "trustCertificateKeyStorePassword=…; REQUIRED checks nothing, VERIFY_CA not the "
	       "name, and PREFERRED, the default, falls back to plaintext") },
	{ CONNECTOR_J, OLD, NULL, N_("tlsVersions=TLSv1.2,TLSv1.3") },
	{ CONNECTOR_J, WEAK, NULL,
	    N_("jdk.certpath.disabledAlgorithms and jdk.tls.disabledAlgorithms in java.security: "
	       "what they say of jdkCA does not go for private CAs") },
	{ CONNECTOR_J, HANGS, NULL, N_("connectTimeout=10000&socketTimeout=30000 in the URL") },
	{ MARIADB_J, WHOM | PLAIN, "sslMode",
	    N_("MariaDB Connector/J before 3.0 does not know sslMode and connects in plaintext: "
	       "useSsl=true&serverSslCert={ca}; from 3.0 on "
	       "sslMode=verify-full&serverSslCert={ca}") },
	{ MARIADB_J, WHOM | PLAIN, NULL,
	    N_("sslMode=verify-full&serverSslCert={ca}; before 3.0: "
	       "useSsl=true&serverSslCert={ca}") },
	{ MARIADB_J, HANGS, NULL, N_("connectTimeout=10000&socketTimeout=30000 in the URL") },
	{ GO_SQL, WHOM | PLAIN, "skip-verify|preferred|InsecureSkipVerify",
	    N_("no tls=skip-verify, tls=preferred or InsecureSkipVerify: "
	       "mysql.RegisterTLSConfig(\"db\", &tls.Config{RootCAs: pool, ServerName: host}) and "
	       "tls=db in the DSN") },
	{ GO_SQL, WHOM | PLAIN, NULL,
	    N_("mysql.RegisterTLSConfig(\"db\", &tls.Config{RootCAs: pool, ServerName: host}) and "
	       "tls=db in the DSN") },
	{ GO_SQL, HANGS, NULL, N_("timeout=10s&readTimeout=30s&writeTimeout=30s in the DSN") },
	{ GO_SQL, OLD, NULL, N_("tls.Config{MinVersion: tls.VersionTLS12}") },
	{ GO, WHOM, NULL, N_("no InsecureSkipVerify; tls.Config{RootCAs: pool}") },
	{ GO, OLD, NULL, N_("tls.Config{MinVersion: tls.VersionTLS12}") },
	{ GO, HANGS, NULL, N_("http.Client{Timeout: 30 * time.Second}") },
	{ NODE_MYSQL2, WHOM | PLAIN, "rejectUnauthorized: false|rejectUnauthorized:false",
	    N_("no rejectUnauthorized: false; ssl: { ca, verifyIdentity: true }: without "
	       "verifyIdentity mysql2 compares no name") },
	{ NODE_MYSQL2, WHOM | PLAIN, NULL,
	    N_("ssl: { ca, verifyIdentity: true }: without verifyIdentity mysql2 compares no "
	       "name") },
	{ NODE_MYSQL2, HANGS, NULL, N_("connectTimeout: 10000") },
	{ SEQUELIZE, WHOM | PLAIN, NULL,
	    N_("dialectOptions: { ssl: { ca, verifyIdentity: true } }: without verifyIdentity no "
	       "name is compared") },
	{ PRISMA, WHOM | PLAIN, NULL,
	    N_("mysql://…?sslaccept=strict&sslcert={ca} (sslcert is the CA here)") },
	{ NODE_MARIADB, WHOM | PLAIN, NULL, N_("ssl: { ca, rejectUnauthorized: true }") },
	{ NODE_MYSQL, WHOM | PLAIN, NULL,
	    N_("the package mysql can't check the host's name: use mysql2 with ssl: { ca, "
	       "verifyIdentity: true }") },
	{ NODE_MYSQL, HANGS, NULL,
	    N_("the package mysql puts no bound on the greeting: use mysql2 with connectTimeout") },
	{ AWS_JS, WHOM, NULL,
	    N_("NODE_EXTRA_CA_CERTS={ca} in the environment; no NODE_TLS_REJECT_UNAUTHORIZED=0, no "
	       "rejectUnauthorized: false") },
	{ AWS_JS, HANGS, NULL,
	    N_("requestTimeout with throwOnRequestTimeout: true, connectionTimeout") },
	{ NODE, WHOM, NULL,
	    N_("no NODE_TLS_REJECT_UNAUTHORIZED=0 and no rejectUnauthorized: false; "
	       "NODE_EXTRA_CA_CERTS={ca}, or ca in the options") },
	{ RUBY_MYSQL2, WHOM | PLAIN, NULL,
	    N_("Mysql2::Client.new(…, ssl_mode: :verify_identity, sslca: {ca}), with mysql2 0.5.7 "
	       "or "
	       "later on Oracle's client library: on MariaDB's, older ones check no name and fall "
	       "back to plaintext") },
	{ RUBY, WHOM, NULL,
	    N_("http.verify_mode = OpenSSL::SSL::VERIFY_PEER; http.ca_file = {ca}") },
	{ PHP, WHOM | PLAIN, NULL,
	    N_("mysqli: ssl_set(null, null, {ca}, null, null), MYSQLI_OPT_SSL_VERIFY_SERVER_CERT "
	       "and "
	       "MYSQLI_CLIENT_SSL; PDO: MYSQL_ATTR_SSL_CA and MYSQL_ATTR_SSL_VERIFY_SERVER_CERT") },
	{ PHP, HANGS, NULL, N_("mysqlnd.net_read_timeout in php.ini") },
	{ AWS, WHOM, NULL,
	    N_("leave out --no-verify-ssl, and name the CA: aws --ca-bundle {ca} …") },
	{ AWS, HANGS, NULL,
	    N_("aws --cli-connect-timeout 10 --cli-read-timeout 30 …, AWS_MAX_ATTEMPTS=1") },
	{ BOTO3, WHOM, NULL,
	    N_("boto3.client(…, verify={ca}), never verify=False; or AWS_CA_BUNDLE={ca}") },
	{ BOTO3, HANGS, NULL,
	    N_("Config(connect_timeout=10, read_timeout=30, retries={\"max_attempts\": 1})") },
	{ REQUESTS, WHOM, NULL, N_("requests.get(…, verify={ca}), never verify=False") },
	{ REQUESTS, HANGS, NULL, N_("requests.get(…, timeout=30)") },
	{ PYTHON, WHOM, NULL,
	    N_("ssl.create_default_context(cafile={ca}); no _create_unverified_context, no "
	       "CERT_NONE, "
	       "no check_hostname = False") },
	{ PYTHON, OLD, NULL, N_("context.minimum_version = ssl.TLSVersion.TLSv1_2") },
	{ PYTHON, HANGS, NULL,
	    N_("urlopen(…, timeout=30), socket.create_connection(…, timeout=30)") },
	{ JAVA, WHOM, NULL,
	    N_("no TrustManager that accepts everything, no HostnameVerifier that says true; "
	       "-Djavax.net.ssl.trustStore=truststore.p12") },
	{ JAVA, OLD | WEAK, NULL,
	    N_("jdk.tls.disabledAlgorithms and jdk.certpath.disabledAlgorithms in java.security") },
	{ JAVA, HANGS, NULL, N_("HttpRequest.newBuilder().timeout(Duration.ofSeconds(30))") },
	{ OPENSSL, WHOM, NULL,
	    N_("openssl s_client goes on whatever it finds: -verify_return_error -CAfile {ca} "
	       "-verify_hostname {host}") },
	{ GNUTLS, WHOM, NULL,
	    N_("leave out --insecure and --tofu; gnutls-cli --x509cafile={ca} …") },
	{ ANY, WHOM, NULL,
	    N_("look for a setting that turns checks off (insecure, verify=false, "
	       "rejectUnauthorized: false, REQUIRED, skip-verify), give it the CA's file, and have "
	       "it "
	       "compare the host's name") },
	{ ANY, PLAIN, NULL,
	    N_("look for a setting that demands TLS (REQUIRED, VERIFY_…), rather than one that "
	       "prefers it") },
	{ ANY, OLD, NULL, N_("set TLS 1.2 as the lowest version") },
	{ ANY, WEAK, NULL,
	    N_("TLS 1.3 alone, or cipher suites with ECDHE alone; keys and signatures: OpenSSL's "
	       "security level 2 (CipherString = DEFAULT@SECLEVEL=2 in openssl.cnf)") },
	{ ANY, 1 << FLAW_LOOSE, NULL,
	    N_("hardly any client can be told so: have certificates whose SAN names the host, and "
	       "a "
	       "CA that certifies nothing else") },
	{ ANY, 1 << FLAW_LIED, NULL,
	    N_("hand the client's exit status on: no \"|| true\", no pipe without pipefail, no "
	       "exception that is caught and forgotten") },
	{ ANY, HANGS, NULL, N_("set a timeout for connecting, and one for reading") },
	{ ANY, 1 << FLAW_REVOKED, NULL,
	    N_("hardly any client asks by itself: keep certificates short-lived; what answers "
	       "for many clients, such as a proxy, can be given the CRL") },
};

/* ---- finding them ---------------------------------------------------------------------------- */

static int holds(const char *text, size_t n, const char *word, size_t width)
{
	for (; n >= width; text++, n--)
		if (strncasecmp(text, word, width) == 0)
			return 1;
	return 0;
}

/* Whether an option of one letter stands there, if only among others: "-sk". */
static int holds_flag(const char *text, size_t n, char letter)
{
	int among = 0, fresh = 1;

	for (; n > 0; text++, n--) {
		if (among && *text == letter)
			return 1;
		among = (fresh && *text == '-') || (among && isalpha((unsigned char)*text));
		fresh = isspace((unsigned char)*text) != 0;
	}
	return 0;
}

/* Whether one of the words that '|' separates stands in the text. */
static int holds_one(const char *text, size_t n, const char *words)
{
	while (words && *words) {
		size_t width = strcspn(words, "|");

		if (width == 2 && words[0] == '-' ? holds_flag(text, n, words[1])
						  : holds(text, n, words, width))
			return 1;
		words += width;
		words += *words == '|';
	}
	return 0;
}

static int is_one(const char *name, const char *words)
{
	while (words && *words) {
		size_t width = strcspn(words, "|");

		if (strlen(name) == width && strncmp(name, words, width) == 0)
			return 1;
		words += width;
		words += *words == '|';
	}
	return 0;
}

static int stands_there(const char *words, char *const *command, const void *script, size_t n)
{
	for (char *const *word = command; word && *word; word++)
		if (holds_one(*word, strlen(*word), words))
			return 1;
	return n > 0 && holds_one(script, n, words);
}

static const char *program_of(char *const *command)
{
	const char *name = command && command[0] ? command[0] : "";
	const char *slash = strrchr(name, '/');

	return slash ? slash + 1 : name;
}

/* Their programs may run any of the others. */
static const uint64_t languages =
    1ULL << PYTHON | 1ULL << JAVA | 1ULL << GO | 1ULL << NODE | 1ULL << RUBY | 1ULL << PHP;

/* An option of Oracle's alone tells its client from MariaDB's of the same name. */
static int is_program(const struct advice_client *c, char *const *command)
{
	return is_one(program_of(command), c->program) &&
	       !(c->id == MARIADB && stands_there("--ssl-mode", command, NULL, 0));
}

static const struct advice_client *by_program(char *const *command, int is_language)
{
	for (const struct advice_client *c = clients; c->title; c++)
		if ((int)(languages >> c->id & 1) == is_language && is_program(c, command))
			return c;
	return NULL;
}

static const struct advice_client *by_words(char *const *command, const void *script, size_t n)
{
	for (const struct advice_client *c = clients; c->title; c++)
		if (stands_there(c->words, command, script, n))
			return c;
	return NULL;
}

static const struct advice_client *by_agent(const char *agent)
{
	for (const struct advice_client *c = clients; c->title; c++)
		if (holds_one(agent, strlen(agent), c->agent))
			return c;
	return NULL;
}

const struct advice_client *advice_client(
    char *const *command, const void *script, size_t n, const char *agent)
{
	const struct advice_client *c = by_program(command, 0);

	if (!c)
		c = by_words(command, script, n);
	if (!c)
		c = by_agent(agent);
	return c ? c : by_program(command, 1);
}

const char *advice_title(const struct advice_client *c)
{
	return c->title;
}

static const char *setting_of(
    enum client id, enum flaw f, char *const *command, const void *script, size_t n)
{
	for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
		if (settings[i].client != id || !(settings[i].flaws & 1U << f))
			continue;
		if (!settings[i].words || stands_there(settings[i].words, command, script, n))
			return _(settings[i].text);
	}
	return NULL;
}

const char *advice_for(
    const struct advice_client *c, enum flaw f, char *const *command, const void *script, size_t n)
{
	const char *text = c ? setting_of(c->id, f, command, script, n) : NULL;

	return text ? text : setting_of(ANY, f, command, script, n);
}

/* ---- its script ------------------------------------------------------------------------------ */

static int is_text(const struct buf *b)
{
	return b->n > 0 && !memchr(b->p, 0, b->n);
}

static int read_script(const char *path, struct buf *out)
{
	struct stat st;
	struct err none;
	size_t max = out->max;

	/* No pipe and no device: reading those might take something away, or never end. */
	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode) || (size_t)st.st_size > max)
		return 0;
	if (file_read(path, max, out, &none) == 0 && is_text(out))
		return 1;
	buf_free(out);
	return 0;
}

void advice_script(char *const *command, struct buf *out)
{
	for (size_t i = 0; command && command[i] && i < 4; i++)
		if (command[i][0] != '-' && strpbrk(command[i], "./") &&
		    read_script(command[i], out))
			return;
}
