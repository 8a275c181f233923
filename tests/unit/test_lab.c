/* SPDX-License-Identifier: Apache-2.0 */
/* The lab as it runs: its table, its endpoints, what TLS they speak, many visitors, and its end. */
#include "base/clock.h"
#include "base/file.h"
#include "lab/condition.h"
#include "lab/hall.h"
#include "lab/lab.h"
#include "net/sock.h"

#include "tap.h"

#include <errno.h>
#include <ftw.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#define CROWD (HALL_SEATS + 6)

static char dir[] = "/tmp/dbtls-lab-XXXXXX";

/* ---- the table ---- */

static int is_label(const char *name)
{
	size_t n = strlen(name);

	return n > 0 && n < 64 && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == n &&
	       name[0] != '-' && name[n - 1] != '-';
}

static int cause_is_known(const char *id)
{
	for (const struct lab_cause *c = lab_causes; c->id; c++)
		if (strcmp(c->id, id) == 0)
			return 1;
	return 0;
}

static int has_fault(const struct condition *c)
{
	return c->fault || c->instead;
}

/* Whether the fault changes the shape, for each protocol that the row has. */
static int breaks_something(const struct condition *c)
{
	static const enum lab_protocol protocols[] = { LAB_MYSQL, LAB_HTTPS };
	struct shape broken, mended;

	for (size_t i = 0; has_fault(c) && i < 2; i++) {
		memset(&broken, 0, sizeof broken);
		memset(&mended, 0, sizeof mended);
		condition_shape(c, protocols[i], 0, &broken);
		condition_shape(c, protocols[i], 1, &mended);
		/* Both were zeroed. NOLINTNEXTLINE(bugprone-*,cert-exp42-c,cert-flp37-c) */
		if ((c->protocols & protocols[i]) && memcmp(&broken, &mended, sizeof broken) == 0)
			return 0;
	}
	return 1;
}

static int row_is_sane(const struct condition *c)
{
	return is_label(c->name) && condition_of(c->name) == c && c->protocols &&
	       !(c->protocols & ~(unsigned)LAB_BOTH) && c->cause && cause_is_known(c->cause) &&
	       !(c->fault && c->instead) && c->wrong && *c->wrong &&
	       (!c->refuse || (has_fault(c) && c->means)) && breaks_something(c);
}

static void test_table(void)
{
	const struct condition *c;
	size_t n, both = 0;

	for (n = 0; (c = condition_at(n)); n++) {
		both += c->protocols == LAB_BOTH;
		if (!row_is_sane(c))
			ok(0, "the row %s is whole, and its name its own", c->name);
	}
	ok(n >= 60, "60 conditions or more, each row whole: %zu, of both protocols %zu", n, both);
	for (size_t i = 0; lab_causes[i].id; i++)
		for (size_t k = 0; k < i; k++)
			if (strcmp(lab_causes[i].id, lab_causes[k].id) == 0)
				ok(0, "the cause %s is there once", lab_causes[i].id);
	ok(condition_of("good") == condition_at(0), "the first is good");
	ok(!condition_of("no-such"), "a name that is none is not found");
	is_str(lab_group_name(condition_group(condition_of("tls10-only"))), "how",
	    "a row knows its group");
}

/* ---- starting ---- */

static void test_refusals(void)
{
	static const char *const misspelt[] = { "tls10-onyl", NULL }, *const one[] = { "good",
		NULL };
	struct lab_options o = { .only = misspelt, .protocols = LAB_BOTH, .dir = dir };
	struct addr a;
	struct err e = { 0 };
	int fd;

	ok(!lab_start(&o, &e) && strstr(e.text, "tls10-only"), "an unknown name: %s", e.text);
	(void)addr_parse_ip(&a, "127.0.0.1");
	a.port = 0;
	fd = sock_listen(&a, &e);
	o.only = one;
	o.port = a.port;
	ok(!lab_start(&o, &e) && strstr(e.text, "in use"), "a port in use: %s", e.text);
	close(fd);
	o.port = 65535;
	ok(!lab_start(&o, &e) && strstr(e.text, "no room for 2"), "too few ports: %s", e.text);
	o.port = 0;
	o.dir = "/nonexistent";
	ok(!lab_start(&o, &e) && strstr(e.text, "/nonexistent/good.pem"), "no folder: %s", e.text);
}

