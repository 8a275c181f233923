/* SPDX-License-Identifier: Apache-2.0 */
/* All paths of a chain, and the best of them (D3): cross-signs, several anchors, what was fetched.
 */
#include "path/path.h"

#include "certs.h"
#include "tap.h"

#include <openssl/rsa.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define KEYS   8
#define CA     "critical,CA:TRUE"
#define HOST   "db.test"
#define MANY   15
#define LAYERS 7

/* What is served, trusted and fetched in one case. */
struct scene {
	struct span served[MANY + 1], extra[PATH_EXTRA];
	struct anchor anchor[8];
	size_t serves, extras, anchors, most;
	struct path path;
};

static EVP_PKEY *keys[KEYS];

enum { LEAF, ONE, TWO, ROOT, OTHER };

static EVP_PKEY *key(size_t which)
{
	if (!keys[which])
		keys[which] = EVP_EC_gen("P-256");
	return keys[which];
}

static struct span ca(const char *cn, size_t which, const char *issuer, size_t by)
{
	return certs_span(&(struct certs_plan) {
	    .cn = cn, .key = key(which), .issuer = issuer, .by = key(by), .bounds = CA });
}

static struct span dated(const char *cn, size_t which, const char *issuer, size_t by, int until)
{
	return certs_span(&(struct certs_plan) { .cn = cn,
	    .key = key(which),
	    .issuer = issuer,
	    .by = key(by),
	    .bounds = CA,
	    .from = -9,
	    .until = until,
	    .serial = 9 });
}

static struct span leaf(const char *issuer, size_t by)
{
	return certs_span(&(struct certs_plan) {
	    .cn = HOST, .key = key(LEAF), .issuer = issuer, .by = key(by), .san = "DNS:" HOST });
}

static void serve(struct scene *s, struct span der)
{
	s->served[s->serves++] = der;
}

static void fetch(struct scene *s, struct span der)
{
	s->extra[s->extras++] = der;
}

static void hold(struct scene *s, struct span der, enum anchor_servers servers)
{
	s->anchor[s->anchors++] = (struct anchor) { .der = der, .servers = servers };
}

static void judge(struct scene *s)
{
	const struct store store = { .anchors = s->anchor, .n = s->anchors };
	struct err e = { 0 };
	struct path_trust *trust = path_trust_new(&store, &e);
	const struct path_input in = { .trust = trust,
		.served = s->served,
		.n = s->serves,
		.extra = s->extra,
		.extras = s->extras,
		.most = s->most,
		.name = HOST,
		.now = time(NULL) };

	is_int(path_judge(&in, &s->path, &e), 0, "it is judged");
	for (size_t i = 0; i < s->path.finds; i++)
		printf("#   %s: %s\n", s->path.found[i].id, s->path.found[i].text);
	path_trust_free(trust);
}

static const char *first(const struct scene *s)
{
	return s->path.finds ? s->path.found[0].id : "ok";
}

static void drop(struct scene *s)
{
	for (size_t i = 0; i < s->serves; i++)
		OPENSSL_free((void *)s->served[i].p);
	for (size_t i = 0; i < s->extras; i++)
		OPENSSL_free((void *)s->extra[i].p);
	for (size_t i = 0; i < s->anchors; i++)
		OPENSSL_free((void *)s->anchor[i].der.p);
}

/* ---- alternatives ---------------------------------------------------------------------------- */

/* The root was cross-signed by an older one, which has expired: "the chain of pain". */
static void test_expired_cross_sign(void)
{
	struct scene s = { .serves = 0 };

	serve(&s, leaf("root", ROOT));
	serve(&s, dated("root", ROOT, "old", OTHER, -1));
	hold(&s, dated("old", OTHER, NULL, OTHER, -1), ANCHOR_MAY);
	hold(&s, ca("root", ROOT, NULL, ROOT), ANCHOR_MAY);
	judge(&s);
	is_str(first(&s), "ok", "the path that does without the expired cross-sign");
	ok(s.path.cert[0].used && !s.path.cert[1].used, "which is then not needed");
	s.anchors = 1;
	judge(&s);
	is_str(first(&s), "expired", "the cross-sign alone");
	ok(s.path.anchored && s.path.cert[1].used, "is told of as a path all the same");
	s.anchors = 2;
	drop(&s);
}

/* The first that leads to an anchor is expired, the longer one is right. */
static void test_longer_is_better(void)
{
	struct scene s = { .serves = 0 };

	serve(&s, leaf("one", ONE));
	serve(&s, dated("one", ONE, "root", ROOT, -1));
	serve(&s, ca("one", ONE, "two", TWO));
	serve(&s, ca("two", TWO, "root", ROOT));
	hold(&s, ca("root", ROOT, NULL, ROOT), ANCHOR_MAY);
	judge(&s);
	is_str(first(&s), "bad-chain-order", "a longer path with less that is wrong is the best");
	is_int(s.path.finds, 1, "and nothing else is said");
	ok(!s.path.cert[1].used && s.path.cert[2].used && s.path.cert[3].used, "by way of two");
	drop(&s);
}

