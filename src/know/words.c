/* SPDX-License-Identifier: Apache-2.0 */
#include "know/words.h"

#include "base/opt.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PART_MAX 100000000 /* of a version's number; a date of eight digits fits */

/* ---- words ----------------------------------------------------------------------------------- */

enum letter { BLANK, LETTER, DIGIT };

static enum letter kind_of(char c)
{
	if (isdigit((unsigned char)c))
		return DIGIT;
	return isalpha((unsigned char)c) || c == '+' || c == '#' ? LETTER : BLANK;
}

void know_words_fold(char out[KNOW_TEXT], const char *text)
{
	enum letter last = BLANK;
	size_t n = 0;

	for (; *text && n + 3 < KNOW_TEXT; text++) {
		enum letter kind = kind_of(*text);

		if (last == DIGIT && (*text == '.' || *text == '_') && kind_of(text[1]) == DIGIT) {
			out[n++] = '.';
			continue;
		}
		if (n > 0 && out[n - 1] != ' ' && out[n - 1] != '.' && kind != last)
			out[n++] = ' ';
		if (kind != BLANK)
			out[n++] = (char)tolower((unsigned char)*text);
		last = kind;
	}
	while (n > 0 && out[n - 1] == ' ')
		n--;
	out[n] = '\0';
}

size_t know_words_length(const char *text)
{
	return strcspn(text, " ");
}

const char *know_words_next(const char *text)
{
	text += know_words_length(text);
	return text + strspn(text, " ");
}

/* The next of names, folded, into out; returns what is behind it, NULL at the end. */
static const char *next_name(const char *names, char out[KNOW_TEXT])
{
	char one[KNOW_TEXT];
	size_t n = strcspn(names, ",");

	if (*names == '\0')
		return NULL;
	(void)snprintf(one, sizeof one, "%.*s", (int)n, names);
	know_words_fold(out, one);
	names += n;
	return names + strspn(names, ", ");
}

/* Most names are told apart by their first letter, before they are folded. */
static int may_begin(const char *text, const char *name)
{
	while (*name && kind_of(*name) == BLANK)
		name++;
	return tolower((unsigned char)*name) == *text;
}

size_t know_words_begin(const char *text, const char *names)
{
	char name[KNOW_TEXT];
	size_t best = 0;

	while (*names) {
		size_t n;

		if (!may_begin(text, names)) {
			names += strcspn(names, ",");
			names += strspn(names, ", ");
			continue;
		}
		names = next_name(names, name);
		n = strlen(name);
		if (n > best && strncmp(text, name, n) == 0 && (text[n] == ' ' || text[n] == '\0'))
			best = n;
	}
	return best;
}

size_t know_words_distance(const char *text, const char *names)
{
	char first[KNOW_TEXT], name[KNOW_TEXT];
	size_t n = strcspn(text, "0123456789"), best = KNOW_TEXT;

	while (n > 0 && text[n - 1] == ' ')
		n--;
	(void)snprintf(first, sizeof first, "%.*s", (int)n, text);
	while ((names = next_name(names, name))) {
		size_t d = opt_distance(first, name);

		best = d < best ? d : best;
	}
	return best;
}

struct know_near know_near_to(const char *text)
{
	return (struct know_near) { .least = strcspn(text, "0123456789") / 3 + 1 };
}

void know_near_try(struct know_near *near, const char *text, const char *name, const char *names)
{
	size_t d = know_words_distance(text, names);

	if (d >= near->least)
		return;
	near->least = d;
	near->name = name;
}

/* ---- versions -------------------------------------------------------------------------------- */

static const char *read_numbers(struct know_version *v, const char *text)
{
	while (isdigit((unsigned char)*text) && v->n < KNOW_PARTS) {
		char *end;
		unsigned long part = strtoul(text, &end, 10);

		v->part[v->n++] = part < PART_MAX ? (unsigned)part : PART_MAX;
		text = end + (*end == '.');
	}
	return text + strspn(text, " ");
}

/* "1.5" was to be called 5, with the update behind the third number. */
static void read_java(struct know_version *v, const char *rest)
{
	size_t update = know_words_begin(rest, "update, u");

	if (v->n > 1 && v->part[0] == 1 && v->part[1] >= 5)
		memmove(v->part, v->part + 1, --v->n * sizeof *v->part);
	if (!update || v->n == 0)
		return;
	while (v->n < 2)
		v->part[v->n++] = 0;
	(void)read_numbers(v, know_words_next(rest));
}

void know_version_read(struct know_version *v, const char *text, int java)
{
	const char *rest;

	*v = (struct know_version) { 0 };
	rest = read_numbers(v, text);
	if (java)
		read_java(v, rest);
}

static int compare(const struct know_version *a, const struct know_version *b, size_t parts)
{
	for (size_t i = 0; i < parts; i++) {
		unsigned x = i < a->n ? a->part[i] : 0, y = i < b->n ? b->part[i] : 0;

		if (x != y)
			return x < y ? -1 : 1;
	}
	return 0;
}

int know_version_compare(const struct know_version *a, const struct know_version *b)
{
	return compare(a, b, KNOW_PARTS);
}

int know_version_within(const struct know_version *a, const struct know_version *b)
{
	return compare(a, b, b->n);
}

int know_version_open(const struct know_version *a, const struct know_version *b)
{
	return a->n > 0 && compare(a, b, a->n) == 0 && know_version_compare(a, b) < 0;
}
