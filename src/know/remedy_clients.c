/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is done in the program that can't connect, or that connects to anyone. The settings are
 * those that `dbtls connect` prints. How to read a row: remedy.h.
 */
#include "know/remedy.h"

#include "base/i18n.h"

/* What verifies, written whole: whom it trusts, whom it takes, and that it must be TLS. */
#define VERIFY                                                                                     \
	"untrusted-root self-signed intercepted partial-chain ca-file-unreadable option-insecure " \
	"option-unknown option-no-effect tls-required"
#define NAME    "hostname-mismatch no-san"
#define VERSION "protocol-version"
#define MUTUAL  "client-cert-required"
/* So that it ends, and does not wait. */
#define WAITS   "connect-timeout greeting-timeout handshake-timeout session-timeout"
#define REVOKED "revoked revocation-unknown"
#define PROXY   "proxy-unused intercepted"

const struct remedy remedy_clients[] = {
	/* ---- full verification, over MySQL */
	{ .causes = VERIFY,
	    .who = "mariadb",
	    .file = "~/.my.cnf",
	    .write = "[client-mariadb]\nssl-ca=/etc/ssl/db-ca.pem\nssl-verify-server-cert",
	    .run = "mariadb --ssl-ca=ca.pem --ssl-verify-server-cert -h {host} -P {port} -u root "
		   "-p",
	    .say = N_("before 11.4 both are needed: with --ssl-ca alone no name is verified") },
	{ .causes = VERIFY,
	    .who = "mysql",
	    .file = "~/.my.cnf",
	    .write = "[mysql]\nssl-mode=VERIFY_IDENTITY\nssl-ca=/etc/ssl/db-ca.pem",
	    .run = "mysql --ssl-mode=VERIFY_IDENTITY --ssl-ca=ca.pem -h {host} -P {port} -u root "
		   "-p" },
	{ .causes = VERIFY,
	    .who = "mycli",
	    .run = "mycli --ssl-mode=on --ssl-ca=ca.pem --ssl-verify-server-cert -h {host} -P "
		   "{port} -u root",
	    .say = N_("mycli 2.26.0 or later: older ones log in without TLS where the server "
		      "offers none") },
	{ .causes = VERIFY,
	    .who = "python",
	    .write = "MySQLdb.connect(host='{host}', port={port}, ssl_mode='VERIFY_IDENTITY', "
		     "ssl={'ca': 'ca.pem'})",
	    .say = N_("mysqlclient 2.2 or later: older ones know no ssl_mode with MariaDB's "
		      "library") },
	{ .causes = VERIFY,
	    .who = "pymysql",
	    .write = "pymysql.connect(host='{host}', port={port}, "
		     "ssl=ssl.create_default_context(cafile='ca.pem'))",
	    .say = N_("PyMySQL 1.2.0 or later: older ones log in without TLS where the server "
		      "offers none") },
	{ .causes = VERIFY,
	    .who = "sqlalchemy",
	    .write = "create_engine('mysql+pymysql://app@{host}:{port}/test', "
		     "connect_args={'ssl': ssl.create_default_context(cafile='ca.pem')})",
	    .say = N_("PyMySQL 1.2.0 or later: older ones log in without TLS where the server "
		      "offers none") },
	{ .causes = VERIFY,
	    .who = "django",
	    .file = "settings.py",
	    .write = "'OPTIONS': {'ssl_mode': 'VERIFY_IDENTITY', 'ssl': {'ca': 'ca.pem'}}",
	    .say = N_("in DATABASES; mysqlclient 2.2 or later") },
	{ .causes = VERIFY,
	    .who = "java",
	    .write = "jdbc:mysql://{host}:{port}/test?sslMode=VERIFY_IDENTITY&"
		     "trustCertificateKeyStoreUrl=file:truststore.p12&trustCertificateKeyStoreType="
		     "PKCS12&"
		     "trustCertificateKeyStorePassword=changeit",
	    .run = "keytool -importcert -noprompt -alias db -file ca.pem -keystore "
		   "truststore.p12 -storetype PKCS12 -storepass changeit",
	    .say = N_("truststore.p12 holds the CA; sslMode=VERIFY_IDENTITY alone will do once "
		      "Java's own store has it: dbtls trust add ca.pem --java") },
	{ .causes = VERIFY,
	    .who = "go gorm",
	    .file = "config.TLS",
	    .write = "&tls.Config{RootCAs: roots, ServerName: \"{host}\", MinVersion: "
		     "tls.VersionTLS12}",
	    .say = N_("roots: x509.NewCertPool() with ca.pem; or tls=true in the DSN, once the "
		      "CA is in the system's store") },
	{ .causes = VERIFY,
	    .who = "node",
	    .write = "mysql.createConnection({ host: '{host}', port: {port}, ssl: { ca: "
		     "readFileSync('ca.pem'), rejectUnauthorized: true, verifyIdentity: true } "
		     "})",
	    .say = N_("without verifyIdentity any certificate of the CA will do; {host} has to "
		      "be a name") },
	{ .causes = VERIFY,
	    .who = "sequelize",
	    .file = "dialectOptions",
	    .write = "ssl: { ca: readFileSync('ca.pem'), rejectUnauthorized: true, "
		     "verifyIdentity: true }",
	    .say = N_("without verifyIdentity any certificate of the CA will do; {host} has to "
		      "be a name") },
	{ .causes = VERIFY,
	    .who = "prisma",
	    .write = "new PrismaMariaDb({ host: '{host}', port: {port}, ssl: { ca: "
		     "readFileSync('ca.pem'), rejectUnauthorized: true } })",
	    .say = N_("mariadb 3.5.4 or later, by overrides in package.json: older ones log in "
		      "before they have verified") },
	{ .causes = VERIFY,
	    .who = "ruby",
	    .write = "Mysql2::Client.new(host: '{host}', port: {port}, ssl_mode: "
		     ":verify_identity, sslca: 'ca.pem')",
	    .say = N_("mysql2 0.5.5 or later: 0.5.3 verifies no name, and logs in without TLS "
		      "where the server offers none") },
	{ .causes = VERIFY,
	    .who = "ruby",
	    .write = "Aws::DynamoDB::Client.new(ssl_ca_bundle: 'ca.pem')" },
	{ .causes = VERIFY,
	    .who = "php",
	    .write = "$db->options(MYSQLI_OPT_SSL_VERIFY_SERVER_CERT, 1);\n$db->ssl_set(null, "
		     "null, 'ca.pem', null, null);\n$db->real_connect('{host}', $user, "
		     "$password, 'test', {port}, null, MYSQLI_CLIENT_SSL);",
	    .say = N_("PDO: MYSQL_ATTR_SSL_CA and MYSQL_ATTR_SSL_VERIFY_SERVER_CERT") },
	{ .causes = VERIFY,
	    .who = "php",
	    .write = "new DynamoDbClient(['http' => ['verify' => 'ca.pem']])" },
	{ .causes = VERIFY,
	    .who = "dotnet",
	    .write = "Server={host};Port={port};SslMode=VerifyFull;SslCa=ca.pem",
	    .say = N_("the AWS SDK goes by the system's store alone, as HttpClient does") },
	{ .causes = VERIFY,
	    .who = "cpp",
	    .file = "Aws::Client::ClientConfiguration",
	    .write = "config.caFile = \"ca.pem\"; config.verifySSL = true;" },

	/* ---- and over HTTPS */
	{ .causes = VERIFY,
	    .who = "curl",
	    .file = "~/.curlrc",
	    .write = "cacert = \"/etc/ssl/db-ca.pem\"",
	    .run = "curl --cacert ca.pem https://{host}:{port}/" },
	{ .causes = VERIFY,
	    .who = "wget",
	    .file = "~/.wgetrc",
	    .write = "ca_certificate = /etc/ssl/db-ca.pem",
	    .run = "wget --ca-certificate=ca.pem https://{host}:{port}/" },
	{ .causes = VERIFY,
	    .who = "aws",
	    .file = "~/.aws/config",
	    .write = "[default]\nca_bundle = /etc/ssl/db-ca.pem",
	    .run = "aws dynamodb list-tables --ca-bundle ca.pem",
	    .say = N_("it takes the place of the CAs that aws brings along: public ones belong "
		      "into that file as well") },
	{ .causes = VERIFY,
	    .who = "boto3",
	    .write = "boto3.client('dynamodb', verify='ca.pem')",
	    .run = "export AWS_CA_BUNDLE=/etc/ssl/db-ca.pem" },
	{ .causes = VERIFY,
	    .who = "aws-sdk-js",
	    .write = "new NodeHttpHandler({ httpsAgent: new Agent({ ca: readFileSync('ca.pem') "
		     "}) })",
	    .run = "NODE_EXTRA_CA_CERTS=ca.pem node app.js",
	    .say = N_("the first trusts that CA alone, the second that one too") },
	{ .causes = VERIFY,
	    .who = "urllib",
	    .write = "urlopen('https://{host}:{port}/', "
		     "context=ssl.create_default_context(cafile='ca.pem'))",
	    .run = "SSL_CERT_FILE=ca.pem python3 app.py" },
	{ .causes = VERIFY,
	    .who = "node-https",
	    .write = "https.get({ host: '{host}', port: {port}, ca: readFileSync('ca.pem') })",
	    .run = "NODE_EXTRA_CA_CERTS=ca.pem node app.js",
	    .say = N_("the first trusts that CA alone, the second that one too") },
	{ .causes = VERIFY,
	    .who = "go-http",
	    .write = "&http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}",
	    .run = "SSL_CERT_FILE=ca.pem ./app",
	    .say = N_("roots: x509.NewCertPool() with ca.pem; the variable takes the place of "
		      "the system's file") },
	{ .causes = VERIFY,
	    .who = "java-http",
	    .write = "-Djavax.net.ssl.trustStore=truststore.p12 "
		     "-Djavax.net.ssl.trustStorePassword=changeit",
	    .run = "keytool -importcert -noprompt -alias db -file ca.pem -keystore "
		   "truststore.p12 -storetype PKCS12 -storepass changeit",
	    .say = N_("no such option is needed once Java's own store has the CA: dbtls trust "
		      "add ca.pem --java") },
	{ .causes = "untrusted-root self-signed intercepted",
	    .who = "browser",
	    .file = "~/.pki/nssdb",
	    .run = "certutil -A -d sql:$HOME/.pki/nssdb -t C,, -n db -i ca.pem",
	    .say = N_("Chromium on Linux; with Firefox's profile as -d for that, or dbtls trust "
		      "add ca.pem --nss for both. On Windows and macOS: the system's store") },
	{ .causes = "untrusted-root root-leaving",
	    .who = "browser",
	    .run = "chromium --version",
	    .say = N_("a public CA that is missing comes with an update of the browser") },
	{ .causes = "missing-intermediate",
	    .who = "browser",
	    .say = N_("a browser fetches or remembers what is missing: that it connects proves "
		      "nothing"),
	    .run = "dbtls check {target}" },

	/* ---- the name */
	{ .causes = NAME,
	    .who = "go gorm",
	    .file = "config.TLS",
	    .write = "&tls.Config{RootCAs: roots, ServerName: \"db1.example.com\"}",
	    .say = N_("a name that the certificate has, where it is reached by another; a "
		      "common name alone never does") },
	{ .causes = NAME,
	    .who = "go-http",
	    .write = "&http.Transport{TLSClientConfig: &tls.Config{ServerName: "
		     "\"db1.example.com\"}}",
	    .say = N_("a name that the certificate has, where it is reached by another; a "
		      "common name alone never does") },
	{ .causes = NAME,
	    .who = "curl",
	    .run = "curl --connect-to db1.example.com:{port}:{host}:{port} "
		   "https://db1.example.com:{port}/",
	    .say = N_("by a name that the certificate has, to the address that it is reached "
		      "by") },
	{ .causes = NAME,
	    .who = "node-https",
	    .write = "https.get({ host: '{host}', port: {port}, servername: 'db1.example.com' "
		     "})",
	    .say = N_("a name that the certificate has, where it is reached by another") },
	{ .causes = NAME,
	    .who = "node sequelize prisma",
	    .write = "host: 'db1.example.com'",
	    .say = N_("a name that the certificate has: over MySQL Node.js can't verify an "
		      "address") },
	{ .causes = NAME,
	    .who = "java",
	    .write = "jdbc:mysql://db1.example.com:{port}/test?sslMode=VERIFY_IDENTITY",
	    .say = N_("a name that the certificate has; sslMode=VERIFY_CA would take any "
		      "server's that the CA knows") },
	{ .causes = NAME,
	    .who = "python",
	    .write = "MySQLdb.connect(host='db1.example.com', port={port}, "
		     "ssl_mode='VERIFY_IDENTITY', ssl={'ca': 'ca.pem'})",
	    .say = N_("a name that the certificate has; VERIFY_CA would take any server's that "
		      "the CA knows") },
	{ .causes = NAME,
	    .who = "django",
	    .file = "settings.py",
	    .write = "'HOST': 'db1.example.com'",
	    .say = N_("a name that the certificate has; VERIFY_CA would take any server's that "
		      "the CA knows") },
	{ .causes = NAME,
	    .who = "pymysql",
	    .write = "pymysql.connect(host='db1.example.com', port={port}, "
		     "ssl=ssl.create_default_context(cafile='ca.pem'))",
	    .say = N_("a name that the certificate has; check_hostname = False would take any "
		      "server's that the CA knows") },
	{ .causes = NAME,
	    .who = "sqlalchemy",
	    .write = "create_engine('mysql+pymysql://app@db1.example.com:{port}/test', "
		     "connect_args={'ssl': ssl.create_default_context(cafile='ca.pem')})",
	    .say = N_("a name that the certificate has; check_hostname = False would take any "
		      "server's that the CA knows") },
	{ .causes = NAME,
	    .who = "mysql",
	    .run = "mysql --ssl-mode=VERIFY_IDENTITY --ssl-ca=ca.pem -h db1.example.com -P "
		   "{port} -u root -p",
	    .say = N_("a name that the certificate has; VERIFY_CA would take any server's that "
		      "the CA knows") },
	{ .causes = NAME,
	    .who = "mariadb",
	    .run = "mariadb --ssl-ca=ca.pem --ssl-verify-server-cert -h db1.example.com -P "
		   "{port} -u root -p",
	    .say = N_("a name that the certificate has; without --ssl-verify-server-cert it "
		      "would take any server's that the CA knows") },
	{ .causes = "sni-required",
	    .who = "mysql",
	    .run = "mysql --tls-sni-servername={host} --ssl-mode=VERIFY_IDENTITY "
		   "--ssl-ca=ca.pem -h {host} -P {port} -u root -p",
	    .say = N_("from 8.1 on; it sends no name by itself") },
	{ .causes = "sni-required",
	    .who = "mariadb python django",
	    .run = "dbtls check {target}",
	    .say = N_("MariaDB's library sends no name: such a client needs a port whose "
		      "certificate does not depend on one") },

	/* ---- versions */
	{ .causes = VERSION,
	    .who = "mysql",
	    .run = "mysql --tls-version=TLSv1.2,TLSv1.3 --ssl-mode=VERIFY_IDENTITY "
		   "--ssl-ca=ca.pem -h {host} -P {port} -u root -p",
	    .say = N_("1.3 from 8.0.16 on; 5.7 has 1.1 at most in many builds") },
	{ .causes = VERSION,
	    .who = "mariadb",
	    .run = "mariadb --tls-version=TLSv1.2,TLSv1.3 --ssl-ca=ca.pem "
		   "--ssl-verify-server-cert -h {host} -P {port} -u root -p" },
	{ .causes = VERSION,
	    .who = "mycli",
	    .run = "mycli --tls-version=tlsv1.2 --ssl-mode=on --ssl-ca=ca.pem "
		   "--ssl-verify-server-cert -h {host} -P {port} -u root" },
	{ .causes = VERSION,
	    .who = "java",
	    .write = "jdbc:mysql://{host}:{port}/test?sslMode=VERIFY_IDENTITY&"
		     "tlsVersions=TLSv1.2,TLSv1.3",
	    .say = N_("Connector/J 8.0.28 or later, on Java 8u261 or later for TLS 1.3") },
	{ .causes = VERSION,
	    .who = "java-http",
	    .write = "-Djdk.tls.client.protocols=TLSv1.2,TLSv1.3" },
	{ .causes = VERSION,
	    .who = "go gorm",
	    .file = "config.TLS",
	    .write = "&tls.Config{RootCAs: roots, ServerName: \"{host}\", MinVersion: "
		     "tls.VersionTLS12}",
	    .say = N_("no MaxVersion; what is built with Go 1.18 or later takes 1.2 and 1.3 by "
		      "itself") },
	{ .causes = VERSION,
	    .who = "go-http",
	    .write = "&http.Transport{TLSClientConfig: &tls.Config{MinVersion: "
		     "tls.VersionTLS12}}",
	    .say = N_("no MaxVersion; what is built with Go 1.18 or later takes 1.2 and 1.3 by "
		      "itself") },
	{ .causes = VERSION,
	    .who = "node sequelize prisma aws-sdk-js node-https",
	    .write = "minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3'" },
	{ .causes = VERSION,
	    .who = "pymysql sqlalchemy urllib",
	    .write = "context.minimum_version = ssl.TLSVersion.TLSv1_2",
	    .run = "python3 -c 'import ssl; print(ssl.OPENSSL_VERSION, ssl.HAS_TLSv1_3)'",
	    .say = N_("of the context that is handed over as ssl= or context=") },
	{ .causes = VERSION,
	    .who = "boto3 aws",
	    .run = "python3 -c 'import ssl; print(ssl.OPENSSL_VERSION, ssl.HAS_TLSv1_3)'",
	    .say = N_("Python's OpenSSL decides: 1.0.1 or later has TLS 1.2, 1.1.1 or later "
		      "1.3") },
	{ .causes = VERSION,
	    .who = "python django ruby php",
	    .run = "openssl version",
	    .say = N_("there is no option for it: the TLS library decides, OpenSSL 1.1.1 or "
		      "later has 1.2 and 1.3") },
	{ .causes = VERSION,
	    .who = "curl",
	    .run = "curl --tlsv1.2 --cacert ca.pem https://{host}:{port}/" },
	{ .causes = VERSION,
	    .who = "wget",
	    .run = "wget --secure-protocol=TLSv1_2 --ca-certificate=ca.pem "
		   "https://{host}:{port}/" },
	{ .causes = VERSION,
	    .who = "dotnet",
	    .write = "Server={host};Port={port};SslMode=VerifyFull;SslCa=ca.pem;"
		     "TlsVersion=TLSv1.2,TLSv1.3",
	    .say = N_("best left out: the system decides; .NET Framework before 4.6 has TLS 1.0 by "
		      "itself") },

	/* ---- a certificate of the client's own */
	{ .causes = MUTUAL,
	    .who = "mysql",
	    .run = "mysql --ssl-mode=VERIFY_IDENTITY --ssl-ca=ca.pem --ssl-cert=client.pem "
		   "--ssl-key=client.key -h {host} -P {port} -u root -p" },
	{ .causes = MUTUAL,
	    .who = "mariadb",
	    .run = "mariadb --ssl-ca=ca.pem --ssl-verify-server-cert --ssl-cert=client.pem "
		   "--ssl-key=client.key -h {host} -P {port} -u root -p" },
	{ .causes = MUTUAL,
	    .who = "mycli",
	    .run = "mycli --ssl-mode=on --ssl-ca=ca.pem --ssl-verify-server-cert "
		   "--ssl-cert=client.pem --ssl-key=client.key -h {host} -P {port} -u root" },
	{ .causes = MUTUAL,
	    .who = "python",
	    .write = "MySQLdb.connect(host='{host}', port={port}, ssl_mode='VERIFY_IDENTITY', "
		     "ssl={'ca': 'ca.pem', 'cert': 'client.pem', 'key': 'client.key'})" },
	{ .causes = MUTUAL,
	    .who = "django",
	    .file = "settings.py",
	    .write = "'OPTIONS': {'ssl_mode': 'VERIFY_IDENTITY', 'ssl': {'ca': 'ca.pem', "
		     "'cert': 'client.pem', 'key': 'client.key'}}" },
	{ .causes = MUTUAL,
	    .who = "pymysql sqlalchemy urllib",
	    .write = "context.load_cert_chain('client.pem', 'client.key')",
	    .say = N_("of the context that is handed over as ssl= or context=") },
	{ .causes = MUTUAL,
	    .who = "java",
	    .write = "jdbc:mysql://{host}:{port}/test?sslMode=VERIFY_IDENTITY&"
		     "clientCertificateKeyStoreUrl=file:client.p12&"
		     "clientCertificateKeyStoreType=PKCS12&"
		     "clientCertificateKeyStorePassword=changeit",
	    .run = "openssl pkcs12 -export -in client.pem -inkey client.key -out client.p12 "
		   "-passout pass:changeit" },
	{ .causes = MUTUAL,
	    .who = "java-http",
	    .write = "-Djavax.net.ssl.keyStore=client.p12 "
		     "-Djavax.net.ssl.keyStorePassword=changeit",
	    .run = "openssl pkcs12 -export -in client.pem -inkey client.key -out client.p12 "
		   "-passout pass:changeit" },
	{ .causes = MUTUAL,
	    .who = "go gorm",
	    .file = "config.TLS",
	    .write = "&tls.Config{RootCAs: roots, ServerName: \"{host}\", Certificates: "
		     "[]tls.Certificate{pair}}",
	    .say = N_("pair, err := tls.LoadX509KeyPair(\"client.pem\", \"client.key\")") },
	{ .causes = MUTUAL,
	    .who = "go-http",
	    .write = "&http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, "
		     "Certificates: []tls.Certificate{pair}}}",
	    .say = N_("pair, err := tls.LoadX509KeyPair(\"client.pem\", \"client.key\")") },
	{ .causes = MUTUAL,
	    .who = "node sequelize",
	    .write = "ssl: { ca: readFileSync('ca.pem'), rejectUnauthorized: true, "
		     "verifyIdentity: true, cert: readFileSync('client.pem'), key: "
		     "readFileSync('client.key') }" },
	{ .causes = MUTUAL,
	    .who = "prisma",
	    .write = "ssl: { ca: readFileSync('ca.pem'), rejectUnauthorized: true, cert: "
		     "readFileSync('client.pem'), key: readFileSync('client.key') }" },
	{ .causes = MUTUAL,
	    .who = "aws-sdk-js node-https",
	    .write = "new Agent({ ca: readFileSync('ca.pem'), cert: readFileSync('client.pem'), "
		     "key: readFileSync('client.key') })" },
	{ .causes = MUTUAL,
	    .who = "ruby",
	    .write = "Mysql2::Client.new(host: '{host}', port: {port}, ssl_mode: "
		     ":verify_identity, sslca: 'ca.pem', sslcert: 'client.pem', sslkey: "
		     "'client.key')" },
	{ .causes = MUTUAL,
	    .who = "php",
	    .write = "$db->ssl_set('client.key', 'client.pem', 'ca.pem', null, null);",
	    .say = N_("the key comes first") },
	{ .causes = MUTUAL,
	    .who = "dotnet",
	    .write = "Server={host};Port={port};SslMode=VerifyFull;SslCa=ca.pem;"
		     "SslCert=client.pem;SslKey=client.key" },
	{ .causes = MUTUAL,
	    .who = "curl",
	    .run = "curl --cacert ca.pem --cert client.pem --key client.key "
		   "https://{host}:{port}/" },
	{ .causes = MUTUAL,
	    .who = "wget",
	    .run = "wget --ca-certificate=ca.pem --certificate=client.pem "
		   "--private-key=client.key https://{host}:{port}/" },
	{ .causes = MUTUAL,
	    .who = "boto3",
	    .write = "boto3.client('dynamodb', verify='ca.pem', "
		     "config=Config(client_cert=('client.pem', 'client.key')))" },
	{ .causes = MUTUAL,
	    .who = "browser",
	    .run = "openssl pkcs12 -export -in client.pem -inkey client.key -out client.p12",
	    .say = N_("imported in its settings, under certificates of one's own") },

	/* ---- an end to the waiting */
	{ .causes = WAITS,
	    .who = "mysql",
	    .run = "mysql --connect-timeout=15 --ssl-mode=VERIFY_IDENTITY --ssl-ca=ca.pem -h "
		   "{host} -P {port} -u root -p" },
	{ .causes = WAITS,
	    .who = "mariadb",
	    .run = "mariadb --connect-timeout=15 --ssl-ca=ca.pem --ssl-verify-server-cert -h "
		   "{host} -P {port} -u root -p" },
	{ .causes = WAITS,
	    .who = "mycli",
	    .run = "timeout 15 dbtls check {target}",
	    .say = N_("it waits without end for a server that says nothing: Ctrl-C ends it") },
	{ .causes = WAITS,
	    .who = "python django pymysql sqlalchemy",
	    .write = "connect_timeout=15, read_timeout=30, write_timeout=30",
	    .say = N_("without read_timeout it waits without end for a server that says "
		      "nothing") },
	{ .causes = WAITS,
	    .who = "ruby",
	    .write = "connect_timeout: 15, read_timeout: 30, write_timeout: 30" },
	{ .causes = WAITS,
	    .who = "java",
	    .write = "jdbc:mysql://{host}:{port}/test?sslMode=VERIFY_IDENTITY&"
		     "connectTimeout=15000&socketTimeout=30000",
	    .say = N_("in milliseconds; without them it waits without end") },
	{ .causes = WAITS,
	    .who = "go gorm",
	    .write = "app:PASSWORD@tcp({host}:{port})/test?tls=true&timeout=15s&"
		     "readTimeout=30s&writeTimeout=30s",
	    .say = N_("without readTimeout it waits without end for a server that says "
		      "nothing") },
	{ .causes = WAITS, .who = "node sequelize", .write = "connectTimeout: 15_000" },
	{ .causes = WAITS,
	    .who = "prisma",
	    .write = "connectTimeout: 5_000, acquireTimeout: 5_000" },
	{ .causes = WAITS,
	    .who = "php",
	    .write = "$db->options(MYSQLI_OPT_CONNECT_TIMEOUT, 15);\n"
		     "$db->options(MYSQLI_OPT_READ_TIMEOUT, 30);",
	    .say = N_("without the second it waits without end for a server that says "
		      "nothing") },
	{ .causes = WAITS,
	    .who = "curl",
	    .run = "curl --connect-timeout 15 --max-time 30 --cacert ca.pem "
		   "https://{host}:{port}/" },
	{ .causes = WAITS,
	    .who = "wget",
	    .run = "wget --timeout=15 --tries=1 --ca-certificate=ca.pem https://{host}:{port}/" },
	{ .causes = WAITS,
	    .who = "aws",
	    .run = "AWS_MAX_ATTEMPTS=1 aws dynamodb list-tables --cli-connect-timeout 15 "
		   "--cli-read-timeout 30",
	    .say = N_("by itself it tries again and again, 60 seconds each time") },
	{ .causes = WAITS,
	    .who = "boto3",
	    .write = "Config(connect_timeout=15, read_timeout=30, "
		     "retries={'total_max_attempts': 1})",
	    .say = N_("by itself it tries again and again, 60 seconds each time") },
	{ .causes = WAITS,
	    .who = "aws-sdk-js",
	    .write = "new NodeHttpHandler({ connectionTimeout: 15_000, requestTimeout: 30_000, "
		     "throwOnRequestTimeout: true })",
	    .say = N_("without throwOnRequestTimeout the time ends in a warning and nothing "
		      "more") },
	{ .causes = WAITS,
	    .who = "urllib",
	    .write = "urlopen('https://{host}:{port}/', timeout=15)" },
	{ .causes = WAITS,
	    .who = "node-https",
	    .write = "request.on('timeout', () => request.destroy(new Error('no answer')))",
	    .say = N_("timeout: 15_000 alone ends nothing") },
	{ .causes = WAITS,
	    .who = "go-http",
	    .write = "&http.Client{Timeout: 15 * time.Second}",
	    .say = N_("without it, it waits without end") },
	{ .causes = WAITS,
	    .who = "java-http",
	    .write = "HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(15))\n"
		     "HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(15))" },
	{ .causes = WAITS,
	    .who = "dotnet",
	    .write = "Server={host};Port={port};SslMode=VerifyFull;SslCa=ca.pem;"
		     "ConnectionTimeout=15" },
	{ .causes = WAITS,
	    .who = "cpp",
	    .file = "Aws::Client::ClientConfiguration",
	    .write = "config.connectTimeoutMs = 15000; config.requestTimeoutMs = 30000;" },

	/* ---- revocation, which nobody asks about by himself */
	{ .causes = REVOKED,
	    .who = "mysql",
	    .run = "mysql --ssl-crl=crl.pem --ssl-mode=VERIFY_IDENTITY --ssl-ca=ca.pem -h {host} "
		   "-P {port} -u root -p" },
	{ .causes = REVOKED,
	    .who = "mariadb",
	    .run = "mariadb --ssl-crl=crl.pem --ssl-ca=ca.pem --ssl-verify-server-cert -h "
		   "{host} -P {port} -u root -p" },
	{ .causes = "revocation-unknown",
	    .who = "curl",
	    .run = "curl --ssl-revoke-best-effort https://{host}:{port}/",
	    .say = N_("on Windows, where it asks the CA and gives up without an answer: it then "
		      "goes on, and still refuses what is known to be withdrawn") },
	{ .causes = REVOKED,
	    .who = "curl",
	    .run = "curl --crlfile crl.pem --cacert ca.pem https://{host}:{port}/" },
	{ .causes = REVOKED,
	    .who = "java-http",
	    .write = "-Dcom.sun.net.ssl.checkRevocation=true "
		     "-Dcom.sun.security.enableCRLDP=true",
	    .say = N_("then Java asks where the certificates say, over plain HTTP") },
	{ .causes = REVOKED,
	    .who = "node-https aws-sdk-js",
	    .write = "new Agent({ ca: readFileSync('ca.pem'), crl: readFileSync('crl.pem') })" },
	{ .causes = REVOKED,
	    .who = "pymysql sqlalchemy urllib",
	    .write = "context.load_verify_locations('crl.pem')\n"
		     "context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF",
	    .say = N_("of the context that is handed over as ssl= or context=") },

	/* ---- what some are stricter about */
	{ .causes = "not-strict",
	    .who = "pymysql sqlalchemy urllib",
	    .write = "context.verify_flags &= ~ssl.VERIFY_X509_STRICT",
	    .say = N_("until the server has a new certificate: chain and name stay verified, as "
		      "Python did before 3.13") },
	{ .causes = "not-strict",
	    .who = "boto3 aws",
	    .run = "python3 --version",
	    .say = N_("Python before 3.13 takes them; from 3.13 on the server needs a new "
		      "certificate") },
	{ .causes = "bad-chain-order not-strict",
	    .who = "java java-http",
	    .run = "keytool -printcert -sslserver {host}:{port}",
	    .say = N_("for HTTPS; shows what Java is sent, in its order, with the usages of "
		      "each key") },
	{ .causes = "weak-key weak-signature no-shared-cipher " VERSION,
	    .who = "java java-http",
	    .file = "$JAVA_HOME/conf/security/java.security",
	    .run = "grep -A 12 -e ^jdk.tls.disabledAlgorithms -e ^jdk.certpath.disabledAlgorithms "
		   "$JAVA_HOME/conf/security/java.security",
	    .say = N_("what this Java refuses; mend the server, and leave that list alone") },

	/* ---- a proxy */
	{ .causes = PROXY,
	    .who = "curl",
	    .run = "curl --noproxy {host} --cacert ca.pem https://{host}:{port}/" },
	{ .causes = PROXY,
	    .who = "wget",
	    .run = "wget --no-proxy --ca-certificate=ca.pem https://{host}:{port}/" },
	{ .causes = PROXY,
	    .who = "aws boto3 urllib go-http",
	    .run = "export NO_PROXY={host}",
	    .say = N_("else it goes where HTTPS_PROXY says") },
	{ .causes = PROXY,
	    .who = "java-http",
	    .write = "-Dhttp.nonProxyHosts={host}",
	    .say = N_("Java does not read HTTPS_PROXY, but -Dhttps.proxyHost and the builder's "
		      "proxy()") },
	{ .causes = PROXY,
	    .who = "aws-sdk-js node-https",
	    .run = "env | grep -i proxy",
	    .say = N_("Node.js does not read HTTPS_PROXY unless NODE_USE_ENV_PROXY=1 is set "
		      "(from 24 on) or an agent for proxies is used") },

	/* ---- the roots that a program brings along */
	{ .causes = "root-leaving untrusted-root",
	    .who = "boto3 aws",
	    .run = "python3 -m pip install --upgrade certifi botocore",
	    .say = N_("for public CAs: it goes by certifi's list if that is installed, else by "
		      "botocore's own; version 2 of aws has one that comes with its updates") },
	{ .causes = "root-leaving",
	    .who = "aws-sdk-js node-https node sequelize prisma",
	    .run = "node -p 'tls.rootCertificates.length'",
	    .say = N_("Node.js brings its own list along: it comes with a newer Node.js; or "
		      "--use-system-ca, from 23.9 on") },
	{ .causes = "root-leaving",
	    .who = "java java-http",
	    .run = "keytool -list -cacerts -storepass changeit",
	    .say = N_("Java brings its own list along: it comes with a newer Java; or dbtls "
		      "trust add amazon-root-ca-1 --java") },
	{ .causes = "auth-unsupported",
	    .who = "mysql",
	    .run = "mysql --version",
	    .say = N_("from 9.0 on it knows no mysql_native_password") },
	{ .causes = NULL },
};
