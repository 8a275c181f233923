/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/record_store.h"

#include "base/i18n.h"
#include "trust/kind.h"
#include "trust/roots.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define USER_MAX    512  /* bytes of a text that says who uses a store */
#define ANCHORS_MAX 8192 /* of all stores of a line */

/* ---- which anchors --------------------------------------------------------------------------- */

/* Where their numbers go. */
struct anchors {
	json_t *may, *may_not, *distrusted;
	struct fields_bytes *bytes;
};

static int holds(const json_t *numbers, json_int_t number)
{
	const json_t *item;
	size_t i;

	json_array_foreach(numbers, i, item)
	{
		if (json_integer_value(item) == number)
			return 1;
	}
	return 0;
}

/* Once: a root of Amazon's may be one that the chain leads to. */
static int add_number(const struct anchors *a, json_t *to, struct span der)
{
	json_int_t number = (json_int_t)fields_number(a->bytes, der);

	return holds(to, number) ? 0 : json_array_append_new(to, json_integer(number));
}

static int add_one(void *data, struct span der, int anchor)
{
	const struct anchors *a = data;

	return add_number(a, anchor ? a->may : a->may_not, der);
}

static size_t spans_of(const struct facts_tls *t, struct span *out)
{
	for (size_t i = 0; i < t->certs; i++)
		out[i] = span_of(t->cert[i].p, t->cert[i].n);
	return t->certs;
}

/* The chains are all that the choice goes by; of those that were shown to others habits.h asks. */
static int add_relevant(const struct trusts_store *s, const struct facts *f, struct anchors *to)
{
	struct span served[FACTS_CERTS], extra[FACTS_FETCHES + 2 * FACTS_CERTS];
	struct path_input in = { .trust = s->trust, .served = served, .extra = extra };

	in.n = spans_of(&f->tls, served);
	in.extras = spans_of(&f->bare, extra);
	in.extras += spans_of(&f->other, extra + in.extras);
	for (size_t i = 0; i < f->fetches; i++)
		if (f->fetch[i].what == FACTS_ISSUER && f->fetch[i].body.n > 0)
			extra[in.extras++] = span_of(f->fetch[i].body.p, f->fetch[i].body.n);
	return path_trust_each_relevant(&in, add_one, to);
}

/* Which of Amazon's roots it holds is told of each store. */
static int add_amazon(const struct store *s, const struct anchors *to)
{
	uint8_t print[SHA256_LENGTH];
	int rc = 0;

	for (const struct root *r = roots_amazon; rc == 0 && r->name; r++) {
		const struct anchor *a;

		roots_digest(r, print);
		a = store_holds(s, print);
		if (a && a->servers == ANCHOR_MAY)
			rc = add_number(to, to->may, a->der);
	}
	return rc;
}

/* Of those that are expressly not trusted, what was served. */
static int add_distrusted(const struct store *s, const struct facts *f, const struct anchors *to)
{
	uint8_t print[SHA256_LENGTH];
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < f->tls.certs; i++) {
		struct span der = span_of(f->tls.cert[i].p, f->tls.cert[i].n);
		const struct anchor *a =
		    sha256(der.p, der.n, print) == 0 ? store_holds(s, print) : NULL;

		if (a && a->servers == ANCHOR_DISTRUSTED)
			rc = add_number(to, to->distrusted, der);
	}
	return rc;
}

/* ---- into JSON ------------------------------------------------------------------------------- */

static json_t *clean(struct span text)
{
	char out[PATH_MAX + 8];

	store_clean(out, sizeof out, text);
	return json_string(out);
}

static json_t *put_users(const struct store *s)
{
	struct span rest = span_of(s->users.p, s->users.n), one;
	json_t *all = json_array();

	while (span_cstr(&rest, &one) == 0)
		(void)json_array_append_new(all, clean(one));
	return all;
}

json_t *record_store_put(
    const struct trusts_store *t, const struct facts *f, int amazon, struct fields_bytes *b)
{
	const struct store *s = t->store;
	struct anchors to = { json_array(), json_array(), json_array(), b };
	json_t *o;

	if (t->trust)
		b->failed |= add_relevant(t, f, &to) < 0 || (amazon && add_amazon(s, &to) < 0) ||
			     add_distrusted(s, f, &to) < 0;
	o = json_pack("{s:o, s:s, s:s, s:b, s:o, s:o, s:o, s:o}", "path",
	    clean(span_of(s->path, strlen(s->path))), "kind", store_kind_name(s), "format",
	    store_format_name(s->format), "besides", s->besides, "users", put_users(s), "anchors",
	    to.may, "no_anchors", to.may_not, "distrusted", to.distrusted);
	if (o && !s->readable)
		b->failed |= json_object_set_new(
				 o, "why", clean(span_of(s->why.text, strlen(s->why.text)))) < 0;
	return o;
}

json_t *record_store_put_why(const char *path, const char *why)
{
	return json_pack("{s:o, s:o}", "path", clean(span_of(path, strlen(path))), "why",
	    clean(span_of(why, strlen(why))));
}

