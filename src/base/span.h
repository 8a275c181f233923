/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A cursor over bytes that came from somewhere else. Every reader checks the length first and
 * returns -1, moving nothing, when there is not enough: a parser written with it can't run over.
 */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
	const uint8_t *p; /* borrowed */
	size_t n;
};

static inline struct span span_of(const void *p, size_t n)
{
	return (struct span) { .p = p, .n = n };
}

/* Takes the next n bytes as a span of their own. */
static inline int span_take(struct span *s, size_t n, struct span *out)
{
	if (s->n < n)
		return -1;
	*out = span_of(s->p, n);
	s->p += n;
	s->n -= n;
	return 0;
}

static inline int span_skip(struct span *s, size_t n)
{
	struct span gone;

	return span_take(s, n, &gone);
}

/* An unsigned little-endian number of 1 to 8 bytes, MySQL's byte order. */
static inline int span_le(struct span *s, size_t bytes, uint64_t *out)
{
	struct span b;

	if (bytes > 8 || span_take(s, bytes, &b) < 0)
		return -1;
	*out = 0;
	for (size_t i = bytes; i-- > 0;)
		*out = *out << 8 | b.p[i];
	return 0;
}

/* The same, the most significant byte first: the order of Java's files. */
static inline int span_be(struct span *s, size_t bytes, uint64_t *out)
{
	struct span b;

	if (bytes > 8 || span_take(s, bytes, &b) < 0)
		return -1;
	*out = 0;
	for (size_t i = 0; i < bytes; i++)
		*out = *out << 8 | b.p[i];
	return 0;
}

/* The bytes before the next NUL, which is consumed as well. */
static inline int span_cstr(struct span *s, struct span *out)
{
	const uint8_t *nul = s->n ? memchr(s->p, 0, s->n) : NULL;

	if (!nul)
		return -1;
	*out = span_of(s->p, (size_t)(nul - s->p));
	return span_skip(s, out->n + 1);
}

static inline int span_is(struct span s, const char *text)
{
	/* An empty span may have no address at all. */
	return s.n == strlen(text) && (s.n == 0 || memcmp(s.p, text, s.n) == 0);
}

#endif
