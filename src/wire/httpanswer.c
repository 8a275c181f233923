/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/httpanswer.h"

#include "wire/http.h"

#include <strings.h>

#define STATUS_LINE 12 /* "HTTP/1.1 200" */
#define LENGTH_MAX  ((uint64_t)1 << 40)

/* A line without its end, which is CRLF; a lone LF is taken too (RFC 9112 2.2). */
static int take_line(struct span *s, struct span *line)
{
	const uint8_t *end = s->n ? memchr(s->p, '\n', s->n) : NULL;

	if (!end || span_take(s, (size_t)(end - s->p) + 1, line) < 0)
		return -1;
	line->n--;
	if (line->n > 0 && line->p[line->n - 1] == '\r')
		line->n--;
	return 0;
}

static int is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* Whether what is there of a status line is one so far. */
static int may_be_http(struct span s)
{
	static const char form[] = "HTTP/1.";

	for (size_t i = 0; i < s.n && i < sizeof form - 1; i++)
		if (s.p[i] != (uint8_t)form[i])
			return 0;
	if (s.n < STATUS_LINE)
		return 1;
	return is_digit(s.p[7]) && s.p[8] == ' ' && is_digit(s.p[9]) && is_digit(s.p[10]) &&
	       is_digit(s.p[11]);
}

static struct span trimmed(struct span s)
{
	while (s.n > 0 && (*s.p == ' ' || *s.p == '\t'))
		(void)span_skip(&s, 1);
	while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

/* Digits of that base, and nothing else. -1: that is no number, or one past all use. */
static int number(struct span s, unsigned base, uint64_t *out)
{
	static const char digits[] = "0123456789abcdef";

	*out = 0;
	for (size_t i = 0; i < s.n; i++) {
		const char *at =
		    s.p[i] ? strchr(digits, s.p[i] | (s.p[i] >= 'A' ? 0x20 : 0)) : NULL;

		if (!at || (unsigned)(at - digits) >= base || *out > LENGTH_MAX)
			return -1;
		*out = *out * base + (unsigned)(at - digits);
	}
	return s.n > 0 ? 0 : -1;
}

/* ---- dates ----------------------------------------------------------------------------------- */

/* The digits from there on, of which all are. -1: they are not. */
static int digits(struct span s, size_t at, size_t n)
{
	int value = 0;

	for (size_t i = at; i < at + n; i++) {
		if (!is_digit(s.p[i]))
			return -1;
		value = value * 10 + s.p[i] - '0';
	}
	return value;
}

/* 0 to 11; -1: that is no month. */
static int month(struct span s, size_t at)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (int i = 0; i < 12; i++)
		if (memcmp(s.p + at, names + 3 * i, 3) == 0)
			return i;
	return -1;
}

/* "Sun, 06 Nov 1994 08:49:37 GMT"; the day of the week is not looked at. 0: it has another form. */
static time_t date_of(struct span s)
{
	static const char form[] = "???, ?? ??? ???? ??:??:?? GMT";
	struct tm tm = { 0 };

	if (s.n != sizeof form - 1)
		return 0;
	for (size_t i = 0; i < s.n; i++)
		if (form[i] != '?' && s.p[i] != (uint8_t)form[i])
			return 0;
	tm.tm_mday = digits(s, 5, 2);
	tm.tm_mon = month(s, 8);
	tm.tm_year = digits(s, 12, 4) - 1900;
	tm.tm_hour = digits(s, 17, 2);
	tm.tm_min = digits(s, 20, 2);
	tm.tm_sec = digits(s, 23, 2);
	if (tm.tm_mday < 1 || tm.tm_mday > 31 || tm.tm_mon < 0 || tm.tm_year < 70 ||
	    tm.tm_hour < 0 || tm.tm_hour > 23 || tm.tm_min < 0 || tm.tm_min > 59 || tm.tm_sec < 0 ||
	    tm.tm_sec > 60)
		return 0;
	return timegm(&tm);
}

/* ---- the head -------------------------------------------------------------------------------- */

