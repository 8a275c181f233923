/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/keyfile.h"

#include "base/file.h"
#include "base/i18n.h"
#include "keys/identity.h"
#include "pki/sslerr.h"

#include <errno.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY_FILE_MAX 65536

/* OpenSSL's own would ask at the terminal. */
static int no_passphrase(char *out, int size, int writing, void *arg)
{
	(void)out;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

/* name: what the sentence calls it. */
static EVP_PKEY *key_read(const char *name, const struct buf *pem, struct err *e)
{
	BIO *bio = BIO_new_mem_buf(pem->p, (int)pem->n);
	EVP_PKEY *key = NULL;
	struct identity unused;

	if (bio)
		key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
	BIO_free(bio);
	if (!key) {
		err_ssl(e, _("%s holds no private key in PEM without a passphrase"), name);
		return NULL;
	}
	if (identity_of(key, &unused, e) < 0) {
		err_prefix(e, "%s", name);
		EVP_PKEY_free(key);
		return NULL;
	}
	return key;
}

static int key_write(const char *path, EVP_PKEY *key, struct err *e)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *pem = NULL;
	long n = 0;
	int rc = -1;

	if (!bio || PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) != 1 ||
	    (n = BIO_get_mem_data(bio, &pem)) <= 0) {
		err_ssl(e, _("write a private key as PEM"));
		goto out;
	}
	rc = file_replace(path, 0600, pem, (size_t)n, e);
out:
	BIO_free(bio); /* wipes what it held */
	return rc;
}

static EVP_PKEY *key_make(const char *path, struct err *e)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");

	if (!key) {
		err_ssl(e, _("make an EC P-256 key"));
		return NULL;
	}
	if (key_write(path, key, e) < 0) {
		EVP_PKEY_free(key);
		return NULL;
	}
	return key;
}

static int key_is_private(const char *path, struct err *e)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return err_sys(e, _("look at %s"), path);
	if (st.st_mode & 077)
		return err_set(e, ERR_USER,
		    _("others may read or write the private key %s: chmod 600 it"), path);
	return 0;
}

EVP_PKEY *keyfile_load_or_make(const char *path, struct err *e)
{
	struct buf pem;
	EVP_PKEY *key = NULL;

	if (file_read(path, KEY_FILE_MAX, &pem, e) < 0)
		return e->kind == ERR_SYS && e->sys == ENOENT ? key_make(path, e) : NULL;
	if (key_is_private(path, e) == 0)
		key = key_read(path, &pem, e);
	buf_wipe(&pem);
	return key;
}

/* Whoever opened it, or had it before us, may have read in it: the place in it is shared. */
static int read_whole(int fd, struct buf *pem, struct err *e)
{
	uint8_t part[4096];
	ssize_t n = 0;
	int rc = -1;

	if (lseek(fd, 0, SEEK_SET) < 0)
		return err_sys(e, _("read the key's file"));
	while ((n = read(fd, part, sizeof part)) > 0)
		if (buf_add(pem, part, (size_t)n) < 0) {
			err_set(
			    e, ERR_USER, _("the key's file has more than %d bytes"), KEY_FILE_MAX);
			goto out;
		}
	rc = n < 0 ? err_sys(e, _("read the key's file")) : 0;
out:
	explicit_bzero(part, sizeof part);
	return rc;
}

EVP_PKEY *keyfile_take(int fd, struct err *e)
{
	struct buf pem = buf_new(KEY_FILE_MAX);
	EVP_PKEY *key = NULL;

	if (read_whole(fd, &pem, e) == 0)
		key = key_read("the key's file", &pem, e);
	buf_wipe(&pem);
	return key;
}
