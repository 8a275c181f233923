/* SPDX-License-Identifier: Apache-2.0 */
#include "net/hostnames.h"

#include "base/i18n.h"
#include "base/file.h"
#include "base/i18n.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#define HOSTS_PATH "/etc/hosts"
/* Lists that block advertisements run to some megabytes. */
#define HOSTS_MAX     (16u << 20)
#define LABEL_MAX     63
#define LOOPBACK_ROOM 8
#define LOCALHOST     "localhost"

/* Letters, digits and, inside, hyphens: RFC 1123 2.1. */
static int label_valid(const char *p, size_t n)
{
	if (n == 0 || n > LABEL_MAX || p[0] == '-' || p[n - 1] == '-')
		return 0;
	for (size_t i = 0; i < n; i++) {
		char c = (char)(p[i] | 0x20);

		if (!(c >= 'a' && c <= 'z') && !(p[i] >= '0' && p[i] <= '9') && p[i] != '-')
			return 0;
	}
	return 1;
}

int hostname_valid(const char *name)
{
	const char *label = name;
	size_t n = strnlen(name, HOST_NAME_TEXT);

	if (n == 0 || n >= HOST_NAME_TEXT)
		return 0;
	if (strncmp(name, "*.", 2) == 0)
		label += 2;
	/* OpenSSL and browsers match no "*.net", so it would be a promise that does not hold. */
	if (label != name && !strchr(label, '.'))
		return 0;
	for (const char *dot; (dot = strchr(label, '.')); label = dot + 1)
		if (!label_valid(label, (size_t)(dot - label)))
			return 0;
	/* What ends in a number is an address, or a mistyped one, and never a name. */
	return label_valid(label, strlen(label)) && strspn(label, "0123456789") != strlen(label);
}

static int is_link_local(const struct addr *a)
{
	return a->family == AF_INET6 && a->ip[0] == 0xfe && (a->ip[1] & 0xc0) == 0x80;
}

static int same_host(const struct addr *a, const struct addr *b)
{
	return a->family == b->family && memcmp(a->ip, b->ip, addr_bits(a) / 8) == 0;
}

/* All of 127.0.0.0/8 is ours: Debian gives the host's name to 127.0.1.1, on no interface. */
static int is_ours(const struct hostnames *h, const struct addr *a)
{
	if (addr_is_loopback(a))
		return 1;
	for (size_t i = 0; i < h->addresses; i++)
		if (same_host(&h->address[i], a))
			return 1;
	return 0;
}

static void add_address(struct hostnames *h, const struct addr *a, size_t max)
{
	if (h->addresses >= max)
		return;
	for (size_t i = 0; i < h->addresses; i++)
		if (same_host(&h->address[i], a))
			return;
	h->address[h->addresses] = *a;
	h->address[h->addresses++].port = 0;
}

/* Adds the loopback addresses, or all others. */
static void add_interfaces(struct hostnames *h, const struct ifaddrs *list, int loopback)
{
	for (const struct ifaddrs *i = list; i; i = i->ifa_next) {
		struct addr a;

		if (!i->ifa_addr || !(i->ifa_flags & IFF_UP) ||
		    addr_from_sockaddr(&a, i->ifa_addr) < 0)
			continue;
		if (is_link_local(&a) || addr_is_loopback(&a) != loopback)
			continue;
		/* A host of very many addresses must not lose its loopback. */
		add_address(h, &a, HOST_ADDRESSES_MAX - (loopback ? 0 : LOOPBACK_ROOM));
	}
}

/* Lower case into out; -1 when it may not stand in a certificate or is a pattern. */
static int take_name(char out[HOST_NAME_TEXT], struct span word)
{
	if (word.n == 0 || word.n >= HOST_NAME_TEXT || memchr(word.p, 0, word.n))
		return -1;
	for (size_t i = 0; i < word.n; i++)
		out[i] =
		    (char)(word.p[i] >= 'A' && word.p[i] <= 'Z' ? word.p[i] | 0x20 : word.p[i]);
	out[word.n] = '\0';
	return out[0] != '*' && hostname_valid(out) ? 0 : -1;
}

