/* SPDX-License-Identifier: Apache-2.0 */
#include "pki/digest.h"

#include <openssl/evp.h>
#include <string.h>

int sha256(const void *p, size_t n, uint8_t out[SHA256_LENGTH])
{
	return EVP_Q_digest(NULL, "SHA256", NULL, p, n, out, NULL) == 1 ? 0 : -1;
}

static int sha1(const void *p, size_t n, uint8_t out[SHA1_LENGTH])
{
	return EVP_Q_digest(NULL, "SHA1", NULL, p, n, out, NULL) == 1 ? 0 : -1;
}

/* once: SHA1(password); twice: SHA1(SHA1(password)). */
static int stages(const char *password, uint8_t once[SHA1_LENGTH], uint8_t twice[SHA1_LENGTH])
{
	if (sha1(password, strlen(password), once) < 0)
		return -1;
	return sha1(once, SHA1_LENGTH, twice);
}

int mysql_native_hash(const char *password, char out[42])
{
	static const char digits[] = "0123456789ABCDEF";
	uint8_t once[SHA1_LENGTH], twice[SHA1_LENGTH];
	int rc = stages(password, once, twice);
	char *o = out;

	/* Who has the first stage can log in; the second is what the server stores. */
	explicit_bzero(once, sizeof once);
	if (rc < 0)
		return -1;
	*o++ = '*';
	for (size_t i = 0; i < SHA1_LENGTH; i++) {
		*o++ = digits[twice[i] >> 4];
		*o++ = digits[twice[i] & 15];
	}
	*o = '\0';
	return 0;
}

int mysql_native_answer(const char *password, const uint8_t scramble[20], uint8_t out[SHA1_LENGTH])
{
	uint8_t once[SHA1_LENGTH], mixed[20 + SHA1_LENGTH];
	int rc = -1;

	memcpy(mixed, scramble, 20);
	if (stages(password, once, mixed + 20) < 0 || sha1(mixed, sizeof mixed, out) < 0)
		goto out;
	for (size_t i = 0; i < SHA1_LENGTH; i++)
		out[i] ^= once[i];
	rc = 0;
out:
	explicit_bzero(once, sizeof once);
	return rc;
}

int mysql_sha2_answer(const char *password, const uint8_t scramble[20], uint8_t out[SHA256_LENGTH])
{
	uint8_t once[SHA256_LENGTH], mixed[SHA256_LENGTH + 20];
	int rc = -1;

	memcpy(mixed + SHA256_LENGTH, scramble, 20);
	if (sha256(password, strlen(password), once) < 0 || sha256(once, sizeof once, mixed) < 0 ||
	    sha256(mixed, sizeof mixed, out) < 0)
		goto out;
	for (size_t i = 0; i < SHA256_LENGTH; i++)
		out[i] ^= once[i];
	rc = 0;
out:
	explicit_bzero(once, sizeof once);
	return rc;
}
