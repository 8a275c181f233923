/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"
#include "base/i18n.h"
#include "base/log.h"
#include "parent/state.h"

#include <unistd.h>

int access_publish(struct err *e)
{
	struct access_list list = { 0 };
	struct buf packed = { 0 };
	int fd = -1;

	if (access_read(&list, parent.paths.access, e) < 0 ||
	    access_pack(&list, parent.host.address, parent.host.addresses, &packed, e) < 0)
		goto out;
	fd = file_memory("dbtls-access", packed.p, packed.n, e);
	if (fd < 0)
		goto out;
	if (parent.access_fd >= 0)
		close(parent.access_fd);
	parent.access_fd = fd;
	parent.access_entries = list.n + (list.host != 0);
	log_line("access list: %zu blocks%s", list.n, list.host ? " and this host" : "");
	relays_tell_access();
out:
	access_free(&list);
	buf_free(&packed);
	return fd < 0 ? -1 : 0;
}

int senders_get(struct site *t, struct err *e)
{
	const struct opt_list *from = &t->conf->proxy_from;
	struct access_list list = { 0 };
	struct buf packed = { 0 };
	int changed, rc = -1;

	t->senders_fd = -1;
	for (size_t i = 0; i < from->n; i++)
		if (access_add(&list, from->v[i], &changed, e) < 0)
			goto out;
	if (access_pack(&list, NULL, 0, &packed, e) < 0)
		goto out;
	t->senders_fd = file_memory("dbtls-senders", packed.p, packed.n, e);
	rc = t->senders_fd < 0 ? -1 : 0;
out:
	access_free(&list);
	buf_free(&packed);
	return rc;
}
