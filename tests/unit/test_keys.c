/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A real key process and real TLS handshakes, both ends in this process and in memory. The key
 * process is stopped (SIGSTOP) where the answers are to be late.
 */
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "keys/form.h"
#include "keys/remote.h"
#include "keys/keyfile.h"
#include "keys/server.h"
#include "pki/digest.h"
#include "proc/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

#define JOBS 210
#define MANY 200

static char folder[] = "/tmp/test_keys.XXXXXX";
static struct err e;
static struct message m;

static const char *path_of(const char *name)
{
	static char path[256];

	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	return path;
}

static void must(int good, const char *what)
{
	if (good)
		return;
	printf("Bail out! %s: %s\n", what, e.text);
	exit(1);
}

/* ---- key processes ------------------------------------------------------------------------- */

struct process {
	pid_t pid;
	int fd; /* the parent's end */
	EVP_PKEY *pub;
	uint8_t hash[32];
};

static void child(const char *file, int fd)
{
	int log = open(path_of("log"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	EVP_PKEY *key;
	int rc;

	log_init("keys");
	log_to(log);
	key = keyfile_load_or_make(path_of(file), &e);
	rc = key ? keys_serve(fd, key, &e) : -1;
	if (rc < 0)
		log_line("%s", e.text);
	EVP_PKEY_free(key);
	exit(rc < 0 ? 1 : 0); /* and not _exit: leaks are to be seen */
}

static struct process process_start(const char *file)
{
	struct process p = { 0 };
	struct channel c = { .self = ROLE_PARENT, .peer = ROLE_KEYS };
	const unsigned char *der = m.p;
	int fd[2];

	must(channel_pair(fd, &e) == 0, "channel");
	fflush(stdout);
	p.pid = fork();
	if (p.pid == 0) {
		close(fd[0]);
		child(file, fd[1]);
	}
	close(fd[1]);
	c.fd = p.fd = fd[0];
	must(channel_recv(&c, &m, &e) == 1 && m.type == MSG_PUBLIC_KEY, "public key");
	must(sha256(m.p, m.n, p.hash) == 0, "hash");
	p.pub = d2i_PUBKEY(NULL, &der, (long)m.n);
	must(p.pub != NULL, "d2i_PUBKEY");
	return p;
}

/* A relay's channel to it: the relay's end. */
static int process_client(const struct process *p)
{
	struct channel c = { .fd = p->fd, .self = ROLE_PARENT, .peer = ROLE_KEYS };
	int fd[2];

	must(channel_pair(fd, &e) == 0, "channel");
	must(channel_send(&c, MSG_CLIENT, NULL, 0, fd[1], &e) == 0, "client");
	close(fd[1]);
	must(fcntl(fd[0], F_SETFL, O_NONBLOCK) == 0, "fcntl");
	return fd[0];
}

/* Closes the parent's end; its exit status, or 128 and the signal. */
static int process_end(struct process *p)
{
	int status = 0;

	close(p->fd);
	must(waitpid(p->pid, &status, 0) == p->pid, "waitpid");
	EVP_PKEY_free(p->pub);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* ---- certificates -------------------------------------------------------------------------- */

static EVP_PKEY *ca_key;
static X509 *ca_cert;

static X509 *issue(EVP_PKEY *pub, const char *name)
{
	X509 *x = X509_new();
	X509_NAME *n = X509_get_subject_name(x);
	X509_EXTENSION *ext = NULL;

	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), ca_cert ? 2 : 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -3600);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(x, ca_cert ? X509_get_subject_name(ca_cert) : n);
	X509_set_pubkey(x, pub);
	ext = X509V3_EXT_conf_nid(
	    NULL, NULL, NID_basic_constraints, ca_cert ? "critical,CA:FALSE" : "critical,CA:TRUE");
	must(ext && X509_add_ext(x, ext, -1) == 1, "X509_add_ext");
	X509_EXTENSION_free(ext);
	must(X509_sign(x, ca_key, EVP_sha256()) > 0, "X509_sign");
	return x;
}

static void write_key(const char *file, EVP_PKEY *key, const EVP_CIPHER *cipher)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *pem;
	long n;

	must(PEM_write_bio_PKCS8PrivateKey(bio, key, cipher, "secret", 6, NULL, NULL) == 1, "PEM");
	n = BIO_get_mem_data(bio, &pem);
	must(file_replace(path_of(file), 0600, pem, (size_t)n, &e) == 0, "write");
	BIO_free(bio);
	EVP_PKEY_free(key);
}

