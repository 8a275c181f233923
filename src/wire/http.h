/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The head of an HTTP/1 request, as far as a server must know it. Bytes in, struct out; no I/O, no
 * state; the body is the caller's to read.
 *
 * Sources: RFC 9110 (fields, status codes) and RFC 9112 (the form of a message).
 *
 * Our own, because there is none to take: Debian 12 has http-parser 2.9.4, which its authors have
 * given up, and of its successor llhttp only what is inside Node.js. And it must be stricter than
 * theirs, since what one server takes and the next one takes otherwise is how requests are smuggled
 * (RFC 9112 11.2). What can be read in two ways is refused, even where the RFC lets a server be
 * lenient: a line that ends in LF alone, a CR or other control character anywhere else, a space
 * before the colon, a folded line, a field of which there must be one given twice, Content-Length
 * that is not just digits, Transfer-Encoding, and a target that names another host than Host.
 */
#ifndef WIRE_HTTP_H
#define WIRE_HTTP_H

#include "base/span.h"

#define HTTP_HEAD_MAX (16 * 1024)
#define HTTP_BODY_MAX (1024 * 1024)
#define HTTP_FIELDS   64

/* Borrowed from the bytes read; the value is without the blanks around it. */
struct http_field {
	struct span name, value;
};

struct http_request {
	struct span method;
	struct span target; /* from the "/" on, with its query; or "*", of OPTIONS alone */
	struct span host;   /* of Host, without the port; empty: HTTP/1.0 without it */
	uint8_t minor;      /* HTTP/1.0 or HTTP/1.1 */
	uint8_t keep;       /* the connection goes on behind the answer */
	uint8_t expects;    /* it waits for "100 Continue" before it sends the body */
	size_t length;      /* of the body, up to HTTP_BODY_MAX */
	struct http_field field[HTTP_FIELDS];
	size_t fields;
	int status;        /* HTTP_BAD: what to answer: 400, 411, 413, 414, 417, 431, 505 */
	const char *wrong; /* HTTP_BAD: what is, for the log; else NULL */
};

enum http_read {
	HTTP_WHOLE, /* the head is all there */
	HTTP_MORE,  /* it may become one; ask again with more bytes */
	HTTP_BAD    /* answer with status, and close: where the next request begins is unknown */
};

/*
 * Reads a head from the start of what came, as early as can be told: what was HTTP_BAD stays so
 * whatever follows, and HTTP_MORE is said of fewer than HTTP_HEAD_MAX bytes only. HTTP_WHOLE fills
 * *r, and *length with the bytes that are the head; r->length bytes of body follow them. HTTP_BAD
 * fills status and wrong, and all else of *r is 0. Otherwise nothing is changed.
 */
enum http_read http_read(struct span in, struct http_request *r, size_t *length);

/* The value of the first field of that name, in whatever case; an empty one: there is none. */
struct span http_field(const struct http_request *r, const char *name);

/* Whether these are the same, but for the case of letters. */
int http_same(struct span s, const char *word);

/* "Bad Request" for 400; "" for those that no server of ours answers. */
const char *http_reason(int status);

#endif
