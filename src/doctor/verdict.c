/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/verdict.h"

#include "base/i18n.h"
#include "base/utf8.h"
#include "doctor/advice.h"
#include "doctor/habits_words.h"
#include "doctor/retries.h"
#include "doctor/stores_show.h"
#include "doctor/wrap.h"

#include <string.h>

/* ---- words ----------------------------------------------------------------------------------- */

static struct advice words_of(const struct verdict *r)
{
	return (struct advice) { r->again, r->facts->name, r->facts->port };
}

static void fill_advice(struct buf *out, const struct verdict *r, const struct diagnosis *d)
{
	const struct advice words = words_of(r);

	*out = buf_new(4096);
	if (d->shipped)
		(void)buf_fmt(
		    out, _("dbtls ships with that root: dbtls trust add %s. Else: "), d->shipped);
	(void)advice_fill(out, _(d->cause->advice), &words);
	(void)buf_add(out, "", 1);
}

static const char *day(time_t when, char out[32])
{
	struct tm tm;

	if (!gmtime_r(&when, &tm) || strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		out[0] = '\0';
	return out;
}

/* ---- for people ------------------------------------------------------------------------------ */

static void show_finding(FILE *to, const struct verdict *r, const struct diagnosis *d)
{
	char text[DIAGNOSE_TEXT];
	struct buf advice;

	(void)snprintf(text, sizeof text, "%s: %s%s%s", d->cause->id, _(d->cause->sentence),
	    *d->evidence ? ": " : "", d->evidence);
	utf8_drop_cut(text);
	wrap_text(to, "", text);
	fill_advice(&advice, r, d);
	if (advice.n > 1)
		wrap_text(to, "→ ", (const char *)advice.p);
	buf_free(&advice);
}

static void show_tls(FILE *to, const struct facts *f)
{
	if (f->tls.version)
		(void)fprintf(to, "    %s, %s%s%s\n", facts_version_name(f->tls.version),
		    f->tls.cipher, *f->server ? "; MySQL " : "", f->server);
}

static void show_answer(FILE *to, const struct facts *f)
{
	const struct facts_step *s = facts_last(f, FACTS_SESSION);

	if (f->protocol == FACTS_HTTPS && s && s->end == FACTS_OK)
		(void)fprintf(to, "    GET /: %d %.60s\n", s->code, s->text);
}

static void show_chain(FILE *to, const struct path *p)
{
	char text[32];

	for (size_t i = 0; i < p->certs; i++)
		(void)fprintf(to, _("    %zu  %.60s, %s, until %.10s%s\n"), i, p->cert[i].subject,
		    p->cert[i].key, day(p->cert[i].until, text),
		    p->cert[i].used ? "" : _(" (not needed)"));
	if (p->anchored)
		(void)fprintf(to, _("    →  %.60s, in the store\n"), p->anchor);
}

static void show_steps(FILE *to, const struct facts *f)
{
	struct buf text = buf_new(4096);

	for (size_t i = 0; i < f->steps; i++) {
		const struct facts_step *s = &f->step[i];

		if (s->what > FACTS_LOGIN)
			continue;
		(void)buf_fmt(&text, "%s%s %u ms%s%s", text.n ? _(", ") : "",
		    _(facts_what_name(s->what)), s->ms, s->end == FACTS_OK ? "" : " ",
		    s->end == FACTS_OK ? "" : _(facts_end_name(s->end)));
	}
	if (buf_add(&text, "", 1) == 0)
		wrap_text(to, "", (const char *)text.p);
	buf_free(&text);
}

static void show_fetch(FILE *to, const struct facts_fetch *x)
{
	(void)fprintf(
	    to, "    %s %s: %s", _(facts_fetched_name(x->what)), x->url, _(facts_end_name(x->end)));
	if (x->end == FACTS_ERROR)
		(void)fprintf(to, " %d", x->code);
	if (x->end == FACTS_OK)
		(void)fprintf(to, _(", %zu bytes"), x->body.n);
	(void)fprintf(to, "%s%u ms\n", _(", "), x->ms);
}

static void show_clients(FILE *to, const struct verdict *r)
{
	struct buf text;
	const char *head;
	int more = 1;

	habits_words_line(r->habits, &text);
	if (!r->clients && text.n > 1)
		wrap_text(to, "", (const char *)text.p);
	buf_free(&text);
	for (size_t i = 0; r->clients && more; i++) {
		more = habits_words_row(r->habits, i, &head, &text);
		if (more)
			wrap_text(to, head, (const char *)text.p);
		buf_free(&text);
	}
}

static void show_retries(FILE *to, const struct verdict *r)
{
	struct retries all[RETRIES_MAX];

	retries_text(to, all, retries_of(r->facts, r->diagnose->v[0].cause->id, all));
}

/* A connection can be verified there, and this client would not. */
static int is_left_open(const struct verdict *r)
{
	return r->insecure && r->diagnose->v[0].cause->kind == DIAGNOSE_OK;
}

static void show_head(FILE *to, const struct verdict *r)
{
	(void)fprintf(
	    to, "%s: %s", r->target, _(diagnose_kind_name(r->diagnose->v[0].cause->kind)));
	if (is_left_open(r))
		(void)fprintf(to, _(", but its settings %s"), r->insecure);
	(void)putc('\n', to);
}

static void show_remedies(FILE *to, const struct verdict *r, const struct diagnosis *d)
{
	const struct advice words = words_of(r);

	remedies_text(to, d->cause->id, &r->remedies, &words);
}

/*
 * Where it is left open, that is said before what a client that verifies would find. Of the first
 * all that is known to mend it is told.
 */
static void show_findings(FILE *to, const struct verdict *r)
{
	const struct diagnose *d = r->diagnose;
	size_t first = d->v[0].cause->kind == DIAGNOSE_OK ? 1 : 0;
	size_t ahead = is_left_open(r) && d->n > 1 ? 1 : 0;

	for (size_t i = 0; i < d->n; i++) {
		/* The second and the first change places. */
		size_t at = i < 2 && ahead ? 1 - i : i;

		show_finding(to, r, &d->v[at]);
		if (at == first)
			show_remedies(to, r, &d->v[at]);
	}
}

void verdict_text(FILE *to, const struct verdict *r)
{
	show_head(to, r);
	show_findings(to, r);
	if (r->habits)
		show_clients(to, r);
	show_retries(to, r);
	show_tls(to, r->facts);
	show_answer(to, r->facts);
	if (r->path) {
		show_chain(to, r->path);
		(void)fprintf(to, _("    held against %s\n"), r->store);
	}
	if (r->stores && r->stores->n > 0)
		stores_show_text(to, r->stores);
	if (r->facts->steps > 0)
		show_steps(to, r->facts);
	for (size_t i = 0; i < r->facts->fetches; i++)
		show_fetch(to, &r->facts->fetch[i]);
}

static void add_warnings(struct buf *line, const struct diagnose *d)
{
	const char *before = _(", warnings: ");

	for (size_t i = 0; i < d->n; i++) {
		if (d->v[i].cause->kind != DIAGNOSE_WARNING)
			continue;
		(void)buf_fmt(line, "%s%s", before, d->v[i].cause->id);
		before = ", ";
	}
}

void verdict_line(FILE *to, const struct verdict *r, size_t width)
{
	const struct diagnosis *first = &r->diagnose->v[0];
	struct buf line = buf_new(4096);

	(void)buf_fmt(&line, "%s: %s", r->target, first->cause->id);
	if (*first->evidence)
		(void)buf_fmt(&line, ": %s", first->evidence);
	if (is_left_open(r))
		(void)buf_fmt(&line, _(", but its settings %s"), r->insecure);
	if (first->cause->kind == DIAGNOSE_OK)
		add_warnings(&line, r->diagnose);
	if (buf_add(&line, "", 1) == 0)
		wrap_line(to, (const char *)line.p, width);
	buf_free(&line);
}

/* ---- for programs ---------------------------------------------------------------------------- */

static json_t *json_cause(const struct verdict *r, const struct diagnosis *d)
{
	const struct advice words = words_of(r);
	struct buf advice;
	json_t *o;

	fill_advice(&advice, r, d);
	o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:o}", "id", d->cause->id, "kind",
	    diagnose_kind_name(d->cause->kind), "sentence", _(d->cause->sentence), "evidence",
	    d->evidence, "advice", (const char *)advice.p, "remedies",
	    remedies_json(d->cause->id, &r->remedies, &words));
	buf_free(&advice);
	return o;
}

