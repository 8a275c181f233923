/* SPDX-License-Identifier: Apache-2.0 */
#include "lint/mend.h"

#include "base/buf.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* ---- what is right --------------------------------------------------------------------------- */

/*
 * One row a client and form: the options that decide how much is verified, which go, and what is
 * written in the place of the first of them, or behind all. Words between blanks.
 */
static const struct goal {
	const char *client;
	enum target_form form;
	const char *drops;
	const char *put;
	const char *file;     /* an option that has to be there as well; NULL: none */
	const char *versions; /* the option that names TLS versions */
} goals[] = {
	{ "java", TARGET_JDBC, "sslMode useSSL requireSSL verifyServerCertificate",
	    "sslMode=VERIFY_IDENTITY", NULL, "tlsVersions enabledTLSProtocols" },
	{ "mariadb-java", TARGET_JDBC,
	    "sslMode useSsl trustServerCertificate disableSslHostnameVerification",
	    "sslMode=verify-full", NULL, "enabledSslProtocolSuites" },
	{ "go", TARGET_GO, "tls allowFallbackToPlaintext", "tls=true", NULL, "" },
	{ "prisma", TARGET_URL, "sslaccept", "sslaccept=strict", NULL, "" },
	{ "node", TARGET_URL, "ssl", "ssl=%7B%22verifyIdentity%22:true%7D", NULL, "" },
	{ "ruby", TARGET_URL, "ssl_mode sslverify", "ssl_mode=verify_identity", "sslca=ca.pem",
	    "" },
	{ "sqlx", TARGET_URL, "ssl-mode", "ssl-mode=VERIFY_IDENTITY", "ssl-ca=ca.pem", "" },
	{ "python", TARGET_URL, "ssl_mode", "ssl_mode=VERIFY_IDENTITY", "ssl_ca=ca.pem", "" },
	{ "pymysql", TARGET_URL,
	    "ssl_verify_cert ssl_verify_identity ssl_disabled ssl_check_hostname", "",
	    "ssl_ca=ca.pem", "" },
	{ "connector-python", TARGET_URL, "ssl_disabled ssl_verify_cert ssl_verify_identity",
	    "ssl_verify_cert=true ssl_verify_identity=true", "ssl_ca=ca.pem", "tls_versions" },
	{ "mysql", TARGET_COMMAND, "ssl-mode ssl", "--ssl-mode=VERIFY_IDENTITY", "--ssl-ca=ca.pem",
	    "tls-version" },
	{ "mariadb", TARGET_COMMAND, "ssl-mode ssl ssl-verify-server-cert",
	    "--ssl-verify-server-cert", "--ssl-ca=ca.pem", "tls-version" },
	{ "mycli", TARGET_COMMAND, "ssl-mode ssl no-ssl ssl-verify-server-cert",
	    "--ssl-mode=on --ssl-verify-server-cert", "--ssl-ca=ca.pem", "tls-version" },
};

static const struct goal *goal_of(const struct target *t)
{
	for (size_t i = 0; t->client && i < sizeof goals / sizeof *goals; i++)
		if (goals[i].form == t->form && strcmp(goals[i].client, t->client) == 0)
			return &goals[i];
	return NULL;
}

/* ---- the options of a text ------------------------------------------------------------------- */

struct item {
	size_t at, n;        /* in the text, its value behind a blank as well */
	size_t name, length; /* its name, without dashes and what turns it off */
};

struct mend {
	const struct lint_made *m;
	const struct target *t;
	const struct goal *goal;
	size_t begin, end;
	struct {
		size_t at, n;
		char *put;
	} change[LINT_EDITS]; /* in the text, by their places */
	size_t n;
	int put; /* the right words have their place */
	enum lint_spelling how;
	struct lint_mended *out;
};

static int is_separator(const struct mend *d, int c)
{
	return d->t->form == TARGET_COMMAND ? isspace(c) : c == '&';
}

/* Where the options begin: behind the "?", or behind the program's name. */
static size_t first(const struct mend *d)
{
	size_t i = d->begin;

	if (d->t->form == TARGET_COMMAND) {
		while (i < d->end && !isspace(d->m->p[i]))
			i++;
		return i;
	}
	while (i < d->end && d->m->p[i] != '?')
		i++;
	return i < d->end ? i + 1 : i;
}

static int is_name(const struct mend *d, const struct item *it, const char *word, size_t n)
{
	if (it->length != n)
		return 0;
	for (size_t i = 0; i < n; i++) {
		int a = tolower(d->m->p[it->name + i]), b = tolower((unsigned char)word[i]);

		if (a != b && !(strchr("-_", a) && strchr("-_", b)))
			return 0;
	}
	return 1;
}

