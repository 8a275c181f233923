/* SPDX-License-Identifier: Apache-2.0 */
#include "net/resolve.h"
#include "net/sock.h"

#include "tap.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

static void test_names(void)
{
	struct addr found[RESOLVE_MAX];
	struct err e = { 0 };
	char text[ADDR_TEXT];

	ok(resolve_host("192.0.2.7", 3306, found, 10000, &e) == 1, "an address is itself");
	ok(strcmp(addr_text(&found[0], text), "192.0.2.7:3306") == 0, "with the port: %s", text);
	ok(resolve_host("2001:db8::7", 1, found, 10000, &e) == 1 && found[0].family == AF_INET6,
	    "one of IPv6 as well");
	/* RFC 6761 6.4: nobody has that name. Where there is no DNS at all it is late instead. */
	ok(resolve_host("no.such.name.invalid", 1, found, 500, &e) == -1,
	    "a name without an address");
	ok(strstr(e.text, "no.such.name.invalid") != NULL, "is named: %s", e.text);
	ok(resolve_host("192.0.2.7", 1, found, 0, &e) == -1,
	    "nobody is waited for longer than said");
}

/* Waits until it is decided. */
static int outcome(int fd, struct err *e)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	(void)poll(&p, 1, 10000);
	return sock_connected(fd, e);
}

static void test_connect(void)
{
	struct addr a = { .family = AF_INET, .ip = { 127, 0, 0, 1 } };
	struct err e = { 0 };
	int listener = sock_listen(&a, &e);
	int fd = sock_connect_tcp(&a, &e);

	ok(fd >= 0 && outcome(fd, &e) == 1, "a connection to who listens");
	close(fd);
	close(listener);
	fd = sock_connect_tcp(&a, &e);
	ok(fd < 0 || outcome(fd, &e) == -1, "none to who does not any more");
	ok(e.sys == ECONNREFUSED, "and it says how: %s", e.text);
	if (fd >= 0)
		close(fd);
}

int main(void)
{
	test_names();
	test_connect();
	return tap_done();
}
