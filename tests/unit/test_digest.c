/* SPDX-License-Identifier: Apache-2.0 */
#include "pki/awssign.h"
#include "pki/digest.h"
#include "pki/sslerr.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include "tap.h"

static void sha1(const void *p, size_t n, uint8_t *out)
{
	(void)EVP_Q_digest(NULL, "SHA1", NULL, p, n, out, NULL);
}

/* As the server checks an answer, knowing the stored form alone. */
static void test_answer(void)
{
	uint8_t scramble[20] = "abcdefghijklmnopqrs", once[20], twice[20], mixed[40];
	uint8_t answer[SHA1_LENGTH], mask[20], again[20];

	sha1("password", 8, once);
	sha1(once, sizeof once, twice);
	memcpy(mixed, scramble, 20);
	memcpy(mixed + 20, twice, 20);
	sha1(mixed, sizeof mixed, mask);
	is_int(mysql_native_answer("password", scramble, answer), 0, "an answer is made");
	for (size_t i = 0; i < sizeof answer; i++)
		answer[i] ^= mask[i];
	sha1(answer, sizeof answer, again);
	ok(memcmp(again, twice, sizeof again) == 0, "… and the server would take it");
}

/* The same for the other method: the server keeps SHA256(SHA256(password)). */
static void test_sha2_answer(void)
{
	uint8_t scramble[20] = "abcdefghijklmnopqrs", twice[32], mixed[52], mask[32], again[32];
	uint8_t answer[SHA256_LENGTH];

	(void)sha256("password", 8, again);
	(void)sha256(again, sizeof again, twice);
	memcpy(mixed, twice, sizeof twice);
	memcpy(mixed + sizeof twice, scramble, sizeof scramble);
	(void)sha256(mixed, sizeof mixed, mask);
	is_int(mysql_sha2_answer("password", scramble, answer), 0, "a sha2 answer is made");
	for (size_t i = 0; i < sizeof answer; i++)
		answer[i] ^= mask[i];
	(void)sha256(answer, sizeof answer, again);
	ok(memcmp(again, twice, sizeof again) == 0, "… and the server would take it");
}

static void test_err_ssl(void)
{
	struct err e;

	ERR_raise_data(ERR_LIB_X509, ERR_R_MALLOC_FAILURE, "seven bytes");
	ERR_raise(ERR_LIB_SSL, ERR_R_INTERNAL_ERROR);
	is_int(err_ssl(&e, "read %s", "a.pem"), -1, "err_ssl returns -1");
	is_str(e.text, "read a.pem: malloc failure (seven bytes)", "the oldest error is the cause");
	ok(e.kind == ERR_TLS && ERR_GET_LIB(e.ssl) == ERR_LIB_X509, "its code is kept");
	is_int(ERR_peek_error(), 0, "the queue is empty then");
	ERR_raise(ERR_LIB_SYS, 2);
	err_ssl(&e, "open");
	is_str(e.text, "open: No such file or directory", "a system error");
	err_ssl(&e, "x");
	is_str(e.text, "x: OpenSSL gives no reason", "an empty queue");
}

static struct span text(const char *s)
{
	return span_of(s, strlen(s));
}

/* "get-vanilla" and "post-vanilla" of the suite that AWS has published with the algorithm. */
static void test_awssign(void)
{
	static const char secret[] = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
	struct awssign r = {
		.method = text("GET"),
		.fields = text("host:example.amazonaws.com\nx-amz-date:20150830T123600Z\n"),
		.names = text("host;x-amz-date"),
		.date = text("20150830T123600Z"),
		.scope = text("20150830/us-east-1/service/aws4_request"),
	};
	char long_one[AWSSIGN_SECRET_MAX + 2], out[AWSSIGN_HEX];

	is_int(awssign_make(&r, secret, out), 0, "a request is signed");
	is_str(out, "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31", "GET");
	r.method = text("POST");
	is_int(awssign_make(&r, secret, out), 0, "and another");
	is_str(out, "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b", "POST");
	memset(long_one, 'x', sizeof long_one);
	long_one[sizeof long_one - 1] = '\0';
	is_int(awssign_make(&r, long_one, out), -1, "no secret is that long");
	long_one[sizeof long_one - 2] = '\0';
	is_int(awssign_make(&r, long_one, out), 0, "one byte less is the longest");
}

int main(void)
{
	test_awssign();
	static const uint8_t abc[4] = { 0xba, 0x78, 0x16, 0xbf };
	uint8_t digest[SHA256_LENGTH];
	char text[42];

	ok(sha256("abc", 3, digest) == 0 && memcmp(digest, abc, sizeof abc) == 0, "SHA-256 of abc");
	is_int(mysql_native_hash("password", text), 0, "a stored form is made");
	is_str(text, "*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19", "… as MySQL's PASSWORD()");
	test_answer();
	test_sha2_answer();
	test_err_ssl();
	return tap_done();
}
