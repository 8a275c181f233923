/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/report.h"

#include "base/i18n.h"

#include <string.h>

int report_shows(const struct trial *t)
{
	return t->state == TRIAL_DONE || t->why;
}

static int is_right(const struct trial *t)
{
	return t->state == TRIAL_DONE && t->right;
}

size_t report_count(const struct report *r, enum lab_weight weight, int right)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++) {
		const struct trial *t = &r->trials[i];

		n += report_shows(t) && t->at->condition->weight == weight && is_right(t) == right;
	}
	return n;
}

int report_good(const struct report *r)
{
	return report_count(r, LAB_MUST, 0) == 0;
}

int report_headline(const struct report *r, struct buf *out)
{
	size_t right = report_count(r, LAB_MUST, 1), all = right + report_count(r, LAB_MUST, 0);
	size_t wrong = judge_wrong(r->trials, r->n, LAB_MUST);

	if (wrong == 0 && right < all)
		return buf_fmt(out,
		    _("NOT ALL TRIED: right at %zu of the %zu endpoints where it must be"), right,
		    all);
	if (wrong > 0)
		return buf_fmt(
		    out, _("WRONG at %zu of the %zu endpoints where it must be right"), wrong, all);
	return buf_fmt(out, _("RIGHT at all %zu endpoints where it must be"), right);
}

/* ---- for programs ---------------------------------------------------------------------------- */

static json_t *saw_json(unsigned what)
{
	static const char *const names[] = { "connection", "first-byte", "tls", "plaintext-login",
		"tls-login", "logged-in", "query", "bad-password" };
	json_t *saw = json_array();

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (what & 1U << i)
			(void)json_array_append_new(saw, json_string(names[i]));
	return saw;
}

static json_t *condition_json(const struct trial *t)
{
	const struct condition *c = t->at->condition;

	return json_pack("{s:s, s:s, s:s, s:i, s:s, s:s, s:s, s:s, s:s, s:s*}", "name", c->name,
	    "protocol", t->at->protocol == LAB_MYSQL ? "mysql" : "https", "host", t->at->host,
	    "port", (int)t->at->port, "expect", t->refuse ? "refuse" : "accept", "cause", c->cause,
	    "group", lab_group_name(condition_group(c)), "weight", lab_weight_name(c->weight),
	    "wrong", _(c->wrong), "means", c->means ? _(c->means) : NULL);
}

static void add_done(json_t *row, const struct trial *t, enum flaw f)
{
	json_t *more =
	    json_pack("{s:b, s:s, s:b, s:i, s:b, s:i, s:s, s:o, s:i, s:i, s:i, s:s, s:s}", "tried",
		1, "outcome", judge_id(t->outcome), "right", t->right, "status", t->status,
		"timed_out", t->timed_out, "ms", (int)t->ms, "words", t->words, "saw",
		saw_json(t->seen.what), "connections", (int)t->seen.connections, "tls_version",
		t->seen.version, "alert", t->seen.alert, "sni", t->seen.sni, "flaw", flaw_id(f));

	(void)json_object_update_new(row, more);
}

static json_t *trial_json(const struct trial *t, enum flaw f)
{
	json_t *row = condition_json(t);

	if (t->state == TRIAL_DONE)
		add_done(row, t, f);
	else
		(void)json_object_update_new(
		    row, json_pack("{s:b, s:b, s:s}", "tried", 0, "right", 0, "why", t->why));
	return row;
}

static json_t *flaw_json(const struct report *r, enum flaw f)
{
	json_t *names = json_array();
	json_t *row;

	for (size_t i = 0; i < r->n; i++)
		if (r->flaw[i] == f)
			(void)json_array_append_new(
			    names, json_string(r->trials[i].at->condition->name));
	if (json_array_size(names) == 0) {
		json_decref(names);
		return NULL;
	}
	row = json_pack("{s:s, s:s, s:s*, s:o}", "flaw", flaw_id(f), "means", flaw_means(f),
	    "advice", r->advice[f], "conditions", names);
	return row;
}

static json_t *counts_json(const struct report *r)
{
	json_t *counts = json_object();

	for (enum lab_weight w = LAB_MUST; w <= LAB_ADVISORY; w++)
		(void)json_object_set_new(counts, lab_weight_name(w),
		    json_pack("{s:i, s:i}", "right", (int)report_count(r, w, 1), "wrong",
			(int)report_count(r, w, 0)));
	return counts;
}

json_t *report_json(const struct report *r)
{
	json_t *trials = json_array(), *flaws = json_array();

	for (size_t i = 0; i < r->n; i++)
		if (report_shows(&r->trials[i]))
			(void)json_array_append_new(trials, trial_json(&r->trials[i], r->flaw[i]));
	for (enum flaw f = FLAW_NONE + 1; f < FLAWS; f++) {
		json_t *row = flaw_json(r, f);

		if (row)
			(void)json_array_append_new(flaws, row);
	}
	return json_pack("{s:b, s:s, s:s*, s:s, s:s, s:s, s:i, s:b, s:b, s:o, s:o, s:o}", "good",
	    report_good(r), "command", r->command, "client", r->client, "agent", r->agent,
	    "protocol", r->protocol == LAB_MYSQL ? "mysql" : "https", "names",
	    names_id(r->names->how), "ms", (int)r->ms, "exit_status_believed", r->believe, "mended",
	    r->mended, "counts", counts_json(r), "flaws", flaws, "trials", trials);
}
