/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/mysqlserver.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define LENGTH_MAX     0xffffffu
#define SCRAMBLE       20
#define SALT1          8
#define CHARSET        45 /* utf8mb4_general_ci: all clients know it */
#define CHARSET_BINARY 63
#define FLAG_BINARY    0x0080
#define COLUMN_FIXED   12 /* bytes of a column's definition behind its names */
#define TYPE_UNSIGNED  0x8000
#define TYPE_FLOAT     0x04
#define TYPE_DOUBLE    0x05
#define TYPE_NULL      0x06
#define CELL_NULL      ((size_t)-1)
#define EXECUTE_FIXED  5 /* flags, iterations */

/* ---- packets --------------------------------------------------------------------------------- */

/* Room for the header, which is known when the payload is. */
static int begin(struct buf *out)
{
	static const uint8_t header[MYSQL_HEADER] = { 0 };

	return buf_add(out, header, sizeof header);
}

/* Of a packet that could not be made nothing stays. */
static int end(struct buf *out, size_t at, uint8_t *seq, int failed)
{
	size_t n = failed ? 0 : out->n - at - MYSQL_HEADER;

	if (failed || n >= LENGTH_MAX) {
		out->n = at;
		return -1;
	}
	mysql_header_put(out->p + at, (uint32_t)n, *seq);
	++*seq;
	return 0;
}

/* Several packets of one answer: all of them, or none. */
static int whole(struct buf *out, size_t at, uint8_t *seq, uint8_t first, int failed)
{
	if (!failed)
		return 0;
	out->n = at;
	*seq = first;
	return -1;
}

static int lenenc(struct buf *out, uint64_t n)
{
	if (n < 0xfb)
		return buf_le(out, n, 1);
	if (n <= 0xffff)
		return buf_le(out, 0xfc, 1) < 0 ? -1 : buf_le(out, n, 2);
	return buf_le(out, 0xfd, 1) < 0 ? -1 : buf_le(out, n, 3);
}

static int string(struct buf *out, const void *p, size_t n)
{
	return lenenc(out, n) < 0 ? -1 : buf_add(out, p, n);
}

static int cstr(struct buf *out, const char *text)
{
	return buf_add(out, text, strlen(text) + 1);
}

static int greet_payload(struct buf *out, const struct mysqlserver_greeting *g)
{
	static const uint8_t reserved[10] = { 0 };

	if (buf_le(out, 10, 1) < 0 || cstr(out, g->version) < 0 || buf_le(out, g->id, 4) < 0 ||
	    buf_add(out, g->scramble, SALT1) < 0 || buf_le(out, 0, 1) < 0)
		return -1;
	if (buf_le(out, g->capabilities & 0xffff, 2) < 0 || buf_le(out, CHARSET, 1) < 0 ||
	    buf_le(out, g->status, 2) < 0 || buf_le(out, g->capabilities >> 16, 2) < 0)
		return -1;
	if (buf_le(out, SCRAMBLE + 1, 1) < 0 || buf_add(out, reserved, sizeof reserved) < 0)
		return -1;
	if (buf_add(out, g->scramble + SALT1, SCRAMBLE - SALT1) < 0 || buf_le(out, 0, 1) < 0)
		return -1;
	return cstr(out, g->plugin);
}

int mysqlserver_greet(struct buf *out, uint8_t *seq, const struct mysqlserver_greeting *g)
{
	size_t at = out->n;

	return end(out, at, seq, begin(out) < 0 || greet_payload(out, g) < 0);
}

int mysqlserver_ok(struct buf *out, uint8_t *seq, unsigned status)
{
	size_t at = out->n;

	/* 00, no rows affected, no id inserted; no warnings. */
	return end(out, at, seq,
	    begin(out) < 0 || buf_le(out, 0, 3) < 0 || buf_le(out, status, 2) < 0 ||
		buf_le(out, 0, 2) < 0);
}

int mysqlserver_eof(struct buf *out, uint8_t *seq, unsigned status)
{
	size_t at = out->n;

	/* fe and no warnings. */
	return end(
	    out, at, seq, begin(out) < 0 || buf_le(out, 0xfe, 3) < 0 || buf_le(out, status, 2) < 0);
}

int mysqlserver_switch(
    struct buf *out, uint8_t *seq, const char *plugin, const uint8_t scramble[20])
{
	size_t at = out->n;

