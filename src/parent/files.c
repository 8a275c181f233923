/* SPDX-License-Identifier: Apache-2.0 */
#include "parent/files.h"

#include "base/file.h"
#include "base/i18n.h"
#include "tls/clients.h"
#include "tls/policy.h"

#include <string.h>
#include <unistd.h>

#define PEM_MAX   32768
#define NAMES_MAX 65536
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
		err_set(e, ERR_LOCAL, "out of memory");
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

int files_check(const struct serve *s, const char *own_ca, struct err *e)
{
	for (size_t i = 0; i < s->endpoints; i++)
		if (check_upstreams(&s->endpoint[i], e) < 0 ||
		    check_clients(&s->endpoint[i], own_ca, e) < 0)
			return err_prefix(e, "endpoint %s", s->endpoint[i].id);
	return 0;
}
