/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names are from the clients themselves: Connector/J 26.10.0 (PropertyKey), MariaDB Connector/J
 * 3.5.2 (Configuration), go-sql-driver/mysql 1.10.1 (dsn.go), PyMySQL 1.2, mysqlclient 2.3 and
 * MySQL Connector/Python behind SQLAlchemy 2.1 (create_connect_args of each dialect), mysql2 3.24
 * (connection_config.js), Prisma's and Rails' manuals. What comes of them was tried with these.
 */
#include "doctor/target_clients.h"

#include "base/i18n.h"
#include "base/opt.h"

#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* ---- words for how much is verified ---------------------------------------------------------- */

struct mode {
	const char *word;
	enum target_verify verify;
	int falls_back;
};

/* MySQL's: dev.mysql.com/doc/refman/8.4/en/connection-options.html, --ssl-mode. */
static const struct mode mysql_modes[] = {
	{ "DISABLED", TARGET_OFF, 0 },
	{ "PREFERRED", TARGET_NONE, 1 },
	{ "REQUIRED", TARGET_NONE, 0 },
	{ "VERIFY_CA", TARGET_CA, 0 },
	{ "VERIFY_IDENTITY", TARGET_FULL, 0 },
	{ 0 },
};

static const struct mode mariadb_java_modes[] = {
	{ "disable", TARGET_OFF, 0 },
	{ "disabled", TARGET_OFF, 0 },
	{ "false", TARGET_OFF, 0 },
	{ "0", TARGET_OFF, 0 },
	{ "trust", TARGET_NONE, 0 },
	{ "required", TARGET_NONE, 0 },
	{ "verify-ca", TARGET_CA, 0 },
	{ "verify-full", TARGET_FULL, 0 },
	{ "verify-identity", TARGET_FULL, 0 },
	{ "true", TARGET_FULL, 0 },
	{ "1", TARGET_FULL, 0 },
	{ 0 },
};

static const struct mode go_modes[] = {
	{ "false", TARGET_OFF, 0 },
	{ "0", TARGET_OFF, 0 },
	{ "preferred", TARGET_NONE, 1 },
	{ "skip-verify", TARGET_NONE, 0 },
	{ "true", TARGET_FULL, 0 },
	{ "1", TARGET_FULL, 0 },
	{ 0 },
};

/* prisma.io/docs/orm/overview/databases/mysql: sslaccept. */
static const struct mode prisma_modes[] = {
	{ "accept_invalid_certs", TARGET_NONE, 0 },
	{ "strict", TARGET_FULL, 0 },
	{ 0 },
};

/* Letter by letter, without regard to case; "-" and "_" are one. */
static int same(const char *a, const char *b)
{
	for (; *a && *b; a++, b++) {
		int x = *a == '-' ? '_' : tolower((unsigned char)*a);
		int y = *b == '-' ? '_' : tolower((unsigned char)*b);

		if (x != y)
			return 0;
	}
	return *a == *b;
}

static struct target_judged judged(enum target_verify verify, int falls_back, enum target_set by)
{
	return (struct target_judged) { .verify = verify, .falls_back = falls_back, .by = by };
}

/* What the word that stands there means; one that is none becomes a note, and nothing is said. */
static struct target_judged judge_mode(struct target_reading *r, const struct mode *modes)
{
	const char *said = target_read_said(r, SET_MODE);
	const char *near;

	for (const struct mode *m = modes; m->word; m++)
		if (same(said, m->word))
			return judged(m->verify, m->falls_back, SET_MODE);
	near = opt_nearest(said, modes, sizeof *modes);
	target_read_note(r, TARGET_UNKNOWN, r->given[SET_MODE].place, near,
	    _("%s does not know the word \"%.32s\"; did you mean \"%s\"?"), _(r->client->title),
	    said, near ? near : modes[0].word);
	return judged(TARGET_UNSAID, 0, SET_MODE);
}

#define SAYS(name, set)                                                                            \
	{                                                                                          \
		name, set, TAKES_VALUE, 0                                                          \
	}

/* ---- Connector/J ----------------------------------------------------------------------------- */

static const struct target_option java[] = {
	SAYS("user", SET_USER),
	SAYS("password", SET_PASSWORD),
	SAYS("dbname", SET_DATABASE),
	SAYS("host", SET_HOST),
	SAYS("port", SET_PORT),
	SAYS("sslMode", SET_MODE),
	SAYS("useSSL", SET_TLS),
	SAYS("requireSSL", SET_REQUIRE),
	SAYS("verifyServerCertificate", SET_CHAIN),
	SAYS("tlsVersions", SET_VERSIONS),
	SAYS("enabledTLSProtocols", SET_VERSIONS),
	SAYS("trustCertificateKeyStoreUrl", SET_STORE),
	SAYS("trustCertificateKeyStoreType", SET_STORE_TYPE),
	SAYS("trustCertificateKeyStorePassword", SET_STORE_PASSWORD),
	SAYS("clientCertificateKeyStoreUrl", SET_CERTIFICATE),
	SAYS("clientCertificateKeyStorePassword", SET_SECRET),
	SAYS("password1", SET_SECRET),
	SAYS("password2", SET_SECRET),
	SAYS("password3", SET_SECRET),
	SAYS("path", SET_SOCKET),
	SAYS("namedPipePath", SET_SOCKET),
	{ 0 },
};

