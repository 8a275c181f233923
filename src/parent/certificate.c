/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/log.h"
#include "conf/up.h"
#include "parent/state.h"
#include "proc/spawn.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PEM_MAX     32768
#define CA_WAIT_MS  15000
#define RETRY_US    10000000ULL /* between two tries to renew, at most */
#define NAMES_MAX   200
#define NAMES_BYTES 32768

/* ---- names ------------------------------------------------------------------------------------
 */

static void add_name(struct buf *b, const char *name, unsigned *count)
{
	if (*count < NAMES_MAX && buf_add(b, name, strlen(name) + 1) == 0)
		++*count;
}

int names_get(struct err *e)
{
	static struct hostnames host;
	struct buf names = buf_new(NAMES_BYTES);
	char text[ADDR_TEXT];
	unsigned count = 0;
	int changed;

	if (hostnames_get(&host, e) < 0)
		return -1;
	for (size_t i = 0; i < up.name.n; i++)
		add_name(&names, up.name.v[i], &count);
	for (size_t i = 0; i < host.names; i++)
		add_name(&names, host.name[i], &count);
	for (size_t i = 0; i < host.addresses; i++)
		add_name(&names, addr_ip_text(&host.address[i], text), &count);
	changed =
	    names.n != parent.names.n || (names.n && memcmp(names.p, parent.names.p, names.n) != 0);
	parent.host = host;
	buf_free(&parent.names);
	parent.names = names;
	return changed;
}

/* A name that is in /etc/hosts is one that clients can surely look up, at least here. */
static int first_known_name(char out[HOST_NAME_TEXT])
{
	static struct hostnames known;
	struct buf text;
	struct err e;

	known = parent.host;
	known.names = 0;
	if (file_read("/etc/hosts", 1 << 20, &text, &e) < 0)
		return -1;
	hostnames_read(&known, "", span_of(text.p, text.n));
	buf_free(&text);
	for (size_t i = 0; i < known.names; i++) {
		if (strncmp(known.name[i], "localhost", 9) == 0)
			continue;
		memcpy(out, known.name[i], HOST_NAME_TEXT);
		return 0;
	}
	return -1;
}

static int is_loopback(const struct addr *a)
{
	static const uint8_t one[16] = { [15] = 1 };

	return a->family == AF_INET ? a->ip[0] == 127 : memcmp(a->ip, one, 16) == 0;
}

static int is_any(const struct addr *a)
{
	static const uint8_t zero[16];

	return memcmp(a->ip, zero, sizeof zero) == 0;
}

const char *endpoint_host(char out[HOST_NAME_TEXT])
{
	const char *given = up.name.n ? up.name.v[0] : NULL;
	const struct addr *one = &parent.listener[0].addr;

	(void)snprintf(out, HOST_NAME_TEXT, "%s", given ? given : "localhost");
	if (given)
		return out;
	/* Who listens on one address alone is reached there and nowhere else. */
	if (!is_any(one))
		return is_loopback(one) ? out : addr_ip_text(one, out);
	if (first_known_name(out) == 0)
		return out;
	for (size_t i = 0; i < parent.host.addresses; i++)
		if (!is_loopback(&parent.host.address[i]))
			return addr_ip_text(&parent.host.address[i], out);
	return out;
}

/* ---- issuing ----------------------------------------------------------------------------------
 */

/* Sends the request and takes the answer; the CA's process lives for this one question. */
static int ask(const struct channel *c, struct message *m, struct err *e)
{
	struct issue_request r = { .seconds = parent.certificate_life,
		.spki_length = (uint32_t)parent.spki.n,
		.names_length = (uint32_t)parent.names.n };
	struct pollfd p = { .fd = c->fd, .events = POLLIN };
	struct buf body = buf_new(CHANNEL_MAX);
	int rc = -1;

	if (buf_add(&body, parent.spki.p, parent.spki.n) < 0 ||
	    buf_add(&body, parent.names.p, parent.names.n) < 0) {
		err_set(e, ERR_USER, _("this host has too many names for one certificate"));
		goto out;
	}
	if (channel_send2(c, MSG_ISSUE, &r, sizeof r, body.p, body.n, -1, e) < 0)
		goto out;
	if (poll(&p, 1, CA_WAIT_MS) <= 0) {
		err_set(e, ERR_LOCAL, "the ca process does not answer; see the log");
		goto out;
	}
	rc = channel_recv(c, m, e);
	if (rc == 0)
		err_set(e, ERR_LOCAL, "the ca process ended; see the log %s", parent.paths.log);
	rc = rc > 0 ? 0 : -1;
out:
	buf_free(&body);
	return rc;
}

static int issue(struct message *m, struct err *e)
{
	struct spawn s = { .role = ROLE_CA,
		.uid = getuid() == 0 ? parent.users.ca : 0,
		.gid = getuid() == 0 ? parent.users.ca_gid : 0,
		.arg = parent.paths.ca_dir,
		.log_fd = parent.log_fd };
	struct channel c = { .self = ROLE_PARENT, .peer = ROLE_CA };
	pid_t pid = spawn_role(&s, &c.fd, e);
	int rc;

	if (pid < 0)
		return -1;
	rc = ask(&c, m, e);
	close(c.fd);
	(void)kill(pid, SIGKILL); /* it has answered, or never will */
	(void)waitpid(pid, NULL, 0);
	if (rc == 0 && m->type == MSG_REFUSED)
		rc = err_set(
		    e, ERR_LOCAL, "the ca process refused: %.*s", (int)m->n, (const char *)m->p);
	return rc;
}

