/* SPDX-License-Identifier: Apache-2.0 */
/* What settings say: a text, the name of its file, and the lines in which what is found. */
#include "lint/lint.h"
#include "base/buf.h"
#include "tap.h"

#include <stdlib.h>
#include <time.h>

struct row {
	const char *name; /* NULL: the text alone says what it is */
	const char *text;
	const char *want; /* "LINE:id …"; "-": nothing; "?": not even understood */
};

static const char *found_in(const struct row *row)
{
	static char line[4096];
	struct buf out = buf_new(sizeof line - 1);
	struct lint l;
	struct err e = { 0 };

	if (lint(span_of(row->text, strlen(row->text)), row->name, &l, &e) < 0)
		return "refused";
	for (size_t i = 0; i < l.n; i++)
		(void)buf_fmt(&out, "%s%zu:%s", i ? " " : "", l.found[i].line, l.found[i].id);
	if (l.n == 0)
		(void)buf_fmt(&out, "%s", l.settings ? "-" : "?");
	(void)snprintf(line, sizeof line, "%.*s", (int)out.n, (const char *)out.p);
	buf_free(&out);
	lint_free(&l);
	return line;
}

static void try_rows(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		is_str(found_in(&rows[i]), rows[i].want, "%s: %.*s",
		    rows[i].name ? rows[i].name : "-", (int)strcspn(rows[i].text, "\n"),
		    rows[i].text);
}

#define TRY(rows) try_rows(rows, sizeof(rows) / sizeof *(rows))

/* ---- URLs and DSNs --------------------------------------------------------------------------- */

#define DB "db1.example.com:4000/test"

static const struct row urls[] = {
	{ "A.java", "String a = \"jdbc:mysql://" DB "?sslMode=VERIFY_IDENTITY\";\n", "-" },
	{ "A.java", "String a = \"jdbc:mysql://" DB "?sslMode=REQUIRED\";\n", "1:option-insecure" },
	{ "A.java", "x();\n// \"jdbc:mysql://" DB "?useSSL=false\"\n", "?" },
	{ "A.java", "x();\n/* \"jdbc:mysql://" DB "?useSSL=false\"\n*/ y();\n", "?" },
	{ "A.java",
	    "String a = \"jdbc:mysql://" DB "?useUnicode=true\"\n  + \"&sslMode=PREFERRED\";\n",
	    "2:option-insecure" },
	{ "A.java",
	    "String a = \"jdbc:mysql://\" + host + \":\" + port + \"/\" + db\n"
	    "    + \"?useSSL=true\";\n",
	    "2:option-insecure" },
	{ "A.java",
	    "String a = String.format(\"jdbc:mysql://%s:%d/%s?sslmode=VERIFY_IDENTITY\");\n",
	    "1:option-insecure 1:option-unknown" },
	{ "a.go", "sql.Open(\"mysql\", `root:pw@tcp(h.example.com)/test?tls=skip-verify`)\n",
	    "1:option-insecure" },
	{ "a.go", "sql.Open(\"mysql\", \"root:pw@tcp(\"+host+\":4000)/test?tls=preferred\")\n",
	    "1:option-insecure" },
	{ "a.go", "sql.Open(\"mysql\", \"root:pw@tcp(h.example.com:4000)/test?tls=true\")\n", "-" },
	{ "a.py", "u = ('mysql+mysqldb://{user}:{pw}@'\n     f'{host}/db?ssl_mode=REQUIRED')\n",
	    "2:option-insecure" },
	{ "a.py", "'''\nit's\n'''\nu = 'mysql+pymysql://u:p@" DB "?ssl_verify_cert=false' # why\n",
	    "4:option-insecure" },
	{ ".env", "DATABASE_URL=mysql://u:p@" DB "?ssl={\"rejectUnauthorized\":false}\n",
	    "1:option-insecure" },
	{ ".env",
	    "# A=mysql://u:p@" DB "?sslaccept=accept_invalid_certs\n"
	    "B=mysql://u:p%23q@" DB "?sslaccept=accept_invalid_certs\n",
	    "2:option-insecure" },
	{ "application.yml", "url: r2dbc:mysql://" DB "?sslMode=VERIFY_IDENTITY&sslCa=ca.pem\n",
	    "?" },
	{ "appsettings.json", "{ \"a\": \"Server=h;Database=d;Uid=u;SslMode=Preferred\" }\n",
	    "1:option-insecure" },
	{ "appsettings.json", "{ \"a\": \"Server=h;Uid=u;AllowPublicKeyRetrieval=True\" }\n",
	    "1:option-insecure" },
	{ "appsettings.json", "{ \"a\": \"Host=h;Username=u;SSL Mode=Prefer\" }\n", "?" },
	{ "application.yml", "url: jdbc:mysql://${HOST:db}:${PORT}/d?useSSL=false # old\n",
	    "1:option-insecure" },
	{ "pom.xml",
	    "<!-- jdbc:mysql://h/d?useSSL=false -->\n"
	    "<url>jdbc:mysql://" DB "?useSSL=true&amp;requireSSL=true</url>\n",
	    "2:option-insecure" },
	{ "README.md", "Use `jdbc:mysql://<host>:4000/test?sslMode=VERIFY_CA`.\n",
	    "1:option-insecure" },
	{ "README.md", "Connect to mysql://db1.example.com/test.\n", "-" },
	{ "A.java", "u = \"jdbc:mysql://" DB "?sslMode=VERIFY_IDENTITY&tlsVersions=TLSv1.1\";\n",
	    "1:version-old" },
};

