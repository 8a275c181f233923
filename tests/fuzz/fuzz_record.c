/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A saved check as anybody may hand it on: what is taken can be judged, told and saved again, and
 * what was saved again is judged the same.
 */
#include "doctor/record.h"
#include "doctor/verdict.h"
#include "fuzz.h"

/* What is said of it; freed by the caller. */
static char *tell(struct check *c, const struct check_wish *w)
{
	const struct verdict r = {
		.target = "t",
		.again = "t",
		.facts = &c->facts,
		.diagnose = &c->diagnose,
		.store = c->store_path,
		.stores = &c->stores,
		.habits = &c->habits,
		.clients = 1,
	};
	struct verdict whole = r;
	json_t *o;
	char *text;

	check_judge(c, w);
	check_stores(c, w);
	whole.path = c->judged ? &c->path : NULL;
	o = verdict_json(&whole);
	text = o ? json_dumps(o, JSON_COMPACT) : NULL;
	HOLDS(text);
	json_decref(o);
	return text;
}

static void again(struct span line, const char *want)
{
	struct check_wish w = { 0 };
	struct check c;
	struct err e = { 0 };
	char *text;

	HOLDS(record_read(&c, &w, line, &e) == 0);
	text = tell(&c, &w);
	HOLDS(strcmp(text, want) == 0);
	free(text);
	check_free(&c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct check_wish w = { 0 };
	struct buf line = buf_new(RECORD_LINE_MAX);
	struct check c;
	struct err e = { 0 };
	char *text;

	if (record_read(&c, &w, span_of(data, size), &e) < 0) {
		HOLDS(*e.text);
		return 0;
	}
	text = tell(&c, &w);
	if (record_line(&line, &c, &w, &e) == 0)
		again(span_of(line.p, line.n), text);
	free(text);
	buf_free(&line);
	check_free(&c);
	return 0;
}
