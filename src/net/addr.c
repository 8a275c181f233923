/* SPDX-License-Identifier: Apache-2.0 */
#include "net/addr.h"

#include "base/i18n.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void from_in6(struct addr *a, const struct in6_addr *ip)
{
	if (IN6_IS_ADDR_V4MAPPED(ip)) {
		a->family = AF_INET;
		memcpy(a->ip, ip->s6_addr + 12, 4);
		return;
	}
	a->family = AF_INET6;
	memcpy(a->ip, ip->s6_addr, 16);
}

int addr_is_loopback(const struct addr *a)
{
	static const uint8_t one[16] = { [15] = 1 };

	return a->family == AF_INET ? a->ip[0] == 127 : memcmp(a->ip, one, sizeof one) == 0;
}

int addr_from_sockaddr(struct addr *a, const struct sockaddr *sa)
{
	*a = (struct addr) { 0 };
	if (sa->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, sa, sizeof in);
		a->family = AF_INET;
		memcpy(a->ip, &in.sin_addr, 4);
		a->port = ntohs(in.sin_port);
		return 0;
	}
	if (sa->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, sa, sizeof in6);
		from_in6(a, &in6.sin6_addr);
		a->port = ntohs(in6.sin6_port);
		a->scope_id = in6.sin6_scope_id;
		return 0;
	}
	return -1;
}

socklen_t addr_to_sockaddr(const struct addr *a, struct sockaddr_storage *ss)
{
	memset(ss, 0, sizeof *ss);
	if (a->family == AF_INET) {
		struct sockaddr_in *in = (struct sockaddr_in *)ss;

		in->sin_family = AF_INET;
		in->sin_port = htons(a->port);
		memcpy(&in->sin_addr, a->ip, 4);
		return sizeof *in;
	}
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ss;

	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(a->port);
	in6->sin6_scope_id = a->scope_id;
	memcpy(&in6->sin6_addr, a->ip, 16);
	return sizeof *in6;
}

int addr_parse_ip(struct addr *a, const char *text)
{
	struct in6_addr in6;

	*a = (struct addr) { 0 };
	if (inet_pton(AF_INET, text, a->ip) == 1) {
		a->family = AF_INET;
		return 0;
	}
	if (inet_pton(AF_INET6, text, &in6) != 1)
		return -1;
	from_in6(a, &in6);
	return 0;
}

static int parse_port(uint16_t *port, const char *text)
{
	char *end;
	unsigned long v;

	if (text[0] < '0' || text[0] > '9')
		return -1;
	v = strtoul(text, &end, 10);
	if (*end != '\0' || v > 65535)
		return -1;
	*port = (uint16_t)v;
	return 0;
}

int addr_parse_listen(struct addr *a, int *any, const char *text, struct err *e)
{
	char host[ADDR_TEXT];
	const char *colon = strrchr(text, ':');
	size_t n = colon ? (size_t)(colon - text) : 0;
	uint16_t port;

	*a = (struct addr) { 0 };
	*any = n == 0;
	if (n >= sizeof host || parse_port(&port, colon ? colon + 1 : text) < 0)
		goto wrong;
	memcpy(host, text, n);
	host[n] = '\0';
	if (n >= 2 && host[0] == '[' && host[n - 1] == ']') {
		host[n - 1] = '\0';
		memmove(host, host + 1, n - 1);
	} else if (strchr(host, ':')) {
		goto wrong; /* an IPv6 address without brackets: where would its port begin? */
	}
	if (!*any && addr_parse_ip(a, host) < 0)
		goto wrong;
	a->port = port;
	return 0;
wrong:
	return err_set(e, ERR_USER,
	    _("can't listen on \"%s\": write a port (4000), an address and port (192.0.2.1:4000) "
	      "or [IPv6]:port ([::1]:4000)"),
	    text);
}

const char *addr_ip_text(const struct addr *a, char out[ADDR_TEXT])
{
	if (!inet_ntop(a->family, a->ip, out, ADDR_TEXT))
		(void)snprintf(out, ADDR_TEXT, "?");
	return out;
}

const char *addr_text(const struct addr *a, char out[ADDR_TEXT])
{
	char ip[ADDR_TEXT - 8];

	if (!inet_ntop(a->family, a->ip, ip, sizeof ip))
		(void)snprintf(ip, sizeof ip, "?");
	(void)snprintf(out, ADDR_TEXT, a->family == AF_INET6 ? "[%s]:%u" : "%s:%u", ip, a->port);
	return out;
}
