/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pasted line of mysql, mariadb or mycli. How options are written:
 * dev.mysql.com/doc/refman/8.4/en/ command-line-options.html and option-modifiers.html; mycli's are
 * click's.
 */
#include "base/i18n.h"
#include "target/clients.h"
#include "target/form.h"
#include "target/shell.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct line {
	struct target_reading *r;
	struct target_words w;
	size_t at;        /* the next word */
	int after_switch; /* the word before was -p alone */
};

static const char *word(const struct line *l, size_t i)
{
	return l->w.text + l->w.start[i];
}

/* Where n bytes of the words from that one on stand in the text. */
static struct target_place place_of(const struct line *l, const char *from, size_t n)
{
	const uint16_t *at = l->w.from + (from - l->w.text);

	if (n == 0)
		return (struct target_place) { at[0], 0 };
	return (struct target_place) { at[0], (size_t)(at[n - 1] + 1 - at[0]) };
}

static struct target_place place_of_word(const struct line *l, size_t i)
{
	return place_of(l, word(l, i), strlen(word(l, i)));
}

/* ---- the program ----------------------------------------------------------------------------- */

static int is_program(const char *path)
{
	static const char *const programs[] = { "mysql", "mariadb", "mycli", "mysql.exe",
		"mariadb.exe" };
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;

	for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
		if (strcmp(name, programs[i]) == 0)
			return 1;
	return 0;
}

/* Words that may stand before it: "$ " of a terminal, "sudo", "MYSQL_PWD=…". */
static int is_before(const char *text)
{
	static const char *const words[] = { "$", "%", "sudo", "exec", "command", "env", "time" };
	size_t name =
	    strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789");

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(text, words[i]) == 0)
			return 1;
	return name > 0 && text[name] == '=';
}

/* The place of the program's name, or n: there is none. */
static size_t program_at(const struct target_words *w)
{
	size_t i = 0;

	while (i < w->n && is_before(w->text + w->start[i]))
		i++;
	return i < w->n && is_program(w->text + w->start[i]) ? i : w->n;
}

int target_command_like(struct span text)
{
	struct target_words w;
	struct err e;

	/* A host may be called mysql. */
	if (!text.n || !memchr(text.p, ' ', text.n) || text.n > TARGET_TEXT)
		return 0;
	/* With a quote left open there still are words. */
	(void)target_shell(&w, text, &e);
	return program_at(&w) < w.n;
}

/* ---- options --------------------------------------------------------------------------------- */

/* The value of another option than a password has to be known. */
static int check_known(const struct line *l, size_t i, enum target_set set, struct err *e)
{
	if (!l->w.expands[i] || set == SET_NOTHING || set == SET_PASSWORD || set == SET_SECRET)
		return 0;
	return err_set(e, ERR_USER,
	    _("%s holds a variable of the shell (%.40s), whose value is not known here; write the "
	      "value itself"),
	    l->r->form, word(l, i));
}

/* An option as it was found. */
struct found {
	const struct target_option *row; /* NULL: the client does not know it */
	const char *name;
	const char *value;  /* NULL: it has none */
	size_t first, last; /* the words from which to which it goes */
};

static int give(struct line *l, const struct found *f, struct err *e)
{
	const struct target_option *o = f->row;
	struct target_place first = place_of_word(l, f->first), end = place_of_word(l, f->last);
	struct target_word given = {
		.name = f->name,
		.value = f->value,
		.place = { first.at, end.at + end.n - first.at },
	};
	int in_line = f->value && f->value >= l->w.text && f->value < l->w.text + sizeof l->w.text;

	if (in_line)
		given.held = place_of(l, f->value, strlen(f->value));
	if (check_known(l, f->last, o ? o->set : SET_NOTHING, e) < 0)
		return -1;
	/* A password that only the shell knows is none. */
	if (l->w.expands[f->last] && o && o->set == SET_PASSWORD)
		return 0;
	return target_read_row(l->r, o, &given, e);
}

/* Whether the next word is its value. */
static int takes_word(const struct line *l, const struct found *f)
{
	if (f->value || l->at == l->w.n)
		return 0;
	return f->row->takes == TAKES_VALUE ||
	       (f->row->takes == TAKES_NEXT && word(l, l->at)[0] != '-');
}

