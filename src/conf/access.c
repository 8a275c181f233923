/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/access.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/i18n.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HOST     "host"
#define BLANKS   " \t\r"
#define FILE_MAX ((size_t)CIDR_SET_MAX * (CIDR_TEXT + 1)) /* the longest list, and no more */
#define FIRST_LINE                                                                                 \
	"# Who may connect to dbtls: a CIDR block or \"host\" a line. `dbtls access` edits this "  \
	"file.\n"

/* What "host" stands for besides the addresses that the host has at the moment. */
static const struct cidr loopback[] = {
	{ .addr = { .family = AF_INET, .ip = { 127 } }, .bits = 8 },
	{ .addr = { .family = AF_INET6, .ip = { [15] = 1 } }, .bits = 128 },
};
#define N_LOOPBACK (sizeof loopback / sizeof *loopback)

void access_free(struct access_list *l)
{
	free(l->v);
	*l = (struct access_list) { 0 };
}

static int push(struct access_list *l, const struct cidr *c, struct err *e)
{
	size_t size = l->size ? 2 * l->size : 16;
	struct cidr *v;

	if (l->n == CIDR_SET_MAX)
		return err_set(e, ERR_USER, _("the access list can't have more than %d entries"),
		    CIDR_SET_MAX);
	if (l->n == l->size) {
		v = realloc(l->v, size * sizeof *v);
		if (!v)
			return err_sys(e, _("no memory for the access list"));
		l->v = v;
		l->size = size;
	}
	l->v[l->n++] = *c;
	return 0;
}

/* An entry as a person writes it: *host, or *c. */
static int parse_entry(const char *entry, int *host, struct cidr *c, struct err *e)
{
	*host = strcmp(entry, HOST) == 0;
	if (*host)
		return 0;
	if (cidr_parse(c, entry, e) < 0) {
		if (strchr(entry, '.') || strchr(entry, ':'))
			return -1;
		return err_set(e, ERR_USER,
		    _("\"%.80s\" is neither an address block (192.0.2.0/24, 2001:db8::/32) nor the "
		      "word "
		      "\"host\""),
		    entry);
	}
	return 0;
}

/* ---- the file ---------------------------------------------------------------------------------
 */

/* Cuts the comment and the blanks around the entry off; an empty line gives "". */
static char *trim(char *line)
{
	size_t n;

	line[strcspn(line, "#")] = '\0';
	line += strspn(line, BLANKS);
	n = strlen(line);
	while (n > 0 && strchr(BLANKS, line[n - 1]))
		n--;
	line[n] = '\0';
	return line;
}

static int read_line(struct access_list *l, char *line, struct err *e)
{
	char *entry = trim(line);
	struct cidr c;
	int host;

	if (*entry == '\0')
		return 0;
	if (parse_entry(entry, &host, &c, e) < 0)
		return -1;
	if (!host)
		return push(l, &c, e);
	l->host = 1;
	return 0;
}

/* text ends in NUL and is cut up. */
static int read_text(struct access_list *l, char *text, size_t n, const char *path, struct err *e)
{
	size_t number = 1;

	if (strlen(text) != n)
		return err_set(e, ERR_USER, _("%s is not a text file"), path);
	for (char *at = text, *next; at; at = next, number++) {
		next = strchr(at, '\n');
		if (next)
			*next++ = '\0';
		if (read_line(l, at, e) < 0)
			return err_prefix(e, _("%s line %zu"), path, number);
	}
	return 0;
}

int access_read_existing(struct access_list *l, const char *path, struct err *e)
{
	struct access_list got = { 0 };
	struct buf file;
	int rc = -1;

	if (file_read(path, FILE_MAX, &file, e) < 0)
		return -1;
	file.max++; /* for the NUL */
	if (buf_add(&file, "", 1) < 0) {
		err_sys(e, _("read %s"), path);
		goto out;
	}
	if (read_text(&got, (char *)file.p, file.n - 1, path, e) < 0)
		goto out;
	*l = got;
	got = (struct access_list) { 0 };
	rc = 0;
out:
	access_free(&got);
	buf_free(&file);
	return rc;
}

