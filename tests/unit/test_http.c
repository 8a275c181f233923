/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP/1 heads: whole, cut at every byte, bent, and those by which requests are smuggled. */
#include "block.h"
#include "tap.h"
#include "wire/http.h"

#define GET  "GET / HTTP/1.1\r\n"
#define POST "POST / HTTP/1.1\r\nHost: db\r\n"
#define HOST "Host: db\r\n"

static enum http_read ask(const void *p, size_t n, struct http_request *r, size_t *length)
{
	struct span cut = block(p, n);
	enum http_read is = http_read(cut, r, length);

	drop(cut);
	return is;
}

/* Each shorter piece of it is the start of one, and its bytes are not changed by what follows. */
static int grows_to_whole(const char *head)
{
	struct http_request r;
	size_t n = strlen(head), length = 0;

	for (size_t i = 0; i < n; i++)
		if (ask(head, i, &r, &length) != HTTP_MORE || length != 0)
			return 0;
	return ask(head, n, &r, &length) == HTTP_WHOLE && length == n;
}

static int same(struct span s, const char *text)
{
	return span_is(s, text);
}

static void what_aws_cli_sends(void)
{
	static const char head[] =
	    "POST / HTTP/1.1\r\nHost: dynamodb.us-east-1.amazonaws.com:443\r\n"
	    "Accept-Encoding: identity\r\nX-Amz-Target: DynamoDB_20120810.ListTables\r\n"
	    "Content-Type: application/x-amz-json-1.0\r\nUser-Agent: \t aws-cli/2.9.19 \r\n"
	    "X-Amz-Date: 20261122T071600Z\r\nAuthorization: AWS4-HMAC-SHA256 Credential=a/b\r\n"
	    "Content-Length: 2\r\nX-Empty:\r\n\r\n{}GET /next";
	struct span whole = block(head, strlen(head));
	struct http_request r;
	size_t length = 0;

	is_int(http_read(whole, &r, &length), HTTP_WHOLE, "a request of the AWS command line");
	is_int(length, strlen(head) - strlen("{}GET /next"), "its length is without the body");
	ok(same(r.method, "POST") && same(r.target, "/"), "method and target");
	ok(same(r.host, "dynamodb.us-east-1.amazonaws.com"), "host without port");
	ok(r.minor == 1 && r.keep && !r.expects && r.length == 2, "version, connection, length");
	ok(same(http_field(&r, "x-amz-target"), "DynamoDB_20120810.ListTables"),
	    "a field's name is the same in any case");
	ok(same(http_field(&r, "User-Agent"), "aws-cli/2.9.19"), "blanks around a value are gone");
	ok(same(http_field(&r, "X-Empty"), "") && http_field(&r, "X-Empty").p, "an empty value");
	ok(!http_field(&r, "X-Absent").p, "a field that is not there");
	is_int(r.fields, 9, "all fields are there");
	ok(!r.wrong && r.status == 0, "nothing is wrong");
	drop(whole);
}

struct good {
	const char *name, *head, *target, *host;
	int minor, keep, expects;
	size_t length;
};

