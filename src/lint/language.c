/* SPDX-License-Identifier: Apache-2.0 */
/* Which language a file is in, what of it is comment, and where its strings are. */
#include "lint/read.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LOOK   65536 /* bytes of a text that tell its language */
#define ENOUGH 2     /* marks that it must have at least */

#define C_LIKE .hides = "//", .opens = "/*", .closes = "*/"
#define HASH   .hides = "#", .spaced = 1

/*
 * Names and marks are words between blanks. In a mark '~' stands for a blank, and one with '!'
 * before it will do alone. Of languages with as many marks the first counts.
 */
static const struct lint_language languages[] = {
	{ LINT_PYTHON, .names = ".py .pyw .pyi .ipynb", .hides = "#", .quotes = "\"'", .triple = 1,
	    .program = 1,
	    .marks = "import def print( self. None True False !#!/usr/bin/env~python" },
	{ LINT_RUBY, .names = ".rb .rake .gemspec .ru Gemfile Rakefile", .hides = "#",
	    .opens = "\n=begin", .closes = "\n=end", .quotes = "\"'", .program = 1,
	    .marks = "require~' .new( puts ENV.fetch end\n !Mysql2 nil" },
	{ LINT_JS, .names = ".js .mjs .cjs .ts .mts .cts .tsx .jsx .vue .svelte", C_LIKE,
	    .quotes = "\"'`", .long_quotes = "`", .program = 1,
	    .marks = "const~ require( => await function import~{ process.env ===" },
	{ LINT_JAVA, .names = ".java .kt .kts .scala .groovy .gradle .sc Jenkinsfile", C_LIKE,
	    .quotes = "\"'", .triple = 1, .program = 1,
	    .marks =
		"public~class import~java String~ !DriverManager setProperty private~ val~ new~" },
	{ LINT_GO, .names = ".go", C_LIKE, .quotes = "\"`'", .long_quotes = "`", .program = 1,
	    .marks = "package~ func := !sql.Open import~( &tls. err~!=~nil" },
	{ LINT_PHP, .names = ".php .phtml .inc", .hides = "// #", .opens = "/*", .closes = "*/",
	    .quotes = "\"'", .long_quotes = "\"'", .program = 1,
	    .marks = "!<?php $this-> array( function~ PDO:: mysqli ->" },
	{ LINT_CSHARP, .names = ".cs .fs .vb .csx", C_LIKE, .quotes = "\"'", .triple = 1,
	    .program = 1, .marks = "using~System namespace~ var~ new~MySqlConnection await~" },
	{ LINT_C, .names = ".c .h .cc .cpp .cxx .hpp .hh .m .mm .swift .dart", C_LIKE,
	    .quotes = "\"'", .program = 1, .marks = "#include int~main mysql_ NULL std:: ->" },
	{ LINT_RUST, .names = ".rs", C_LIKE, .quotes = "\"", .long_quotes = "\"", .program = 1,
	    .marks = "fn~ let~ use~ :: unwrap() &str" },
	{ LINT_PERL, .names = ".pl .pm .t", .hides = "#", .spaced = 1, .quotes = "\"'",
	    .program = 1, .marks = "use~strict my~$ DBI->connect =~~ @_" },
	{ LINT_SQL, .names = ".sql .lua", .hides = "--", .opens = "/*", .closes = "*/",
	    .quotes = "\"'", .marks = "CREATE~USER GRANT~ ALTER~USER CREATE~TABLE" },
	{ LINT_XML, .names = ".xml .xsd .html .htm .config .csproj .plist .jsp", .opens = "<!--",
	    .closes = "-->", .quotes = "\"'", .marks = "!<?xml </ /> xmlns" },
	{ LINT_OPTIONS, .names = ".cnf .cnf.j2 my.ini .my.cnf my.cnf", .hides = "# ;", .spaced = 1,
	    .quotes = "\"'",
	    .marks =
		"![client ![mysql] ![mysqld] ![mariadb] ![mysqldump] ![mysqld_safe] ![mariadbd] "
		"![mariadb-client]" },
	{ LINT_DOCKER, .names = "Dockerfile Containerfile .dockerfile", HASH, .quotes = "\"'",
	    .marks = "FROM~ RUN~ CMD~ ENTRYPOINT~ ENV~" },
	{ LINT_PRISMA, .names = ".prisma", .hides = "//", .quotes = "\"",
	    .marks = "!datasource~ generator~ provider~ model~" },
	{ LINT_YAML, .names = ".yml .yaml .yml.j2 .yaml.tpl", HASH, .quotes = "\"'",
	    .marks = "!apiVersion: services: environment: !adapter: image: spec: --- name:~" },
	{ LINT_TOML, .names = ".toml", .hides = "#", .quotes = "\"'", .triple = 1,
	    .marks = "[[ [dependencies] [database]" },
	{ LINT_JSON, .names = ".json .json5 .jsonc .tfvars.json", .hides = "//", .quotes = "\"",
	    .marks = "{\n \":~ }, ]," },
	/* In these a '#' behind something belongs to a value, or to a password. */
	{ LINT_ENV,
	    .names = ".env .properties .ini .conf .cfg .envrc .netrc .service config credentials",
	    HASH, .quotes = "\"'", .marks = "export~ !DATABASE_URL= _PASSWORD= spring. _HOST=" },
	{ LINT_SHELL,
	    .names = ".sh .bash .zsh .ksh .fish .ps1 .tf .hcl .mk Makefile crontab .bashrc "
		     ".profile .zshrc .cron",
	    HASH, .quotes = "\"'",
	    .marks = "!#!/bin/sh !#!/bin/bash !#!/usr/bin/env~bash fi\n done\n then\n !mysql~-" },
	{ LINT_PLAIN, .names = ".md .markdown .rst .adoc .org .log", .opens = "<!--",
	    .closes = "-->", .quotes = "\"'`", .spaced = 1 },
};

