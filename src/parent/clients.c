/* SPDX-License-Identifier: Apache-2.0 */
/* Client certificates: what the files say of them, as the relays take it (tls/clients.h). */
#include "base/file.h"
#include "base/i18n.h"
#include "base/log.h"
#include "conf/up.h"
#include "parent/state.h"
#include "tls/clients.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#define NAMES_MAX 65536
#define ALL_MAX                                                                                    \
	(sizeof(struct tls_clients_head) + TLS_CLIENTS_CA_MAX + TLS_CLIENTS_CRL_MAX + NAMES_MAX)

static const char *ca_of(const struct site *t)
{
	return t->conf->client_ca ? t->conf->client_ca : parent.paths.ca_pem;
}

static int gather(
    const struct site *t, struct buf *names, struct buf *ca, struct buf *crl, struct err *e)
{
	const struct opt_list *list = &t->conf->client_name;

	for (size_t i = 0; i < list->n; i++)
		if (buf_add(names, list->v[i], strlen(list->v[i]) + 1) < 0)
			return err_set(e, ERR_USER, _("client-name: these are too many"));
	if (file_read(ca_of(t), TLS_CLIENTS_CA_MAX, ca, e) < 0)
		return -1;
	if (!t->conf->client_crl)
		return 0;
	if (file_read(t->conf->client_crl, TLS_CLIENTS_CRL_MAX, crl, e) < 0)
		return -1;
	/* Of an empty file a relay would hear that there is none. */
	return crl->n ? 0 : err_set(e, ERR_USER, _("%s is empty"), t->conf->client_crl);
}

static int pack(const struct site *t, struct buf *all, struct err *e)
{
	struct buf names = buf_new(NAMES_MAX), ca = { 0 }, crl = { 0 };
	struct tls_clients_head head;
	int rc = -1;

	if (gather(t, &names, &ca, &crl, e) < 0)
		goto out;
	head = (struct tls_clients_head) { .required = up_clients(t->conf->client_certificate) ==
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

/* Read here as a relay will read it: what is wrong is told at start. */
static int get(struct site *t, struct err *e)
{
	struct buf all = buf_new(ALL_MAX);
	struct tls_clients *clients = NULL;
	int rc = -1;

	if (pack(t, &all, e) < 0)
		goto out;
	clients = tls_clients_read(all.p, all.n, e);
	if (!clients) {
		err_prefix(e, "endpoint %s", t->conf->id);
		goto out;
	}
	t->crl_until = (time_t)tls_clients_until(clients);
	t->clients_fd = file_memory("dbtls-clients", all.p, all.n, e);
	if (t->clients_fd < 0)
		goto out;
	log_line("endpoint %s: client certificates are %s, of %s, %zu names%s", t->conf->id,
	    t->conf->client_certificate, ca_of(t), t->conf->client_name.n,
	    t->conf->client_crl ? ", and a CRL" : "");
	rc = 0;
out:
	tls_clients_free(clients);
	buf_free(&all);
	return rc;
}

int clients_get(struct err *e)
{
	for (size_t i = 0; i < parent.sites; i++) {
		struct site *t = &parent.site[i];

		if (up_clients(t->conf->client_certificate) != CLIENTS_OFF && get(t, e) < 0)
			return -1;
	}
	clients_tend();
	return 0;
}

int clients_crl_expired(const struct site *t)
{
	return t->crl_until && time(NULL) >= t->crl_until;
}

void clients_tend(void)
{
	for (size_t i = 0; i < parent.sites; i++) {
		struct site *t = &parent.site[i];
		int expired = clients_crl_expired(t);

		if (expired && !t->crl_said)
			log_line(
			    "endpoint %s: %s has expired: no client certificate is let in until "
			    "it is renewed, and dbtls reloaded",
			    t->conf->id, t->conf->client_crl);
		t->crl_said = expired;
	}
}