/* Those that are warnings, or those that are not. */
static json_t *json_causes(const struct verdict *r, int warnings)
{
	json_t *all = json_array();

	for (size_t i = 0; i < r->diagnose->n; i++) {
		enum diagnose_kind kind = r->diagnose->v[i].cause->kind;

		if (kind != DIAGNOSE_OK && (kind == DIAGNOSE_WARNING) == warnings)
			(void)json_array_append_new(all, json_cause(r, &r->diagnose->v[i]));
	}
	return all;
}

/* What to do, in the order in which to do it. */
static json_t *json_advice(const struct verdict *r)
{
	json_t *all = json_array();

	for (size_t i = 0; i < r->diagnose->n; i++) {
		struct buf advice;

		fill_advice(&advice, r, &r->diagnose->v[i]);
		if (advice.n > 1)
			(void)json_array_append_new(all, json_string((const char *)advice.p));
		buf_free(&advice);
	}
	return all;
}

static json_t *json_verdict(const struct diagnose_cause *c)
{
	return json_pack("{s:s, s:s, s:s}", "id", c->id, "kind", diagnose_kind_name(c->kind),
	    "sentence", _(c->sentence));
}

static json_t *json_steps(const struct facts *f)
{
	json_t *all = json_array();

	for (size_t i = 0; i < f->steps; i++) {
		const struct facts_step *s = &f->step[i];

		(void)json_array_append_new(
		    all, json_pack("{s:s, s:I, s:s, s:i, s:s}", "step", facts_what_name(s->what),
			     "ms", (json_int_t)s->ms, "outcome", facts_end_name(s->end), "code",
			     s->code, "text", s->text));
	}
	return all;
}

