/* SPDX-License-Identifier: Apache-2.0 */
/* dbtls-ca UID GID PARENT_PID DIR: issues one certificate and ends. */
#include "base/log.h"
#include "ca/authority.h"
#include "proc/sandbox.h"
#include "proc/spawn.h"

int main(int argc, char **argv)
{
	struct spawned s;
	struct err e;

	log_init("ca");
	if (spawn_args(&s, argc, argv, &e) < 0 || sandbox_become(s.uid, s.gid, s.parent, &e) < 0)
		goto fail;
	if (!s.arg) {
		err_set(&e, ERR_LOCAL, "the folder of the CA is missing from the arguments");
		goto fail;
	}
	if (ca_serve(SPAWN_CHANNEL_FD, s.arg, &e) == 0)
		return 0;
fail:
	log_line("%s", e.text);
	return 1;
}