#define LANGUAGES (sizeof languages / sizeof *languages)

/* ---- which language -------------------------------------------------------------------------- */

static int ends_with(const char *name, const char *end, size_t n)
{
	size_t all = strlen(name);

	return all >= n && strncasecmp(name + all - n, end, n) == 0;
}

/* A word without a dot in front is the whole name, or its beginning before a dot. */
static int is_named(const char *name, const char *word, size_t n)
{
	if (*word == '.')
		return ends_with(name, word, n);
	return strncmp(name, word, n) == 0 && (!name[n] || name[n] == '.');
}

static int has_name(const char *names, const char *name)
{
	while (names && *names) {
		size_t n = strcspn(names, " ");

		if (is_named(name, names, n))
			return 1;
		names += n;
		names += strspn(names, " ");
	}
	return 0;
}

static int has_mark(struct span text, const char *mark, size_t n)
{
	char word[64];

	if (n >= sizeof word || text.n < n)
		return 0;
	for (size_t i = 0; i < n; i++)
		word[i] = mark[i] == '~' ? ' ' : mark[i];
	return memmem(text.p, text.n, word, n) != NULL;
}

static size_t marks_in(const char *marks, struct span text)
{
	size_t count = 0;

	while (marks && *marks) {
		size_t n = strcspn(marks, " "), alone = *marks == '!';

		if (has_mark(text, marks + alone, n - alone))
			count += alone ? ENOUGH : 1;
		marks += n;
		marks += strspn(marks, " ");
	}
	return count;
}

static const struct lint_language *by_text(struct span text)
{
	const struct lint_language *best = &languages[LANGUAGES - 1];
	size_t most = ENOUGH - 1;

	text.n = text.n < LOOK ? text.n : LOOK;
	for (size_t i = 0; i < LANGUAGES; i++) {
		size_t n = marks_in(languages[i].marks, text);

		if (n <= most)
			continue;
		most = n;
		best = &languages[i];
	}
	return best;
}

const struct lint_language *lint_language_of(const char *name, struct span text)
{
	const char *slash = name ? strrchr(name, '/') : NULL;
	const char *base = slash ? slash + 1 : name;

	for (size_t i = 0; base && i < LANGUAGES; i++)
		if (has_name(languages[i].names, base))
			return &languages[i];
	return by_text(text);
}

/* ---- comments and strings -------------------------------------------------------------------- */

struct split {
	const struct lint_language *language;
	struct span text;
	size_t at;
	uint8_t *code, *bare;
	struct lint_literal *literal;
	size_t n, size;
	int failed; /* no memory */
};

static int peek(const struct split *s, size_t i)
{
	return s->at + i < s->text.n ? s->text.p[s->at + i] : 0;
}

static int is_here(const struct split *s, const char *mark, size_t n)
{
	return n && s->text.n - s->at >= n && memcmp(s->text.p + s->at, mark, n) == 0;
}

static int before(const struct split *s)
{
	return s->at ? s->text.p[s->at - 1] : '\n';
}

static void blank(uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isspace(p[i]))
			p[i] = ' ';
}

static size_t line_end(const struct split *s)
{
	const uint8_t *end = memchr(s->text.p + s->at, '\n', s->text.n - s->at);

	return end ? (size_t)(end - s->text.p) : s->text.n;
}

static int hides(const struct split *s)
{
	const char *mark = s->language->hides;

	while (mark && *mark) {
		size_t n = strcspn(mark, " ");

		if (is_here(s, mark, n))
			return !s->language->spaced || isspace(before(s));
		mark += n;
		mark += strspn(mark, " ");
	}
	return 0;
}

/* In documents a line that begins so is a comment of the sample that it stands in. */
static int hides_line(const struct split *s)
{
	return s->language->id == LINT_PLAIN && before(s) == '\n' &&
	       (is_here(s, "# ", 2) || is_here(s, "//", 2) || is_here(s, "-- ", 3));
}

