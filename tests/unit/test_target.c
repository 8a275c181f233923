/* SPDX-License-Identifier: Apache-2.0 */
/* Targets as people have them: what is read out of each form, and what of it is shown. */
#include "doctor/target.h"
#include "base/buf.h"
#include "tap.h"

#include <stdlib.h>

/* ---- a target in one line -------------------------------------------------------------------- */

static void add(struct buf *out, const char *name, const char *value)
{
	if (value)
		(void)buf_fmt(out, " %s=%s", name, value);
}

static void add_versions(struct buf *out, unsigned versions)
{
	static const char *const names[] = { "1.0", "1.1", "1.2", "1.3" };

	for (size_t i = 0; i < 4; i++)
		if (versions & 1u << i)
			(void)buf_fmt(out, " tls%s", names[i]);
}

static const char *const protocols[] = { [TARGET_MYSQL] = "mysql",
	[TARGET_HTTPS] = "https",
	[TARGET_TLS] = "tls",
	[TARGET_HTTP] = "http" };
static const char *const services[] = { [TARGET_DYNAMODB] = "dynamodb",
	[TARGET_STREAMS] = "streams",
	[TARGET_TIDB_CLOUD] = "tidb-cloud" };

static void describe(struct buf *out, const struct target *t)
{
	(void)buf_fmt(out, "%s %s %u", protocols[t->protocol], t->host, t->port);
	add(out, "service", services[t->service]);
	add(out, "region", t->region);
	add(out, "path", t->path);
	add(out, "user", t->user);
	add(out, "password", t->password);
	add(out, "database", t->database);
	add(out, "client", t->client);
	if (t->verify != TARGET_UNSAID)
		(void)buf_fmt(out, " [%s%s]", target_verify_text(t),
		    t->falls_back && t->verify != TARGET_NONE ? ", falls back" : "");
	add_versions(out, t->versions);
	add(out, "name", t->server_name);
	add(out, "ca", t->ca);
	add(out, "ca-folder", t->ca_folder);
	add(out, "store", t->store);
	add(out, "store-type", t->store_type);
	add(out, "store-password", t->store_password);
	add(out, "certificate", t->certificate);
	add(out, "key", t->key);
}

/* The target in a line, or "refused: " and why. */
static const char *read_as(const char *text)
{
	static char line[4096];
	struct buf out = buf_new(sizeof line - 1);
	struct target t;
	struct err e = { 0 };

	if (target_parse(&t, span_of(text, strlen(text)), &e) < 0)
		(void)buf_fmt(&out, "refused: %s", e.text);
	else
		describe(&out, &t);
	target_free(&t);
	(void)snprintf(line, sizeof line, "%.*s", (int)out.n, out.p ? (const char *)out.p : "");
	buf_free(&out);
	return line;
}

struct line {
	const char *text, *want;
};

static void try_lines(const struct line *lines, size_t n)
{
	for (size_t i = 0; i < n; i++)
		is_str(read_as(lines[i].text), lines[i].want, "%.*s",
		    (int)strcspn(lines[i].text, "\\\n"), lines[i].text);
}

#define TRY(lines) try_lines(lines, sizeof(lines) / sizeof *(lines))

/* ---- forms ----------------------------------------------------------------------------------- */

static void addresses(void)
{
	static const struct line lines[] = {
		{ "db1.example.com", "mysql db1.example.com 3306" },
		{ " DB1.Example.com.:4000\r\n", "mysql db1.example.com 4000" },
		{ "192.0.2.7:4000", "mysql 192.0.2.7 4000" },
		{ "[2001:db8::7]:4000", "mysql 2001:db8::7 4000" },
		{ "2001:db8::7", "mysql 2001:db8::7 3306" },
		{ "my_db:3307", "mysql my_db 3307" },
		{ "www.example.com:443", "https www.example.com 443 path=/" },
		{ "gateway01.eu-central-1.prod.aws.tidbcloud.com",
		    "mysql gateway01.eu-central-1.prod.aws.tidbcloud.com 4000 service=tidb-cloud" },
		{ "tidb.abc123.clusters.tidb-cloud.com",
		    "mysql tidb.abc123.clusters.tidb-cloud.com 4000 service=tidb-cloud" },
		{ "dynamodb:8000", "mysql dynamodb 8000" },
	};

	TRY(lines);
}

