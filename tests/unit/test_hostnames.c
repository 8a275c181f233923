/* SPDX-License-Identifier: Apache-2.0 */
#include "net/hostnames.h"

#include "tap.h"

#include <stdlib.h>
#include <unistd.h>

static struct hostnames h;

static void test_valid(void)
{
	static const char *const good[] = { "a", "localhost", "db.example.org", "DB-1.Example.ORG",
		"3com.com", "1.2.3.x", "*.example.org", "xn--bcher-kva.example", "a--b.c" };
	static const char *const bad[] = { "", ".", "a.", ".a", "a..b", "-a", "a-", "a.-b", "a_b",
		"a b", "a/b", "*", "*.", "*.org", "a.*.org", "*a.example.org", "**.example.org",
		"192.0.2.1", "999.999.999.999", "1", "::1", "a:1", "b\303\274cher.example", "a\nb",
		"a.b." };
	char label[128], name[300];

	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		ok(hostname_valid(good[i]), "a name: %s", good[i]);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ok(!hostname_valid(bad[i]), "not a name: row %zu", i);
	memset(label, 'a', sizeof label);
	label[63] = '\0';
	ok(hostname_valid(label), "a label of 63 letters");
	(void)snprintf(name, sizeof name, "%s.%s.%s.%.61s", label, label, label, label);
	ok(strlen(name) == 253 && hostname_valid(name), "a name of 253 bytes");
	(void)snprintf(name, sizeof name, "%s.%s.%s.%.62s", label, label, label, label);
	ok(strlen(name) == 254 && !hostname_valid(name), "not one of 254");
	label[63] = 'a';
	label[64] = '\0';
	ok(!hostname_valid(label), "not a label of 64 letters");
}

static void with_address(const char *text)
{
	memset(&h, 0, sizeof h);
	h.addresses = addr_parse_ip(&h.address[0], text) == 0;
}

static void names_are(const char *kernel, const char *hosts, const char *want, const char *what)
{
	/* A copy without a NUL, so that reading past its end is seen. */
	size_t n = strlen(hosts), m = 0;
	char *copy = malloc(n ? n : 1), got[HOST_NAMES_MAX * HOST_NAME_TEXT] = "";

	memcpy(copy, hosts, n);
	hostnames_read(&h, kernel, span_of(copy, n));
	free(copy);
	for (size_t i = 0; i < h.names; i++)
		m += (size_t)snprintf(got + m, sizeof got - m, "%s%s", i ? " " : "", h.name[i]);
	is_str(got, want, "%s", what);
}

static void test_names(void)
{
	with_address("192.0.2.7");
	names_are("foo", "", "foo localhost", "no file: the kernel's name and localhost");
	names_are("foo", "127.0.0.1 localhost\n127.0.1.1 foo.example.org foo\n",
	    "foo.example.org foo localhost", "as Debian writes it: the full name first");
	names_are("foo.example.org", "127.0.1.1\tfoo.example.org\tfoo",
	    "foo.example.org foo localhost", "tabs, no last newline");
	names_are("foo",
	    "192.0.2.7 db.example.org foo.example.org www\r\n192.0.2.8 other.example.org\n",
	    "foo.example.org foo db.example.org www localhost",
	    "an interface's address, and a stranger's");
	names_are("foo", "192.0.2.7 a b.example.org # c.example.org\n#127.0.0.1 d.example.org\n",
	    "foo b.example.org a localhost", "comments; names with a dot first");
	names_are("localhost",
	    "127.0.0.1 localhost localhost.localdomain localhost4\n::1 localhost6\n",
	    "localhost.localdomain localhost4 localhost6 localhost", "a host without a name");
	names_are("FOO", "127.0.1.1 Foo.Example.ORG foo FOO", "foo.example.org foo localhost",
	    "lower case, each once");
	names_are("foo", "127.0.0.1 foo.a foo.b", "foo.a foo foo.b localhost",
	    "the first full name wins");
	names_are("foo", "127.0.0.1 a_b -c *.example.org 10 a.b. ok", "foo ok localhost",
	    "only what may stand in a certificate, and no patterns");
	names_are(
	    "foo_bar", "127.0.0.1 ok", "ok localhost", "the kernel's name is checked as well");
	names_are("", "127.0.0.1", "localhost", "no names at all");
	names_are("foo", "0.0.0.0 ads.example.org\nfe80::1%lo x\nnonsense y\n ::1 z\n",
	    "foo z localhost", "addresses that are not ours, or none");
	names_are(
	    "foo", "::ffff:192.0.2.7 m", "foo m localhost", "a mapped address is its IPv4 host");
	names_are("foo", "127.0.0.1 a\0b", "foo a localhost", "a NUL ends the text here");
	hostnames_read(&h, "foo", span_of("127.0.0.1 a\0b c", 15));
	ok(h.names == 3 && strcmp(h.name[1], "c") == 0,
	    "a NUL within a name spoils that name alone");
}

/* A list that blocks thousands of names by giving them to 127.0.0.1. */
static void test_many(void)
{
	size_t n = 0, size = 1 << 20;
	char *text = malloc(size);

	for (int i = 0; i < 20000; i++)
		n += (size_t)snprintf(text + n, size - n, "127.0.0.1 ads%d.example.org\n", i);
	with_address("192.0.2.7");
	hostnames_read(&h, "foo", span_of(text, n));
	is_int(h.names, HOST_NAMES_MAX, "no more names than there is room for");
	is_str(h.name[0], "foo", "the host's own is first");
	is_str(h.name[HOST_NAMES_MAX - 1], "localhost", "and localhost is there");
	free(text);
}

static void test_this_host(void)
{
	char kernel[256] = "", text[ADDR_TEXT];
	struct err e = { 0 };
	int loopback = 0, after = 0, link_local = 0, found = 0;

	is_int(hostnames_get(&h, &e), 0, "this host: %s", e.text);
	ok(h.names >= 1 && strcmp(h.name[h.names - 1], "localhost") == 0,
	    "localhost is its last name");
	(void)gethostname(kernel, sizeof kernel - 1);
	for (size_t i = 0; i < h.names; i++) {
		ok(hostname_valid(h.name[i]), "name: %s", h.name[i]);
		found += strcasecmp(h.name[i], kernel) == 0;
	}
	ok(found == 1 || !hostname_valid(kernel), "the kernel's name is among them");
	for (size_t i = 0; i < h.addresses; i++) {
		int lo = strcmp(addr_ip_text(&h.address[i], text), "::1") == 0 ||
			 strncmp(text, "127.", 4) == 0;

		printf("# address: %s\n", text);
		loopback += lo;
		after += loopback && !lo;
		link_local += strncmp(text, "fe80", 4) == 0;
	}
	ok(loopback > 0, "loopback is among its addresses");
	is_int(after, 0, "and last");
	is_int(link_local, 0, "no link-local address");
}

int main(void)
{
	test_valid();
	test_names();
	test_many();
	test_this_host();
	return tap_done();
}
