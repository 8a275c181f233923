/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes that grow, up to a hard maximum named when the buffer is made. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>
#include <stdint.h>

struct buf {
	uint8_t *p; /* owned; NULL while empty */
	size_t n;   /* bytes in use */
	size_t size;
	size_t max; /* never holds more than this */
};

static inline struct buf buf_new(size_t max)
{
	return (struct buf) { .max = max };
}

/* Appends n bytes. -1 and nothing changed when that would pass max or memory is out. */
int buf_add(struct buf *b, const void *p, size_t n);

/* Appends an unsigned little-endian number of the given width (1 to 8 bytes). */
int buf_le(struct buf *b, uint64_t v, size_t bytes);

/* Appends formatted text, without a NUL. */
int buf_fmt(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Drops the first n bytes. */
void buf_drop(struct buf *b, size_t n);

/* Frees the memory; the buffer is empty and may be used again. */
void buf_free(struct buf *b);

/* As buf_free, the bytes wiped first: for what was secret. */
void buf_wipe(struct buf *b);

#endif
