/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Name constraints, RFC 5280 4.2.1.10: each name of a certificate against each constraint of a CA
 * above it that is of the name's form. What is excluded is so whatever is permitted.
 *
 * Where the RFC leaves something open, the answer is the safe one: a wildcard stands for all names
 * that it may be used for, a name that can't be read lies within nothing that is permitted, and a
 * form that is not understood here is refused where a name has it.
 */
#include "base/i18n.h"
#include "base/span.h"
#include "path/walk.h"

#include <string.h>
#include <strings.h>

#define COMPARISONS (1 << 16) /* of names with constraints, for one path */

/* ---- texts ----------------------------------------------------------------------------------- */

static struct span text_of(const ASN1_STRING *s)
{
	return span_of(ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
}

static int is_same(struct span a, struct span b)
{
	return a.n == b.n &&
	       (a.n == 0 || strncasecmp((const char *)a.p, (const char *)b.p, a.n) == 0);
}

static struct span end_of(struct span s, size_t n)
{
	return span_of(s.p + (s.n - n), n);
}

static int begins(struct span s, char c)
{
	return s.n > 0 && s.p[0] == (uint8_t)c;
}

/* What stands behind the first c, or the last; empty, with *found 0: there is none. */
static struct span behind(struct span s, char c, int *found)
{
	const uint8_t *at = s.n ? memchr(s.p, c, s.n) : NULL;

	*found = at != NULL;
	return at ? span_of(at + 1, s.n - (size_t)(at + 1 - s.p)) : span_of(NULL, 0);
}

/* ---- DNS names ------------------------------------------------------------------------------- */

static int is_of_host(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '-' || c == '_';
}

/* Labels with single dots between them. */
static int is_host(struct span s)
{
	int label = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '.' ? !label : !is_of_host(s.p[i]))
			return 0;
		label = s.p[i] != '.';
	}
	return label;
}

static struct span without_star(struct span s)
{
	return begins(s, '*') && s.n > 2 && s.p[1] == '.' ? span_of(s.p + 2, s.n - 2) : s;
}

/* Zero or more labels before it; ".example.com", which many write, wants one at least. */
static int is_below(struct span name, struct span base)
{
	if (base.n == 0 || is_same(name, base))
		return 1;
	if (name.n <= base.n || !is_same(end_of(name, base.n), base))
		return 0;
	return begins(base, '.') || name.p[name.n - base.n - 1] == '.';
}

static int is_dns_base(const ASN1_STRING *base)
{
	struct span s = text_of(base);

	return s.n == 0 || is_host(begins(s, '.') ? span_of(s.p + 1, s.n - 1) : s);
}

/* All that "*.example.com" may be used for is below example.com. */
static int permits_dns(struct span name, struct span base)
{
	struct span bare = without_star(name);

	return is_host(bare) && is_below(bare, base);
}

/* And one of that is "bar.example.com". */
static int excludes_dns(struct span name, struct span base)
{
	struct span bare = without_star(name), parent;
	int found;

	if (!is_host(bare) || is_below(bare, base))
		return 1;
	parent = behind(begins(base, '.') ? span_of(base.p + 1, base.n - 1) : base, '.', &found);
	return bare.p != name.p && found && is_same(parent, bare);
}

/* ---- addresses ------------------------------------------------------------------------------- */

/* A mask has no 0 before a 1. */
static int is_mask(const uint8_t *p, size_t n)
{
	int ended = 0;

	for (size_t i = 0; i < n * 8; i++) {
		int bit = p[i / 8] >> (7 - i % 8) & 1;

		if (bit && ended)
			return 0;
		ended = !bit;
	}
	return 1;
}

static int is_ip_base(const ASN1_STRING *base)
{
	struct span s = text_of(base);

	return (s.n == 8 || s.n == 32) && is_mask(s.p + s.n / 2, s.n / 2);
}

