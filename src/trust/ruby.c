/* SPDX-License-Identifier: Apache-2.0 */
/* Ruby takes the places that the OpenSSL it was built with has: it is asked which. */
#include "base/i18n.h"
#include "trust/ask.h"
#include "trust/kind.h"
#include "trust/way.h"

#include <string.h>

#define SECONDS    5
#define ANSWER_MAX 8192

static const char question[] =
    "puts OpenSSL::X509::DEFAULT_CERT_FILE, OpenSSL::X509::DEFAULT_CERT_DIR";

static int ruby_find(struct hunt *h)
{
	char path[PATH_MAX], real[PATH_MAX];
	const char *const argv[] = { path, "-ropenssl", "-e", question, NULL };
	const struct ask a = { .program = real,
		.argv = argv,
		.without = "RUBYOPT",
		.seconds = SECONDS,
		.max = ANSWER_MAX };
	struct err none = { 0 };
	struct buf said;
	int rc = 0;

	/* No Ruby, a stranger's, or one that doesn't say: then there is nothing of it to list. */
	if (!hunt_here(h) || h->where->quick || !ask_which("ruby", path) ||
	    !way_may_run(path, real) || ask_run(&a, &said, &none) < 0)
		return 0;
	if (buf_add(&said, "", 1) == 0)
		for (char *at = (char *)said.p, *line; rc == 0 && (line = strsep(&at, "\n"));)
			rc = *line == '/' ? hunt_add(h, line, N_("Ruby")) : 0;
	buf_free(&said);
	return rc;
}

const struct store_kind ruby_kind = { .name = "ruby", .find = ruby_find };
