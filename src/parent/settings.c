/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `up` was told last stays as it was told: names, listeners, TLS versions. They lie in the
 * state folder as JSON; an option given now replaces what was there.
 */
#include "base/file.h"
#include "base/i18n.h"
#include "conf/up.h"
#include "net/sock.h"
#include "parent/state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SETTINGS_MAX 65536

static int load(struct err *e)
{
	struct buf text;
	json_error_t why;

	if (file_read(parent.paths.settings, SETTINGS_MAX, &text, e) < 0) {
		if (e->sys != ENOENT)
			return -1;
		parent.settings = json_object();
		return 0;
	}
	parent.settings = json_loadb((char *)text.p, text.n, JSON_REJECT_DUPLICATES, &why);
	buf_free(&text);
	if (json_is_object(parent.settings))
		return 0;
	return err_set(e, ERR_USER, _("%s, line %d: %s; mend it or delete it"),
	    parent.paths.settings, why.line, why.text);
}

static int save(struct err *e)
{
	char *text = json_dumps(parent.settings, JSON_INDENT(2) | JSON_SORT_KEYS);
	int rc;

	if (!text)
		return err_set(e, ERR_LOCAL, _("out of memory"));
	rc = file_replace(parent.paths.settings, 0644, text, strlen(text), e);
	free(text);
	return rc;
}

static int check(const struct opt *o, const json_t *value, struct err *e)
{
	const char *text = json_string_value(value);

	if (!text)
		return err_set(
		    e, ERR_USER, _("%s: \"%s\" is no text"), parent.paths.settings, o->name);
	return o->check && o->check(text, e) < 0 ? err_prefix(e, "%s", parent.paths.settings) : 0;
}

/* What was given now is put down; what was not is taken from the last time. */
static int text_setting(const struct opt *o, struct err *e)
{
	json_t *kept;

	if (*o->text)
		json_object_set_new(parent.settings, o->name, json_string(*o->text));
	kept = json_object_get(parent.settings, o->name);
	if (!kept)
		return 0;
	*o->text = json_string_value(kept);
	return check(o, kept, e);
}

static int list_setting(const struct opt *o, struct err *e)
{
	json_t *kept = json_array();
	size_t n;

	for (size_t i = 0; i < o->list->n; i++)
		json_array_append_new(kept, json_string(o->list->v[i]));
	if (o->list->n)
		json_object_set(parent.settings, o->name, kept);
	json_decref(kept);
	kept = json_object_get(parent.settings, o->name);
	n = json_array_size(kept);
	if (n > OPT_LIST_MAX)
		return err_set(e, ERR_USER, _("%s: more than %d times \"%s\""),
		    parent.paths.settings, OPT_LIST_MAX, o->name);
	for (o->list->n = 0; o->list->n < n; o->list->n++) {
		const json_t *one = json_array_get(kept, o->list->n);

		if (check(o, one, e) < 0)
			return -1;
		o->list->v[o->list->n] = json_string_value(one);
	}
	return 0;
}

/* What `up` is told now, and what it was told before. */
static int remembered(struct serve *s, struct err *e)
{
	static const struct opt options[] = { UP_OPTIONS, { 0 } };

	if (load(e) < 0)
		return -1;
	for (const struct opt *o = options; o->name; o++)
		if (o->keep && (o->text ? text_setting(o, e) : list_setting(o, e)) < 0)
			return -1;
	serve_from_up(s, parent.paths.engine_socket);
	return serve_check(&s->endpoint[0], "--", e) < 0 ? -1 : save(e);
}

static void make_site(struct site *t, const struct serve_endpoint *conf)
{
	int only = strcmp(conf->id, "default") == 0;

	t->conf = conf;
	t->pem = buf_new(65536);
	t->access_fd = t->clients_fd = t->key_fd = -1;
	for (size_t i = 0; i < conf->upstreams; i++)
		t->upstream_ca[i] = buf_new(65536);
	up_versions(conf->tls_version, &t->tls.min, &t->tls.max);
	(void)snprintf(t->pem_file, sizeof t->pem_file, "%s/server%s%s.pem", parent.paths.dir,
	    only ? "" : "-", only ? "" : conf->id);
}

struct plan *settings_plan(struct err *e)
{
	const char *file = parent.options->config;
	struct plan *p = calloc(1, sizeof *p);

