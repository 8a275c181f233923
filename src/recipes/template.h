/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The template of one client, src/recipes/clients/NAME.recipe: text in sections.
 *
 *	#| lines for who reads the template, before the first section
 *	@file NAME FILTER    a file of the project; the first is what `dbtls connect CLIENT` prints
 *	@pkcs12 NAME         a PKCS12 trust store that holds the CA; no content
 *	@setup               shell lines that prepare the project once, run in its folder
 *	@run                 the shell line that connects, run there too; each template has one
 *	@needs               what must be there, in words; each line says one thing
 *	@note                what one should know before trying; each line says one thing
 *
 * Everything up to the next line that starts with @ belongs to a section; empty lines at its end
 * do not. {{NAME}} stands for a value, made safe by the section's filter. A line that begins with
 * {{?NAME}} is there, without that mark, only when NAME has a value.
 */
#ifndef RECIPES_TEMPLATE_H
#define RECIPES_TEMPLATE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

#define TEMPLATE_SECTIONS 32

/* How a value is made safe in its place. Control characters are the caller's to refuse. */
enum template_filter {
	FILTER_TEXT,   /* as it is: for words, and for files that hold no value of the user's */
	FILTER_SINGLE, /* inside '…' of Python, JavaScript, Ruby, PHP: \ and ' get a backslash */
	FILTER_DOUBLE, /* inside "…" of Go, Java, JSON: \ and " get a backslash */
	FILTER_SHELL,  /* as one word of a POSIX shell */
};

enum template_kind {
	SECTION_FILE,
	SECTION_PKCS12,
	SECTION_SETUP,
	SECTION_RUN,
	SECTION_NEEDS,
	SECTION_NOTE,
};

/* Borrowed from the template's text. */
struct template_section {
	enum template_kind kind;
	enum template_filter filter;
	struct span name; /* of a file; never absolute, never with ".." */
	struct span text; /* ends in a newline, unless it is empty */
};

struct template
{
	struct template_section section[TEMPLATE_SECTIONS];
	size_t n;
};

/* A name that templates may use; value NULL: known, but not there. A table ends in a NULL name. */
struct template_value {
	const char *name, *value;
};

/* Reads text (which must outlive *t). -1: the sentence names the line and what is wrong there. */
int template_parse(struct template *t, const char *text, struct err *e);

/* The first section of that kind, or NULL. */
const struct template_section *template_find(const struct template *t, enum template_kind kind);

/*
 * Appends the section's text with values filled in. -1: out is full, or the text asks for what
 * there is no value for.
 */
int template_fill(const struct template_section *s, const struct template_value *values,
    struct buf *out, struct err *e);

/* Takes the next line off *text, without its newline. */
struct span template_line(struct span *text);

/* Appends the text as the filter makes it safe. -1: out is full. */
int template_filter(enum template_filter f, const char *text, size_t n, struct buf *out);

#endif