int access_read(struct access_list *l, const char *path, struct err *e)
{
	if (access_read_existing(l, path, e) == 0)
		return 0;
	if (e->kind != ERR_SYS || e->sys != ENOENT)
		return -1;
	*e = (struct err) { 0 };
	*l = (struct access_list) { .host = 1 };
	return 0;
}

static int print(const struct access_list *l, struct buf *out)
{
	char text[CIDR_TEXT];

	if (buf_fmt(out, "%s%s", FIRST_LINE, l->host ? HOST "\n" : "") < 0)
		return -1;
	for (size_t i = 0; i < l->n; i++)
		if (buf_fmt(out, "%s\n", cidr_text(&l->v[i], text)) < 0)
			return -1;
	return 0;
}

int access_write(const struct access_list *l, const char *path, struct err *e)
{
	struct buf out = buf_new(FILE_MAX);
	int rc = -1;

	if (print(l, &out) < 0) {
		err_set(e, ERR_SYS, _("no memory for the access list"));
		goto out;
	}
	rc = file_replace_kept(path, 0600, out.p, out.n, e);
out:
	buf_free(&out);
	return rc;
}

/* ---- editing ----------------------------------------------------------------------------------
 */

int access_add(struct access_list *l, const char *entry, int *changed, struct err *e)
{
	struct cidr c;
	int host;

	*changed = 0;
	if (parse_entry(entry, &host, &c, e) < 0)
		return -1;
	if (host) {
		*changed = !l->host;
		l->host = 1;
		return 0;
	}
	for (size_t i = 0; i < l->n; i++)
		if (cidr_equal(&l->v[i], &c))
			return 0;
	if (push(l, &c, e) < 0)
		return -1;
	*changed = 1;
	return 0;
}

int access_remove(struct access_list *l, const char *entry, int *changed, struct err *e)
{
	struct cidr c;
	size_t left = 0;
	int host;

	*changed = 0;
	if (parse_entry(entry, &host, &c, e) < 0)
		return -1;
	if (host) {
		*changed = l->host;
		l->host = 0;
		return 0;
	}
	/* A file may name a block twice: all of them go. */
	for (size_t i = 0; i < l->n; i++)
		if (!cidr_equal(&l->v[i], &c))
			l->v[left++] = l->v[i];
	*changed = left < l->n;
	l->n = left;
	return 0;
}

/* ---- using it ---------------------------------------------------------------------------------
 */

static struct cidr whole(const struct addr *a)
{
	struct cidr c = { .bits = addr_bits(a) };

	c.addr.family = a->family;
	memcpy(c.addr.ip, a->ip, sizeof c.addr.ip);
	return c;
}

int access_pack(const struct access_list *l, const struct addr *own, size_t n_own, struct buf *out,
    struct err *e)
{
	struct cidr *v = calloc(l->n + n_own + N_LOOPBACK, sizeof *v);
	size_t n = l->n;
	int rc;

	*out = buf_new(0);
	if (!v)
		return err_sys(e, _("no memory for the access list"));
	if (l->n > 0)
		memcpy(v, l->v, l->n * sizeof *v);
	if (l->host) {
		memcpy(v + n, loopback, sizeof loopback);
		n += N_LOOPBACK;
		for (size_t i = 0; i < n_own; i++)
			v[n++] = whole(&own[i]);
	}
	rc = cidr_set_pack(v, n, out, e);
	free(v);
	return rc;
}

static int is_host(const struct addr *own, size_t n_own, const struct addr *a)
{
	for (size_t i = 0; i < N_LOOPBACK; i++)
		if (cidr_holds(&loopback[i], a))
			return 1;
	for (size_t i = 0; i < n_own; i++) {
		struct cidr c = whole(&own[i]);

		if (cidr_holds(&c, a))
			return 1;
	}
	return 0;
}

int access_test(const struct access_list *l, const struct addr *own, size_t n_own,
    const struct addr *a, char why[CIDR_TEXT])
{
	if (l->host && is_host(own, n_own, a)) {
		memcpy(why, HOST, sizeof HOST);
		return 1;
	}
	for (size_t i = 0; i < l->n; i++) {
		if (!cidr_holds(&l->v[i], a))
			continue;
		(void)cidr_text(&l->v[i], why);
		return 1;
	}
	return 0;
}
