/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands behind the doors that bench/run measures, as light as can be, since it is there only
 * to be told apart from them: `backend --speak=http|mysql --listen=PORT|PATH`, on 127.0.0.1 or on a
 * Unix socket.
 *
 *	http   "GET /N HTTP/1.1" is answered with a body of N bytes; connections are kept alive
 *	mysql  anybody is let in, and every query is answered with one row, 1: a test bed
 */
#include "base/opt.h"
#include "wire/mysql.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#define ROOM     1024 /* the longest request */
#define HEAD     512  /* the longest beginning of an answer */
#define EVENTS   64
#define BODY_MAX (1ULL << 30)
#define BACKLOG  4096

struct client {
	int fd;
	int in; /* has logged in */
	size_t n;
	uint64_t owed; /* of a body */
	uint8_t said[ROOM];
};

/* The beginning of an answer, of whichever client is being served; the body is behind it. */
struct head {
	size_t n;
	uint8_t p[HEAD];
};

struct speech {
	const char *name;
	/* What is said before the client says anything. */
	void (*greet)(struct head *h);
	/* Answers the request that c->said begins with. Its length; 0: not whole; -1: leave. */
	ssize_t (*take)(struct client *c, struct head *h);
};

static const char body[128 * 1024];
static const struct speech *speech;
static int loop;

static struct {
	const char *speak, *listen;
	int help;
} given;

static const struct opt options[] = {
	{ .name = "speak", .arg = "http|mysql", .text = &given.speak, .help = "" },
	{ .name = "listen", .arg = "PORT|PATH", .text = &given.listen, .help = "" },
	{ .name = "help", .flag = &given.help, .help = "" },
	{ 0 },
};

static void add(struct head *h, const void *p, size_t n)
{
	if (n > HEAD - h->n)
		n = HEAD - h->n;
	memcpy(h->p + h->n, p, n);
	h->n += n;
}

/* ---- HTTP ------------------------------------------------------------------------------------ */

static void http_greet(struct head *h)
{
	h->n = 0;
}

static ssize_t http_take(struct client *c, struct head *h)
{
	const uint8_t *end = memmem(c->said, c->n, "\r\n\r\n", 4);
	char text[128];

	if (!end)
		return c->n < ROOM ? 0 : -1;
	if (c->n < 6 || memcmp(c->said, "GET /", 5) != 0)
		return -1;
	c->owed = strtoull((const char *)c->said + 5, NULL, 10);
	if (c->owed > BODY_MAX)
		return -1;
	add(h, text,
	    (size_t)snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\nContent-Length: %llu\r\n\r\n",
		(unsigned long long)c->owed));
	return end + 4 - c->said;
}

/* ---- MySQL ----------------------------------------------------------------------------------- */

static void mysql_add(struct head *h, uint8_t seq, const void *p, size_t n)
{
	uint8_t header[MYSQL_HEADER];

	mysql_header_put(header, (uint32_t)n, seq);
	add(h, header, sizeof header);
	add(h, p, n);
}

/* Protocol::HandshakeV10 */
static void mysql_greet(struct head *h)
{
	static const char greeting[] =
	    "\x0a"
	    "8.0.0-bench\0"
	    "\x01\0\0\0" /* connection id */
	    "abcdefgh\0" /* scramble, its first part */
	    "\x01\x82"   /* LONG_PASSWORD, PROTOCOL_41, SECURE_CONNECTION */
	    "\x2d\x02\0" /* utf8mb4, autocommit */
	    "\x08\0"     /* PLUGIN_AUTH */
	    "\x15"       /* length of the scramble */
	    "\0\0\0\0\0\0\0\0\0\0"
	    "ijklmnopqrst\0"
	    "mysql_native_password"; /* the NUL that ends it is the string's own */

	mysql_add(h, 0, greeting, sizeof greeting);
}

static void mysql_row(struct head *h)
{
	static const uint8_t columns[] = { 1 }, row[] = { 1, '1' }, eof[] = { 0xfe, 0, 0, 2, 0 };
	/* Protocol::ColumnDefinition41: def, no schema and tables, the name 1, a LONGLONG. */
	static const uint8_t column[] = { 3, 'd', 'e', 'f', 0, 0, 0, 1, '1', 0, 0x0c, 0x3f, 0, 1, 0,
		0, 0, 8, 0x81, 0, 0, 0, 0 };

	mysql_add(h, 1, columns, sizeof columns);
	mysql_add(h, 2, column, sizeof column);
	mysql_add(h, 3, eof, sizeof eof);
	mysql_add(h, 4, row, sizeof row);
	mysql_add(h, 5, eof, sizeof eof);
}

static ssize_t mysql_take(struct client *c, struct head *h)
{
	static const uint8_t fine[] = { 0, 0, 0, 2, 0, 0, 0 };
	struct span s = span_of(c->said, c->n), payload;
	struct mysql_header m;

	if (mysql_header(&s, &m) < 0 || span_take(&s, m.length, &payload) < 0)
		return c->n < ROOM ? 0 : -1;
	if (c->in && payload.n && payload.p[0] == 1 /* COM_QUIT */)
		return -1;
	if (c->in && payload.n && payload.p[0] == 3 /* COM_QUERY */)
		mysql_row(h);
	if (!h->n)
		mysql_add(h, (uint8_t)(m.seq + 1), fine, sizeof fine);
	c->in = 1;
	return (ssize_t)(MYSQL_HEADER + m.length);
}

