/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/span.h"
#include "conf/up.h"
#include "parent/files.h"
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

static int site_names(struct site *t)
{
	struct buf names = buf_new(NAMES_BYTES);
	char text[ADDR_TEXT];
	unsigned count = 0;
	int changed;

	if (t->conf->certificate)
		return 0; /* they are its own */
	for (size_t i = 0; i < t->conf->name.n; i++)
		add_name(&names, t->conf->name.v[i], &count);
	for (size_t i = 0; i < parent.host.names; i++)
		add_name(&names, parent.host.name[i], &count);
	for (size_t i = 0; i < parent.host.addresses; i++)
		add_name(&names, addr_ip_text(&parent.host.address[i], text), &count);
	changed = names.n != t->names.n || (names.n && memcmp(names.p, t->names.p, names.n) != 0);
	buf_free(&t->names);
	t->names = names;
	return changed;
}

int names_get(struct err *e)
{
	static struct hostnames host;
	int changed = 0;

	if (hostnames_get(&host, e) < 0)
		return -1;
	parent.host = host;
	for (size_t i = 0; i < parent.sites; i++)
		changed |= site_names(&parent.site[i]);
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

static int is_any(const struct addr *a)
{
	static const uint8_t zero[16];

	return memcmp(a->ip, zero, sizeof zero) == 0;
}

static const struct listener *first_listener(const struct site *t)
{
	const struct listener *l = parent.listener;

	while (l->site != (uint32_t)(t - parent.site))
		l++;
	return l;
}

unsigned site_port(const struct site *t)
{
	return first_listener(t)->addr.port;
}

/* The first name of its own certificate that one can connect to; NULL: there is none. */
static const char *own_name(const struct site *t)
{
	const char *p = (const char *)t->own.names.p;

	for (size_t at = 0; at < t->own.names.n; at += strlen(p + at) + 1)
		if (p[at] != '*')
			return p + at;
	return NULL;
}

const char *site_ca(const struct site *t, char out[PATH_MAX])
{
	return t->conf->certificate ? file_absolute(files_certificate_ca(t->conf), out)
				    : parent.paths.ca_pem;
}

const char *site_host(const struct site *t, char out[HOST_NAME_TEXT])
{
	const char *given = t->conf->name.n ? t->conf->name.v[0] : own_name(t);
	const struct addr *one = &first_listener(t)->addr;

	(void)snprintf(out, HOST_NAME_TEXT, "%s", given ? given : "localhost");
	if (given)
		return out;
	/* Who listens on one address alone is reached there and nowhere else. */
	if (!is_any(one))
		return addr_is_loopback(one) ? out : addr_ip_text(one, out);
	if (first_known_name(out) == 0)
		return out;
	for (size_t i = 0; i < parent.host.addresses; i++)
		if (!addr_is_loopback(&parent.host.address[i]))
			return addr_ip_text(&parent.host.address[i], out);
	return out;
}

/* ---- issuing ----------------------------------------------------------------------------------
 */

/* What a certificate is asked for. */
struct wish {
	uint64_t seconds;
	struct span spki, names; /* of the names each ends in NUL */
	int client;
};

/* Sends the request and takes the answer; the CA's process lives for this one question. */
static int ask(const struct wish *w, const struct channel *c, struct message *m, struct err *e)
{
	struct issue_request r = { .seconds = w->seconds,
		.spki_length = (uint32_t)w->spki.n,
		.names_length = (uint32_t)w->names.n,
		.client = w->client != 0 };
	struct pollfd p = { .fd = c->fd, .events = POLLIN };
	struct buf body = buf_new(CHANNEL_MAX);
	int rc = -1;

	if (buf_add(&body, w->spki.p, w->spki.n) < 0 ||
	    buf_add(&body, w->names.p, w->names.n) < 0) {
		err_set(e, ERR_USER, _("this host has too many names for one certificate"));
		goto out;
	}
	if (channel_send2(c, MSG_ISSUE, &r, sizeof r, body.p, body.n, -1, e) < 0)
		goto out;
	if (poll(&p, 1, CA_WAIT_MS) <= 0) {
		err_set(e, ERR_LOCAL, _("the ca process does not answer; see the log"));
		goto out;
	}
	rc = channel_recv(c, m, e);
	if (rc == 0)
		err_set(e, ERR_LOCAL, _("the ca process ended; see the log %s"), parent.paths.log);
	rc = rc > 0 ? 0 : -1;
out:
	buf_free(&body);
	return rc;
}

/* On success *m is the leaf's PEM and then the CA's, as *parts says. */
static int issue(const struct wish *w, struct message *m, struct issued *parts, struct err *e)
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
	rc = ask(w, &c, m, e);
	close(c.fd);
	(void)kill(pid, SIGKILL); /* it has answered, or never will */
	(void)waitpid(pid, NULL, 0);
	if (rc == 0 && m->type == MSG_REFUSED)
		rc = err_set(
		    e, ERR_LOCAL, _("the ca process refused: %.*s"), (int)m->n, (const char *)m->p);
	if (rc < 0)
		return -1;
	memcpy(parts, m->p, sizeof *parts);
	if ((uint64_t)parts->leaf_length + parts->ca_length != m->n - sizeof *parts)
		return err_set(e, ERR_PEER, _("the ca process's answer can't be read"));
	return 0;
}

