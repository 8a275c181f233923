/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happens before TLS, in its place and behind it. A client that logs in without TLS is let in
 * wherever that is possible: so it is seen.
 */
#include "base/i18n.h"
#include "lab/condition.h"
#include "lab/visit.h"
#include "net/addr.h"
#include "wire/hello.h"
#include "wire/mysql.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>

#define WAIT_MS  2000 /* for what a client says that was taken in */
#define PAUSE_MS 300  /* for a client that reads what it was sent */
#define RECORD   5    /* bytes before the content of a TLS record (RFC 8446 5.1) */
#define RECORDED (RECORD + 16384)

static const uint8_t ok_packet[] = { 7, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0 };

/* ---- what steps are made of ----------------------------------------------------------------- */

static int say(struct visit *v, const char *text)
{
	return visit_write(v, text, strlen(text));
}

static int say_ok(struct visit *v)
{
	uint8_t ok[sizeof ok_packet];

	memcpy(ok, ok_packet, sizeof ok);
	ok[3] = v->seq++;
	return visit_write(v, ok, sizeof ok);
}

/* state NULL: before the greeting. */
static int say_error(struct visit *v, unsigned code, const char *state, const char *text)
{
	struct buf b = buf_new(1024);

	if (mysql_err_put(&b, v->seq, code, state, text) == 0)
		(void)visit_write(v, b.p, b.n);
	buf_free(&b);
	return visit_close(v);
}

static int say_host_error(struct visit *v, unsigned code, const char *rest)
{
	struct sockaddr_storage ss;
	socklen_t n = sizeof ss;
	struct addr from;
	char ip[ADDR_TEXT], text[256];

	if (getpeername(v->fd, (struct sockaddr *)&ss, &n) < 0 ||
	    addr_from_sockaddr(&from, (struct sockaddr *)&ss) < 0)
		return -1;
	(void)snprintf(text, sizeof text, "Host '%s' %s", addr_ip_text(&from, ip), rest);
	return say_error(v, code, NULL, text);
}

static struct span first_record(struct visit *v)
{
	struct span in = visit_peek(v, RECORD, VISIT_MS);
	size_t n = in.n < RECORD ? 0 : RECORD + ((size_t)in.p[3] << 8 | in.p[4]);

	return n == 0 || n > RECORDED ? in : visit_peek(v, n, VISIT_MS);
}

/* The ClientHello with its record, borrowed, or as much of it as comes. */
static struct span client_hello(struct visit *v)
{
	struct span in = first_record(v), body;
	uint8_t room[HELLO_MAX];
	struct hello h;

	if (hello_from_records(in, room, &body) == HELLO_WHOLE)
		(void)visit_saw_hello(v, body, &h);
	return in;
}

static int begins_tls(struct span in)
{
	return in.n > 0 && in.p[0] == SSL3_RT_HANDSHAKE;
}

/* What is sent until then arrives with what follows, in one piece. */
static void hold_back(struct visit *v, int on)
{
	(void)setsockopt(v->fd, IPPROTO_TCP, TCP_CORK, &on, sizeof on);
}

/* Without close_notify, which alone tells an end from a cut (RFC 8446 6.1). */
static int cut_off(struct visit *v)
{
	(void)shutdown(v->fd, SHUT_WR);
	return visit_close(v);
}

/* ---- MySQL: no TLS, or not really ----------------------------------------------------------- */

static void no_tls(struct shape *s)
{
	s->capabilities = MYSQL_CLIENT_SSL;
}

static int refuse_tls(struct visit *v)
{
	return v->plain ? 0 : say_error(v, 1043, "08S01", "Bad handshake");
}

/* As if the login had been there and were good. Who believes it asks in plaintext. */
static int ignore_tls(struct visit *v)
{
	if (v->plain)
		return 0;
	if (say_ok(v) < 0 || begins_tls(visit_peek(v, 1, VISIT_MS)))
		return visit_close(v);
	visit_saw(v, SAW_LOGGED_IN);
	return mysqld_serve(v);
}

