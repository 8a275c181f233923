/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/explain_know.h"

#include "base/columns.h"
#include "base/file.h"
#include "base/i18n.h"
#include "cmd/cli.h"
#include "doctor/wrap.h"
#include "know/browsers.h"
#include "know/sdks.h"
#include "know/systems.h"
#include "trust/store.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define ADVICE_MAX  2048
#define RELEASE_MAX 65536 /* of os-release */

static int exit_code(enum know_trusts t)
{
	if (t == KNOW_YES)
		return CLI_OK;
	return t == KNOW_NO ? CLI_FAILED : EXPLAIN_OPEN;
}

static void tell(const char *first, const char *text)
{
	if (*text)
		wrap_text(stdout, first, text);
}

static void show_verdict(enum know_trusts trusts, const char *needs, const char *since)
{
	if (*needs)
		(void)printf(_("from %s on\n"), needs);
	else if (*since)
		(void)printf(_("%s, since %s\n"), _(know_trusts_words(trusts)), since);
	else
		(void)printf("%s\n", _(know_trusts_words(trusts)));
}

static json_t *json_words(const char *list)
{
	json_t *all = json_array();

	while (*list) {
		size_t n = strcspn(list, ",");

		(void)json_array_append_new(all, json_stringn(list, n));
		list += n;
		list += strspn(list, ", ");
	}
	return all;
}

/* Text of somebody else's, which may be no UTF-8. */
static json_t *json_clean(const char *text)
{
	char clean[1024];

	store_clean(clean, sizeof clean, span_of(text, strlen(text)));
	return json_string(clean);
}

/* ---- systems --------------------------------------------------------------------------------- */

static const char *today_of(const struct systems_release *r)
{
	return r->today ? _(r->today->text) : "";
}

static const char *today_source(const struct systems_release *r)
{
	return r->today ? r->today->source : "";
}

static const char *sentence_of(const struct systems_answer *a, char out[ADVICE_MAX])
{
	const char *sentence = _(a->release->sentence);

	if (!*a->needs)
		return sentence;
	(void)snprintf(out, ADVICE_MAX, _("from %s on: %s"), a->needs, sentence);
	return out;
}

/* One that is named, and whose CA has served its time, wants one as well. */
static int wants_ca(const struct systems_answer *a)
{
	return a->trusts != KNOW_YES || strcmp(a->release->root, "starfield-class-2") == 0;
}

static const char *advice_of(const struct systems_answer *a, char out[ADVICE_MAX])
{
	if (!wants_ca(a))
		return _(
		    "No action is needed. Whether a machine's stores are as they should be, dbtls "
		    "trust audit says there");
	(void)snprintf(out, ADVICE_MAX,
	    _("Update it; or have Amazon Root CA 1 in its store. The CA's file: dbtls trust export "
	      "--only amazon-root-ca-1 --out amazon-root-ca-1.pem. Then: %s"),
	    _(a->system->add));
	return out;
}

static const char *next_step(void)
{
	return _("If it still fails: dbtls check dynamodb:REGION says why; then see the software's "
		 "documentation, or ask the system's vendor or AWS Support "
		 "(https://aws.amazon.com/support)");
}

static void show_system(const struct systems_answer *a)
{
	const struct systems_release *r = a->release;
	char text[ADVICE_MAX];

	(void)printf("%s%s%s: ", a->system->name, *a->version ? " " : "", a->version);
	show_verdict(a->trusts, a->needs, r->since);
	tell("", sentence_of(a, text));
	tell(_("today: "), today_of(r));
	(void)snprintf(text, sizeof text, _("its CAs: %s"), _(a->system->store));
	tell("", text);
	tell("→ ", advice_of(a, text));
	tell("→ ", next_step());
	(void)snprintf(text, sizeof text, _("source: %s"), r->source);
	tell("", text);
	(void)snprintf(text, sizeof text, _("today's source: %s"), today_source(r));
	tell("", r->today ? text : "");
}

static json_t *json_system(const struct systems_answer *a, const char *asked)
{
	const struct systems_release *r = a->release;
	char sentence[ADVICE_MAX], advice[ADVICE_MAX];

	return json_pack(
	    "{s:o, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:s}", "asked",
	    json_clean(asked), "name", a->system->name, "version", a->version, "trusts",
	    know_trusts_name(a->trusts), "since", r->since, "needs", a->needs, "root", r->root,
	    "sentence", sentence_of(a, sentence), "today", today_of(r), "today_source",
	    today_source(r), "store", _(a->system->store), "advice", advice_of(a, advice), "next",
	    next_step(), "guide", *r->cited != '\0', "source", r->source);
}

