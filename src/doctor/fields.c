/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/fields.h"

#include "base/i18n.h"
#include "net/addr.h"
#include "trust/store.h"

#include <limits.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BYTES_MAX 4096 /* of a table */

/* ---- the table of bytes ---------------------------------------------------------------------- */

static int add_bytes(struct fields_bytes *b, struct buf bytes)
{
	size_t room = b->room ? b->room * 2 : 16;
	struct buf *more = b->v;

	if (b->n == b->room)
		more = reallocarray(b->v, room, sizeof *more);
	if (!more)
		return -1;
	b->room = b->n == b->room ? room : b->room;
	b->v = more;
	b->v[b->n++] = bytes;
	return 0;
}

size_t fields_number(struct fields_bytes *b, struct span bytes)
{
	struct buf copy = buf_new(bytes.n);

	for (size_t i = 0; i < b->n; i++)
		if (b->v[i].n == bytes.n && memcmp(b->v[i].p, bytes.p, bytes.n) == 0)
			return i;
	if (buf_add(&copy, bytes.p, bytes.n) < 0 || add_bytes(b, copy) < 0) {
		buf_free(&copy);
		b->failed = 1;
		return 0;
	}
	return b->n - 1;
}

static json_t *encoded(const struct buf *b)
{
	char *text = malloc(b->n / 3 * 4 + 5);
	json_t *v = NULL;

	if (text)
		v = json_stringn(
		    text, (size_t)EVP_EncodeBlock((unsigned char *)text, b->p, (int)b->n));
	free(text);
	return v;
}

json_t *fields_put_bytes(const struct fields_bytes *b)
{
	json_t *all = json_array();

	for (size_t i = 0; i < b->n; i++)
		if (json_array_append_new(all, encoded(&b->v[i])) < 0) {
			json_decref(all);
			return NULL;
		}
	return all;
}

/* EVP_DecodeBlock takes blanks for nothing and does not say what was only filled up. */
static int decode(struct buf *out, const char *text, size_t n, size_t most)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t used = strspn(text, digits), size = n / 4 * 3;

	*out = buf_new(most);
	if (n == 0 || n % 4 || n - used > 2 || strspn(text + used, "=") != n - used ||
	    size - (n - used) > most)
		return -1;
	out->p = malloc(size);
	if (!out->p)
		return -1;
	out->size = size;
	out->n = size - (n - used);
	return EVP_DecodeBlock(out->p, (const unsigned char *)text, (int)n) == (int)size ? 0 : -1;
}

int fields_get_bytes(struct fields_bytes *b, json_t *array, size_t most, struct err *e)
{
	json_t *item;
	size_t i;

	if (!json_is_array(array) || json_array_size(array) > BYTES_MAX)
		return err_set(e, ERR_USER, _("is no list of at most %d texts"), BYTES_MAX);
	json_array_foreach(array, i, item)
	{
		struct buf bytes = { 0 };

		if (!json_is_string(item) ||
		    decode(&bytes, json_string_value(item), json_string_length(item), most) < 0 ||
		    add_bytes(b, bytes) < 0) {
			buf_free(&bytes);
			return err_set(e, ERR_USER, _("[%zu] is no base64, or too long"), i);
		}
	}
	return 0;
}

int fields_bytes_at(const struct fields_bytes *b, json_t *item, struct span *out, struct err *e)
{
	json_int_t n = json_integer_value(item);

	*out = span_of(NULL, 0);
	if (!json_is_integer(item) || n < 0 || (size_t)n >= b->n)
		return err_set(e, ERR_USER, _("is no number of bytes in the list"));
	*out = span_of(b->v[n].p, b->v[n].n);
	return 0;
}

void fields_bytes_free(struct fields_bytes *b)
{
	for (size_t i = 0; i < b->n; i++)
		buf_free(&b->v[i]);
	free(b->v);
	*b = (struct fields_bytes) { 0 };
}