static const char *const java_others[] = { "allowLoadLocalInfile", "allowLoadLocalInfileInPath",
	"allowMultiQueries", "allowNanAndInf", "allowPublicKeyRetrieval",
	"allowReplicaDownConnections", "allowSourceDownConnections", "allowUrlInLocalInfile",
	"alwaysSendSetIsolation", "authenticationOpenidConnectCallbackHandler",
	"authenticationPlugins", "authenticationWebAuthnCallbackHandler", "autoClosePStmtStreams",
	"autoGenerateTestcaseScript", "autoReconnect", "autoReconnectForPools", "autoSlowLog",
	"blobsAreStrings", "blobSendChunkSize", "cacheCallableStmts", "cacheDefaultTimeZone",
	"cacheDefaultTimezone", "cachePrepStmts", "cacheResultSetMetadata",
	"cacheServerConfiguration", "callableStmtCacheSize", "characterEncoding",
	"characterSetResults", "clientCertificateKeyStoreType", "clientInfoProvider",
	"clobberStreamingResults", "clobCharacterEncoding", "compensateOnDuplicateKeyUpdateCounts",
	"connectionAttributes", "connectionCollation", "connectionLifecycleInterceptors",
	"connectionTimeZone", "serverTimezone", "connectTimeout", "continueBatchOnError",
	"createDatabaseIfNotExist", "customCharsetMapping", "databaseTerm",
	"defaultAuthenticationPlugin", "defaultFetchSize", "detectCustomCollations",
	"disabledAuthenticationPlugins", "disconnectOnExpiredPasswords", "dnsSrv",
	"dontCheckOnDuplicateKeyUpdateInSQL", "dontTrackOpenResources", "dumpQueriesOnException",
	"elideSetAutoCommits", "emptyStringsConvertToZero", "emulateLocators",
	"emulateUnsupportedPstmts", "enableEscapeProcessing", "enablePacketDebug",
	"enableQueryTimeouts", "exceptionInterceptors", "explainSlowQueries", "failOverReadOnly",
	"fallbackToSystemKeyStore", "fallbackToSystemTrustStore", "fipsCompliantJsse",
	"forceConnectionTimeZoneToSession", "functionsNeverReturnBlobs", "gatherPerfMetrics",
	"generateSimpleParameterMetadata", "getProceduresReturnsFunctions", "ha.enableJMX",
	"haEnableJMX", "ha.loadBalanceStrategy", "haLoadBalanceStrategy",
	"holdResultsOpenOverStatementClose", "idTokenFile", "ignoreNonTxTables",
	"includeInnodbStatusInDeadlockExceptions", "includeThreadDumpInDeadlockExceptions",
	"includeThreadNamesAsStatementComment", "initialTimeout", "interactiveClient",
	"jdbcCompliantTruncation", "KeyManagerFactoryProvider", "keyStoreProvider",
	"largeRowSizeThreshold", "ldapServerHostname", "loadBalanceAutoCommitStatementRegex",
	"loadBalanceAutoCommitStatementThreshold", "loadBalanceBlocklistTimeout",
	"loadBalanceConnectionGroup", "loadBalanceExceptionChecker",
	"loadBalanceHostRemovalGracePeriod", "loadBalancePingTimeout",
	"loadBalanceSQLExceptionSubclassFailover", "loadBalanceSQLStateFailover",
	"loadBalanceValidateConnectionOnSwapServer", "localSocketAddress", "locatorFetchBufferSize",
	"logger", "logSlowQueries", "logXaCommands", "maintainTimeStats", "maxAllowedPacket",
	"maxByteArrayAsHex", "maxQuerySizeToLog", "maxReconnects", "maxRows", "metadataCacheSize",
	"netTimeoutForStreamingResults", "noAccessToProcedureBodies", "noDatetimeStringSync",
	"nullDatabaseMeansCurrent", "nullCatalogMeansCurrent", "ociConfigFile", "ociConfigProfile",
	"openTelemetry", "overrideSupportsIntegrityEnhancementFacility", "packetDebugBufferSize",
	"padCharsWithSpace", "paranoid", "passwordCharacterEncoding", "pedantic",
	"pinGlobalTxToPhysicalConnection", "populateInsertRowWithDefaultValues",
	"prepStmtCacheSize", "prepStmtCacheSqlLimit", "preserveInstants",
	"processEscapeCodesForPrepStmts", "profilerEventHandler", "profileSQL",
	"propertiesTransform", "protocol", "queriesBeforeRetrySource", "queryInfoCacheFactory",
	"parseInfoCacheFactory", "queryInterceptors", "queryTimeoutKillsConnection",
	"readFromSourceWhenNoReplicas", "readOnlyPropagatesToServer", "reconnectAtTxEnd",
	"replicationConnectionGroup", "reportMetricsIntervalMillis", "resourceId",
	"resultSetSizeThreshold", "retriesAllDown", "rewriteBatchedStatements",
	"rollbackOnPooledClose", "scrollTolerantForwardOnly", "secondsBeforeRetrySource",
	"selfDestructOnPingMaxOperations", "selfDestructOnPingSecondsLifetime",
	"sendFractionalSeconds", "sendFractionalSecondsForTime", "serverAffinityOrder",
	"serverConfigCacheFactory", "serverRSAPublicKeyFile", "sessionVariables",
	"slowQueryThresholdMillis", "slowQueryThresholdNanos", "socketFactory", "socketTimeout",
	"socksProxyHost", "socksProxyPort", "socksProxyRemoteDns", "sslContextProvider",
	"strictUpdates", "tcpKeepAlive", "tcpNoDelay", "tcpRcvBuf", "tcpSndBuf", "tcpTrafficClass",
	"tinyInt1isBit", "tlsCiphersuites", "enabledSSLCipherSuites", "traceProtocol",
	"trackSessionState", "transformedBitIsBoolean", "treatMysqlDatetimeAsTimestamp",
	"treatUtilDateAsTimestamp", "trustManagerFactoryProvider", "ultraDevHack",
	"useAffectedRows", "useColumnNamesInFindColumn", "useCompression", "useConfigs",
	"useCursorFetch", "useHostsInPrivileges", "useInformationSchema", "useLocalSessionState",
	"useLocalTransactionState", "useNanosForElapsedTime", "useOldAliasMetadataBehavior",
	"useOnlyServerErrorMessages", "useReadAheadInput", "useServerPrepStmts",
	"useStreamLengthsInPrepStmts", "useUnbufferedInput", "useUnicode", "useUsageAdvisor",
	"yearIsDateType", "zeroDateTimeBehavior", NULL };

/* dev.mysql.com/doc/connector-j/en/connector-j-connp-props-security.html: sslMode. */
static struct target_judged judge_java(struct target_reading *r)
{
	static const enum target_set legacy[] = { SET_TLS, SET_REQUIRE, SET_CHAIN };

	for (size_t i = 0; target_read_said(r, SET_MODE) && i < sizeof legacy / sizeof *legacy; i++)
		if (target_read_said(r, legacy[i]))
			target_read_note(r, TARGET_NO_EFFECT, r->given[legacy[i]].place, "sslMode",
			    _("this is ignored where sslMode is given; leave it out"));
	if (target_read_said(r, SET_MODE))
		return judge_mode(r, mysql_modes);
	if (target_read_no(r, SET_TLS))
		return judged(TARGET_OFF, 0, SET_TLS);
	if (target_read_yes(r, SET_CHAIN))
		return judged(TARGET_CA, 0, SET_CHAIN);
	if (target_read_yes(r, SET_REQUIRE))
		return judged(TARGET_NONE, 0, SET_REQUIRE);
	return judged(TARGET_NONE, 1, target_read_said(r, SET_TLS) ? SET_TLS : SET_NOTHING);
}

/* ---- MariaDB Connector/J --------------------------------------------------------------------- */

static const struct target_option mariadb_java[] = {
	SAYS("user", SET_USER),
	SAYS("password", SET_PASSWORD),
	SAYS("database", SET_DATABASE),
	SAYS("sslMode", SET_MODE),
	SAYS("useSsl", SET_TLS),
	SAYS("trustServerCertificate", SET_OFF),
	SAYS("disableSslHostnameVerification", SET_IDENTITY),
	SAYS("enabledSslProtocolSuites", SET_VERSIONS),
	SAYS("serverSslCert", SET_CA),
	SAYS("trustStore", SET_STORE),
	SAYS("trustStoreType", SET_STORE_TYPE),
	SAYS("trustStorePassword", SET_STORE_PASSWORD),
	SAYS("keyStore", SET_CERTIFICATE),
	SAYS("keyStorePassword", SET_SECRET),
	SAYS("keyPassword", SET_SECRET),
	SAYS("localSocket", SET_SOCKET),
	{ 0 },
};

