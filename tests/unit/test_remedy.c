/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What mends a cause, by system, client and server (D13): for every cause there are rows for those
 * whom it concerns, and each row is about causes, systems, clients and servers that there are.
 */
#include "doctor/diagnose.h"
#include "doctor/remedies.h"
#include "recipes/recipes.h"
#include "tap.h"

#include <stdlib.h>

/* ---- whom a cause concerns ------------------------------------------------------------------- */

#define NONE ""
/* All of them. */
#define EVERY "*"
#define MYSQL "mariadb-server mysql-server"
#define LEAF  MYSQL " tidb haproxy nginx dbtls aws"
#define DOORS MYSQL " tidb haproxy nginx dbtls"

/*
 * Of each kind at least these have a row. Systems: EVERY, or names; clients: EVERY is each that
 * `dbtls connect` and `dbtls lab try` have.
 */
static const struct group {
	const char *causes, *systems, *clients, *servers;
} groups[] = {
	{ "untrusted-root self-signed", EVERY, EVERY, MYSQL " tidb dbtls aws" },
	{ "intercepted", EVERY, EVERY, NONE },
	{ "partial-chain", NONE, EVERY, NONE },
	{ "ca-file-unreadable", EVERY, EVERY, NONE },
	{ "distrusted", EVERY, NONE, NONE },
	{ "root-leaving", EVERY, "boto3 aws node java browser", "aws" },
	{ "missing-intermediate", "macos windows", "browser", LEAF },
	{ "bad-chain-order", NONE, "java java-http", LEAF },
	{ "expired not-yet-valid", EVERY, NONE, LEAF },
	{ "clock-skew", EVERY, NONE, NONE },
	{ "hostname-mismatch", EVERY,
	    "java go gorm node mysql mariadb curl go-http python django pymysql sqlalchemy", LEAF },
	{ "no-san", NONE, "go gorm go-http", LEAF },
	{ "not-a-ca wrong-purpose name-constraint path-too-long certificate-refused off-profile",
	    NONE, NONE, LEAF },
	{ "proof-missing nodes-differ", NONE, NONE, LEAF },
	{ "weak-key weak-signature", "debian rhel suse alpine arch windows", "java java-http",
	    LEAF },
	{ "no-shared-cipher", "debian rhel suse alpine arch windows", "java java-http", LEAF },
	{ "not-strict", NONE, "pymysql sqlalchemy urllib boto3 aws java java-http", LEAF },
	{ "revoked", NONE, "mysql mariadb curl java-http", LEAF },
	{ "revocation-unknown", NONE, "mysql mariadb curl java-http", "nginx haproxy" },
	{ "staple-missing", NONE, NONE, DOORS },
	{ "protocol-version", "debian rhel suse alpine arch windows", EVERY, LEAF },
	{ "downgraded", NONE, NONE, LEAF },
	{ "client-cert-required", NONE,
	    "mariadb mysql mycli python pymysql sqlalchemy django java go gorm node sequelize "
	    "prisma ruby php dotnet curl wget boto3 aws-sdk-js urllib node-https go-http java-http "
	    "browser",
	    DOORS },
	{ "sni-required", EVERY, "mysql mariadb python django", "haproxy nginx" },
	{ "alpn-mismatch", NONE, NONE, "haproxy nginx" },
	{ "server-alert broken-tls handshake-closed handshake-reset session-closed session-reset "
	  "server-error",
	    NONE, NONE, DOORS },
	{ "handshake-timeout session-timeout", "debian rhel suse arch macos windows", EVERY,
	    DOORS },
	{ "greeting-timeout", "macos windows", EVERY, MYSQL " haproxy nginx" },
	{ "connect-timeout", EVERY, EVERY, "tidb aws" },
	{ "connection-refused", EVERY, NONE, DOORS },
	{ "network-unreachable", EVERY, NONE, NONE },
	{ "dns-failure", EVERY, NONE, "aws" },
	{ "slow", EVERY, NONE, MYSQL },
	{ "closed-before-greeting address-not-allowed", NONE, NONE, MYSQL " tidb dbtls" },
	{ "too-many-connections", NONE, NONE, DOORS },
	{ "host-blocked", NONE, NONE, MYSQL " haproxy dbtls" },
	{ "tls-not-offered", NONE, NONE, DOORS },
	{ "tls-refused", NONE, NONE, DOORS },
	{ "tls-required", NONE, EVERY, MYSQL " tidb dbtls" },
	{ "not-tls", "macos windows", NONE, "haproxy nginx dbtls" },
	{ "login-failed", NONE, NONE, MYSQL " tidb dbtls aws" },
	{ "auth-unsupported", NONE, "mysql", MYSQL " tidb" },
	{ "access-denied not-dynamodb", NONE, NONE, "aws" },
	{ "proxy-unused", EVERY,
	    "curl wget aws boto3 aws-sdk-js urllib node-https go-http java-http", NONE },
	{ "option-insecure option-unknown option-no-effect", NONE, EVERY, NONE },
	{ "local-failure", "debian rhel suse alpine arch", NONE, NONE },
	/* Whoever stands between is nobody's setting. */
	{ "plaintext-injected", NONE, NONE, NONE },
};
#define GROUPS (sizeof groups / sizeof *groups)

