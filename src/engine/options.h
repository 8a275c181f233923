/* SPDX-License-Identifier: Apache-2.0 */
/* Private to engine/: the command lines of MariaDB's programs. */
#ifndef ENGINE_OPTIONS_H
#define ENGINE_OPTIONS_H

#include "engine/engine.h"

#include <stddef.h>

#define OPTIONS_MAX  40
#define OPTIONS_TEXT 192

struct options {
	const char *argv[OPTIONS_MAX]; /* ends in NULL; points into text or at what never changes */
	size_t n;
	char text[10][OPTIONS_TEXT];
	size_t texts;
};

/* mariadb-install-db into the folder data. program: its path, borrowed. */
void options_install(struct options *o, const char *program, const char *data);

/* mariadbd on the folder data. */
void options_serve(
    struct options *o, const char *program, const char *data, const struct engine_config *c);

#endif
