/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/shape.h"

#include "lab/issuers.h"
#include "lab/visit.h"

#include <openssl/ssl.h>
#include <string.h>

static const struct forged good[] = {
	[LEAF] = {
		.cn = "*.lab.dbtls.test",
		.o = "dbtls lab",
		.dns = { "@" },
		.ip = { "127.0.0.1" },
		.issuer = INTERMEDIATE,
		.from = -ISSUERS_DAY,
		.to = 89 * ISSUERS_DAY,
		.pathlen = -1,
		.usage = "digitalSignature",
		.eku = "serverAuth",
	},
	[INTERMEDIATE] = {
		.cn = "dbtls lab * intermediate",
		.o = "dbtls lab",
		.issuer = ROOT,
		.from = -30 * ISSUERS_DAY,
		.to = 3650 * ISSUERS_DAY,
		.ca = 1,
		.usage = "keyCertSign,cRLSign",
		.pool = "intermediate",
	},
	[ROOT] = {
		.cn = "dbtls lab root",
		.o = "dbtls lab",
		.issuer = FORGE_SELF,
		.from = -60 * ISSUERS_DAY,
		.to = 7300 * ISSUERS_DAY,
		.ca = 1,
		.pathlen = -1,
		.usage = "keyCertSign,cRLSign",
		.pool = "root",
	},
};

static visit_step *const mysql[STEPS] = {
	[STEP_ACCEPT] = visit_accept,
	[STEP_GREETING] = mysqld_greet,
	[STEP_REQUEST] = mysqld_request,
	[STEP_TLS] = handshake_run,
	[STEP_LOGIN] = mysqld_login,
	[STEP_SERVE] = mysqld_serve,
};

static visit_step *const https[STEPS] = {
	[STEP_ACCEPT] = visit_accept,
	[STEP_GREETING] = visit_nothing,
	[STEP_REQUEST] = httpd_request,
	[STEP_TLS] = handshake_run,
	[STEP_LOGIN] = visit_nothing,
	[STEP_SERVE] = httpd_serve,
};

void shape_good(struct shape *s, enum lab_protocol protocol)
{
	*s = (struct shape) {
		.protocol = protocol,
		.certs = sizeof good / sizeof *good,
		.send = { LEAF, INTERMEDIATE },
		.sends = 2,
		.anchor = ROOT,
		.min = TLS1_2_VERSION,
		.listens = 1,
	};
	memcpy(s->cert, good, sizeof good);
	for (size_t i = 0; i < STEPS; i++)
		s->step[i] = protocol == LAB_MYSQL ? mysql[i] : https[i];
}