static int ca_facts(struct err *e)
{
	struct buf ca;
	int rc;

	if (file_read(parent.paths.ca_pem, PEM_MAX, &ca, e) < 0)
		return -1;
	rc = cert_facts_pem(&parent.ca, ca.p, ca.n, e);
	buf_free(&ca);
	return rc;
}

static int facts(struct site *t, struct err *e)
{
	return cert_facts_pem(&t->leaf, t->pem.p, t->pem.n, e) < 0 ? -1 : ca_facts(e);
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

/* Has a certificate issued, and keeps it. */
static int issue_for(struct site *t, struct err *e)
{
	static struct message m;
	struct wish w = { .seconds = parent.plan->certificate_life,
		.spki = span_of(parent.spki.p, parent.spki.n),
		.names = span_of(t->names.p, t->names.n) };
	struct issued parts;
	const uint8_t *pems = m.p + sizeof parts;

	t->certificate_tried = clock_us();
	if (issue(&w, &m, &parts, e) < 0)
		return -1;
	if (check_ca(pems + parts.leaf_length, parts.ca_length, e) < 0 ||
	    file_replace(parent.paths.ca_pem, 0644, pems + parts.leaf_length, parts.ca_length, e) <
		0 ||
	    file_replace(t->pem_file, 0644, pems, m.n - sizeof parts, e) < 0)
		return -1;
	buf_free(&t->pem);
	if (buf_add(&t->pem, pems, m.n - sizeof parts) < 0)
		return err_set(e, ERR_LOCAL, _("out of memory"));
	if (facts(t, e) < 0)
		return -1;
	log_line("certificate issued, serial %s, %s, endpoint %s", t->leaf.serial,
	    t->leaf.fingerprint, t->conf->id);
	return 0;
}

static int renew(struct site *t, struct err *e)
{
	if (issue_for(t, e) < 0)
		return -1;
	relays_tell_certificate(t);
	return 0;
}

int certificate_client(
    const struct client_request *r, struct buf *pem, struct cert_facts *f, struct err *e)
{
	static struct message m;
	struct wish w = { .seconds = r->seconds,
		.spki = r->spki,
		.names = span_of(r->name, strlen(r->name) + 1),
		.client = 1 };
	struct issued parts;
	const uint8_t *leaf = m.p + sizeof parts;

	if (issue(&w, &m, &parts, e) < 0 ||
	    check_ca(leaf + parts.leaf_length, parts.ca_length, e) < 0 ||
	    cert_facts_pem(f, leaf, parts.leaf_length, e) < 0)
		return -1;
	if (buf_add(pem, leaf, parts.leaf_length) < 0)
		return err_set(e, ERR_LOCAL, _("out of memory"));
	log_line(
	    "client certificate issued: %s, serial %s, %s", f->subject, f->serial, f->fingerprint);
	return 0;
}

/* Less than a third of its life is left, or it has not begun: the clock was set. */
static int is_old(const struct site *t)
{
	time_t now = time(NULL);

	return now < t->leaf.not_before ||
	       now > t->leaf.not_after - (time_t)(parent.plan->certificate_life / 3);
}

/* The certificate on disk serves when it is young, ours, and holds every name. */
static int on_disk_will_do(struct site *t)
{
	struct buf ca = { 0 };
	struct err e;
	int will_do = 0;

	buf_free(&t->pem);
	if (file_read(t->pem_file, PEM_MAX, &t->pem, &e) < 0 ||
	    file_read(parent.paths.ca_pem, PEM_MAX, &ca, &e) < 0 || facts(t, &e) < 0)
		goto out;
	will_do = !is_old(t) &&
		  cert_covers_pem(t->pem.p, t->pem.n, (char *)t->names.p, t->names.n) &&
		  cert_matches_pem(t->pem.p, t->pem.n, ca.p, ca.n, parent.spki.p, parent.spki.n);
out:
	buf_free(&ca);
	return will_do;
}

/*
 * Endpoints with certificates of their own may need our CA for their clients: it is made by the
 * first leaf that it issues, which nobody is shown.
 */
static int make_ca(struct site *t, struct err *e)
{
	static char name[] = "localhost";
	struct site unseen = { .conf = t->conf,
		.names = { .p = (uint8_t *)name, .n = sizeof name },
		.pem = buf_new(65536) };
	int rc;

	if (access(parent.paths.ca_pem, F_OK) == 0)
		return ca_facts(e);
	(void)snprintf(unseen.pem_file, sizeof unseen.pem_file, "%s", t->pem_file);
	rc = issue_for(&unseen, e);
	buf_free(&unseen.pem);
	return rc;
}

static int get(struct site *t, struct err *e)
{
	if (!t->conf->certificate)
		return on_disk_will_do(t) ? 0 : renew(t, e);
	if (up_clients(t->conf->client_certificate) != CLIENTS_OFF && !t->conf->client_ca &&
	    make_ca(t, e) < 0)
		return -1;
	return own_get(t, e) < 0 ? err_prefix(e, _("endpoint %s"), t->conf->id) : 0;
}

int certificate_get(struct err *e)
{
	for (size_t i = 0; i < parent.sites; i++)
		if (get(&parent.site[i], e) < 0)
			return -1;
	return 0;
}

static int covers(const struct site *t)
{
	return cert_covers_pem(t->pem.p, t->pem.n, (char *)t->names.p, t->names.n);
}

/* Whether the certificate signs with the key that the key process has now. */
static int has_key(const struct site *t)
{
	struct buf ca;
	struct err e;
	int has;

	if (file_read(parent.paths.ca_pem, PEM_MAX, &ca, &e) < 0)
		return 0;
	has = cert_matches_pem(t->pem.p, t->pem.n, ca.p, ca.n, parent.spki.p, parent.spki.n);
	buf_free(&ca);
	return has;
}

static int all_have_key(void)
{
	for (size_t i = 0; i < parent.sites; i++)
		if (!parent.site[i].conf->certificate && !has_key(&parent.site[i]))
			return 0;
	return 1;
}

static void renew_in_time(struct site *t)
{
	uint64_t pause = parent.plan->certificate_life * 1000000 / 6;
	int uncovered = !covers(t), keyless = parent.key_changed && !has_key(t);
	struct err e;

	if ((!uncovered && !is_old(t) && !keyless) ||
	    clock_us() - t->certificate_tried < (pause < RETRY_US ? pause : RETRY_US))
		return;
	log_line("certificate of %s: %s", t->conf->id,
	    keyless     ? "the key process has a new key"
	    : uncovered ? "this host has a new name or address"
			: "renewing");
	if (renew(t, &e) < 0)
		log_line("%s", e.text);
}

void certificate_tend(void)
{
	struct err e;
	int changed = names_get(&e);

	if (changed < 0) {
		log_line("%s", e.text);
		return;
	}
	/* "host" in the access list stands for the addresses of now. */
	if (changed && access_publish(&e) < 0)
		log_line("%s", e.text);
	for (size_t i = 0; i < parent.sites; i++)
		if (!parent.site[i].conf->certificate)
			renew_in_time(&parent.site[i]);
	own_tend();
	parent.key_changed = parent.key_changed && !all_have_key();
}