static int give_option(struct line *l, struct found *f, struct err *e)
{
	if (!f->value && f->row->takes == TAKES_NONE)
		f->value = "1";
	if (takes_word(l, f)) {
		f->last = l->at++;
		f->value = word(l, f->last);
	}
	if (f->value)
		return give(l, f, e);
	/* -p alone asks. */
	l->after_switch = 1;
	return 0;
}

/* "skip-ssl", "disable-ssl" say ssl=0; "enable-", "loose-" change nothing. The name behind. */
static const char *modifiers(const char *name, int *off)
{
	static const struct {
		const char *text;
		int off;
	} known[] = { { "loose-", 0 }, { "skip-", 1 }, { "disable-", 1 }, { "enable-", 0 } };

	*off = 0;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		size_t n = strlen(known[i].text);

		if (strncmp(name, known[i].text, n) != 0)
			continue;
		*off |= known[i].off;
		name += n;
	}
	return name;
}

/* An option of one of its sisters: that tells whether the next word is its value. */
static int takes_next(const char *name)
{
	static const char *const sisters[] = { "mysql", "mariadb", "mycli" };

	for (size_t i = 0; i < sizeof sisters / sizeof *sisters; i++) {
		const struct target_option *o =
		    target_client_option(target_client_of(sisters[i]), name);

		if (o)
			return o->takes == TAKES_VALUE;
	}
	return 0;
}

static const struct target_option *row_of(const struct target_client *c, const char *name, int *off)
{
	const struct target_option *o = target_client_option(c, name);

	*off = 0;
	if (o)
		return o;
	name = modifiers(name, off);
	o = target_client_option(c, name);
	return o ? o : target_client_prefix(c, name);
}

static int long_option(struct line *l, size_t i, struct err *e)
{
	const char *equals = strchr(word(l, i), '=');
	char name[64];
	struct found f = {
		.name = name, .value = equals ? equals + 1 : NULL, .first = i, .last = i
	};
	int n = equals ? (int)(equals - word(l, i) - 2) : (int)strlen(word(l, i) + 2);
	int off;

	(void)snprintf(name, sizeof name, "%.*s", n, word(l, i) + 2);
	f.row = row_of(l->r->client, name, &off);
	if (f.row && off)
		f.value = "0";
	if (f.row)
		return give_option(l, &f, e);
	if (!f.value && takes_next(name) && l->at < l->w.n) {
		f.last = l->at++;
		f.value = word(l, f.last);
	}
	return give(l, &f, e);
}

/* "-uroot", "-u root", "-ABp", "-psecret". */
static int letters(struct line *l, size_t i, struct err *e)
{
	for (const char *c = word(l, i) + 1; *c; c++) {
		char name[3] = { '-', *c, '\0' };
		struct found f = { .name = name, .first = i, .last = i };

		f.row = target_client_letter(l->r->client, *c);
		if (!f.row)
			return give(l, &f, e);
		if (f.row->takes != TAKES_NONE) {
			f.value = c[1] ? c + 1 : NULL;
			return give_option(l, &f, e);
		}
	}
	return 0;
}

/* ---- words without a dash -------------------------------------------------------------------- */

/* mysql's -p takes no word behind a blank; who writes one has most likely meant a password. */
static int second_name(struct line *l, size_t i, int behind_switch, struct err *e)
{
	struct target_place place = place_of_word(l, i);

	if (!behind_switch)
		return 0;
	if (target_read_secret(l->r, place, e) < 0)
		return -1;
	target_read_note(l->r, TARGET_NO_EFFECT, place, NULL,
	    _("behind -p and a blank stands no password, but the database's name; write -pPASSWORD "
	      "without a blank, or leave it to be asked"));
	return 0;
}

static int plain(struct line *l, size_t i, int behind_switch, struct err *e)
{
	const char *text = word(l, i);

	if (strstr(text, "://"))
		return err_set(
		    e, ERR_USER, _("%s has a URL in it; check the URL by itself"), l->r->form);
	if (target_read_said(l->r, SET_DATABASE))
		return second_name(l, i, behind_switch, e);
	if (check_known(l, i, SET_DATABASE, e) < 0)
		return -1;
	return target_read_keep(l->r, SET_DATABASE, text, place_of_word(l, i), e);
}

