/* SPDX-License-Identifier: Apache-2.0 */
#include "lint/judge.h"

#include "lint/mend.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define HOLE 96

struct judging {
	struct lint_reading *r;
	const struct lint_made *m;
	const struct target *t;
	size_t begin, end; /* in m */
	unsigned manner;
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

/* Its name says that it holds options: $MYSQL_OPTS, "${ssl_args[@]}", "$@". */
static int holds_options(const struct judging *j, size_t i)
{
	static const char *const words[] = { "opt", "arg", "flag", "param", "ssl", "tls", "conn",
		"cred", "auth", "$@", "$*" };
	char name[HOLE];
	size_t n = j->m->to[i] - j->m->from[i];

	n = n < sizeof name - 1 ? n : sizeof name - 1;
	memcpy(name, j->r->text.p + j->m->from[i], n);
	name[n] = '\0';
	for (size_t k = 0; k < sizeof words / sizeof *words; k++)
		if (strcasestr(name, words[k]))
			return 1;
	return 0;
}

static int is_word(const struct judging *j, size_t i)
{
	int before = i > j->begin ? j->m->p[i - 1] : ' ';
	int after = i + 1 < j->end ? j->m->p[i + 1] : ' ';

	return (isspace(before) || before == '"') && (isspace(after) || after == '"');
}

/* Behind "?" or "&", as all that follows the host, or as a word: further options may stand there.
 */
static int takes_more(const struct judging *j)
{
	for (size_t i = j->begin; i < j->end; i++) {
		int before = i > j->begin ? j->m->p[i - 1] : 0;

		if (!j->m->hole[i])
			continue;
		if (j->t->form == TARGET_COMMAND && is_word(j, i) && holds_options(j, i))
			return 1;
		if (j->t->form != TARGET_COMMAND &&
		    (before == '?' || before == '&' || (before == '/' && i + 1 == j->end)) &&
		    (before != '/' || j->m->p[i - 2] == '/'))
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

/* What a sister does not share with the client that it was read as. */
static int is_its_own(const struct judging *j, const struct target_note *note)
{
	return (j->manner & (LINT_SISTER | LINT_LINED)) && !lint_mend_is_tls(note);
}

/* That localhost means the Unix socket: there it needs no TLS. */
static int is_about_socket(const struct target_note *note)
{
	return note->nearest && strcmp(note->nearest, "--protocol=tcp") == 0;
}

static int is_left_unsaid(struct judging *j, const struct target_note *note)
{
	size_t at = j->begin + note->given_at;

	if (is_its_own(j, note) || is_about_socket(note))
		return 1;
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

static void mend(struct judging *j)
{
	enum lint_spelling how = LINT_SPELL_PLAIN;

	if (j->manner & LINT_LISTED)
		return;
	if (j->manner & LINT_LINED)
		how = LINT_SPELL_LINES;
	else if (j->r->language->id == LINT_XML)
		how = LINT_SPELL_XML;
	lint_mend(j->m, j->begin, j->end, j->t, how, &j->mended);
}

void lint_judge(struct lint_reading *r, size_t a, size_t b, unsigned manner)
{
	struct judging j = { .r = r, .m = r->made, .begin = a, .end = b, .manner = manner };
	struct target t;
	struct err e;

	if (b <= a)
		return;
	lint_settled(r);
	if (r->out->n == LINT_FINDINGS)
		return;
	if (target_parse(&t, span_of(r->made->p + a, b - a), &e) < 0)
		return;
	j.t = &t;
	if (t.notes)
		mend(&j);
	for (size_t i = 0; i < t.notes; i++)
		if (!is_left_unsaid(&j, &t.note[i]))
			say(&j, &t.note[i]);
	target_free(&t);
}
