/* SPDX-License-Identifier: Apache-2.0 */
/* What the key process signs: each accepted form, and beside it the twins that must be refused. */
#include "keys/form.h"
#include "keys/request.h"
#include "keys/scheme.h"
#include "proc/messages.h"

#include "tap.h"

#include <stdlib.h>

#define SERVER "TLS 1.3, server CertificateVerify"
#define CLIENT "TLS 1.3, client CertificateVerify"

/* A text of TLS 1.3's form, or nearly. */
struct case13 {
	const char *name;
	size_t spaces;
	const char *words;
	size_t hash;
	uint32_t algorithm;
	int want;
};

static const struct case13 cases13[] = {
	{ "SHA-256 transcript, ecdsa_secp256r1_sha256", 64, SERVER, 32, 0x0403, 0 },
	{ "SHA-384 transcript, ecdsa_secp256r1_sha256", 64, SERVER, 48, 0x0403, 0 },
	{ "ecdsa_secp384r1_sha384", 64, SERVER, 48, 0x0503, 0 },
	{ "rsa_pss_rsae_sha256", 64, SERVER, 32, 0x0804, 0 },
	{ "rsa_pss_rsae_sha512", 64, SERVER, 32, 0x0806, 0 },
	{ "a client's context string", 64, CLIENT, 32, 0x0403, -1 },
	{ "another context string", 64, "TLS 1.3, server CertificateVerifx", 32, 0x0403, -1 },
	{ "a longer context string", 64, SERVER "s", 31, 0x0403, -1 },
	{ "63 spaces", 63, SERVER, 32, 0x0403, -1 },
	{ "65 spaces", 65, SERVER, 32, 0x0403, -1 },
	{ "65 spaces, a byte less of hash", 65, SERVER, 31, 0x0403, -1 },
	{ "no hash", 64, SERVER, 0, 0x0403, -1 },
	{ "a hash of 31 bytes", 64, SERVER, 31, 0x0403, -1 },
	{ "a hash of 33 bytes", 64, SERVER, 33, 0x0403, -1 },
	{ "a hash of 47 bytes", 64, SERVER, 47, 0x0403, -1 },
	{ "a hash of 49 bytes", 64, SERVER, 49, 0x0403, -1 },
	{ "a hash of 64 bytes", 64, SERVER, 64, 0x0403, -1 },
	{ "rsa_pkcs1_sha256 is for TLS 1.2", 64, SERVER, 32, 0x0401, -1 },
	{ "rsa_pkcs1_sha1", 64, SERVER, 32, 0x0201, -1 },
	{ "ecdsa_sha1", 64, SERVER, 32, 0x0203, -1 },
	{ "no algorithm", 64, SERVER, 32, 0, -1 },
	{ "an algorithm beyond 16 bits", 64, SERVER, 32, 0x10403, -1 },
};

/* A text of TLS 1.2's form, or nearly. */
struct case12 {
	const char *name;
	size_t randoms;
	unsigned curve_type, group, length;
	size_t point;
	unsigned first;
	uint32_t algorithm;
	int want;
};

static const struct case12 cases12[] = {
	{ "secp256r1", 64, 3, 23, 65, 65, 4, 0x0403, 0 },
	{ "secp384r1", 64, 3, 24, 97, 97, 4, 0x0403, 0 },
	{ "secp521r1", 64, 3, 25, 133, 133, 4, 0x0403, 0 },
	{ "x25519", 64, 3, 29, 32, 32, 9, 0x0403, 0 },
	{ "x448", 64, 3, 30, 56, 56, 9, 0x0403, 0 },
	{ "rsa_pkcs1_sha256", 64, 3, 29, 32, 32, 9, 0x0401, 0 },
	{ "rsa_pkcs1_sha512", 64, 3, 29, 32, 32, 9, 0x0601, 0 },
	{ "rsa_pss_rsae_sha256", 64, 3, 29, 32, 32, 9, 0x0804, 0 },
	{ "63 bytes of randoms", 63, 3, 29, 32, 32, 9, 0x0403, -1 },
	{ "65 bytes of randoms", 65, 3, 29, 32, 32, 9, 0x0403, -1 },
	{ "explicit_prime", 64, 1, 23, 65, 65, 4, 0x0403, -1 },
	{ "explicit_char2", 64, 2, 23, 65, 65, 4, 0x0403, -1 },
	{ "an unknown group", 64, 3, 22, 65, 65, 4, 0x0403, -1 },
	{ "a group of finite fields", 64, 3, 256, 32, 32, 4, 0x0403, -1 },
	{ "another group's length", 64, 3, 23, 97, 97, 4, 0x0403, -1 },
	{ "a point one short", 64, 3, 23, 65, 64, 4, 0x0403, -1 },
	{ "a point one long", 64, 3, 23, 65, 66, 4, 0x0403, -1 },
	{ "a length one less", 64, 3, 23, 64, 65, 4, 0x0403, -1 },
	{ "no point", 64, 3, 29, 32, 0, 9, 0x0403, -1 },
	{ "a compressed point", 64, 3, 23, 65, 65, 2, 0x0403, -1 },
	{ "a compressed point's length", 64, 3, 23, 33, 33, 2, 0x0403, -1 },
	{ "secp384r1, not 4", 64, 3, 24, 97, 97, 6, 0x0403, -1 },
	{ "secp521r1, not 4", 64, 3, 25, 133, 133, 0, 0x0403, -1 },
	{ "rsa_pkcs1_sha1", 64, 3, 29, 32, 32, 9, 0x0201, -1 },
	{ "rsa_pkcs1_md5_sha1", 64, 3, 29, 32, 32, 9, 0xff01, -1 },
};

