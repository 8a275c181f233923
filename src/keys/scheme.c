/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/scheme.h"

#include <openssl/rsa.h>
#include <strings.h>

static const struct scheme schemes[] = {
	{ 0x0403, SCHEME_EC, "SHA256", 0, 1 },
	{ 0x0503, SCHEME_EC, "SHA384", 0, 1 },
	{ 0x0603, SCHEME_EC, "SHA512", 0, 1 },
	{ 0x0804, SCHEME_RSA, "SHA256", 1, 1 },
	{ 0x0805, SCHEME_RSA, "SHA384", 1, 1 },
	{ 0x0806, SCHEME_RSA, "SHA512", 1, 1 },
	/* PKCS#1 v1.5 signs no CertificateVerify in TLS 1.3 (RFC 8446 4.2.3). */
	{ 0x0401, SCHEME_RSA, "SHA256", 0, 0 },
	{ 0x0501, SCHEME_RSA, "SHA384", 0, 0 },
	{ 0x0601, SCHEME_RSA, "SHA512", 0, 0 },
};

/* libssl uses two names for one digest within one handshake. */
static const struct {
	const char *digest, *alias;
} aliases[] = {
	{ "SHA256", "SHA2-256" },
	{ "SHA256", "SHA-256" },
	{ "SHA384", "SHA2-384" },
	{ "SHA384", "SHA-384" },
	{ "SHA512", "SHA2-512" },
	{ "SHA512", "SHA-512" },
};

const struct scheme *scheme_at(size_t i)
{
	return i < sizeof schemes / sizeof *schemes ? &schemes[i] : NULL;
}

const struct scheme *scheme_find(uint32_t id)
{
	const struct scheme *s;

	for (size_t i = 0; (s = scheme_at(i)); i++)
		if (s->id == id)
			return s;
	return NULL;
}

static const char *first_name(const char *digest)
{
	for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
		if (strcasecmp(aliases[i].alias, digest) == 0)
			return aliases[i].digest;
	return digest;
}

const struct scheme *scheme_for(enum scheme_key key, const char *digest, int pss)
{
	const char *name = first_name(digest);
	const struct scheme *s;

	for (size_t i = 0; (s = scheme_at(i)); i++)
		if (s->key == key && s->pss == pss && strcasecmp(s->digest, name) == 0)
			return s;
	return NULL;
}

int scheme_pss(EVP_PKEY_CTX *ctx)
{
	if (EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) <= 0 ||
	    EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) <= 0)
		return -1;
	return 0;
}