/* Of two that are right the shorter one. */
static void test_shorter_of_two(void)
{
	struct scene s = { .serves = 0 };

	serve(&s, leaf("one", ONE));
	serve(&s, ca("one", ONE, "two", TWO));
	serve(&s, ca("two", TWO, "root", ROOT));
	hold(&s, ca("root", ROOT, NULL, ROOT), ANCHOR_MAY);
	hold(&s, ca("two", TWO, NULL, TWO), ANCHOR_MAY);
	judge(&s);
	is_str(first(&s), "ok", "two anchors, both lead there");
	ok(strstr(s.path.anchor, "CN=two") != NULL, "the nearer one is taken: %s", s.path.anchor);
	drop(&s);
}

/* Several anchors of one name: the one that has signed. */
static void test_namesakes(void)
{
	struct scene s = { .serves = 0 };

	serve(&s, leaf("root", ROOT));
	hold(&s, ca("root", OTHER, NULL, OTHER), ANCHOR_MAY);
	hold(&s, ca("root", TWO, NULL, TWO), ANCHOR_MAY);
	judge(&s);
	is_str(first(&s), "untrusted-root", "of two namesakes neither has signed");
	ok(strstr(s.path.found[0].text, "another key") != NULL, "which is said");
	hold(&s, ca("root", ROOT, NULL, ROOT), ANCHOR_MAY);
	judge(&s);
	is_str(first(&s), "ok", "a third has");
	drop(&s);
}

/* ---- what the server does not send ----------------------------------------------------------- */

static void test_fetched(void)
{
	struct scene s = { .serves = 0 };

	serve(&s, leaf("one", ONE));
	hold(&s, ca("root", ROOT, NULL, ROOT), ANCHOR_MAY);
	judge(&s);
	ok(!s.path.anchored && !s.path.completed, "without the intermediate there is no path");
	fetch(&s, ca("one", ONE, "root", ROOT));
	judge(&s);
	ok(s.path.anchored && s.path.completed, "the fetched one completes it");
	is_str(first(&s), "missing-intermediate", "and the server does not send it");
	is_int(s.path.finds, 1, "which is all");
	ok(strstr(s.path.found[0].text, "leads to the store") != NULL, "with it all is right");
	serve(&s, ca("one", ONE, "root", ROOT));
	judge(&s);
	is_str(first(&s), "ok", "sent as well, nothing is missing");
	ok(!s.path.completed, "nor completed");
	drop(&s);
}

static void test_fetched_is_not_believed(void)
{
	struct scene s = { .serves = 0 };

	serve(&s, leaf("one", ONE));
	fetch(&s, ca("one", OTHER, "root", ROOT));
	fetch(&s, ca("root", ROOT, NULL, ROOT));
	hold(&s, ca("root", TWO, NULL, TWO), ANCHOR_MAY);
	judge(&s);
	ok(!s.path.anchored && !s.path.completed, "who has not signed completes nothing");
	drop(&s);
	s = (struct scene) { .serves = 0 };
	serve(&s, leaf("root", ROOT));
	fetch(&s, ca("root", ROOT, NULL, ROOT));
	judge(&s);
	ok(!s.path.anchored, "a root that was fetched is no anchor");
	is_str(first(&s), "untrusted-root", "nor need the server send it");
	is_int(s.path.finds, 1, "which is all");
	drop(&s);
}

static void test_kept(void)
{
	struct scene s = { .serves = 0 };

	serve(&s, leaf("one", ONE));
	hold(&s, ca("one", ONE, "root", ROOT), ANCHOR_MAY_NOT);
	hold(&s, ca("root", ROOT, NULL, ROOT), ANCHOR_MAY);
	judge(&s);
	is_str(first(&s), "missing-intermediate", "one that lies in the store as no anchor");
	ok(s.path.anchored && s.path.completed, "completes the path");
	ok(strstr(s.path.found[0].text, "the store has it") != NULL, "and is said to be there");
	s.anchor[0].servers = ANCHOR_DISTRUSTED;
	judge(&s);
	ok(!s.path.anchored, "but not one that is distrusted");
	drop(&s);
}

/* ---- bounds ---------------------------------------------------------------------------------- */

static void test_most(void)
{
	struct scene s = { .most = 2 };

	serve(&s, leaf("one", ONE));
	serve(&s, ca("one", ONE, "two", TWO));
	serve(&s, ca("two", TWO, "root", ROOT));
	hold(&s, ca("root", ROOT, NULL, ROOT), ANCHOR_MAY);
	judge(&s);
	is_str(first(&s), "path-too-long", "three below a root, where a client allows two");
	s.most = 3;
	judge(&s);
	is_str(first(&s), "ok", "and where it allows three");
	drop(&s);
}

/* Three certificates a CA, each CA below the next: each CA on the way makes three ways of one. */
static struct span variant(size_t i)
{
	char cn[16], issuer[16];

