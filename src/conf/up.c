/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/up.h"

#include "net/addr.h"
#include "net/hostnames.h"

#include <stdlib.h>
#include <string.h>

#define LIFE_DEFAULT (90 * 86400)
#define LIFE_MIN     60
#define LIFE_MAX     (398 * 86400) /* what browsers allow; ca/authority.h holds to it too */

struct up up;

int up_check_listen(const char *value, struct err *e)
{
	struct addr a;
	int any;

	return addr_parse_listen(&a, &any, value, e);
}

int up_check_name(const char *value, struct err *e)
{
	struct addr a;

	if (hostname_valid(value) || addr_parse_ip(&a, value) == 0)
		return 0;
	return err_set(
	    e, ERR_USER, _("name %s: this is neither a host name nor an address"), value);
}

static const struct {
	const char *text;
	uint16_t min, max;
} versions[] = { { "both", 0x0303, 0x0304 }, { "1.2", 0x0303, 0x0303 }, { "1.3", 0x0304, 0x0304 } };

#define VERSIONS (sizeof versions / sizeof *versions)

int up_check_versions(const char *value, struct err *e)
{
	for (size_t i = 0; i < VERSIONS; i++)
		if (strcmp(value, versions[i].text) == 0)
			return 0;
	return err_set(e, ERR_USER,
	    _("tls-version %s: there are 1.2, 1.3 and both (older ones are unsafe, RFC 8996)"),
	    value);
}

void up_versions(const char *value, uint16_t *min, uint16_t *max)
{
	size_t found = 0;

	for (size_t i = 0; value && i < VERSIONS; i++)
		if (strcmp(value, versions[i].text) == 0)
			found = i;
	*min = versions[found].min;
	*max = versions[found].max;
}

uint64_t up_life(const char *value)
{
	uint64_t seconds;

	if (!value)
		return LIFE_DEFAULT;
	return up_time(value, &seconds) < 0 ? 0 : seconds;
}

int up_time(const char *value, uint64_t *seconds)
{
	static const struct {
		const char *unit;
		uint64_t seconds;
	} units[] = { { "d", 86400 }, { "h", 3600 }, { "m", 60 }, { "s", 1 } };
	char *end;
	unsigned long n = strtoul(value, &end, 10);

	/* strtoul would also take a sign, and blanks. */
	if (value[0] < '0' || value[0] > '9' || n > LIFE_MAX)
		return -1;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (strcmp(end, units[i].unit) == 0) {
			*seconds = n * units[i].seconds;
			return 0;
		}
	return -1;
}

int up_check_life(const char *value, struct err *e)
{
	uint64_t seconds = up_life(value);

	if (seconds >= LIFE_MIN && seconds <= LIFE_MAX)
		return 0;
	return err_set(e, ERR_USER,
	    _("certificate-life %s: write a time such as 90d, 12h or 300s, from 60s to 398d"),
	    value);
}

int up_bridge(const char *value)
{
	return !value || strcmp(value, "off") != 0;
}

int up_check_bridge(const char *value, struct err *e)
{
	if (strcmp(value, "on") == 0 || strcmp(value, "off") == 0)
		return 0;
	return err_set(e, ERR_USER, _("login-bridge %s: there are on and off"), value);
}

int up_plaintext(const char *value)
{
	return value && strcmp(value, "allow") == 0;
}

int up_check_plaintext(const char *value, struct err *e)
{
	if (strcmp(value, "allow") == 0 || strcmp(value, "refuse") == 0)
		return 0;
	return err_set(e, ERR_USER, _("plaintext %s: there are allow and refuse"), value);
}

int up_client_addresses(const char *value)
{
	return value && strcmp(value, "on") == 0;
}

int up_check_client_addresses(const char *value, struct err *e)
{
	if (strcmp(value, "on") == 0 || strcmp(value, "off") == 0)
		return 0;
	return err_set(e, ERR_USER, _("client-addresses %s: there are on and off"), value);
}

static const char *const clients[] = {
	[CLIENTS_OFF] = "off", [CLIENTS_OPTIONAL] = "optional", [CLIENTS_REQUIRED] = "required"
};

#define CLIENTS (sizeof clients / sizeof *clients)

enum up_clients up_clients(const char *value)
{
	enum up_clients found = CLIENTS_OFF;

	for (size_t i = 0; value && i < CLIENTS; i++)
		if (strcmp(value, clients[i]) == 0)
			found = (enum up_clients)i;
	return found;
}

int up_check_clients(const char *value, struct err *e)
{
	for (size_t i = 0; i < CLIENTS; i++)
		if (strcmp(value, clients[i]) == 0)
			return 0;
	return err_set(
	    e, ERR_USER, _("client-certificate %s: there are off, optional and required"), value);
}
