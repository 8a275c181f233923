/* SPDX-License-Identifier: Apache-2.0 */
/* Rust's sqlx: docs.rs/sqlx, MySqlConnectOptions and MySqlSslMode. It was not tried here. */
#include "target/clients.h"

#include "base/i18n.h"

static const struct target_option sqlx[] = {
	TARGET_SAYS("ssl-mode", SET_MODE),
	TARGET_SAYS("ssl-ca", SET_CA),
	TARGET_SAYS("ssl-cert", SET_CERTIFICATE),
	TARGET_SAYS("ssl-key", SET_KEY),
	TARGET_SAYS("socket", SET_SOCKET),
	{ 0 },
};

static const char *const sqlx_others[] = { "charset", "collation", "statement-cache-capacity",
	"timezone", "time-zone", NULL };

/* A CA alone leaves it at PREFERRED, which verifies nothing. */
static struct target_judged judge_sqlx(struct target_reading *r)
{
	if (target_read_said(r, SET_MODE))
		return target_client_mode(r, target_client_mysql_modes);
	return target_client_judged(TARGET_NONE, 1, SET_NOTHING);
}

const struct target_client target_client_sqlx = {
	.id = "sqlx",
	.title = "sqlx",
	.scheme = "mysql mariadb",
	.options = sqlx,
	.others = sqlx_others,
	.judge = judge_sqlx,
	.full = N_("write ssl-mode=VERIFY_IDENTITY and ssl-ca=FILE"),
};
