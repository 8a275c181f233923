/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/provider.h"

#include "keys/identity.h"
#include "pki/sslerr.h"

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <string.h>

#define NAME     "dbtls"
#define PROPERTY "provider=" NAME
/* Which key to ask for: an octet string that goes along with the public part. */
#define PARAM_HASH "dbtls-spki-sha256"

static struct {
	OSSL_PROVIDER *builtin, *own;
	provider_sign *sign;
} st;

/* ---- keys -------------------------------------------------------------------------------- */

struct key {
	enum scheme_key kind;
	EVP_PKEY *pub; /* the default provider's; NULL before the import */
	uint8_t hash[32];
	int signs; /* hash is set; a certificate's key comes without, to be compared */
};

static const char *const kind_names[] = { [SCHEME_RSA] = "RSA", [SCHEME_EC] = "EC" };

static void *key_new(enum scheme_key kind)
{
	struct key *k = OPENSSL_zalloc(sizeof *k);

	if (k)
		k->kind = kind;
	return k;
}

static void *key_new_ec(void *provctx)
{
	(void)provctx;
	return key_new(SCHEME_EC);
}

static void *key_new_rsa(void *provctx)
{
	(void)provctx;
	return key_new(SCHEME_RSA);
}

static void key_free(void *vkey)
{
	struct key *k = vkey;

	if (!k)
		return;
	EVP_PKEY_free(k->pub);
	OPENSSL_free(k);
}

static int key_has(const void *vkey, int selection)
{
	const struct key *k = vkey;

	if (!k || !k->pub)
		return 0;
	return !(selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) || k->signs;
}

static int key_match(const void *va, const void *vb, int selection)
{
	const struct key *a = va, *b = vb;

	(void)selection;
	return a->pub && b->pub && EVP_PKEY_eq(a->pub, b->pub) == 1;
}

/* More parameters come than were asked for, such as EC's encoding: the default provider knows. */
static int key_import(void *vkey, int selection, const OSSL_PARAM params[])
{
	const OSSL_PARAM *hash = OSSL_PARAM_locate_const(params, PARAM_HASH);
	struct key *k = vkey;
	EVP_PKEY_CTX *ctx = NULL;
	int rc = 0;

	if (k->pub || !(selection & OSSL_KEYMGMT_SELECT_PUBLIC_KEY))
		return 0;
	if (hash && (hash->data_type != OSSL_PARAM_OCTET_STRING || hash->data_size != 32))
		return 0;
	ctx = EVP_PKEY_CTX_new_from_name(NULL, kind_names[k->kind], "provider=default");
	rc = ctx && EVP_PKEY_fromdata_init(ctx) > 0 &&
	     EVP_PKEY_fromdata(ctx, &k->pub, EVP_PKEY_PUBLIC_KEY, (OSSL_PARAM *)params) > 0;
	EVP_PKEY_CTX_free(ctx);
	if (rc && hash) {
		memcpy(k->hash, hash->data, sizeof k->hash);
		k->signs = 1;
	}
	return rc;
}

static const OSSL_PARAM *key_import_types(int selection)
{
	static const OSSL_PARAM types[] = {
		OSSL_PARAM_octet_string(PARAM_HASH, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0),
		OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_N, NULL, 0),
		OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, NULL, 0),
		OSSL_PARAM_END,
	};

	(void)selection;
	return types;
}

static int key_get_params(void *vkey, OSSL_PARAM params[])
{
	struct key *k = vkey;

	return k->pub && EVP_PKEY_get_params(k->pub, params);
}

static const OSSL_PARAM *key_gettable(void *provctx)
{
	static const OSSL_PARAM types[] = {
		OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, NULL),
		OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, NULL),
		OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, NULL),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_DEFAULT_DIGEST, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0),
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, NULL, 0),
		OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_N, NULL, 0),
		OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, NULL, 0),
		OSSL_PARAM_END,
	};

	(void)provctx;
	return types;
}

static const char *key_operation_ec(int operation)
{
	return operation == OSSL_OP_SIGNATURE ? "ECDSA" : NULL;
}

static const char *key_operation_rsa(int operation)
{
	return operation == OSSL_OP_SIGNATURE ? "RSA" : NULL;
}

/* ---- signatures -------------------------------------------------------------------------- */

struct signer {
	const struct key *key; /* held by the EVP_PKEY that OpenSSL holds meanwhile */
	char digest[16];
	int pss, salted; /* salted: by as many bytes as the digest has */
};

static void *signer_new(void *provctx, const char *propq)
{
	(void)provctx;
	(void)propq;
	return OPENSSL_zalloc(sizeof(struct signer));
}

