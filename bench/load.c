/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clients for bench/run. Threads of blocking clients do one thing a bounded number of times:
 *
 *	connect  a connection, TLS, a login, one SELECT 1, the end
 *	query    SELECT 1 on an open session
 *	bulk     a row of 1 MiB on an open session
 *	hold     a session that is opened and held
 *	pace     requests at a rate, for all threads together, until a line comes on stdin; how long
 *	         each took is told
 *
 * --speak=http: GET to bench/backend instead of MySQL, under TLS from the first byte. Whoever
 * measures is told when to look: "ready" before the work and "done {JSON}" after it are written to
 * stdout, and each waits for a line on stdin.
 */
#include "base/buf.h"
#include "base/file.h"
#include "base/opt.h"
#include "base/clock.h"
#include "pki/digest.h"
#include "wire/mysql.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define THREADS_MAX 64
#define COUNT_MAX   1000000u
#define SECONDS_MAX 300
#define ROOM        (2u << 20) /* what a packet may be long */
#define MIB         1048576
#define SMALL       100    /* bytes of a request, and of the body that answers it */
#define PACED_MAX   200000 /* requests of one thread that are noted */

#define LOGIN_CAPABILITIES                                                                         \
	(1u /* LONG_PASSWORD */ | MYSQL_PROTOCOL_41 | MYSQL_CLIENT_SSL | 0x8000u /* SECURE */ |    \
	    MYSQL_PLUGIN_AUTH)

struct connection {
	int fd;
	SSL *ssl;
};

struct worker {
	pthread_t thread;
	struct connection *open; /* the sessions that are held */
	size_t open_n;
	SSL_SESSION *session; /* the last ticket; NULL: none yet */
	size_t done, resumed, number;
	uint32_t *us; /* what each paced request took */
	size_t at, n; /* of in */
	uint8_t in[ROOM];
};

struct mode {
	const char *name;
	int (*prepare)(struct worker *w, struct err *e);
	int (*work)(struct worker *w, struct err *e);
};

static struct {
	const char *mode, *port, *ca, *tls, *cipher, *user, *password_file, *threads, *count;
	const char *speak, *rate, *sources;
	int resume, clear, help;
} given = { .tls = "1.3",
	.user = "root",
	.threads = "4",
	.count = "100",
	.speak = "mysql",
	.rate = "500",
	.sources = "1" };

static const struct opt options[] = {
	{ .name = "mode", .arg = "connect|query|bulk|hold|pace", .text = &given.mode, .help = "" },
	{ .name = "port", .arg = "PORT", .text = &given.port, .help = "on 127.0.0.1" },
	{ .name = "ca", .arg = "FILE", .text = &given.ca, .help = "" },
	{ .name = "tls", .arg = "1.2|1.3", .text = &given.tls, .help = "" },
	{ .name = "cipher", .arg = "NAME", .text = &given.cipher, .help = "offer this one alone" },
	{ .name = "user", .arg = "NAME", .text = &given.user, .help = "" },
	{ .name = "password-file", .arg = "FILE", .text = &given.password_file, .help = "" },
	{ .name = "threads", .arg = "N", .text = &given.threads, .help = "at most 64" },
	{ .name = "count", .arg = "N", .text = &given.count, .help = "what each thread does" },
	{ .name = "rate", .arg = "N", .text = &given.rate, .help = "paced requests a second" },
	{ .name = "sources", .arg = "N", .text = &given.sources, .help = "addresses to come from" },
	{ .name = "speak", .arg = "mysql|http", .text = &given.speak, .help = "" },
	{ .name = "clear", .flag = &given.clear, .help = "no TLS; for http" },
	{ .name = "resume", .flag = &given.resume, .help = "come back with a ticket" },
	{ .name = "help", .flag = &given.help, .help = "" },
	{ 0 },
};

static const struct mode *mode;
static SSL_CTX *ctx;
static char password[256];
static size_t threads, count, rate, sources;
static uint16_t port;
static int http;
static atomic_int enough; /* those who are paced may stop */
static pthread_barrier_t gate;
static struct worker *workers;

