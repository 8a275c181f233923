/* SPDX-License-Identifier: Apache-2.0 */
/* Command lines: what mysql 9.7.4, mariadb 10.11.19 and mycli 2.26 list with --help. */
#include "target/clients.h"

#include "base/i18n.h"

/* ---- mysql ----------------------------------------------------------------------------------- */

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
	{ 0 },
};

static const char *const mysql_others[] = { "batch", "compress", "debug-info", "force", "html",
	"ignore-spaces", "named-commands", "no-auto-rehash", "no-beep", "one-database", "quick",
	"raw", "safe-updates", "silent", "skip-column-names", "skip-line-numbers", "syslog",
	"table", "unbuffered", "verbose", "version", "vertical", "wait", "xml", "i-am-a-dummy",
	"no-defaults", "help", "auto-rehash", "auto-vertical-output", "binary-as-hex",
	"column-type-info", "commands", "comments", "debug-check", "connect-expired-password",
	"enable-cleartext-plugin", "get-server-public-key", "line-numbers", "local-infile",
	"column-names", "sigint-ignore", "reconnect", "binary-mode", "show-warnings",
	"system-command", "ssl-session-data-continue-on-failed-reuse", "telemetry-client",
	"plugin-authentication-webauthn-client-preserve-privacy", NULL };

static const char *const mysql_valued[] = { "bind-address", "character-sets-dir",
	"default-character-set", "delimiter", "histignore", "init-command", "init-command-add",
	"dns-srv-name", "pager", "prompt", "server-public-key-path", "tee", "max-allowed-packet",
	"net-buffer-length", "select-limit", "max-join-size", "plugin-dir", "default-auth",
	"network-namespace", "compression-algorithms", "zstd-compression-level",
	"load-data-local-dir", "authentication-oci-client-config-profile", "oci-config-file",
	"authentication-openid-connect-client-id-token-file",
	"plugin-authentication-webauthn-device", "register-factor", "connect-timeout", "ssl-cipher",
	"ssl-crl", "ssl-crlpath", "ssl-fips-mode", "tls-ciphersuites", "ssl-session-data",
	"defaults-file", "defaults-extra-file", "defaults-group-suffix", "login-path", NULL };

/* "CA certificate is required if ssl-mode is VERIFY_CA or VERIFY_IDENTITY" */
static struct target_judged judge_mysql_mode(struct target_reading *r)
{
	struct target_judged j = target_client_mode(r, target_client_mysql_modes);

	if (j.verify >= TARGET_CA && !target_read_said(r, SET_CA) &&
	    !target_read_said(r, SET_CA_FOLDER))
		target_read_note(r, TARGET_NO_EFFECT, r->given[SET_MODE].place, "ssl-ca",
		    _("mysql does not start with this and no CA; write --ssl-ca=FILE as well"));
	return j;
}

static struct target_judged judge_mysql(struct target_reading *r)
{
	if (target_read_said(r, SET_MODE))
		return judge_mysql_mode(r);
	/* "…implies --ssl-mode=VERIFY_CA": the manual on --ssl-mode. */
	if (target_read_said(r, SET_CA))
		return target_client_judged(TARGET_CA, 0, SET_CA);
	if (target_read_said(r, SET_CA_FOLDER))
		return target_client_judged(TARGET_CA, 0, SET_CA_FOLDER);
	return target_client_judged(TARGET_NONE, 1, SET_NOTHING);
}

const struct target_client target_client_mysql = {
	.id = "mysql",
	.title = N_("mysql"),
	.options = mysql,
	.others = mysql_others,
	.valued = mysql_valued,
	.switches = "cBCTfHiGAboqrUsNLjtnvVEwXc",
	.prefixes = 1,
	.fold = 1,
	.refuses_names = 1,
	.refuses_words = 1,
	.judge = judge_mysql,
	.full = N_("write --ssl-mode=VERIFY_IDENTITY and --ssl-ca=FILE"),
};

/* ---- mariadb --------------------------------------------------------------------------------- */

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
	{ 0 },
};

static const char *const mariadb_others[] = { "batch", "compress", "debug-info", "force", "html",
	"ignore-spaces", "named-commands", "no-auto-rehash", "no-beep", "one-database", "quick",
	"raw", "safe-updates", "silent", "skip-column-names", "skip-line-numbers", "table",
	"unbuffered", "verbose", "version", "vertical", "wait", "xml", "comments", "help",
	"abort-source-on-error", "auto-rehash", "auto-vertical-output", "binary-as-hex",
	"binary-mode", "column-names", "column-type-info", "connect-expired-password",
	"debug-check", "enable-cleartext-plugin", "line-numbers", "local-infile",
	"print-query-on-error", "progress-reports", "reconnect", "i-am-a-dummy", "sandbox",
	"secure-auth", "show-warnings", "sigint-ignore", "no-defaults", NULL };