static int take_words(struct line *l, struct err *e)
{
	int only_plain = 0;

	while (l->at < l->w.n) {
		size_t i = l->at++;
		const char *text = word(l, i);
		int behind_switch = l->after_switch;
		int rc;

		l->after_switch = 0;
		if (!only_plain && strcmp(text, "--") == 0) {
			only_plain = 1;
			continue;
		}
		if (only_plain || text[0] != '-' || !text[1])
			rc = plain(l, i, behind_switch, e);
		else
			rc = text[1] == '-' ? long_option(l, i, e) : letters(l, i, e);
		if (rc < 0)
			return -1;
	}
	return 0;
}

/* "MYSQL_PWD=secret mysql …" */
static int take_environment(struct line *l, size_t program, struct err *e)
{
	static const char name[] = "MYSQL_PWD=";

	for (size_t i = 0; i < program; i++) {
		const char *text = word(l, i), *value = text + sizeof name - 1;
		struct target_place place;

		if (strncmp(text, name, sizeof name - 1) != 0 || l->w.expands[i])
			continue;
		place = place_of(l, value, strlen(value));
		if (target_read_secret(l->r, place, e) < 0 ||
		    target_read_keep(l->r, SET_PASSWORD, value, place, e) < 0)
			return -1;
	}
	return 0;
}

/* ---- which client, and how it connects ------------------------------------------------------- */

static size_t known(const struct target_client *c, const struct target_words *w)
{
	size_t count = 0;

	for (size_t i = 0; i < w->n; i++) {
		const char *text = w->text + w->start[i];
		char name[64];
		int off;

		if (strncmp(text, "--", 2) != 0)
			continue;
		(void)snprintf(name, sizeof name, "%.*s", (int)strcspn(text + 2, "="), text + 2);
		count +=
		    target_client_option(c, name) || target_client_option(c, modifiers(name, &off));
	}
	return count;
}

/* mysql is MariaDB's under its old name if it knows more of the options so. */
static const struct target_client *client_of(const char *path, const struct target_words *w)
{
	const struct target_client *mysql = target_client_of("mysql");
	const struct target_client *mariadb = target_client_of("mariadb");

	if (strstr(path, "mycli"))
		return target_client_of("mycli");
	if (strstr(path, "mariadb") || known(mariadb, w) > known(mysql, w))
		return mariadb;
	return mysql;
}

static int says(const struct target_reading *r, enum target_set set, const char *value)
{
	const char *said = target_read_said(r, set);

	return said && strcasecmp(said, value) == 0;
}

/* A socket counts on this host alone, and on it before TCP. */
static int check_socket(struct target_reading *r, struct err *e)
{
	int here = !target_read_said(r, SET_HOST) || says(r, SET_HOST, "localhost");
	int socket = says(r, SET_PROTOCOL, "socket");

	if (target_read_said(r, SET_SOCKET) && !here && !socket) {
		free(r->given[SET_SOCKET].text);
		r->given[SET_SOCKET].text = NULL;
	}
	if (socket)
		return target_read_keep(r, SET_SOCKET, "", r->given[SET_PROTOCOL].place, e);
	if (says(r, SET_HOST, "localhost") && !target_read_said(r, SET_PROTOCOL) &&
	    strcmp(r->client->id, "mysql") == 0)
		target_read_note(r, TARGET_NO_EFFECT, r->given[SET_HOST].place, "--protocol=tcp",
		    _("mysql takes localhost for the Unix socket, whatever the port; write "
		      "--protocol=tcp, or the host's name"));
	return 0;
}

int target_command(struct target_reading *r, struct err *e)
{
	struct line *l = calloc(1, sizeof *l);
	size_t program;
	int rc = -1;

	if (!l)
		return err_sys(e, "calloc");
	l->r = r;
	r->t->protocol = TARGET_MYSQL;
	r->port = 3306;
	if (target_shell(&l->w, r->text, e) < 0)
		goto out;
	program = program_at(&l->w);
	r->client = client_of(word(l, program), &l->w);
	l->at = program + 1;
	if (take_environment(l, program, e) < 0 || take_words(l, e) < 0)
		goto out;
	rc = check_socket(r, e);
out:
	explicit_bzero(l, sizeof *l);
	free(l);
	return rc;
}