/* What the last connection agreed on, for the report: the same for all. */
static const char *version = "", *cipher = "";

static int tls_err(struct err *e, const char *what)
{
	const char *why = ERR_reason_error_string(ERR_peek_last_error());

	return err_set(e, ERR_TLS, "%s: %s", what, why ? why : "the connection broke");
}

/* ---- bytes ----------------------------------------------------------------------------------- */

static int put(struct connection *c, const void *p, size_t n, struct err *e)
{
	if (!c->ssl)
		return send(c->fd, p, n, MSG_NOSIGNAL) == (ssize_t)n ? 0 : err_sys(e, "send");
	return SSL_write(c->ssl, p, (int)n) == (int)n ? 0 : tls_err(e, "write");
}

/* Has n bytes or more stand at w->in + w->at. */
static int need(struct worker *w, struct connection *c, size_t n, struct err *e)
{
	if (n > ROOM)
		return err_set(e, ERR_PEER, "a packet of %zu bytes", n);
	if (w->at + n > ROOM) {
		memmove(w->in, w->in + w->at, w->n - w->at);
		w->n -= w->at;
		w->at = 0;
	}
	while (w->n - w->at < n) {
		size_t room = ROOM - w->n;
		ssize_t got = c->ssl ? SSL_read(c->ssl, w->in + w->n, (int)room)
				     : recv(c->fd, w->in + w->n, room, 0);

		if (got <= 0)
			return tls_err(e, "read");
		w->n += (size_t)got;
	}
	return 0;
}

static void taken(struct worker *w, size_t n)
{
	w->at += n;
	if (w->at == w->n)
		w->at = w->n = 0;
}

/* ---- MySQL ----------------------------------------------------------------------------------- */

static int packet(
    struct worker *w, struct connection *c, uint8_t *seq, struct span *payload, struct err *e)
{
	struct mysql_header h;
	struct span s;

	if (need(w, c, MYSQL_HEADER, e) < 0)
		return -1;
	s = span_of(w->in + w->at, MYSQL_HEADER);
	(void)mysql_header(&s, &h);
	if (need(w, c, MYSQL_HEADER + h.length, e) < 0)
		return -1;
	*payload = span_of(w->in + w->at + MYSQL_HEADER, h.length);
	*seq = h.seq;
	taken(w, MYSQL_HEADER + h.length); /* the bytes stay until the next need() */
	return 0;
}

static int refused(struct span payload, struct err *e)
{
	struct span text = { 0 };
	unsigned code = 0;

	(void)mysql_err(payload, &code, &text);
	return err_set(e, ERR_PEER, "refused: %u %.*s", code, (int)text.n, (const char *)text.p);
}

/* The part that SSLRequest and the login have in common; the length is set by put_packet. */
static int begin_login(struct buf *b)
{
	static const uint8_t reserved[23];

	return buf_le(b, 0, MYSQL_HEADER) | buf_le(b, LOGIN_CAPABILITIES, 4) |
	       buf_le(b, 64 << 20, 4) | buf_le(b, 45 /* utf8mb4 */, 1) |
	       buf_add(b, reserved, sizeof reserved);
}

static int put_packet(struct connection *c, struct buf *b, uint8_t seq, struct err *e)
{
	mysql_header_put(b->p, (uint32_t)(b->n - MYSQL_HEADER), seq);
	return put(c, b->p, b->n, e);
}

static int greeted(struct worker *w, struct connection *c, struct mysql_greeting *g, struct err *e)
{
	struct buf request = buf_new(256);
	struct span payload;
	uint8_t seq;
	int rc;

	if (packet(w, c, &seq, &payload, e) < 0)
		return -1;
	if (mysql_greeting(payload, g) < 0)
		return refused(payload, e);
	rc = begin_login(&request) < 0 ? err_set(e, ERR_LOCAL, "out of memory")
				       : put_packet(c, &request, (uint8_t)(seq + 1), e);
	buf_free(&request);
	return rc;
}

