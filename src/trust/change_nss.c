/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NSS databases. What they trust is authenticated with a key of their own, so that they are written
 * by certutil alone; where it isn't there, or the database asks for a password, the command is told
 * instead.
 */
#include "base/file.h"
#include "base/i18n.h"
#include "trust/ask.h"
#include "trust/changing.h"
#include "trust/export.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECONDS  30
#define SAID_MAX (4u << 20)
#define NICK_MAX 256
#define CA_FLAGS "C,,"

/* ---- certutil -------------------------------------------------------------------------------- */

static int certutil(const char *const *argv, struct buf *said, struct err *e)
{
	const struct ask a = { .argv = argv, .heard = 1, .seconds = SECONDS, .max = SAID_MAX };

	return ask_run(&a, said, e);
}

static int certutil_said_nothing(const char *const *argv, struct err *e)
{
	struct buf said;

	if (certutil(argv, &said, e) < 0)
		return -1;
	buf_free(&said);
	return 0;
}

static void database(char out[PATH_MAX], const char *folder)
{
	(void)snprintf(out, PATH_MAX, "sql:%s", folder);
}

/* A file for certutil to read. */
static int temporary(const struct anchor *a, char path[64], struct err *e)
{
	const struct export_pick pick = { .v = &a, .n = 1 };
	struct buf pem = buf_new(STORE_FILE_MAX);
	int fd = -1, rc = -1;

	(void)snprintf(path, 64, "/tmp/dbtls-ca-XXXXXX");
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		(void)err_sys(e, _("make a file in /tmp"));
	if (fd >= 0 && export_write(&pick, EXPORT_PEM, "", &pem, e) == 0)
		rc = write(fd, pem.p, pem.n) == (ssize_t)pem.n ? 0 : err_sys(e, "write %s", path);
	if (fd >= 0)
		close(fd);
	if (fd >= 0 && rc < 0)
		(void)unlink(path);
	buf_free(&pem);
	return rc;
}

static int put(
    const char *folder, const struct anchor *a, const char *nick, const char *flags, struct err *e)
{
	char db[PATH_MAX], file[64];
	const char *const argv[] = { "certutil", "-A", "-d", db, "-t", flags, "-n", nick, "-i",
		file, NULL };
	int rc;

	database(db, folder);
	if (temporary(a, file, e) < 0)
		return -1;
	rc = certutil_said_nothing(argv, e);
	(void)unlink(file);
	return rc;
}

static int drop(const char *folder, const char *nick, struct err *e)
{
	char db[PATH_MAX];
	const char *const argv[] = { "certutil", "-D", "-d", db, "-n", nick, NULL };

	database(db, folder);
	return certutil_said_nothing(argv, e);
}

/* The flags of that nickname: the last word of its line in `certutil -L`. */
static int flags_of(const char *folder, const char *nick, char out[32], struct err *e)
{
	char db[PATH_MAX];
	const char *const argv[] = { "certutil", "-L", "-d", db, NULL };
	struct buf said;
	size_t n = strlen(nick);

	(void)snprintf(out, 32, "%s", CA_FLAGS);
	database(db, folder);
	if (certutil(argv, &said, e) < 0)
		return -1;
	if (buf_add(&said, "", 1) == 0)
		for (char *at = (char *)said.p, *line; (line = strsep(&at, "\n"));) {
			char *last = strrchr(line, ' ');

			if (strncmp(line, nick, n) == 0 && line[n] == ' ' && last &&
			    last[strspn(last + 1, "pPcCTugGwW,") + 1] == '\0')
				(void)snprintf(out, 32, "%s", last + 1);
		}
	buf_free(&said);
	return 0;
}

/* ---- a database ------------------------------------------------------------------------------ */

static int read_database(const char *folder, struct store_list *list, struct err *e)
{
	const struct store_where here = { .quick = 1 };
	char path[PATH_MAX];

	(void)snprintf(path, sizeof path, "%s/cert9.db", folder);
	if (store_name(list, path, e) < 0)
		return -1;
	store_read(&list->v[0], &here, NULL);
	if (!list->v[0].readable)
		*e = list->v[0].why;
	return list->v[0].readable ? 0 : -1;
}

