/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/audit.h"

#include "base/i18n.h"
#include "trust/roots.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY         86400
#define SOON        (90 * DAY)
#define YEAR        (365 * DAY)
#define OLD         (2 * YEAR)
#define STRONG_BITS 112

static const struct {
	const char *name, *words;
	int fails;
} verdicts[] = {
	[AUDIT_READY] = { "ready", N_("no action needed: it has Amazon Root CA 1"), 0 },
	[AUDIT_CROSS_SIGN] = { "cross-sign",
	    N_("works only as long as AWS serves the certificate that leads to Starfield Services "
	       "G2, which Mozilla takes out on 2027-04-15: add amazon-root-ca-1"),
	    0 },
	[AUDIT_CLASS_2] = { "class-2-only",
	    N_("HTTPS to DynamoDB fails: it has Starfield Class 2 alone. That was enough until "
	       "August 2024, since when AWS sends no certificate that leads there: add "
	       "amazon-root-ca-1"),
	    1 },
	[AUDIT_NONE] = { "none",
	    N_("HTTPS to the API of DynamoDB and of Streams fails: it has none of the three CAs: "
	       "add "
	       "amazon-root-ca-1"),
	    1 },
	[AUDIT_BESIDES] = { "besides",
	    N_("decides nothing by itself: used besides other roots, or not for HTTPS"), 0 },
	[AUDIT_UNREADABLE] = { "unreadable", N_("can't be read, and so nobody knows"), 1 },
};

static const struct {
	const char *name, *words;
} helds[] = {
	[AUDIT_HOLDS] = { "holds", N_("has") },
	[AUDIT_LACKS] = { "lacks", N_("lacks") },
	[AUDIT_NAMESAKE] = { "namesake",
	    N_("lacks, with another key under that name in its place") },
	[AUDIT_OUT_OF_DATE] = { "out-of-date", N_("has, expired or not valid yet") },
	[AUDIT_NOT_SERVERS] = { "not-for-servers", N_("has, but not for TLS servers") },
	[AUDIT_DISTRUSTS] = { "distrusts", N_("expressly distrusts") },
};

static const struct {
	const char *name, *words;
} whats[] = {
	[AUDIT_EXPIRED] = { "expired", N_("expired") },
	[AUDIT_EXPIRES] = { "expires", N_("expires within 90 days") },
	[AUDIT_WEAK] = { "weak", N_("weak key") },
	[AUDIT_LEAF] = { "leaf", N_("no CA, and yet trusted as one") },
	[AUDIT_LOOK_ALIKE] = { "look-alike", N_("the name of Amazon's root, and another key") },
	[AUDIT_CROSSED] = { "other-certificate",
	    N_("the name and key of Amazon's root, and another certificate: some clients don't "
	       "take it for an anchor") },
	[AUDIT_DROPPED] = { "dropped", N_("Mozilla's programme has taken it out") },
	[AUDIT_LEAVES] = { "leaves", N_("Mozilla's programme takes it out") },
	[AUDIT_OLD] = { "old", N_("the store is older than two years") },
};

const char *audit_words(enum audit_verdict v)
{
	return verdicts[v].words;
}

const char *audit_name(enum audit_verdict v)
{
	return verdicts[v].name;
}

int audit_fails(enum audit_verdict v)
{
	return verdicts[v].fails;
}

const char *audit_held_words(enum audit_held h)
{
	return helds[h].words;
}

const char *audit_held_name(enum audit_held h)
{
	return helds[h].name;
}

const char *audit_what_words(enum audit_what what)
{
	return whats[what].words;
}

const char *audit_what_name(enum audit_what what)
{
	return whats[what].name;
}

/* ---- the verdict ----------------------------------------------------------------------------- */

static int has(const struct store *s, const char *name)
{
	uint8_t sha256[SHA256_LENGTH];
	const struct anchor *a;

	roots_digest(roots_named(name), sha256);
	a = store_holds(s, sha256);
	return a && a->servers == ANCHOR_MAY;
}

enum audit_verdict audit_amazon(const struct store *s)
{
	if (!s->readable)
		return AUDIT_UNREADABLE;
	if (s->besides)
		return AUDIT_BESIDES;
	if (has(s, "amazon-root-ca-1"))
		return AUDIT_READY;
	if (has(s, "starfield-services-g2"))
		return AUDIT_CROSS_SIGN;
	return has(s, "starfield-class-2") ? AUDIT_CLASS_2 : AUDIT_NONE;
}

static X509 *parse(struct span der)
{
	const unsigned char *at = der.p;

	return d2i_X509(NULL, &at, (long)der.n);
}

/* ---- a CA ------------------------------------------------------------------------------------ */

/* Names are the same in any case (RFC 5280 7.1). */
static int same_name(const struct anchor *a, const struct anchor *b)
{
	return strcasecmp(a->subject, b->subject) == 0;
}

static int same_key(const struct anchor *a, const struct anchor *b)
{
	return memcmp(a->spki, b->spki, SHA256_LENGTH) == 0;
}

