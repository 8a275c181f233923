/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/foreign.h"

#include "base/file.h"
#include "base/i18n.h"
#include "trust/change.h"

#include <openssl/evp.h>
#include <string.h>

const char *const foreign_systems[] = { "macos", "windows", NULL };

#define KEYCHAIN "/Library/Keychains/System.keychain"

/* security(1); certutil of Windows, which knows a certificate by its SHA-1. */
static const struct {
	const char *add, *remove; /* what stands before the file's name, or before the digest */
	int by_digest;            /* remove takes that */
} lines[] = {
	{ "sudo security add-trusted-cert -d -r trustRoot -k " KEYCHAIN " ",
	    "sudo security remove-trusted-cert -d ", 0 },
	{ "certutil -addstore -f ROOT ", "certutil -delstore ROOT ", 1 },
};

/* The file is made of what there is here, so that it is one certificate as PEM in any case. */
static void line_export(const struct wanted_one *one, struct buf *out)
{
	char path[PATH_MAX];

	(void)buf_fmt(out, "dbtls trust export --only ");
	for (size_t i = 0; i < SHA256_LENGTH; i++)
		(void)buf_fmt(out, "%02X", one->sha256[i]);
	(void)buf_fmt(out, " --out %s.pem", one->name);
	if (one->file) {
		(void)buf_add(out, " ", 1);
		change_quote(out, file_absolute(one->file, path));
	}
	(void)buf_add(out, "\n", 1);
}

static int digest(const struct wanted_one *one, struct buf *out)
{
	unsigned char sha1[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (EVP_Digest(one->anchor->der.p, one->anchor->der.n, sha1, &n, EVP_sha1(), NULL) != 1)
		return -1;
	for (unsigned i = 0; i < n; i++)
		(void)buf_fmt(out, "%02x", sha1[i]);
	return buf_add(out, "\n", 1);
}

int foreign_lines(
    const struct wanted_one *one, int system, int remove, struct buf *out, struct err *e)
{
	int rc;

	if (!one->anchor)
		return err_set(e, ERR_USER,
		    _("say which by its file or name: a digest alone makes no command for %s"),
		    foreign_systems[system]);
	if (remove && lines[system].by_digest) {
		(void)buf_fmt(out, "%s", lines[system].remove);
		rc = digest(one, out);
	} else {
		line_export(one, out);
		rc = buf_fmt(out, "%s%s.pem\n", remove ? lines[system].remove : lines[system].add,
		    one->name);
	}
	return rc < 0 ? err_set(e, ERR_LOCAL, _("there is no memory left")) : 0;
}