/* A nickname stands for a subject: with two of the same certutil would take the one or the other.
 */
static int is_alone(const struct store *s, const struct anchor *a, struct err *e)
{
	for (size_t i = 0; i < s->n; i++)
		if (&s->anchors[i] != a && (strcmp(s->anchors[i].label, a->label) == 0 ||
					       strcmp(s->anchors[i].subject, a->subject) == 0))
			return err_set(e, ERR_LOCAL,
			    _("it has two certificates with the name \"%s\", and certutil can't "
			      "tell them apart"),
			    a->label);
	return 0;
}

int change_nss_drop(const char *folder, const uint8_t sha256[SHA256_LENGTH], struct err *e)
{
	struct store_list list = { 0 };
	const struct anchor *a = NULL;
	int rc = read_database(folder, &list, e);

	if (rc == 0)
		a = store_holds(&list.v[0], sha256);
	if (a)
		rc = is_alone(&list.v[0], a, e);
	if (a && rc == 0)
		rc = drop(folder, a->label, e);
	store_free(&list);
	return rc;
}

int change_nss_put(const char *folder, const struct journal_step *step, struct err *e)
{
	struct store_list list = { 0 };
	struct anchor a = { .der = step->der };
	int rc = read_database(folder, &list, e);

	if (rc == 0 && !store_holds(&list.v[0], step->sha256))
		rc = put(folder, &a, step->label, step->trust, e);
	store_free(&list);
	return rc;
}

/* ---- adding and removing --------------------------------------------------------------------- */

static const struct wanted_one *one_of(const struct changing *g, const struct anchor *a)
{
	for (size_t i = 0; i < g->c->wanted->n; i++)
		if (g->c->wanted->v[i].anchor == a)
			return &g->c->wanted->v[i];
	return &g->c->wanted->v[0];
}

static void nickname(const struct wanted_one *one, char out[NICK_MAX])
{
	(void)snprintf(out, NICK_MAX, "dbtls-%s-%02x%02x%02x%02x", one->name, one->sha256[0],
	    one->sha256[1], one->sha256[2], one->sha256[3]);
}

static int add_one(struct changing *g, const char *folder, const struct anchor *a, struct err *e)
{
	struct journal_step step = { .what = JOURNAL_NSS_ADDED, .path = folder };
	struct journal *j = changing_journal(g, e);
	char nick[NICK_MAX];

	nickname(one_of(g, a), nick);
	step.label = nick;
	memcpy(step.sha256, a->sha256, SHA256_LENGTH);
	if (!j || journal_step(j, &step, e) < 0)
		return -1;
	return put(folder, a, nick, CA_FLAGS, e);
}

static int remove_one(struct changing *g, const char *folder, const struct store *s,
    const uint8_t sha256[SHA256_LENGTH], struct err *e)
{
	const struct anchor *a = store_holds(s, sha256);
	struct journal_step step = { .what = JOURNAL_NSS_REMOVED, .path = folder };
	struct journal *j;
	char flags[32];

	if (is_alone(s, a, e) < 0 || flags_of(folder, a->label, flags, e) < 0)
		return -1;
	step.label = a->label;
	step.trust = flags;
	step.der = a->der;
	memcpy(step.sha256, sha256, SHA256_LENGTH);
	j = changing_journal(g, e);
	if (!j || journal_step(j, &step, e) < 0)
		return -1;
	return drop(folder, a->label, e);
}

static int carry_out(struct changing *g, const char *folder, const struct store *s,
    const struct changing_diff *d, struct err *e)
{
	for (size_t i = 0; i < d->adds; i++)
		if (add_one(g, folder, d->add[i], e) < 0)
			return -1;
	for (size_t i = 0; i < d->removes; i++)
		if (remove_one(g, folder, s, d->remove[i], e) < 0)
			return -1;
	return 0;
}

/* ---- the command, where we can't run it ------------------------------------------------------ */