static const char *const mariadb_java_others[] = { "timezone", "connectionCollation",
	"connectionTimeZone", "forceConnectionTimeZoneToSession", "preserveInstants", "autocommit",
	"useMysqlMetadata", "nullDatabaseMeansCurrent", "useCatalogTerm",
	"createDatabaseIfNotExist", "useLocalSessionState", "returnMultiValuesGeneratedIds",
	"jdbcCompliantTruncation", "permitRedirect", "transactionIsolation", "defaultFetchSize",
	"maxQuerySizeToLog", "maxAllowedPacket", "geometryDefaultType", "restrictedAuth", "initSql",
	"pinGlobalTxToPhysicalConnection", "permitNoResults", "permitMysqlScheme", "socketFactory",
	"connectTimeout", "pipe", "tcpKeepAlive", "tcpKeepIdle", "tcpKeepCount", "tcpKeepInterval",
	"tcpAbortiveClose", "localSocketAddress", "socketTimeout", "useReadAheadInput",
	"tlsSocketType", "keyStoreType", "enabledSslCipherSuites", "fallbackToSystemKeyStore",
	"fallbackToSystemTrustStore", "allowMultiQueries", "allowLocalInfile", "useCompression",
	"useAffectedRows", "useBulkStmts", "useBulkStmtsForInserts", "disablePipeline",
	"cachePrepStmts", "prepStmtCacheSize", "useServerPrepStmts", "credentialType",
	"sessionVariables", "connectionAttributes", "servicePrincipalName",
	"disconnectOnExpiredPasswords", "blankTableNameMeta", "tinyInt1isBit",
	"transformedBitIsBoolean", "yearIsDateType", "dumpQueriesOnException",
	"includeInnodbStatusInDeadlockExceptions", "includeThreadDumpInDeadlockExceptions",
	"retriesAllDown", "galeraAllowedState", "transactionReplay", "transactionReplaySize",
	"pool", "poolName", "maxPoolSize", "minPoolSize", "maxIdleTime", "registerJmxPool",
	"poolValidMinDelay", "useResetConnection", "serverRsaPublicKeyFile",
	"allowPublicKeyRetrieval", NULL };

/* SET_OFF stands for trustServerCertificate here, SET_IDENTITY for leaving the name out. */
static struct target_judged judge_mariadb_java(struct target_reading *r)
{
	if (target_read_said(r, SET_MODE))
		return judge_mode(r, mariadb_java_modes);
	if (!target_read_yes(r, SET_TLS))
		return judged(TARGET_OFF, 0, target_read_said(r, SET_TLS) ? SET_TLS : SET_NOTHING);
	if (target_read_yes(r, SET_OFF))
		return judged(TARGET_NONE, 0, SET_OFF);
	if (target_read_yes(r, SET_IDENTITY))
		return judged(TARGET_CA, 0, SET_IDENTITY);
	return judged(TARGET_FULL, 0, SET_TLS);
}

/* ---- go-sql-driver/mysql --------------------------------------------------------------------- */

static const struct target_option go[] = {
	SAYS("tls", SET_MODE),
	SAYS("allowFallbackToPlaintext", SET_FALLBACK),
	{ 0 },
};

static const char *const go_others[] = { "allowAllFiles", "allowCleartextPasswords",
	"allowNativePasswords", "allowOldPasswords", "charset", "checkConnLiveness",
	"clientFoundRows", "collation", "columnsWithAlias", "compress", "connectionAttributes",
	"interpolateParams", "loc", "maxAllowedPacket", "multiStatements", "parseTime",
	"readTimeout", "rejectReadOnly", "serverPubKey", "timeTruncate", "timeout", "writeTimeout",
	NULL };

/* Another word is the name of a configuration, which only the program knows. */
static struct target_judged judge_go(struct target_reading *r)
{
	const char *said = target_read_said(r, SET_MODE);
	struct target_judged j = judged(TARGET_UNSAID, 0, SET_MODE);

	if (!said || !*said)
		return judged(TARGET_OFF, 0, SET_NOTHING);
	for (const struct mode *m = go_modes; m->word; m++)
		if (strcasecmp(said, m->word) == 0)
			j = judged(m->verify, m->falls_back, SET_MODE);
	if (j.verify == TARGET_FULL && target_read_yes(r, SET_FALLBACK))
		return judged(TARGET_FULL, 1, SET_FALLBACK);
	j.falls_back |= j.verify == TARGET_NONE && target_read_yes(r, SET_FALLBACK);
	return j;
}

/* ---- Prisma ---------------------------------------------------------------------------------- */

static const struct target_option prisma[] = {
	SAYS("sslaccept", SET_MODE),
	SAYS("sslcert", SET_CA),
	SAYS("sslidentity", SET_CERTIFICATE),
	SAYS("sslpassword", SET_SECRET),
	SAYS("socket", SET_SOCKET),
	{ 0 },
};

static const char *const prisma_others[] = { "connection_limit", "connect_timeout",
	"max_connection_lifetime", "max_idle_connection_lifetime", "pgbouncer", "pool_timeout",
	"prefer_socket", "schema", "socket_timeout", "statement_cache_size", NULL };

static struct target_judged judge_prisma(struct target_reading *r)
{
	if (target_read_said(r, SET_MODE))
		return judge_mode(r, prisma_modes);
	if (target_read_said(r, SET_CA))
		return judged(TARGET_NONE, 0, SET_CA);
	return judged(TARGET_UNSAID, 0, SET_NOTHING);
}

/* ---- mysql2 for Node.js ---------------------------------------------------------------------- */

static const struct target_option node[] = {
	SAYS("ssl", SET_JSON),
	SAYS("user", SET_USER),
	SAYS("password", SET_PASSWORD),
	SAYS("password1", SET_SECRET),
	SAYS("password2", SET_SECRET),
	SAYS("password3", SET_SECRET),
	SAYS("passwordSha1", SET_SECRET),
	SAYS("socketPath", SET_SOCKET),
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
		return judged(TARGET_NONE, 0, SET_JSON);
	if (json_is_true(json_object_get(ssl, "verifyIdentity")))
		return judged(TARGET_FULL, 0, SET_JSON);
	return judged(TARGET_CA, 0, SET_JSON);
}

/* A string is the name of a profile; anything else than that and an object it refuses. */
static struct target_judged judge_node(struct target_reading *r)
{
	const char *said = target_read_said(r, SET_JSON);
	struct target_judged j = judged(TARGET_UNSAID, 0, SET_JSON);
	json_t *ssl;

	if (!said)
		return judged(TARGET_OFF, 0, SET_NOTHING);
	ssl = json_loads(said, JSON_DECODE_ANY, NULL);
	if (json_is_object(ssl))
		j = judge_node_ssl(r, ssl);
	else if (!ssl && strcmp(said, "Amazon RDS") == 0)
		j = judged(TARGET_CA, 0, SET_JSON);
	else
		target_read_note(r, TARGET_UNKNOWN, r->given[SET_JSON].place, NULL,
		    _("mysql2 takes an object for ssl, such as ssl={\"verifyIdentity\":true}"));
	json_decref(ssl);
	return j;
}

/* ---- SQLAlchemy's drivers -------------------------------------------------------------------- */

static const struct target_option pymysql[] = {
	SAYS("user", SET_USER),
	SAYS("password", SET_PASSWORD),
	SAYS("passwd", SET_PASSWORD),
	SAYS("database", SET_DATABASE),
	SAYS("db", SET_DATABASE),
	SAYS("unix_socket", SET_SOCKET),
	SAYS("ssl_ca", SET_CA),
	SAYS("ssl_capath", SET_CA_FOLDER),
	SAYS("ssl_cert", SET_CERTIFICATE),
	SAYS("ssl_key", SET_KEY),
	SAYS("ssl_key_password", SET_SECRET),
	SAYS("ssl_check_hostname", SET_REQUIRE),
	SAYS("ssl_verify_cert", SET_CHAIN),
	SAYS("ssl_verify_identity", SET_IDENTITY),
	SAYS("ssl_disabled", SET_OFF),
	{ 0 },
};

static const char *const pymysql_others[] = { "autocommit", "binary_prefix", "bind_address",
	"charset", "client_flag", "collation", "compress", "connect_timeout", "init_command",
	"local_infile", "max_allowed_packet", "named_pipe", "program_name", "read_default_file",
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
		return judged(TARGET_NONE, 0, by);
	return judged(TARGET_CA, 0, by);
}

