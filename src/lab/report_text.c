/* SPDX-License-Identifier: Apache-2.0 */
/* The report at a terminal: what is wrong first, by what it means; one screen, however much it is.
 */
#include "lab/report.h"

#include "base/columns.h"
#include "base/i18n.h"

#include <stdio.h>
#include <string.h>

#define FEW   4  /* so many are shown with what is wrong there; of more, the names */
#define NAMED 16 /* so many names stand for all, where it must be one screen */

/* What is appended to; once it is full nothing more is, and full says so. */
struct page {
	const struct report *r;
	const struct report_look *look;
	struct buf *out;
	int full;
};

static void put(struct page *p, const char *text, size_t n)
{
	if (buf_add(p->out, text, n) < 0)
		p->full = 1;
}

static void puts_(struct page *p, const char *text)
{
	put(p, text, strlen(text));
}

static void spaces(struct page *p, int n)
{
	while (n-- > 0)
		put(p, " ", 1);
}

/* Words from column at on, folded at the page's width, each further line indented. */
static void fold(struct page *p, const char *text, int at, int indent)
{
	int fresh = 1, blank = 0;

	while (*text) {
		size_t n = columns_piece(text), blanks = strspn(text + n, " ");
		int wide = (int)columns_of(text, n);

		if (!fresh && at + blank + wide > p->look->width) {
			puts_(p, "\n");
			spaces(p, indent);
			at = indent;
			blank = 0;
		}
		spaces(p, blank);
		put(p, text, n);
		at += blank + wide;
		fresh = 0;
		blank = blanks > 0;
		text += n + blanks;
	}
	puts_(p, "\n");
}

static void paragraph(struct page *p, const char *text, int indent)
{
	spaces(p, indent);
	fold(p, text, indent, indent);
}

enum ink { PLAIN, GREEN, RED, BOLD };

static void ink(struct page *p, enum ink which)
{
	static const char *const codes[] = { "\033[0m", "\033[32m", "\033[31m", "\033[1m" };

	if (p->look->colour)
		puts_(p, codes[which]);
}

/* ---- the head -------------------------------------------------------------------------------- */

static size_t shown(const struct report *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++)
		n += report_shows(&r->trials[i]);
	return n;
}

static void head(struct page *p)
{
	const struct report *r = p->r;
	char line[512];

	ink(p, report_good(r) ? GREEN : RED);
	p->full |= report_headline(r, p->out) < 0;
	ink(p, PLAIN);
	(void)snprintf(line, sizeof line, _("(%s%s%s; %s; %zu endpoints in %u.%u s)"),
	    r->client ? r->client : _("a client"), *r->agent ? _(", ") : "", r->agent,
	    r->protocol == LAB_MYSQL ? "MySQL" : "HTTPS", shown(r), r->ms / 1000,
	    r->ms % 1000 / 100);
	puts_(p, "\n");
	paragraph(p, line, 0);
}

/* Where the worst is to be told, it fits one screen: the rest is for --all. */
static int is_brief(const struct page *p)
{
	return !p->look->all && !report_good(p->r);
}

/* ---- flaws ----------------------------------------------------------------------------------- */

static int has_flaw(const struct report *r, size_t i, enum flaw f)
{
	return r->flaw[i] == f;
}

/* The gravest weight among those that have it; -1: none has. */
static int flaw_weight(const struct report *r, enum flaw f)
{
	int least = -1;

	for (size_t i = 0; i < r->n; i++) {
		int w = (int)r->trials[i].at->condition->weight;

		if (has_flaw(r, i, f) && (least < 0 || w < least))
			least = w;
	}
	return least;
}

static size_t flaw_count(const struct report *r, enum flaw f)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++)
		n += has_flaw(r, i, f);
	return n;
}

/* "accepted: expired, self-signed, …", in lines. */
static void names_with(struct page *p, enum flaw f, enum outcome o)
{
	size_t most = is_brief(p) ? NAMED : p->r->n, n = 0;
	struct buf line = buf_new(16384);

	for (size_t i = 0; i < p->r->n; i++) {
		const struct trial *t = &p->r->trials[i];

		if (!has_flaw(p->r, i, f) || t->outcome != o || n++ >= most)
			continue;
		if (n == 1)
			(void)buf_fmt(&line, "%s: ", judge_text(o));
		(void)buf_fmt(&line, "%s%s", n > 1 ? ", " : "", t->at->condition->name);
	}
	if (n > most)
		(void)buf_fmt(&line, _(" and %zu more"), n - most);
	if (buf_add(&line, "", 1) == 0 && line.n > 1) {
		spaces(p, 4);
		fold(p, (const char *)line.p, 4, 6);
	}
	buf_free(&line);
}