static size_t make13(const struct case13 *c, uint8_t *out)
{
	size_t words = strlen(c->words) + 1;

	memset(out, ' ', c->spaces);
	memcpy(out + c->spaces, c->words, words);
	memset(out + c->spaces + words, 0xaa, c->hash);
	return c->spaces + words + c->hash;
}

static size_t make12(const struct case12 *c, uint8_t *out)
{
	uint8_t *p = out + c->randoms;

	memset(out, 0x55, c->randoms);
	*p++ = (uint8_t)c->curve_type;
	*p++ = (uint8_t)(c->group >> 8);
	*p++ = (uint8_t)c->group;
	*p++ = (uint8_t)c->length;
	memset(p, 0xaa, c->point);
	if (c->point)
		*p = (uint8_t)c->first;
	return c->randoms + 4 + c->point;
}

/* In memory of just that size, so that reading one byte too far is seen. */
static int check(const uint8_t *text, size_t n, uint32_t algorithm)
{
	uint8_t *exact = malloc(n ? n : 1);
	int rc;

	memcpy(exact, text, n);
	rc = form_check(span_of(exact, n), algorithm);
	free(exact);
	return rc;
}

static void test_cases(void)
{
	uint8_t text[512];

	for (size_t i = 0; i < sizeof cases13 / sizeof *cases13; i++)
		is_int(check(text, make13(&cases13[i], text), cases13[i].algorithm),
		    cases13[i].want, "TLS 1.3: %s", cases13[i].name);
	for (size_t i = 0; i < sizeof cases12 / sizeof *cases12; i++)
		is_int(check(text, make12(&cases12[i], text), cases12[i].algorithm),
		    cases12[i].want, "TLS 1.2: %s", cases12[i].name);
}

/* Every length but the right ones, and every single byte of the fixed part changed. */
static void test_near(void)
{
	uint8_t text[FORM_TEXT], hash[32] = { 1 };
	size_t accepted = 0;

	form_text(text, hash);
	is_int(check(text, sizeof text, 0x0403), 0, "form_text has the form");
	for (size_t n = 0; n < sizeof text; n++)
		accepted += check(text, n, 0x0403) == 0;
	is_int(accepted, 0, "nothing shorter is accepted");
	for (size_t i = 0; i < sizeof text - sizeof hash; i++) {
		text[i] ^= 0x20;
		accepted += check(text, sizeof text, 0x0403) == 0;
		text[i] ^= 0x20;
	}
	is_int(accepted, 0, "nor with any byte of its fixed part changed");
}

static void test_schemes(void)
{
	is_int(scheme_for(SCHEME_EC, "SHA2-256", 0)->id, 0x0403, "libssl's second name of SHA-256");
	is_int(scheme_for(SCHEME_RSA, "sha384", 1)->id, 0x0805, "PSS with SHA-384");
	ok(!scheme_for(SCHEME_EC, "SHA1", 0), "SHA-1: none");
	ok(!scheme_for(SCHEME_EC, "SHA256", 1), "EC has no PSS");
}

static int request(const struct identity *key, const struct sign_request *r, const void *text,
    size_t n, struct request *out)
{
	static uint8_t payload[1024];
	struct err e;

	memcpy(payload, r, sizeof *r);
	memcpy(payload + sizeof *r, text, n);
	return request_check(span_of(payload, sizeof *r + n), key, out, &e);
}

static void test_request(void)
{
	struct identity key = { .hash = { 7 }, .kind = SCHEME_EC };
	struct sign_request r = { .id = 99, .key = { 7 }, .algorithm = 0x0403 };
	uint8_t text[FORM_TEXT], hash[32] = { 1 };
	struct request out;
	struct err e;

	form_text(text, hash);
	is_int(request(&key, &r, text, sizeof text, &out), 0, "a request in order");
	ok(out.id == 99 && out.scheme->id == 0x0403 && out.text.n == sizeof text, "… is read");
	r.key[31] = 1;
	is_int(request(&key, &r, text, sizeof text, &out), -1, "another key");
	is_int(out.id, 99, "… is refused by its id");
	r.key[31] = 0;
	r.algorithm = 0x0804;
	is_int(request(&key, &r, text, sizeof text, &out), -1, "an RSA algorithm for an EC key");
	key.kind = SCHEME_RSA;
	is_int(request(&key, &r, text, sizeof text, &out), 0, "… and for an RSA key");
	r.algorithm = 0x0403;
	is_int(request(&key, &r, text, sizeof text, &out), -1, "an EC algorithm for an RSA key");
	is_int(request(&key, &r, "", 0, &out), -1, "no text");
	is_int(request_check(span_of(&r, sizeof r - 1), &key, &out, &e), -1, "half a request");
}

int main(void)
{
	test_cases();
	test_near();
	test_schemes();
	test_request();
	return tap_done();
}
