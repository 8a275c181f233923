/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/variables.h"

#include <stdio.h>
#include <strings.h>

static const char *version(const struct query_session *s, char room[VARIABLES_ROOM])
{
	(void)room;
	return s->version;
}

static const char *port(const struct query_session *s, char room[VARIABLES_ROOM])
{
	(void)snprintf(room, VARIABLES_ROOM, "%u", s->port);
	return room;
}

static const char *id(const struct query_session *s, char room[VARIABLES_ROOM])
{
	(void)snprintf(room, VARIABLES_ROOM, "%lu", (unsigned long)s->id);
	return room;
}

static const char *autocommit(const struct query_session *s, char room[VARIABLES_ROOM])
{
	(void)room;
	return s->status & MYSQL_AUTOCOMMIT ? "1" : "0";
}

static const char *tls(const struct query_session *s, char room[VARIABLES_ROOM])
{
	(void)room;
	return s->tls;
}

static const char *cipher(const struct query_session *s, char room[VARIABLES_ROOM])
{
	(void)room;
	return s->cipher;
}

#define MODES                                                                                      \
	"ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,"                     \
	"ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION"
#define COLLATION "utf8mb4_general_ci"

/* MySQL 8.4's defaults, and those of before that clients still ask for. */
const struct variable variables_all[] = {
	{ "auto_increment_increment", VARIABLE_NUMBER, "1", NULL },
	{ "auto_increment_offset", VARIABLE_NUMBER, "1", NULL },
	{ "autocommit", VARIABLE_SWITCH, NULL, autocommit },
	{ "basedir", VARIABLE_TEXT, "/usr/", NULL },
	{ "character_set_client", VARIABLE_TEXT, "utf8mb4", NULL },
	{ "character_set_connection", VARIABLE_TEXT, "utf8mb4", NULL },
	{ "character_set_database", VARIABLE_TEXT, "utf8mb4", NULL },
	{ "character_set_filesystem", VARIABLE_TEXT, "binary", NULL },
	{ "character_set_results", VARIABLE_TEXT, "utf8mb4", NULL },
	{ "character_set_server", VARIABLE_TEXT, "utf8mb4", NULL },
	{ "character_set_system", VARIABLE_TEXT, "utf8mb3", NULL },
	{ "collation_connection", VARIABLE_TEXT, COLLATION, NULL },
	{ "collation_database", VARIABLE_TEXT, COLLATION, NULL },
	{ "collation_server", VARIABLE_TEXT, COLLATION, NULL },
	{ "connect_timeout", VARIABLE_NUMBER, "10", NULL },
	{ "default_storage_engine", VARIABLE_TEXT, "InnoDB", NULL },
	{ "div_precision_increment", VARIABLE_NUMBER, "4", NULL },
	{ "explicit_defaults_for_timestamp", VARIABLE_SWITCH, "1", NULL },
	{ "foreign_key_checks", VARIABLE_SWITCH, "1", NULL },
	{ "group_concat_max_len", VARIABLE_NUMBER, "1024", NULL },
	{ "have_openssl", VARIABLE_TEXT, "YES", NULL },
	{ "have_ssl", VARIABLE_TEXT, "YES", NULL },
	{ "hostname", VARIABLE_TEXT, "localhost", NULL },
	{ "init_connect", VARIABLE_TEXT, "", NULL },
	{ "innodb_lock_wait_timeout", VARIABLE_NUMBER, "50", NULL },
	{ "innodb_version", VARIABLE_TEXT, NULL, version },
	{ "interactive_timeout", VARIABLE_NUMBER, "28800", NULL },
	{ "lc_messages", VARIABLE_TEXT, "en_US", NULL },
	{ "lc_time_names", VARIABLE_TEXT, "en_US", NULL },
	{ "license", VARIABLE_TEXT, "Apache-2.0", NULL },
	{ "local_infile", VARIABLE_SWITCH, "0", NULL },
	{ "lock_wait_timeout", VARIABLE_NUMBER, "31536000", NULL },
	{ "lower_case_file_system", VARIABLE_SWITCH, "0", NULL },
	{ "lower_case_table_names", VARIABLE_NUMBER, "0", NULL },
	{ "max_allowed_packet", VARIABLE_NUMBER, "1048576", NULL },
	{ "max_connections", VARIABLE_NUMBER, "1024", NULL },
	{ "max_execution_time", VARIABLE_NUMBER, "0", NULL },
	{ "net_buffer_length", VARIABLE_NUMBER, "16384", NULL },
	{ "net_read_timeout", VARIABLE_NUMBER, "30", NULL },
	{ "net_write_timeout", VARIABLE_NUMBER, "60", NULL },
	{ "performance_schema", VARIABLE_SWITCH, "0", NULL },
	{ "port", VARIABLE_NUMBER, NULL, port },
	{ "protocol_version", VARIABLE_NUMBER, "10", NULL },
	{ "pseudo_thread_id", VARIABLE_NUMBER, NULL, id },
	{ "query_cache_size", VARIABLE_NUMBER, "0", NULL },
	{ "query_cache_type", VARIABLE_TEXT, "OFF", NULL },
	{ "read_only", VARIABLE_SWITCH, "0", NULL },
	{ "require_secure_transport", VARIABLE_SWITCH, "0", NULL },
	{ "server_id", VARIABLE_NUMBER, "1", NULL },
	{ "server_uuid", VARIABLE_TEXT, "00000000-0000-4000-8000-000000000000", NULL },
	{ "skip_networking", VARIABLE_SWITCH, "0", NULL },
	{ "socket", VARIABLE_TEXT, "", NULL },
	{ "sql_auto_is_null", VARIABLE_SWITCH, "0", NULL },
	{ "sql_mode", VARIABLE_TEXT, MODES, NULL },
	{ "sql_notes", VARIABLE_SWITCH, "1", NULL },
	{ "sql_quote_show_create", VARIABLE_SWITCH, "1", NULL },
	{ "sql_safe_updates", VARIABLE_SWITCH, "0", NULL },
	{ "sql_select_limit", VARIABLE_TEXT, "18446744073709551615", NULL },
	{ "sql_warnings", VARIABLE_SWITCH, "0", NULL },
	{ "storage_engine", VARIABLE_TEXT, "InnoDB", NULL },
	{ "super_read_only", VARIABLE_SWITCH, "0", NULL },
	{ "system_time_zone", VARIABLE_TEXT, "UTC", NULL },
	{ "time_zone", VARIABLE_TEXT, "SYSTEM", NULL },
	{ "transaction_isolation", VARIABLE_TEXT, "REPEATABLE-READ", NULL },
	{ "transaction_read_only", VARIABLE_SWITCH, "0", NULL },
	{ "tx_isolation", VARIABLE_TEXT, "REPEATABLE-READ", NULL },
	{ "tx_read_only", VARIABLE_SWITCH, "0", NULL },
	{ "unique_checks", VARIABLE_SWITCH, "1", NULL },
	{ "version", VARIABLE_TEXT, NULL, version },
	{ "version_comment", VARIABLE_TEXT, "dbtls lab", NULL },
	{ "version_compile_os", VARIABLE_TEXT, "Linux", NULL },
	{ "wait_timeout", VARIABLE_NUMBER, "28800", NULL },
	{ NULL, VARIABLE_TEXT, NULL, NULL },
};

