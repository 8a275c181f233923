/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SQLAlchemy 2.1's drivers: PyMySQL 1.2, mysqlclient 2.3, MySQL Connector/Python. What each makes
 * of a URL is in its dialect (create_connect_args) and in the driver's connect.
 */
#include "target/clients.h"

#include "base/i18n.h"

/* ---- PyMySQL --------------------------------------------------------------------------------- */

static const struct target_option pymysql[] = {
	TARGET_SAYS("user", SET_USER),
	TARGET_SAYS("password", SET_PASSWORD),
	TARGET_SAYS("passwd", SET_PASSWORD),
	TARGET_SAYS("database", SET_DATABASE),
	TARGET_SAYS("db", SET_DATABASE),
	TARGET_SAYS("unix_socket", SET_SOCKET),
	TARGET_SAYS("ssl_ca", SET_CA),
	TARGET_SAYS("ssl_capath", SET_CA_FOLDER),
	TARGET_SAYS("ssl_cert", SET_CERTIFICATE),
	TARGET_SAYS("ssl_key", SET_KEY),
	TARGET_SAYS("ssl_key_password", SET_SECRET),
	TARGET_SAYS("ssl_check_hostname", SET_REQUIRE),
	TARGET_SAYS("ssl_verify_cert", SET_CHAIN),
	TARGET_SAYS("ssl_verify_identity", SET_IDENTITY),
	TARGET_SAYS("ssl_disabled", SET_OFF),
	{ 0 },
};

static const char *const pymysql_others[] = { "auth_plugin_map", "autocommit", "binary_prefix",
	"bind_address", "charset", "client_flag", "collation", "compress", "connect_timeout",
	"conv", "cursorclass", "defer_connect", "host", "init_command", "local_infile",
	"max_allowed_packet", "named_pipe", "plugin", "port", "program_name", "read_default_file",
	"read_default_group", "read_timeout", "server_public_key", "sql_mode", "ssl_cipher",
	"use_unicode", "write_timeout", NULL };

/*
 * SQLAlchemy makes a dictionary of ssl_ca and its like, and PyMySQL drops that dictionary when it
 * is given ssl_verify_cert or ssl_verify_identity beside it. What stays is the system's store, and
 * no name.
 */
static struct target_judged judge_pymysql_verify(struct target_reading *r)
{
	enum target_set by = target_read_said(r, SET_IDENTITY) ? SET_IDENTITY : SET_CHAIN;

	if (target_read_said(r, SET_CA))
		target_read_note(r, TARGET_NO_EFFECT, r->given[SET_CA].place, "ssl_check_hostname",
		    _("in a URL, ssl_verify_cert and ssl_verify_identity make PyMySQL forget "
		      "ssl_ca; write ssl_ca alone: it verifies chain and name"));
	if (by == SET_CHAIN && target_read_no(r, SET_CHAIN))
		return target_client_judged(TARGET_NONE, 0, by);
	return target_client_judged(TARGET_CA, 0, by);
}

/* SET_REQUIRE stands for ssl_check_hostname. Any text in ssl_disabled turns TLS off. */
static struct target_judged judge_pymysql(struct target_reading *r)
{
	if (target_read_said(r, SET_OFF))
		return target_client_judged(TARGET_OFF, 0, SET_OFF);
	if (target_read_said(r, SET_CHAIN) || target_read_said(r, SET_IDENTITY))
		return judge_pymysql_verify(r);
	if (!target_read_said(r, SET_CA) && !target_read_said(r, SET_CA_FOLDER))
		return target_client_judged(
		    TARGET_NONE, !target_read_said(r, SET_REQUIRE), SET_NOTHING);
	if (target_read_no(r, SET_REQUIRE))
		return target_client_judged(TARGET_CA, 0, SET_REQUIRE);
	return target_client_judged(TARGET_FULL, 0, SET_CA);
}

const struct target_client target_client_pymysql = {
	.id = "pymysql",
	.title = N_("PyMySQL"),
	.scheme = "mysql+pymysql mariadb+pymysql",
	.options = pymysql,
	.others = pymysql_others,
	.refuses_names = 1,
	.judge = judge_pymysql,
	.full = N_("write ssl_ca=FILE, and no other word of TLS"),
};

/* ---- mysqlclient ----------------------------------------------------------------------------- */