static int is_among(const struct mend *d, const struct item *it, const char *words)
{
	while (*words) {
		size_t n = strcspn(words, " ");

		if (is_name(d, it, words, n))
			return 1;
		words += n;
		words += strspn(words, " ");
	}
	return 0;
}

static void name_item(const struct mend *d, struct item *it)
{
	static const char *const before[] = { "--", "amp;", "loose-", "skip-", "disable-",
		"enable-" };
	size_t end = it->at + it->n;

	it->name = it->at;
	for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
		size_t n = strlen(before[i]);

		if (end - it->name > n && memcmp(d->m->p + it->name, before[i], n) == 0)
			it->name += n;
	}
	it->length = 0;
	while (it->name + it->length < end && d->m->p[it->name + it->length] != '=')
		it->length++;
}

/* The next option from *at on; 1, or 0: there is none. */
static int next(const struct mend *d, size_t *at, struct item *it)
{
	while (*at < d->end && is_separator(d, d->m->p[*at]))
		++*at;
	it->at = *at;
	while (*at < d->end && !is_separator(d, d->m->p[*at]))
		++*at;
	it->n = *at - it->at;
	name_item(d, it);
	return it->n > 0;
}

/* "--ssl-mode REQUIRED" is two words. */
static void take_value(const struct mend *d, size_t *at, struct item *it)
{
	struct item value;
	size_t behind = *at;

	if (d->t->form != TARGET_COMMAND || it->name + it->length < it->at + it->n ||
	    !is_among(d, it, "ssl-mode tls-version") || !next(d, &behind, &value) ||
	    d->m->p[value.at] == '-')
		return;
	it->n = value.at + value.n - it->at;
	*at = behind;
}

/* One that is misspelt, and was meant to be one of those. */
static int was_meant(const struct mend *d, const struct item *it)
{
	char words[320];

	(void)snprintf(words, sizeof words, " %s %s ", d->goal->drops, d->goal->versions);
	for (size_t i = 0; i < d->t->notes; i++) {
		const struct target_note *note = &d->t->note[i];
		char near[64];

		if ((note->kind != TARGET_UNKNOWN && note->kind != TARGET_REFUSED) ||
		    !note->nearest)
			continue;
		(void)snprintf(near, sizeof near, " %s ", note->nearest);
		if (d->begin + note->given_at == it->at && strcasestr(words, near))
			return 1;
	}
	return 0;
}

/* ---- what changes ---------------------------------------------------------------------------- */

static int has_file(const struct mend *d)
{
	return d->t->ca || d->t->ca_folder;
}

/* The words of the goal with what separates options between them. */
static void add_words(char *out, size_t room, const char *words, const char *between)
{
	while (words && *words) {
		size_t n = strcspn(words, " "), used = strlen(out);

		(void)snprintf(
		    out + used, room - used, "%s%.*s", used ? between : "", (int)n, words);
		words += n;
		words += strspn(words, " ");
	}
}

static void change(struct mend *d, size_t at, size_t n, const char *put)
{
	if (d->n == LINT_EDITS)
		return;
	d->change[d->n].at = at;
	d->change[d->n].n = n;
	d->change[d->n].put = d->out->put[d->n];
	(void)snprintf(d->out->put[d->n], sizeof d->out->put[d->n], "%s", put);
	d->n++;
}

static void goal_words(const struct mend *d, char *out, size_t room, const char *between)
{
	*out = '\0';
	add_words(out, room, d->goal->put, between);
	if (!has_file(d))
		add_words(out, room, d->goal->file, between);
}

/* An option that goes takes the separator before it along, or, the first of a query, behind it. */
static void drop(struct mend *d, const struct item *it)
{
	size_t from = it->at, to = it->at + it->n;

	if (from > d->begin && d->m->p[from - 1] != '?')
		from--;
	else if (to < d->end)
		to++;
	change(d, from, to - from, "");
}

static void replace(struct mend *d, const struct item *it, const char *between)
{
	char words[256];

	goal_words(d, words, sizeof words, between);
	if (!d->put && *words)
		change(d, it->at, it->n, words);
	else
		drop(d, it);
	d->put = 1;
}

static void replace_versions(struct mend *d, const struct item *it)
{
	char words[128];

	if (!(d->t->versions & (TARGET_TLS10 | TARGET_TLS11)))
		return;
	(void)snprintf(words, sizeof words, "%.*s=TLSv1.2,TLSv1.3",
	    (int)(it->name + it->length - it->at), (const char *)d->m->p + it->at);
	change(d, it->at, it->n, words);
}

/* Its closing quote is no part of a place. */
static size_t behind_word(const struct mend *d, size_t at)
{
	while (at < d->end && !isspace(d->m->p[at]))
		at++;
	return at;
}

