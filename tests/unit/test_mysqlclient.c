/* SPDX-License-Identifier: Apache-2.0 */
/* What a client sends, read by what a server reads it with. */
#include "wire/mysqlclient.h"

#include "wire/mysql.h"

#include "tap.h"

static struct span payload_of(const struct buf *b, uint8_t seq)
{
	struct span s = span_of(b->p, b->n), payload = { 0 };
	struct mysql_header h = { 0 };

	ok(mysql_header(&s, &h) == 0 && h.seq == seq && span_take(&s, h.length, &payload) == 0 &&
		s.n == 0,
	    "one whole packet, number %u", seq);
	return payload;
}

static void test_ssl_request(void)
{
	struct buf b = buf_new(64);
	uint8_t seq = 0;

	is_int(mysqlclient_ssl_request(&b), 0, "SSLRequest");
	is_int(payload_of(&b, 1).n, MYSQL_SSLREQUEST, "of the length that all clients send");
	is_int(mysql_first(b.p, b.n, &seq), MYSQL_FIRST_SSLREQUEST, "is taken for what it is");
	buf_free(&b);
}

static void test_login(void)
{
	static const uint8_t proof[20] = { 1, 2, 0, 3 };
	const struct mysqlclient_login w = { "root", "mysql_native_password",
		span_of(proof, sizeof proof) };
	struct buf b = buf_new(512);
	struct mysql_login l = { 0 };

	is_int(mysqlclient_login(&b, 2, &w), 0, "a login");
	is_int(mysql_login(payload_of(&b, 2), &l), 0, "is read as one");
	ok(span_is(l.user, "root") && span_is(l.plugin, "mysql_native_password"),
	    "user and method");
	ok(l.answer.n == 20 && memcmp(l.answer.p, proof, 20) == 0, "and proof are what was said");
	buf_free(&b);
	b = buf_new(16);
	is_int(mysqlclient_login(&b, 2, &w), -1, "no room: it says so");
	buf_free(&b);
}

static void test_others(void)
{
	struct buf b = buf_new(64);

	is_int(mysqlclient_query(&b, "SELECT 1"), 0, "a query");
	ok(span_is(payload_of(&b, 0), "\x03SELECT 1"), "COM_QUERY and its text");
	buf_free(&b);
	is_int(mysqlclient_quit(&b), 0, "the end");
	ok(span_is(payload_of(&b, 0), "\x01"), "COM_QUIT");
	buf_free(&b);
}

int main(void)
{
	test_ssl_request();
	test_login();
	test_others();
	return tap_done();
}