static void signer_free(void *vs)
{
	OPENSSL_free(vs);
}

static void *signer_dup(void *vs)
{
	return OPENSSL_memdup(vs, sizeof(struct signer));
}

/* libssl names a value by its number in one parameter and by its word in the next. */
static int param_is(const OSSL_PARAM *p, int number, const char *word)
{
	int got;

	if (p->data_type == OSSL_PARAM_UTF8_STRING)
		return p->data && strcmp(p->data, word) == 0;
	return OSSL_PARAM_get_int(p, &got) && got == number;
}

static int signer_set_params(void *vs, const OSSL_PARAM params[])
{
	const OSSL_PARAM *pad = NULL, *salt = NULL;
	struct signer *s = vs;

	if (!params)
		return 1;
	pad = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PAD_MODE);
	salt = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PSS_SALTLEN);
	if (pad) {
		s->pss = param_is(pad, RSA_PKCS1_PSS_PADDING, OSSL_PKEY_RSA_PAD_MODE_PSS);
		if (!s->pss && !param_is(pad, RSA_PKCS1_PADDING, OSSL_PKEY_RSA_PAD_MODE_PKCSV15))
			return 0;
	}
	if (salt) {
		s->salted =
		    param_is(salt, RSA_PSS_SALTLEN_DIGEST, OSSL_PKEY_RSA_PSS_SALT_LEN_DIGEST);
		if (!s->salted)
			return 0;
	}
	return 1;
}

static const OSSL_PARAM *signer_settable(void *vs, void *provctx)
{
	static const OSSL_PARAM types[] = {
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, NULL, 0),
		OSSL_PARAM_END,
	};

	(void)vs;
	(void)provctx;
	return types;
}

static int signer_init(void *vs, const char *digest, void *vkey, const OSSL_PARAM params[])
{
	struct signer *s = vs;

	if (!digest || strlen(digest) >= sizeof s->digest)
		return 0;
	if (vkey)
		s->key = vkey;
	if (!s->key || !scheme_for(s->key->kind, digest, 0))
		return 0;
	memcpy(s->digest, digest, strlen(digest) + 1);
	s->pss = s->salted = 0;
	return signer_set_params(s, params);
}

/* The whole text goes to the key process, not its digest, so that it can check the form. */
static int signer_sign(
    void *vs, unsigned char *out, size_t *n, size_t size, const unsigned char *text, size_t length)
{
	const struct signer *s = vs;
	const struct scheme *scheme = NULL;
	struct provider_ask ask;

	if (!s->key || !s->key->signs)
		return 0;
	if (!out) {
		*n = (size_t)EVP_PKEY_get_size(s->key->pub);
		return 1;
	}
	scheme = scheme_for(s->key->kind, s->digest, s->pss);
	if (!scheme || (s->pss && !s->salted))
		return 0;
	ask = (struct provider_ask) { .key = s->key->hash,
		.algorithm = scheme->id,
		.text = span_of(text, length),
		.signature = out,
		.size = size };
	return st.sign(&ask, n) == 0;
}

/* ---- tables ------------------------------------------------------------------------------ */

typedef void function(void);
#define ROW(id, f)                                                                                 \
	{                                                                                          \
		id, (function *)(void *)f                                                          \
	}

/*
 * No EXPORT: with it OpenSSL moves the key to the default provider to sign there, without a word,
 * and fails for want of a private part.
 */
#define KEY_ROWS(new, operation)                                                                   \
	ROW(OSSL_FUNC_KEYMGMT_NEW, new), ROW(OSSL_FUNC_KEYMGMT_FREE, key_free),                    \
	    ROW(OSSL_FUNC_KEYMGMT_HAS, key_has), ROW(OSSL_FUNC_KEYMGMT_MATCH, key_match),          \
	    ROW(OSSL_FUNC_KEYMGMT_IMPORT, key_import),                                             \
	    ROW(OSSL_FUNC_KEYMGMT_IMPORT_TYPES, key_import_types),                                 \
	    ROW(OSSL_FUNC_KEYMGMT_GET_PARAMS, key_get_params),                                     \
	    ROW(OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, key_gettable),                                  \
	    ROW(OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, operation),                                \
	{                                                                                          \
		0, NULL                                                                            \
	}

static const OSSL_DISPATCH key_ec[] = { KEY_ROWS(key_new_ec, key_operation_ec) };
static const OSSL_DISPATCH key_rsa[] = { KEY_ROWS(key_new_rsa, key_operation_rsa) };