/* Adds a name at place at (or the end), once; one slot stays for "localhost". */
static void add_name(struct hostnames *h, const char *name, size_t at)
{
	if (h->names >= HOST_NAMES_MAX - 1 || strcmp(name, LOCALHOST) == 0)
		return;
	for (size_t i = 0; i < h->names; i++)
		if (strcmp(h->name[i], name) == 0)
			return;
	if (at > h->names)
		at = h->names;
	memmove(h->name[at + 1], h->name[at], (h->names - at) * sizeof *h->name);
	memcpy(h->name[at], name, strlen(name) + 1);
	h->names++;
}

/* The next word of a line, empty at its end. */
static struct span next_word(struct span *line)
{
	struct span word = span_of(line->p, 0);

	while (line->n > 0 && memchr(" \t\r\v\f", line->p[0], 5))
		(void)span_skip(line, 1);
	word.p = line->p;
	while (word.n < line->n && !memchr(" \t\r\v\f", line->p[word.n], 5))
		word.n++;
	(void)span_skip(line, word.n);
	return word;
}

/* "foo.example.org" while the kernel's name "foo" still stands first: a better one to print. */
static int is_full_form(const struct hostnames *h, const char *name, const char *kernel)
{
	size_t n = strlen(kernel);

	return h->names > 0 && strcmp(h->name[0], kernel) == 0 && strncmp(name, kernel, n) == 0 &&
	       name[n] == '.';
}

/* Adds the names of one line that have a dot, or those that have none. */
static void read_line(struct hostnames *h, struct span line, int dotted, const char *kernel)
{
	char text[ADDR_TEXT], name[HOST_NAME_TEXT];
	struct span word = next_word(&line);
	struct addr a;

	if (word.n == 0 || word.n >= sizeof text)
		return;
	memcpy(text, word.p, word.n);
	text[word.n] = '\0';
	if (addr_parse_ip(&a, text) < 0 || !is_ours(h, &a))
		return;
	while ((word = next_word(&line)).n > 0) {
		if (take_name(name, word) < 0 || !!strchr(name, '.') != dotted)
			continue;
		add_name(h, name, is_full_form(h, name, kernel) ? 0 : HOST_NAMES_MAX);
	}
}

static void read_lines(struct hostnames *h, struct span text, int dotted, const char *kernel)
{
	while (text.n > 0) {
		const uint8_t *end = memchr(text.p, '\n', text.n);
		struct span line = span_of(text.p, end ? (size_t)(end - text.p) : text.n);
		const uint8_t *comment = line.n ? memchr(line.p, '#', line.n) : NULL;

		(void)span_skip(&text, end ? line.n + 1 : line.n);
		if (comment)
			line.n = (size_t)(comment - line.p);
		read_line(h, line, dotted, kernel);
	}
}

void hostnames_read(struct hostnames *h, const char *kernel, struct span hosts)
{
	char name[HOST_NAME_TEXT] = "";

	h->names = 0;
	if (take_name(name, span_of(kernel, strlen(kernel))) == 0)
		add_name(h, name, 0);
	read_lines(h, hosts, 1, name);
	read_lines(h, hosts, 0, name);
	memcpy(h->name[h->names++], LOCALHOST, sizeof LOCALHOST);
}

int hostnames_get(struct hostnames *h, struct err *e)
{
	char kernel[HOST_NAME_TEXT] = "";
	struct ifaddrs *list = NULL;
	struct buf hosts = { 0 };

	memset(h, 0, sizeof *h);
	if (gethostname(kernel, sizeof kernel - 1) < 0)
		return err_sys(e, _("ask the kernel for the host name"));
	if (getifaddrs(&list) < 0)
		return err_sys(e, _("ask the kernel for this host's addresses"));
	add_interfaces(h, list, 0);
	add_interfaces(h, list, 1);
	freeifaddrs(list);
	/* Containers often have no such file. */
	if (file_read(HOSTS_PATH, HOSTS_MAX, &hosts, e) < 0 && e->sys != ENOENT)
		return -1;
	hostnames_read(h, kernel, span_of(hosts.p, hosts.n));
	buf_free(&hosts);
	return 0;
}
