// SPDX-License-Identifier: Apache-2.0
#include "engine/sql.h"

#include "base/i18n.h"

#include "engine/engine.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/*
 * mariadbd runs the init file before it accepts anyone, but when a statement fails it drops the
 * rest and serves all the same. So what closes doors comes first, and the administrator's password
 * comes last: that engine_ready can log in is the proof that everything before it was done.
 */

/*
 * Once: nothing that the installation made may stay. It made root at four hosts, without password.
 * mariadb.sys stays: it is the definer of the view mysql.user and of the schema sys, which root
 * could not read without it.
 */
static const char *const first[] = {
	"DELETE FROM mysql.global_priv WHERE NOT (User='mariadb.sys' AND Host='localhost')",
	"DELETE FROM mysql.db",
	"DELETE FROM mysql.proxies_priv",
	"DELETE FROM mysql.roles_mapping",
	"DELETE FROM mysql.tables_priv WHERE User<>'mariadb.sys'",
	"DELETE FROM mysql.columns_priv WHERE User<>'mariadb.sys'",
	"DELETE FROM mysql.procs_priv WHERE User<>'mariadb.sys'",
	"FLUSH PRIVILEGES",
};

/*
 * At every start: what an installation makes doesn't come back, by whatever repair or restored
 * copy: root and the nameless at this machine's own hosts, without a password or by unix_socket
 * (for which every client would be the relay). Roles have no password and are no accounts. All
 * other accounts are the user's own business. The locked account gets a hash that nothing fits, so
 * that it answers like any wrong password.
 */
static const char *const always[] = {
	"DELETE FROM mysql.global_priv WHERE User IN ('','root')"
	" AND Host IN ('localhost','127.0.0.1','::1',LOWER(@@hostname))"
	" AND IFNULL(JSON_VALUE(Priv,'$.authentication_string'),'')=''"
	" AND IFNULL(JSON_VALUE(Priv,'$.plugin'),'')"
	" IN ('','mysql_native_password','mysql_old_password','unix_socket')"
	" AND JSON_VALUE(Priv,'$.is_role') IS NULL",
	"FLUSH PRIVILEGES",
	("ALTER USER IF EXISTS 'mariadb.sys'@'localhost'"
	 " IDENTIFIED VIA mysql_native_password USING 'invalid' ACCOUNT LOCK"),
};

/*
 * The administrator may change accounts, for root's password, and put root back into the table of
 * accounts when the user dropped it; CONNECTION ADMIN lets it in when all connections are taken,
 * READ_ONLY ADMIN lets it write when the user made the server read-only.
 */
static const char *const admin[] = {
	"CREATE OR REPLACE USER '" ENGINE_ADMIN "'@'localhost'"
	" IDENTIFIED VIA mysql_native_password USING 'invalid'",
	"GRANT RELOAD, CREATE USER, CONNECTION ADMIN, READ_ONLY ADMIN ON *.* TO '" ENGINE_ADMIN
	"'@'localhost'",
	"GRANT INSERT ON mysql.global_priv TO '" ENGINE_ADMIN "'@'localhost'",
};

/*
 * Dropped: put back with all privileges, as the installation writes them, and made known; there:
 * 1062, and its privileges stay as the user left them. Then the password, and away with what could
 * keep root out though the password is right: a lock, TLS demanded of a connection that ends at the
 * door, no connections allowed. Through the door a root@localhost comes before root@'%'.
 */
static const struct {
	const char *before, *after; /* of the hash */
	unsigned but;
} root_steps[] = {
	{ "INSERT INTO mysql.global_priv (Host,User,Priv) VALUES ('%','root',"
	  "'{\"access\":18446744073709551615,\"plugin\":\"mysql_native_password\","
	  "\"authentication_string\":\"",
	    "\"}')", 1062 },
	{ "FLUSH PRIVILEGES", NULL, 0 },
	{ "ALTER USER 'root'@'%' IDENTIFIED VIA mysql_native_password USING '",
	    "' REQUIRE NONE WITH MAX_USER_CONNECTIONS 0 ACCOUNT UNLOCK", 0 },
	{ "ALTER USER IF EXISTS 'root'@'localhost' IDENTIFIED VIA mysql_native_password USING '",
	    "' REQUIRE NONE WITH MAX_USER_CONNECTIONS 0 ACCOUNT UNLOCK", 0 },
};

int sql_root(size_t step, const char *hash, char out[SQL_ROOT_MAX], unsigned *but)
{
	const char *after;

	if (step >= sizeof root_steps / sizeof root_steps[0])
		return -1;
	after = root_steps[step].after;
	(void)snprintf(out, SQL_ROOT_MAX, "%s%s%s", root_steps[step].before, after ? hash : "",
	    after ? after : "");
	*but = root_steps[step].but;
	return 0;
}

int sql_is_hash(const char *hash)
{
	size_t n = strlen(hash);

	if (n != 41 || hash[0] != '*')
		return 0;
	for (size_t i = 1; i < n; i++) {
		if (!isxdigit((unsigned char)hash[i]))
			return 0;
	}
	return 1;
}

static int add_all(struct buf *out, const char *const *lines, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (buf_fmt(out, "%s;\n", lines[i]) < 0)
			return -1;
	}
	return 0;
}
#define ADD_ALL(out, lines) add_all(out, lines, sizeof(lines) / sizeof(lines)[0])

static int add_root(struct buf *out, const char *hash)
{
	return buf_fmt(out,
	    "CREATE OR REPLACE USER 'root'@'%%' IDENTIFIED VIA mysql_native_password USING '%s';\n"
	    "GRANT ALL PRIVILEGES ON *.* TO 'root'@'%%' WITH GRANT OPTION;\n"
	    "CREATE DATABASE IF NOT EXISTS test;\n",
	    hash);
}

/* The password comes last, see above. */
static int add_admin(struct buf *out, const char *hash)
{
	if (ADD_ALL(out, admin) < 0)
		return -1;
	return buf_fmt(out,
	    "ALTER USER '" ENGINE_ADMIN
	    "'@'localhost' IDENTIFIED VIA mysql_native_password USING '%s';\n",
	    hash);
}

int sql_start(struct buf *out, const char *admin_hash, const char *root_hash, struct err *e)
{
	if (!sql_is_hash(admin_hash) || (root_hash && !sql_is_hash(root_hash)))
		return err_set(e, ERR_LOCAL, _("what should be a password's hash is none"));
	if ((root_hash && ADD_ALL(out, first) < 0) || ADD_ALL(out, always) < 0 ||
	    (root_hash && add_root(out, root_hash) < 0) || add_admin(out, admin_hash) < 0)
		return err_set(e, ERR_SYS, _("out of memory"));
	return 0;
}