/* SET_REQUIRE stands for ssl_check_hostname. Any text in ssl_disabled turns TLS off. */
static struct target_judged judge_pymysql(struct target_reading *r)
{
	if (target_read_said(r, SET_OFF))
		return judged(TARGET_OFF, 0, SET_OFF);
	if (target_read_said(r, SET_CHAIN) || target_read_said(r, SET_IDENTITY))
		return judge_pymysql_verify(r);
	if (!target_read_said(r, SET_CA) && !target_read_said(r, SET_CA_FOLDER))
		return judged(TARGET_NONE, !target_read_said(r, SET_REQUIRE), SET_NOTHING);
	if (target_read_no(r, SET_REQUIRE))
		return judged(TARGET_CA, 0, SET_REQUIRE);
	return judged(TARGET_FULL, 0, SET_CA);
}

static const struct target_option mysqlclient[] = {
	SAYS("user", SET_USER),
	SAYS("password", SET_PASSWORD),
	SAYS("passwd", SET_PASSWORD),
	SAYS("database", SET_DATABASE),
	SAYS("db", SET_DATABASE),
	SAYS("unix_socket", SET_SOCKET),
	SAYS("ssl_mode", SET_MODE),
	SAYS("ssl_ca", SET_CA),
	SAYS("ssl_capath", SET_CA_FOLDER),
	SAYS("ssl_cert", SET_CERTIFICATE),
	SAYS("ssl_key", SET_KEY),
	{ 0 },
};

static const char *const mysqlclient_others[] = { "ssl_check_hostname", "autocommit", "auth_plugin",
	"binary_prefix", "charset", "client_flag", "collation", "compress", "connect_timeout",
	"init_command", "local_infile", "local_infile_dir", "multi_statements", "named_pipe",
	"read_default_file", "read_default_group", "read_timeout", "server_public_key_path",
	"sql_mode", "ssl_cipher", "use_unicode", "write_timeout", NULL };

static struct target_judged judge_mysqlclient(struct target_reading *r)
{
	if (target_read_said(r, SET_MODE))
		return judge_mode(r, mysql_modes);
	if (target_read_said(r, SET_CA) || target_read_said(r, SET_CA_FOLDER))
		return judged(TARGET_CA, 1, SET_CA);
	return judged(TARGET_NONE, 1, SET_NOTHING);
}

static const struct target_option connector_python[] = {
	SAYS("user", SET_USER),
	SAYS("password", SET_PASSWORD),
	SAYS("passwd", SET_PASSWORD),
	SAYS("database", SET_DATABASE),
	SAYS("db", SET_DATABASE),
	SAYS("unix_socket", SET_SOCKET),
	SAYS("password1", SET_SECRET),
	SAYS("password2", SET_SECRET),
	SAYS("password3", SET_SECRET),
	SAYS("ssl_ca", SET_CA),
	SAYS("ssl_cert", SET_CERTIFICATE),
	SAYS("ssl_key", SET_KEY),
	SAYS("ssl_verify_cert", SET_CHAIN),
	SAYS("ssl_verify_identity", SET_IDENTITY),
	SAYS("ssl_disabled", SET_OFF),
	SAYS("tls_versions", SET_VERSIONS),
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
	"pool_reset_session", "pool_size", NULL };

/* SQLAlchemy makes a truth value of ssl_verify_cert alone; the other two are set by any text. */
static struct target_judged judge_connector_python(struct target_reading *r)
{
	if (target_read_said(r, SET_OFF))
		return judged(TARGET_OFF, 0, SET_OFF);
	if (!target_read_yes(r, SET_CHAIN))
		return judged(TARGET_NONE, 1, target_read_said(r, SET_CA) ? SET_CA : SET_NOTHING);
	if (!target_read_said(r, SET_IDENTITY))
		return judged(TARGET_CA, 0, SET_CHAIN);
	return judged(TARGET_FULL, 0, SET_IDENTITY);
}

/* ---- Rails ----------------------------------------------------------------------------------- */

static const struct target_option ruby[] = {
	SAYS("ssl_mode", SET_MODE),
	SAYS("sslca", SET_CA),
	SAYS("sslcapath", SET_CA_FOLDER),
	SAYS("sslcert", SET_CERTIFICATE),
	SAYS("sslkey", SET_KEY),
	SAYS("socket", SET_SOCKET),
	{ 0 },
};

static const char *const ruby_others[] = { "sslverify", "sslcipher", "encoding", "pool",
	"reconnect", "prepared_statements", "connect_timeout", "read_timeout", "write_timeout",
	"checkout_timeout", "collation", "strict", "variables", "timeout", NULL };

static struct target_judged judge_ruby(struct target_reading *r)
{
	if (target_read_said(r, SET_MODE))
		return judge_mode(r, mysql_modes);
	if (target_read_said(r, SET_CA) || target_read_said(r, SET_CA_FOLDER))
		return judged(TARGET_CA, 1, SET_CA);
	return judged(TARGET_NONE, 1, SET_NOTHING);
}

/* ---- the command lines ----------------------------------------------------------------------- */

