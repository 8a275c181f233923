/* SPDX-License-Identifier: Apache-2.0 */
#include "recipes/template.h"

#include "tap.h"

#include <stdlib.h>

static const struct template_value values[] = {
	{ "plain", "db1.example.com" },
	{ "odd", "a'b\"c\\d $(e) `f` #{g} {{plain}}" },
	{ "empty", "" },
	{ "yes", "" },
	{ "no", NULL },
	{ NULL, NULL },
};

/* The first file of the template, filled; or "error: …". */
static const char *filled(const char *text)
{
	static char shown[1024];
	struct template t;
	struct buf out = buf_new(sizeof shown - 1);
	struct err e = { 0 };
	const struct template_section *s;
	int rc = template_parse(&t, text, &e);

	s = rc == 0 ? template_find(&t, SECTION_FILE) : NULL;
	if (s)
		rc = template_fill(s, values, &out, &e);
	if (rc < 0)
		(void)snprintf(shown, sizeof shown, "error: %s", e.text);
	else
		(void)snprintf(
		    shown, sizeof shown, "%.*s", (int)out.n, out.n ? (const char *)out.p : "");
	buf_free(&out);
	return shown;
}

static void test_sections(void)
{
	static const char text[] = "#| for who reads this\n\n"
				   "@file src/main.go double\n\none\n\ntwo\n\n\n"
				   "@file .env text\n"
				   "@pkcs12 store/ca.p12\n"
				   "@setup\nfetch\n"
				   "@run\ngo\n";
	struct template t;
	struct err e = { 0 };

	is_int(template_parse(&t, text, &e), 0, "a template: %s", e.text);
	is_int(t.n, 5, "its sections");
	ok(span_is(t.section[0].name, "src/main.go") && t.section[0].filter == FILTER_DOUBLE,
	    "a file's name and filter");
	ok(span_is(t.section[0].text, "one\n\ntwo\n"), "its text, without what is empty around it");
	ok(span_is(t.section[1].name, ".env") && t.section[1].text.n == 0, "an empty file");
	ok(span_is(t.section[2].name, "store/ca.p12"), "a trust store");
	ok(template_find(&t, SECTION_RUN)->filter == FILTER_SHELL, "a line is a shell's");
	ok(!template_find(&t, SECTION_NOTE), "what is not there");
}

#define RUN "@run\nx\n"

static void test_filters(void)
{
	is_str(filled("@file a text\n<{{odd}}>\n" RUN), "<a'b\"c\\d $(e) `f` #{g} {{plain}}>\n",
	    "text: as it is, and filled in once alone");
	is_str(filled("@file a single\n'{{odd}}'\n" RUN),
	    "'a\\'b\"c\\\\d $(e) `f` #{g} {{plain}}'\n", "single: \\ and '");
	is_str(filled("@file a double\n\"{{odd}}\"\n" RUN),
	    "\"a'b\\\"c\\\\d $(e) `f` #{g} {{plain}}\"\n", "double: \\ and \"");
	is_str(filled("@file a sh\n-u {{odd}} {{plain}} {{empty}}\n" RUN),
	    "-u 'a'\\''b\"c\\d $(e) `f` #{g} {{plain}}' db1.example.com ''\n", "sh: one word each");
}

static void test_marks(void)
{
	is_str(filled("@file a text\n{{?yes}}one\n{{?no}}two {{bogus}}\nthree\n" RUN),
	    "one\nthree\n", "a line is kept when its mark's value is there");
	is_str(filled("@file a text\n{ }} {x}\n" RUN), "{ }} {x}\n", "single braces are text");
}

/* The faults, each with a word of its sentence. */
static void test_faults(void)
{
	static const struct {
		const char *text, *says;
	} faults[] = {
		{ "@file a text\n{{bogus}}\n" RUN, "{{bogus}}" },
		{ "@file a text\n{{no}}\n" RUN, "{{no}}" },
		{ "@file a text\n{{?bogus}}x\n" RUN, "{{bogus}}" },
		{ "@file a text\nx {{?yes}}x\n" RUN, "{{?yes}}" },
		{ "@file a text\n{{plain\n}}\n" RUN, "without }}" },
		{ "@file a text\n{{\n" RUN, "without }}" },
		{ "@file a text\n{{?\n" RUN, "without }}" },
		{ "@file a text\n{{}}\n" RUN, "{{}}" },
		{ "x\n@run\nx\n", "line 1" },
		{ "@colour\n" RUN, "no section" },
		{ "@\n" RUN, "no section" },
		{ "@file a text\n", "no section @run" },
		{ "", "no section @run" },
		{ RUN RUN, "there already" },
		{ RUN "@note", "newline" },
		{ "@file a\n" RUN, "filter" },
		{ "@file a html\n" RUN, "filter" },
		{ "@file a text x\n" RUN, "one word too many" },
		{ "@run x\n", "one word too many" },
		{ "@pkcs12 a\ncontent\n" RUN, "no content" },
		{ "@file\n" RUN, "no name" },
		{ "@file /etc/passwd text\n" RUN, "no name" },
		{ "@file ../x text\n" RUN, "no name" },
		{ "@file a/../x text\n" RUN, "no name" },
		{ "@file a/.. text\n" RUN, "no name" },
		{ "@file a/. text\n" RUN, "no name" },
		{ "@file a//x text\n" RUN, "no name" },
		{ "@file a/ text\n" RUN, "no name" },
		{ "@file -x text\n" RUN, "no name" },
		{ "@file a;b text\n" RUN, "no name" },
	};

	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
		const char *said = filled(faults[i].text);

		ok(strncmp(said, "error: ", 7) == 0 && strstr(said, faults[i].says), "a fault: %s",
		    faults[i].says);
	}
}

static void test_bounds(void)
{
	struct template t;
	struct err e = { 0 };
	struct buf text = buf_new(65536), out = buf_new(20);
	size_t i;

	(void)template_parse(&t, "@file a sh\n123456 {{odd}}\n" RUN, &e);
	ok(template_fill(&t.section[0], values, &out, &e) < 0 && out.n <= 20,
	    "no more than the buffer holds: %s", e.text);
	buf_free(&out);
	for (i = 0; i <= TEMPLATE_SECTIONS; i++)
		(void)buf_fmt(&text, "@file a%zu text\n", i);
	(void)buf_add(&text, RUN, sizeof RUN);
	ok(template_parse(&t, (const char *)text.p, &e) < 0 && strstr(e.text, "too many"),
	    "more sections than there is room for");
	buf_free(&text);
}

int main(void)
{
	test_sections();
	test_filters();
	test_marks();
	test_faults();
	test_bounds();
	return tap_done();
}
