/* SPDX-License-Identifier: Apache-2.0 */
/* Java's drivers: Connector/J 26.10.0 (PropertyKey), MariaDB Connector/J 3.5.2 (Configuration). */
#include "target/clients.h"

#include "base/i18n.h"

/* ---- Connector/J ----------------------------------------------------------------------------- */

static const struct target_option java[] = {
	TARGET_SAYS("user", SET_USER),
	TARGET_SAYS("password", SET_PASSWORD),
	TARGET_SAYS("dbname", SET_DATABASE),
	TARGET_SAYS("host", SET_HOST),
	TARGET_SAYS("port", SET_PORT),
	TARGET_SAYS("sslMode", SET_MODE),
	TARGET_SAYS("useSSL", SET_TLS),
	TARGET_SAYS("requireSSL", SET_REQUIRE),
	TARGET_SAYS("verifyServerCertificate", SET_CHAIN),
	TARGET_SAYS("tlsVersions", SET_VERSIONS),
	TARGET_SAYS("enabledTLSProtocols", SET_VERSIONS),
	TARGET_SAYS("trustCertificateKeyStoreUrl", SET_STORE),
	TARGET_SAYS("trustCertificateKeyStoreType", SET_STORE_TYPE),
	TARGET_SAYS("trustCertificateKeyStorePassword", SET_STORE_PASSWORD),
	TARGET_SAYS("clientCertificateKeyStoreUrl", SET_CERTIFICATE),
	TARGET_SAYS("clientCertificateKeyStorePassword", SET_SECRET),
	TARGET_SAYS("password1", SET_SECRET),
	TARGET_SAYS("password2", SET_SECRET),
	TARGET_SAYS("password3", SET_SECRET),
	TARGET_SAYS("path", SET_SOCKET),
	TARGET_SAYS("namedPipePath", SET_SOCKET),
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
		return target_client_mode(r, target_client_mysql_modes);
	if (target_read_no(r, SET_TLS))
		return target_client_judged(TARGET_OFF, 0, SET_TLS);
	if (target_read_yes(r, SET_CHAIN))
		return target_client_judged(TARGET_CA, 0, SET_CHAIN);
	if (target_read_yes(r, SET_REQUIRE))
		return target_client_judged(TARGET_NONE, 0, SET_REQUIRE);
	return target_client_judged(
	    TARGET_NONE, 1, target_read_said(r, SET_TLS) ? SET_TLS : SET_NOTHING);
}

const struct target_client target_client_java = {
	.id = "java",
	.title = N_("Connector/J"),
	.scheme = "jdbc:mysql",
	.options = java,
	.others = java_others,
	.refuses_words = 1,
	.judge = judge_java,
	.full = N_("write sslMode=VERIFY_IDENTITY"),
};

/* ---- MariaDB Connector/J --------------------------------------------------------------------- */

static const struct target_mode mariadb_java_modes[] = {
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

static const struct target_option mariadb_java[] = {
	TARGET_SAYS("user", SET_USER),
	TARGET_SAYS("password", SET_PASSWORD),
	TARGET_SAYS("database", SET_DATABASE),
	TARGET_SAYS("sslMode", SET_MODE),
	TARGET_SAYS("useSsl", SET_TLS),
	TARGET_SAYS("trustServerCertificate", SET_OFF),
	TARGET_SAYS("disableSslHostnameVerification", SET_IDENTITY),
	TARGET_SAYS("enabledSslProtocolSuites", SET_VERSIONS),
	TARGET_SAYS("serverSslCert", SET_CA),
	TARGET_SAYS("trustStore", SET_STORE),
	TARGET_SAYS("trustStoreType", SET_STORE_TYPE),
	TARGET_SAYS("trustStorePassword", SET_STORE_PASSWORD),
	TARGET_SAYS("keyStore", SET_CERTIFICATE),
	TARGET_SAYS("keyStorePassword", SET_SECRET),
	TARGET_SAYS("keyPassword", SET_SECRET),
	TARGET_SAYS("localSocket", SET_SOCKET),
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
		return target_client_mode(r, mariadb_java_modes);
	if (!target_read_yes(r, SET_TLS))
		return target_client_judged(
		    TARGET_OFF, 0, target_read_said(r, SET_TLS) ? SET_TLS : SET_NOTHING);
	if (target_read_yes(r, SET_OFF))
		return target_client_judged(TARGET_NONE, 0, SET_OFF);
	if (target_read_yes(r, SET_IDENTITY))
		return target_client_judged(TARGET_CA, 0, SET_IDENTITY);
	return target_client_judged(TARGET_FULL, 0, SET_TLS);
}

const struct target_client target_client_mariadb_java = {
	.id = "mariadb-java",
	.title = N_("MariaDB Connector/J"),
	.scheme = "jdbc:mariadb",
	.options = mariadb_java,
	.others = mariadb_java_others,
	.refuses_words = 1,
	.fold = 1,
	.judge = judge_mariadb_java,
	.full = N_("write sslMode=verify-full"),
};