static int is_in_net(struct span name, struct span base)
{
	if (base.n != 2 * name.n)
		return 0;
	for (size_t i = 0; i < name.n; i++)
		if ((name.p[i] ^ base.p[i]) & base.p[name.n + i])
			return 0;
	return 1;
}

static int is_ip(struct span name)
{
	return name.n == 4 || name.n == 16;
}

static int permits_ip(struct span name, struct span base)
{
	return is_ip(name) && is_in_net(name, base);
}

static int excludes_ip(struct span name, struct span base)
{
	return !is_ip(name) || is_in_net(name, base);
}

/* ---- mail and URIs --------------------------------------------------------------------------- */

/* The host alone, or, with a dot before it, all hosts below it. */
static int is_host_within(struct span host, struct span base)
{
	if (!begins(base, '.'))
		return is_same(host, base);
	return host.n > base.n && is_same(end_of(host, base.n), base);
}

static int is_mail_base(const ASN1_STRING *base)
{
	struct span s = text_of(base), host;
	int found;

	host = behind(s, '@', &found);
	if (!found)
		host = begins(s, '.') ? span_of(s.p + 1, s.n - 1) : s;
	return is_host(host) && !(found && begins(s, '@'));
}

/* -1: it is no address of mail. */
static int mail_within(struct span name, struct span base)
{
	struct span host, base_host;
	int found, whole;

	host = behind(name, '@', &found);
	base_host = behind(base, '@', &whole);
	if (!found || begins(name, '@') || !is_host(host))
		return -1;
	if (!whole)
		return is_host_within(host, base);
	/* What stands before the @ is told apart by case. */
	return name.n == base.n && is_same(host, base_host) &&
	       memcmp(name.p, base.p, name.n - host.n) == 0;
}

static int permits_mail(struct span name, struct span base)
{
	return mail_within(name, base) == 1;
}

static int excludes_mail(struct span name, struct span base)
{
	return mail_within(name, base) != 0;
}

static int is_uri_base(const ASN1_STRING *base)
{
	struct span s = text_of(base);

	return is_host(begins(s, '.') ? span_of(s.p + 1, s.n - 1) : s);
}

static int is_digits(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!(s.p[i] >= '0' && s.p[i] <= '9') && s.p[i] != '.')
			return 0;
	return 1;
}

static struct span until_any(struct span s, const char *ends)
{
	size_t n = 0;

	while (n < s.n && !strchr(ends, s.p[n]))
		n++;
	return span_of(s.p, n);
}

/* scheme://user@HOST:port/…; -1: it has no host that is a name, and is to be refused. */
static int uri_within(struct span name, struct span base)
{
	struct span host, user;
	int found;

	host = behind(name, ':', &found);
	if (!found || host.n < 2 || memcmp(host.p, "//", 2) != 0)
		return -1;
	host = until_any(span_of(host.p + 2, host.n - 2), "/?#");
	user = behind(host, '@', &found);
	host = until_any(found ? user : host, ":");
	if (!is_host(host) || is_digits(host))
		return -1;
	return is_host_within(host, base);
}

static int permits_uri(struct span name, struct span base)
{
	return uri_within(name, base) == 1;
}

static int excludes_uri(struct span name, struct span base)
{
	return uri_within(name, base) != 0;
}

/* ---- directory names ------------------------------------------------------------------------- */

/* The first n entries of a name; they keep together what stands in one RDN. */
static X509_NAME *first_of(const X509_NAME *name, int n)
{
	X509_NAME *part = X509_NAME_new();
	int before = -1;

	for (int i = 0; part && i < n; i++) {
		X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, i);
		int set = X509_NAME_ENTRY_set(entry);

		if (X509_NAME_add_entry(part, entry, -1, set == before ? -1 : 0) != 1) {
			X509_NAME_free(part);
			return NULL;
		}
		before = set;
	}
	return part;
}