static void dynamodb(void)
{
	static const struct line lines[] = {
		{ "dynamodb:eu-west-3",
		    "https dynamodb.eu-west-3.amazonaws.com 443 service=dynamodb region=eu-west-3 "
		    "path=/" },
		{ "dynamodb-streams:us-east-1",
		    "https streams.dynamodb.us-east-1.amazonaws.com 443 service=streams "
		    "region=us-east-1 path=/" },
		{ "dynamodb-fips:us-east-2",
		    "https dynamodb-fips.us-east-2.amazonaws.com 443 service=dynamodb "
		    "region=us-east-2 path=/" },
		{ "dynamodb-dual:eu-west-1",
		    "https dynamodb.eu-west-1.api.aws 443 service=dynamodb region=eu-west-1 "
		    "path=/" },
		{ "dynamodb-streams-dual:eu-west-1",
		    "https streams-dynamodb.eu-west-1.api.aws 443 service=streams "
		    "region=eu-west-1 path=/" },
		{ "dynamodb:cn-north-1",
		    "https dynamodb.cn-north-1.amazonaws.com.cn 443 service=dynamodb "
		    "region=cn-north-1 path=/" },
		{ "dynamodb-dual:cn-north-1",
		    "https dynamodb.cn-north-1.api.amazonwebservices.com.cn 443 service=dynamodb "
		    "region=cn-north-1 path=/" },
		{ "dynamodb:us-gov-west-1",
		    "https dynamodb.us-gov-west-1.amazonaws.com 443 service=dynamodb "
		    "region=us-gov-west-1 path=/" },
		{ "dynamodb:us-isob-east-1",
		    "https dynamodb.us-isob-east-1.sc2s.sgov.gov 443 service=dynamodb "
		    "region=us-isob-east-1 path=/" },
		{ "dynamodb:eusc-de-east-1",
		    "https dynamodb.eusc-de-east-1.amazonaws.eu 443 service=dynamodb "
		    "region=eusc-de-east-1 path=/" },
		{ "dynamodb:local", "http localhost 8000 service=dynamodb path=/ [off]" },
		{ "123456789012.ddb.eu-west-3.amazonaws.com",
		    "https 123456789012.ddb.eu-west-3.amazonaws.com 443 service=dynamodb "
		    "region=eu-west-3 path=/" },
		{ "https://streams.dynamodb.eu-west-3.amazonaws.com",
		    "https streams.dynamodb.eu-west-3.amazonaws.com 443 service=streams "
		    "region=eu-west-3 path=/" },
		{ "dynamodb.eu-west-3.amazonaws.com.example.com",
		    "mysql dynamodb.eu-west-3.amazonaws.com.example.com 3306" },
		{ "dynamodb:europe",
		    "refused: the name: what stands behind the colon is no region; "
		    "write dynamodb:eu-west-3" },
		{ "dynamodb-stream:eu-west-3", "refused: there is no \"dynamodb-stream\"; did you "
					       "mean \"dynamodb-streams\"?" },
		{ "dynamodb-dual:us-iso-east-1",
		    "refused: the name: DynamoDB has no dual-stack names in us-iso-east-1" },
	};

	TRY(lines);
}