static int facts(struct err *e)
{
	struct buf ca;
	int rc;

	if (file_read(parent.paths.ca_pem, PEM_MAX, &ca, e) < 0)
		return -1;
	rc = cert_facts_pem(&parent.leaf, parent.pem.p, parent.pem.n, e) < 0 ||
		     cert_facts_pem(&parent.ca, ca.p, ca.n, e) < 0
		 ? -1
		 : 0;
	buf_free(&ca);
	return rc;
}

/*
 * The CA that clients were given is not replaced behind their backs: when ca/ was lost, the ca
 * process has made another. A ca.pem that can't be read is no one's to keep.
 */
static int check_ca(const void *pem, size_t n, struct err *e)
{
	struct cert_facts known, now;
	struct buf old;
	struct err unread;
	int rc = 0;

	if (file_read(parent.paths.ca_pem, PEM_MAX, &old, &unread) < 0)
		return 0;
	if (cert_facts_pem(&known, old.p, old.n, &unread) == 0 &&
	    (cert_facts_pem(&now, pem, n, e) < 0 ||
		strcmp(known.fingerprint, now.fingerprint) != 0))
		rc = err_set(e, ERR_LOCAL,
		    _("the CA in %s is not the one of %s, which clients were given: put the old "
		      "folder back; or delete ca.pem, and give every client the new one"),
		    parent.paths.ca_dir, parent.paths.ca_pem);
	buf_free(&old);
	return rc;
}

/* Has a certificate issued, keeps it, and gives it to the relays. */
static int renew(struct err *e)
{
	static struct message m;
	struct issued parts;
	const uint8_t *pems = m.p + sizeof parts;

	parent.certificate_tried = clock_us();
	if (issue(&m, e) < 0)
		return -1;
	memcpy(&parts, m.p, sizeof parts);
	if ((uint64_t)parts.leaf_length + parts.ca_length != m.n - sizeof parts)
		return err_set(e, ERR_PEER, "the ca process's answer can't be read");
	if (check_ca(pems + parts.leaf_length, parts.ca_length, e) < 0 ||
	    file_replace(parent.paths.ca_pem, 0644, pems + parts.leaf_length, parts.ca_length, e) <
		0 ||
	    file_replace(parent.paths.server_pem, 0644, pems, m.n - sizeof parts, e) < 0)
		return -1;
	buf_free(&parent.pem);
	if (buf_add(&parent.pem, pems, m.n - sizeof parts) < 0)
		return err_set(e, ERR_LOCAL, "out of memory");
	if (facts(e) < 0)
		return -1;
	log_line("certificate issued, serial %s, %s", parent.leaf.serial, parent.leaf.fingerprint);
	parent.key_changed = 0;
	relays_tell(MSG_CERTIFICATE, parent.pem.p, parent.pem.n, -1);
	return 0;
}

/* Less than a third of its life is left, or it has not begun: the clock was set. */
static int is_old(void)
{
	time_t now = time(NULL);

	return now < parent.leaf.not_before ||
	       now > parent.leaf.not_after - (time_t)(parent.certificate_life / 3);
}

/* The certificate on disk serves when it is young, ours, and holds every name. */
static int on_disk_will_do(void)
{
	struct buf ca = { 0 };
	struct err e;
	int will_do = 0;

	buf_free(&parent.pem);
	if (file_read(parent.paths.server_pem, PEM_MAX, &parent.pem, &e) < 0 ||
	    file_read(parent.paths.ca_pem, PEM_MAX, &ca, &e) < 0 || facts(&e) < 0)
		goto out;
	will_do =
	    !is_old() &&
	    cert_covers_pem(parent.pem.p, parent.pem.n, (char *)parent.names.p, parent.names.n) &&
	    cert_matches_pem(parent.pem.p, parent.pem.n, ca.p, ca.n, parent.spki.p, parent.spki.n);
out:
	buf_free(&ca);
	return will_do;
}

int certificate_get(struct err *e)
{
	return on_disk_will_do() ? 0 : renew(e);
}

void certificate_tend(void)
{
	struct err e;
	int changed = names_get(&e);
	int uncovered;
	uint64_t pause = parent.certificate_life * 1000000 / 6;

	if (changed < 0) {
		log_line("%s", e.text);
		return;
	}
	/* "host" in the access list stands for the addresses of now. */
	if (changed && access_publish(&e) < 0)
		log_line("%s", e.text);
	uncovered =
	    !cert_covers_pem(parent.pem.p, parent.pem.n, (char *)parent.names.p, parent.names.n);
	if ((!uncovered && !is_old() && !parent.key_changed) ||
	    clock_us() - parent.certificate_tried < (pause < RETRY_US ? pause : RETRY_US))
		return;
	log_line("certificate: %s", parent.key_changed ? "the key process has a new key"
				    : uncovered        ? "this host has a new name or address"
						       : "renewing");
	if (renew(&e) < 0)
		log_line("%s", e.text);
}
