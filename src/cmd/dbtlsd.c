/* SPDX-License-Identifier: Apache-2.0 */
/* The parent. Started by `dbtls up` or `dbtls serve`, with their words. */
#include "base/language.h"
#include "base/log.h"
#include "conf/up.h"
#include "parent/parent.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPTIONS_MAX 1024

/* opt_parse moves the words about. */
static void keep(char *words[OPTIONS_MAX + 1], int argc, char **argv)
{
	int n = argc < OPTIONS_MAX ? argc : OPTIONS_MAX;

	memcpy(words, argv, (size_t)n * sizeof *words);
	words[n] = NULL;
}

int main(int argc, char **argv)
{
	struct parent_options o = { .ready_fd = -1, .take_over = -1 };
	const char *ready_fd = NULL, *handed = NULL, *try = NULL;
	char *words[OPTIONS_MAX + 1];
	struct opt opts[] = {
		UP_OPTIONS,
		{ .name = "state", .arg = "DIR", .text = &o.state, .help = "" },
		{ .name = "config", .arg = "FILE", .text = &o.config, .help = "" },
		{ .name = "ready-fd", .arg = "N", .text = &ready_fd, .help = "" },
		{ .name = "take-over", .arg = "N", .text = &handed, .help = "" },
		{ .name = "try", .arg = "N", .text = &try, .help = "" },
		{ 0 },
	};
	struct err e;

	language_init();
	log_init("dbtls");
	keep(words, argc, argv);
	o.argv = words;
	if (opt_parse(opts, &argc, argv, &e) == 0 && argc == 1) {
		o.ready_fd = ready_fd ? atoi(ready_fd) : -1;
		o.take_over = handed ? atoi(handed) : -1;
		if ((try ? parent_try(&o, atoi(try), &e) : parent_run(&o, &e)) == 0)
			return 0;
	} else if (argc > 1)
		(void)err_set(&e, ERR_USER, _("dbtlsd is started by `dbtls up` or `dbtls serve`"));
	(void)fprintf(stderr, "dbtls: %s\n", e.text);
	return 1;
}
