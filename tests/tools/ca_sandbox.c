/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Enters the sandbox of the ca process, which is over too soon to be watched, in its way (ca.c,
 * ca/serve.c), says "ready" and waits: for inject to try what it may not. `ca_sandbox UID GID`.
 */
#include "proc/sandbox.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sandbox_state state;
	struct err e;

	if (argc != 3)
		return 2;
	if (sandbox_become((unsigned)atoi(argv[1]), (unsigned)atoi(argv[2]), getppid(), &e) < 0 ||
	    sandbox_enter(ROLE_CA, NULL, &state, &e) < 0) {
		(void)fprintf(stderr, "%s\n", e.text);
		return 1;
	}
	if (write(1, "ready\n", 6) != 6)
		return 1;
	/* Ends with whoever holds the other end of its stdin. */
	for (struct pollfd p = { .fd = 0 }; poll(&p, 1, -1) >= 0 && !p.revents;)
		continue;
	return 0;
}