/* ---- command lines --------------------------------------------------------------------------- */

static const struct row commands[] = {
	{ "a.sh", "mysql -h db --ssl-mode=VERIFY_IDENTITY --ssl-ca=ca.pem -e \"\nselect 1;\n\"\n",
	    "-" },
	{ "a.sh",
	    "# mysql --skip-ssl -h db\nsudo mysql -h \"$HOST\" -pX --ssl-mode=REQUIRED | cat\n",
	    "2:option-insecure" },
	{ "a.sh", "docker run --rm mysql:8 mysql -h db -u root \\\n  --ssl-mode=PREFERRED -p\n",
	    "2:option-insecure" },
	{ "a.sh", "kubectl exec pod -- mariadb -h db --skip-ssl && echo\n", "1:option-insecure" },
	{ "a.sh", "mysqldump -h db --single-transaction --ssl-mode=REQUIRED x\n",
	    "1:option-insecure" },
	{ "a.sh", "mariadb-dump -h db --skip-lock-tables --ssl-ca=$CA x\n", "1:option-insecure" },
	{ "a.sh", "mysql $MYSQL_OPTS -h db -u root\n", "-" },
	{ "a.sh", "mysql -h db -u root \"$DB\"\n", "1:option-insecure" },
	{ "a.sh", "mysql -h localhost -u root\nmysql -u root -S /run/s.sock\n", "-" },
	{ "a.sh", "apt-get install mysql -y\nsystemctl restart mysql -u x\n", "?" },
	{ "a.sh", "mycli -h db --ssl-ca=ca.pem -u x\n", "1:option-insecure" },
	{ "a.sh", "mariadb --ssl-ca=a --ssl-verify-server-crt -h db\n",
	    "1:option-insecure 1:option-unknown" },
	{ "a.sh", "mysql -h db --tls-version=TLSv1.1 --ssl-mode=VERIFY_IDENTITY --ssl-ca=a\n",
	    "1:version-old" },
	{ "Dockerfile", "FROM mysql\nCMD [\"mysql\", \"-hdb\", \"--ssl-mode=REQUIRED\"]\n",
	    "2:option-insecure" },
	{ "a.yml", "command:\n  - mysql\n  - -h\n  - db\n  - --ssl-mode=REQUIRED\n",
	    "5:option-insecure" },
	{ "a.yml", "run: |\n  mysql -h db --ssl-mode=REQUIRED # x\n", "2:option-insecure" },
	{ "crontab", "5 4 * * * root mysqldump -h db --skip-ssl x\n", "1:option-insecure" },
	{ "a.py", "run([\"mysql\", \"-h\", host,\n     \"--skip-ssl\"])\n", "2:option-insecure" },
	{ "a.py", "os.system(f\"mysql -h {host} -p{pw} --ssl-ca={ca}\")\n", "1:option-insecure" },
	{ "README.md", "    $ mysql -h db1.example.com -u root --ssl-mode=REQUIRED\n",
	    "1:option-insecure" },
	{ NULL, "mysql -h db1.example.com -u root --ssl-mode=REQUIRED\n", "1:option-insecure" },
};

