/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A trust store's file that is written anew, in whatever format its first bytes say: a certificate
 * put in, its first one taken out. What comes out is read as just that, and the same again changes
 * nothing.
 */
#include "fuzz.h"
#include "trust/format.h"
#include "trust/jks.h"
#include "trust/rewrite.h"
#include "trust/roots.h"

#define ROOM (16u << 20)

static const struct store_kind kind = { .name = "fuzzed" };
static const struct store_secret none;

/* The store of one file, which the caller frees; NULL: it can't be read. */
static struct store *read_file(struct store_list *list, struct span file)
{
	struct err e;

	*list = (struct store_list) { .v = calloc(1, sizeof(struct store)), .n = 1 };
	HOLDS(list->v);
	list->v->kind = &kind;
	list->v->path = strdup("fuzzed");
	list->v->users = buf_new(16);
	return format_read(list->v, file, &none, &e) == 0 ? list->v : NULL;
}

static const struct anchor *new_one(void)
{
	static struct store_list shipped;
	struct err e;

	if (!shipped.v)
		HOLDS(store_shipped(&shipped, &e) == 0);
	return &shipped.v[0].anchors[0];
}

static int may(const struct store *s, const uint8_t sha256[SHA256_LENGTH])
{
	const struct anchor *a = s ? store_holds(s, sha256) : NULL;

	return a && a->servers == ANCHOR_MAY;
}

/* Whatever else the store had, it has, called the same. */
static void compare(const struct store *was, const struct store *is, const struct rewrite *r)
{
	for (size_t i = 0; i < was->n; i++) {
		const struct anchor *a = &was->anchors[i];
		const struct anchor *now = is ? store_holds(is, a->sha256) : NULL;

		if (memcmp(a->sha256, r->remove[0], SHA256_LENGTH) == 0 ||
		    memcmp(a->sha256, r->add[0]->sha256, SHA256_LENGTH) == 0)
			continue;
		HOLDS(now && now->servers == a->servers && strcmp(now->label, a->label) == 0);
	}
	HOLDS(!is || is->keys == was->keys);
}

static void rewrite(const struct store *was, struct span file, const struct rewrite *r)
{
	int removed = may(was, r->remove[0]), added = !may(was, r->add[0]->sha256);
	struct buf out = buf_new(ROOM), again = buf_new(ROOM);
	struct store_list list;
	struct err e = { 0 };
	const struct store *is;
	int rc = rewrite_store(was, file, r, &out, &e);

	HOLDS(rc >= 0 || (*e.text && e.kind != ERR_LOCAL));
	if (rc < 0)
		goto out;
	HOLDS(rc >= removed + added && (rc > 0) == (removed + added > 0));
	is = read_file(&list, span_of(out.p, out.n));
	HOLDS(is && may(is, r->add[0]->sha256) && !may(is, r->remove[0]));
	compare(was, is, r);
	HOLDS(rewrite_store(is, span_of(out.p, out.n), r, &again, &e) == 0);
	HOLDS(again.n == out.n && memcmp(again.p, out.p, out.n) == 0);
	store_free(&list);
out:
	buf_free(&again);
	buf_free(&out);
}

/* A JKS with its digest made right, without which nothing is written: behind it lies the rest. */
static struct buf sealed(struct span file)
{
	struct buf out = buf_new(ROOM);
	struct jks j;
	struct err e;
	int is_jks = jks_open(&j, file, &e) == 0;

	HOLDS(buf_add(&out, file.p, file.n - (is_jks ? SHA1_LENGTH : 0)) == 0);
	HOLDS(!is_jks || jks_seal(&out, "changeit") == 0);
	return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t nobody[1][SHA256_LENGTH];
	const struct anchor *add = new_one();
	struct rewrite r = { .add = &add, .adds = 1, .removes = 1, .secret = &none };
	struct buf file = sealed(span_of(data, size));
	struct store_list list;
	const struct store *s = read_file(&list, span_of(file.p, file.n));

	r.remove = nobody;
	if (s && s->n > 0 && memcmp(s->anchors[0].sha256, add->sha256, SHA256_LENGTH) != 0)
		r.remove = &s->anchors[0].sha256;
	if (s)
		rewrite(s, span_of(file.p, file.n), &r);
	store_free(&list);
	buf_free(&file);
	return 0;
}
