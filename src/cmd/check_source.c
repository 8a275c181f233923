/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/check_source.h"

#include "base/i18n.h"
#include "target/target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PIECE (2 * TARGET_TEXT) /* of a longer one the rest is left out, and it is no target */

struct check_source {
	char *const *words;
	size_t n, at;
	FILE *file;
	char room[BUFSIZ]; /* the file's: there may be passwords in it */
	struct buf piece;  /* a line, and those in which it is continued */
	struct span rest;  /* of it */
	struct target_line line;
};

/* A folder can be opened, and has no line. */
static FILE *open_file(const char *path, struct err *e)
{
	FILE *f = fopen(path, "re");
	struct stat st;

	if (f && fstat(fileno(f), &st) == 0 && S_ISDIR(st.st_mode)) {
		(void)err_set(
		    e, ERR_USER, _("%s is a directory; name a file with one target a line"), path);
		(void)fclose(f);
		return NULL;
	}
	if (!f)
		(void)err_sys(e, _("read %s"), path);
	return f;
}

struct check_source *check_source_open(
    char *const *words, size_t n, const char *file, struct err *e)
{
	struct check_source *s = calloc(1, sizeof *s);

	if (!s) {
		(void)err_set(e, ERR_SYS, _("no memory"));
		return NULL;
	}
	*s = (struct check_source) { .words = words, .n = n, .piece = buf_new(PIECE) };
	if (file) {
		s->file = open_file(strcmp(file, "-") == 0 ? "/dev/stdin" : file, e);
		if (!s->file) {
			free(s);
			return NULL;
		}
		(void)setvbuf(s->file, s->room, _IOFBF, sizeof s->room);
	}
	return s;
}

void check_source_close(struct check_source *s)
{
	if (!s)
		return;
	if (s->file)
		(void)fclose(s->file);
	explicit_bzero(s->room, sizeof s->room);
	buf_wipe(&s->piece);
	free(s);
}

/* One line with its end. 0: there is none. */
static int take_line(struct check_source *s)
{
	int c = 0, any = 0;

	while (c != '\n' && (c = getc(s->file)) != EOF) {
		char byte = (char)c;

		(void)buf_add(&s->piece, &byte, 1);
		any = 1;
	}
	return any;
}

/* As target_list sees it. */
static int goes_on(const struct buf *b)
{
	size_t n = b->n;

	while (n > 0 && strchr(" \t\r\n", b->p[n - 1]))
		n--;
	return n > 0 && b->p[n - 1] == '\\';
}

static int take_piece(struct check_source *s)
{
	buf_wipe(&s->piece);
	if (!s->file || !take_line(s))
		return 0;
	while (goes_on(&s->piece) && take_line(s))
		continue;
	s->rest = span_of(s->piece.p, s->piece.n);
	return 1;
}

int check_source_next(struct check_source *s, struct buf *text, size_t *number)
{
	*number = 0;
	if (s->at < s->n) {
		const char *word = s->words[s->at++];

		return buf_add(text, word, strlen(word)) == 0;
	}
	while (!target_list(&s->rest, &s->line))
		if (!take_piece(s))
			return 0;
	*number = s->line.number;
	return buf_add(text, s->line.text.p, s->line.text.n) == 0;
}

size_t check_source_count(char *const *words, size_t n, const char *file)
{
	struct check_source *s;
	struct err e = { 0 };
	struct stat st;
	size_t all = 0, number;
	struct buf text = buf_new(PIECE);

	/* What is read once alone can't be counted first. */
	if (file && (stat(file, &st) < 0 || !S_ISREG(st.st_mode)))
		return 0;
	s = check_source_open(words, n, file, &e);
	while (s && check_source_next(s, &text, &number)) {
		buf_wipe(&text);
		all++;
	}
	check_source_close(s);
	return all;
}
