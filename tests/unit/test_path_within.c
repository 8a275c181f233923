/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Name constraints (RFC 5280 4.2.1.10), each form, permitted and excluded; and the rules for those
 * who issue, each with a certificate that breaks it and nothing else (D3).
 */
#include "path/path.h"

#include "certs.h"
#include "tap.h"

#include <string.h>
#include <time.h>

#define KEYS 3
#define CA   "critical,CA:TRUE"
#define HOST "db.example.com"

static EVP_PKEY *keys[KEYS];

/* A leaf below an intermediate below a root: what the plans have otherwise. */
struct chain {
	struct certs_plan leaf, middle, root;
};

static struct chain plain(void)
{
	return (struct chain) {
		.leaf = { .cn = HOST,
		    .key = keys[0],
		    .issuer = "middle",
		    .by = keys[1],
		    .san = "DNS:" HOST },
		.middle = { .cn = "middle",
		    .key = keys[1],
		    .issuer = "root",
		    .by = keys[2],
		    .bounds = CA },
		.root = { .cn = "root", .key = keys[2], .bounds = CA },
	};
}

/* The first finding. */
static const char *judge(X509 *leaf, X509 *middle, X509 *root, const char *name)
{
	static struct path p;
	struct span served[2] = { certs_der(leaf), certs_der(middle) };
	struct anchor anchor = { .der = certs_der(root) };
	const struct store store = { .anchors = &anchor, .n = 1 };
	struct err e = { 0 };
	struct path_trust *trust = path_trust_new(&store, &e);
	const struct path_input in = {
		.trust = trust, .served = served, .n = 2, .name = name, .now = time(NULL)
	};
	int rc = path_judge(&in, &p, &e);

	path_trust_free(trust);
	OPENSSL_free((void *)served[0].p);
	OPENSSL_free((void *)served[1].p);
	OPENSSL_free((void *)anchor.der.p);
	for (size_t i = 0; rc == 0 && i < p.finds; i++)
		printf("#   %s: %s\n", p.found[i].id, p.found[i].text);
	return rc < 0 ? "unread" : p.finds ? p.found[0].id : "ok";
}

static const char *judged(const struct chain *c, const char *name)
{
	return judge(certs_make(&c->leaf), certs_make(&c->middle), certs_make(&c->root), name);
}

/* ---- name constraints ------------------------------------------------------------------------ */

static const struct row {
	const char *within, *san;
	int may;
} rows[] = {
	{ "permitted;DNS:example.com", "DNS:" HOST, 1 },
	{ "permitted;DNS:EXAMPLE.com", "DNS:" HOST, 1 },
	{ "permitted;DNS:" HOST, "DNS:" HOST, 1 },
	{ "permitted;DNS:other.com,permitted;DNS:example.com", "DNS:" HOST, 1 },
	{ "permitted;DNS:other.com", "DNS:" HOST, 0 },
	{ "permitted;DNS:b.example.com", "DNS:" HOST, 0 },
	{ "permitted;DNS:example.com", "DNS:" HOST ",DNS:notexample.com", 0 },
	{ "permitted;DNS:example.com", "DNS:" HOST ",DNS:.example.com", 0 },
	{ "permitted;DNS:example.com", "DNS:" HOST ",DNS:a..example.com", 0 },
	{ "permitted;DNS:*.example.com", "DNS:" HOST, 0 },
	{ "excluded;DNS:other.com", "DNS:" HOST, 1 },
	{ "excluded;DNS:example.com", "DNS:" HOST, 0 },
	{ "excluded;DNS:b.example.com", "DNS:" HOST, 1 },
	{ "permitted;DNS:example.com,excluded;DNS:" HOST, "DNS:" HOST, 0 },

	{ "permitted;DNS:example.com", "DNS:*.example.com", 1 },
	{ "permitted;DNS:" HOST, "DNS:*.example.com", 0 },
	{ "excluded;DNS:bar.example.com", "DNS:*.example.com", 0 },
	{ "excluded;DNS:foo.bar.example.com", "DNS:*.example.com", 1 },
	{ "excluded;DNS:example.com", "DNS:*.example.com", 0 },

	{ "permitted;IP:192.0.2.0/255.255.255.0", "DNS:" HOST ",IP:192.0.2.7", 1 },
	{ "permitted;IP:192.0.2.0/255.255.255.0", "DNS:" HOST ",IP:192.0.3.7", 0 },
	{ "permitted;IP:192.0.2.0/255.255.255.0", "DNS:" HOST ",IP:2001:db8::7", 0 },
	{ "permitted;IP:192.0.2.0/255.255.255.0", "DNS:" HOST, 1 },
	{ "permitted;IP:192.0.2.0/255.0.255.0", "DNS:" HOST, 0 },
	{ "permitted;IP:2001:db8::/ffff:ffff::", "DNS:" HOST ",IP:2001:db8::7", 1 },
	{ "excluded;IP:192.0.2.0/255.255.255.0", "DNS:" HOST ",IP:192.0.2.7", 0 },
	{ "excluded;IP:192.0.2.0/255.255.255.0", "DNS:" HOST ",IP:192.0.3.7", 1 },
	{ "excluded;IP:192.0.2.0/255.255.255.0", "DNS:" HOST ",IP:2001:db8::7", 1 },

	{ "permitted;email:example.com", "DNS:" HOST ",email:a@example.com", 1 },
	{ "permitted;email:example.com", "DNS:" HOST ",email:a@b.example.com", 0 },
	{ "permitted;email:.example.com", "DNS:" HOST ",email:a@b.example.com", 1 },
	{ "permitted;email:a@example.com", "DNS:" HOST ",email:a@EXAMPLE.com", 1 },
	{ "permitted;email:a@example.com", "DNS:" HOST ",email:A@example.com", 0 },
	{ "excluded;email:example.com", "DNS:" HOST ",email:a@example.com", 0 },
	{ "excluded;email:example.com", "DNS:" HOST ",email:a@other.com", 1 },

	{ "permitted;URI:example.com", "DNS:" HOST ",URI:https://example.com/a", 1 },
	{ "permitted;URI:example.com", "DNS:" HOST ",URI:https://example.com:1/a", 1 },
	{ "permitted;URI:example.com", "DNS:" HOST ",URI:https://a.example.com/", 0 },
	{ "permitted;URI:.example.com", "DNS:" HOST ",URI:https://a.example.com/", 1 },
	{ "permitted;URI:example.com", "DNS:" HOST ",URI:https://e.com/@example.com", 0 },
	{ "excluded;URI:example.com", "DNS:" HOST ",URI:https://example.com/", 0 },
	{ "excluded;URI:example.com", "DNS:" HOST ",URI:https://other.com/", 1 },
	{ "excluded;URI:example.com", "DNS:" HOST ",URI:https://192.0.2.1/", 0 },
	{ "excluded;URI:example.com", "DNS:" HOST ",URI:mailto:a", 0 },

	/* Forms that nobody understands count where a name has them. */
	{ "excluded;RID:1.2.3", "DNS:" HOST ",RID:1.2.3.4", 0 },
	{ "permitted;RID:1.2.3", "DNS:" HOST ",RID:1.2.3.4", 0 },
	{ "permitted;RID:1.2.3", "DNS:" HOST, 1 },
};

