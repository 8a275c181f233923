/* SPDX-License-Identifier: Apache-2.0 */
/* `dbtls trust audit`: stores by CAs, the verdict of each in words, what is wrong (D7, D8). */
#include "base/i18n.h"
#include "cmd/cli.h"
#include "cmd/trust.h"
#include "trust/audit.h"
#include "trust/roots.h"

#include <stdio.h>
#include <string.h>

#define TEXT_MAX     5000
#define FINDINGS_MAX 1000

/* What the columns are. */
static const struct {
	const char *root, *title;
} columns[] = {
	{ "amazon-root-ca-1", "R1" },
	{ "amazon-root-ca-2", "R2" },
	{ "amazon-root-ca-3", "R3" },
	{ "amazon-root-ca-4", "R4" },
	{ "starfield-services-g2", "G2" },
	{ "starfield-class-2", "C2" },
	{ NULL, NULL },
};

/* The CAs that --ca names. */
struct asked {
	struct store_list files;
	int amazon;
};

static int holds(const struct store *s, const uint8_t sha256[SHA256_LENGTH])
{
	const struct anchor *a = store_holds(s, sha256);

	return a && a->servers == ANCHOR_MAY;
}

static int holds_root(const struct store *s, const char *name)
{
	uint8_t sha256[SHA256_LENGTH];

	roots_digest(roots_named(name), sha256);
	return holds(s, sha256);
}

static const char *clean(const char *text, char out[TEXT_MAX])
{
	store_clean(out, TEXT_MAX, span_of(text, strlen(text)));
	return out;
}

/* How many of the CAs that were asked for it lacks; each is handed to told, which may be NULL. */
static size_t lacks(const struct store *s, const struct asked *asked,
    void (*told)(void *arg, const struct anchor *a), void *arg)
{
	size_t n = 0;

	for (size_t i = 0; i < asked->files.n; i++)
		for (size_t j = 0; j < asked->files.v[i].n; j++) {
			const struct anchor *a = &asked->files.v[i].anchors[j];

			if (holds(s, a->sha256))
				continue;
			n++;
			told(arg, a);
		}
	return n;
}