static json_t *json_fetched(const struct facts *f)
{
	json_t *all = json_array();

	for (size_t i = 0; i < f->fetches; i++) {
		const struct facts_fetch *x = &f->fetch[i];

		(void)json_array_append_new(all,
		    json_pack("{s:s, s:s, s:s, s:i, s:I, s:I}", "kind", facts_fetched_name(x->what),
			"url", x->url, "outcome", facts_end_name(x->end), "code", x->code, "ms",
			(json_int_t)x->ms, "bytes", (json_int_t)x->body.n));
	}
	return all;
}

static json_t *json_chain(const struct path *p)
{
	json_t *all = json_array();
	char from[32], until[32];

	for (size_t i = 0; p && i < p->certs; i++)
		(void)json_array_append_new(
		    all, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b}", "subject",
			     p->cert[i].subject, "issuer", p->cert[i].issuer, "key", p->cert[i].key,
			     "digest", p->cert[i].digest, "not_before", day(p->cert[i].from, from),
			     "not_after", day(p->cert[i].until, until), "used", p->cert[i].used));
	return all;
}

json_t *verdict_json(const struct verdict *r)
{
	const struct facts *f = r->facts;
	struct retries sdks[RETRIES_MAX];
	size_t n = retries_of(f, r->diagnose->v[0].cause->id, sdks);

	char at[32];
	json_t *o = json_pack(
	    "{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:s, s:s, s:s, s:b}", "target",
	    r->target, "at", day(f->now, at), "verdict", json_verdict(r->diagnose->v[0].cause),
	    "causes", json_causes(r, 0), "warnings", json_causes(r, 1), "advice", json_advice(r),
	    "steps", json_steps(f), "fetched", json_fetched(f), "chain", json_chain(r->path),
	    "anchor", r->path ? r->path->anchor : "", "store", r->store, "tls",
	    f->tls.version ? facts_version_name(f->tls.version) : "", "cipher", f->tls.cipher,
	    "client_certificate_asked", f->tls.asked);

	if (r->insecure)
		(void)json_object_set_new(o, "insecure", json_true());
	if (r->stores && r->stores->which != STORES_NONE)
		(void)json_object_set_new(o, "stores", stores_show_json(r->stores));
	if (n > 0)
		(void)json_object_set_new(o, "retries", retries_json(sdks, n));
	if (r->habits && r->clients)
		(void)json_object_set_new(o, "clients", habits_words_json(r->habits));
	if (r->stores && r->stores->amazon)
		(void)json_object_set_new(o, "roots", stores_show_roots());
	return o;
}