/* ---- option files ---------------------------------------------------------------------------- */

static const struct row options[] = {
	{ "my.cnf", "[client]\nssl-ca=/a\nssl-verify-server-cert\nhost=db\n", "-" },
	{ "my.cnf", "# ssl-mode=DISABLED\n[client]\nssl_mode = \"REQUIRED\"  # no\n",
	    "3:option-insecure" },
	{ NULL, "[client]\nloose-ssl-mode=PREFERRED\n", "2:option-insecure" },
	{ "my.cnf", "[client]\nssl-ca=/a\n[mysqldump]\nssl-mode=REQUIRED\nquick\n",
	    "4:option-insecure" },
	{ "my.cnf", "[client-mariadb]\nssl-ca=/a\nssl-verify-server-crt\n",
	    "2:option-insecure 3:option-unknown" },
	{ "my.cnf", "[mysql]\nssl-mode=VERIFY_IDENTITY\nssl-ca=/a\nssl-verify-server-cert\n",
	    "4:option-unknown" },
	/* Oracle's and MariaDB's in one file: each reads its own. */
	{ "my.cnf",
	    "[mysql]\nssl-mode=VERIFY_IDENTITY\nssl-ca=/a\n"
	    "[client-mariadb]\nssl-ca=/a\nssl-verify-server-cert\n",
	    "-" },
	{ "my.cnf", "[mysql]\nssl-mode=VERIFY_IDENTITY\nssl-ca=/a\n[client-mariadb]\nssl-ca=/a\n",
	    "5:option-insecure" },
	{ "my.cnf", "[mariadb-dump]\nskip-ssl\nhost=db\n", "2:option-insecure" },
	{ "my.cnf", "[mysql]\nno-auto-rehash\nprompt=x\n", "?" },
	{ "my.cnf",
	    "[mysqld]\nrequire_secure_transport=OFF\ntls_version=TLSv1.1,TLSv1.2\n"
	    "ssl-key=/x\nskip-ssl\n",
	    "2:option-insecure 3:version-old 4:tls-not-offered 5:tls-not-offered" },
	{ "my.cnf",
	    "[mariadb-10.11]\nrequire_secure_transport=ON\ntls_version=TLSv1.2,TLSv1.3\n"
	    "ssl_cert=/x\nssl_key=/x\n",
	    "-" },
};

/* ---- names with a value ---------------------------------------------------------------------- */

static const struct row settings[] = {
	{ "application.properties",
	    "url=jdbc:mysql://db/test\nx.data-source-properties.sslMode=VERIFY_IDENTITY\n", "-" },
	{ "application.properties",
	    "url=jdbc:mysql://db/test\nx.data-source-properties.sslMode=REQUIRED\n",
	    "2:option-insecure" },
	{ "application.properties", "u=jdbc:mysql://db/test\n#dataSource.sslMode=REQUIRED\n",
	    "1:option-insecure" },
	{ "a.yml", "url: jdbc:mysql://db/test\np:\n  verifyServerCertificate: false\n",
	    "1:option-insecure 3:option-insecure" },
	{ "a.yml", "env:\n  - name: NODE_TLS_REJECT_UNAUTHORIZED\n    value: \"0\"\n",
	    "2:option-insecure" },
	{ "a.toml", "[mysql]\ntls = \"preferred\"\n", "2:option-insecure" },
	{ "a.json", "{ \"driver\": \"mysql\", \"ssl_mode\": \"VERIFY_CA\" }\n",
	    "1:option-insecure" },
	{ "a.json", "{ \"driver\": \"postgres\", \"sslmode\": \"prefer\" }\n", "-" },
	{ "a.sh", "PYTHONHTTPSVERIFY=0 aws s3 ls\n", "1:option-insecure" },
	{ "a.sh", "export NODE_TLS_REJECT_UNAUTHORIZED=1\n", "-" },
	{ "A.java",
	    "String u = \"jdbc:mysql://db/d\";\np.setProperty(\"sslMode\", \"REQUIRED\");\n",
	    "2:option-insecure" },
	{ "A.java", "String u = \"jdbc:mysql://db/d\";\np.setProperty(\"sslMode\", mode);\n", "-" },
	{ "a.js", "x = { ssl: { rejectUnauthorized: false } }\n", "1:option-insecure" },
	{ "a.js", "x = { ssl: { /* rejectUnauthorized: false */ } }\n", "?" },
};

