/* SPDX-License-Identifier: Apache-2.0 */
/* Names and versions as people write them, made comparable. */
#ifndef KNOW_WORDS_H
#define KNOW_WORDS_H

#include <stddef.h>

#define KNOW_TEXT  512
#define KNOW_PARTS 6

/*
 * The text in lower case, with one blank between words: letters (also + and #), or numbers with
 * their dots. "jdk1.8.0_181" is "jdk 1.8.0.181". What does not fit is dropped.
 */
void know_words_fold(char out[KNOW_TEXT], const char *text);

/* How many bytes of folded text its first word has. */
size_t know_words_length(const char *text);

/* The next word; "" at the end. */
const char *know_words_next(const char *text);

/*
 * How many bytes of folded text the longest of names (", " between them) takes that it begins with;
 * 0: it begins with none.
 */
size_t know_words_begin(const char *text, const char *names);

/* How far folded text, up to its first number, is from the nearest of names (opt_distance). */
size_t know_words_distance(const char *text, const char *names);

/* The nearest of some names to a folded text, for "did you mean". */
struct know_near {
	const char *name; /* NULL: none is near */
	size_t least;
};

/* For a text of that name: it may be a third of its letters off. */
struct know_near know_near_to(const char *text);

/* Offers a name, by what it is called: names, ", " between. */
void know_near_try(struct know_near *near, const char *text, const char *name, const char *names);

/* A version's numbers. */
struct know_version {
	unsigned part[KNOW_PARTS];
	size_t n; /* 0: none is given */
};

/*
 * Reads the version that folded text begins with; what is behind it does not matter. java:
 * "1.5.0.2" and "5 update 2" are one version. n is 0 if there is none.
 */
void know_version_read(struct know_version *v, const char *text, int java);

/* As strcmp; parts that one does not have are zero. */
int know_version_compare(const struct know_version *a, const struct know_version *b);

/* The same, only as exactly as b is given: 7.9 is 7. */
int know_version_within(const struct know_version *a, const struct know_version *b);

/* Whether a, given less exactly, may be b and may be older: 5 of 5 update 2. */
int know_version_open(const struct know_version *a, const struct know_version *b);

#endif