static long status_of(const char *key)
{
	char line[128];
	long value = -1;
	FILE *f = fopen("/proc/self/status", "re");

	while (f && fgets(line, sizeof line, f))
		if (strncmp(line, key, strlen(key)) == 0)
			value = strtol(line + strlen(key), NULL, 10);
	if (f)
		fclose(f);
	return value;
}

static struct lab *start(const char *const *only, int mended)
{
	struct lab_options o = {
		.only = only, .protocols = LAB_BOTH, .mended = mended, .dir = dir
	};
	struct err e = { 0 };
	struct lab *l = lab_start(&o, &e);

	if (!l)
		ok(0, "start: %s", e.text);
	return l;
}

static size_t find(const struct lab *l, const char *name, enum lab_protocol protocol)
{
	size_t i = 0;

	while (i < lab_count(l) && (strcmp(lab_endpoint(l, i)->condition->name, name) != 0 ||
				       lab_endpoint(l, i)->protocol != protocol))
		i++;
	return i;
}

static int ca_is_there(struct lab *l, size_t i)
{
	struct buf pem = { 0 };
	struct err e = { 0 };
	int rc = lab_wait(l, i, &e);

	if (rc == 0)
		rc = file_read(lab_endpoint(l, i)->ca, 65536, &pem, &e);
	if (rc < 0 || pem.n == 0)
		printf("# %s: %s\n", lab_endpoint(l, i)->host, e.text);
	rc = pem.n > 0 && memmem(pem.p, pem.n, "-----BEGIN CERTIFICATE-----", 27) ? 0 : -1;
	buf_free(&pem);
	return rc == 0;
}

static void test_all(void)
{
	uint64_t begun = clock_us();
	struct lab *l = start(NULL, 0);
	size_t with_ca = 0;

	if (!l)
		return;
	printf("# %zu endpoints in %llu ms, %ld threads, %ld KiB\n", lab_count(l),
	    (unsigned long long)(clock_us() - begun) / 1000, status_of("Threads:"),
	    status_of("VmRSS:"));
	for (size_t i = 0; i < lab_count(l); i++)
		with_ca += (size_t)ca_is_there(l, i);
	ok(lab_count(l) >= 120, "all endpoints start");
	is_int(with_ca, lab_count(l), "and each has the file of its CA");
	ok(strlen(lab_password(l)) >= 16, "and there is a password");
	lab_stop(l);
}

/* ---- TLS ---- */

static int connect_to(const struct lab_endpoint *at)
{
	struct timeval patience = { .tv_sec = 20 };
	struct sockaddr_storage ss;
	struct addr a;
	socklen_t n;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)addr_parse_ip(&a, at->address);
	a.port = at->port;
	n = addr_to_sockaddr(&a, &ss);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	if (connect(fd, (struct sockaddr *)&ss, n) == 0)
		return fd;
	close(fd);
	return -1;
}

/* What a client has that is not as usual. */
struct client {
	const char *ciphers;
	const char *alpn; /* with its length in front */
	const char *groups;
	int low; /* TLS 1.0 and 1.1, and all that is weak */
	int no_sni;
	int careless; /* takes any certificate */
};

static SSL_CTX *client_context(const struct client *c, const char *ca)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	SSL_CTX_set_security_level(ctx, c->low ? 0 : 2);
	(void)SSL_CTX_set_min_proto_version(ctx, c->low ? TLS1_VERSION : TLS1_2_VERSION);
	SSL_CTX_set_verify(ctx, c->careless ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, NULL);
	if (SSL_CTX_load_verify_file(ctx, ca) != 1 ||
	    (c->ciphers && SSL_CTX_set_cipher_list(ctx, c->ciphers) != 1) ||
	    (c->groups && SSL_CTX_set1_groups_list(ctx, c->groups) != 1) ||
	    (c->alpn && SSL_CTX_set_alpn_protos(
			    ctx, (const unsigned char *)c->alpn, (unsigned)strlen(c->alpn)) != 0))
		ok(0, "a client's context");
	return ctx;
}