/* ---- settings that stand together ------------------------------------------------------------ */

static const struct row blocks[] = {
	{ "database.yml",
	    "default: &default\n  adapter: mysql2\nproduction:\n  <<: *default\n"
	    "  host: db1.example.com\n  ssl_mode: :verify_identity\n  sslca: /a\n",
	    "-" },
	{ "database.yml",
	    "production:\n  adapter: mysql2\n  host: db1.example.com\n"
	    "  ssl_mode: required\n",
	    "4:option-insecure" },
	{ "database.yml", "a:\n  adapter: mysql2\n  host: db1.example.com\n  sslca: /a\n",
	    "4:option-insecure" },
	{ "database.yml", "a:\n  adapter: mysql2\n  host: db1.example.com\n", "3:option-insecure" },
	{ "database.yml", "a:\n  adapter: mysql2\n  host: localhost\n", "-" },
	{ "config.json",
	    "{ \"dialect\": \"mysql\", \"host\": \"db1.example.com\",\n"
	    "  \"dialectOptions\": { \"ssl\": { \"ca\": \"x\" } } }\n",
	    "2:option-insecure" },
	{ "config.json",
	    "{ \"dialect\": \"mysql\", \"host\": \"db1.example.com\",\n"
	    "  \"dialectOptions\": { \"ssl\": { \"ca\": \"x\", \"verifyIdentity\": true } } }\n",
	    "-" },
	{ "config.json", "{ \"broker\": \"redis\", \"host\": \"db1.example.com\" }\n", "?" },
	{ ".env", "DB_CONNECTION=mysql\nDB_HOST=db1.example.com\n", "2:option-insecure" },
	{ ".env", "DB_CONNECTION=mysql\nDB_HOST=db1.example.com\nMYSQL_ATTR_SSL_CA=/a\n", "-" },
	{ ".env", "DB_CONNECTION=mysql\nDB_HOST=127.0.0.1\n", "?" },
	{ ".env", "DB_CONNECTION=pgsql\nDB_HOST=db1.example.com\n", "?" },
};

/* ---- DynamoDB over HTTPS --------------------------------------------------------------------- */

static const struct row web[] = {
	{ "a.sh", "aws dynamodb list-tables --no-verify-ssl\n", "1:option-insecure" },
	{ "a.sh", "aws dynamodb list-tables --ca-bundle /a\n", "-" },
	{ "a.sh", "curl -sk \\\n https://dynamodb.eu-west-3.amazonaws.com\n", "1:option-insecure" },
	{ "a.sh", "curl -k https://example.com\n", "?" },
	{ "a.sh", "wget --no-check-certificate https://dynamodb.eu-west-3.amazonaws.com\n",
	    "1:option-insecure" },
	{ "config", "[default]\nendpoint_url = http://dynamodb.eu-west-3.amazonaws.com\n",
	    "2:option-insecure" },
	{ "config", "[default]\nendpoint_url = http://localhost:8000\nca_bundle = /a\n", "?" },
	{ "a.py", "boto3.client('dynamodb', endpoint_url='http://dynamodb:8000')\n", "?" },
	{ "a.xml", "<x xmlns=\"http://dynamodb.amazonaws.com/doc/2012-08-10/\"/>\n", "?" },
	{ "a.py", "e = 'http://dynamodb.eu-west-3.amazonaws.com'\n", "1:option-insecure" },
};

/* ---- the line to change to ------------------------------------------------------------------- */

/* Of the first finding: the line as it is and as it should be, without passwords. */
static void writes(const char *name, const char *text, const char *want)
{
	char got[1024] = "nothing";
	struct lint l;
	struct err e = { 0 };

	if (lint(span_of(text, strlen(text)), name, &l, &e) == 0 && l.n)
		(void)snprintf(got, sizeof got, "%s\n%s", l.found[0].text,
		    l.found[0].write ? l.found[0].write : "-");
	is_str(got, want, "to be written in %s: %.*s", name, (int)strcspn(text, "\n"), text);
	lint_free(&l);
}