/* ---- one member, into JSON: NULL where there is nothing to say ------------------------------- */

static const void *member(const struct field *f, const void *from)
{
	return (const char *)from + f->at;
}

static size_t count(const struct field *f, const void *from)
{
	size_t n;

	memcpy(&n, (const char *)from + f->count, sizeof n);
	return n;
}

static json_t *put_text(const struct field *f, const void *from, struct fields_bytes *b)
{
	const char *text = member(f, from);
	char clean[1024];

	(void)b;
	store_clean(clean, sizeof clean, span_of(text, strnlen(text, f->size)));
	return *clean ? json_string(clean) : NULL;
}

static json_t *put_number(json_int_t n)
{
	return n ? json_integer(n) : NULL;
}

static json_t *put_int(const struct field *f, const void *from, struct fields_bytes *b)
{
	(void)b;
	return put_number(*(const int *)member(f, from));
}

static json_t *put_flag(const struct field *f, const void *from, struct fields_bytes *b)
{
	(void)b;
	return *(const int *)member(f, from) ? json_true() : NULL;
}

static json_t *put_u16(const struct field *f, const void *from, struct fields_bytes *b)
{
	(void)b;
	return put_number(*(const uint16_t *)member(f, from));
}

static json_t *put_u32(const struct field *f, const void *from, struct fields_bytes *b)
{
	(void)b;
	return put_number(*(const uint32_t *)member(f, from));
}

static json_t *put_time(const struct field *f, const void *from, struct fields_bytes *b)
{
	(void)b;
	return put_number(*(const time_t *)member(f, from));
}

static json_t *put_word(const struct field *f, const void *from, struct fields_bytes *b)
{
	(void)b;
	return json_string(f->word(*(const unsigned *)member(f, from)));
}

static json_t *put_address(const struct field *f, const void *from, struct fields_bytes *b)
{
	const struct addr *a = member(f, from);
	char text[ADDR_TEXT];

	(void)b;
	return a->family ? json_string(addr_text(a, text)) : NULL;
}

static json_t *put_one_buf(const struct buf *bytes, struct fields_bytes *b)
{
	return json_integer((json_int_t)fields_number(b, span_of(bytes->p, bytes->n)));
}

static json_t *put_bytes(const struct field *f, const void *from, struct fields_bytes *b)
{
	const struct buf *bytes = member(f, from);

	return bytes->n ? put_one_buf(bytes, b) : NULL;
}

static json_t *put_each(const struct field *f, const void *from, struct fields_bytes *b)
{
	const struct buf *v = member(f, from);
	size_t n = count(f, from);
	json_t *all = n ? json_array() : NULL;

	for (size_t i = 0; i < n; i++)
		b->failed |= json_array_append_new(all, put_one_buf(&v[i], b)) < 0;
	return all;
}

static json_t *put_object(const struct field *f, const void *from, struct fields_bytes *b)
{
	json_t *o = fields_put(f->of, member(f, from), b);

	if (!o || json_object_size(o) > 0)
		return o;
	json_decref(o);
	return NULL;
}

static json_t *put_list(const struct field *f, const void *from, struct fields_bytes *b)
{
	const char *v = member(f, from);
	size_t n = count(f, from);
	json_t *all = n ? json_array() : NULL;

	for (size_t i = 0; i < n; i++)
		b->failed |= json_array_append_new(all, fields_put(f->of, v + i * f->each, b)) < 0;
	return all;
}

/* ---- one member, out of JSON ----------------------------------------------------------------- */

/* Where to, and what goes along. */
struct into {
	char *to;
	const struct fields_bytes *bytes;
	struct err *e;
};

static void *place(const struct field *f, const struct into *x)
{
	return x->to + f->at;
}

