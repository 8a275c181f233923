/* SPDX-License-Identifier: Apache-2.0 */
/* The parent. Started by `dbtls up`, with its words. */
#include "base/i18n.h"
#include "base/log.h"
#include "parent/parent.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	struct parent_options o = { .ready_fd = -1 };
	const char *ready_fd = NULL;
	struct opt opts[] = {
		{ .name = "state", .arg = "DIR", .text = &o.state, .help = "" },
		{ .name = "listen", .arg = "WHERE", .list = &o.listen, .help = "" },
		{ .name = "name", .arg = "NAME", .list = &o.names, .help = "" },
		{ .name = "tls-version", .arg = "VERSION", .text = &o.tls_version, .help = "" },
		{ .name = "password-file", .arg = "FILE", .text = &o.password_file, .help = "" },
		{ .name = "log", .arg = "FILE", .text = &o.log, .help = "" },
		{ .name = "certificate-life",
		    .arg = "TIME",
		    .text = &o.certificate_life,
		    .help = "" },
		{ .name = "ready-fd", .arg = "N", .text = &ready_fd, .help = "" },
		{ 0 },
	};
	struct err e;

	i18n_init();
	log_init("dbtls");
	if (opt_parse(opts, &argc, argv, &e) == 0 && argc == 1) {
		o.ready_fd = ready_fd ? atoi(ready_fd) : -1;
		if (parent_run(&o, &e) == 0)
			return 0;
	} else if (argc > 1)
		(void)err_set(&e, ERR_USER, "dbtlsd is started by `dbtls up`");
	(void)fprintf(stderr, "dbtls: %s\n", e.text);
	return 1;
}
