/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/dynamo.h"
#include "lab/visit.h"

#include <openssl/rand.h>
#include <stdlib.h>
#include <time.h>

#define ID 52 /* characters of x-amzn-RequestId */

/* RFC 9110 5.6.7. Not strftime: its names are those of the locale. */
static void add_date(struct buf *b)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t now = time(NULL);
	struct tm t;

	if (!gmtime_r(&now, &t))
		return;
	(void)buf_fmt(b, "Date: %.3s, %02d %.3s %d %02d:%02d:%02d GMT\r\n", days + 3 * t.tm_wday,
	    t.tm_mday, months + 3 * t.tm_mon, t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
}

static void add_id(struct buf *b)
{
	static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUV";
	unsigned char r[ID];

	if (RAND_bytes(r, sizeof r) != 1)
		return;
	(void)buf_fmt(b, "x-amzn-RequestId: ");
	for (size_t i = 0; i < sizeof r; i++)
		(void)buf_add(b, &letters[r[i] % 32], 1);
	(void)buf_fmt(b, "\r\n");
}

static int add_head(struct buf *b, int status, const char *type, struct span body, int keep)
{
	(void)buf_fmt(b, "HTTP/1.1 %d %s\r\nServer: Server\r\n", status, http_reason(status));
	add_date(b);
	if (type)
		(void)buf_fmt(b, "Content-Type: %s\r\n", type);
	(void)buf_fmt(
	    b, "Content-Length: %zu\r\nConnection: %s\r\n", body.n, keep ? "keep-alive" : "close");
	add_id(b);
	return buf_fmt(b, "x-amz-crc32: %u\r\n\r\n", (unsigned)dynamo_crc32(body));
}

static int send_answer(struct visit *v, const struct http_request *r, const struct dynamo_answer *a)
{
	struct buf b = buf_new(8192);
	struct span body = span_of(a->body.p, a->body.n);
	int rc = add_head(&b, a->status, a->type, body, r->keep);

	/* To HEAD all is said of the body, and it stays away. */
	if (rc == 0 && !span_is(r->method, "HEAD"))
		rc = buf_add(&b, body.p, body.n);
	if (rc == 0)
		rc = visit_write(v, b.p, b.n);
	buf_free(&b);
	return rc;
}

/* Answers what can't be read, and ends the connection: where the next begins is not known. */
static int refuse(struct visit *v, int status, const char *why)
{
	struct dynamo_answer a = { .status = status, .type = "text/plain", .body = buf_new(256) };
	struct http_request none = { 0 };

	if (buf_fmt(&a.body, "%s\n", why) == 0)
		(void)send_answer(v, &none, &a);
	dynamo_free(&a);
	return visit_close(v);
}

/* head: where the request's bytes go, since what is read ahead moves as it is used. */
static int read_head(struct visit *v, struct buf *head, struct http_request *r)
{
	enum http_read is = HTTP_MORE;
	size_t length = 0, want = 1;
	struct span in = { 0 };

	while (is == HTTP_MORE) {
		in = visit_peek(v, want, VISIT_MS);
		if (in.n < want)
			return -1;
		is = http_read(in, r, &length);
		want = in.n + 1;
	}
	if (is == HTTP_BAD)
		return refuse(v, r->status, r->wrong);
	if (buf_add(head, in.p, length) < 0)
		return -1;
	buf_drop(&v->in, length);
	(void)http_read(span_of(head->p, head->n), r, &length);
	return 0;
}

static int read_body(struct visit *v, const struct http_request *r, struct buf *body)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
	uint8_t part[4096];

	if (r->expects && visit_write(v, go_on, strlen(go_on)) < 0)
		return -1;
	while (body->n < r->length) {
		size_t n = r->length - body->n;

		if (n > sizeof part)
			n = sizeof part;
		if (visit_read(v, part, n) < 0 || buf_add(body, part, n) < 0)
			return -1;
	}
	return 0;
}

static void note(struct visit *v, const struct http_request *r)
{
	struct span agent = http_field(r, "User-Agent");

	visit_saw(v, v->ssl ? SAW_TLS_LOGIN | SAW_QUERY : SAW_PLAIN_LOGIN);
	if (agent.n)
		visit_saw_agent(v, (const char *)agent.p, agent.n);
}

static void note_login(struct visit *v, enum sigv4 login)
{
	if (login == SIGV4_GOOD)
		visit_saw(v, SAW_LOGGED_IN);
	if (login == SIGV4_STRANGER || login == SIGV4_WRONG)
		visit_saw(v, SAW_BAD_PASSWORD);
}

/* One request and its answer. -1: there are no more. */
static int exchange(struct visit *v)
{
	struct buf head = buf_new(HTTP_HEAD_MAX), body = buf_new(HTTP_BODY_MAX);
	struct dynamo_answer a = { .body = buf_new(0) };
	struct http_request r;
	int rc = -1;

	if (read_head(v, &head, &r) < 0)
		goto out;
	note(v, &r);
	if (read_body(v, &r, &body) < 0)
		goto out;
	rc = dynamo_answer(&r, span_of(body.p, body.n), v->user, v->password, &a);
	if (rc == 0)
		rc = send_answer(v, &r, &a);
	note_login(v, a.login);
	if (rc == 0 && !r.keep)
		rc = visit_close(v);
out:
	dynamo_free(&a);
	buf_free(&body);
	buf_free(&head);
	return rc;
}

int httpd_serve(struct visit *v)
{
	while (exchange(v) == 0)
		;
	return -1;
}

int httpd_request(struct visit *v)
{
	struct buf head = buf_new(HTTP_HEAD_MAX);
	struct span in = visit_peek(v, 1, VISIT_MS);
	struct http_request r;
	int rc = 0;

	/* A method begins with a letter; TLS has a byte 22 there, or the 128 of SSL 2.0's hello. */
	if (in.n > 0 && in.p[0] >= 'A' && in.p[0] <= 'Z') {
		rc = read_head(v, &head, &r);
		if (rc == 0)
			note(v, &r);
		if (rc == 0)
			rc = refuse(v, 400, "plain HTTP was sent to a port of HTTPS");
	}
	buf_free(&head);
	return rc;
}
