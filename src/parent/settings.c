/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `up` was told last stays as it was told: names, listeners, TLS versions. They lie in the
 * state folder as JSON; an option given now replaces what was there.
 */
#include "base/file.h"
#include "base/i18n.h"
#include "net/sock.h"
#include "parent/state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SETTINGS_MAX         65536
#define CERTIFICATE_LIFE     (90 * 86400)
#define CERTIFICATE_LIFE_MAX (398 * 86400)

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

static void put_list(const char *key, const struct opt_list *list)
{
	json_t *v;

	if (list->n == 0)
		return;
	v = json_array();
	for (size_t i = 0; i < list->n; i++)
		json_array_append_new(v, json_string(list->v[i]));
	json_object_set_new(parent.settings, key, v);
}

static void put_text(const char *key, const char *value)
{
	if (value)
		json_object_set_new(parent.settings, key, json_string(value));
}

static int save(struct err *e)
{
	char *text = json_dumps(parent.settings, JSON_INDENT(2) | JSON_SORT_KEYS);
	int rc;

	if (!text)
		return err_set(e, ERR_LOCAL, "out of memory");
	rc = file_replace(parent.paths.settings, 0644, text, strlen(text), e);
	free(text);
	return rc;
}

static const char *setting(const char *key)
{
	return json_string_value(json_object_get(parent.settings, key));
}

/* "90d", "12h", "30m", "300s". */
static int take_life(const char *text, struct err *e)
{
	static const struct {
		char unit;
		uint64_t seconds;
	} units[] = { { 'd', 86400 }, { 'h', 3600 }, { 'm', 60 }, { 's', 1 } };
	char *end;
	unsigned long n;

	parent.certificate_life = CERTIFICATE_LIFE;
	if (!text)
		return 0;
	n = strtoul(text, &end, 10);
	parent.certificate_life = 0;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (end != text && n <= CERTIFICATE_LIFE_MAX && end[0] == units[i].unit && !end[1])
			parent.certificate_life = n * units[i].seconds;
	if (parent.certificate_life >= 60 && parent.certificate_life <= CERTIFICATE_LIFE_MAX)
		return 0;
	return err_set(e, ERR_USER,
	    _("--certificate-life %s: write a time such as 90d, 12h or 300s, from 60s to 398d"),
	    text);
}

static int take_versions(const char *text, struct err *e)
{
	static const struct {
		const char *text;
		uint16_t min, max;
	} versions[] = {
		{ "1.2", TLS_POLICY_1_2, TLS_POLICY_1_2 },
		{ "1.3", TLS_POLICY_1_3, TLS_POLICY_1_3 },
		{ "both", TLS_POLICY_1_2, TLS_POLICY_1_3 },
	};

	for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
		if (strcmp(text ? text : "both", versions[i].text) != 0)
			continue;
		parent.tls_min = versions[i].min;
		parent.tls_max = versions[i].max;
		return 0;
	}
	return err_set(e, ERR_USER, _("--tls-version %s: there are 1.2, 1.3 and both"), text);
}

int settings_get(struct err *e)
{
	const struct parent_options *o = parent.options;

	if (load(e) < 0)
		return -1;
	put_list("listen", &o->listen);
	put_list("names", &o->names);
	put_text("tls-version", o->tls_version);
	put_text("certificate-life", o->certificate_life);
	if (take_versions(setting("tls-version"), e) < 0 ||
	    take_life(setting("certificate-life"), e) < 0)
		return -1;
	return save(e);
}

static int add_listener(struct addr *a, struct err *e)
{
	int fd;

	if (parent.listeners == LISTENERS_MAX)
		return err_set(
		    e, ERR_USER, _("more than %d addresses to listen on"), LISTENERS_MAX);
	fd = sock_listen(a, e);
	if (fd < 0)
		return -1;
	parent.listener[parent.listeners++] = (struct listener) { .addr = *a, .fd = fd };
	return 0;
}

static int listen_on(const char *where, struct err *e)
{
	struct addr a;
	int any;

	if (addr_parse_listen(&a, &any, where, e) < 0)
		return -1;
	if (!any)
		return add_listener(&a, e);
	a.family = AF_INET;
	if (add_listener(&a, e) < 0)
		return -1;
	a.family = AF_INET6; /* on the same port; a host without IPv6 is fine */
	if (add_listener(&a, e) == 0)
		return 0;
	return e->sys == EAFNOSUPPORT || e->sys == EADDRNOTAVAIL ? 0 : -1;
}

int settings_listen(struct err *e)
{
	const json_t *list = json_object_get(parent.settings, "listen");

	if (json_array_size(list) == 0)
		return listen_on("4000", e);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *where = json_string_value(json_array_get(list, i));

		if (listen_on(where ? where : "", e) < 0)
			return -1;
	}
	return 0;
}
