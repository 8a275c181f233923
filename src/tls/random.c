/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/random.h"

#include "pki/sslerr.h"

#include <errno.h>
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/rand.h>
#include <string.h>
#include <sys/random.h>

#define NAME     "dbtls-random"
#define POOL     1024 /* about five handshakes */
#define STRENGTH 256  /* bits */

/* The next numbers; those that were given out are wiped. */
static struct {
	size_t left; /* at the end of p */
	uint8_t p[POOL];
} pool;

static int from_kernel(uint8_t *p, size_t n)
{
	while (n > 0) {
		ssize_t got = getrandom(p, n, 0);

		if (got < 0 && errno != EINTR)
			return -1;
		if (got > 0) {
			p += got;
			n -= (size_t)got;
		}
	}
	return 0;
}

static int from_pool(uint8_t *out, size_t n)
{
	uint8_t *at;

	if (pool.left < n && from_kernel(pool.p, POOL) < 0)
		return -1;
	if (pool.left < n)
		pool.left = POOL;
	at = pool.p + POOL - pool.left;
	memcpy(out, at, n);
	explicit_bzero(at, n);
	pool.left -= n;
	return 0;
}

static int generate(void *ctx, unsigned char *out, size_t n, unsigned strength, int resist,
    const unsigned char *more, size_t more_n)
{
	(void)ctx;
	(void)more; /* the kernel needs none */
	(void)more_n;
	if (strength > STRENGTH)
		return 0;
	/* "Prediction resistance" wants numbers that did not lie here before. */
	return (n > POOL || resist ? from_kernel(out, n) : from_pool(out, n)) == 0;
}

/* ---- what OpenSSL wants besides (provider-rand(7)); there is nothing to be kept -----------------
 */

static void *new_ctx(void *provctx, void *parent, const OSSL_DISPATCH *calls)
{
	(void)provctx;
	(void)parent;
	(void)calls;
	return &pool;
}

static void free_ctx(void *ctx)
{
	(void)ctx;
}

static int instantiate(void *ctx, unsigned strength, int resist, const unsigned char *name,
    size_t name_n, const OSSL_PARAM params[])
{
	(void)ctx;
	(void)resist;
	(void)name;
	(void)name_n;
	(void)params;
	return strength <= STRENGTH;
}

static int uninstantiate(void *ctx)
{
	(void)ctx;
	return 1;
}

/* One thread. */
static int enable_locking(void *ctx)
{
	(void)ctx;
	return 1;
}

static int get_params(void *ctx, OSSL_PARAM params[])
{
	OSSL_PARAM *p;

	(void)ctx;
	if ((p = OSSL_PARAM_locate(params, OSSL_RAND_PARAM_STATE)) &&
	    !OSSL_PARAM_set_int(p, EVP_RAND_STATE_READY))
		return 0;
	if ((p = OSSL_PARAM_locate(params, OSSL_RAND_PARAM_STRENGTH)) &&
	    !OSSL_PARAM_set_uint(p, STRENGTH))
		return 0;
	return !(p = OSSL_PARAM_locate(params, OSSL_RAND_PARAM_MAX_REQUEST)) ||
	       OSSL_PARAM_set_size_t(p, 1 << 20);
}

static const OSSL_PARAM *gettable_params(void *ctx, void *provctx)
{
	static const OSSL_PARAM types[] = {
		OSSL_PARAM_int(OSSL_RAND_PARAM_STATE, NULL),
		OSSL_PARAM_uint(OSSL_RAND_PARAM_STRENGTH, NULL),
		OSSL_PARAM_size_t(OSSL_RAND_PARAM_MAX_REQUEST, NULL),
		OSSL_PARAM_END,
	};

	(void)ctx;
	(void)provctx;
	return types;
}

#define ROW(id, function)                                                                          \
	{                                                                                          \
		id, (void (*)(void))(function)                                                     \
	}

static const OSSL_ALGORITHM *query(void *provctx, int operation, int *no_cache)
{
	static const OSSL_DISPATCH calls[] = {
		ROW(OSSL_FUNC_RAND_NEWCTX, new_ctx),
		ROW(OSSL_FUNC_RAND_FREECTX, free_ctx),
		ROW(OSSL_FUNC_RAND_INSTANTIATE, instantiate),
		ROW(OSSL_FUNC_RAND_UNINSTANTIATE, uninstantiate),
		ROW(OSSL_FUNC_RAND_GENERATE, generate),
		ROW(OSSL_FUNC_RAND_ENABLE_LOCKING, enable_locking),
		ROW(OSSL_FUNC_RAND_GET_CTX_PARAMS, get_params),
		ROW(OSSL_FUNC_RAND_GETTABLE_CTX_PARAMS, gettable_params),
		{ 0, NULL },
	};
	static const OSSL_ALGORITHM algorithms[] = {
		{ NAME, "provider=" NAME, calls, "numbers of the kernel's, many at a time" },
		{ NULL, NULL, NULL, NULL },
	};

	(void)provctx;
	*no_cache = 0;
	return operation == OSSL_OP_RAND ? algorithms : NULL;
}

static int init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out,
    void **provctx)
{
	static const OSSL_DISPATCH calls[] = {
		ROW(OSSL_FUNC_PROVIDER_QUERY_OPERATION, query),
		{ 0, NULL },
	};

	(void)in;
	*out = calls;
	*provctx = (void *)handle;
	return 1;
}

/* Held as long as the process lives: OpenSSL's own end comes after the last number. */
static OSSL_PROVIDER *provider;

int random_begin(struct err *e)
{
	if (OSSL_PROVIDER_add_builtin(NULL, NAME, init))
		provider = OSSL_PROVIDER_load(NULL, NAME);
	if (!provider || RAND_set_DRBG_type(NULL, NAME, "provider=" NAME, NULL, NULL) != 1 ||
	    RAND_status() != 1)
		return err_ssl(e, "set up random numbers");
	return 0;
}
