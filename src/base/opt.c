/* SPDX-License-Identifier: Apache-2.0 */
#include "base/opt.h"

#include "base/columns.h"
#include "base/i18n.h"

#include <stdio.h>
#include <string.h>

size_t opt_distance(const char *a, const char *b)
{
	size_t row[32];
	size_t na = strnlen(a, 31), nb = strnlen(b, 31);

	for (size_t j = 0; j <= nb; j++)
		row[j] = j;
	for (size_t i = 1; i <= na; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= nb; j++) {
			size_t swap = diagonal + (a[i - 1] != b[j - 1]);
			size_t best = row[j] + 1 < row[j - 1] + 1 ? row[j] + 1 : row[j - 1] + 1;

			diagonal = row[j];
			row[j] = swap < best ? swap : best;
		}
	}
	return row[nb];
}

const char *opt_nearest(const char *typed, const void *words, size_t width)
{
	const char *best = NULL;
	size_t least = strlen(typed) / 2 + 1;

	for (const char *at = words;; at += width) {
		const char *word;
		size_t d;

		memcpy(&word, at, sizeof word);
		if (!word)
			return best;
		d = opt_distance(typed, word);
		if (d < least) {
			least = d;
			best = word;
		}
	}
}

/* The row that a word names: --name, --name=VALUE (then *value is VALUE), or -c. NULL: none. */
static const struct opt *row_of(const struct opt *table, const char *word, const char **value)
{
	const char *equals = strchr(word, '=');
	size_t n = equals ? (size_t)(equals - word) : strlen(word);
	int is_long = strncmp(word, "--", 2) == 0;

	*value = equals ? equals + 1 : NULL;
	for (; table->name; table++) {
		if (is_long && strlen(table->name) == n - 2 &&
		    strncmp(table->name, word + 2, n - 2) == 0)
			return table;
		if (word[0] == '-' && word[1] && word[1] == table->letter && !word[2])
			return table;
	}
	return NULL;
}

int opt_unknown(const struct opt_words *w, const char *typed, struct err *e)
{
	const char *dashes = strncmp(typed, "--", 2) == 0 ? "--" : "";
	const char *near = opt_nearest(typed + strlen(dashes), w->words, w->width);

	if (near)
		return err_set(e, ERR_USER, _("there is no \"%s\"; did you mean \"%s%s\"?"), typed,
		    dashes, near);
	return err_set(e, ERR_USER, _("there is no \"%s\"; %s"), typed, w->listed);
}

int opt_take(const struct opt *o, const char *value, struct err *e)
{
	if (o->check && o->check(value, e) < 0)
		return -1;
	if (o->text) {
		*o->text = value;
		return 0;
	}
	if (o->list->n == OPT_LIST_MAX)
		return err_set(
		    e, ERR_USER, _("\"%s\" is given more than %d times"), o->name, OPT_LIST_MAX);
	o->list->v[o->list->n++] = value;
	return 0;
}

/* Words that begin as an option and are none: "-" alone, and numbers below zero. */
static int is_plain(const char *word)
{
	return word[0] != '-' || word[1] == '\0' || (word[1] >= '0' && word[1] <= '9');
}

/* Of "-psecret" the letter alone is named: what is behind it may be a password. */
static int no_such_letter(const struct opt *table, const char *word, struct err *e)
{
	int n = 1;

	while ((word[1 + n] & 0xC0) == 0x80) /* the rest of a letter in UTF-8 */
		n++;
	for (; table->name; table++)
		if (word[1] == table->letter)
			return err_set(e, ERR_USER, _("-%c stands alone, as a word of its own%s"),
			    table->letter, table->arg ? _(", and its value is the next") : "");
	return err_set(e, ERR_USER,
	    _("there is no option -%.*s; --help lists them, and behind -- no word is an option"), n,
	    word + 1);
}

char *opt_word(char **at)
{
	char *word = *at + strspn(*at, " \t");
	size_t n = strcspn(word, " \t");

	if (n == 0)
		return NULL;
	*at = word + n + (word[n] != '\0');
	word[n] = '\0';
	return word;
}

int opt_parse(const struct opt *table, int *argc, char **argv, struct err *e)
{
	const struct opt_words known = { table, sizeof *table, _("--help lists them") };
	int left = 1;
	int i;

	for (i = 1; i < *argc; i++) {
		const char *value;
		const struct opt *o = row_of(table, argv[i], &value);

		if (strcmp(argv[i], "--") == 0) {
			i++;
			break;
		}
		if (!o && strncmp(argv[i], "--", 2) == 0)
			return opt_unknown(&known, argv[i], e);
		if (!o && !is_plain(argv[i]))
			return no_such_letter(table, argv[i], e);
		if (!o) {
			argv[left++] = argv[i];
			continue;
		}
		if (o->flag) {
			if (value)
				return err_set(e, ERR_USER, _("--%s takes no value"), o->name);
			*o->flag = 1;
			continue;
		}
		if (!value && i + 1 == *argc)
			return err_set(e, ERR_USER, _("--%s needs a value: --%s %s"), o->name,
			    o->name, o->arg);
		if (opt_take(o, value ? value : argv[++i], e) < 0)
			return -1;
	}
	while (i < *argc)
		argv[left++] = argv[i++];
	argv[left] = NULL;
	*argc = left;
	return 0;
}

void opt_print(const struct opt *table)
{
	for (; table->name; table++) {
		char head[48];

		char letter[] = { '-', table->letter, ',', ' ', '\0' };

		(void)snprintf(head, sizeof head, "%s--%s%s%s", table->letter ? letter : "",
		    table->name, table->arg ? " " : "", table->arg ? table->arg : "");
		printf("  %s%*s %s\n", head, columns_left(head, 22), "", _(table->help));
	}
}
