/* SPDX-License-Identifier: Apache-2.0 */
#include "lint/judge.h"

#include "lint/mend.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

struct judging {
	struct lint_reading *r;
	const struct lint_made *m;
	const struct target *t;
	size_t begin, end; /* in m */
	struct lint_mended mended;
};

/* ---- what is left unsaid --------------------------------------------------------------------- */

static int is_here(const char *host)
{
	return strcmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 ||
	       strcmp(host, "::1") == 0;
}

/* A file's name, whatever it is, says no less than one that is known. */
static int names_file(const struct judging *j, size_t at, size_t n)
{
	static const char *const words[] = { "ca=", "capath=", "cert=", "-ca ", "-capath " };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (n && memmem(j->m->p + at, n, words[i], strlen(words[i])))
			return 1;
	return 0;
}

static int has_hole(const struct judging *j, size_t at, size_t n)
{
	return n && memchr(j->m->hole + at, 1, n) != NULL;
}

/* Behind "?" or "&", or a word of a command: further options may stand there. */
static int takes_more(const struct judging *j)
{
	for (size_t i = j->begin; i < j->end; i++) {
		int before = i > j->begin ? j->m->p[i - 1] : 0;
		int after = i + 1 < j->end ? j->m->p[i + 1] : 0;

		if (!j->m->hole[i])
			continue;
		if (before == '?' || before == '&' || (before == '/' && !after))
			return 1;
		if (isspace(before) && (!after || isspace(after)) && j->t->form == TARGET_COMMAND &&
		    !(i > j->begin + 2 && j->m->p[i - 3] == '-'))
			return 1;
	}
	return 0;
}

/* Elsewhere than as an option of a URL. */
static int has_word(struct span code, const char *word)
{
	size_t n = strlen(word);

	while (code.n) {
		const uint8_t *found = memmem(code.p, code.n, word, n);

		if (!found)
			return 0;
		if (found == code.p || !strchr("?&;", found[-1]))
			return 1;
		(void)span_skip(&code, (size_t)(found - code.p) + n);
	}
	return 0;
}

/* In a program the options may come by another way than the URL. It is looked for once a file. */
static int says_elsewhere(struct judging *j)
{
	static const char *const words[] = { "sslMode", "ssl_mode", "useSSL", "useSsl", "ssl_ca",
		"sslca", "trustCertificateKeyStore", "trustStore", "connect_args", "tls.Config",
		"TLSConfig", "ssl=", "ssl:", "\"ssl\"", "'ssl'", "ssl_context",
		"rejectUnauthorized" };
	struct lint_reading *r = j->r;
	enum lint_tongue id = r->language->id;

	if (id == LINT_PLAIN || id == LINT_SHELL || id == LINT_DOCKER)
		return 0;
	for (size_t i = 0; !r->looked && i < sizeof words / sizeof *words; i++)
		r->says |= has_word(r->code, words[i]);
	r->looked = 1;
	return r->says;
}

static int is_left_unsaid(struct judging *j, const struct target_note *note)
{
	size_t at = j->begin + note->given_at;

	if (note->given_n == 0)
		return is_here(j->t->host) || takes_more(j) || says_elsewhere(j);
	return has_hole(j, at, note->given_n) && !names_file(j, at, note->given_n);
}

/* ---- saying it ------------------------------------------------------------------------------- */

static const char *id_of(const struct target_note *note)
{
	return note->old ? "version-old" : target_note_id(note->kind);
}

static void say(struct judging *j, const struct target_note *note)
{
	size_t at = j->begin + note->given_at, n = note->given_n;
	struct lint_hit hit = {
		.id = id_of(note),
		.client = j->t->client,
		.edit = j->mended.edit,
		.edits = j->mended.n,
	};

	if (n == 0) {
		at = j->begin;
		n = j->end - j->begin;
	}
	hit.at = j->m->from[at];
	hit.n = j->m->to[at + n - 1] - hit.at;
	lint_say(j->r, &hit, "%s", note->sentence);
}

void lint_judge(struct lint_reading *r, size_t a, size_t b)
{
	struct judging j = { .r = r, .m = r->made, .begin = a, .end = b };
	struct target t;
	struct err e;

	if (b <= a)
		return;
	lint_settled(r);
	if (target_parse(&t, span_of(r->made->p + a, b - a), &e) < 0)
		return;
	j.t = &t;
	if (t.notes)
		lint_mend(
		    r->made, a, b, &t, r->language->id == LINT_XML ? "&amp;" : "&", &j.mended);
	for (size_t i = 0; i < t.notes; i++)
		if (!is_left_unsaid(&j, &t.note[i]))
			say(&j, &t.note[i]);
	target_free(&t);
}
