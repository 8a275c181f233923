/* SPDX-License-Identifier: Apache-2.0 */
#include "lint/settings.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

/* ---- where names are given values ------------------------------------------------------------ */

struct name {
	uint32_t hash, at; /* the token of the name */
};

struct lint_names {
	struct name *p;
	size_t n;
};

static uint32_t hash_of(struct span s)
{
	uint32_t h = 2166136261;

	for (size_t i = 0; i < s.n; i++)
		h = (h ^ s.p[i]) * 16777619;
	return h;
}

static int by_hash(const void *a, const void *b)
{
	const struct name *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

static int is_word(const struct lint_tokens *t, size_t i)
{
	return i < t->n && t->p[i].kind == LINT_WORD;
}

static int assigns(const struct lint_tokens *t, size_t i)
{
	return lint_token_is(t, i, "=") || lint_token_is(t, i, ":=");
}

/* The bracket of "update(…)" and "merge!(…)"; a merge alone leaves its Hash as it is. */
static size_t added(const struct lint_tokens *t, size_t i)
{
	size_t open = 0;

	if (lint_token_is(t, i, "update"))
		open = i + 1;
	if (lint_token_is(t, i, "merge") && lint_token_is(t, i + 1, "!"))
		open = i + 2;
	return open < t->n && t->p[open].pair > open ? open : 0;
}

/* "name = …", "name.key = …", "name["key"] = …", "name.update(…)". */
static int is_given(const struct lint_tokens *t, size_t i)
{
	if (!is_word(t, i))
		return 0;
	if (assigns(t, i + 1))
		return 1;
	if (lint_token_is(t, i + 1, ".") || lint_token_is(t, i + 1, "->"))
		return is_word(t, i + 2) && (assigns(t, i + 3) || added(t, i + 2));
	return lint_token_is(t, i + 1, "[") && lint_token_is(t, i + 3, "]") && assigns(t, i + 4);
}

/* Arguments by name, in round brackets, are no statements. */
static int is_argument(const struct lint_tokens *t, const size_t *open, size_t depth)
{
	return depth && !lint_token_is(t, open[depth - 1], "{");
}

static void collect(struct lint_names *n, const struct lint_tokens *t, size_t *open)
{
	size_t depth = 0;

	for (size_t i = 0; i < t->n; i++) {
		if (t->p[i].pair > i)
			open[depth++] = i;
		else if (t->p[i].pair)
			depth -= depth > 0;
		else if (is_given(t, i) && !is_argument(t, open, depth))
			n->p[n->n++] =
			    (struct name) { hash_of(lint_token_text(t, i)), (uint32_t)i };
	}
}

struct lint_names *lint_names(const struct lint_tokens *t)
{
	struct lint_names *n = calloc(1, sizeof *n);
	size_t *open = calloc(t->n + 1, sizeof *open);

	if (n)
		n->p = calloc(t->n + 1, sizeof *n->p);
	if (!n || !n->p || !open) {
		lint_names_free(n);
		free(open);
		return NULL;
	}
	collect(n, t, open);
	free(open);
	qsort(n->p, n->n, sizeof *n->p, by_hash);
	return n;
}

void lint_names_free(struct lint_names *n)
{
	if (n)
		free(n->p);
	free(n);
}

/* The first of the rows of that name. */
static size_t first_of(const struct lint_names *n, uint32_t hash)
{
	size_t low = 0, high = n->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (n->p[middle].hash < hash)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* A name that is given values more often than that is not followed further. */
#define OFTEN 64

/* Where the name at the token i is given its value: the last place before it, else the first. */
static size_t defined(const struct lint_names *n, const struct lint_tokens *t, size_t i)
{
	struct span name = lint_token_text(t, i);
	uint32_t hash = hash_of(name);
	size_t found = 0;

	for (size_t k = first_of(n, hash), seen = 0; k < n->n && seen < OFTEN; k++, seen++) {
		size_t at = n->p[k].at;
		struct span other = lint_token_text(t, at);

		if (n->p[k].hash != hash || (found && at > i))
			break;
		if (at != i && assigns(t, at + 1) && other.n == name.n &&
		    memcmp(other.p, name.p, name.n) == 0)
			found = at + 2;
	}
	return found;
}

/* ---- values ---------------------------------------------------------------------------------- */

static int ends_value(const struct lint_tokens *t, size_t i)
{
	return i >= t->n || t->p[i].is_head || lint_token_is(t, i, ",") ||
	       lint_token_is(t, i, ";") || (t->p[i].pair && t->p[i].pair < i);
}

/* "$name" of PHP, ":word" of Ruby. */
static size_t bare(const struct lint_tokens *t, size_t i)
{
	return i + (lint_token_is(t, i, "$") || lint_token_is(t, i, ":"));
}

static int is_one_of(const struct lint_tokens *t, size_t i, const char *const *words)
{
	for (; *words; words++)
		if (lint_token_is(t, i, *words))
			return 1;
	return 0;
}

static int is_constant(const struct lint_tokens *t, size_t i)
{
	static const char *const words[] = { "true", "True", "TRUE", "false", "False", "FALSE",
		"None", "null", "NULL", "nil", "undefined", NULL };
	size_t word = bare(t, i);

	if (!ends_value(t, word + 1))
		return 0;
	if (t->p[word].kind == LINT_STRING || lint_token_is(t, i, ":"))
		return 1;
	return t->p[word].kind == LINT_WORD &&
	       (isdigit(lint_token_text(t, word).p[0]) || is_one_of(t, word, words));
}

static int is_name(const struct lint_tokens *t, size_t i)
{
	return is_word(t, bare(t, i)) && !lint_token_is(t, i, ":") && !is_constant(t, i) &&
	       ends_value(t, bare(t, i) + 1);
}

#define HOPS 4

size_t lint_names_value(const struct lint_names *n, const struct lint_tokens *t, size_t i)
{
	for (size_t hops = 0; hops < HOPS && i < t->n && is_name(t, i); hops++) {
		size_t next = defined(n, t, bare(t, i));

		if (!next || next >= t->n)
			break;
		i = next;
	}
	return i;
}

/* The bracket that the value at the token i is: "{…}", "dict(…)", "array(…)", "new Hash[…]". */
static size_t bracket(const struct lint_tokens *t, size_t i)
{
	static const char *const makers[] = { "dict", "array", "Object", "OpenStruct", "Hash",
		NULL };

	if (is_one_of(t, i, makers) && lint_token_is(t, i + 1, "("))
		i++;
	return i < t->n && t->p[i].pair > i && !lint_token_is(t, i, "(") ? i : 0;
}

static size_t opened(const struct lint_tokens *t, size_t i)
{
	size_t at = bracket(t, i);

	if (!at && i > 0 && lint_token_is(t, i + 1, "("))
		at = bracket(t, i + 1);
	return at;
}

/* ---- the settings of a bracket --------------------------------------------------------------- */

/* A bracket whose settings are still to be read. */
struct part {
	size_t from, to;
	int ssl; /* in the braces of ssl */
};

#define PARTS 16
#define ITEMS 256  /* of a bracket; further ones are not read */
#define FAR   2000 /* tokens that the end of one is looked for */

struct reader {
	const struct lint_tokens *t;
	const struct lint_names *names;
	struct lint_settings *out;
	struct part part[PARTS];
	size_t parts;
};

static void push(struct reader *r, size_t from, size_t to, int ssl)
{
	if (r->parts < PARTS)
		r->part[r->parts++] = (struct part) { .from = from, .to = to, .ssl = ssl };
}

/* What stands in these belongs to what is around them. */
static int is_container(struct span name)
{
	static const char *const names[] = { "dialectOptions", "connection", "OPTIONS", "options",
		"connect_args", "extra", "params", NULL };

	for (size_t i = 0; names[i]; i++)
		if (span_is(name, names[i]))
			return 1;
	return 0;
}

static int is_ssl(struct span name)
{
	return name.n == 3 && strncasecmp((const char *)name.p, "ssl", 3) == 0;
}

static int is_nothing(const struct lint_tokens *t, size_t i)
{
	static const char *const words[] = { "None", "null", "NULL", "nil", "undefined", NULL };

	return is_one_of(t, i, words) && ends_value(t, i + 1);
}

/* The value of a setting may be a name; then what it stands for. */
static void take(struct reader *r, size_t key, size_t value, int ssl)
{
	const struct lint_tokens *t = r->t;
	struct lint_settings *out = r->out;
	struct span name = lint_token_text(t, key);
	size_t at = lint_names_value(r->names, t, value);
	size_t inner = at < t->n ? bracket(t, at) : 0;
	struct lint_setting *s = &out->p[out->n];

	if (at >= t->n || is_nothing(t, at))
		return;
	if (inner && !ssl && is_container(name)) {
		push(r, inner + 1, t->p[inner].pair, 0);
		return;
	}
	if (out->n == LINT_SETTINGS || name.n >= LINT_NAME - 4)
		return;
	*s = (struct lint_setting) { .key = key, .value = bare(t, at) };
	(void)snprintf(s->name, sizeof s->name, "%s%.*s", ssl ? "ssl." : "", (int)name.n,
	    (const char *)name.p);
	s->known = is_constant(t, at);
	out->n++;
	if (inner && !ssl && is_ssl(name)) {
		s->known = 1;
		push(r, inner + 1, t->p[inner].pair, 1);
	}
}

/* "**name", "...name", or a name alone: all that is in it. */
static void take_all(struct reader *r, size_t i, int ssl)
{
	const struct lint_tokens *t = r->t;
	size_t name = bare(t, i);
	size_t at = lint_names_value(r->names, t, i);
	size_t inner = at < t->n ? opened(t, at) : 0;
	uint32_t hash = hash_of(lint_token_text(t, name));

	if (!inner) {
		r->out->opaque = 1;
		return;
	}
	push(r, inner + 1, t->p[inner].pair, ssl);
	if (!is_word(t, name))
		return;
	for (size_t k = first_of(r->names, hash), seen = 0;
	     k < r->names->n && r->names->p[k].hash == hash && seen < OFTEN; k++, seen++) {
		size_t set = r->names->p[k].at;

		if (lint_token_is(t, set + 1, "[") && lint_token_is(t, set + 3, "]"))
			take(r, set + 2, set + 5, 0);
		else if (!assigns(t, set + 1) && assigns(t, set + 3))
			take(r, set + 2, set + 4, 0);
		else if (added(t, set + 2))
			push(r, added(t, set + 2) + 1, t->p[added(t, set + 2)].pair, 0);
	}
}

/* The next comma of the bracket, or its end. */
static size_t item_end(const struct lint_tokens *t, size_t i, size_t to)
{
	size_t seen = 0;

	while (i < to && !lint_token_is(t, i, ",")) {
		if (seen++ == FAR)
			return to;
		if (t->p[i].pair > i)
			i = t->p[i].pair;
		i++;
	}
	return i < to ? i : to;
}

static size_t spread(const struct lint_tokens *t, size_t i)
{
	if (lint_token_is(t, i, "..."))
		return i + 1;
	return lint_token_is(t, i, "*") && lint_token_is(t, i + 1, "*") ? i + 2 : 0;
}

/* Whether a name and its value stand here; then *value is where that begins. */
static int is_pair(const struct lint_tokens *t, size_t key, size_t *value)
{
	*value = key + 2;
	return t->p[key].kind != LINT_SIGN &&
	       (lint_token_is(t, key + 1, "=") || lint_token_is(t, key + 1, ":") ||
		   lint_token_is(t, key + 1, "=>"));
}

static void take_item(struct reader *r, const struct part *in, size_t i, size_t end)
{
	const struct lint_tokens *t = r->t;
	size_t value, key = bare(t, i), many = spread(t, i);
	int ssl = in->ssl;

	if (many) {
		take_all(r, many, ssl);
		return;
	}
	if (key < end && is_pair(t, key, &value) && value < end) {
		take(r, key, value, ssl);
		return;
	}
	if (i == r->out->from + 1 && t->p[i].kind == LINT_STRING && end == i + 1)
		r->out->first = i;
	/* "{ host, ssl }" of JavaScript. */
	if (end == key + 1 && is_word(t, key) && lint_token_is(t, in->from - 1, "{"))
		take(r, key, key, ssl);
	else if (is_name(t, i) && end == key + 1)
		take_all(r, i, ssl);
	else if (bracket(t, i) && t->p[i].pair + 1 == end)
		push(r, i + 1, t->p[i].pair, ssl);
	else if (t->p[i].kind == LINT_WORD && t->p[end - 1].pair)
		r->out->opaque = 1;
}

void lint_settings(struct lint_settings *out, const struct lint_tokens *t,
    const struct lint_names *names, size_t open, size_t end)
{
	struct reader r = { .t = t, .names = names, .out = out };

	*out = (struct lint_settings) { .from = open, .to = end };
	push(&r, open + 1, end, 0);
	for (size_t k = 0; k < r.parts; k++) {
		struct part part = r.part[k];

		for (size_t i = part.from, seen = 0; i < part.to && seen < ITEMS; seen++) {
			size_t next = item_end(t, i, part.to);

			if (next > i)
				take_item(&r, &part, i, next);
			i = next + 1;
		}
	}
}

const struct lint_setting *lint_settings_of(const struct lint_settings *s, const char *name)
{
	for (size_t i = s->n; i-- > 0;)
		if (strcasecmp(s->p[i].name, name) == 0)
			return &s->p[i];
	return NULL;
}