/* mysql --help of 9.7.4. */
static const struct target_option mysql[] = {
	{ "host", SET_HOST, TAKES_VALUE, 'h' },
	{ "port", SET_PORT, TAKES_VALUE, 'P' },
	{ "user", SET_USER, TAKES_VALUE, 'u' },
	{ "password", SET_PASSWORD, TAKES_OPTIONAL, 'p' },
	{ "password1", SET_SECRET, TAKES_OPTIONAL, 0 },
	{ "password2", SET_SECRET, TAKES_OPTIONAL, 0 },
	{ "password3", SET_SECRET, TAKES_OPTIONAL, 0 },
	{ "database", SET_DATABASE, TAKES_VALUE, 'D' },
	{ "socket", SET_SOCKET, TAKES_VALUE, 'S' },
	{ "protocol", SET_PROTOCOL, TAKES_VALUE, 0 },
	{ "execute", SET_NOTHING, TAKES_VALUE, 'e' },
	{ "ssl-mode", SET_MODE, TAKES_VALUE, 0 },
	{ "ssl-ca", SET_CA, TAKES_VALUE, 0 },
	{ "ssl-capath", SET_CA_FOLDER, TAKES_VALUE, 0 },
	{ "ssl-cert", SET_CERTIFICATE, TAKES_VALUE, 0 },
	{ "ssl-key", SET_KEY, TAKES_VALUE, 0 },
	{ "tls-version", SET_VERSIONS, TAKES_VALUE, 0 },
	{ "tls-sni-servername", SET_SERVER_NAME, TAKES_VALUE, 0 },
	{ "batch", SET_NOTHING, TAKES_NONE, 'B' },
	{ "compress", SET_NOTHING, TAKES_NONE, 'C' },
	{ "debug-info", SET_NOTHING, TAKES_NONE, 'T' },
	{ "force", SET_NOTHING, TAKES_NONE, 'f' },
	{ "html", SET_NOTHING, TAKES_NONE, 'H' },
	{ "ignore-spaces", SET_NOTHING, TAKES_NONE, 'i' },
	{ "named-commands", SET_NOTHING, TAKES_NONE, 'G' },
	{ "no-auto-rehash", SET_NOTHING, TAKES_NONE, 'A' },
	{ "no-beep", SET_NOTHING, TAKES_NONE, 'b' },
	{ "one-database", SET_NOTHING, TAKES_NONE, 'o' },
	{ "quick", SET_NOTHING, TAKES_NONE, 'q' },
	{ "raw", SET_NOTHING, TAKES_NONE, 'r' },
	{ "safe-updates", SET_NOTHING, TAKES_NONE, 'U' },
	{ "silent", SET_NOTHING, TAKES_NONE, 's' },
	{ "skip-column-names", SET_NOTHING, TAKES_NONE, 'N' },
	{ "skip-line-numbers", SET_NOTHING, TAKES_NONE, 'L' },
	{ "syslog", SET_NOTHING, TAKES_NONE, 'j' },
	{ "table", SET_NOTHING, TAKES_NONE, 't' },
	{ "unbuffered", SET_NOTHING, TAKES_NONE, 'n' },
	{ "verbose", SET_NOTHING, TAKES_NONE, 'v' },
	{ "version", SET_NOTHING, TAKES_NONE, 'V' },
	{ "vertical", SET_NOTHING, TAKES_NONE, 'E' },
	{ "wait", SET_NOTHING, TAKES_NONE, 'w' },
	{ "xml", SET_NOTHING, TAKES_NONE, 'X' },
	{ "i-am-a-dummy", SET_NOTHING, TAKES_NONE, 0 },
	{ "no-defaults", SET_NOTHING, TAKES_NONE, 0 },
	{ "help", SET_NOTHING, TAKES_NONE, 0 },
	{ "auto-rehash", SET_NOTHING, TAKES_NONE, 0 },
	{ "auto-vertical-output", SET_NOTHING, TAKES_NONE, 0 },
	{ "binary-as-hex", SET_NOTHING, TAKES_NONE, 0 },
	{ "column-type-info", SET_NOTHING, TAKES_NONE, 0 },
	{ "commands", SET_NOTHING, TAKES_NONE, 0 },
	{ "comments", SET_NOTHING, TAKES_NONE, 'c' },
	{ "debug-check", SET_NOTHING, TAKES_NONE, 0 },
	{ "connect-expired-password", SET_NOTHING, TAKES_NONE, 0 },
	{ "enable-cleartext-plugin", SET_NOTHING, TAKES_NONE, 0 },
	{ "get-server-public-key", SET_NOTHING, TAKES_NONE, 0 },
	{ "line-numbers", SET_NOTHING, TAKES_NONE, 0 },
	{ "local-infile", SET_NOTHING, TAKES_NONE, 0 },
	{ "column-names", SET_NOTHING, TAKES_NONE, 0 },
	{ "sigint-ignore", SET_NOTHING, TAKES_NONE, 0 },
	{ "reconnect", SET_NOTHING, TAKES_NONE, 0 },
	{ "binary-mode", SET_NOTHING, TAKES_NONE, 0 },
	{ "show-warnings", SET_NOTHING, TAKES_NONE, 0 },
	{ "system-command", SET_NOTHING, TAKES_NONE, 0 },
	{ "ssl-session-data-continue-on-failed-reuse", SET_NOTHING, TAKES_NONE, 0 },
	{ "telemetry-client", SET_NOTHING, TAKES_NONE, 0 },
	{ "plugin-authentication-webauthn-client-preserve-privacy", SET_NOTHING, TAKES_NONE, 0 },
	{ "html-safe", SET_NOTHING, TAKES_NONE, 0 },
	{ "bind-address", SET_NOTHING, TAKES_VALUE, 0 },
	{ "character-sets-dir", SET_NOTHING, TAKES_VALUE, 0 },
	{ "default-character-set", SET_NOTHING, TAKES_VALUE, 0 },
	{ "delimiter", SET_NOTHING, TAKES_VALUE, 0 },
	{ "histignore", SET_NOTHING, TAKES_VALUE, 0 },
	{ "init-command", SET_NOTHING, TAKES_VALUE, 0 },
	{ "init-command-add", SET_NOTHING, TAKES_VALUE, 0 },
	{ "dns-srv-name", SET_NOTHING, TAKES_VALUE, 0 },
	{ "pager", SET_NOTHING, TAKES_VALUE, 0 },
	{ "prompt", SET_NOTHING, TAKES_VALUE, 0 },
	{ "server-public-key-path", SET_NOTHING, TAKES_VALUE, 0 },
	{ "tee", SET_NOTHING, TAKES_VALUE, 0 },
	{ "max-allowed-packet", SET_NOTHING, TAKES_VALUE, 0 },
	{ "net-buffer-length", SET_NOTHING, TAKES_VALUE, 0 },
	{ "select-limit", SET_NOTHING, TAKES_VALUE, 0 },
	{ "max-join-size", SET_NOTHING, TAKES_VALUE, 0 },
	{ "plugin-dir", SET_NOTHING, TAKES_VALUE, 0 },
	{ "default-auth", SET_NOTHING, TAKES_VALUE, 0 },
	{ "network-namespace", SET_NOTHING, TAKES_VALUE, 0 },
	{ "compression-algorithms", SET_NOTHING, TAKES_VALUE, 0 },
	{ "zstd-compression-level", SET_NOTHING, TAKES_VALUE, 0 },
	{ "load-data-local-dir", SET_NOTHING, TAKES_VALUE, 0 },
	{ "authentication-oci-client-config-profile", SET_NOTHING, TAKES_VALUE, 0 },
	{ "oci-config-file", SET_NOTHING, TAKES_VALUE, 0 },
	{ "authentication-openid-connect-client-id-token-file", SET_NOTHING, TAKES_VALUE, 0 },
	{ "plugin-authentication-webauthn-device", SET_NOTHING, TAKES_VALUE, 0 },
	{ "register-factor", SET_NOTHING, TAKES_VALUE, 0 },
	{ "connect-timeout", SET_NOTHING, TAKES_VALUE, 0 },
	{ "ssl-cipher", SET_NOTHING, TAKES_VALUE, 0 },
	{ "ssl-crl", SET_NOTHING, TAKES_VALUE, 0 },
	{ "ssl-crlpath", SET_NOTHING, TAKES_VALUE, 0 },
	{ "ssl-fips-mode", SET_NOTHING, TAKES_VALUE, 0 },
	{ "tls-ciphersuites", SET_NOTHING, TAKES_VALUE, 0 },
	{ "ssl-session-data", SET_NOTHING, TAKES_VALUE, 0 },
	{ "defaults-file", SET_NOTHING, TAKES_VALUE, 0 },
	{ "defaults-extra-file", SET_NOTHING, TAKES_VALUE, 0 },
	{ "defaults-group-suffix", SET_NOTHING, TAKES_VALUE, 0 },
	{ "login-path", SET_NOTHING, TAKES_VALUE, 0 },
	{ 0 },
};

static struct target_judged judge_mysql(struct target_reading *r)
{
	if (target_read_said(r, SET_MODE))
		return judge_mode(r, mysql_modes);
	/* "…implies --ssl-mode=VERIFY_CA": the manual on --ssl-mode. */
	if (target_read_said(r, SET_CA))
		return judged(TARGET_CA, 0, SET_CA);
	if (target_read_said(r, SET_CA_FOLDER))
		return judged(TARGET_CA, 0, SET_CA_FOLDER);
	return judged(TARGET_NONE, 1, SET_NOTHING);
}

