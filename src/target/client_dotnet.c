/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connection strings of .NET, for MySqlConnector 2.5 and Oracle's MySql.Data 9: names without
 * blanks, in lower case. mysqlconnector.net/connection-options.
 */
#include "target/clients.h"

#include "base/i18n.h"

static const struct target_mode dotnet_modes[] = {
	{ "none", TARGET_OFF, 0 },
	{ "disabled", TARGET_OFF, 0 },
	{ "preferred", TARGET_NONE, 1 },
	{ "prefered", TARGET_NONE, 1 },
	{ "required", TARGET_NONE, 0 },
	{ "verifyca", TARGET_CA, 0 },
	{ "verifyfull", TARGET_FULL, 0 },
	{ 0 },
};

static const struct target_option dotnet[] = {
	TARGET_SAYS("server", SET_HOST),
	TARGET_SAYS("host", SET_HOST),
	TARGET_SAYS("datasource", SET_HOST),
	TARGET_SAYS("address", SET_HOST),
	TARGET_SAYS("addr", SET_HOST),
	TARGET_SAYS("networkaddress", SET_HOST),
	TARGET_SAYS("port", SET_PORT),
	TARGET_SAYS("sslmode", SET_MODE),
	TARGET_SAYS("sslca", SET_CA),
	TARGET_SAYS("cacertificatefile", SET_CA),
	TARGET_SAYS("tlsversion", SET_VERSIONS),
	TARGET_SAYS("tlsversions", SET_VERSIONS),
	{ 0 },
};

static struct target_judged judge_dotnet(struct target_reading *r)
{
	if (target_read_said(r, SET_MODE))
		return target_client_mode(r, dotnet_modes);
	return target_client_judged(TARGET_NONE, 1, SET_NOTHING);
}

const struct target_client target_client_dotnet = {
	.id = "dotnet",
	.title = N_("MySqlConnector"),
	.options = dotnet,
	.open = 1,
	.refuses_words = 1,
	.judge = judge_dotnet,
	.full = N_("write SslMode=VerifyFull"),
};