static void lines(void)
{
	writes("A.java", "u = \"jdbc:mysql://r:Geheim7@db/t?useSSL=true&x=1&requireSSL=true\";",
	    "u = \"jdbc:mysql://r:***@db/t?useSSL=true&x=1&requireSSL=true\";\n"
	    "u = \"jdbc:mysql://r:***@db/t?sslMode=VERIFY_IDENTITY&x=1\";");
	writes("a.xml", "<u>jdbc:mysql://db/t?useUnicode=true&amp;password=Geheim7</u>",
	    "<u>jdbc:mysql://db/t?useUnicode=true&amp;password=***</u>\n"
	    "<u>jdbc:mysql://db/t?useUnicode=true&amp;password=***&amp;sslMode=VERIFY_IDENTITY</"
	    "u>");
	writes("a.go", "x(\"r:Geheim7@tcp(\" + h + \")/t?tls=preferred\")",
	    "x(\"r:***@tcp(\" + h + \")/t?tls=preferred\")\n"
	    "x(\"r:***@tcp(\" + h + \")/t?tls=true\")");
	writes("a.sh", "mariadb -uroot -pGeheim7 -h db --ssl-ca=\"$CA\" t",
	    "mariadb -uroot -p*** -h db --ssl-ca=\"$CA\" t\n"
	    "mariadb --ssl-verify-server-cert -uroot -p*** -h db --ssl-ca=\"$CA\" t");
	writes("my.cnf", "[client]\npassword=Geheim7\nssl-ca=/a\n",
	    "ssl-ca=/a\nssl-ca=/a\nssl-mode=VERIFY_IDENTITY");
	writes("a.py",
	    "pymysql.connect(host=h, ssl={\"check_hostname\": False, \"verify_mode\": False})",
	    "pymysql.connect(host=h, ssl={\"check_hostname\": False, \"verify_mode\": False})\n"
	    "pymysql.connect(host=h, ssl={\"ca\": \"ca.pem\", \"check_hostname\": True, "
	    "\"verify_mode\": True})");
	writes("a.py", "pymysql.connect(host=h, ssl={})",
	    "pymysql.connect(host=h, ssl={})\n"
	    "pymysql.connect(host=h, ssl={\"ca\": \"ca.pem\"})");
	writes("a.rs", "connect(\"mysql://u:Geheim7@h/d?ssl-mode=REQUIRED\")",
	    "connect(\"mysql://u:***@h/d?ssl-mode=REQUIRED\")\n"
	    "connect(\"mysql://u:***@h/d?ssl-mode=VERIFY_IDENTITY&ssl-ca=ca.pem\")");
	writes("appsettings.json", "{ \"Shop\": \"Server=h;Uid=u;Pwd=Geheim7;SslMode=None;\" }",
	    "{ \"Shop\": \"Server=h;Uid=u;Pwd=***;SslMode=None;\" }\n"
	    "{ \"Shop\": \"Server=h;Uid=u;Pwd=***;SslMode=VerifyFull;\" }");
	writes("a.yml", "x: { driver: mysql, password: Geheim7, sslMode: required }",
	    "x: { driver: mysql, password: ***, sslMode: required }\n"
	    "x: { driver: mysql, password: ***, sslMode: verify_identity }");
}

