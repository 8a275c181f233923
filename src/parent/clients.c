/* SPDX-License-Identifier: Apache-2.0 */
/* Client certificates: what the files say of them, handed to the relays. */
#include "base/file.h"
#include "base/i18n.h"
#include "base/log.h"
#include "conf/up.h"
#include "parent/files.h"
#include "parent/state.h"

#include <time.h>
#include <unistd.h>

static const char *ca_of(const struct site *t)
{
	return t->conf->client_ca ? t->conf->client_ca : parent.paths.ca_pem;
}

static int get(struct site *t, struct err *e)
{
	struct buf all = { 0 };
	int64_t until = 0;
	int rc = -1;

	if (files_clients(t->conf, parent.paths.ca_pem, &all, &until, e) < 0) {
		err_prefix(e, _("endpoint %s"), t->conf->id);
		goto out;
	}
	t->crl_until = (time_t)until;
	t->clients_fd = file_memory("dbtls-clients", all.p, all.n, e);
	if (t->clients_fd < 0)
		goto out;
	log_line("endpoint %s: client certificates are %s, of %s, %zu names%s", t->conf->id,
	    t->conf->client_certificate, ca_of(t), t->conf->client_name.n,
	    t->conf->client_crl ? ", and a CRL" : "");
	rc = 0;
out:
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
