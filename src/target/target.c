/* SPDX-License-Identifier: Apache-2.0 */
#include "target/target.h"

#include "base/i18n.h"
#include "target/clients.h"
#include "target/form.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- which form ------------------------------------------------------------------------------ */

static int begins(struct span text, const char *with)
{
	size_t n = strlen(with);

	return text.n >= n && strncasecmp((const char *)text.p, with, n) == 0;
}

/* "mysql://", "mysql+pymysql://", "jdbc:mysql://". */
static int is_url(struct span text)
{
	size_t n = 0;

	while (n < text.n && (isalnum(text.p[n]) || strchr("+.-:", text.p[n])))
		n++;
	return begins(text, "jdbc:") || (n > 1 && n + 1 < text.n && text.p[n - 1] == ':' &&
					    memcmp(text.p + n, "//", 2) == 0);
}

static int is_service(struct span text)
{
	size_t n = 0;

	while (n < text.n && (islower(text.p[n]) || text.p[n] == '-'))
		n++;
	if (!begins(text, "dynamodb") || n == text.n || text.p[n] != ':')
		return 0;
	/* A host that is called dynamodb, as containers are: behind its colon stands a port. */
	return n + 1 == text.n || !isdigit(text.p[n + 1]);
}

static int is_address(struct span text)
{
	(void)text;
	return 1;
}

static int address(struct target_reading *r, struct err *e)
{
	const struct span text = r->text;
	int has_blank = text.n && memchr(text.p, ' ', text.n);

	if (begins(text, "/") && !has_blank)
		return err_set(e, ERR_USER,
		    _("a path is no target: over a Unix socket there is no TLS to check, name a "
		      "host instead; targets in a file are read by --file FILE"));
	for (size_t i = 0; i < text.n; i++)
		if (strchr(" \t\r\n/?=@'\"", text.p[i]))
			return err_set(e, ERR_USER,
			    _("this is no form of a target that is known here; write HOST:PORT, a "
			      "URL (mysql://…, jdbc:mysql://…, https://…), a DSN of Go, "
			      "dynamodb:REGION, or a line of mysql, mariadb or mycli%s"),
			    has_blank ? _("; is it an error's text? dbtls explain 'TEXT'") : "");
	r->t->protocol = TARGET_MYSQL;
	r->port = 3306;
	return target_read_address(r, r->text, e);
}

/* In the order in which they are tried. */
static const struct form {
	enum target_form form;
	const char *title; /* for sentences */
	int (*like)(struct span text);
	int (*parse)(struct target_reading *r, struct err *e);
} forms[] = {
	{ TARGET_COMMAND, N_("the command line"), target_command_like, target_command },
	{ TARGET_CODE, N_("the settings"), target_code_like, target_code },
	{ TARGET_URL, N_("the URL"), is_url, target_url },
	{ TARGET_GO, N_("the DSN"), target_dsn_like, target_dsn },
	{ TARGET_AWS, N_("the name"), is_service, target_service },
	{ TARGET_ADDRESS, N_("the address"), is_address, address },
};

/* ---- one target ------------------------------------------------------------------------------ */

static struct span trim(struct span s)
{
	while (s.n && strchr(" \t\r\n", s.p[0]))
		(void)span_skip(&s, 1);
	while (s.n && strchr(" \t\r\n", s.p[s.n - 1]))
		s.n--;
	return s;
}

static int is_quote(uint8_t c)
{
	return c == '"' || c == '\'';
}

/* A URL out of a program or a file of settings: with its quotes, and what ends a statement. */
static struct span unquote(struct span s)
{
	size_t n = s.n;

	if (n >= 3 && (s.p[n - 1] == ',' || s.p[n - 1] == ';') && is_quote(s.p[n - 2]))
		n--;
	if (n >= 2 && is_quote(s.p[0]) && s.p[n - 1] == s.p[0])
		return trim(span_of(s.p + 1, n - 2));
	return s;
}

static int is_name(uint8_t c)
{
	return isalnum(c) || c == '_' || c == '.' || c == '-';
}

/* DATABASE_URL=mysql://…, spring.datasource.url: jdbc:mysql://…, and "export" before it. */
static struct span unname(struct span s)
{
	struct span rest = s;

	if (begins(rest, "export "))
		(void)span_skip(&rest, 7);
	while (rest.n && is_name(rest.p[0]))
		(void)span_skip(&rest, 1);
	rest = trim(rest);
	if (rest.n < 2 || !(rest.p[0] == '=' || (rest.p[0] == ':' && isspace(rest.p[1]))))
		return s;
	(void)span_skip(&rest, 1);
	rest = unquote(trim(rest));
	return is_url(rest) ? rest : s;
}