static int is_name_below(const X509_NAME *name, const X509_NAME *base)
{
	int n = X509_NAME_entry_count(base), is = 0;
	X509_NAME *part;

	if (n == 0)
		return 1;
	if (X509_NAME_entry_count(name) < n)
		return 0;
	part = first_of(name, n);
	/* Canonical forms are compared, as RFC 5280 7.1 has it. */
	is = part && X509_NAME_cmp(part, base) == 0;
	X509_NAME_free(part);
	return is;
}

/* ---- the forms ------------------------------------------------------------------------------- */

/* What is not here is not understood. directoryName, which is no string, stands apart. */
static const struct form {
	int type;
	int (*is_base)(const ASN1_STRING *base); /* it can be read */
	int (*permits)(struct span name, struct span base);
	int (*excludes)(struct span name, struct span base);
} forms[] = {
	{ GEN_DNS, is_dns_base, permits_dns, excludes_dns },
	{ GEN_IPADD, is_ip_base, permits_ip, excludes_ip },
	{ GEN_EMAIL, is_mail_base, permits_mail, excludes_mail },
	{ GEN_URI, is_uri_base, permits_uri, excludes_uri },
};

static const struct form *form_of(int type)
{
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		if (forms[i].type == type)
			return &forms[i];
	return NULL;
}

static const ASN1_STRING *string_of(const GENERAL_NAME *g)
{
	return GENERAL_NAME_get0_value(g, NULL);
}

static int permits(const GENERAL_NAME *base, const GENERAL_NAME *name)
{
	const struct form *f = form_of(name->type);

	if (name->type == GEN_DIRNAME)
		return is_name_below(name->d.directoryName, base->d.directoryName);
	return f && f->permits(text_of(string_of(name)), text_of(string_of(base)));
}

static int excludes(const GENERAL_NAME *base, const GENERAL_NAME *name)
{
	const struct form *f = form_of(name->type);

	if (name->type == GEN_DIRNAME)
		return is_name_below(name->d.directoryName, base->d.directoryName);
	return !f || f->excludes(text_of(string_of(name)), text_of(string_of(base)));
}

/* ---- one CA's constraints -------------------------------------------------------------------- */

typedef STACK_OF(GENERAL_SUBTREE) subtrees;

/* minimum is 0 and maximum is not there. */
static int is_readable(const GENERAL_SUBTREE *t)
{
	const struct form *f = form_of(t->base->type);

	if (t->maximum || (t->minimum && ASN1_INTEGER_get(t->minimum) != 0))
		return 0;
	return !f || f->is_base(string_of(t->base));
}

static int are_readable(const subtrees *all)
{
	for (int i = 0; i < sk_GENERAL_SUBTREE_num(all); i++)
		if (!is_readable(sk_GENERAL_SUBTREE_value(all, i)))
			return 0;
	return 1;
}

static int has_any(const NAME_CONSTRAINTS *nc)
{
	return sk_GENERAL_SUBTREE_num(nc->permittedSubtrees) > 0 ||
	       sk_GENERAL_SUBTREE_num(nc->excludedSubtrees) > 0;
}

/* Whether one is of the name's form; *holds: whether one of these, by `test`, has it. */
static int look(const subtrees *all, const GENERAL_NAME *name,
    int (*test)(const GENERAL_NAME *base, const GENERAL_NAME *name), int *holds)
{
	int concerned = 0;

	*holds = 0;
	for (int i = 0; i < sk_GENERAL_SUBTREE_num(all) && !*holds; i++) {
		const GENERAL_NAME *base = sk_GENERAL_SUBTREE_value(all, i)->base;

		if (base->type != name->type)
			continue;
		concerned = 1;
		*holds = test(base, name);
	}
	return concerned;
}

static int may_have(const NAME_CONSTRAINTS *nc, const GENERAL_NAME *name)
{
	int holds;

	if (look(nc->excludedSubtrees, name, excludes, &holds) && holds)
		return 0;
	return !look(nc->permittedSubtrees, name, permits, &holds) || holds;
}

/* ---- one certificate's names ----------------------------------------------------------------- */