/* A handshake, a request, its answer. 0: answered; else OpenSSL's reason, or -1. */
static int visit(const struct lab_endpoint *at, const struct client *c)
{
	static const char request[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
	SSL_CTX *ctx = client_context(c, at->ca);
	SSL *ssl = SSL_new(ctx);
	int fd = connect_to(at);
	char answer[1024];
	int rc = -1, n;

	ERR_clear_error();
	(void)SSL_set_fd(ssl, fd);
	(void)SSL_set1_host(ssl, at->host);
	if (!c->no_sni)
		(void)SSL_set_tlsext_host_name(ssl, at->host);
	if (SSL_connect(ssl) != 1 || SSL_write(ssl, request, sizeof request - 1) <= 0)
		goto out;
	n = SSL_read(ssl, answer, sizeof answer);
	rc = n > 12 && memcmp(answer, "HTTP/1.1 200", 12) == 0 ? 0 : -1;
out:
	if (rc < 0 && ERR_peek_error())
		rc = ERR_GET_REASON(ERR_peek_error());
	ERR_clear_error();
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	close(fd);
	return rc;
}

#define ALERT(n) (SSL_AD_REASON_OFFSET + (n))

static const struct {
	const char *name;
	int reason; /* 0: answered */
	struct client client;
} handshakes[] = {
	{ "good", 0, { 0 } },
	{ "wrong-host", SSL_R_CERTIFICATE_VERIFY_FAILED, { 0 } },
	{ "wrong-host", 0, { .careless = 1 } },
	{ "tls10-only", ALERT(70), { 0 } },
	{ "tls10-only", 0, { .low = 1 } },
	{ "tls11-only", ALERT(70), { 0 } },
	{ "tls11-only", 0, { .low = 1 } },
	{ "sslv3-only", SSL_R_UNSUPPORTED_PROTOCOL, { .low = 1 } },
	{ "downgraded", SSL_R_INAPPROPRIATE_FALLBACK, { .careless = 1 } },
	{ "no-shared-cipher", ALERT(40), { .low = 1 } },
	{ "null-cipher", ALERT(40), { 0 } },
	{ "null-cipher", 0, { .low = 1, .ciphers = "eNULL" } },
	{ "anonymous-cipher", ALERT(40), { 0 } },
	{ "anonymous-cipher", 0, { .low = 1, .ciphers = "aNULL", .careless = 1 } },
	{ "static-rsa-only", 0, { .ciphers = "kRSA" } },
	{ "static-rsa-only", ALERT(40), { .ciphers = "ECDHE" } },
	{ "dh-1024", SSL_R_DH_KEY_TOO_SMALL, { 0 } },
	{ "dh-1024", 0, { .low = 1 } },
	{ "stranger-key", SSL_R_BAD_SIGNATURE, { .careless = 1 } },
	{ "client-cert-tls12", ALERT(40), { 0 } },
	{ "client-cert-tls13", ALERT(116), { 0 } },
	{ "client-cert-optional", 0, { 0 } },
	{ "sni-required", 0, { 0 } },
	{ "sni-required", ALERT(112), { .no_sni = 1 } },
	{ "sni-chooses", 0, { 0 } },
	{ "sni-chooses", SSL_R_CERTIFICATE_VERIFY_FAILED, { .no_sni = 1 } },
	{ "alpn-required", ALERT(120), { 0 } },
	{ "alpn-required", 0, { .alpn = "\x02h2\x08http/1.1" } },
	{ "alpn-unknown", ALERT(120), { .alpn = "\x02h2\x08http/1.1" } },
	{ "hello-retry", 0, { 0 } },
	{ "hello-retry", ALERT(40), { .groups = "X25519" } },
	{ "small-records", 0, { 0 } },
	{ "renegotiation", 0, { 0 } },
	{ "alert-40", ALERT(40), { 0 } },
	{ "alert-42", ALERT(42), { 0 } },
	{ "alert-45", ALERT(45), { 0 } },
	{ "alert-48", ALERT(48), { 0 } },
	{ "alert-49", ALERT(49), { 0 } },
	{ "alert-70", ALERT(70), { 0 } },
	{ "alert-71", ALERT(71), { 0 } },
	{ "alert-80", ALERT(80), { 0 } },
	{ "alert-112", ALERT(112), { 0 } },
	{ "alert-120", ALERT(120), { 0 } },
};

enum { HANDSHAKES = sizeof handshakes / sizeof *handshakes };

/* The endpoints of handshakes, all the same: as they are meant, or mended. */
static struct lab *start_named(int mended)
{
	const char *names[HANDSHAKES + 1] = { 0 };

	for (size_t i = 0; i < HANDSHAKES; i++)
		names[i] = handshakes[i].name;
	return start(names, mended);
}

static void test_handshakes(void)
{
	struct lab *l = start_named(0);

	for (size_t i = 0; l && i < HANDSHAKES; i++) {
		size_t at = find(l, handshakes[i].name, LAB_HTTPS);

		is_int(visit(lab_endpoint(l, at), &handshakes[i].client), handshakes[i].reason,
		    "%s answers this client so", handshakes[i].name);
	}
	if (l)
		lab_stop(l);
}

static void test_mended(void)
{
	static const struct client right = { .alpn = "\x08http/1.1" };
	struct lab *l = start_named(1);
	size_t good = 0, all = 0;

	for (size_t i = 0; l && i < lab_count(l); i++) {
		const struct lab_endpoint *at = lab_endpoint(l, i);
		int reason;

		if (at->protocol != LAB_HTTPS)
			continue;
		reason = visit(at, &right);
		if (reason)
			printf("# %s: %d\n", at->condition->name, reason);
		all++;
		good += reason == 0;
	}
	ok(all > 0 && good == all, "without its fault each endpoint is good: %zu of %zu", good,
	    all);
	if (l)
		lab_stop(l);
}

/* What is seen once there are n connections, of which so many are open; or after half a minute. */
static struct seen seen_at(struct lab *l, size_t i, unsigned n, unsigned open)
{
	struct seen s = { 0 };

	for (int tries = 0; tries < 3000; tries++) {
		lab_seen(l, i, 0, &s);
		if (s.connections == n && s.open == open)
			break;
		(void)poll(NULL, 0, 10);
	}
	return s;
}

static void test_seen(void)
{
	static const char *const names[] = { "good", "wrong-host", NULL };
	static const struct client usual = { 0 };
	struct lab *l = start(names, 0);
	size_t good = find(l, "good", LAB_HTTPS), wrong = find(l, "wrong-host", LAB_HTTPS);
	struct seen s;

	(void)visit(lab_endpoint(l, good), &usual);
	s = seen_at(l, good, 1, 0);
	is_str(s.sni, "good.lab.dbtls.test", "the name that the client asked for is kept");
	is_int(s.version, TLS1_3_VERSION, "and the version");
	is_int(s.what & (SAW_CONNECTION | SAW_FIRST_BYTE | SAW_TLS | SAW_TLS_LOGIN),
	    SAW_CONNECTION | SAW_FIRST_BYTE | SAW_TLS | SAW_TLS_LOGIN, "and how far it came");
	(void)visit(lab_endpoint(l, wrong), &usual);
	s = seen_at(l, wrong, 1, 0);
	is_int(s.alert, SSL_AD_BAD_CERTIFICATE, "the alert that a client sends is kept");
	is_int(s.what & SAW_TLS, 0, "and that there was no TLS");
	lab_seen(l, wrong, 1, &s);
	lab_seen(l, wrong, 0, &s);
	is_int(s.what + s.connections + (unsigned)s.alert, 0, "it is forgotten when asked to");
	lab_stop(l);
}

/* ---- many ---- */

static void test_at_once(void)
{
	static const char *const names[] = { "good", NULL };
	enum { MANY = 200 };
	static const struct client usual = { 0 };
	struct lab *l = start(names, 0);
	const struct lab_endpoint *at = lab_endpoint(l, find(l, "good", LAB_HTTPS));
	SSL_CTX *ctx = client_context(&usual, at->ca);
	SSL *ssl[MANY];
	int fd[MANY], done = 0, answered = 0;
	char byte;

	for (size_t i = 0; i < MANY; i++)
		fd[i] = connect_to(at);
	for (size_t i = 0; i < MANY; i++) {
		ssl[i] = SSL_new(ctx);
		(void)SSL_set_fd(ssl[i], fd[i]);
		done += SSL_connect(ssl[i]) == 1;
	}
	for (size_t i = 0; i < MANY; i++)
		(void)SSL_write(ssl[i], "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 27);
	for (size_t i = 0; i < MANY; i++)
		answered += SSL_read(ssl[i], &byte, 1) == 1;
	is_int(done, MANY, "200 handshakes, all open");
	is_int(answered, MANY, "and 200 answers");
	for (size_t i = 0; i < MANY; i++) {
		SSL_free(ssl[i]);
		close(fd[i]);
	}
	SSL_CTX_free(ctx);
	lab_stop(l);
}

/* More than there are seats: the others wait, and come in as one leaves. Then it stops. */
static void test_crowd(void)
{
	static const char *const names[] = { "good", NULL };
	struct rlimit r = { 0 };
	struct lab *l = start(names, 0); /* raises the limit of descriptors, where it may */
	size_t i = find(l, "good", LAB_HTTPS);
	static int fd[CROWD];
	uint64_t begun;
	char byte;
	int in = 0;

	if (getrlimit(RLIMIT_NOFILE, &r) < 0 || r.rlim_cur < 2 * CROWD + 100) {
		ok(1, "more than there are seats # SKIP no more than %lu descriptors here",
		    (unsigned long)r.rlim_cur);
		lab_stop(l);
		return;
	}
	for (size_t k = 0; k < CROWD; k++)
		in += (fd[k] = connect_to(lab_endpoint(l, i))) >= 0;
	is_int(in, CROWD, "all can connect");
	is_int(seen_at(l, i, HALL_SEATS, HALL_SEATS).connections, HALL_SEATS,
	    "no more are let in than there are seats");
	close(fd[0]);
	fd[0] = -1;
	is_int(seen_at(l, i, HALL_SEATS + 1, HALL_SEATS).connections, HALL_SEATS + 1,
	    "one leaves, another comes in");
	begun = clock_us();
	lab_stop(l);
	ok(clock_us() - begun < 10000000, "it stops while visits hang, in %llu ms",
	    (unsigned long long)(clock_us() - begun) / 1000);
	is_int(recv(fd[1], &byte, 1, 0), 0, "their clients see the end");
	for (size_t k = 0; k < CROWD; k++)
		if (fd[k] >= 0)
			close(fd[k]);
}

static void test_unreachable(void)
{
	static const char *const names[] = { "connection-refused", "connect-timeout", NULL };
	struct lab *l = start(names, 0);
	struct addr a;
	struct err e;
	int fd;

	errno = 0;
	ok(connect_to(lab_endpoint(l, find(l, "connection-refused", LAB_MYSQL))) < 0 &&
		errno == ECONNREFUSED,
	    "a port on which nobody listens refuses");
	(void)addr_parse_ip(&a, "127.0.0.1");
	a.port = lab_endpoint(l, find(l, "connect-timeout", LAB_MYSQL))->port;
	fd = sock_connect_tcp(&a, &e);
	(void)poll(NULL, 0, 1500); /* the first SYN is sent again after one second */
	is_int(sock_connected(fd, &e), 0, "a full queue lets a client wait");
	close(fd);
	lab_stop(l);
}

static int forget(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st, (void)kind, (void)at;
	return remove(path);
}

int main(void)
{
	struct lab *l;

	if (!mkdtemp(dir))
		return 1;
	test_table();
	test_refusals();
	test_all();
	test_handshakes();
	test_mended();
	test_seen();
	test_at_once();
	test_crowd();
	test_unreachable();
	l = start(NULL, 0);
	ok(l, "started, and stopped at once");
	if (l)
		lab_stop(l);
	(void)nftw(dir, forget, 16, FTW_DEPTH | FTW_PHYS);
	return tap_done();
}
