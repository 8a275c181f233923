/* SPDX-License-Identifier: Apache-2.0 */
/* A client's login packet: the payload, as it comes out of TLS. */
#include "fuzz.h"
#include "wire/mysql.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span whole = span_of(data, size);
	struct mysql_login l;

	if (mysql_login(whole, &l) < 0)
		return 0;
	HOLDS(l.capabilities & MYSQL_PROTOCOL_41);
	HOLDS(inside(whole, l.user) && inside(whole, l.database) && inside(whole, l.plugin));
	/* The server takes the name that starts at 32 and ends at the first NUL: so must we. */
	HOLDS(l.user.p == data + 32 && l.user.n == strnlen((const char *)data + 32, size - 32));
	HOLDS(l.user.n < size - 32);
	HOLDS(l.database.n == 0 || l.database.p > l.user.p + l.user.n);
	HOLDS(l.plugin.n == 0 || l.plugin.p > l.user.p + l.user.n);
	HOLDS(l.plugin.n == 0 || l.database.n == 0 || l.plugin.p > l.database.p + l.database.n);
	HOLDS(l.database.n == 0 || !memchr(l.database.p, 0, l.database.n));
	HOLDS(l.plugin.n == 0 || !memchr(l.plugin.p, 0, l.plugin.n));
	return 0;
}
