/* SPDX-License-Identifier: Apache-2.0 */
#include "pages/mdoc.h"

#include "base/i18n.h"

#include <stdio.h>
#include <string.h>

#define WIDTH 76 /* of a line of the source: mandoc wants 80 bytes at most */
/* Pages are made anew by each build, and are to be the same if the rows are. */
#define DATE "November 22, 2026"

/* Bytes that mdoc, or roff, would read as something else. */
static const struct {
	char byte;
	const char *escaped;
} escapes[] = {
	{ '\\', "\\e" },
	{ '-', "\\-" },
	{ '~', "\\(ti" },
	{ '^', "\\(ha" },
	{ '`', "\\(ga" },
	{ '\'', "\\(aq" },
	{ '"', "\\(dq" },
	{ 0, NULL },
};

static const char *escape_of(char byte)
{
	for (size_t i = 0; escapes[i].byte; i++)
		if (escapes[i].byte == byte)
			return escapes[i].escaped;
	return NULL;
}

/* A section or an item has just begun: what stands first in it is no paragraph of its own. */
static int begun;

/* What looks like a function, "proxy()", would be marked as one. */
static const char *escape_at(const char *text)
{
	return strncmp(text, "()", 2) == 0 ? "(\\&" : escape_of(*text);
}

static size_t put(const char *text, size_t n)
{
	size_t written = 0;

	for (size_t i = 0; i < n; i++) {
		const char *escaped = escape_at(text + i);

		if (escaped)
			(void)fputs(escaped, stdout);
		else
			(void)putchar(text[i]);
		written += escaped ? strlen(escaped) : 1;
	}
	return written;
}

/* In a macro's arguments: one argument, and no macro even if it is called as one is. */
static void put_argument(const char *text)
{
	(void)fputs("\"\\&", stdout);
	(void)put(text, strlen(text));
	(void)fputs("\\&\"", stdout);
}

void mdoc_page(const char *title, const char *name, const char *what)
{
	(void)printf(".\\\" SPDX-License-Identifier: Apache-2.0\n"
		     ".\\\" Made from the rows of tables: src/pages/.\n"
		     ".Dd %s\n.Dt %s 7\n.Os\n.Sh NAME\n.Nm %s\n.Nd %s\n.Sh DESCRIPTION\n",
	    DATE, title, name, _(what));
	begun = 1;
}

void mdoc_section(const char *title)
{
	(void)printf(".Sh %s\n", title);
	begun = 1;
}

void mdoc_subsection(const char *title)
{
	(void)fputs(".Ss ", stdout);
	put_argument(title);
	(void)putchar('\n');
	begun = 1;
}

static int ends_sentence(const char *word, size_t n)
{
	while (n > 0 && strchr(")\"'", word[n - 1]))
		n--;
	return n > 0 && strchr(".!?", word[n - 1]) != NULL;
}

/* "https://…/;" as a link, and what stands behind it as punctuation. */
static void put_link(const char *word, size_t n)
{
	size_t end = n;

	while (end > 0 && strchr(".,;:)", word[end - 1]))
		end--;
	(void)printf(".Lk %.*s", (int)end, word);
	for (size_t i = end; i < n; i++)
		(void)printf(" %c", word[i]);
	(void)putchar('\n');
}

void mdoc_text(const char *text)
{
	size_t at = 0; /* bytes in the line */

	begun = 0;
	while (*text) {
		size_t n = strcspn(text, " \n");
		int link = strncmp(text, "https://", 8) == 0;

		if (at > 0 && (link || at + n + 1 > WIDTH)) {
			(void)putchar('\n');
			at = 0;
		}
		if (link) {
			put_link(text, n);
		} else {
			if (at > 0)
				(void)putchar(' ');
			if (at == 0 && strchr(".'", *text))
				at += (size_t)printf("\\&");
			at += put(text, n) + 1;
		}
		if (at > 0 && ends_sentence(text, n)) {
			(void)putchar('\n');
			at = 0;
		}
		text += n;
		text += strspn(text, " \n");
	}
	if (at > 0)
		(void)putchar('\n');
}

void mdoc_paragraph(const char *text)
{
	if (!*text)
		return;
	if (!begun)
		(void)puts(".Pp");
	mdoc_text(text);
}

void mdoc_list(void)
{
	(void)puts(".Bl -tag -width Ds");
}

void mdoc_item(const char *head)
{
	(void)fputs(".It Sy ", stdout);
	put_argument(head);
	(void)putchar('\n');
	begun = 1;
}

void mdoc_list_end(void)
{
	(void)puts(".El");
}

void mdoc_literal(const char *lines)
{
	(void)puts(".Bd -literal -offset indent");
	begun = 0;
	while (*lines) {
		size_t n = strcspn(lines, "\n");

		if (strchr(".'", *lines))
			(void)fputs("\\&", stdout);
		(void)put(lines, n);
		(void)putchar('\n');
		lines += n + (lines[n] == '\n');
	}
	(void)puts(".Ed");
}

void mdoc_see_also(const char *self, const char *const *pages)
{
	mdoc_section("SEE ALSO");
	(void)printf(".Xr dbtls 1");
	for (; *pages; pages++)
		if (strcmp(*pages, self) != 0)
			(void)printf(" ,\n.Xr %s 7", *pages);
	(void)putchar('\n');
}