static json_t *json_release(const struct systems_release *r)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:s, s:s, s:s, s:s, s:s}", "name",
	    r->system, "from", r->from, "to", r->to, "trusts", know_trusts_name(r->trusts), "since",
	    r->since, "cited", json_words(r->cited), "sentence", _(r->sentence), "today",
	    today_of(r), "today_source", today_source(r), "root", r->root, "source", r->source);
}

static void show_range(const char *from, const char *to, char *out, size_t size)
{
	if (!*from && !*to)
		(void)snprintf(out, size, "%s", _("all"));
	else if (strcmp(from, to) == 0)
		(void)snprintf(out, size, "%s", from);
	else
		(void)snprintf(out, size, "%s – %s", *from ? from : "…", *to ? to : "…");
}

static void show_column(const char *text, size_t width)
{
	(void)printf("%s%*s ", text, columns_left(text, width), "");
}

static int list_systems(void)
{
	const struct systems_release *r;
	json_t *all = json_array();
	char range[64];

	for (size_t i = 0; (r = systems_release_at(i)); i++) {
		if (cli.json) {
			(void)json_array_append_new(all, json_release(r));
			continue;
		}
		show_range(systems_version(r->system, r->from), systems_version(r->system, r->to),
		    range, sizeof range);
		show_column(r->system, 24);
		show_column(range, 24);
		show_column(_(know_trusts_words(r->trusts)), 15);
		(void)printf("%s\n", *r->cited ? _("so AWS's guide") : "");
	}
	if (cli.json)
		cli_print_json(json_incref(all));
	json_decref(all);
	return CLI_OK;
}

/* os-release(5): the first of the two files that is there. */
static int this_system(struct buf *text, struct err *e)
{
	int rc = file_read("/etc/os-release", RELEASE_MAX, text, e);

	if (rc < 0 && e->sys == 2)
		rc = file_read("/usr/lib/os-release", RELEASE_MAX, text, e);
	return rc < 0 ? -1 : buf_add(text, "", 1);
}

int explain_know_system(const char *name)
{
	struct systems_answer a;
	struct buf text = buf_new(0);
	struct err e = { 0 };
	int rc;

	if (strcmp(name, "list") == 0)
		return list_systems();
	if (strcmp(name, "this") == 0 && this_system(&text, &e) < 0) {
		buf_free(&text);
		return cli_fail(&e);
	}
	rc = systems_find(text.n ? (const char *)text.p : name, &a, &e);
	buf_free(&text);
	if (rc < 0)
		return cli_fail(&e);
	if (cli.json)
		cli_print_json(json_system(&a, name));
	else
		show_system(&a);
	return exit_code(a.trusts);
}

/* ---- SDKs ------------------------------------------------------------------------------------ */

/* Whether the first n letters of word stand in text as a word, or words, of their own. */
static int says(const char *text, const char *word, size_t n)
{
	for (const char *at = text; *at; at++)
		if (strncmp(at, word, n) == 0 && (at == text || !isalnum((unsigned char)at[-1])) &&
		    !isalnum((unsigned char)at[n]))
			return 1;
	return 0;
}

static int is_used_by(const struct store *s, const char *users)
{
	struct span rest = span_of(s->users.p, s->users.n), one;

	while (span_cstr(&rest, &one) == 0)
		for (const char *at = users; *at; at += strspn(at, ", ")) {
			size_t n = strcspn(at, ",");

			if (says((const char *)one.p, at, n))
				return 1;
			at += n;
		}
	return 0;
}

/* The paths of those of this machine's stores that the SDK uses. */
static json_t *stores_of(const struct sdks_sdk *sdk)
{
	const struct store_where where = { .quick = 1 };
	struct store_list list = { 0 };
	json_t *all = json_array();
	struct err e = { 0 };

	if (store_find(&list, &where, &e) == 0)
		for (size_t i = 0; i < list.n; i++)
			if (is_used_by(&list.v[i], sdk->users))
				(void)json_array_append_new(all, json_clean(list.v[i].path));
	store_free(&list);
	return all;
}

static const char *sdk_sentence(const struct sdks_answer *a, char out[ADVICE_MAX])
{
	const char *sentence = _(a->release->sentence);

	if (!*a->needs)
		return sentence;
	(void)snprintf(
	    out, ADVICE_MAX, _("it must be released on %s or later: %s"), a->needs, sentence);
	return out;
}

static const char *sdk_advice(const struct sdks_answer *a)
{
	if (a->trusts == KNOW_YES)
		return _("By the guide no action is needed. Whether its store of today has the CA, "
			 "dbtls trust audit says; an SDK that was changed, or is given a store of "
			 "one's own, may lack it");
	return _(a->sdk->add);
}