/* AuthSwitchRequest to the method that sends the password as it is. */
static int ask_password(struct visit *v)
{
	static const char text[] = "\xfemysql_clear_password";
	uint8_t header[MYSQL_HEADER];
	struct span in;

	if (v->plain)
		return 0;
	mysql_header_put(header, sizeof text, v->seq);
	if (visit_write(v, header, sizeof header) < 0 || visit_write(v, text, sizeof text) < 0)
		return -1;
	in = visit_peek(v, MYSQL_HEADER, VISIT_MS);
	if (in.n >= MYSQL_HEADER && !begins_tls(in))
		visit_saw(v, SAW_PLAIN_LOGIN);
	return visit_close(v);
}

static int inject_error(struct visit *v)
{
	if (v->plain)
		return 0;
	(void)client_hello(v);
	return say_error(v, MYSQL_ER_UNKNOWN, "HY000", "TLS is out of order: connect without it");
}

/* ---- MySQL: bytes that TLS does not protect ------------------------------------------------- */

/* OK to a login that is still to come: in plaintext, in one piece with the greeting. */
static int greet_and_inject(struct visit *v)
{
	int rc;

	hold_back(v, 1);
	rc = mysqld_greet(v);
	if (rc == 0)
		rc = visit_write(v, ok_packet, sizeof ok_packet);
	hold_back(v, 0);
	return rc;
}

/* Reads a packet and has no use for it. Its sequence id, or -1. */
static int skip_packet(struct visit *v)
{
	uint8_t header[MYSQL_HEADER], byte;
	struct span s = span_of(header, sizeof header);
	struct mysql_header h = { 0 };

	if (visit_read(v, header, sizeof header) < 0 || mysql_header(&s, &h) < 0 ||
	    h.length > MYSQL_LOGIN_MAX)
		return -1;
	for (uint32_t i = 0; i < h.length; i++)
		if (visit_read(v, &byte, 1) < 0)
			return -1;
	v->seq = (uint8_t)(h.seq + 1);
	return h.seq;
}

/*
 * The login is not answered. Who goes on all the same has taken the injected OK for the answer, and
 * what it says is either its first command, or still of the login: that is answered then.
 */
static int leave_login(struct visit *v)
{
	struct span in;

	if (!v->ssl)
		return mysqld_login(v);
	if (skip_packet(v) < 0)
		return -1;
	visit_saw(v, SAW_TLS_LOGIN);
	in = visit_peek(v, MYSQL_HEADER, WAIT_MS);
	if (in.n < MYSQL_HEADER)
		return say_error(v, MYSQL_ER_ACCESS_DENIED, "28000", "Access denied");
	visit_saw(v, SAW_LOGGED_IN);
	if (in.p[3] == 0)
		return 0;
	return skip_packet(v) < 0 ? -1 : say_ok(v);
}

static void injected_behind_greeting(struct shape *s)
{
	s->step[STEP_GREETING] = greet_and_inject;
	s->step[STEP_LOGIN] = leave_login;
}

static int inject_and_shake_hands(struct visit *v)
{
	static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhealthy: x ";
	int rc;

	if (v->plain)
		return 0;
	rc = v->at->protocol == LAB_MYSQL ? visit_write(v, ok_packet, sizeof ok_packet)
					  : say(v, answer);
	return rc < 0 ? -1 : handshake_run(v);
}

/* ---- MySQL: TLS is required ----------------------------------------------------------------- */

static int require(struct visit *v, unsigned code, const char *text)
{
	int rc = mysqld_request(v);

	if (rc < 0 || !v->plain)
		return rc;
	visit_saw(v, SAW_PLAIN_LOGIN);
	v->seq++; /* the login's, which stays unread */
	return say_error(v, code, "HY000", text);
}

static int require_as_mysql(struct visit *v)
{
	return require(v, MYSQL_ER_SECURE_TRANSPORT,
	    "Connections using insecure transport are prohibited while "
	    "--require_secure_transport=ON.");
}