static void urls(void)
{
	static const struct line lines[] = {
		{ "https://db1.example.com/health?deep=1",
		    "https db1.example.com 443 path=/health?deep=1" },
		{ "https://[2001:db8::7]:8443", "https 2001:db8::7 8443 path=/" },
		{ "http://localhost:8000", "http localhost 8000 path=/ [off]" },
		{ "tls://db1.example.com:6380", "tls db1.example.com 6380" },
		{ "mysql://root:p%40ss%2Fw@db1.example.com:4000/test",
		    "mysql db1.example.com 4000 user=root password=p@ss/w database=test" },
		{ "mysql://root:p@ss@db1.example.com/test",
		    "mysql db1.example.com 3306 user=root password=p@ss database=test" },
		{ "'mariadb://root@db1.example.com'", "mysql db1.example.com 3306 user=root" },
		{ "mysql://u@h/d?sslaccept=strict&sslcert=..%2Fca.pem&connection_limit=5",
		    "mysql h 3306 user=u database=d client=prisma [full] ca=../ca.pem" },
		{ "mysql://u@h/d?sslaccept=accept_invalid_certs",
		    "mysql h 3306 user=u database=d client=prisma [none]" },
		{ "mysql://u@h/d?ssl=%7B%22rejectUnauthorized%22%3Atrue%7D",
		    "mysql h 3306 user=u database=d client=node [CA only]" },
		{ "mysql://u@h/d?ssl={\"verifyIdentity\":true,\"minVersion\":\"TLSv1.2\"}",
		    "mysql h 3306 user=u database=d client=node [full] tls1.2 tls1.3" },
		{ "mysql://u@h/d?ssl={\"rejectUnauthorized\":false}",
		    "mysql h 3306 user=u database=d client=node [none]" },
		{ "mysql2://u@h/d?ssl_mode=verify_identity&sslca=/ca.pem",
		    "mysql h 3306 user=u database=d client=ruby [full] ca=/ca.pem" },
	};

	TRY(lines);
}

static void sqlalchemy(void)
{
	static const struct line lines[] = {
		{ "mysql+pymysql://u:p@h:4000/d", "mysql h 4000 user=u password=p database=d "
						  "client=pymysql [opportunistic]" },
		{ "mysql+pymysql://u@h/d?ssl_ca=/ca.pem",
		    "mysql h 3306 user=u database=d client=pymysql [full] ca=/ca.pem" },
		{ "mysql+pymysql://u@h/d?ssl_ca=/ca.pem&ssl_check_hostname=false",
		    "mysql h 3306 user=u database=d client=pymysql [CA only] ca=/ca.pem" },
		{ "mysql+pymysql://u@h/d?ssl_verify_cert=false",
		    "mysql h 3306 user=u database=d client=pymysql [none]" },
		{ "mysql+pymysql://u@h/d?ssl_disabled=false",
		    "mysql h 3306 user=u database=d client=pymysql [off]" },
		{ "mysql+mysqldb://u@h/d?ssl_ca=/ca.pem",
		    "mysql h 3306 user=u database=d client=python [CA only, falls back] "
		    "ca=/ca.pem" },
		{ "mysql+mysqldb://u@h/d?ssl_ca=/ca.pem&ssl_mode=VERIFY_IDENTITY",
		    "mysql h 3306 user=u database=d client=python [full] ca=/ca.pem" },
		{ "mysql+mysqlconnector://u@h/d?ssl_ca=/ca.pem&ssl_verify_cert=true",
		    "mysql h 3306 user=u database=d client=connector-python [CA only] "
		    "ca=/ca.pem" },
		{ "mysql+mysqlconnector://u@h/"
		  "d?ssl_ca=/ca.pem&ssl_verify_cert=true&ssl_verify_identity=true",
		    "mysql h 3306 user=u database=d client=connector-python [full] ca=/ca.pem" },
		{ "mysql+mysqlconnector://u@h/d?ssl_ca=/ca.pem",
		    "mysql h 3306 user=u database=d client=connector-python [opportunistic] "
		    "ca=/ca.pem" },
		{ "mysql+asyncmy://u@h/d", "mysql h 3306 user=u database=d" },
	};

	TRY(lines);
}

