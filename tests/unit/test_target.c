/* SPDX-License-Identifier: Apache-2.0 */
/* Targets as people have them: what is read out of each form, and what of it is shown. */
#include "target/target.h"
#include "base/buf.h"
#include "recipes/recipes.h"
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

/* The same, without the passwords; the notes behind it. */
static void describe_shown(struct buf *out, const struct target *t)
{
	struct target shown = *t;

	shown.password = shown.store_password = NULL;
	describe(out, &shown);
	for (size_t i = 0; i < t->notes; i++)
		(void)buf_fmt(out, "\n%d %s", t->note[i].kind, t->note[i].sentence);
}

static int changed; /* targets that read otherwise once "***" stands for their passwords */

/* A check that was saved has the target as it is shown (doctor/record.h). */
static void read_again(const struct target *t)
{
	struct buf once = buf_new(65536), twice = buf_new(65536);
	struct target again;
	struct err e = { 0 };

	describe_shown(&once, t);
	if (target_parse(&again, span_of(t->text, strlen(t->text)), &e) == 0)
		describe_shown(&twice, &again);
	if (once.n != twice.n || memcmp(once.p, twice.p, once.n) != 0 ||
	    strcmp(again.text, t->text) != 0) {
		printf("# %s\n# %.*s\n# %.*s %s\n", t->text, (int)once.n, (char *)once.p,
		    (int)twice.n, twice.p ? (char *)twice.p : "", e.text);
		changed++;
	}
	target_free(&again);
	buf_free(&once);
	buf_free(&twice);
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
	else {
		describe(&out, &t);
		read_again(&t);
	}
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

/* D1: each name is the one that botocore 1.43 makes by the services' rule sets. */
static void endpoints(void)
{
	static const struct {
		const char *text, *host;
	} rows[] = {
		{ "dynamodb:eu-west-3", "dynamodb.eu-west-3.amazonaws.com" },
		{ "dynamodb-fips:eu-west-3", "dynamodb-fips.eu-west-3.amazonaws.com" },
		{ "dynamodb-dual:eu-west-3", "dynamodb.eu-west-3.api.aws" },
		{ "dynamodb-fips-dual:eu-west-3", "dynamodb-fips.eu-west-3.api.aws" },
		{ "dynamodb:us-east-1", "dynamodb.us-east-1.amazonaws.com" },
		{ "dynamodb-fips:us-east-1", "dynamodb-fips.us-east-1.amazonaws.com" },
		{ "dynamodb-dual:us-east-1", "dynamodb.us-east-1.api.aws" },
		{ "dynamodb-fips-dual:us-east-1", "dynamodb-fips.us-east-1.api.aws" },
		{ "dynamodb:cn-north-1", "dynamodb.cn-north-1.amazonaws.com.cn" },
		{ "dynamodb-fips:cn-north-1", "dynamodb-fips.cn-north-1.amazonaws.com.cn" },
		{ "dynamodb-dual:cn-north-1", "dynamodb.cn-north-1.api.amazonwebservices.com.cn" },
		{ "dynamodb-fips-dual:cn-north-1",
		    "dynamodb-fips.cn-north-1.api.amazonwebservices.com.cn" },
		{ "dynamodb:us-gov-west-1", "dynamodb.us-gov-west-1.amazonaws.com" },
		{ "dynamodb-fips:us-gov-west-1", "dynamodb.us-gov-west-1.amazonaws.com" },
		{ "dynamodb-dual:us-gov-west-1", "dynamodb.us-gov-west-1.api.aws" },
		{ "dynamodb-fips-dual:us-gov-west-1", "dynamodb-fips.us-gov-west-1.api.aws" },
		{ "dynamodb:eusc-de-east-1", "dynamodb.eusc-de-east-1.amazonaws.eu" },
		{ "dynamodb-fips:eusc-de-east-1", "dynamodb-fips.eusc-de-east-1.amazonaws.eu" },
		{ "dynamodb-streams:eu-west-3", "streams.dynamodb.eu-west-3.amazonaws.com" },
		{ "dynamodb-streams-fips:eu-west-3",
		    "streams.dynamodb-fips.eu-west-3.amazonaws.com" },
		{ "dynamodb-streams-dual:eu-west-3", "streams-dynamodb.eu-west-3.api.aws" },
		{ "dynamodb-streams:us-east-1", "streams.dynamodb.us-east-1.amazonaws.com" },
		{ "dynamodb-streams-fips:us-east-1",
		    "streams.dynamodb-fips.us-east-1.amazonaws.com" },
		{ "dynamodb-streams-dual:us-east-1", "streams-dynamodb.us-east-1.api.aws" },
		{ "dynamodb-streams:cn-north-1", "streams.dynamodb.cn-north-1.amazonaws.com.cn" },
		{ "dynamodb-streams-fips:cn-north-1",
		    "streams.dynamodb-fips.cn-north-1.amazonaws.com.cn" },
		{ "dynamodb-streams-dual:cn-north-1",
		    "streams-dynamodb.cn-north-1.api.amazonwebservices.com.cn" },
		{ "dynamodb-streams:us-gov-west-1",
		    "streams.dynamodb.us-gov-west-1.amazonaws.com" },
		{ "dynamodb-streams-fips:us-gov-west-1",
		    "streams.dynamodb.us-gov-west-1.amazonaws.com" },
		{ "dynamodb-streams-dual:us-gov-west-1", "streams-dynamodb.us-gov-west-1.api.aws" },
		{ "dynamodb-streams:eusc-de-east-1",
		    "streams.dynamodb.eusc-de-east-1.amazonaws.eu" },
		{ "dynamodb-streams-fips:eusc-de-east-1",
		    "streams.dynamodb-fips.eusc-de-east-1.amazonaws.eu" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct target t;
		struct err e = { 0 };

		ok(target_parse(&t, span_of(rows[i].text, strlen(rows[i].text)), &e) == 0 &&
			t.host && strcmp(t.host, rows[i].host) == 0,
		    "%s is %s, not %s", rows[i].text, rows[i].host, t.host ? t.host : e.text);
		target_free(&t);
	}
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
		{ "DATABASE_URL=\"mysql://root@h/d\"", "mysql h 3306 user=root database=d" },
		{ "export DATABASE_URL='mysql://root@h/d'", "mysql h 3306 user=root database=d" },
		{ "spring.datasource.url: jdbc:mysql://h/d?sslMode=VERIFY_IDENTITY",
		    "mysql h 3306 database=d client=java [full]" },
		{ "url = 'mysql://root@h/d',", "mysql h 3306 user=root database=d" },
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
		{ "mysql://u@h/d?ssl-mode=REQUIRED",
		    "mysql h 3306 user=u database=d client=sqlx [none]" },
		{ "mysql://u@h/d?ssl-mode=VERIFY_IDENTITY&ssl-ca=%2Fca.pem",
		    "mysql h 3306 user=u database=d client=sqlx [full] ca=/ca.pem" },
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
		{ "u:p@tcp(h:4000)x/d", "refused: the DSN: between \")\" and \"/\" stands nothing; "
					"in an option's value, write / as %2F" },
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

/* The forms in which TiDB Cloud's manual shows them, and others. Held against the drivers. */
static void code(void)
{
	static const struct line lines[] = {
		{ "host=\"h\", user=\"root\", password=\"<your_password>\", port=4000, "
		  "database=\"test\", ssl_mode=\"VERIFY_IDENTITY\", ssl={\"ca\": \"ca.pem\"}",
		    "mysql h 4000 user=root password=<your_password> database=test client=python "
		    "[full] ca=ca.pem" },
		{ "connection = MySQLdb.connect(host='h', ssl={'ca': 'ca.pem'}) # host='x'",
		    "mysql h 3306 client=python [CA only, falls back] ca=ca.pem" },
		{ "pymysql.connect(host='h', port=4000, ssl_ca='ca.pem', ssl_verify_cert=True, "
		  "ssl_verify_identity=True)",
		    "mysql h 4000 client=pymysql [full] ca=ca.pem" },
		{ "pymysql.connect(host='h', ssl_ca='ca.pem')",
		    "mysql h 3306 client=pymysql [none] ca=ca.pem" },
		{ "pymysql.connect(host='h', ssl={'ca': 'ca.pem', 'check_hostname': False})",
		    "mysql h 3306 client=pymysql [CA only] ca=ca.pem" },
		{ "pymysql.connect(host='h', password=secret(), ssl=context)",
		    "mysql h 3306 client=pymysql" },
		{ "mysql.connector.connect(host='h', ssl_ca='ca.pem', ssl_verify_cert=True)",
		    "mysql h 3306 client=connector-python [CA only] ca=ca.pem" },
		{ "mysql.createConnection({\n  host: 'h',\n  port: 4000, // the door's\n  user: "
		  "'root',\n  password: 'p\\'w',\n  database: 'test',\n  ssl: {\n    ca: "
		  "fs.readFileSync('ca.pem'),\n    minVersion: 'TLSv1.2',\n    "
		  "rejectUnauthorized: true\n  }\n});",
		    "mysql h 4000 user=root password=p'w database=test client=node [CA only] "
		    "tls1.2 tls1.3 ca=ca.pem" },
		{ "createPool({host: \"h\", ssl: {verifyIdentity: true}})",
		    "mysql h 3306 client=node [full]" },
		{ "createPool({host: \"h\", ssl: {rejectUnauthorized: false}})",
		    "mysql h 3306 client=node [none]" },
		{ "createPool({host: \"h\"})", "mysql h 3306 client=node [off]" },
		{ "createPool({host: process.env.HOST})",
		    "refused: this is no form of a target that is known here; write HOST:PORT, a "
		    "URL (mysql://…, jdbc:mysql://…, https://…), a DSN of Go, dynamodb:REGION, or "
		    "a line of mysql, mariadb or mycli"
		    "; is it an error's text? dbtls explain 'TEXT'" },
		{ "Mysql2::Client.new(host: 'h', username: 'u', ssl_mode: :verify_identity, sslca: "
		  "path)",
		    "mysql h 3306 user=u client=ruby [full]" },
		{ "require 'mysql2'\nMysql2::Client.new(host: 'h', sslca: 'ca', ssl_mode: "
		  ":verify_identity)",
		    "mysql h 3306 client=ruby [full] ca=ca" },
		{ "Mysql2::Client.new(host: 'h', password: ENV.fetch('PASSWORD'))",
		    "mysql h 3306 client=ruby [opportunistic]" },
		{ "createPool({host: 'h', password: process.env['PASSWORD'], ssl})",
		    "mysql h 3306 client=node" },
		{ "pymysql.connect(host='h', ssl={'check_hostname': True})",
		    "mysql h 3306 client=pymysql [none]" },
		{ "pymysql.connect(host='h', ssl={})",
		    "mysql h 3306 client=pymysql [opportunistic]" },
		{ "pymysql.connect(host='h', ssl_verify_identity=True)",
		    "mysql h 3306 client=pymysql [CA only]" },
		{ "pymysql.connect(host='h', ssl_ca=path, ssl_verify_identity=True)",
		    "mysql h 3306 client=pymysql [full]" },
		{ "MySQLdb.connect(host='h', ssl_mode=mode)", "mysql h 3306 client=python" },
		{ "{'ENGINE': 'django.db.backends.mysql', 'NAME': 'd', 'HOST': 'h', 'USER': 'u', "
		  "'OPTIONS': {'ssl_mode': 'VERIFY_IDENTITY', 'ssl': {'ca': 'ca.pem'}}}",
		    "mysql h 3306 user=u database=d client=python [full] ca=ca.pem" },
	};

	TRY(lines);
}

/* ---- what `dbtls connect` prints --------------------------------------------------------------
 */

static const struct recipe_values values = { .host = "db1.example.com",
	.port = "4000",
	.ca = "/var/lib/db tls/ca.pem",
	.user = "root",
	.database = "test",
	.tls_version = "1.2" };

/* client: what reads the settings, where that is another. */
static void check_recipe(const char *name, const char *client, const char *text)
{
	struct target t;
	struct err e = { 0 };
	int rc = target_parse(&t, span_of(text, strlen(text)), &e);

	is_str(rc == 0 ? "" : e.text, "", "%s: what is printed is a target", name);
	if (rc < 0)
		return;
	is_str(t.host, "db1.example.com", "%s: the host", name);
	is_int(t.port, 4000, "%s: the port", name);
	is_str(t.user, "root", "%s: the user", name);
	is_str(t.database, "test", "%s: the database", name);
	is_str(t.client, client, "%s: the client", name);
	is_str(target_verify_text(&t), "full", "%s: all is verified", name);
	is_int(t.falls_back, 0, "%s: and never in plaintext", name);
	is_int(t.notes, 0, "%s: nothing to be said: %s", name, t.notes ? t.note->sentence : "");
	is_int(t.versions, TARGET_TLS12, "%s: TLS 1.2 alone", name);
	if (t.store)
		is_str(t.store, "truststore.p12", "%s: the trust store", name);
	else
		is_str(t.ca ? t.ca : "", values.ca, "%s: the CA", name);
	target_free(&t);
}

static void fill_recipe(const char *name, const char *client)
{
	struct buf out = buf_new(RECIPE_TEXT);
	struct err e = { 0 };

	is_int(recipe_fill(recipe_of(name), &values, &out, &e), 0, "%s: printed", name);
	(void)buf_add(&out, "", 1);
	check_recipe(name, client, (const char *)out.p);
	buf_free(&out);
}

/* The program sets properties; the note has the same as a connection string. */
static void java_recipe(void)
{
	struct recipe_made m;
	struct err e = { 0 };
	const char *url = NULL;

	is_int(recipe_make(recipe_of("java"), &values, &m, &e), 0, "java: printed");
	if (m.note.p)
		url = strstr((const char *)m.note.p, "jdbc:");
	ok(url != NULL, "java: with a connection string");
	if (url)
		check_recipe("java", "java", url);
	recipe_free(&m);
}

static void recipe_lines(void)
{
	fill_recipe("mysql", "mysql");
	fill_recipe("mariadb", "mariadb");
	fill_recipe("mycli", "mycli");
	fill_recipe("node", "node");
	fill_recipe("sequelize", "node");
	fill_recipe("prisma", "prisma");
	java_recipe();
}

/* ---- notes ----------------------------------------------------------------------------------- */

/* "id place → nearest", one a note; the place as it stands in the text shown. */
static const char *notes_of(const char *text)
{
	static char line[4096];
	struct buf out = buf_new(sizeof line - 1);
	struct target t;
	struct err e = { 0 };

	if (target_parse(&t, span_of(text, strlen(text)), &e) < 0)
		(void)buf_fmt(&out, "refused: %s", e.text);
	for (size_t i = 0; i < t.notes; i++) {
		const struct target_note *note = &t.note[i];

		(void)buf_fmt(&out, "%s%s%s %.*s", i ? "; " : "",
		    note->kind == TARGET_REFUSED ? "refused: " : "", target_note_id(note->kind),
		    (int)note->n, t.text + note->at);
		if (note->nearest)
			(void)buf_fmt(&out, " -> %s", note->nearest);
		ok(note->sentence[0] && !strstr(note->sentence, "geheim"), "a sentence: %s",
		    note->sentence);
	}
	if (t.text)
		read_again(&t);
	target_free(&t);
	(void)snprintf(line, sizeof line, "%.*s", (int)out.n, out.p ? (const char *)out.p : "");
	buf_free(&out);
	return line;
}

static void try_notes(const struct line *line, size_t n)
{
	for (size_t i = 0; i < n; i++)
		is_str(notes_of(line[i].text), line[i].want, "notes: %s", line[i].text);
}

static void notes_of_dsns(void)
{
	static const struct line lines[] = {
		{ "u:geheim@tcp(h)/d?tls=true&time_zone=UTC&sql_mode=ANSI", "" },
		{ "u:geheim@tcp(h)/d?tsl=true",
		    "refused: option-unknown tsl=true -> tls; option-insecure " },
		{ "u:geheim@tcp(h)/d?tls=ture", "refused: option-unknown tls=ture -> true" },
		{ "u:geheim@tcp(h)/d?tls=skip-verfy",
		    "refused: option-unknown tls=skip-verfy -> skip-verify" },
		{ "u:geheim@tcp(h)/d?tls=prefered",
		    "refused: option-unknown tls=prefered -> preferred" },
		{ "u:geheim@tcp(h)/d?tls=tidb", "" },
		{ "u:geheim@tcp(h)/d?tls=custom", "" },
		{ "u:geheim@tcp(h)/d?tls=preferred", "option-insecure tls=preferred" },
	};

	try_notes(lines, sizeof lines / sizeof *lines);
}

static void notes(void)
{
	static const struct line lines[] = {
		{ "mysql -h h --ssl-mode=VERIFY_IDENTITY --ssl-ca=ca.pem", "" },
		{ "mysql -h h --ssl-mode=VERIFY_CA --ssl-ca=ca.pem",
		    "option-insecure --ssl-mode=VERIFY_CA" },
		{ "mysql -h h --ssl-mode=VERIFY_IDENTITY",
		    "option-no-effect --ssl-mode=VERIFY_IDENTITY -> ssl-ca" },
		{ "mysql -h h --ssl-mode=VERIFY_IDENTTY --ssl-ca=ca.pem",
		    "refused: option-unknown --ssl-mode=VERIFY_IDENTTY -> VERIFY_IDENTITY" },
		{ "mysql -h h --ssl-mode=ENABLED --ssl-ca=ca.pem",
		    "refused: option-unknown --ssl-mode=ENABLED -> VERIFY_IDENTITY" },
		{ "mysql -h localhost -P 4000 --ssl-mode=VERIFY_IDENTITY --ssl-ca=ca.pem",
		    "option-no-effect -h localhost -> --protocol=tcp" },
		{ "mysql -h h --ssl-mdoe REQUIRED",
		    "refused: option-unknown --ssl-mdoe -> ssl-mode; option-insecure " },
		{ "mariadb -h h --ssl-mode=VERIFY_IDENTITY --ssl-ca=ca.pem "
		  "--ssl-verify-server-cert",
		    "refused: option-unknown --ssl-mode=VERIFY_IDENTITY" },
		{ "mariadb -h h --ssl-ca=ca.pem --ssl-verify-server-cert --verb", "" },
		{ "mariadb -h h --ssl-ca=ca.pem --ssl-verify-server-cert --loose-verbse",
		    "option-unknown --loose-verbse" },
		{ "mysql -h h --ssl-mode=VERIFY_IDENTITY --ssl-ca=ca.pem --ssl",
		    "refused: option-unknown --ssl" },
		{ "mariadb -h h -pgeheim --ssl-ca=ca.pem", "option-insecure --ssl-ca=ca.pem" },
		{ "mycli -h h --ssl-verify-server-cert",
		    "option-no-effect --ssl-verify-server-cert -> --ssl-ca; option-insecure " },
		{ "jdbc:mysql://h/d?password=geheim&sslmode=VERIFY_IDENTITY",
		    "option-unknown sslmode=VERIFY_IDENTITY -> sslMode; option-insecure " },
		{ "jdbc:mysql://h/d?sslMode=VERIFY_IDENTITY&useSSL=true",
		    "option-no-effect useSSL=true -> sslMode" },
		{ "jdbc:mysql://h/d?sslMode=VERIFY_FULL",
		    "refused: option-unknown sslMode=VERIFY_FULL -> VERIFY_IDENTITY" },
		{ "jdbc:mysql://h/d?sslMode=VERIFY_IDENTITY&tlsVersions=TLSv1,TLSv1.2,TLSv9",
		    "option-unknown tlsVersions=TLSv1,TLSv1.2,TLSv9; option-no-effect "
		    "tlsVersions=TLSv1,TLSv1.2,TLSv9" },
		{ "jdbc:mariadb://h/d?sslMode=verify-full&trustCertificateKeyStoreUrl=file:x",
		    "option-unknown trustCertificateKeyStoreUrl=file:x" },
		{ "mysql+pymysql://u:geheim@h/d?ssl_ca=ca.pem&ssl_verify_cert=true"
		  "&ssl_verify_identity=true",
		    "option-no-effect ssl_ca=ca.pem -> ssl_check_hostname; option-insecure "
		    "ssl_verify_identity=true" },
		{ "mysql+pymysql://u:geheim@h/d?ssl_mode=VERIFY_IDENTITY&ssl_ca=ca.pem",
		    "refused: option-unknown ssl_mode=VERIFY_IDENTITY" },
		{ "mysql://u@h/d?sslaccept=strict&sslmode=require",
		    "option-unknown sslmode=require" },
		{ "mysql://u@h/d?ssl=true", "option-unknown ssl=true" },
		{ "mysql://u@h/d?sslaccpt=strict", "option-unknown sslaccpt=strict -> sslaccept" },
		{ "http://h/", "option-insecure http -> https" },
		{ "createPool({host: 'h', ssl: {verifyIdentty: true}})",
		    "option-unknown verifyIdentty: true -> ssl.verifyIdentity; option-insecure "
		    "ssl" },
	};

	try_notes(lines, sizeof lines / sizeof *lines);
}

/* ---- passwords ------------------------------------------------------------------------------- */

static void secrets(void)
{
	static const struct line lines[] = {
		{ "mysql://u:geheim@h/d", "mysql://u:***@h/d" },
		{ "mysql://u:geh@eim@h/d", "mysql://u:***@h/d" },
		{ "DATABASE_URL=mysql://u:geheim@h/d", "mysql://u:***@h/d" },
		{ "jdbc:mysql://h/d?user=u&password=geheim&sslMode=REQUIRED",
		    "jdbc:mysql://h/d?user=u&password=***&sslMode=REQUIRED" },
		{ "jdbc:mysql://h/d?passwort=geheim&trustCertificateKeyStorePassword=geheim",
		    "jdbc:mysql://h/d?passwort=***&trustCertificateKeyStorePassword=***" },
		{ "<url>jdbc:mysql://h/d?x", "" },
		{ "jdbc:mysql://h/d?user=u&amp;password=geheim",
		    "jdbc:mysql://h/d?user=u&amp;password=***" },
		{ "u:geheim@tcp(h)/d", "u:***@tcp(h)/d" },
		{ "mysql -h h -pgeheim -u u", "mysql -h h -p*** -u u" },
		{ "mysql -h h -p'geh eim' -u u", "mysql -h h -p'***' -u u" },
		{ "mysql -h h --password=geh\\ eim", "mysql -h h --password=***" },
		{ "mysql -h h -D d -p geheim", "mysql -h h -D d -p ***" },
		{ "mycli -h h -p geheim d", "mycli -h h -p *** d" },
		{ "MYSQL_PWD=geheim mariadb -h h", "MYSQL_PWD=*** mariadb -h h" },
		{ "host='h', password='geh\\'eim', sort='x'",
		    "host='h', password='***', sort='x'" },
		{ "mysql://u@h/d?ssl={\"key\":\"geheim\"}", "mysql://u@h/d?ssl=***" },
	};

	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		struct target t;
		struct err e = { 0 };
		int rc = target_parse(&t, span_of(lines[i].text, strlen(lines[i].text)), &e);

		is_str(rc == 0 ? t.text : "", lines[i].want, "shown: %s", lines[i].want);
		ok(!strstr(e.text, "geheim"), "no password in an error: %s", e.text);
		if (rc == 0)
			read_again(&t);
		target_free(&t);
	}
}

/* What is refused, and that no sentence has a password in it. */
static void refusals(void)
{
	static const struct line lines[] = {
		{ "", "refused: no target is given; write HOST:PORT, or a URL" },
		{ "db1:0", "refused: the address: behind the host's colon stands no port from 1 to "
			   "65535; if that is part of a password, write @ as %40, / as %2F, # as "
			   "%23 and ? as %3F" },
		{ "-rf", "refused: the address: the host is neither a name nor an address; write a "
			 "name in ASCII (xn--… for others), IPv6 in brackets" },
		{ "db1.example.com:4000/test",
		    "refused: this is no form of a target that is known here; write HOST:PORT, a "
		    "URL (mysql://…, jdbc:mysql://…, https://…), a DSN of Go, dynamodb:REGION, or "
		    "a line of mysql, mariadb or mycli" },
		{ "SSL connection error",
		    "refused: this is no form of a target that is known here; write HOST:PORT, a "
		    "URL (mysql://…, jdbc:mysql://…, https://…), a DSN of Go, dynamodb:REGION, or "
		    "a line of mysql, mariadb or mycli; is it an error's text? dbtls explain "
		    "'TEXT'" },
		{ "/tmp/x.sock", "refused: a path is no target: over a Unix socket there is no TLS "
				 "to check, name a host instead; targets in a file are read by "
				 "--file FILE" },
		{ "[2001:db8::7:4000", "refused: the address: behind the IPv6 address comes \"]\", "
				       "then \":\" and the port" },
		{ "mysql://u:geh/eim@h/d",
		    "refused: the URL: an @ stands behind the host; if it is part of the password, "
		    "write @ as %40, / as %2F, # as %23 and ? as %3F" },
		{ "mysql://u:geh%eim@h/d",
		    "refused: the URL: behind % come two hexadecimal digits; "
		    "write % itself as %25" },
		{ "postgres://u:geheim@h/d",
		    "refused: the URL begins with postgres://, which is not known here; there are "
		    "mysql://, mariadb://, jdbc:mysql://, jdbc:mariadb://, mysql+DRIVER:// "
		    "(SQLAlchemy), https:// and tls://" },
		{ "jdbc:mysql://h1:4000,h2:4000/d", "refused: the URL names several hosts: check "
						    "them one by one, each in a text of its own" },
		{ "jdbc:mysql://(host=h,port=4000)/d",
		    "refused: the URL has its host in parentheses; write it as "
		    "HOST:PORT/DATABASE?…" },
		{ "mysql+pymysql://u@/d?unix_socket=/run/m.sock",
		    "refused: the URL connects over a Unix socket, where there is no TLS to check; "
		    "name a host instead" },
		{ "mysql:///d", "refused: the URL names no host" },
		{ "jdbc:mysql:h", "refused: the URL has no \"//\" before its host" },
		{ "# a\nmysql://h",
		    "refused: this is no form of a target that is known here; write HOST:PORT, a "
		    "URL (mysql://…, jdbc:mysql://…, https://…), a DSN of Go, dynamodb:REGION, or "
		    "a line of mysql, mariadb or mycli; is it an error's text? dbtls explain "
		    "'TEXT'" },
		{ "a\x01", "refused: the target holds control characters, or is no UTF-8" },
		{ "a\xff", "refused: the target holds control characters, or is no UTF-8" },
		{ "mysql://u@h/d%0a", "refused: the URL: there are control characters in it" },
		{ "tls://h", "refused: the URL: behind the host's colon stands no port from 1 to "
			     "65535; if that is part of a password, write @ as %40, / as %2F, # as "
			     "%23 and ? as %3F" },
	};
	static char text[TARGET_TEXT + 2];

	TRY(lines);
	memset(text, 'a', TARGET_TEXT + 1);
	is_str(read_as(text), "refused: a target of more than 8192 bytes is too long", "too long");
}

/* ---- many ------------------------------------------------------------------------------------ */

static void list(void)
{
	static const char text[] = "# the doors\n\ndb1:4000\r\n  mysql -h db2 \\\n  -P 4000\n#"
				   "db3\ndynamodb:eu-west-3";
	struct span rest = span_of(text, sizeof text - 1);
	struct target_line line = { 0 };
	char all[256] = "";

	while (target_list(&rest, &line)) {
		size_t n = strlen(all);

		(void)snprintf(all + n, sizeof all - n, "%zu:%.*s|", line.number, (int)line.text.n,
		    (const char *)line.text.p);
	}
	is_str(all, "3:db1:4000|4:mysql -h db2 \\\n  -P 4000|7:dynamodb:eu-west-3|",
	    "targets of a file, with their lines");
	is_int(target_list(&rest, &line), 0, "and no more");
}

int main(void)
{
	code();
	recipe_lines();
	notes();
	notes_of_dsns();
	secrets();
	refusals();
	list();
	dsns();
	commands();
	addresses();
	dynamodb();
	endpoints();
	urls();
	sqlalchemy();
	jdbc();
	/* Where a key is part of ssl={…}, all of that is "***". */
	is_int(changed, 1, "a target reads the same when \"***\" stands for its passwords");
	return tap_done();
}