static void test_row(const struct row *r)
{
	struct chain c = plain();
	char within[256];
	const char *name = strstr(r->san, "*.") ? "x.example.com" : HOST;

	(void)snprintf(within, sizeof within, "critical,%s", r->within);
	c.middle.within = within;
	c.leaf.san = r->san;
	if (r->san[4] == '*')
		c.leaf.cn = "example.com";
	is_str(judged(&c, name), r->may ? "ok" : "name-constraint", "%s: %s", r->within, r->san);
}

/* The root's hold for what stands below the intermediate, and for the intermediate. */
static void test_above(void)
{
	struct chain c = plain();

	c.root.within = "critical,permitted;DNS:other.com";
	is_str(judged(&c, HOST), "name-constraint", "a root's constraint of the leaf");
	c.root.within = "critical,permitted;DNS:example.com";
	c.middle.san = "DNS:middle.other.com";
	is_str(judged(&c, HOST), "name-constraint", "a root's constraint of the intermediate");
}

/* Who has issued itself anew, with another key, is not constrained, but as the leaf. */
static void test_self_issued(void)
{
	struct chain c = plain();

	c.root.within = "critical,permitted;DNS:example.com";
	c.middle.cn = c.leaf.issuer = "root";
	c.middle.san = "DNS:middle.other.com";
	is_str(judged(&c, HOST), "ok", "an intermediate that is self-issued");
	c = plain();
	c.middle.within = "critical,permitted;DNS:other.com";
	c.leaf.cn = "middle";
	is_str(judged(&c, HOST), "name-constraint", "a leaf that is");
}

/* "O=test,CN=…" below O=what. */
static NAME_CONSTRAINTS *below(const char *o, int excluded)
{
	NAME_CONSTRAINTS *nc = NAME_CONSTRAINTS_new();
	GENERAL_SUBTREE *t = GENERAL_SUBTREE_new();
	STACK_OF(GENERAL_SUBTREE) **list =
	    excluded ? &nc->excludedSubtrees : &nc->permittedSubtrees;
	X509_NAME *name = X509_NAME_new();

	X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, (const unsigned char *)o, -1, -1, 0);
	GENERAL_NAME_set0_value(t->base, GEN_DIRNAME, name);
	*list = sk_GENERAL_SUBTREE_new_null();
	sk_GENERAL_SUBTREE_push(*list, t);
	return nc;
}

