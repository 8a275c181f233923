/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/identity.h"

#include "pki/digest.h"
#include "pki/sslerr.h"
#include "proc/messages.h"

#include <openssl/x509.h>
#include <string.h>

#define RSA_BITS_MIN 2048

static int known_curve(EVP_PKEY *key)
{
	char group[32] = "";

	if (EVP_PKEY_get_group_name(key, group, sizeof group, NULL) != 1)
		return 0;
	return strcmp(group, "prime256v1") == 0 || strcmp(group, "secp384r1") == 0;
}

static int kind_of(EVP_PKEY *key, enum scheme_key *kind)
{
	if (EVP_PKEY_is_a(key, "EC") && known_curve(key)) {
		*kind = SCHEME_EC;
		return 0;
	}
	if (EVP_PKEY_is_a(key, "RSA") && EVP_PKEY_get_bits(key) >= RSA_BITS_MIN &&
	    EVP_PKEY_get_size(key) <= SIGNATURE_MAX) {
		*kind = SCHEME_RSA;
		return 0;
	}
	return -1;
}

int identity_of(EVP_PKEY *key, struct identity *out, struct err *e)
{
	unsigned char *der = NULL;
	int n, rc;

	if (kind_of(key, &out->kind) < 0)
		return err_set(e, ERR_USER,
		    "the key is of another kind than EC P-256, EC P-384 or RSA of %d to %d bits: "
		    "use one "
		    "of these",
		    RSA_BITS_MIN, SIGNATURE_MAX * 8);
	n = i2d_PUBKEY(key, &der);
	if (n <= 0)
		return err_ssl(e, "write the public key as DER");
	rc = sha256(der, (size_t)n, out->hash);
	OPENSSL_free(der);
	return rc < 0 ? err_ssl(e, "hash the public key") : 0;
}