/* Where it failed, why it failed is what one wants to know. */
static int words_help(const struct trial *t)
{
	return t->words[0] && t->status != 0 && t->outcome != OUTCOME_ACCEPTED;
}

static void quote(struct page *p, const char *words, int indent)
{
	struct buf line = buf_new(TRIAL_WORDS + 64);

	if (buf_fmt(&line, _("it said: %s"), words) == 0 && buf_add(&line, "", 1) == 0)
		paragraph(p, (const char *)line.p, indent);
	buf_free(&line);
}

/* One condition; before: the last one's sentence, which is not said twice. Its own is returned. */
static const char *one(struct page *p, const struct trial *t, const char *before)
{
	const struct condition *c = t->at->condition;
	struct buf line = buf_new(2048);

	if (buf_fmt(&line, _("%s: %s; %s"), c->name, judge_text(t->outcome), _(c->wrong)) == 0 &&
	    buf_add(&line, "", 1) == 0) {
		spaces(p, 4);
		fold(p, (const char *)line.p, 4, 6);
	}
	buf_free(&line);
	if (is_brief(p))
		return c->means;
	if (c->means && c->means != before && t->refuse)
		paragraph(p, _(c->means), 6);
	if (words_help(t))
		quote(p, t->words, 6);
	return c->means;
}

/* Whether it was said of a flaw that comes before, in a part that is shown before. */
static int was_said(const struct report *r, enum flaw f)
{
	for (enum flaw before = FLAW_NONE + 1; before < FLAWS; before++) {
		int w = flaw_weight(r, before), own = flaw_weight(r, f);

		if (r->advice[before] == r->advice[f] && w >= 0 &&
		    (w < own || (w == own && before < f)))
			return 1;
	}
	return 0;
}

static void advise(struct page *p, enum flaw f)
{
	if (!p->r->advice[f])
		return;
	puts_(p, "  ");
	ink(p, BOLD);
	puts_(p, "→ ");
	ink(p, PLAIN);
	fold(p, was_said(p->r, f) ? _("the same mends it") : p->r->advice[f], 4, 4);
}

static void flaw(struct page *p, enum flaw f)
{
	const char *before = "";

	puts_(p, "\n");
	paragraph(p, flaw_means(f), 2);
	if (flaw_count(p->r, f) <= FEW) {
		for (size_t i = 0; i < p->r->n; i++)
			if (has_flaw(p->r, i, f))
				before = one(p, &p->r->trials[i], before);
	}
	if (flaw_count(p->r, f) > FEW) {
		for (enum outcome o = 0; o < OUTCOMES; o++)
			names_with(p, f, o);
	}
	advise(p, f);
}

static void flaws(struct page *p, enum lab_weight weight)
{
	static const char *const titles[] = {
		[LAB_MUST] = "",
		[LAB_SHOULD] = N_("Less grave:"),
		[LAB_ADVISORY] = N_("What hardly any client does:"),
	};
	int first = 1;

	for (enum flaw f = FLAW_NONE + 1; f < FLAWS; f++) {
		if (flaw_weight(p->r, f) != (int)weight)
			continue;
		if (first && *titles[weight]) {
			puts_(p, "\n");
			ink(p, BOLD);
			puts_(p, _(titles[weight]));
			ink(p, PLAIN);
			puts_(p, "\n");
		}
		first = 0;
		flaw(p, f);
	}
}

/* What is less grave, by its names alone. */
static void lesser(struct page *p)
{
	struct buf line = buf_new(16384);
	size_t n = 0;

	for (enum flaw f = FLAW_NONE + 1; f < FLAWS; f++) {
		for (size_t i = 0; i < p->r->n && flaw_weight(p->r, f) > LAB_MUST; i++) {
			if (!has_flaw(p->r, i, f))
				continue;
			(void)buf_fmt(&line, "%s%s", n++ ? ", " : _("Less grave: "),
			    p->r->trials[i].at->condition->name);
		}
	}
	(void)buf_fmt(&line, "%s", _(". --all says what each means, and what mends it."));
	if (n > 0 && buf_add(&line, "", 1) == 0) {
		puts_(p, "\n");
		fold(p, (const char *)line.p, 0, 2);
	}
	buf_free(&line);
}

/* ---- what was right, what was not tried ------------------------------------------------------ */

