/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls that connect, where something must be said and is not. How to read a row: idioms.h, and
 * match.h for the signs. A call to this machine itself is none of them.
 */
#include "lint/idioms.h"

#include "base/i18n.h"

#define PYTHON (1u << LINT_PYTHON)
#define RUBY   (1u << LINT_RUBY)
#define GO     (1u << LINT_GO)
#define PHP    (1u << LINT_PHP)
#define CSHARP (1u << LINT_CSHARP)
#define C      (1u << LINT_C)

#define SAY_PHP N_("give ssl_set() the CA and call real_connect() with MYSQLI_CLIENT_SSL")
#define SAY_PDO N_("give it the option PDO::MYSQL_ATTR_SSL_CA => FILE")

const struct lint_missing lint_missing_rows[] = {
	/* mysqlnd of PHP 8: a CA makes it speak TLS and verify chain and name; TLS without one
	   takes any certificate. */
	{ PHP, "new mysqli(", 1, NULL, "php", LINT_PLAINTEXT, SAY_PHP, NULL, NULL },
	{ PHP, "mysqli_connect(", 1, NULL, "php", LINT_PLAINTEXT, SAY_PHP, NULL, NULL },
	{ PHP, "->real_connect(", 1, NULL, "php", LINT_PLAINTEXT, SAY_PHP, "MYSQLI_CLIENT_SSL",
	    "ssl_set" },
	{ PHP, "->real_connect(", 1, NULL, "php", LINT_ANYONE, SAY_PHP, NULL, "ssl_set" },
	{ PHP, "mysqli_real_connect(", 2, NULL, "php", LINT_PLAINTEXT, SAY_PHP, "MYSQLI_CLIENT_SSL",
	    "ssl_set" },
	{ PHP, "mysqli_real_connect(", 2, NULL, "php", LINT_ANYONE, SAY_PHP, NULL, "ssl_set" },
	{ PHP, "new PDO('mysql:*'", 1, NULL, "php", LINT_PLAINTEXT, SAY_PDO, "ATTR_SSL_CA",
	    "ATTR_SSL_CA" },

	/* go-sql-driver: a configuration without TLS is plaintext. */
	{ GO, "mysql.Config{", 0, "Addr", "go", LINT_PLAINTEXT,
	    N_("set TLS to a tls.Config, or TLSConfig to \"true\""), "TLS", ".TLS|TLSConfig" },

	{ GO, "mysql.NewConfig(", 0, NULL, "go", LINT_PLAINTEXT,
	    N_("set TLS to a tls.Config, or TLSConfig to \"true\""), NULL,
	    ".TLS|TLSConfig|unix|localhost|127.0.0.1" },

	/* MySqlConnector and MySql.Data: SslMode is Preferred unless said otherwise. */
	{ CSHARP, "new MySqlConnectionStringBuilder {", 0, "Server", "mysqlconnector",
	    LINT_OPPORTUNISTIC, N_("write SslMode = MySqlSslMode.VerifyFull"), "SslMode",
	    "SslMode" },
	{ CSHARP, "new MySqlConnectionStringBuilder() {", 0, "Server", "mysqlconnector",
	    LINT_OPPORTUNISTIC, N_("write SslMode = MySqlSslMode.VerifyFull"), "SslMode",
	    "SslMode" },

	/* The C libraries: MySQL's is opportunistic, MariaDB's before 3.4 speaks plaintext. A CA
	   alone enforces nothing with either, and no name is looked at. */
	{ C, "mysql_real_connect(", 2, NULL, "libmysqlclient", LINT_OPPORTUNISTIC,
	    N_("set MYSQL_OPT_SSL_MODE to SSL_MODE_VERIFY_IDENTITY, or with MariaDB's library "
	       "MYSQL_OPT_SSL_VERIFY_SERVER_CERT, and MYSQL_OPT_SSL_CA"),
	    NULL, "MYSQL_OPT_SSL_|mysql_ssl_set|MYSQL_OPT_TLS" },
	{ C, "mysql_ssl_set(", 0, NULL, "libmysqlclient", LINT_FALLS_BACK,
	    N_("set MYSQL_OPT_SSL_MODE to SSL_MODE_VERIFY_IDENTITY, or with MariaDB's library "
	       "MYSQL_OPT_SSL_VERIFY_SERVER_CERT"),
	    NULL, "MYSQL_OPT_SSL_MODE|MYSQL_OPT_SSL_VERIFY_SERVER_CERT" },

	/* ssl.SSLContext() verifies nothing unless it is for clients; create_default_context()
	   does. */
	{ PYTHON, "ssl.SSLContext(", 0, NULL, "urllib", LINT_ANYONE,
	    N_("write ssl.create_default_context(cafile=FILE)"),
	    "PROTOCOL_TLS_CLIENT|PROTOCOL_TLS_SERVER", "CERT_REQUIRED" },
	{ 0 },
};
