/* SPDX-License-Identifier: Apache-2.0 */
#include "net/resolve.h"

#include "base/i18n.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the child writes, in one piece. */
struct answer {
	int why; /* EAI_…, 0: found */
	int n;
	struct addr found[RESOLVE_MAX];
};

static void ask(const char *host, uint16_t port, struct answer *a)
{
	const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
	struct addrinfo *list = NULL;

	a->why = getaddrinfo(host, NULL, &hints, &list);
	for (const struct addrinfo *i = list; i && a->n < RESOLVE_MAX; i = i->ai_next) {
		if (addr_from_sockaddr(&a->found[a->n], i->ai_addr) < 0)
			continue;
		a->found[a->n++].port = port;
	}
	if (list)
		freeaddrinfo(list);
}

/* What glibc says of names, for the catalogue: no program reads this. */
#define RESOLVE_WORDS                                                                              \
	N_("Address family for hostname not supported")                                            \
	N_("Memory allocation failure")                                                            \
	N_("Name or service not known")                                                            \
	N_("No address associated with hostname")                                                  \
	N_("Non-recoverable failure in name resolution")                                           \
	N_("System error")                                                                         \
	N_("Temporary failure in name resolution")

static int fail(const char *host, int why, struct err *e)
{
	(void)err_set(e, ERR_USER, _(RESOLVE_NO_ADDRESS), host, _(gai_strerror(why)));
	e->sys = why;
	return -1;
}

int resolve_late(const char *host, struct err *e)
{
	return fail(host, EAI_AGAIN, e);
}

int resolve_blocking(const char *host, struct addr found[RESOLVE_MAX], struct err *e)
{
	struct answer a = { 0 };

	ask(host, 0, &a);
	if (a.why || a.n == 0)
		return fail(host, a.why ? a.why : EAI_NONAME, e);
	memcpy(found, a.found, sizeof a.found);
	return a.n;
}

static void child(int to, const char *host, uint16_t port)
{
	struct answer a;

	memset(&a, 0, sizeof a);
	ask(host, port, &a);
	_exit(write(to, &a, sizeof a) == (ssize_t)sizeof a ? 0 : 1);
}

static int hear(int from, struct answer *a, int ms)
{
	struct pollfd p = { .fd = from, .events = POLLIN };

	memset(a, 0, sizeof *a);
	if (poll(&p, 1, ms) <= 0)
		return EAI_AGAIN;
	if (read(from, a, sizeof *a) != (ssize_t)sizeof *a || a->n < 0 || a->n > RESOLVE_MAX)
		return EAI_FAIL;
	return a->why ? a->why : a->n == 0 ? EAI_NONAME : 0;
}

int resolve_host(
    const char *host, uint16_t port, struct addr found[RESOLVE_MAX], int ms, struct err *e)
{
	struct answer a;
	int ends[2], why;
	pid_t pid;

	if (pipe(ends) < 0)
		return err_sys(e, _("make a pipe"));
	(void)fflush(NULL);
	pid = fork();
	if (pid == 0)
		child(ends[1], host, port);
	close(ends[1]);
	why = pid < 0 ? EAI_SYSTEM : hear(ends[0], &a, ms);
	close(ends[0]);
	if (pid > 0) {
		(void)kill(pid, SIGKILL); /* it has answered, or takes too long */
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			continue;
	}
	if (why)
		return fail(host, why, e);
	memcpy(found, a.found, sizeof a.found);
	return a.n;
}