/* In whatever way it is written, and in the line to write as well. */
static void secrets(void)
{
	static const char *const rows[][2] = {
		{ "a.sh", "mysql -h db -p'Geheim7 Geheim7' --ssl-mode=REQUIRED" },
		{ "a.sh", "mysql -h db -p$'Geheim7' --ssl-mode=REQUIRED" },
		{ "a.sh", "mysql -h db '-pGeheim7 Geheim7' --ssl-mode=REQUIRED" },
		{ "a.sh", "mysql -h db -CpGeheim7 --ssl-mode=REQUIRED" },
		{ "a.sh", "mysql -h db -p-Geheim7 --ssl-mode=REQUIRED" },
		{ "a.sh", "mysql -h db --pas=Geheim7 --ssl-mode=REQUIRED" },
		{ "a.sh", "mysql -h db --password=a,Geheim7 --ssl-mode=REQUIRED" },
		{ "a.sh", "mysql -h db --password=(Geheim7 --ssl-mode=REQUIRED" },
		{ "a.py", "pymysql.connect(\"db\", \"u\", \"Geheim7\", ssl_disabled=True)" },
		{ "a.py", "pymysql.connect(h, f(1, 2), \"Geheim7\", ssl_disabled=True)" },
		{ "a.py", "pymysql.connect(host=h, passwd=rb\"Geheim7\", ssl_disabled=True)" },
		{ "a.py", "pymysql.connect(host=h, passwd=(\"Geheim7\"), ssl_disabled=True)" },
		{ "a.py", "pymysql.connect(host=h, passwd='''Geheim7''', ssl_disabled=True)" },
		{ "a.py",
		    "pymysql.connect(host=h, passwd=\"a\" + \"Geheim7\", ssl_disabled=True)" },
		{ "a.php", "$m = new mysqli(\"db\", \"u\", \"Geheim7\", \"d\");" },
		{ "a.php", "$p = new PDO(\"mysql:host=db;dbname=d\", $u, \"Geheim7\");" },
		{ "a.c", "mysql_real_connect(m, \"db\", \"u\", \"Geheim7\", \"d\", 0, 0, 0);" },
		{ "A.java", "getConnection(\"jdbc:mysql://db/d?useSSL=false\", u, \"Geheim7\");" },
		{ "a.json", "[\"mysql\",{\"name\":\"PASSWORD\",\"value\":\"Geheim7\"},"
			    "{\"name\":\"sslMode\",\"value\":\"REQUIRED\"}]" },
		{ "a.cs", "MySqlConnection(\"Server=h;Pwd = a Geheim7;SslMode=None\");" },
		{ "a.cs", "MySqlConnection(\"Server=h;Pwd=(Geheim7;SslMode=None\");" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *text = rows[i][1];
		struct lint l = { 0 };
		struct err e = { 0 };
		int held = lint(span_of(text, strlen(text)), rows[i][0], &l, &e) == 0 && l.n;

		for (size_t k = 0; k < l.n; k++)
			held &= l.found[k].text && strstr(l.found[k].text, "***") &&
				!strstr(l.found[k].text, "Geheim7") &&
				!(l.found[k].write && strstr(l.found[k].write, "Geheim7"));
		ok(held, "a password is not shown: %s", text);
		lint_free(&l);
	}
}

/* ---- bounds ---------------------------------------------------------------------------------- */

static void fill(char *text, size_t n, const char *with)
{
	size_t each = strlen(with);

	for (size_t i = 0; i + each <= n; i += each)
		memcpy(text + i, with, each);
}

/* In seconds of the processor, from the beginning of the test. */
static int took_less(int seconds)
{
	return clock() / CLOCKS_PER_SEC < seconds;
}

/* What a time that grows faster than the text would never end with. */
static void bounds(void)
{
	static const char *const often[] = { "\"", "mysql '", "\"a\"+", "x(\n", "{", "mysql://",
		"u:p@tcp(", "\"\"\"", "/*", "curl -k ", "host: mysql2\n", "[client]\nssl=0\n",
		"sslMode=REQUIRED mysql ", "\"host\":{\"mysql\"", "mysql://u:p@h/d?ssl_mode=x\n" };
	static const char *const names[] = { "a.js", "a.py", "a.yml", "a.json", "my.cnf", NULL };
	size_t n = 1 << 16;
	char *text = malloc(LINT_TEXT + 1);
	struct lint l;
	struct err e = { 0 };

	for (size_t i = 0; text && i < sizeof often / sizeof *often; i++) {
		int held = 1;

		memset(text, ' ', n);
		fill(text, n, often[i]);
		for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
			held &=
			    lint(span_of(text, n), names[k], &l, &e) == 0 && l.n <= LINT_FINDINGS;
			lint_free(&l);
		}
		ok(held, "many of %.*s end", (int)strcspn(often[i], "\n"), often[i]);
	}
	n = 1 << 21;
	if (text)
		fill(text, n, "://<");
	ok(text && lint(span_of(text, n), "a.xml", &l, &e) == 0 && took_less(30),
	    "none goes back over all before it");
	lint_free(&l);
	ok(text && lint(span_of(text, LINT_TEXT + 1), NULL, &l, &e) < 0 && e.kind == ERR_USER,
	    "a text that is too long is refused");
	ok(text && lint(span_of("mysql://\0", 9), NULL, &l, &e) == 0 && l.settings == 0,
	    "a binary file has no settings");
	free(text);
}

int main(void)
{
	bounds();
	lines();
	secrets();
	TRY(blocks);
	TRY(web);
	TRY(urls);
	TRY(commands);
	TRY(options);
	TRY(settings);
	return tap_done();
}
