/* SPDX-License-Identifier: Apache-2.0 */
/* The relay: all parsing of what comes from the network. No key, no files, no other processes. */
#include "base/log.h"
#include "front/relay.h"
#include "proc/sandbox.h"
#include "proc/spawn.h"

#include <signal.h>

int main(int argc, char **argv)
{
	struct spawned s;
	struct err e;

	log_init("relay");
	(void)signal(SIGPIPE, SIG_IGN);
	if (spawn_args(&s, argc, argv, &e) == 0 &&
	    sandbox_become(s.uid, s.gid, s.parent, &e) == 0 &&
	    relay_main(SPAWN_CHANNEL_FD, &e) == 0)
		return 0;
	log_line("%s", e.text);
	return 1;
}
