/* SPDX-License-Identifier: Apache-2.0 */
#include "pki/pair.h"

#include "base/i18n.h"

#include "pki/sslerr.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

int pair_make(struct buf *key, struct buf *spki, struct err *e)
{
	EVP_PKEY *pair = EVP_EC_gen("P-256");
	BIO *bio = BIO_new(BIO_s_mem()); /* wipes its memory when freed */
	unsigned char *der = NULL;
	char *pem = NULL;
	long length;
	int n = pair ? i2d_PUBKEY(pair, &der) : 0;
	int rc = -1;

	if (!bio || n <= 0 ||
	    PEM_write_bio_PKCS8PrivateKey(bio, pair, NULL, NULL, 0, NULL, NULL) != 1) {
		err_ssl(e, _("make a key"));
		goto out;
	}
	length = BIO_get_mem_data(bio, &pem);
	rc = buf_add(key, pem, (size_t)length) < 0 || buf_add(spki, der, (size_t)n) < 0
		 ? err_set(e, ERR_LOCAL, _("out of memory"))
		 : 0;
out:
	OPENSSL_free(der);
	BIO_free(bio);
	EVP_PKEY_free(pair);
	return rc;
}