static int may_have_all(const NAME_CONSTRAINTS *nc, const GENERAL_NAMES *names)
{
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++)
		if (!may_have(nc, sk_GENERAL_NAME_value(names, i)))
			return 0;
	return 1;
}

/* An empty subject is no name. */
static int may_have_subject(const NAME_CONSTRAINTS *nc, X509 *x)
{
	GENERAL_NAME name = { .type = GEN_DIRNAME };

	name.d.directoryName = X509_get_subject_name(x);
	return X509_NAME_entry_count(name.d.directoryName) == 0 || may_have(nc, &name);
}

static int has_mail(const GENERAL_NAMES *names)
{
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++)
		if (sk_GENERAL_NAME_value(names, i)->type == GEN_EMAIL)
			return 1;
	return 0;
}

/* emailAddress attributes count where no SAN is of mail. */
static int may_have_mail(const NAME_CONSTRAINTS *nc, X509 *x)
{
	const X509_NAME *subject = X509_get_subject_name(x);
	GENERAL_NAME name = { .type = GEN_EMAIL };
	int at = -1;

	while ((at = X509_NAME_get_index_by_NID(subject, NID_pkcs9_emailAddress, at)) >= 0) {
		name.d.rfc822Name = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
		if (!may_have(nc, &name))
			return 0;
	}
	return 1;
}

static long weight_of(const NAME_CONSTRAINTS *nc, const GENERAL_NAMES *names, X509 *x)
{
	long constraints = sk_GENERAL_SUBTREE_num(nc->permittedSubtrees);

	if (nc->excludedSubtrees)
		constraints = (constraints > 0 ? constraints : 0) +
			      sk_GENERAL_SUBTREE_num(nc->excludedSubtrees);
	return constraints * (1 + X509_NAME_entry_count(X509_get_subject_name(x)) +
				 (names ? sk_GENERAL_NAME_num(names) : 0));
}

/* NULL: it may. Else why not. */
static const char *why_not(const NAME_CONSTRAINTS *nc, X509 *x, long *budget)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	const char *why = NULL;

	*budget -= weight_of(nc, names, x);
	if (*budget < 0)
		why = _("there are more names and constraints than anybody compares");
	else if (!may_have_all(nc, names) || !may_have_subject(nc, x) ||
		 (!has_mail(names) && !may_have_mail(nc, x)))
		why = _("they lie outside");
	GENERAL_NAMES_free(names);
	return why;
}

/* ---- the path -------------------------------------------------------------------------------- */

static void judge_below(struct walk *w, size_t at, const NAME_CONSTRAINTS *nc, long *budget)
{
	char who[PATH_TEXT], whom[PATH_TEXT];

	for (size_t i = 0; i < at; i++) {
		const char *why;

		if (i > 0 && X509_get_extension_flags(w->way[i]) & EXFLAG_SI)
			continue;
		why = why_not(nc, w->way[i], budget);
		if (!why)
			continue;
		path_find(w, "name-constraint", _("%.80s may not vouch for the names of %.80s: %s"),
		    path_subject(w->way[at], who), path_subject(w->way[i], whom), why);
		return;
	}
}

static void judge_one(struct walk *w, size_t at, long *budget)
{
	int state = 0; /* -1: it has none */
	NAME_CONSTRAINTS *nc = X509_get_ext_d2i(w->way[at], NID_name_constraints, &state, NULL);
	char who[PATH_TEXT];

	if (nc && has_any(nc) && are_readable(nc->permittedSubtrees) &&
	    are_readable(nc->excludedSubtrees))
		judge_below(w, at, nc, budget);
	else if (nc || state != -1)
		path_find(w, "name-constraint", _("what %.120s may vouch for can't be read"),
		    path_subject(w->way[at], who));
	NAME_CONSTRAINTS_free(nc);
}

void path_judge_constraints(struct walk *w)
{
	long budget = COMPARISONS;

	for (size_t i = 1; i < w->length; i++)
		judge_one(w, i, &budget);
}
