/* SPDX-License-Identifier: Apache-2.0 */
#include "net/sock.h"

#include "base/i18n.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 4096

/* The inode of the socket that listens on a port, from /proc/net/tcp or tcp6; 0: not found. */
static unsigned long listener_inode(const char *table, unsigned port)
{
	char line[512];
	unsigned long inode = 0;
	FILE *f = fopen(table, "re");

	if (!f)
		return 0;
	while (!inode && fgets(line, sizeof line, f)) {
		unsigned local, state;
		unsigned long found;

		if (sscanf(line,
			" %*d: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*x:%*x %*x:%*x %*x %*d %*d "
			"%lu",
			&local, &state, &found) == 3 &&
		    local == port && state == 0x0a /* TCP_LISTEN */)
			inode = found;
	}
	fclose(f);
	return inode;
}

/* Whether a process has the socket open. */
static int process_holds(const char *pid, const char *socket)
{
	char path[300], link[64];
	struct dirent *d;
	int held = 0;
	DIR *dir;

	(void)snprintf(path, sizeof path, "/proc/%s/fd", pid);
	dir = opendir(path);
	while (dir && !held && (d = readdir(dir))) {
		ssize_t n;

		(void)snprintf(path, sizeof path, "/proc/%s/fd/%s", pid, d->d_name);
		n = readlink(path, link, sizeof link - 1);
		link[n > 0 ? n : 0] = '\0';
		held = strcmp(link, socket) == 0;
	}
	if (dir)
		closedir(dir);
	return held;
}

/* ", by NAME (pid N)", or nothing where /proc doesn't tell. */
static void port_holder(char *out, size_t size, unsigned port)
{
	unsigned long inode = listener_inode("/proc/net/tcp", port);
	char socket[64], comm[32] = "", path[300];
	struct dirent *d;
	DIR *proc;
	FILE *f;

	out[0] = '\0';
	if (!inode)
		inode = listener_inode("/proc/net/tcp6", port);
	(void)snprintf(socket, sizeof socket, "socket:[%lu]", inode);
	proc = inode ? opendir("/proc") : NULL;
	while (proc && !out[0] && (d = readdir(proc))) {
		if (d->d_name[0] < '1' || d->d_name[0] > '9' || !process_holds(d->d_name, socket))
			continue;
		(void)snprintf(path, sizeof path, "/proc/%s/comm", d->d_name);
		f = fopen(path, "re");
		if (f && fgets(comm, sizeof comm, f))
			comm[strcspn(comm, "\n")] = '\0';
		if (f)
			fclose(f);
		(void)snprintf(out, size, _(", by %s (pid %s)"), comm[0] ? comm : "?", d->d_name);
	}
	if (proc)
		closedir(proc);
}

static int in_use(const struct addr *a, struct err *e)
{
	char where[ADDR_TEXT], who[96];

	port_holder(who, sizeof who, a->port);
	return err_set(e, ERR_USER,
	    _("%s is in use already%s: stop that one, or choose another port with --listen (the "
	      "lab: --port)"),
	    addr_text(a, where), who);
}

/* What sockets to clients and to databases have in common. */
static int tcp_socket(int family, struct err *e)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1;

	if (fd < 0)
		return err_sys(e, _("make a socket"));
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	return fd;
}

int sock_listen(struct addr *a, struct err *e)
{
	struct sockaddr_storage ss;
	socklen_t n = addr_to_sockaddr(a, &ss);
	char where[ADDR_TEXT];
	int on = 1;
	int fd = tcp_socket(a->family, e);

	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (a->family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
	if (bind(fd, (struct sockaddr *)&ss, n) < 0 || listen(fd, BACKLOG) < 0) {
		if (errno == EADDRINUSE)
			in_use(a, e);
		else
			err_sys(e, _("listen on %s"), addr_text(a, where));
		close(fd);
		return -1;
	}
	n = sizeof ss;
	if (a->port == 0 && getsockname(fd, (struct sockaddr *)&ss, &n) == 0)
		(void)addr_from_sockaddr(a, (struct sockaddr *)&ss);
	return fd;
}

int sock_accept(int listener, struct addr *peer, struct err *e)
{
	struct sockaddr_storage ss;
	socklen_t n = sizeof ss;
	int fd = accept4(listener, (struct sockaddr *)&ss, &n, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return err_sys(e, _("accept"));
	if (addr_from_sockaddr(peer, (struct sockaddr *)&ss) == 0)
		return fd;
	close(fd);
	return err_set(
	    e, ERR_LOCAL, _("accepted a connection of a family that is not listened on"));
}

int sock_connect_unix(const char *path, struct err *e)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	size_t n = strlen(path);
	int fd;

	if (n >= sizeof sun.sun_path)
		return err_set(e, ERR_USER, _("the path %s is too long for a socket"), path);
	memcpy(sun.sun_path, path, n);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_sys(e, _("make a socket"));
	if (connect(fd, (struct sockaddr *)&sun, sizeof sun) == 0)
		return fd;
	err_sys(e, _("connect %s"), path);
	close(fd);
	return -1;
}

int sock_connect_tcp(const struct addr *to, struct err *e)
{
	struct sockaddr_storage ss;
	socklen_t n = addr_to_sockaddr(to, &ss);
	char where[ADDR_TEXT];
	int fd = tcp_socket(to->family, e);

	if (fd < 0)
		return -1;
	if (connect(fd, (struct sockaddr *)&ss, n) == 0 || errno == EINPROGRESS)
		return fd;
	err_sys(e, _("connect to %s"), addr_text(to, where));
	close(fd);
	return -1;
}

int sock_connected(int fd, struct err *e)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	int why = 0;
	socklen_t n = sizeof why;

	if (poll(&p, 1, 0) == 0)
		return 0;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &n) < 0)
		why = errno;
	errno = why;
	return why ? err_sys(e, _("connect")) : 1;
}