/* What the head says of the body. */
struct framing {
	int chunked, has_length;
	uint64_t length;
	time_t date;
};

static int take_field(struct span line, struct framing *f)
{
	const uint8_t *colon = line.n ? memchr(line.p, ':', line.n) : NULL;
	struct span name, value = line;

	if (!colon || span_take(&value, (size_t)(colon - line.p), &name) < 0)
		return -1;
	(void)span_skip(&value, 1);
	value = trimmed(value);
	if (http_same(name, "transfer-encoding"))
		f->chunked = value.n >= 7 &&
			     strncasecmp((const char *)value.p + value.n - 7, "chunked", 7) == 0;
	if (http_same(name, "date"))
		f->date = date_of(value);
	if (!http_same(name, "content-length"))
		return 0;
	f->has_length = 1;
	return number(value, 10, &f->length);
}

/* The last chunk has no byte; trailers follow, and an empty line. */
static enum httpanswer_read read_chunks(struct span s, struct span *first)
{
	struct span line, data;
	uint64_t n = 0;

	*first = span_of(s.p, 0);
	while (take_line(&s, &line) == 0) {
		const uint8_t *semicolon = line.n ? memchr(line.p, ';', line.n) : NULL;

		if (semicolon)
			line.n = (size_t)(semicolon - line.p);
		if (number(trimmed(line), 16, &n) < 0)
			return HTTPANSWER_NONSENSE;
		if (n == 0) {
			while (take_line(&s, &line) == 0)
				if (line.n == 0)
					return HTTPANSWER_WHOLE;
			return HTTPANSWER_MORE;
		}
		if (n > s.n || span_take(&s, (size_t)n, &data) < 0)
			return HTTPANSWER_MORE;
		if (first->n == 0)
			*first = data;
		if (take_line(&s, &line) < 0)
			return HTTPANSWER_MORE;
		if (line.n > 0)
			return HTTPANSWER_NONSENSE;
	}
	return HTTPANSWER_MORE;
}

static enum httpanswer_read read_body(struct span s, const struct framing *f, struct httpanswer *a)
{
	a->body = s;
	if (a->status == 204 || a->status == 304) {
		a->body.n = 0;
		return HTTPANSWER_WHOLE;
	}
	if (f->chunked)
		return read_chunks(s, &a->body);
	if (!f->has_length)
		return HTTPANSWER_TO_END;
	if (f->length > s.n)
		return HTTPANSWER_MORE;
	a->body.n = (size_t)f->length;
	return HTTPANSWER_WHOLE;
}

/* A head; *s is behind it then. */
static enum httpanswer_read read_head(struct span *s, struct httpanswer *a, struct framing *f)
{
	struct span in = *s, line;

	*f = (struct framing) { 0 };
	if (!may_be_http(in))
		return HTTPANSWER_NONSENSE;
	if (in.n < STATUS_LINE || take_line(s, &line) < 0)
		return in.n > HTTPANSWER_HEAD_MAX ? HTTPANSWER_NONSENSE : HTTPANSWER_MORE;
	*a = (struct httpanswer) {
		.status = (in.p[9] - '0') * 100 + (in.p[10] - '0') * 10 + (in.p[11] - '0'),
	};
	while (take_line(s, &line) == 0) {
		if (line.n == 0) {
			a->date = f->date;
			return HTTPANSWER_WHOLE;
		}
		if (take_field(line, f) < 0)
			return HTTPANSWER_NONSENSE;
	}
	return in.n > HTTPANSWER_HEAD_MAX ? HTTPANSWER_NONSENSE : HTTPANSWER_MORE;
}

enum httpanswer_read httpanswer_read(struct span in, struct httpanswer *a)
{
	enum httpanswer_read is;
	struct framing f;

	/* What comes before the answer is passed over (RFC 9110 15.2). */
	do
		is = read_head(&in, a, &f);
	while (is == HTTPANSWER_WHOLE && a->status / 100 == 1);
	return is == HTTPANSWER_WHOLE ? read_body(in, &f, a) : is;
}