const char *fields_text(json_t *item, size_t size, struct err *e)
{
	const char *text = json_string_value(item);
	size_t n = json_string_length(item);
	char *clean = NULL;
	int is = 0;

	if (text && n < size && (clean = malloc(n + 8))) {
		store_clean(clean, n + 8, span_of(text, n));
		is = strcmp(clean, text) == 0;
	}
	free(clean);
	if (is)
		return text;
	(void)err_set(
	    e, ERR_USER, _("is no text without control characters of less than %zu bytes"), size);
	return NULL;
}

int fields_fault(const json_error_t *j, struct err *e)
{
	char clean[sizeof j->text];

	store_clean(clean, sizeof clean, span_of(j->text, strnlen(j->text, sizeof j->text)));
	return err_set(e, ERR_USER, "%s", clean);
}

static int get_text(const struct field *f, json_t *v, const struct into *x)
{
	const char *text = fields_text(v, f->size, x->e);

	if (!text)
		return -1;
	memcpy(place(f, x), text, strlen(text) + 1);
	return 0;
}

static int get_number(json_t *v, json_int_t from, json_int_t to, json_int_t *n, struct err *e)
{
	*n = json_integer_value(v);
	if (json_is_integer(v) && *n >= from && *n <= to)
		return 0;
	return err_set(
	    e, ERR_USER, _("is no number from %lld to %lld"), (long long)from, (long long)to);
}

static int get_int(const struct field *f, json_t *v, const struct into *x)
{
	json_int_t n;

	if (get_number(v, INT_MIN, INT_MAX, &n, x->e) < 0)
		return -1;
	*(int *)place(f, x) = (int)n;
	return 0;
}

static int get_flag(const struct field *f, json_t *v, const struct into *x)
{
	if (!json_is_boolean(v))
		return err_set(x->e, ERR_USER, _("is neither true nor false"));
	*(int *)place(f, x) = json_is_true(v);
	return 0;
}

static int get_u16(const struct field *f, json_t *v, const struct into *x)
{
	json_int_t n;

	if (get_number(v, 0, UINT16_MAX, &n, x->e) < 0)
		return -1;
	*(uint16_t *)place(f, x) = (uint16_t)n;
	return 0;
}

static int get_u32(const struct field *f, json_t *v, const struct into *x)
{
	json_int_t n;

	if (get_number(v, 0, UINT32_MAX, &n, x->e) < 0)
		return -1;
	*(uint32_t *)place(f, x) = (uint32_t)n;
	return 0;
}

/* Years that are written with four digits. */
static int get_time(const struct field *f, json_t *v, const struct into *x)
{
	json_int_t n;

	if (get_number(v, 0, 253402300799, &n, x->e) < 0)
		return -1;
	*(time_t *)place(f, x) = (time_t)n;
	return 0;
}

static int get_word(const struct field *f, json_t *v, const struct into *x)
{
	const char *text = json_string_value(v);

	for (unsigned i = 0; text && f->word(i); i++)
		if (strcmp(text, f->word(i)) == 0) {
			*(unsigned *)place(f, x) = i;
			return 0;
		}
	return err_set(x->e, ERR_USER, _("is no word that is known here"));
}

static int get_address(const struct field *f, json_t *v, const struct into *x)
{
	struct addr *a = place(f, x);
	int any = 0;

	if (json_is_string(v) && addr_parse_listen(a, &any, json_string_value(v), x->e) == 0 &&
	    !any)
		return 0;
	return err_set(x->e, ERR_USER, _("is no address with a port"));
}

static int get_one_buf(struct buf *out, json_t *v, size_t most, const struct into *x)
{
	struct span bytes;

	if (fields_bytes_at(x->bytes, v, &bytes, x->e) < 0)
		return -1;
	*out = buf_new(most);
	if (buf_add(out, bytes.p, bytes.n) < 0)
		return err_set(x->e, ERR_USER, _("stands for more than %zu bytes"), most);
	return 0;
}

static int get_bytes(const struct field *f, json_t *v, const struct into *x)
{
	return get_one_buf(place(f, x), v, f->size, x);
}

