/* SPDX-License-Identifier: Apache-2.0 */
/* Rails over the gem mysql2: guides.rubyonrails.org/configuring.html, and the gem's README. */
#include "target/clients.h"

#include "base/i18n.h"

static const struct target_option ruby[] = {
	TARGET_SAYS("ssl_mode", SET_MODE),
	TARGET_SAYS("sslca", SET_CA),
	TARGET_SAYS("sslcapath", SET_CA_FOLDER),
	TARGET_SAYS("sslcert", SET_CERTIFICATE),
	TARGET_SAYS("sslkey", SET_KEY),
	TARGET_SAYS("socket", SET_SOCKET),
	{ 0 },
};

static const char *const ruby_others[] = { "sslverify", "sslcipher", "encoding", "pool",
	"reconnect", "prepared_statements", "connect_timeout", "read_timeout", "write_timeout",
	"checkout_timeout", "collation", "strict", "variables", "timeout", NULL };

static struct target_judged judge_ruby(struct target_reading *r)
{
	if (target_read_said(r, SET_MODE))
		return target_client_mode(r, target_client_mysql_modes);
	if (target_read_said(r, SET_CA) || target_read_said(r, SET_CA_FOLDER))
		return target_client_judged(TARGET_CA, 1, SET_CA);
	return target_client_judged(TARGET_NONE, 1, SET_NOTHING);
}

const struct target_client target_client_ruby = {
	.id = "ruby",
	.title = N_("Rails"),
	.scheme = "mysql mysql2 trilogy",
	.options = ruby,
	.others = ruby_others,
	.judge = judge_ruby,
	.full = N_("write ssl_mode=verify_identity and sslca=FILE"),
};

/* ---- in a program ---------------------------------------------------------------------------- */

static const struct target_option ruby_code[] = {
	TARGET_SAYS("host", SET_HOST),
	TARGET_SAYS("port", SET_PORT),
	TARGET_SAYS("username", SET_USER),
	TARGET_SAYS("user", SET_USER),
	TARGET_SAYS("password", SET_PASSWORD),
	TARGET_SAYS("database", SET_DATABASE),
	TARGET_SAYS("ssl_mode", SET_MODE),
	TARGET_SAYS("sslca", SET_CA),
	TARGET_SAYS("sslcapath", SET_CA_FOLDER),
	TARGET_SAYS("sslcert", SET_CERTIFICATE),
	TARGET_SAYS("sslkey", SET_KEY),
	TARGET_SAYS("sslverify", SET_NOTHING),
	{ 0 },
};

static struct target_judged judge_ruby_code(struct target_reading *r)
{
	if (target_read_said(r, SET_OPAQUE))
		return target_client_judged(TARGET_UNSAID, 0, SET_OPAQUE);
	return judge_ruby(r);
}

const struct target_client target_client_code_ruby = {
	.id = "ruby",
	.title = N_("mysql2 for Ruby"),
	.options = ruby_code,
	.open = 1,
	.judge = judge_ruby_code,
	.full = N_("write ssl_mode: :verify_identity, sslca: FILE"),
};
