/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Structs as JSON and back, by a table of their members: one row each for both ways. What comes
 * back is a stranger's: each member is checked for its kind and its bounds, none is unknown, and
 * texts may go to a terminal. What is zero or empty is left out.
 *
 * Bytes stand in a table beside the objects and once however often they occur; a member of theirs
 * is its number in there.
 */
#ifndef DOCTOR_FIELDS_H
#define DOCTOR_FIELDS_H

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

#include <jansson.h>

enum field_kind {
	FIELD_TEXT,    /* char[size] */
	FIELD_INT,     /* int */
	FIELD_FLAG,    /* int, 0 or 1 */
	FIELD_U16,     /* uint16_t */
	FIELD_U32,     /* uint32_t */
	FIELD_TIME,    /* time_t */
	FIELD_WORD,    /* an enum: word() names it; never left out */
	FIELD_ADDRESS, /* struct addr with its port; family 0: none */
	FIELD_BYTES,   /* struct buf of at most size bytes */
	FIELD_EACH,    /* struct buf[most], and their number at `count` */
	FIELD_OBJECT,  /* a struct: of */
	FIELD_LIST     /* a struct[most], `each` bytes apart, and their number at `count` */
};

struct field {
	const char *name; /* NULL behind the last row */
	enum field_kind kind;
	size_t at; /* offsetof */
	size_t size;
	size_t most, count, each;
	const char *(*word)(size_t n); /* NULL behind the last */
	const struct field *of;
};

/* The table of bytes; all zero: empty. */
struct fields_bytes {
	struct buf *v;
	size_t n, room;
	int failed; /* memory is out */
};

/* The number of those bytes, which are added if they are not there. */
size_t fields_number(struct fields_bytes *b, struct span bytes);

/* A new array of texts in base64, and back; at most `most` bytes each. */
json_t *fields_put_bytes(const struct fields_bytes *b);
int fields_get_bytes(struct fields_bytes *b, json_t *array, size_t most, struct err *e);

/* The bytes that an item of JSON stands for. -1: it is no number of any. */
int fields_bytes_at(const struct fields_bytes *b, json_t *item, struct span *out, struct err *e);

void fields_bytes_free(struct fields_bytes *b);

/* A new object; NULL: memory is out. */
json_t *fields_put(const struct field *rows, const void *from, struct fields_bytes *b);

/*
 * Fills what is all zero. -1: ERR_USER, which member and what is wrong with it; what was allocated
 * by then is the struct's all the same.
 */
int fields_get(const struct field *rows, json_t *object, void *to, const struct fields_bytes *b,
    struct err *e);

/* -1: jansson's own words, which may name a stranger's member, made fit for a terminal. */
int fields_fault(const json_error_t *j, struct err *e);

/* A text that may go to a terminal; NULL, and e says so, if it is none or longer than size - 1. */
const char *fields_text(json_t *item, size_t size, struct err *e);

#endif
