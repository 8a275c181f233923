/* SPDX-License-Identifier: Apache-2.0 */
/* Which language the environment asks for, the catalogue, columns, and where lines are broken. */
#include "base/columns.h"
#include "base/language.h"
#include "doctor/wrap.h"

#include "tap.h"

#include <stdlib.h>

/* ---- the environment ------------------------------------------------------------------------- */

static const struct {
	const char *set[3]; /* NAME=VALUE */
	const char *language;
} environments[] = {
	{ { NULL }, "en" },
	{ { "LANG=ja_JP.UTF-8" }, "ja" },
	{ { "LANG=ja_JP.utf8" }, "ja" },
	{ { "LANG=ja_JP.UTF-8@modifier" }, "ja" },
	{ { "LANG=ja.UTF-8" }, "ja" },
	{ { "LANG=ja_JP" }, "en" },
	{ { "LANG=ja_JP.eucJP" }, "en" },
	{ { "LANG=jam_JM.UTF-8" }, "en" },
	{ { "LANG=fr_FR.UTF-8" }, "en" },
	{ { "LANG=fr_FR.UTF-8", "LANGUAGE=fr:ja" }, "ja" },
	{ { "LANG=ja_JP.UTF-8", "LANGUAGE=en" }, "en" },
	{ { "LANG=ja_JP.UTF-8", "LANGUAGE=" }, "ja" },
	{ { "LANG=ja_JP.UTF-8", "LANGUAGE=:de:" }, "en" },
	{ { "LANG=C", "LANGUAGE=ja" }, "en" },
	{ { "LANG=C.UTF-8", "LANGUAGE=ja" }, "en" },
	{ { "LANGUAGE=ja" }, "en" },
	{ { "LANG=ja_JP.UTF-8", "LC_ALL=C" }, "en" },
	{ { "LANG=ja_JP.UTF-8", "LC_ALL=POSIX" }, "en" },
	{ { "LANG=ja_JP.UTF-8", "LC_ALL=" }, "ja" },
	{ { "LANG=C", "LC_ALL=ja_JP.UTF-8" }, "ja" },
	{ { "LANG=ja_JP.UTF-8", "LC_MESSAGES=C" }, "en" },
	{ { "LANG=en_US.UTF-8", "LC_MESSAGES=ja_JP.UTF-8" }, "ja" },
	{ { "LANG=ja_JP.UTF-8", "LC_CTYPE=ja_JP.eucJP" }, "en" },
	{ { "LANG=C", "DBTLS_LANG=ja" }, "ja" },
	{ { "LANG=ja_JP.UTF-8", "DBTLS_LANG=en" }, "en" },
	{ { "LANG=ja_JP.UTF-8", "DBTLS_LANG=xx" }, "ja" },
};

static void forget(void)
{
	static const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LC_CTYPE", "LANG",
		"LANGUAGE", "DBTLS_LANG" };
	struct err e;

	(void)language_choose("en", &e);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		(void)unsetenv(names[i]);
}

static void test_environments(void)
{
	for (size_t i = 0; i < sizeof environments / sizeof *environments; i++) {
		char said[128] = "";

		forget();
		for (size_t k = 0; k < 3 && environments[i].set[k]; k++) {
			const char *set = environments[i].set[k];

			(void)putenv((char *)set);
			(void)snprintf(said + strlen(said), sizeof said - strlen(said), " %s", set);
		}
		language_init();
		is_str(language_name(), environments[i].language, "the language of%s",
		    *said ? said : " nothing");
	}
}

static void test_choice(void)
{
	struct err e = { 0 };

	forget();
	ok(language_choose("ja", &e) == 0 && strcmp(getenv("DBTLS_LANG"), "ja") == 0,
	    "a choice is for what is started as well");
	ok(language_choose("japanese", &e) < 0 && e.kind == ERR_USER, "no language: %s", e.text);
	is_str(language_name(), "ja", "and the choice stays");
	forget();
}

/* ---- the catalogue --------------------------------------------------------------------------- */

static void test_catalogue(void)
{
	struct i18n_row rows[] = { { "two", "二" }, { "%d stores", "ストア %d 個" },
		{ "one", "一" }, { "%d store", "ストア %d 個" } };

	i18n_use(rows, sizeof rows / sizeof *rows);
	is_str(_("one"), "一", "a text in the catalogue");
	is_str(_("three"), "three", "a text that is not there is itself");
	is_str(_(""), "", "so is none");
	is_str(ngettext("%d store", "%d stores", 1), "ストア %d 個", "one thing");
	is_str(ngettext("%d store", "%d stores", 3), "ストア %d 個", "several");
	i18n_use(NULL, 0);
	is_str(_("one"), "one", "English");
	is_str(ngettext("%d store", "%d stores", 1), "%d store", "one thing in English");
	is_str(ngettext("%d store", "%d stores", 0), "%d stores", "none in English");
}

static void test_japanese(void)
{
	size_t same = 0;

	for (size_t i = 0; i < language_ja_rows; i++)
		same +=
		    !language_ja[i].english || !*language_ja[i].english || !language_ja[i].theirs;
	ok(language_ja_rows > 1000 && same == 0, "po/ja.po is in the program: %zu",
	    language_ja_rows);
}