/* mariadb --help of 10.11.19, and what 11.4 has beside that. */
static const struct target_option mariadb[] = {
	{ "host", SET_HOST, TAKES_VALUE, 'h' },
	{ "port", SET_PORT, TAKES_VALUE, 'P' },
	{ "user", SET_USER, TAKES_VALUE, 'u' },
	{ "password", SET_PASSWORD, TAKES_OPTIONAL, 'p' },
	{ "database", SET_DATABASE, TAKES_VALUE, 'D' },
	{ "socket", SET_SOCKET, TAKES_VALUE, 'S' },
	{ "protocol", SET_PROTOCOL, TAKES_VALUE, 0 },
	{ "execute", SET_NOTHING, TAKES_VALUE, 'e' },
	{ "ssl", SET_TLS, TAKES_NONE, 0 },
	{ "ssl-ca", SET_CA, TAKES_VALUE, 0 },
	{ "ssl-capath", SET_CA_FOLDER, TAKES_VALUE, 0 },
	{ "ssl-cert", SET_CERTIFICATE, TAKES_VALUE, 0 },
	{ "ssl-key", SET_KEY, TAKES_VALUE, 0 },
	{ "tls-version", SET_VERSIONS, TAKES_VALUE, 0 },
	{ "ssl-verify-server-cert", SET_IDENTITY, TAKES_NONE, 0 },
	{ "batch", SET_NOTHING, TAKES_NONE, 'B' },
	{ "compress", SET_NOTHING, TAKES_NONE, 'C' },
	{ "debug-info", SET_NOTHING, TAKES_NONE, 'T' },
	{ "force", SET_NOTHING, TAKES_NONE, 'f' },
	{ "html", SET_NOTHING, TAKES_NONE, 'H' },
	{ "ignore-spaces", SET_NOTHING, TAKES_NONE, 'i' },
	{ "named-commands", SET_NOTHING, TAKES_NONE, 'G' },
	{ "no-auto-rehash", SET_NOTHING, TAKES_NONE, 'A' },
	{ "no-beep", SET_NOTHING, TAKES_NONE, 'b' },
	{ "one-database", SET_NOTHING, TAKES_NONE, 'o' },
	{ "quick", SET_NOTHING, TAKES_NONE, 'q' },
	{ "raw", SET_NOTHING, TAKES_NONE, 'r' },
	{ "safe-updates", SET_NOTHING, TAKES_NONE, 'U' },
	{ "silent", SET_NOTHING, TAKES_NONE, 's' },
	{ "skip-column-names", SET_NOTHING, TAKES_NONE, 'N' },
	{ "skip-line-numbers", SET_NOTHING, TAKES_NONE, 'L' },
	{ "table", SET_NOTHING, TAKES_NONE, 't' },
	{ "unbuffered", SET_NOTHING, TAKES_NONE, 'n' },
	{ "verbose", SET_NOTHING, TAKES_NONE, 'v' },
	{ "version", SET_NOTHING, TAKES_NONE, 'V' },
	{ "vertical", SET_NOTHING, TAKES_NONE, 'E' },
	{ "wait", SET_NOTHING, TAKES_NONE, 'w' },
	{ "xml", SET_NOTHING, TAKES_NONE, 'X' },
	{ "comments", SET_NOTHING, TAKES_NONE, 'c' },
	{ "help", SET_NOTHING, TAKES_NONE, 0 },
	{ "abort-source-on-error", SET_NOTHING, TAKES_NONE, 0 },
	{ "auto-rehash", SET_NOTHING, TAKES_NONE, 0 },
	{ "auto-vertical-output", SET_NOTHING, TAKES_NONE, 0 },
	{ "binary-as-hex", SET_NOTHING, TAKES_NONE, 0 },
	{ "binary-mode", SET_NOTHING, TAKES_NONE, 0 },
	{ "column-names", SET_NOTHING, TAKES_NONE, 0 },
	{ "column-type-info", SET_NOTHING, TAKES_NONE, 0 },
	{ "connect-expired-password", SET_NOTHING, TAKES_NONE, 0 },
	{ "debug-check", SET_NOTHING, TAKES_NONE, 0 },
	{ "enable-cleartext-plugin", SET_NOTHING, TAKES_NONE, 0 },
	{ "line-numbers", SET_NOTHING, TAKES_NONE, 0 },
	{ "local-infile", SET_NOTHING, TAKES_NONE, 0 },
	{ "print-query-on-error", SET_NOTHING, TAKES_NONE, 0 },
	{ "progress-reports", SET_NOTHING, TAKES_NONE, 0 },
	{ "reconnect", SET_NOTHING, TAKES_NONE, 0 },
	{ "i-am-a-dummy", SET_NOTHING, TAKES_NONE, 0 },
	{ "sandbox", SET_NOTHING, TAKES_NONE, 0 },
	{ "secure-auth", SET_NOTHING, TAKES_NONE, 0 },
	{ "show-warnings", SET_NOTHING, TAKES_NONE, 0 },
	{ "sigint-ignore", SET_NOTHING, TAKES_NONE, 0 },
	{ "no-defaults", SET_NOTHING, TAKES_NONE, 0 },
	{ "character-sets-dir", SET_NOTHING, TAKES_VALUE, 0 },
	{ "connect-timeout", SET_NOTHING, TAKES_VALUE, 0 },
	{ "default-auth", SET_NOTHING, TAKES_VALUE, 0 },
	{ "default-character-set", SET_NOTHING, TAKES_VALUE, 0 },
	{ "delimiter", SET_NOTHING, TAKES_VALUE, 0 },
	{ "init-command", SET_NOTHING, TAKES_VALUE, 0 },
	{ "max-allowed-packet", SET_NOTHING, TAKES_VALUE, 0 },
	{ "max-join-size", SET_NOTHING, TAKES_VALUE, 0 },
	{ "net-buffer-length", SET_NOTHING, TAKES_VALUE, 0 },
	{ "pager", SET_NOTHING, TAKES_VALUE, 0 },
	{ "plugin-dir", SET_NOTHING, TAKES_VALUE, 0 },
	{ "prompt", SET_NOTHING, TAKES_VALUE, 0 },
	{ "quick-max-column-width", SET_NOTHING, TAKES_VALUE, 0 },
	{ "select-limit", SET_NOTHING, TAKES_VALUE, 0 },
	{ "server-arg", SET_NOTHING, TAKES_VALUE, 0 },
	{ "ssl-cipher", SET_NOTHING, TAKES_VALUE, 0 },
	{ "ssl-crl", SET_NOTHING, TAKES_VALUE, 0 },
	{ "ssl-crlpath", SET_NOTHING, TAKES_VALUE, 0 },
	{ "ssl-fp", SET_NOTHING, TAKES_VALUE, 0 },
	{ "ssl-fplist", SET_NOTHING, TAKES_VALUE, 0 },
	{ "tee", SET_NOTHING, TAKES_VALUE, 0 },
	{ "defaults-file", SET_NOTHING, TAKES_VALUE, 0 },
	{ "defaults-extra-file", SET_NOTHING, TAKES_VALUE, 0 },
	{ "defaults-group-suffix", SET_NOTHING, TAKES_VALUE, 0 },
	{ 0 },
};

/* Before 11.4, which verifies unless told otherwise: a text is read as the oldest in use reads it.
 */
