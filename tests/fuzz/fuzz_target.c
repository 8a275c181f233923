/* SPDX-License-Identifier: Apache-2.0 */
/* Targets: what is taken is a host and a port, and what is shown holds no password. */
#include "target/target.h"
#include "fuzz.h"

#include <string.h>

static void check_notes(const struct target *t)
{
	size_t n = strlen(t->text);

	HOLDS(t->notes <= TARGET_NOTES);
	for (size_t i = 0; i < t->notes; i++) {
		const struct target_note *note = &t->note[i];

		HOLDS(note->at <= n && note->n <= n - note->at);
		HOLDS(note->sentence[0] && strlen(note->sentence) < TARGET_SENTENCE);
		HOLDS(target_note_id(note->kind));
	}
}

/* A password of its own letters, in a place where it is one, is shown nowhere. */
static void check_secret(const struct target *t)
{
	static const char marked[] = "Geheim7";

	if (t->password && strcmp(t->password, marked) == 0 &&
	    !(t->user && strstr(t->user, marked)))
		HOLDS(strstr(t->text, "***"));
}

static void check(const struct target *t)
{
	HOLDS(t->text && t->host && t->host[0] && t->port);
	HOLDS(!strchr(t->host, '/') && !strchr(t->host, ' ') && strlen(t->host) <= 253);
	HOLDS((t->protocol == TARGET_HTTPS || t->protocol == TARGET_HTTP) == (t->path != NULL));
	HOLDS(!t->path || t->path[0] == '/');
	HOLDS(!t->region || t->service == TARGET_DYNAMODB || t->service == TARGET_STREAMS);
	HOLDS(target_verify_text(t));
	HOLDS(!t->falls_back || t->verify >= TARGET_NONE);
	check_notes(t);
	check_secret(t);
}

static void check_list(struct span text)
{
	struct span rest = text;
	struct target_line line = { 0 };
	size_t before = 0;

	while (target_list(&rest, &line)) {
		HOLDS(inside(text, line.text) && line.text.n);
		HOLDS(line.number > before && line.number <= line.lines);
		before = line.number;
	}
	HOLDS(rest.n == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct target t;
	struct err e = { 0 };

	check_list(span_of(data, size));
	if (target_parse(&t, span_of(data, size), &e) < 0) {
		HOLDS(e.text[0] && strlen(e.text) < sizeof e.text && !strchr(e.text, '\n'));
		HOLDS(!t.text && !t.password && !t.notes);
		return 0;
	}
	check(&t);
	target_free(&t);
	HOLDS(!t.password && !t.text);
	return 0;
}
