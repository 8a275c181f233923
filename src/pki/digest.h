/* SPDX-License-Identifier: Apache-2.0 */
/* Digests, and what MySQL makes of them. */
#ifndef PKI_DIGEST_H
#define PKI_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#define SHA1_LENGTH   20
#define SHA256_LENGTH 32

int sha256(const void *p, size_t n, uint8_t out[SHA256_LENGTH]);

/*
 * mysql_native_password: the stored form is "*" and 40 hex digits of SHA1(SHA1(password)); the
 * answer to a server's 20-byte scramble is SHA1(password) XOR SHA1(scramble, SHA1(SHA1(password))).
 */
int mysql_native_hash(const char *password, char out[42]);
int mysql_native_answer(const char *password, const uint8_t scramble[20], uint8_t out[SHA1_LENGTH]);

/*
 * caching_sha2_password: the answer to a server's 20-byte scramble is
 * SHA256(password) XOR SHA256(SHA256(SHA256(password)), scramble).
 */
int mysql_sha2_answer(const char *password, const uint8_t scramble[20], uint8_t out[SHA256_LENGTH]);

#endif