/* ---- columns --------------------------------------------------------------------------------- */

static void test_columns(void)
{
	is_int(columns("TLS"), 3, "Latin letters");
	is_int(columns("証明書"), 6, "Kanji");
	is_int(columns("サーバー"), 8, "Katakana");
	is_int(columns("が"), 2, "Hiragana");
	is_int(columns("か\u3099"), 2, "a mark that combines");
	is_int(columns("（、。）"), 8, "punctuation");
	is_int(columns("ｶﾅ"), 2, "half-width Katakana");
	is_int(columns("한국"), 4, "Hangul");
	is_int(columns("é → …"), 5, "letters of several bytes, one column each");
	is_int(columns("e\u0301"), 1, "an accent that combines");
	is_int(columns("\U00020000"), 2, "ideographs of plane 2");
	is_int(columns("\xE8\xA8"), 2, "a letter that was cut: each byte");
	is_int(columns("\xFF\x80"
		       "a"),
	    3, "bytes that are none");
	is_int(columns_of("証明書", 6), 4, "the first bytes");
	is_int(columns_left("証明書", 10), 4, "blanks to fill up");
	is_int(columns_left("証明書", 5), 0, "and none");
}

/* ---- lines ----------------------------------------------------------------------------------- */

static char shown[4096];

static const char *wrapped(const char *first, const char *text)
{
	FILE *to = fmemopen(shown, sizeof shown, "w");

	wrap_text(to, first, text);
	(void)fclose(to);
	return shown;
}

/* The widest line, and whether no line begins or ends as none may. */
static void judge_lines(const char *what, char *text)
{
	static const char *const bad[] = { "。", "、", "）", "」", "ー", "っ", "ょ", ")", ",",
		"." };
	size_t most = 0, faults = 0;

	for (char *rest = text, *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
		size_t n = columns(line), bytes = strlen(line);

		most = n > most ? n : most;
		for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
			faults += strncmp(line + strspn(line, " "), bad[i], strlen(bad[i])) == 0;
		faults += bytes >= 3 && (strcmp(line + bytes - 3, "（") == 0 ||
					    strcmp(line + bytes - 3, "「") == 0);
		faults += bytes > 0 && line[bytes - 1] == ' ';
	}
	ok(most <= WRAP_WIDTH && most > WRAP_WIDTH - 12, "%s: the widest line has %zu columns",
	    what, most);
	is_int(faults, 0, "%s: no line begins with what closes, nor ends with what opens", what);
}

/* A text whose end is at that column or a few behind it: its last letter is not left alone. */
static void judge_tail(size_t n)
{
	char text[256];
	const char *last;

	(void)snprintf(text, sizeof text, "%.*s ありません", (int)n,
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
	last = strrchr(wrapped("", text), ' ') + 1;
	ok(columns(last) >= 8, "%zu columns before it: the last line is %s", n, last);
}

static void test_wrap(void)
{
	static const char part[] = "サーバー証明書の有効期限が切れています（「CN=db1」、2026-11-"
				   "21）。dbtls check で「再確認」してください。";
	char text[2048] = "";

	is_str(wrapped("→ ", "one two"), "    → one two\n", "a short text");
	is_str(wrapped("", ""), "    \n", "no text");
	is_str(wrapped("", "証明書 を"), "    証明書 を\n", "blanks stay");
	for (size_t n = 60; n < 100; n++)
		judge_tail(n);
	is_str(wrapped("", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
			   "ありません。/etc/ssl/certs/ca.pem"),
	    "    aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "ありません。\n    /etc/ssl/certs/ca.pem\n",
	    "a path behind a sentence begins a line");
	for (int i = 0; i < 12; i++)
		(void)snprintf(text + strlen(text), sizeof text - strlen(text), "%s", part);
	judge_lines("Japanese", (char *)wrapped("→ ", text));
	/* Wherever the lines fall. */
	for (size_t cut = 1; cut < 40; cut++) {
		char name[24], shifted[2048 + 48];

		(void)snprintf(shifted, sizeof shifted, "%.*s%s", (int)cut,
		    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", text);
		(void)snprintf(name, sizeof name, "shifted by %zu", cut);
		judge_lines(name, (char *)wrapped("", shifted));
	}
}

static const char *cut_to(const char *text, size_t width)
{
	FILE *to = fmemopen(shown, sizeof shown, "w");

	wrap_line(to, text, width);
	(void)fclose(to);
	return shown;
}

static void test_line(void)
{
	is_str(cut_to("証明書", 6), "証明書\n", "a line that fits");
	is_str(cut_to("証明書", 5), "証明…\n", "one that does not");
	is_str(cut_to("証明書", 4), "証…\n", "the … needs its column");
	is_str(cut_to("a\nb", 9), "a b\n", "one line stays one");
}

int main(void)
{
	test_environments();
	test_choice();
	test_japanese();
	test_catalogue();
	test_columns();
	test_wrap();
	test_line();
	return tap_done();
}