static int has_word(const char *list, const char *word)
{
	size_t n = strlen(word);

	while (*list) {
		size_t m = strcspn(list, " ");

		if (m == n && strncmp(list, word, n) == 0)
			return 1;
		list += m;
		list += strspn(list, " ");
	}
	return 0;
}

static int is_recipe(const char *name)
{
	return recipe_of(name) || recipe_https_of(name);
}

static int is_meant(const char *names, const struct remedy_who *who)
{
	if (strcmp(names, EVERY) == 0)
		return who->kind != REMEDY_CLIENT || is_recipe(who->name);
	return has_word(names, who->name);
}

/* Those of the names who have no row, one behind the other. */
static void find_lacking(const char *cause, enum remedy_kind kind, const char *names, char out[512])
{
	*out = '\0';
	for (const struct remedy_who *w = remedy_whos; w->name; w++)
		if (w->kind == kind && is_meant(names, w) && !remedy_next(NULL, cause, w))
			(void)snprintf(out + strlen(out), 512 - strlen(out), " %s", w->name);
}

static void try_cause(const char *cause)
{
	const struct group *g = groups;
	char lacking[REMEDY_KINDS][512];

	while (g < groups + GROUPS && !has_word(g->causes, cause))
		g++;
	ok(g < groups + GROUPS, "%s: it is known whom it concerns", cause);
	if (g == groups + GROUPS)
		return;
	find_lacking(cause, REMEDY_SYSTEM, g->systems, lacking[REMEDY_SYSTEM]);
	find_lacking(cause, REMEDY_CLIENT, g->clients, lacking[REMEDY_CLIENT]);
	find_lacking(cause, REMEDY_SERVER, g->servers, lacking[REMEDY_SERVER]);
	for (enum remedy_kind k = REMEDY_SYSTEM; k < REMEDY_KINDS; k++)
		ok(!*lacking[k], "%s: no %s that it concerns is without advice (D13);%s", cause,
		    remedy_kind_name(k), lacking[k]);
}

static void test_causes(void)
{
	const struct diagnose_cause *c;

	for (size_t i = 0; (c = diagnose_cause_at(i)); i++)
		if (c->kind != DIAGNOSE_OK)
			try_cause(c->id);
}

/* Each name of the test's own table is one. */
static void test_names(enum remedy_kind kind, const char *names)
{
	char name[64];

	while (*names && strcmp(names, EVERY) != 0) {
		size_t n = strcspn(names, " ");

		(void)snprintf(name, sizeof name, "%.*s", (int)n, names);
		if (!remedy_who(kind, name))
			ok(0, "%s is a %s", name, remedy_kind_name(kind));
		names += n;
		names += strspn(names, " ");
	}
}

/* ---- each row -------------------------------------------------------------------------------- */

static const struct remedy *const tables[REMEDY_KINDS] = {
	[REMEDY_SYSTEM] = remedy_systems,
	[REMEDY_CLIENT] = remedy_clients,
	[REMEDY_SERVER] = remedy_servers,
};