/* Held against Connector/J 26.10.0 and MariaDB Connector/J 3.5.2 themselves. */
static void jdbc(void)
{
	static const struct line lines[] = {
		{ "jdbc:mysql://h:4/d?user=a%40b&password=x+y",
		    "mysql h 4 user=a@b password=x y database=d client=java [opportunistic]" },
		{ "jdbc:mysql://root:pw@h/d",
		    "mysql h 3306 user=root password=pw database=d client=java [opportunistic]" },
		{ "jdbc:mysql://h/d?useSSL=false", "mysql h 3306 database=d client=java [off]" },
		{ "jdbc:mysql://h/d?useSSL=true&verifyServerCertificate=true",
		    "mysql h 3306 database=d client=java [CA only]" },
		{ "jdbc:mysql://h/d?verifyServerCertificate=true",
		    "mysql h 3306 database=d client=java [CA only]" },
		{ "jdbc:mysql://h/d?requireSSL=true",
		    "mysql h 3306 database=d client=java [none]" },
		{ "jdbc:mysql://h/d?useSSL=false&verifyServerCertificate=true",
		    "mysql h 3306 database=d client=java [off]" },
		{ "jdbc:mysql://h/d?sslMode=REQUIRED&useSSL=false",
		    "mysql h 3306 database=d client=java [none]" },
		{ "jdbc:mysql://h/d?sslMode=verify_identity&enabledTLSProtocols=TLSv1.2",
		    "mysql h 3306 database=d client=java [full] tls1.2" },
		{ "jdbc:mysql://h/d?sslmode=VERIFY_IDENTITY",
		    "mysql h 3306 database=d client=java [opportunistic]" },
		{ "jdbc:mysql://h/d?trustCertificateKeyStoreUrl=file:/t.p12"
		  "&trustCertificateKeyStoreType=PKCS12&trustCertificateKeyStorePassword=changeit"
		  "&sslMode=VERIFY_IDENTITY&tlsVersions=TLSv1.2,TLSv1.3",
		    "mysql h 3306 database=d client=java [full] tls1.2 tls1.3 store=/t.p12 "
		    "store-type=PKCS12 store-password=changeit" },
		{ "jdbc:mariadb://h:4/d?sslMode=VERIFY_CA&user=a%40b&password=x%40y",
		    "mysql h 4 user=a%40b password=x%40y database=d client=mariadb-java "
		    "[CA only]" },
		{ "jdbc:mariadb://h/d?sslMode=verify-full&serverSslCert=/x",
		    "mysql h 3306 database=d client=mariadb-java [full] ca=/x" },
		{ "jdbc:mariadb://h/d", "mysql h 3306 database=d client=mariadb-java [off]" },
		{ "jdbc:mariadb://h/d?useSSL=true",
		    "mysql h 3306 database=d client=mariadb-java [full]" },
		{ "jdbc:mariadb://h/d?useSsl=true&trustServerCertificate=true",
		    "mysql h 3306 database=d client=mariadb-java [none]" },
		{ "jdbc:mariadb://h/d?useSsl=true&disableSslHostnameVerification=true",
		    "mysql h 3306 database=d client=mariadb-java [CA only]" },
		{ "jdbc:mariadb://h/d?sslMode=REQUIRED",
		    "mysql h 3306 database=d client=mariadb-java [none]" },
	};

	TRY(lines);
}

/* Held against the driver's own parser, dsn.go of 1.10.1. */
static void dsns(void)
{
	static const struct line lines[] = {
		{ "root:p:w@tcp(db1.example.com:4000)/test?tls=true",
		    "mysql db1.example.com 4000 user=root password=p:w database=test client=go "
		    "[full]" },
		{ "root:a/b@c@tcp(h)/d?tls=skip-verify",
		    "mysql h 3306 user=root password=a/b@c database=d client=go [none]" },
		{ "u@tcp([2001:db8::7]:4000)/?tls=preferred",
		    "mysql 2001:db8::7 4000 user=u client=go [opportunistic]" },
		{ "u@tcp(h)/d", "mysql h 3306 user=u database=d client=go [off]" },
		{ "u:p@/d?tls=TRUE&allowFallbackToPlaintext=true",
		    "mysql 127.0.0.1 3306 user=u password=p database=d client=go [full, falls "
		    "back]" },
		{ "tcp(h:4000)/d%2Fe?tls=tidb", "mysql h 4000 database=d/e client=go" },
		{ "u:p@unix(/run/mysqld/mysqld.sock)/d",
		    "refused: the DSN connects over a Unix socket, where there is no TLS to check; "
		    "name a host instead" },
		{ "u:p@tcp(h:4000)", "refused: the DSN has no \"/\" behind its address; write "
				     "USER@tcp(HOST:PORT)/DATABASE" },
		{ "u:p@tcp(h:4000)x/d",
		    "refused: the DSN: between \")\" and \"/\" stands nothing" },
	};

	TRY(lines);
}

