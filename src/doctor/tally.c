/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/tally.h"

#include "base/i18n.h"

#include <stdlib.h>
#include <string.h>

#define COUNTS 24 /* columns for the numbers of a line */

/* Once a name finds no room, no other does: which are named is no matter of their length. */
static void add_name(struct tally *t, size_t at, const char *name)
{
	char *names = t->names[at];
	size_t used = strlen(names), n = strlen(name) + 2;
	size_t room = t->width < TALLY_NAMES ? t->width : TALLY_NAMES;

	if (t->named[at] < t->of[at])
		return;
	if (strlen(diagnose_cause_at(at)->id) + used + n + COUNTS > room)
		return;
	(void)snprintf(names + used, TALLY_NAMES - used, "%s%s", used ? ", " : "", name);
	t->named[at]++;
}

void tally_add(struct tally *t, const struct diagnose_cause *verdict, const char *name)
{
	for (size_t i = 0; i < TALLY_CAUSES && diagnose_cause_at(i); i++) {
		if (diagnose_cause_at(i) != verdict)
			continue;
		add_name(t, i, name);
		t->of[i]++;
	}
}

size_t tally_sum(const struct tally *t)
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

/* What was found weighs more than what was not answered. */
static const int weights[] = {
	[DIAGNOSE_OK] = 0, [DIAGNOSE_WARNING] = 1, [DIAGNOSE_UNREACHABLE] = 2, [DIAGNOSE_BROKEN] = 3
};

static int is_before(const struct tally *t, size_t a, size_t b)
{
	int one = weights[diagnose_cause_at(a)->kind], other = weights[diagnose_cause_at(b)->kind];

	return one != other ? one > other : t->of[a] > t->of[b];
}

/* The worst of those that were not shown; TALLY_CAUSES: none is left. */
static size_t worst(const struct tally *t, const char shown[TALLY_CAUSES])
{
	size_t at = TALLY_CAUSES;

	for (size_t i = 0; i < TALLY_CAUSES; i++)
		if (!shown[i] && t->of[i] > 0 && (at == TALLY_CAUSES || is_before(t, i, at)))
			at = i;
	return at;
}

static void show_cause(FILE *to, const struct tally *t, size_t i)
{
	size_t more = t->of[i] - t->named[i];

	(void)fprintf(to, "%zu %s", t->of[i], diagnose_cause_at(i)->id);
	if (t->named[i] > 0)
		(void)fprintf(to, ": %s", t->names[i]);
	if (t->named[i] > 0 && more > 0)
		(void)fprintf(to, _(", + %zu more"), more);
	(void)putc('\n', to);
}

void tally_text(FILE *to, const struct tally *t)
{
	char shown[TALLY_CAUSES] = { 0 };
	size_t i;

	if (t->ended)
		(void)fprintf(to, _("%zu targets in %.1f s%s\n"), tally_sum(t), seconds(t),
		    t->stopped ? _(", stopped before the end") : "");
	while ((i = worst(t, shown)) < TALLY_CAUSES) {
		show_cause(to, t, i);
		shown[i] = 1;
	}
	if (t->wrong)
		(void)fprintf(to, _("%zu not understood\n"), t->wrong);
}

void tally_line(FILE *to, const struct tally *t)
{
	char shown[TALLY_CAUSES] = { 0 };
	size_t i;

	/* It is the first of the table. */
	(void)fprintf(to, "%zu ok", t->of[0]);
	shown[0] = 1;
	while ((i = worst(t, shown)) < TALLY_CAUSES) {
		(void)fprintf(to, ", %zu %s", t->of[i], diagnose_cause_at(i)->id);
		shown[i] = 1;
	}
	if (t->wrong)
		(void)fprintf(to, _(", %zu not understood"), t->wrong);
	(void)fprintf(to, "%s\n", t->stopped ? _(", stopped before the end") : "");
}

json_t *tally_json(const struct tally *t)
{
	json_t *causes = json_object();

	for (size_t i = 0; i < TALLY_CAUSES; i++)
		if (t->of[i] > 0)
			(void)json_object_set_new(
			    causes, diagnose_cause_at(i)->id, json_integer((json_int_t)t->of[i]));
	return json_pack("{s:{s:I, s:f, s:b, s:o, s:I}}", "summary", "targets",
	    (json_int_t)tally_sum(t), "seconds", seconds(t), "stopped", t->stopped, "verdicts",
	    causes, "not_understood", (json_int_t)t->wrong);
}
