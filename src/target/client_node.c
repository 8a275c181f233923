/* SPDX-License-Identifier: Apache-2.0 */
/* Clients of Node.js: mysql2 3.24 (connection_config.js), Prisma (its manual). */
#include "target/clients.h"

#include "base/i18n.h"

#include <jansson.h>
#include <string.h>

/* ---- Prisma ---------------------------------------------------------------------------------- */

/* prisma.io/docs/orm/overview/databases/mysql: sslaccept. */
static const struct target_mode prisma_modes[] = {
	{ "accept_invalid_certs", TARGET_NONE, 0 },
	{ "strict", TARGET_FULL, 0 },
	{ 0 },
};

static const struct target_option prisma[] = {
	TARGET_SAYS("sslaccept", SET_MODE),
	TARGET_SAYS("sslcert", SET_CA),
	TARGET_SAYS("sslidentity", SET_CERTIFICATE),
	TARGET_SAYS("sslpassword", SET_SECRET),
	TARGET_SAYS("socket", SET_SOCKET),
	{ 0 },
};

static const char *const prisma_others[] = { "connection_limit", "connect_timeout",
	"max_connection_lifetime", "max_idle_connection_lifetime", "pgbouncer", "pool_timeout",
	"prefer_socket", "schema", "socket_timeout", "statement_cache_size", NULL };

static struct target_judged judge_prisma(struct target_reading *r)
{
	if (target_read_said(r, SET_MODE))
		return target_client_mode(r, prisma_modes);
	if (target_read_said(r, SET_CA))
		return target_client_judged(TARGET_NONE, 0, SET_CA);
	return target_client_judged(TARGET_UNSAID, 0, SET_NOTHING);
}

const struct target_client target_client_prisma = {
	.id = "prisma",
	.title = N_("Prisma"),
	.scheme = "mysql",
	.options = prisma,
	.others = prisma_others,
	.judge = judge_prisma,
	.full = N_("write sslaccept=strict"),
};

/* ---- mysql2 ---------------------------------------------------------------------------------- */

static const struct target_option node[] = {
	TARGET_SAYS("ssl", SET_JSON),
	TARGET_SAYS("user", SET_USER),
	TARGET_SAYS("password", SET_PASSWORD),
	TARGET_SAYS("password1", SET_SECRET),
	TARGET_SAYS("password2", SET_SECRET),
	TARGET_SAYS("password3", SET_SECRET),
	TARGET_SAYS("passwordSha1", SET_SECRET),
	TARGET_SAYS("socketPath", SET_SOCKET),
	{ 0 },
};

static const char *const node_others[] = { "authPlugins", "authSwitchHandler", "bigNumberStrings",
	"charset", "charsetNumber", "compress", "connectAttributes", "connectTimeout",
	"dateStrings", "debug", "decimalNumbers", "disableEval", "enableCleartextPlugin",
	"enableKeepAlive", "flags", "gracefulEnd", "idleTimeout", "infileStreamFactory",
	"insecureAuth", "isServer", "jsonStrings", "keepAliveInitialDelay", "localAddress",
	"maxIdle", "maxPreparedStatements", "multipleStatements", "namedPlaceholders", "nestTables",
	"pool", "connectionLimit", "queryFormat", "queueLimit", "resetOnRelease", "rowsAsArray",
	"stream", "stringifyObjects", "supportBigNumbers", "timezone", "trace", "typeCast",
	"waitForConnections", NULL };

static int keep_json(
    struct target_reading *r, enum target_set set, const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));
	struct err e;

	return text ? target_read_keep(r, set, text, r->given[SET_JSON].place, &e) : 0;
}

static struct target_judged judge_node_ssl(struct target_reading *r, const json_t *ssl)
{
	(void)keep_json(r, SET_SERVER_NAME, ssl, "servername");
	(void)keep_json(r, SET_VERSION_MIN, ssl, "minVersion");
	(void)keep_json(r, SET_VERSION_MAX, ssl, "maxVersion");
	if (json_is_false(json_object_get(ssl, "rejectUnauthorized")))
		return target_client_judged(TARGET_NONE, 0, SET_JSON);
	if (json_is_true(json_object_get(ssl, "verifyIdentity")))
		return target_client_judged(TARGET_FULL, 0, SET_JSON);
	return target_client_judged(TARGET_CA, 0, SET_JSON);
}

/* A string is the name of a profile; anything else than that and an object it refuses. */
static struct target_judged judge_node(struct target_reading *r)
{
	const char *said = target_read_said(r, SET_JSON);
	struct target_judged j = target_client_judged(TARGET_UNSAID, 0, SET_JSON);
	json_t *ssl;

