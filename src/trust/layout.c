/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/layout.h"

#include "base/i18n.h"
#include "trust/ask.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECONDS   180
#define SAID_MAX  (1u << 20)
#define WORDS_MAX 4

/* A system's own programs; whoever runs this may have others in their PATH. */
static const char *const folders[] = { "/usr/sbin", "/usr/bin", "/sbin", "/bin", NULL };
static const char *const environment[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C",
	"HOME=/root", NULL };

/*
 * In the order in which they are looked for. Sources: update-ca-trust(8), update-ca-certificates(8)
 * of Debian and of SUSE, trust(1) of p11-kit.
 */
static const struct layout layouts[] = {
	{
	    .name = "RHEL, Fedora, Amazon Linux",
	    .source = "/etc/pki/ca-trust/source/anchors",
	    .run = "update-ca-trust extract",
	    .renew = "update-ca-trust extract",
	    .derived = { "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
		"/etc/pki/ca-trust/extracted/openssl/ca-bundle.trust.crt",
		"/etc/pki/ca-trust/extracted/java/cacerts" },
	    .blocked = { "/etc/pki/ca-trust/source/blocklist",
		"/etc/pki/ca-trust/source/blacklist" },
	},
	{
	    .name = "SUSE",
	    .source = "/etc/pki/trust/anchors",
	    .run = "update-ca-certificates",
	    .renew = "update-ca-certificates",
	    .derived = { "/var/lib/ca-certificates/ca-bundle.pem", "/var/lib/ca-certificates/pem",
		"/var/lib/ca-certificates/java-cacerts" },
	    .blocked = { "/etc/pki/trust/blocklist", "/etc/pki/trust/blacklist" },
	},
	{
	    .name = "Arch",
	    .source = "/etc/ca-certificates/trust-source/anchors",
	    .run = "trust extract-compat",
	    .renew = "trust extract-compat",
	    .derived = { "/etc/ca-certificates/extracted/tls-ca-bundle.pem",
		"/etc/ca-certificates/extracted/cadir",
		"/etc/ca-certificates/extracted/java-cacerts.jks", "/etc/ssl/certs/java/cacerts" },
	    .blocked = { "/etc/ca-certificates/trust-source/blocklist",
		"/etc/ca-certificates/trust-source/blacklist" },
	},
	{
	    /* Without --fresh links to a file that has gone stay. */
	    .name = "Debian, Ubuntu, Alpine",
	    .source = "/usr/local/share/ca-certificates",
	    .run = "update-ca-certificates",
	    .renew = "update-ca-certificates --fresh",
	    .derived = { "/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/certs",
		"/etc/ssl/certs/java/cacerts" },
	    .conf = "/etc/ca-certificates.conf",
	    .shipped = "/usr/share/ca-certificates",
	},
};
#define LAYOUTS (sizeof layouts / sizeof *layouts)

const char *layout_program(const char *command, char out[PATH_MAX])
{
	int n = (int)strcspn(command, " ");

	for (size_t i = 0; folders[i]; i++) {
		(void)snprintf(out, PATH_MAX, "%s/%.*s", folders[i], n, command);
		if (access(out, X_OK) == 0)
			return out;
	}
	return NULL;
}

int layout_has(const char *command)
{
	char path[PATH_MAX];

	return layout_program(command, path) != NULL;
}

const struct layout *layout_find(void)
{
	const struct layout *found = NULL;
	struct stat st;

	for (size_t i = LAYOUTS; i-- > 0;) {
		if (stat(layouts[i].source, &st) < 0 || !S_ISDIR(st.st_mode))
			continue;
		/* One without its command is better than none: then that is what is said. */
		if (!found || layout_has(layouts[i].run))
			found = &layouts[i];
	}
	return found;
}

const struct layout *layout_of(const char *command)
{
	for (size_t i = 0; i < LAYOUTS; i++)
		if (strcmp(layouts[i].run, command) == 0 || strcmp(layouts[i].renew, command) == 0)
			return &layouts[i];
	return NULL;
}

int layout_run(const char *command, struct err *e)
{
	char path[PATH_MAX], words[PATH_MAX], *at = words;
	const char *argv[WORDS_MAX + 1] = { NULL };
	const struct ask a = { .argv = argv,
		.environment = environment,
		.heard = 1,
		.seconds = SECONDS,
		.max = SAID_MAX };
	struct buf said;

	if (!layout_program(command, path))
		return err_set(
		    e, ERR_LOCAL, _("%s is not there; install ca-certificates"), command);
	(void)snprintf(words, sizeof words, "%s", command);
	for (size_t i = 0; i < WORDS_MAX; i++)
		argv[i] = strsep(&at, " ");
	argv[0] = path;
	if (ask_run(&a, &said, e) < 0)
		return -1;
	buf_free(&said);
	return 0;
}
