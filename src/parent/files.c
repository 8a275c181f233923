/* SPDX-License-Identifier: Apache-2.0 */
#include "parent/files.h"

#include "base/file.h"
#include "base/i18n.h"
#include "pki/truststore.h"
#include "tls/clients.h"
#include "tls/policy.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PEM_MAX        32768
#define NAMES_MAX      65536
#define CHAIN_FILE_MAX 65536
#define ANCHORS_MAX    (4 << 20)
#define ALL_MAX                                                                                    \
	(sizeof(struct tls_clients_head) + TLS_CLIENTS_CA_MAX + TLS_CLIENTS_CRL_MAX + NAMES_MAX)

int files_upstream_ca(const struct upstream_line *u, struct buf *out, struct err *e)
{
	if (file_read(u->ca, PEM_MAX, out, e) < 0)
		return -1;
	return tls_anchors_check(out->p, out->n, e) < 0 ? err_prefix(e, "%s", u->ca) : 0;
}

/* ---- client certificates --------------------------------------------------------------------- */

static int gather(const struct serve_endpoint *p, struct buf *names, struct buf *ca,
    struct buf *crl, struct err *e)
{
	const struct opt_list *list = &p->client_name;

	for (size_t i = 0; i < list->n; i++)
		if (buf_add(names, list->v[i], strlen(list->v[i]) + 1) < 0)
			return err_set(e, ERR_USER, _("client-name: these are too many"));
	if (file_read(p->client_ca, TLS_CLIENTS_CA_MAX, ca, e) < 0)
		return -1;
	if (!p->client_crl)
		return 0;
	if (file_read(p->client_crl, TLS_CLIENTS_CRL_MAX, crl, e) < 0)
		return -1;
	/* Of an empty file a relay would hear that there is none. */
	return crl->n ? 0 : err_set(e, ERR_USER, _("%s is empty"), p->client_crl);
}

static int pack(const struct serve_endpoint *p, struct buf *all, struct err *e)
{
	struct buf names = buf_new(NAMES_MAX), ca = { 0 }, crl = { 0 };
	struct tls_clients_head head;
	int rc = -1;

	if (gather(p, &names, &ca, &crl, e) < 0)
		goto out;
	head = (struct tls_clients_head) { .required = up_clients(p->client_certificate) ==
						       CLIENTS_REQUIRED,
		.ca_length = (uint32_t)ca.n,
		.names_length = (uint32_t)names.n,
		.crl_length = (uint32_t)crl.n };
	if (buf_add(all, &head, sizeof head) < 0 || buf_add(all, ca.p, ca.n) < 0 ||
	    (names.n && buf_add(all, names.p, names.n) < 0) ||
	    (crl.n && buf_add(all, crl.p, crl.n) < 0)) {
		err_set(e, ERR_LOCAL, _("out of memory"));
		goto out;
	}
	rc = 0;
out:
	buf_free(&names);
	buf_free(&ca);
	buf_free(&crl);
	return rc;
}

int files_clients(const struct serve_endpoint *p, const char *own_ca, struct buf *out,
    int64_t *until, struct err *e)
{
	struct serve_endpoint with = *p;
	struct tls_clients *clients;

	*out = buf_new(ALL_MAX);
	if (!with.client_ca)
		with.client_ca = own_ca;
	if (pack(&with, out, e) < 0)
		return -1;
	/* Read here as a relay will read it: what is wrong is told at once. */
	clients = tls_clients_read(out->p, out->n, e);
	if (!clients)
		return -1;
	*until = tls_clients_until(clients);
	tls_clients_free(clients);
	return 0;
}

/* ---- a certificate of one's own -------------------------------------------------------------- */

const char *files_certificate_ca(const struct serve_endpoint *p)
{
	return p->certificate_ca ? p->certificate_ca : truststore_system();
}