static int require_as_tidb(struct visit *v)
{
	return require(v, MYSQL_ER_UNKNOWN,
	    "Connections using insecure transport are prohibited. See "
	    "https://docs.pingcap.com/tidbcloud/secure-connections-to-serverless-clusters");
}

/* ---- MySQL: an error ------------------------------------------------------------------------ */

static int say_1040(struct visit *v)
{
	return say_error(v, MYSQL_ER_CON_COUNT, NULL, "Too many connections");
}

static int say_1129(struct visit *v)
{
	return say_host_error(v, 1129,
	    "is blocked because of many connection errors; unblock with 'mysqladmin flush-hosts'");
}

static int say_1130(struct visit *v)
{
	return say_host_error(
	    v, MYSQL_ER_HOST_NOT_PRIVILEGED, "is not allowed to connect to this MySQL server");
}

static int login_elsewhere(struct visit *v)
{
	v->password = "another";
	return mysqld_login(v);
}

/* ---- another protocol ----------------------------------------------------------------------- */

static void plain_http(struct shape *s)
{
	s->step[STEP_REQUEST] = visit_nothing;
	s->step[STEP_TLS] = visit_nothing;
}

/* To TLS a redirect in plaintext. Who follows it asks in plaintext, and is answered. */
static int redirect(struct visit *v)
{
	char text[512];

	if (!begins_tls(visit_peek(v, 1, VISIT_MS)))
		return 0;
	(void)snprintf(text, sizeof text,
	    "HTTP/1.1 301 Moved Permanently\r\nLocation: http://%s:%u/\r\n"
	    "Content-Length: 0\r\nConnection: close\r\n\r\n",
	    v->at->host, v->at->port);
	(void)say(v, text);
	return visit_close(v);
}

static void http_redirect(struct shape *s)
{
	s->step[STEP_REQUEST] = redirect;
	s->step[STEP_TLS] = visit_nothing;
}

static int answer_as_http(struct visit *v)
{
	(void)say(v, "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\n"
		     "Content-Length: 12\r\nConnection: close\r\n\r\nBad Request\n");
	return visit_close(v);
}

/* A ClientHello is no login. */
static int greet_anyone(struct visit *v)
{
	if (mysqld_greet(v) < 0 || visit_peek(v, 1, VISIT_MS).n == 0)
		return -1;
	v->seq = 2;
	return say_error(v, 1043, "08S01", "Bad handshake");
}

/*
 * MySQL's port 33060: a notice of Mysqlx.Notice.ServerHello. Some clients take it for a greeting
 * that offers no TLS.
 */
static int greet_as_x(struct visit *v)
{
	static const uint8_t notice[] = { 5, 0, 0, 0, 11, 8, 5, 26, 0 };
	struct span in;
	enum mysql_first first;
	uint8_t seq;

	if (visit_write(v, notice, sizeof notice) < 0)
		return -1;
	in = visit_peek(v, MYSQL_HEADER + 4, VISIT_MS);
	first = mysql_first(in.p, in.n, &seq);
	if (first == MYSQL_FIRST_PLAINTEXT || first == MYSQL_FIRST_OLD)
		visit_saw(v, SAW_PLAIN_LOGIN);
	return visit_hold(v);
}

/* RFC 4253 4.2, and what OpenSSH says to who answers otherwise. */
static int greet_as_ssh(struct visit *v)
{
	if (say(v, "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u7\r\n") < 0 ||
	    visit_peek(v, 1, VISIT_MS).n == 0)
		return -1;
	(void)say(v, "Invalid SSH identification string.\r\n");
	return visit_close(v);
}

/* ---- no answer ------------------------------------------------------------------------------ */

static int swallow_hello(struct visit *v)
{
	return v->plain ? 0 : visit_hold(v);
}

static int greet_slowly(struct visit *v)
{
	v->slow = 1;
	return mysqld_greet(v);
}

static int shake_hands_slowly(struct visit *v)
{
	v->slow = !v->plain;
	return handshake_run(v);
}

