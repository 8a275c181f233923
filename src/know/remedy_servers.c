/* SPDX-License-Identifier: Apache-2.0 */
/* What is done on the server. Paths are those of Debian's packages. How to read a row: remedy.h. */
#include "know/remedy.h"

#include "base/i18n.h"

/* The certificate, or what is sent with it, is not right. */
#define CERTIFICATE                                                                                \
	"expired not-yet-valid missing-intermediate bad-chain-order self-signed "                  \
	"hostname-mismatch no-san not-a-ca wrong-purpose name-constraint path-too-long weak-key "  \
	"weak-signature revoked certificate-refused not-strict off-profile proof-missing "         \
	"nodes-differ staple-missing"
/* A new one is to be asked for. */
#define ANEW "hostname-mismatch no-san self-signed weak-key weak-signature wrong-purpose revoked"
/* The server knows more than the client is told. */
#define LOG                                                                                        \
	"server-alert broken-tls tls-refused handshake-closed handshake-reset "                    \
	"handshake-timeout session-closed session-reset session-timeout server-error "             \
	"closed-before-greeting"
#define VERSIONS "protocol-version downgraded"
#define WAITS    "slow greeting-timeout session-timeout"

const struct remedy remedy_servers[] = {
	/* ---- a certificate with the right name, from whichever CA */
	{ .causes = ANEW,
	    .who = "mariadb-server mysql-server tidb haproxy nginx",
	    .run = "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "
		   "privkey.pem -subj /CN=database -addext subjectAltName=DNS:{host} -addext "
		   "extendedKeyUsage=serverAuth -out request.pem",
	    .say = N_("a request to the CA, and its key; for an address it is IP: in the place "
		      "of DNS:") },

	/* ---- the certificate, its chain and its key into the server */
	{ .causes = CERTIFICATE,
	    .who = "mariadb-server",
	    .file = "/etc/mysql/mariadb.conf.d/50-server.cnf",
	    .write = "[mariadbd]\nssl_cert=/etc/mysql/ssl/fullchain.pem\n"
		     "ssl_key=/etc/mysql/ssl/privkey.pem",
	    .run = "mariadb -e 'FLUSH SSL'",
	    .say = N_("in fullchain.pem the certificate stands first, and its intermediates "
		      "behind it") },
	{ .causes = CERTIFICATE,
	    .who = "mysql-server",
	    .file = "/etc/mysql/mysql.conf.d/mysqld.cnf",
	    .write = "[mysqld]\nssl_cert=/etc/mysql/ssl/fullchain.pem\n"
		     "ssl_key=/etc/mysql/ssl/privkey.pem\nssl_ca=/etc/mysql/ssl/cas.pem",
	    .run = "mysql -e 'ALTER INSTANCE RELOAD TLS'",
	    .say = N_("the intermediates stand behind the certificate in fullchain.pem; without "
		      "them and their root in cas.pem as well, MySQL 9 does not load it anew "
		      "(error 3888)") },
	{ .causes = CERTIFICATE,
	    .who = "tidb",
	    .file = "tidb.toml",
	    .write = "[security]\nssl-cert = \"/etc/tidb/fullchain.pem\"\n"
		     "ssl-key = \"/etc/tidb/privkey.pem\"",
	    .run = "mysql -h 127.0.0.1 -P 4000 -u root -p -e 'ALTER INSTANCE RELOAD TLS'",
	    .say = N_("on each tidb-server; TiDB Cloud has certificates of its own, and renews "
		      "them") },
	{ .causes = CERTIFICATE,
	    .who = "haproxy",
	    .file = "/etc/haproxy/haproxy.cfg",
	    .write = "bind :443 ssl crt /etc/haproxy/site.pem",
	    .run = "haproxy -c -f /etc/haproxy/haproxy.cfg && systemctl reload haproxy",
	    .say = N_("site.pem: the certificate, its intermediates, its key, in one file") },
	{ .causes = CERTIFICATE,
	    .who = "nginx",
	    .file = "/etc/nginx/nginx.conf",
	    .write = "ssl_certificate /etc/nginx/ssl/fullchain.pem;\n"
		     "ssl_certificate_key /etc/nginx/ssl/privkey.pem;",
	    .run = "nginx -t && systemctl reload nginx",
	    .say = N_("in fullchain.pem the certificate stands first, and its intermediates "
		      "behind it") },
	{ .causes = CERTIFICATE,
	    .who = "dbtls",
	    .file = "door.conf",
	    .write = "certificate /etc/dbtls/fullchain.pem /etc/dbtls/privkey.pem",
	    .run = "dbtls reload",
	    .say = N_("that is for one of your own; with dbtls's CA the door renews its "
		      "certificate itself, and dbtls up --name NAME puts a name in") },
	{ .causes = CERTIFICATE " untrusted-root",
	    .who = "aws",
	    .run = "openssl s_client -connect {host}:{port} -servername {host} -showcerts",
	    .say = N_("AWS renews its certificates itself: what is wrong here is this machine's "
		      "store or clock, or something on the way that answers in its place") },

	/* ---- the CA that clients need */
	{ .causes = "untrusted-root self-signed",
	    .who = "mariadb-server",
	    .run = "mariadb -e \"SHOW VARIABLES LIKE 'ssl_c%'\"",
	    .say = N_("ssl_ca is often the file that clients need: its certificates, no key") },
	{ .causes = "untrusted-root self-signed",
	    .who = "mysql-server",
	    .file = "/var/lib/mysql/ca.pem",
	    .say = N_("where MySQL has made its certificates itself, that is what clients need; "
		      "they name no host, so that their name can't be verified") },
	{ .causes = "untrusted-root self-signed",
	    .who = "tidb",
	    .run = "grep -n -e auto-tls -e ssl- tidb.toml",
	    .say = N_("what auto-tls makes is signed by itself: nobody can verify it. TiDB Cloud "
		      "Dedicated: the CA is behind CA cert in the dialog Connect") },
	{ .causes = "untrusted-root self-signed",
	    .who = "dbtls",
	    .run = "dbtls ca export --out ca.pem" },
	{ .causes = "untrusted-root root-leaving",
	    .who = "aws",
	    .run = "dbtls trust add amazon-root-ca-1",
	    .say = N_("without dbtls: https://www.amazontrust.com/repository/, Amazon Root CA 1 "
		      "to 4") },

	/* ---- TLS at all */
	{ .causes = "tls-not-offered tls-refused",
	    .who = "mariadb-server",
	    .file = "/etc/mysql/mariadb.conf.d/50-server.cnf",
	    .write = "[mariadbd]\nssl_cert=/etc/mysql/ssl/fullchain.pem\n"
		     "ssl_key=/etc/mysql/ssl/privkey.pem\nrequire_secure_transport=ON",
	    .run = "systemctl restart mariadb && mariadb -e \"SHOW VARIABLES LIKE 'have_ssl'\"",
	    .say = N_("DISABLED: it could not read the files, which must be its user's, and its "
		      "log says why") },
	{ .causes = "tls-not-offered tls-refused",
	    .who = "mysql-server",
	    .file = "/etc/mysql/mysql.conf.d/mysqld.cnf",
	    .write = "[mysqld]\nssl_cert=/etc/mysql/ssl/fullchain.pem\n"
		     "ssl_key=/etc/mysql/ssl/privkey.pem\nrequire_secure_transport=ON",
	    .run = "systemctl restart mysql && grep -i -e tls -e ssl /var/log/mysql/error.log",
	    .say = N_("its log says what is wrong with the files, which must be its user's") },
	{ .causes = "tls-not-offered tls-refused",
	    .who = "tidb",
	    .file = "tidb.toml",
	    .write = "[security]\nssl-cert = \"/etc/tidb/fullchain.pem\"\n"
		     "ssl-key = \"/etc/tidb/privkey.pem\"",
	    .run = "grep 'secure connection' tidb.log",
	    .say = N_("tidb-server takes it at its next start") },
	{ .causes = "tls-not-offered not-tls",
	    .who = "haproxy",
	    .file = "/etc/haproxy/haproxy.cfg",
	    .write = "mode tcp",
	    .say = N_("MySQL's TLS begins after the greeting, and HAProxy can't speak that: it "
		      "passes it on, and the certificate is the database's") },
	{ .causes = "tls-not-offered not-tls",
	    .who = "nginx",
	    .file = "/etc/nginx/nginx.conf",
	    .write = "proxy_pass 127.0.0.1:3306;",
	    .say = N_("MySQL's TLS begins after the greeting, and nginx can't speak that: in "
		      "stream it passes it on, without ssl, and the certificate is the "
		      "database's") },
	{ .causes = "tls-not-offered tls-refused not-tls",
	    .who = "dbtls",
	    .run = "dbtls status",
	    .say = N_("the door always offers TLS: is that its port?") },
	{ .causes = "tls-required",
	    .who = "mariadb-server mysql-server tidb",
	    .write = "require_secure_transport=ON",
	    .say = N_("the server is right: leave it so, and have the client speak TLS") },
	{ .causes = "tls-required",
	    .who = "dbtls",
	    .run = "dbtls status clients",
	    .say = N_("who comes without TLS, by address and library") },

	/* ---- versions and algorithms */
	{ .causes = VERSIONS,
	    .who = "mariadb-server",
	    .file = "/etc/mysql/mariadb.conf.d/50-server.cnf",
	    .write = "[mariadbd]\ntls_version=TLSv1.2,TLSv1.3",
	    .run = "systemctl restart mariadb" },
	{ .causes = VERSIONS,
	    .who = "mysql-server",
	    .file = "/etc/mysql/mysql.conf.d/mysqld.cnf",
	    .write = "[mysqld]\ntls_version=TLSv1.2,TLSv1.3",
	    .run = "mysql -e \"SET PERSIST tls_version='TLSv1.2,TLSv1.3'; ALTER INSTANCE RELOAD "
		   "TLS\"" },
	{ .causes = VERSIONS,
	    .who = "tidb",
	    .file = "tidb.toml",
	    .write = "[security]\ntls-version = \"TLSv1.2\"",
	    .say = N_("the lowest that it takes; at its next start") },
	{ .causes = VERSIONS,
	    .who = "haproxy",
	    .file = "/etc/haproxy/haproxy.cfg",
	    .write = "ssl-default-bind-options ssl-min-ver TLSv1.2",
	    .run = "haproxy -c -f /etc/haproxy/haproxy.cfg && systemctl reload haproxy" },
	{ .causes = VERSIONS,
	    .who = "nginx",
	    .file = "/etc/nginx/nginx.conf",
	    .write = "ssl_protocols TLSv1.2 TLSv1.3;",
	    .run = "nginx -t && systemctl reload nginx" },
	{ .causes = VERSIONS,
	    .who = "dbtls",
	    .file = "door.conf",
	    .write = "tls-version both",
	    .run = "dbtls reload",
	    .say = N_("1.2 and 1.3; older ones are never let in, and dbtls status clients says "
		      "who wants them") },
	{ .causes = VERSIONS " no-shared-cipher",
	    .who = "aws",
	    .say = N_("AWS takes TLS 1.2 and later: the client is too old, or is told otherwise"),
	    .run = "curl -sv --tlsv1.2 -o /dev/null https://{host}/" },
	{ .causes = "no-shared-cipher weak-key",
	    .who = "mariadb-server",
	    .file = "/etc/mysql/mariadb.conf.d/50-server.cnf",
	    .write = "[mariadbd]\nssl_cipher=",
	    .run = "systemctl restart mariadb",
	    .say = N_("empty: what OpenSSL has by itself, Diffie-Hellman groups of 2048 bits "
		      "included") },
	{ .causes = "no-shared-cipher weak-key",
	    .who = "mysql-server",
	    .file = "/etc/mysql/mysql.conf.d/mysqld.cnf",
	    .write = "[mysqld]\nssl_cipher=ECDHE-ECDSA-AES128-GCM-SHA256:"
		     "ECDHE-RSA-AES128-GCM-SHA256",
	    .run = "mysql -e 'ALTER INSTANCE RELOAD TLS'",
	    .say = N_("for TLS 1.2; tls_ciphersuites, which is best left alone, is for 1.3") },
	{ .causes = "no-shared-cipher",
	    .who = "tidb",
	    .run = "grep -i 'tls' tidb.log",
	    .say = N_("it takes Go's cipher suites, and has no setting for them: a client that "
		      "shares none is too old") },
	{ .causes = "no-shared-cipher weak-key",
	    .who = "haproxy",
	    .file = "/etc/haproxy/haproxy.cfg",
	    .write = "ssl-default-bind-ciphers ECDHE+AESGCM:ECDHE+CHACHA20",
	    .run = "haproxy -c -f /etc/haproxy/haproxy.cfg && systemctl reload haproxy" },
	{ .causes = "no-shared-cipher weak-key",
	    .who = "nginx",
	    .file = "/etc/nginx/nginx.conf",
	    .write = "ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;",
	    .run = "nginx -t && systemctl reload nginx" },
	{ .causes = "no-shared-cipher",
	    .who = "dbtls",
	    .run = "dbtls status clients",
	    .say = N_("the door has ECDHE with AES-GCM or ChaCha20 alone: who shares none is "
		      "named there") },
	{ .causes = "staple-missing revocation-unknown",
	    .who = "nginx",
	    .file = "/etc/nginx/nginx.conf",
	    .write = "ssl_stapling on;\nssl_stapling_verify on;",
	    .run = "nginx -t && systemctl reload nginx",
	    .say = N_("it asks the certificate's OCSP responder, and needs a resolver for that") },
	{ .causes = "staple-missing revocation-unknown",
	    .who = "haproxy",
	    .file = "/etc/haproxy/crt-list.txt",
	    .write = "/etc/haproxy/site.pem [ocsp-update on]",
	    .run = "haproxy -c -f /etc/haproxy/haproxy.cfg && systemctl reload haproxy",
	    .say = N_("from version 2.8 on, for bind … ssl crt-list /etc/haproxy/crt-list.txt") },
	{ .causes = "staple-missing",
	    .who = "mariadb-server mysql-server tidb dbtls",
	    .run = "openssl x509 -in fullchain.pem -noout -ext tlsfeature",
	    .say = N_("it staples no OCSP response: it needs a certificate without the demand "
		      "for one (status_request)") },

	/* ---- client certificates */
	{ .causes = "client-cert-required",
	    .who = "haproxy",
	    .file = "/etc/haproxy/haproxy.cfg",
	    .write = "bind :443 ssl crt /etc/haproxy/site.pem ca-file /etc/haproxy/clients.pem "
		     "verify required",
	    .run = "openssl verify -purpose sslclient -CAfile /etc/haproxy/clients.pem "
		   "client.pem",
	    .say = N_("it turns away who shows none, or one of another CA than those in "
		      "clients.pem: put the client's CA there, and leave the line so") },
	{ .causes = "client-cert-required",
	    .who = "nginx",
	    .file = "/etc/nginx/nginx.conf",
	    .write = "ssl_client_certificate /etc/nginx/ssl/clients.pem;\nssl_verify_client on;",
	    .run = "openssl verify -purpose sslclient -CAfile /etc/nginx/ssl/clients.pem "
		   "client.pem",
	    .say = N_("it turns away who shows none, or one of another CA than those in "
		      "clients.pem: put the client's CA there, and leave the line so") },
	{ .causes = "client-cert-required",
	    .who = "dbtls",
	    .run = "dbtls ca issue --client app1 --out app1.pem",
	    .say = N_("makes one, its key in the same file; which names are let in: "
		      "--client-name") },
	{ .causes = "client-cert-required login-failed",
	    .who = "mariadb-server",
	    .run = "mariadb -e \"SELECT user, host, ssl_type, x509_issuer FROM mysql.user\"",
	    .say = N_("X509 or SPECIFIED there: that account is let in with a client certificate "
		      "alone, and told error 1045 without") },
	{ .causes = "client-cert-required login-failed",
	    .who = "mysql-server",
	    .run = "mysql -e \"SELECT user, host, ssl_type FROM mysql.user\"",
	    .say = N_("X509 or SPECIFIED there: that account is let in with a client certificate "
		      "alone, and told error 1045 without") },
	{ .causes = "client-cert-required login-failed",
	    .who = "tidb",
	    .run = "mysql -h {host} -P {port} -u root -p -e \"SHOW CREATE USER app\"",
	    .say = N_("REQUIRE X509 there wants a client certificate. On TiDB Cloud Starter a "
		      "user's name begins with the cluster's prefix, as in PREFIX.root") },

	/* ---- who is let in */
	{ .causes = "login-failed",
	    .who = "dbtls",
	    .run = "dbtls password --generate",
	    .say = N_("a new password for root, shown once") },
	{ .causes = "login-failed access-denied",
	    .who = "aws",
	    .run = "aws sts get-caller-identity",
	    .say = N_("whom AWS takes the key for; what he may do is in IAM's policies") },
	{ .causes = "auth-unsupported",
	    .who = "mariadb-server",
	    .run = "mariadb -e \"SELECT user, host, plugin FROM mysql.user\"",
	    .say = N_("every client knows mysql_native_password but Oracle's from 9.0 on; "
		      "ed25519 and parsec are for MariaDB's own") },
	{ .causes = "auth-unsupported",
	    .who = "mysql-server",
	    .run = "mysql -e \"SELECT user, host, plugin FROM mysql.user\"",
	    .say = N_("caching_sha2_password is what clients of today have in common") },
	{ .causes = "auth-unsupported",
	    .who = "tidb",
	    .run = "mysql -h {host} -P {port} -u root -p -e \"SELECT user, host, plugin FROM "
		   "mysql.user\"",
	    .say = N_("caching_sha2_password and mysql_native_password are what clients have in "
		      "common") },
	{ .causes = "address-not-allowed closed-before-greeting",
	    .who = "mariadb-server",
	    .run = "mariadb -e \"SELECT user, host FROM mysql.user\"",
	    .say = N_("an account is for the addresses in its host: CREATE USER "
		      "app@'192.0.2.%' IDENTIFIED BY '…'") },
	{ .causes = "address-not-allowed closed-before-greeting",
	    .who = "mysql-server",
	    .run = "mysql -e \"SELECT user, host FROM mysql.user\"",
	    .say = N_("an account is for the addresses in its host: CREATE USER "
		      "app@'192.0.2.%' IDENTIFIED BY '…'") },
	{ .causes = "address-not-allowed closed-before-greeting connect-timeout",
	    .who = "tidb",
	    .run = "curl -s https://checkip.amazonaws.com",
	    .say = N_("TiDB Cloud: the address that this shows has to be on the cluster's IP "
		      "access list") },
	{ .causes = "address-not-allowed closed-before-greeting",
	    .who = "dbtls",
	    .run = "dbtls access add 192.0.2.0/24",
	    .say = N_("dbtls access test ADDRESS says whether one is let in") },
	{ .causes = "too-many-connections",
	    .who = "mariadb-server",
	    .file = "/etc/mysql/mariadb.conf.d/50-server.cnf",
	    .write = "[mariadbd]\nmax_connections=500",
	    .run = "mariadb -e 'SET GLOBAL max_connections=500; SHOW PROCESSLIST'" },
	{ .causes = "too-many-connections",
	    .who = "mysql-server",
	    .file = "/etc/mysql/mysql.conf.d/mysqld.cnf",
	    .write = "[mysqld]\nmax_connections=500",
	    .run = "mysql -e 'SET PERSIST max_connections=500; SHOW PROCESSLIST'" },
	{ .causes = "too-many-connections",
	    .who = "tidb",
	    .run = "mysql -h {host} -P {port} -u root -p -e \"SHOW VARIABLES LIKE "
		   "'max_connections'; SHOW PROCESSLIST\"",
	    .say = N_("0 is no bound of its own; on TiDB Cloud the cluster's size decides") },
	{ .causes = "too-many-connections",
	    .who = "haproxy",
	    .file = "/etc/haproxy/haproxy.cfg",
	    .write = "maxconn 4000",
	    .say = N_("in global and in the frontend; the database's own max_connections must "
		      "not be less") },
	{ .causes = "too-many-connections",
	    .who = "nginx",
	    .file = "/etc/nginx/nginx.conf",
	    .write = "worker_connections 4096;",
	    .say = N_("in events; a session takes two") },
	{ .causes = "too-many-connections",
	    .who = "dbtls",
	    .run = "dbtls status",
	    .say = N_("how sessions ended is there; it is the database behind it that is full") },
	{ .causes = "host-blocked",
	    .who = "mariadb-server",
	    .file = "/etc/mysql/mariadb.conf.d/50-server.cnf",
	    .write = "[mariadbd]\nmax_connect_errors=100000\nskip_name_resolve=ON",
	    .run = "mariadb-admin flush-hosts",
	    .say = N_("without names of clients there is nobody to block") },
	{ .causes = "host-blocked",
	    .who = "mysql-server",
	    .file = "/etc/mysql/mysql.conf.d/mysqld.cnf",
	    .write = "[mysqld]\nmax_connect_errors=100000\nskip_name_resolve=ON",
	    .run = "mysql -e 'TRUNCATE TABLE performance_schema.host_cache'",
	    .say = N_("without names of clients there is nobody to block") },
	{ .causes = "host-blocked",
	    .who = "haproxy",
	    .file = "/etc/haproxy/haproxy.cfg",
	    .write = "option mysql-check user haproxy",
	    .say = N_("a check that only connects counts as a failure each time; that user needs "
		      "an account without a password and without rights") },
	{ .causes = "host-blocked",
	    .who = "dbtls",
	    .write = "upstream db1.example.com:3306 ca /etc/dbtls/db1-ca.pem proxy",
	    .file = "door.conf",
	    .run = "dbtls reload",
	    .say = N_("over TCP the database counts all clients' failures against the door; with "
		      "proxy it sees their own addresses (MariaDB and TiDB)") },

	/* ---- the way there */
	{ .causes = "connection-refused",
	    .who = "mariadb-server",
	    .file = "/etc/mysql/mariadb.conf.d/50-server.cnf",
	    .write = "[mariadbd]\nbind-address=0.0.0.0",
	    .run = "systemctl restart mariadb && ss -ltn",
	    .say = N_("Debian's package listens on 127.0.0.1 alone; before it listens elsewhere, "
		      "require_secure_transport=ON") },
	{ .causes = "connection-refused",
	    .who = "mysql-server",
	    .file = "/etc/mysql/mysql.conf.d/mysqld.cnf",
	    .write = "[mysqld]\nbind-address=0.0.0.0",
	    .run = "systemctl restart mysql && ss -ltn",
	    .say = N_("Ubuntu's package listens on 127.0.0.1 alone; before it listens elsewhere, "
		      "require_secure_transport=ON") },
	{ .causes = "connection-refused",
	    .who = "tidb",
	    .file = "tidb.toml",
	    .write = "host = \"0.0.0.0\"\nport = 4000",
	    .run = "ss -ltn" },
	{ .causes = "connection-refused",
	    .who = "haproxy",
	    .run = "systemctl status haproxy; haproxy -c -f /etc/haproxy/haproxy.cfg" },
	{ .causes = "connection-refused",
	    .who = "nginx",
	    .run = "systemctl status nginx; nginx -t" },
	{ .causes = "connection-refused",
	    .who = "dbtls",
	    .run = "dbtls status",
	    .say = N_("where it listens, and whether it runs") },
	{ .causes = "connect-timeout dns-failure",
	    .who = "aws",
	    .run = "aws ec2 describe-vpc-endpoints --query "
		   "'VpcEndpoints[].[ServiceName,State,PrivateDnsEnabled]'",
	    .say = N_("out of a VPC without a NAT gateway there is no other way to DynamoDB than "
		      "an endpoint of its own") },
	{ .causes = WAITS,
	    .who = "mariadb-server",
	    .file = "/etc/mysql/mariadb.conf.d/50-server.cnf",
	    .write = "[mariadbd]\nskip_name_resolve=ON",
	    .run = "systemctl restart mariadb",
	    .say = N_("else it asks DNS for the client's name before it speaks; accounts then go "
		      "by addresses") },
	{ .causes = WAITS,
	    .who = "mysql-server",
	    .file = "/etc/mysql/mysql.conf.d/mysqld.cnf",
	    .write = "[mysqld]\nskip_name_resolve=ON",
	    .run = "systemctl restart mysql",
	    .say = N_("else it asks DNS for the client's name before it speaks; accounts then go "
		      "by addresses") },
	{ .causes = "greeting-timeout",
	    .who = "haproxy nginx",
	    .run = "ss -ltnp",
	    .say = N_("a balancer that takes the connection and says nothing has no database "
		      "behind it that answers, or waits for TLS or HTTP on that port") },

	/* ---- names that are asked for */
	{ .causes = "sni-required",
	    .who = "haproxy",
	    .file = "/etc/haproxy/haproxy.cfg",
	    .write = "bind :443 ssl crt /etc/haproxy/site.pem",
	    .say = N_("without strict-sni the first certificate is for those who name nobody") },
	{ .causes = "sni-required",
	    .who = "nginx",
	    .file = "/etc/nginx/nginx.conf",
	    .write = "listen 443 ssl default_server;",
	    .say =
		N_("in a server without ssl_reject_handshake: it is for those who name nobody") },
	{ .causes = "alpn-mismatch",
	    .who = "haproxy",
	    .file = "/etc/haproxy/haproxy.cfg",
	    .write = "bind :443 ssl crt /etc/haproxy/site.pem alpn h2,http/1.1" },
	{ .causes = "alpn-mismatch",
	    .who = "nginx",
	    .file = "/etc/nginx/nginx.conf",
	    .write = "listen 443 ssl http2;",
	    .say = N_("in stream it is ssl_alpn; without it any protocol will do") },
	{ .causes = "not-dynamodb",
	    .who = "aws",
	    .run = "curl -s https://{host}/",
	    .say = N_("DynamoDB says healthy: and its own name; a page of HTML is a proxy's") },

	/* ---- what it has noted */
	{ .causes = LOG,
	    .who = "mariadb-server",
	    .run = "journalctl -u mariadb --since -10min",
	    .say = N_("with log_warnings=4 each connection that was broken off is there") },
	{ .causes = LOG,
	    .who = "mysql-server",
	    .file = "/var/log/mysql/error.log",
	    .run = "tail -n 50 /var/log/mysql/error.log",
	    .say = N_("with log_error_verbosity=3 each connection that was broken off is there") },
	{ .causes = LOG,
	    .who = "tidb",
	    .file = "tidb.log",
	    .run = "grep -i -e handshake -e tls tidb.log" },
	{ .causes = LOG, .who = "haproxy", .run = "journalctl -u haproxy --since -10min" },
	{ .causes = LOG,
	    .who = "nginx",
	    .file = "/var/log/nginx/error.log",
	    .run = "tail -n 50 /var/log/nginx/error.log",
	    .say = N_("with error_log … info each handshake that failed is there") },
	{ .causes = LOG,
	    .who = "dbtls",
	    .run = "dbtls status clients",
	    .say = N_("each client that failed, by address and library, and why") },
	{ .causes = NULL },
};