/* Every name that the endpoint has and the certificate lacks. */
static int check_names(const struct serve_endpoint *p, const struct chain *c, struct err *e)
{
	struct buf missing = buf_new(200);
	int rc = 0;

	for (size_t i = 0; i < p->name.n; i++)
		if (!chain_names(c, p->name.v[i]))
			(void)buf_fmt(&missing, "%s%s", missing.n ? ", " : "", p->name.v[i]);
	if (missing.n)
		rc = err_set(e, ERR_USER,
		    _("%s does not name %.*s: clients that connect by that refuse it"),
		    p->certificate, (int)missing.n, (const char *)missing.p);
	buf_free(&missing);
	return rc;
}

int files_certificate(const struct serve_endpoint *p, struct chain *out, struct err *e)
{
	struct chain_source s = { .file = p->certificate,
		.anchors_file = files_certificate_ca(p),
		.public = p->certificate_ca == NULL,
		.now = time(NULL) };
	struct buf pem = { 0 }, anchors = { 0 };
	int rc = -1;

	*out = (struct chain) { .bits = 0 };
	if (file_read(s.file, CHAIN_FILE_MAX, &pem, e) < 0 ||
	    file_read(s.anchors_file, ANCHORS_MAX, &anchors, e) < 0)
		goto out;
	s.pem = span_of(pem.p, pem.n);
	s.anchors = span_of(anchors.p, anchors.n);
	rc = chain_read(out, &s, e) < 0 ? -1 : check_names(p, out, e);
out:
	buf_wipe(&pem); /* some have the key in the same file */
	buf_free(&anchors);
	return rc;
}

int files_key(const struct serve_endpoint *p, struct err *e)
{
	const char *path = p->certificate_key;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return err_sys(e, _("open the key %s"), path);
	if (fstat(fd, &st) < 0)
		err_sys(e, _("look at %s"), path);
	else if (!S_ISREG(st.st_mode))
		err_set(e, ERR_USER, _("the key %s is no file"), path);
	else if (st.st_mode & 027)
		err_set(e, ERR_USER,
		    _("others may read or write the private key %s: chmod 600 it (or 640)"), path);
	else
		return fd;
	close(fd);
	return -1;
}

/* ---- an access list of one's own ------------------------------------------------------------- */

int files_access(const struct serve_endpoint *p, struct access_list *l, struct err *e)
{
	/* The list for all is made at first; nobody makes this one, and a default would let in. */
	return access_read_existing(l, p->access_list, e);
}

/* ---- all of them ----------------------------------------------------------------------------- */

static int check_upstreams(const struct serve_endpoint *p, struct err *e)
{
	for (size_t i = 0; i < p->upstreams; i++) {
		struct buf pem = { 0 };
		int rc = p->upstream[i].ca[0] ? files_upstream_ca(&p->upstream[i], &pem, e) : 0;

		buf_free(&pem);
		if (rc < 0)
			return -1;
	}
	return 0;
}

static int check_clients(const struct serve_endpoint *p, const char *own_ca, struct err *e)
{
	struct buf all = { 0 };
	int64_t until;
	int rc;

	if (up_clients(p->client_certificate) == CLIENTS_OFF)
		return 0;
	if (!p->client_ca && access(own_ca, F_OK) < 0)
		return 0;
	rc = files_clients(p, own_ca, &all, &until, e);
	buf_free(&all);
	return rc;
}

static int check_certificate(const struct serve_endpoint *p, struct err *e)
{
	struct chain c;
	int fd, rc;

	if (!p->certificate)
		return 0;
	fd = files_key(p, e);
	if (fd < 0)
		return -1;
	close(fd);
	rc = files_certificate(p, &c, e);
	chain_free(&c);
	return rc;
}

static int check_access(const struct serve_endpoint *p, struct err *e)
{
	struct access_list l = { 0 };
	int rc = p->access_list ? files_access(p, &l, e) : 0;

	access_free(&l);
	return rc;
}

int files_check(const struct serve *s, const char *own_ca, struct err *e)
{
	for (size_t i = 0; i < s->endpoints; i++)
		if (check_upstreams(&s->endpoint[i], e) < 0 ||
		    check_clients(&s->endpoint[i], own_ca, e) < 0 ||
		    check_certificate(&s->endpoint[i], e) < 0 ||
		    check_access(&s->endpoint[i], e) < 0)
			return err_prefix(e, _("endpoint %s"), s->endpoint[i].id);
	return 0;
}
