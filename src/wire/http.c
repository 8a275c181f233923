/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/http.h"

#define HOST_MAX 255

/* ---- characters (RFC 9110 5.6.2) ------------------------------------------------------------ */

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

static int is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static int is_alnum(uint8_t c)
{
	return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z');
}

static int is_tchar(uint8_t c)
{
	return is_alnum(c) || (c && strchr("!#$%&'*+-.^_`|~", c));
}

static int is_visible(uint8_t c)
{
	return c > 0x20 && c < 0x7f && c != '#';
}

/* What may stand in a line. Beyond ASCII is allowed in values, and means nothing. */
static int is_text(uint8_t c)
{
	return c == '\t' || (c >= 0x20 && c != 0x7f);
}

static int is_host(uint8_t c)
{
	return is_alnum(c) || (c && strchr("-._", c));
}

static int is_address(uint8_t c)
{
	return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'f') || c == ':' || c == '.';
}

/* How many bytes from the start on are of a kind. */
static size_t run_of(struct span s, int (*is)(uint8_t))
{
	size_t n = 0;

	while (n < s.n && is(s.p[n]))
		n++;
	return n;
}

static int all_are(struct span s, int (*is)(uint8_t))
{
	return s.n > 0 && run_of(s, is) == s.n;
}

int http_same(struct span s, const char *word)
{
	if (s.n != strlen(word))
		return 0;
	for (size_t i = 0; i < s.n; i++)
		if (lower(s.p[i]) != lower((uint8_t)word[i]))
			return 0;
	return 1;
}

static int same_span(struct span a, struct span b)
{
	if (a.n != b.n)
		return 0;
	for (size_t i = 0; i < a.n; i++)
		if (lower(a.p[i]) != lower(b.p[i]))
			return 0;
	return 1;
}

/* Cuts off what stands before the first c, and c itself. -1: there is none. */
static int cut(struct span *s, uint8_t c, struct span *before)
{
	const uint8_t *at = s->n ? memchr(s->p, c, s->n) : NULL;

	if (!at)
		return -1;
	(void)span_take(s, (size_t)(at - s->p), before);
	return span_skip(s, 1);
}

static struct span trim(struct span s)
{
	while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
		(void)span_skip(&s, 1);
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

/* ---- lines ---------------------------------------------------------------------------------- */

static int fault(struct http_request *r, int status, const char *wrong)
{
	r->status = status;
	r->wrong = wrong;
	return -1;
}

enum line { LINE_WHOLE, LINE_PART, LINE_BAD };

/* Takes a line without its CRLF. What is wrong is told of a part as well: nobody waits for more. */
static enum line take_line(struct span *s, struct span *line)
{
	size_t n = run_of(*s, is_text);

