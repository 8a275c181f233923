/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/detour.h"

#include "trust/store.h"

#include <string.h>
#include <strings.h>

/* "example.com" and ".example.com" stand for all that is below them as well, "*" for all. */
static int covers(const char *rule, size_t n, const char *host)
{
	size_t have = strlen(host);

	if (n == 1 && *rule == '*')
		return 1;
	if (n > 0 && *rule == '.') {
		rule++;
		n--;
	}
	if (n == 0 || n > have || strncasecmp(host + have - n, rule, n) != 0)
		return 0;
	return n == have || host[have - n - 1] == '.';
}

static int is_exempt(const char *no_proxy, const char *host)
{
	while (*no_proxy) {
		size_t n;

		no_proxy += strspn(no_proxy, ", ");
		n = strcspn(no_proxy, ", ");
		if (covers(no_proxy, n, host))
			return 1;
		no_proxy += n;
	}
	return 0;
}

int detour_of(const char *proxy, const char *no_proxy, const char *host, char *out, size_t size)
{
	const char *at;
	size_t n;

	if (!proxy || !*proxy || (no_proxy && is_exempt(no_proxy, host)))
		return 0;
	at = strstr(proxy, "://");
	proxy = at ? at + 3 : proxy;
	n = strcspn(proxy, "/?#");
	/* A password may have an @ of its own. */
	for (size_t i = n; i-- > 0;)
		if (proxy[i] == '@') {
			n -= i + 1;
			proxy += i + 1;
			break;
		}
	store_clean(out, size, span_of(proxy, n));
	return n > 0;
}