static struct target_judged judge_mariadb(struct target_reading *r)
{
	if (target_read_no(r, SET_TLS))
		return judged(TARGET_OFF, 0, SET_TLS);
	if (target_read_yes(r, SET_IDENTITY))
		return judged(TARGET_FULL, 0, SET_IDENTITY);
	if (target_read_no(r, SET_IDENTITY))
		return judged(TARGET_NONE, 1, SET_IDENTITY);
	if (target_read_said(r, SET_CA))
		return judged(TARGET_CA, 1, SET_CA);
	if (target_read_said(r, SET_CA_FOLDER))
		return judged(TARGET_CA, 1, SET_CA_FOLDER);
	return judged(TARGET_NONE, 1, SET_NOTHING);
}

/* mycli --help of 2.26. */
static const struct target_option mycli[] = {
	{ "host", SET_HOST, TAKES_VALUE, 'h' },
	{ "hostname", SET_HOST, TAKES_VALUE, 0 },
	{ "port", SET_PORT, TAKES_VALUE, 'P' },
	{ "user", SET_USER, TAKES_VALUE, 'u' },
	{ "username", SET_USER, TAKES_VALUE, 0 },
	{ "password", SET_PASSWORD, TAKES_NEXT, 'p' },
	{ "pass", SET_PASSWORD, TAKES_NEXT, 0 },
	{ "database", SET_DATABASE, TAKES_VALUE, 'D' },
	{ "socket", SET_SOCKET, TAKES_VALUE, 'S' },
	{ "ssl-mode", SET_MODE, TAKES_VALUE, 0 },
	{ "ssl-ca", SET_CA, TAKES_VALUE, 0 },
	{ "ssl-capath", SET_CA_FOLDER, TAKES_VALUE, 0 },
	{ "ssl-cert", SET_CERTIFICATE, TAKES_VALUE, 0 },
	{ "ssl-key", SET_KEY, TAKES_VALUE, 0 },
	{ "tls-version", SET_VERSIONS, TAKES_VALUE, 0 },
	{ "ssl-verify-server-cert", SET_IDENTITY, TAKES_NONE, 0 },
	{ "ssl", SET_TLS, TAKES_NONE, 0 },
	{ "dsn", SET_NOTHING, TAKES_VALUE, 'd' },
	{ "prompt", SET_NOTHING, TAKES_VALUE, 'R' },
	{ "logfile", SET_NOTHING, TAKES_VALUE, 'l' },
	{ "login-path", SET_NOTHING, TAKES_VALUE, 'g' },
	{ "execute", SET_NOTHING, TAKES_VALUE, 'e' },
	{ "quiet", SET_NOTHING, TAKES_NONE, 'q' },
	{ "table", SET_NOTHING, TAKES_NONE, 't' },
	{ "verbose", SET_NOTHING, TAKES_NONE, 'v' },
	{ "version", SET_NOTHING, TAKES_NONE, 'V' },
	{ "list-dsn", SET_NOTHING, TAKES_NONE, 0 },
	{ "resume", SET_NOTHING, TAKES_NONE, 0 },
	{ "auto-vertical-output", SET_NOTHING, TAKES_NONE, 0 },
	{ "show-warnings", SET_NOTHING, TAKES_NONE, 0 },
	{ "no-show-warnings", SET_NOTHING, TAKES_NONE, 0 },
	{ "csv", SET_NOTHING, TAKES_NONE, 0 },
	{ "warn", SET_NOTHING, TAKES_NONE, 0 },
	{ "no-warn", SET_NOTHING, TAKES_NONE, 0 },
	{ "warn-batch", SET_NOTHING, TAKES_NONE, 0 },
	{ "unbuffered", SET_NOTHING, TAKES_NONE, 0 },
	{ "progress", SET_NOTHING, TAKES_NONE, 0 },
	{ "checkup", SET_NOTHING, TAKES_NONE, 0 },
	{ "help", SET_NOTHING, TAKES_NONE, 0 },
	{ "no-ssl", SET_NOTHING, TAKES_NONE, 0 },
	{ "password-file", SET_NOTHING, TAKES_VALUE, 0 },
	{ "vault-address", SET_NOTHING, TAKES_VALUE, 0 },
	{ "vault-mount", SET_NOTHING, TAKES_VALUE, 0 },
	{ "vault-secret", SET_NOTHING, TAKES_VALUE, 0 },
	{ "vault-password-field", SET_NOTHING, TAKES_VALUE, 0 },
	{ "vault-username-field", SET_NOTHING, TAKES_VALUE, 0 },
	{ "ssl-cipher", SET_NOTHING, TAKES_VALUE, 0 },
	{ "completions", SET_NOTHING, TAKES_VALUE, 0 },
	{ "toolbar", SET_NOTHING, TAKES_VALUE, 0 },
	{ "checkpoint", SET_NOTHING, TAKES_VALUE, 0 },
	{ "myclirc", SET_NOTHING, TAKES_VALUE, 0 },
	{ "local-infile", SET_NOTHING, TAKES_VALUE, 0 },
	{ "init-command", SET_NOTHING, TAKES_VALUE, 0 },
	{ "charset", SET_NOTHING, TAKES_VALUE, 0 },
	{ "character-set", SET_NOTHING, TAKES_VALUE, 0 },
	{ "batch", SET_NOTHING, TAKES_VALUE, 0 },
	{ "format", SET_NOTHING, TAKES_VALUE, 0 },
	{ "throttle", SET_NOTHING, TAKES_VALUE, 0 },
	{ "use-keyring", SET_NOTHING, TAKES_VALUE, 0 },
	{ "keepalive-ticks", SET_NOTHING, TAKES_VALUE, 0 },
	{ "ssh-jump", SET_NOTHING, TAKES_VALUE, 0 },
	{ "ssh-options", SET_NOTHING, TAKES_VALUE, 0 },
	{ "kubectl-resource", SET_NOTHING, TAKES_VALUE, 0 },
	{ "kubectl-options", SET_NOTHING, TAKES_VALUE, 0 },
	{ "boundary-id", SET_NOTHING, TAKES_VALUE, 0 },
	{ 0 },
};

static const struct mode mycli_modes[] = {
	{ "off", TARGET_OFF, 0 },
	{ "auto", TARGET_NONE, 1 },
	{ "on", TARGET_NONE, 0 },
	{ 0 },
};

/* Without a CA it verifies nothing, whatever else it is told. */
static struct target_judged judge_mycli(struct target_reading *r)
{
	struct target_judged j = judged(TARGET_NONE, 1, SET_NOTHING);
	int ca = target_read_said(r, SET_CA) || target_read_said(r, SET_CA_FOLDER);

	if (target_read_said(r, SET_MODE))
		j = judge_mode(r, mycli_modes);
	if (j.verify != TARGET_NONE)
		return j;
	if (!ca && target_read_said(r, SET_IDENTITY))
		target_read_note(r, TARGET_NO_EFFECT, r->given[SET_IDENTITY].place, "--ssl-ca",
		    _("without --ssl-ca, mycli's --ssl-verify-server-cert verifies nothing"));
	if (!ca)
		return j;
	if (target_read_yes(r, SET_IDENTITY))
		return judged(TARGET_FULL, j.falls_back, j.by);
	return judged(TARGET_CA, j.falls_back, SET_CA);
}

/* ---- anybody --------------------------------------------------------------------------------- */

static const struct target_option nobody[] = {
	{ 0 },
};