	if (n == s->n || (n + 1 == s->n && s->p[n] == '\r'))
		return LINE_PART;
	if (s->p[n] != '\r' || s->p[n + 1] != '\n')
		return LINE_BAD;
	(void)span_take(s, n, line);
	(void)span_skip(s, 2);
	return LINE_WHOLE;
}

/* ---- the request line (RFC 9112 3) ---------------------------------------------------------- */

static int read_version(struct http_request *r, struct span version)
{
	if (version.n != 8 || memcmp(version.p, "HTTP/", 5) != 0 || version.p[6] != '.' ||
	    !is_digit(version.p[5]) || !is_digit(version.p[7]))
		return fault(r, 400, "its first line does not end in a version");
	if (version.p[5] != '1' || version.p[7] > '1')
		return fault(r, 505, "its version is neither 1.0 nor 1.1");
	r->minor = version.p[7] == '1';
	return 0;
}

/*
 * The target as a client writes it to a proxy, which a server must take as well (RFC 9112 3.2.2).
 * The host in it stays in r->host until the fields are there.
 */
static int read_absolute(struct http_request *r)
{
	struct span s = r->target, scheme;

	if (cut(&s, ':', &scheme) < 0 ||
	    (!http_same(scheme, "http") && !http_same(scheme, "https")))
		return fault(r, 400, "its target is neither a path nor a URL");
	if (s.n < 2 || s.p[0] != '/' || s.p[1] != '/')
		return fault(r, 400, "its target is neither a path nor a URL");
	(void)span_skip(&s, 2);
	r->target = s;
	while (r->target.n && r->target.p[0] != '/')
		(void)span_skip(&r->target, 1);
	r->host = span_of(s.p, s.n - r->target.n);
	if (r->host.n == 0)
		return fault(r, 400, "its target names no host");
	if (r->target.n == 0)
		r->target = span_of("/", 1);
	return 0;
}

static int read_target(struct http_request *r)
{
	if (!all_are(r->target, is_visible))
		return fault(r, 400, "its target is empty, or has what must be written as %XX");
	if (r->target.p[0] == '/')
		return 0;
	if (span_is(r->target, "*") && span_is(r->method, "OPTIONS"))
		return 0;
	return read_absolute(r);
}

static int read_first(struct http_request *r, struct span line)
{
	if (cut(&line, ' ', &r->method) < 0 || !all_are(r->method, is_tchar))
		return fault(r, 400, "its first line does not begin with a method");
	if (cut(&line, ' ', &r->target) < 0)
		return fault(r, 400, "its first line does not end in a version");
	if (read_version(r, line) < 0)
		return -1;
	return read_target(r);
}

/* ---- fields (RFC 9112 5) -------------------------------------------------------------------- */

/* Where two of them stood, two servers would each take the other one. */
static int only_once(struct span name)
{
	static const char *const names[] = { "Host", "Content-Length", "Transfer-Encoding",
		"Content-Type", "Authorization", "Expect", "X-Amz-Target", "X-Amz-Date" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (http_same(name, names[i]))
			return 1;
	return 0;
}

static const struct http_field *find(const struct http_request *r, struct span name)
{
	for (size_t i = 0; i < r->fields; i++)
		if (same_span(r->field[i].name, name))
			return &r->field[i];
	return NULL;
}

struct span http_field(const struct http_request *r, const char *name)
{
	const struct http_field *f = find(r, span_of(name, strlen(name)));

	return f ? f->value : (struct span) { 0 };
}

static int read_field(struct http_request *r, struct span line)
{
	struct http_field f = { 0 };

	if (line.p[0] == ' ' || line.p[0] == '\t')
		return fault(r, 400, "a line of its fields begins with a blank");
	if (cut(&line, ':', &f.name) < 0 || !all_are(f.name, is_tchar))
		return fault(r, 400, "a field has no colon just behind its name");
	if (only_once(f.name) && find(r, f.name))
		return fault(r, 400, "a field is there twice of which there must be one");
	if (r->fields == HTTP_FIELDS)
		return fault(r, 431, "it has more than 64 fields");
	f.value = trim(line);
	r->field[r->fields++] = f;
	return 0;
}

/* ---- what the fields mean ------------------------------------------------------------------- */

/* The host without its port (RFC 3986 3.2.2). -1: it isn't one. */
static int cut_host(struct span s, struct span *host)
{
	struct span v6 = s;
	size_t n = run_of(s, is_host);

	if (s.n && s.p[0] == '[') {
		(void)span_skip(&v6, 1);
		n = run_of(v6, is_address) + 2;
		if (n < 4 || n > s.n || s.p[n - 1] != ']')
			return -1;
	}
	if (n == 0 || n > HOST_MAX || span_take(&s, n, host) < 0)
		return -1;
	if (s.n == 0)
		return 0;
	return s.p[0] == ':' && s.n <= 6 && run_of(span_of(s.p + 1, s.n - 1), is_digit) == s.n - 1
		   ? 0
		   : -1;
}

static int read_host(struct http_request *r)
{
	const struct http_field *f = find(r, span_of("Host", 4));

	if (!f && r->minor == 1)
		return fault(r, 400, "it has no Host");
	if (f && r->host.n && !same_span(f->value, r->host))
		return fault(r, 400, "its target names another host than Host");
	if (f && cut_host(f->value, &r->host) < 0)
		return fault(r, 400, "its Host is no host");
	if (!f && r->host.n && cut_host(r->host, &r->host) < 0)
		return fault(r, 400, "its target names no host");
	return 0;
}

static int read_length(struct http_request *r)
{
	const struct http_field *f = find(r, span_of("Content-Length", 14));
	int other = find(r, span_of("Transfer-Encoding", 17)) != NULL;

	if (other && (f || r->minor == 0))
		return fault(r, 400, "it says in two ways how long its body is");
	if (other)
		return fault(r, 411, "it does not say how long its body is");
	if (!f)
		return 0;
	if (!all_are(f->value, is_digit))
		return fault(r, 400, "its Content-Length is no number");
	for (size_t i = 0; i < f->value.n; i++) {
		r->length = r->length * 10 + f->value.p[i] - '0';
		if (r->length > HTTP_BODY_MAX)
			return fault(r, 413, "its body is longer than 1 MiB");
	}
	return 0;
}

/* Whether one of the lists of that name has the word (RFC 9110 5.6.1). */
static int lists(const struct http_request *r, const char *name, const char *word)
{
	struct span rest, item;

	for (size_t i = 0; i < r->fields; i++) {
		rest = r->field[i].value;
		if (!http_same(r->field[i].name, name))
			continue;
		while (cut(&rest, ',', &item) == 0)
			if (http_same(trim(item), word))
				return 1;
		if (http_same(trim(rest), word))
			return 1;
	}
	return 0;
}

static int read_manners(struct http_request *r)
{
	struct span expect = http_field(r, "Expect");

	r->keep = !lists(r, "Connection", "close") &&
		  (r->minor == 1 || lists(r, "Connection", "keep-alive"));
	if (expect.n && !http_same(expect, "100-continue"))
		return fault(r, 417, "it expects something else than 100-continue");
	/* RFC 9110 10.1.1: from HTTP/1.0 it means nothing. */
	r->expects = expect.n > 0 && r->minor == 1 && r->length > 0;
	return 0;
}

/* ---- the whole ------------------------------------------------------------------------------ */

/* The lines up to the empty one. RFC 9112 2.2: an empty one before the first is skipped. */
static enum line read_lines(struct span *s, struct http_request *r)
{
	struct span line = { 0 };
	enum line is = take_line(s, &line);

	if (is == LINE_WHOLE && line.n == 0)
		is = take_line(s, &line);
	if (is == LINE_WHOLE && read_first(r, line) < 0)
		return LINE_BAD;
	while (is == LINE_WHOLE) {
		is = take_line(s, &line);
		if (is == LINE_WHOLE && line.n == 0)
			return LINE_WHOLE;
		if (is == LINE_WHOLE && read_field(r, line) < 0)
			return LINE_BAD;
	}
	if (is == LINE_BAD)
		(void)fault(
		    r, 400, "a line ends otherwise than in CRLF, or holds a control character");
	return is;
}

static int too_long(struct http_request *r)
{
	if (r->method.n == 0)
		return fault(r, 414, "its first line is longer than 16 KiB");
	return fault(r, 431, "its head is longer than 16 KiB");
}

static enum http_read bad(struct http_request *r, const struct http_request *got)
{
	memset(r, 0, sizeof *r);
	r->status = got->status;
	r->wrong = got->wrong;
	return HTTP_BAD;
}

enum http_read http_read(struct span in, struct http_request *r, size_t *length)
{
	struct http_request got = { 0 };
	struct span s = span_of(in.p, in.n < HTTP_HEAD_MAX ? in.n : HTTP_HEAD_MAX);
	size_t before = s.n;
	enum line is = read_lines(&s, &got);

	if (is == LINE_PART && before < HTTP_HEAD_MAX)
		return HTTP_MORE;
	if (is == LINE_PART)
		(void)too_long(&got);
	if (is != LINE_WHOLE || read_host(&got) < 0 || read_length(&got) < 0 ||
	    read_manners(&got) < 0)
		return bad(r, &got);
	*r = got;
	*length = before - s.n;
	return HTTP_WHOLE;
}

const char *http_reason(int status)
{
	static const struct {
		int status;
		const char *reason;
	} rows[] = {
		{ 200, "OK" },
		{ 301, "Moved Permanently" },
		{ 400, "Bad Request" },
		{ 404, "Not Found" },
		{ 411, "Length Required" },
		{ 413, "Content Too Large" },
		{ 414, "URI Too Long" },
		{ 417, "Expectation Failed" },
		{ 431, "Request Header Fields Too Large" },
		{ 505, "HTTP Version Not Supported" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].status == status)
			return rows[i].reason;
	return "";
}