/* Well-formed UTF-8 (RFC 3629) with no control characters but those of lines. The bytes used. */
static size_t character(struct span s)
{
	uint8_t c = s.p[0];
	size_t n = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;

	if (c == 0x7f || (c < 0x20 && !strchr("\t\r\n", c)) || c == 0 || n > s.n)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((s.p[i] & 0xc0) != 0x80)
			return 0;
	if ((c == 0xe0 && s.p[1] < 0xa0) || (c == 0xed && s.p[1] > 0x9f) ||
	    (c == 0xf0 && s.p[1] < 0x90) || (c == 0xf4 && s.p[1] > 0x8f))
		return 0;
	return n;
}

static int check_text(struct span s, struct err *e)
{
	if (s.n == 0)
		return err_set(e, ERR_USER, _("no target is given; write HOST:PORT, or a URL"));
	if (s.n > TARGET_TEXT)
		return err_set(
		    e, ERR_USER, _("a target of more than %d bytes is too long"), TARGET_TEXT);
	while (s.n) {
		size_t n = character(s);

		if (n == 0)
			return err_set(
			    e, ERR_USER, _("the target holds control characters, or is no UTF-8"));
		(void)span_skip(&s, n);
	}
	return 0;
}

int target_parse(struct target *t, struct span text, struct err *e)
{
	struct target_reading r = { .t = t, .text = unname(unquote(trim(text))) };
	const struct form *f = forms;
	int rc = -1;

	*t = (struct target) { 0 };
	if (check_text(r.text, e) < 0)
		return -1;
	while (!f->like(r.text))
		f++;
	t->form = f->form;
	r.form = _(f->title);
	r.client = target_client_of(NULL);
	if (f->parse(&r, e) < 0 || target_read_finish(&r, e) < 0)
		goto out;
	for (size_t i = 0; i < t->notes; i++)
		t->note[i].given_at += (size_t)(r.text.p - text.p);
	rc = 0;
out:
	target_read_free(&r);
	if (rc < 0)
		target_free(t);
	return rc;
}

static void wipe(char *text)
{
	if (text)
		explicit_bzero(text, strlen(text));
}

void target_free(struct target *t)
{
	char *owned[] = { t->text, t->host, t->path, t->region, t->user, t->database, t->password,
		t->server_name, t->ca, t->ca_folder, t->store, t->store_type, t->store_password,
		t->certificate, t->key };

	wipe(t->password);
	wipe(t->store_password);
	for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
		free(owned[i]);
	free(t->note);
	*t = (struct target) { 0 };
}

/* ---- many ------------------------------------------------------------------------------------ */

static struct span take_line(struct span *rest)
{
	const uint8_t *end = memchr(rest->p, '\n', rest->n);
	struct span line = { 0 };

	(void)span_take(rest, end ? (size_t)(end - rest->p) : rest->n, &line);
	(void)span_skip(rest, 1);
	return line;
}

static int goes_on(struct span line)
{
	line = trim(line);
	return line.n && line.p[line.n - 1] == '\\';
}

int target_list(struct span *rest, struct target_line *line)
{
	while (rest->n) {
		struct span first = take_line(rest), last = first;

		line->number = ++line->lines;
		if (trim(first).n == 0 || trim(first).p[0] == '#')
			continue;
		while (goes_on(last) && rest->n) {
			last = take_line(rest);
			line->lines++;
		}
		line->text = trim(span_of(first.p, (size_t)(last.p + last.n - first.p)));
		return 1;
	}
	return 0;
}

/* ---- words ----------------------------------------------------------------------------------- */

const char *target_verify_text(const struct target *t)
{
	static const char *const words[] = {
		[TARGET_UNSAID] = "not said",
		[TARGET_OFF] = "off",
		[TARGET_NONE] = "none",
		[TARGET_CA] = "CA only",
		[TARGET_FULL] = "full",
	};

	if (t->verify == TARGET_NONE && t->falls_back)
		return "opportunistic";
	return words[t->verify];
}

const char *target_insecure(const struct target *t)
{
	if (t->verify == TARGET_OFF)
		return _("send all in plaintext");
	if (t->verify == TARGET_NONE)
		return t->falls_back ? _("connect to anyone, and go on in plaintext")
				     : _("connect to anyone");
	return t->falls_back ? _("go on in plaintext") : NULL;
}

const char *target_note_id(enum target_note_kind kind)
{
	static const char *const ids[] = {
		[TARGET_INSECURE] = "option-insecure",
		[TARGET_UNKNOWN] = "option-unknown",
		[TARGET_NO_EFFECT] = "option-no-effect",
		[TARGET_REFUSED] = "option-unknown",
	};

	return ids[kind];
}