static void connection_refused(struct shape *s)
{
	s->listens = 0;
}

static void connect_timeout(struct shape *s)
{
	s->full = 1;
}

/* RFC 6761 6.4: such a name never resolves. */
static void unknown_host(struct shape *s)
{
	s->host = "*.lab.dbtls.invalid";
}

/* ---- closed and reset ----------------------------------------------------------------------- */

/* A RST takes along what the client has not read yet: it has until its next word, or so long. */
static int reset_soon(struct visit *v)
{
	(void)visit_peek(v, v->in.n + 1, PAUSE_MS);
	return visit_reset(v);
}

static int close_unheard(struct visit *v)
{
	return v->plain ? 0 : visit_close(v);
}

static int reset_unheard(struct visit *v)
{
	return v->plain ? 0 : visit_reset(v);
}

static int close_for_hello(struct visit *v)
{
	if (v->plain)
		return 0;
	(void)client_hello(v);
	return visit_close(v);
}

static int reset_for_hello(struct visit *v)
{
	if (v->plain)
		return 0;
	(void)client_hello(v);
	return visit_reset(v);
}

/* The answer that OpenSSL would give to the ClientHello. */
static int make_flight(struct visit *v, struct span in, BIO *out)
{
	SSL *ssl = SSL_new(v->tls);
	BIO *from = BIO_new_mem_buf(in.p, (int)in.n);

	if (!ssl || !from || BIO_up_ref(out) != 1) {
		BIO_free(from);
		SSL_free(ssl);
		return -1;
	}
	SSL_set_bio(ssl, from, out);
	(void)SSL_set_app_data(ssl, v);
	(void)SSL_accept(ssl);
	SSL_free(ssl);
	ERR_clear_error();
	return 0;
}

/* Sends the first half of it: the other end waits for the rest of a record. */
static void send_half_flight(struct visit *v)
{
	struct span in = client_hello(v);
	BIO *out = BIO_new(BIO_s_mem());
	char *flight = NULL;
	long n = 0;

	if (out && in.n > RECORD && make_flight(v, in, out) == 0)
		n = BIO_get_mem_data(out, &flight);
	if (n > 0)
		(void)visit_write(v, flight, (size_t)n / 2);
	BIO_free(out);
}

static int close_halfway(struct visit *v)
{
	if (v->plain)
		return 0;
	send_half_flight(v);
	return visit_close(v);
}

static int reset_halfway(struct visit *v)
{
	if (v->plain)
		return 0;
	send_half_flight(v);
	return reset_soon(v);
}

static int close_inside(struct visit *v)
{
	return v->ssl ? visit_close(v) : mysqld_login(v);
}

static int reset_inside(struct visit *v)
{
	return v->ssl ? visit_reset(v) : mysqld_login(v);
}

/* A result of one column, cut within the column's name: what libraries say is COM_QUERY's answer.
 */
static int half_result(struct visit *v)
{
	static const uint8_t half[] = { 1, 0, 0, 1, 1, 28, 0, 0, 2, 3, 'd', 'e', 'f', 0, 0, 0, 6,
		'h', 'e', 'a' };

	if (visit_peek(v, MYSQL_HEADER + 1, VISIT_MS).n <= MYSQL_HEADER)
		return -1;
	visit_saw(v, SAW_QUERY);
	return visit_write(v, half, sizeof half);
}

/* Of HTTP's 42 bytes 20 come. */
static int half_answer(struct visit *v)
{
	if (visit_peek(v, 1, VISIT_MS).n == 0)
		return -1;
	visit_saw(v, SAW_TLS_LOGIN | SAW_QUERY);
	return say(v, "HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\n"
		      "Content-Length: 42\r\n\r\n{\"TableNames\":[\"test");
}

static int serve_half(struct visit *v)
{
	return v->at->protocol == LAB_MYSQL ? half_result(v) : half_answer(v);
}

static int close_serving(struct visit *v)
{
	return serve_half(v) < 0 ? -1 : cut_off(v);
}