static const OSSL_DISPATCH signer[] = {
	ROW(OSSL_FUNC_SIGNATURE_NEWCTX, signer_new),
	ROW(OSSL_FUNC_SIGNATURE_FREECTX, signer_free),
	ROW(OSSL_FUNC_SIGNATURE_DUPCTX, signer_dup),
	ROW(OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, signer_init),
	ROW(OSSL_FUNC_SIGNATURE_DIGEST_SIGN, signer_sign),
	ROW(OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, signer_set_params),
	ROW(OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, signer_settable),
	{ 0, NULL },
};

/* The names are the default provider's: libssl finds a key's certificate slot by them. */
#define NAMES_EC  "EC:id-ecPublicKey:1.2.840.10045.2.1"
#define NAMES_RSA "RSA:rsaEncryption:1.2.840.113549.1.1.1"

static const OSSL_ALGORITHM keymgmts[] = {
	{ NAMES_EC, PROPERTY, key_ec, NULL },
	{ NAMES_RSA, PROPERTY, key_rsa, NULL },
	{ NULL, NULL, NULL, NULL },
};

static const OSSL_ALGORITHM signatures[] = {
	{ "ECDSA", PROPERTY, signer, NULL },
	{ NAMES_RSA, PROPERTY, signer, NULL },
	{ NULL, NULL, NULL, NULL },
};

static const OSSL_ALGORITHM *query(void *provctx, int operation, int *no_cache)
{
	(void)provctx;
	*no_cache = 0;
	if (operation == OSSL_OP_KEYMGMT)
		return keymgmts;
	return operation == OSSL_OP_SIGNATURE ? signatures : NULL;
}

static int init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out,
    void **provctx)
{
	static const OSSL_DISPATCH table[] = {
		ROW(OSSL_FUNC_PROVIDER_QUERY_OPERATION, query),
		{ 0, NULL },
	};

	(void)in;
	*out = table;
	*provctx = (void *)handle;
	return 1;
}

/* ---- what remote.c calls ----------------------------------------------------------------- */

/*
 * Loading any provider switches off the implicit default one, so it comes first; and unqualified
 * fetches must not land here: a TLS 1.2 key exchange on P-256 would fail.
 */
int provider_open(provider_sign *sign, struct err *e)
{
	st.sign = sign;
	st.builtin = OSSL_PROVIDER_load(NULL, "default");
	if (st.builtin && OSSL_PROVIDER_add_builtin(NULL, NAME, init))
		st.own = OSSL_PROVIDER_load(NULL, NAME);
	if (!st.own || !EVP_set_default_properties(NULL, "?provider=default")) {
		err_ssl(e, "load OpenSSL's providers");
		provider_close();
		return -1;
	}
	return 0;
}

void provider_close(void)
{
	if (st.own)
		OSSL_PROVIDER_unload(st.own);
	if (st.builtin)
		OSSL_PROVIDER_unload(st.builtin);
	st.own = st.builtin = NULL;
}

/* The public part and, beside it, which key to ask for. */
static OSSL_PARAM *key_params(EVP_PKEY *pub, const uint8_t hash[32])
{
	OSSL_PARAM own[2] = { OSSL_PARAM_construct_octet_string(PARAM_HASH, (void *)hash, 32),
		OSSL_PARAM_construct_end() };
	OSSL_PARAM *public = NULL, *both = NULL;

	if (EVP_PKEY_todata(pub, EVP_PKEY_PUBLIC_KEY, &public) == 1)
		both = OSSL_PARAM_merge(public, own);
	/* The merged array borrows from both; the copy owns all that it holds. */
	OSSL_PARAM *copy = both ? OSSL_PARAM_dup(both) : NULL;

	OPENSSL_free(both);
	OSSL_PARAM_free(public);
	return copy;
}

EVP_PKEY *provider_key(X509 *cert, struct err *e)
{
	EVP_PKEY *pub = X509_get0_pubkey(cert), *key = NULL;
	EVP_PKEY_CTX *ctx = NULL;
	OSSL_PARAM *params = NULL;
	struct identity id;

	if (!pub) {
		err_ssl(e, "read the certificate's key");
		return NULL;
	}
	if (identity_of(pub, &id, e) < 0)
		return NULL;
	params = key_params(pub, id.hash);
	ctx = EVP_PKEY_CTX_new_from_name(NULL, kind_names[id.kind], PROPERTY);
	if (!params || !ctx || EVP_PKEY_fromdata_init(ctx) <= 0 ||
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) <= 0) {
		err_ssl(e, "make a key that is elsewhere");
		key = NULL;
	}
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
	return key;
}