	if (!p) {
		err_set(e, ERR_LOCAL, _("out of memory"));
		return NULL;
	}
	if (file ? serve_read(&p->serve, file, e) < 0 : remembered(&p->serve, e) < 0) {
		free(p);
		return NULL;
	}
	p->generation = ++parent.generation;
	p->certificate_life = up_life(p->serve.certificate_life);
	while (p->sites < p->serve.endpoints) {
		struct site *t = &p->site[p->sites];

		make_site(t, &p->serve.endpoint[p->sites++]);
		if (senders_get(t, e) < 0) {
			plan_free(p, NULL);
			return NULL;
		}
	}
	return p;
}

void plan_enter(struct plan *p)
{
	parent.plan = p;
	parent.site = p->site;
	parent.sites = p->sites;
	parent.listener = p->listener;
	parent.listeners = p->listeners;
}

static const struct listener *listener_at(const struct plan *p, const struct addr *a)
{
	for (size_t i = 0; p && i < p->listeners; i++) {
		const struct addr *b = &p->listener[i].addr;

		if (a->family == b->family && a->port == b->port && a->scope_id == b->scope_id &&
		    memcmp(a->ip, b->ip, sizeof a->ip) == 0)
			return &p->listener[i];
	}
	return NULL;
}

void listeners_close(void)
{
	for (size_t i = 0; i < parent.listeners; i++) {
		if (parent.listener[i].fd >= 0)
			close(parent.listener[i].fd);
		parent.listener[i].fd = -1;
	}
}

void plan_free(struct plan *p, const struct plan *heir)
{
	for (size_t i = 0; i < p->listeners; i++)
		if (!listener_at(heir, &p->listener[i].addr))
			close(p->listener[i].fd);
	for (size_t i = 0; i < p->sites; i++) {
		buf_free(&p->site[i].names);
		buf_free(&p->site[i].pem);
		if (p->site[i].senders_fd >= 0)
			close(p->site[i].senders_fd);
		if (p->site[i].access_fd >= 0)
			close(p->site[i].access_fd);
		if (p->site[i].clients_fd >= 0)
			close(p->site[i].clients_fd);
		if (p->site[i].key_fd >= 0)
			close(p->site[i].key_fd);
		chain_free(&p->site[i].own);
		for (size_t j = 0; j < SERVE_UPSTREAMS; j++)
			buf_free(&p->site[i].upstream_ca[j]);
	}
	serve_free(&p->serve);
	free(p);
}

/* What the listeners of a plan are bound with. */
struct binding {
	struct plan *to;
	const struct plan *old;
	uint32_t site;
};

static int add_listener(const struct binding *b, struct addr *a, struct err *e)
{
	const struct listener *had = listener_at(b->old, a);
	char where[ADDR_TEXT];
	int fd;

	/* The kernel would say so of a socket that is bound anew, but not of one taken over. */
	if (a->port && listener_at(b->to, a))
		return err_set(
		    e, ERR_USER, _("%s is to be listened on twice"), addr_text(a, where));

	if (b->to->listeners == LISTENERS_MAX)
		return err_set(
		    e, ERR_USER, _("more than %d addresses to listen on"), LISTENERS_MAX);
	fd = had ? had->fd : sock_listen(a, e);
	if (fd < 0)
		return -1;
	b->to->listener[b->to->listeners++] =
	    (struct listener) { .addr = *a, .fd = fd, .site = b->site };
	return 0;
}

static int listen_on(const struct binding *b, const char *where, struct err *e)
{
	struct addr a;
	int any;

	if (addr_parse_listen(&a, &any, where, e) < 0)
		return -1;
	if (!any)
		return add_listener(b, &a, e);
	a.family = AF_INET;
	if (add_listener(b, &a, e) < 0)
		return -1;
	a.family = AF_INET6; /* on the same port; a host without IPv6 is fine */
	if (add_listener(b, &a, e) == 0)
		return 0;
	return e->sys == EAFNOSUPPORT || e->sys == EADDRNOTAVAIL ? 0 : -1;
}

static int listen_for(const struct binding *b, struct err *e)
{
	const struct opt_list *where = &b->to->site[b->site].conf->listen;

	if (where->n == 0)
		return listen_on(b, "4000", e);
	for (size_t i = 0; i < where->n; i++)
		if (listen_on(b, where->v[i], e) < 0)
			return -1;
	return 0;
}

int settings_listen(struct plan *p, const struct plan *old, struct err *e)
{
	struct binding b = { .to = p, .old = old };

	for (; b.site < p->sites; b.site++)
		if (listen_for(&b, e) < 0)
			return -1;
	return 0;
}