/* In a URL of several clients, the first of those that know as many of its options is taken. */
static const struct target_client clients[] = {
	{
	    .title = N_("no client"),
	    .scheme = "mysql mariadb",
	    .options = nobody,
	    .open = 1,
	},
	{
	    .id = "prisma",
	    .title = N_("Prisma"),
	    .scheme = "mysql",
	    .options = prisma,
	    .others = prisma_others,
	    .judge = judge_prisma,
	    .full = N_("write sslaccept=strict"),
	},
	{
	    .id = "node",
	    .title = N_("mysql2"),
	    .scheme = "mysql mariadb",
	    .options = node,
	    .others = node_others,
	    .judge = judge_node,
	    .full = N_("write ssl={\"verifyIdentity\":true}, percent-encoded"),
	},
	{
	    .id = "ruby",
	    .title = N_("Rails"),
	    .scheme = "mysql mysql2 trilogy",
	    .options = ruby,
	    .others = ruby_others,
	    .judge = judge_ruby,
	    .full = N_("write ssl_mode=verify_identity and sslca=FILE"),
	},
	{
	    .id = "python",
	    .title = N_("mysqlclient"),
	    .scheme = "mysql mariadb mysql+mysqldb mariadb+mysqldb",
	    .options = mysqlclient,
	    .others = mysqlclient_others,
	    .judge = judge_mysqlclient,
	    .full = N_("write ssl_mode=VERIFY_IDENTITY and ssl_ca=FILE"),
	},
	{
	    .id = "pymysql",
	    .title = N_("PyMySQL"),
	    .scheme = "mysql+pymysql mariadb+pymysql",
	    .options = pymysql,
	    .others = pymysql_others,
	    .judge = judge_pymysql,
	    .full = N_("write ssl_ca=FILE, and no other word of TLS"),
	},
	{
	    .id = "connector-python",
	    .title = N_("MySQL Connector/Python"),
	    .scheme = "mysql+mysqlconnector mariadb+mysqlconnector",
	    .options = connector_python,
	    .others = connector_python_others,
	    .judge = judge_connector_python,
	    .full = N_("write ssl_ca=FILE&ssl_verify_cert=true&ssl_verify_identity=true"),
	},
	{
	    .title = N_("the driver"),
	    .scheme =
		"mysql+aiomysql mysql+asyncmy mysql+pyodbc mysql+cymysql mariadb+mariadbconnector "
		"mariadb+aiomysql mariadb+asyncmy",
	    .options = nobody,
	    .open = 1,
	},
	{
	    .id = "java",
	    .title = N_("Connector/J"),
	    .scheme = "jdbc:mysql",
	    .options = java,
	    .others = java_others,
	    .judge = judge_java,
	    .full = N_("write sslMode=VERIFY_IDENTITY"),
	},
	{
	    .id = "mariadb-java",
	    .title = N_("MariaDB Connector/J"),
	    .scheme = "jdbc:mariadb",
	    .options = mariadb_java,
	    .others = mariadb_java_others,
	    .fold = 1,
	    .judge = judge_mariadb_java,
	    .full = N_("write sslMode=verify-full"),
	},
	{
	    .id = "mysql",
	    .title = N_("mysql"),
	    .options = mysql,
	    .prefixes = 1,
	    .fold = 1,
	    .judge = judge_mysql,
	    .full = N_("write --ssl-mode=VERIFY_IDENTITY and --ssl-ca=FILE"),
	},
	{
	    .id = "mariadb",
	    .title = N_("mariadb"),
	    .options = mariadb,
	    .prefixes = 1,
	    .fold = 1,
	    .judge = judge_mariadb,
	    .full = N_("write --ssl-ca=FILE and --ssl-verify-server-cert"),
	},
	{
	    .id = "mycli",
	    .title = N_("mycli"),
	    .options = mycli,
	    .judge = judge_mycli,
	    .full = N_("write --ssl-mode=on, --ssl-ca=FILE and --ssl-verify-server-cert"),
	},
	{
	    .id = "go",
	    .title = N_("Go's driver"),
	    .options = go,
	    .others = go_others,
	    .open = 1,
	    .judge = judge_go,
	    .full = N_("write tls=true"),
	},
};

const struct target_client *target_client_of(const char *id)
{
	for (size_t i = 0; id && i < sizeof clients / sizeof *clients; i++)
		if (clients[i].id && strcmp(clients[i].id, id) == 0)
			return &clients[i];
	return &clients[0];
}

static const struct target_option ignored = SAYS("", SET_NOTHING);

const struct target_option *target_client_option(const struct target_client *c, const char *name)
{
	for (const struct target_option *o = c->options; o->name; o++)
		if (strcmp(o->name, name) == 0 || (c->fold && same(o->name, name)))
			return o;
	for (const char *const *other = c->others; other && *other; other++)
		if (strcmp(*other, name) == 0 || (c->fold && same(*other, name)))
			return &ignored;
	return NULL;
}

const struct target_option *target_client_prefix(const struct target_client *c, const char *name)
{
	const struct target_option *found = NULL;
	size_t n = strlen(name);

	for (const struct target_option *o = c->options; c->prefixes && n && o->name; o++) {
		if (strncmp(o->name, name, n) != 0)
			continue;
		if (found)
			return NULL;
		found = o;
	}
	return found;
}

/* Without regard to case, "-" and "_". */
static size_t apart(const char *a, const char *b)
{
	char x[48], y[48];
	const char *from[] = { a, b };
	char *to[] = { x, y };

	for (size_t i = 0; i < 2; i++) {
		size_t n = 0;

		for (const char *c = from[i]; *c && n + 1 < sizeof x; c++)
			if (*c != '-' && *c != '_')
				to[i][n++] = (char)tolower((unsigned char)*c);
		to[i][n] = '\0';
	}
	return opt_distance(x, y);
}

static void nearer(const char *known, const char *name, size_t *least, const char **near)
{
	size_t d = apart(known, name);

	if (d >= *least)
		return;
	*least = d;
	*near = known;
}

const char *target_client_near(const struct target_client *c, const char *name)
{
	size_t least = strlen(name) < 5 ? 2 : 3;
	const char *near = NULL;

	for (const struct target_option *o = c->options; o->name; o++)
		nearer(o->name, name, &least, &near);
	for (const char *const *other = c->others; other && *other; other++)
		nearer(*other, name, &least, &near);
	return near;
}

/* ---- the client of a URL --------------------------------------------------------------------- */

static int has_scheme(const struct target_client *c, struct span scheme)
{
	const char *at = c->scheme;

	while (at && *at) {
		size_t n = strcspn(at, " ");

		if (n == scheme.n && strncasecmp(at, (const char *)scheme.p, n) == 0)
			return 1;
		at += n;
		at += *at == ' ';
	}
	return 0;
}

static size_t known(const struct target_client *c, struct span query)
{
	size_t count = 0;

	while (query.n) {
		char name[64];
		size_t n = 0;

		while (query.n && query.p[0] != '&' && query.p[0] != '=' && n + 1 < sizeof name) {
			name[n++] = (char)query.p[0];
			(void)span_skip(&query, 1);
		}
		name[n] = '\0';
		count += target_client_option(c, name) != NULL;
		while (query.n && query.p[0] != '&')
			(void)span_skip(&query, 1);
		(void)span_skip(&query, 1);
	}
	return count;
}

const struct target_client *target_client_of_url(struct span scheme, struct span query)
{
	const struct target_client *best = NULL;
	size_t most = 0;

	for (size_t i = 0; i < sizeof clients / sizeof *clients; i++) {
		const struct target_client *c = &clients[i];
		size_t n;

		if (!has_scheme(c, scheme))
			continue;
		n = known(c, query);
		if (best && n <= most)
			continue;
		best = c;
		most = n;
	}
	return best;
}