static const struct target_option mysqlclient[] = {
	TARGET_SAYS("user", SET_USER),
	TARGET_SAYS("password", SET_PASSWORD),
	TARGET_SAYS("passwd", SET_PASSWORD),
	TARGET_SAYS("database", SET_DATABASE),
	TARGET_SAYS("db", SET_DATABASE),
	TARGET_SAYS("unix_socket", SET_SOCKET),
	TARGET_SAYS("ssl_mode", SET_MODE),
	TARGET_SAYS("ssl_ca", SET_CA),
	TARGET_SAYS("ssl_capath", SET_CA_FOLDER),
	TARGET_SAYS("ssl_cert", SET_CERTIFICATE),
	TARGET_SAYS("ssl_key", SET_KEY),
	{ 0 },
};

static const char *const mysqlclient_others[] = { "ssl_check_hostname", "autocommit", "auth_plugin",
	"binary_prefix", "charset", "client_flag", "collation", "compress", "connect_timeout",
	"conv", "cursorclass", "host", "init_command", "local_infile", "local_infile_dir",
	"multi_statements", "named_pipe", "plugin", "port", "read_default_file",
	"read_default_group", "read_timeout", "server_public_key_path", "sql_mode", "ssl_cipher",
	"use_unicode", "write_timeout", NULL };

static struct target_judged judge_mysqlclient(struct target_reading *r)
{
	if (target_read_said(r, SET_MODE))
		return target_client_mode(r, target_client_mysql_modes);
	if (target_read_said(r, SET_CA) || target_read_said(r, SET_CA_FOLDER))
		return target_client_judged(TARGET_CA, 1, SET_CA);
	return target_client_judged(TARGET_NONE, 1, SET_NOTHING);
}

const struct target_client target_client_python = {
	.id = "python",
	.title = N_("mysqlclient"),
	.scheme = "mysql mariadb mysql+mysqldb mariadb+mysqldb",
	.options = mysqlclient,
	.others = mysqlclient_others,
	.refuses_names = 1,
	.refuses_words = 1,
	.judge = judge_mysqlclient,
	.full = N_("write ssl_mode=VERIFY_IDENTITY and ssl_ca=FILE"),
};

/* ---- Connector/Python ------------------------------------------------------------------------ */

static const struct target_option connector_python[] = {
	TARGET_SAYS("user", SET_USER),
	TARGET_SAYS("password", SET_PASSWORD),
	TARGET_SAYS("passwd", SET_PASSWORD),
	TARGET_SAYS("database", SET_DATABASE),
	TARGET_SAYS("db", SET_DATABASE),
	TARGET_SAYS("unix_socket", SET_SOCKET),
	TARGET_SAYS("password1", SET_SECRET),
	TARGET_SAYS("password2", SET_SECRET),
	TARGET_SAYS("password3", SET_SECRET),
	TARGET_SAYS("ssl_ca", SET_CA),
	TARGET_SAYS("ssl_cert", SET_CERTIFICATE),
	TARGET_SAYS("ssl_key", SET_KEY),
	TARGET_SAYS("ssl_verify_cert", SET_CHAIN),
	TARGET_SAYS("ssl_verify_identity", SET_IDENTITY),
	TARGET_SAYS("ssl_disabled", SET_OFF),
	TARGET_SAYS("tls_versions", SET_VERSIONS),
	{ 0 },
};

static const char *const connector_python_others[] = { "use_unicode", "charset", "collation",
	"converter_class", "converter_str_fallback", "autocommit", "time_zone", "sql_mode",
	"get_warnings", "raise_on_warnings", "connection_timeout", "read_timeout", "write_timeout",
	"client_flag", "client_flags", "compress", "buffered", "raw", "ssl_cipher",
	"tls_ciphersuites", "connect_timeout", "dsn", "force_ipv6", "auth_plugin",
	"allow_local_infile", "allow_local_infile_in_path", "consume_results", "conn_attrs",
	"dns_srv", "use_pure", "krb_service_principal", "oci_config_file", "oci_config_profile",
	"webauthn_callback", "kerberos_auth_mode", "init_command", "openid_token_file", "pool_name",
	"pool_reset_session", "pool_size", "failover", "fido_callback", "host", "plugin", "port",
	NULL };

