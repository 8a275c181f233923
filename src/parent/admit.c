/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"
#include "base/i18n.h"
#include "base/log.h"
#include "parent/files.h"
#include "parent/state.h"

#include <unistd.h>

/* A list that has been read, as the relays take it. */
struct packed {
	int fd; /* -1: none */
	size_t entries;
};

/* Of an endpoint, its own; of NULL, the one for all. */
static int pack(const struct site *t, struct packed *to, struct err *e)
{
	struct access_list list = { 0 };
	struct buf bytes = { 0 };
	int rc = t ? files_access(t->conf, &list, e) : access_read(&list, parent.paths.access, e);

	if (rc == 0)
		rc = access_pack(&list, parent.host.address, parent.host.addresses, &bytes, e);
	if (rc == 0)
		to->fd = file_memory("dbtls-access", bytes.p, bytes.n, e);
	to->entries = list.n + (list.host != 0);
	if (to->fd >= 0)
		log_line("access list%s%s: %zu blocks%s", t ? " of " : "", t ? t->conf->id : "",
		    list.n, list.host ? " and this host" : "");
	access_free(&list);
	buf_free(&bytes);
	return to->fd < 0 ? -1 : 0;
}

static void put(int *fd, size_t *entries, const struct packed *from)
{
	if (from->fd < 0)
		return;
	if (*fd >= 0)
		close(*fd);
	*fd = from->fd;
	*entries = from->entries;
}

/* All or none: one that can't be read leaves all as they were. */
int access_publish(struct err *e)
{
	struct packed all = { .fd = -1 }, own[SERVE_ENDPOINTS];
	int rc = pack(NULL, &all, e);

	for (size_t i = 0; i < parent.sites; i++) {
		own[i] = (struct packed) { .fd = -1 };
		if (rc == 0 && parent.site[i].conf->access_list)
			rc = pack(&parent.site[i], &own[i], e);
	}
	for (size_t i = 0; i < parent.sites; i++) {
		if (rc < 0 && own[i].fd >= 0)
			close(own[i].fd);
		if (rc == 0)
			put(&parent.site[i].access_fd, &parent.site[i].access_entries, &own[i]);
	}
	if (rc < 0 && all.fd >= 0)
		close(all.fd);
	if (rc < 0)
		return -1;
	put(&parent.access_fd, &parent.access_entries, &all);
	relays_tell_access();
	return 0;
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
