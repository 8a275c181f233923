/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/upstream.h"

#include "base/i18n.h"
#include "base/opt.h"
#include "net/addr.h"
#include "net/hostnames.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int is_loopback(const char *host)
{
	struct addr a;

	return strcmp(host, "localhost") == 0 ||
	       (addr_parse_ip(&a, host) == 0 && addr_is_loopback(&a));
}

static int put(char *to, size_t size, const char *what, const char *value, struct err *e)
{
	int n = snprintf(to, size, "%s", value ? value : "");

	if (n <= 0)
		return err_set(e, ERR_USER, _("\"%s\" needs a value behind it"), what);
	return (size_t)n < size ? 0 : err_set(e, ERR_USER, _("%s: the value is too long"), what);
}

/* "HOST:PORT", an IPv6 address in brackets. */
static int host_and_port(struct upstream_line *u, char *where, struct err *e)
{
	char *colon = strrchr(where, ':');
	char *end = NULL;
	unsigned long port = colon ? strtoul(colon + 1, &end, 10) : 0;
	struct addr a;

	if (!colon || *end || port == 0 || port > 65535)
		return err_set(e, ERR_USER,
		    _("upstream %s: write unix:PATH or HOST:PORT, such as db1.example.com:3306"),
		    where);
	*colon = '\0';
	if (where[0] == '[' && colon > where + 1 && colon[-1] == ']') {
		colon[-1] = '\0';
		where++;
	}
	if (!hostname_valid(where) && addr_parse_ip(&a, where) < 0)
		return err_set(
		    e, ERR_USER, _("upstream: %s is neither a host name nor an address"), where);
	u->port = (uint16_t)port;
	return put(u->host, sizeof u->host, "upstream", where, e);
}

static int tcp_words(struct upstream_line *u, char *rest, int *insecure, struct err *e)
{
	char *word;

	while ((word = opt_word(&rest))) {
		int rc = 0;

		if (strcmp(word, "insecure") == 0)
			*insecure = 1;
		else if (strcmp(word, "proxy") == 0)
			u->proxy = 1;
		else if (strcmp(word, "ca") == 0)
			rc = put(u->ca, sizeof u->ca, word, opt_word(&rest), e);
		else if (strcmp(word, "name") == 0)
			rc = put(u->name, sizeof u->name, word, opt_word(&rest), e);
		else
			rc = err_set(e, ERR_USER,
			    _("upstream: \"%s\" is not known; there are ca FILE, name NAME, "
			      "insecure and proxy"),
			    word);
		if (rc < 0)
			return -1;
	}
	return 0;
}

static int tcp(struct upstream_line *u, char *where, char *rest, struct err *e)
{
	int insecure = 0;

	if (host_and_port(u, where, e) < 0 || tcp_words(u, rest, &insecure, e) < 0)
		return -1;
	if (insecure && u->ca[0])
		return err_set(
		    e, ERR_USER, _("upstream: with \"ca\" it is secure; leave out \"insecure\""));
	if (!u->ca[0] && !insecure && !is_loopback(u->host))
		return err_set(e, ERR_USER,
		    _("upstream %s: passwords and data would cross the network in the clear; name "
		      "the CA of its certificate (ca FILE), or write insecure behind it"),
		    u->host);
	if (!u->name[0])
		(void)snprintf(u->name, sizeof u->name, "%s", u->host);
	return 0;
}

static int unix_words(struct upstream_line *u, char *rest, struct err *e)
{
	const char *word;

	while ((word = opt_word(&rest))) {
		if (strcmp(word, "proxy") != 0)
			return err_set(e, ERR_USER,
			    _("upstream: nothing but \"proxy\" follows unix:PATH; over a Unix "
			      "socket there is no TLS"));
		u->proxy = 1;
	}
	return 0;
}

int upstream_parse(struct upstream_line *u, const char *value, struct err *e)
{
	char line[UPSTREAM_PATH + 2 * UPSTREAM_NAME];
	char *at = line, *where;
	int n = snprintf(line, sizeof line, "%s", value);

	*u = (struct upstream_line) { .path = "" };
	if (n < 0 || (size_t)n >= sizeof line)
		return err_set(e, ERR_USER, _("upstream: the line is too long"));
	where = opt_word(&at);
	if (!where)
		return err_set(e, ERR_USER, _("\"%s\" needs a value behind it"), "upstream");
	if (strncmp(where, "unix:", 5) != 0)
		return tcp(u, where, at, e);
	if (where[5] != '/')
		return err_set(
		    e, ERR_USER, _("upstream %s: write the whole path, from / on"), where);
	if (unix_words(u, at, e) < 0)
		return -1;
	return put(u->path, sizeof u->path, "upstream", where + 5, e);
}

const char *upstream_text(const struct upstream_line *u, char out[512])
{
	int v6 = strchr(u->host, ':') != NULL;

	if (u->path[0])
		(void)snprintf(out, 512, "%s", u->path);
	else
		(void)snprintf(out, 512, "%s%s%s:%u %s", v6 ? "[" : "", u->host, v6 ? "]" : "",
		    u->port, u->ca[0] ? _("over TLS, verified") : _("in the clear"));
	return out;
}