	return end(out, at, seq,
	    begin(out) < 0 || buf_le(out, 0xfe, 1) < 0 || cstr(out, plugin) < 0 ||
		buf_add(out, scramble, SCRAMBLE) < 0 || buf_le(out, 0, 1) < 0);
}

int mysqlserver_more(struct buf *out, uint8_t *seq, enum mysqlserver_more what)
{
	size_t at = out->n;

	return end(
	    out, at, seq, begin(out) < 0 || buf_le(out, 0x01, 1) < 0 || buf_le(out, what, 1) < 0);
}

/* ---- sets of rows ---------------------------------------------------------------------------- */

struct cell {
	size_t at, n; /* in the set's text; n may be CELL_NULL */
	enum mysqlserver_kind kind;
};

struct mysqlserver_set mysqlserver_set(size_t max)
{
	return (struct mysqlserver_set) {
		.text = buf_new(max),
		.cells = buf_new(max * sizeof(struct cell)),
	};
}

void mysqlserver_set_free(struct mysqlserver_set *set)
{
	buf_free(&set->text);
	buf_free(&set->cells);
	set->columns = set->values = 0;
}

static int cell_add(struct mysqlserver_set *set, struct span text, enum mysqlserver_kind kind)
{
	struct cell c = { .at = set->text.n, .n = text.n, .kind = kind };

	if (buf_add(&set->text, text.p, text.n) < 0)
		return -1;
	if (buf_add(&set->cells, &c, sizeof c) == 0)
		return 0;
	set->text.n = c.at;
	return -1;
}

int mysqlserver_column(struct mysqlserver_set *set, enum mysqlserver_kind kind, struct span name)
{
	if (set->columns == MYSQLSERVER_COLUMNS || cell_add(set, name, kind) < 0)
		return -1;
	set->columns++;
	return 0;
}

int mysqlserver_value(struct mysqlserver_set *set, struct span text)
{
	if (cell_add(set, text, MYSQLSERVER_VARCHAR) < 0)
		return -1;
	set->values++;
	return 0;
}

int mysqlserver_null(struct mysqlserver_set *set)
{
	struct cell c = { .n = CELL_NULL };

	if (buf_add(&set->cells, &c, sizeof c) < 0)
		return -1;
	set->values++;
	return 0;
}

static struct cell cell(const struct mysqlserver_set *set, size_t i)
{
	struct cell c;

	memcpy(&c, set->cells.p + i * sizeof c, sizeof c);
	return c;
}

static struct span text_of(const struct mysqlserver_set *set, struct cell c)
{
	/* A set of nothing but such has no text at all. */
	if (c.n == 0 || c.n == CELL_NULL)
		return (struct span) { 0 };
	return span_of(set->text.p + c.at, c.n);
}

/* What a column of each kind says of itself. */
static const struct {
	uint8_t type, decimals;
	uint16_t charset, flags;
	uint32_t length;
} kinds[] = {
	[MYSQLSERVER_VARCHAR] = { 0xfd, 0x1f, CHARSET, 0, 1024 },
	[MYSQLSERVER_BIGINT] = { 0x08, 0, CHARSET_BINARY, FLAG_BINARY, 21 },
};

static int column_payload(struct buf *out, struct span name, enum mysqlserver_kind kind)
{
	/* Catalogue, schema, table, its own name, the column's names. */
	if (string(out, "def", 3) < 0 || buf_le(out, 0, 3) < 0 || string(out, name.p, name.n) < 0 ||
	    buf_le(out, 0, 1) < 0 || lenenc(out, COLUMN_FIXED) < 0)
		return -1;
	if (buf_le(out, kinds[kind].charset, 2) < 0 || buf_le(out, kinds[kind].length, 4) < 0 ||
	    buf_le(out, kinds[kind].type, 1) < 0 || buf_le(out, kinds[kind].flags, 2) < 0)
		return -1;
	return buf_le(out, kinds[kind].decimals, 3);
}

static int column(struct buf *out, uint8_t *seq, struct span name, enum mysqlserver_kind kind)
{
	size_t at = out->n;

	return end(out, at, seq, begin(out) < 0 || column_payload(out, name, kind) < 0);
}

static int columns(
    struct buf *out, uint8_t *seq, const struct mysqlserver_set *set, unsigned status)
{
	for (size_t i = 0; i < set->columns; i++) {
		struct cell c = cell(set, i);

		if (column(out, seq, text_of(set, c), c.kind) < 0)
			return -1;
	}
	return mysqlserver_eof(out, seq, status);
}

