/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int grow(struct buf *b, size_t more)
{
	size_t want = b->size ? b->size : 64;
	uint8_t *p;

	if (more > b->max || b->n > b->max - more)
		return -1;
	if (b->n + more <= b->size)
		return 0;
	while (want < b->n + more)
		want *= 2;
	if (want > b->max)
		want = b->max;
	/* Not realloc: what a buffer holds may be secret, and no copy of it stays behind. */
	p = malloc(want);
	if (!p)
		return -1;
	if (b->p) {
		memcpy(p, b->p, b->n);
		explicit_bzero(b->p, b->n);
		free(b->p);
	}
	b->p = p;
	b->size = want;
	return 0;
}

int buf_add(struct buf *b, const void *p, size_t n)
{
	if (n == 0)
		return 0;
	if (grow(b, n) < 0)
		return -1;
	memcpy(b->p + b->n, p, n);
	b->n += n;
	return 0;
}

int buf_le(struct buf *b, uint64_t v, size_t bytes)
{
	uint8_t le[8];

	for (size_t i = 0; i < 8; i++)
		le[i] = (uint8_t)(v >> (8 * i));
	return bytes > 8 ? -1 : buf_add(b, le, bytes);
}

int buf_fmt(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	/* One byte more for vsnprintf's NUL, which is then left out of n. */
	if (n < 0 || grow(b, (size_t)n + 1) < 0)
		return -1;
	va_start(ap, fmt);
	(void)vsnprintf((char *)b->p + b->n, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->n += (size_t)n;
	return 0;
}

void buf_drop(struct buf *b, size_t n)
{
	if (n > b->n)
		n = b->n;
	if (n == 0)
		return;
	memmove(b->p, b->p + n, b->n - n);
	b->n -= n;
}

void buf_free(struct buf *b)
{
	free(b->p);
	*b = buf_new(b->max);
}

void buf_wipe(struct buf *b)
{
	if (b->p)
		explicit_bzero(b->p, b->size);
	buf_free(b);
}