static const char *const mariadb_valued[] = { "character-sets-dir", "connect-timeout",
	"default-auth", "default-character-set", "delimiter", "init-command", "max-allowed-packet",
	"max-join-size", "net-buffer-length", "pager", "plugin-dir", "prompt",
	"quick-max-column-width", "select-limit", "server-arg", "ssl-cipher", "ssl-crl",
	"ssl-crlpath", "ssl-fp", "ssl-fplist", "tee", "defaults-file", "defaults-extra-file",
	"defaults-group-suffix", NULL };

/* Before 11.4, which verifies unless told otherwise: a text is read as the oldest in use reads it.
 */
static struct target_judged judge_mariadb(struct target_reading *r)
{
	if (target_read_no(r, SET_TLS))
		return target_client_judged(TARGET_OFF, 0, SET_TLS);
	if (target_read_yes(r, SET_IDENTITY))
		return target_client_judged(TARGET_FULL, 0, SET_IDENTITY);
	if (target_read_no(r, SET_IDENTITY))
		return target_client_judged(TARGET_NONE, 1, SET_IDENTITY);
	if (target_read_said(r, SET_CA))
		return target_client_judged(TARGET_CA, 1, SET_CA);
	if (target_read_said(r, SET_CA_FOLDER))
		return target_client_judged(TARGET_CA, 1, SET_CA_FOLDER);
	return target_client_judged(TARGET_NONE, 1, SET_NOTHING);
}

const struct target_client target_client_mariadb = {
	.id = "mariadb",
	.title = N_("mariadb"),
	.options = mariadb,
	.others = mariadb_others,
	.valued = mariadb_valued,
	.switches = "cBCTfHiGAboqrUsNLtnvVEwXc",
	.prefixes = 1,
	.fold = 1,
	.refuses_names = 1,
	.judge = judge_mariadb,
	.full = N_("write --ssl-ca=FILE and --ssl-verify-server-cert"),
};

/* ---- mycli ----------------------------------------------------------------------------------- */

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
	{ 0 },
};

static const char *const mycli_others[] = { "quiet", "table", "verbose", "version", "list-dsn",
	"resume", "auto-vertical-output", "show-warnings", "no-show-warnings", "csv", "warn",
	"no-warn", "warn-batch", "unbuffered", "progress", "checkup", "help", "no-ssl", NULL };

static const char *const mycli_valued[] = { "password-file", "vault-address", "vault-mount",
	"vault-secret", "vault-password-field", "vault-username-field", "ssl-cipher", "completions",
	"toolbar", "checkpoint", "myclirc", "local-infile", "init-command", "charset",
	"character-set", "batch", "format", "throttle", "use-keyring", "keepalive-ticks",
	"ssh-jump", "ssh-options", "kubectl-resource", "kubectl-options", "boundary-id", NULL };

static const struct target_mode mycli_modes[] = {
	{ "off", TARGET_OFF, 0 },
	{ "auto", TARGET_NONE, 1 },
	{ "on", TARGET_NONE, 0 },
	{ 0 },
};

/* Without a CA it verifies nothing, whatever else it is told. */
static struct target_judged judge_mycli(struct target_reading *r)
{
	struct target_judged j = target_client_judged(TARGET_NONE, 1, SET_NOTHING);
	int ca = target_read_said(r, SET_CA) || target_read_said(r, SET_CA_FOLDER);

	if (target_read_said(r, SET_MODE))
		j = target_client_mode(r, mycli_modes);
	if (j.verify != TARGET_NONE)
		return j;
	if (!ca && target_read_said(r, SET_IDENTITY))
		target_read_note(r, TARGET_NO_EFFECT, r->given[SET_IDENTITY].place, "--ssl-ca",
		    _("without --ssl-ca, mycli's --ssl-verify-server-cert verifies nothing"));
	if (!ca)
		return j;
	if (target_read_yes(r, SET_IDENTITY))
		return target_client_judged(TARGET_FULL, j.falls_back, j.by);
	return target_client_judged(TARGET_CA, j.falls_back, SET_CA);
}

const struct target_client target_client_mycli = {
	.id = "mycli",
	.title = N_("mycli"),
	.options = mycli,
	.others = mycli_others,
	.valued = mycli_valued,
	.switches = "qtvV",
	.refuses_names = 1,
	.refuses_words = 1,
	.judge = judge_mycli,
	.full = N_("write --ssl-mode=on, --ssl-ca=FILE and --ssl-verify-server-cert"),
};
