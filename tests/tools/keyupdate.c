/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client that has its TLS 1.3 keys changed, over and over (RFC 8446 4.6.3), and says nothing
 *else:
 *
 *	keyupdate PORT MIB quiet|asking
 *
 * It goes as far as MySQL's TLS on 127.0.0.1, makes so many MiB of KeyUpdate records, prints "made
 * PORT BYTES" with its own port, and waits for a line on stdin. Then it sends them all and prints
 * "end closed|reset|none SECONDS". asking: each wants one in return, and what comes is not read.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define LIFE_S    120 /* whatever happens */
#define WAIT_MS   30000
#define PART      65536
#define FEW_BYTES 4096 /* of what comes, when it is not to be read */

struct flood {
	int fd;
	SSL_CTX *ctx;
	SSL *ssl;
	BIO *in, *out; /* ssl's own */
	unsigned char *made;
	size_t n;
};

static int fail(const char *what)
{
	perror(what);
	ERR_print_errors_fp(stderr);
	return -1;
}

/* ---- up to TLS ------------------------------------------------------------------------------- */

static int dial(struct flood *f, int port, int asking)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int few = FEW_BYTES;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	f->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (f->fd < 0 ||
	    (asking && setsockopt(f->fd, SOL_SOCKET, SO_RCVBUF, &few, sizeof few) < 0) ||
	    connect(f->fd, (struct sockaddr *)&a, sizeof a) < 0)
		return fail("connect");
	return 0;
}

/* The greeting, and the SSLRequest that answers it: MySQL internals, "Connection Phase". */
static int greet(struct flood *f)
{
	/* PROTOCOL_41, SSL and SECURE_CONNECTION among the usual ones; utf8mb4 */
	static const unsigned char request[36] = { 32, 0, 0, 1, 0x05, 0xae, 0x0f, 0, 0, 0, 0, 1,
		45 };
	unsigned char greeting[PART];

	if (recv(f->fd, greeting, sizeof greeting, 0) <= 0 ||
	    send(f->fd, request, sizeof request, MSG_NOSIGNAL) != sizeof request)
		return fail("greeting");
	return 0;
}

static int flush(struct flood *f)
{
	unsigned char part[PART];
	int n;

	while ((n = BIO_read(f->out, part, sizeof part)) > 0)
		if (send(f->fd, part, (size_t)n, MSG_NOSIGNAL) != n)
			return fail("send");
	return 0;
}

static int handshake(struct flood *f)
{
	unsigned char part[PART];

	f->ctx = SSL_CTX_new(TLS_client_method());
	f->ssl = f->ctx ? SSL_new(f->ctx) : NULL;
	f->in = BIO_new(BIO_s_mem());
	f->out = BIO_new(BIO_s_mem());
	if (!f->ssl || !f->in || !f->out || SSL_set_min_proto_version(f->ssl, TLS1_3_VERSION) != 1)
		return fail("begin TLS");
	SSL_set_bio(f->ssl, f->in, f->out);
	SSL_set_connect_state(f->ssl);
	for (;;) {
		int rc = SSL_do_handshake(f->ssl);
		ssize_t n;

		if (flush(f) < 0 || rc == 1)
			return rc == 1 ? 0 : -1;
		n = recv(f->fd, part, sizeof part, 0);
		if (n <= 0 || BIO_write(f->in, part, (int)n) != n)
			return fail("handshake");
	}
}

/* ---- the flood ------------------------------------------------------------------------------- */

static int make(struct flood *f, size_t size, int type)
{
	f->made = malloc(size + PART);
	if (!f->made)
		return fail("memory");
	while (f->n < size) {
		int n;

		if (SSL_key_update(f->ssl, type) != 1 || SSL_do_handshake(f->ssl) != 1)
			return fail("key update");
		n = BIO_read(f->out, f->made + f->n, PART);
		f->n += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

static void send_all(const struct flood *f)
{
	size_t sent = 0;
	ssize_t n = 1;

	for (; sent < f->n && n > 0; sent += n > 0 ? (size_t)n : 0)
		n = send(
		    f->fd, f->made + sent, f->n - sent < PART ? f->n - sent : PART, MSG_NOSIGNAL);
}

static const char *end_of(const struct flood *f, int asking)
{
	struct pollfd p = { .fd = f->fd, .events = asking ? POLLRDHUP : POLLIN };
	unsigned char part[PART];
	ssize_t n = 1;

	while (n > 0) {
		if (poll(&p, 1, WAIT_MS) <= 0)
			return "none";
		n = recv(f->fd, part, sizeof part, 0);
	}
	return n == 0 ? "closed" : "reset";
}

static double seconds(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int run(struct flood *f, int port, size_t size, int asking)
{
	struct sockaddr_in own = { 0 };
	socklen_t n = sizeof own;
	const char *end;
	double start;

	if (dial(f, port, asking) < 0 || greet(f) < 0 || handshake(f) < 0 ||
	    make(f, size, asking ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED) < 0 ||
	    getsockname(f->fd, (struct sockaddr *)&own, &n) < 0)
		return -1;
	printf("made %d %zu\n", ntohs(own.sin_port), f->n);
	(void)fflush(stdout);
	if (getchar() == EOF)
		return -1;
	start = seconds();
	send_all(f);
	end = end_of(f, asking);
	printf("end %s %.2f\n", end, seconds() - start);
	return 0;
}

int main(int argc, char **argv)
{
	struct flood f = { .fd = -1 };
	int rc;

	if (argc != 4) {
		(void)fprintf(stderr, "usage: keyupdate PORT MIB quiet|asking\n");
		return 2;
	}
	(void)alarm(LIFE_S);
	rc = run(&f, atoi(argv[1]), (size_t)atoi(argv[2]) << 20, strcmp(argv[3], "asking") == 0);
	SSL_free(f.ssl);
	SSL_CTX_free(f.ctx);
	free(f.made);
	if (f.fd >= 0)
		close(f.fd);
	return rc < 0;
}