	(void)snprintf(cn, sizeof cn, "ca%zu", i / 3);
	(void)snprintf(
	    issuer, sizeof issuer, "%s%zu", i / 3 == LAYERS - 1 ? "root" : "ca", i / 3 + 1);
	return certs_span(&(struct certs_plan) { .cn = cn,
	    .key = key(ONE),
	    .issuer = issuer,
	    .by = key(ONE),
	    .bounds = CA,
	    .serial = (int)i + 1 });
}

static void test_many_ways(void)
{
	struct scene s = { .serves = 0 };

	serve(&s, leaf("ca0", ONE));
	for (size_t i = 0; i < LAYERS * 3; i++)
		if (i < MANY)
			serve(&s, variant(i));
		else
			fetch(&s, variant(i));
	hold(&s, ca("root", ROOT, NULL, ROOT), ANCHOR_MAY);
	judge(&s);
	is_str(first(&s), "untrusted-root", "2187 ways that lead nowhere");
	hold(&s, ca("root7", ONE, NULL, ONE), ANCHOR_MAY);
	judge(&s);
	ok(s.path.anchored, "and all to an anchor");
	is_str(first(&s), "missing-intermediate", "of which no one is served whole");
	drop(&s);
}

/* All of one name and one key: each has signed each, in more than 10^12 orders. */
static void test_each_has_signed_each(void)
{
	struct scene s = { .serves = 0 };

	serve(&s, leaf("ca", ONE));
	for (size_t i = 0; i < MANY; i++)
		serve(&s, certs_span(&(struct certs_plan) {
			      .cn = "ca", .key = key(ONE), .bounds = CA, .serial = (int)i + 1 }));
	hold(&s, ca("root", ROOT, NULL, ROOT), ANCHOR_MAY);
	judge(&s);
	is_str(first(&s), "untrusted-root", "fifteen of one name and one key, none in the store");
	hold(&s, ca("ca", ONE, NULL, ONE), ANCHOR_MAY);
	judge(&s);
	is_str(first(&s), "ok", "and with a sixteenth that is");
	drop(&s);
}

/* All of one name, each with a key of its own, that has signed the next and the one behind it. */
static void test_namesakes_in_a_row(void)
{
	struct scene s = { .serves = 0 };
	EVP_PKEY *own[MANY + 1];

	for (size_t i = 0; i <= MANY; i++)
		own[i] = EVP_EC_gen("P-256");
	serve(&s,
	    certs_span(&(struct certs_plan) {
		.cn = HOST, .key = key(LEAF), .issuer = "ca", .by = own[0], .san = "DNS:" HOST }));
	for (size_t i = 0; i < MANY; i++)
		serve(&s, certs_span(&(struct certs_plan) {
			      .cn = "ca", .key = own[i], .by = own[i + 1], .bounds = CA }));
	hold(&s, certs_span(&(struct certs_plan) { .cn = "ca", .key = own[MANY], .bounds = CA }),
	    ANCHOR_MAY);
	judge(&s);
	is_str(first(&s), "ok", "fifteen CAs of one name, in the only order that there is");
	for (size_t i = 0; i <= MANY; i++)
		EVP_PKEY_free(own[i]);
	drop(&s);
}

/* An RSA key whose exponent is long: to look at what it has signed takes a hundred times as long.
 */
static void test_long_exponent(void)
{
	static const char *const exponents[] = { "10001", "100000000000000000000000D" };

	for (size_t i = 0; i < 2; i++) {
		struct scene s = { .serves = 0 };
		EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
		EVP_PKEY *rsa = NULL;
		BIGNUM *e = NULL;

		(void)BN_hex2bn(&e, exponents[i]);
		(void)EVP_PKEY_keygen_init(ctx);
		(void)EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 2048);
		(void)EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, e);
		(void)EVP_PKEY_generate(ctx, &rsa);
		ok(rsa != NULL, "a key with the exponent 0x%s", exponents[i]);
		serve(&s, certs_span(&(struct certs_plan) { .cn = HOST,
			      .key = key(LEAF),
			      .issuer = "ca",
			      .by = rsa,
			      .san = "DNS:" HOST }));
		hold(&s, certs_span(&(struct certs_plan) { .cn = "ca", .key = rsa, .bounds = CA }),
		    ANCHOR_MAY);
		judge(&s);
		is_str(first(&s), i == 0 ? "ok" : "untrusted-root", "and what it has signed");
		EVP_PKEY_free(rsa);
		BN_free(e);
		EVP_PKEY_CTX_free(ctx);
		drop(&s);
	}
}

int main(void)
{
	test_long_exponent();
	test_expired_cross_sign();
	test_longer_is_better();
	test_shorter_of_two();
	test_namesakes();
	test_fetched();
	test_fetched_is_not_believed();
	test_kept();
	test_most();
	test_many_ways();
	test_each_has_signed_each();
	test_namesakes_in_a_row();
	for (size_t i = 0; i < KEYS; i++)
		EVP_PKEY_free(keys[i]);
	return tap_done();
}
