/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The DSN of go-sql-driver/mysql, [user[:password]@][net[(address)]]/database[?name=value…], taken
 * apart as its own parser does (dsn.go, ParseDSN): from the last "/", as passwords and addresses
 * may hold others.
 */
#include "base/i18n.h"
#include "target/clients.h"
#include "target/form.h"

#include <string.h>

static struct span between(const uint8_t *from, const uint8_t *to)
{
	return span_of(from, (size_t)(to - from));
}

static int is(struct span s, const char *word)
{
	return s.n == strlen(word) && memcmp(s.p, word, s.n) == 0;
}

/* What stands before the database, and what behind: split at the last "/" that is no option's. */
static int split(struct span text, struct span *front, struct span *back)
{
	const uint8_t *slash = text.n ? memrchr(text.p, '/', text.n) : NULL;
	const uint8_t *end = text.p + text.n;

	if (!slash)
		return -1;
	*front = between(text.p, slash);
	*back = between(slash + 1, end);
	return 0;
}

int target_dsn_like(struct span text)
{
	static const char *const nets[] = { "tcp(", "unix(", "tcp6(", "tcp4(" };

	if (text.n > 5 && memmem(text.p, text.n, "://", 3))
		return 0;
	for (size_t i = 0; i < sizeof nets / sizeof *nets; i++) {
		const uint8_t *net =
		    text.n ? memmem(text.p, text.n, nets[i], strlen(nets[i])) : NULL;

		if (net && (net == text.p || net[-1] == '@'))
			return 1;
	}
	/* root:pw@/test, which is 127.0.0.1. */
	return text.n && memmem(text.p, text.n, "@/", 2) != NULL;
}

static int take_user(struct target_reading *r, struct span userinfo, struct err *e)
{
	const uint8_t *colon = userinfo.n ? memchr(userinfo.p, ':', userinfo.n) : NULL;
	const uint8_t *end = userinfo.p + userinfo.n;
	struct span password;

	if (!colon)
		return target_read_keep_span(r, SET_USER, userinfo, e);
	password = between(colon + 1, end);
	if (target_read_secret(r, target_read_place(r, password), e) < 0 ||
	    target_read_keep_span(r, SET_PASSWORD, password, e) < 0)
		return -1;
	return target_read_keep_span(r, SET_USER, between(userinfo.p, colon), e);
}

/* "tcp(host:port)"; nothing is tcp(127.0.0.1:3306). */
static int take_address(struct target_reading *r, struct span text, struct err *e)
{
	const uint8_t *open = text.n ? memchr(text.p, '(', text.n) : NULL;
	struct span net = open ? between(text.p, open) : text;

	if (is(net, "unix"))
		return target_read_keep(r, SET_SOCKET, "", target_read_place(r, text), e);
	if (net.n && !is(net, "tcp") && !is(net, "tcp4") && !is(net, "tcp6"))
		return err_set(e, ERR_USER,
		    _("%s: the network is none that is known here; write USER@tcp(HOST:PORT)/"
		      "DATABASE"),
		    r->form);
	if (open && text.p[text.n - 1] != ')')
		return err_set(e, ERR_USER,
		    _("%s: between \")\" and \"/\" stands nothing; in an option's value, write / "
		      "as %%2F"),
		    r->form);
	if (!open || text.p + text.n - 1 == open + 1)
		return target_read_keep(r, SET_HOST, "127.0.0.1", target_read_place(r, text), e);
	return target_read_address(r, between(open + 1, text.p + text.n - 1), e);
}

static int take_option(struct target_reading *r, struct span part, struct err *e)
{
	char name[TARGET_TEXT + 1], value[TARGET_TEXT + 1];
	const uint8_t *equals = part.n ? memchr(part.p, '=', part.n) : NULL;
	struct target_word w = { .name = name, .value = value };
	struct span key, held;
	int rc;

	/* The driver skips these. */
	if (!equals)
		return 0;
	key = between(part.p, equals);
	held = between(equals + 1, part.p + part.n);
	w.place = target_read_place(r, part);
	w.held = target_read_place(r, held);
	memcpy(name, key.p, key.n);
	name[key.n] = '\0';
	if (target_read_decode(value, held, 1) < 0)
		return err_set(e, ERR_USER,
		    _("%s: behind %% come two hexadecimal digits; write %% itself as %%25"),
		    r->form);
	rc = target_read_option(r, &w, e);
	explicit_bzero(value, held.n + 1);
	return rc;
}

static int take_options(struct target_reading *r, struct span text, struct err *e)
{
	while (text.n) {
		const uint8_t *end = memchr(text.p, '&', text.n);
		struct span part = end ? between(text.p, end) : text;

		if (take_option(r, part, e) < 0)
			return -1;
		(void)span_skip(&text, part.n);
		(void)span_skip(&text, 1);
	}
	return 0;
}

static int take_database(struct target_reading *r, struct span part, struct err *e)
{
	char database[TARGET_TEXT + 1];

	if (target_read_decode(database, part, 0) < 0)
		return err_set(e, ERR_USER,
		    _("%s: behind %% come two hexadecimal digits; write %% itself as %%25"),
		    r->form);
	return target_read_keep(r, SET_DATABASE, database, target_read_place(r, part), e);
}

int target_dsn(struct target_reading *r, struct err *e)
{
	const uint8_t *sign, *question;
	struct span front, back;

	r->client = target_client_of("go");
	r->t->protocol = TARGET_MYSQL;
	r->port = 3306;
	if (split(r->text, &front, &back) < 0)
		return err_set(e, ERR_USER,
		    _("%s has no \"/\" behind its address; write USER@tcp(HOST:PORT)/DATABASE"),
		    r->form);
	sign = front.n ? memrchr(front.p, '@', front.n) : NULL;
	if (sign && take_user(r, between(front.p, sign), e) < 0)
		return -1;
	if (sign)
		front = between(sign + 1, front.p + front.n);
	if (take_address(r, front, e) < 0)
		return -1;
	question = back.n ? memchr(back.p, '?', back.n) : NULL;
	if (!question)
		return take_database(r, back, e);
	if (take_database(r, between(back.p, question), e) < 0)
		return -1;
	return take_options(r, between(question + 1, back.p + back.n), e);
}
