/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one may tell `dbtls up`: one field and one row an option. The rows make the parser of dbtls
 * and of dbtlsd, --help, the completion, the check of each value, and what is kept from one start
 * to the next (parent/settings.c). To add one: a field, a row, and a line in man/dbtls.1.
 */
#ifndef CONF_UP_H
#define CONF_UP_H

#include "base/i18n.h"
#include "base/opt.h"

#include <stdint.h>

struct up {
	struct opt_list listen, name, client_name;
	const char *tls_version, *certificate_life, *login_bridge;
	const char *plaintext, *client_addresses, *client_certificate;
	const char *password_file, *log;
};

/* Where the rows put what they were given. One per process. */
extern struct up up;

/* keep: without being told otherwise, the next start does as this one was told. */
/* clang-format off */
#define UP_OPTIONS \
	{ .name = "listen", .arg = "WHERE", .list = &up.listen, .keep = 1, \
	  .check = up_check_listen, \
	  .help = N_("port, ADDRESS:PORT or [ADDRESS]:PORT; may be given again (4000)") }, \
	{ .name = "name", .arg = "NAME", .list = &up.name, .keep = 1, \
	  .check = up_check_name, \
	  .help = N_("another name or address of this host, for the certificate; again") }, \
	{ .name = "tls-version", .arg = "1.2|1.3|both", .text = &up.tls_version, .keep = 1, \
	  .check = up_check_versions, \
	  .help = N_("accept this version alone (both)") }, \
	{ .name = "certificate-life", .arg = "TIME", .text = &up.certificate_life, .keep = 1, \
	  .check = up_check_life, \
	  .help = N_("how long a certificate is valid: 90d, 12h; renewed in time (90d)") }, \
	{ .name = "login-bridge", .arg = "on|off", .text = &up.login_bridge, .keep = 1, \
	  .check = up_check_bridge, \
	  .help = N_("let in clients that know caching_sha2_password alone (on)") }, \
	{ .name = "plaintext", .arg = "allow|refuse", .text = &up.plaintext, .keep = 1, \
	  .check = up_check_plaintext, \
	  .help = N_("allow: also clients without TLS, whom everyone on the way can read, " \
		     "change and impersonate (refuse)") }, \
	{ .name = "client-addresses", .arg = "on|off", .text = &up.client_addresses, .keep = 1, \
	  .check = up_check_client_addresses, \
	  .help = N_("tell the database the clients' own addresses (off)") }, \
	{ .name = "client-certificate", .arg = "off|optional|required", .keep = 1, \
	  .text = &up.client_certificate, .check = up_check_clients, \
	  .help = N_("ask clients for a certificate of our CA (off)") }, \
	{ .name = "client-name", .arg = "NAME", .list = &up.client_name, .keep = 1, \
	  .help = N_("let in this name of a client's certificate; again (all of our CA's)") }, \
	{ .name = "password-file", .arg = "FILE", .text = &up.password_file, \
	  .help = N_("write root's first password there instead of showing it") }, \
	{ .name = "log", .arg = "FILE|-", .text = &up.log, \
	  .help = N_("where the log goes; - is the terminal (DIR/log)") }
/* clang-format on */

int up_check_listen(const char *value, struct err *e);
int up_check_name(const char *value, struct err *e);
int up_check_versions(const char *value, struct err *e);
int up_check_life(const char *value, struct err *e);
int up_check_bridge(const char *value, struct err *e);
int up_check_plaintext(const char *value, struct err *e);
int up_check_client_addresses(const char *value, struct err *e);
int up_check_clients(const char *value, struct err *e);

/* Whether clients show a certificate: as the words say. */
enum up_clients { CLIENTS_OFF, CLIENTS_OPTIONAL, CLIENTS_REQUIRED };

/* What the values mean; NULL: the default. They have been checked. */
void up_versions(const char *value, uint16_t *min, uint16_t *max); /* 0x0303, 0x0304 */
uint64_t up_life(const char *value);                               /* seconds */

/* "90d", "12h", "5m", "300s" as seconds. -1: it is no such time. */
int up_time(const char *value, uint64_t *seconds);
int up_bridge(const char *value);           /* 1: on */
int up_plaintext(const char *value);        /* 1: allowed */
int up_client_addresses(const char *value); /* 1: on */
enum up_clients up_clients(const char *value);

#endif
