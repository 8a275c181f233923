/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of a journal of trust stores: as they are, or each with the check that it should have.
 */
#include "fuzz.h"
#include "trust/replace.h"
#include "trust/steps.h"

#include <stdlib.h>

#define TEXT_MAX (1u << 20)

static void seal(struct buf *out, struct span line)
{
	uint8_t digest[SHA256_LENGTH];

	HOLDS(sha256(line.p, line.n, digest) == 0);
	HOLDS(buf_add(out, line.p, line.n) == 0 && buf_fmt(out, " ") == 0);
	for (size_t i = 0; i < 8; i++)
		HOLDS(buf_fmt(out, "%02x", digest[i]) == 0);
	HOLDS(buf_fmt(out, "\n") == 0);
}

static void seal_all(struct buf *out, struct span in)
{
	const uint8_t *end;

	while (in.n && (end = memchr(in.p, '\n', in.n))) {
		struct span line;

		(void)span_take(&in, (size_t)(end - in.p), &line);
		(void)span_skip(&in, 1);
		if (line.n)
			seal(out, line);
	}
}

/* What root would open, write and remove. */
static void check_file(const struct steps_file *f)
{
	HOLDS(f->path[0] == '/');
	HOLDS(strncmp(f->beside, REPLACE_BESIDE, strlen(REPLACE_BESIDE)) == 0);
	HOLDS(strlen(f->beside) < REPLACE_BESIDE_MAX && !strchr(f->beside, '/'));
	HOLDS(f->mode <= 07777);
}

static void check_other(const struct journal_step *s)
{
	HOLDS(s->what <= JOURNAL_RUN && s->path && s->label && s->trust);
}

/* What was read can be written, and is then read as the same. */
static void write_again(const struct steps *s, struct buf *out)
{
	HOLDS(steps_put_change(out, s->when, s->words) == 0);
	for (size_t i = 0; i < s->n; i++) {
		if (s->v[i].is_file)
			check_file(&s->v[i].file);
		else
			check_other(&s->v[i].other);
		HOLDS(steps_put(out, &s->v[i]) == 0);
	}
	if (s->whole)
		HOLDS(steps_put_end(out) == 0);
}

static void compare(const struct steps *a, const struct steps *b)
{
	HOLDS(a->n == b->n && a->whole == b->whole && a->when == b->when);
	HOLDS(strcmp(a->words, b->words) == 0);
	for (size_t i = 0; i < a->n; i++) {
		HOLDS(a->v[i].is_file == b->v[i].is_file);
		if (a->v[i].is_file)
			HOLDS(strcmp(a->v[i].file.path, b->v[i].file.path) == 0);
		else
			HOLDS(strcmp(a->v[i].other.label, b->v[i].other.label) == 0);
	}
}

static void read_text(struct buf *text)
{
	struct buf again = buf_new(8 * TEXT_MAX);
	struct steps s, t = { 0 };
	struct err e;

	if (steps_read(&s, (char *)text->p, text->n, &e) == 0) {
		write_again(&s, &again);
		HOLDS(steps_read(&t, (char *)again.p, again.n, &e) == 0);
		compare(&s, &t);
	}
	steps_free(&s);
	steps_free(&t);
	buf_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf text = buf_new(TEXT_MAX);

	if (size == 0 || size > TEXT_MAX / 32)
		return 0;
	if (data[0] == '\n')
		seal_all(&text, span_of(data + 1, size - 1));
	else
		HOLDS(buf_add(&text, data, size) == 0);
	read_text(&text);
	buf_free(&text);
	return 0;
}
