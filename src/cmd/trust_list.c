/* SPDX-License-Identifier: Apache-2.0 */
/* `dbtls trust list`: the stores, what is in them, how old they are, who uses them (D7, D9). */
#include "base/i18n.h"
#include "cmd/cli.h"
#include "cmd/trust.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 5000

static const char *const servers_words[] = {
	[ANCHOR_MAY] = "may",
	[ANCHOR_MAY_NOT] = "may not",
	[ANCHOR_DISTRUSTED] = "distrusted",
};

static const char *const dated_words[] = {
	[STORE_DATED_NOT] = "",
	[STORE_DATED_PACKAGE] = "package",
	[STORE_DATED_NEWEST] = "newest anchor",
};

static size_t count(const struct store *s, enum anchor_servers what)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += s->anchors[i].servers == what;
	return n;
}

static json_t *json_text(const char *text)
{
	char clean[TEXT_MAX];

	store_clean(clean, sizeof clean, span_of(text, strlen(text)));
	return json_string(clean);
}

static void hex(char out[2 * SHA256_LENGTH + 1], const uint8_t sha256[SHA256_LENGTH])
{
	for (size_t i = 0; i < SHA256_LENGTH; i++)
		(void)snprintf(out + 2 * i, 3, "%02X", sha256[i]);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static json_t *json_anchors(const struct store *s)
{
	json_t *all = json_array();
	char digest[2 * SHA256_LENGTH + 1], spki[2 * SHA256_LENGTH + 1];
	char from[CLI_TIME_TEXT], to[CLI_TIME_TEXT];

	for (size_t i = 0; i < s->n; i++) {
		const struct anchor *a = &s->anchors[i];

		hex(digest, a->sha256);
		hex(spki, a->spki);
		(void)json_array_append_new(
		    all, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b}", "subject",
			     a->subject, "label", a->label, "sha256", digest, "spki_sha256", spki,
			     "not_before", cli_iso_time((long long)a->not_before, from),
			     "not_after", cli_iso_time((long long)a->not_after, to), "servers",
			     servers_words[a->servers], "ca", a->is_ca));
	}
	return all;
}

static json_t *json_users(const struct store *s)
{
	struct span rest = span_of(s->users.p, s->users.n), one;
	json_t *all = json_array();

	while (span_cstr(&rest, &one) == 0)
		(void)json_array_append_new(all, json_text(_((const char *)one.p)));
	return all;
}

static json_t *json_store(const struct store *s, const struct trust_given *g)
{
	char when[CLI_TIME_TEXT];
	json_t *all = json_pack("{s:s, s:o, s:s, s:b, s:I, s:I, s:I, s:I, s:o}", "kind",
	    store_kind_name(s), "path", json_text(s->path), "format", store_format_name(s->format),
	    "readable", s->readable, "anchors", (json_int_t)count(s, ANCHOR_MAY), "other",
	    (json_int_t)count(s, ANCHOR_MAY_NOT), "distrusted",
	    (json_int_t)count(s, ANCHOR_DISTRUSTED), "keys", (json_int_t)s->keys, "users",
	    json_users(s));

	if (s->dated != STORE_DATED_NOT) {
		(void)json_object_set_new(
		    all, "date", json_string(cli_iso_time((long long)s->date, when)));
		(void)json_object_set_new(all, "dated_by", json_string(dated_words[s->dated]));
	}
	if (*s->package)
		(void)json_object_set_new(all, "package", json_text(s->package));
	if (s->why.kind != ERR_NONE)
		(void)json_object_set_new(all, "why", json_text(s->why.text));
	if (g->anchors)
		(void)json_object_set_new(all, "certificates", json_anchors(s));
	return all;
}

/* ---- words ----------------------------------------------------------------------------------- */

static const char *clean(const char *text, char out[TEXT_MAX])
{
	store_clean(out, TEXT_MAX, span_of(text, strlen(text)));
	return out;
}

static void show_date(const struct store *s)
{
	char day[16], text[TEXT_MAX];

	if (s->dated == STORE_DATED_PACKAGE)
		printf(_(", of %s (%s)"), trust_day(s->date, day), clean(s->package, text));
	if (s->dated == STORE_DATED_NEWEST)
		printf(_(", the newest of %s"), trust_day(s->date, day));
	if (s->dated == STORE_DATED_NEWEST && *s->package)
		printf(" (%s)", clean(s->package, text));
}

static void show_content(const struct store *s)
{
	size_t n = count(s, ANCHOR_MAY);

	printf("    %s, ", _(store_format_name(s->format)));
	printf(ngettext("%zu CA", "%zu CAs", n), n);
	n = count(s, ANCHOR_MAY_NOT);
	if (n > 0)
		printf(_(", %zu not for servers"), n);
	n = count(s, ANCHOR_DISTRUSTED);
	if (n > 0)
		printf(_(", %zu distrusted"), n);
	if (s->keys > 0)
		printf(ngettext(", %zu private key", ", %zu private keys", s->keys), s->keys);
	show_date(s);
	(void)putchar('\n');
}

static void show_users(const struct store *s)
{
	struct span rest = span_of(s->users.p, s->users.n), one;
	const char *before = _("    used by ");
	char text[TEXT_MAX];

	while (span_cstr(&rest, &one) == 0) {
		printf("%s%s", before, clean(_((const char *)one.p), text));
		before = "; ";
	}
	if (s->users.n > 0)
		(void)putchar('\n');
}

static void show_anchors(const struct store *s)
{
	char digest[2 * SHA256_LENGTH + 1], day[16];

	for (size_t i = 0; i < s->n; i++) {
		const struct anchor *a = &s->anchors[i];

		hex(digest, a->sha256);
		printf("      %s  %s  %s%s\n", digest, trust_day(a->not_after, day), a->subject,
		    a->servers == ANCHOR_MAY       ? ""
		    : a->servers == ANCHOR_MAY_NOT ? _("  (not for servers)")
						   : _("  (distrusted)"));
	}
}

static void show(const struct store *s, const struct trust_given *g)
{
	char text[TEXT_MAX];

	printf("%s\n", clean(s->path, text));
	if (s->readable)
		show_content(s);
	if (s->why.kind != ERR_NONE)
		printf("    %s: %s\n", s->readable ? _("but") : _("can't be read"),
		    clean(s->why.text, text));
	show_users(s);
	if (g->anchors)
		show_anchors(s);
}

static void show_sum(const struct store_list *list)
{
	size_t bad = 0;

	for (size_t i = 0; i < list->n; i++)
		bad += !list->v[i].readable;
	printf(ngettext("\n%zu store", "\n%zu stores", list->n), list->n);
	if (bad > 0)
		printf(_(", of which %zu can't be read"), bad);
	(void)putchar('\n');
}

/* ---- the verb -------------------------------------------------------------------------------- */

static void print_json(const struct store_list *list, const struct trust_given *g)
{
	json_t *all = json_array();

	for (size_t i = 0; i < list->n; i++)
		(void)json_array_append_new(all, json_store(&list->v[i], g));
	cli_print_json(all);
}

int trust_list(const struct trust_given *g, char **files, int n)
{
	struct store_list list = { 0 };
	struct err e = { 0 };
	int rc = trust_stores(g, files, n, &list, &e);

	if (rc == 0 && cli.json)
		print_json(&list, g);
	for (size_t i = 0; rc == 0 && !cli.json && i < list.n; i++)
		show(&list.v[i], g);
	if (rc == 0 && !cli.json)
		show_sum(&list);
	store_free(&list);
	return rc < 0 ? cli_fail(&e) : CLI_OK;
}