static void test_directory(void)
{
	static const struct {
		const char *o;
		int excluded;
		const char *comes;
	} cases[] = { { "test", 0, "ok" }, { "TEST ", 0, "ok" }, { "other", 0, "name-constraint" },
		{ "test", 1, "name-constraint" }, { "other", 1, "ok" } };

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct chain c = plain();

		c.middle.nc = below(cases[i].o, cases[i].excluded);
		is_str(judged(&c, HOST), cases[i].comes, "%s a subject below O=%s",
		    cases[i].excluded ? "excluded" : "permitted", cases[i].o);
		NAME_CONSTRAINTS_free(c.middle.nc);
	}
}

/* More of them than anybody compares, and none at all. */
static void test_sizes(void)
{
	struct chain c = plain();
	NAME_CONSTRAINTS *nc = below("test", 0);

	while (sk_GENERAL_SUBTREE_num(nc->permittedSubtrees) < 40000) {
		GENERAL_SUBTREE *t = GENERAL_SUBTREE_new();

		GENERAL_NAME_set0_value(t->base, GEN_RID, OBJ_txt2obj("1.2.3", 1));
		sk_GENERAL_SUBTREE_push(nc->permittedSubtrees, t);
	}
	c.middle.nc = nc;
	is_str(judged(&c, HOST), "name-constraint", "40,000 of them");
	NAME_CONSTRAINTS_free(nc);
	c.middle.nc = NAME_CONSTRAINTS_new();
	is_str(judged(&c, HOST), "name-constraint", "an extension without any");
	NAME_CONSTRAINTS_free(c.middle.nc);
}

/* ---- rules for those who issue --------------------------------------------------------------- */

static void test_profile(void)
{
	struct chain c = plain();

	is_str(judged(&c, HOST), "ok", "right by all rules");
	c.leaf.eku = "critical,serverAuth";
	is_str(judged(&c, HOST), "off-profile", "an extended key usage that is critical");
	c.leaf.eku = "serverAuth,anyExtendedKeyUsage";
	is_str(judged(&c, HOST), "off-profile", "or for anything");
	c = plain();
	c.leaf.serial = -7;
	is_str(judged(&c, HOST), "off-profile", "a serial number below zero");
	c = plain();
	c.leaf.san = "critical,DNS:" HOST;
	is_str(judged(&c, HOST), "off-profile", "a critical SAN beside a subject");
	c = plain();
	c.leaf.san = "DNS:" HOST ",DNS:a_b.example.com";
	is_str(judged(&c, HOST), "off-profile", "an underscore");
	c = plain();
	c.leaf.within = "permitted;DNS:example.com";
	is_str(judged(&c, HOST), "off-profile", "name constraints of a leaf");
	c = plain();
	c.middle.within = "critical,permitted;DNS:.example.com";
	is_str(judged(&c, HOST), "off-profile", "a constraint that begins with a dot");
	c.leaf.san = "DNS:example.com,DNS:" HOST;
	is_str(judged(&c, HOST), "name-constraint", "which leaves the domain itself out");
	c = plain();
	c.root.eku = "serverAuth";
	is_str(judged(&c, HOST), "off-profile", "a root with an extended key usage");
}

static void test_common_name(void)
{
	static const struct {
		const char *cn, *comes;
	} cases[] = { { HOST, "ok" }, { "MySQL server", "ok" }, { "example.com", "ok" },
		{ "DB.example.com", "off-profile" }, { "other.example.com", "off-profile" },
		{ "192.0.2.1", "off-profile" }, { "0xC0000201", "off-profile" },
		{ "d\xc3\xbc.example.com", "off-profile" } };

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct chain c = plain();

		c.leaf.cn = cases[i].cn;
		is_str(judged(&c, HOST), cases[i].comes, "the common name %s", cases[i].cn);
	}
}

/* An extension twice: what it says can't be known. */
static void test_twice(void)
{
	struct chain c = plain();
	X509 *leaf = certs_make(&c.leaf);

	certs_extend(leaf, NID_subject_alt_name, "DNS:" HOST);
	X509_sign(leaf, c.leaf.by, EVP_sha256());
	is_str(judge(leaf, certs_make(&c.middle), certs_make(&c.root), HOST), "certificate-refused",
	    "an extension that stands there twice");
}

static void test_no_name(void)
{
	struct chain c = plain();

	is_str(judged(&c, NULL), "ok", "where no name is asked for, any will do");
}

int main(void)
{
	for (size_t i = 0; i < KEYS; i++)
		keys[i] = EVP_EC_gen("P-256");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		test_row(&rows[i]);
	test_above();
	test_self_issued();
	test_directory();
	test_sizes();
	test_profile();
	test_common_name();
	test_twice();
	test_no_name();
	for (size_t i = 0; i < KEYS; i++)
		EVP_PKEY_free(keys[i]);
	return tap_done();
}