static int text_row(struct buf *out, const struct mysqlserver_set *set, size_t row)
{
	for (size_t i = 0; i < set->columns; i++) {
		struct cell c = cell(set, row + i);
		struct span text = text_of(set, c);

		if (c.n == CELL_NULL ? buf_le(out, 0xfb, 1) < 0 : string(out, text.p, text.n) < 0)
			return -1;
	}
	return 0;
}

static int binary_value(struct buf *out, struct span text, enum mysqlserver_kind kind)
{
	char digits[24] = "";

	if (kind == MYSQLSERVER_VARCHAR)
		return string(out, text.p, text.n);
	if (text.n == 0 || text.n >= sizeof digits)
		return -1;
	memcpy(digits, text.p, text.n);
	return buf_le(out, (uint64_t)strtoll(digits, NULL, 10), 8);
}

/* 00, a bit for each NULL from bit 2 on, and the values that are none. */
static int binary_row(struct buf *out, const struct mysqlserver_set *set, size_t row)
{
	uint8_t nulls[(MYSQLSERVER_COLUMNS + 2 + 7) / 8] = { 0 };

	for (size_t i = 0; i < set->columns; i++)
		if (cell(set, row + i).n == CELL_NULL)
			nulls[(i + 2) / 8] |= (uint8_t)(1u << (i + 2) % 8);
	if (buf_le(out, 0, 1) < 0 || buf_add(out, nulls, (set->columns + 2 + 7) / 8) < 0)
		return -1;
	for (size_t i = 0; i < set->columns; i++) {
		struct cell c = cell(set, row + i);

		if (c.n != CELL_NULL && binary_value(out, text_of(set, c), cell(set, i).kind) < 0)
			return -1;
	}
	return 0;
}

static int row(struct buf *out, uint8_t *seq, const struct mysqlserver_set *set, size_t first,
    enum mysqlserver_form form)
{
	size_t at = out->n;
	int failed = begin(out) < 0;

	if (!failed && form == MYSQLSERVER_BINARY)
		return end(out, at, seq, binary_row(out, set, first) < 0);
	return end(out, at, seq, failed || text_row(out, set, first) < 0);
}

static int count(struct buf *out, uint8_t *seq, size_t n)
{
	size_t at = out->n;

	return end(out, at, seq, begin(out) < 0 || lenenc(out, n) < 0);
}

static int all_rows(struct buf *out, uint8_t *seq, const struct mysqlserver_set *set,
    enum mysqlserver_form form, unsigned status)
{
	if (set->columns == 0 || set->values % set->columns != 0)
		return -1;
	if (count(out, seq, set->columns) < 0 || columns(out, seq, set, status) < 0)
		return -1;
	for (size_t at = 0; at < set->values; at += set->columns)
		if (row(out, seq, set, set->columns + at, form) < 0)
			return -1;
	return mysqlserver_eof(out, seq, status);
}

int mysqlserver_rows(struct buf *out, uint8_t *seq, const struct mysqlserver_set *set,
    enum mysqlserver_form form, unsigned status)
{
	size_t at = out->n;
	uint8_t first = *seq;

	return whole(out, at, seq, first, all_rows(out, seq, set, form, status) < 0);
}

static int prepared_ok(struct buf *out, uint8_t *seq, const struct mysqlserver_prepared *p,
    const struct mysqlserver_set *set)
{
	size_t at = out->n;

	/* Behind the counts: a filler, and no warnings. */
	return end(out, at, seq,
	    begin(out) < 0 || buf_le(out, 0, 1) < 0 || buf_le(out, p->id, 4) < 0 ||
		buf_le(out, set->columns, 2) < 0 || buf_le(out, p->params, 2) < 0 ||
		buf_le(out, 0, 3) < 0);
}

static int params(struct buf *out, uint8_t *seq, const struct mysqlserver_prepared *p)
{
	for (size_t i = 0; i < p->params; i++)
		if (column(out, seq, span_of("?", 1), MYSQLSERVER_VARCHAR) < 0)
			return -1;
	return p->params == 0 ? 0 : mysqlserver_eof(out, seq, p->status);
}