static int is_who(const char *name, enum remedy_kind kind)
{
	const struct remedy_who *w = remedy_who(kind, name);

	return w && strcmp(w->name, name) == 0;
}

static int is_cause(const char *name, enum remedy_kind kind)
{
	const struct diagnose_cause *c = diagnose_cause(name);

	(void)kind;
	return c && c->kind != DIAGNOSE_OK;
}

/* The first word that is not, or NULL. */
static const char *wrong_word(
    const char *list, int (*is)(const char *, enum remedy_kind), enum remedy_kind kind)
{
	static char word[64];

	while (*list) {
		size_t n = strcspn(list, " ");

		(void)snprintf(word, sizeof word, "%.*s", (int)n, list);
		if (!is(word, kind))
			return word;
		list += n;
		list += strspn(list, " ");
	}
	return NULL;
}

/* A word in both lists; NULL: there is none. */
static const char *shared_word(const char *list, const char *other)
{
	static char word[64];

	while (*list) {
		size_t n = strcspn(list, " ");

		(void)snprintf(word, sizeof word, "%.*s", (int)n, list);
		if (has_word(other, word))
			return word;
		list += n;
		list += strspn(list, " ");
	}
	return NULL;
}

static int is_same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* The same to the same about the same. */
static int is_twice(const struct remedy *a, const struct remedy *b)
{
	return shared_word(a->causes, b->causes) && shared_word(a->who, b->who) &&
	       is_same(a->write, b->write) && is_same(a->run, b->run) && is_same(a->file, b->file);
}

/* Names in braces that nothing would be put in the place of. */
static int is_unfilled(const char *text)
{
	static const char *const others[] = { "{ca}", "{user}", "{address}", "{name}", "{url}",
		"{{" };

	for (size_t i = 0; text && i < sizeof others / sizeof *others; i++)
		if (strstr(text, others[i]))
			return 1;
	return 0;
}

static void try_row(const struct remedy *r, enum remedy_kind kind)
{
	const char *cause = wrong_word(r->causes, is_cause, kind);
	const char *who = wrong_word(r->who, is_who, kind);
	const char *text = r->run ? r->run : r->write ? r->write : r->file ? r->file : "";
	int twice = 0;

	for (const struct remedy *other = r + 1; other->causes; other++)
		twice |= is_twice(r, other);
	ok(!cause && !who && (r->file || r->run || r->write) && !twice && !is_unfilled(r->file) &&
		!is_unfilled(r->write) && !is_unfilled(r->run) && !is_unfilled(r->say),
	    "the row for %s, %.30s, %.*s", r->who, r->causes, (int)strcspn(text, "\n"), text);
	if (cause || who)
		printf("# there is no %s\n", cause ? cause : who);
}

/* Whom options and programs name: in one way. */
static void test_whos(void)
{
	int twice = 0, recipes_lack = 0;

	for (const struct remedy_who *a = remedy_whos; a->name; a++)
		for (const struct remedy_who *b = a + 1; b->name; b++)
			twice |= a->kind == b->kind &&
				 (strcmp(a->name, b->name) == 0 || has_word(a->also, b->name) ||
				     has_word(b->also, a->name) || shared_word(a->also, b->also));
	for (const struct recipe *r = recipes; r->name; r++)
		recipes_lack |= !is_who(r->name, REMEDY_CLIENT);
	for (const struct recipe *r = recipes_https; r->name; r++)
		recipes_lack |= !is_who(r->name, REMEDY_CLIENT);
	ok(!twice, "no name is that of two");
	ok(!recipes_lack, "each client of `dbtls connect` and `dbtls lab try` is one");
}

/* ---- finding them ---------------------------------------------------------------------------- */

