/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/remedies.h"

#include "base/i18n.h"
#include "doctor/wrap.h"

#include <string.h>

#define TEXT_MAX 4096
#define IN       8 /* columns */

/* In the order in which they are told. */
static const struct {
	enum remedy_kind kind;
	const char *heading;
} kinds[] = {
	{ REMEDY_CLIENT, N_("In the client:") },
	{ REMEDY_SYSTEM, N_("On the client's machine:") },
	{ REMEDY_SERVER, N_("On the server:") },
};
#define KINDS (sizeof kinds / sizeof *kinds)

/* What is done with each row. */
struct telling {
	const char *cause;
	const struct advice *words;
	FILE *to;            /* for people */
	json_t *all;         /* for programs */
	const char *heading; /* not told yet; NULL: there is none */
	void (*row)(struct telling *t, const struct remedy_who *who, const struct remedy *r);
};

/* ---- one row --------------------------------------------------------------------------------- */

/* With the names in their places; to be freed. */
static const char *fill(struct buf *out, const char *text, const struct advice *words)
{
	*out = buf_new(TEXT_MAX);
	if ((text && advice_fill(out, text, words) < 0) || buf_add(out, "", 1) < 0)
		return "";
	return (const char *)out->p;
}

/* Lines that are to be copied stay whole. */
static void show_lines(FILE *to, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n");

		(void)fprintf(to, "%*s%.*s\n", IN, "", (int)n, text);
		text += n;
		text += *text == '\n';
	}
}

/* A line that is too long goes on in the next as a shell has it, but not within quotes. */
static void show_command(FILE *to, const char *text)
{
	size_t at = (size_t)fprintf(to, "%*s$ ", IN, "");
	char quote = '\0';

	while (*text) {
		size_t n = strcspn(text, " ");

		for (size_t i = 0; i < n; i++)
			if ((text[i] == '\'' || text[i] == '"') && (!quote || quote == text[i]))
				quote = quote ? '\0' : text[i];
		(void)fprintf(to, "%.*s", (int)n, text);
		at += n + 1;
		text += n;
		if (*text != ' ')
			break;
		text++;
		if (quote || at + strcspn(text, " ") < WRAP_WIDTH)
			(void)putc(' ', to);
		else
			at = (size_t)fprintf(to, " \\\n%*s", IN + 4, "") - 3;
	}
	(void)putc('\n', to);
}

/* A command that names the file, or its folder, says it all. */
static int is_named(const struct remedy *r)
{
	const char *end = r->file && r->run && !r->write ? strrchr(r->file, '/') : NULL;

	return end && memmem(r->run, strlen(r->run), r->file, (size_t)(end - r->file) + 1);
}

/* "Alpine, FILE: what to know", and below it what stands in there and what is typed. */
static void show_head(
    FILE *to, const struct telling *t, const struct remedy_who *who, const struct remedy *r)
{
	int named = is_named(r);
	struct buf pattern = buf_new(TEXT_MAX), text;

	(void)buf_fmt(&pattern, "%s%s%s%s%s", _(who->title), r->file && !named ? _(", ") : "",
	    r->file && !named ? r->file : "", r->say ? ": " : "", r->say ? _(r->say) : "");
	if (buf_add(&pattern, "", 1) == 0) {
		wrap_text(to, "  ", fill(&text, (const char *)pattern.p, t->words));
		buf_free(&text);
	}
	buf_free(&pattern);
}

static void text_row(struct telling *t, const struct remedy_who *who, const struct remedy *r)
{
	struct buf text;

	if (t->heading)
		wrap_text(t->to, "", t->heading);
	t->heading = NULL;
	show_head(t->to, t, who, r);
	show_lines(t->to, fill(&text, r->write, t->words));
	buf_free(&text);
	if (r->run)
		show_command(t->to, fill(&text, r->run, t->words));
	if (r->run)
		buf_free(&text);
}

static void json_row(struct telling *t, const struct remedy_who *who, const struct remedy *r)
{
	struct buf file, write, run, say;

	(void)json_array_append_new(t->all,
	    json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "who", who->name, "kind",
		remedy_kind_name(who->kind), "file", fill(&file, r->file, t->words), "write",
		fill(&write, r->write, t->words), "run", fill(&run, r->run, t->words), "sentence",
		fill(&say, r->say ? _(r->say) : NULL, t->words)));
	buf_free(&file);
	buf_free(&write);
	buf_free(&run);
	buf_free(&say);
}

/* ---- all of them ----------------------------------------------------------------------------- */

static void tell_who(struct telling *t, const struct remedy_who *who)
{
	const struct remedy *r = NULL;

	while ((r = remedy_next(r, t->cause, who)))
		t->row(t, who, r);
}

static void tell_kind(struct telling *t, const struct remedies *r, enum remedy_kind kind)
{
	if (r->of[kind])
		tell_who(t, r->of[kind]);
	for (const struct remedy_who *w = remedy_whos; !r->of[kind] && r->all && w->name; w++)
		if (w->kind == kind)
			tell_who(t, w);
}

static void tell(struct telling *t, const struct remedies *r)
{
	for (size_t i = 0; i < KINDS; i++) {
		t->heading = r->all ? _(kinds[i].heading) : NULL;
		tell_kind(t, r, kinds[i].kind);
	}
}

void remedies_text(
    FILE *to, const char *cause, const struct remedies *r, const struct advice *words)
{
	struct telling t = { .cause = cause, .words = words, .to = to, .row = text_row };

	tell(&t, r);
}

json_t *remedies_json(const char *cause, const struct remedies *r, const struct advice *words)
{
	struct telling t = { .cause = cause, .words = words, .all = json_array(), .row = json_row };

	tell(&t, r);
	return t.all;
}