/* SQLAlchemy makes a truth value of ssl_verify_cert alone; the other two are set by any text. */
static struct target_judged judge_connector_python(struct target_reading *r)
{
	if (target_read_said(r, SET_OFF))
		return target_client_judged(TARGET_OFF, 0, SET_OFF);
	if (!target_read_yes(r, SET_CHAIN))
		return target_client_judged(
		    TARGET_NONE, 1, target_read_said(r, SET_CA) ? SET_CA : SET_NOTHING);
	if (!target_read_said(r, SET_IDENTITY))
		return target_client_judged(TARGET_CA, 0, SET_CHAIN);
	return target_client_judged(TARGET_FULL, 0, SET_IDENTITY);
}

const struct target_client target_client_connector_python = {
	.id = "connector-python",
	.title = N_("MySQL Connector/Python"),
	.scheme = "mysql+mysqlconnector mariadb+mysqlconnector",
	.options = connector_python,
	.others = connector_python_others,
	.refuses_names = 1,
	.judge = judge_connector_python,
	.full = N_("write ssl_ca=FILE&ssl_verify_cert=true&ssl_verify_identity=true"),
};

/* ---- in a program ---------------------------------------------------------------------------- */

static const struct target_option python_code[] = {
	TARGET_SAYS("host", SET_HOST),
	TARGET_SAYS("port", SET_PORT),
	TARGET_SAYS("user", SET_USER),
	TARGET_SAYS("password", SET_PASSWORD),
	TARGET_SAYS("passwd", SET_PASSWORD),
	TARGET_SAYS("database", SET_DATABASE),
	TARGET_SAYS("db", SET_DATABASE),
	TARGET_SAYS("unix_socket", SET_SOCKET),
	TARGET_SAYS("name", SET_DATABASE), /* Django's */
	TARGET_SAYS("ssl_mode", SET_MODE),
	TARGET_SAYS("ssl.ca", SET_CA),
	TARGET_SAYS("ssl.capath", SET_CA_FOLDER),
	TARGET_SAYS("ssl.cert", SET_CERTIFICATE),
	TARGET_SAYS("ssl.key", SET_KEY),
	TARGET_SAYS("ssl", SET_TLS),
	{ 0 },
};

static struct target_judged judge_python_code(struct target_reading *r)
{
	if (target_read_said(r, SET_OPAQUE) && !target_read_said(r, SET_MODE))
		return target_client_judged(TARGET_UNSAID, 0, SET_OPAQUE);
	return judge_mysqlclient(r);
}

const struct target_client target_client_code_python = {
	.id = "python",
	.title = N_("mysqlclient"),
	.options = python_code,
	.fold = 1,
	.open = 1,
	.judge = judge_python_code,
	.full = N_("write ssl_mode=\"VERIFY_IDENTITY\", ssl={\"ca\": FILE}"),
};

static const struct target_option pymysql_code[] = {
	TARGET_SAYS("host", SET_HOST),
	TARGET_SAYS("port", SET_PORT),
	TARGET_SAYS("user", SET_USER),
	TARGET_SAYS("password", SET_PASSWORD),
	TARGET_SAYS("passwd", SET_PASSWORD),
	TARGET_SAYS("database", SET_DATABASE),
	TARGET_SAYS("db", SET_DATABASE),
	TARGET_SAYS("unix_socket", SET_SOCKET),
	TARGET_SAYS("ssl_ca", SET_CA),
	TARGET_SAYS("ssl_cert", SET_CERTIFICATE),
	TARGET_SAYS("ssl_key", SET_KEY),
	TARGET_SAYS("ssl_key_password", SET_SECRET),
	TARGET_SAYS("ssl_verify_cert", SET_CHAIN),
	TARGET_SAYS("ssl_verify_identity", SET_IDENTITY),
	TARGET_SAYS("ssl_disabled", SET_OFF),
	TARGET_SAYS("ssl.ca", SET_CA),
	TARGET_SAYS("ssl.capath", SET_CA_FOLDER),
	TARGET_SAYS("ssl.check_hostname", SET_REQUIRE),
	TARGET_SAYS("ssl.verify_mode", SET_CHAIN),
	TARGET_SAYS("ssl", SET_TLS),
	{ 0 },
};