/* An element counts before it is filled, so that it is freed in any case. */
static int get_elements(const struct field *f, json_t *v, const struct into *x,
    int (*get)(const struct field *f, json_t *v, size_t i, const struct into *x))
{
	json_t *item;
	size_t i, *n = (size_t *)(void *)(x->to + f->count);

	if (!json_is_array(v) || json_array_size(v) > f->most)
		return err_set(x->e, ERR_USER, _("is no list of at most %zu"), f->most);
	json_array_foreach(v, i, item)
	{
		*n = i + 1;
		if (get(f, item, i, x) < 0)
			return err_prefix(x->e, "[%zu]", i);
	}
	return 0;
}

static int get_nth_buf(const struct field *f, json_t *v, size_t i, const struct into *x)
{
	return get_one_buf((struct buf *)place(f, x) + i, v, f->size, x);
}

static int get_each(const struct field *f, json_t *v, const struct into *x)
{
	return get_elements(f, v, x, get_nth_buf);
}

static int get_object(const struct field *f, json_t *v, const struct into *x)
{
	return fields_get(f->of, v, place(f, x), x->bytes, x->e);
}

static int get_nth_object(const struct field *f, json_t *v, size_t i, const struct into *x)
{
	return fields_get(f->of, v, (char *)place(f, x) + i * f->each, x->bytes, x->e);
}

static int get_list(const struct field *f, json_t *v, const struct into *x)
{
	return get_elements(f, v, x, get_nth_object);
}

/* ---- a struct -------------------------------------------------------------------------------- */

static const struct kind {
	json_t *(*put)(const struct field *f, const void *from, struct fields_bytes *b);
	int (*get)(const struct field *f, json_t *v, const struct into *x);
} kinds[] = {
	[FIELD_TEXT] = { put_text, get_text },
	[FIELD_INT] = { put_int, get_int },
	[FIELD_FLAG] = { put_flag, get_flag },
	[FIELD_U16] = { put_u16, get_u16 },
	[FIELD_U32] = { put_u32, get_u32 },
	[FIELD_TIME] = { put_time, get_time },
	[FIELD_WORD] = { put_word, get_word },
	[FIELD_ADDRESS] = { put_address, get_address },
	[FIELD_BYTES] = { put_bytes, get_bytes },
	[FIELD_EACH] = { put_each, get_each },
	[FIELD_OBJECT] = { put_object, get_object },
	[FIELD_LIST] = { put_list, get_list },
};

json_t *fields_put(const struct field *rows, const void *from, struct fields_bytes *b)
{
	json_t *o = json_object();

	for (const struct field *f = rows; f->name; f++) {
		json_t *v = kinds[f->kind].put(f, from, b);

		if (v)
			b->failed |= json_object_set_new(o, f->name, v) < 0;
	}
	return o;
}

static const struct field *row_of(const struct field *rows, const char *name)
{
	while (rows->name && strcmp(rows->name, name) != 0)
		rows++;
	return rows->name ? rows : NULL;
}

static int check_members(const struct field *rows, json_t *object, struct err *e)
{
	const char *name;
	json_t *v;

	if (!json_is_object(object))
		return err_set(e, ERR_USER, _("is no object"));
	json_object_foreach(object, name, v)
	{
		if (!row_of(rows, name))
			return err_set(e, ERR_USER, _("has a member that is not known here"));
	}
	return 0;
}

int fields_get(
    const struct field *rows, json_t *object, void *to, const struct fields_bytes *b, struct err *e)
{
	const struct into x = { .to = to, .bytes = b, .e = e };

	if (check_members(rows, object, e) < 0)
		return -1;
	for (const struct field *f = rows; f->name; f++) {
		json_t *v = json_object_get(object, f->name);

		if ((v || f->kind == FIELD_WORD) && kinds[f->kind].get(f, v, &x) < 0)
			return err_prefix(e, "%s", f->name);
	}
	return 0;
}
