/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/leaving.h"

#include "base/i18n.h"
#include "trust/roots.h"

#include <stdio.h>
#include <string.h>

#define YEAR (365L * 86400)

/* Systems follow sooner or later; what these do is what one sees first. */
static const char *const browsers[] = { "Mozilla", "Chrome" };

static int is_browsers(const struct root_standing *s)
{
	for (size_t i = 0; i < sizeof browsers / sizeof *browsers; i++)
		if (strcmp(s->programme, browsers[i]) == 0)
			return 1;
	return 0;
}

static const struct root *root_of(const char *subject)
{
	for (const struct root *r = roots_amazon; r->name; r++)
		if (strcmp(r->subject, subject) == 0)
			return r;
	return NULL;
}

static int is_it(const struct store *s, const struct root *r)
{
	uint8_t sha256[SHA256_LENGTH];

	roots_digest(r, sha256);
	return s && store_holds(s, sha256);
}

/* "2027-11-22": as the dates of the programmes, which are compared as text. */
static void day(time_t when, char out[16])
{
	struct tm tm;

	if (!gmtime_r(&when, &tm) || strftime(out, 16, "%Y-%m-%d", &tm) == 0)
		out[0] = '\0';
}

/* Adds what is to be said of it, if anything. */
static void say(
    const struct root_standing *s, const char *today, const char *soon, char *out, size_t size)
{
	int gone = s->state == ROOT_OUT || strcmp(s->date, today) <= 0;
	size_t n = strlen(out);
	const char *before = n ? _(", ") : "";

	if (s->state == ROOT_IN || (!gone && strcmp(s->date, soon) > 0))
		return;
	if (*s->date)
		(void)snprintf(out + n, size - n,
		    gone ? _("%s%s has taken it out (%s)") : _("%s%s takes it out (%s)"), before,
		    s->programme, s->date);
	else
		(void)snprintf(out + n, size - n, _("%s%s has taken it out"), before, s->programme);
}

int leaving_root(const struct store *s, const char *subject, time_t now, char *out, size_t size)
{
	const struct root *r = root_of(subject);
	char today[16], soon[16], said[384] = "";

	if (!r)
		return 0;
	day(now, today);
	day(now + YEAR, soon);
	for (const struct root_standing *at = r->standings; at->programme; at++)
		if (is_browsers(at))
			say(at, today, soon, said, sizeof said);
	if (!*said)
		return 0;
	(void)snprintf(out, size,
	    is_it(s, r) ? "%s: %s" : _("named as %s, and not known to be that root. Of that: %s"),
	    r->name, said);
	return 1;
}
