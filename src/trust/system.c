/* SPDX-License-Identifier: Apache-2.0 */
/* The system's own stores, as Debian, RHEL, SUSE, Arch and Alpine lay them out. */
#include "base/i18n.h"
#include "trust/kind.h"

#include <openssl/x509.h>

/* Bundles and folders, whoever may use them. */
static const char *const stores[] = {
	"/etc/ssl/certs/ca-certificates.crt",                /* Debian, Alpine, Arch */
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", /* RHEL, Fedora, Amazon Linux */
	"/etc/ca-certificates/extracted/tls-ca-bundle.pem",  /* Arch */
	"/var/lib/ca-certificates/ca-bundle.pem",            /* SUSE */
	"/etc/ssl/ca-bundle.pem",
	"/etc/pki/tls/certs/ca-bundle.crt",
	"/etc/pki/tls/cert.pem",
	"/etc/ssl/cert.pem", /* Alpine, BSD */
	"/etc/ssl/certs",
	"/etc/pki/tls/certs",
	"/var/lib/ca-certificates/pem",
	"/etc/ca-certificates/extracted/cadir",
	NULL,
};

#define USER_PATHS 8

/* Which of these a program takes: the first that is there. */
static const struct {
	const char *who;
	const char *paths[USER_PATHS];
} users[] = {
	/* crypto/x509/root_linux.go */
	{ N_("Go"),
	    { "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
		"/etc/ssl/ca-bundle.pem", "/etc/pki/tls/cacert.pem",
		"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/cert.pem" } },
	/* curl's configure */
	{ N_("curl"), { "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
			  "/etc/ssl/ca-bundle.pem", "/usr/share/ssl/certs/ca-bundle.crt",
			  "/usr/local/share/certs/ca-root-nss.crt", "/etc/ssl/cert.pem" } },
	/* What each distribution's OpenSSL has for OPENSSLDIR; its folder is asked after its file.
	 */
	{ N_("OpenSSL"), { "/usr/lib/ssl/cert.pem", "/etc/pki/tls/cert.pem", "/etc/ssl/cert.pem",
			     "/usr/lib/ssl/certs", "/etc/pki/tls/certs", "/etc/ssl/certs" } },
};

static int use(struct hunt *h, size_t user)
{
	struct stat st;

	for (size_t i = 0; i < USER_PATHS && users[user].paths[i]; i++)
		if (tree_stat(h->tree, users[user].paths[i], &st) == 0)
			return hunt_add(h, users[user].paths[i], users[user].who);
	return 0;
}

/* Both of OpenSSL's own are used, one after the other. */
static int use_openssl(struct hunt *h)
{
	if (!hunt_here(h))
		return 0;
	if (hunt_add(h, X509_get_default_cert_file(), N_("OpenSSL")) < 0)
		return -1;
	return hunt_add(h, X509_get_default_cert_dir(), N_("OpenSSL"));
}

static int system_find(struct hunt *h)
{
	for (size_t i = 0; stores[i]; i++)
		if (hunt_add(h, stores[i], NULL) < 0)
			return -1;
	for (size_t i = 0; i < sizeof users / sizeof *users; i++)
		if (use(h, i) < 0)
			return -1;
	return use_openssl(h);
}

/* Where an administrator puts a CA, for the system's command to take it into the stores above. */
static const struct hunt_row sources[] = {
	{ "/usr/local/share/ca-certificates", N_("update-ca-certificates") },
	{ "/etc/pki/ca-trust/source/anchors", N_("update-ca-trust") },
	{ "/usr/share/pki/ca-trust-source/anchors", N_("update-ca-trust") },
	{ "/etc/pki/trust/anchors", N_("update-ca-certificates") },
	{ "/etc/ca-certificates/trust-source/anchors", N_("trust extract-compat") },
	{ 0 },
};

static const struct hunt_row blocked[] = {
	{ "/etc/pki/ca-trust/source/blocklist", N_("update-ca-trust") },
	{ "/etc/pki/ca-trust/source/blacklist", N_("update-ca-trust") },
	{ "/etc/pki/trust/blocklist", N_("update-ca-certificates") },
	{ "/etc/pki/trust/blacklist", N_("update-ca-certificates") },
	{ "/etc/ca-certificates/trust-source/blocklist", N_("trust extract-compat") },
	{ "/etc/ca-certificates/trust-source/blacklist", N_("trust extract-compat") },
	{ 0 },
};

static int system_source_find(struct hunt *h)
{
	return hunt_rows(h, sources);
}

static int system_blocked_find(struct hunt *h)
{
	return hunt_rows(h, blocked);
}

const struct store_kind system_kind = { .name = "system", .find = system_find };
const struct store_kind system_source_kind = {
	.name = "source",
	.find = system_source_find,
	.besides = 1,
};
const struct store_kind system_blocked_kind = {
	.name = "blocked",
	.find = system_blocked_find,
	.distrusts = 1,
	.besides = 1,
};
