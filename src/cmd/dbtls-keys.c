/* SPDX-License-Identifier: Apache-2.0 */
/* The key process: dbtls-keys UID GID PARENT_PID KEYFILE, its channel to the parent on 3. */
#include "base/log.h"
#include "keys/server.h"
#include "proc/sandbox.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <time.h>

#define CHANNEL_FD 3

static int number(const char *text, long *out)
{
	char *end = NULL;

	errno = 0;
	*out = strtol(text, &end, 10);
	return errno == 0 && end != text && *end == '\0' && *out >= 0 && *out <= INT_MAX ? 0 : -1;
}

static int run(char **argv, struct err *e)
{
	long uid, gid, parent;
	EVP_PKEY *key = NULL;
	int rc;

	if (number(argv[1], &uid) < 0 || number(argv[2], &gid) < 0 || number(argv[3], &parent) < 0)
		return err_set(e, ERR_USER, "dbtls-keys UID GID PARENT_PID KEYFILE");
	if (sandbox_become((unsigned)uid, (unsigned)gid, (int)parent, e) < 0)
		return -1;
	/* The log's first time stamp opens the time zone's file: not in the sandbox. */
	tzset();
	key = key_load_or_make(argv[4], e);
	if (!key)
		return -1;
	rc = keys_serve(CHANNEL_FD, key, e);
	EVP_PKEY_free(key);
	return rc;
}

int main(int argc, char **argv)
{
	struct err e = { 0 };

	log_init("keys");
	if (argc != 5) {
		log_line("dbtlsd starts this: dbtls-keys UID GID PARENT_PID KEYFILE");
		return EXIT_FAILURE;
	}
	if (run(argv, &e) < 0) {
		log_line("%s", e.text);
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
