/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The MySQL dialogue of a good endpoint. It knows one user, by caching_sha2_password and by
 * mysql_native_password, and answers what lab/query.h says.
 */
#include "lab/query.h"
#include "lab/visit.h"
#include "pki/digest.h"
#include "wire/mysqlserver.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Drivers look at it: of 8.0.11 and later, and no MariaDB's, they ask for nothing that is gone. */
#define VERSION    "8.4.7-dbtls-lab"
#define SHA2       "caching_sha2_password"
#define NATIVE     "mysql_native_password"
#define FIRST      8         /* bytes that tell an SSLRequest from a login */
#define PACKET_MAX (1 << 20) /* as max_allowed_packet says */
#define ANSWER_MAX (1 << 18)
#define STATEMENTS 64 /* prepared at one time */

/* ---- packets --------------------------------------------------------------------------------- */

/* Sends what was made, and has nothing left of it. */
static int put(struct visit *v, struct buf *out, int failed)
{
	int rc = failed ? -1 : visit_write(v, out->p, out->n);

	buf_free(out);
	return rc;
}

/* A server's words, which clients and `dbtls explain` know it by: they are not translated. */
static int fail(struct visit *v, unsigned code, const char *state, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

static int fail(struct visit *v, unsigned code, const char *state, const char *fmt, ...)
{
	struct buf out = buf_new(1024);
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return put(v, &out, mysql_err_put(&out, v->seq++, code, state, text) < 0);
}

/* An error behind which there is nothing. Returns -1. */
static int fail_and_close(struct visit *v, unsigned code, const char *state, const char *text)
{
	(void)fail(v, code, state, "%s", text);
	return visit_close(v);
}

static int ok(struct visit *v, unsigned status)
{
	struct buf out = buf_new(64);

	return put(v, &out, mysqlserver_ok(&out, &v->seq, status) < 0);
}

/* As much memory as has come is taken, not as much as a header promises. */
static int payload(struct visit *v, size_t n, struct buf *in)
{
	uint8_t part[4096];

	while (in->n < n) {
		size_t take = n - in->n < sizeof part ? n - in->n : sizeof part;

		if (visit_read(v, part, take) < 0 || buf_add(in, part, take) < 0)
			return -1;
	}
	return 0;
}

/* The payload of the packet whose turn it is, in: empty before, to be freed by the caller. */
static int packet(struct visit *v, size_t max, struct buf *in)
{
	uint8_t bytes[MYSQL_HEADER];
	struct span s = span_of(bytes, sizeof bytes);
	struct mysql_header h;

	if (visit_read(v, bytes, sizeof bytes) < 0 || mysql_header(&s, &h) < 0)
		return -1;
	if (h.seq != v->seq++)
		return fail_and_close(v, 1156, "08S01", "Got packets out of order");
	if (h.length > max)
		return fail_and_close(
		    v, 1153, "08S01", "Got a packet bigger than 'max_allowed_packet' bytes");
	*in = buf_new(max);
	return payload(v, h.length, in);
}

static struct span span_of_buf(const struct buf *b)
{
	return span_of(b->p, b->n);
}

/* ---- up to TLS ------------------------------------------------------------------------------- */

/* Bytes without a NUL, which would end the scramble, and of ASCII, as old clients want it. */
static int make_scramble(struct visit *v)
{
	if (RAND_bytes(v->scramble, sizeof v->scramble) != 1)
		return -1;
	for (size_t i = 0; i < sizeof v->scramble; i++)
		v->scramble[i] = (uint8_t)('!' + v->scramble[i] % ('~' - '!' + 1));
	return 0;
}

int mysqld_greet(struct visit *v)
{
	struct mysqlserver_greeting g = {
		.version = VERSION,
		.plugin = SHA2,
		.capabilities = MYSQLSERVER_CAPABILITIES & ~(uint32_t)v->shape->capabilities,
		.status = MYSQL_AUTOCOMMIT,
	};
	struct buf out = buf_new(256);

	if (make_scramble(v) < 0 || RAND_bytes((uint8_t *)&v->id, sizeof v->id) != 1)
		return -1;
	v->id &= INT_MAX;
	g.id = v->id;
	memcpy(g.scramble, v->scramble, sizeof g.scramble);
	return put(v, &out, mysqlserver_greet(&out, &v->seq, &g) < 0);
}

/* The capabilities stand in front, in SSLRequest as in a login. */
static int take_request(struct visit *v)
{
	uint8_t bytes[MYSQL_HEADER + MYSQL_SSLREQUEST];
	struct span s = span_of(bytes + MYSQL_HEADER, MYSQL_SSLREQUEST);
	uint64_t capabilities;

	if (visit_read(v, bytes, sizeof bytes) < 0 || span_le(&s, 4, &capabilities) < 0)
		return -1;
	v->capabilities = (uint32_t)capabilities;
	v->seq++;
	return 0;
}

int mysqld_request(struct visit *v)
{
	struct span at = visit_peek(v, FIRST, VISIT_MS);
	uint8_t seq;
	enum mysql_first first = mysql_first(at.p, at.n, &seq);

	if (at.n < FIRST)
		return visit_close(v);
	if (first == MYSQL_FIRST_SSLREQUEST && !(v->shape->capabilities & MYSQL_CLIENT_SSL))
		return take_request(v);
	if (first != MYSQL_FIRST_PLAINTEXT)
		return fail_and_close(v, 1043, "08S01", "Bad handshake");
	v->plain = 1;
	return 0;
}

/* ---- the login ------------------------------------------------------------------------------- */

static const struct method {
	const char *name;
	size_t n; /* bytes of its proof */
	int (*proof)(const char *password, const uint8_t scramble[20], uint8_t *out);
} methods[] = {
	{ SHA2, SHA256_LENGTH, mysql_sha2_answer },
	{ NATIVE, SHA1_LENGTH, mysql_native_answer },
};
#define METHOD_SHA2   (&methods[0])
#define METHOD_NATIVE (&methods[1])

static const struct method *method_of(const struct mysql_login *l)
{
	/* Who can't say so knows the older one alone. */
	if (!(l->capabilities & MYSQL_PLUGIN_AUTH))
		return METHOD_NATIVE;
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
		if (span_is(l->plugin, methods[i].name))
			return &methods[i];
	return NULL;
}

static int is_proof(const struct visit *v, const struct method *m, struct span answer)
{
	uint8_t right[SHA256_LENGTH];

	return answer.n == m->n && m->proof(v->password, v->scramble, right) == 0 &&
	       CRYPTO_memcmp(answer.p, right, m->n) == 0;
}

/* What came instead of a proof: the password with a NUL. */
static int is_password(const struct visit *v, struct span answer)
{
	size_t n = strlen(v->password) + 1;

	return answer.n == n && CRYPTO_memcmp(answer.p, v->password, n) == 0;
}

static int more(struct visit *v, enum mysqlserver_more what)
{
	struct buf out = buf_new(64);

	return put(v, &out, mysqlserver_more(&out, &v->seq, what) < 0);
}

static int switch_to(struct visit *v, const struct method *m)
{
	struct buf out = buf_new(128);

	return put(v, &out, mysqlserver_switch(&out, &v->seq, m->name, v->scramble) < 0);
}

/* A login as it goes: who wants in, and what was said to prove it. */
struct proving {
	struct span user;
	const struct method *method;
	struct span answer; /* in `in`, or in the packet of the login */
	struct buf in;
};

static int ask(struct visit *v, struct proving *p)
{
	buf_free(&p->in);
	if (packet(v, MYSQL_LOGIN_MAX, &p->in) < 0)
		return -1;
	p->answer = span_of_buf(&p->in);
	return 0;
}

/*
 * Who has not answered by a method of ours is told one, once. A client that lacks the greeting's
 * method, or sees to it first that this is it, says nothing until then.
 */
static int agree(struct visit *v, struct proving *p)
{
	if (p->method && (p->answer.n > 0 || !(v->capabilities & MYSQL_PLUGIN_AUTH)))
		return 0;
	/* The greeting named caching_sha2_password: who knows it, has said so. */
	p->method = p->method ? p->method : METHOD_NATIVE;
	return switch_to(v, p->method) < 0 ? -1 : ask(v, p);
}

/* 1: it is the user; 0: it isn't; -1: the client has left. */
static int prove(struct visit *v, struct proving *p)
{
	int right = is_proof(v, p->method, p->answer);

	if (p->method != METHOD_SHA2)
		return right;
	if (right)
		return more(v, MYSQLSERVER_FAST) < 0 ? -1 : 1;
	/* Nobody is asked for a password where others read along, or who has none. */
	if (!v->ssl || p->answer.n < METHOD_SHA2->n)
		return 0;
	if (more(v, MYSQLSERVER_FULL) < 0 || ask(v, p) < 0)
		return -1;
	return is_password(v, p->answer);
}

static int denied(struct visit *v, const struct proving *p, int said)
{
	visit_saw(v, SAW_BAD_PASSWORD);
	(void)fail(v, MYSQL_ER_ACCESS_DENIED, "28000",
	    "Access denied for user '%.*s'@'localhost' (using password: %s)", (int)p->user.n,
	    (const char *)p->user.p, said ? "YES" : "NO");
	return visit_close(v);
}

/* 0: the client was told that it is in. */
static int authenticate(struct visit *v, const struct mysql_login *l, unsigned status)
{
	struct proving p = { .user = l->user, .method = method_of(l), .answer = l->answer };
	int rc = -1, said, in;

	if (agree(v, &p) < 0)
		goto out;
	said = p.answer.n > 1;
	in = prove(v, &p);
	if (in < 0)
		goto out;
	rc = in && span_is(l->user, v->user) ? ok(v, status) : denied(v, &p, said);
out:
	buf_free(&p.in);
	return rc;
}

/* "mysql (libmysql 8.4.7)", as far as the client says so. */
static void keep_agent(struct visit *v, struct span attributes)
{
	struct span program = { 0 }, client = { 0 }, version = { 0 }, name, value;
	char text[256];
	int n;

	while (mysql_attribute(&attributes, &name, &value) == 0) {
		value.n = value.n < 64 ? value.n : 64;
		if (span_is(name, "program_name"))
			program = value;
		if (span_is(name, "_client_name"))
			client = value;
		if (span_is(name, "_client_version"))
			version = value;
	}
	n = snprintf(text, sizeof text, "%.*s%s%.*s%s%.*s%s", (int)program.n,
	    (const char *)program.p, program.n ? " (" : "", (int)client.n, (const char *)client.p,
	    version.n ? " " : "", (int)version.n, (const char *)version.p, program.n ? ")" : "");
	if (client.n > 0 || program.n > 0)
		visit_saw_agent(v, text, (size_t)n);
}

static int keep_database(struct visit *v, struct span name)
{
	if (name.n >= sizeof v->database)
		return fail_and_close(v, 1049, "42000", "Unknown database");
	if (name.n > 0)
		memcpy(v->database, name.p, name.n);
	v->database[name.n] = '\0';
	return 0;
}

int mysqld_login(struct visit *v)
{
	struct buf in = { 0 };
	struct mysql_login l;
	int rc = -1;

	if (packet(v, MYSQL_LOGIN_MAX, &in) < 0)
		goto out;
	if (mysql_login(span_of_buf(&in), &l) < 0) {
		rc = fail_and_close(v, 1043, "08S01", "Bad handshake");
		goto out;
	}
	v->capabilities = l.capabilities;
	visit_saw(v, v->ssl ? SAW_TLS_LOGIN : SAW_PLAIN_LOGIN);
	keep_agent(v, l.attributes);
	if (keep_database(v, l.database) < 0 || authenticate(v, &l, MYSQL_AUTOCOMMIT) < 0)
		goto out;
	visit_saw(v, SAW_LOGGED_IN);
	rc = 0;
out:
	buf_free(&in);
	return rc;
}

/* ---- commands -------------------------------------------------------------------------------- */

struct prepared {
	uint32_t id; /* 0: free */
	struct buf sql;
	struct mysqlserver_param *params; /* owned; NULL when there are none */
	size_t n;
};

struct talk {
	struct visit *v;
	struct query_session session;
	struct prepared prepared[STATEMENTS];
	uint32_t last_id;
};

/* What lab/query.h has answered, sent; nothing of it is left. */
static int send_answer(struct talk *t, struct query_answer *a, enum mysqlserver_form form)
{
	struct visit *v = t->v;
	struct buf out = buf_new(ANSWER_MAX);
	int rc;

	if (a->code)
		rc = fail(v, a->code, a->state, "%s", a->text);
	else if (a->set.columns == 0)
		rc = ok(v, t->session.status);
	else
		rc = put(
		    v, &out, mysqlserver_rows(&out, &v->seq, &a->set, form, t->session.status) < 0);
	query_free(a);
	return rc;
}

static int com_query(struct talk *t, struct span body)
{
	struct query_answer a;

	query_answer(&t->session, body, NULL, 0, &a);
	return send_answer(t, &a, MYSQLSERVER_TEXT);
}

static int com_init_db(struct talk *t, struct span body)
{
	if (query_use(&t->session, body) < 0)
		return fail(t->v, 1049, "42000", "Unknown database");
	return ok(t->v, t->session.status);
}

static int com_field_list(struct talk *t, struct span body)
{
	struct span table;

	if (span_cstr(&body, &table) < 0)
		table = body;
	return fail(t->v, 1146, "42S02", "Table '%.*s' doesn't exist",
	    (int)(table.n < 64 ? table.n : 64), (const char *)table.p);
}

static int com_ping(struct talk *t, struct span body)
{
	(void)body;
	return ok(t->v, t->session.status);
}

static void forget(struct prepared *p)
{
	buf_free(&p->sql);
	free(p->params);
	*p = (struct prepared) { 0 };
}

static void forget_all(struct talk *t)
{
	for (size_t i = 0; i < STATEMENTS; i++)
		forget(&t->prepared[i]);
}

static int com_reset_connection(struct talk *t, struct span body)
{
	(void)body;
	forget_all(t);
	t->session.status = MYSQL_AUTOCOMMIT;
	return ok(t->v, t->session.status);
}

static int com_change_user(struct talk *t, struct span body)
{
	struct mysql_login l;

	if (mysqlserver_change_user(body, t->v->capabilities, &l) < 0)
		return fail(t->v, 1047, "08S01", "Unknown command");
	forget_all(t);
	t->session.status = MYSQL_AUTOCOMMIT;
	*t->session.database = '\0';
	if (l.database.n > 0 && query_use(&t->session, l.database) < 0)
		return fail(t->v, 1049, "42000", "Unknown database");
	return authenticate(t->v, &l, t->session.status);
}

/* The statement whose id stands in front; 0 is that of the free ones. */
static struct prepared *find(struct talk *t, struct span *body)
{
	uint64_t id;

	if (span_le(body, 4, &id) < 0 || id == 0)
		return NULL;
	for (size_t i = 0; i < STATEMENTS; i++)
		if (t->prepared[i].id == id)
			return &t->prepared[i];
	return NULL;
}

static struct prepared *find_free(struct talk *t)
{
	for (size_t i = 0; i < STATEMENTS; i++)
		if (t->prepared[i].id == 0)
			return &t->prepared[i];
	return NULL;
}

static int keep(struct talk *t, struct prepared *p, struct span sql)
{
	p->n = query_params(sql);
	p->sql = buf_new(PACKET_MAX);
	if (p->n > 0)
		p->params = calloc(p->n, sizeof *p->params);
	if (buf_add(&p->sql, sql.p, sql.n) < 0 || (p->n > 0 && !p->params)) {
		forget(p);
		return -1;
	}
	p->id = ++t->last_id;
	return 0;
}

static int send_prepared(struct talk *t, const struct prepared *p, const struct query_answer *a)
{
	struct mysqlserver_prepared is = {
		.id = p->id,
		.params = (uint16_t)p->n,
		.status = t->session.status,
	};
	struct buf out = buf_new(ANSWER_MAX);

	return put(t->v, &out, mysqlserver_prepared(&out, &t->v->seq, &is, &a->set) < 0);
}

/* It is answered for its columns' sake, and what it changes is put back. */
static int com_stmt_prepare(struct talk *t, struct span body)
{
	struct query_session before = t->session;
	struct prepared *p = find_free(t);
	struct query_answer a;
	int rc;

	if (!p || query_params(body) > MYSQLSERVER_COLUMNS)
		return fail(t->v, 1461, "42000", "Can't create more prepared statements");
	query_answer(&t->session, body, NULL, 0, &a);
	t->session = before;
	if (a.code)
		return send_answer(t, &a, MYSQLSERVER_TEXT);
	rc = keep(t, p, body) < 0 ? -1 : send_prepared(t, p, &a);
	query_free(&a);
	return rc;
}

static int com_stmt_execute(struct talk *t, struct span body)
{
	struct prepared *p = find(t, &body);
	struct query_answer a;

	if (!p)
		return fail(t->v, 1243, "HY000", "Unknown prepared statement");
	if (mysqlserver_execute(body, p->params, p->n) < 0)
		return fail(t->v, 1210, "HY000", "Incorrect arguments to EXECUTE");
	query_answer(&t->session, span_of_buf(&p->sql), p->params, p->n, &a);
	return send_answer(t, &a, MYSQLSERVER_BINARY);
}

static int com_stmt_reset(struct talk *t, struct span body)
{
	if (!find(t, &body))
		return fail(t->v, 1243, "HY000", "Unknown prepared statement");
	return ok(t->v, t->session.status);
}

/* It has no answer. */
static int com_stmt_close(struct talk *t, struct span body)
{
	struct prepared *p = find(t, &body);

	if (p)
		forget(p);
	return 0;
}

static const struct {
	enum mysqlserver_command command;
	int (*answer)(struct talk *t, struct span body);
} commands[] = {
	{ COM_INIT_DB, com_init_db },
	{ COM_QUERY, com_query },
	{ COM_FIELD_LIST, com_field_list },
	{ COM_PING, com_ping },
	{ COM_CHANGE_USER, com_change_user },
	{ COM_STMT_PREPARE, com_stmt_prepare },
	{ COM_STMT_EXECUTE, com_stmt_execute },
	/* Neither has this an answer; that it wasn't kept is told when the statement is run. */
	{ COM_STMT_SEND_LONG_DATA, com_stmt_close },
	{ COM_STMT_CLOSE, com_stmt_close },
	{ COM_STMT_RESET, com_stmt_reset },
	{ COM_RESET_CONNECTION, com_reset_connection },
};

static int obey(struct talk *t, struct span packet)
{
	struct span body = packet;
	uint64_t command;

	if (span_le(&body, 1, &command) < 0)
		return fail(t->v, 1047, "08S01", "Unknown command");
	if (command == COM_QUIT)
		return visit_close(t->v);
	visit_saw(t->v, SAW_QUERY);
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (commands[i].command == command)
			return commands[i].answer(t, body);
	return fail(t->v, 1047, "08S01", "Unknown command");
}

static void open_session(struct talk *t)
{
	struct visit *v = t->v;

	t->session = (struct query_session) {
		.version = VERSION,
		.user = v->user,
		.tls = v->ssl ? SSL_get_version(v->ssl) : "",
		.cipher = v->ssl ? SSL_get_cipher_name(v->ssl) : "",
		.id = v->id,
		.port = v->at->port,
		.status = MYSQL_AUTOCOMMIT,
	};
	memcpy(t->session.database, v->database, sizeof t->session.database);
}

int mysqld_serve(struct visit *v)
{
	struct talk t = { .v = v };
	int rc = 0;

	open_session(&t);
	while (rc == 0) {
		struct buf in = { 0 };

		/* Each command begins anew. */
		v->seq = 0;
		rc = packet(v, PACKET_MAX, &in);
		if (rc == 0)
			rc = obey(&t, span_of_buf(&in));
		buf_free(&in);
	}
	forget_all(&t);
	return rc;
}