/* Whether somebody who uses it can't connect. */
static int fails(const struct store *s, const struct asked *asked, size_t lacking)
{
	enum audit_verdict v = audit_amazon(s);

	return v == AUDIT_BESIDES ? 0 : lacking > 0 || (asked->amazon && audit_fails(v));
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static json_t *json_text(const char *text)
{
	char out[TEXT_MAX];

	return json_string(clean(text, out));
}

static void json_lack(void *arg, const struct anchor *a)
{
	(void)json_array_append_new(arg, json_string(a->subject));
}

static void json_finding(void *arg, const struct audit_finding *f)
{
	json_t *o = json_pack("{s:s}", "what", audit_what_name(f->what));

	if (f->anchor)
		(void)json_object_set_new(o, "subject", json_string(f->anchor->subject));
	if (f->when)
		(void)json_object_set_new(o, "when", json_string(f->when));
	(void)json_array_append_new(arg, o);
}

static json_t *json_store(
    const struct store *s, const struct asked *asked, time_t now, int *failing)
{
	json_t *found = json_array(), *lacking = json_array(), *roots = json_object();
	enum audit_verdict v = audit_amazon(s);
	size_t n = lacks(s, asked, json_lack, lacking);

	(void)audit_store(s, now, json_finding, found);
	for (size_t i = 0; columns[i].root; i++)
		(void)json_object_set_new(
		    roots, columns[i].root, json_boolean(holds_root(s, columns[i].root)));
	*failing += fails(s, asked, n);
	return json_pack("{s:s, s:o, s:s, s:s, s:b, s:o, s:o, s:o}", "kind", store_kind_name(s),
	    "path", json_text(s->path), "amazon", audit_name(v), "words", _(audit_words(v)),
	    "fails", fails(s, asked, n), "roots", roots, "lacks", lacking, "findings", found);
}

static void print_json(
    const struct store_list *list, const struct asked *asked, time_t now, int *failing)
{
	json_t *all = json_array();

	for (size_t i = 0; i < list->n; i++)
		(void)json_array_append_new(all, json_store(&list->v[i], asked, now, failing));
	cli_print_json(all);
}

/* ---- words ----------------------------------------------------------------------------------- */

static void show_lack(void *arg, const struct anchor *a)
{
	(void)arg;
	printf(_("    lacks %s\n"), a->subject);
}

/* What was found, to be shown by kind. */
struct findings {
	struct audit_finding v[FINDINGS_MAX];
	size_t n, more;
};

static void keep_finding(void *arg, const struct audit_finding *f)
{
	struct findings *all = arg;

	if (all->n == FINDINGS_MAX) {
		all->more++;
		return;
	}
	all->v[all->n++] = *f;
}

/* The value of its subject's first part, which is its most particular one. */
static void show_name(const struct anchor *a)
{
	const char *value = strchr(a->subject, '=');
	size_t n = 0;

	value = value ? value + 1 : a->subject;
	while (value[n] && value[n] != ',')
		n += value[n] == '\\' && value[n + 1] ? 2 : 1;
	printf("%.*s", (int)n, value);
}

static void show_kind(const struct findings *all, enum audit_what what)
{
	const char *before = ": ";
	size_t n = 0;

	for (size_t i = 0; i < all->n; i++) {
		const struct audit_finding *f = &all->v[i];

		if (f->what != what)
			continue;
		if (n++ == 0)
			printf("    %s", _(audit_what_words(what)));
		if (!f->anchor)
			continue;
		printf("%s", before);
		show_name(f->anchor);
		if (f->when)
			printf(" (%s)", f->when);
		before = "; ";
	}
	if (n > 0)
		(void)putchar('\n');
}

static void show_findings(const struct store *s, time_t now)
{
	static struct findings all;

	all.n = all.more = 0;
	(void)audit_store(s, now, keep_finding, &all);
	for (int what = 0; what <= AUDIT_OLD; what++)
		show_kind(&all, (enum audit_what)what);
	if (all.more > 0)
		printf(_("    and %zu findings more\n"), all.more);
}

static void show_columns(const struct store *s)
{
	for (size_t i = 0; columns[i].root; i++)
		printf("%-4s", !s ? columns[i].title : holds_root(s, columns[i].root) ? "x" : "-");
}

static void show(const struct store *s, const struct asked *asked, time_t now, int *failing)
{
	char text[TEXT_MAX];
	size_t n;

	if (asked->amazon)
		show_columns(s);
	printf("%s\n", clean(s->path, text));
	if (asked->amazon || !s->readable)
		printf("    %s\n", _(audit_words(audit_amazon(s))));
	if (!s->readable)
		printf("    %s\n", clean(s->why.text, text));
	n = s->readable ? lacks(s, asked, show_lack, NULL) : asked->files.n;
	show_findings(s, now);
	*failing += fails(s, asked, n);
}

static void show_all(
    const struct store_list *list, const struct asked *asked, time_t now, int *failing)
{
	if (asked->amazon) {
		show_columns(NULL);
		printf(_("(Amazon Root CA 1 to 4, Starfield Services G2, Starfield Class 2)\n"));
	}
	for (size_t i = 0; i < list->n; i++)
		show(&list->v[i], asked, now, failing);
	printf(ngettext("\n%zu store; whoever uses %d of them can't connect\n",
		   "\n%zu stores; whoever uses %d of them can't connect\n", list->n),
	    list->n, *failing);
}

/* ---- the verb -------------------------------------------------------------------------------- */

static int read_asked(const struct trust_given *g, struct asked *asked, struct err *e)
{
	const struct store_where here = { 0 };
	const struct store_secret none = { 0 };

	asked->amazon = g->amazon || g->ca.n == 0;
	for (size_t i = 0; i < g->ca.n; i++) {
		if (store_name(&asked->files, g->ca.v[i], e) < 0)
			return -1;
		store_read(&asked->files.v[i], &here, &none);
		*e = asked->files.v[i].why;
		if (!asked->files.v[i].readable)
			return -1;
	}
	return 0;
}

int trust_audit(const struct trust_given *g, char **files, int n)
{
	struct asked asked = { .amazon = 0 };
	struct store_list list = { 0 };
	struct err e = { 0 };
	int failing = 0, rc = 0;

	if (read_asked(g, &asked, &e) < 0 || trust_stores(g, files, n, &list, &e) < 0)
		rc = -1;
	if (rc == 0 && cli.json)
		print_json(&list, &asked, time(NULL), &failing);
	if (rc == 0 && !cli.json)
		show_all(&list, &asked, time(NULL), &failing);
	store_free(&list);
	store_free(&asked.files);
	if (rc < 0)
		return cli_fail(&e);
	return failing > 0 ? CLI_FAILED : CLI_OK;
}