static void line_add(struct buf *line, const struct wanted_one *one, const char *db)
{
	char nick[NICK_MAX];

	nickname(one, nick);
	if (!one->file)
		(void)buf_fmt(
		    line, "dbtls trust export --only %s --out %s.pem && ", one->name, one->name);
	(void)buf_fmt(line, "certutil -A -d ");
	change_quote(line, db);
	(void)buf_fmt(line, " -t %s -n %s -i ", CA_FLAGS, nick);
	if (!one->file)
		(void)buf_fmt(line, "%s.pem", one->name);
	if (one->file)
		change_quote(line, one->file);
}

static void line_remove(struct buf *line, const struct anchor *a, const char *db)
{
	(void)buf_fmt(line, "certutil -D -d ");
	change_quote(line, db);
	(void)buf_fmt(line, " -n ");
	change_quote(line, a->label);
}

static void tell_command(
    struct changing *g, const char *folder, const struct store *s, const struct changing_diff *d)
{
	struct buf line = buf_new(CHANGING_TEXT_MAX);
	char db[PATH_MAX];

	database(db, folder);
	for (size_t i = 0; i < d->adds + d->removes; i++) {
		if (i > 0)
			(void)buf_fmt(&line, " && ");
		if (i < d->adds)
			line_add(&line, one_of(g, d->add[i]), db);
		if (i >= d->adds)
			line_remove(&line, store_holds(s, d->remove[i - d->adds]), db);
	}
	if (buf_add(&line, "", 1) == 0)
		changing_tell(g, CHANGE_TYPE, s->path, (const char *)line.p);
	buf_free(&line);
}

static int has_certutil(void)
{
	static const char *const argv[] = { "certutil", "-H", NULL };
	struct err e = { 0 };

	/* It ends with a failure after its help, which shows that it is there. */
	return certutil_said_nothing(argv, &e) == 0 || e.kind != ERR_SYS;
}

/* It says this, and ends, when there is nobody to type it. */
static int wants_password(const struct err *e)
{
	return strcasestr(e->text, "password") || strstr(e->text, "SEC_ERROR_BAD_PASSWORD") ||
	       strstr(e->text, "SEC_ERROR_TOKEN_NOT_LOGGED_IN");
}

/* Chromium makes its own when it first runs, and takes one in this place if it is there already. It
 * has to be its user's, and who runs this may be root: so it is for them to type. */
void change_nss_none(struct changing *g)
{
	struct buf line = buf_new(CHANGING_TEXT_MAX);

	(void)buf_fmt(&line,
	    "mkdir -p ~/.pki/nssdb && certutil -N -d sql:$HOME/.pki/nssdb "
	    "--empty-password && %s --nss",
	    g->c->again);
	if (buf_add(&line, "", 1) == 0)
		changing_tell(g, CHANGE_TYPE, "~/.pki/nssdb", (const char *)line.p);
	buf_free(&line);
}

static void folder_of(const struct store *s, char out[PATH_MAX])
{
	char path[PATH_MAX], *slash;

	(void)snprintf(out, PATH_MAX, "%s", file_absolute(s->path, path));
	slash = strrchr(out, '/');
	if (slash)
		*slash = '\0';
}

void change_nss_run(struct changing *g, const struct store *s)
{
	struct changing_diff d = { 0 };
	struct err e = { 0 };
	char folder[PATH_MAX];
	int rc = changing_diff(g, s, &d, &e);

	folder_of(s, folder);
	if (rc == 0)
		rc = changing_may(s->path, &e);
	if (rc == 0 && !has_certutil()) {
		tell_command(g, folder, s, &d);
		goto out;
	}
	if (rc == 0 && g->c->dry) {
		changing_tell(g, CHANGE_WOULD, s->path, _("by certutil"));
		goto out;
	}
	if (rc == 0)
		rc = carry_out(g, folder, s, &d, &e);
	if (rc == 0)
		changing_tell(g, CHANGE_DONE, s->path, _("by certutil"));
	if (rc < 0 && wants_password(&e))
		tell_command(g, folder, s, &d);
	if (rc < 0 && !wants_password(&e))
		changing_failed(g, s->path, "--store", &e);
out:
	changing_diff_free(&d);
}
