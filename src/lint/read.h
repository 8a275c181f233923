/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a file, inside: what the rules share. A rule is a function of the table in lint.c that
 * looks through a reading and says what it finds there. Places are offsets in the file; text, code
 * and bare are of one length, so a place is the same in each.
 */
#ifndef LINT_READ_H
#define LINT_READ_H

#include "lint/lint.h"

enum lint_tongue {
	LINT_PLAIN, /* a document, or not known */
	LINT_SHELL,
	LINT_PYTHON,
	LINT_RUBY,
	LINT_JS,   /* and TypeScript */
	LINT_JAVA, /* Kotlin, Scala, Groovy */
	LINT_GO,
	LINT_PHP,
	LINT_CSHARP,
	LINT_C, /* and C++ */
	LINT_RUST,
	LINT_PERL,
	LINT_SQL,
	LINT_XML,
	LINT_YAML,
	LINT_JSON,
	LINT_TOML,
	LINT_ENV,     /* KEY=VALUE; also properties */
	LINT_OPTIONS, /* my.cnf: [group], option=value */
	LINT_DOCKER,
	LINT_PRISMA,
	LINT_TONGUES
};

/* One row a language, in language.c. */
struct lint_language {
	enum lint_tongue id;
	const char *names;       /* endings of files (".py") and whole names ("Dockerfile") */
	const char *marks;       /* what a text of it has in it, where the name does not tell */
	const char *hides;       /* marks of a comment that goes to the line's end */
	const char *opens;       /* mark that begins a comment of several lines, or NULL */
	const char *closes;      /* and the one that ends it */
	const char *quotes;      /* what strings stand between */
	const char *long_quotes; /* those of them that go over lines */
	int triple;              /* three quotes begin a string that goes over lines */
	int spaced;  /* a comment's mark counts at a line's start or behind a blank alone */
	int program; /* strings are literals, and what stands between them expressions */
};

/* A string: what stands between its quotes, which are one byte, or three. */
struct lint_literal {
	uint32_t at, n;
	char quote;
};

struct lint_made;

struct lint_reading {
	struct span text; /* the file */
	struct span code; /* comments are blanks */
	struct span bare; /* what stands in strings is blanks as well */
	const struct lint_language *language;
	const struct lint_literal *literal; /* by their places */
	size_t literals;
	int looked, says; /* for judge.c: whether options of TLS stand elsewhere in the file */
	struct lint_made *made; /* for lint/made.h: room for one at a time */
	struct lint *out;
};

/* Bytes of the file, all in one line, that are to be others. */
struct lint_edit {
	size_t at, n;
	const char *put;
};

/* What is found: static words, a place, and what the line becomes. */
struct lint_hit {
	const char *id, *client;
	size_t at, n;
	/* Edits of one line; none: the sentence alone says what to write. By their places. */
	const struct lint_edit *edit;
	size_t edits;
};

/* A finding; one in the same line with the same id is dropped. fmt: for a person, from _(). */
void lint_say(struct lint_reading *r, const struct lint_hit *hit, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* A setting was understood, good or bad. */
void lint_settled(struct lint_reading *r);

/* The literal that holds the place, or NULL. */
const struct lint_literal *lint_literal_at(const struct lint_reading *r, size_t at);

/* The byte of the code there; 0: behind its end. */
int lint_byte(const struct lint_reading *r, size_t i);

/* Where the line of the code ends that i is in: at its '\n', or at the end of all. */
size_t lint_line_end(const struct lint_reading *r, size_t i);

/* ---- language.c ---- */

/* The language of a text, by its file's name or by what is in it. Never NULL. */
const struct lint_language *lint_language_of(const char *name, struct span text);

/*
 * Fills code and bare, which have room for r->text.n bytes each, and the list of strings, which the
 * caller frees. -1: no memory.
 */
int lint_language_split(
    struct lint_reading *r, uint8_t *code, uint8_t *bare, struct lint_literal **literal);

/* ---- mask.c ---- */

/* The line of n bytes with "***" in place of what is or sounds like a password; owned, or NULL. */
char *lint_mask(const char *line, size_t n);

/* ---- the rules: the table in lint.c ---- */

void lint_targets(struct lint_reading *r);  /* URLs and DSNs */
void lint_commands(struct lint_reading *r); /* command lines */
void lint_options(struct lint_reading *r);  /* option files: my.cnf */
void lint_pairs(struct lint_reading *r);    /* names with a value */
void lint_dotnet(struct lint_reading *r);   /* connection strings of .NET */
void lint_calls(struct lint_reading *r);    /* calls that connect, and their settings */
void lint_idioms(struct lint_reading *r);   /* words of a program that switch TLS off */
void lint_blocks(struct lint_reading *r);   /* settings that stand together, a line each */
void lint_web(struct lint_reading *r);      /* DynamoDB over HTTP, and its tools */

#endif
