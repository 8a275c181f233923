/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Settings that stand alone, as a name and its value: in properties, YAML, TOML, JSON, .env, in
 * variables of the environment, in calls such as setProperty("sslMode", "REQUIRED"). One row each.
 */
#include "lint/read.h"

#include "base/i18n.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* What a file must have in it, somewhere, for a name to be a database's. */
#define MYSQL "mysql mariadb"

static const struct setting {
	const char *name;  /* small letters alone: sslMode, ssl_mode and ssl-mode are "sslmode" */
	const char *bad;   /* its values, small; between blanks */
	const char *needs; /* one of these words in the file; NULL: the name will do */
	const char *not_with; /* none of these; NULL: whatever there is */
	const char *id, *client;
	const char *sentence;
	const char *put; /* the value to write; NULL: the sentence says it */
} settings[] = {
	{ "sslmode", " disabled ", MYSQL, NULL, "option-insecure", NULL,
	    N_("no TLS: password and data cross the network in the clear; write VERIFY_IDENTITY"),
	    "VERIFY_IDENTITY" },
	{ "sslmode", " preferred ", MYSQL, NULL, "option-insecure", NULL,
	    N_("any certificate is taken, and a server without TLS gets plaintext; write "
	       "VERIFY_IDENTITY"),
	    "VERIFY_IDENTITY" },
	{ "sslmode", " required ", MYSQL, NULL, "option-insecure", NULL,
	    N_("any certificate is taken, whoever answers; write VERIFY_IDENTITY"),
	    "VERIFY_IDENTITY" },
	{ "sslmode", " verify_ca verifyca ", MYSQL, NULL, "option-insecure", NULL,
	    N_("the host's name is not verified: any certificate of the CA will do; write "
	       "VERIFY_IDENTITY"),
	    "VERIFY_IDENTITY" },
	{ "sslmode", " trust ", "mariadb", NULL, "option-insecure", "mariadb-java",
	    N_("any certificate is taken, whoever answers; write verify-full"), "verify-full" },
	{ "sslmode", " verify-ca ", "jdbc:mariadb", NULL, "option-insecure", "mariadb-java",
	    N_("the host's name is not verified: any certificate of the CA will do; write "
	       "verify-full"),
	    "verify-full" },
	{ "sslmode", " disable ", "jdbc:mariadb", NULL, "option-insecure", "mariadb-java",
	    N_("no TLS: password and data cross the network in the clear; write verify-full"),
	    "verify-full" },
	{ "usessl", " false ", MYSQL, "sslMode", "option-insecure", "java",
	    N_("no TLS: password and data cross the network in the clear; write "
	       "sslMode=VERIFY_IDENTITY in its place"),
	    NULL },
	{ "usessl", " true ", MYSQL, "sslMode verifyServerCertificate jdbc:mariadb",
	    "option-insecure", "java",
	    N_("useSSL alone verifies nothing, and a server without TLS gets plaintext; write "
	       "sslMode=VERIFY_IDENTITY in its place"),
	    NULL },
	{ "requiressl", " true ", MYSQL, "sslMode verifyServerCertificate", "option-insecure",
	    "java", N_("requireSSL verifies nothing; write sslMode=VERIFY_IDENTITY in its place"),
	    NULL },
	{ "verifyservercertificate", " false ", NULL, "sslMode", "option-insecure", "java",
	    N_("any certificate is taken, whoever answers; write sslMode=VERIFY_IDENTITY in its "
	       "place"),
	    NULL },
	{ "trustservercertificate", " true ", "mariadb", NULL, "option-insecure", "mariadb-java",
	    N_("any certificate is taken, whoever answers; write sslMode=verify-full in its "
	       "place"),
	    NULL },
	{ "disablesslhostnameverification", " true ", NULL, NULL, "option-insecure", "mariadb-java",
	    N_("the host's name is not verified: any certificate of the CA will do; write "
	       "sslMode=verify-full in its place"),
	    NULL },
	{ "rejectunauthorized", " false 0 ", NULL, NULL, "option-insecure", "node",
	    N_("any certificate is taken, whoever answers; write true, and name the CA"), "true" },
	{ "verifyidentity", " false ", "mysql2", NULL, "option-insecure", "node",
	    N_("the host's name is not verified: any certificate of the CA will do; write true"),
	    "true" },
	{ "nodetlsrejectunauthorized", " 0 ", NULL, NULL, "option-insecure", "node",
	    N_("all that this program connects to may be anyone; take it out, and name the CA in "
	       "NODE_EXTRA_CA_CERTS"),
	    NULL },
	{ "pythonhttpsverify", " 0 ", NULL, NULL, "option-insecure", "python",
	    N_("Python's urllib takes any certificate, whoever answers; take it out, and name the "
	       "CA in SSL_CERT_FILE"),
	    NULL },
	{ "sslaccept", " accept_invalid_certs ", NULL, NULL, "option-insecure", "prisma",
	    N_("any certificate is taken, whoever answers; write strict"), "strict" },
	{ "sslverifycert", " false 0 ", MYSQL " ssl_ca", NULL, "option-insecure", NULL,
	    N_("any certificate is taken, whoever answers; write true, and ssl_ca"), NULL },
	{ "sslverifyidentity", " false 0 ", MYSQL, NULL, "option-insecure", NULL,
	    N_("the host's name is not verified: any certificate of the CA will do; write true"),
	    NULL },
	{ "sslcheckhostname", " false 0 ", MYSQL, NULL, "option-insecure", NULL,
	    N_("the host's name is not verified: any certificate of the CA will do; write true"),
	    NULL },
	{ "ssldisabled", " true 1 ", MYSQL, NULL, "option-insecure", NULL,
	    N_("no TLS: password and data cross the network in the clear; take it out, and name "
	       "the CA in ssl_ca"),
	    NULL },
	{ "mysqlattrsslverifyservercert", " false 0 ", NULL, NULL, "option-insecure", "php",
	    N_("any certificate is taken, whoever answers; write true"), "true" },
	{ "tls", " skip-verify ", MYSQL, NULL, "option-insecure", "go",
	    N_("any certificate is taken, whoever answers; write true"), "true" },
	{ "tls", " preferred ", MYSQL, NULL, "option-insecure", "go",
	    N_("any certificate is taken, and a server without TLS gets plaintext; write true"),
	    "true" },
	{ "allowfallbacktoplaintext", " true 1 ", NULL, NULL, "option-insecure", "go",
	    N_("a server that offers no TLS gets password and data in plaintext; write false"),
	    "false" },
	{ "tlsversions", " tlsv1 tlsv1.1 tlsv1,tlsv1.1 tlsv1.1,tlsv1.2 tlsv1,tlsv1.1,tlsv1.2 ",
	    MYSQL, NULL, "version-old", NULL,
	    N_("TLS 1.0 and 1.1 are withdrawn (RFC 8996); write TLSv1.2,TLSv1.3"),
	    "TLSv1.2,TLSv1.3" },
	{ "enabledtlsprotocols",
	    " tlsv1 tlsv1.1 tlsv1,tlsv1.1 tlsv1.1,tlsv1.2 tlsv1,tlsv1.1,tlsv1.2 ", NULL, NULL,
	    "version-old", "java",
	    N_("TLS 1.0 and 1.1 are withdrawn (RFC 8996); write TLSv1.2,TLSv1.3"),
	    "TLSv1.2,TLSv1.3" },
	{ "enabledsslprotocolsuites",
	    " tlsv1 tlsv1.1 tlsv1,tlsv1.1 tlsv1.1,tlsv1.2 tlsv1,tlsv1.1,tlsv1.2 ", NULL, NULL,
	    "version-old", "mariadb-java",
	    N_("TLS 1.0 and 1.1 are withdrawn (RFC 8996); write TLSv1.2,TLSv1.3"),
	    "TLSv1.2,TLSv1.3" },
	{ "minversion", " tlsv1 tlsv1.0 tlsv1.1 ", NULL, NULL, "version-old", NULL,
	    N_("TLS 1.0 and 1.1 are withdrawn (RFC 8996); write TLSv1.2"), "TLSv1.2" },
	{ "tlsversion", " tlsv1 tlsv1.0 tlsv1.1 tlsv1,tlsv1.1 tlsv1.1,tlsv1.2 ", MYSQL, NULL,
	    "version-old", NULL, N_("TLS 1.0 and 1.1 are withdrawn (RFC 8996); write TLSv1.2"),
	    "TLSv1.2" },
};

