/* SPDX-License-Identifier: Apache-2.0 */
/* D11: what is to be put into trust stores, as it is named and as it is typed elsewhere. */
#include "selfsigned.h"
#include "tap.h"
#include "trust/change.h"
#include "trust/foreign.h"
#include "trust/layout.h"
#include "trust/roots.h"
#include "trust/wanted.h"

#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOW 1760000000 /* 2025-10-09 */

static const struct store_secret none = { 0 };

static int take(struct wanted *w, const char *word, const struct wanted_rules *given, struct err *e)
{
	struct wanted_rules rules = *given;

	rules.secret = &none;
	rules.now = rules.now ? rules.now : NOW;
	return wanted_take(w, word, &rules, e);
}

static void test_names(void)
{
	struct wanted w = { 0 };
	struct err e = { 0 };

	ok(take(&w, "amazon-root-ca-3", &(struct wanted_rules) { 0 }, &e) == 0,
	    "a root by its name");
	ok(take(&w, "amazon-root-ca-3", &(struct wanted_rules) { 0 }, &e) == 0 && w.n == 1,
	    "named twice it is there once");
	ok(w.n == 1 && strcmp(w.v[0].name, "amazon-root-ca-3") == 0 && !w.v[0].file,
	    "under the name that it ships with");
	ok(take(&w, "amazon-root-ca-8", &(struct wanted_rules) { 0 }, &e) < 0 &&
		strstr(e.text, "amazon-root-ca-") &&
		strstr(e.text, "www.amazontrust.com/repository"),
	    "one that there is not: the nearest, and where the list is");
	ok(take(&w, "18CE6CFE7BF14E60", &(struct wanted_rules) { 0 }, &e) < 0,
	    "a digest is nothing that can be added");
	wanted_free(&w);
}

static void test_digests(void)
{
	static const char *const good[] = { "18CE6CFE7BF14E60", "18ce6cfe7bf14e60b",
		"18:CE:6C:FE:7B:F1:4E:60:B2",
		"18CE6CFE7BF14E60B2E347B8DFE868CB31D02EBB3ADA271569F50343B46DB3A4" };
	static const char *const other[] = { "18CE6CFE7BF14E61", "18ce6cfe7bf14e60c" };
	static const char *const bad[] = { "18CE6CFE7BF14E6", "18CE6CFE7BF14E6g",
		"18CE6CFE7BF14E60B2E347B8DFE868CB31D02EBB3ADA271569F50343B46DB3A411" };
	const struct wanted_rules rules = { .remove = 1 };
	struct wanted w = { 0 };
	struct err e = { 0 };
	uint8_t sha256[SHA256_LENGTH];
	size_t n = 0;

	roots_digest(roots_named("amazon-root-ca-3"), sha256);
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		ok(take(&w, good[i], &rules, &e) == 0 && wanted_is(&w.v[n++], sha256), "%s",
		    good[i]);
	for (size_t i = 0; i < sizeof other / sizeof *other; i++)
		ok(take(&w, other[i], &rules, &e) == 0 && !wanted_is(&w.v[n++], sha256),
		    "%s is another's", other[i]);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ok(take(&w, bad[i], &rules, &e) < 0, "%s is no digest", bad[i]);
	wanted_free(&w);
}

/* A certificate that is no CA, good for a day from now. */
static void write_leaf(const char *path)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = selfsigned(key, "It's a leaf, & more");
	FILE *f = fopen(path, "w");

	if (f)
		PEM_write_X509(f, x);
	if (f)
		(void)fclose(f);
	X509_free(x);
	EVP_PKEY_free(key);
}

static void test_refused(void)
{
	char path[] = "/tmp/dbtls-wanted-XXXXXX";
	int fd = mkstemp(path);
	struct wanted w = { 0 };
	struct err e = { 0 };

	ok(fd >= 0, "a file");
	close(fd);
	write_leaf(path);
	ok(take(&w, path, &(struct wanted_rules) { 0 }, &e) < 0 && e.kind == ERR_USER &&
		strstr(e.text, "--yes-a-leaf"),
	    "a leaf is refused, with what to say instead");
	ok(take(&w, path, &(struct wanted_rules) { .leaf = 1, .now = NOW * 2LL }, &e) < 0 &&
		strstr(e.text, "--yes-expired"),
	    "one that has expired as well");
	ok(w.n == 0, "nothing of it is taken");
	ok(take(&w, path, &(struct wanted_rules) { .leaf = 1 }, &e) == 0 && w.n == 1,
	    "unless somebody insists");
	ok(w.n == 1 && strcmp(w.v[0].name, "it-s-a-leaf") == 0, "its name is a word: %s",
	    w.n ? w.v[0].name : "");
	ok(take(&w, path, &(struct wanted_rules) { .remove = 1, .now = NOW * 2LL }, &e) == 0,
	    "to be taken out it may be anything");
	(void)unlink(path);
	wanted_free(&w);
}

static int is(struct buf *b, const char *text)
{
	int same = b->n == strlen(text) && memcmp(b->p, text, b->n) == 0;

	if (!same)
		printf("# %.*s\n", (int)b->n, (const char *)b->p);
	buf_free(b);
	return same;
}

static void test_quoted(void)
{
	struct buf b = buf_new(1000);

	change_quote(&b, "/tmp/ca-1.pem");
	ok(is(&b, "/tmp/ca-1.pem"), "a plain word is as it is");
	change_quote(&b, "it's; $(mine)");
	ok(is(&b, "'it'\\''s; $(mine)'"), "a shell finds nothing in the others");
	change_quote(&b, "");
	ok(is(&b, "''"), "an empty one is one");
}

static void test_foreign(void)
{
	struct wanted w = { 0 };
	struct err e = { 0 };
	struct buf b = buf_new(4000);

	ok(take(&w, "amazon-root-ca-1", &(struct wanted_rules) { 0 }, &e) == 0,
	    "Amazon's first root");
	ok(foreign_lines(&w.v[0], 0, 0, &b, &e) == 0 &&
		is(&b, "dbtls trust export --only "
		       "8ECDE6884F3D87B1125BA31AC3FCB13D7016DE7F57CC904FE1CB97C6AE98196E --out "
		       "amazon-root-ca-1.pem\nsudo security add-trusted-cert -d -r trustRoot -k "
		       "/Library/Keychains/System.keychain amazon-root-ca-1.pem\n"),
	    "macOS");
	/* The SHA-1 that Amazon's own page has. */
	ok(foreign_lines(&w.v[0], 1, 1, &b, &e) == 0 &&
		is(&b, "certutil -delstore ROOT 8da7f965ec5efc37910f1c6e59fdc1cc6a6ede16\n"),
	    "Windows knows it by its SHA-1");
	wanted_free(&w);
}

static void test_commands(void)
{
	ok(layout_of("update-ca-certificates --fresh") && layout_of("trust extract-compat"),
	    "a system's command is known");
	ok(!layout_of("rm -rf /") && !layout_of("") && !layout_of("update-ca-certificates; id"),
	    "and nothing else");
}

int main(void)
{
	test_names();
	test_digests();
	test_refused();
	test_quoted();
	test_foreign();
	test_commands();
	return tap_done();
}