static int reset_serving(struct visit *v)
{
	return serve_half(v) < 0 ? -1 : reset_soon(v);
}

/* Nothing but the end of the connection says how long the answer is (RFC 9112 6.3, 9.8). */
static int serve_cut(struct visit *v)
{
	if (visit_peek(v, 1, VISIT_MS).n == 0)
		return -1;
	visit_saw(v, SAW_TLS_LOGIN | SAW_QUERY);
	(void)say(v, "HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\n"
		     "Connection: close\r\n\r\n{\"TableNames\":[]}");
	return cut_off(v);
}

/* ---- the table ------------------------------------------------------------------------------ */

#define REFUSE(id, who, how_much, what, text, then, ...)                                           \
	{                                                                                          \
		.name = (id), .protocols = (who), .refuse = 1, .weight = (how_much),               \
		.cause = (what), .wrong = (text), .means = (then), __VA_ARGS__,                    \
	}

/* Only who does not ask for TLS is turned away. */
#define CONNECT(id, what, text, then, ...)                                                         \
	{                                                                                          \
		.name = (id), .protocols = LAB_MYSQL, .weight = LAB_MUST, .cause = (what),         \
		.wrong = (text), .means = (then), __VA_ARGS__,                                     \
	}

static const char by_itself[] = N_("It takes the connection for good though there is none.");
static const char for_ever[] =
    N_("It waits as long as nobody stops it: it has no time limit for this step, or a long one.");
static const char unheard[] =
    N_("It says that all is well though the server broke off before it had answered.");