/* ---- out of JSON ----------------------------------------------------------------------------- */

/* What a store is filled with. */
struct taken {
	const struct fields_bytes *bytes;
	size_t room;   /* anchors that there may still be in this line */
	uint8_t *seen; /* of each of bytes, whether the list has named it */
};

static int get_anchor(
    struct store *s, json_t *number, enum anchor_servers servers, struct taken *t, struct err *e)
{
	const struct span nameless = { 0 };
	struct span der;

	if (fields_bytes_at(t->bytes, number, &der, e) < 0)
		return -1;
	if (t->seen[json_integer_value(number)]++)
		return err_set(e, ERR_USER, _("is there twice"));
	if (der.n > FACTS_DER)
		return err_set(e, ERR_USER, _("is longer than %u bytes"), FACTS_DER);
	return store_add_der(s, der, nameless, servers, e);
}

/* Two bytes of a line may name a certificate, and to read it costs very much more. */
static int get_anchors(
    struct store *s, json_t *numbers, enum anchor_servers servers, struct taken *t, struct err *e)
{
	json_t *item;
	size_t i;

	if (numbers && !json_is_array(numbers))
		return err_set(e, ERR_USER, _("its anchors are no list"));
	if (json_array_size(numbers) > t->bytes->n || json_array_size(numbers) > t->room)
		return err_set(e, ERR_USER, _("it has too many anchors"));
	t->room -= json_array_size(numbers);
	memset(t->seen, 0, t->bytes->n);
	json_array_foreach(numbers, i, item)
	{
		if (get_anchor(s, item, servers, t, e) < 0)
			return err_prefix(e, _("anchor %zu"), i + 1);
	}
	return 0;
}

static size_t count(const struct store_list *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		n += l->v[i].n;
	return n;
}

static int get_all_anchors(
    struct store_list *to, json_t *const lists[3], const struct fields_bytes *b, struct err *e)
{
	static const enum anchor_servers servers[] = { ANCHOR_MAY, ANCHOR_MAY_NOT,
		ANCHOR_DISTRUSTED };
	size_t n = count(to);
	struct taken t = { b, n < ANCHORS_MAX ? ANCHORS_MAX - n : 0, calloc(b->n + 1, 1) };
	int rc = 0;

	if (!t.seen)
		return err_set(e, ERR_SYS, _("no memory"));
	for (size_t i = 0; rc == 0 && i < sizeof servers / sizeof *servers; i++)
		rc = get_anchors(&to->v[to->n - 1], lists[i], servers[i], &t, e);
	free(t.seen);
	return rc;
}

static int get_users(struct store *s, json_t *users, struct err *e)
{
	json_t *item;
	size_t i;

	if (users && !json_is_array(users))
		return err_set(e, ERR_USER, _("its users are no list"));
	json_array_foreach(users, i, item)
	{
		const char *text = fields_text(item, USER_MAX, e);

		if (!text)
			return err_prefix(e, _("user %zu"), i + 1);
		if (buf_add(&s->users, text, strlen(text) + 1) < 0)
			return err_set(e, ERR_USER, _("it has too many users"));
	}
	return 0;
}

static int get_words(struct store *s, const char *kind, const char *format, struct err *e)
{
	s->kind = kind ? store_kind_of(kind) : s->kind;
	if (!s->kind)
		return err_set(e, ERR_USER, _("its kind is not known here"));
	for (s->format = STORE_UNKNOWN;
	     format && strcmp(format, store_format_name(s->format)) != 0;)
		if (s->format++ == STORE_BUILT_IN)
			return err_set(e, ERR_USER, _("its format is not known here"));
	return 0;
}

int record_store_get(
    struct store_list *to, json_t *object, const struct fields_bytes *b, struct err *e)
{
	json_t *path = NULL, *why = NULL, *users = NULL;
	json_t *anchors[3] = { NULL, NULL, NULL };
	const char *kind = NULL, *format = NULL, *text;
	json_error_t j;
	struct store *s;
	int besides = 0;

	if (json_unpack_ex(object, &j, 0, "{s:o, s?s, s?s, s?b, s?o, s?o, s?o, s?o, s?o!}", "path",
		&path, "kind", &kind, "format", &format, "besides", &besides, "users", &users,
		"anchors", &anchors[0], "no_anchors", &anchors[1], "distrusted", &anchors[2], "why",
		&why) < 0)
		return fields_fault(&j, e);
	text = fields_text(path, PATH_MAX, e);
	if (!text || store_name(to, text, e) < 0)
		return -1;
	s = &to->v[to->n - 1];
	s->besides = besides;
	s->readable = !why;
	if (why && !fields_text(why, sizeof s->why.text, e))
		return -1;
	if (why)
		(void)err_set(&s->why, ERR_USER, "%s", json_string_value(why));
	if (get_words(s, kind, format, e) < 0 || get_users(s, users, e) < 0)
		return -1;
	return get_all_anchors(to, anchors, b, e);
}