#define SETTINGS (sizeof settings / sizeof *settings)
#define NAME     48
#define VALUE    64

struct looking {
	struct lint_reading *r;
	signed char needs[SETTINGS], not_with[SETTINGS]; /* 0: not looked for; 1: there; -1 */
};

static int is_name(int c)
{
	return isalnum(c) || c == '_' || c == '-';
}

static int is_quote(int c)
{
	return c == '"' || c == '\'' || c == '`';
}

/* ---- the name -------------------------------------------------------------------------------- */

static void plain(char out[NAME], struct span s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n && n < NAME - 1; i++)
		if (isalnum(s.p[i]))
			out[n++] = (char)tolower(s.p[i]);
	out[n] = '\0';
}

static int is_known(const char *name)
{
	for (size_t i = 0; i < SETTINGS; i++)
		if (strcmp(settings[i].name, name) == 0)
			return 1;
	return 0;
}

/* An option of a URL or of a command line is judged with all of it. */
static int is_part(const struct lint_reading *r, size_t at)
{
	int before = at ? lint_byte(r, at - 1) : 0;

	return before && strchr("?&;/@", before) && !(before == ';' && lint_byte(r, at) == ' ');
}

/* ---- the value ------------------------------------------------------------------------------- */

static size_t blanks(const struct lint_reading *r, size_t i)
{
	while (lint_byte(r, i) == ' ' || lint_byte(r, i) == '\t')
		i++;
	return i;
}