const struct variable variables_status[] = {
	{ "Ssl_cipher", VARIABLE_TEXT, NULL, cipher },
	{ "Ssl_version", VARIABLE_TEXT, NULL, tls },
	{ NULL, VARIABLE_TEXT, NULL, NULL },
};

static int is(struct span name, const char *word)
{
	return name.n == strlen(word) && strncasecmp((const char *)name.p, word, name.n) == 0;
}

/* Cuts "session." off the front. */
static struct span bare(struct span name)
{
	static const char *const scopes[] = { "session", "local", "global" };
	const uint8_t *dot = name.n ? memchr(name.p, '.', name.n) : NULL;
	struct span scope = { 0 }, rest = name;

	if (!dot || span_take(&rest, (size_t)(dot - name.p), &scope) < 0 || span_skip(&rest, 1) < 0)
		return name;
	for (size_t i = 0; i < sizeof scopes / sizeof *scopes; i++)
		if (is(scope, scopes[i]))
			return rest;
	return name;
}

const struct variable *variables_find(struct span name)
{
	struct span wanted = bare(name);

	for (const struct variable *v = variables_all; v->name; v++)
		if (is(wanted, v->name))
			return v;
	return NULL;
}

const char *variables_value(
    const struct variable *v, const struct query_session *s, char room[VARIABLES_ROOM])
{
	return v->value ? v->value : v->of(s, room);
}