/* A cross-sign has the name and key of a root, and OpenSSL takes it for no anchor. */
static int is_root(const struct anchor *a)
{
	X509 *x = parse(a->der);
	int is = x && X509_NAME_cmp(X509_get_subject_name(x), X509_get_issuer_name(x)) == 0;

	X509_free(x);
	ERR_clear_error();
	return is;
}

static enum audit_held held_as(const struct anchor *a, time_t now)
{
	if (a->servers == ANCHOR_DISTRUSTED)
		return AUDIT_DISTRUSTS;
	if (a->servers == ANCHOR_MAY_NOT)
		return AUDIT_NOT_SERVERS;
	return a->not_before <= now && now <= a->not_after ? AUDIT_HOLDS : AUDIT_OUT_OF_DATE;
}

enum audit_held audit_holds(const struct store *s, const struct anchor *ca, time_t now)
{
	const struct anchor *exact = store_holds(s, ca->sha256);
	enum audit_held h = exact ? held_as(exact, now) : AUDIT_LACKS;

	/* What is expressly distrusted stays so, whatever else is there. */
	for (size_t i = 0; i < s->n && h != AUDIT_HOLDS && h != AUDIT_DISTRUSTS; i++) {
		const struct anchor *a = &s->anchors[i];

		if (a == exact || !same_name(a, ca) || held_as(a, now) != AUDIT_HOLDS)
			continue;
		if (same_key(a, ca) && is_root(a))
			h = AUDIT_HOLDS;
		if (!same_key(a, ca) && h == AUDIT_LACKS)
			h = AUDIT_NAMESAKE;
	}
	return h;
}

/* ---- what is wrong --------------------------------------------------------------------------- */

struct audit {
	time_t now;
	void (*found)(void *arg, const struct audit_finding *f);
	void *arg;
	size_t n;
};

static void tell(struct audit *w, enum audit_what what, const struct anchor *a, const char *when)
{
	const struct audit_finding f = { .what = what, .anchor = a, .when = when };

	w->found(w->arg, &f);
	w->n++;
}

static int is_weak(X509 *x)
{
	EVP_PKEY *key = X509_get0_pubkey(x);

	/* A key of a kind that OpenSSL doesn't know has no strength that we could tell. */
	return key && EVP_PKEY_get_security_bits(key) < STRONG_BITS;
}

static void look_alike(struct audit *w, const struct anchor *a, const struct anchor *root)
{
	if (same_name(a, root))
		tell(w, same_key(a, root) ? AUDIT_CROSSED : AUDIT_LOOK_ALIKE, a, NULL);
}

/* "2027-04-15", "2030-05" */
static time_t day_of(const char *date)
{
	struct tm tm = { .tm_mday = 1 };

	if (sscanf(date, "%4d-%2d-%2d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday) < 2)
		return 0;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	return timegm(&tm);
}

static void standing(struct audit *w, const struct anchor *a, const struct root *r)
{
	const struct root_standing *s = r->standings;

	while (s->programme && strcmp(s->programme, "Mozilla") != 0)
		s++;
	if (!s->programme || !*s->date || day_of(s->date) > w->now + YEAR)
		return;
	tell(w, day_of(s->date) <= w->now ? AUDIT_DROPPED : AUDIT_LEAVES, a, s->date);
}

static void compare(struct audit *w, const struct anchor *a, const struct store *roots)
{
	for (size_t i = 0; i < roots->n; i++) {
		if (memcmp(a->sha256, roots->anchors[i].sha256, SHA256_LENGTH) == 0) {
			standing(w, a, &roots_amazon[i]);
			return;
		}
		look_alike(w, a, &roots->anchors[i]);
	}
}

static void look(struct audit *w, const struct anchor *a, const struct store *roots)
{
	X509 *x = a->servers == ANCHOR_MAY ? parse(a->der) : NULL;

	if (!x)
		return;
	if (a->not_after < w->now)
		tell(w, AUDIT_EXPIRED, a, NULL);
	if (a->not_after >= w->now && a->not_after < w->now + SOON)
		tell(w, AUDIT_EXPIRES, a, NULL);
	if (is_weak(x))
		tell(w, AUDIT_WEAK, a, NULL);
	if (!a->is_ca)
		tell(w, AUDIT_LEAF, a, NULL);
	compare(w, a, roots);
	X509_free(x);
	ERR_clear_error();
}

size_t audit_store(const struct store *s, time_t now,
    void (*found)(void *arg, const struct audit_finding *f), void *arg)
{
	struct audit w = { .now = now, .found = found, .arg = arg };
	struct store_list roots = { 0 };
	struct err e;

	/* Their order is that of roots_amazon. */
	if (store_shipped(&roots, &e) == 0)
		for (size_t i = 0; i < s->n; i++)
			look(&w, &s->anchors[i], &roots.v[0]);
	store_free(&roots);
	if (s->dated != STORE_DATED_NOT && s->dated != STORE_DATED_NEWEST && s->date < now - OLD)
		tell(&w, AUDIT_OLD, NULL, NULL);
	return w.n;
}