static void show_sdk(const struct sdks_answer *a)
{
	json_t *stores = stores_of(a->sdk), *path;
	char text[ADVICE_MAX];
	size_t i;

	(void)printf("%s%s%s: ", a->sdk->name, *a->version ? " " : "", a->version);
	show_verdict(a->trusts, a->needs, "");
	tell("", sdk_sentence(a, text));
	(void)snprintf(
	    text, sizeof text, _("its store today: %s (%s)"), _(a->sdk->store), a->sdk->source);
	tell("", text);
	json_array_foreach(stores, i, path)
	{
		(void)snprintf(
		    text, sizeof text, _("on this machine: %s"), json_string_value(path));
		tell("", text);
	}
	json_decref(stores);
	tell("→ ", sdk_advice(a));
	tell("→ ", next_step());
	(void)snprintf(text, sizeof text, _("source: %s"), a->release->source);
	tell("", text);
}

static json_t *json_sdk(const struct sdks_answer *a, const char *asked)
{
	char sentence[ADVICE_MAX];

	return json_pack("{s:o, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:s, s:s, s:s}",
	    "asked", json_clean(asked), "name", a->sdk->name, "version", a->version, "from",
	    a->first, "to", a->last, "trusts", know_trusts_name(a->trusts), "needs", a->needs,
	    "sentence", sdk_sentence(a, sentence), "store", _(a->sdk->store), "store_source",
	    a->sdk->source, "stores", stores_of(a->sdk), "advice", sdk_advice(a), "next",
	    next_step(), "source", a->release->source);
}

static int list_sdks(void)
{
	const struct sdks_release *r;
	json_t *all = json_array();
	char range[64];

	for (size_t i = 0; (r = sdks_release_at(i)); i++) {
		if (cli.json) {
			(void)json_array_append_new(
			    all, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "name",
				     r->sdk, "version", r->major, "from", r->from, "to", r->to,
				     "trusts", know_trusts_name(r->trusts), "cited", r->cited,
				     "sentence", _(r->sentence), "source", r->source));
			continue;
		}
		show_range(r->from, r->to, range, sizeof range);
		show_column(r->sdk, 10);
		show_column(r->major, 1);
		show_column(range, 16);
		(void)printf("%s\n", _(know_trusts_words(r->trusts)));
	}
	if (cli.json)
		cli_print_json(json_incref(all));
	json_decref(all);
	return CLI_OK;
}

int explain_know_sdk(const char *name)
{
	struct sdks_answer a;
	struct err e = { 0 };

	if (strcmp(name, "list") == 0)
		return list_sdks();
	if (sdks_find(name, &a, &e) < 0)
		return cli_fail(&e);
	if (cli.json)
		cli_print_json(json_sdk(&a, name));
	else
		show_sdk(&a);
	return exit_code(a.trusts);
}

/* ---- browsers -------------------------------------------------------------------------------- */

static const char *update_it(void)
{
	return _("AWS's guide: update the browser, which updates its list of CAs");
}

static void show_browser(const struct browsers_browser *b)
{
	char text[ADVICE_MAX];

	(void)printf("%s\n", b->name);
	(void)snprintf(text, sizeof text, _("its CAs: %s"), _(b->store));
	tell("", text);
	(void)snprintf(text, sizeof text, _("they are updated: %s"), _(b->updates));
	tell("", text);
	tell("→ ", update_it());
	(void)snprintf(text, sizeof text, _("By hand: %s"), _(b->own));
	tell("→ ", text);
	(void)snprintf(text, sizeof text,
	    _("To see whether it connects: open https://dynamodb.eu-west-3.amazonaws.com, which "
	      "says healthy. Its manual: %s"),
	    b->manual);
	tell("→ ", text);
	(void)snprintf(text, sizeof text, _("source: %s"), b->source);
	tell("", text);
}

static json_t *json_browser(const struct browsers_browser *b, const char *asked)
{
	return json_pack("{s:o, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "asked", json_clean(asked),
	    "name", b->name, "store", _(b->store), "updates", _(b->updates), "advice", update_it(),
	    "by_hand", _(b->own), "manual", b->manual, "source", b->source);
}

static int list_browsers(void)
{
	const struct browsers_browser *b;
	json_t *all = json_array();

	for (size_t i = 0; (b = browsers_at(i)); i++) {
		if (cli.json)
			(void)json_array_append_new(all, json_browser(b, b->name));
		if (!cli.json)
			(void)printf("%s\n", b->name);
	}
	if (cli.json)
		cli_print_json(json_incref(all));
	json_decref(all);
	return CLI_OK;
}

int explain_know_browser(const char *name)
{
	const struct browsers_browser *b;
	struct err e = { 0 };

	if (strcmp(name, "list") == 0)
		return list_browsers();
	b = browsers_find(name, &e);
	if (!b)
		return cli_fail(&e);
	if (cli.json)
		cli_print_json(json_browser(b, name));
	else
		show_browser(b);
	return CLI_OK;
}