/* "- name: NAME", and "value: …" in the line below it: how Kubernetes and ECS have variables. */
static size_t value_below(const struct lint_reading *r, size_t i)
{
	i = blanks(r, i + (size_t)is_quote(lint_byte(r, i)));
	i += lint_byte(r, i) == ',';
	while (isspace(lint_byte(r, i)))
		i++;
	i += (size_t)is_quote(lint_byte(r, i));
	if (r->code.n - i < 7 || i >= r->code.n || memcmp(r->code.p + i, "value", 5) != 0)
		return 0;
	i += 5;
	i = blanks(r, i + (size_t)is_quote(lint_byte(r, i)));
	return lint_byte(r, i) == ':' ? blanks(r, i + 1) : 0;
}

static int is_behind_name(const struct lint_reading *r, size_t at)
{
	size_t end = at;

	while (end && (lint_byte(r, end - 1) == ' ' || is_quote(lint_byte(r, end - 1))))
		end--;
	return end > 5 && lint_byte(r, end - 1) == ':' &&
	       (memcmp(r->code.p + end - 5, "name", 4) == 0 ||
		   memcmp(r->code.p + end - 6, "name\"", 5) == 0);
}

/* Behind "=", ":", "=>", or in a call of two words ","; 0: no value stands there. */
static size_t value_at(const struct lint_reading *r, size_t at, size_t end)
{
	int quoted = is_quote(lint_byte(r, end));
	size_t i = blanks(r, end + (size_t)quoted), n;

	if (is_behind_name(r, at))
		return value_below(r, end);
	if (lint_byte(r, i) == ']')
		i = blanks(r, i + 1);
	if (lint_byte(r, i) == '=' && lint_byte(r, i + 1) == '=')
		return 0;
	n = lint_byte(r, i) == '=' && lint_byte(r, i + 1) == '>' ? 2 : 1;
	if (lint_byte(r, i) == '=' || lint_byte(r, i) == ':' ||
	    (lint_byte(r, i) == ',' && quoted) || n == 2)
		return blanks(r, i + n);
	return r->language->id == LINT_DOCKER && i > end ? i : 0;
}

/* ":required" of Ruby, "SslMode.REQUIRED": the word itself. */
static struct span value_of(const struct lint_reading *r, size_t i, size_t *at)
{
	size_t end;