/* ---- handshakes ---------------------------------------------------------------------------- */

struct shape {
	const char *name;
	int version;
	const char *groups, *sigalgs; /* of the client, or NULL */
};

struct pair {
	SSL *server, *client;
	int pauses, done, failed;
};

static SSL_CTX *server_ctx, *client_ctx;

static void contexts(X509 *cert)
{
	EVP_PKEY *key = remote_key(cert, &e);

	must(key != NULL, "remote_key");
	server_ctx = SSL_CTX_new(TLS_server_method());
	client_ctx = SSL_CTX_new(TLS_client_method());
	must(server_ctx && client_ctx, "SSL_CTX_new");
	SSL_CTX_set_mode(server_ctx, SSL_MODE_ASYNC);
	SSL_CTX_set_session_cache_mode(server_ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_options(server_ctx, SSL_OP_NO_TICKET);
	SSL_CTX_set_num_tickets(server_ctx, 0);
	must(SSL_CTX_use_certificate(server_ctx, cert) == 1 &&
		 SSL_CTX_use_PrivateKey(server_ctx, key) == 1 &&
		 SSL_CTX_check_private_key(server_ctx) == 1,
	    "certificate and key");
	EVP_PKEY_free(key);
	X509_STORE_add_cert(SSL_CTX_get_cert_store(client_ctx), ca_cert);
	SSL_CTX_set_verify(client_ctx, SSL_VERIFY_PEER, NULL);
}

static void contexts_free(void)
{
	SSL_CTX_free(server_ctx);
	SSL_CTX_free(client_ctx);
}

static void pair_open(struct pair *p, const struct shape *s)
{
	BIO *a = NULL, *b = NULL;

	*p = (struct pair) { .server = SSL_new(server_ctx), .client = SSL_new(client_ctx) };
	must(p->server && p->client && BIO_new_bio_pair(&a, 0, &b, 0) == 1, "SSL_new");
	SSL_set_bio(p->server, a, a);
	SSL_set_bio(p->client, b, b);
	SSL_set_accept_state(p->server);
	SSL_set_connect_state(p->client);
	if (!s)
		return;
	SSL_set_min_proto_version(p->client, s->version);
	SSL_set_max_proto_version(p->client, s->version);
	must((!s->groups || SSL_set1_groups_list(p->client, s->groups) == 1) &&
		 (!s->sigalgs || SSL_set1_sigalgs_list(p->client, s->sigalgs) == 1),
	    "groups, sigalgs");
}

static void pair_free(struct pair *p)
{
	SSL_free(p->server);
	SSL_free(p->client);
}

/* One handshake call. 1: it is through; 0: it waits; -1: it failed. */
static int shake(SSL *ssl)
{
	int rc;

	ERR_clear_error();
	rc = SSL_do_handshake(ssl);
	if (rc == 1)
		return 1;
	if (SSL_want_async(ssl) || SSL_want_async_job(ssl))
		return 0;
	rc = SSL_get_error(ssl, rc);
	return rc == SSL_ERROR_WANT_READ || rc == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

/* Until one end waits for a signature or both are through. */
static void pair_run(struct pair *p)
{
	for (int i = 0; i < 10 && !p->done && !p->failed; i++) {
		int c = shake(p->client), s;

		remote_owner(p);
		s = shake(p->server);
		if (s == 0 && SSL_want_async(p->server)) {
			p->pauses++;
			return;
		}
		p->done = c == 1 && s == 1;
		p->failed = c < 0 || s < 0;
	}
}

static void resume(void *owner)
{
	pair_run(owner);
}

/* Serves answers until nothing is in flight, at most 20 seconds. */
static int serve(void)
{
	uint64_t until = clock_us() + 20000000;

	while (remote_in_flight() > 0 && clock_us() < until) {
		struct pollfd fd = { .fd = remote_fd(), .events = POLLIN };

		(void)poll(&fd, 1, 100);
		if (remote_ready(resume, &e) < 0)
			return -1;
	}
	return remote_in_flight() == 0 ? 0 : -1;
}

static void attach(const struct process *p)
{
	must(remote_attach(process_client(p), &e) == 0, "attach");
}

static struct pair pairs[MANY];

static int count_done(size_t n)
{
	int done = 0;

	for (size_t i = 0; i < n; i++)
		done += pairs[i].done;
	return done;
}

static void open_many(size_t n, const struct shape *s)
{
	for (size_t i = 0; i < n; i++) {
		pair_open(&pairs[i], s);
		pair_run(&pairs[i]);
	}
}

static void free_many(size_t n)
{
	for (size_t i = 0; i < n; i++)
		pair_free(&pairs[i]);
}

/* ---- tests: the key file ------------------------------------------------------------------- */

static void test_files(void)
{
	struct stat st;
	EVP_PKEY *a = keyfile_load_or_make(path_of("ec.pem"), &e);
	EVP_PKEY *b = keyfile_load_or_make(path_of("ec.pem"), &e);
	char group[32] = "";

	must(a && b, "keyfile_load_or_make");
	(void)EVP_PKEY_get_group_name(a, group, sizeof group, NULL);
	is_str(group, "prime256v1", "a key is made where there is none");
	is_int(EVP_PKEY_eq(a, b), 1, "… and found the second time");
	ok(stat(path_of("ec.pem"), &st) == 0 && (st.st_mode & 07777) == 0600, "… its mode is 0600");
	EVP_PKEY_free(a);
	EVP_PKEY_free(b);

	chmod(path_of("ec.pem"), 0640);
	ok(!keyfile_load_or_make(path_of("ec.pem"), &e),
	    "a key that its group may read is refused");
	ok(strstr(e.text, "chmod 600"), "… and the sentence says what to do");
	chmod(path_of("ec.pem"), 0600);

	write_key("p521.pem", EVP_EC_gen("P-521"), NULL);
	ok(!keyfile_load_or_make(path_of("p521.pem"), &e), "a P-521 key is refused");
	write_key("rsa1024.pem", EVP_RSA_gen(1024), NULL);
	ok(!keyfile_load_or_make(path_of("rsa1024.pem"), &e), "RSA of 1024 bits is refused");
	write_key("locked.pem", EVP_EC_gen("P-256"), EVP_aes_128_cbc());
	ok(!keyfile_load_or_make(path_of("locked.pem"), &e), "a passphrase is not asked for");
	must(file_replace(path_of("bad.pem"), 0600, "x", 1, &e) == 0, "write");
	ok(!keyfile_load_or_make(path_of("bad.pem"), &e), "a file without a key is not replaced");
	ok(!keyfile_load_or_make(path_of("no/such.pem"), &e), "no folder");
}

/* ---- tests: handshakes --------------------------------------------------------------------- */

static void test_one(const struct shape *s)
{
	struct pair p;

	pair_open(&p, s);
	pair_run(&p);
	is_int(p.pauses, 1, "%s: parked", s->name);
	is_int(serve(), 0, "%s: answered", s->name);
	ok(p.done && p.pauses == 1, "%s: both ends are through, one pause", s->name);
	is_int(SSL_version(p.client), s->version, "%s: the version", s->name);
	pair_free(&p);
}

static const struct shape shapes_ec[] = {
	{ "ECDSA, TLS 1.3", TLS1_3_VERSION, NULL, NULL },
	{ "ECDSA, TLS 1.2", TLS1_2_VERSION, NULL, NULL },
	{ "ECDSA, TLS 1.2, key exchange on P-256", TLS1_2_VERSION, "P-256", NULL },
	{ "ECDSA, TLS 1.2, key exchange on P-521", TLS1_2_VERSION, "P-521:P-256", NULL },
	{ "ECDSA, TLS 1.2, SHA-384", TLS1_2_VERSION, NULL, "ECDSA+SHA384" },
};

static const struct shape shapes_rsa[] = {
	{ "RSA, TLS 1.3", TLS1_3_VERSION, NULL, NULL },
	{ "RSA, TLS 1.3, PSS with SHA-512", TLS1_3_VERSION, NULL, "RSA-PSS+SHA512" },
	{ "RSA, TLS 1.2, PSS", TLS1_2_VERSION, NULL, "RSA-PSS+SHA256" },
	{ "RSA, TLS 1.2, PKCS#1", TLS1_2_VERSION, NULL, "RSA+SHA256" },
	{ "RSA, TLS 1.2, PKCS#1 with SHA-512", TLS1_2_VERSION, "P-384", "RSA+SHA512" },
};

/* More than the window, so that they wait here, and more than a socket's buffers. */
static void test_many(const struct process *p)
{
	kill(p->pid, SIGSTOP);
	open_many(MANY, &shapes_ec[0]);
	is_int(remote_in_flight(), MANY, "%d handshakes are parked at once", MANY);
	kill(p->pid, SIGCONT);
	is_int(serve(), 0, "… all are answered");
	is_int(count_done(MANY), MANY, "… all are through");
	free_many(MANY);
}

static void test_jobs_run_out(const struct process *p)
{
	struct pair extra[JOBS - MANY + 1];
	size_t n = sizeof extra / sizeof *extra;

	kill(p->pid, SIGSTOP);
	open_many(MANY, NULL);
	for (size_t i = 0; i < n; i++) {
		pair_open(&extra[i], NULL);
		pair_run(&extra[i]);
	}
	is_int(remote_in_flight(), JOBS, "no more than the jobs that were named wait");
	ok(SSL_want_async_job(extra[n - 1].server) && !extra[n - 1].failed,
	    "… one more is told to come again");
	kill(p->pid, SIGCONT);
	is_int(serve(), 0, "… all are answered");
	pair_run(&extra[n - 1]);
	ok(serve() == 0 && extra[n - 1].done, "… it comes again and gets through");
	for (size_t i = 0; i < n; i++)
		pair_free(&extra[i]);
	free_many(MANY);
}

static void test_cancel(const struct process *p)
{
	int cancelled = 0, failed = 0;
	struct pair one;

	kill(p->pid, SIGSTOP);
	for (int i = 0; i < MANY; i++) {
		pair_open(&one, i & 1 ? &shapes_ec[0] : &shapes_ec[1]);
		pair_run(&one);
		cancelled += remote_cancel(&one);
		cancelled += remote_cancel(&one); /* nothing is left to cancel */
		remote_owner(&one);
		failed += shake(one.server) < 0 && !SSL_want_async(one.server);
		pair_free(&one);
	}
	is_int(cancelled, MANY, "%d are cancelled while they wait", MANY);
	is_int(failed, MANY, "… each fails with its next call");
	is_int(remote_in_flight(), 0, "… none is left");
	kill(p->pid, SIGCONT);
	pair_open(&one, NULL);
	pair_run(&one);
	ok(serve() == 0 && one.done, "… and the next handshake succeeds, past the late answers");
	pair_free(&one);
}

/* Cancelling the second of three leaves the others alone; one of them twice woken for nothing. */
static void test_cancel_one(const struct process *p)
{
	kill(p->pid, SIGSTOP);
	open_many(3, NULL);
	is_int(remote_cancel(&pairs[1]), 1, "one of three is cancelled");
	pair_run(&pairs[1]);
	pair_run(&pairs[0]);
	kill(p->pid, SIGCONT);
	ok(serve() == 0 && pairs[0].done && pairs[1].failed && pairs[2].done,
	    "… the others get through, also one that was woken before its answer");
	free_many(3);
}

static struct process test_killed(struct process p)
{
	struct process next;

	kill(p.pid, SIGSTOP);
	open_many(100, NULL);
	kill(p.pid, SIGKILL);
	is_int(process_end(&p), 128 + SIGKILL, "the key process is killed");
	is_int(serve(), -1, "its end is seen");
	is_int(remote_fd(), -1, "there is nothing to watch");
	is_int(remote_in_flight(), 100, "what was in flight stays");
	pair_open(&pairs[100], NULL);
	pair_run(&pairs[100]);
	is_int(pairs[100].pauses, 1, "a handshake that begins now waits as well");
	is_int(remote_cancel(&pairs[7]), 1, "one is given up meanwhile");
	pair_run(&pairs[7]);
	next = process_start("ec.pem");
	attach(&next);
	is_int(serve(), 0, "the next one answers all");
	is_int(count_done(101), 100, "… and all get through but the one given up");
	free_many(101);
	return next;
}

static void test_outside_a_job(void)
{
	uint64_t start = clock_us();
	struct pair p;

	pair_open(&p, NULL);
	SSL_clear_mode(p.server, SSL_MODE_ASYNC);
	pair_run(&p);
	ok(p.failed && p.pauses == 0, "outside of a job a signature fails");
	ok(clock_us() - start < 1000000, "… at once");
	pair_free(&p);
}

static void test_selftest(const struct process *p, X509 *right, X509 *wrong)
{
	uint64_t start;

	is_int(remote_selftest(right, 2000, &e), 0, "the self-test passes");
	is_int(remote_selftest(wrong, 2000, &e), -1, "… and not with another certificate");
	is_str(e.text, "the key process refuses to sign with this key", "… and says why");

	kill(p->pid, SIGSTOP);
	start = clock_us();
	is_int(remote_selftest(right, 200, &e), -1, "a key process that sleeps fails it");
	is_str(e.text, "the key process does not answer", "… and it says so");
	ok(clock_us() - start >= 200000 && clock_us() - start < 2000000, "… after that long");
	open_many(40, NULL);
	kill(p->pid, SIGCONT);
	is_int(remote_selftest(right, 5000, &e), 0, "it passes with others in flight");
	is_int(serve(), 0, "… who lose nothing by it");
	must(remote_ready(resume, &e) == 0, "ready");
	is_int(count_done(40), 40, "… and get through");
	free_many(40);
}

static void test_wrong_key(const struct process *other, const struct process *right)
{
	struct pair p;

	attach(other);
	pair_open(&p, NULL);
	pair_run(&p);
	ok(serve() == 0 && p.failed && !p.done, "a key process with another key refuses");
	pair_free(&p);
	attach(right);
}

static void test_key(struct process *p, const struct shape *shapes, size_t n)
{
	X509 *cert = issue(p->pub, "leaf");

	contexts(cert);
	attach(p);
	for (size_t i = 0; i < n; i++)
		test_one(&shapes[i]);
	is_int(remote_selftest(cert, 2000, &e), 0, "the self-test passes");
	contexts_free();
	X509_free(cert);
}

/* ---- tests: relays that misbehave ---------------------------------------------------------- */

static struct channel relay(const struct process *p)
{
	return (struct channel) { .fd = process_client(p), .self = ROLE_RELAY, .peer = ROLE_KEYS };
}

static int wait_message(const struct channel *c)
{
	struct pollfd fd = { .fd = c->fd, .events = POLLIN };

	must(poll(&fd, 1, 15000) == 1, "nothing came");
	return channel_recv(c, &m, &e);
}

/* Asks and waits: 1 signed, 0 refused, -1 the channel is gone. */
static int ask(
    const struct channel *c, const uint8_t *key, uint32_t algorithm, const void *text, size_t n)
{
	struct sign_request r = { .id = 5, .algorithm = algorithm };
	struct sign_reply reply;

	memcpy(r.key, key, sizeof r.key);
	if (channel_send2(c, MSG_SIGN, &r, sizeof r, text, n, -1, &e) < 0 || wait_message(c) != 1)
		return -1;
	memcpy(&reply, m.p, sizeof reply);
	must(reply.id == 5, "the id comes back");
	must(reply.ok || m.n == sizeof reply, "no signature with a refusal");
	return (int)reply.ok;
}

static void test_oracle(const struct process *p)
{
	static const char text[] = "I owe you one million. Signed, the server.";
	uint8_t good[FORM_TEXT], client[FORM_TEXT], hash[32] = { 3 };
	struct channel c = relay(p);

	form_text(good, hash);
	memcpy(client, good, sizeof good);
	memcpy(client + 64 + 9, "client", 6);
	is_int(ask(&c, p->hash, 0x0403, good, sizeof good), 1, "a server's text is signed");
	is_int(ask(&c, p->hash, 0x0403, text, sizeof text), 0, "any other is refused");
	is_int(ask(&c, p->hash, 0x0403, client, sizeof client), 0, "so is a client's");
	is_int(ask(&c, hash, 0x0403, good, sizeof good), 0, "so is another key's hash");
	is_int(ask(&c, p->hash, 0x0804, good, sizeof good), 0, "so is an RSA algorithm");
	is_int(ask(&c, p->hash, 0x0203, good, sizeof good), 0, "so is SHA-1");
	is_int(ask(&c, p->hash, 0x0403, good, sizeof good), 1, "the channel lives on");
	close(c.fd);
}

static void raw(int fd, uint32_t type, size_t n)
{
	uint8_t bytes[1024];

	memset(bytes, 'x', sizeof bytes);
	memcpy(bytes, &type, sizeof type);
	must(send(fd, bytes, n, MSG_NOSIGNAL) == (ssize_t)n, "send");
}

static void test_misbehaves(const struct process *p)
{
	static const struct {
		const char *name;
		uint32_t type;
		size_t n;
	} cases[] = {
		{ "one byte", 0, 1 },
		{ "an unknown type", 4711, 64 },
		{ "the parent's message", MSG_CLIENT, 4 },
		{ "another role's message", MSG_SIGNATURE, 64 },
		{ "a request that is too short", MSG_SIGN, 20 },
		{ "a request that is too long", MSG_SIGN, 1000 },
	};
	uint8_t good[FORM_TEXT], hash[32] = { 3 };
	struct channel other = relay(p);

	form_text(good, hash);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct channel c = relay(p);

		raw(c.fd, cases[i].type, cases[i].n);
		is_int(wait_message(&c), 0, "a relay sends %s: its channel ends", cases[i].name);
		close(c.fd);
	}
	is_int(ask(&other, p->hash, 0x0403, good, sizeof good), 1, "another's goes on");
	close(other.fd);
}

/* Asks without ever reading an answer, until the socket takes no more. */
static void fill(const struct channel *c, const struct process *p)
{
	struct sign_request r = { .id = 1, .algorithm = 0x0403 };
	uint8_t good[FORM_TEXT], hash[32] = { 3 };
	int full = 0;

	form_text(good, hash);
	memcpy(r.key, p->hash, sizeof r.key);
	for (int i = 0; i < 100000 && full < 50; i++) {
		if (channel_send2(c, MSG_SIGN, &r, sizeof r, good, sizeof good, -1, &e) == 0)
			continue;
		must(e.sys == EAGAIN, "fill");
		full++;
		(void)poll(NULL, 0, 1);
	}
	must(full == 50, "the channel fills");
}

static void test_stuck(const struct process *p)
{
	struct channel stuck = relay(p), slow = relay(p), honest = relay(p);
	uint8_t good[FORM_TEXT], hash[32] = { 3 };
	uint64_t start = clock_us();
	int rc, answers = 0;

	form_text(good, hash);
	fill(&stuck, p);
	fill(&slow, p);
	is_int(ask(&honest, p->hash, 0x0403, good, sizeof good), 1,
	    "a relay that reads no answers holds up nobody");
	while ((rc = wait_message(&slow)) == 1 && ++answers < 200)
		;
	is_int(rc, 1, "one that reads late gets all of its answers");
	(void)poll(NULL, 0, 10800 - (int)((clock_us() - start) / 1000));
	while ((rc = channel_recv(&stuck, &m, &e)) == 1)
		;
	ok(rc == 0 || e.sys == ECONNRESET, "one that never reads loses its channel");
	is_int(ask(&honest, p->hash, 0x0403, good, sizeof good), 1, "the others keep theirs");
	close(stuck.fd);
	close(slow.fd);
	close(honest.fd);
}

static void test_crowd(const struct process *p)
{
	struct channel c[300];
	uint8_t good[FORM_TEXT], hash[32] = { 3 };
	int served = 0;

	form_text(good, hash);
	for (size_t i = 0; i < 300; i++)
		c[i] = relay(p);
	for (size_t i = 0; i < 300; i++)
		served += ask(&c[i], p->hash, 0x0403, good, sizeof good) == 1;
	ok(served >= 250 && served <= 256, "at most 256 relays are served");
	for (size_t i = 0; i < 300; i++)
		close(c[i].fd);
	c[0] = relay(p);
	is_int(ask(&c[0], p->hash, 0x0403, good, sizeof good), 1, "… and once they went, others");
	close(c[0].fd);
}

static void test_parent(void)
{
	struct process p = process_start("ec.pem");

	raw(p.fd, MSG_SIGN, 100);
	is_int(process_end(&p), 1, "a parent that sends what it may not: exit 1");
}

/* ---- tests: keys from the parent ------------------------------------------------------------ */

/* Hands over a file's key. What the answer is; on MSG_PUBLIC_KEY hash is that of the key. */
static enum message_type hand_over(const struct process *p, const char *file, uint8_t hash[32])
{
	struct channel c = { .fd = p->fd, .self = ROLE_PARENT, .peer = ROLE_KEYS };
	int fd = open(path_of(file), O_RDONLY | O_CLOEXEC);

	must(fd >= 0 && lseek(fd, 7, SEEK_SET) == 7, "open a key");
	must(channel_send(&c, MSG_KEY, NULL, 0, fd, &e) == 0, "hand over a key");
	close(fd);
	must(channel_recv(&c, &m, &e) == 1, "an answer");
	if (m.type == MSG_PUBLIC_KEY)
		must(sha256(m.p, m.n, hash) == 0, "hash");
	return m.type;
}

/* …and waits for an answer to another question, so that it has been done. */
static void forget(const struct process *p, const uint8_t hash[32])
{
	struct channel c = { .fd = p->fd, .self = ROLE_PARENT, .peer = ROLE_KEYS };
	uint8_t unused[32];

	must(channel_send(&c, MSG_FORGET, hash, 32, -1, &e) == 0, "forget");
	(void)hand_over(p, "ec.pem", unused);
}

static void test_more_keys(const struct process *rsa)
{
	struct process p = process_start("ec.pem");
	struct channel c = relay(&p);
	uint8_t good[FORM_TEXT], text[32] = { 3 }, hash[32];

	form_text(good, text);
	is_int(ask(&c, rsa->hash, 0x0804, good, sizeof good), 0, "a key that it was not given");
	is_int((int)hand_over(&p, "rsa.pem", hash), MSG_PUBLIC_KEY, "it is given one more");
	ok(memcmp(hash, rsa->hash, sizeof hash) == 0, "… and shows the public half");
	is_int(ask(&c, rsa->hash, 0x0804, good, sizeof good), 1, "… and signs with it");
	is_int(ask(&c, rsa->hash, 0x0403, good, sizeof good), 0, "… by its own algorithms alone");
	is_int(ask(&c, p.hash, 0x0403, good, sizeof good), 1, "… with its own as before");
	is_int((int)hand_over(&p, "rsa.pem", hash), MSG_PUBLIC_KEY, "the same again");
	is_int((int)hand_over(&p, "ec.pem", hash), MSG_PUBLIC_KEY, "its own");
	is_int((int)hand_over(&p, "p521.pem", hash), MSG_REFUSED, "one of a kind unknown");
	is_int((int)hand_over(&p, "rsa1024.pem", hash), MSG_REFUSED, "one that is too short");
	is_int((int)hand_over(&p, "locked.pem", hash), MSG_REFUSED, "one with a passphrase");
	is_int((int)hand_over(&p, "bad.pem", hash), MSG_REFUSED, "a file without one");
	ok(m.n > 0 && memmem(m.p, m.n, "private key", 11), "… says so");
	forget(&p, p.hash);
	forget(&p, text);
	is_int(ask(&c, p.hash, 0x0403, good, sizeof good), 1, "its own is not forgotten");
	is_int(ask(&c, rsa->hash, 0x0804, good, sizeof good), 1, "nor another than was named");
	forget(&p, rsa->hash);
	is_int(ask(&c, rsa->hash, 0x0804, good, sizeof good), 0, "the one that was named is");
	close(c.fd);
	is_int(process_end(&p), 0, "the parent goes: exit 0, nothing leaks");
}

/* ---- all of it ----------------------------------------------------------------------------- */

static void test_ec(struct process *other)
{
	struct process p = process_start("ec.pem");
	X509 *cert = issue(p.pub, "leaf"), *wrong = issue(other->pub, "other");

	test_key(&p, shapes_ec, sizeof shapes_ec / sizeof *shapes_ec);
	contexts(cert);
	attach(&p);
	test_many(&p);
	test_jobs_run_out(&p);
	test_cancel(&p);
	test_cancel_one(&p);
	p = test_killed(p);
	test_outside_a_job();
	test_selftest(&p, cert, wrong);
	test_wrong_key(other, &p);
	test_oracle(&p);
	test_misbehaves(&p);
	test_crowd(&p);
	test_stuck(&p);
	open_many(1, NULL);
	ok(serve() == 0 && pairs[0].done, "after all that, a handshake");
	free_many(1);
	contexts_free();
	X509_free(cert);
	X509_free(wrong);
	is_int(process_end(&p), 0, "the parent goes: exit 0");
}

int main(void)
{
	static const char *const files[] = { "log", "ec.pem", "rsa.pem", "p521.pem", "rsa1024.pem",
		"locked.pem", "bad.pem" };
	struct process rsa;

	signal(SIGPIPE, SIG_IGN);
	must(mkdtemp(folder) != NULL, "mkdtemp");
	must(remote_open(JOBS, &e) == 0, "remote_open");
	ca_key = EVP_EC_gen("P-256");
	ca_cert = issue(ca_key, "CA");
	test_files();
	write_key("rsa.pem", EVP_RSA_gen(2048), NULL);
	rsa = process_start("rsa.pem");
	test_key(&rsa, shapes_rsa, sizeof shapes_rsa / sizeof *shapes_rsa);
	test_ec(&rsa);
	test_parent();
	test_more_keys(&rsa);
	is_int(process_end(&rsa), 0, "the other's parent goes: exit 0");
	X509_free(ca_cert);
	EVP_PKEY_free(ca_key);
	remote_close();
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		(void)unlink(path_of(files[i]));
	(void)rmdir(folder);
	return tap_done();
}