static int log_in(struct worker *w, struct connection *c, const uint8_t scramble[20], struct err *e)
{
	static const char plugin[] = "mysql_native_password";
	struct buf login = buf_new(1024);
	uint8_t answer[SHA1_LENGTH], seq;
	struct span payload;
	int rc = -1;

	if (mysql_native_answer(password, scramble, answer) < 0 || begin_login(&login) < 0 ||
	    buf_add(&login, given.user, strlen(given.user) + 1) < 0 ||
	    buf_le(&login, sizeof answer, 1) < 0 || buf_add(&login, answer, sizeof answer) < 0 ||
	    buf_add(&login, plugin, sizeof plugin) < 0) {
		err_set(e, ERR_LOCAL, "out of memory");
		goto out;
	}
	if (put_packet(c, &login, 2, e) < 0 || packet(w, c, &seq, &payload, e) < 0)
		goto out;
	rc = mysql_auth(payload) == MYSQL_AUTH_OK ? 0 : refused(payload, e);
out:
	buf_free(&login);
	return rc;
}

/* A query and all of its one result. */
static int sql(struct worker *w, struct connection *c, const char *text, struct err *e)
{
	struct buf query = buf_new(1024);
	struct span payload;
	uint8_t seq;
	int ends = 0;
	int rc = 0;

	if (buf_le(&query, 0, MYSQL_HEADER) < 0 || buf_le(&query, 3 /* COM_QUERY */, 1) < 0 ||
	    buf_add(&query, text, strlen(text)) < 0)
		rc = err_set(e, ERR_LOCAL, "out of memory");
	if (rc == 0)
		rc = put_packet(c, &query, 0, e);
	/* One EOF ends the columns, the other the rows. */
	while (rc == 0 && ends < 2) {
		rc = packet(w, c, &seq, &payload, e);
		if (rc == 0 && payload.n && payload.p[0] == 0xff)
			rc = refused(payload, e);
		if (rc == 0 && payload.n && payload.n < 9 && payload.p[0] == 0xfe)
			ends++;
	}
	buf_free(&query);
	return rc;
}

/* ---- one request, of either kind ------------------------------------------------------------- */

static int get(struct worker *w, struct connection *c, size_t bytes, struct err *e)
{
	char text[SMALL];
	const uint8_t *end = NULL;
	size_t head = 0;
	int n;

	memset(text, '0', SMALL);
	n = snprintf(text, sizeof text, "GET /%zu HTTP/1.1\r\nHost: bench\r\nX-Padding: ", bytes);
	text[n] = '0'; /* as many as it takes to make it SMALL */
	memcpy(text + SMALL - 4, "\r\n\r\n", 4);
	if (put(c, text, SMALL, e) < 0)
		return -1;
	for (size_t have = 1; !end; have = w->n - w->at + 1) {
		if (need(w, c, have, e) < 0)
			return -1;
		end = memmem(w->in + w->at, w->n - w->at, "\r\n\r\n", 4);
	}
	if (w->n - w->at < 12 || memcmp(w->in + w->at + 8, " 200", 4) != 0)
		return err_set(e, ERR_PEER, "answered %.20s", (const char *)w->in + w->at);
	head = (size_t)(end + 4 - (w->in + w->at));
	if (need(w, c, head + bytes, e) < 0)
		return -1;
	taken(w, head + bytes);
	return 0;
}

static int request(struct worker *w, struct connection *c, int bulk, struct err *e)
{
	if (http)
		return get(w, c, bulk ? MIB : SMALL, e);
	return sql(w, c, bulk ? "SELECT REPEAT('x', 1048576)" : "SELECT 1", e);
}

/* ---- connections ----------------------------------------------------------------------------- */

/* One address has no more than some 28,000 ports to come from: 127.0.0.2 and on. */
static int come_from(const struct worker *w, int fd)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	int on = 1;

	if (sources < 2)
		return 0;
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + (uint32_t)(w->number % sources));
	(void)setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
	return bind(fd, (struct sockaddr *)&sin, sizeof sin);
}

