/* SPDX-License-Identifier: Apache-2.0 */
/* Databases that are asked over HTTPS, DynamoDB first: the tools' switches, and plain http://. */
#include "lint/read.h"

#include "base/i18n.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define LINE 2048 /* bytes of a command at most */

static int is_name(int c)
{
	return isalnum(c) || c == '_' || c == '-' || c == '.';
}

static int has(struct span s, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i + n <= s.n; i++)
		if (strncasecmp((const char *)s.p + i, word, n) == 0)
			return 1;
	return 0;
}

/* ---- switches of tools ----------------------------------------------------------------------- */

static const struct tool {
	const char *name, *flag;
	char letter; /* the same in one letter, also among others: "-sk" */
	int any;     /* whatever it is asked for; else only at a database */
	const char *sentence;
} tools[] = {
	{ "aws", "--no-verify-ssl", 0, 1,
	    N_("any certificate is taken, whoever answers, and the request's signature goes there; "
	       "take --no-verify-ssl out, and name the CA with --ca-bundle or in AWS_CA_BUNDLE") },
	{ "curl", "--insecure", 'k', 0,
	    N_("any certificate is taken, whoever answers; take it out, and name the CA with "
	       "--cacert") },
	{ "wget", "--no-check-certificate", 0, 0,
	    N_("any certificate is taken, whoever answers; take it out, and name the CA with "
	       "--ca-certificate") },
};

static size_t line_end(const struct lint_reading *r, size_t at)
{
	size_t i = at, end = at + LINE < r->code.n ? at + LINE : r->code.n;

	while (i < end && (r->code.p[i] != '\n' || r->code.p[i - 1] == '\\'))
		i++;
	return i;
}

static int is_letters(const struct tool *t, struct span word)
{
	if (!t->letter || word.n < 2 || word.p[0] != '-' || word.p[1] == '-')
		return 0;
	for (size_t i = 1; i < word.n; i++)
		if (!isalpha(word.p[i]))
			return 0;
	return memchr(word.p, t->letter, word.n) != NULL;
}

/* The word is the switch: its place, or none. */
static void judge_word(struct lint_reading *r, const struct tool *t, struct span word)
{
	size_t at = (size_t)(word.p - r->code.p);
	struct lint_edit edit = { at - 1, word.n + 1, "" };
	struct lint_hit hit = {
		.id = "option-insecure",
		.client = t->name,
		.at = at,
		.n = word.n,
		.edit = &edit,
		.edits = 1,
	};

	if (!span_is(word, t->flag) && !is_letters(t, word))
		return;
	/* With other letters beside it, it can't be taken out as a word; in a list, neither. */
	if ((word.p[1] != '-' && word.n > 2) || !isspace(lint_byte(r, at - 1)))
		hit.edits = 0;
	lint_say(r, &hit, "%s", _(t->sentence));
}

static size_t take_command(struct lint_reading *r, const struct tool *t, size_t at)
{
	size_t end = line_end(r, at), i = at;
	struct span line = span_of(r->code.p + at, end - at);

	if (!t->any && !has(line, "amazonaws.com") && !has(line, "dynamodb"))
		return end;
	lint_settled(r);
	while (i < end) {
		size_t from = i;

		while (i < end && is_name(lint_byte(r, i)))
			i++;
		if (i > from)
			judge_word(r, t, span_of(r->code.p + from, i - from));
		i += i == from;
	}
	return end;
}

static void tool(struct lint_reading *r, const struct tool *t)
{
	size_t i = 0, n = strlen(t->name);

	while (i + n < r->code.n) {
		const uint8_t *found = memmem(r->code.p + i, r->code.n - i, t->name, n);

		if (!found)
			return;
		i = (size_t)(found - r->code.p);
		if ((i && (is_name(lint_byte(r, i - 1)))) || is_name(lint_byte(r, i + n)))
			i += n;
		else
			i = take_command(r, t, i);
	}
}

/* ---- http:// --------------------------------------------------------------------------------- */

static struct span host_of(const struct lint_reading *r, size_t at)
{
	size_t i = at;

	while (is_name(lint_byte(r, i)) || (lint_byte(r, i) && strchr("{}$", lint_byte(r, i))))
		i++;
	return span_of(r->code.p + at, i - at);
}

/* A container's name has no dot; what is on this machine needs no TLS. */
static int is_far(struct span host)
{
	return host.n && memchr(host.p, '.', host.n) && !has(host, "localhost") &&
	       !has(host, "127.0.0") && !has(host, "0.0.0.0") && !has(host, "host.docker");
}

/* What the line says before it: endpoint_url = http://… */
static struct span before(const struct lint_reading *r, size_t at)
{
	size_t from = at > 64 ? at - 64 : 0;
	const uint8_t *line = at > from ? memrchr(r->code.p + from, '\n', at - from) : NULL;

	return line ? span_of(line, (size_t)(r->code.p + at - line))
		    : span_of(r->code.p + from, at - from);
}

/* An endpoint, and no name of a namespace, which begins so as well. */
static int is_endpoint(const struct lint_reading *r, size_t at, struct span host)
{
	struct span path =
	    span_of(host.p + host.n, r->code.n - (size_t)(host.p + host.n - r->code.p));

	if (!is_far(host) || (path.n > 4 && memcmp(path.p, "/doc", 4) == 0))
		return 0;
	if (has(host, "amazonaws.com") && has(host, "dynamodb"))
		return 1;
	return has(before(r, at), "dynamodb") ||
	       (has(host, "amazonaws.com") && has(before(r, at), "endpoint"));
}

static void plain_http(struct lint_reading *r)
{
	static const char scheme[] = "http://";
	size_t n = sizeof scheme - 1, i = 0;

	while (i + n < r->code.n) {
		const uint8_t *found = memmem(r->code.p + i, r->code.n - i, scheme, n);
		size_t at = found ? (size_t)(found - r->code.p) : 0;
		struct lint_edit edit = { at, n, "https://" };
		struct lint_hit hit = {
			.id = "option-insecure", .at = at, .edit = &edit, .edits = 1
		};
		struct span host;

		if (!found)
			return;
		host = host_of(r, at + n);
		hit.n = n + host.n;
		if (is_endpoint(r, at, host)) {
			lint_settled(r);
			lint_say(r, &hit, "%s",
			    _("http:// is plaintext: the request, its signature and the data can "
			      "be read and changed on the way; write https://"));
		}
		i = at + n + host.n;
	}
}

void lint_web(struct lint_reading *r)
{
	for (size_t i = 0; i < sizeof tools / sizeof *tools; i++)
		tool(r, &tools[i]);
	plain_http(r);
}
