// SPDX-License-Identifier: Apache-2.0
#include "engine/options.h"

#include "engine/child.h"

#include <stdarg.h>
#include <stdio.h>

/* --no-defaults must be the first of all: no file in /etc or in a home may change what is here. */
static const char *const install[] = {
	"--no-defaults",
	/* The other way makes accounts of unix_socket, which let in whoever the relay is. */
	"--auth-root-authentication-method=normal",
	"--skip-test-db",
	/* Don't ask the resolver for the host's own name: it can take minutes, for accounts that
	 * are removed anyway. */
	"--force",
};

static const char *const serve[] = {
	"--no-defaults",

	/* One way in: the socket, and there by password alone. */
	"--skip-networking",
	"--unix-socket=OFF",   /* every client has the relay's uid as its peer */
	"--skip-name-resolve", /* the addresses of a PROXY header are not looked up */
	/* It would refuse passwords that come as a hash; ours do, and were judged before. */
	"--strict-password-validation=OFF",
	"--skip-symbolic-links", /* no table outside the data folder */

	/* A burst of logins waits for accept rather than failing. */
	"--back-log=1024",
	/* MySQL's and TiDB's default: rows of 16 MB and more pass; MariaDB's own is 16 MB. */
	"--max-allowed-packet=64M",
	"--character-set-server=utf8mb4", /* as TiDB and MySQL; MariaDB's own is latin1 */

	/* Safe first: what was committed survives a crash. Small: fits a machine of 512 MB. */
	"--innodb-flush-log-at-trx-commit=1",
	"--innodb-buffer-pool-size=128M",
	"--key-buffer-size=16M",            /* MyISAM's */
	"--aria-pagecache-buffer-size=32M", /* temporary tables' */
	"--skip-log-bin",                   /* nobody replicates from here */

	/* To stderr, which is dbtls's log, as --log-error is not set. Failed logins and broken
	 * connections have a line from the relay, which knows the address; no second one. */
	"--log-warnings=1",
};

static void add(struct options *o, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n && o->n < OPTIONS_MAX - 1; i++)
		o->argv[o->n++] = list[i];
}

__attribute__((format(printf, 2, 3))) static void add_text(struct options *o, const char *fmt, ...)
{
	char *text = o->text[o->texts++];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, OPTIONS_TEXT, fmt, ap);
	va_end(ap);
	o->argv[o->n++] = text;
}

void options_install(struct options *o, const char *program, const char *data)
{
	*o = (struct options) { .argv = { program }, .n = 1 };
	add(o, install, sizeof install / sizeof install[0]);
	add_text(o, "--datadir=%s", data);
}

void options_serve(
    struct options *o, const char *program, const char *data, const struct engine_config *c)
{
	const struct state *s = c->state;

	*o = (struct options) { .argv = { program }, .n = 1 };
	add(o, serve, sizeof serve / sizeof serve[0]);
	add_text(o, "--datadir=%s", data);
	/* A file in memory that it inherits: hashes of passwords stand on no disk. */
	add_text(o, "--init-file=/proc/self/fd/%d", CHILD_INIT_FD);
	add_text(o, "--socket=%s", s->engine_socket);
	add_text(o, "--pid-file=%s/pid", s->engine_dir);
	add_text(o, "--tmpdir=%s/tmp", s->engine_dir);
	/* An empty folder: LOAD_FILE, LOAD DATA INFILE and INTO OUTFILE see nothing else. */
	add_text(o, "--secure-file-priv=%s/files", s->engine_dir);
	add_text(o, "--max-connections=%u", c->max_connections);
	/* A Unix socket counts as secure: this denies nothing, but clients that ask see it. */
	add_text(o, "--require-secure-transport=%s", c->plaintext ? "OFF" : "ON");
	/* Nobody but the relays reaches the socket. */
	if (c->client_addresses)
		add_text(o, "--proxy-protocol-networks=localhost");
}