/* Held against mysql 9.7.4, mariadb 10.11.19 and mycli 2.26. */
static void commands(void)
{
	static const struct line lines[] = {
		{ "mysql --ssl-mode=VERIFY_IDENTITY --ssl-ca ca.pem -uroot -h h -P4000 -p -D d",
		    "mysql h 4000 user=root database=d client=mysql [full] ca=ca.pem" },
		{ "$ /usr/bin/mysql -h h \\\n  --user 'ro ot' \\\r\n -psec\\'ret d",
		    "mysql h 3306 user=ro ot password=sec'ret database=d client=mysql "
		    "[opportunistic]" },
		{ "mysql -h h --ssl-ca=ca.pem", "mysql h 3306 client=mysql [CA only] ca=ca.pem" },
		{ "mysql -h h --ssl_mode=required --tls-version=TLSv1.2,TLSv1.3 "
		  "--tls-sni-servername=n",
		    "mysql h 3306 client=mysql [none] tls1.2 tls1.3 name=n" },
		{ "mysql -h h --ssl-mode=DISABLED", "mysql h 3306 client=mysql [off]" },
		{ "mysql -vvvBh h -P 4000 < dump.sql -u not",
		    "mysql h 4000 client=mysql [opportunistic]" },
		{ "MYSQL_PWD=geheim mysql --protocol=tcp -h localhost -e 'SELECT 1; -P 7' # -P 8",
		    "mysql localhost 3306 password=geheim client=mysql [opportunistic]" },
		{ "mysql -h h --ssl-verify-server-cert --ssl-ca=\"/my ca.pem\"",
		    "mysql h 3306 client=mariadb [full] ca=/my ca.pem" },
		{ "mysql -h h --skip-ssl", "mysql h 3306 client=mariadb [off]" },
		{ "mariadb -h h --ssl-ca=ca.pem",
		    "mysql h 3306 client=mariadb [CA only, falls back] ca=ca.pem" },
		{ "mariadb -h h --ssl-ver --ssl-capath=/etc/ssl/certs",
		    "mysql h 3306 client=mariadb [full] ca-folder=/etc/ssl/certs" },
		{ "mariadb -h h --disable-ssl-verify-server-cert --ssl-ca=ca.pem",
		    "mysql h 3306 client=mariadb [opportunistic] ca=ca.pem" },
		{ "mariadb -h h --ssl=0", "mysql h 3306 client=mariadb [off]" },
		{ "mariadb -h h --ssl-mode VERIFY_CA d",
		    "mysql h 3306 database=d client=mariadb [opportunistic]" },
		{ "mycli -h h -u root -p geheim --ssl-mode=on --ssl-ca=ca.pem d",
		    "mysql h 3306 user=root password=geheim database=d client=mycli [CA only] "
		    "ca=ca.pem" },
		{ "mycli --host h --ssl-ca ca.pem --ssl-verify-server-cert",
		    "mysql h 3306 client=mycli [full, falls back] ca=ca.pem" },
		{ "mycli --host h --ssl-verify-server-cert",
		    "mysql h 3306 client=mycli [opportunistic]" },
		{ "mysql -h h -S /run/mysqld/mysqld.sock",
		    "mysql h 3306 client=mysql [opportunistic]" },
		{ "mysql -S /run/mysqld/mysqld.sock -u root",
		    "refused: the command line connects over a Unix socket, where there is no TLS "
		    "to "
		    "check; name a host instead" },
		{ "mysql -u root -p", "refused: the command line names no host" },
		{ "mysql -h $HOST -p\"$PASSWORD\"", "refused: the command line holds a variable of "
						    "the shell ($HOST), whose value is "
						    "not known here; write the value itself" },
		{ "mysql -h h -p\"$PASSWORD\"", "mysql h 3306 client=mysql [opportunistic]" },
		{ "mysql -h h -p'geheim",
		    "refused: the command line has a quote that is not closed" },
	};

	TRY(lines);
}

int main(void)
{
	dsns();
	commands();
	addresses();
	dynamodb();
	urls();
	sqlalchemy();
	jdbc();
	return tap_done();
}