static void skip_comment(struct split *s, size_t end)
{
	blank(s->code + s->at, end - s->at);
	blank(s->bare + s->at, end - s->at);
	s->at = end;
}

static int comment(struct split *s)
{
	const char *open = s->language->opens, *close = s->language->closes;
	const uint8_t *end;

	if (hides(s) || hides_line(s)) {
		skip_comment(s, line_end(s));
		return 1;
	}
	if (!open || !is_here(s, open, strlen(open)))
		return 0;
	end = memmem(s->text.p + s->at + strlen(open), s->text.n - s->at - strlen(open), close,
	    strlen(close));
	skip_comment(s, end ? (size_t)(end - s->text.p) + strlen(close) : s->text.n);
	return 1;
}

static void grow(struct split *s)
{
	size_t size = s->size ? 2 * s->size : 256;
	struct lint_literal *more = reallocarray(s->literal, size, sizeof *more);

	if (!more) {
		s->failed = 1;
		return;
	}
	s->literal = more;
	s->size = size;
}

static void keep(struct split *s, size_t at, size_t n, char quote)
{
	if (s->n == s->size)
		grow(s);
	if (s->failed)
		return;
	s->literal[s->n++] = (struct lint_literal) { (uint32_t)at, (uint32_t)n, quote };
	blank(s->bare + at, n);
}

/* "it's" has no string in it, and f'…' has. */
static int opens_string(const struct split *s)
{
	int c = peek(s, 0), prior = before(s);

	if (!c || !strchr(s->language->quotes, c))
		return 0;
	if (c != '\'' || !isalnum(prior))
		return 1;
	return s->language->id == LINT_PYTHON && strchr("rbfuRBFU", prior) != NULL;
}

static int is_raw(const struct split *s, int quote)
{
	enum lint_tongue id = s->language->id;

	return (quote == '`' && id == LINT_GO) ||
	       (quote == '\'' && (id == LINT_SHELL || id == LINT_YAML || id == LINT_DOCKER));
}

/* A character of C and its like, 'x' or '\n', is no string; of Rust's 'a there is no end. */
static int is_character(const struct split *s)
{
	enum lint_tongue id = s->language->id;

	return peek(s, 0) == '\'' &&
	       (id == LINT_JAVA || id == LINT_GO || id == LINT_CSHARP || id == LINT_C);
}

static void triple(struct split *s)
{
	const char quote[3] = { (char)peek(s, 0), (char)peek(s, 0), (char)peek(s, 0) };
	size_t from = s->at + 3;
	const uint8_t *end = memmem(s->text.p + from, s->text.n - from, quote, 3);
	size_t to = end ? (size_t)(end - s->text.p) : s->text.n;

	keep(s, from, to - from, quote[0]);
	s->at = end ? to + 3 : to;
}

static int is_triple(const struct split *s)
{
	int c = peek(s, 0);

	return s->language->triple && peek(s, 1) == c && peek(s, 2) == c;
}

/* Where the string that begins at s->at ends: at its quote, or at the line's end. */
static size_t string_end(const struct split *s)
{
	int quote = peek(s, 0), raw = is_raw(s, quote);
	int goes_on = s->language->long_quotes && strchr(s->language->long_quotes, quote);
	size_t i = s->at + 1;

	for (; i < s->text.n; i++) {
		int c = s->text.p[i];

		if (c == quote || (c == '\n' && !goes_on))
			break;
		i += c == '\\' && !raw && i + 1 < s->text.n;
	}
	return i < s->text.n ? i : s->text.n;
}

static void string(struct split *s)
{
	int quote = peek(s, 0);
	size_t from = s->at + 1, to;

	if (is_triple(s)) {
		triple(s);
		return;
	}
	to = string_end(s);
	if (is_character(s) && to - from > 2) {
		s->at++;
		return;
	}
	keep(s, from, to - from, (char)quote);
	s->at = to + (to < s->text.n && s->text.p[to] == quote);
}

int lint_language_split(
    struct lint_reading *r, uint8_t *code, uint8_t *bare, struct lint_literal **literal)
{
	struct split s = { .language = r->language, .text = r->text, .code = code, .bare = bare };

	memcpy(code, r->text.p, r->text.n);
	memcpy(bare, r->text.p, r->text.n);
	/* A text without strings has a list as well. */
	grow(&s);
	while (s.at < s.text.n && !s.failed) {
		if (comment(&s))
			continue;
		if (opens_string(&s)) {
			string(&s);
			continue;
		}
		s.at++;
	}
	r->code = span_of(code, r->text.n);
	r->bare = span_of(bare, r->text.n);
	r->literal = *literal = s.literal;
	r->literals = s.n;
	return s.failed ? -1 : 0;
}
