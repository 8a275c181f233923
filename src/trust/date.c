/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/date.h"

#include <stdio.h>
#include <string.h>

#define STATUS_MAX (64u << 20)

/* Versions that are dates: "20230311+deb12u1", "20240226-r0", "2026.5.20". */
static int is_date(const char *version, time_t *out)
{
	struct tm tm = { 0 };

	if (sscanf(version, "%4d.%2d.%2d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday) != 3 &&
	    sscanf(version, "%4d%2d%2d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday) != 3)
		return 0;
	if (tm.tm_year < 2000 || tm.tm_year > 2100 || tm.tm_mon < 1 || tm.tm_mon > 12 ||
	    tm.tm_mday < 1 || tm.tm_mday > 31)
		return 0;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	*out = timegm(&tm);
	return 1;
}

static void say(struct store *s, const char *name, const char *version)
{
	(void)snprintf(s->package, sizeof s->package, "%s %s", name, version);
	if (is_date(version, &s->date))
		s->dated = STORE_DATED_PACKAGE;
}

/* Lists of installed packages: paragraphs with a line for the name and a later one for the version.
 */
static const struct list {
	const char *file, *name, *version;
} lists[] = {
	{ "/var/lib/dpkg/status", "\nPackage: ca-certificates\n", "\nVersion: " },
	{ "/lib/apk/db/installed", "\nP:ca-certificates-bundle\n", "\nV:" },
	{ "/lib/apk/db/installed", "\nP:ca-certificates\n", "\nV:" },
};

static int look(struct store *s, const struct tree *t, const struct list *l)
{
	struct err none = { 0 };
	struct buf text = { 0 };
	char version[64] = "";
	const char *at = NULL, *end;

	if (tree_read(t, l->file, STATUS_MAX, &text, &none) == 0 && buf_add(&text, "", 1) == 0)
		at = strstr((char *)text.p, l->name);
	end = at ? strstr(at, "\n\n") : NULL;
	at = at ? strstr(at, l->version) : NULL;
	if (at && (!end || at < end))
		(void)sscanf(at + strlen(l->version), "%63[^\n]", version);
	buf_free(&text);
	if (!*version)
		return 0;
	say(s, "ca-certificates", version);
	return 1;
}

static int found(void *arg, const char *path)
{
	struct store *s = arg;
	char version[64] = "";

	if (sscanf(strrchr(path, '/'), "/certifi-%63[0-9.]", version) != 1)
		return 0;
	version[strlen(version) - (version[strlen(version) - 1] == '.')] = '\0';
	say(s, "certifi", version);
	return 0;
}

static void look_at_certifi(struct store *s, const struct tree *t)
{
	static const char tail[] = "/certifi/cacert.pem";
	size_t n = strlen(s->path);
	char pattern[PATH_MAX];

	if (n < sizeof tail || strcmp(s->path + n - sizeof tail + 1, tail) != 0 ||
	    strpbrk(s->path, "*?["))
		return;
	(void)snprintf(pattern, sizeof pattern, "%.*s/certifi-*.dist-info",
	    (int)(n - sizeof tail + 1), s->path);
	(void)tree_glob(t, pattern, found, s);
}

void date_of(struct store *s, const struct tree *t)
{
	look_at_certifi(s, t);
	if (s->kind != &system_kind && strcmp(s->path, "/etc/ssl/certs/java/cacerts") != 0)
		return;
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		if (look(s, t, &lists[i]))
			return;
}

void date_of_newest(struct store *s)
{
	for (size_t i = 0; i < s->n && s->dated != STORE_DATED_PACKAGE; i++) {
		if (s->dated == STORE_DATED_NOT || s->anchors[i].not_before > s->date)
			s->date = s->anchors[i].not_before;
		s->dated = STORE_DATED_NEWEST;
	}
}
