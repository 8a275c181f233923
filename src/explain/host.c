/* SPDX-License-Identifier: Apache-2.0 */
#include "explain/host.h"

#include "trust/store.h"

#include <ctype.h>
#include <string.h>

/* What stands before a host's name, in the words of many clients; the surest first. */
static const struct {
	const char *words;
	int https, url;
	int plain; /* a name without a dot will do: it ends where a quote or a bracket does */
} before[] = {
	{ "jdbc:mysql://", 0, 1, 1 },
	{ "jdbc:mariadb://", 0, 1, 1 },
	{ "mysql://", 0, 1, 1 },
	{ "mariadb://", 0, 1, 1 },
	{ "@tcp(", 0, 0, 1 },
	{ "https://", 1, 1, 1 },
	{ "address=(host=", 0, 0, 1 },
	{ "authentication to host '", 0, 0, 1 },
	{ "server on '", 0, 0, 1 },
	{ "server host '", 0, 0, 1 },
	{ "(host='", 1, 0, 1 },
	{ "dial tcp: lookup ", 0, 0, 0 },
	{ "lookup ", 0, 0, 0 },
	{ "dial tcp ", 0, 0, 0 },
	{ "enotfound ", 0, 0, 0 },
	{ "econnrefused ", 0, 0, 0 },
	{ "etimedout ", 0, 0, 0 },
	{ "could not resolve host: ", 0, 0, 0 },
	{ "failed to connect to ", 0, 0, 0 },
	{ "connect to host ", 0, 0, 0 },
	{ "connecting to ", 0, 0, 0 },
	/* Go: "certificate is valid for A, not B" */
	{ ", not ", 0, 0, 0 },
};

/* What a name with a number behind it ends in that is a place in a program. */
static const char *const sources[] = { ".java", ".go", ".py", ".js", ".mjs", ".ts", ".rb", ".php",
	".c", ".cc", ".cpp", ".h", ".rs", ".kt", ".scala", ".cs", ".ex", ".erl", ".pl" };

static int is_host(int c)
{
	return isalnum(c) || c == '.' || c == '-' || c == '_';
}

/* "[2001:db8::7]", RFC 3986 3.2.2; 0: it is none. */
static size_t literal_length(const char *p, size_t n)
{
	size_t i = 1;

	if (n == 0 || p[0] != '[')
		return 0;
	while (i < n && (isxdigit((unsigned char)p[i]) || p[i] == ':' || p[i] == '.'))
		i++;
	return i > 2 && i < n && p[i] == ']' ? i + 1 : 0;
}

static size_t host_length(const char *p, size_t n)
{
	size_t i = literal_length(p, n);

	if (i > 0)
		return i;
	while (i < n && is_host((unsigned char)p[i]))
		i++;
	return i;
}

/* ":4000", or ")(port=4000)" of MariaDB Connector/J: the number, or 0. */
static uint16_t port_at(const char *p, size_t n)
{
	static const char java[] = ")(port=";
	unsigned long port = 0;
	size_t i = 1;

	if (n >= sizeof java && memcmp(p, java, sizeof java - 1) == 0) {
		p += sizeof java - 2;
		n -= sizeof java - 2;
		for (; i < n && i < 6 && isdigit((unsigned char)p[i]); i++)
			port = port * 10 + (unsigned long)(p[i] - '0');
		return port <= UINT16_MAX ? (uint16_t)port : 0;
	}
	for (; n > 0 && p[0] == ':' && i < n && i < 6 && isdigit((unsigned char)p[i]); i++)
		port = port * 10 + (unsigned long)(p[i] - '0');
	return port <= UINT16_MAX ? (uint16_t)port : 0;
}

static int take(struct explanation *out, const char *p, size_t n, int plain)
{
	size_t length = host_length(p, n);

	/* A full stop behind a name is the sentence's. */
	while (length > 0 && p[length - 1] == '.')
		length--;
	if (length == 0 || length >= sizeof out->host ||
	    (!isalnum((unsigned char)p[0]) && *p != '['))
		return -1;
	if (!plain && *p != '[' && !memchr(p, '.', length))
		return -1;
	store_clean(out->host, sizeof out->host, span_of(p, length));
	out->port = port_at(p + length, n - length);
	return 0;
}

/* "user:password@" before a URL's host. */
static size_t userinfo(const char *p, size_t n)
{
	size_t i = 0;

	while (i < n && p[i] != '/' && p[i] != '\n' && p[i] != ' ' && p[i] != '"' && p[i] != '\'')
		if (p[i++] == '@')
			return i;
	return 0;
}

/* "See https://docs.pingcap.com/…": an address to read at, and not the one that failed. */
static int is_to_read(const struct explain_text *t, size_t end)
{
	static const char *const words[] = { "see ",
		"see: ", "here: ", "this error at: ", "refer to ", "documentation: ", "visit " };
	static const char *const names[] = { "docs.", "learn.", "help.", "dev.mysql.com/",
		"curl.se/", "sqlalche.me/", "pris.ly/", "aka.ms/", "go.microsoft.com/" };
	size_t begin = end - strlen("https://");

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		size_t n = strlen(words[i]);

		if (begin >= n && memcmp(t->plain + begin - n, words[i], n) == 0)
			return 1;
	}
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (t->n - end > strlen(names[i]) &&
		    memcmp(t->plain + end, names[i], strlen(names[i])) == 0)
			return 1;
	return 0;
}

const char *explain_host_words(size_t n)
{
	return n < sizeof before / sizeof *before ? before[n].words : NULL;
}

int explain_host_behind(struct explanation *out, const struct explain_text *t, size_t n, size_t end)
{
	if (before[n].https && before[n].url && is_to_read(t, end))
		return -1;
	if (before[n].url)
		end += userinfo(t->written + end, t->n - end);
	if (take(out, t->written + end, t->n - end, before[n].plain) < 0)
		return -1;
	out->https = before[n].https;
	return 0;
}

static int look_before(
    struct explanation *out, const struct explain_text *t, size_t from, size_t to)
{
	for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
		size_t n = strlen(before[i].words);
		const char *p = memmem(t->plain + from, to - from, before[i].words, n);

		if (p && explain_host_behind(out, t, i, (size_t)(p - t->plain) + n) == 0)
			return 0;
	}
	return -1;
}

static int is_source(const char *p, size_t n)
{
	for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
		size_t m = strlen(sources[i]);

		if (n > m && memcmp(p + n - m, sources[i], m) == 0)
			return 1;
	}
	return 0;
}

/* "db1.example.com:4000" by itself. */
static int look_alone(struct explanation *out, const struct explain_text *t, size_t from, size_t to)
{
	for (size_t i = from; i < to;) {
		size_t n = host_length(t->written + i, to - i);

		if (n > 3 && memchr(t->written + i, '.', n) && !is_source(t->plain + i, n) &&
		    port_at(t->written + i + n, to - i - n) > 0)
			return take(out, t->written + i, to - i, 0);
		i += n + 1;
	}
	return -1;
}

int explain_host_near(struct explanation *out, const struct explain_text *t, size_t at)
{
	size_t from = at, to = at;

	while (from > 0 && t->plain[from - 1] != '\n')
		from--;
	while (to < t->n && t->plain[to] != '\n')
		to++;
	if (look_before(out, t, from, to) == 0)
		return 0;
	return look_alone(out, t, from, to);
}
