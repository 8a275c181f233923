/* SPDX-License-Identifier: Apache-2.0 */
/* The key process: signs with the key in the file that is its argument. No network, no other file.
 */
#include "base/log.h"
#include "keys/keyfile.h"
#include "keys/server.h"
#include "proc/sandbox.h"
#include "proc/spawn.h"

#include <time.h>

static int run(const struct spawned *s, struct err *e)
{
	EVP_PKEY *key = NULL;
	int rc;

	if (!s->arg)
		return err_set(e, ERR_USER, "the key's file is missing");
	if (sandbox_become(s->uid, s->gid, s->parent, e) < 0)
		return -1;
	/* The log's first time stamp opens the time zone's file: not in the sandbox. */
	tzset();
	key = keyfile_load_or_make(s->arg, e);
	if (!key)
		return -1;
	rc = keys_serve(SPAWN_CHANNEL_FD, key, e);
	EVP_PKEY_free(key);
	return rc;
}

int main(int argc, char **argv)
{
	struct spawned s;
	struct err e;

	log_init("keys");
	if (spawn_args(&s, argc, argv, &e) == 0 && run(&s, &e) == 0)
		return 0;
	log_line("%s", e.text);
	return 1;
}
