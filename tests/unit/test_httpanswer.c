/* SPDX-License-Identifier: Apache-2.0 */
/* Whether an answer of HTTP is whole (D5). */
#include "wire/httpanswer.h"

#include "tap.h"

#define OK "HTTP/1.1 200 OK\r\n"

static const struct {
	const char *text;
	enum httpanswer_read is;
	int status;
	const char *body;
} rows[] = {
	{ OK "Content-Length: 3\r\n\r\nabc", HTTPANSWER_WHOLE, 200, "abc" },
	{ OK "content-length:3 \r\n\r\nabcd", HTTPANSWER_WHOLE, 200, "abc" },
	{ OK "Content-Length: 4\r\n\r\nabc", HTTPANSWER_MORE, 200, "abc" },
	{ OK "Content-Length: 0\r\n\r\n", HTTPANSWER_WHOLE, 200, "" },
	{ OK "Content-Length: x\r\n\r\n", HTTPANSWER_NONSENSE, 200, "" },
	{ OK "Content-Length: 99999999999999999999\r\n\r\n", HTTPANSWER_NONSENSE, 200, "" },
	{ OK "\r\nhealthy: x ", HTTPANSWER_TO_END, 200, "healthy: x " },
	{ OK "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", HTTPANSWER_WHOLE, 200,
	    "abc" },
	{ OK "Transfer-Encoding: gzip, chunked\r\n\r\n3;x=y\r\nabc\r\n", HTTPANSWER_MORE, 200,
	    "abc" },
	{ OK "Transfer-Encoding: chunked\r\n\r\n5\r\nabc", HTTPANSWER_MORE, 200, "" },
	{ OK "Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n", HTTPANSWER_NONSENSE, 200, "a" },
	{ OK "Transfer-Encoding: chunked\r\n\r\nzz\r\n", HTTPANSWER_NONSENSE, 200, "" },
	{ "HTTP/1.1 204 No Content\r\n\r\n", HTTPANSWER_WHOLE, 204, "" },
	{ "HTTP/1.1 100 Continue\r\n\r\n" OK "Content-Length: 1\r\n\r\nz", HTTPANSWER_WHOLE, 200,
	    "z" },
	{ "HTTP/1.0 404 Not Found\n\nno", HTTPANSWER_TO_END, 404, "no" },
	{ "HTTP/1.1 200 OK\r\nContent-Len", HTTPANSWER_MORE, 200, "" },
	{ "HTTP/1.", HTTPANSWER_MORE, 0, "" },
	{ "", HTTPANSWER_MORE, 0, "" },
	{ "HTTP/2 200\r\n\r\n", HTTPANSWER_NONSENSE, 0, "" },
	{ "HTTP/1.1 2x0 OK\r\n\r\n", HTTPANSWER_NONSENSE, 0, "" },
	{ "SSH-2.0-OpenSSH\r\n", HTTPANSWER_NONSENSE, 0, "" },
};

/* D3: by the server's clock one sees whose is wrong. */
static const struct {
	const char *text;
	time_t date;
} dates[] = {
	{ "Sun, 06 Nov 1994 08:49:37 GMT", 784111777 },
	{ "Sun, 22 Nov 2026 15:30:00 GMT", 1795361400 },
	{ "Thu, 01 Jan 1970 00:00:01 GMT", 1 },
	{ "Sun, 06 Nov 1994 08:49:37 UTC", 0 },
	{ "Sun, 06 Nov 1994 08:49:3x GMT", 0 },
	{ "Sun, 06 Nov 1994 28:49:37 GMT", 0 },
	{ "Sun, 36 Nov 1994 08:49:37 GMT", 0 },
	{ "Sun, 06 Nox 1994 08:49:37 GMT", 0 },
	{ "Sunday, 06-Nov-94 08:49:37 GMT", 0 },
	{ "Sun Nov  6 08:49:37 1994", 0 },
	{ "", 0 },
};

static void test_dates(void)
{
	for (size_t i = 0; i < sizeof dates / sizeof *dates; i++) {
		struct httpanswer a = { 0 };
		char text[256];

		(void)snprintf(
		    text, sizeof text, OK "date: %s\r\nContent-Length: 0\r\n\r\n", dates[i].text);
		is_int(httpanswer_read(span_of(text, strlen(text)), &a), HTTPANSWER_WHOLE,
		    "an answer with a date");
		is_int(a.date, dates[i].date, "the date %s", dates[i].text);
	}
}

int main(void)
{
	test_dates();
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct httpanswer a = { 0 };
		struct span in = span_of(rows[i].text, strlen(rows[i].text));

		is_int(httpanswer_read(in, &a), rows[i].is, "row %zu", i);
		is_int(a.status, rows[i].status, "… its status");
		ok(span_is(a.body, rows[i].body), "… its body: %.*s", (int)a.body.n,
		    a.body.n ? (const char *)a.body.p : "");
	}
	return tap_done();
}