static const struct good goods[] = {
	{ "1.1", GET HOST "\r\n", "/", "db", 1, 1, 0, 0 },
	{ "1.0", "GET / HTTP/1.0\r\n\r\n", "/", "", 0, 0, 0, 0 },
	{ "1.0, kept", "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "/", "", 0, 1, 0, 0 },
	{ "1.1, closed", GET HOST "Connection: x, CLOSE\r\n\r\n", "/", "db", 1, 0, 0, 0 },
	{ "closed wins", GET HOST "Connection: keep-alive\r\nConnection: close\r\n\r\n", "/", "db",
	    1, 0, 0, 0 },
	{ "an empty line first", "\r\n" GET HOST "\r\n", "/", "db", 1, 1, 0, 0 },
	{ "a query", "GET /a?b=c%20d HTTP/1.1\r\n" HOST "\r\n", "/a?b=c%20d", "db", 1, 1, 0, 0 },
	{ "OPTIONS *", "OPTIONS * HTTP/1.1\r\n" HOST "\r\n", "*", "db", 1, 1, 0, 0 },
	{ "a URL", "GET http://DB:80/x HTTP/1.1\r\nHost: db:80\r\n\r\n", "/x", "db", 1, 1, 0, 0 },
	{ "a URL without a path", "GET https://db HTTP/1.1\r\n" HOST "\r\n", "/", "db", 1, 1, 0,
	    0 },
	{ "a URL in 1.0", "GET http://db/ HTTP/1.0\r\n\r\n", "/", "db", 0, 0, 0, 0 },
	{ "IPv6", GET "Host: [::1]:8443\r\n\r\n", "/", "[::1]", 1, 1, 0, 0 },
	{ "an empty port", GET "Host: db:\r\n\r\n", "/", "db", 1, 1, 0, 0 },
	{ "a body", POST "Content-Length: 1048576\r\n\r\n", "/", "db", 1, 1, 0, 1048576 },
	{ "expects", POST "Content-Length: 9\r\nExpect: 100-Continue\r\n\r\n", "/", "db", 1, 1, 1,
	    9 },
	{ "expects, without a body", POST "Expect: 100-continue\r\n\r\n", "/", "db", 1, 1, 0, 0 },
	{ "a value beyond ASCII", GET HOST "X: \xc3\xa4\tb\r\n\r\n", "/", "db", 1, 1, 0, 0 },
};

static void reads_good(const struct good *g)
{
	struct span whole = block(g->head, strlen(g->head));
	struct http_request r;
	size_t length = 0;

	ok(grows_to_whole(g->head), "%s: every beginning of it may become it", g->name);
	ok(http_read(whole, &r, &length) == HTTP_WHOLE && same(r.target, g->target) &&
		same(r.host, g->host),
	    "%s: target and host", g->name);
	ok(r.minor == g->minor && r.keep == g->keep && r.expects == g->expects &&
		r.length == g->length,
	    "%s: what it means", g->name);
	drop(whole);
}

struct bent {
	const char *name, *head;
	int status;
};

static const struct bent bents[] = {
	{ "a bare LF behind the first line", "GET / HTTP/1.1\nHost: db\n\n", 400 },
	{ "a bare LF behind a field", GET "Host: db\nX: y\r\n\r\n", 400 },
	{ "a bare LF for the empty line", GET HOST "\n", 400 },
	{ "a bare CR in a value", GET HOST "X: a\rb\r\n\r\n", 400 },
	{ "CR CR LF", GET "Host: db\r\r\n\r\n", 400 },
	{ "two empty lines first", "\r\n\r\n" GET HOST "\r\n", 400 },
	{ "a NUL in a value", NULL, 400 },
	{ "DEL in a value", GET HOST "X: \x7f\r\n\r\n", 400 },
	{ "a ClientHello", "\x16\x03\x01\x02", 400 },
	{ "no method", " / HTTP/1.1\r\n" HOST "\r\n", 400 },
	{ "a method that is no token", "G(T / HTTP/1.1\r\n" HOST "\r\n", 400 },
	{ "HTTP/0.9", "GET /\r\n", 400 },
	{ "two spaces before the target", "GET  / HTTP/1.1\r\n" HOST "\r\n", 400 },
	{ "two spaces before the version", "GET /  HTTP/1.1\r\n" HOST "\r\n", 400 },
	{ "a space in the target", "GET /a b HTTP/1.1\r\n" HOST "\r\n", 400 },
	{ "a tab between the words", "GET\t/\tHTTP/1.1\r\n" HOST "\r\n", 400 },
	{ "a space behind the version", "GET / HTTP/1.1 \r\n" HOST "\r\n", 400 },
	{ "a version in small letters", "GET / http/1.1\r\n" HOST "\r\n", 400 },
	{ "a version of two digits", "GET / HTTP/1.10\r\n" HOST "\r\n", 400 },
	{ "HTTP/1.2", "GET / HTTP/1.2\r\n" HOST "\r\n", 505 },
	{ "HTTP/2's preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505 },
	{ "a fragment", "GET /#a HTTP/1.1\r\n" HOST "\r\n", 400 },
	{ "a target beyond ASCII", "GET /\xc3\xa4 HTTP/1.1\r\n" HOST "\r\n", 400 },
	{ "a target without a slash", "GET x HTTP/1.1\r\n" HOST "\r\n", 400 },
	{ "a star for GET", "GET * HTTP/1.1\r\n" HOST "\r\n", 400 },
	{ "CONNECT", "CONNECT db:443 HTTP/1.1\r\n" HOST "\r\n", 400 },
	{ "a URL of another scheme", "GET ftp://db/ HTTP/1.1\r\n" HOST "\r\n", 400 },
	{ "a URL without a host", "GET http:///x HTTP/1.1\r\n" HOST "\r\n", 400 },
	{ "a URL of another host", "GET http://other/ HTTP/1.1\r\n" HOST "\r\n", 400 },
	{ "a URL with a user", "GET http://a@db/ HTTP/1.0\r\n\r\n", 400 },
	{ "no Host", GET "\r\n", 400 },
	{ "an empty Host", GET "Host:\r\n\r\n", 400 },
	{ "two Hosts", GET HOST "hOST: db\r\n\r\n", 400 },
	{ "a Host with a path", GET "Host: db/x\r\n\r\n", 400 },
	{ "a Host with a user", GET "Host: a@db\r\n\r\n", 400 },
	{ "a Host with a blank", GET "Host: a b\r\n\r\n", 400 },
	{ "a Host with a list", GET "Host: a,b\r\n\r\n", 400 },
	{ "a Host whose port is none", GET "Host: db:x\r\n\r\n", 400 },
	{ "a Host whose port is too long", GET "Host: db:123456\r\n\r\n", 400 },
	{ "a Host that is half an address", GET "Host: [::1\r\n\r\n", 400 },
	{ "a Host that is no address", GET "Host: []\r\n\r\n", 400 },
	{ "a space before the colon", POST "Content-Length : 2\r\n\r\n", 400 },
	{ "a folded line", GET HOST " x\r\n\r\n", 400 },
	{ "a first field that is folded", GET "\tHost: db\r\n\r\n", 400 },
	{ "a line without a colon", GET HOST "X\r\n\r\n", 400 },
	{ "a field without a name", GET HOST ": x\r\n\r\n", 400 },
	{ "two lengths", POST "Content-Length: 2\r\nContent-Length: 3\r\n\r\n", 400 },
	{ "the same length twice", POST "Content-Length: 2\r\nContent-Length: 2\r\n\r\n", 400 },
	{ "a list of lengths", POST "Content-Length: 2, 2\r\n\r\n", 400 },
	{ "a length with a sign", POST "Content-Length: +2\r\n\r\n", 400 },
	{ "a length below zero", POST "Content-Length: -2\r\n\r\n", 400 },
	{ "a length in hex", POST "Content-Length: 0x2\r\n\r\n", 400 },
	{ "no length", POST "Content-Length:\r\n\r\n", 400 },
	{ "a length that is too long", POST "Content-Length: 1048577\r\n\r\n", 413 },
	{ "a length beyond 64 bits", POST "Content-Length: 18446744073709551618\r\n\r\n", 413 },
	{ "chunks and a length", POST "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n",
	    400 },
	{ "a length and nonsense", POST "Transfer-Encoding: xchunked\r\nContent-Length: 2\r\n\r\n",
	    400 },
	{ "chunks", POST "Transfer-Encoding: chunked\r\n\r\n", 411 },
	{ "chunks in 1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400 },
	{ "two targets of an API", POST "X-Amz-Target: a\r\nX-Amz-Target: b\r\n\r\n", 400 },
	{ "two credentials", POST "Authorization: a\r\nAuthorization: b\r\n\r\n", 400 },
	{ "expects something else", POST "Content-Length: 1\r\nExpect: tea\r\n\r\n", 417 },
};

/* What is wrong stays so, whatever follows, from some byte on; before it there is more to come. */
static int stays_bad(const char *head, size_t n, int status)
{
	struct http_request r;
	size_t length = 77, at = 0;

	while (at < n && ask(head, at, &r, &length) == HTTP_MORE)
		at++;
	for (; at <= n; at++)
		if (ask(head, at, &r, &length) != HTTP_BAD || r.status != status || !r.wrong ||
		    r.fields || r.method.p || length != 77)
			return 0;
	return 1;
}

static void refuses_bent(const struct bent *b)
{
	static const char nul[] = GET "Host: db\0\r\n\r\n";
	const char *head = b->head ? b->head : nul;
	size_t n = b->head ? strlen(b->head) : sizeof nul - 1;

	ok(stays_bad(head, n, b->status), "refused with %d: %s", b->status, b->name);
}

/* A head of n bytes in all, its last field as long as it takes. */
static enum http_read of_size(size_t n, const char *start, struct http_request *r)
{
	static char head[HTTP_HEAD_MAX + 8];
	size_t length = 0, before = strlen(start);

	memset(head, 'x', sizeof head);
	memcpy(head, start, before);
	memcpy(head + n - 4, "\r\n\r\n", 4);
	return ask(head, n, r, &length);
}

static void bounds(void)
{
	static char many[16 * HTTP_FIELDS];
	struct http_request r;
	size_t length = 0, n = 0;

	is_int(of_size(HTTP_HEAD_MAX, GET HOST "X: ", &r), HTTP_WHOLE, "a head of 16 KiB");
	is_int(of_size(HTTP_HEAD_MAX + 1, GET HOST "X: ", &r), HTTP_BAD, "… and of one byte more");
	is_int(r.status, 431, "… is answered with 431");
	is_int(of_size(HTTP_HEAD_MAX + 5, "GET /", &r), HTTP_BAD, "a first line without an end");
	is_int(r.status, 414, "… is answered with 414");
	n = (size_t)snprintf(many, sizeof many, GET HOST);
	for (int i = 1; i < HTTP_FIELDS; i++)
		n += (size_t)snprintf(many + n, sizeof many - n, "X%d: y\r\n", i);
	(void)snprintf(many + n, sizeof many - n, "\r\n");
	is_int(ask(many, n + 2, &r, &length), HTTP_WHOLE, "64 fields");
	(void)snprintf(many + n, sizeof many - n, "X: y\r\n\r\n");
	is_int(ask(many, n + 8, &r, &length), HTTP_BAD, "… and one more");
	is_int(r.status, 431, "… is answered with 431");
}

int main(void)
{
	what_aws_cli_sends();
	for (size_t i = 0; i < sizeof goods / sizeof *goods; i++)
		reads_good(&goods[i]);
	for (size_t i = 0; i < sizeof bents / sizeof *bents; i++)
		refuses_bent(&bents[i]);
	bounds();
	is_str(http_reason(400), "Bad Request", "a status has a reason");
	is_str(http_reason(299), "", "… or none");
	return tap_done();
}