/* Nothing was there that could be replaced: behind the program's name, or at the end. */
static void append(struct mend *d, const char *between)
{
	char words[192], all[256];
	const struct target_note *note = d->t->note;
	size_t from = first(d);

	if (d->how == LINT_SPELL_LINES && note && note->given_n)
		from = behind_word(d, d->begin + note->given_at + note->given_n);
	goal_words(d, words, sizeof words, between);
	if (!*words)
		return;
	if (d->t->form == TARGET_COMMAND) {
		(void)snprintf(all, sizeof all, " %s", words);
		change(d, from, 0, all);
		return;
	}
	(void)snprintf(all, sizeof all, "%s%s",
	    memchr(d->m->p + d->begin, '?', d->end - d->begin) ? (from < d->end ? between : "")
							       : "?",
	    words);
	change(d, d->end, 0, all);
}

static void plan(struct mend *d, const char *between)
{
	struct item it;
	size_t at = first(d);
	int right = d->t->verify == TARGET_FULL && !d->t->falls_back;

	while (next(d, &at, &it)) {
		take_value(d, &at, &it);
		if (is_among(d, &it, d->goal->versions))
			replace_versions(d, &it);
		else if (!right && (is_among(d, &it, d->goal->drops) || was_meant(d, &it)))
			replace(d, &it, between);
		else if (right && was_meant(d, &it))
			drop(d, &it);
	}
	if (!d->put && !right)
		append(d, between);
}

/* ---- whether that will do -------------------------------------------------------------------- */

static int apply(const struct mend *d, struct buf *out)
{
	size_t at = d->begin;

	for (size_t i = 0; i < d->n; i++) {
		if (buf_add(out, d->m->p + at, d->change[i].at - at) < 0 ||
		    buf_add(out, d->change[i].put, strlen(d->change[i].put)) < 0)
			return -1;
		at = d->change[i].at + d->change[i].n;
	}
	return buf_add(out, d->m->p + at, d->end - at);
}

int lint_mend_is_tls(const struct target_note *note)
{
	if (note->kind != TARGET_UNKNOWN && note->kind != TARGET_REFUSED)
		return 1;
	return strcasestr(note->sentence, "ssl") || strcasestr(note->sentence, "tls");
}

static int is_said(const struct target *t)
{
	for (size_t i = 0; i < t->notes; i++)
		if (lint_mend_is_tls(&t->note[i]))
			return 1;
	return 0;
}

static int is_right(const struct mend *d)
{
	struct buf text = buf_new(TARGET_TEXT);
	struct target t;
	struct err e;
	int right = 0;

	if (apply(d, &text) == 0 && target_parse(&t, span_of(text.p, text.n), &e) == 0) {
		right = t.verify == TARGET_FULL && !t.falls_back && !is_said(&t);
		target_free(&t);
	}
	buf_wipe(&text);
	return right;
}

static const char *spelled(enum lint_spelling how, const char **at)
{
	if (how == LINT_SPELL_XML && **at == '&')
		return "&amp;";
	if (how == LINT_SPELL_LINES && **at == ' ')
		return "\n";
	if (how == LINT_SPELL_LINES && strncmp(*at, "--", 2) == 0) {
		++*at;
		return "";
	}
	return NULL;
}

static void spell(char *put, size_t room, enum lint_spelling how)
{
	char copy[256];
	size_t n = 0;

	(void)snprintf(copy, sizeof copy, "%s", put);
	put[0] = '\0';
	for (const char *c = copy; *c && n + 8 < room; c++) {
		const char *other = spelled(how, &c);

		n += (size_t)snprintf(put + n, room - n, other ? "%s" : "%.1s", other ? other : c);
	}
}

/* From the text to the file; between two strings, it belongs to the end of the first. */
static void place(const struct mend *d)
{
	for (size_t i = 0; i < d->n; i++) {
		size_t at = d->change[i].at, n = d->change[i].n;
		struct lint_edit *edit = &d->out->edit[i];

		edit->at = n == 0 && at ? d->m->to[at - 1] : d->m->from[at];
		edit->n = n ? d->m->to[at + n - 1] - edit->at : 0;
		edit->put = d->change[i].put;
	}
	d->out->n = d->n;
}

void lint_mend(const struct lint_made *m, size_t a, size_t b, const struct target *t,
    enum lint_spelling how, struct lint_mended *out)
{
	struct mend d = {
		.m = m, .t = t, .goal = goal_of(t), .begin = a, .end = b, .how = how, .out = out
	};

	out->n = 0;
	if (!d.goal)
		return;
	plan(&d, t->form == TARGET_COMMAND ? " " : "&");
	if (d.n == 0 || !is_right(&d))
		return;
	place(&d);
	for (size_t i = 0; i < out->n; i++)
		spell(out->put[i], sizeof out->put[i], how);
}