static int connect_tcp(const struct worker *w, struct connection *c, struct err *e)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons(port) };
	int on = 1;

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0 || come_from(w, c->fd) < 0 ||
	    connect(c->fd, (struct sockaddr *)&sin, sizeof sin) < 0)
		return err_sys(e, "connect port %u", port);
	(void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	return 0;
}

/* A ticket of TLS 1.3 is for one use (RFC 8446 C.4), and each visit brings the next. */
static int on_ticket(SSL *ssl, SSL_SESSION *session)
{
	struct worker *w = SSL_get_app_data(ssl);

	if (!given.resume)
		return 0;
	SSL_SESSION_free(w->session);
	w->session = session;
	return 1; /* kept */
}

static int start_tls(struct worker *w, struct connection *c, struct err *e)
{
	c->ssl = SSL_new(ctx);
	if (!c->ssl || SSL_set_fd(c->ssl, c->fd) != 1)
		return tls_err(e, "begin TLS");
	SSL_set_app_data(c->ssl, w);
	if (w->session && SSL_set_session(c->ssl, w->session) != 1)
		return tls_err(e, "use a ticket");
	if (SSL_connect(c->ssl) != 1)
		return tls_err(e, "TLS handshake");
	w->resumed += SSL_session_reused(c->ssl) != 0;
	return 0;
}

/* As clients do: the last word, close_notify, and the peer's end waited for. */
static void leave(struct connection *c)
{
	static const uint8_t com_quit[] = { 1, 0, 0, 0, 1 };
	struct err e;

	if (c->fd < 0)
		return;
	if (!http)
		(void)put(c, com_quit, sizeof com_quit, &e);
	if (c->ssl && SSL_shutdown(c->ssl) == 0)
		(void)SSL_shutdown(c->ssl);
	SSL_free(c->ssl);
	c->ssl = NULL;
	close(c->fd);
	ERR_clear_error();
}

static int enter(struct worker *w, struct connection *c, struct err *e)
{
	struct mysql_greeting g;

	*c = (struct connection) { .fd = -1 };
	w->at = w->n = 0;
	if (connect_tcp(w, c, e) < 0)
		return -1;
	if (!http && greeted(w, c, &g, e) < 0)
		return -1;
	if (!given.clear && start_tls(w, c, e) < 0)
		return -1;
	return http ? 0 : log_in(w, c, g.scramble, e);
}

/* ---- modes ----------------------------------------------------------------------------------- */

static int visit(struct worker *w, struct err *e)
{
	struct connection c;

	if (enter(w, &c, e) < 0 || request(w, &c, 0, e) < 0)
		return -1;
	leave(&c);
	return 0;
}

/* A first visit for each thread: it brings the ticket, and all that happens only once. */
static int prepare_connect(struct worker *w, struct err *e)
{
	int rc = visit(w, e);

	w->resumed = 0;
	return rc;
}

static int work_connect(struct worker *w, struct err *e)
{
	for (; w->done < count; w->done++)
		if (visit(w, e) < 0)
			return -1;
	return 0;
}

static int prepare_session(struct worker *w, struct err *e)
{
	w->open_n = 1;
	return enter(w, &w->open[0], e) < 0 || request(w, &w->open[0], 0, e) < 0 ? -1 : 0;
}

static int work_query(struct worker *w, struct err *e)
{
	for (; w->done < count; w->done++)
		if (request(w, &w->open[0], 0, e) < 0)
			return -1;
	return 0;
}

static int work_bulk(struct worker *w, struct err *e)
{
	for (; w->done < count; w->done++)
		if (request(w, &w->open[0], 1, e) < 0)
			return -1;
	return 0;
}

static int work_hold(struct worker *w, struct err *e)
{
	for (; w->done < count; w->done++)
		if (enter(w, &w->open[w->open_n++], e) < 0 ||
		    request(w, &w->open[w->open_n - 1], 0, e) < 0)
			return -1;
	return 0;
}