int mysqlserver_prepared(struct buf *out, uint8_t *seq, const struct mysqlserver_prepared *p,
    const struct mysqlserver_set *set)
{
	size_t at = out->n;
	uint8_t first = *seq;
	int failed = prepared_ok(out, seq, p, set) < 0 || params(out, seq, p) < 0 ||
		     (set->columns > 0 && columns(out, seq, set, p->status) < 0);

	return whole(out, at, seq, first, failed);
}

/* ---- commands -------------------------------------------------------------------------------- */

int mysqlserver_change_user(struct span body, uint32_t capabilities, struct mysql_login *l)
{
	struct mysql_login got = { .capabilities = capabilities };
	struct span s = body;
	uint64_t n;

	if (span_cstr(&s, &got.user) < 0 || span_le(&s, 1, &n) < 0 ||
	    span_take(&s, (size_t)n, &got.answer) < 0 || span_cstr(&s, &got.database) < 0)
		return -1;
	/* The charset; what is left out from here on is none. */
	if (span_skip(&s, 2) == 0 && capabilities & MYSQL_PLUGIN_AUTH)
		(void)span_cstr(&s, &got.plugin);
	*l = got;
	return 0;
}

/* Types of parameters that are so many bytes of integer; 0: none of these. */
static size_t integer_width(uint16_t type)
{
	static const uint8_t widths[] = {
		[0x01] = 1, [0x02] = 2, [0x03] = 4, [0x08] = 8, [0x09] = 4, [0x0d] = 2
	};
	uint16_t t = type & 0xff;

	return t < sizeof widths ? widths[t] : 0;
}

/* Decimals, strings, blobs and JSON: a length, and text. */
static int is_text(uint16_t type)
{
	uint16_t t = type & 0xff;

	return t == 0x00 || t == 0x0f || (t >= 0xf5 && t <= 0xfe);
}

static int take_integer(struct span *s, size_t width, struct mysqlserver_param *p)
{
	unsigned above = (unsigned)(64 - 8 * width);
	uint64_t v;

	if (span_le(s, width, &v) < 0)
		return -1;
	if (p->type & TYPE_UNSIGNED)
		(void)snprintf(p->number, sizeof p->number, "%" PRIu64, v);
	/* Its sign goes to the top, and comes down with as many copies as there is room for. */
	if (!(p->type & TYPE_UNSIGNED))
		(void)snprintf(
		    p->number, sizeof p->number, "%" PRId64, (int64_t)(v << above) >> above);
	p->text = span_of(p->number, strlen(p->number));
	return 0;
}

static int take_real(struct span *s, struct mysqlserver_param *p)
{
	int is_double = (p->type & 0xff) == TYPE_DOUBLE;
	struct span bytes;
	double d = 0;
	float f = 0;

	if (span_take(s, is_double ? sizeof d : sizeof f, &bytes) < 0)
		return -1;
	memcpy(is_double ? (void *)&d : (void *)&f, bytes.p, bytes.n);
	(void)snprintf(p->number, sizeof p->number, "%.15g", is_double ? d : (double)f);
	p->text = span_of(p->number, strlen(p->number));
	return 0;
}

static int take_param(struct span *s, struct mysqlserver_param *p)
{
	size_t width = integer_width(p->type);

	if (width > 0)
		return take_integer(s, width, p);
	if ((p->type & 0xff) == TYPE_FLOAT || (p->type & 0xff) == TYPE_DOUBLE)
		return take_real(s, p);
	return is_text(p->type) ? mysql_string(s, &p->text) : -1;
}

static int take_types(struct span *s, struct mysqlserver_param *all, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t type;

		if (span_le(s, 2, &type) < 0)
			return -1;
		all[i].type = (uint16_t)type;
	}
	return 0;
}

int mysqlserver_execute(struct span body, struct mysqlserver_param *all, size_t n)
{
	struct span s = body, nulls;
	uint64_t bound;

	if (span_skip(&s, EXECUTE_FIXED) < 0)
		return -1;
	if (n == 0)
		return 0;
	if (span_take(&s, (n + 7) / 8, &nulls) < 0 || span_le(&s, 1, &bound) < 0)
		return -1;
	if (bound && take_types(&s, all, n) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		all[i].text = (struct span) { 0 };
		all[i].null = nulls.p[i / 8] >> i % 8 & 1 || (all[i].type & 0xff) == TYPE_NULL;
		if (!all[i].null && take_param(&s, &all[i]) < 0)
			return -1;
	}
	return 0;
}
