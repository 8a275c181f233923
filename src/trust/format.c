/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/format.h"

#include "base/i18n.h"

#include <string.h>

/* The bytes by which a form is known, in the order in which they are tried. */
static const struct {
	const char *bytes;
	size_t n;
	enum store_format format;
	int (*read)(
	    struct store *s, struct span file, const struct store_secret *secret, struct err *e);
} forms[] = {
	{ "\xfe\xed\xfe\xed", 4, STORE_JKS, jks_read },
	{ "\xce\xce\xce\xce", 4, STORE_JKS, jks_read },
	{ "SQLite format 3", 16, STORE_NSS, nss_read },
	{ "\x30", 1, STORE_PKCS12, p12_read }, /* it knows a bare certificate from PKCS12 */
	{ "", 0, STORE_PEM, pem_read },
};

int format_read(struct store *s, struct span file, const struct store_secret *secret, struct err *e)
{
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		if (file.n < forms[i].n ||
		    (forms[i].n && memcmp(file.p, forms[i].bytes, forms[i].n) != 0))
			continue;
		s->format = forms[i].format;
		return forms[i].read(s, file, secret, e);
	}
	return -1;
}