const struct condition lab_around[] = {
	/* The login could travel in plaintext, or others put words into the server's mouth. */
	REFUSE("no-tls", LAB_MYSQL, LAB_MUST, "tls-not-offered", N_("the server offers no TLS"),
	    N_("Its login travels in plaintext; whoever stands between can take the offer away."),
	    .fault = no_tls),
	REFUSE("tls-refused", LAB_MYSQL, LAB_MUST, "tls-refused",
	    N_("TLS is offered, and who asks for it is told an error"),
	    N_("It goes on without TLS when TLS is refused, which whoever stands between can do."),
	    .at = STEP_TLS, .instead = refuse_tls),
	REFUSE("tls-ignored", LAB_MYSQL, LAB_MUST, "tls-refused",
	    N_("TLS is offered, and who asks for it is told OK in plaintext"),
	    N_("It goes on without TLS when the server does: it reads and sends in plaintext."),
	    .at = STEP_TLS, .instead = ignore_tls),
	REFUSE("password-asked", LAB_MYSQL, LAB_MUST, "plaintext-injected",
	    N_("the password is asked for in plaintext, in the place of TLS"),
	    N_("Whoever stands between asks for the password, and gets it."), .at = STEP_TLS,
	    .instead = ask_password),
	REFUSE("error-injected", LAB_MYSQL, LAB_MUST, "plaintext-injected",
	    N_("an error in plaintext in the place of the server's hello"),
	    N_("It goes on without TLS when an error says so, which anyone can send."),
	    .at = STEP_TLS, .instead = inject_error),
	REFUSE("injected-behind-greeting", LAB_MYSQL, LAB_SHOULD, "plaintext-injected",
	    N_("OK to the login in plaintext, behind the greeting"),
	    N_("It takes bytes that came before TLS for the server's: anyone can put them there."),
	    .fault = injected_behind_greeting),
	REFUSE("injected-before-handshake", LAB_BOTH, LAB_SHOULD, "plaintext-injected",
	    N_("an answer in plaintext, before the handshake"),
	    N_("It passes over bytes that came before TLS: anyone can put them there."),
	    .at = STEP_TLS, .instead = inject_and_shake_hands),
	CONNECT("tls-required", "tls-required",
	    N_("a login without TLS is refused with error 3159"),
	    N_("It does not ask for TLS: its login travels in plaintext before it is refused."),
	    .at = STEP_REQUEST, .instead = require_as_mysql),
	CONNECT("tls-required-tidb", "tls-required",
	    N_("a login without TLS is refused with TiDB's error 1105"),
	    N_("It does not ask for TLS: its login travels in plaintext before it is refused."),
	    .at = STEP_REQUEST, .instead = require_as_tidb),
	REFUSE("plain-http", LAB_HTTPS, LAB_MUST, "not-tls", N_("HTTP without TLS on the port"),
	    N_("Its requests travel in plaintext."), .fault = plain_http),
	REFUSE("http-redirect", LAB_HTTPS, LAB_MUST, "not-tls",
	    N_("TLS is answered with a redirect in plaintext, to HTTP"),
	    N_("It goes where an answer without TLS sends it, and asks there in plaintext."),
	    .fault = http_redirect),

	/* Another protocol. */
	REFUSE("http-reply", LAB_MYSQL, LAB_SHOULD, "not-tls", N_("HTTP instead of a greeting"),
	    by_itself, .at = STEP_GREETING, .instead = answer_as_http),
	REFUSE("x-protocol", LAB_MYSQL, LAB_SHOULD, "not-tls",
	    N_("MySQL's X protocol, as on port 33060"), by_itself, .at = STEP_GREETING,
	    .instead = greet_as_x),
	REFUSE("mysql-greeting", LAB_HTTPS, LAB_SHOULD, "not-tls",
	    N_("MySQL's greeting on a port of HTTPS"), by_itself, .at = STEP_ACCEPT,
	    .instead = greet_anyone),
	REFUSE("ssh-banner", LAB_BOTH, LAB_SHOULD, "not-tls", N_("SSH on the port"), by_itself,
	    .at = STEP_ACCEPT, .instead = greet_as_ssh),

	/* An error that says what it is. */
	REFUSE("too-many-connections", LAB_MYSQL, LAB_SHOULD, "too-many-connections",
	    N_("error 1040 instead of a greeting: the server is full"), by_itself,
	    .at = STEP_GREETING, .instead = say_1040),
	REFUSE("host-blocked", LAB_MYSQL, LAB_SHOULD, "host-blocked",
	    N_("error 1129 instead of a greeting: too many failed connections"), by_itself,
	    .at = STEP_GREETING, .instead = say_1129),
	REFUSE("address-not-allowed", LAB_MYSQL, LAB_SHOULD, "address-not-allowed",
	    N_("error 1130 instead of a greeting: this address may not connect"), by_itself,
	    .at = STEP_GREETING, .instead = say_1130),
	REFUSE("login-failed", LAB_MYSQL, LAB_SHOULD, "login-failed",
	    N_("error 1045: user or password is wrong"), by_itself, .at = STEP_LOGIN,
	    .instead = login_elsewhere),

	/* No answer. */
	REFUSE("unknown-host", LAB_BOTH, LAB_SHOULD, "dns-failure",
	    N_("the host's name does not resolve"), by_itself, .fault = unknown_host),
	REFUSE("connection-refused", LAB_BOTH, LAB_SHOULD, "connection-refused",
	    N_("nothing listens on the port"), by_itself, .fault = connection_refused),
	REFUSE("connect-timeout", LAB_BOTH, LAB_ADVISORY, "connect-timeout",
	    N_("the attempt to connect is not answered"), for_ever, .fault = connect_timeout),
	REFUSE("silence", LAB_MYSQL, LAB_ADVISORY, "greeting-timeout", N_("no greeting comes"),
	    for_ever, .at = STEP_GREETING, .instead = visit_hold),
	REFUSE("slow-greeting", LAB_MYSQL, LAB_ADVISORY, "greeting-timeout",
	    N_("the greeting comes at one byte a second"), for_ever, .at = STEP_GREETING,
	    .instead = greet_slowly),
	REFUSE("black-hole", LAB_BOTH, LAB_ADVISORY, "handshake-timeout",
	    N_("the ClientHello is not answered"), for_ever, .at = STEP_TLS,
	    .instead = swallow_hello),
	REFUSE("slow-handshake", LAB_BOTH, LAB_ADVISORY, "handshake-timeout",
	    N_("the handshake comes at one byte a second"), for_ever, .at = STEP_TLS,
	    .instead = shake_hands_slowly),

	/* The end, at every step. */
	REFUSE("close-at-accept", LAB_MYSQL, LAB_SHOULD, "closed-before-greeting",
	    N_("closed at once"), unheard, .at = STEP_ACCEPT, .instead = visit_close),
	REFUSE("reset-at-accept", LAB_MYSQL, LAB_SHOULD, "closed-before-greeting",
	    N_("reset at once"), unheard, .at = STEP_ACCEPT, .instead = visit_reset),
	REFUSE("close-after-greeting", LAB_MYSQL, LAB_SHOULD, "handshake-closed",
	    N_("closed after the greeting"), unheard, .at = STEP_REQUEST, .instead = visit_close),
	REFUSE("reset-after-greeting", LAB_MYSQL, LAB_SHOULD, "handshake-reset",
	    N_("reset after the greeting"), unheard, .at = STEP_REQUEST, .instead = reset_soon),
	REFUSE("close-before-hello", LAB_BOTH, LAB_SHOULD, "handshake-closed",
	    N_("closed before the ClientHello is read"), unheard, .at = STEP_TLS,
	    .instead = close_unheard),
	REFUSE("reset-before-hello", LAB_BOTH, LAB_SHOULD, "handshake-reset",
	    N_("reset before the ClientHello is read"), unheard, .at = STEP_TLS,
	    .instead = reset_unheard),
	REFUSE("close-after-hello", LAB_BOTH, LAB_SHOULD, "handshake-closed",
	    N_("closed after the ClientHello"), unheard, .at = STEP_TLS,
	    .instead = close_for_hello),
	REFUSE("reset-after-hello", LAB_BOTH, LAB_SHOULD, "handshake-reset",
	    N_("reset after the ClientHello"), unheard, .at = STEP_TLS, .instead = reset_for_hello),
	REFUSE("close-in-flight", LAB_BOTH, LAB_SHOULD, "handshake-closed",
	    N_("closed in the middle of the server's part of the handshake"), unheard,
	    .at = STEP_TLS, .instead = close_halfway),
	REFUSE("reset-in-flight", LAB_BOTH, LAB_SHOULD, "handshake-reset",
	    N_("reset in the middle of the server's part of the handshake"), unheard,
	    .at = STEP_TLS, .instead = reset_halfway),
	REFUSE("close-after-handshake", LAB_BOTH, LAB_SHOULD, "session-closed",
	    N_("closed after the handshake"), unheard, .at = STEP_LOGIN, .instead = close_inside),
	REFUSE("reset-after-handshake", LAB_BOTH, LAB_SHOULD, "session-reset",
	    N_("reset after the handshake"), unheard, .at = STEP_LOGIN, .instead = reset_inside),
	REFUSE("close-after-login", LAB_MYSQL, LAB_SHOULD, "session-closed",
	    N_("closed after the login"), unheard, .at = STEP_SERVE, .instead = visit_close),
	REFUSE("reset-after-login", LAB_MYSQL, LAB_SHOULD, "session-reset",
	    N_("reset after the login"), unheard, .at = STEP_SERVE, .instead = reset_soon),
	REFUSE("close-in-answer", LAB_BOTH, LAB_SHOULD, "session-closed",
	    N_("closed in the middle of the first answer"), unheard, .at = STEP_SERVE,
	    .instead = close_serving),
	REFUSE("reset-in-answer", LAB_BOTH, LAB_SHOULD, "session-reset",
	    N_("reset in the middle of the first answer"), unheard, .at = STEP_SERVE,
	    .instead = reset_serving),
	REFUSE("cut-answer", LAB_HTTPS, LAB_ADVISORY, "session-closed",
	    N_("an answer of unsaid length ends without TLS's close"),
	    N_("It takes a cut answer for a whole one: whoever stands between can shorten it."),
	    .at = STEP_SERVE, .instead = serve_cut),
	{ 0 },
};