static const struct {
	const char *text, *system; /* NULL: none */
} releases[] = {
	{ "ID=debian\nVERSION_ID=\"12\"\n", "debian" },
	{ "NAME=\"Ubuntu\"\nID=ubuntu\nID_LIKE=debian\n", "debian" },
	{ "ID=zorin\nID_LIKE=\"ubuntu debian\"\n", "debian" },
	{ "NAME=\"Amazon Linux\"\nID=\"amzn\"\nID_LIKE=\"fedora\"", "rhel" },
	{ "ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n", "rhel" },
	{ "ID='opensuse-leap'\nID_LIKE='suse opensuse'\n", "suse" },
	{ "ID=alpine\n", "alpine" },
	{ "VERSION_ID=debian\nID=plan9\n", NULL },
	{ "ID_LIKE=\n", NULL },
	{ "ID=", NULL },
	{ "", NULL },
};

static void test_finding(void)
{
	for (size_t i = 0; i < sizeof releases / sizeof *releases; i++) {
		const char *text = releases[i].text;
		const struct remedy_who *w = remedy_system(span_of(text, strlen(text)));

		is_str(w ? w->name : "", releases[i].system ? releases[i].system : "",
		    "the system of os-release %zu", i);
	}
	ok(remedy_who(REMEDY_CLIENT, "JDBC") == remedy_who(REMEDY_CLIENT, "java") &&
		remedy_who(REMEDY_CLIENT, "java"),
	    "by another name, in any case");
	ok(!remedy_who(REMEDY_CLIENT, "") && !remedy_who(REMEDY_SYSTEM, "java") &&
		!remedy_who(REMEDY_CLIENT, NULL) && !remedy_who(REMEDY_SERVER, "maria"),
	    "and not what is none of that kind");
}

/* ---- telling them ---------------------------------------------------------------------------- */

static char *told(const char *cause, const struct remedies *r)
{
	const struct advice words = { "db1:4000", "db1", 4000 };
	char *text = NULL;
	size_t n = 0;
	FILE *to = open_memstream(&text, &n);

	remedies_text(to, cause, r, &words);
	(void)fclose(to);
	return text;
}

static void test_telling(void)
{
	struct remedies r = { .of = { [REMEDY_CLIENT] = remedy_who(REMEDY_CLIENT, "mysql") } };
	const struct advice words = { "db1:4000", "db1", 4000 };
	char *text = told("untrusted-root", &r), *none = told("dns-failure", &r);
	json_t *all = remedies_json("untrusted-root", &r, &words);

	ok(strstr(text, "-h db1 -P 4000") && !strchr(text, '{'),
	    "host and port are in their place");
	ok(strstr(text, "\n        [mysql]\n        ssl-mode=VERIFY_IDENTITY\n"),
	    "lines to copy stand by themselves");
	ok(!*none, "nothing is said where nothing is to be said");
	ok(json_array_size(all) == 1 &&
		strcmp(json_string_value(json_object_get(json_array_get(all, 0), "kind")),
		    "client") == 0,
	    "and for programs");
	free(text);
	free(none);
	json_decref(all);
	r = (struct remedies) { .all = 1 };
	text = told("untrusted-root", &r);
	ok(strstr(text, "SUSE") && strstr(text, "Prisma") && strstr(text, "TiDB"), "all of them");
	free(text);
}

/* Quotes are not broken: what goes on in the next line is the same to a shell. */
static void test_lines(void)
{
	struct remedies r = { .of = { [REMEDY_SERVER] = remedy_who(REMEDY_SERVER, "nginx") } };
	char *text = told("no-san", &r), *end;

	ok((end = strstr(text, " \\\n            ")) && end > text, "a long command goes on as a "
								    "shell has it");
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		if (strlen(line) > 92)
			ok(0, "no line is longer than the screen: %s", line);
	free(text);
}

int main(void)
{
	for (size_t i = 0; i < GROUPS; i++) {
		test_names(REMEDY_SYSTEM, groups[i].systems);
		test_names(REMEDY_CLIENT, groups[i].clients);
		test_names(REMEDY_SERVER, groups[i].servers);
	}
	test_causes();
	for (enum remedy_kind k = REMEDY_SYSTEM; k < REMEDY_KINDS; k++)
		for (const struct remedy *r = tables[k]; r->causes; r++)
			try_row(r, k);
	test_whos();
	test_finding();
	test_telling();
	test_lines();
	return tap_done();
}