	i += (size_t)is_quote(lint_byte(r, i)) + (lint_byte(r, i) == ':');
	for (end = i; is_name(lint_byte(r, end)) || lint_byte(r, end) == '.'; end++)
		if (lint_byte(r, end) == '.' && isalpha(lint_byte(r, end + 1)))
			i = end + 1;
	while (lint_byte(r, end) == ',' && is_name(lint_byte(r, end + 1)) && end - i < VALUE)
		for (end++; is_name(lint_byte(r, end)) || lint_byte(r, end) == '.';)
			end++;
	*at = i;
	return span_of(r->code.p + i, end > i ? end - i : 0);
}

/* ---- the rows -------------------------------------------------------------------------------- */

static int has_one(const struct lint_reading *r, const char *words)
{
	char word[NAME];

	while (*words) {
		size_t n = strcspn(words, " ");

		if (n < sizeof word) {
			memcpy(word, words, n);
			word[n] = '\0';
			for (size_t i = 0; i + n <= r->code.n; i++)
				if ((r->code.p[i] | 0x20) == (word[0] | 0x20) &&
				    strncasecmp((const char *)r->code.p + i, word, n) == 0)
					return 1;
		}
		words += n;
		words += strspn(words, " ");
	}
	return 0;
}

/* Once a row and file. */
static int has(const struct looking *l, signed char *known, const char *words)
{
	if (!*known)
		*known = has_one(l->r, words) ? 1 : -1;
	return *known > 0;
}

static int is_bad(const struct setting *s, struct span value)
{
	char word[VALUE + 3] = " ";

	if (value.n == 0 || value.n > VALUE)
		return 0;
	for (size_t i = 0; i < value.n; i++)
		word[1 + i] = (char)tolower(value.p[i]);
	word[1 + value.n] = ' ';
	word[2 + value.n] = '\0';
	return strstr(s->bad, word) != NULL;
}

/* As the value was written: small letters stay small. */
static void put_like(char out[VALUE], const char *put, struct span value)
{
	size_t n = 0;

	for (; n < VALUE - 1 && put[n]; n++)
		out[n] = (char)(islower(value.p[0]) ? tolower((unsigned char)put[n]) : put[n]);
	out[n] = '\0';
}

static void say(
    struct looking *l, const struct setting *s, size_t name, size_t at, struct span value)
{
	char put[VALUE] = "";
	struct lint_edit edit = { at, value.n, put };
	struct lint_hit hit = {
		.id = s->id,
		.client = s->client,
		.at = name,
		.n = at + value.n - name,
		.edit = &edit,
		.edits = s->put != NULL,
	};

	if (s->put && strncmp(s->put, "TLS", 3) == 0)
		(void)snprintf(put, sizeof put, "%s", s->put);
	else if (s->put)
		put_like(put, s->put, value);
	lint_say(l->r, &hit, "%s", _(s->sentence));
}

static void judge(struct looking *l, size_t from, size_t end)
{
	char name[NAME];
	size_t at, value;
	struct span said;

	plain(name, span_of(l->r->code.p + from, end - from));
	if (!is_known(name) || is_part(l->r, from) || !(value = value_at(l->r, from, end)))
		return;
	said = value_of(l->r, value, &at);
	if (said.n == 0)
		return;
	lint_settled(l->r);
	for (size_t i = 0; i < SETTINGS; i++) {
		const struct setting *s = &settings[i];

		if (strcmp(s->name, name) != 0 || !is_bad(s, said) ||
		    (s->needs && !has(l, &l->needs[i], s->needs)) ||
		    (s->not_with && has(l, &l->not_with[i], s->not_with)))
			continue;
		say(l, s, from, at, said);
		return;
	}
}

/* The last part of a name with dots: "spring.datasource.hikari.data-source-properties.sslMode". */
void lint_pairs(struct lint_reading *r)
{
	struct looking l = { .r = r };
	size_t i = 0;

	if (r->language->id == LINT_OPTIONS)
		return;
	while (i < r->code.n) {
		size_t from = i;

		while (is_name(lint_byte(r, i)))
			i++;
		if (i > from && i - from < NAME && (from == 0 || lint_byte(r, from) != '-'))
			judge(&l, from, i);
		i += i == from;
	}
}