/* ssl_ca and its like verify what ssl_verify_… says; the dictionary verifies all by itself. */
static struct target_judged judge_pymysql_code(struct target_reading *r)
{
	int ca = target_read_said(r, SET_CA) || target_read_said(r, SET_CA_FOLDER);

	if (target_read_yes(r, SET_OFF))
		return target_client_judged(TARGET_OFF, 0, SET_OFF);
	if (target_read_said(r, SET_OPAQUE))
		return target_client_judged(TARGET_UNSAID, 0, SET_OPAQUE);
	if (target_read_yes(r, SET_IDENTITY))
		return target_client_judged(ca ? TARGET_FULL : TARGET_CA, 0, SET_IDENTITY);
	if (target_read_no(r, SET_CHAIN))
		return target_client_judged(TARGET_NONE, 0, SET_CHAIN);
	if (target_read_said(r, SET_TLS) && ca)
		return target_client_judged(
		    target_read_no(r, SET_REQUIRE) ? TARGET_CA : TARGET_FULL, 0, SET_REQUIRE);
	if (target_read_yes(r, SET_CHAIN))
		return target_client_judged(TARGET_CA, 0, SET_CHAIN);
	return target_client_judged(
	    TARGET_NONE, !ca && !target_read_said(r, SET_REQUIRE), ca ? SET_CA : SET_NOTHING);
}

const struct target_client target_client_code_pymysql = {
	.id = "pymysql",
	.title = N_("PyMySQL"),
	.options = pymysql_code,
	.fold = 1,
	.open = 1,
	.judge = judge_pymysql_code,
	.full = N_("write ssl_ca=FILE, ssl_verify_cert=True, ssl_verify_identity=True"),
};

/* aiomysql 0.3, asyncmy 0.2: ssl is a context or nothing, and without one there is no TLS. */
static struct target_judged judge_aiomysql(struct target_reading *r)
{
	if (target_read_said(r, SET_OPAQUE) || target_read_said(r, SET_TLS))
		return target_client_judged(TARGET_UNSAID, 0, SET_OPAQUE);
	return target_client_judged(TARGET_OFF, 0, SET_NOTHING);
}

const struct target_client target_client_code_aiomysql = {
	.id = "aiomysql",
	.title = N_("aiomysql"),
	.options = pymysql_code,
	.fold = 1,
	.open = 1,
	.judge = judge_aiomysql,
	.full = N_("write ssl=ssl.create_default_context(cafile=FILE)"),
};

static const struct target_option connector_python_code[] = {
	TARGET_SAYS("host", SET_HOST),
	TARGET_SAYS("port", SET_PORT),
	TARGET_SAYS("user", SET_USER),
	TARGET_SAYS("password", SET_PASSWORD),
	TARGET_SAYS("passwd", SET_PASSWORD),
	TARGET_SAYS("database", SET_DATABASE),
	TARGET_SAYS("db", SET_DATABASE),
	TARGET_SAYS("unix_socket", SET_SOCKET),
	TARGET_SAYS("ssl_ca", SET_CA),
	TARGET_SAYS("ssl_cert", SET_CERTIFICATE),
	TARGET_SAYS("ssl_key", SET_KEY),
	TARGET_SAYS("ssl_verify_cert", SET_CHAIN),
	TARGET_SAYS("ssl_verify_identity", SET_IDENTITY),
	TARGET_SAYS("ssl_disabled", SET_OFF),
	TARGET_SAYS("use_pure", SET_NOTHING),
	{ 0 },
};

static struct target_judged judge_connector_python_code(struct target_reading *r)
{
	if (target_read_yes(r, SET_OFF))
		return target_client_judged(TARGET_OFF, 0, SET_OFF);
	if (!target_read_yes(r, SET_CHAIN))
		return target_client_judged(TARGET_NONE, 1, SET_NOTHING);
	if (!target_read_yes(r, SET_IDENTITY))
		return target_client_judged(TARGET_CA, 0, SET_CHAIN);
	return target_client_judged(TARGET_FULL, 0, SET_IDENTITY);
}

const struct target_client target_client_code_connector_python = {
	.id = "connector-python",
	.title = N_("MySQL Connector/Python"),
	.options = connector_python_code,
	.fold = 1,
	.open = 1,
	.judge = judge_connector_python_code,
	.full = N_("write ssl_ca=FILE, ssl_verify_cert=True, ssl_verify_identity=True"),
};
