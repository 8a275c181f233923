/* SPDX-License-Identifier: Apache-2.0 */
/* Stores that somebody named: the environment, my.cnf, AWS's config. One that isn't there is told.
 */
#include "base/i18n.h"
#include "trust/ini.h"
#include "trust/kind.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONFIG_MAX (1u << 20)

static const struct {
	const char *name, *who;
	int several; /* folders with colons between them */
	int besides; /* as in struct store */
} variables[] = {
	{ "SSL_CERT_FILE", N_("$SSL_CERT_FILE: OpenSSL, Go, httpx"), 0, 0 },
	{ "SSL_CERT_DIR", N_("$SSL_CERT_DIR: OpenSSL, Go"), 1, 0 },
	{ "AWS_CA_BUNDLE", N_("$AWS_CA_BUNDLE: boto3, AWS CLI, AWS SDKs"), 0, 0 },
	{ "REQUESTS_CA_BUNDLE", N_("$REQUESTS_CA_BUNDLE: Python's requests, boto3"), 0, 0 },
	{ "CURL_CA_BUNDLE", N_("$CURL_CA_BUNDLE: curl, Python's requests"), 0, 0 },
	{ "NODE_EXTRA_CA_CERTS", N_("$NODE_EXTRA_CA_CERTS: Node, besides its own"), 0, 1 },
	{ "PIP_CERT", N_("$PIP_CERT: pip"), 0, 0 },
	{ "GIT_SSL_CAINFO", N_("$GIT_SSL_CAINFO: git"), 0, 0 },
};

static int find_folders(struct hunt *h, const char *value, const char *who)
{
	char path[PATH_MAX];

	while (*value) {
		size_t n = strcspn(value, ":");

		(void)snprintf(path, sizeof path, "%.*s", (int)(n < PATH_MAX ? n : 0), value);
		if (*path && hunt_named(h, path, who) < 0)
			return -1;
		value += n;
		value += *value == ':';
	}
	return 0;
}

static int find_variables(struct hunt *h)
{
	for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
		const char *value = getenv(variables[i].name);
		int rc = 0;

		h->besides = variables[i].besides;
		if (value && *value)
			rc = variables[i].several ? find_folders(h, value, variables[i].who)
						  : hunt_named(h, value, variables[i].who);
		if (rc < 0)
			return -1;
	}
	return 0;
}

/* ---- settings files -------------------------------------------------------------------------- */

struct setting {
	const char *pattern; /* of the file */
	const char *key;
};

static const struct setting settings[] = {
	{ "/etc/my.cnf", "ssl-ca" },
	{ "/etc/my.cnf.d/*.cnf", "ssl-ca" },
	{ "/etc/mysql/*.cnf", "ssl-ca" },
	{ "/etc/mysql/*.d/*.cnf", "ssl-ca" },
	{ "~/.my.cnf", "ssl-ca" },
	{ "/etc/my.cnf", "ssl-capath" },
	{ "/etc/my.cnf.d/*.cnf", "ssl-capath" },
	{ "/etc/mysql/*.cnf", "ssl-capath" },
	{ "/etc/mysql/*.d/*.cnf", "ssl-capath" },
	{ "~/.my.cnf", "ssl-capath" },
	{ "~/.aws/config", "ca_bundle" },
};

/* The value as a path; "~/" is the home of whose file it is in. */
static int path_of(struct span value, const char *file, char out[PATH_MAX])
{
	const char *end = strstr(file, "/.");
	int home = value.n > 2 && memcmp(value.p, "~/", 2) == 0 && end;
	int n;

	if (memchr(value.p, 0, value.n))
		return -1;
	n = home ? snprintf(out, PATH_MAX, "%.*s%.*s", (int)(end - file), file, (int)value.n - 1,
		       (const char *)value.p + 1)
		 : snprintf(out, PATH_MAX, "%.*s", (int)value.n, (const char *)value.p);
	return n > 0 && n < PATH_MAX ? 0 : -1;
}

static int name_it(struct hunt *h, const struct ini_item *item, const char *file)
{
	char path[PATH_MAX], who[PATH_MAX + 160];

	if (path_of(item->value, file, path) < 0)
		return 0;
	(void)snprintf(who, sizeof who, "%s: [%.*s] %.*s", file,
	    (int)(item->section.n < 64 ? item->section.n : 64), (const char *)item->section.p,
	    (int)(item->key.n < 64 ? item->key.n : 64), (const char *)item->key.p);
	return hunt_named(h, path, who);
}

/* h->who is the key that is looked for. */
static int look(void *arg, const char *file)
{
	struct hunt *h = arg;
	struct err none = { 0 };
	struct ini_item item;
	struct buf text;
	struct ini i;
	int rc = 0;

	/* What can't be read by whoever runs this names nothing. */
	if (tree_read(h->tree, file, CONFIG_MAX, &text, &none) < 0)
		return 0;
	i = ini_of(span_of(text.p, text.n));
	while (rc == 0 && ini_next(&i, &item))
		if (ini_is(item.key, h->who))
			rc = name_it(h, &item, file);
	buf_free(&text);
	return rc;
}

static int named_find(struct hunt *h)
{
	const char *aws = hunt_here(h) ? getenv("AWS_CONFIG_FILE") : NULL;

	for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
		h->who = settings[i].key;
		/* What a database's client trusts says nothing of HTTPS. */
		h->besides = strncmp(h->who, "ssl-", 4) == 0;
		if (hunt_each(h, settings[i].pattern, look) < 0)
			return -1;
	}
	h->who = "ca_bundle";
	h->besides = 0;
	if (aws && *aws && look(h, aws) < 0)
		return -1;
	return hunt_here(h) ? find_variables(h) : 0;
}

const struct store_kind named_kind = { .name = "named", .find = named_find };
