/* SPDX-License-Identifier: Apache-2.0 */
/* Each JDK's cacerts and jssecacerts, and those that distributions share between JDKs. */
#include "base/i18n.h"
#include "trust/kind.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Folders of JDKs. */
static const char *const homes[] = { "/usr/lib/jvm/*", "/usr/java/*", "/opt/*", "/opt/*/jdk*",
	"/opt/java/*", "~/.sdkman/candidates/java/*", "~/.jdks/*", "~/.asdf/installs/java/*",
	"/usr/local/lib/jvm/*", NULL };

/* In a JDK: 9 and later, and 8 and before. */
static const char *const inside[] = { "lib/security", "jre/lib/security", NULL };

static const struct hunt_row shared[] = {
	{ "/etc/ssl/certs/java/cacerts", NULL },
	{ "/etc/pki/ca-trust/extracted/java/cacerts", NULL },
	{ "/etc/pki/java/cacerts", NULL },
	{ "/var/lib/ca-certificates/java-cacerts", NULL },
	{ "/etc/ca-certificates/extracted/java-cacerts.jks", NULL },
	{ 0 },
};

/* jssecacerts wins, where there is one: then nobody reads the cacerts beside it. */
static int look(struct hunt *h, const char *jdk, const char *folder)
{
	char path[PATH_MAX], real[PATH_MAX], who[PATH_MAX + 16], other[PATH_MAX];
	struct stat st;

	if ((size_t)snprintf(path, sizeof path, "%s/%s/cacerts", jdk, folder) >= sizeof path ||
	    (size_t)snprintf(other, sizeof other, "%s/%s/jssecacerts", jdk, folder) >= sizeof other)
		return 0;
	(void)snprintf(who, sizeof who, "Java (%s)", tree_real(h->tree, jdk, real));
	if (tree_stat(h->tree, other, &st) < 0)
		return hunt_add(h, path, who);
	return hunt_add(h, other, who) < 0 ? -1 : hunt_add(h, path, NULL);
}

static int look_all(void *arg, const char *jdk)
{
	struct hunt *h = arg;

	for (size_t i = 0; inside[i]; i++)
		if (look(h, jdk, inside[i]) < 0)
			return -1;
	return 0;
}

static int java_find(struct hunt *h)
{
	const char *home = hunt_here(h) ? getenv("JAVA_HOME") : NULL;

	if (hunt_rows(h, shared) < 0)
		return -1;
	for (size_t i = 0; homes[i]; i++)
		if (hunt_each(h, homes[i], look_all) < 0)
			return -1;
	return home && *home == '/' ? look_all(h, home) : 0;
}

const struct store_kind java_kind = { .name = "java", .find = java_find };