static const struct speech speeches[] = {
	{ "http", http_greet, http_take },
	{ "mysql", mysql_greet, mysql_take },
};

/* ---- clients --------------------------------------------------------------------------------- */

static void leave(struct client *c)
{
	close(c->fd);
	free(c);
}

/* The head, and as much of the body as goes: a socket takes so small a head, or it is broken. */
static int pay(struct client *c, struct head *h)
{
	while (h->n || c->owed) {
		size_t n = c->owed < sizeof body ? (size_t)c->owed : sizeof body;
		struct iovec parts[] = { { h->p, h->n }, { (void *)body, n } };
		struct msghdr m = { .msg_iov = parts, .msg_iovlen = 2 };
		ssize_t sent = sendmsg(c->fd, &m, MSG_NOSIGNAL);

		if (sent < 0)
			return errno == EAGAIN && !h->n ? 0 : -1;
		if ((size_t)sent < h->n)
			return -1;
		c->owed -= (uint64_t)sent - h->n;
		h->n = 0;
	}
	return 0;
}

static int answer_all(struct client *c)
{
	struct head h = { 0 };
	ssize_t n = 0;

	while (c->n && !c->owed && (n = speech->take(c, &h)) > 0) {
		memmove(c->said, c->said + n, c->n - (size_t)n);
		c->n -= (size_t)n;
		if (pay(c, &h) < 0)
			return -1;
	}
	return n < 0 ? -1 : 0;
}

static int serve(struct client *c)
{
	struct head none = { 0 };

	for (;;) {
		size_t room = ROOM - c->n;
		ssize_t n;

		if (pay(c, &none) < 0)
			return -1;
		if (c->owed)
			return 0;
		n = recv(c->fd, c->said + c->n, room, 0);
		if (n < 0)
			return errno == EAGAIN ? 0 : -1;
		if (n == 0)
			return -1;
		c->n += (size_t)n;
		if (answer_all(c) < 0)
			return -1;
		/* A short read took all there was. */
		if ((size_t)n < room)
			return 0;
	}
}

static void admit(int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct epoll_event ev = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET };
	struct head h = { 0 };
	struct client *c;

	if (fd < 0)
		return;
	c = calloc(1, sizeof *c);
	if (!c) {
		close(fd);
		return;
	}
	c->fd = fd;
	ev.data.ptr = c;
	speech->greet(&h);
	if (pay(c, &h) < 0 || epoll_ctl(loop, EPOLL_CTL_ADD, fd, &ev) < 0)
		leave(c);
}

/* ---- setting up ------------------------------------------------------------------------------ */

static int bind_tcp(const char *port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int on = 1;

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	return fd >= 0 && bind(fd, (struct sockaddr *)&sin, sizeof sin) == 0 ? fd : -1;
}

static int bind_unix(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof sun.sun_path)
		return -1;
	memcpy(sun.sun_path, path, strlen(path));
	return fd >= 0 && bind(fd, (struct sockaddr *)&sun, sizeof sun) == 0 ? fd : -1;
}

static int listen_on(const char *where, struct err *e)
{
	struct epoll_event ev = { .events = EPOLLIN };
	int fd = where[0] == '/' ? bind_unix(where) : bind_tcp(where);

	if (fd < 0 || listen(fd, BACKLOG) < 0)
		return err_sys(e, "listen on %s", where);
	loop = epoll_create1(EPOLL_CLOEXEC);
	if (loop < 0 || epoll_ctl(loop, EPOLL_CTL_ADD, fd, &ev) < 0)
		return err_sys(e, "epoll");
	return fd;
}

static int set_up(struct err *e)
{
	struct rlimit files;

	for (size_t i = 0; i < sizeof speeches / sizeof *speeches; i++)
		if (given.speak && strcmp(given.speak, speeches[i].name) == 0)
			speech = &speeches[i];
	if (!speech || !given.listen)
		return err_set(e, ERR_USER, "--speak=http|mysql --listen=PORT|PATH");
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	return listen_on(given.listen, e);
}

static void turn(int listener)
{
	struct epoll_event turn[EVENTS];
	int n = epoll_wait(loop, turn, EVENTS, -1);

	for (int i = 0; i < n; i++) {
		struct client *c = turn[i].data.ptr;

		if (!c)
			admit(listener);
		if (c && serve(c) < 0)
			leave(c);
	}
}

int main(int argc, char **argv)
{
	struct err e;
	int listener = opt_parse(options, &argc, argv, &e);

	if (given.help) {
		opt_print(options);
		return 0;
	}
	listener = listener < 0 ? -1 : set_up(&e);
	if (listener < 0) {
		(void)fprintf(stderr, "backend: %s\n", e.text);
		return 1;
	}
	for (;;)
		turn(listener);
}