	if (!said)
		return target_client_judged(TARGET_OFF, 0, SET_NOTHING);
	ssl = json_loads(said, JSON_DECODE_ANY, NULL);
	if (json_is_object(ssl))
		j = judge_node_ssl(r, ssl);
	else if (!ssl && strcmp(said, "Amazon RDS") == 0)
		j = target_client_judged(TARGET_CA, 0, SET_JSON);
	else
		target_read_note(r, target_read_unknown(r, r->client->refuses_words),
		    r->given[SET_JSON].place, NULL,
		    _("mysql2 takes an object for ssl, such as ssl={\"verifyIdentity\":true}"));
	json_decref(ssl);
	return j;
}

const struct target_client target_client_node = {
	.id = "node",
	.title = N_("mysql2"),
	.scheme = "mysql mariadb",
	.options = node,
	.others = node_others,
	.refuses_words = 1,
	.judge = judge_node,
	.full = N_("write ssl={\"verifyIdentity\":true}, percent-encoded"),
};

/* ---- in a program ---------------------------------------------------------------------------- */

static const struct target_option node_code[] = {
	TARGET_SAYS("host", SET_HOST),
	TARGET_SAYS("port", SET_PORT),
	TARGET_SAYS("user", SET_USER),
	TARGET_SAYS("password", SET_PASSWORD),
	TARGET_SAYS("username", SET_USER), /* Sequelize's */
	TARGET_SAYS("database", SET_DATABASE),
	TARGET_SAYS("socketPath", SET_SOCKET),
	TARGET_SAYS("ssl", SET_TLS),
	TARGET_SAYS("ssl.ca", SET_CA),
	TARGET_SAYS("ssl.cert", SET_CERTIFICATE),
	TARGET_SAYS("ssl.key", SET_KEY),
	TARGET_SAYS("ssl.minVersion", SET_VERSION_MIN),
	TARGET_SAYS("ssl.maxVersion", SET_VERSION_MAX),
	TARGET_SAYS("ssl.servername", SET_SERVER_NAME),
	TARGET_SAYS("ssl.passphrase", SET_SECRET),
	TARGET_SAYS("ssl.rejectUnauthorized", SET_CHAIN),
	TARGET_SAYS("ssl.verifyIdentity", SET_IDENTITY),
	{ 0 },
};

static struct target_judged judge_node_code(struct target_reading *r)
{
	if (target_read_said(r, SET_OPAQUE))
		return target_client_judged(TARGET_UNSAID, 0, SET_OPAQUE);
	if (!target_read_said(r, SET_TLS))
		return target_client_judged(TARGET_OFF, 0, SET_NOTHING);
	if (target_read_no(r, SET_CHAIN))
		return target_client_judged(TARGET_NONE, 0, SET_CHAIN);
	if (!target_read_yes(r, SET_IDENTITY))
		return target_client_judged(TARGET_CA, 0, SET_TLS);
	return target_client_judged(TARGET_FULL, 0, SET_IDENTITY);
}

const struct target_client target_client_code_node = {
	.id = "node",
	.title = N_("mysql2"),
	.options = node_code,
	.open = 1,
	.judge = judge_node_code,
	.full = N_("write ssl: { ca: …, verifyIdentity: true }"),
};

/* Its adapter for MariaDB and MySQL, on mariadb, which verifies the name unless told otherwise. */
static struct target_judged judge_prisma_code(struct target_reading *r)
{
	struct target_judged j = judge_node_code(r);

	return j.verify == TARGET_CA ? target_client_judged(TARGET_FULL, 0, j.by) : j;
}

const struct target_client target_client_code_prisma = {
	.id = "prisma",
	.title = N_("Prisma's adapter"),
	.options = node_code,
	.open = 1,
	.judge = judge_prisma_code,
	.full = N_("write ssl: { ca: …, rejectUnauthorized: true }"),
};

const struct target_client target_client_code_mariadb = {
	.id = "mariadb-node",
	.title = N_("mariadb for Node.js"),
	.options = node_code,
	.open = 1,
	.judge = judge_prisma_code,
	.full = N_("write ssl: { ca: …, rejectUnauthorized: true }"),
};

/* mysql 2.18 (lib/Connection.js): it hands no host to the check, whatever its settings say. */
static struct target_judged judge_mysqljs(struct target_reading *r)
{
	struct target_judged j = judge_node_code(r);

	return j.verify == TARGET_FULL ? target_client_judged(TARGET_CA, 0, SET_IDENTITY) : j;
}

const struct target_client target_client_code_mysqljs = {
	.id = "mysqljs",
	.title = N_("mysql for Node.js"),
	.options = node_code,
	.open = 1,
	.judge = judge_mysqljs,
	.full = N_("take mysql2 with ssl: { ca: …, verifyIdentity: true }: mysql verifies no name"),
};