/* The names that pass, behind a title; nothing if there are none. */
static void listed(struct page *p, const char *title, int (*passes)(const struct trial *))
{
	struct buf line = buf_new(32768);
	const char *between = " ";
	size_t n = 0;

	for (size_t i = 0; i < p->r->n; i++)
		n += passes(&p->r->trials[i]) != 0;
	(void)buf_fmt(&line, "%s (%zu):", title, n);
	for (size_t i = 0; i < p->r->n; i++) {
		if (!passes(&p->r->trials[i]))
			continue;
		(void)buf_fmt(&line, "%s%s", between, p->r->trials[i].at->condition->name);
		between = ", ";
	}
	if (n > 0 && buf_add(&line, "", 1) == 0) {
		puts_(p, "\n");
		fold(p, (const char *)line.p, 0, 2);
	}
	buf_free(&line);
}

static int got_in_rightly(const struct trial *t)
{
	return t->state == TRIAL_DONE && t->right && !t->refuse;
}

static int refused_rightly(const struct trial *t)
{
	return t->state == TRIAL_DONE && t->right && t->refuse;
}

static int not_tried(const struct trial *t)
{
	return t->state != TRIAL_DONE && t->why;
}

static size_t count(const struct report *r, int (*passes)(const struct trial *))
{
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++)
		n += passes(&r->trials[i]) != 0;
	return n;
}

static void rest(struct page *p)
{
	char line[256];

	(void)snprintf(line, sizeof line, _("Right elsewhere: refused %zu, connected to %zu.%s"),
	    count(p->r, refused_rightly), count(p->r, got_in_rightly),
	    p->look->all ? "" : _(" --all shows each."));
	if (!is_brief(p))
		puts_(p, "\n");
	paragraph(p, line, 0);
}

static const char *first_why(const struct report *r)
{
	for (size_t i = 0; i < r->n; i++)
		if (not_tried(&r->trials[i]))
			return r->trials[i].why;
	return NULL;
}

static void lied(struct page *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->r->n; i++)
		n += p->r->trials[i].state == TRIAL_DONE && p->r->trials[i].outcome == OUTCOME_LIED;
	if (n == 0)
		return;
	puts_(p, "\n");
	paragraph(p,
	    _("Note: it ends with 0 even where it did not get in, so that nobody who calls it "
	      "notices. What counts here is what the server saw."),
	    0);
}

static void notes(struct page *p)
{
	const struct report *r = p->r;

	lied(p);
	if (!r->believe) {
		puts_(p, "\n");
		paragraph(p,
		    _("Note: even at the good endpoint it does not end with 0. What counts here is "
		      "what the server saw."),
		    0);
	}
	if (first_why(r)) {
		listed(p, _("Not tried"), not_tried);
		paragraph(p, first_why(r), 2);
		paragraph(p,
		    _("So 127.0.0.1 stood for every name, at which several clients do not check "
		      "whom "
		      "they talk to. Install libnss-wrapper, or try it where namespaces are "
		      "allowed: "
		      "as root, outside of this container."),
		    2);
	}
	if (r->names->how == NAMES_PRELOAD) {
		puts_(p, "\n");
		paragraph(p,
		    _("Note: names resolve by libnss_wrapper, which programs in Go and static ones "
		      "do not see."),
		    0);
		paragraph(p, r->names->why, 2);
	}
}

static void every(struct page *p)
{
	const char *how, *weight;
	char line[256];

	puts_(p, "\n");
	for (size_t i = 0; i < p->r->n; i++) {
		const struct trial *t = &p->r->trials[i];

		if (t->state != TRIAL_DONE)
			continue;
		how = t->right ? _("right") : _("WRONG");
		weight = _(lab_weight_name(t->at->condition->weight));
		(void)snprintf(line, sizeof line, "%s%*s  %s%*s  %-26s %6u ms  %s\n", how,
		    columns_left(how, 5), "", weight, columns_left(weight, 8), "",
		    t->at->condition->name, t->ms, judge_text(t->outcome));
		if (!t->right)
			ink(p, RED);
		puts_(p, line);
		ink(p, PLAIN);
		if (t->words[0])
			paragraph(p, t->words, 7);
	}
}

int report_text(const struct report *r, const struct report_look *look, struct buf *out)
{
	struct page p = { r, look, out, 0 };

	head(&p);
	flaws(&p, LAB_MUST);
	if (is_brief(&p))
		lesser(&p);
	for (enum lab_weight w = LAB_SHOULD; w <= LAB_ADVISORY && !is_brief(&p); w++)
		flaws(&p, w);
	rest(&p);
	notes(&p);
	if (look->all)
		every(&p);
	return p.full ? -1 : 0;
}
