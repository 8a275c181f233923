/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/tally.h"

#include "base/i18n.h"

#include <stdlib.h>

void tally_add(struct tally *t, const struct diagnose_cause *verdict)
{
	for (size_t i = 0; i < TALLY_CAUSES && diagnose_cause_at(i); i++)
		if (diagnose_cause_at(i) == verdict)
			t->of[i]++;
}

static size_t sum(const struct tally *t)
{
	size_t n = t->wrong;

	for (size_t i = 0; i < TALLY_CAUSES; i++)
		n += t->of[i];
	return n;
}

static double seconds(const struct tally *t)
{
	return (double)(t->ended - t->began) / 1e6;
}

/* The most frequent of those that were not shown; TALLY_CAUSES: none is left. */
static size_t most(const struct tally *t, const char shown[TALLY_CAUSES])
{
	size_t at = TALLY_CAUSES;

	for (size_t i = 0; i < TALLY_CAUSES; i++)
		if (!shown[i] && t->of[i] > 0 && (at == TALLY_CAUSES || t->of[i] > t->of[at]))
			at = i;
	return at;
}

void tally_text(FILE *to, const struct tally *t)
{
	char shown[TALLY_CAUSES] = { 0 };
	size_t i;

	(void)fprintf(to, _("%zu targets in %.1f s%s\n"), sum(t), seconds(t),
	    t->stopped ? _(", stopped before the end") : "");
	while ((i = most(t, shown)) < TALLY_CAUSES) {
		const struct diagnose_cause *c = diagnose_cause_at(i);

		(void)fprintf(to, "%8zu  %s: %s\n", t->of[i], c->id, _(c->sentence));
		shown[i] = 1;
	}
	if (t->wrong)
		(void)fprintf(to, _("%8zu  not understood\n"), t->wrong);
}

json_t *tally_json(const struct tally *t)
{
	json_t *causes = json_object();

	for (size_t i = 0; i < TALLY_CAUSES; i++)
		if (t->of[i] > 0)
			(void)json_object_set_new(
			    causes, diagnose_cause_at(i)->id, json_integer((json_int_t)t->of[i]));
	return json_pack("{s:{s:I, s:f, s:b, s:o, s:I}}", "summary", "targets", (json_int_t)sum(t),
	    "seconds", seconds(t), "stopped", t->stopped, "verdicts", causes, "not_understood",
	    (json_int_t)t->wrong);
}