/* The threads begin one after another, so that the requests come evenly. */
static int work_pace(struct worker *w, struct err *e)
{
	uint64_t step = 1000000 * threads / rate;
	uint64_t next = clock_us() + step * w->number / threads;

	while (!enough && w->done < PACED_MAX) {
		struct timespec at = { (time_t)(next / 1000000), (long)(next % 1000000) * 1000 };
		uint64_t begin;

		(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
		begin = clock_us();
		if (request(w, &w->open[0], 0, e) < 0)
			return -1;
		w->us[w->done++] = (uint32_t)(clock_us() - begin);
		next += step;
	}
	return 0;
}

static int prepare_pace(struct worker *w, struct err *e)
{
	(void)prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
	w->us = calloc(PACED_MAX, sizeof *w->us);
	return w->us ? prepare_session(w, e) : err_set(e, ERR_LOCAL, "out of memory");
}

static const struct mode modes[] = {
	{ "connect", prepare_connect, work_connect },
	{ "query", prepare_session, work_query },
	{ "bulk", prepare_session, work_bulk },
	{ "hold", prepare_connect, work_hold },
	{ "pace", prepare_pace, work_pace },
};

/* ---- threads --------------------------------------------------------------------------------- */

static void die(const struct err *e)
{
	(void)fprintf(stderr, "load: %s\n", e->text);
	exit(1);
}

static void *live(void *arg)
{
	struct worker *w = arg;
	struct err e;

	if (mode->prepare(w, &e) < 0)
		die(&e);
	(void)pthread_barrier_wait(&gate); /* ready */
	(void)pthread_barrier_wait(&gate); /* go */
	if (mode->work(w, &e) < 0)
		die(&e);
	(void)pthread_barrier_wait(&gate); /* done */
	(void)pthread_barrier_wait(&gate); /* leave */
	for (size_t i = 0; i < w->open_n; i++)
		leave(&w->open[i]);
	return NULL;
}

static void wait_for_word(void)
{
	char line[16];

	(void)fflush(stdout);
	if (!fgets(line, sizeof line, stdin))
		exit(1);
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* How long the paced requests took that were in the middle, and at 99 of 100. */
static void report_pace(size_t done)
{
	uint32_t *all = calloc(done + 1, sizeof *all);
	size_t n = 0;

	if (!all)
		exit(1);
	for (size_t i = 0; i < threads; i++) {
		memcpy(all + n, workers[i].us, workers[i].done * sizeof *all);
		n += workers[i].done;
	}
	qsort(all, n, sizeof *all, compare);
	printf("\"p50\": %u, \"p99\": %u, \"max\": %u, ", all[n / 2], all[n * 99 / 100],
	    n ? all[n - 1] : 0);
	free(all);
}

static void report(uint64_t us)
{
	size_t done = 0, resumed = 0;

	for (size_t i = 0; i < threads; i++) {
		done += workers[i].done;
		resumed += workers[i].resumed;
	}
	printf("done {");
	if (mode->work == work_pace)
		report_pace(done);
	printf("\"operations\": %zu, \"seconds\": %.6f, \"resumed\": %zu, \"version\": "
	       "\"%s\", \"cipher\": \"%s\"}\n",
	    done, (double)us / 1e6, resumed, version, cipher);
}

static void run(void)
{
	uint64_t begin;

	(void)pthread_barrier_wait(&gate);
	printf("ready\n");
	wait_for_word();
	begin = clock_us();
	(void)pthread_barrier_wait(&gate);
	if (mode->work == work_pace)
		wait_for_word();
	enough = 1;
	(void)pthread_barrier_wait(&gate);
	report(clock_us() - begin);
	wait_for_word();
	(void)pthread_barrier_wait(&gate);
	for (size_t i = 0; i < threads; i++)
		(void)pthread_join(workers[i].thread, NULL);
}

/* ---- setting up ------------------------------------------------------------------------------ */

static void on_info(const SSL *ssl, int where, int value)
{
	(void)value;
	if (where & SSL_CB_HANDSHAKE_DONE) {
		version = SSL_get_version(ssl);
		cipher = SSL_get_cipher_name(ssl);
	}
}

static int offer(int v, struct err *e)
{
	int set = v == TLS1_3_VERSION ? SSL_CTX_set_ciphersuites(ctx, given.cipher)
				      : SSL_CTX_set_cipher_list(ctx, given.cipher);

	return set == 1 ? 0 : tls_err(e, "--cipher");
}

static int make_context(struct err *e)
{
	int v = strcmp(given.tls, "1.2") == 0 ? TLS1_2_VERSION : TLS1_3_VERSION;

	if (given.clear)
		return 0;

	ctx = SSL_CTX_new(TLS_client_method());
	if (!ctx || SSL_CTX_set_min_proto_version(ctx, v) != 1 ||
	    SSL_CTX_set_max_proto_version(ctx, v) != 1)
		return tls_err(e, "set up TLS");
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_info_callback(ctx, on_info);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(ctx, on_ticket);
	if (given.cipher && offer(v, e) < 0)
		return -1;
	if (!given.ca || SSL_CTX_load_verify_locations(ctx, given.ca, NULL) != 1)
		return err_set(e, ERR_USER, "--ca: the CA's certificate can't be read");
	return 0;
}

static int read_password(struct err *e)
{
	struct buf text = buf_new(sizeof password - 1);

	if (!given.password_file)
		return 0;
	if (file_read(given.password_file, sizeof password - 1, &text, e) < 0)
		return -1;
	memcpy(password, text.p, text.n);
	password[strcspn(password, "\r\n")] = '\0';
	buf_wipe(&text);
	return 0;
}

static int number(const char *name, const char *text, size_t max, size_t *out, struct err *e)
{
	char *end = NULL;
	unsigned long v = text ? strtoul(text, &end, 10) : 0;

	if (!end || *end || v < 1 || v > max)
		return err_set(e, ERR_USER, "--%s: a number from 1 to %zu", name, max);
	*out = v;
	return 0;
}

static int understand(struct err *e)
{
	size_t n;

	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
		if (given.mode && strcmp(given.mode, modes[i].name) == 0)
			mode = &modes[i];
	if (!mode)
		return err_set(e, ERR_USER, "--mode: connect, query, bulk, hold or pace");
	http = strcmp(given.speak, "http") == 0;
	if (given.clear && !http)
		return err_set(e, ERR_USER, "--clear goes with --speak=http");
	if (number("port", given.port, 65535, &n, e) < 0 ||
	    number("threads", given.threads, THREADS_MAX, &threads, e) < 0 ||
	    number("rate", given.rate, 1000000, &rate, e) < 0 ||
	    number("sources", given.sources, 250, &sources, e) < 0 ||
	    number("count", given.count, COUNT_MAX, &count, e) < 0)
		return -1;
	port = (uint16_t)n;
	return 0;
}

static int start_workers(struct err *e)
{
	size_t held = mode->work == work_hold ? count : 1;

	workers = calloc(threads, sizeof *workers);
	if (!workers || pthread_barrier_init(&gate, NULL, (unsigned)threads + 1) != 0)
		return err_set(e, ERR_LOCAL, "out of memory");
	for (size_t i = 0; i < threads; i++) {
		workers[i].number = i;
		workers[i].open = calloc(held, sizeof *workers[i].open);
		if (!workers[i].open ||
		    pthread_create(&workers[i].thread, NULL, live, &workers[i]) != 0)
			return err_set(e, ERR_LOCAL, "start a thread");
	}
	return 0;
}

static void take_descriptors(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		return;
	files.rlim_cur = files.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &files);
}

int main(int argc, char **argv)
{
	struct err e;

	take_descriptors();
	(void)signal(SIGPIPE, SIG_IGN);
	(void)alarm(SECONDS_MAX);
	if (opt_parse(options, &argc, argv, &e) < 0)
		die(&e);
	if (given.help) {
		opt_print(options);
		return 0;
	}
	if (understand(&e) < 0 || read_password(&e) < 0 || make_context(&e) < 0 ||
	    start_workers(&e) < 0)
		die(&e);
	run();
	for (size_t i = 0; i < threads; i++) {
		SSL_SESSION_free(workers[i].session);
		free(workers[i].us);
		free(workers[i].open);
	}
	free(workers);
	SSL_CTX_free(ctx);
	return 0;
}
